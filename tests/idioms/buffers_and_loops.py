"""Functions as people write them: buffers that are filled, loops, branches, in-place arithmetic."""

import math

import numpy as np
from idiom import idiom

VECTOR = np.array([0.7, 1.3, -0.4, 2.1])
POSITIVE = np.array([0.7, 1.3, 0.4, 2.1])
MATRIX = np.array([[2.0, 0.3, -0.1], [0.3, 1.5, 0.4], [-0.1, 0.4, 1.1]])


@idiom(VECTOR)
def filled_element_by_element(x):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = x[i] ** 2 * np.sin(x[i - 1])
    return y


@idiom(VECTOR)
def filled_by_slices(x):
    y = np.empty(2 * x.size)
    y[: x.size] = np.exp(x)
    y[x.size :] = x[::-1] * y[: x.size]
    return y


@idiom(VECTOR)
def residuals_of_a_boundary_value_problem(x):
    h = 1.0 / (x.size + 1)
    r = np.zeros_like(x)
    r[0] = -2 * x[0] + x[1]
    r[-1] = x[-2] - 2 * x[-1]
    r[1:-1] = x[:-2] - 2 * x[1:-1] + x[2:]
    return r / h**2 + np.exp(x)


@idiom(np.array([0.3, -0.2]))
def runge_kutta(p):
    y = np.array([1.0, 0.5])
    trajectory = np.zeros((6, 2))
    trajectory[0] = y

    def rhs(t, y):
        return np.array([y[1], p[0] * (1 - y[0] ** 2) * y[1] - y[0] + p[1] * np.sin(t)])

    h = 0.1
    for k in range(5):
        t = k * h
        k1 = rhs(t, y)
        k2 = rhs(t + h / 2, y + h / 2 * k1)
        k3 = rhs(t + h / 2, y + h / 2 * k2)
        k4 = rhs(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        trajectory[k + 1] = y
    return trajectory


@idiom(np.array([0.4, 1.2]))
def rotation_matrix(x):
    angle, scale = x
    c, s = math.cos(angle), math.sin(angle)
    return scale * np.array([[c, -s], [s, c]]) @ np.array([1.0, 2.0])


@idiom(np.array([0.4, 0.9, -0.3]))
def denavit_hartenberg(q):
    T = np.eye(4)
    for angle, a, alpha in zip(q, (0.5, 0.3, 0.1), (0.0, math.pi / 2, 0.2), strict=True):
        ca, sa = math.cos(alpha), math.sin(alpha)
        ct, st = math.cos(angle), math.sin(angle)
        A = np.array([[ct, -st * ca, st * sa, a * ct], [st, ct * ca, -ct * sa, a * st], [0, sa, ca, 0.1], [0, 0, 0, 1]])
        T = T @ A
    return T[:3, 3]


@idiom(VECTOR)
def accumulated_in_place(x):
    total = np.zeros(3)
    for k, value in enumerate(x):
        total[k % 3] += value**2
        total *= 1.1
    return total


@idiom(VECTOR)
def alias_is_the_same_array(x):
    y = x.copy()
    w = y
    w *= 2.0
    w[1:3] += y[0]
    return y * w


@idiom(MATRIX)
def row_views_write_through(A):
    B = np.array(A)
    row = B[0]
    row[:] = row**2
    B[:, 1] -= row
    diagonal = np.einsum("ii->i", B)
    diagonal *= 3.0
    return B


@idiom(VECTOR)
def masked_assignment(x):
    y = x.copy()
    y[y < 0] = 0.1 * y[y < 0]
    y[np.abs(x) > 2] **= 2
    return y


@idiom(VECTOR)
def add_at_with_duplicates(x):
    counts = np.zeros(3)
    np.add.at(counts, [0, 2, 2, 0], x**2)
    return counts


@idiom(VECTOR)
def out_arguments(x):
    y = np.empty_like(x)
    np.multiply(x, x, out=y)
    np.exp(y, out=y)
    np.add(y, x, out=y, where=x > 0)
    return y


@idiom(VECTOR)
def swap_and_roll_in_place(x):
    y = np.array(x, dtype=float)
    y[[0, 1]] = y[[1, 0]]
    y[1:] = y[:-1] * x[1:]
    y[0], y[3] = y[3], y[0] ** 2
    return y


@idiom(MATRIX.ravel()[:6])
def gaussian_elimination(v):
    A = np.zeros((3, 3))
    A[np.triu_indices(3)] = v
    A += A.T + 5.0 * np.eye(3)
    b = np.array([1.0, v[0], 2.0])
    n = len(b)
    for i in range(n):
        pivot = i + np.argmax(np.abs(A[i:, i]))
        A[[i, pivot]] = A[[pivot, i]]
        b[[i, pivot]] = b[[pivot, i]]
        for j in range(i + 1, n):
            factor = A[j, i] / A[i, i]
            A[j, i:] -= factor * A[i, i:]
            b[j] -= factor * b[i]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


@idiom(np.array(2.5))
def newton_iteration_on_a_scalar(a):
    y = a / 2
    while abs(y * y - a) > 1e-13 * a:
        y = 0.5 * (y + a / y)
    return y


@idiom(np.array(0.8))
def float_and_math(x):
    y = float(x) * 2
    return math.exp(math.sin(y)) + math.sqrt(y) + math.atan2(y, 2.0) + math.hypot(y, 1.0) + math.log(y, 10) + y**1.5


@idiom(VECTOR)
def comprehension_and_sum(x):
    squares = [math.exp(-(float(v) ** 2)) for v in x]
    return sum(squares) + max(squares) + math.fsum(squares) + sum(a * b for a, b in zip(squares, x, strict=True))


@idiom(VECTOR)
def list_into_array(x):
    rows = []
    for i in range(3):
        rows.append([x[i], x[i + 1] ** 2, 1.0])
    A = np.array(rows)
    return A.T @ A + np.asarray([x[0], 2.0, x[1]])


@idiom(VECTOR)
def dictionary_and_formatting(x):
    parameters = {"rate": x[0], "scale": x[1], "offset": float(x[2])}
    label = f"{parameters['rate']:.3f} {x} {str(x[0])}"
    return parameters["rate"] * np.exp(parameters["scale"]) + parameters["offset"] * x[3] + 0 * len(label)


@idiom(VECTOR)
def branch_on_a_value(x):
    if x[0] > 0.5 and not np.any(x > 5):
        return np.where(x > 0, np.sqrt(np.abs(x)), x**3)
    return x


@idiom(VECTOR)
def append_and_concatenate(x):
    result = np.array([])
    for v in x:
        result = np.append(result, v**3)
    return np.concatenate([result, [x[0] * x[1]], np.ones(1)])


@idiom(VECTOR)
def stacked_columns(x):
    t = np.linspace(0, 1, 4)
    design = np.column_stack([np.ones_like(t), t * x, np.cos(t * x[0])])
    return np.vstack([design, np.hstack([x[:2], 1.0])]).sum(axis=0)


@idiom(POSITIVE)
def vectorized_function(x):
    def kernel(v, c):
        if v > 1.0:
            return c * math.log(v)
        return c * v**2

    return np.vectorize(kernel)(x, 2.0)


@idiom(VECTOR)
def from_iterables(x):
    return np.fromiter((v * v for v in x), dtype=float) + np.array(x.tolist()) * x[0].item() + np.float64(x[1])


@idiom(VECTOR)
def full_and_eye(x):
    return np.full((2, 2), x[0]) @ (np.eye(2) * x[1]) + np.diag(x[2:]) + np.outer(x[:2], x[2:])


@idiom(VECTOR)
def apply_along_axis(x):
    return np.apply_along_axis(lambda row: row * row.sum(), 1, x.reshape(2, 2))


@idiom(POSITIVE)
def spaces(x):
    return np.linspace(x[0], x[1], 5) * np.geomspace(x[2], x[3], 5) + np.logspace(x[0], x[1], 5) + np.arange(5) * x[0]


@idiom(POSITIVE)
def thomas_algorithm(d):
    n = len(d)
    a, b, c = np.full(n, -1.0), 4.0 + d, np.full(n, -1.0)
    cp, dp, x = np.zeros(n), np.zeros(n), np.zeros(n)
    cp[0], dp[0] = c[0] / b[0], d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x[-1] = dp[-1]
    for i in reversed(range(n - 1)):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return x


@idiom(np.array([0.2, 0.5, 1.4]))
def kalman_filter(theta):
    q, r, x0 = theta
    state, P = np.array([x0, 0.0]), np.eye(2)
    F, H = np.array([[1.0, 0.1], [0.0, 1.0]]), np.array([[1.0, 0.0]])
    Q, R = q * np.eye(2), np.array([[r]])
    loglik = 0.0
    for z in (1.0, 1.2, 0.9):
        state, P = F @ state, F @ P @ F.T + Q
        y, S = np.array([z]) - H @ state, H @ P @ H.T + R
        K = P @ H.T @ np.linalg.inv(S)
        state, P = state + K @ y, (np.eye(2) - K @ H) @ P
        loglik -= 0.5 * (math.log(2 * math.pi) + np.log(np.linalg.det(S)) + (y @ np.linalg.solve(S, y)).item())
    return loglik


@idiom(np.linspace(0.1, 0.9, 12))
def heat_equation(u0):
    u = u0.reshape(3, 4).copy()
    for _ in range(3):
        new = u.copy()
        new[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.1 * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        )
        new[:, 0] = new[:, 1] ** 2
        u = new
    return u


@idiom(VECTOR)
def running_maximum_and_sorting(x):
    best = -np.inf
    for v in x:
        best = max(best, v)
    order = sorted(x, reverse=True)
    return np.array(order) * best + np.sort(x) + np.maximum.accumulate(x)
