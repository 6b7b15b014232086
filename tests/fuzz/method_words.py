"""Words for methods of ufuncs, einsum with drawn subscripts, windows, outputs that are given by position, and arrays of
shape (): see vocabulary.py and statements.py."""

from .grammar import Statement


def ufunc_methods(draw, shape):
    if shape == ():
        texts = ["np.multiply.reduce({0})", "np.add.reduce({0}, initial=0.7)", "np.maximum.reduce({0}, initial=-0.1)"]
        texts += ["np.add.reduce({0}, where={0} > 0.1, initial=0.3)", "np.add.reduceat({0}, [0, 2, 1])[1]"]
        return draw.choice(texts), (3,)
    n = shape[0]
    if len(shape) == 1:
        ends = [draw.whole(0, 2) for _ in range(n)]
        options = [
            (f"np.add.reduceat({{0}}, {ends})", (3,)),
            (f"np.multiply.reduceat({{0}}, {ends}, axis=1)[-1]", (2, 3)),
            ("np.subtract.outer({0}, {1})[:, 0]", shape, (2,)),
            ("np.add.reduce({0}, axis=1, keepdims=True)[:, 0]", (n, 2)),
            ("np.multiply.reduce({0}, axis=(0, 2))", (2, n, 2)),
            ("np.minimum.accumulate({0})", shape),
            ("np.subtract.accumulate({0})", shape),
        ]
        return draw.choice(options)
    if len(shape) == 2:
        texts = [f"np.add.accumulate({{0}}, {draw.whole(-2, 1)})", "np.multiply.accumulate({0}[::-1], axis=0)"]
        outer = [("np.multiply.outer({0}, {1})", (n,), shape[1:]), ("np.add.outer({0}, {1} * 0.5)", (n,), shape[1:])]
        return draw.choice([*((text, shape) for text in texts), *outer])
    return None


def einsum(draw, shape):
    """Two or three operands; letters that are not in the result are summed, in any of several."""
    if len(shape) > 2:
        return None
    result = "ab"[: len(shape)]
    sizes = dict(zip(result, shape)) | {"k": draw.choice([1, 2, 3]), "l": draw.choice([draw.n, 2])}
    letters = [*result, *draw.choice(["", "k", "kl"])]
    terms = [[] for _ in range(draw.whole(1, 3))]
    for letter in letters:  # each letter somewhere, perhaps in several operands
        first = draw.whole(0, len(terms) - 1)
        for place, term in enumerate(terms):
            if place == first or draw.chance(0.4):
                term.insert(draw.whole(0, len(term)), letter)
    subscripts = f"{','.join(map(''.join, terms))}->{''.join(draw.rng.permutation(list(result)))}"
    if subscripts.endswith("ba"):
        sizes["a"], sizes["b"] = shape[1], shape[0]
    operands = ", ".join(f"{{{place}}}" for place in range(len(terms)))
    return f"np.einsum('{subscripts}', {operands})", *(tuple(sizes[letter] for letter in term) for term in terms)


def windows(draw, shape):
    if len(shape) != 1:
        return None
    view = "np.lib.stride_tricks.sliding_window_view({0}, 2)"
    options = [(f"{view}.sum(axis=-1)", (shape[0] + 1,)), (f"{view}[:, ::-1].prod(axis=1)", (shape[0] + 1,))]
    options += [("np.rot90({0})[:, -1][::-1]", (2, shape[0])), ("np.array_split({0}, 2)[0]", (2 * shape[0],))]
    options += [("np.take({0}, [0, -1, 0], axis=0).sum(axis=0)", (2, *shape))]
    options += [("np.swapaxes({0}, 0, 1)[0]", (shape[0], 2))]
    return draw.choice(options)


def shared_scalar(draw):
    """An array of shape (), and writes through another name of it."""
    name, other = draw.name("z"), draw.name("z")
    start = draw.choice(["np.array({0})", "np.copy({0})", "np.array([{0}]).reshape(())", "np.array({0})[...]"])
    made = [Statement(f"{name} = {start}", (draw.expression((), 1),), defines=((name, ()),))]
    made.append(Statement(f"{other} = {name}"))
    draw.know(name, ())
    writes = [f"{other} += {{0}}", f"{other}[...] = {{0}}", f"{other} *= {{0}}", f"np.multiply({name}, {{0}}, {other})"]
    made.append(Statement(draw.choice(writes), (draw.expression((), 1),)))
    return made


def outputs_by_position(draw):
    shape, name = draw.choice([(draw.n,), (draw.n, draw.m)]), draw.name("y")
    made = [Statement(f"{name} = 1.0 * {{0}}", (draw.expression(shape, 1),), defines=((name, shape),))]
    draw.know(name, shape)
    texts = [f"np.multiply({{0}}, {name}, {name})", f"np.add({name}[::-1], {{0}}, {name})"]
    texts += [f"np.subtract({name}[1:], {name}[:-1], {name}[1:])", f"np.square({name}, {name})"]
    texts += [f"np.negative({{0}}, {name})"]
    for _ in range(draw.whole(1, 2)):
        text = draw.choice(texts)
        made.append(Statement(text, (draw.expression(shape, 1),) if "{0}" in text else ()))
    return made


METHOD_WORDS = [ufunc_methods, ufunc_methods, einsum, einsum, windows]
METHOD_STATEMENTS = [shared_scalar, outputs_by_position]
