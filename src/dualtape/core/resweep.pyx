"""Sweeps that are recorded: the derivatives of an inner recording as operations on the tape of the level around it.

A number of the outer level is a pair (slot, value): a slot of the outer tape, or slot 0 and a plain value where nothing
outside is active. A plain value that is bitwise -0.0 is structurally zero, as in the compiled sweeps, so that what does
not depend on the outer level costs no recording and what is not connected stays so. Scalar instructions are swept here,
array nodes in trace/resweep.py, which derives from `Resweep`. Partials come from the formulas of the rule table
(trace/partials.py), once per instruction for all lanes."""
cimport cython
cimport numpy as cnp
from cpython.object cimport Py_EQ, Py_GE, Py_GT, Py_LE, Py_LT
from libc.math cimport NAN
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
import numpy as np

from dualtape.core.c cimport (
    DT_ACTIVE_A, DT_ACTIVE_B, DT_GENERAL, DT_IS_X, DT_IS_Y, DT_MINUS_ONE, DT_NO_RULE, DT_ONE, DT_OP_ARRAY, DT_OP_GUARD,
    DT_OP_SEGMENT, DT_ZERO, OP_ADD, OP_MULTIPLY, OP_NEGATIVE, OP_POWER, OP_POWER_DX, OP_SCALAR_POWER, dt_instr,
    dt_is_structural, dt_op, dt_scalar_first, dt_scalar_primal,
)
from dualtape.core.engine cimport from_ids
from dualtape.core.engine import operand_ids
from dualtape.core.kernels cimport library
from dualtape.core.nodes import first_values, nodes
from dualtape.core.scalar cimport TracedScalar, traced_scalar
from dualtape.core.tape cimport Tape
from dualtape.errors import UnsupportedOperation

cnp.import_array()

cdef int64_t STRUCTURAL_BITS = <int64_t>0x8000000000000000ULL

cdef enum:
    UNKNOWN = -1          # slot of a partial that was not asked for yet
    MAX_REGISTERS = 48
    FIRST_DECISION = 0x8000
    FABS = 0x8000         # steps of a program that are decided on plain values; the comparisons give 1.0 or 0.0
    WITHIN
    GREATER
    GREATER_EQUAL
    LESS
    LESS_EQUAL
    EQUAL

DECISIONS = {"fabs": FABS, "within": WITHIN, "Gt": GREATER, "GtE": GREATER_EQUAL, "Lt": LESS, "LtE": LESS_EQUAL,
             "Eq": EQUAL}

cdef struct formula_step:
    uint16_t op
    uint16_t a
    uint16_t b


# ---- numbers of the outer level, one for each inner slot ----

cdef inline bint is_structural(number x) noexcept:
    return x.slot == 0 and dt_is_structural(x.value)


cdef cnp.ndarray filled(cnp.npy_intp n, double value):
    cdef cnp.ndarray array = cnp.PyArray_SimpleNew(1, &n, cnp.NPY_FLOAT64)
    cdef double *of = <double *>cnp.PyArray_DATA(array)
    cdef cnp.npy_intp i
    for i in range(n):
        of[i] = value
    return array


cdef object joined(Tape outer, cnp.ndarray slots, cnp.ndarray values):
    """The outer number made of pairs: plain if no slot is set, else traced, constants included."""
    slots, values = cnp.PyArray_GETCONTIGUOUS(slots), cnp.PyArray_GETCONTIGUOUS(values)
    cdef int64_t *at = <int64_t *>cnp.PyArray_DATA(slots)
    cdef double *of = <double *>cnp.PyArray_DATA(values)
    cdef Py_ssize_t i, n = slots.size, passive = 0
    for i in range(n):
        passive += at[i] == 0
    if passive == n:
        return values
    if passive:
        slots = slots.copy()
        at = <int64_t *>cnp.PyArray_DATA(slots)
        for i in range(n):
            if at[i] == 0 and not dt_is_structural(of[i]):
                at[i] = outer.constant(of[i])
    return from_ids(outer, slots)


cdef object cleaned(object x):
    """Plain values as a result: without structural zeros."""
    return x if getattr(x, "engine", None) is not None else x + 0.0


@cython.final
cdef class Numbers:
    """One outer number for each inner slot: its value, its tangent or its adjoint.

    Attributes
    ----------
    slot : int64 ndarray, shape (slots,)
        Slots on the outer tape, 0 where the number is plain.
    value : float64 ndarray, shape (slots,)
        Plain numbers; -0.0 is structurally zero.
    """
    def __cinit__(self, Tape outer, cnp.ndarray value, double absent):
        self.outer, self.value, self.absent = outer, value, absent
        self.slot = np.zeros(value.size, dtype=np.int64)
        self.at, self.of = <int64_t *>cnp.PyArray_DATA(self.slot), <double *>cnp.PyArray_DATA(value)

    cdef number pair(self, size_t i) noexcept:
        cdef number x
        x.slot, x.value = self.at[i], self.of[i]
        return x

    cdef void set_pair(self, size_t i, number x) noexcept:
        self.at[i], self.of[i] = x.slot, x.value

    def __getitem__(self, place):
        """The outer number in a place: a float or an ndarray where it is plain."""
        if isinstance(place, int) or (cnp.PyArray_Check(place) and place.ndim == 0):
            return as_object(self.outer, self.pair(place))
        return joined(self.outer, self.slot[place],
                      self.value[place].copy() if isinstance(place, slice) else self.value[place])

    def __setitem__(self, place, x):
        """Write an outer number, broadcast, into a place."""
        if getattr(x, "engine", None) is None:
            self.slot[place] = 0
            self.value[place] = x
        else:
            self.slot[place] = operand_ids(self.outer, x)
            self.value[place] = self.absent

    def copy(self, to, source):
        """Move numbers between slots."""
        self.slot[to] = self.slot[source]
        self.value[to] = self.value[source]

    def connected(self, place):
        """Bool ndarray (numpy.bool for an int): where the number is not structurally zero."""
        return (self.slot[place] != 0) | (self.value[place].view(np.int64) != STRUCTURAL_BITS)


cdef object as_object(Tape outer, number x):
    return traced_scalar(outer, <uint32_t>x.slot) if x.slot else np.float64(x.value)


cdef number as_pair(Tape outer, object x) except *:
    cdef number found
    found.slot, found.value = 0, 0.0
    if type(x) is TracedScalar and (<TracedScalar>x).tape is outer:
        found.slot = (<TracedScalar>x).slot
    elif getattr(x, "engine", None) is not None:
        found.slot = int(operand_ids(outer, x))
    else:
        found.value = float(x) + 0.0
    return found


cdef inline number plain(double value) noexcept:
    cdef number x
    x.slot, x.value = 0, value
    return x


# ---- arithmetic of pairs: recorded where an operand is active outside, else computed ----

cdef number apply(Tape outer, uint16_t op, number x, number y) except *:
    cdef number v
    if outer.c.library.ops[op].arity == 1:
        y = plain(0.0)          # an instruction names its one operand twice
    if x.slot == 0 and y.slot == 0:
        return plain(dt_scalar_primal(outer.c.library, op, x.value, y.value))
    v.value = 0.0
    v.slot = outer.scalar(op, <uint8_t>((DT_ACTIVE_A if x.slot else 0) | (DT_ACTIVE_B if y.slot else 0)),
                          <uint32_t>x.slot if x.slot else outer.constant(x.value),
                          <uint32_t>y.slot if y.slot else outer.constant(y.value))
    return v


cdef number product(Tape outer, number d, number s) except *:
    """The product rule: what is not connected wins over everything."""
    cdef number v
    if is_structural(d) or is_structural(s):
        return plain(-0.0)
    if d.slot == 0 and d.value == 1.0:
        return s
    if s.slot == 0 and s.value == 1.0:
        return d
    v = apply(outer, OP_NEGATIVE, s, plain(0.0)) if d.slot == 0 and d.value == -1.0 else apply(outer, OP_MULTIPLY, d, s)
    if v.slot == 0:
        v.value += 0.0
    return v


cdef number total(Tape outer, number a, number b) except *:
    if is_structural(a):
        return b
    if is_structural(b):
        return a
    return apply(outer, OP_ADD, a, b)


# ---- formulas ----

@cython.final
cdef class Program:
    """A formula of the rule table as steps on registers: x, y, v, both, the constants, then one for each step."""
    cdef formula_step step[MAX_REGISTERS]
    cdef double constant[MAX_REGISTERS]
    cdef size_t n_constants
    cdef size_t n_steps
    cdef size_t result

    def __cinit__(self, list steps, list constants, size_t result):
        cdef size_t i
        self.n_steps, self.n_constants, self.result = len(steps), len(constants), result
        if 4 + self.n_steps + self.n_constants > MAX_REGISTERS:
            needed = 4 + self.n_steps + self.n_constants
            raise ValueError(f"a formula needs {needed} registers, there are {MAX_REGISTERS}")
        for i in range(self.n_constants):
            self.constant[i] = constants[i]
        for i in range(self.n_steps):
            self.step[i].op, self.step[i].a, self.step[i].b = steps[i]

    cdef number run(self, Tape outer, number x, number y, number v, double both) except *:
        cdef number register[MAX_REGISTERS]
        cdef size_t i, first = 4 + self.n_constants
        cdef formula_step *step
        register[0], register[1], register[2], register[3] = x, y, v, plain(both)
        for i in range(self.n_constants):
            register[4 + i] = plain(self.constant[i])
        for i in range(self.n_steps):
            step = &self.step[i]
            if step.op < FIRST_DECISION:
                register[first + i] = apply(outer, step.op, register[step.a], register[step.b])
            else:
                register[first + i] = decide(outer, step.op, register[step.a], register[step.b])
        return register[self.result]


cdef inline double primal(Tape outer, number x) noexcept:
    return outer.c.value[x.slot] if x.slot else x.value


cdef uint32_t slot_of_pair(Tape outer, number x) except? 0:
    return <uint32_t>x.slot if x.slot else outer.constant(x.value)


cdef bint guard(Tape outer, int comparison, number x, number y, bint outcome) except -1:
    """Guards a comparison of outer numbers; False if there is nothing to guard."""
    if outer.guards is None or (x.slot == 0 and y.slot == 0):
        return False
    outer.guard_comparison(comparison, slot_of_pair(outer, x), slot_of_pair(outer, y), outcome)
    return True


cdef number chosen(Tape outer, int comparison, number x, number y, bint outcome) except *:
    guard(outer, comparison, x, y, outcome)
    return plain(outcome)


cdef number decide(Tape outer, uint16_t op, number x, number y) except *:
    """Pieces of a formula that are chosen on plain values. |t| is one-sided at 0: formulas have it only where its kink
    cancels, and x + 0.0 makes 0.0 of -0.0."""
    cdef double a, b
    outer.flush()
    a, b = primal(outer, x), primal(outer, y)
    if op == FABS:
        guard(outer, Py_GE, x, plain(0.0), a >= 0.0)
        return apply(outer, OP_ADD, x, plain(0.0)) if a >= 0.0 else apply(outer, OP_NEGATIVE, x, plain(0.0))
    if op == WITHIN:
        return y if a != 0.0 else apply(outer, OP_MULTIPLY, y, plain(NAN))     # and so are its derivatives
    if op == GREATER:
        return chosen(outer, Py_GT, x, y, a > b)
    if op == GREATER_EQUAL:
        return chosen(outer, Py_GE, x, y, a >= b)
    if op == LESS:
        return chosen(outer, Py_LT, x, y, a < b)
    if op == LESS_EQUAL:
        return chosen(outer, Py_LE, x, y, a <= b)
    return chosen(outer, Py_EQ, x, y, a == b)


cdef dict _programs = {}       # (opcode, which) -> Program, or None where the formula needs Python


cpdef bint is_constant(unsigned op, int which):
    """Is the first partial piecewise constant, so that it is a plain number at every level?"""
    cdef const dt_op *row = &library().ops[op]
    cdef uint8_t own = row.dyy if which else row.dxx
    return own in (DT_ZERO, DT_NO_RULE) and (row.arity == 1 or row.dxy in (DT_ZERO, DT_NO_RULE))


cpdef int partial_kind(unsigned op, int which) except -1:
    """enum dt_partial of the first partial; refuses one that has no formula."""
    cdef const dt_op *row = &library().ops[op]
    cdef int kind = row.dy if which else row.dx
    if kind == DT_NO_RULE:
        raise UnsupportedOperation(f"{row.name.decode()} has no derivative in its operand {which + 1}",
                                   "pass that operand as a plain number")
    return kind


PARTIAL_KINDS = {DT_ZERO: "zero", DT_ONE: "one", DT_MINUS_ONE: "minus one", DT_IS_X: "x", DT_IS_Y: "y",
                 DT_GENERAL: "general"}


cdef number power_partial(Tape outer, number x, double y) except *:
    """d(x^y)/dx for a plain exponent, as dt_power_dx: exact for 0, 1, 2, at x = 0 and for negative x."""
    if y == 0.0:
        return plain(0.0)
    if y == 1.0:
        return plain(1.0)
    if y == 2.0:
        return apply(outer, OP_MULTIPLY, plain(2.0), x)
    return apply(outer, OP_POWER_DX, x, plain(y))


# ---- the sweeps ----

cdef inline size_t end_of_nodes(const dt_instr *instr) noexcept:
    """Of an instruction for the nodes [a, end)."""
    return instr.b if instr.op == DT_OP_SEGMENT else instr.a + 1


cdef class Resweep:
    """An inner tape whose sweeps are recorded on an outer one.

    Attributes
    ----------
    tape, outer : Tape
        The inner one, sealed, and the outer one, recording.
    env : Numbers
        The value of each inner slot.
    depends : bool ndarray, shape (slots,)
        Slots that depend on the inner inputs: those that inner sweeps pass through.
    nodes : list of Node
    n : int
        Inner inputs, in slots 1 .. n.
    """

    def __init__(self, Tape tape, Tape outer, list links):
        """`links`: pairs (first slot, number) of what is active at the outer level. Its values are recorded here."""
        cdef size_t slots = tape.c.n_slots
        self.tape, self.outer, self.n = tape, outer, tape.n_inputs
        if outer.sealed:
            outer.raise_sealed()
        self.nodes, slots = nodes(tape) if tape.c.n_nodes else ([], slots)
        self.env = Numbers(outer, first_values(tape, slots), 0.0)
        self.depends = np.zeros(slots, dtype=bool)
        self.depends[1:1 + self.n] = True
        self.is_reached = <uint8_t *>cnp.PyArray_DATA(self.depends)
        self.known = Numbers(outer, filled(2 * tape.c.n_instr, 0.0), 0.0)
        self.known.slot.fill(UNKNOWN)
        for first, linked in links:
            if type(linked) is TracedScalar and (<TracedScalar>linked).tape is outer:
                self.env.at[<size_t>first] = (<TracedScalar>linked).slot
            else:
                ids = operand_ids(outer, linked).ravel()
                self.env.slot[first:first + ids.size] = ids
        self.replay()

    cdef int replay(self) except -1:
        """Compute again what depends on the outer level, and mark what depends on the inner inputs."""
        cdef size_t i, k
        cdef dt_instr *instr
        for i in range(self.tape.c.n_instr):
            instr = &self.tape.c.instr[i]
            if instr.op == DT_OP_GUARD:
                self.guard_again(instr)
                continue
            if instr.op >= DT_OP_ARRAY:
                for k in range(instr.a, end_of_nodes(instr)):
                    self.replay_node(self.nodes[k])
                continue
            self.is_reached[instr.out] = ((instr.active & DT_ACTIVE_A and self.is_reached[instr.a])
                                          or (instr.active & DT_ACTIVE_B and self.is_reached[instr.b]))
            if self.env.at[instr.a] or self.env.at[instr.b]:
                self.env.set_pair(instr.out,
                                  apply(self.outer, instr.op, self.env.pair(instr.a), self.env.pair(instr.b)))
        return 0

    cdef int guard_again(self, const dt_instr *instr) except -1:
        """What the inner function has decided on numbers of the outer level is decided there too."""
        cdef number a = self.env.pair(instr.a), b = self.env.pair(instr.b)
        if guard(self.outer, instr.active, a, b, instr.outcome):
            self.outer.guards[len(self.outer.guards) - 1] = self.tape.guards[instr.out]     # with the inner line
        return 0

    cdef number scalar_partial(self, size_t i, int which) except *:
        """First partial of scalar instruction i in operand `which`."""
        cdef number d = self.known.pair(2 * i + which)
        if d.slot == UNKNOWN:
            d = self.partial_of(&self.tape.c.instr[i], which)
            self.known.set_pair(2 * i + which, d)
        return d

    cdef number partial_of(self, const dt_instr *instr, int which) except *:
        cdef number x = self.env.pair(instr.a), y = self.env.pair(instr.b), v = self.env.pair(instr.out), d
        cdef int kind = partial_kind(instr.op, which)
        cdef double dx, dy
        cdef double *value = self.tape.c.value
        if kind == DT_ZERO:
            return plain(-0.0)
        if kind == DT_ONE or kind == DT_MINUS_ONE:
            return plain(1.0 if kind == DT_ONE else -1.0)
        if is_constant(instr.op, which) and self.outer.guards is not None and (x.slot or y.slot):
            return self.decided_partial(instr, which, x, y, v)
        if (x.slot == 0 and y.slot == 0) or is_constant(instr.op, which):
            dt_scalar_first(library(), instr.op, value[instr.a], value[instr.b], value[instr.out], instr.active, &dx,
                            &dy)
            return plain(dy if which else dx)
        if kind == DT_IS_X or kind == DT_IS_Y:
            d = x if kind == DT_IS_X else y
        elif which == 0 and y.slot == 0 and (instr.op == OP_SCALAR_POWER or instr.op == OP_POWER):
            d = power_partial(self.outer, x, y.value)
        else:
            d = self.by_formula(instr, which, x, y, v)
        if d.slot == 0:
            d.value += 0.0
        return d

    cdef number decided_partial(self, const dt_instr *instr, int which, number x, number y, number v) except *:
        """A piecewise constant partial, when the outer level is recorded for a replay: what it is decided on is guarded
        there."""
        cdef bint both = instr.active == (DT_ACTIVE_A | DT_ACTIVE_B)
        found = self.formula(instr.op, which, as_object(self.outer, x), as_object(self.outer, y),
                             as_object(self.outer, v), both)
        return as_pair(self.outer, found) if hasattr(found, "engine") else plain(found)    # -0.0 is not connected

    cdef number by_formula(self, const dt_instr *instr, int which, number x, number y, number v) except *:
        cdef bint both = instr.active == (DT_ACTIVE_A | DT_ACTIVE_B)
        try:
            program = _programs[instr.op, which]
        except KeyError:
            made = self.program(instr.op, which)
            program = _programs[instr.op, which] = None if made is None else Program(*made)
        if program is not None:
            return (<Program>program).run(self.outer, x, y, v, both)
        return as_pair(self.outer, self.formula(instr.op, which, as_object(self.outer, x), as_object(self.outer, y),
                                                as_object(self.outer, v), both))

    def tangent(self, seed):
        """Numbers: the tangent of every inner slot, for tangents (n,) of the inputs. A plain zero in a seed moves
        nothing."""
        cdef Numbers dot = Numbers(self.outer, filled(self.env.value.size, -0.0), -0.0)
        cdef size_t i, k
        cdef dt_instr *instr
        cdef number sum
        dot[1:1 + self.n] = seed if hasattr(seed, "engine") else np.where(seed == 0.0, -0.0, seed)
        for i in range(self.tape.c.n_instr):
            instr = &self.tape.c.instr[i]
            if instr.op == DT_OP_GUARD:
                continue
            if instr.op >= DT_OP_ARRAY:
                for k in range(instr.a, end_of_nodes(instr)):
                    self.tangent_node(self.nodes[k], dot)
                continue
            sum = plain(-0.0)
            if instr.active & DT_ACTIVE_A and not is_structural(dot.pair(instr.a)):
                sum = product(self.outer, self.scalar_partial(i, 0), dot.pair(instr.a))
            if instr.active & DT_ACTIVE_B and not is_structural(dot.pair(instr.b)):
                sum = total(self.outer, sum, product(self.outer, self.scalar_partial(i, 1), dot.pair(instr.b)))
            dot.set_pair(instr.out, sum)
        return dot

    def adjoint(self, cnp.ndarray slots, weights):
        """Numbers: the adjoint of every inner slot, for weights (m,) on the outputs, which are in `slots`."""
        cdef Numbers bar = Numbers(self.outer, filled(self.env.value.size, -0.0), -0.0)
        self.start_adjoint(bar, slots, weights)
        self.sweep_back(bar)
        return bar

    cpdef tuple gradient(self, uint32_t out, like, bint forward):
        """(value, gradient) in slot `out`, in the shape of the plain inputs `like`; forward: by n tangent sweeps."""
        cdef Numbers bar
        if forward:
            return self.pushed_gradient(out, like)
        bar = Numbers(self.outer, filled(self.env.value.size, -0.0), -0.0)
        bar.set_pair(out, plain(1.0))
        self.sweep_back(bar)
        value = as_object(self.outer, self.env.pair(out))
        if not cnp.PyArray_Check(like):
            return value, cleaned(as_object(self.outer, bar.pair(1)))
        slots, values = bar.slot[1:1 + self.n], bar.value[1:1 + self.n]
        if like.ndim != 1:
            slots, values = slots.reshape(like.shape), values.reshape(like.shape)
        return value, cleaned(joined(self.outer, slots, values))

    cdef tuple pushed_gradient(self, uint32_t out, like):
        cdef Numbers dot
        cdef cnp.ndarray seed = np.zeros(self.n)
        cdef cnp.ndarray slots = np.empty(self.n, dtype=np.int64), values = np.empty(self.n)
        cdef Py_ssize_t j
        for j in range(self.n):
            (<double *>cnp.PyArray_DATA(seed))[j] = 1.0
            dot = self.tangent(seed)
            (<double *>cnp.PyArray_DATA(seed))[j] = 0.0
            (<int64_t *>cnp.PyArray_DATA(slots))[j] = dot.at[out]
            (<double *>cnp.PyArray_DATA(values))[j] = dot.of[out]
        value = as_object(self.outer, self.env.pair(out))
        if not cnp.PyArray_Check(like):
            return value, cleaned(as_object(self.outer, dot.pair(out)))
        return value, cleaned(joined(self.outer, slots.reshape(like.shape), values.reshape(like.shape)))

    cdef int sweep_back(self, Numbers bar) except -1:
        cdef size_t i, k, first
        cdef dt_instr *instr
        cdef number v_bar
        for i in range(self.tape.c.n_instr, 0, -1):
            instr = &self.tape.c.instr[i - 1]
            if instr.op == DT_OP_GUARD:
                continue
            if instr.op >= DT_OP_ARRAY:
                first = instr.a
                for k in range(end_of_nodes(instr), first, -1):
                    self.adjoint_node(self.nodes[k - 1], bar)
                continue
            v_bar = bar.pair(instr.out)
            if is_structural(v_bar):
                continue
            if instr.active & DT_ACTIVE_A and self.is_reached[instr.a]:
                self.send(bar, instr.a, product(self.outer, self.scalar_partial(i - 1, 0), v_bar))
            if instr.active & DT_ACTIVE_B and self.is_reached[instr.b]:
                self.send(bar, instr.b, product(self.outer, self.scalar_partial(i - 1, 1), v_bar))
        return 0

    cdef int send(self, Numbers bar, size_t slot, number contribution) except -1:
        bar.set_pair(slot, total(self.outer, bar.pair(slot), contribution))
        return 0

    cdef int start_adjoint(self, Numbers bar, cnp.ndarray slots, weights) except -1:
        cdef Py_ssize_t i
        cdef number w
        cdef bint is_traced = hasattr(weights, "engine")
        cdef cnp.ndarray given = np.ascontiguousarray(operand_ids(self.outer, weights) if is_traced else weights,
                                                      dtype=np.int64 if is_traced else np.float64)
        for i in range(slots.size):
            if is_traced:
                w.slot, w.value = (<int64_t *>cnp.PyArray_DATA(given))[i], -0.0
            else:
                w.slot, w.value = 0, (<double *>cnp.PyArray_DATA(given))[i]
            if w.slot or w.value != 0.0:
                self.send(bar, (<int64_t *>cnp.PyArray_DATA(slots))[i], w)
        return 0

    @property
    def level(self):
        return self.outer.level

    # What trace/resweep.py knows: the formulas of first partials, as arguments of Program or evaluated on outer
    # numbers, and array nodes.

    def program(self, op, which):
        raise NotImplementedError

    def formula(self, op, which, x, y, v, both):
        raise NotImplementedError

    def replay_node(self, node):
        raise NotImplementedError

    def tangent_node(self, node, Numbers dot):
        raise NotImplementedError

    def adjoint_node(self, node, Numbers bar):
        raise NotImplementedError


def collect(Tape outer, list columns, place):
    """The outer matrix whose columns are what each of several `Numbers` holds in a place; structural zeros are plain
    zeros."""
    cdef Numbers numbers
    slots = np.stack([(<Numbers>numbers).slot[place] for numbers in columns], axis=1)
    values = np.stack([(<Numbers>numbers).value[place] for numbers in columns], axis=1)
    return cleaned(joined(outer, slots, values))


def is_increasing(cnp.ndarray slots):
    """Are all slots different, as is plain to see from their order?"""
    cdef cnp.ndarray flat = np.ascontiguousarray(slots)
    cdef const int64_t *slot = <const int64_t *>cnp.PyArray_DATA(flat)
    cdef Py_ssize_t i
    for i in range(1, flat.size):
        if slot[i] <= slot[i - 1]:
            return False
    return True
