"""Array operations by name, and what each of them makes of operands of given shapes, told without running it: what a
program from a file may ask for.

A rule takes the shapes of the operands, the most elements that an array may have, and the parameters; it returns the
shape of the result (or a set of those that it may have), or raises whatever it meets (ValueError, TypeError, ...) where
the operation could not have been recorded so. An operation may still raise NumPy's own error when it runs, but it
neither runs foreign code nor makes arrays out of proportion. Called by api/saving.py and api/load.py."""

import functools
import math

import numpy as np

from dualtape.ops import array_ops, decisions, elementwise_ops, grid_ops, math_ops, matrix_ops, order_ops
from dualtape.ops.contractions import contraction_of
from dualtape.ops.special import registry
from dualtape.ops.subscripts import normal_form
from dualtape.ops.table import ROW_OF
from dualtape.trace import complex_rows, functions, matrix_rows, partials
from dualtape.trace.demands import require

_BY_OPTIMAL_PATH = 8  # operands of einsum: the search for the best path takes memory that grows exponentially


def rows():
    """All rows by name."""
    families = (array_ops, matrix_ops, order_ops, grid_ops, math_ops, elementwise_ops, matrix_rows, complex_rows)
    return {row.name: row for row in (*(row for family in families for row in family.ROWS), *_OTHERS)}


_OTHERS = (partials.PARTIAL, decisions.DECISION, decisions.STEP, registry.SPECIAL)


def gives(name, shapes, params, results, largest, is_single=None):
    """Can the row `name` of operands of these shapes give results of those; one or, if told so, several?"""
    try:
        found = _RULES[name](shapes, largest, **params)
        for shape in results:
            _bounded(shape, largest)
    except Exception:  # whatever the rule met
        return False
    if type(found) is matrix_rows.Several:
        return not is_single and tuple(results) == tuple(found)
    return (
        is_single is not False
        and len(results) == 1
        and (results[0] in found if type(found) is set else results[0] == found)
    )


def _bounded(shape, largest):
    require(math.prod(max(1, length) for length in shape) <= largest)


def _axis(axis, ndim):
    require(type(axis) is int and -ndim <= axis < ndim)
    return axis % ndim


# ---- along axes ----


def _mask(where, shape):
    require(where is True or (isinstance(where, np.ndarray) and np.broadcast_shapes(where.shape, shape) == shape))


def _reduced(shapes, largest, axis=None, keepdims=False, where=True, initial=None):
    (shape,) = shapes
    axes = range(len(shape)) if axis is None else axis if type(axis) is tuple else (axis,)
    axes = [_axis(k, len(shape)) for k in axes]
    require(len(set(axes)) == len(axes) and type(keepdims) is bool)
    require(initial is None or np.ndim(initial) == 0)
    _mask(where, shape)
    if keepdims:
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)


def _accumulated(shapes, largest, axis=None):
    (shape,) = shapes
    return (math.prod(shape),) if axis is None else (_axis(axis, len(shape)), shape)[1]


def _reduceat(shapes, largest, indices, axis):
    (shape,) = shapes
    axis = _axis(axis, len(shape))
    require(isinstance(indices, np.ndarray) and indices.ndim == 1 and indices.dtype.kind == "i")
    size = shape[axis]
    require(np.all((indices >= 0) & (indices < size)))
    lengths = np.maximum(np.append(indices[1:], size) - indices, 1)
    others = math.prod(shape[:axis] + shape[axis + 1 :])
    require(int(lengths.sum()) * max(1, others) <= largest)  # what its pullback gathers
    return (*shape[:axis], indices.size, *shape[axis + 1 :])


def _add_at(shapes, largest, index):
    a, b = shapes
    _bounded(_indexed(a, index), largest)
    return a


def _indexed(shape, index):
    """Lengths whose product is at least the number of elements that ``x[index]`` has."""
    parts = [_part(part) for part in (index if type(index) is tuple else (index,)) if part is not None]
    used = [part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1 for part in parts]
    n_rest = len(shape) - sum(n for part, n in zip(parts, used, strict=True) if part is not Ellipsis)
    require(n_rest >= 0 and sum(part is Ellipsis for part in parts) <= 1)
    arrays, found, axis = [], [], 0
    for part, n in zip(parts, used, strict=True):
        if part is Ellipsis:
            found += shape[axis : axis + n_rest]
            axis += n_rest
            continue
        if type(part) is slice:
            found.append(shape[axis])
        elif part.dtype.kind == "b":
            arrays.append((int(np.count_nonzero(part)),))
        else:
            arrays.append(part.shape)
        axis += n
    return [*np.broadcast_shapes(*arrays), *found, *shape[axis:]]


def _part(part):
    """One part of an index: an Ellipsis, a slice or an array."""
    if part is Ellipsis or type(part) is slice:
        return part
    part = np.asarray(part)
    require(part.dtype.kind in "biu")
    return part


# ---- products ----


def _contracted(inputs, output, shapes, is_einsum=False):
    """Shape of a product whose operands have these letters. Length 1 broadcasts, but where a letter is summed it does
    so in einsum only."""
    length = {}
    require(len(inputs) == len(shapes))
    for letters, shape in zip(inputs, shapes, strict=True):
        require(len(letters) == len(shape))
        for letter, n in zip(letters, shape, strict=True):
            known = length.setdefault(letter, n)
            require(n == known or (1 in (n, known) and (is_einsum or letter in output)))
            length[letter] = n if known == 1 else known
    require(len(set(output)) == len(output))
    return tuple(length[letter] for letter in output)


def _product(name):
    def rule(shapes, largest, **params):
        if name == "tensordot":
            require(len(shapes) == 2 and all(type(axes) is tuple for axes in params["axes"]))
            params["axes"] = tuple(
                tuple(_axis(k, len(shape)) for k in axes) for axes, shape in zip(params["axes"], shapes, strict=True)
            )
        inputs, output = contraction_of(name, [len(shape) for shape in shapes], params)
        return _contracted(inputs, output, shapes)

    return rule


def _einsum(shapes, largest, subscripts, optimize=False):
    require(type(subscripts) is str and subscripts.isascii())
    require(type(optimize) is bool or optimize in ("greedy", "optimal"))
    require(optimize != "optimal" or len(shapes) <= _BY_OPTIMAL_PATH)
    inputs, output = normal_form(subscripts, [len(shape) for shape in shapes])
    require("".join([*inputs, output]).isalpha() or not any([*inputs, output]))
    return _contracted(inputs, output, shapes, is_einsum=True)


def _convolution(shapes, largest, mode):
    (n,), (m,) = shapes
    return ({"full": n + m - 1, "same": max(n, m), "valid": max(n, m) - min(n, m) + 1}[mode],)


# ---- matrices ----


def _square(shapes, largest, upper=False):
    (shape,) = shapes
    require(len(shape) >= 2 and shape[-1] == shape[-2] and type(upper) is bool)
    return shape


def _determinant(shapes, largest):
    return _square(shapes, largest)[:-2]


def _solve(shapes, largest):
    a, b = shapes
    _square([a], largest)
    require(b[0 if len(b) == 1 else -2] == a[-1])
    if len(b) == 1:
        return (*a[:-2], a[-1])
    return (*np.broadcast_shapes(a[:-2], b[:-2]), *b[-2:])


# ---- element by element ----


def _broadcast(shapes, largest):
    return np.broadcast_shapes(*shapes)


def _i0(shapes, largest):
    (shape,) = shapes
    _bounded((*shape, 128), largest)  # what its derivative computes
    return shape


# ---- grids ----


def _interp(shapes, largest):
    x, xp, fp = shapes
    require(len(xp) == 1 and xp == fp)
    return x


def _bincount(shapes, largest, bins, minlength=0):
    require(isinstance(bins, np.ndarray) and bins.ndim == 1 and bins.dtype.kind in "iu" and bins.shape == shapes[0])
    require(type(minlength) is int and np.all(bins >= 0))
    length = max(minlength, int(bins.max(initial=-1)) + 1)
    _bounded((length,), largest)
    return (length,)


# ---- functions by name ----


def _partial(shapes, largest, function, which, active):
    arity = ROW_OF[function].arity
    require(len(shapes) == arity and type(which) is int and which in range(arity))
    require(type(active) is int and active in ((1,) if arity == 1 else (1, 2, 3)) and active >> which & 1)
    return np.broadcast_shapes(*shapes)


def _special(shapes, largest, function, orders):
    found = registry.load()[function]
    require(len(shapes) == len(found.arguments))
    require(type(orders) is tuple and len(orders) <= 4 and all(type(n) is int and 0 <= n < 16 for n in orders))
    return np.broadcast_shapes(*shapes)


def _vectors(shapes, largest):
    require(len(set(shapes)) == 1 and len(shapes[0]) == 1 and len(shapes) <= 2)
    return ()


def _rounded(shapes, largest, digits):
    require(shapes[0] == () and len(shapes) == 1 and type(digits) is int)
    return ()


def _asked(shapes, largest, function, args, kwargs):
    """A function whose result has no derivative; whole numbers among its arguments may be lengths."""
    require(type(function) is str and type(args) is tuple and type(kwargs) is dict)
    found = list(_leaves((args, kwargs)))
    require(sum(1 for x in found if type(x) is str and x == decisions.OPERAND) == len(shapes))
    require(math.prod(max(1, abs(x)) for x in found if type(x) is int) <= largest)
    if function == "histogram_bin_edges":  # how many bins a rule of thumb makes depends on values
        require(all(type(x) is not str or x == decisions.OPERAND for x in found))
    if function == "einsum_path":
        require(len(shapes) <= _BY_OPTIMAL_PATH)


def _leaves(tree):
    if isinstance(tree, (list, tuple)):
        for item in tree:
            yield from _leaves(item)
    elif isinstance(tree, dict):
        yield from _leaves(list(tree.values()))
    else:
        yield tree


@functools.cache
def passive_functions():
    """Names of NumPy's functions that a program may ask when it decides."""
    functions.load_families()
    return {
        functions.name_of(function).removeprefix("np.")
        for function, kind in functions.KINDS.items()
        if kind == functions.PASSIVE
    }


def _decision(shapes, largest, function, args, kwargs, types):
    """A number, or a digest of three."""
    require(type(types) is list and all(name in _TYPES for name in types))
    require(sum(2 if name == decisions.COMPLEX else 1 for name in types) == len(shapes))
    _asked(types, largest, function, args, kwargs)
    require(function in passive_functions())
    return {(), (3,)}


_TYPES = {
    "bool",
    decisions.COMPLEX,
    "float16",
    "float32",
    "float64",
    *(f"{sign}int{n}" for sign in ("", "u") for n in (8, 16, 32, 64)),
}


def _step(shapes, largest, function, args, kwargs, part=None):
    _asked(shapes, largest, function, args, kwargs)
    (shape,) = shapes
    require(args[0] == decisions.OPERAND)
    if function in ("any", "all"):
        require(len(args) == 2 and part is None)
        return _reduced(shapes, largest, axis=args[1], **kwargs)
    if function == "linalg.slogdet":
        require(part == 0 and len(args) == 1 and not kwargs)
        return _determinant(shapes, largest)
    require((function, part) in _STEPS)
    return shape


_STEPS = {("round", None), ("around", None), ("fix", None), ("angle", None), ("frexp", 1), ("trunc", None)}


# ---- orders ----


def _ordered(shapes, largest, axis, function, options):
    require(function in ("argmax", "argmin", "argsort", "argpartition") and type(options) is dict)
    if function in ("argmax", "argmin"):
        return _reduced(shapes, largest, axis)
    return _accumulated(shapes, largest, axis)


def _taken(shapes, largest, **params):
    require(shapes[0] == shapes[1])
    return _ordered(shapes[1:], largest, **params)


def _put(shapes, largest, **params):
    require(shapes[0] == _ordered(shapes[1:], largest, **params))
    return shapes[1]


_RULES = {
    "sum": _reduced,
    "prod": _reduced,
    "cumsum": _accumulated,
    "cumprod": _accumulated,
    "add.reduceat": _reduceat,
    "add.at": _add_at,
    **{name: _product(name) for name in ("matmul", "dot", "inner", "tensordot", "vecdot", "matvec", "vecmat")},
    "einsum": _einsum,
    "convolve": _convolution,
    "correlate": _convolution,
    "linalg.solve": _solve,
    "linalg.inv": _square,
    "linalg.det": _determinant,
    "linalg.slogdet": _determinant,
    "linalg.cholesky": _square,
    "i0": _i0,
    "nextafter": _broadcast,
    "interp": _interp,
    "bincount": _bincount,
    **matrix_rows.RULES,
    "partial": _partial,
    "special": _special,
    "math.hypot": _vectors,
    "math.fsum": _vectors,
    "math.sumprod": _vectors,
    "round": _rounded,
    "ordered": _ordered,
    "taken": _taken,
    "put": _put,
    "decision": _decision,
    "step": _step,
}
_RULES["complex value"] = complex_rows.value_rule(_RULES)
_RULES |= complex_rows.SPECTRAL
_RULES |= complex_rows.rules_of_counterparts(_RULES)
