"""Array operations on the tape: where their operands and results are (`Place`, `ArrayCall`), and what c/linalg.c has to
know to run one without Python.

An `ArrayCall` is the whole truth about an operation: nested sweeps, Dual evaluations, sealing and files read it. What C
knows is derived from it here and can be derived again at any time; an operation that does not fit is left to its Python
rule."""
cimport cython
cimport numpy as cnp
from libc.stdint cimport int64_t, uint32_t
import numpy as np

from dualtape.core.c cimport (
    DT_ACTIVE_A, DT_ACTIVE_B, DT_CHOLESKY, DT_CHOLESKY_UPPER, DT_DET, DT_INV, DT_LOGDET, DT_MATMUL, DT_MATVEC,
    DT_NOT_NATIVE, DT_SOLVE, DT_SOLVE_VECTOR, DT_VECDOT, DT_VECMAT, dt_native, dt_stack)
from dualtape.core.layout cimport MAX_NDIM
from dualtape.core.tape cimport Tape
from dualtape.errors import UnsupportedOperation

cnp.import_array()

# Native operation of each row of ops/array_ops.py and ops/matrix_ops.py. `np.dot`, `np.inner` and `np.tensordot` take
# the same routes through BLAS as `np.matmul` where `same_route` says so.
cdef dict NATIVE = {
    "matmul": DT_MATMUL, "dot": DT_MATMUL, "inner": DT_MATMUL, "tensordot": DT_MATMUL, "vecdot": DT_VECDOT,
    "matvec": DT_MATVEC, "vecmat": DT_VECMAT, "linalg.solve": DT_SOLVE, "linalg.inv": DT_INV, "linalg.det": DT_DET,
    "linalg.slogdet": DT_LOGDET, "linalg.cholesky": DT_CHOLESKY,
}


@cython.final
cdef class Place:
    """Where the elements of an operand or result are on the tape. `array` shows them in any array that runs parallel to
    the slots."""

    def __cinit__(self, uint32_t slot, tuple shape, tuple strides, bint active):
        self.slot, self.shape, self.strides, self.active = slot, shape, strides, active

    cdef cnp.ndarray array(self, double *memory, Py_ssize_t p):
        """Lanes on the last axis; no lane axis for p = 0."""
        cdef cnp.npy_intp dims[MAX_NDIM + 1]
        cdef cnp.npy_intp strides[MAX_NDIM + 1]
        cdef int axis, ndim = len(self.shape)
        cdef Py_ssize_t lanes = p if p else 1
        for axis in range(ndim):
            dims[axis] = self.shape[axis]
            strides[axis] = self.strides[axis] * lanes
        dims[ndim], strides[ndim] = p, 8
        return cnp.PyArray_New(np.ndarray, ndim + (1 if p else 0), dims, cnp.NPY_FLOAT64, strides,
                               <void *>(memory + self.slot * lanes), 8, cnp.NPY_ARRAY_WRITEABLE, <object>NULL)


@cython.final
cdef class ArrayCall:
    """One recorded array operation: its row of ops/array_ops.py, its operands (a Place, or the plain value) and the
    places of its results."""

    def __init__(self, row, params, operands, results, single):
        self.row, self.params, self.operands, self.results, self.single = row, params, operands, results, single
        self.active = tuple([type(x) is Place and (<Place>x).active for x in operands])


def real_result(row, result):
    """What an operation of real numbers gave: among them there is no place for imaginary parts."""
    values = np.asarray(result)
    if values.dtype.kind == "c":
        raise UnsupportedOperation(
            f"{row.name} gave complex numbers for real ones; their imaginary parts would be lost",
            "make an operand complex first: x + 0j")
    return values


# ---- what C knows ----

cdef struct shaped:
    int ndim
    int64_t dims[MAX_NDIM]
    int64_t steps[MAX_NDIM]     # in slots


cdef bint read_operand(object x, shaped *to, dt_stack *arg) except -1:
    """Shape and steps of an operand, and where its numbers are; False if C cannot read it."""
    cdef cnp.ndarray array
    cdef int axis
    if type(x) is Place:
        shape, strides, arg.slot = (<Place>x).shape, (<Place>x).strides, (<Place>x).slot
    elif type(x) is np.ndarray and cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT64 and cnp.PyArray_ISBEHAVED_RO(x):
        array = x
        shape, strides, arg.constant = x.shape, x.strides, <const double *>cnp.PyArray_DATA(array)
    else:
        return False
    to.ndim = len(shape)
    if to.ndim > MAX_NDIM:
        return False
    for axis in range(to.ndim):
        if shape[axis] == 0 or strides[axis] % 8:
            return False
        to.dims[axis], to.steps[axis] = shape[axis], strides[axis] // 8
    return True


cdef bint is_dense(const shaped *x) noexcept:
    """Two axes longer than one, in C or in Fortran order without gaps?"""
    return x.dims[0] > 1 and x.dims[1] > 1 and (
        (x.steps[1] == 1 and x.steps[0] == x.dims[1]) or (x.steps[0] == 1 and x.steps[1] == x.dims[0]))


cdef bint same_route(const shaped *a, const shaped *b) noexcept:
    """Does `np.dot` of these operands come to the same BLAS call as `np.matmul`? It copies operands that are not dense,
    and treats rows and columns in ways of its own."""
    if a.ndim > 2 or b.ndim > 2 or a.ndim == 0 or b.ndim == 0:
        return False
    if a.ndim == 1 and a.dims[0] > 1 and a.steps[0] < 1 or b.ndim == 1 and b.dims[0] > 1 and b.steps[0] < 1:
        return False
    return (a.ndim == 1 or is_dense(a)) and (b.ndim == 1 or is_dense(b))


cdef int swap_axes(shaped *x) noexcept:
    if x.ndim == 2:
        x.dims[0], x.dims[1] = x.dims[1], x.dims[0]
        x.steps[0], x.steps[1] = x.steps[1], x.steps[0]
    return 0


cdef bint merge_axes(const shaped *x, list axes, int64_t *length, int64_t *step) except -1:
    """Axes as one, without a copy; False if their elements are not evenly spaced."""
    cdef int axis
    length[0], step[0] = 1, 1
    for axis in reversed(axes):
        if x.dims[axis] == 1:
            continue
        if length[0] == 1:
            step[0] = x.steps[axis]
        elif x.steps[axis] != length[0] * step[0]:
            return False
        length[0] *= x.dims[axis]
    return True


cdef bint flatten(shaped *x, object summed, bint is_left) except -1:
    """The matrix that `np.tensordot` makes of an operand: free and summed axes merged; False if it would copy."""
    cdef list contracted = list(summed), free = [axis for axis in range(x.ndim) if axis not in summed]
    cdef int64_t dims[2]
    cdef int64_t steps[2]
    if not merge_axes(x, free if is_left else contracted, &dims[0], &steps[0]):
        return False
    if not merge_axes(x, contracted if is_left else free, &dims[1], &steps[1]):
        return False
    x.ndim = 2
    x.dims[0], x.dims[1], x.steps[0], x.steps[1] = dims[0], dims[1], steps[0], steps[1]
    return True


cdef int take_core(shaped *x, bint is_matrix, bint is_left, dt_stack *arg, size_t *rows, size_t *columns) noexcept:
    """Cuts the last axes off, which are a matrix or a vector: a row on the left, a column on the right."""
    cdef int last = x.ndim - 1
    rows[0] = columns[0] = 1
    arg.row = arg.column = 0
    if is_matrix:
        rows[0], arg.row = x.dims[last - 1], x.steps[last - 1]
        columns[0], arg.column = x.dims[last], x.steps[last]
    elif is_left:
        columns[0], arg.column = x.dims[last], x.steps[last]
    else:
        rows[0], arg.row = x.dims[last], x.steps[last]
    x.ndim -= 2 if is_matrix else 1
    return 0


cdef int stack(Tape tape, shaped *a, shaped *b, dt_native *native) except -1:
    """The leading axes, broadcast; axes of length 1 are left out."""
    cdef int64_t dims[MAX_NDIM]
    cdef int64_t a_steps[MAX_NDIM]
    cdef int64_t b_steps[MAX_NDIM]
    cdef int ndim = max(a.ndim, b.ndim), axis, kept = 0, i, j
    cdef int64_t m, n
    native.count = 1
    for axis in range(ndim):
        i, j = axis - ndim + a.ndim, axis - ndim + b.ndim
        m = a.dims[i] if i >= 0 else 1
        n = b.dims[j] if j >= 0 else 1
        if m == 1 and n == 1:
            continue
        dims[kept] = n if m == 1 else m
        a_steps[kept] = a.steps[i] if m != 1 else 0
        b_steps[kept] = b.steps[j] if n != 1 else 0
        native.count *= dims[kept]
        kept += 1
    native.arg[0].view = tape.new_view(kept, dims, a_steps)
    native.arg[1].view = tape.new_view(kept, dims, b_steps)
    return 0


cdef int describe_product(Tape tape, ArrayCall call, int op, dt_native *native) except -1:
    cdef shaped a, b
    cdef size_t inner
    if call.params and call.row.name != "tensordot":
        return DT_NOT_NATIVE
    if not read_operand(call.operands[0], &a, &native.arg[0]) or not read_operand(call.operands[1], &b, &native.arg[1]):
        return DT_NOT_NATIVE
    if op == DT_MATMUL and call.row.name != "matmul":
        if call.row.name == "inner":
            swap_axes(&b)
        elif call.row.name == "tensordot":
            if not flatten(&a, call.params["axes"][0], True) or not flatten(&b, call.params["axes"][1], False):
                return DT_NOT_NATIVE
        if not same_route(&a, &b):
            return DT_NOT_NATIVE
    take_core(&a, a.ndim > 1 if op == DT_MATMUL else op == DT_MATVEC, True, &native.arg[0], &native.rows, &native.inner)
    take_core(&b, b.ndim > 1 if op == DT_MATMUL else op == DT_VECMAT, False, &native.arg[1], &inner, &native.columns)
    native.size = native.rows * native.columns
    stack(tape, &a, &b, native)
    return op


cdef int describe_solve(Tape tape, ArrayCall call, dt_native *native) except -1:
    """As `np.linalg.solve`, which takes b for a vector only if it has one axis."""
    cdef shaped a, b
    cdef size_t inner
    cdef int op
    if not read_operand(call.operands[0], &a, &native.arg[0]) or not read_operand(call.operands[1], &b, &native.arg[1]):
        return DT_NOT_NATIVE
    op = DT_SOLVE if b.ndim > 1 else DT_SOLVE_VECTOR
    take_core(&a, True, True, &native.arg[0], &native.rows, &native.inner)
    take_core(&b, op == DT_SOLVE, False, &native.arg[1], &inner, &native.columns)
    native.size = native.rows * native.columns
    stack(tape, &a, &b, native)
    return op


cdef int describe_function(Tape tape, ArrayCall call, int op, dt_native *native) except -1:
    """A function of one square matrix."""
    cdef shaped a
    if op == DT_CHOLESKY and call.params.get("upper"):
        op = DT_CHOLESKY_UPPER
    if not read_operand(call.operands[0], &a, &native.arg[0]):
        return DT_NOT_NATIVE
    take_core(&a, True, True, &native.arg[0], &native.rows, &native.inner)
    native.columns = native.rows
    native.size = 1 if op == DT_DET or op == DT_LOGDET else native.rows * native.columns
    stack(tape, &a, &a, native)
    return op


cdef bint in_c_order(Place x) except -1:
    """Does a place of dense results lie so?"""
    cdef int64_t step = 8
    cdef int axis
    for axis in range(<int>len(x.shape) - 1, -1, -1):
        if x.shape[axis] != 1 and x.strides[axis] != step:
            return False
        step *= max(1, <int64_t>x.shape[axis])
    return True


cdef int describe(Tape tape, ArrayCall call) except -1:
    """What C knows about the next call that it does not know yet."""
    cdef dt_native *native = tape.new_native()
    cdef int op = NATIVE.get(call.row.name, DT_NOT_NATIVE)
    if op == DT_SOLVE:
        op = describe_solve(tape, call, native)
    elif op > DT_SOLVE:
        op = describe_function(tape, call, op, native)
    elif op != DT_NOT_NATIVE:
        op = describe_product(tape, call, op, native)
    if op == DT_NOT_NATIVE or tape.c.native_loop[op].run == NULL or not all([in_c_order(x) for x in call.results]):
        return 0
    native.active = ((DT_ACTIVE_A if call.active[0] else 0)
                     | (DT_ACTIVE_B if len(call.active) > 1 and call.active[1] else 0))
    native.out = (<Place>call.results[0]).slot
    tape.accept_native(op)
    return 0


def native_calls(Tape tape):
    """Of each array operation of a tape: does C run it?"""
    return [k < tape.c.n_native and tape.c.native[k].op != DT_NOT_NATIVE for k in range(len(tape.calls))]


cdef int note_call(Tape tape, ArrayCall call) except -1:
    tape.calls.append(call)
    return describe_calls(tape)


cdef int describe_calls(Tape tape) except -1:
    while tape.c.n_native < <size_t>len(tape.calls):
        describe(tape, <ArrayCall>tape.calls[tape.c.n_native])
    return 0
