"""The gradient of one call, compiled from end to end: what `grad(f)(x)` does for one float64 array or float, where
every 100 ns count.

Tape and workspace come from pools. A large computation that ends in a sum is not evaluated before the reverse sweep:
its values and adjoints are computed block by block in one pass over memory."""
cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from libc.stdint cimport uint32_t
import numpy as np

from dualtape.core.c cimport dt_bound, dt_workspace
from dualtape.core.level cimport enter_trace, inspected, leave_trace, trace_depth
from dualtape.core.names cimport Current
from dualtape.core.recording cimport input_array, input_scalar
from dualtape.core.scalar cimport TracedScalar, inherit_guards
from dualtape.core.kinds import as_float, is_float
from dualtape.core.scalar import peek
from dualtape.core.sweeps cimport Workspace, acquire_workspace, release_workspace, run_adjoint
from dualtape.core.tape cimport Tape, acquire_tape, release_tape

cnp.import_array()


cdef int sweep_back(Tape tape, uint32_t out, double *gradient) except -1:
    """One reverse sweep from slot `out`: fills the gradient (n_inputs,), and computes what is pending on the way."""
    cdef Workspace memory = acquire_workspace()
    cdef dt_workspace work
    cdef dt_bound bound
    cdef size_t slots = tape.c.n_slots, n = tape.n_inputs, i, end = tape.find_tail()
    cdef bint is_fused = tape.lazy and end == tape.evaluated, binds = is_fused and out > n and tape.can_bind(end)
    work.adjoint = memory.reserve(slots + tape.scratch_for(1, 1))
    work.scratch = work.adjoint + slots
    work.value, work.p = tape.c.value, 1
    bound.input, bound.gradient, bound.n, bound.gradient_only = tape.c.value + 1, gradient, n if binds else 0, False
    i = n + 1 if binds else 0
    tape.fill_structural(work.adjoint + i, slots - i)
    work.adjoint[out] = 1.0
    if is_fused:
        with nogil:
            tape.sweep_tail(&work, end, &bound)
        tape.evaluated, tape.lazy = tape.c.n_instr, False
    else:
        tape.flush()
        end = tape.c.n_instr
    run_adjoint(tape, &work, end)
    if not binds:
        for i in range(n):
            gradient[i] = work.adjoint[i + 1] + 0.0
    release_workspace(memory)
    return 0


cdef object sweep_gradient(Tape tape, uint32_t out, bint is_scalar, object like):
    """(value, gradient) of the result in slot `out`."""
    cdef cnp.ndarray gradient
    cdef double slope
    tape.close_segment()
    tape.sealed = True       # no thread that f may have left behind records while the sweep runs
    if is_scalar:
        sweep_back(tape, out, &slope)
        return tape.c.value[out], slope
    gradient = cnp.PyArray_SimpleNew(cnp.PyArray_NDIM(like), cnp.PyArray_DIMS(like), cnp.NPY_FLOAT64)
    sweep_back(tape, out, <double *>cnp.PyArray_DATA(gradient))
    return tape.c.value[out], gradient


cdef object gradient_on(Tape tape, f, x, bint is_scalar):
    cdef object result
    if is_scalar:
        result = f(input_scalar(tape, PyFloat_AS_DOUBLE(x), True))
    else:
        result = f(input_array(tape, <cnp.ndarray>x))
    if type(result) is TracedScalar and (<TracedScalar>result).tape is tape and not tape.captures:
        return sweep_gradient(tape, (<TracedScalar>result).slot, is_scalar, x)
    if type(result) is float or type(result) is int or type(result) is np.float64:   # does not depend on x
        return float(result), 0.0 if is_scalar else np.zeros_like(x)
    return NotImplemented


cdef bint is_plain(object x):
    """One float or float64 ndarray in C order, as the compiled gradient takes it."""
    return PyFloat_CheckExact(x) or (cnp.PyArray_CheckExact(x) and cnp.PyArray_TYPE(<cnp.ndarray>x) == cnp.NPY_FLOAT64
                                     and cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>x)
                                     and cnp.PyArray_ISNOTSWAPPED(<cnp.ndarray>x)
                                     and cnp.PyArray_SIZE(<cnp.ndarray>x) > 0)


cdef bint is_dense(object x):
    """An active number, with elements in C order."""
    return hasattr(x, "engine") and x.size > 0 and x.flags.c_contiguous


cdef object gradient_inside(Tape tape, f, x, around, bint forward):
    """The same inside another derivative: x, or what f closes over, may be a number of an outer level. f runs once."""
    cdef bint is_active = not is_plain(x)
    cdef object plain = peek(x) if is_active else x, result
    cdef bint is_scalar = PyFloat_CheckExact(plain)
    cdef uint32_t out
    if is_active:
        inherit_guards(tape, x)
    if is_scalar:
        result = f(input_scalar(tape, PyFloat_AS_DOUBLE(plain), is_float(x)))
    else:
        x = x.copy() if is_active else x      # f may write into it
        result = f(input_array(tape, <cnp.ndarray>plain))
    if type(result) is not TracedScalar or (<TracedScalar>result).tape is not tape:
        return NotImplemented
    out = (<TracedScalar>result).slot
    if not is_active and not tape.captures:
        return sweep_gradient(tape, out, is_scalar, x)
    tape.seal()
    result = around(tape, tape.captures + [(1, x)] if is_active else tape.captures).gradient(out, plain, forward)
    return as_float(result[0]), as_float(result[1])


def gradient(f, x, around=None, bint forward=False):
    """(value, gradient) of f at one float or float64 ndarray; NotImplemented for whatever is not that simple.

    Not simple: another argument type, or a result that is not one scalar that depends on x; then f may have been
    called once already. Inside another derivative x may also be a number of an outer level; `around` is
    trace.resweep.around, without which such calls are not simple. `forward` asks for tangent sweeps, which only exist
    there. For a `Current`, what it stands for is called."""
    cdef bint plain = is_plain(x)
    cdef bint is_outer = not plain and around is not None and is_dense(x)
    cdef bint is_inside = is_outer or trace_depth() != 0
    cdef Tape tape
    if not (is_outer or plain) or (is_inside and around is None) or (forward and not is_inside) or inspected():
        return NotImplemented
    if type(f) is Current:
        f = (<Current>f).get()
    tape = acquire_tape()
    enter_trace()
    try:
        if is_inside:
            return gradient_inside(tape, f, x, around, forward)
        return gradient_on(tape, f, x, PyFloat_CheckExact(x))
    finally:
        leave_trace()
        if is_inside:
            tape.captures.clear()
            tape.guards = None
        release_tape(tape)
