"""Scalars and arrays of shape (): which of the two a function gives, as NumPy does. An array can be written into and
shared, ``w = z; w += 1`` changes z; a scalar cannot. And outputs that are given by position."""

import numpy as np
import pytest

import dualtape
from dualtape.errors import TraceEscapeError

X = np.array([0.3, -1.2, 0.7, 2.1])
A = np.array([[2.0, 0.3], [0.1, 1.5]])

# of a scalar s, an array z of shape (), a vector x and a matrix A
EXPRESSIONS = """
np.array(s); np.asarray(s); np.asanyarray(z); np.copy(s); np.copy(z); z.copy(); s.copy(); s.astype(float)
np.isscalar(s); z.astype(float); np.require(s); np.reshape(s, ()); np.reshape(z, ()); s.reshape(())
x[:1].reshape(()); np.isscalar(z); np.squeeze(s); np.squeeze(z); np.squeeze(x[:1]); np.transpose(s); np.transpose(z)
z.T; np.real(s); np.real(z); z.item(); np.imag(s); np.real_if_close(s); np.broadcast_to(s, ())
np.expand_dims(s, ()); np.resize(x, ()); np.roll(s, 1); z[()]; np.flip(z); np.pad(z, 0); np.tile(z, ())
np.full_like(s, s); np.full((), s); np.zeros_like(s); np.where(s > 0, s, z); np.where(True, s, s)
np.select([s > 0], [s]); np.piecewise(s, [s > 0], [s]); np.nan_to_num(z); np.clip(z, 0.0, 1.0); -z; np.max(x, 0)
np.max(z); np.min(z, 0); np.max(A, axis=(0, 1)); np.nanmax(x, axis=0); np.ptp(z, 0); np.median(x); x.max(0)
np.median(x[:3]); np.nanmedian(x); np.quantile(x, 0.3); np.percentile(A, 30.0); np.nanquantile(x, 0.5); np.sum(x)
z + s; np.prod(x); np.mean(A); np.std([s, s]); np.nanstd([s, z]); np.dot(x, x); np.tensordot(A, A)
np.linalg.norm(x, np.inf); np.linalg.norm(A, 1); np.linalg.norm(A, -2); np.linalg.det(A); np.trace(A); np.take(x, 0)
np.i0(s); x[0, ...]; abs(z); np.einsum("ii", A); np.interp(s, x, x); np.sin(z); np.sin(z, out=np.zeros(()))
np.exp(z, z); np.add(z, s, z); np.sin(s); np.sum(x, out=np.zeros(())); np.broadcast_arrays(s, z)[0]
np.atleast_1d(s); np.ravel(s); np.diff(z, 0); np.squeeze(z, 0); np.unwrap(x)[0]; np.polyval([s, 1.0], z)
np.vectorize(lambda t: t * t)(s); np.apply_along_axis(np.sum, 0, x); np.fix(z); np.float64(s); float(z)
np.positive(z); np.maximum(s, 0.0); np.round(z); np.hypot(s, z); x[np.array(1)]; x[1]; x.sum()
"""
KINDS = f"""
def kinds(x, A):
    s, z = x[0], np.array(x[0])
    found = [{", ".join(EXPRESSIONS.strip().replace(chr(10), "; ").split("; "))}]
    return ["array" if isinstance(y, np.ndarray) else "scalar" for y in found]
"""
namespace = {"np": np}
exec(KINDS, namespace)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_arrays_and_scalars_are_those_of_numpy(mode):
    seen = []

    def f(x, A):
        seen[:] = namespace["kinds"](x, A)
        return np.sum(x) * np.sum(A)

    dualtape.jacobian(f, argnums=(0, 1), mode=mode)(X, A)
    names = EXPRESSIONS.strip().replace("\n", "; ").split("; ")
    expected = namespace["kinds"](X.copy(), A.copy())
    assert dict(zip(names, seen, strict=True)) == dict(zip(names, expected, strict=True))


def in_place(make):
    def f(x):
        z = make(x)
        w = z
        w += 2.0 * x[1]
        return z * x[2]

    return f


MADE = {
    "array": lambda x: np.array(x[0]),
    "asarray": lambda x: np.asarray(x[0] * x[3]),
    "copy": lambda x: np.copy(x[0]),
    "copy of an array": lambda x: np.array(x[0]).copy(),
    "chosen": lambda x: np.where(x[0] > 0.0, x[1], x[2]),
    "selected": lambda x: np.select([x[0] > 0.0], [x[1]], 0.0),
    "full_like": lambda x: np.full_like(x[0], x[1]),
    "vectorized": lambda x: np.vectorize(lambda t: t * t)(x[0]),
    "a view": lambda x: x[0, ...],
    "an element": lambda x: x[0],
    "a sum": lambda x: np.sum(x),
    "a maximum": lambda x: np.max(x, axis=0),
    "a scalar's copy": lambda x: x[0].copy(),
    "a scalar as another": lambda x: x[0].astype(float),
    "a quantile": lambda x: np.quantile(x, 0.3),
}


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("name", MADE)
def test_writing_through_another_name_changes_arrays_only(name, mode):
    f = in_place(MADE[name])
    value, J = dualtape.value_and_jacobian(f, mode=mode)(X)
    np.testing.assert_array_equal(value, f(X.copy()))
    step = 1e-6 * np.eye(4)
    np.testing.assert_allclose(J, [(f(X + h) - f(X - h)) / 2e-6 for h in step], rtol=1e-8, atol=1e-8)
    program = dualtape.record(f, X)
    np.testing.assert_array_equal(program(X + 0.1), f(X + 0.1))


BY_POSITION = {
    "exp": lambda x, y: np.exp(x, y),
    "into itself": lambda x, y: np.sin(np.exp(x, x), x),
    "multiply": lambda x, y: np.multiply(x, x[::-1], y),
    "neighbours": lambda x, y: np.add(x[1:], x[:-1], x[1:]),
    "modf": lambda x, y: np.modf(x, y),
    "two outputs": lambda x, y: np.divmod(x, 0.5, y, x),
    "matmul": lambda x, y: np.matmul(np.outer(x, x), x, y),
    "dot": lambda x, y: np.dot(np.outer(x, x), x, y),
    "fix": lambda x, y: np.fix(x, y),
    "round": lambda x, y: np.round(x, 1, y),
    "the method round": lambda x, y: x.round(1, y),
    "sum": lambda x, y: np.sum(np.outer(x, x), 0, None, y),
    "reduce": lambda x, y: np.add.reduce(np.outer(x, x), 0, None, y),
    "accumulate": lambda x, y: np.multiply.accumulate(x, 0, None, y),
    "clip": lambda x, y: np.clip(x, -1.0, 1.0, y),
    "isnan": lambda x, y: np.isnan(x, y.astype(bool)),
}


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("name", BY_POSITION)
def test_outputs_by_position(name, mode):
    def f(x):
        y = np.ones(4)
        x = x.copy()
        BY_POSITION[name](x, y)
        return np.concatenate([x, y * x])

    value, J = dualtape.value_and_jacobian(f, mode=mode)(X)
    np.testing.assert_array_equal(value, f(X))
    step = 1e-6 * np.eye(4)
    differences = np.stack([(f(X + h) - f(X - h)) / 2e-6 for h in step], axis=1)
    np.testing.assert_allclose(J, differences, rtol=1e-7, atol=1e-7)
    program = dualtape.record(f, X)
    for x in (X, X + 0.03, -X):
        np.testing.assert_array_equal(program(x), f(x))


DECIDED = {
    "any": lambda x, y: np.any(np.outer(x, x) > 0.3, axis=0, out=y),
    "all by position": lambda x, y: np.all(np.outer(x, x) > -1.0, 0, y),
    "any of numbers": lambda x, y: np.any(np.outer(x, np.floor(x)), 0, y),
    "into a number": lambda x, y: np.any(x > 2.0, out=y[1:2].reshape(())),
    "argmax": lambda x, y: np.argmax(np.outer(x, x), 0, y),
    "a count": lambda x, y: np.sum(np.outer(x, x) > 0.3, 0, None, y),
    "greater": lambda x, y: np.greater(x[1:], 0.0, y[1:]),
}


@pytest.mark.parametrize("name", DECIDED)
def test_decisions_are_written_where_they_are_wanted(name):
    def f(x):
        y = np.zeros(4, dtype=int if name in ("argmax", "a count") else bool)
        DECIDED[name](x, y)
        return y * x

    program = dualtape.record(f, X)
    for x in (X, X[::-1], -X):
        np.testing.assert_array_equal(program(x), f(x))
        np.testing.assert_array_equal(np.diagonal(program.jacobian(x)) * x, f(x))


@pytest.mark.parametrize("write", [lambda y, x: np.add.at(y, slice(1, 3), x[0]), lambda y, x: y.__setitem__([1], x[0])])
def test_programs_of_writes_at_slices(write):
    def f(x):
        y = x * 2.0
        write(y, x)
        return y

    np.testing.assert_array_equal(dualtape.record(f, X)(X[::-1]), f(X[::-1]))


def test_a_plain_array_as_output_is_refused_without_the_clone():
    with pytest.raises(TraceEscapeError):
        dualtape.jacobian(lambda x: np.exp(x, np.zeros(4)), rewrite=False)(X)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("make", [lambda s, t: ~(s > 0.0), lambda s, t: ~(s > t), lambda s, t: ~(t <= 3)])
def test_a_comparison_of_elements_can_be_inverted(make, mode):
    """As np.bool_ it is negated; the -2 that ~True is counts as true."""

    def f(x):
        return x * 2.0 if make(x[0], x[3]) else x * 3.0

    for x in (X, -X):
        value, J = dualtape.value_and_jacobian(f, mode=mode)(x)
        np.testing.assert_array_equal(value, f(x))
        np.testing.assert_array_equal(np.diagonal(J) * x, f(x))
        np.testing.assert_array_equal(dualtape.record(f, x)(-x), f(-x))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_comparisons_have_the_methods_of_numpys(mode):
    f = lambda x: x * (x[0] > 0.0).astype(float) + x * (x[1] > x[0]).any() + x * (x[2] < 1).item()
    value, _ = dualtape.value_and_jacobian(f, mode=mode)(X)
    np.testing.assert_array_equal(value, f(X))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_comparisons_of_python_numbers_add_up(mode):
    """They are bool: two of them are 2, where np.bool_ would say True."""
    f = lambda t: t * ((t > 1.0) + (t > 2.0) - (t < 5.0))
    value, slope = dualtape.value_and_jacobian(f, mode=mode)(3.0)
    assert (value, slope) == (3.0, 1.0)
