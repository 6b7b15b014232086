"""``where=`` of every kind of function, given as all that NumPy takes for truth values: lists of numbers, scalars,
ranges. An array must hold truth values itself, as NumPy says."""

import numpy as np
import pytest

import dualtape

X = np.array([0.4, -1.2, 0.9, 1.7])


def _written(write):
    def f(x, where):
        y = x * 2.0
        write(y, x, where)
        return y

    return f


FUNCTIONS = {
    "copyto": _written(lambda y, x, where: np.copyto(y, x[1], where=where)),
    "copyto of rows": lambda x, where: _written(lambda y, x, w: np.copyto(y, x[1], where=w))(np.stack([x, x]), where),
    "unary": _written(lambda y, x, where: np.exp(x, out=y, where=where)),
    "binary": _written(lambda y, x, where: np.multiply(x, x, out=y, where=where)),
    "sum": lambda x, where: np.sum(x * x, where=where),
    "prod": lambda x, where: x.prod(where=where),
    "mean": lambda x, where: np.mean(x, where=where),
    "var": lambda x, where: np.var(x, where=where),
    "std": lambda x, where: np.std(x, where=where),
    "max": lambda x, where: np.max(x, where=where, initial=-9.0),
    "reduce": lambda x, where: np.add.reduce(x, where=where),
    "reduce, a fold": lambda x, where: np.logaddexp.reduce(x, where=where, initial=0.5),
    "nansum": lambda x, where: np.nansum(x, where=where),
    "nanmean": lambda x, where: np.nanmean(x * x, where=where),
    "nanstd": lambda x, where: np.nanstd(x, where=where),
    "complex sum": lambda x, where: np.abs(np.sum(x * (1.0 + 2.0j), where=where)),
    "complex unary": lambda x, where: np.abs(np.exp(1j * x, out=(x + 1.0) * (1.0 + 0.5j), where=where)),
}
CONDITIONS = {
    "whole numbers": [1, 0, 0, 1],
    "large numbers": [2, 0, 0, -1],
    "floats": [1.0, 0.0, 0.5, 1.0],
    "a tuple": (1, 0, 1, 0),
    "a range": range(4),
    "truth values": [True, False, True, True],
    "an array": np.array([True, False, True, True]),
    "1": 1,
    "np.True_": np.True_,
    "an array of ints": np.array([1, 0, 0, 1]),
    "an array of floats": np.array([1.0, 0.0, 0.0, 1.0]),
    "an array of small ints": np.array([1, 0, 0, 1], np.int8),
}
WAYS = {
    "reverse": lambda f, x: dualtape.value_and_jacobian(f)(x),
    "as it stands": lambda f, x: dualtape.value_and_jacobian(f, rewrite=False)(x),
    "forward": lambda f, x: dualtape.value_and_jacobian(f, mode="forward")(x),
    "replayed": lambda f, x: (lambda p: (p(x), p.jacobian(x)))(dualtape.record(f, x + 0.125)),
}


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_conditions_are_read_as_numpy_reads_them(function, condition, way):
    where, f = CONDITIONS[condition], FUNCTIONS[function]

    def called(x):
        return f(x, where)

    try:
        expected = called(X)
    except TypeError as error:
        with pytest.raises(TypeError, match="according to the rule 'safe'") as ours:
            WAYS[way](called, X)
        assert str(ours.value) == str(error)
        return
    value, jacobian = WAYS[way](called, X)
    np.testing.assert_allclose(value, expected, rtol=1e-15)  # old NumPys compute single elements otherwise
    h = 1e-6
    steps = [(np.asarray(called(X + d)) - called(X - d)) / (2.0 * h) for d in h * np.eye(4)]
    np.testing.assert_allclose(jacobian, np.stack(steps, axis=-1), rtol=1e-7, atol=1e-8)
