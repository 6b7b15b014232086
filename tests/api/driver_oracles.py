"""What judges the drivers: differences of values, and flat vectors of containers. Imports nothing of dualtape."""

import numpy as np

DIFFERENCE = {"rtol": 2e-7, "atol": 2e-8}  # of central differences with one extrapolation, for functions of size 1
ROUNDING = {"rtol": 1e-13, "atol": 1e-13}  # of one engine against the other


def leaves(tree):
    """The numbers of nested containers, in order."""
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in leaves(tree[key])]
    if isinstance(tree, (tuple, list)):
        return [leaf for part in tree for leaf in leaves(part)]
    return [np.asarray(tree, dtype=float)]


def flat(tree):
    return np.concatenate([leaf.ravel() for leaf in leaves(tree)] or [np.zeros(0)])


def around(tree, vector):
    """A container like `tree` around the entries of a vector."""
    stream = iter(vector)

    def build(part):
        if isinstance(part, dict):
            return {key: build(value) for key, value in part.items()}
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*map(build, part))
        if isinstance(part, (tuple, list)):
            return type(part)(map(build, part))
        values = [next(stream) for _ in range(np.size(part))]
        return np.reshape(values, np.shape(part)) if np.shape(part) else float(values[0])

    return build(tree)


def active(case):
    """The active arguments of a case as one tree."""
    return case.args[case.argnums] if isinstance(case.argnums, int) else tuple(case.args[k] for k in case.argnums)


def flat_function(case):
    """f of a case as a function of one flat vector."""

    def function(vector):
        args = list(case.args)
        new = around(active(case), vector)
        for position, argument in zip(
            *(([case.argnums], [new]) if isinstance(case.argnums, int) else (case.argnums, new)), strict=True
        ):
            args[position] = argument
        return flat(case.f(*args))

    return function


def differences(function, x, step=1e-3):
    """Jacobian (m, n) of a flat function: central differences, extrapolated once."""

    def central(h):
        return np.array([(function(x + h * e) - function(x - h * e)) / (2 * h) for e in np.eye(x.size)]).T

    return (4.0 * central(step / 2) - central(step)) / 3.0


def matrix(nested, out, inputs):
    """A nested Jacobian as a matrix (m, n)."""
    rows = []
    for block, leaf in zip(_at(nested, out), leaves(out), strict=True):
        columns = [
            np.reshape(part, (leaf.size, x.size)) for part, x in zip(_at(block, inputs), leaves(inputs), strict=True)
        ]
        rows.append(np.concatenate(columns, axis=1))
    return np.concatenate(rows, axis=0)


def tensor(nested, out, inputs):
    """A nested Hessian as a tensor (m, n, n)."""
    sizes = [x.size for x in leaves(inputs)]
    rows = []
    for block, leaf in zip(_at(nested, out), leaves(out), strict=True):
        inner = [
            np.concatenate(
                [np.reshape(y, (leaf.size, n, k)) for y, k in zip(_at(x, inputs), sizes, strict=True)], axis=2
            )
            for x, n in zip(_at(block, inputs), sizes, strict=True)
        ]
        rows.append(np.concatenate(inner, axis=1))
    return np.concatenate(rows, axis=0)


def _at(nested, tree):
    """What stands in `nested` where `tree` has its leaves."""
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in _at(nested[key], tree[key])]
    if isinstance(tree, (tuple, list)):
        assert type(nested) is type(tree)
        return [leaf for part, child in zip(nested, tree, strict=True) for leaf in _at(part, child)]
    return [nested]
