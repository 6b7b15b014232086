"""Buffers: what np.zeros, np.empty, np.array and the like give inside a clone (rewrite/), so that ``y[i] = traced``
works as it does in NumPy.

A buffer is an ndarray with one step in between: whatever is asked of it, the ndarray `plain` answers. When the first
active number is written, the whole memory behind it, the *root* that all its views share, is lifted to one active array
of the engine that the number belongs to. From then on every buffer shows the part of it that its own ndarray has of the
plain memory: same place, same strides, so that aliasing is NumPy's own. A number of an inner derivative lifts the root
once more.

*Design.* (a) Not a subclass of ndarray: NumPy's C code would write past us. (b) Plain memory is overwritten with NaN
when its numbers move out: an ndarray that somebody has made of it earlier (``np.asarray``, a C library) must not show
numbers of the past. The clone gives arrays that it has captured their values back when it returns. (c) Memory that
something else than an ndarray has, too, is *closed*: active numbers are refused.

Arrays of whole numbers, truth values or text are buffers, too, for what is made of them: ``np.arange(5) * 0.1``.

Here are elements, views, writing and operators; functions and methods of NumPy are answered by handlers/buffers.py."""
cimport cython
cimport numpy as cnp
from cpython.buffer cimport PyObject_GetBuffer
from cpython.iterobject cimport PySeqIter_New
from cpython.long cimport PyLong_Check
from cpython.number cimport (
    PyNumber_InPlaceAdd, PyNumber_InPlaceFloorDivide, PyNumber_InPlaceMatrixMultiply, PyNumber_InPlaceMultiply,
    PyNumber_InPlacePower, PyNumber_InPlaceRemainder, PyNumber_InPlaceSubtract, PyNumber_InPlaceTrueDivide)
from cpython.object cimport PyObject_Call, PyObject_RichCompare
from cpython.slice cimport PySlice_Check
from libc.stdint cimport int64_t, uint16_t
import numpy as np

from dualtape.core.array cimport TracedArray, elementwise
from dualtape.core.c cimport OP_ADD, OP_DIVIDE, OP_MULTIPLY, OP_SUBTRACT
from dualtape.core.bits cimport BitOperators
from dualtape.core.holder cimport plain_key
from dualtape.core.scalar import peek
from dualtape.core.root cimport (
    Root, flat, get_element, is_complex, lift, new_root, owner_of, part_of, place_of, position, put_element, real_kind)
from dualtape.core.tape cimport Tape
from dualtape.errors import LeakedTracerError

cnp.import_array()

cdef object _handlers = None        # handlers.buffers, imported when first needed


cdef object handlers():
    global _handlers
    if _handlers is None:
        from dualtape.handlers import buffers as _handlers
    return _handlers


# ---- buffers ----

cdef inline Buffer new_buffer(Root root, cnp.ndarray plain):
    cdef Buffer buffer = Buffer.__new__(Buffer)
    buffer.root = root
    buffer.plain = plain
    return buffer


cdef object wrapped(cnp.ndarray a, list sources=None):
    """The buffer for an ndarray that a function has made out of `sources`, buffers and ndarrays: a view of one of them,
    or new. What shares memory with an ndarray, or holds objects, stays as it is."""
    cdef cnp.ndarray memory = owner_of(a)
    cdef int kind = real_kind(a)
    cdef Root root
    for source in sources or ():
        if type(source) is Buffer:
            root = (<Buffer>source).root
            if root.memory is not memory:
                continue
            if (<Buffer>source).plain is a:
                return source
            if kind == root.kind:
                return new_buffer(root, a)
            root.closed = (f"has a view of dtype {a.dtype}", "make a copy: y = y.copy()")
            return a
        if cnp.PyArray_Check(source) and owner_of(source) is memory:
            return a
    if not cnp.PyArray_CheckExact(a) or kind < 0 and (<object>a).dtype.hasobject:
        return a
    root = new_root(memory, kind)
    return a if root is None else new_buffer(root, a)


cdef bint has_arrays(result) except -1:
    for part in result:
        if cnp.PyArray_CheckExact(part) or (isinstance(part, (tuple, list)) and has_arrays(part)):
            return True
    return False


def buffered(result, sources=()):
    """`result` of a NumPy function of `sources` with a buffer for every ndarray in it: a view of one of the sources, or
    new."""
    cdef list known
    if cnp.PyArray_CheckExact(result):
        return wrapped(result, <list>sources if type(sources) is list else list(sources))
    if isinstance(result, (tuple, list)) and has_arrays(result):
        known = list(sources)
        parts = []
        for part in result:
            part = buffered(part, known)
            parts.append(part)
            known.append(part)
        return type(result)._make(parts) if hasattr(type(result), "_make") else type(result)(parts)
    return result


def closed_buffer(cnp.ndarray a, problem, remedy):
    """A buffer for an array that outlives the function: it may be read, and written with plain numbers, but active ones
    are refused."""
    buffer = wrapped(a, [])
    if type(buffer) is Buffer:
        (<Buffer>buffer).root.closed = (problem, remedy)
    return buffer


# ---- the borders of a clone ----

def handed_out(x):
    """What a value stands for when it leaves a clone."""
    return (<Buffer>x).held() if type(x) is Buffer else x


# ---- active arrays in buffers ----

def owning(active):
    """A buffer for an active array that nobody else has."""
    cdef object axes = np.argsort([-abs(step) for step in active.strides], kind="stable")   # as memory has them
    cdef object turned = active.transpose(axes)
    cdef cnp.ndarray memory = np.empty(turned.shape)
    cdef Root root = new_root(memory, cnp.NPY_DOUBLE)
    root.active = turned.reshape(-1)
    return new_buffer(root, (<object>memory).transpose(np.argsort(axes)))


def rewrapped(result, sources):
    """`result` of a handler with a buffer for every view of one of the buffers in `sources`."""
    if type(result) is tuple or type(result) is list or hasattr(type(result), "_make"):
        parts = [rewrapped(part, sources) for part in result]
        return type(result)._make(parts) if hasattr(type(result), "_make") else type(result)(parts)
    for source in sources:
        if type(source) is Buffer and (<Buffer>source).root.active is not None:
            place = place_of((<Buffer>source).root, result)
            if place is not None:
                return new_buffer((<Buffer>source).root, place)
    return buffered(result, sources)


# ---- operands ----

cdef inline object content(object x):
    return (<Buffer>x).held() if type(x) is Buffer else x


cpdef object opened(object tree, list found):
    """`tree` with what they hold in place of the buffers in nested lists, tuples and dicts; all arrays, buffers and
    active numbers go to `found`."""
    cdef object kind = type(tree)
    if kind is float or kind is int or kind is str or kind is slice or tree is None:
        return tree
    if kind is Buffer:
        found.append(tree)
        return (<Buffer>tree).held()
    if kind is tuple:
        return tuple([opened(item, found) for item in <tuple>tree])
    if kind is list:
        return [opened(item, found) for item in <list>tree]
    if kind is dict:
        return {key: opened(item, found) for key, item in (<dict>tree).items()}
    if cnp.PyArray_CheckExact(tree) or handlers().is_traced(tree):
        found.append(tree)
    return tree


cdef bint is_passive(list found) except -1:
    """Is there no active number among what `opened` has found?"""
    for x in found:
        if type(x) is Buffer:
            if (<Buffer>x).root.active is not None:
                return False
        elif not cnp.PyArray_CheckExact(x) or cnp.PyArray_TYPE(<cnp.ndarray>x) == cnp.NPY_OBJECT:
            return False
    return True


cdef inline bint is_plain(object x) noexcept:
    """Quickly: is this certainly not active?"""
    return type(x) is float or type(x) is int or type(x) is np.float64 or (
        cnp.PyArray_CheckExact(x) and cnp.PyArray_TYPE(<cnp.ndarray>x) != cnp.NPY_OBJECT)


cdef object term(object x):
    """Any operand of an operator."""
    if type(x) is Buffer:
        return (<Buffer>x).held()
    return handlers().listed(x) if type(x) is list or type(x) is tuple else x


cdef inline object result_of(object x):
    """What an operator has computed, new memory: a buffer again."""
    return wrapped(<cnp.ndarray>x) if cnp.PyArray_CheckExact(x) else x


cdef object meet(Buffer self, TracedArray other, uint16_t op):
    """self op other, past NumPy's dispatch."""
    cdef object held = self.held()
    cdef Tape tape = other.tape
    if type(held) is TracedArray and (<TracedArray>held).tape.level > tape.level:
        tape = (<TracedArray>held).tape
    return elementwise(tape, op, held, other)


cdef bint is_basic(object index) except -1:
    """Is x[index] a view?"""
    if type(index) is tuple:
        return all([is_basic(i) for i in <tuple>index])
    return (index is None or index is Ellipsis or PySlice_Check(index) or PyLong_Check(index)
            and index is not True and index is not False or isinstance(index, np.integer))


@cython.final
@cython.no_gc
cdef class Buffer(BitOperators):
    """An ndarray of NumPy that active numbers may be written into."""

    __array_priority__ = 1002.0
    __class__ = np.ndarray      # what isinstance sees
    __hash__ = None

    cpdef object held(self):
        if self.root.active is None:
            return self.plain
        if self.shown_of is not self.root.active:
            self.shown = part_of(self.root, self.plain, False)
            if is_complex(self.plain):
                self.shown = handlers().complex_array(self.shown, part_of(self.root, self.plain, True))
            self.shown_of = self.root.active
        return self.shown

    @property
    def is_real(self):
        """Does it consist of numbers that may be active?"""
        return self.root.kind >= 0

    @property
    def is_active(self):
        """Has an active number been written into this memory?"""
        return self.root.active is not None

    def hand_back(self):
        """Write the values of what is active into the plain memory, for whoever else has it; tells whether it was."""
        if self.root.active is None:
            return False
        try:
            (<object>flat(self.root))[...] = peek(self.root.active)
        except LeakedTracerError:       # an inner derivative wrote last, and its numbers are gone: NaN says so
            pass
        self.root.is_back = True
        return True

    def become(self, Buffer other):
        """Show another array from now on."""
        self.root, self.plain, self.shown_of, self.shown = other.root, other.plain, None, None

    def settled(self):
        """What this is when the function has returned: the ndarray, unless what is in it is still active."""
        return self.plain if self.root.active is None or self.root.is_back else self.held()

    def admit(self, number):
        """Make room for an active number, and return the active array to write it into."""
        if not cnp.PyArray_CHKFLAGS(self.plain, cnp.NPY_ARRAY_WRITEABLE):
            raise ValueError("assignment destination is read-only")
        lift(self.root, number)
        return self.held()

    # ---- elements, views and writing ----

    def __len__(self):
        return len(self.plain)

    def __iter__(self):
        if cnp.PyArray_NDIM(self.plain) == 0:
            raise TypeError("iteration over a 0-d array")
        return PySeqIter_New(self)

    def __contains__(self, value):
        return bool(np.any(self == value))

    def __getitem__(self, index):
        cdef int64_t place
        if self.root.active is None:
            part = self.plain[plain_key(index)]
            return wrapped(<cnp.ndarray>part, [self]) if cnp.PyArray_CheckExact(part) else part
        place = position(self.root, self.plain, index)
        if place >= 0:
            return get_element(self.root, place)
        if is_basic(index):
            part = self.plain[index]
            if cnp.PyArray_CheckExact(part):
                return new_buffer(self.root, part)
        return self.held()[index]

    def __setitem__(self, index, value):
        cdef int64_t place
        value = content(value)
        if self.root.active is None:
            if is_plain(value) and (is_plain(index) or PySlice_Check(index) or type(index) is tuple):
                self.plain[index] = value
                return
            number = handlers().carrier(index, value) if self.root.kind >= 0 else None
            if number is None:
                self.plain[plain_key(index)] = value
                return
            self.admit(number)
        elif not cnp.PyArray_CHKFLAGS(self.plain, cnp.NPY_ARRAY_WRITEABLE):
            raise ValueError("assignment destination is read-only")
        place = position(self.root, self.plain, index)
        if place >= 0 and put_element(self.root, place, value):
            return
        handlers().write(self, index, value)

    # ---- operators ----

    def __add__(self, other):
        if type(other) is TracedArray:
            return meet(self, <TracedArray>other, OP_ADD)
        return result_of(self.held() + term(other))

    def __radd__(self, other):
        return result_of(term(other) + self.held())

    def __iadd__(self, other):
        return in_place(self, other, PyNumber_InPlaceAdd)

    def __sub__(self, other):
        if type(other) is TracedArray:
            return meet(self, <TracedArray>other, OP_SUBTRACT)
        return result_of(self.held() - term(other))

    def __rsub__(self, other):
        return result_of(term(other) - self.held())

    def __isub__(self, other):
        return in_place(self, other, PyNumber_InPlaceSubtract)

    def __mul__(self, other):
        if type(other) is TracedArray:
            return meet(self, <TracedArray>other, OP_MULTIPLY)
        return result_of(self.held() * term(other))

    def __rmul__(self, other):
        return result_of(term(other) * self.held())

    def __imul__(self, other):
        return in_place(self, other, PyNumber_InPlaceMultiply)

    def __truediv__(self, other):
        if type(other) is TracedArray:
            return meet(self, <TracedArray>other, OP_DIVIDE)
        return result_of(self.held() / term(other))

    def __rtruediv__(self, other):
        return result_of(term(other) / self.held())

    def __itruediv__(self, other):
        return in_place(self, other, PyNumber_InPlaceTrueDivide)

    def __floordiv__(self, other):
        return result_of(self.held() // term(other))

    def __rfloordiv__(self, other):
        return result_of(term(other) // self.held())

    def __ifloordiv__(self, other):
        return in_place(self, other, PyNumber_InPlaceFloorDivide)

    def __mod__(self, other):
        return result_of(self.held() % term(other))

    def __rmod__(self, other):
        return result_of(term(other) % self.held())

    def __imod__(self, other):
        return in_place(self, other, PyNumber_InPlaceRemainder)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __pow__(self, other, modulo):
        return NotImplemented if modulo is not None else result_of(self.held() ** term(other))

    def __rpow__(self, other, modulo):
        return NotImplemented if modulo is not None else result_of(term(other) ** self.held())

    def __ipow__(self, other):
        return in_place(self, other, power_in_place)

    def __matmul__(self, other):
        if getattr(other, "__array_ufunc__", True) is None:
            return NotImplemented
        return result_of(self.held() @ term(other))

    def __rmatmul__(self, other):
        return result_of(term(other) @ self.held())

    def __imatmul__(self, other):
        return in_place(self, other, PyNumber_InPlaceMatrixMultiply)

    def __neg__(self):
        return result_of(-self.held())

    def __pos__(self):
        return result_of(+self.held())

    def __abs__(self):
        return result_of(abs(self.held()))

    def __richcmp__(self, other, int op):
        return result_of(PyObject_RichCompare(self.held(), term(other), op))

    # ---- an ndarray to look at; the shape and the place are those of the plain one ----

    @property
    def shape(self):
        return (<object>self.plain).shape

    @shape.setter
    def shape(self, shape):
        cdef object turned = self.plain.view()
        turned.shape = shape
        self.plain, self.shown_of, self.shown = turned, None, None

    @property
    def ndim(self):
        return cnp.PyArray_NDIM(self.plain)

    @property
    def size(self):
        return cnp.PyArray_SIZE(self.plain)

    @property
    def dtype(self):
        return (<object>self.plain).dtype

    @property
    def strides(self):
        return (<object>self.plain).strides

    @property
    def flags(self):
        return (<object>self.plain).flags

    @property
    def T(self):
        return new_buffer(self.root, (<object>self.plain).T)

    @property
    def real(self):
        return new_buffer(self.root, (<object>self.plain).real)

    @real.setter
    def real(self, value):
        self.real[...] = value

    @property
    def imag(self):
        part = (<object>self.plain).imag       # of a real array zeros that cannot be written
        return new_buffer(self.root, part) if is_complex(self.plain) else part

    @imag.setter
    def imag(self, value):
        self.imag[...] = value

    @property
    def flat(self):
        return handlers().flat(self)

    @flat.setter
    def flat(self, values):
        handlers().flat(self)[:] = values

    def __getattr__(self, name):
        if name in METHODS:
            return method_of(self, name)
        return handlers().attribute(self, name)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        cdef list found = []
        cdef tuple plain = opened(inputs, found)
        cdef dict options = opened(kwargs, found) if kwargs else kwargs
        if is_passive(found):
            call = ufunc if method == "__call__" else getattr(ufunc, method)
            return buffered(PyObject_Call(call, plain, options), found)
        return handlers().answer_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, tuple args, dict kwargs):
        cdef list found = []
        cdef tuple plain = opened(args, found)
        cdef dict options = opened(kwargs, found) if kwargs else kwargs
        if is_passive(found):
            return buffered(PyObject_Call(function, plain, options), found)
        return handlers().answer(function, types, args, kwargs)

    # ---- other kinds of numbers: NumPy's while plain, refused by the active array afterwards ----

    def __array__(self, dtype=None, copy=None):
        if self.root.active is None:
            return np.array(self.plain, dtype=dtype, copy=copy)
        return self.held().__array__(dtype, copy)

    def __getbuffer__(self, Py_buffer *view, int flags):
        if self.root.active is not None:
            raise BufferError("this array holds traced numbers, which have no memory")
        PyObject_GetBuffer(self.plain, view, flags)

    def __copy__(self):
        return self.copy("K")

    def __deepcopy__(self, memo):
        return self.copy("K")


# Methods of ndarray that are asked for without a look at what they are: handlers/buffers.py knows the others.
cdef frozenset METHODS = frozenset((
    "all any argmax argmin argpartition argsort choose clip compress conj conjugate cumprod cumsum diagonal dot fill "
    "flatten max mean min nonzero partition prod ptp put ravel repeat reshape round searchsorted sort squeeze std sum "
    "swapaxes take trace transpose var item tolist tobytes copy astype view").split())


cdef class Method:
    """A bound method of a buffer."""
    cdef Buffer buffer
    cdef object name

    def __call__(self, *args, **kwargs):
        cdef list found = [self.buffer]
        cdef tuple plain = opened(args, found)
        cdef dict options = opened(kwargs, found) if kwargs else kwargs
        if is_passive(found):
            return buffered(PyObject_Call(getattr(self.buffer.plain, self.name), plain, options), found)
        return handlers().call_method(self.buffer, self.name, args, kwargs)


cdef Method method_of(Buffer buffer, name):
    cdef Method method = Method.__new__(Method)
    method.buffer, method.name = buffer, name
    return method


cdef object power_in_place(object x, object y):
    return PyNumber_InPlacePower(x, y, None)


cdef object in_place(Buffer buffer, object other, object (*operate)(object, object)):
    """buffer op= other: on the ndarray, or by writing what the active array gives."""
    cdef Root root = buffer.root
    other = term(other)
    if root.active is None:
        number = None if is_plain(other) or root.kind < 0 else handlers().carrier(None, other)
        if number is None:
            operate(buffer.plain, other)
            return buffer
        buffer.admit(number)
    elif not cnp.PyArray_CHKFLAGS(buffer.plain, cnp.NPY_ARRAY_WRITEABLE):
        raise ValueError("output array is read-only")
    else:
        number = None if is_plain(other) else handlers().carrier(None, other)
        if number is not None:
            lift(root, number)
    held = buffer.held() if root.kind == cnp.NPY_DOUBLE else buffer.held().copy()
    result = operate(held, other)
    if result is not held or root.kind != cnp.NPY_DOUBLE:
        handlers().write(buffer, Ellipsis, result)
    return buffer
