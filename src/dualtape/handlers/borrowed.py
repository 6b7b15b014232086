"""NumPy functions that are themselves Python code in NumPy language: their own code runs on active numbers, so that the
arithmetic, the options, the errors and the last bit are NumPy's, of whichever release is installed.

*Design.* (a) Write each of them again as a composition: twice the code, and values that agree until the next release.
(b) Run NumPy's code as it is. Most of what it calls arrives at our handlers through the protocols; only the handful of
names that make plain arrays (``np.asarray``, ``np.zeros``, ...) have to mean something else. A translation is the
function with the same code object and with globals in which those names, and the functions of NumPy that the code
calls, are substituted. (b) is what happens here; functions in C, and those that look at values element by element, have
handlers of their own.

Called by the families: ``borrows(np.gradient, np.cov)`` is a row each."""

import builtins
import functools
import threading
from types import CodeType, FunctionType, ModuleType

import numpy as np

from ..trace.functions import foreign, handles, has_active, is_active, leader, operand, store
from . import creation

_running = threading.local()  # .like: the number of the highest level among the arguments of the borrowed function


def borrows(*functions):
    """Register NumPy functions whose own code is run; None stands for one that this NumPy does not have."""
    for function in functions:
        if function is not None:
            handles(function)(translated(function))


def borrows_all(module):
    """Register the public functions of a module of NumPy most of which no protocol announces."""
    for name in dir(module):
        function = getattr(module, name)
        if type(function_with_code(function)) is FunctionType and not name.startswith("_"):
            foreign(f"{module.__name__}.{name}")(translated(function))
            if function_with_code(function) is not function:
                borrows(function)


def translated(function):
    """A handler that runs the Python code of `function`."""
    code = function_with_code(function)

    def handler(*args, **kwargs):
        outer = getattr(_running, "like", None)
        found = leader(_numbers((*args, *kwargs.values())))
        _running.like = outer if found is None else found
        try:
            return _translation(code)(*args, **kwargs)
        finally:
            _running.like = outer

    return functools.wraps(code)(handler)


def function_with_code(function):
    """The Python function behind NumPy's dispatch."""
    return getattr(function, "_implementation", function)


def _numbers(tree):
    """The active numbers in nested lists, tuples and object arrays."""
    for x in tree:
        if is_active(x):
            yield x
        elif isinstance(x, (list, tuple)) or (type(x) is np.ndarray and x.dtype.hasobject):
            yield from _numbers(x if isinstance(x, (list, tuple)) else x.ravel().tolist())


# ---- translations ----


@functools.cache
def _translation(function):
    """`function` with the same code, in which the names of NumPy mean what active numbers need."""
    names = _global_names(function.__code__)
    substituted = {name: _substitute(value) for name, value in function.__globals__.items() if name in names}
    substituted |= {name: function.__globals__[name] for name in ("__name__", "__package__")}
    substituted["__builtins__"] = vars(builtins) | {"isinstance": _isinstance, "__import__": _import}
    made = FunctionType(function.__code__, substituted, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _global_names(code):
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _global_names(constant)
    return found


def _substitute(value):
    """What stands in a translation for a global of NumPy's code."""
    if isinstance(value, ModuleType):
        return _namespace(value) if value.__name__.partition(".")[0] == "numpy" else value
    try:
        found = _SUBSTITUTES.get(value)
    except TypeError:  # it has no hash: data
        return value
    if found is not None:
        return found
    if type(value) is FunctionType and value.__module__.startswith("numpy"):
        return _Later(value)
    return value


class _Later:
    """A function whose translation is made when it is called: functions may call each other in a circle."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return _translation(self.function)(*args, **kwargs)


@functools.cache
def _namespace(module):
    return _Namespace(module)


class _Namespace:
    """A module of NumPy as a translation sees it."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        found = _substitute(getattr(self._module, name))
        setattr(self, name, found)
        return found


# ---- what is substituted ----

_SUBSTITUTES = {}


def _stands_for(*functions):
    def register(substitute):
        for function in functions:
            _SUBSTITUTES[function] = substitute
        return substitute

    return register


def _isinstance(x, classes):
    """An active number passes for what NumPy has in its place."""
    if is_active(x) and not isinstance(x, classes):
        return issubclass(np.ndarray if x.ndim else np.float64, classes)
    return isinstance(x, classes)


def _import(*args):
    """NumPy's code imports within functions, too."""
    return _substitute(builtins.__import__(*args))


@_stands_for(np.array)
def _array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, like=None):
    if not has_active(object):
        made = np.array(object, dtype, copy=copy, order=order, subok=subok, ndmin=ndmin)
        return _writable(made) if dtype is not None else made  # NumPy goes on to compute in it
    made = operand(object)
    if dtype is not None and np.dtype(dtype) != np.float64:
        made = creation.cast(made, dtype)
    elif copy and made is object:
        made = np.copy(made)
    missing = ndmin - np.ndim(made)
    return np.reshape(made, (1,) * missing + np.shape(made)) if missing > 0 else made


@_stands_for(np.asarray, np.asanyarray, np.ascontiguousarray, np.asarray_chkfinite)
def _asarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):
    return _array(a, dtype, copy=bool(copy) or None, order=order)


def _makes(function, template=None):
    """Arrays that active numbers may be written into."""

    def make(*args, **kwargs):
        kwargs.pop("like", None)
        return _writable((template or function)(*args, **kwargs))

    _SUBSTITUTES[function] = make


def _writable(made):
    """A plain array as one that active numbers may be written into."""
    like = getattr(_running, "like", None)
    return like.engine.lift(made) if made.dtype == np.float64 and made.ndim and like is not None else made


for _function in (np.zeros, np.ones, np.arange):
    _makes(_function)
_makes(np.empty, np.zeros)


@_stands_for(np.full)
def _full(shape, fill_value, dtype=None, order="C", **kwargs):
    if has_active(fill_value):
        return np.copy(np.broadcast_to(operand(fill_value), shape))
    return _SUBSTITUTES[np.ones](shape, dtype or np.asarray(fill_value).dtype) * fill_value


@_stands_for(np._core._multiarray_umath._array_converter)
class _Converter:
    """NumPy's own class of this name, for its Python code: arguments as arrays, and results wrapped as they came."""

    def __init__(self, *arguments):
        self.arguments = tuple(map(_asarray, arguments))
        self.scalar_input = tuple(np.ndim(x) == 0 for x in self.arguments)

    def __len__(self):
        return len(self.arguments)

    def __getitem__(self, k):
        return self.arguments[k]

    def as_arrays(self, *, subok=True, pyscalars="convert"):
        return self.arguments

    def result_type(self, *extra_dtypes, ensure_inexact=False):
        return np.result_type(*(x.dtype for x in self.arguments), *extra_dtypes, *[np.float64] * ensure_inexact)

    def wrap(self, result, to_scalar=None):
        return result


@_stands_for(getattr(np.lib._function_base_impl, "_lerp", None))
def _lerp(a, b, t, out=None):
    """NumPy writes the upper half into the lower one, which may be a scalar here."""
    rise = b - a
    return store(np.where(t >= 0.5, b - rise * (1 - t), a + rise * t), out)


@_stands_for(getattr(np._core._multiarray_umath, "_unique_hash", None))
def _unique_hash(*args, **kwargs):
    return NotImplemented  # NumPy then sorts
