"""The registry of NumPy functions that take active numbers, and what every handler is written with. It serves both
engines and every level.

An *active number* is a traced number or a Dual one, scalar or array. A handler sees nothing of an engine but this
protocol:

    x.shape x.ndim x.size x.dtype x.level        like an array; the level says how deeply nested its trace is
    x.primal                                     its value: a float or a float64 ndarray
    x.engine.elementwise(opcode, a, b=None)      one row of `ops.table`, broadcasting like NumPy
    x.engine.move(operands, fn)                  data movement of every kind: see `move`
    x.engine.array_op(row, operands, params)     one `ArrayOp` row, of `ops.array_ops` or another file of ops/
    x.engine.lift(array)                         an array of constants that active values may be written into

There are four ways to handle a function, and a file per family of functions holds the rows:

    moves elements          a row of `movement`: the function, and which of its parameters hold data
    computes no derivative  a row of `passive`: the function itself, run on the primals
    is Python code          `borrows` it: NumPy's own code runs on active numbers, see `borrowed`
    anything else           a function under `@handles`, written in NumPy language: a composition, or one `apply` of an
                            ArrayOp row

Adding a NumPy function means adding one of the four. NumPy calls `dispatch` through ``__array_function__``. A function
of SciPy or of the standard library calls nobody: its handler stands under `@foreign` by its public name, and the clone
of the user's function (rewrite/) calls it.
"""

import functools
import inspect
from importlib import import_module

import numpy as np

from dualtape.core.buffer import Buffer
from dualtape.core.scalar import peek

from ..errors import ComplexOperandError, DtypeError, TraceEscapeError, UnsupportedOperation
from ..ops.table import OPCODES

DIFFERENTIATED, PASSIVE, REFUSED = "differentiated", "derivative-free", "refused"
NO_RULE_REMEDY = "write it with functions that have a rule: dualtape.supported() tells which"

STOP_GRADIENT = OPCODES["stop_gradient"]

HANDLERS = {}  # NumPy function -> handler with the same parameters
FOREIGN = {}  # public name of a function that has no protocol, "scipy.linalg.solve" -> handler
CREATORS = {}  # function that was called with like= -> handler; its first argument is the number given as like=
KINDS = {}  # function, ufunc or public name of a foreign function -> DIFFERENTIATED, PASSIVE or REFUSED
REFUSALS = {}  # name of a refused function as users write it -> the reason, the remedy

_FAMILIES = (
    "movement",
    "writing",
    "ordering",
    "grids",
    "statistics",
    "sets",
    "polynomials",
    "reductions",
    "products",
    "linear_algebra",
    "spectral",
    "passive",
    "creation",
    "elementwise",
    "iteration",
    "unannounced",
    "ufuncs",
    "fourier",
    "complex_algebra",
    "complex_arrays",  # the last: it looks at what the others have registered
)
_FOREIGN_FAMILIES = {  # module -> files of handlers for its functions
    "builtins": ("complex_scalars",),
    "cmath": ("complex_scalars",),
    "math": ("math_functions",),
    "statistics": ("exact_statistics",),
    **dict.fromkeys(("ast", "decimal", "fractions", "json", "struct"), ("standard_library",)),
    "scipy.linalg": ("scipy_linalg", "scipy_factors", "scipy_functions", "scipy_structures", "scipy_spectral"),
    "scipy.special": ("scipy_softmax", "scipy_special", "special_sequences", "special_names"),
    "scipy.sparse.linalg": ("scipy_sparse",),
    "scipy.spatial.distance": ("scipy_distance",),
    "scipy.fft": ("fourier", "scipy_fft"),
}


def handles(*functions, kind=DIFFERENTIATED):
    """Register the decorated function as the handler of `functions`; None stands for one that this NumPy does not
    have."""

    def register(handler):
        for function in functions:
            if function is not None:
                HANDLERS[function] = handler
                KINDS[function] = kind
        return handler

    return register


def foreign(*names, kind=DIFFERENTIATED):
    """Register the decorated function as the handler of the functions with these public names: "scipy.linalg.solve".
    Its module need not be there: the handler imports it when it runs."""

    def register(handler):
        for name in names:
            FOREIGN[name] = handler
            KINDS[name] = kind
        return handler

    return register


def foreign_handler(name):
    """The handler of the foreign function with the public name `name`, None if there is none."""
    module = name.rpartition(".")[0]
    for family in _FOREIGN_FAMILIES.get(module, ()):
        import_module("dualtape.handlers." + family)
    return FOREIGN.get(name)


def foreign_kinds():
    """Map the public name of every foreign function that has a handler to its class."""
    for families in _FOREIGN_FAMILIES.values():
        for family in families:
            import_module("dualtape.handlers." + family)
    return {name: KINDS[name] for name in FOREIGN if not name.startswith("numpy.")}


def refuses(problem, remedy, *functions):
    """Register `functions`, given or named, as ones that cannot take active numbers, with the reason and the remedy.
    Those given by name, "numpy.asmatrix", have no protocol."""
    for function in functions:
        name = function.replace("numpy.", "np.", 1) if isinstance(function, str) else name_of(function)

        def refuse(*args, _name=name, **kwargs):
            raise TraceEscapeError(f"{_name} {problem}", remedy)

        (FOREIGN if isinstance(function, str) else HANDLERS)[function] = refuse
        KINDS[function] = REFUSED
        REFUSALS[name] = problem, remedy


def dispatch(function, types, args, kwargs, number=None):
    """Answer ``number.__array_function__(function, types, args, kwargs)``; `number` tells whose arrays ``like=number``
    asks for."""
    if Buffer in types:
        return _dispatch_buffers(function, types, args, kwargs)
    for cls in types:
        if not (ACTIVE[cls] or issubclass(cls, np.ndarray)):
            return _dispatch_others(function, types, args, kwargs)
    handler = HANDLERS.get(function)
    if handler is None and function not in CREATORS:
        load_families()
        handler = HANDLERS.get(function)
    if handler is not None:
        try:
            return handler(*args, **kwargs)
        except ComplexOperandError:
            return _dispatch_complex(function, args, kwargs)
    if function in CREATORS:
        return CREATORS[function](number, *args, **kwargs)
    raise UnsupportedOperation(f"{name_of(function)} has no derivative rule yet", NO_RULE_REMEDY)


def called(function, args, kwargs):
    """``function(*args, **kwargs)`` of a function that asks its arguments who is to answer: it does not ask what stands
    in a list."""
    if any(type(x) in (list, tuple) and has_active(x) for x in args):
        return dispatch(function, (np.ndarray,), args, kwargs)
    return function(*args, **kwargs)


def _dispatch_others(function, types, args, kwargs):
    """Where NumPy asked a complex number or a mask."""
    if any(_COMPLEX[cls] for cls in types):
        return _dispatch_complex(function, args, kwargs)
    if not all(_MASKS[cls] or ACTIVE[cls] or issubclass(cls, np.ndarray) for cls in types):
        return NotImplemented
    from dualtape.handlers.masks import dispatch

    try:
        return dispatch(function, args, kwargs)
    except ComplexOperandError:
        return _dispatch_complex(function, args, kwargs)


def _dispatch_buffers(function, types, args, kwargs):
    from dualtape.handlers.buffers import answer

    return answer(function, types, args, kwargs)


def _dispatch_complex(function, args, kwargs):
    from dualtape.handlers.complex_numbers import dispatch

    return dispatch(function, args, kwargs)


_are_loaded = False


def load_families():
    """Import the files of handlers: done when the first function arrives, so that importing dualtape stays cheap. Who
    calls while another thread imports them waits for it."""
    global _are_loaded
    if not _are_loaded:
        modules = [import_module("dualtape.handlers." + family) for family in _FAMILIES]
        _are_loaded = not any(getattr(module.__spec__, "_initializing", False) for module in modules)


def name_of(function):
    """The function's name as users write it."""
    module = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np", 1)
    return f"{module}.{getattr(function, '__name__', function)}"


# Numbers.


class _Types(dict):
    """Remembers for each type whether it has certain attributes."""

    def __init__(self, *attributes):
        super().__init__()
        self.attributes = attributes

    def __missing__(self, cls):
        self[cls] = found = all(hasattr(cls, attribute) for attribute in self.attributes)
        return found


ACTIVE = _Types("engine", "level", "primal")  # the protocol above
_TRACED = _Types("primal")  # masks, too, have values that can be looked at: see masks.py
_MASKS = _Types("as_numbers")
_COMPLEX = _Types("complex_parts")  # see handlers/complex_numbers.py


class _Carriers(dict):
    """Remembers for each type whether its numbers carry derivatives, real or complex ones."""

    def __missing__(self, cls):
        self[cls] = found = ACTIVE[cls] or _COMPLEX[cls]
        return found


CARRIERS = _Carriers()


def is_active(x):
    """Tell whether `x` is an active number of either engine."""
    return ACTIVE[type(x)]


def has_parts(x):
    """Tell whether `x` is a complex number with a derivative."""
    return _COMPLEX[type(x)]


def is_complex(x):
    """Tell whether `x` is a complex number, with a derivative or plain."""
    kind = type(x)
    is_array = kind is Buffer or issubclass(kind, (np.ndarray, np.generic))
    return _COMPLEX[kind] or kind is complex or (is_array and x.dtype.kind == "c")


def has_active(tree):
    """Tell whether an active number stands anywhere in nested lists, tuples and object arrays."""
    if type(tree) in (list, tuple):
        return any(map(has_active, tree))
    if type(tree) is np.ndarray and tree.dtype.hasobject:
        return any(map(is_active, tree.flat))
    return tree.is_active if type(tree) is Buffer else is_active(tree)


def leader(operands):
    """The operand of the highest level, None if all are passive: the others are constants to its engine."""
    found = None
    for x in operands:
        if ACTIVE[type(x)] and (found is None or x.level > found.level):
            found = x
    return found


def operand(x):
    """`x` as an active number, a float or a float64 array: what engines take.

    Object arrays and nested lists of active numbers become one active array.
    """
    kind = type(x)
    if ACTIVE[kind] or kind is float:
        return x
    if kind is np.ndarray:
        return x if x.dtype == np.float64 else _from_array(x)
    if kind in (list, tuple):
        return _from_sequence(x)
    if kind is Buffer:
        return operand(x.held())
    if _MASKS[kind]:
        return x.as_numbers()
    if issubclass(kind, np.ndarray) and kind is not np.memmap:
        raise DtypeError.of_subclass(x, "an operand")
    if _COMPLEX[kind]:
        raise ComplexOperandError("an operand is a traced complex number, expected a real one", "use z.real or abs(z)")
    array = np.asarray(x)
    if array.dtype.hasobject:
        raise DtypeError(f"an operand is a {kind.__name__}, expected a real number or an array", "give a number")
    return _from_array(array)


def _from_array(x):
    if x.dtype.hasobject:
        return from_object_array(x)
    if x.dtype.kind not in "biuf":
        raise (ComplexOperandError if x.dtype.kind == "c" else DtypeError)(
            f"an operand has dtype {x.dtype}, expected real numbers",
            "convert it to float64 before it meets a traced number",
        )
    x = x.astype(np.float64)
    return x if x.ndim else float(x)


def from_object_array(x):
    """The active array (or float64 array) behind an object array of numbers, as ``np.array([a, b])`` of traced scalars
    makes."""
    shape = x.shape
    entries = [operand(entry) for entry in x.ravel().tolist()]
    if leader(entries) is None:
        return np.array(entries, dtype=np.float64).reshape(shape)

    def laid_out(*ids):
        arranged = np.empty_like(x, dtype=np.int64)
        arranged[...] = np.array(ids, dtype=np.int64).reshape(shape)
        return arranged

    return move(entries, laid_out)


def _from_sequence(items):
    if not has_active(items):
        items = np.asarray(items)
        if items.dtype.hasobject and any(map(is_complex, items.flat)):
            raise ComplexOperandError("an operand holds complex numbers, expected real ones", "use z.real or abs(z)")
        return _from_array(items)
    return move([operand(item) for item in items], lambda *ids: np.array(ids))


def is_guarded(tree):
    """Tell whether a number of a program that is being recorded stands in nested lists, tuples, dicts or object arrays:
    every decision on it is then a guard (decisions.py)."""
    if type(tree) in (list, tuple):
        return any(map(is_guarded, tree))
    if type(tree) is dict:
        return any(map(is_guarded, tree.values()))
    if type(tree) is np.ndarray and tree.dtype.hasobject:
        return any(map(is_guarded, tree.flat))
    return _TRACED[type(tree)] and getattr(tree, "is_guarded", False)


def primal(tree):
    """The values behind active numbers, in nested lists, tuples, dicts and object arrays too.

    This is the one door through which handlers look at a value: whatever they decide on it is a decision of the user's
    function. In a program that is being recorded it is guarded, bit for bit; `decisions` has the guards that hold at
    more points.
    """
    kind = type(tree)
    if kind is int or kind is str or tree is None:
        return tree
    if _TRACED[kind]:
        return tree.primal
    return _plain(tree, primal)


def peeked(tree):
    """As `primal`, where nothing is decided on the values: there is no guard."""
    return peek(tree) if _TRACED[type(tree)] else _plain(tree, peeked)


def _plain(tree, look):
    kind = type(tree)
    if kind is Buffer:
        return look(tree.held())
    if kind is np.ndarray:
        return look(from_object_array(tree)) if tree.dtype.hasobject and has_active(tree) else tree
    if kind in (list, tuple):
        return kind(map(look, tree))
    if kind is dict:
        return {key: look(value) for key, value in tree.items()}
    return tree


def judged(x):
    """The value of `x`, to decide on or to compute with. In a program that is being recorded it is a number without a
    derivative, so that a replay computes it anew and decisions on it are recorded."""
    return elementwise(STOP_GRADIENT, x) if is_guarded(x) else primal(x)


# What a handler does with them.


def elementwise(opcode, *operands):
    """One row of the rule table on numbers of any level, at least one of them active."""
    operands = [operand(x) for x in operands]
    return leader(operands).engine.elementwise(opcode, *operands)


def move(operands, fn):
    """Rearrange elements: ``fn(*ids)`` gets an int64 array of ids for each operand and returns the ids of the result
    (or a list of them).

    ``fn`` is usually the NumPy function itself. Id 0 is a zero that depends on nothing. Where the result is a view of
    the ids, the numbers returned are views of the operand.
    """
    first = leader(operands)
    if first is None:
        return fn(*map(np.asarray, operands))
    return first.engine.move(operands, fn)


def apply(row, *operands, **params):
    """One ArrayOp row on numbers of any level."""
    operands = [operand(x) for x in operands]
    first = leader(operands)
    if first is None:
        return row.primal(*operands, **params)
    return first.engine.array_op(row, operands, params)


def constant(value, like):
    """A derivative-free float result: a plain float, or an array that active values may still be written into."""
    return like.engine.lift(value) if type(value) is np.ndarray and value.dtype == np.float64 and value.ndim else value


def store(result, out):
    """Write `result` into `out` as NumPy's ``out=`` does, and return it; without `out`, return `result`."""
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return result
    if out is ...:  # an array, also of shape ()
        return result if not is_active(result) or isinstance(result, np.ndarray) else np.expand_dims(result, ())
    if is_active(out) or type(out) is Buffer:
        if out.shape != np.shape(result):
            np.broadcast_to(np.empty(np.shape(result)), out.shape)  # raises NumPy's error
        out[...] = result
    elif not has_active(result):
        np.copyto(out, result if _TRACED[type(out)] else primal(result), casting="same_kind")
    elif type(out) is np.ndarray and out.dtype.hasobject:
        for index in np.ndindex(out.shape):
            out[index] = result[index] if result.ndim else result
    else:
        raise TraceEscapeError(
            f"out= is a plain array of dtype {np.asarray(out).dtype}, which cannot hold a traced result",
            "leave out= away, or make the array from a traced one: np.zeros_like(x), np.zeros(shape, like=x)",
        )
    return out


@functools.cache
def position_of_out(function):
    """Where `function` takes ``out=`` among its positional arguments; None if it does not."""
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:  # compiled, without a signature
        return {np.dot: 2, np.concatenate: 2}.get(function)
    return names.index("out") if "out" in names else None


def unboxed(result):
    """What NumPy's reductions return: a scalar where the shape is ()."""
    return result if result.ndim or not isinstance(result, np.ndarray) else result[()]


def check_dtype(dtype, name):
    """Refuse a ``dtype=`` in which a derivative cannot live."""
    if dtype is None or dtype is type(np.dtype(np.float64)) or np.dtype(dtype) == np.float64:
        return
    if np.dtype(dtype).kind in "biu":
        raise TraceEscapeError(
            f"{name} with dtype={np.dtype(dtype)} would drop the derivative",
            "use a float dtype, or dualtape.stop_gradient(x)",
        )
    raise UnsupportedOperation(f"{name} with dtype={np.dtype(dtype)}: active numbers are float64", "leave dtype= away")
