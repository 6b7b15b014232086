"""Chapter one: the polar map, its Jacobian and determinant, a tangent pushed forward and a cotangent pulled back."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualtape
from dualtape.cli.tour.page import Page

TITLE = "The polar map: Jacobian, determinant, JVP and VJP"


def cartesian(p: Any) -> Any:
    r, phi = p
    return np.array([r * np.cos(phi), r * np.sin(phi)])


def polar(q: Any) -> Any:
    x, y = q
    return np.array([np.hypot(x, y), np.arctan2(y, x)])


def write(page: Page) -> None:
    r, phi = point = np.array([2.0, 0.785])
    c, s = np.cos(phi), np.sin(phi)
    J_closed = np.array([[c, -r * s], [s, r * c]])
    page.text("f(r, phi) = (r cos phi, r sin phi)    at r = 2, phi = 0.785")
    page.text()
    value, J = dualtape.value_and_jacobian(cartesian)(point)
    page.matrix("f", value)
    page.matrix("J", J)
    page.text()
    page.check("f = (r cos phi, r sin phi)", value, [r * c, r * s], tolerance=0.0)
    page.check("J = [cos phi, -r sin phi; sin phi, r cos phi]", J, J_closed)
    page.check("J, mode='forward' (dual numbers)", dualtape.jacobian(cartesian, mode="forward")(point), J_closed)
    page.check("J, mode='reverse' (the tape)", dualtape.jacobian(cartesian, mode="reverse")(point), J_closed)
    page.check("det J = r", np.linalg.det(J), r)
    _write_products(page, point, J_closed)
    back = dualtape.jacobian(polar)(value)
    page.check("Jacobian of the inverse map (hypot, arctan2), times J, is the identity", back @ J, np.eye(2))


def _write_products(page: Page, point: Any, J_closed: Any) -> None:
    tangent, cotangent = np.array([1.0, 0.5]), np.array([2.0, -1.0])
    _, pushed = dualtape.jvp(cartesian, point, tangent)
    _, pullback = dualtape.vjp(cartesian, point)
    pulled = pullback(cotangent)
    page.text()
    page.matrix("J  (1, 0.5) ", pushed)
    page.matrix("J' (2, -1)  ", pulled)
    page.text()
    page.check("JVP of the tangent (1, 0.5)", pushed, J_closed @ tangent)
    page.check("VJP of the cotangent (2, -1)", pulled, J_closed.T @ cotangent)
    page.check("<w, J v> = <J' w, v>", cotangent @ pushed, pulled @ tangent)
