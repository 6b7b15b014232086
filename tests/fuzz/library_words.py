"""Further words: decompositions, statistics, polynomials, grids, SciPy's special functions, and what plain Python does
with numbers: math, comprehensions, lists of traced scalars. See vocabulary.py."""

from .vocabulary import tamed

SPECIAL = "erf erfc gammaln psi expit log_expit j0 j1 i0 i1 entr exprel ellipk ellipe lambertw dawsn sici0".split()


def decomposition(draw, shape):
    """Of matrices whose eigenvalues or singular values lie apart; signs of vectors do not show."""
    n = shape[0] if shape else draw.n
    apart = f"(0.3 * (np.sin({{0}}) + np.sin({{0}}).T) + np.diag(np.arange({n}.0) * 2.0))"
    full = f"(0.2 * np.sin({{0}}) + np.diag(np.arange(1.0, {n + 1}.0)))"
    if len(shape) == 1:
        texts = [f"np.linalg.eigvalsh({apart})", f"np.linalg.eigh({apart})[0]", f"np.linalg.eigh({apart})[1][-1] ** 2"]
        texts += [f"np.linalg.svd({full}, compute_uv=False)", f"np.linalg.lstsq({full}, {{1}}, rcond=None)[0]"]
        text = draw.choice(texts)
        return (text, (n, n), shape) if "{1}" in text else (text, (n, n))
    if shape == ():
        texts = [f"np.linalg.norm({full}, {order})" for order in ("2", "-2", "'nuc'")]
        return draw.choice([*texts, f"np.linalg.cond({full})", f"np.linalg.slogdet({full})[1]"]), (n, n)
    if len(shape) != 2 or shape[0] != shape[1]:
        return None
    squares = ["(lambda w, V: (V * np.exp(-0.3 * w)) @ V.T)(*np.linalg.eigh(%s))" % apart]  # noqa: UP031
    return draw.choice([*squares, f"np.abs(np.linalg.qr({full})[1])", f"np.linalg.pinv({full})"]), shape


def statistics(draw, shape):
    if shape == ():
        texts = {
            "np.cov({0}, {1})[0, 1]": 2,
            "np.quantile({0}, 0.6)": 1,
            "np.trapezoid({0}, np.cumsum({1}**2 + 0.1))": 2,
            "np.nanmean(np.where({0} > -0.3, {0}, {1}))": 2,
            "np.interp(0.3, np.cumsum({0}**2 + 0.1), {1})": 2,
        }
        text = draw.choice(list(texts))
        return text, *[(3,)] * texts[text]
    if len(shape) > 1:
        return None
    (n,) = shape
    options = [
        (f"np.quantile({{0}}, {draw.choice(['0.3', '0.77'])}, axis=0)", (3, n)),
        ("np.percentile({0}, 40.0, axis=1)", (n, 4)),
        ("np.average({0}, axis=0, weights={1}**2 + 0.2)", (2, n), (2,)),
        ("np.unique({0})", shape),
        ("np.unwrap(3.0 * {0})", shape),
        ("np.ediff1d({0})", (n + 1,)),
        ("np.nansum(np.where({0} > 0.1, {0}, np.nan), axis=0)", (3, n)),
        ("np.trapezoid({0}, axis=1)", (n, 3)),
        ("np.partition({0}, 0)[:1] * {0}", shape),
        ("np.gradient({0})" if n > 1 else "np.copy({0})", shape),
    ]
    return draw.choice(options)


def polynomials_and_grids(draw, shape):
    options = [
        (f"np.polyval([{draw.number()}, {draw.number()}, {draw.number()}], {{0}})", shape),
        ("np.polyval({0}, {1})", (3,), shape),
        ("np.interp({0}, [-2.0, -0.4, 0.3, 1.0, 2.5], [0.3, 1.0, -0.5, 0.2, 0.9])", shape),
        ("np.piecewise({0}, [{0} < 0.1, {0} >= 0.1], [lambda z: z * z, lambda z: 0.3 * z])", shape),
    ]
    if len(shape) == 1:
        (n,) = shape
        options += [
            (f"np.linspace({{0}}, {{1}}, {n})", (), ()),
            (f"np.geomspace({{0}}**2 + 0.3, {{1}}**2 + 0.5, {n})", (), ()),
            ("np.apply_along_axis(lambda row: row @ row[::-1], 1, {0})", (n, 2)),
            ("np.convolve({0}, {1}, 'same')", shape, shape),
        ]
    if len(shape) == 2:
        rows, columns = shape
        options += [
            ("np.meshgrid({0}, {1})[0] * np.meshgrid({0}, {1})[1]", (columns,), (rows,)),
            (f"np.vander({{0}}, {columns})", (rows,)),
            ("np.block([[{0}], [{1}]])[1:]", (1, columns), (rows, columns)),
        ]
    return draw.choice(options)


def special(draw, shape):
    name = draw.choice(SPECIAL)
    domain = {"gammaln": "positive", "psi": "positive", "entr": "positive", "lambertw": "positive"}
    domain |= {"ellipk": "unit", "ellipe": "unit"}
    operand = tamed(draw, domain[name]) if name in domain else "{0}"
    if name == "sici0":
        return f"special.sici({tamed(draw, 'positive')})[0]", shape
    return (f"special.{name}({operand})" if name != "lambertw" else f"special.xlog1py({{0}}, {operand})"), shape


def scipy_functions(draw, shape):
    """Of scipy.linalg and scipy.special, which no protocol of NumPy announces."""
    if shape == ():
        return draw.choice(["special.logsumexp({0})", "special.logsumexp({0}, b=[0.5, 1.0, 2.0])"]), (3,)
    n = shape[0]
    general = f"(np.sin({{0}}) + {n + 1.0} * np.eye({n}))"
    definite = f"(np.sin({{0}}) @ np.sin({{0}}).T + 2.0 * np.eye({n}))"
    if len(shape) == 1:
        texts = [f"scipy.linalg.solve({general}, {{1}})"]
        texts += [f"scipy.linalg.lu_solve(scipy.linalg.lu_factor({general}), {{1}})"]
        texts += [f"scipy.linalg.cho_solve(scipy.linalg.cho_factor({definite}), {{1}})"]
        texts += [f"scipy.linalg.solve_triangular({general}, {{1}}, lower={draw.chance(0.5)})"]
        soft = ["special.softmax({0})", "special.log_softmax({0})"]
        return (draw.choice(soft), shape) if draw.chance(0.4) else (draw.choice(texts), (n, n), shape)
    if len(shape) != 2 or shape[0] != shape[1]:
        return None
    texts = [f"scipy.linalg.inv({general})", f"scipy.linalg.expm({tamed(draw, 'calm')})"]
    texts += [f"scipy.linalg.cholesky({definite}, lower=True)", f"scipy.linalg.cholesky({definite})"]
    return draw.choice(texts), shape


def python_scalar(draw, shape):
    """The standard library's functions, comprehensions and built-ins on traced scalars."""
    if shape != ():
        return None
    n = draw.whole(1, 3)
    if draw.chance(0.4):
        numbers = ", ".join(draw.number() for _ in range(n))
        texts = ["sum([v * v for v in {0}])", "math.fsum(v * math.sin(v) for v in {0})", "math.prod({0})"]
        texts += ["sorted({0})[0]", "np.sum([v**2 for v in {0}])", f"np.dot([{numbers}], {{0}})"]
        return draw.choice(texts), (n,)
    if draw.chance(0.5):
        calm = draw.choice("sin cos tanh exp atan asinh erf expm1".split())
        positive = draw.choice("sqrt log log1p lgamma".split())
        texts = [f"math.{calm}({tamed(draw, 'calm')})", f"math.{positive}({tamed(draw, 'positive')})"]
        texts += ["float({0})", "abs({0})", "({0} if isinstance({0}, float) else 0.0)", "math.fmod({0}, 0.7)"]
        return draw.choice(texts), ()
    texts = ["math.hypot({0}, {1})", "math.atan2({0}, {1})", "math.pow({0}**2 + 0.3, {1})", "max({0}, {1}, 0.1)"]
    return draw.choice([*texts, "min({0}, {1})", "math.copysign({0}, {1})"]), (), ()


def made_of_scalars(draw, shape):
    """Arrays of traced scalars and numbers."""
    if shape == (2, 2):
        return draw.choice(["np.array([[{0}, {1}], [-{1}, {0}]])", "np.array([[{0}, 0.0], [1.0, {1}]])"]), (), ()
    if len(shape) != 1:
        return None
    if shape == (2,) and draw.chance(0.5):
        return draw.choice(["np.array([{0}, {1}])", "np.array([{0} * {1}, 0.5])", "np.array(({0}, {1} * {0}))"]), (), ()
    texts = [f"np.array([v * {draw.number()} for v in {{0}}])", "np.asarray([math.sin(v) for v in {0}])"]
    texts += ["np.vectorize(lambda t: t * t if t > 0.3 else t)({0})", "np.fromiter((v * v for v in {0}), float)"]
    texts += ["np.array({0})", "np.array([*{0}][::-1])", "np.asarray({0}, dtype=float) * {0}"]
    return draw.choice(texts), shape


LIBRARY_WORDS = [
    decomposition, decomposition, statistics, statistics, polynomials_and_grids, polynomials_and_grids, special,
    special, scipy_functions, python_scalar, python_scalar, made_of_scalars, made_of_scalars,
]  # fmt: skip
