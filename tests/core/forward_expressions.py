"""Expressions in two variables and their derivatives at 40 digits by mpmath: the oracle of the forward-mode numbers."""

import mpmath
import numpy as np

# f(module, x, y): the module gives the elementary functions, of NumPy or of mpmath
EXPRESSIONS = {
    "operators": lambda m, x, y: (x * y - 3.0 / x + 2.0 * y) / (y - x / 7.0),
    "powers": lambda m, x, y: x**3 + y**-2 + x**y + 2.0**x - y**0.5,
    "reflected": lambda m, x, y: 1.0 - x + (2.0 - y) * 3.0 / (1.5 + x),
    "exponentials": lambda m, x, y: m.exp(x * y) * m.log(x + y),
    "waves": lambda m, x, y: m.sin(x * y) + m.cos(x) * m.tan(y / 3.0),
    "hyperbolic": lambda m, x, y: m.tanh(x - y) + m.sinh(x) / m.cosh(y),
    "roots": lambda m, x, y: m.sqrt(x * x + y * y) + m.sqrt(x) * y,
    "piecewise": lambda m, x, y: abs(x - y) * x + abs(-y) * y,
    "signs": lambda m, x, y: -x * +y - -(x * x),
    "remainder": lambda m, x, y: (x * x) % y + y % 0.3,
    "nested": lambda m, x, y: m.exp(m.sin(x) * m.log(y)) / (1.0 + m.exp(-x * y)),
    "in_place": lambda m, x, y: _in_place(x, y),
}


def _in_place(x, y):
    s = x * 1.0
    s += y
    s *= x
    s -= 2.0 * y
    s /= 1.0 + y
    return s


def exact(name, x, y):
    """Value, gradient (2,) and Hessian (2, 2) of an expression, rounded from 40 digits."""
    f = EXPRESSIONS[name]
    with mpmath.workdps(40):

        def partial(i, j):
            if i == j == 0:
                return float(f(mpmath, mpmath.mpf(x), mpmath.mpf(y)))
            return float(mpmath.diff(lambda u, v: f(mpmath, u, v), (mpmath.mpf(x), mpmath.mpf(y)), (i, j)))

        gradient = np.array([partial(1, 0), partial(0, 1)])
        hessian = np.array([[partial(2, 0), partial(1, 1)], [partial(1, 1), partial(0, 2)]])
        return partial(0, 0), gradient, hessian
