"""Traced arrays: NumPy arrays of slots. Their operators record one node each and compute it at once when small, or
leave it to the open segment when large (c/segment.c), where it is fused with its neighbours.

A view shares the slots of its root: no node, no copy. A root that was written to has a table of slot *ids* instead, so
that aliasing is NumPy's own. What only moves data is NumPy's function run on ids (engine.pyx)."""
cimport cython
cimport numpy as cnp
from cpython.float cimport PyFloat_Check
from cpython.long cimport PyLong_Check
from cpython.slice cimport PySlice_AdjustIndices, PySlice_Check, PySlice_Unpack
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.c cimport (
    DT_ELEMENTWISE, OP_ABSOLUTE, OP_ADD, OP_DIVIDE, OP_FLOOR_DIVIDE, OP_MULTIPLY, OP_NEGATIVE, OP_POSITIVE, OP_POWER,
    OP_RECIPROCAL, OP_REMAINDER, OP_SQRT, OP_SQUARE, OP_SUBTRACT, dt_node)
from dualtape.core.scalar cimport TracedScalar, hear, slot_of, traced_scalar
from dualtape.core.scalar import Text, bound_method, dispatch_function, dispatch_ufunc, escape, with_complex
from dualtape.core.kernels cimport opcode_of_ufunc
from dualtape.core.layout cimport (
    MAX_NDIM, arrange, broadcast, check_ndim, contiguous_steps, copied_as_laid, may_be_tied, memory_order, operand,
    place_operand, same_shape)
from dualtape.core.tape cimport Tape

cnp.import_array()

cdef object _engine = None          # core.engine, imported when first needed (it cimports this module)
cdef dict SHORT_POWERS = {2: OP_SQUARE, 0.5: OP_SQRT, -1: OP_RECIPROCAL}


cdef object engine():
    global _engine
    if _engine is None:
        from dualtape.core import engine as _engine
    return _engine


# ---- making arrays ----

cdef inline TracedArray bare(Tape tape, int ndim, const int64_t *dims, size_t size):
    cdef TracedArray x = TracedArray.__new__(TracedArray)
    check_ndim(ndim)
    x.tape = tape
    x.ndim = ndim
    x.size = size
    x.offset = 0
    x.slot = x.node = -1
    memcpy(x.dims, dims, ndim * sizeof(int64_t))
    return x


cdef TracedArray new_root(Tape tape, int ndim, const int64_t *dims, size_t size):
    cdef TracedArray x = bare(tape, ndim, dims, size)
    x.contiguous = True
    contiguous_steps(ndim, dims, x.steps)
    return x


cdef TracedArray new_view(TracedArray base, int64_t offset, int ndim, const int64_t *dims, const int64_t *steps):
    """View that starts `offset` elements after the first of the root."""
    cdef TracedArray x
    cdef size_t size = 1
    cdef int64_t step = 1
    cdef int axis
    store(base)
    for axis in range(ndim):
        size *= dims[axis]
    x = bare(base.tape, ndim, dims, size)
    x.root = base.owner()
    x.fixed = base.fixed
    x.offset = offset
    x.contiguous = True
    for axis in range(ndim - 1, -1, -1):
        x.steps[axis] = steps[axis]
        if dims[axis] != 1 and steps[axis] != step:
            x.contiguous = size <= 1
        step *= dims[axis]
    return x


cdef int store(TracedArray x) except -1:
    """Gives the root a place on the tape if its values were to live only in the open segment."""
    cdef TracedArray root = x.owner()
    if root.slot < 0 and root.ids is None:
        x.tape.close_segment()
    return 0


# ---- operands ----

cdef TracedArray readable(TracedArray x):
    """`x`, or what was gathered in its place, with all its elements in slots."""
    cdef TracedArray root = x.owner()
    if x.tape.sealed:
        x.tape.raise_sealed()
    return x if root.ids is None else engine().settled(x)


cdef int resolve(Tape tape, object x, operand *o) except -2:
    """Fills `o` for any operand: 1 done, 0 not something a tape can take. `x` must outlive `o`."""
    cdef TracedArray array, root
    cdef int active = 0
    cdef uint32_t slot
    if type(x) is TracedArray and (<TracedArray>x).tape is tape:
        array = <TracedArray>x
        root = array.owner()
        o.active = not root.constant
        o.slot = root.slot + array.offset if root.slot >= 0 else -1
        o.node = root.node
        o.contiguous, o.ndim, o.size = array.contiguous, array.ndim, array.size
        o.dims, o.steps = array.dims, array.steps
        return 1
    slot = slot_of(tape, x, &active)
    if active < 0:
        return 0
    o.active, o.slot, o.contiguous, o.ndim, o.size = active, slot, True, 0, 1
    return 1


cdef object admissible(Tape tape, uint16_t op, object x):
    """What to give to `resolve`: traced arrays with their elements in slots, and all else as a number of this tape."""
    if type(x) is TracedArray and (<TracedArray>x).tape is tape:
        return readable(<TracedArray>x)
    if type(x) is TracedScalar or PyFloat_Check(x) or PyLong_Check(x) or issubclass(type(x), np.generic):
        return x
    if hasattr(x, "as_numbers") and engine().guards.needs_constants(op):
        return NotImplemented           # handlers/masks.py makes a constant of the mask
    x = engine().as_traced(tape, x)
    return readable(<TracedArray>x) if type(x) is TracedArray else x


# ---- elementwise nodes ----

cdef int look_again(Tape tape, object x, operand *o) except -1:
    """After a segment was closed: where is the operand now?"""
    if o.slot < 0:
        resolve(tape, x, o)
    return 0


cdef object elementwise(Tape tape, uint16_t op, object a, object b):
    """Records op(a, b), or op(a): a traced array or scalar; NotImplemented for operands that are none of ours."""
    cdef operand x, y
    cdef bint unary = tape.c.library.ops[op].arity == 1
    cdef int ndim
    cdef size_t n = 1
    cdef int64_t dims[MAX_NDIM]
    if tape.sealed:
        tape.raise_sealed()
    a = admissible(tape, op, a)
    if a is NotImplemented:
        return a
    hear(op, a, None if unary else b)
    if unary:
        y.active, y.slot, y.ndim, y.size, y.contiguous = False, 0, 0, 1, True
    else:
        b = admissible(tape, op, b)
        if b is NotImplemented or not resolve(tape, b, &y):
            return NotImplemented
    if not resolve(tape, a, &x):
        return NotImplemented
    x.active |= not y.active    # constants only: recorded all the same, elements of the result may be written to
    if x.active and y.active and tape.c.library.ops[op].selects and may_be_tied(tape, &x, &y):
        from dualtape.core.activity import parted       # it cimports this module
        found = parted(tape, op, a, b)
        if found is not None:
            return found
    if x.ndim == 0 and y.ndim == 0:
        return traced_scalar(tape, tape.scalar(op, x.active | (y.active << 1), <uint32_t>x.slot, <uint32_t>y.slot))
    if y.ndim == 0 or (x.ndim == y.ndim and same_shape(&x, &y)):
        ndim = x.ndim
        memcpy(dims, x.dims, ndim * sizeof(int64_t))
    elif x.ndim == 0:
        ndim = y.ndim
        memcpy(dims, y.dims, ndim * sizeof(int64_t))
    else:
        ndim = broadcast(&x, &y, dims)
    for axis in range(ndim):
        n *= dims[axis]
    if ndim > 1 and not (x.contiguous and y.contiguous):
        return arranged_elementwise(tape, op, a, b, &x, &y, ndim, dims, n)
    return record_elementwise(tape, op, a, b, &x, &y, ndim, dims, n)


cdef object arranged_elementwise(Tape tape, uint16_t op, object a, object b, operand *x, operand *y,
                                 int ndim, const int64_t *dims, size_t n):
    """The same in the memory order of the operands; the result is a view, transposed back."""
    cdef int order[MAX_NDIM]
    cdef int64_t arranged[MAX_NDIM]
    cdef int64_t steps[MAX_NDIM]
    cdef TracedArray out
    cdef int axis
    if not memory_order(x, y, ndim, order):
        return record_elementwise(tape, op, a, b, x, y, ndim, dims, n)
    if x.slot < 0 or y.slot < 0:
        tape.close_segment()
        look_again(tape, a, x)
        look_again(tape, b, y)
    arrange(x, order, ndim)
    if y.ndim:
        arrange(y, order, ndim)
    for axis in range(ndim):
        arranged[axis] = dims[order[axis]]
    out = record_elementwise(tape, op, a, b, x, y, ndim, arranged, n)
    for axis in range(ndim):
        steps[order[axis]] = out.steps[axis]
    return new_view(out, 0, ndim, dims, steps)


cdef object record_elementwise(Tape tape, uint16_t op, object a, object b, operand *x, operand *y,
                               int ndim, const int64_t *dims, size_t n):
    cdef TracedArray out = new_root(tape, ndim, dims, n)
    cdef bint lazy = n >= LAZY_SIZE and tape.inspector is None
    cdef dt_node *node
    cdef size_t k
    tape.check_rule(op, <uint8_t>(x.active | (y.active << 1)))
    if lazy:
        if tape.open_size and ((x.size == 1 and x.active and x.slot >= tape.open_slot)
                               or (y.size == 1 and y.active and y.slot >= tape.open_slot)):
            tape.close_segment()   # a scalar that this very segment computes
        tape.open_segment(n)
    else:
        tape.flush()
    look_again(tape, a, x)
    look_again(tape, b, y)
    k = tape.c.n_nodes
    node = tape.new_node()
    node.kind, node.op, node.n, node.active = DT_ELEMENTWISE, op, n, <uint8_t>(x.active | (y.active << 1))
    node.out = -1
    place_operand(tape, &node.arg[0], x, ndim, dims, n)
    place_operand(tape, &node.arg[1], y, ndim, dims, n)
    if lazy:
        tape.keep_alive_table()
        tape.alive[k] = &out.slot
        out.node = k
        return out
    out.slot = tape.new_slots(n)
    tape.c.node[k].out = out.slot
    tape.evaluate_last()
    return out


# ---- values and ids ----

cdef cnp.ndarray as_view(TracedArray x, char *memory, int typenum):
    """ndarray over `memory` (8-byte items, the root's first element there) with the shape and strides of x. Does not
    own it. Only ids may be written to."""
    cdef cnp.npy_intp dims[MAX_NDIM]
    cdef cnp.npy_intp strides[MAX_NDIM]
    cdef int axis
    for axis in range(x.ndim):
        dims[axis] = x.dims[axis]
        strides[axis] = x.steps[axis] * 8
    return cnp.PyArray_New(np.ndarray, x.ndim, dims, typenum, strides, memory + x.offset * 8, 8,
                           cnp.NPY_ARRAY_WRITEABLE if typenum == cnp.NPY_INT64 else 0, <object>NULL)


cdef cnp.ndarray arena_view(TracedArray x):
    """The values as an ndarray over the tape's own memory: read at once and dropped, the next recorded operation may
    move it."""
    cdef TracedArray y = readable(x)
    store(y)
    x.tape.flush()
    return as_view(y, <char *>(x.tape.c.value + y.owner().slot), cnp.NPY_FLOAT64)


cdef cnp.ndarray ids_of(TracedArray x):
    """int64 slot of every element, shape of x. A view of the root's table if it has one, else made anew."""
    cdef TracedArray root = x.owner()
    cdef cnp.ndarray table, view
    store(x)
    table = root.ids
    if table is None:
        table = np.arange(root.slot, root.slot + root.size, dtype=np.int64)
    view = as_view(x, <char *>cnp.PyArray_DATA(table), cnp.NPY_INT64)
    cnp.set_array_base(view, table)
    return view


cdef object in_place(TracedArray x, uint16_t op, object other):
    return engine().overwritten(x, elementwise(x.tape, op, x, other), other)


cdef object binary(TracedArray self, object other, uint16_t op, bint reflected):
    cdef Tape tape = self.tape
    if type(other) is TracedArray and (<TracedArray>other).tape.level > tape.level:
        tape = (<TracedArray>other).tape          # the inner level leads; self is a constant to it
    elif type(other) is TracedScalar and (<TracedScalar>other).tape.level > tape.level:
        tape = (<TracedScalar>other).tape
    result = elementwise(tape, op, other, self) if reflected else elementwise(tape, op, self, other)
    return with_complex(op, self, other, reflected) if result is NotImplemented else result


cdef object at_position(TracedArray x, int64_t position):
    """Scalar at `position` elements from the root's first."""
    cdef TracedArray root = x.owner()
    if x.tape.sealed:
        x.tape.raise_sealed()
    if root.ids is not None:
        return traced_scalar(x.tape, <uint32_t>(<int64_t *>cnp.PyArray_DATA(root.ids))[position])
    store(x)
    return traced_scalar(x.tape, <uint32_t>(root.slot + position))


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class TracedArray:
    """An array whose operations are being recorded. Behaves like a float64 ndarray; made by the drivers only."""

    __array_priority__ = 1000.0

    def __dealloc__(self):
        if self.slot < 0 and self.node >= 0 and self.root is None and self.tape.alive[self.node] == &self.slot:
            self.tape.alive[self.node] = NULL

    cdef TracedArray owner(self):
        return self if self.root is None else self.root

    # ---- arithmetic ----

    def __add__(self, other):
        return binary(self, other, OP_ADD, False)

    def __radd__(self, other):
        return binary(self, other, OP_ADD, True)

    def __iadd__(self, other):
        return in_place(self, OP_ADD, other)

    def __sub__(self, other):
        return binary(self, other, OP_SUBTRACT, False)

    def __rsub__(self, other):
        return binary(self, other, OP_SUBTRACT, True)

    def __isub__(self, other):
        return in_place(self, OP_SUBTRACT, other)

    def __mul__(self, other):
        return binary(self, other, OP_MULTIPLY, False)

    def __rmul__(self, other):
        return binary(self, other, OP_MULTIPLY, True)

    def __imul__(self, other):
        return in_place(self, OP_MULTIPLY, other)

    def __truediv__(self, other):
        return binary(self, other, OP_DIVIDE, False)

    def __rtruediv__(self, other):
        return binary(self, other, OP_DIVIDE, True)

    def __itruediv__(self, other):
        return in_place(self, OP_DIVIDE, other)

    def __floordiv__(self, other):
        return binary(self, other, OP_FLOOR_DIVIDE, False)

    def __rfloordiv__(self, other):
        return binary(self, other, OP_FLOOR_DIVIDE, True)

    def __ifloordiv__(self, other):
        return in_place(self, OP_FLOOR_DIVIDE, other)

    def __mod__(self, other):
        return binary(self, other, OP_REMAINDER, False)

    def __rmod__(self, other):
        return binary(self, other, OP_REMAINDER, True)

    def __imod__(self, other):
        return in_place(self, OP_REMAINDER, other)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __pow__(self, other, modulo):
        return power(self, other) if modulo is None else NotImplemented

    def __rpow__(self, other, modulo):
        return binary(self, other, OP_POWER, True) if modulo is None else NotImplemented

    def __ipow__(self, other):
        return engine().overwritten(self, power(self, other), other)

    def __imatmul__(self, other):
        return engine().overwritten(self, np.matmul(self, other), other)

    def __matmul__(self, other):
        return NotImplemented if getattr(other, "__array_ufunc__", True) is None else np.matmul(self, other)

    def __rmatmul__(self, other):
        return np.matmul(other, self)

    def __imatmul__(self, other):
        return engine().overwritten(self, np.matmul(self, other), other)

    def __neg__(self):
        return elementwise(self.tape, OP_NEGATIVE, self, None)

    def __pos__(self):
        return elementwise(self.tape, OP_POSITIVE, self, None)

    def __abs__(self):
        return elementwise(self.tape, OP_ABSOLUTE, self, None)

    # ---- decisions ----

    def __richcmp__(self, other, int op):
        return engine().guards.compared(self, other, op)

    def __bool__(self):
        return engine().guards.truth(self)

    __hash__ = None

    # ---- indexing ----

    def __len__(self):
        if self.ndim == 0:
            raise TypeError("len() of unsized object")
        return self.dims[0]

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return iter([self[i] for i in range(self.dims[0])])

    def __contains__(self, value):
        return bool(np.any(self == value))

    def __getitem__(self, index):
        cdef Py_ssize_t i, start, stop, step
        cdef int64_t dims[MAX_NDIM]
        cdef int64_t steps[MAX_NDIM]
        cdef int64_t position
        if self.ndim == 0:
            return engine().index(self, index)
        if (PyLong_Check(index) and index is not True and index is not False) or type(index) is np.int64:
            i = index
            if i < 0:
                i += self.dims[0]
            if i < 0 or i >= self.dims[0]:
                raise IndexError(f"index {index} is out of bounds for axis 0 with size {self.dims[0]}")
            if self.ndim == 1:
                return at_position(self, self.offset + i * self.steps[0])
            return new_view(self, self.offset + i * self.steps[0], self.ndim - 1, self.dims + 1, self.steps + 1)
        if PySlice_Check(index):
            PySlice_Unpack(index, &start, &stop, &step)
            memcpy(dims, self.dims, self.ndim * sizeof(int64_t))
            memcpy(steps, self.steps, self.ndim * sizeof(int64_t))
            dims[0] = PySlice_AdjustIndices(self.dims[0], &start, &stop, step)
            steps[0] *= step
            return new_view(self, self.offset + start * self.steps[0], self.ndim, dims, steps)
        if type(index) is tuple and len(<tuple>index) == self.ndim:
            position = self.position(<tuple>index)
            if position >= 0:
                return at_position(self, position)
        return engine().index(self, index)

    cdef int64_t position(self, tuple index) except -2:
        """Place of one element, for an index of `ndim` integers within bounds; else -1."""
        cdef int64_t place = self.offset, i
        cdef int axis
        for axis in range(self.ndim):
            if not PyLong_Check(index[axis]) or index[axis] is True or index[axis] is False:
                return -1
            i = index[axis]
            if i < 0:
                i += self.dims[axis]
            if i < 0 or i >= self.dims[axis]:
                return -1
            place += i * self.steps[axis]
        return place

    def __setitem__(self, index, value):
        if self.tape.sealed:
            self.tape.raise_sealed()
        engine().assign(self, index, value)

    # ---- an ndarray to look at ----

    __class__ = np.ndarray      # what isinstance sees: users ask for an array of NumPy

    @property
    def primal(self):
        """The values, without their derivatives: a new ndarray. Whoever looks at it decides on it: it is guarded."""
        if self.tape.guards is not None and not self.tape.sealed:
            engine().guards.guard(self, "values")
        return self.peek()

    def peek(self):
        """`primal` without a guard: see scalar.peek."""
        self.tape.hold()
        try:
            return copied_as_laid(arena_view(self))
        finally:
            self.tape.let_go()

    @property
    def is_guarded(self):
        return self.tape.guards is not None

    @property
    def engine(self):
        return engine().TapeEngine(self.tape)

    @property
    def level(self):
        return self.tape.level

    @property
    def shape(self):
        return tuple([self.dims[axis] for axis in range(self.ndim)])

    @shape.setter
    def shape(self, shape):
        engine().reshape_in_place(self, shape)

    @property
    def strides(self):
        return tuple([8 * self.steps[axis] for axis in range(self.ndim)])

    dtype = np.dtype(np.float64)

    @property
    def T(self):
        return engine().transposed(self)

    def sum(self, axis=None, dtype=None, out=None, **options):
        total = None
        if axis is None and dtype is None and out is None and not options and self.size:
            total = engine().sum_dense(self)
        return bound_method(self, "sum")(axis=axis, dtype=dtype, out=out, **options) if total is None else total

    def copy(self, order="C"):
        return engine().copied(self) if order == "C" else np.copy(self, order)

    def __copy__(self):
        return self.copy("K")

    def __deepcopy__(self, memo):
        return self.copy("K")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        cdef int opcode
        if method == "__call__" and not kwargs:
            opcode = opcode_of_ufunc(ufunc)
            if opcode >= 0:
                result = elementwise(self.tape, opcode, inputs[0], inputs[1] if len(<tuple>inputs) == 2 else None)
                if result is not NotImplemented:
                    return result
        return dispatch_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return dispatch_function(function, types, args, kwargs, self)

    def __getattr__(self, name):
        return bound_method(self, name)

    # ---- escapes: never silently ----

    def __array__(self, dtype=None, copy=None):
        """An object array of traced scalars keeps every derivative, whole numbers have none."""
        return engine().objects_of(self) if dtype is None or dtype == object else engine().whole_of(self, dtype)

    def __float__(self):
        raise escape("float()", "leave out float(): a traced value can be used as it is")

    def __int__(self):
        return int(self.reshape(-1)[0] if self.size == 1 else np.zeros(self.shape))      # NumPy's own error

    def __index__(self):
        raise escape("use as an index", "index with an integer array, e.g. np.argmax(x)")

    def __complex__(self):
        raise escape("complex()", "keep real and imaginary parts as two real arrays")

    def __reduce__(self):
        raise escape("pickling", "return the value from the function and pickle the result")

    def __repr__(self):
        return f"TracedArray({np.array2string(self.primal, separator=', ')})"

    def __str__(self):
        return Text(self.primal)


cdef object power(TracedArray x, object exponent):
    """x**exponent as NumPy computes it: for some scalar exponents it takes a shorter way than np.power's loop."""
    cdef object op = SHORT_POWERS.get(exponent) if type(exponent) is int or type(exponent) is float else None
    if op is not None:
        return elementwise(x.tape, op, x, None)
    return binary(x, exponent, OP_POWER, False)
