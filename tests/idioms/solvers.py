"""Functions as engineers write them: relaxation, time steps, eliminations, filters and curves, with arrays in place."""

import math

import numpy as np
from idiom import idiom

LOADS = np.array([0.3, 0.8, 1.1, 0.6])


@idiom(LOADS)
def gauss_seidel(b):
    n = len(b)
    A = np.diag(4 * np.ones(n)) + np.diag(-np.ones(n - 1), 1) + np.diag(-np.ones(n - 1), -1)
    x = np.zeros_like(b)
    for _ in range(8):
        for i in range(n):
            s = b[i]
            for j in range(n):
                if j != i:
                    s -= A[i, j] * x[j]
            x[i] = s / A[i, i]
    return x**2


@idiom(LOADS)
def sor(b):
    n = b.shape[0]
    u = np.zeros((n + 2, n + 2))
    f = np.outer(b, b)
    w = 1.5
    for _it in range(3):
        for i in range(1, n + 1):
            for j in range(1, n + 1):
                r = (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j] - f[i - 1, j - 1]) / 4
                u[i, j] += w * r
    return u[1:-1, 1:-1]


@idiom(LOADS)
def burgers(u0):
    u = u0.copy()
    dx, dt, nu = 0.5, 0.01, 0.1
    for _n in range(5):
        un = u.copy()
        u[1:-1] = (
            un[1:-1] - un[1:-1] * dt / dx * (un[1:-1] - un[:-2]) + nu * dt / dx**2 * (un[2:] - 2 * un[1:-1] + un[:-2])
        )
        u[0] = un[0] - un[0] * dt / dx * (un[0] - un[-2]) + nu * dt / dx**2 * (un[1] - 2 * un[0] + un[-2])
        u[-1] = u[0]
    return u


@idiom(LOADS)
def lax_wendroff(u):
    c = 0.4
    F = lambda q: 0.5 * q**2
    for _ in range(3):
        up = np.roll(u, -1)
        uh = 0.5 * (u + up) - 0.5 * c * (F(up) - F(u))
        u = u - c * (F(uh) - F(np.roll(uh, 1)))
    return u


@idiom(LOADS)
def upwind(u):
    u = np.array(u)
    for _k in range(4):
        du = np.diff(u, prepend=u[-1])
        u -= 0.2 * np.where(u > 0, u * du, 0)
    return u


@idiom(np.array([0.3, 1.2, 0.5]))
def rk4_pendulum(p):
    th0, g, L = p
    y = np.array([th0, 0.0])
    dt = 0.05

    def rhs(t, y):
        return np.array([y[1], -g / L * np.sin(y[0])])

    ys = np.empty((11, 2))
    ys[0] = y
    t = 0.0
    for i in range(10):
        k1 = rhs(t, ys[i])
        k2 = rhs(t + dt / 2, ys[i] + dt / 2 * k1)
        k3 = rhs(t + dt / 2, ys[i] + dt / 2 * k2)
        k4 = rhs(t + dt, ys[i] + dt * k3)
        ys[i + 1] = ys[i] + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        t += dt
    return ys[:, 0]


@idiom(np.sin(np.arange(1.0, 10.0)))
def conv2d(k):
    img = np.arange(25.0).reshape(5, 5) / 25
    K = k.reshape(3, 3)
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = np.sum(img[i : i + 3, j : j + 3] * K)
    out = np.maximum(out, 0)
    return out.reshape(1, 3, 3).mean(axis=(1, 2)) + out.max()


@idiom(np.array([0.3, 0.5, 0.2, 0.4, 0.9]))
def iir(x):
    b, a = [0.2, 0.3], [1.0, -0.5, 0.1]
    y = np.zeros(len(x))
    for n in range(len(x)):
        for k in range(len(b)):
            if n - k >= 0:
                y[n] += b[k] * x[n - k]
        for k in range(1, len(a)):
            if n - k >= 0:
                y[n] -= a[k] * y[n - k]
    return y * x


@idiom(np.array([0.3, 0.5, 0.2, 0.4, 0.9]))
def median_like(x):
    p = np.pad(x, 1, mode="edge")
    return np.array([np.median(p[i : i + 3]) for i in range(len(x))]) * np.convolve(x, np.ones(3) / 3, mode="same")


@idiom(np.array([0.3, 0.5, 0.2, 0.4, 0.9, 0.1]))
def sobel(x):
    padded = np.pad(x.reshape(2, 3), 1)
    gx = padded[1:-1, 2:] - padded[1:-1, :-2]
    gy = padded[2:, 1:-1] - padded[:-2, 1:-1]
    return np.stack([np.hypot(gx, gy), np.arctan2(gy, gx + 2)])


@idiom(np.array([0.3, 0.5, 0.2, 0.4]))
def spline_nat(y):
    x = np.array([0, 1, 2, 3])
    n = len(x) - 1
    h = np.diff(x)
    al = np.zeros(n)
    for i in range(1, n):
        al[i] = 3 / h[i] * (y[i + 1] - y[i]) - 3 / h[i - 1] * (y[i] - y[i - 1])
    left = np.ones(n + 1)
    mu = np.zeros(n + 1)
    z = np.zeros(n + 1)
    for i in range(1, n):
        left[i] = 2 * (x[i + 1] - x[i - 1]) - h[i - 1] * mu[i - 1]
        mu[i] = h[i] / left[i]
        z[i] = (al[i] - h[i - 1] * z[i - 1]) / left[i]
    c = np.zeros(n + 1)
    b = np.zeros(n)
    d = np.zeros(n)
    for j in range(n - 1, -1, -1):
        c[j] = z[j] - mu[j] * c[j + 1]
        b[j] = (y[j + 1] - y[j]) / h[j] - h[j] * (c[j + 1] + 2 * c[j]) / 3
        d[j] = (c[j + 1] - c[j]) / (3 * h[j])
    t = 1.4
    j = np.searchsorted(x, t) - 1
    dx = t - x[j]
    return y[j] + b[j] * dx + c[j] * dx**2 + d[j] * dx**3 + c.sum()


@idiom(np.array([0.3, 0.5, 0.2, 0.4, 0.9, 0.1]))
def polygon(p):
    P = p.reshape(3, 2)
    x, y = P[:, 0], P[:, 1]
    A = 0.5 * np.dot(x, np.roll(y, -1)) - 0.5 * np.dot(y, np.roll(x, -1))
    per = sum(np.linalg.norm(P[i] - P[(i + 1) % 3]) for i in range(3))
    return A * per


@idiom(np.array([0.3, 0.5, 0.2, 0.4, 0.9, 0.1]))
def bezier(p):
    P = p.reshape(3, 2)
    n = 2
    ts = np.linspace(0, 1, 4)
    C = np.zeros((4, 2))
    for k in range(n + 1):
        C += np.outer(math.comb(n, k) * ts**k * (1 - ts) ** (n - k), P[k])
    return np.sum(np.sqrt(np.sum(np.diff(C, axis=0) ** 2, axis=1)))


@idiom(np.array([0.3, 0.5, 0.2, 0.4, 0.9, 0.1]))
def decasteljau(p):
    pts = [tuple(q) for q in p.reshape(3, 2)]
    t = 0.3
    while len(pts) > 1:
        pts = [tuple((1 - t) * a + t * b for a, b in zip(u, v)) for u, v in zip(pts, pts[1:])]
    return np.array(pts[0])


@idiom(np.array([0.9, 0.5, 0.8]))
def cholesky_hand(p):
    A = np.array([[4 + p[0], p[1], 0.2], [p[1], 3, p[2]], [0.2, p[2], 5.0]])
    n = 3
    L = np.zeros_like(A)
    for i in range(n):
        for j in range(i + 1):
            s = sum(L[i, k] * L[j, k] for k in range(j))
            L[i, j] = math.sqrt(A[i, i] - s) if i == j else (A[i, j] - s) / L[j, j]
    return L


@idiom(np.array([0.9, 0.5, 0.8]))
def lu_pivot(p):
    A = np.array([[p[0], 2.0, 1.0], [3.0, p[1], 1.0], [1.0, 1.0, p[2] + 1]])
    b = np.array([1.0, 2.0, 3.0])
    n = 3
    for k in range(n - 1):
        m = np.argmax(np.abs(A[k:, k])) + k
        if m != k:
            A[[k, m]] = A[[m, k]]
            b[[k, m]] = b[[m, k]]
        for i in range(k + 1, n):
            f = A[i, k] / A[k, k]
            A[i, k:] -= f * A[k, k:]
            b[i] -= f * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


@idiom(np.array([0.9, 0.5, 0.8]))
def power_it(p):
    A = np.array([[2 + p[0], p[1], 0], [p[1], 1.0, p[2]], [0, p[2], 0.5]])
    v = np.ones(3)
    for _ in range(30):
        v = A @ v
        v /= np.linalg.norm(v)
    return v @ A @ v


@idiom(np.array([0.9, 0.5, 0.8]))
def gram(p):
    A = np.column_stack([p, p**2, [1.0, 0.0, 2.0]])
    Q = np.zeros_like(A)
    for j in range(3):
        v = A[:, j].copy()
        for i in range(j):
            v -= (Q[:, i] @ A[:, j]) * Q[:, i]
        Q[:, j] = v / np.sqrt(v @ v)
    return Q


@idiom(np.array([0.9, 0.5, 0.8]))
def bisection(p):
    lo, hi = 0.0, 2.0
    for _ in range(60):
        mid = (lo + hi) / 2
        if mid**3 + p[0] * mid - p[1] > 0:
            hi = mid
        else:
            lo = mid
    x = mid
    for _ in range(3):  # the interval knows nothing of p: Newton's steps do
        x = x - (x**3 + p[0] * x - p[1]) / (3 * x**2 + p[0])
    return x * p[2]


@idiom(np.array([1.3, 0.5, 0.8]))
def newton_sys(p):
    x = np.array([1.4, 0.2])
    for _ in range(8):
        F = np.array([x[0] ** 2 + x[1] ** 2 - 1 - p[0], x[0] * x[1] - 0.3 * p[1]])
        J = np.array([[2 * x[0], 2 * x[1]], [x[1], x[0]]])
        x = x - np.linalg.solve(J, F)
    return x * p[2]


@idiom(np.array([0.9, 0.5, 0.8]))
def cg(b):
    A = np.array([[4.0, 1, 0], [1, 3, 0.5], [0, 0.5, 2]])
    x = np.zeros(3)
    r = b - A @ x
    d = r.copy()
    rs = r @ r
    for _i in range(3):
        Ad = A @ d
        al = rs / (d @ Ad)
        x += al * d
        r -= al * Ad
        rn = r @ r
        if np.sqrt(rn) < 1e-10:
            break
        d = r + rn / rs * d
        rs = rn
    return x * b[0]


@idiom(np.array([0.9, 0.5, 0.8]))
def fem1d(p):
    n = 5
    x = np.linspace(0, 1, n)
    K = np.zeros((n, n))
    F = np.zeros(n)
    gp = [-1 / np.sqrt(3), 1 / np.sqrt(3)]
    for e in range(n - 1):
        h = x[e + 1] - x[e]
        idx = np.array([e, e + 1])
        for g in gp:
            N = np.array([(1 - g) / 2, (1 + g) / 2])
            dN = np.array([-1, 1]) / h
            xg = N @ x[idx]
            k = p[0] + p[1] * xg**2
            K[np.ix_(idx, idx)] += k * np.outer(dN, dN) * h / 2
            F[idx] += p[2] * N * h / 2
    free = np.arange(1, n - 1)
    u = np.zeros(n)
    u[free] = np.linalg.solve(K[np.ix_(free, free)], F[free])
    return u


@idiom(np.array([0.9, 0.5, 0.8]))
def truss(p):
    nodes = np.array([[0, 0], [1, 0], [0.5, 1]])
    mem = [(0, 2), (1, 2), (0, 1)]
    K = np.zeros((6, 6))
    for A, (i, j) in zip(p, mem):
        d = nodes[j] - nodes[i]
        L = np.linalg.norm(d)
        c, s = d / L
        k = A / L * np.array([[c * c, c * s], [c * s, s * s]])
        dof = [2 * i, 2 * i + 1, 2 * j, 2 * j + 1]
        K[np.ix_(dof, dof)] += np.block([[k, -k], [-k, k]])
    f = np.zeros(6)
    f[5] = -1.0
    f[4] = 0.5
    fr = [2, 4, 5]
    u = np.zeros(6)
    u[fr] = np.linalg.solve(K[np.ix_(fr, fr)], f[fr])
    return u


@idiom(np.array([0.9, 0.5, 0.8, 1.2]))
def goertzel(x):
    w = 2 * np.pi / len(x)
    c = 2 * np.cos(w)
    s1 = s2 = 0.0
    for v in x:
        s0 = v + c * s1 - s2
        s2, s1 = s1, s0
    return s1**2 + s2**2 - c * s1 * s2


@idiom(np.array([0.9, 0.4, 0.8, 1.5]))
def dft_naive(x):
    N = len(x)
    X = [sum(x[n] * np.exp(-2j * np.pi * k * n / N) for n in range(N)) for k in range(N)]
    return np.abs(np.array(X))


@idiom(np.array([0.9, 0.5, 0.8, 1.2]))
def haar(x):
    a = x.copy()
    n = len(a)
    while n > 1:
        t = a[:n].copy()
        a[: n // 2] = (t[::2] + t[1::2]) / np.sqrt(2)
        a[n // 2 : n] = (t[::2] - t[1::2]) / np.sqrt(2)
        n //= 2
    return a**2
