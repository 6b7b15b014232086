"""Functions as scientists write them: orbits, kinetics, finance, learning, robots, states that are estimated."""

import math

import numpy as np
from idiom import idiom

WEIGHTS = np.array([0.7, 1.3, 2.1])


@idiom(np.array([1.0, 0.1, 0.2, 0.9]))
def kepler_verlet(p):
    r = np.zeros((20, 2))
    v = np.zeros((20, 2))
    r[0] = p[:2]
    v[0] = p[2:]
    h = 0.05
    acc = lambda q: -q / np.linalg.norm(q) ** 3
    for k in range(19):
        vh = v[k] + h / 2 * acc(r[k])
        r[k + 1] = r[k] + h * vh
        v[k + 1] = vh + h / 2 * acc(r[k + 1])
    return np.hstack((r[-1], v[-1]))


@idiom(np.array([0.4, 0.7]))
def kepler_eq(p):
    M, e = p
    E = M
    while True:
        d = (E - e * math.sin(E) - M) / (1 - e * math.cos(E))
        E -= d
        if abs(d) < 1e-13:
            break
    nu = 2 * math.atan2(math.sqrt(1 + e) * math.sin(E / 2), math.sqrt(1 - e) * math.cos(E / 2))
    return nu


@idiom(WEIGHTS)
def nbody(m):
    pos = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1.5, 0.2]])
    vel = np.zeros((3, 3))
    for _s in range(3):
        a = np.zeros_like(pos)
        for i in range(3):
            for j in range(3):
                if i != j:
                    d = pos[j] - pos[i]
                    a[i] += m[j] * d / np.sqrt((d**2).sum() + 0.01) ** 3
        vel += 0.1 * a
        pos += 0.1 * vel
    return pos.ravel()


@idiom(WEIGHTS)
def kinetics(k):
    c = np.array([1.0, 0.0, 0.0])
    S = np.array([[-1, 0, 1], [1, -1, 0], [0, 1, -1]])
    for _i in range(10):
        r = k * c
        c = c + 0.05 * S @ r
        c[c < 0] = 0
    return c


@idiom(np.array([100.0, 0.2, 0.05]))
def black_scholes(p):
    S, s, r = p
    K, T = 105.0, 0.5
    d1 = (np.log(S / K) + (r + s * s / 2) * T) / (s * np.sqrt(T))
    d2 = d1 - s * np.sqrt(T)
    N = lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2)))
    return S * N(d1) - K * np.exp(-r * T) * N(d2)


@idiom(np.array([1.0, 0.2, 0.05]))
def binomial_tree(p):
    S, s, r = p
    n = 6
    dt = 0.5 / n
    u = np.exp(s * np.sqrt(dt))
    d = 1 / u
    q = (np.exp(r * dt) - d) / (u - d)
    disc = np.exp(-r * dt)
    ST = np.array([S * u**j * d ** (n - j) for j in range(n + 1)])
    V = np.maximum(ST - 1.02, 0.0)
    for i in range(n - 1, -1, -1):
        V[: i + 1] = disc * (q * V[1 : i + 2] + (1 - q) * V[: i + 1])
        V[: i + 1] = np.maximum(V[: i + 1], S * u ** np.arange(i + 1) * d ** np.arange(i, -1, -1.0) - 1.02)
    return V[0]


@idiom(np.array([1.0, 0.2, 0.05]))
def mc(p):
    S, s, r = p
    rng = np.random.default_rng(0)
    n = 16
    paths = np.zeros((n, 5))
    paths[:, 0] = S
    dt = 0.1
    for t in range(1, 5):
        paths[:, t] = paths[:, t - 1] * np.exp((r - 0.5 * s**2) * dt + s * np.sqrt(dt) * rng.standard_normal(n))
    pay = np.maximum(paths.mean(1) - 1.0, 0)
    return np.array([np.exp(-r) * pay.mean(), pay.std(ddof=1) / np.sqrt(n)])


@idiom(np.array([0.1, 0.05, 0.3]))
def vasicek(p):
    a, b, s = p
    np.random.seed(42)
    r = [0.03]
    for _ in range(6):
        r.append(r[-1] + a * (b - r[-1]) * 0.1 + s * math.sqrt(0.1) * np.random.normal())
    return np.array(r)


@idiom(np.array([0.03, 0.04]))
def bond_ytm(p):
    y = 0.05
    for _ in range(20):
        f = sum(5 / (1 + y) ** t for t in range(1, 6)) + 100 / (1 + y) ** 5 - (95 + 100 * p[0])
        df = sum(-t * 5 / (1 + y) ** (t + 1) for t in range(1, 6)) - 500 / (1 + y) ** 6
        y = y - f / df
    return y * p[1]


@idiom(np.linspace(-0.5, 0.5, 17))
def mlp(w):
    W1 = w[:6].reshape(3, 2)
    b1 = w[6:9]
    W2 = w[9:15].reshape(2, 3)
    b2 = w[15:]
    X = np.array([[0.1, 0.2], [0.5, -0.3], [0.9, 0.4]])
    y = np.array([0, 1, 1])
    h = np.tanh(X @ W1.T + b1)
    z = h @ W2.T + b2
    z = z - z.max(axis=1, keepdims=True)
    lp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -lp[np.arange(3), y].mean()


@idiom(np.linspace(-0.5, 0.5, 24))
def lstm(w):
    Wx = w[:8].reshape(8, 1)
    Wh = w[8:].reshape(8, 2)
    h = np.zeros(2)
    c = np.zeros(2)
    sg = lambda z: 1 / (1 + np.exp(-z))
    for x in [0.5, -0.2, 0.1]:
        z = Wx @ np.array([x]) + Wh @ h
        i, f, o, g = np.split(z, 4)
        c = sg(f) * c + sg(i) * np.tanh(g)
        h = sg(o) * np.tanh(c)
    return h


@idiom(np.linspace(-0.5, 0.5, 12))
def attention(w):
    X = w.reshape(4, 3)
    Q = X @ np.eye(3)
    s = Q @ X.T / math.sqrt(3)
    m = np.triu(np.ones((4, 4), bool), 1)
    s = np.where(m, -np.inf, s)
    a = np.exp(s - s.max(-1, keepdims=True))
    a /= a.sum(-1, keepdims=True)
    return a @ X


@idiom(np.array([0.1, 0.2, 1.5, 1.4, 0.3, 0.15, 1.2, 1.7]))
def kmeans(x):
    X = x.reshape(4, 2)
    C = X[:2].copy()
    for _ in range(2):
        d = ((X[:, None] - C[None]) ** 2).sum(-1)
        lab = d.argmin(1)
        for k in range(2):
            if np.any(lab == k):
                C[k] = X[lab == k].mean(axis=0)
    return C


@idiom(np.linspace(0.1, 0.6, 3))
def batchnorm(g):
    X = np.outer(np.arange(1, 5), g) ** 2
    mu = X.mean(0)
    v = X.var(0)
    return (X - mu) / np.sqrt(v + 1e-5) * g + g[::-1]


@idiom(np.linspace(0.1, 0.6, 4))
def adam(w):
    m = np.zeros(4)
    v = np.zeros(4)
    w = w.copy()
    for t in range(1, 4):
        g = 2 * (w - np.arange(4.0))
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        w -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@idiom(np.array([0.3, 0.5, 0.2]))
def fk(q):
    T = np.eye(4)
    for th, a, al in zip(q, [0.5, 0.4, 0.3], [np.pi / 2, 0, 0]):
        ct, st, ca, sa = np.cos(th), np.sin(th), np.cos(al), np.sin(al)
        T = T @ np.array(
            [[ct, -st * ca, st * sa, a * ct], [st, ct * ca, -ct * sa, a * st], [0, sa, ca, 0.1], [0, 0, 0, 1]]
        )
    return T[:3, 3]


@idiom(np.array([0.3, 0.5, 0.2]))
def quat(e):
    r, p, y = e / 2
    q = np.array(
        [
            np.cos(r) * np.cos(p) * np.cos(y) + np.sin(r) * np.sin(p) * np.sin(y),
            np.sin(r) * np.cos(p) * np.cos(y),
            np.cos(r) * np.sin(p) * np.cos(y),
            np.cos(r) * np.cos(p) * np.sin(y),
        ]
    )
    q /= np.linalg.norm(q)
    w, x, yy, z = q
    R = np.array(
        [
            [1 - 2 * (yy * yy + z * z), 2 * (x * yy - z * w), 2 * (x * z + yy * w)],
            [2 * (x * yy + z * w), 1 - 2 * (x * x + z * z), 2 * (yy * z - x * w)],
            [2 * (x * z - yy * w), 2 * (yy * z + x * w), 1 - 2 * (x * x + yy * yy)],
        ]
    )
    return R @ np.array([1.0, 2.0, 3.0])


@idiom(np.array([0.3, 0.5, 0.2]))
def rodrigues(w):
    th = np.linalg.norm(w)
    k = w / th
    K = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    return np.eye(3) + np.sin(th) * K + (1 - np.cos(th)) * (K @ K)


@idiom(np.array([0.9, 0.1, 0.8]))
def hmm(p):
    A = np.array([[p[0], 1 - p[0]], [p[1], 1 - p[1]]])
    B = np.array([[p[2], 1 - p[2]], [0.3, 0.7]])
    obs = [0, 1, 1, 0]
    al = np.zeros((4, 2))
    al[0] = np.array([0.5, 0.5]) * B[:, obs[0]]
    for t in range(1, 4):
        for j in range(2):
            al[t, j] = al[t - 1] @ A[:, j] * B[j, obs[t]]
    return np.log(al[-1].sum())


@idiom(np.array([0.9, 0.5, 0.8]))
def viterbi_soft(p):
    cost = np.full((4, 4), np.inf)
    cost[0, 0] = 0.0
    a = p
    b = p[::-1] ** 2
    for i in range(1, 4):
        for j in range(1, 4):
            cost[i, j] = abs(a[i - 1] - b[j - 1] + 0.05) + min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
    return cost[3, 3]


@idiom(np.array([0.9, 0.5, 0.8]))
def gp(h):
    X = np.linspace(0, 1, 4)[:, None]
    y = np.sin(3 * X).ravel()
    K = h[0] ** 2 * np.exp(-0.5 * ((X - X.T) / h[1]) ** 2) + h[2] ** 2 * np.eye(4)
    L = np.linalg.cholesky(K)
    al = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return -0.5 * y @ al - np.log(np.diag(L)).sum()


@idiom(np.array([0.9, 0.5, 0.8]))
def sir(p):
    beta, gam, i0 = p
    susceptible, infected, removed = [1 - i0 * 0.1], [i0 * 0.1], [0.0]
    for t in range(10):
        ni = beta * susceptible[t] * infected[t]
        nr = gam * infected[t]
        susceptible.append(susceptible[t] - ni * 0.2)
        infected.append(infected[t] + (ni - nr) * 0.2)
        removed.append(removed[t] + nr * 0.2)
    return np.array([susceptible, infected, removed])[:, -1]


@idiom(np.array([0.9, 0.5, 0.8]))
def lotka(p):
    z = [1.0, 0.5]
    out = []
    for _ in range(10):
        dx = p[0] * z[0] - p[1] * z[0] * z[1]
        dy = -p[2] * z[1] + 0.1 * z[0] * z[1]
        z[0] += 0.05 * dx
        z[1] += 0.05 * dy
        out.append(list(z))
    return np.array(out)


@idiom(np.array([0.9, 0.5, 0.8]))
def pid(g):
    kp, ki, kd = g
    y = 0.0
    total = 0.0
    pe = 1.0
    hist = np.zeros(10)
    for k in range(10):
        e = 1 - y
        total += e * 0.1
        u = kp * e + ki * total + kd * (e - pe) / 0.1
        pe = e
        u = max(min(u, 2.0), -2.0)
        y += 0.1 * (u - y)
        hist[k] = y
    return hist


@idiom(np.array([0.9, 0.5, 0.8]))
def ekf(p):
    x = np.array([0.0, 1.0])
    P = np.diag([p[0], p[1]])
    ll = 0.0
    for z in [0.1, 0.3, 0.2]:
        F = np.array([[1, 0.1], [-0.1 * np.cos(x[0]), 1]])
        x = np.array([x[0] + 0.1 * x[1], x[1] - 0.1 * np.sin(x[0])])
        P = F @ P @ F.T + 0.01 * np.eye(2)
        H = np.array([[1.0, 0.0]])
        S = (H @ P @ H.T + p[2] ** 2).item()
        K = (P @ H.T / S).ravel()
        r = z - x[0]
        x = x + K * r
        P = (np.eye(2) - np.outer(K, H)) @ P
        ll -= 0.5 * (math.log(2 * math.pi * S) + r * r / S)
    return ll


@idiom(np.array([0.9, 0.5, 0.83, 1.21, 2.0]))
def histless(x):
    z = (x - x.mean()) / x.std(ddof=1)
    sk = (z**3).mean()
    ku = (z**4).mean() - 3
    rk = np.argsort(np.argsort(x))
    r = np.corrcoef(x, x**2)[0, 1]
    return np.array([sk, ku, r, np.percentile(x, 25), np.median(np.abs(x - np.median(x)))]) * rk.max()


@idiom(np.array([0.9, 0.5, 0.8, 1.2]))
def kde(x):
    g = np.linspace(0, 2, 5)
    h = 1.06 * x.std() * len(x) ** -0.2
    return np.exp(-0.5 * ((g[:, None] - x) / h) ** 2).sum(1) / (len(x) * h * np.sqrt(2 * np.pi))


@idiom(np.array([0.9, 0.5, 0.8, 1.2]))
def eqstate(p):
    a, b, T, V = p
    R = 0.8
    P = R * T / (V - b * 0.1) - a / V**2
    Z = P * V / (R * T)
    r = np.roots([1, -(1 + b * 0.1), a * 0.1, -a * b * 0.01])
    return np.array([P, Z, r[np.isreal(r)].real.max()])


@idiom(np.array([0.9, 0.5, 0.8, 1.2]))
def eq_chem(k):
    K = k[0]
    x = 0.5
    for _ in range(30):
        f = x**2 - K * (1 - x) * (k[1] + 1 - x)
        df = 2 * x + K * (k[1] + 1 - x) + K * (1 - x)
        x_ = x - f / df
        if abs(x_ - x) < 1e-14:
            break
        x = x_
    return x * k[2:]


@idiom(np.array([0.9, 0.5, 0.8]))
def ray(p):
    o = np.array([0.0, 0, -3])
    d = p / np.linalg.norm(p)
    c = np.array([0.5, 0.3, 1.0])
    oc = o - c
    b = oc @ d
    disc = b**2 - (oc @ oc - 9.0)
    t = -b - np.sqrt(disc) if disc > 0 else np.inf
    h = o + t * d
    n = (h - c) / 3
    return max(0.0, n @ np.array([0.5, 0.5, -1])) + n


@idiom(np.array([0.9, 0.5, 0.8]))
def haversine(p):
    la1, lo1, la2 = p
    lo2 = 1.0
    dla = la2 - la1
    dlo = lo2 - lo1
    a = math.sin(dla / 2) ** 2 + math.cos(la1) * math.cos(la2) * math.sin(dlo / 2) ** 2
    return 6371 * 2 * math.asin(math.sqrt(a))
