"""How lanes come into forward-mode numbers and out of them: constructors, the attributes x1, x2, x12, text, pickles,
and the seeds and results of a forward evaluation (trace/forward.py).
"""

cimport numpy as cnp
from libc.stdint cimport uint64_t
from dualtape.core.dual cimport ForwardNumber
from dualtape.core.dual_arrays cimport constants, number_of, record_array
from dualtape.core.dual_engine cimport dual_of, mixed_lanes, store_mixed
from dualtape.core.dual_lanes cimport intern_space, lane_space
from dualtape.core.kinds cimport is_python
from dualtape.core.level cimport start_evaluation

import numpy as np

from dualtape.core.dual_arrays import get
from dualtape.errors import DtypeError, PerturbationError, ShapeError

cnp.import_array()


# Constructors

def construct_dual(tuple args, dict kwargs):
    """Dual(x, x1); documented there."""
    given, x1 = arguments("Dual(x, x1)", ("x", "x1"), args, kwargs)
    x = plain(given, "x")
    x1, p, single = lanes_given(x1, "x1", x.shape)
    return assemble(intern_space(1, False, p, 0, single, False), x, x1, None, None).of_kind(is_python(given))


def construct_hyperdual(tuple args, dict kwargs):
    """HyperDual(x, x1, x2, x12); documented there."""
    if len(args) < 4:
        kwargs = {"x12": 0.0, **kwargs}
    given, x1, x2, x12 = arguments("HyperDual(x, x1, x2, x12=0.0)", ("x", "x1", "x2", "x12"), args, kwargs)
    x = plain(given, "x")
    x1, p, single_1 = lanes_given(x1, "x1", x.shape)
    x2, q, single_2 = lanes_given(x2, "x2", x.shape)
    x12 = plain(x12, "x12")
    expected = x.shape + (() if single_1 else (p,)) + (() if single_2 else (q,))
    if x12.ndim == 0:
        x12 = np.broadcast_to(x12, expected)
    elif x12.shape != expected:
        raise ShapeError(f"x12 has shape {x12.shape}, expected {expected} to match x, x1 and x2")
    space = intern_space(2, False, p, q, single_1, single_2)
    return assemble(space, x, x1, x2, x12.reshape(x.shape + (p, q))).of_kind(is_python(given))


cdef list arguments(str signature, tuple names, tuple args, dict kwargs):
    """The arguments in the order of the names."""
    given = {**dict(zip(names, args)), **kwargs}
    if len(args) > len(names) or len(given) != len(args) + len(kwargs) or set(given) != set(names):
        raise TypeError(f"expected {signature}, got {len(args)} arguments by position and {sorted(kwargs)} by name")
    return [given[name] for name in names]


cdef object plain(number, str name):
    """A part as a float64 array."""
    if hasattr(number, "engine"):
        raise PerturbationError(f"{name} is itself a number that carries derivatives",
                                "nest derivatives with the drivers, such as jacobian")
    number = np.array(number)
    if number.dtype.kind not in "fiub":
        raise DtypeError(f"{name} has dtype {number.dtype}, expected real numbers", "convert it to float64")
    return number.astype(np.float64, copy=False)


cdef tuple lanes_given(lanes, str name, tuple shape):
    """First-order part as shape + (p,), p, and whether the axis was left out."""
    lanes = plain(lanes, name)
    if lanes.shape == shape:
        return lanes.reshape(shape + (1,)), 1, True
    if lanes.ndim == 0:
        return np.broadcast_to(lanes, shape + (1,)), 1, True
    if lanes.ndim == len(shape) + 1 and lanes.shape[:len(shape)] == shape:
        return lanes, lanes.shape[len(shape)], False
    raise ShapeError(f"{name} has shape {lanes.shape}, expected {shape} (one lane) or {shape} + (p,) to match x")


cdef object seeds(part):
    """A zero that is given says that nothing is connected."""
    return np.where(part == 0.0, -0.0, part)


cdef object assemble(lane_space *space, x, x1, x2, x12):
    cdef ForwardNumber number = constants(space, 0, x)
    number.records[..., :space.lanes.p] = seeds(x1)
    if space.lanes.order == 2:
        number.records[..., space.lanes.x2:space.lanes.x2 + space.lanes.q] = seeds(x2)
        store_mixed(space, number.records, seeds(x12))
    return scalar_if_without_axes(number)


cdef ForwardNumber scalar_if_without_axes(ForwardNumber number):
    return number if number.values.ndim else get(number, ())


# Parts

cdef object without_axis(part, int axis, bint drop):
    return part.squeeze(axis=axis) if drop else part


cdef object finished(part):
    """A part for the user: no negative zeros, and a float where it has no axes."""
    part = part + 0.0
    return part if np.ndim(part) else float(part)


def first_part(ForwardNumber x):
    """x.x1"""
    return finished(without_axis(record_array(x)[..., :x.space.lanes.p], -1, x.space.single_1))


def second_part(ForwardNumber x):
    """x.x2"""
    lanes = record_array(x)[..., x.space.lanes.x2:x.space.lanes.x2 + x.space.lanes.q]
    return finished(without_axis(lanes, -1, x.space.single_2))


def mixed_part(ForwardNumber x):
    """x.x12"""
    mixed = mixed_lanes(x.space, record_array(x))
    mixed = without_axis(mixed, -1, x.space.single_2)
    return finished(without_axis(mixed, -1 if x.space.single_2 else -2, x.space.single_1))


def lane_count(ForwardNumber x):
    """How many lanes a number has, in words."""
    if x.space.lanes.order == 2:
        return f"{x.space.lanes.p} x {x.space.lanes.q} lanes"
    return f"{x.space.lanes.p} lane{'' if x.space.lanes.p == 1 else 's'}"


def text(ForwardNumber x):
    """repr: the constructor call, or, inside a forward evaluation, value and cost."""
    cdef str name = "HyperDual" if x.space.lanes.order == 2 else "Dual"
    if x.level:
        return f"{name}({shown(x.primal)}, {lane_count(x)}, level {x.level})"
    parts = [x.primal, x.x1] + ([x.x2, x.x12] if x.space.lanes.order == 2 else [])
    return f"{name}({', '.join([shown(part) for part in parts])})"


cdef str shown(part):
    if isinstance(part, float):
        return repr(float(part))
    return np.array2string(part, separator=", ", prefix="    ")


# First-order lanes as they are, structural zeros included: what trace/resweep.py carries through the tapes of inner
# derivatives.

def first_lanes(ForwardNumber x):
    """Lanes of e1, shape (size, p)."""
    return record_array(x).reshape(-1, x.space.lanes.size)[:, :x.space.lanes.p]


def with_first_lanes(ForwardNumber like, values, lanes):
    """The number with these values (m,) and lanes (m, p), of the evaluation that `like`, a Dual, belongs to."""
    return dual_of(like.space, like.level, values, lanes)


# Pickles hold the records as they are, so that structural zeros survive.

def reduce(ForwardNumber x):
    """What pickle stores."""
    space = x.space
    kind = (space.lanes.order, space.lanes.symmetric, space.lanes.p, space.lanes.q, space.single_1, space.single_2)
    value = x.primal if x.lanes == NULL or x.is_float else np.float64(x.value)
    return restore, (kind, x.level, value, np.ascontiguousarray(record_array(x)))


def restore(tuple kind, uint64_t level, values, records):
    """The number that `reduce` took apart. Refuses parts that do not belong together."""
    order, symmetric, p, q, single_1, single_2 = kind
    if order not in (1, 2) or (symmetric and p != q):
        raise ValueError(f"not a forward-mode number: {kind}")
    cdef lane_space *space = intern_space(order, symmetric, p, q, single_1, single_2)
    cdef ForwardNumber number = constants(space, level, np.array(values, dtype=np.float64))
    if records.shape != np.shape(values) + (space.lanes.size,):
        raise ValueError(f"records have shape {records.shape}, expected {np.shape(values) + (space.lanes.size,)}")
    number.records[...] = records
    return scalar_if_without_axes(number).of_kind(is_python(values))


# A forward evaluation

def seed(list inputs, int order, uint64_t level, tuple lanes_1, tuple lanes_2, bint with_others=False):
    """Inputs as independent variables: all their elements are numbered through, and lane k of e1 moves element
    lanes_1[0] + k.

    Parameters
    ----------
    inputs : list of float or ndarray
    order : 1 or 2
    level : int
    lanes_1, lanes_2 : tuple of int
        First and last (exclusive) number of the elements that the lanes of e1, e2 move; equal ones give the symmetric
        form.
    with_others : bool
        Append a lane to e1 (and to e2 of the symmetric form) that moves all other elements: what depends on one of them
        is then not taken for a constant, which matters at a tie of two numbers.
    """
    cdef bint symmetric = order == 2 and lanes_1 == lanes_2
    cdef size_t p = lanes_1[1] - lanes_1[0] + with_others, q = 0
    if order == 2:
        q = p if symmetric else lanes_2[1] - lanes_2[0]
    cdef lane_space *space = intern_space(order, symmetric, p, q, False, False)
    cdef ForwardNumber number
    cdef list numbers = []
    cdef Py_ssize_t start = 0
    start_evaluation(level)
    for values in inputs:
        number = constants(space, level, np.array(values, dtype=np.float64))
        if with_others:
            number.records[..., p - 1] = 1.0
        seed_lanes(number, start, lanes_1, 0, p if with_others else 0)
        if order == 2 and not symmetric:
            seed_lanes(number, start, lanes_2, space.lanes.x2, 0)
        start += number.values.size
        numbers.append(scalar_if_without_axes(number))
    return numbers


def seed_directions(list inputs, uint64_t level, S):
    """Inputs that move in given directions: lane k of e1 moves element j of all inputs by S[j, k]; S (n, p). If no
    direction moves some elements, a last lane does, for what depends on them is no constant."""
    still = ((S == 0.0) & np.signbit(S)).all(axis=1)
    cdef bint with_others = still.any()
    cdef size_t p = S.shape[1]
    cdef lane_space *space = intern_space(1, False, p + with_others, 0, False, False)
    cdef ForwardNumber number
    cdef list numbers = []
    cdef Py_ssize_t start = 0, stop
    start_evaluation(level)
    for values in inputs:
        number = constants(space, level, np.array(values, dtype=np.float64))
        stop = start + number.values.size
        number.records[..., :p] = np.reshape(S[start:stop], number.shape + (p,))
        if with_others:
            number.records[..., p] = np.reshape(np.where(still[start:stop], 1.0, -0.0), number.shape)
        start = stop
        numbers.append(scalar_if_without_axes(number))
    return numbers


cdef int seed_lanes(ForwardNumber number, Py_ssize_t start, tuple lanes, size_t at, size_t others) except -1:
    """Ones for the elements of a number, the first of which has number `start`, in the lanes that move them; these
    elements leave the lane before number `others`."""
    cdef Py_ssize_t first = max(lanes[0], start), last = min(lanes[1], start + number.values.size), element
    if first >= last:
        return 0
    cdef cnp.ndarray records = np.ascontiguousarray(number.records)
    cdef double *record = <double *>cnp.PyArray_DATA(records)
    cdef size_t size = number.space.lanes.size
    for element in range(first, last):
        record[(element - start) * size + at + element - lanes[0]] = 1.0
        if others:
            record[(element - start) * size + others - 1] = -0.0
    if records is not number.records:
        number.records[...] = records
    return 0


def harvest(ForwardNumber leader, output, first, second):
    """Split an output into its value, which is returned, and its derivatives.

    in  leader    any number of the evaluation
    out first     (size, p)     x1, of the first p lanes; rows need not be contiguous
    out second    (size, p, q)  x12, or None
    """
    number = number_of(leader, output)
    if not isinstance(number, ForwardNumber):
        first[...] = 0.0
        if second is not None:
            second[...] = 0.0
        return output
    records = record_array(<ForwardNumber>number).reshape(-1, leader.space.lanes.size)
    np.add(records[:, :first.shape[1]], 0.0, out=first)
    if second is not None:
        np.add(mixed_lanes(leader.space, records)[:, :second.shape[1], :second.shape[2]], 0.0, out=second)
    return (<ForwardNumber>number).primal
