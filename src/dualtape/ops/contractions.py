"""Products of arrays as einsum subscripts: what lets the forward engine push all lanes of an operand through a product
at once, as one more axis. Used by core/dual_engine.
"""

import string

from .subscripts import normal_form


def contraction_of(name, ndims, params):
    """Subscripts of a product of two operands, or None if it is none.

    Parameters
    ----------
    name : str
        Of the row: "matmul", "dot", ...
    ndims : sequence of int
        Axes of the operands.
    params : dict
        Of the row.

    Returns
    -------
    inputs : list of str
        One lower-case letter per axis of each operand.
    output : str
        Letters of the result.
    """
    write = _WRITERS.get(name)
    if write is None or len(ndims) != 2:
        return None
    inputs, output = write(*ndims, **params)
    names = dict(zip(dict.fromkeys("".join(inputs)), string.ascii_lowercase, strict=False))
    return ["".join(names[letter] for letter in letters) for letters in inputs], "".join(names[k] for k in output)


def _letters(n, start=0):
    return string.ascii_letters[start : start + n]


def _matmul(n_a, n_b):
    """The last axis of a meets the last but one of b, or its only one; leading axes broadcast, aligned at the end."""
    batch = _letters(max(n_a, n_b, 2) - 2, 3)
    a = "c" if n_a == 1 else batch[len(batch) - (n_a - 2) :] + "ac"
    b = "c" if n_b == 1 else batch[len(batch) - (n_b - 2) :] + "cb"
    return [a, b], batch + ("a" if n_a > 1 else "") + ("b" if n_b > 1 else "")


def _dot(n_a, n_b):
    """The last axis of a meets the last but one of b, or its only one; all others stay."""
    if n_a == 0 or n_b == 0:
        a, b = _letters(n_a), _letters(n_b, n_a)
        return [a, b], a + b
    a, b = _letters(n_a), _letters(n_b, n_a)
    met = b[-2] if n_b > 1 else b
    return [a, b.replace(met, a[-1])], a[:-1] + b.replace(met, "")


def _inner(n_a, n_b):
    """The last axes meet."""
    a, b = _letters(n_a), _letters(n_b, n_a)
    return [a, b[:-1] + a[-1:]] if n_a and n_b else [a, b], (a[:-1] + b[:-1]) if n_a and n_b else a + b


def _tensordot(n_a, n_b, axes):
    """The axes of a that are listed first meet those of b that are listed second."""
    a, b = _letters(n_a), list(_letters(n_b, n_a))
    for i, j in zip(*axes, strict=True):
        b[j] = a[i]
    met = {a[i] for i in axes[0]}
    return [a, "".join(b)], "".join(letter for letter in [*a, *b] if letter not in met)


def _einsum(n_a, n_b, subscripts, optimize=False):
    return normal_form(subscripts, [n_a, n_b])


_WRITERS = {
    "matmul": _matmul,
    "dot": _dot,
    "inner": _inner,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "vecdot": lambda n_a, n_b: normal_form("...i,...i->...", [n_a, n_b]),
    "matvec": lambda n_a, n_b: normal_form("...ij,...j->...i", [n_a, n_b]),
    "vecmat": lambda n_a, n_b: normal_form("...i,...ij->...j", [n_a, n_b]),
}
