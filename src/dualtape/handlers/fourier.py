"""`numpy.fft` and the Fourier transforms of `scipy.fft`: of real and complex numbers, with every option. What only
`scipy.fft` has is in scipy_fft.py."""

import operator

import numpy as np

from ..ops.fourier_ops import FFT, IRFFT, RFFT
from ..trace.functions import apply, foreign, handles
from .complex_functions import by_row, operands_of, store_complex, with_value
from .complex_numbers import handles_complex, number, parts

_SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def swapped(norm):
    """The normalisation of the opposite direction; NumPy's own error for one that there is not."""
    if norm not in _SWAPPED:
        np.fft.fft([0.0], norm=norm)
    return _SWAPPED[norm]


def transforms(library):
    """The transforms that `library`, "numpy.fft" or "scipy.fft", computes: a dict of functions by name."""

    def one(inverse):
        def transform(a, n=None, axis=-1, norm=None, out=None):
            options = {"n": _length(n), "axis": operator.index(axis), "norm": norm, "library": library}
            return store_complex(by_row(FFT, number(a), inverse=inverse, **options), out)

        return transform

    fft, ifft = one(False), one(True)

    def rfft(a, n=None, axis=-1, norm=None, out=None):
        a = number(a)
        if np.iscomplexobj(a):
            raise TypeError("ufunc 'rfft_n_even' did not contain a loop with signature matching types complex128")
        options = {"n": _length(n), "axis": operator.index(axis), "norm": norm, "library": library}
        return store_complex(by_row(RFFT, a, **options), out)

    def irfft(a, n=None, axis=-1, norm=None, out=None):
        kinds, operands = operands_of([number(a)])
        options = {"n": _length(n), "axis": operator.index(axis), "norm": norm, "library": library}
        return store_complex(apply(IRFFT, *operands, kinds=kinds, **options), out)

    def hfft(a, n=None, axis=-1, norm=None, out=None):
        a = number(a)
        n = (np.shape(a)[axis] - 1) * 2 if n is None else n
        return irfft(np.conjugate(a), n, axis, swapped(norm), out)

    def ihfft(a, n=None, axis=-1, norm=None, out=None):
        return store_complex(np.conjugate(rfft(a, n, axis, swapped(norm))), out)

    several = {
        "fft": _along_axes(fft, fft),
        "ifft": _along_axes(ifft, ifft),
        "rfft": _along_axes(rfft, fft),
        "irfft": _along_axes(irfft, ifft, True),
    }
    found = {"fft": fft, "ifft": ifft, "rfft": rfft, "irfft": irfft, "hfft": hfft, "ihfft": ihfft}
    found |= {f"{name}n": transform for name, transform in several.items()}
    return found | {f"{name}2": _along_two(transform) for name, transform in several.items()}


def _along_axes(first, function, is_real_result=False):
    """`function` along all axes but the last, `first` along that: at the end if the result is to be real."""

    def transform(a, s=None, axes=None, norm=None, out=None):
        a = number(a)
        lengths, axes = lengths_and_axes(a, s, axes, is_real_result)
        others = list(zip(lengths[:-1], axes[:-1], strict=True))
        if not is_real_result:
            a = first(a, lengths[-1], axes[-1], norm) if axes else a
            others.reverse()
        for n, axis in others:
            a = function(a, n, axis, norm)
        return store_complex(first(a, lengths[-1], axes[-1], norm) if is_real_result else a, out)

    return transform


def _length(n):
    return None if n is None else operator.index(n)


def lengths_and_axes(a, s, axes, is_real_result):
    """The lengths and the axes of a transform along several."""
    given = s is not None
    if not given:
        s = a.shape if axes is None else [a.shape[axis] for axis in axes]
    s = [operator.index(n) for n in s]
    axes = list(range(-len(s), 0)) if axes is None else [operator.index(axis) for axis in axes]
    if len(s) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    if is_real_result and not given:
        s[-1] = (a.shape[axes[-1]] - 1) * 2
    return [a.shape[axis] if n == -1 else n for n, axis in zip(s, axes, strict=True)], axes


def _along_two(transform):
    def along_two(a, s=None, axes=(-2, -1), norm=None, out=None):
        return transform(a, s, axes, norm, out)

    return along_two


for _name, _transform in transforms("numpy.fft").items():
    handles(getattr(np.fft, _name))(_transform)
    handles_complex(getattr(np.fft, _name))(_transform)


def _of_scipy(transform):
    def handler(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return transform(x, n, axis, norm)

    return handler


def _of_scipy_along_axes(name, transform, default_axes):
    """SciPy goes along all axes at once, which rounds otherwise than one after another."""

    def handler(x, s=None, axes=default_axes, norm=None, overwrite_x=False, workers=None, *, plan=None):
        x = number(x)
        s, axes = map(tuple, lengths_and_axes(x, s, axes, name == "irfftn"))
        found = transform(x, s, axes, norm)
        derived = parts(found) if np.iscomplexobj(found) else found
        return with_value(f"scipy.fft.{name}", [x], derived, s=s, axes=axes, norm=norm)

    return handler


for _name, _transform in transforms("scipy.fft").items():
    if _name.endswith(("2", "n")):
        _axes = (-2, -1) if _name.endswith("2") else None
        foreign(f"scipy.fft.{_name}")(_of_scipy_along_axes(_name[:-1] + "n", _transform, _axes))
    else:
        foreign(f"scipy.fft.{_name}")(_of_scipy(_transform))
