"""The words of random programs. A word is a function of a Drawing and the wanted shape: it returns a template and what
it needs (shapes of operands), or None if it cannot make that shape.

Operands are tamed where a function's domain or growth asks for it, so that most programs have finite values.
"""

SMOOTH = "sin cos tanh arctan arcsinh sinh cosh exp expm1 exp2 square negative sinc tan".split()
POSITIVE = "sqrt log log1p log2 log10 cbrt reciprocal".split()
UNIT = "arcsin arccos arctanh".split()
TAMED = {
    "calm": ["np.sin({0})", "np.tanh({0})", "({0} / (1.0 + {0}**2))", "np.arctan({0})"],
    "positive": ["({0}**2 + 0.5)", "(np.abs({0}) + 0.3)", "np.exp(np.sin({0}))", "(1.5 + np.cos({0}))"],
    "unit": ["(0.9 * np.sin({0}))", "(0.8 * np.tanh({0}))"],
}
PIECES = "absolute fabs sign floor ceil rint trunc".split()


def tamed(draw, kind, place=0):
    """The text of operand `place` with its values held in a range."""
    return draw.choice(TAMED[kind]).replace("{0}", f"{{{place}}}")


# Elementwise.


def smooth(draw, shape):
    return f"np.{draw.choice(SMOOTH)}({tamed(draw, 'calm') if draw.chance(0.4) else '{0}'})", shape


def of_positive(draw, shape):
    return f"np.{draw.choice(POSITIVE)}({tamed(draw, 'positive')})", shape


def of_unit(draw, shape):
    return f"np.{draw.choice(UNIT)}({tamed(draw, 'unit')})", shape


def piecewise_linear(draw, shape):
    return f"np.{draw.choice(PIECES)}({{0}})", shape


def angles(draw, shape):
    return f"np.{draw.choice(['deg2rad', 'rad2deg', 'radians'])}({{0}})", shape


def sum_or_product(draw, shape):
    return f"({{0}} {draw.choice('+-*')} {{1}})", shape, shape


def with_number(draw, shape):
    number = draw.number()
    texts = [f"({number} * {{0}})", f"({{0}} + {number})", f"({number} - {{0}})", f"({{0}} / {draw.number(0.5)})"]
    return draw.choice(texts), shape


def quotient(draw, shape):
    return f"({{0}} / {tamed(draw, 'positive', 1)})", shape, shape


def whole_power(draw, shape):
    return draw.choice(["({0}**2)", "({0}**3)", "np.power({0}, 3)", "({0}**0)", "np.float_power({0}, 2)"]), shape


def real_power(draw, shape):
    if draw.chance(0.5):
        return f"({tamed(draw, 'positive')} ** {draw.number()})", shape
    return f"np.power({tamed(draw, 'positive')}, {tamed(draw, 'calm', 1)})", shape, shape


def of_two(draw, shape):
    name = draw.choice("maximum minimum fmax fmin logaddexp logaddexp2 hypot arctan2 copysign".split())
    return f"np.{name}({{0}}, {{1}})", shape, shape


def remainders(draw, shape):
    text = [f"({{0}} % {draw.number(0.6)})", f"np.remainder({{0}}, {tamed(draw, 'positive', 1)})", "np.fmod({0}, 0.7)"]
    chosen = draw.choice(text)
    return (chosen, shape, shape) if "{1}" in chosen else (chosen, shape)


def broadcast(draw, shape):
    """A row, a column or a number against an array."""
    if len(shape) != 2:
        return (f"({{0}} {draw.choice('+-*')} {{1}})", shape, ()) if shape else None
    rows, columns = shape
    if draw.chance(0.5):
        return f"({{0}} {draw.choice('+-*')} {{1}})", (columns,), shape
    return f"({{0}} {draw.choice('+-*')} {{1}}[:, None])", shape, (rows,)


def where(draw, shape):
    texts = [
        "np.where({0} > {1}, {2}, {3})",
        "np.where({0} < 0.3, {1} * 2.0, 0.5)",
        "np.select([{0} > 0.7, {0} > {1}], [{2}, {0}], -0.5)",
        "np.clip({0}, -0.8, 0.9)",
        "np.where({0} > 0.0, np.sqrt(np.where({0} > 0.0, {0}, 1.0)), {1})",
    ]
    text = draw.choice(texts)
    return text, *[shape] * sum(f"{{{k}}}" in text for k in range(4))


# Reductions and order.


def reduction(draw, shape):
    source, axis = _longer(draw, shape)
    name = draw.choice("sum mean prod max min ptp median var std average".split())
    if name in ("sum", "mean", "prod", "max", "min") and draw.chance(0.3):
        return f"{{0}}.{name}({axis})", source
    return f"np.{name}({{0}}, {axis})" if name != "median" else f"np.median({{0}}, axis={axis})", source


def _longer(draw, shape):
    """A shape with one more axis, and where."""
    if len(shape) > 1:
        return (*shape, draw.whole(1, 3)), -1
    axis = draw.whole(0, len(shape))
    size = draw.choice([draw.n, draw.m, 3])
    return shape[:axis] + (size,) + shape[axis:], axis


def whole_reduction(draw, shape):
    if shape != ():
        return None
    texts = "np.sum({0}) np.mean({0}) {0}.prod() np.max({0}) {0}.min() np.std({0}) np.linalg.norm({0}) np.median({0})"
    extra = ["np.add.reduce({0}, axis=None)", "np.sum({0}, where={0} > 0.2, initial=0.0)", "np.sum({0}[{0} > 0.1])"]
    return draw.choice([*texts.split(), *extra]), draw.choice([(draw.n,), (draw.n, draw.m)])


def cumulation(draw, shape):
    if not shape:
        return None
    axis = draw.whole(0, len(shape) - 1)
    texts = ["np.cumsum({0}, axis=%d)", "np.cumprod({0}, axis=%d)", "np.sort({0}, axis=%d)", "{0}.cumsum(%d)"]
    texts += ["np.multiply.accumulate({0}, axis=%d)", "np.maximum.accumulate({0}, axis=%d)", "np.flip({0}, %d)"]
    texts += ["np.roll({0}, 1, axis=%d)", "np.take_along_axis({0}, np.argsort({0}, axis=%d), axis=%d)"]
    text = draw.choice(texts)
    return text.replace("%d", str(axis)), shape


def differences(draw, shape):
    if len(shape) != 1:
        return None
    return draw.choice(["np.diff({0})", "({0}[1:] * {0}[:-1])"]), (shape[0] + 1,)


def interpolation(draw, shape):
    table = "[-2.0, -0.4, 0.3, 1.0, 2.5], [0.3, 1.0, -0.5, 0.2, 0.9]"
    return f"np.interp({{0}}, {table})", shape


# Movement.


def movement(draw, shape):
    if len(shape) not in (1, 2):
        return None
    texts = _of_vectors(draw, *shape) if len(shape) == 1 else _of_matrices(draw, *shape)
    text = draw.choice([text for text, source in texts.items() if source])
    return text, *[texts[text]] * (2 if "{1}" in text else 1)


def _of_vectors(draw, n):
    """Ways to a vector of n entries: templates and the shapes of their operands."""
    some = draw.rng.integers(-3, 3, n).tolist()
    mask = [draw.chance(0.5) for _ in range(n)]
    return {
        "{0}[::-1]": (n,),
        f"{{0}}[{some}]": (3,),
        "np.concatenate([{0}, {1}[:1]])": (n - 1,) if n > 2 else None,
        f"{{0}}[:, {draw.whole(-2, 1)}]": (n, 2),
        f"{{0}}[{draw.whole(-2, 1)}]": (2, n),
        "np.diagonal({0})": (n, n),
        "np.ravel({0})[::2]": (n, 2),
        f"{{0}}[-{n}:]": (n + 1,),
        "np.append({0}[1:], {0}[0])": (n,),
        "{0}[np.argsort({0})]": (n,),
        "np.roll({0}, 1)": (n,),
        "np.hstack([{0}, {0}[:1]])[1:]": (n,),
        "np.insert({0}, 0, 0.5)[:-1]": (n,),
        f"np.where({mask}, {{0}}, {{1}})": (n,),
        f"np.repeat({{0}}, 2)[:{n}]": (n,),
    }


def _of_matrices(draw, rows, columns):
    some = draw.rng.integers(0, 3, rows).tolist()
    return {
        "{0}.T": (columns, rows),
        f"{{0}}.reshape({rows}, {columns})": (rows * columns,),
        "{0}[::-1]": (rows, columns),
        "{0}[:, ::-1]": (rows, columns),
        "np.tril({0})": (rows, columns),
        "np.stack([{0}, {1}])": (columns,) if rows == 2 else None,
        f"np.tile({{0}}, ({rows}, 1))": (columns,),
        f"np.repeat({{0}}[:, None], {columns}, axis=1)": (rows,),
        "{0}[1:]": (rows + 1, columns),
        "{0}[:, 1::2]": (rows, 2 * columns),
        f"{{0}}[{some}]": (3, columns),
        "np.moveaxis({0}, 0, 1)": (columns, rows),
        "np.pad({0}, ((1, 0), (0, 0)))": (rows - 1, columns) if rows > 1 else None,
    }


def element(draw, shape):
    if shape != ():
        return None
    n, m = draw.n, draw.m
    index = f"{draw.whole(-n, n - 1)}, {draw.whole(-m, m - 1)}"
    extra = ["{0}[np.argmax({0})]", "{0}[np.argmin({0})]", "max({0})", "sum({0})", "min({0}[0], 0.4)"]
    options = [(f"{{0}}[{draw.whole(-n, n - 1)}]", (n,)), (f"{{0}}[{index}]", (n, m)), (draw.choice(extra), (n,))]
    return draw.choice(options)


# Products and linear algebra.


def product(draw, shape):
    k = draw.choice([draw.n, draw.m, 2])
    if shape == ():
        texts = ["({0} @ {1})", "np.dot({0}, {1})", "np.vdot({0}, {1})", "np.inner({0}, {1})"]
        texts += ["np.einsum('i,i', {0}, {1})"]
        return draw.choice(texts), (k,), (k,)
    if len(shape) == 1:
        options = [("({0} @ {1})", (shape[0], k), (k,)), ("np.dot({0}, {1})", (k,), (k, shape[0]))]
        options += [("np.einsum('ij,j->i', {0}, {1})", (shape[0], k), (k,))]
        if shape[0] > 1:
            options += [("np.convolve({0}, {1})", (shape[0] - 1,), (2,))]
        if shape[0] == 3:
            options += [("np.cross({0}, {1})", (3,), (3,))]
        return draw.choice(options)
    rows, columns = shape[-2:]
    if len(shape) == 3:
        rows_of = ("{0}[:, None] * {1}", (shape[0], columns), shape)
        return draw.choice([("({0} @ {1})", (*shape[:-1], k), (k, columns)), rows_of])
    options = [
        ("({0} @ {1})", (rows, k), (k, columns)),
        ("np.outer({0}, {1})", (rows,), (columns,)),
        ("np.multiply.outer({0}, {1})", (rows,), (columns,)),
        ("np.einsum('ik,kj->ij', {0}, {1})", (rows, k), (k, columns)),
        ("np.einsum('ki,kj->ij', {0}, {1})", (k, rows), (k, columns)),
        ("np.tensordot({0}, {1}, ([0], [0]))", (k, rows), (k, columns)),
        ("np.kron({0}, {1})", shape, (1, 1)),
    ]
    return draw.choice(options)


def linear_algebra(draw, shape):
    """Well conditioned: a tame matrix beside a large diagonal."""
    if len(shape) > 2:
        return None
    n = shape[0] if shape else draw.n
    general = f"(np.sin({{0}}) + {n + 1.0} * np.eye({n}))"
    definite = f"(np.sin({{0}}) @ np.sin({{0}}).T + 2.0 * np.eye({n}))"
    if shape == ():
        texts = [f"np.linalg.det({general})", f"np.linalg.slogdet({general})[1]", f"np.linalg.inv({general})[0, -1]"]
        return draw.choice([*texts, f"np.trace({general})", "np.linalg.det({0})"]), (n, n)
    if len(shape) == 1:
        return draw.choice([f"np.linalg.solve({general}, {{1}})"]), (n, n), shape
    if shape[0] != shape[1]:
        return f"np.linalg.solve({general}, {{1}})", (n, n), shape
    texts = [f"np.linalg.inv({general})", f"np.linalg.cholesky({definite})", f"np.linalg.matrix_power({general}, -2)"]
    return draw.choice([*texts, "np.linalg.matrix_power({0}, 3)"]), shape


def norms(draw, shape):
    if len(shape) > 1:
        return None
    source, axis = _longer(draw, shape)
    order = draw.choice(["", ", ord=1", ", ord=3", ", ord=np.inf"])
    return f"np.linalg.norm({{0}}{order}, axis={axis})", source


# Derivatives inside.


def inner_derivative(draw, shape):
    """A derivative of a small function of u, which sees the variables around it."""
    if len(shape) > 1 or draw.n_names % 3:
        return None
    u = draw.name("u")
    around = draw.leaf(shape)
    texts = {
        f"dualtape.grad(lambda {u}: np.sum(np.sin({u}) * {{1}} * {u}))({{0}})": [shape, around],
        f"dualtape.grad(lambda {u}: np.sum({u}**3 / (1.0 + {{1}}**2)))({{0}})": [shape, around],
        f"dualtape.jvp(lambda {u}: {u} * np.cos({u} * {{2}}), {{0}}, {{1}})[1]": [shape, shape, around],
        f"dualtape.vjp(lambda {u}: np.exp(np.sin({u} * {{2}})), {{0}})[1]({{1}})": [shape, shape, around],
        f"dualtape.hvp(lambda {u}: np.sum(np.tanh({u} * {{2}}) * {u}), {{0}}, {{1}})": [shape, shape, around],
        f"np.ravel(dualtape.hessian(lambda {u}: np.sum({u}**2 * {{1}}) ** 2)({{0}}))[0] * {{0}}": [shape, around],
    }
    text = draw.choice(list(texts))
    return text, *texts[text]


WORDS = [
    smooth, smooth, smooth, of_positive, of_positive, of_unit, piecewise_linear, angles, sum_or_product,
    sum_or_product, sum_or_product, with_number, with_number, quotient, whole_power, real_power, of_two, of_two,
    remainders, broadcast, broadcast, where, where, reduction, reduction, whole_reduction, whole_reduction, cumulation,
    cumulation, differences, movement, movement, movement, movement, element, product, product, linear_algebra,
    linear_algebra, norms, inner_derivative,
]  # fmt: skip
