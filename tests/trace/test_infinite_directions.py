"""Where the argument of a function moves with infinite speed, as sqrt(s) does at s = 0, no derivative is finite and no
rule raises an error, or runs for ever: the direction that it is given need not be finite, whatever LAPACK says."""

import cases_linalg
import cases_scipy
import numpy as np
import pytest

import dualtape as dt

_CASES = [case for case in cases_linalg.CASES + cases_scipy.CASES if not case.looks]
_DRIVERS = {
    f"{driver.__name__} {mode}": lambda f, driver=driver, mode=mode: driver(f, mode=mode, rewrite=False)
    for driver in (dt.jacobian, dt.hessian)
    for mode in ("forward", "reverse")
}


def _along(case, speed):
    points = case.points()
    rng = np.random.default_rng(3)
    directions = [rng.uniform(0.5, 1.0, point.shape) for point in points]
    return lambda s: case.f(*(point + speed(s) * way for point, way in zip(points, directions, strict=True)))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.label)
def test_no_derivative_is_finite_and_no_rule_fails(case):
    with np.errstate(all="ignore"):
        moves = np.abs(dt.jacobian(_along(case, lambda s: s), mode="forward", rewrite=False)(0.0)) > 1e-12
        for name, driver in _DRIVERS.items():
            found = driver(_along(case, np.sqrt))(0.0)
            assert not np.any(np.isfinite(found) & moves), name
