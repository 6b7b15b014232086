"""The statements of random programs: each kind is a function of a Drawing that returns the lines it makes, and tells it
what names are known from then on."""

from .grammar import Statement


def assignment(draw):
    shape, name = draw.shape(), draw.name()
    value = draw.expression(shape)
    draw.know(name, shape)
    return [Statement(f"{name} = {{0}}", (value,), defines=((name, shape),))]


def calm_assignment(draw):
    """Brings values back to common size."""
    shape, name = draw.shape(), draw.name()
    value = draw.expression(shape)
    draw.know(name, shape)
    return [Statement(f"{name} = 1.5 * np.sin({{0}})", (value,), defines=((name, shape),))]


def written(draw):
    """A copy, and writes into it: whole, in part, through views."""
    shape = draw.choice([(draw.n,), (draw.m,), (draw.n, draw.m), (draw.n + 1, draw.n)])
    name = draw.name("y")
    start = draw.choice(["{0}.copy()", "np.zeros_like({0})", "1.0 * {0}", "np.ones_like({0})"])
    made = [Statement(f"{name} = {start}", (draw.leaf(shape),), defines=((name, shape),))]
    y = draw.know(name, shape)
    writes = _writes(draw, name, shape)
    for _ in range(draw.whole(1, 3)):
        text, part = draw.choice(writes)
        lines = text.split("\n")
        for line in lines:
            operands = (draw.expression(part, 2),) if "{0}" in line else ()
            made.append(Statement(line, operands))
    assert y in draw.variables
    return made


def _writes(draw, y, shape):
    n = shape[0]
    operator = draw.choice(["=", "+=", "-=", "*="])
    view = draw.name("view")
    row = shape[1:]
    writes = [
        (f"{y}[{draw.whole(-n, n - 1)}] {operator} {{0}}", row),
        (f"{y}[:] {operator} {{0}}", shape),
        (f"{y} {draw.choice(['+=', '*=', '-='])} {{0}}", shape),
        (f"{y}[::-1] {operator} {{0}}", shape),
        (f"{y}[[0, -1]] {operator} {{0}}", (2, *row)),
        (f"{y}[{y} > 0.2] {draw.choice(['*=', '=', '+='])} {{0}}", ()),
        (f"{view} = {y}[1:]\n{view} {draw.choice(['+=', '*='])} {{0}}", row),
        (f"{view} = {y}\n{view} *= {{0}}", ()),
        (f"np.add.at({y}, [0, 0, -1], {{0}})", (3, *row)),
        (f"np.copyto({y}, {{0}}, where={y} < 0.1)", shape),
        (f"np.multiply({y}, {{0}}, out={y})", shape),
        (f"{y}[1:] = {y}[:-1]", shape),
        (f"{y}.sort(axis=0)", shape),
    ]
    if row:
        writes += [
            (f"{y}[:, {draw.whole(-row[0], row[0] - 1)}] {operator} {{0}}", (n,)),
            (f"{y}.T[0] {operator} {{0}}", (n,)),
            (f"{view} = {y}[{draw.whole(-n, n - 1)}]\n{view}[:] = {{0}}", row),
            (f"{view} = {y}.reshape(-1)\n{view}[::2] *= {{0}}", ()),
            (f"{view} = {y}[::-1].T\n{view}[0] += {{0}}", (n,)),
        ]
    return writes


def branch(draw):
    """A value decides which of two expressions counts."""
    shape, name = draw.shape(), draw.name()
    condition = draw.choice(["{0} > {1}", "{0} < 0.2 * {1}", "abs({0}) <= 0.6", "not {0} > 0.1", "0.0 < {0} < {1}"])
    operands = [draw.expression((), 1) for k in range(2) if f"{{{k}}}" in condition]
    taken = (Statement(f"{name} = {{0}}", (draw.expression(shape, 2),)),)
    otherwise = (Statement(f"{name} = {{0}}", (draw.expression(shape, 2),)),)
    draw.know(name, shape)
    defines = ((name, shape),)
    return [Statement(f"if {condition}:", tuple(operands), taken, defines), Statement("else:", (), otherwise)]


def counted_loop(draw):
    """A recurrence; k is a Python integer."""
    shape, name = draw.shape(), draw.name("s")
    start = Statement(f"{name} = {{0}}", (draw.leaf(shape),), defines=((name, shape),))
    s = draw.know(name, shape)
    steps = ["np.sin({0}) * 0.5 + {1}", "{0} * {1} / (1.0 + {0}**2)", "{0} - 0.1 * k * np.tanh({1})", "{0} + k * {1}"]
    step = draw.choice(steps).replace("{0}", name).replace("{1}", "{0}")
    body = [Statement(f"{name} = {step}", (draw.expression(shape, 1),))]
    if draw.chance(0.4):
        body.append(Statement(f"if {'np.sum(' + name + ')'} > 1.0:", (), (Statement(f"{name} = {name} * 0.7"),)))
    assert s.shape == shape
    return [start, Statement(f"for k in range({draw.whole(1, 3)}):", (), tuple(body))]


def loop_over_elements(draw):
    n = draw.whole(1, 3)
    name = draw.name("t")
    source = draw.expression((n,), 1)
    start = Statement(f"{name} = {{0}}", (draw.leaf(()),), defines=((name, ()),))
    draw.know(name, ())
    step = draw.choice([f"{name} * v + np.sin(v)", f"{name} + v**2", f"v / (1.0 + {name}**2)", f"max({name}, v) * v"])
    return [start, Statement("for v in {0}:", (source,), (Statement(f"{name} = {step}"),))]


def conditional_loop(draw):
    name = draw.name("t")
    start = Statement(f"{name} = {{0}}", (draw.expression((), 1),), defines=((name, ()),))
    other = draw.leaf(())
    draw.know(name, ())
    step = Statement(f"{name} = 0.4 * {name} + 0.1 * np.sin({{0}})", (other,))
    return [start, Statement(f"while 1.2 < abs({name}) < 1e100:", (), (step,))]


def helper(draw):
    """A function of two arguments, defined before f, called once or twice."""
    shape, name, g = draw.shape(), draw.name(), draw.name("g")
    outside, draw.variables = draw.variables, []
    draw.know("p", shape)
    draw.know("q", ())
    body = draw.expression(shape, 2)
    draw.variables = outside
    definition = Statement(f"def {g}(p, q):", (), (Statement("return {0}", (body,)),))
    call = f"{g}({{0}}, {{1}})" if draw.chance(0.6) else f"{g}({g}({{0}}, 0.5), {{1}})"
    operands = (draw.expression(shape, 1), draw.expression((), 1))
    draw.know(name, shape)
    return [definition, Statement(f"{name} = {call}", operands, defines=((name, shape),))]


def unpacking(draw):
    """Elements one by one, and a stack of what becomes of them."""
    name = draw.name()
    v = draw.expression((3,), 1)
    text = draw.choice(["np.stack([p * q, q + r, p / (1.0 + r**2)])", "np.stack([r, q, p])"])
    draw.know(name, (3,))
    return [
        Statement("p, q, r = {0}", (v,)),
        Statement(f"{name} = {text}", (), defines=((name, (3,)),)),
    ]


def buffer(draw):
    """An array made of nothing, and written to: what the clone of a function is for."""
    shape = draw.choice([(draw.n,), (draw.m,), (draw.n, draw.m), (draw.n + 1, draw.n)])
    name = draw.name("y")
    starts = [f"np.zeros({shape})", f"np.ones({shape})", f"np.full({shape}, {draw.number()})", f"np.empty({shape})"]
    start = draw.choice(starts)
    made = [Statement(f"{name} = {start}", defines=((name, shape),))]
    if "empty" in start:
        made.append(Statement(f"{name}[:] = {{0}}", (draw.expression(shape, 1),)))
    draw.know(name, shape)
    writes = _writes(draw, name, shape)
    for _ in range(draw.whole(1, 3)):
        text, part = draw.choice(writes)
        made += [Statement(line, (draw.expression(part, 2),) if "{0}" in line else ()) for line in text.split("\n")]
    return made


def filled_by_elements(draw):
    """A buffer, element by element, each of the one before."""
    n, name = draw.n, draw.name("y")
    v = draw.expression((n,), 1)
    start = draw.choice([f"np.zeros({n})", f"np.empty({n})", "np.zeros_like({0})", f"[0.0] * {n}"])
    source = draw.name("v")
    made = [Statement(f"{source} = {{0}}", (v,), defines=((source, (n,)),))]
    made.append(Statement(f"{name} = {start.replace('{0}', source)}"))
    steps = [
        f"{name}[i] = math.sin({source}[i]) + 0.5 * {name}[i - 1] if i else {source}[0]",
        f"{name}[i] = {source}[i] ** 2",
        f"{name}[-1 - i] = {source}[i] * {{0}}",
    ]
    step = draw.choice(steps)
    operands = (draw.leaf(()),) if "{0}" in step else ()
    made.append(Statement(f"for i in range({n}):", (), (Statement(step, operands),)))
    if start.startswith("["):
        made.append(Statement(f"{name} = np.array({name})"))
    draw.know(source, (n,))
    draw.know(name, (n,))
    return made


def results_into(draw):
    """``out=`` of ufuncs and reductions."""
    shape, name = draw.choice([(draw.n,), (draw.n, draw.m)]), draw.name("y")
    texts = [
        f"np.sin({{0}}, out={name})",
        f"np.multiply({{0}}, {{1}}, out={name})",
        f"np.cumsum({{0}}, axis=0, out={name})",
    ]
    texts += [f"np.subtract({{0}}, {{1}}, out={name}, where={name} > -0.5)"]
    text = draw.choice(texts)
    operands = tuple(draw.expression(shape, 1) for k in range(2) if f"{{{k}}}" in text)
    start = Statement(f"{name} = np.zeros({shape})", defines=((name, shape),))
    draw.know(name, shape)
    return [start, Statement(text, operands)]


STATEMENTS = [
    assignment, assignment, assignment, calm_assignment, calm_assignment, written, written, branch, counted_loop,
    loop_over_elements, conditional_loop, helper, unpacking, buffer, buffer, filled_by_elements, results_into,
]  # fmt: skip
