"""Chapter two: second derivatives of vector functions, as tensors ``H[i, j, k] = d2 f_i / dx_j dx_k``."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualtape
from dualtape.cli.tour.page import Page

TITLE = "Hessian tensors: R^2 -> R^2 and R^3 -> R^2"


def plane_map(p: Any) -> Any:
    x, y = p
    return np.array([x * x * y, x * np.exp(y)])


def space_map(p: Any) -> Any:
    x, y, z = p
    return np.array([x * y**2 * z**3, np.exp(x * y) + x / z])


def write(page: Page) -> None:
    _write_tensor(page, "f(x, y) = (x^2 y, x exp y)", plane_map, (1.5, -0.5), _plane_hessian)
    page.text()
    _write_tensor(page, "g(x, y, z) = (x y^2 z^3, exp(x y) + x/z)", space_map, (0.5, -1.0, 2.0), _space_hessian)
    _write_by_hand(page)


def _write_tensor(page: Page, formula: str, f: Any, point: tuple[float, ...], closed_form: Any) -> None:
    name, x = formula[0], np.array(point)
    value, J, H = dualtape.derivatives(f, x, order=2)
    page.text(f"{formula}    at ({', '.join(f'{entry:g}' for entry in point)})")
    page.text()
    page.matrix(f"{name}     ", value)
    page.matrix(f"{name}'    ", J)
    for i in range(value.size):
        page.matrix(f"{name}[{i}]''", H[i])
    page.text()
    H_closed, m, n = closed_form(*point), value.size, x.size
    page.check(f"Hessian tensor of {name}, shape ({m}, {n}, {n})", H, H_closed)
    forward, reverse = dualtape.hessian(f, mode="forward")(x), dualtape.hessian(f, mode="reverse")(x)
    page.check(f"Hessian of {name}, mode='forward' (hyper-dual numbers)", forward, H_closed)
    page.check(f"Hessian of {name}, mode='reverse' (second-order sweeps)", reverse, H_closed)
    page.check(f"jacobian(jacobian({name})), nested", dualtape.jacobian(dualtape.jacobian(f))(x), H_closed)
    page.check("H[i, j, k] = H[i, k, j], bit for bit", H, H.transpose(0, 2, 1), tolerance=0.0)
    w = np.array([3.0, -2.0])
    claim = f"weighted_hessian with w = (3, -2) is 3 {name}[0]'' - 2 {name}[1]''"
    page.check(claim, dualtape.weighted_hessian(f, x, w), 3.0 * H_closed[0] - 2.0 * H_closed[1])


def _plane_hessian(x: float, y: float) -> Any:
    e = np.exp(y)
    return np.array([[[2 * y, 2 * x], [2 * x, 0.0]], [[0.0, e], [e, x * e]]])


def _space_hessian(x: float, y: float, z: float) -> Any:
    first = [[0.0, 2 * y * z**3, 3 * y**2 * z**2], [2 * y * z**3, 2 * x * z**3, 6 * x * y * z**2]]
    first.append([3 * y**2 * z**2, 6 * x * y * z**2, 6 * x * y**2 * z])
    e = np.exp(x * y)
    second = [[y * y * e, (1 + x * y) * e, -1 / z**2], [(1 + x * y) * e, x * x * e, 0.0]]
    second.append([-1 / z**2, 0.0, 2 * x / z**3])
    return np.array([first, second])


def _write_by_hand(page: Page) -> None:
    """Hyper-dual arithmetic by hand: with e1 along x and e2 along y, the e1 e2 part is d2 f / dx dy."""
    x, y = dualtape.HyperDual(1.5, 1.0, 0.0), dualtape.HyperDual(-0.5, 0.0, 1.0)
    second = plane_map((x, y))[1]
    e = np.exp(-0.5)
    page.text()
    page.text("f[1] once more, in hyper-dual numbers by hand: x = 1.5 + e1, y = -0.5 + e2")
    page.text()
    page.text(f"  x exp y = {second!r}")
    page.text()
    parts = [second.primal, second.x1, second.x2, second.x12]
    page.check("its parts are f, df/dx, df/dy, d2f/dx dy", parts, [1.5 * e, e, 1.5 * e, e])
