"""Finding what is not finite: `dualtape.debug()` stops at the first operation whose value or derivative is not finite,
and names the user's file and line."""

import threading

import numpy as np
import pytest

import dualtape as dt
from dualtape.errors import NonFiniteError, OptionError

NAN, INF = np.nan, np.inf


def _line(f, offset=1):
    """Where line `offset` of a function stands, as a message names it."""
    return f"{__file__}:{f.__code__.co_firstlineno + offset}"


def _log(x):
    y = np.log(x)
    return np.sum(y * x)


def _masked(x):
    y = np.sqrt(x)
    return np.sum(np.where(x > 0, y, 0.0))


def _root(x):
    y = np.sqrt(x)
    return np.sum(y)


def _bent(x):
    y = x**1.5
    return np.sum(y)


def _norm(x):
    y = np.linalg.norm(x)
    return y * 2.0


def _scalars(x):
    y = 1.0 / x[1]
    return x[0] * y


def _overflow(x):
    y = np.exp(1000.0 * x)
    return np.sum(y)


def _cancelled(x):
    y = np.exp(1000.0 * x)
    return np.sum(y - y)


def _late(x):
    total = 0.0
    for k in range(3):
        total = total + np.log(x[k])
    return total


def _product(x):
    A = np.outer(x, x) * 1e200
    return np.sum(A @ A)


def _large(x):
    y = np.log(np.zeros(5000) + x[1])
    return np.sum(y)


X = np.array([1.0, 0.0])
DRIVERS = {
    "grad": lambda f, x: dt.grad(f)(x),
    "grad forward": lambda f, x: dt.grad(f, mode="forward")(x),
    "value_and_grad": lambda f, x: dt.value_and_grad(f)(x),
    "jacobian": lambda f, x: dt.jacobian(f)(x),
    "jacobian forward": lambda f, x: dt.jacobian(f, mode="forward")(x),
    "hessian": lambda f, x: dt.hessian(f)(x),
    "hessian forward": lambda f, x: dt.hessian(f, mode="forward")(x),
    "derivatives": lambda f, x: dt.derivatives(f, x),
    "jvp": lambda f, x: dt.jvp(f, x, np.ones_like(x)),
    "jvp forward": lambda f, x: dt.jvp(f, x, np.ones_like(x), mode="forward"),
    "vjp": lambda f, x: dt.vjp(f, x),
    "hvp": lambda f, x: dt.hvp(f, x, np.ones_like(x)),
    "weighted_hessian": lambda f, x: dt.weighted_hessian(f, x, 1.0),
    "linearize": lambda f, x: dt.linearize(f, x),
    "nested": lambda f, x: dt.grad(lambda x: np.sum(dt.grad(f)(x)))(x),
    "program": lambda f, x: dt.record(f, np.ones(2)).grad(x),
    "program jacobian": lambda f, x: dt.record(f, np.ones(2)).jacobian(x),
    "program hessian": lambda f, x: dt.record(f, np.ones(2)).hessian(x),
    "program batch": lambda f, x: dt.record(f, np.ones(2)).batch(x[None], "grad"),
}


def _caught(f, x=X, driver="grad", **options):
    with dt.debug(**options), np.errstate(all="ignore"), pytest.raises(NonFiniteError) as caught:
        DRIVERS[driver](f, x)
    return str(caught.value)


@pytest.mark.parametrize("driver", [*DRIVERS, "program value"])
def test_every_driver_stops_at_the_value(driver):
    drivers = {**DRIVERS, "program value": lambda f, x: dt.record(f, np.ones(2))(x)}
    with dt.debug(), np.errstate(all="ignore"), pytest.raises(NonFiniteError) as caught:
        drivers[driver](_log, X)
    assert "np.log gives -inf (element 1 of 2" in str(caught.value)
    assert "operand 0.0" in str(caught.value)
    assert _line(_log) in str(caught.value)


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_stops_at_the_derivative(driver):
    message = _caught(_root, driver=driver)
    assert "np.sqrt: " in message
    assert "derivative" in message
    assert "is inf (element 1 of 2" in message
    assert _line(_root) in message


@pytest.mark.parametrize("driver", [name for name in DRIVERS if "hess" in name or name in ("hvp", "derivatives")])
def test_drivers_of_second_order_stop_at_second_derivatives(driver):
    message = _caught(_bent, driver=driver)
    assert "np.power: a second derivative by its operand is inf" in message
    assert _line(_bent) in message
    with dt.debug():
        np.testing.assert_array_equal(dt.grad(_bent)(X), [1.5, 0.0])


@pytest.mark.parametrize(
    ("f", "x", "what"),
    [
        (_scalars, X, "np.divide gives inf, operands 1.0 and 0.0"),
        (_overflow, X, "np.exp gives inf (element 0 of 2"),
        (_late, np.array([1.0, 0.0, -1.0]), "np.log gives -inf, operand 0.0"),
        (_product, np.array([1.0, 1.0]), "np.matmul gives inf (element 0 of 4"),
        (_large, X, "np.log gives -inf (element 0 of 5000"),
    ],
)
def test_the_first_operation_is_named(f, x, what):
    message = _caught(f, x)
    assert what in message
    assert __file__ in message


def test_a_second_derivative_that_is_not_a_number():
    assert "is nan" in _caught(_norm, np.zeros(2), "hessian")
    with dt.debug():
        np.testing.assert_array_equal(dt.grad(_norm)(np.zeros(2)), np.zeros(2))


def test_what_is_looked_for_can_be_chosen():
    with np.errstate(all="ignore"):
        assert "np.subtract gives nan" in _caught(_cancelled, inf=False)
        assert "np.exp gives inf" in _caught(_cancelled, nan=False)
    with pytest.raises(OptionError, match="nothing to stop at"):
        dt.debug(nan=False, inf=False)


def test_a_branch_that_was_not_taken_is_no_trouble_in_reverse():
    with dt.debug():
        np.testing.assert_array_equal(dt.grad(_masked)(X), [0.5, 0.0])
    assert "np.sqrt: a derivative of its result is inf" in _caught(_masked, driver="grad forward")


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_is_finite_passes_with_the_same_result(driver):
    def f(x):
        return np.sum(np.exp(x) * x[::-1]) + (x[0] if x[0] > 0 else x[1]) * np.max(x) + np.linalg.norm(x)

    expected = DRIVERS[driver](f, np.array([1.0, 2.0]))
    with dt.debug():
        found = DRIVERS[driver](f, np.array([1.0, 2.0]))
    if driver in ("vjp", "linearize"):
        expected, found = expected[0], found[0]
    elif isinstance(expected, tuple):
        expected, found = expected[-1], found[-1]
    np.testing.assert_array_equal(found, expected)


def test_contexts_nest_and_end():
    with dt.debug(nan=True, inf=False):
        with dt.debug(nan=False, inf=True):
            assert "gives inf" in _caught(_overflow)
        with np.errstate(all="ignore"):
            assert np.all(np.isinf(dt.grad(lambda x: np.sum(np.exp(1000.0 * x)))(np.ones(2))))
    with np.errstate(all="ignore"):
        assert dt.grad(_root)(X)[1] == INF


def test_an_error_in_between_ends_the_context():
    with pytest.raises(KeyError), dt.debug():
        raise KeyError
    with np.errstate(all="ignore"):
        assert dt.grad(_root)(X)[1] == INF


def test_other_threads_are_left_alone():
    found = []

    def work():
        with np.errstate(all="ignore"):
            found.append(dt.grad(_root)(X)[1])

    with dt.debug():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == [INF]


def test_the_cause_of_an_error_of_f_is_named():
    def f(x):
        y = np.log(x)
        return np.linalg.inv(np.outer(y, y) * np.nan_to_num(y[0]))[0, 0]

    with dt.debug(), np.errstate(all="ignore"), pytest.raises(NonFiniteError, match=r"np\.log gives -inf"):
        dt.grad(f)(X)


def test_loaded_programs_name_the_operation(tmp_path):
    dt.record(_root, np.ones(2)).save(tmp_path / "root.tape")
    program = dt.load(tmp_path / "root.tape")
    with dt.debug():
        np.testing.assert_array_equal(program.grad(np.ones(2)), [0.5, 0.5])
        with pytest.raises(NonFiniteError, match=r"np\.sqrt: .*is inf") as caught:
            program.grad(X)
    assert __file__ in str(caught.value)


def test_captured_numbers_are_inspected_with_the_inner_derivative():
    def outer(t):
        return dt.grad(lambda s: np.sqrt(s) * t)(0.0)

    with dt.debug(), pytest.raises(NonFiniteError, match=r"np\.sqrt: .*is inf") as caught:
        dt.grad(outer)(2.0)
    assert _line(outer) in str(caught.value)


def test_user_errors_pass_through():
    with dt.debug(), pytest.raises(ZeroDivisionError):
        dt.grad(lambda x: x * (1 / 0))(1.0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_constants_that_are_not_finite_are_no_trouble_where_they_only_move(mode):
    def f(x):
        y = np.concatenate([x, [NAN, INF]])
        masked = np.where(np.array([True, False]), x, -INF)
        return np.nansum(y[:3]) + np.sum(y[:2]) + np.max(masked)

    with dt.debug():
        np.testing.assert_array_equal(dt.grad(f, mode=mode)(np.array([1.0, 2.0])), [3.0, 2.0])
    with dt.debug(), pytest.raises(NonFiniteError, match="np.multiply gives -inf"):
        dt.grad(lambda x: np.sum(np.where(np.array([True, False]), x, -INF) * 2.0), mode=mode)(np.array([1.0, 2.0]))
