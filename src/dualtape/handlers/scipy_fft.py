"""`scipy.fft` beyond the transforms of fourier.py: cosines and sines along several axes and with `orthogonalize`, the
Hermitian transforms, shifts and frequencies."""

import operator
import sys

import numpy as np

from ..errors import UnsupportedOperation
from ..ops.fourier_ops import COSINES, resized
from ..trace.functions import PASSIVE, apply, foreign, is_active, primal
from .complex_functions import with_value
from .complex_numbers import made, number, parts
from .either import returned
from .fourier import lengths_and_axes, swapped, transforms


def _of_scipy(name):
    return getattr(sys.modules["scipy.fft"], name)


def _by_parts(function, x):
    """A linear function of real numbers on the parts of complex ones."""
    re, im = parts(number(x))
    found = [None if part is None else function(part) for part in (re, im)]
    return found[0] if im is None else made(*found)


# ---- cosines and sines ----


def _ends(function, type):
    """Where `orthogonalize` scales the ends: places before the transform, by sqrt(2), and after it, by sqrt(1/2)."""
    end = 0 if function == "dct" else -1
    if function == "dct" and type == 1:
        return (0, -1), (0, -1)
    return {2: ((), (end,)), 3: ((end,), ())}.get(type, ((), ()))


def _with_ends(x, places, factor, axis):
    factors = np.ones(np.shape(x)[axis])
    factors[list(places)] = factor
    return x * np.reshape(factors, (-1,) + (1,) * (np.ndim(x) - 1 - axis % np.ndim(x))) if places else x


def _orthogonal(x, function, type, n, axis, norm, is_orthogonal):
    """The transform of real numbers, its matrix orthogonal up to a factor or not, whatever `norm` says of that
    factor."""
    params = {"function": function, "type": type, "n": n, "axis": axis, "norm": norm}
    if is_orthogonal == (norm == "ortho"):
        return apply(COSINES, x, **params)
    n = np.shape(x)[axis] if n is None else n
    if is_orthogonal:
        before, after = _ends(function, type)
        x = _with_ends(resized(x, n, axis), before, np.sqrt(2.0), axis)
        return _with_ends(apply(COSINES, x, **params | {"n": n}), after, np.sqrt(0.5), axis)
    size = 2.0 * (n + {1: -1 if function == "dct" else 1}.get(type, 0))
    return apply(COSINES, x, **params | {"norm": None}) * (1.0 / np.sqrt(size))


def _kind(is_inverse, type, norm):
    """The transform that an inverse is: of the transposed type, normalised the other way round."""
    return ({2: 3, 3: 2}.get(type, type), swapped(norm)) if is_inverse else (type, norm)


def _cosines(function, is_inverse):
    name = f"scipy.fft.{'i' * is_inverse}{function}"

    def handler(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):
        own_type, own_norm = _kind(is_inverse, type, norm)
        n, axis = None if n is None else operator.index(n), operator.index(axis)
        is_orthogonal = norm == "ortho" if orthogonalize is None else bool(orthogonalize)

        def of_real(x):
            model = _orthogonal(x, function, own_type, n, axis, own_norm, is_orthogonal)
            if is_orthogonal == (norm == "ortho"):
                return model
            length = np.shape(x)[axis] if n is None else n
            options = {"type": type, "n": length, "axis": axis, "norm": norm or "backward"}
            return returned(name, model, (x,), **options, orthogonalize=is_orthogonal)

        return _by_parts(of_real, x)

    foreign(name)(handler)


def _cosines_along_axes(function, is_inverse):
    """SciPy goes along all axes at once, which rounds otherwise than one after another."""
    name = f"scipy.fft.{'i' * is_inverse}{function}n"

    def handler(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):
        own_type, own_norm = _kind(is_inverse, type, norm)
        x = number(x)
        s, axes = map(tuple, lengths_and_axes(x, _sequence(s), _sequence(axes), False))
        is_orthogonal = norm == "ortho" if orthogonalize is None else bool(orthogonalize)

        def of_real(x):
            model = x
            for n, axis in zip(s, axes, strict=True):
                model = _orthogonal(model, function, own_type, n, axis, own_norm, is_orthogonal)
            options = {"type": type, "s": s, "axes": axes, "norm": norm or "backward"}
            return returned(name, model, (x,), **options, orthogonalize=is_orthogonal)

        return _by_parts(of_real, x)

    foreign(name)(handler)


def _sequence(x):
    return x if x is None or np.ndim(x) else (x,)


for _name in ("dct", "dst"):
    for _is_inverse in (False, True):
        _cosines(_name, _is_inverse)
        _cosines_along_axes(_name, _is_inverse)

# ---- Hermitian transforms: those of real numbers in the other direction ----

_transforms = transforms("scipy.fft")


def _hermitian(name, default_axes):
    is_inverse = name.startswith("i")
    whole = name[:-1] + "n"

    def handler(x, s=None, axes=default_axes, norm=None, overwrite_x=False, workers=None, *, plan=None):
        x = number(x)
        s, axes = map(tuple, lengths_and_axes(x, _sequence(s), _sequence(axes), not is_inverse))
        if is_inverse:
            found = np.conj(_transforms["rfftn"](x, s, axes, swapped(norm)))
        else:
            found = _transforms["irfftn"](np.conj(x), s, axes, swapped(norm))
        derived = parts(found) if np.iscomplexobj(found) else found
        return with_value(f"scipy.fft.{whole}", [x], derived, s=s, axes=axes, norm=norm)

    foreign(f"scipy.fft.{name}")(handler)


for _name in ("hfft2", "ihfft2", "hfftn", "ihfftn"):
    _hermitian(_name, (-2, -1) if _name.endswith("2") else None)

# ---- shifts, frequencies, lengths ----


@foreign("scipy.fft.fftshift")
def fftshift(x, axes=None):
    return np.fft.fftshift(number(x), axes)


@foreign("scipy.fft.ifftshift")
def ifftshift(x, axes=None):
    return np.fft.ifftshift(number(x), axes)


def _frequencies(name):
    @foreign(f"scipy.fft.{name}")
    def handler(n, d=1.0, *, xp=None, device=None):
        n = operator.index(n)
        return np.rint(n * getattr(np.fft, name)(n)) * (1.0 / (n * number(d)))


for _name in ("fftfreq", "rfftfreq"):
    _frequencies(_name)


def _whole_numbers(name):
    @foreign(f"scipy.fft.{name}", kind=PASSIVE)
    def handler(*args, **kwargs):
        return _of_scipy(name)(*map(primal, args), **primal(kwargs))


for _name in ("next_fast_len", "prev_fast_len"):
    _whole_numbers(_name)


def _hankel(name):
    inverse = name == "ifht"

    def handler(a, dln, mu, offset=0.0, bias=0.0):
        """FFTLog (Hamilton 2000): a product with coefficients between two Fourier transforms."""
        if any(map(is_active, (dln, mu, offset, bias))):
            raise UnsupportedOperation(
                f"scipy.fft.{name} has a derivative in its first argument alone", "keep the others plain numbers"
            )
        a = number(a)
        n = np.shape(a)[-1]
        backend = sys.modules["scipy.fft._fftlog_backend"]
        u = backend.fhtcoeff(n, dln, mu, offset=offset, bias=bias, inverse=inverse)
        j = np.arange(n) - 0.5 * (n - 1)
        before = np.exp((j * dln + (offset if inverse else 0.0)) * (bias if inverse else -bias))
        after = np.exp((j * dln + (0.0 if inverse else offset)) * (bias if inverse else -bias))
        found = _transforms["rfft"](a * before) * (1.0 / np.conj(u) if inverse else u)
        model = np.flip(_transforms["irfft"](found, n), -1) * after
        return returned(f"scipy.fft.{name}", model, (a,), **_plain(dln=dln, mu=mu, offset=offset, bias=bias))

    foreign(f"scipy.fft.{name}")((lambda A, dln, mu, offset=0.0, bias=0.0: handler(A, dln, mu, offset, bias))
                                 if inverse else handler)  # fmt: skip


def _plain(**options):
    return {key: float(x) for key, x in options.items()}


for _name in ("fht", "ifht"):
    _hankel(_name)
