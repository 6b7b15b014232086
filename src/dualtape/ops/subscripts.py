"""Einsum subscripts in normal form: one letter per axis, no ellipsis, output written out. Used by the einsum row and
its handler."""

import string

_LETTERS = string.ascii_uppercase + string.ascii_lowercase  # NumPy's order of the integers of the list form


def unique(letters):
    """The letters without repetition, in order."""
    return "".join(dict.fromkeys(letters))


def from_lists(operands):
    """Turn the list form ``(x, [0, 1], y, [1, 2], [0, 2])`` into ``("AB,BC->AC", [x, y])``."""
    pairs = len(operands) // 2
    text = ",".join(_from_list(labels) for labels in operands[1 : 2 * pairs : 2])
    if len(operands) % 2:
        text += "->" + _from_list(operands[-1])
    return text, list(operands[0 : 2 * pairs : 2])


def _from_list(labels):
    return "".join("..." if label is Ellipsis else _LETTERS[label] for label in labels)


def normal_form(subscripts, ndims):
    """Write `subscripts` for operands with `ndims` axes without ellipsis and with the output.

    Returns
    -------
    inputs : list of str
        Letters of each operand; a repeated letter reads the diagonal.
    output : str
        Letters of the result.
    """
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    hidden = [
        ndim - len(letters.replace("...", "")) if "..." in letters else 0
        for letters, ndim in zip(inputs, ndims, strict=True)
    ]
    free = [letter for letter in _LETTERS if letter not in text][: max(hidden)]
    ellipsis = "".join(free)
    inputs = [letters.replace("...", ellipsis[len(ellipsis) - n :]) for letters, n in zip(inputs, hidden, strict=True)]
    if arrow:
        return inputs, output.replace("...", ellipsis)
    seen = "".join(inputs)
    return inputs, ellipsis + "".join(sorted(c for c in set(seen) - set(ellipsis) if seen.count(c) == 1))
