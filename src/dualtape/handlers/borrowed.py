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
from types import FunctionType, ModuleType

import numpy as np

from dualtape.core.buffer import Buffer

from ..trace import layout
from ..trace.codes import codes_in
from ..trace.functions import (
    CARRIERS,
    called,
    foreign,
    handles,
    has_active,
    has_parts,
    is_active,
    leader,
    operand,
    store,
    unboxed,
)
from . import complex_numbers, creation, making

_running = threading.local()  # .like: the number of the highest level among the arguments of the borrowed function


def borrows(*functions):
    """Register NumPy functions whose own code is run; None stands for one that this NumPy does not have."""
    for function in functions:
        if function is not None:
            handles(function)(translated(function))


def borrows_all(module, without=()):
    """Register the public functions of a module of NumPy, most of which no protocol announces, `without` those whose
    names end so."""
    for name in dir(module):
        function = getattr(module, name)
        if (
            type(function_with_code(function)) is FunctionType
            and not name.startswith("_")
            and not name.endswith(without)
        ):
            foreign(f"{module.__name__}.{name}")(translated(function))
            if function_with_code(function) is not function:
                borrows(function)


def borrows_by_name(*functions):
    """Register functions and classes of NumPy that no protocol announces."""
    for function in functions:
        if function is not None:
            made = translated_class(function) if isinstance(function, type) else translated(function)
            foreign(f"{function.__module__}.{function.__name__}")(made)


def translated(function, arranged=None):
    """A handler that runs the Python code of `function`; `arranged` is what is made of its arguments, see `stacked`."""
    arranged = arranged or stacked
    code = function_with_code(function)

    def handler(*args, **kwargs):
        outer = getattr(_running, "like", None)
        found = leader(_numbers((*args, *kwargs.values())))
        _running.like = outer if found is None else found
        try:
            return _translation(code)(*map(arranged, args), **{name: arranged(x) for name, x in kwargs.items()})
        finally:
            _running.like = outer

    return functools.wraps(code)(handler)


def function_with_code(function):
    """The Python function behind NumPy's dispatch."""
    return getattr(function, "_implementation", function)


def stacked(x):
    """The array of lists of active scalars: NumPy's code may give them to a function that no protocol calls us for."""
    if type(x) not in (list, tuple) or not _has_scalars(x):
        return x
    if complex_numbers.has_complex(x):
        return complex_numbers.number(x)
    return operand(x) if has_active(x) else x


def _stacked_in_index(x):
    """`stacked` of an index: a tuple is no array, ``np.r_[[x, y], [1, 2]]``."""
    return tuple(map(stacked, x)) if type(x) is tuple else stacked(x)


def _has_scalars(x):
    """Tell whether there is nothing but scalars in nested lists."""
    return all(map(_has_scalars, x)) if type(x) in (list, tuple) else np.ndim(x) == 0


def _numbers(tree):
    """The active numbers in nested lists, tuples, slices, object arrays and buffers."""
    for x in tree:
        if type(x) is Buffer:
            x = x.held()
        if is_active(x):
            yield x
        elif has_parts(x):
            yield from filter(is_active, x.complex_parts)
        elif isinstance(x, (list, tuple)):
            yield from _numbers(x)
        elif type(x) is slice:
            yield from _numbers((x.start, x.stop, x.step))
        elif type(x) is np.ndarray and x.dtype.hasobject:
            yield from _numbers(x.ravel().tolist())


# ---- translations ----


@functools.cache
def _translation(function):
    """`function` with the same code, in which the names of NumPy mean what active numbers need."""
    names = {name for code in codes_in(function.__code__) for name in code.co_names}
    substituted = {name: _substitute(value) for name, value in function.__globals__.items() if name in names}
    substituted |= {name: function.__globals__[name] for name in ("__name__", "__package__")}
    substituted["__builtins__"] = vars(builtins) | {"isinstance": _isinstance, "__import__": _import}
    made = FunctionType(function.__code__, substituted, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


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
    if type(value) is FunctionType and value.__module__.startswith(("numpy", "scipy.special")):
        return _Later(value)
    return _OfLists(value) if type(value) is type(np.sum) else value


def translated_class(cls):
    """A subclass of a class of NumPy whose methods are translations. Instances of `cls` count as its own."""
    members = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("numpy"):
            members |= {name: _translated_member(member, name, cls) for name, member in vars(base).items()}
    members = {name: member for name, member in members.items() if member is not None}
    members |= {"__module__": cls.__module__, "__doc__": cls.__doc__}
    meta = type("_OfNumPy", (type(cls),), {"__instancecheck__": lambda self, x: issubclass(type(x), cls)})
    made = meta(cls.__name__, (cls,), members)
    _SUBSTITUTES[cls] = made
    return made


def _translated_member(member, name, cls):
    """A method, static or not, or a property as a translation; None for anything else."""
    if name == "__getitem__":
        return translated(member, _stacked_in_index)
    if type(member) is FunctionType:
        return _reflected(translated(member), name, cls) if name in _REFLECTED else translated(member)
    if type(member) in (staticmethod, classmethod):
        function = member.__func__
        code = function_with_code(function)
        return type(member)(translated(code)) if type(code) is FunctionType else None
    if type(member) is property:
        return property(*(f and translated(f) for f in (member.fget, member.fset, member.fdel)), member.__doc__)
    return None


_REFLECTED = {f"__r{name}__" for name in "add sub mul truediv floordiv mod divmod".split()}


def _reflected(method, name, cls):
    """Python asks a subclass first; an instance of the class itself is then still the operand on the left."""

    def reflected(self, other):
        if not isinstance(other, cls):
            return method(self, other)
        left = type(self).__new__(type(self))
        vars(left).update(vars(other))
        return getattr(left, name.replace("__r", "__"))(self)

    return reflected


class _Later:
    """A function whose translation is made when it is called: functions may call each other in a circle."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return _translation(self.function)(*args, **kwargs)


class _OfLists:
    """A function of NumPy's that asks its arguments who is to answer, but not those in a list."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return called(self.function, args, kwargs)

    def __getattr__(self, name):
        return getattr(self.function, name)


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


def stands_for(*functions):
    def register(substitute):
        for function in functions:
            if function is not None:  # this NumPy does not have it
                _SUBSTITUTES[function] = substitute
        return substitute

    return register


def _isinstance(x, classes):
    """An active number passes for what NumPy has in its place."""
    if CARRIERS[type(x)] and not isinstance(x, classes):
        return issubclass(np.ndarray if x.ndim else np.float64, classes)
    return isinstance(x, classes)


def _import(*args):
    """NumPy's code imports within functions, too."""
    return _substitute(builtins.__import__(*args))


@stands_for(np.array)
def _array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, like=None):
    object = object.coeffs if isinstance(object, np.poly1d) else object
    is_complex = complex_numbers.has_complex(object)
    if not is_complex and not has_active(object):
        made = np.array(object, dtype, copy=copy, order=order, subok=subok, ndmin=ndmin)
        return _writable(made) if dtype is not None else made  # NumPy goes on to compute in it
    if dtype is not None and np.dtype(dtype).hasobject:
        return _objects(object)
    made = complex_numbers.number(object) if is_complex else operand(object)
    if is_complex and dtype is not None:
        made = made.astype(dtype)
    elif dtype is not None and np.dtype(dtype) != np.float64:
        made = creation.cast(made, dtype)
    elif copy and made is object or not layout.has_order(made, order):
        made = np.copy(made, order or "K")
    if is_active(made) and not isinstance(made, np.ndarray):
        made = np.expand_dims(made, ())  # np.array(scalar) is an array
    missing = ndmin - np.ndim(made)
    return np.reshape(made, (1,) * missing + np.shape(made)) if missing > 0 else made


def _objects(x):
    """An object array of active scalars."""
    if not is_active(x):
        return np.array(x, dtype=object)
    objects = np.empty(x.shape, dtype=object)
    for index in np.ndindex(x.shape):
        objects[index] = x[index] if index else x
    return objects


@stands_for(np.asarray, np.asanyarray, np.asarray_chkfinite)
def _asarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):
    return _array(a, dtype, copy=bool(copy) or None, order=order)


@stands_for(np.ascontiguousarray)
def _ascontiguousarray(a, dtype=None, *, like=None):
    return _array(a, dtype, copy=None, order="C", ndmin=1)


def _makes(function, template=None):
    """Arrays that active numbers may be written into."""

    def make(*args, **kwargs):
        kwargs.pop("like", None)
        return _writable((template or function)(*args, **kwargs))

    _SUBSTITUTES[function] = make


def _writable(made):
    """A plain array as one that active numbers may be written into."""
    like = getattr(_running, "like", None)
    if made.dtype == np.complex128 and made.ndim and like is not None:
        return complex_numbers.made(*(like.engine.lift(part) for part in (made.real, made.imag)))
    return like.engine.lift(made) if made.dtype == np.float64 and made.ndim and like is not None else made


for _function in (np.zeros, np.ones, np.indices):
    _makes(_function)
_makes(np.empty, np.zeros)


@stands_for(np.atleast_1d)
def _atleast_1d(*arrays):
    return np.atleast_1d(*map(_array, arrays))


@stands_for(np.convolve)
def _convolve(a, v, mode="full"):
    return np.convolve(_array(a), _array(v), mode)


@stands_for(np.arange)
def _arange(*args, **kwargs):
    return making.arange(*args) if has_active(args) else _writable(np.arange(*args, **kwargs))


@stands_for(np.full)
def _full(shape, fill_value, dtype=None, order="C", **kwargs):
    if has_active(fill_value):
        return np.copy(np.broadcast_to(operand(fill_value), shape))
    return _SUBSTITUTES[np.ones](shape, dtype or np.asarray(fill_value).dtype) * fill_value


@stands_for(np._core._multiarray_umath._array_converter)
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
        return unboxed(result) if (all(self.scalar_input) if to_scalar is None else to_scalar) else result


@stands_for(getattr(np.lib._function_base_impl, "_lerp", None))
def _lerp(a, b, t, out=None):
    """NumPy writes the upper half into the lower one, which may be a scalar here."""
    rise = b - a
    return store(unboxed(np.where(t >= 0.5, b - rise * (1 - t), a + rise * t)), out)


@stands_for(getattr(np._core._multiarray_umath, "_unique_hash", None))
def _unique_hash(*args, **kwargs):
    return NotImplemented  # NumPy then sorts
