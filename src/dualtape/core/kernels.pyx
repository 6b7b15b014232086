"""Chooses the instruction-set target, binds the inner loops of NumPy's and scipy.special's ufuncs to the kernels, and
evaluates rows one by one for tests and benchmarks. The kernels themselves are generated (ops/codegen.py); programs of
many operations are core.tape's business.

NumPy's loops are bound at import. scipy.special's are bound when the first of its ufuncs arrives: importing dualtape
never imports SciPy. A loop that is not bound yet, or whose ufunc this SciPy does not have, fills its result with NaN. A
ufunc without a plain float64 loop (none today) is called through Python: slower, and right.
"""

import os
import sys
from importlib import import_module

import numpy as np

cimport numpy as cnp
from cpython.exc cimport PyErr_Occurred
from cpython.pythread cimport PyThread_get_thread_ident
from libc.math cimport NAN
from libc.stddef cimport ptrdiff_t

from dualtape.core cimport c
from dualtape.ops.table import OPCODES, ROWS

cnp.import_array()

cdef const c.dt_library *_library = NULL
cdef dict _opcodes = {}  # ufunc -> opcode
cdef bint _scipy_is_bound = False
_called_through_python = []  # keeps those ufuncs alive


cdef const c.dt_library *library() noexcept nogil:
    return _library


def targets():
    """Names of the instruction-set targets that were built and that this machine runs, best last."""
    found = []
    cdef size_t k = 0
    while c.dt_libraries[k] != NULL:
        if c.dt_cpu_runs(c.dt_libraries[k].target):
            found.append(c.dt_libraries[k].target.decode())
        k += 1
    return found


def target():
    """Name of the target in use."""
    return _library.target.decode()


def use_target(name):
    """Switch to another of `targets()`; the environment variable DUALTAPE_TARGET does so at import. For tests."""
    global _library
    if name not in targets():
        raise ValueError(f"target {name!r} is not available here, expected one of {targets()}")
    cdef size_t k = 0
    while c.dt_libraries[k].target.decode() != name:
        k += 1
    _library = c.dt_libraries[k]


# Binding ufuncs.

cdef void _unbound(char **args, const ptrdiff_t *dims, const ptrdiff_t *steps, void *data) noexcept nogil:
    """The loop of a ufunc that is not there: NaN. `data` is the number of operands."""
    cdef ptrdiff_t i, n_in = <ptrdiff_t>data
    for i in range(dims[0]):
        (<double *>(args[n_in] + i * steps[n_in]))[0] = NAN


cdef void _through_python(char **args, const ptrdiff_t *dims, const ptrdiff_t *steps, void *data) noexcept with gil:
    """The loop of a ufunc without a float64 loop of its own. `data` is the ufunc."""
    cdef object ufunc = <object>data
    cdef int k, n_in = ufunc.nin
    cdef cnp.npy_intp n = dims[0], step
    operands = []
    try:
        for k in range(n_in + 1):
            step = steps[k]
            operands.append(cnp.PyArray_New(cnp.ndarray, 1, &n, cnp.NPY_DOUBLE, &step, args[k], 0,
                                            cnp.NPY_ARRAY_ALIGNED | cnp.NPY_ARRAY_WRITEABLE, None))
        ufunc(*operands[:n_in], out=operands[n_in])
    except Exception:
        _unbound(args, dims, steps, <void *><ptrdiff_t>n_in)


cdef struct guarded_loop:
    c.dt_inner_loop run
    void *data


cdef void _guarded(char **args, const ptrdiff_t *dims, const ptrdiff_t *steps, void *data) noexcept nogil:
    """A loop of SciPy's, which reports singularities and the like as the user's scipy.special.errstate and warnings
    filters say: as a Python error, out of code that does not hold the GIL. Amid a sweep nobody takes it; the value
    tells as much."""
    cdef guarded_loop *loop = <guarded_loop *>data
    loop.run(args, dims, steps, loop.data)
    with gil:
        if PyErr_Occurred() != NULL:
            _take_error()


cdef dict _heard = {}   # thread that listens -> the first error of a loop since then


cdef void _take_error() noexcept:
    """Clear the Python error that a loop has set, and keep it if this thread listens."""
    thread = PyThread_get_thread_ident()
    try:
        _fail()
    except BaseException as error:
        while isinstance(error, SystemError) and error.__cause__ is not None:
            error = error.__cause__     # what the loop has called since has wrapped it
        if thread in _heard and _heard[thread] is None:
            _heard[thread] = error


cdef int _fail() except -1:
    """The return of a function whose exception is set."""
    return -1


cdef int listen() except -1:
    _heard[PyThread_get_thread_ident()] = None
    return 0


cdef int raise_heard() except -1:
    error = _heard.pop(PyThread_get_thread_ident(), None)
    if error is not None:
        raise error
    return 0


cdef guarded_loop _scipy_loops[c.DT_N_LOOPS]


cdef int _guard(int k) except -1:
    """Keep the errors of loop k, which is bound to a ufunc of SciPy, out of the sweeps."""
    _scipy_loops[k].run, _scipy_loops[k].data = c.dt_loops[k].run, c.dt_loops[k].data
    c.dt_loops[k].run, c.dt_loops[k].data = <c.dt_inner_loop>_guarded, &_scipy_loops[k]
    return 0


cdef bint _find_loop(c.dt_loop *loop, cnp.ufunc ufunc) except -1:
    """Point `loop` at the all-float64 inner loop of `ufunc`; False if it has none."""
    cdef int k
    cdef str wanted = "d" * ufunc.nin + "->" + "d" * ufunc.nout
    cdef list signatures = (<object>ufunc).types  # of Python: since NumPy 2.5 its .pxd has no such field
    for k in range(ufunc.ntypes):
        if signatures[k] == wanted and ufunc.functions[k] != NULL:
            loop.data = ufunc.data[k] if ufunc.data != NULL else NULL
            loop.run = <c.dt_inner_loop>ufunc.functions[k]
            return True
    return False


cdef int _bind(c.dt_loop *loop, cnp.ufunc ufunc) except -1:
    """Point `loop` at a float64 loop of `ufunc`: its own, or a call through Python."""
    if _find_loop(loop, ufunc):
        return 0
    _called_through_python.append(ufunc)
    loop.data = <void *>ufunc
    loop.run = <c.dt_inner_loop><void *>_through_python
    return 0


cdef object _find(str home, str name):
    """The ufunc called `name`, or None if this version of its home does not have it."""
    found = getattr(np, name, None) if home == "numpy" else getattr(sys.modules[home], name, None)
    if found is None and home == "scipy.special":
        found = getattr(sys.modules.get("scipy.special._ufuncs"), name, None)
    return found if isinstance(found, np.ufunc) else None


cdef int _bind_home(str home) except -1:
    """Bind every loop and list every ufunc that lives in `home`."""
    cdef int k
    for k in range(c.DT_N_LOOPS):
        if c.dt_loops[k].home.decode() == home:
            ufunc = _find(home, c.dt_loops[k].name.decode())
            if ufunc is not None:
                _bind(&c.dt_loops[k], ufunc)
                if home == "scipy.special":
                    _guard(k)
    for row in ROWS:
        # a row that lacks a partial is left to handlers/special_functions.py, which knows more
        if row.home == home and (home == "numpy" or None not in [getattr(row, partial) for partial in row.partials]):
            ufunc = _find(row.ufunc[0], row.ufunc[1])
            if ufunc is not None:
                _opcodes.setdefault(ufunc, OPCODES[row.name])
    return 0


def bind_scipy():
    """Bind scipy.special's ufuncs, importing it if need be. Returns whether SciPy is there."""
    global _scipy_is_bound
    if not _scipy_is_bound:
        try:
            import_module("scipy.special")
        except ImportError:
            return False
        _bind_home("scipy.special")
        _scipy_is_bound = True
    return True


cdef int opcode_of_ufunc(object ufunc) except -2:
    cdef object opcode = _opcodes.get(ufunc)
    if opcode is None and not _scipy_is_bound and "scipy.special" in sys.modules:
        bind_scipy()
        opcode = _opcodes.get(ufunc)
    return -1 if opcode is None else opcode


cdef int bind_row(int opcode) except -1:
    if ROWS[opcode].home == "scipy.special" and not bind_scipy():
        raise ImportError(f"{ROWS[opcode].name} needs scipy.special, which is not installed")
    return 0


def opcode_of(function):
    """Opcode of a row's name or of a ufunc; -1 if there is no rule for it."""
    if isinstance(function, str):
        return OPCODES.get(function, -1)
    return opcode_of_ufunc(function)


# Gufuncs: loops over matrices and vectors, by enum dt_native_op. One that is missing stays NULL, and its operations are
# left to their Python rules.

cdef str _LINALG = "numpy.linalg._umath_linalg"     # imported by NumPy itself
cdef c.dt_loop _gufunc_loops[c.DT_N_NATIVE]
cdef dict _GUFUNCS = {
    c.DT_MATMUL: ("numpy", "matmul"), c.DT_VECDOT: ("numpy", "vecdot"), c.DT_MATVEC: ("numpy", "matvec"),
    c.DT_VECMAT: ("numpy", "vecmat"), c.DT_SOLVE: (_LINALG, "solve"), c.DT_SOLVE_VECTOR: (_LINALG, "solve1"),
    c.DT_INV: (_LINALG, "inv"), c.DT_DET: (_LINALG, "det"), c.DT_LOGDET: (_LINALG, "slogdet"),
    c.DT_CHOLESKY: (_LINALG, "cholesky_lo"), c.DT_CHOLESKY_UPPER: (_LINALG, "cholesky_up"),
}


cdef const c.dt_loop *gufunc_loops() noexcept nogil:
    return _gufunc_loops


cdef int _bind_gufuncs() except -1:
    for op, (home, name) in _GUFUNCS.items():
        ufunc = getattr(sys.modules.get(home), name, None)
        if isinstance(ufunc, np.ufunc):
            _find_loop(&_gufunc_loops[<int>op], ufunc)
    return 0


# Rows one by one.

cdef object _filled(int kind, object x, object y, bint is_active, cnp.npy_intp n):
    """What a partial is that no kernel writes, as an array."""
    if not is_active or kind == c.DT_ZERO or kind == c.DT_GENERAL:
        return np.full(n, -0.0)
    if kind == c.DT_IS_X or kind == c.DT_IS_Y:
        return np.broadcast_to(x if kind == c.DT_IS_X else y, n) + 0.0
    return np.full(n, {c.DT_ONE: 1.0, c.DT_MINUS_ONE: -1.0, c.DT_NO_RULE: NAN}[kind])


def evaluate(name, x, y=None, int order=2, unsigned active=3):
    """Value and partials of one row, block by block, as the sweeps compute them.

    Parameters
    ----------
    name : str
        Row of the table.
    x, y : array_like, shape (n,) or ()
        Operands; a scalar operand is broadcast with stride 0. `y` is ignored by unary rows.
    order : 0, 1 or 2
        Highest derivative.
    active : 1, 2 or 3
        Which operands are active: x, y or both.

    Returns
    -------
    dict of ndarray, shape (n,)
        "v", and as `order` says "dx", "dy", "dxx", "dxy", "dyy". What is not connected is -0.0.
    """
    cdef int opcode = OPCODES[name]
    bind_row(opcode)
    cdef const c.dt_op *op = &_library.ops[opcode]
    cdef const c.dt_kernel *kernel = &_library.kernels[opcode]
    cdef cnp.ndarray xs = np.ascontiguousarray(x, dtype=np.float64)
    cdef cnp.ndarray ys = np.ascontiguousarray(0.0 if y is None or op.arity == 1 else y, dtype=np.float64)
    xs, ys = xs.ravel() if np.ndim(x) else xs, ys.ravel() if np.ndim(y) and op.arity == 2 else ys
    cdef size_t sx = np.ndim(x) != 0, sy = op.arity == 2 and np.ndim(y) != 0
    cdef cnp.npy_intp n = xs.size if sx else ys.size, start = 0
    if sx and sy and xs.size != ys.size:
        raise ValueError(f"x has {xs.size} elements and y {ys.size}, expected as many or a scalar")
    if op.arity == 1:
        active = 1
    kinds = {"dx": op.dx, "dy": op.dy, "dxx": op.dxx, "dxy": op.dxy, "dyy": op.dyy}
    result = {"v": np.empty(n)}
    for partial in list(kinds)[:(0, 2, 5)[order]]:
        is_active = active == 3 or {"dx": 1, "dxx": 1, "dy": 2, "dyy": 2, "dxy": 0}[partial] == <int>active
        result[partial] = _filled(kinds[partial], xs, ys, is_active, n)
    cdef cnp.ndarray v = result["v"], none = np.empty(0), dx = result.get("dx", none), dy = result.get("dy", none)
    cdef cnp.ndarray dxx = result.get("dxx", none), dxy = result.get("dxy", none), dyy = result.get("dyy", none)
    cdef const double *px
    cdef const double *py
    cdef size_t n_block
    while start < n:
        n_block = min(n - start, <cnp.npy_intp>c.DT_BLOCK)
        px = <const double *>xs.data + start * sx
        py = <const double *>ys.data + start * sy
        with nogil:
            kernel.primal(n_block, px, sx, py, sy, <double *>v.data + start)
            if order >= 1:
                kernel.first(n_block, px, sx, py, sy, <double *>v.data + start, active,
                             <double *>dx.data + start, <double *>dy.data + start)
            if order >= 2:
                kernel.second(n_block, px, sx, py, sy, <double *>v.data + start, <double *>dx.data + start,
                              <double *>dy.data + start, active, <double *>dxx.data + start,
                              <double *>dxy.data + start, <double *>dyy.data + start)
        start += n_block
    return result


def evaluate_scalar(name, double x, double y=0.0, unsigned active=3):
    """Value and partials of one row at one point through the switch of scalar.gen.h: (v, dx, dy, dxx, dxy, dyy)."""
    cdef int opcode = OPCODES[name]
    bind_row(opcode)
    cdef double v, dx, dy, dxx, dxy, dyy
    if _library.ops[opcode].arity == 1:
        active = 1
    with nogil:
        v = c.dt_scalar_primal(_library, opcode, x, y)
        c.dt_scalar_first(_library, opcode, x, y, v, active, &dx, &dy)
        c.dt_scalar_second(_library, opcode, x, y, v, dx, dy, active, &dxx, &dxy, &dyy)
    return v, dx, dy, dxx, dxy, dyy


def special(name, *arguments):
    """A function of c/special.h, for tests that read formulas term by term."""
    cdef const c.dt_special *entry = c.dt_specials
    cdef double values[8]
    cdef int k
    while entry.name != NULL and entry.name.decode() != name:
        entry += 1
    if entry.name == NULL or entry.n_in != len(arguments):
        raise ValueError(f"no formula calls {name!r} of special.h with {len(arguments)} arguments")
    for k in range(entry.n_in):
        values[k] = arguments[k]
    return entry.call(values)


cdef int _start() except -1:
    """Bind NumPy's loops and choose the best target."""
    cdef ptrdiff_t k
    for k in range(c.DT_N_LOOPS):
        c.dt_loops[k].run = _unbound
        c.dt_loops[k].data = <void *><ptrdiff_t>c.dt_loops[k].n_in
    _bind_home("numpy")
    _bind_gufuncs()
    use_target(os.environ.get("DUALTAPE_TARGET") or targets()[len(targets()) - 1])
    return 0


_start()
