"""Every way in which a user gets a first or second derivative out of dualtape, behind two signatures: ``way(f, x)`` is
the Jacobian, out.shape + in.shape, or the Hessian tensor. Each uses public names only.

A contract holds if it holds in all of them. Programs are recorded at the point itself and replayed there after another
point has been replayed in between, so that what comes back was computed by the replay."""

import contextlib

import numpy as np

import dualtape as dt


def _columns(derivative, x, out_ndim):
    """The columns of a matrix, moved from the front to where the axes of x belong."""
    columns = np.moveaxis(derivative, 0, -1)
    return columns.reshape(columns.shape[:-1] + np.shape(x)) if np.ndim(x) != 1 else columns


def _basis(x):
    """Directions along every entry of x, with a leading axis."""
    return np.eye(np.size(x)).reshape(np.size(x), *np.shape(x))


def _elsewhere(x):
    """A point with other values of every entry."""
    return np.clip(np.nan_to_num(x), -1e300, 1e300) * 1.25 + 0.375


def _replayed(f, x):
    program = dt.record(f, x)
    with contextlib.suppress(np.linalg.LinAlgError):  # f has no value there, and need not
        program(_elsewhere(x))
    return program


def _by_jvp(f, x, mode):
    return _columns(dt.jvp(f, x, _basis(x), mode=mode)[1], x, 0)


def _by_vjp(f, x):
    value, pullback = dt.vjp(f, x)
    m = np.size(value)
    return pullback(np.eye(m).reshape(m, *np.shape(value))).reshape(np.shape(value) + np.shape(x))


def _by_gradient(f, x, mode):
    """One call of `grad` for every entry of the result: for one scalar argument or array it is compiled throughout."""
    shape = np.shape(dt.value_and_jacobian(f)(x)[0])
    rows = [dt.grad(lambda x, i=i: f(x)[i] if i else f(x), mode=mode)(x) for i in np.ndindex(shape)]
    return np.array(rows).reshape(shape + np.shape(x))


def _nested(inner, outer):
    """The Jacobian as the derivative, by s, of the Jacobian times s: the inner one runs inside an outer trace."""

    def way(f, x):
        return dt.jvp(lambda s: dt.jacobian(f, mode=inner)(x) * s, 3.0, 1.0, mode=outer)[1]

    return way


def _by_replayed_gradient(f, x):
    shape = np.shape(dt.value_and_jacobian(f)(x)[0])
    rows = [_replayed(lambda x, i=i: f(x)[i] if i else f(x), x).grad(x) for i in np.ndindex(shape)]
    return np.array(rows).reshape(shape + np.shape(x))


FIRST = {
    "reverse": lambda f, x: dt.jacobian(f, mode="reverse")(x),
    "forward": lambda f, x: dt.jacobian(f, mode="forward")(x),
    "auto": lambda f, x: dt.jacobian(f)(x),
    "grad": lambda f, x: _by_gradient(f, x, "auto"),
    "grad forward": lambda f, x: _by_gradient(f, x, "forward"),
    "jvp": lambda f, x: _by_jvp(f, x, "auto"),
    "jvp forward": lambda f, x: _by_jvp(f, x, "forward"),
    "vjp": _by_vjp,
    "hyper-dual": lambda f, x: dt.derivatives(f, x, 2, mode="forward")[1],
    "second-order adjoints": lambda f, x: dt.derivatives(f, x, 2)[1],
    "nested, reverse in reverse": _nested("reverse", "reverse"),
    "nested, forward in reverse": _nested("forward", "reverse"),
    "program": lambda f, x: _replayed(f, x).jacobian(x, mode="reverse"),
    "program forward": lambda f, x: _replayed(f, x).jacobian(x, mode="forward"),
    "program grad": _by_replayed_gradient,
}


def _by_hvp(f, x):
    shape = np.shape(dt.value_and_jacobian(f)(x)[0])
    rows = [dt.hvp(lambda x, i=i: f(x)[i] if i else f(x), x, _basis(x)) for i in np.ndindex(shape)]
    return np.array(rows).reshape(shape + np.shape(x) * 2)


def _by_replayed_hvp(f, x):
    shape = np.shape(dt.value_and_jacobian(f)(x)[0])
    rows = [_replayed(lambda x, i=i: f(x)[i] if i else f(x), x).hvp(x, _basis(x)) for i in np.ndindex(shape)]
    return np.array(rows).reshape(shape + np.shape(x) * 2)


def _twice(inner, outer):
    return lambda f, x: dt.jacobian(dt.jacobian(f, mode=inner), mode=outer)(x)


SECOND = {
    "reverse": lambda f, x: dt.hessian(f, mode="reverse")(x),
    "forward": lambda f, x: dt.hessian(f, mode="forward")(x),
    "hvp": _by_hvp,
    "reverse of reverse": _twice("reverse", "reverse"),
    "forward of reverse": _twice("reverse", "forward"),
    "reverse of forward": _twice("forward", "reverse"),
    "program": lambda f, x: _replayed(f, x).hessian(x),
    "program hvp": _by_replayed_hvp,
}
NESTED = {name for name in SECOND if " of " in name}
