"""Complex results of f: to the drivers a complex number is a container of two real ones, its real and its imaginary
part, so that engines and sweeps know real numbers only. Called by `_containers`."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualtape.trace.functions import is_active, is_complex


class Complex:
    """The kind of that container, and the type of text that describes it."""


class Shape(str):
    """A shape in a message: ``complex (3,)``."""

    def __repr__(self) -> str:
        return str(self)


def halves(x: Any) -> list[Any] | None:
    """The parts of a complex number or array (or a list of complex numbers); None for anything else."""
    if is_complex(x):
        return _parts(x)
    holds_many = type(x) is list or (type(x) is np.ndarray and x.dtype.hasobject)
    return _parts(x) if holds_many and _is_array(x) and _holds_complex(x) else None


def halves_of_vector(x: Any) -> list[Any]:
    """The parts of an entry of a cotangent whose primal is complex; that of a real one is zero."""
    found = halves(x)
    return [x, np.zeros(np.shape(x))] if found is None else found


def _parts(x: Any) -> list[Any]:
    from dualtape.handlers.complex_numbers import number, or_zero, parts

    z = number(x)
    re, im = parts(z)
    shape = np.shape(z)
    return [part if np.shape(part) == shape else np.zeros(shape) for part in map(or_zero, (re, im))]


def _is_array(x: Any) -> bool:
    """Is this an object array, or nested lists of one shape?"""
    if type(x) is not list:
        return True
    try:
        return bool(x) and np.array(x, dtype=object).dtype == object
    except ValueError:
        return False


def _holds_complex(x: Any) -> bool:
    """Numbers only, and a complex one among them."""
    entries = list(np.array(x, dtype=object).flat)
    return any(map(is_complex, entries)) and all(
        is_complex(entry) or is_active(entry) or isinstance(entry, (float, int, np.number)) for entry in entries
    )


def combined(pair: list[Any]) -> Any:
    """The complex number, or block of a complex result, with these parts: the inverse of `halves`. Where the inputs
    nest, the blocks do."""
    re, im = pair
    if isinstance(re, Shape):
        return Shape(f"complex {re}")
    if is_active(re) or is_active(im):
        from dualtape.handlers.complex_numbers import made

        return made(re, im)
    if isinstance(re, np.ndarray):
        z = np.empty(re.shape, np.result_type(re, np.complex64))
        z.real, z.imag = re, im
        return z
    if isinstance(re, np.floating) and not isinstance(re, float):
        return np.complex64(complex(re, im))
    if isinstance(re, float):
        return complex(re, im)
    from dualtape.api._containers import flatten

    reals, structure = flatten(re)
    return structure.around(combined([a, b]) for a, b in zip(reals, flatten(im)[0], strict=True))
