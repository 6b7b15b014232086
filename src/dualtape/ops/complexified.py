"""Rows of real numbers as rows of complex ones. To the engines a complex operand is two real ones, its real and its
imaginary part, and a complex result is one real array whose first axis holds the two. The parameter `kinds` has a
letter for each operand, "c" for a complex one and "r" for a real one.

*Design.* A rule in NumPy language holds for complex numbers as it stands, if it is read the right way; there are two.
(a) `analytic`: the function is analytic and its rule is written with plain transposes. The adjoint of multiplication
by c being multiplication by conj(c), the pullback is the rule between two conjugations. (b) `hermitian`: the rule is
written with `adjoint` for the transpose, as in the inner product ``Re tr(x^H y)`` of complex matrices, which holds for
functions that are not analytic, singular values say (Boeddeker et al. 2017, "On the computation of complex-valued
gradients with application to statistically optimum beamforming", arXiv:1701.00392). Of real numbers, `adjoint` is the
transpose.

`COUNTERPART` maps a row of real numbers to that of complex ones. Called by the files of rows and the handlers."""

from typing import NamedTuple

import numpy as np

from .array_ops import ArrayOp


class Counterpart(NamedTuple):
    """The row of complex numbers that belongs to one of real numbers.

    Attributes
    ----------
    row : ArrayOp
    is_real : tuple of bool, or callable
        Which results are real numbers: one for each, or ``is_real(kinds, **params)`` that tells it.
    """

    row: ArrayOp
    is_real: object

    def real_results(self, kinds, params):
        return self.is_real(kinds, **params) if callable(self.is_real) else self.is_real


COUNTERPART = {}  # row of real numbers -> Counterpart


# ---- numbers and their parts ----


def is_complex(x):
    """Tell whether `x`, plain or active, is complex."""
    return getattr(getattr(x, "dtype", None), "kind", None) == "c"


def joined(re, im):
    """The complex number with these parts, plain or active: in memory as its real part is."""
    if type(re) is np.ndarray and type(im) is np.ndarray:
        z = np.empty_like(re, dtype=np.complex128)
        z.real, z.imag = re, im
        return z
    z = np.stack([re, im], axis=-1).view(np.complex128)[..., 0]
    return z if z.ndim or type(z) is not np.ndarray else z[()]


def parts_of(z):
    """The parts of a complex number along a first axis."""
    return np.stack([np.real(z), np.imag(z)])


def adjoint(x):
    """The conjugate transpose of matrices, the transpose of real ones."""
    return np.swapaxes(np.conjugate(x) if is_complex(x) else x, -1, -2)


def real_part(x):
    return np.real(x) if is_complex(x) else x


def product_with_conjugate(x, y):
    """``Re(conj(x) y)``, element by element."""
    if not is_complex(x) or not is_complex(y):
        return real_part(x) * real_part(y)
    return np.real(x) * np.real(y) + np.imag(x) * np.imag(y)


def is_moved(x):
    """Where a number is not zero."""
    return (np.real(x) != 0.0) | (np.imag(x) != 0.0) if is_complex(x) else x != 0.0


# ---- rows ----


def numbers_behind(xs, kinds):
    """The operands behind the parts."""
    xs = iter(xs)
    return tuple(joined(next(xs), next(xs)) if kind == "c" else next(xs) for kind in kinds)


def _moved(x_dots, xs, kinds):
    """Tangents of the operands; a part that does not move is a zero beside one that does."""
    found, at = [], 0
    for kind in kinds:
        n = 2 if kind == "c" else 1
        dots = x_dots[at : at + n]
        if all(dot is None for dot in dots):
            found.append(None)
        else:
            dots = [np.zeros(np.shape(x)) if d is None else d for d, x in zip(dots, xs[at : at + n], strict=True)]
            found.append(joined(*dots) if n == 2 else dots[0])
        at += n
    return tuple(found)


def _active_operands(active, kinds):
    """Which operands have an active part."""
    flags = iter(active)
    return tuple(next(flags) | (kind == "c" and next(flags)) for kind in kinds)


def _bars_of_parts(z_bars, active, kinds, conjugate):
    """Cotangents of the parts that are active."""
    found = []
    for kind, z_bar in zip(kinds, z_bars, strict=True):
        if kind == "r":
            found.append(None if z_bar is None else real_part(z_bar))
        elif z_bar is None:
            found += None, None
        else:
            im = np.imag(z_bar) if is_complex(z_bar) else np.zeros(np.shape(z_bar))
            found += real_part(z_bar), -im if conjugate else im
    return tuple(x_bar if is_wanted else None for x_bar, is_wanted in zip(found, active, strict=True))


def analytic(row, results=1, is_real=False):
    """The row of complex numbers whose rules those of `row` are, when read as complex ones. `is_real`: its results are
    real, the real parts of analytic functions."""
    return _complexified(row, (is_real,) * results, True)


def hermitian(row, *is_real):
    """The same of a row whose rules are written with `adjoint`; `is_real` as of `Counterpart`."""
    return _complexified(row, is_real[0] if is_real and callable(is_real[0]) else is_real, False)


def _complexified(row, is_real, conjugate):
    def of(change, results, kinds, params):
        """Every complex result changed."""
        several = type(results) is tuple
        real = counterpart.real_results(kinds, params)
        pairs = zip(results if several else (results,), real, strict=True)
        found = tuple(x if x is None or kept else change(x) for x, kept in pairs)
        return found if several else found[0]

    def whole(v, kinds, params):
        return of(lambda part: joined(part[0], part[1]), v, kinds, params)

    def in_parts(found, kinds, params):
        return None if found is None else of(parts_of, found, kinds, params)

    def primal(*xs, kinds, **params):
        return in_parts(row.primal(*numbers_behind(xs, kinds), **params), kinds, params)

    def jvp(x_dots, xs, v, kinds, **params):
        numbers = numbers_behind(xs, kinds)
        v_dot = row.jvp(_moved(x_dots, xs, kinds), numbers, whole(v, kinds, params), **params)
        return in_parts(v_dot, kinds, params)

    def vjp(v_bar, xs, v, active, kinds, **params):
        numbers, wanted = numbers_behind(xs, kinds), _active_operands(active, kinds)
        bar = whole(v_bar, kinds, params)
        bar = of(np.conjugate, bar, kinds, params) if conjugate else bar
        z_bars = row.vjp(bar, numbers, whole(v, kinds, params), wanted, **params)
        bars = _bars_of_parts(z_bars, active, kinds, conjugate)
        return tuple(x if x is None else x + 0.0 for x in bars) if conjugate and row.selects else bars

    made = ArrayOp(f"complex {row.name}", primal, jvp, vjp, row.selects)
    counterpart = COUNTERPART[row] = Counterpart(made, is_real)
    return made


# ---- rows inside rules ----


def is_plain(*xs):
    """Tell whether no number among these has a derivative."""
    return not any(hasattr(x, "engine") or hasattr(x, "complex_parts") for x in xs)


def applied(row, *xs, **params):
    """A row inside a rule, as an operation of the innermost number among its operands."""
    xs = [x.as_numbers() if hasattr(x, "as_numbers") else x for x in xs]  # of a mask
    if is_plain(*xs):
        return row.primal(*xs, **params)
    if not any(map(is_complex, xs)):
        return _engine_of(xs).array_op(row, xs, params)
    kinds, operands = kinds_and_parts(xs)
    found = _engine_of(operands).array_op(COUNTERPART[row].row, operands, {**params, "kinds": kinds})
    return with_results_joined(COUNTERPART[row], found, kinds, params)


def kinds_and_parts(xs):
    """The parameter `kinds` of a row, and its operands."""
    kinds, operands = "", []
    for x in xs:
        if is_complex(x):
            kinds += "c"
            operands += x.complex_parts if hasattr(x, "complex_parts") else (np.array(x.real), np.array(x.imag))
        else:
            kinds, operands = kinds + "r", [*operands, x]
    return kinds, operands


def with_results_joined(counterpart, found, kinds, params):
    """Results of a row with the complex ones as complex numbers."""
    several = type(found) in (tuple, list)
    real = counterpart.real_results(kinds, params)
    pairs = zip(found if several else (found,), real, strict=True)
    results = tuple(x if kept else joined(x[0], x[1]) for x, kept in pairs)
    return results if several else results[0]


def _engine_of(xs):
    return max((x for x in xs if hasattr(x, "engine")), key=lambda x: x.level).engine
