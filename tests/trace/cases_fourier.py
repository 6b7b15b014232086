"""Cases of Fourier transforms: every result is real, so that differences can judge it."""

import numpy as np
from case import A, B, C, Case
from cases_complex import _real, _z

_ONE = "fft ifft rfft hfft irfft ihfft".split()
_OF_REAL = ("rfft", "ihfft")


def _of(name, **options):
    function = getattr(np.fft, name)
    takes_real = name.startswith(_OF_REAL)
    return lambda x: _real(function(x if takes_real else _z(x), **options))


CASES = [
    *(Case(f"{name} {n}", _of(name), ((n,),)) for name in _ONE for n in (4, 5)),
    *(Case(f"{name} of real", lambda x, name=name: _real(getattr(np.fft, name)(x)), (B,)) for name in _ONE),
    *(
        Case(f"{name} to {n} {norm} axis {axis}", _of(name, n=n, norm=norm, axis=axis), (B,))
        for name in _ONE
        for n, norm, axis in ((2, "ortho", 0), (5, "forward", 1), (6, "backward", -2))
    ),
    *(Case(name, _of(name), (B,)) for name in ("fft2", "ifft2", "rfft2", "irfft2")),
    *(Case(name, _of(name), ((2, 3, 2),)) for name in ("fftn", "ifftn", "rfftn", "irfftn")),
    *(
        Case(f"{name} in some axes", _of(name, s=(3, 4), axes=(2, 0), norm="ortho"), ((2, 2, 3),))
        for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "irfft2")
    ),
    Case("fft of a stack by -1", _of("fftn", s=(-1, 2), axes=(1, 2)), (C,)),
    Case("fft out", lambda x: _real(np.fft.fft(x, out=np.zeros_like(x, dtype=complex))), (A,)),
    Case("fft power spectrum", lambda x: np.abs(np.fft.rfft(x)) ** 2, ((6,),)),
    Case("fft convolution", lambda x, y: np.fft.irfft(np.fft.rfft(x, 7) * np.fft.rfft(y, 7), 7), ((4,), (3,))),
    Case("fft phase", lambda x: np.unwrap(np.angle(np.fft.rfft(x))[1:3]), ((6,),)),
]
