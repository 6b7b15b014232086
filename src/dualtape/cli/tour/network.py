"""Chapter three: a network of two layers: the chain rule as a matrix product, the pullback as backpropagation."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualtape
from dualtape.cli.tour.page import Page

TITLE = "A two-layer network: the chain rule as a product, the pullback as backpropagation"

# All entries are small binary fractions: every number below is exact, and the third unit lies exactly at ReLU's kink.
X = np.array([1.0, -2.0, 0.5])
W1 = np.array([[0.5, -0.25, 1.0], [-1.0, 0.5, 0.25], [2.0, 1.0, 1.0], [0.25, -0.5, -1.5]])
B1 = np.array([0.25, -0.5, -0.5, 1.0])
W2 = np.array([[1.0, -0.5, 2.0, 0.75], [-0.25, 1.5, 0.5, 1.0]])
B2 = np.array([0.125, -1.0])


def hidden_layer(x: Any, W: Any, b: Any) -> Any:
    return np.maximum(W @ x + b, 0.0)


def output_layer(h: Any, W: Any, b: Any) -> Any:
    return W @ h + b


def network(x: Any, W_hidden: Any, b_hidden: Any, W_out: Any, b_out: Any) -> Any:
    return output_layer(hidden_layer(x, W_hidden, b_hidden), W_out, b_out)


def write(page: Page) -> None:
    page.text("h = relu(W1 x + b1),  y = W2 h + b2    with 3 inputs, 4 hidden units, 2 outputs")
    page.text()
    z = W1 @ X + B1
    slope = (z > 0).astype(float)
    page.matrix("W1 x + b1", z)
    page.matrix("relu'    ", slope)
    page.text("  (the third unit sits at its kink: relu'(0) = 0)")
    page.text()
    h, J1 = dualtape.value_and_jacobian(hidden_layer)(X, W1, B1)
    J2 = dualtape.jacobian(output_layer)(h, W2, B2)
    J = dualtape.jacobian(network)(X, W1, B1, W2, B2)
    page.matrix("J1 = dh/dx", J1)
    page.matrix("J2 = dy/dh", J2)
    page.matrix("J  = dy/dx", J)
    page.text()
    page.check("J1 = diag(relu') W1", J1, slope[:, None] * W1)
    page.check("J2 = W2", J2, W2)
    page.check("J = J2 J1", J, J2 @ J1)
    page.check("J = W2 diag(relu') W1", J, W2 @ (slope[:, None] * W1))
    _write_backpropagation(page, z, slope)


def _write_backpropagation(page: Page, z: Any, slope: Any) -> None:
    w = np.array([1.0, -2.0])
    h = np.maximum(z, 0.0)
    _, pullback = dualtape.vjp(network, X, W1, B1, W2, B2)
    x_bar, W1_bar, b1_bar, W2_bar, b2_bar = pullback(w)
    delta = slope * (W2.T @ w)
    page.text()
    page.text("  the pullback of w = (1, -2), against backpropagation by hand with delta = relu' * (W2' w)")
    page.text()
    page.matrix("delta", delta)
    page.matrix("x_bar", x_bar)
    page.text()
    page.check("cotangent of x  = W1' delta", x_bar, W1.T @ delta)
    page.check("cotangent of W1 = delta x'", W1_bar, np.outer(delta, X))
    page.check("cotangent of b1 = delta", b1_bar, delta)
    page.check("cotangent of W2 = w h'", W2_bar, np.outer(w, h))
    page.check("cotangent of b2 = w", b2_bar, w)
