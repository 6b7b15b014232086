"""Chapter four: two nonlinear regressions of NIST's Statistical Reference Datasets, solved from the first start.

Data, starts and certified values are those of NIST StRD, nonlinear regression, data sets Rat43 (Ratkowsky 1983) and
Thurber, both of higher difficulty, certified to 11 digits: https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dualtape
from dualtape.cli.tour import least_squares
from dualtape.cli.tour.least_squares import Array, Fit
from dualtape.cli.tour.page import Page

TITLE = "Nonlinear least squares: NIST's certified fits, on dualtape's Jacobian"

_CERTIFIED_DIGITS = 11
_DIGITS_WANTED = 8


@dataclass(frozen=True)
class DataSet:
    """One regression problem as NIST publishes it; `parameters` and `deviations` are certified."""

    name: str
    formula: str
    model: Callable[[Any, Array], Any]
    x: Array
    y: Array
    start: tuple[float, ...]
    parameters: tuple[float, ...]
    deviations: tuple[float, ...]
    sum_of_squares: float


def _rat43(b: Any, x: Array) -> Any:
    return b[0] / (1.0 + np.exp(b[1] - b[2] * x)) ** (1.0 / b[3])


def _thurber(b: Any, x: Array) -> Any:
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1.0 + b[4] * x + b[5] * x**2 + b[6] * x**3)


RAT43 = DataSet(
    name="Rat43",
    formula="y = b1 / (1 + exp(b2 - b3 x))^(1/b4)",
    model=_rat43,
    x=np.arange(1.0, 16.0),
    y=np.array(
        [
            16.08,
            33.83,
            65.80,
            97.20,
            191.55,
            326.20,
            386.87,
            520.53,
            590.03,
            651.92,
            724.93,
            699.56,
            689.96,
            637.56,
            717.41,
        ]
    ),
    start=(100.0, 10.0, 1.0, 1.0),
    parameters=(6.9964151270e02, 5.2771253025e00, 7.5962938329e-01, 1.2792483859e00),
    deviations=(1.6302297817e01, 2.0828735829e00, 1.9566123451e-01, 6.8761936385e-01),
    sum_of_squares=8.7864049080e03,
)

THURBER = DataSet(
    name="Thurber",
    formula="y = (b1 + b2 x + b3 x^2 + b4 x^3) / (1 + b5 x + b6 x^2 + b7 x^3)",
    model=_thurber,
    x=np.array(
        [-3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501]
        + [-1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545, -0.400, -0.309, -0.109, -0.103]
        + [0.010, 0.119, 0.377, 0.790, 0.963, 1.006, 1.115, 1.572, 1.841, 2.047, 2.200]
    ),
    y=np.array(
        [80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696, 101.060, 401.672]
        + [
            390.724,
            567.534,
            635.316,
            733.054,
            759.087,
            894.206,
            990.785,
            1090.109,
            1080.914,
            1122.643,
            1178.351,
            1260.531,
        ]
        + [1273.514, 1288.339, 1327.543, 1353.863, 1414.509, 1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894]
        + [1457.628]
    ),
    start=(1000.0, 1000.0, 400.0, 40.0, 0.7, 0.3, 0.03),
    parameters=(
        *(1.2881396800e03, 1.4910792535e03, 5.8323836877e02, 7.5416644291e01),
        *(9.6629502864e-01, 3.9797285797e-01, 4.9727297349e-02),
    ),
    deviations=(
        *(4.6647963344e00, 3.9571156086e01, 2.8698696102e01, 5.5675370270e00),
        *(3.1333340687e-02, 1.4984928198e-02, 6.5842344623e-03),
    ),
    sum_of_squares=5.6427082397e03,
)


def solve(problem: DataSet) -> Fit:
    """Fit one data set from NIST's first start, on dualtape's Jacobian of the residuals."""
    with_jacobian = dualtape.value_and_jacobian(lambda b: problem.model(b, problem.x) - problem.y)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a trial step may leave the model's domain
        return least_squares.fit(with_jacobian, problem.start)


def digits(computed: Any, certified: Any) -> Array:
    """Number of digits agreed on, ``-log10`` of the relative error, at most the 11 that are certified."""
    error = np.abs(np.asarray(computed) - certified) / np.abs(certified)
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(-np.log10(error), _CERTIFIED_DIGITS))


def write(page: Page) -> None:
    page.text("The Jacobian of the residuals is dualtape's; the steps are NumPy's QR and least squares on it.")
    page.text('"digits" is -log10 of the relative error against NIST, whose values are certified to 11 digits.')
    for problem in (RAT43, THURBER):
        _write_fit(page, problem)


def _write_fit(page: Page, problem: DataSet) -> None:
    found = solve(problem)
    agreed = digits(found.parameters, problem.parameters)
    agreed_deviations = digits(found.deviations, problem.deviations)
    m, n = problem.y.size, len(problem.start)
    start = ", ".join(f"{b:g}" for b in problem.start)
    page.text()
    page.text(f"{problem.name}: {problem.formula}")
    page.text(f"{m} observations, {n} parameters, from NIST's first start ({start}): {found.steps} steps")
    page.text()
    rows: list[tuple[str, ...]] = [
        ("", "parameter", "certified", "digits", "standard deviation", "certified", "digits")
    ]
    for k in range(n):
        parameter = (f"{found.parameters[k]:.10e}", f"{problem.parameters[k]:.10e}", f"{agreed[k]:.1f}")
        deviation = (f"{found.deviations[k]:.10e}", f"{problem.deviations[k]:.10e}", f"{agreed_deviations[k]:.1f}")
        rows.append((f"b{k + 1}", *parameter, *deviation))
    page.table(rows)
    page.text()
    rss = found.sum_of_squares
    wanted, claim = _DIGITS_WANTED, f"{problem.name}: at least {_DIGITS_WANTED} digits of"
    page.check_at_least(f"{claim} the parameters", agreed.min(), wanted)
    page.check_at_least(f"{claim} the standard deviations", agreed_deviations.min(), wanted)
    page.check_at_least(f"{claim} the sum of squares {rss:.10e}", digits(rss, problem.sum_of_squares).item(), wanted)
