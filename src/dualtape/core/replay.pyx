"""The compiled way of the commonest calls of a program: float64 arrays and floats in, one number or array out, on the
path taken last.

Everything else - other types, containers, another path - is left to api/program.py: every method of `Replay` returns
None where it cannot serve, and nothing has happened then. A call in Python would cost as much as a small replay, so
these calls are compiled from the very beginning: `Program` inherits them."""
cimport cython
cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from libc.stdint cimport int64_t
from libc.string cimport memcpy
import numpy as np

from dualtape.core.level cimport inspected
from dualtape.core.path cimport Path
from dualtape.core.sweeps cimport Workspace, bend_matrix, fill_hessian, fill_jacobian, push_matrix
from dualtape.core.watch cimport Watch

cnp.import_array()

# What an operation may raise at another point than that of the recording: f may catch it, and so has to run.
FAILURES = (ArithmeticError, ValueError)     # LinAlgError is a ValueError

cdef enum:
    MAX_ARGUMENTS = 16
    MAX_NDIM = 8


cdef class _Argument:
    """One argument: its shape (None: a float) and its place among the inputs."""
    cdef object shape
    cdef int ndim
    cdef Py_ssize_t start, size
    cdef cnp.npy_intp dims[MAX_NDIM]


cdef inline bint is_plain(object x, _Argument like):
    """A float64 array in C order, of the shape recorded."""
    cdef int axis
    if type(x) is not np.ndarray:
        return False
    if (cnp.PyArray_TYPE(x) != cnp.NPY_FLOAT64 or cnp.PyArray_NDIM(x) != like.ndim
            or not cnp.PyArray_ISCARRAY_RO(x)):
        return False
    for axis in range(like.ndim):
        if cnp.PyArray_DIM(x, axis) != like.dims[axis]:
            return False
    return True


cdef _Argument argument(object shape, Py_ssize_t start):
    cdef _Argument found = _Argument.__new__(_Argument)
    cdef int axis
    found.shape, found.start, found.size, found.ndim = shape, start, 1, len(shape)
    for axis in range(found.ndim):
        found.dims[axis] = shape[axis]
        found.size *= shape[axis]
    return found


@cython.final
cdef class Replay:
    """Calls of one path.

    Parameters
    ----------
    path : Path
    inputs : list of tuple of int
        Shape of each argument, () for a float.
    output : tuple of int or None
        Shape of the result; None if it is a container.
    watch : Watch or None
        Tells whether what f captured has changed.
    """
    cdef list arguments
    cdef _Argument output
    cdef Watch watch
    cdef readonly Path path
    cdef readonly Py_ssize_t served     # calls so far

    def __init__(self, Path path, list inputs, object output, Watch watch):
        cdef Py_ssize_t start = 0
        cdef _Argument part
        self.path, self.watch, self.arguments = path, watch, []
        for shape in inputs:
            part = argument(shape, start)
            self.arguments.append(part)
            start += part.size
        self.output = None if output is None else argument(output, 0)

    @staticmethod
    def serves(inputs):
        """Can arguments of these shapes be taken?"""
        return len(inputs) <= MAX_ARGUMENTS and all(len(shape) <= MAX_NDIM for shape in inputs)

    cdef Workspace load(self, tuple args, bint binds):
        """Values with these arguments in place, but for an only array that can be bound; None if they are not plain."""
        cdef _Argument like
        cdef Workspace values
        cdef Py_ssize_t i
        if len(args) != len(self.arguments) or inspected() or (
                self.watch is not None and self.watch.changed() is not None):
            return None
        values = self.path.acquire()
        for i in range(len(args)):
            like = <_Argument>self.arguments[i]
            x = args[i]
            if like.ndim == 0 and PyFloat_CheckExact(x):
                values.memory[1 + like.start] = PyFloat_AS_DOUBLE(x)
            elif like.ndim and is_plain(x, like):
                if not binds:
                    memcpy(values.memory + 1 + like.start, cnp.PyArray_DATA(x), like.size * sizeof(double))
            else:
                self.path.release(values)
                return None
        return values

    def value(self, tuple args, out):
        """The value of the result."""
        cdef Workspace values
        if self.output is None or (out is not None and not writable(out, self.output)):
            return None
        values = self.load(args, False)
        if values is None:
            return None
        try:
            if self.path.run(values) >= 0:
                return None
            if self.output.ndim == 0 and out is None:
                self.served += 1
                return values.memory[self.path.result]
            found = empty(self.output) if out is None else out
            self.path.read(values, <double *>cnp.PyArray_DATA(found))
            self.served += 1
            return found
        except FAILURES:
            return None
        finally:
            self.path.release(values)

    def gradient(self, tuple args, out):
        """The gradient of a scalar result: one array or float, or a tuple of them."""
        return self.sweep(args, out, NULL)

    def value_and_gradient(self, tuple args, out):
        cdef double value
        found = self.sweep(args, out, &value)
        return None if found is None else (value, found)

    cdef object sweep(self, tuple args, out, double *value):
        """The gradient; and the value, unless `value` is NULL."""
        cdef Workspace values
        cdef _Argument like
        cdef const double *x
        cdef double *g
        cdef bint binds
        cdef cnp.ndarray whole
        if self.output is None or self.output.ndim or not self.path.n:
            return None
        like = <_Argument>self.arguments[0]
        if out is not None and (len(self.arguments) > 1 or not writable(out, like)):
            return None
        binds = self.path.binds and len(self.arguments) == 1 and like.ndim > 0 and is_apart(out, args[0])
        values = self.load(args, binds)
        if values is None:
            return None
        x = <const double *>cnp.PyArray_DATA(args[0]) if binds else values.memory + 1
        try:
            if len(self.arguments) == 1 and like.ndim:
                whole = empty(like) if out is None else out
            else:
                whole = np.empty(self.path.n)
            g = <double *>cnp.PyArray_DATA(whole)
            if self.path.gradient(values, x, g, value != NULL) >= 0:
                return None
            if value != NULL:
                value[0] = values.memory[self.path.result]
            self.served += 1
        except FAILURES:
            return None
        finally:
            self.path.release(values)
        if len(self.arguments) == 1:
            return whole if like.ndim or out is not None else g[0]
        return tuple([g[(<_Argument>part).start] if (<_Argument>part).ndim == 0
                      else copied(<_Argument>part, g) for part in self.arguments])


    cdef bint has_one_array(self):
        """One array in, and a number or an array out."""
        return self.output is not None and len(self.arguments) == 1 and (<_Argument>self.arguments[0]).ndim > 0

    def jacobian(self, tuple args, mode, out):
        """The Jacobian of a program of one array."""
        cdef Workspace values
        cdef cnp.ndarray whole
        cdef bint forward = self.path.n <= self.path.m if mode == "auto" else mode == "forward"
        if not (self.has_one_array() and (forward or mode == "auto" or mode == "reverse")):
            return None
        whole = matrix(out, self.output, <_Argument>self.arguments[0], 1)
        values = None if whole is None else self.load(args, False)
        if values is None:
            return None
        try:
            if self.path.run(values) >= 0:
                return None
            fill_jacobian(self.path.tape, values.memory, <const int64_t *>cnp.PyArray_DATA(self.path.slots),
                          self.path.m, forward, <double *>cnp.PyArray_DATA(whole))
            self.served += 1
        except FAILURES:
            return None
        finally:
            self.path.release(values)
        return whole

    def hessian(self, tuple args, out):
        """The Hessian tensor of a program of one array."""
        cdef Workspace values
        cdef cnp.ndarray whole
        cdef const int64_t *slots = <const int64_t *>cnp.PyArray_DATA(self.path.slots)
        cdef Py_ssize_t i, n = self.path.n
        cdef double one = 1.0
        if not self.has_one_array():
            return None
        whole = matrix(out, self.output, <_Argument>self.arguments[0], 2)
        values = None if whole is None else self.load(args, False)
        if values is None:
            return None
        try:
            if self.path.run(values) >= 0:
                return None
            for i in range(self.path.m):
                fill_hessian(self.path.tape, values.memory, slots + i, 1, &one,
                             <double *>cnp.PyArray_DATA(whole) + i * n * n)
            self.served += 1
        except FAILURES:
            return None
        finally:
            self.path.release(values)
        return whole


    def product(self, object x, object v, bint second, out):
        """J v of an array result, or (`second`) H v of a number, for one array x and one array v like it."""
        cdef Workspace values
        cdef cnp.ndarray found
        cdef _Argument like
        cdef const int64_t *slots = <const int64_t *>cnp.PyArray_DATA(self.path.slots)
        cdef double one = 1.0
        if not self.has_one_array() or not is_plain(v, <_Argument>self.arguments[0]) or second != (
                self.output.ndim == 0):
            return None
        like = <_Argument>self.arguments[0] if second else self.output
        if out is not None and not writable(out, like):
            return None
        values = self.load((x,), False)
        if values is None:
            return None
        try:
            if self.path.run(values) >= 0:
                return None
            found = empty(like) if out is None else out
            if second:
                bend_matrix(self.path.tape, values.memory, slots, 1, &one, <const double *>cnp.PyArray_DATA(v), 1,
                            <double *>cnp.PyArray_DATA(found))
            else:
                push_matrix(self.path.tape, values.memory, slots, self.path.m, <const double *>cnp.PyArray_DATA(v), 1,
                            False, <double *>cnp.PyArray_DATA(found))
            self.served += 1
        except FAILURES:
            return None
        finally:
            self.path.release(values)
        return found


cdef cnp.ndarray matrix(object out, _Argument output, _Argument like, int order):
    """`out`, or a new array, of the shape of derivatives; None if `out` is of another kind."""
    cdef cnp.npy_intp dims[3 * MAX_NDIM]
    cdef int axis, ndim = output.ndim + order * like.ndim
    for axis in range(output.ndim):
        dims[axis] = output.dims[axis]
    for axis in range(output.ndim, ndim):
        dims[axis] = like.dims[(axis - output.ndim) % like.ndim]
    if out is None:
        return cnp.PyArray_SimpleNew(ndim, dims, cnp.NPY_FLOAT64)
    if type(out) is not np.ndarray or cnp.PyArray_TYPE(out) != cnp.NPY_FLOAT64 or cnp.PyArray_NDIM(out) != ndim:
        return None
    for axis in range(ndim):
        if cnp.PyArray_DIM(out, axis) != dims[axis]:
            return None
    return out if cnp.PyArray_ISCARRAY(out) else None


cdef bint is_apart(object out, object x):
    """Does writing to `out` leave x alone?"""
    cdef const char *a
    cdef const char *b
    if out is None or type(x) is not np.ndarray:
        return True
    a, b = <const char *>cnp.PyArray_DATA(out), <const char *>cnp.PyArray_DATA(x)
    return a + cnp.PyArray_NBYTES(out) <= b or b + cnp.PyArray_NBYTES(x) <= a


cdef class CompiledCalls:
    """``P(x)`` and its commonest derivatives; a subclass serves what is not compiled."""
    cdef public Replay _replay      # of the path taken last; None if the arguments are containers

    def __call__(self, *x, out=None):
        """f(x), bit for bit."""
        found = None if self._replay is None else self._replay.value(x, out)
        return self._value(x, out) if found is None else found

    def grad(self, *x, out=None):
        """The gradient at x, as `dualtape.grad` gives it: one primal and one adjoint sweep."""
        found = None if self._replay is None else self._replay.gradient(x, out)
        return self._grad(x, out) if found is None else found

    def value_and_grad(self, *x, out=None):
        """``(f(x), gradient)``; `out` is for the gradient."""
        found = None if self._replay is None else self._replay.value_and_gradient(x, out)
        return self._value_and_grad(x, out) if found is None else found

    def jacobian(self, *x, mode="auto", out=None):
        """The Jacobian at x, ``out.shape + in.shape``; "forward" takes tangent sweeps, "reverse" adjoint sweeps."""
        found = None if self._replay is None else self._replay.jacobian(x, mode, out)
        return self._jacobian(x, mode, out) if found is None else found

    def hessian(self, *x, out=None):
        """The Hessian tensor at x, ``out.shape + in.shape + in.shape``, exactly symmetric."""
        found = None if self._replay is None else self._replay.hessian(x, out)
        return self._hessian(x, out) if found is None else found

    def jvp(self, x, v, *, out=None):
        """``J(x) v``, of the shape of the result; a leading axis on v means several at once."""
        found = None if self._replay is None else self._replay.product(x, v, False, out)
        return self._jvp(x, v, out) if found is None else found

    def hvp(self, x, v, *, out=None):
        """``H(x) v`` of a program with one scalar result; a leading axis on v means several at once."""
        found = None if self._replay is None else self._replay.product(x, v, True, out)
        return self._hvp(x, v, out) if found is None else found


cdef cnp.ndarray empty(_Argument like):
    return cnp.PyArray_SimpleNew(like.ndim, like.dims, cnp.NPY_FLOAT64)


cdef cnp.ndarray copied(_Argument part, const double *g):
    cdef cnp.ndarray found = empty(part)
    memcpy(cnp.PyArray_DATA(found), g + part.start, part.size * sizeof(double))
    return found


cdef bint writable(object out, _Argument like):
    return is_plain(out, like) and cnp.PyArray_ISWRITEABLE(out)
