"""What the rows of complex numbers (ops/complexified.py) make of operands of given shapes: see rows.py, which joins the
rules here to its own. A complex operand is two real ones of one shape, a complex result has a first axis of length
2."""

import numpy as np

from dualtape.ops import complex_ops, complex_special, constant_maps, eigen_ops, fourier_ops
from dualtape.ops.complexified import COUNTERPART
from dualtape.ops.decisions import OPERAND
from dualtape.trace.demands import require, square
from dualtape.trace.matrix_rows import Several

ROWS = {
    *(row for family in (complex_ops, complex_special, eigen_ops, fourier_ops) for row in family.ROWS),
    *(found.row for row, found in COUNTERPART.items() if row not in constant_maps.ROWS),  # these are in no file
}

_ELEMENTWISE = frozenset(
    "absolute sign exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal sin cos tan sinh cosh tanh arcsin arccos "
    "arctan arcsinh arccosh arctanh power multiply divide float_power".split()
)
_OPERATORS = frozenset(f"{home}.{name}" for home in ("operator", "python") for name in ("mul", "truediv", "pow", "abs"))
_OPERATORS |= frozenset(
    f"cmath.{name}"
    for name in "acos acosh asin asinh atan atanh cos cosh exp log log10 sin sinh sqrt tan tanh rect".split()
)
_REAL = frozenset(["absolute", "operator.abs", "python.abs"])


def _shapes_of_numbers(shapes, kinds):
    """The shapes of the operands, real or complex."""
    require(type(kinds) is str and set(kinds) <= {"r", "c"})
    shapes, found = iter(shapes), []
    for kind in kinds:
        found.append(next(shapes))
        require(kind == "r" or next(shapes) == found[-1])
    require(next(shapes, None) is None)
    return found


def rules_of_counterparts(rules):
    """The rules of rows that belong to rows of real numbers, by name; `rules` are those of the latter."""
    return {
        counterpart.row.name: _complexified(rules[row.name], counterpart)
        for row, counterpart in COUNTERPART.items()
        if row.name in rules
    }


def _complexified(rule, counterpart):
    def complex_rule(shapes, largest, kinds, **params):
        found = rule(_shapes_of_numbers(shapes, kinds), largest, **params)
        is_real = counterpart.real_results(kinds, params)
        if type(found) is Several:
            return Several(shape if real else (2, *shape) for shape, real in zip(found, is_real, strict=True))
        if is_real[0]:
            return found
        return {(2, *shape) for shape in found} if type(found) is set else (2, *found)

    return complex_rule


def value_rule(rules):
    """The rule of the row `VALUE`; `rules` are those of the functions that are rows of real numbers as well."""

    def rule(shapes, largest, function, kinds, args, kwargs, part=None):
        shapes = _shapes_of_numbers(shapes, kinds)
        require(type(function) is str and type(args) is tuple and type(kwargs) is dict)
        is_complex = "c" in kinds or function.startswith(("cmath.", "scipy.fft."))
        require((is_complex and part is None) or (function, part) in (("linalg.slogdet", 0), ("linalg.eig", 1)))
        if "initial" in kwargs:  # of a sum, an operand
            require(function == "sum" and kwargs["initial"] == OPERAND and shapes.pop() == ())
            kwargs = {key: x for key, x in kwargs.items() if key != "initial"}
        require(args[: len(shapes)] == (OPERAND,) * len(shapes))
        rest = args[len(shapes) :]
        if function in _ELEMENTWISE or function in _OPERATORS:
            require(not kwargs and not rest)
            require(not (function.startswith("python.") and any(shapes)))
            shape = np.broadcast_shapes(*shapes)
            return shape if function in _REAL else (2, *shape)
        if function.startswith("scipy.fft."):
            require(not rest)
            return _along_axes(function.removeprefix("scipy.fft."), shapes[0], **kwargs)
        if function == "linalg.slogdet":
            return (2, *square(shapes[0])[:-2])
        if function == "linalg.eig":
            return {square(shapes[0]), (2, *shapes[0])} if kinds == "r" else (2, *square(shapes[0]))
        if function == "trace":
            require(len(shapes[0]) >= 2 and not kwargs)
            value = np.trace(np.broadcast_to(0.0, shapes[0]), *rest)
            return (2, *np.shape(value))
        name = {"vdot": "dot"}.get(function, function)
        shapes = [shape or (1,) for shape in shapes] if function == "vdot" else shapes
        require(name in ("sum", "cumsum", "dot", "inner", "matmul", "tensordot", "vecdot", "matvec", "vecmat",
                          "convolve", "correlate"))  # fmt: skip
        if function == "vdot":
            shapes = [(int(np.prod(shape)),) for shape in shapes]
        if name == "tensordot":
            return (2, *_tensordot(rules, shapes, largest, *rest, **kwargs))
        if name == "vecdot" and kwargs:
            return (2, *_vecdot(rules, shapes, largest, **kwargs))
        return (2, *rules[name](shapes, largest, **_by_name(name, rest), **kwargs))

    return rule


def _along_axes(name, shape, s, axes, norm):
    """A transform along several axes, their lengths given."""
    require(
        name in ("fftn", "ifftn", "rfftn", "irfftn", "hfftn", "ihfftn")
        and norm in (None, "backward", "ortho", "forward")
    )
    require(type(s) is tuple and type(axes) is tuple and len(s) == len(axes) > 0)
    shape = list(shape)
    for n, axis in zip(s, axes, strict=True):
        require(type(n) is int and n > 0 and type(axis) is int and -len(shape) <= axis < len(shape))
        shape[axis] = n
    if name in ("rfftn", "ihfftn"):
        shape[axes[-1]] = s[-1] // 2 + 1
    return tuple(shape) if name in ("irfftn", "hfftn") else (2, *shape)


def _tensordot(rules, shapes, largest, axes=2):
    """The axes in any form that NumPy takes."""
    if type(axes) is int:
        axes = tuple(range(-axes, 0)), tuple(range(axes))
    axes = tuple((x,) if type(x) is int else tuple(x) for x in axes)
    return rules["tensordot"](shapes, largest, axes=axes)


def _vecdot(rules, shapes, largest, axis=-1, keepdims=False):
    """The contracted axis where NumPy wants it: anywhere in each operand."""
    require(type(axis) is int and type(keepdims) is bool and all(-len(s) <= axis < len(s) for s in shapes))
    moved = [(*shape[:axis], *(shape[axis:][1:]), shape[axis]) for shape in shapes]
    found = rules["vecdot"](moved, largest)
    place = axis if axis >= 0 else len(found) + 1 + axis
    return (*found[:place], 1, *found[place:]) if keepdims else found


_NAMES = {"sum": ("axis",), "cumsum": ("axis",), "convolve": ("mode",), "correlate": ("mode",)}


def _by_name(function, args):
    names = _NAMES.get(function, ())
    require(len(args) <= len(names))
    return dict(zip(names, args, strict=False))


# ---- Fourier transforms ----


def _transform(shapes, kinds, n, axis, norm, library, length):
    """One complex or real operand; `length` is what the transform makes of a length."""
    (shape,) = _shapes_of_numbers(shapes, kinds)
    require(type(axis) is int and -len(shape) <= axis < len(shape) and library in ("numpy.fft", "scipy.fft"))
    require(norm in (None, "backward", "ortho", "forward") and (n is None or (type(n) is int and n > 0)))
    axis %= len(shape)
    return (*shape[:axis], length(shape[axis], n), *shape[axis + 1 :])


def _fft(shapes, largest, kinds, inverse, n, axis, norm, library):
    require(type(inverse) is bool)
    return (2, *_transform(shapes, kinds, n, axis, norm, library, lambda m, n: m if n is None else n))


def _rfft(shapes, largest, kinds, n, axis, norm, library):
    require(kinds == "r")
    return (2, *_transform(shapes, kinds, n, axis, norm, library, lambda m, n: (m if n is None else n) // 2 + 1))


def _irfft(shapes, largest, kinds, n, axis, norm, library):
    return _transform(shapes, kinds, n, axis, norm, library, lambda m, n: 2 * (m - 1) if n is None else n)


def _cosines(shapes, largest, function, type, n, axis, norm):
    require(function in ("dct", "dst") and type in (1, 2, 3, 4))
    return _transform(shapes, "r", n, axis, norm, "scipy.fft", lambda m, n: m if n is None else n)


# ---- functions of scipy.special ----


def _analytic(shapes, largest, function, kinds):
    shapes = _shapes_of_numbers(shapes, kinds)
    require(len(shapes) == len(complex_special.load()[function].arguments))
    return (2, *np.broadcast_shapes(*shapes))


# ---- eigenvalues ----


def _eigvals(shapes, largest, kinds):
    (shape,) = _shapes_of_numbers(shapes, kinds)
    return (2, *square(shape)[:-1])


def _eig(shapes, largest, kinds):
    (shape,) = _shapes_of_numbers(shapes, kinds)
    return (2, *square(shape)[:-1], shape[-1] + 2)


SPECTRAL = {
    "complex fft": _fft,
    "complex rfft": _rfft,
    "complex irfft": _irfft,
    "scipy.fft.dct": _cosines,
    "complex linalg.eigvals": _eigvals,
    "complex linalg.eig": _eig,
    "analytic": _analytic,
}
