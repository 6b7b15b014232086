"""Random programs as data: statements over scalars, vectors and matrices whose shapes are known as they are drawn.

An expression is drawn from its result: a shape is wanted, a word of the vocabulary that can make it is chosen, and asks
for operands of its own. Text belongs to rendering.py, what the words are to vocabulary.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np


class Expression(NamedTuple):
    """``template.format(*operands)``, an array of this shape; a name or a number has no operands."""

    template: str
    operands: tuple[Expression, ...]
    shape: tuple[int, ...]
    word: str


class Statement(NamedTuple):
    """``template.format(*operands)`` and an indented body. `defines` are names and shapes known afterwards."""

    template: str
    operands: tuple[Expression, ...] = ()
    body: tuple[Statement, ...] = ()
    defines: tuple[tuple[str, tuple[int, ...]], ...] = ()


@dataclass(frozen=True)
class Program:
    """A function of one argument: helper functions, statements (the last one returns), and a point to look at it."""

    seed: int
    helpers: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    x: np.ndarray | float = field(compare=False)

    def replaced(self, **changes):
        return replace(self, **changes)


SHAPES = ("scalar", "n", "m", "nm", "mn", "nn")
LARGEST = 4
DEEPEST = 3


class Drawing:
    """The state of one program that is being drawn: its sizes and the variables that can be read."""

    def __init__(self, seed, words):
        self.rng = np.random.default_rng(seed)
        self.words = words
        self.n, self.m = (int(k) for k in self.rng.choice([1, 2, 2, 3, 3, 3, LARGEST], 2))
        self.variables = []
        self.n_names = 0

    # Chance.

    def chance(self, probability):
        return self.rng.random() < probability

    def choice(self, options):
        return options[self.rng.integers(len(options))]

    def whole(self, low, high):
        """An integer from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def number(self, low=-2.0, high=2.0):
        text = f"{self.rng.uniform(low, high):.2f}"
        return f"({text})" if text.startswith("-") else text

    def shape(self):
        sizes = {"scalar": (), "n": (self.n,), "m": (self.m,), "nm": (self.n, self.m), "mn": (self.m, self.n)}
        return sizes.get(self.choice(SHAPES), (self.n, self.n))

    # Names.

    def name(self, stem="a"):
        self.n_names += 1
        return f"{stem}{self.n_names}"

    def know(self, name, shape):
        self.variables.append(Expression(name, (), shape, "name"))
        return self.variables[-1]

    # Expressions.

    def expression(self, shape, depth=DEEPEST):
        """An expression of this shape."""
        if depth <= 0 or self.chance(0.12):
            return self.leaf(shape)
        while True:
            word = self.choice(self.words)
            drawn = word(self, shape)
            if drawn is not None:
                template, *wanted = drawn
                operands = (self._operand(template, k, of, depth - 1) for k, of in enumerate(wanted))
                return Expression(template, tuple(operands), shape, word.__name__)

    def _operand(self, template, place, wanted, depth):
        """An operand that a word asked for: by its shape, or made already. One that is written twice is kept short."""
        if isinstance(wanted, Expression):
            return wanted
        return self.expression(wanted, depth if template.count(f"{{{place}}}") == 1 else 0)

    def leaf(self, shape):
        """A variable, recent ones rather; fitted if it has another shape. Now and then a number."""
        if self.chance(0.06):
            text = self.number() if shape == () else f"np.full({shape}, {self.number()})"
            return Expression(text, (), shape, "number")
        fitting = [x for x in self.variables if x.shape == shape]
        if fitting and self.chance(0.9):
            return self.choice(fitting[-4:])
        x = self.choice(self.variables[-5:])
        if x.shape == shape:
            return x
        return Expression(self._fitted(x.shape, shape), (x,), shape, "fitted")

    def _fitted(self, shape, wanted):
        if wanted == ():
            index = ", ".join(str(self.whole(-k, k - 1)) for k in shape)
            return self.choice([f"{{0}}[{index}]", f"{{0}}[{index}]", "np.sum({0})", "np.max({0})", "{0}.mean()"])
        if shape == () or self.chance(0.5):
            return (
                f"({{0}} + np.arange(1.0, {1 + np.prod(wanted)}).reshape({wanted}))"
                if shape == ()
                else (f"np.resize({{0}}, {wanted})")
            )
        size, n = int(np.prod(shape)), int(np.prod(wanted))
        index = self.rng.integers(-size, size, n).tolist()
        return f"np.ravel({{0}})[{index}].reshape({wanted})" if len(wanted) != 1 else f"np.ravel({{0}})[{index}]"


def draw(seed, words, statements):
    """The program of a seed: helpers, a few statements of the kinds given, and a return of what they made."""
    drawing = Drawing(seed, words)
    n_inputs = {"vector": (drawing.n + 1,), "matrix": (drawing.n, drawing.m), "scalar": ()}
    kinds = ["vector"] * 6 + ["matrix"] * 2 + ["scalar"]
    x = point(drawing, n_inputs[drawing.choice(kinds)])
    drawing.know("x", np.shape(x))
    helpers, body = [], []
    for _ in range(drawing.whole(1, 6)):
        made = drawing.choice(statements)(drawing)
        for statement in made or ():
            (helpers if statement.template.startswith("def ") else body).append(statement)
    return Program(seed, tuple(helpers), (*body, _returned(drawing)), x)


def point(drawing, shape):
    """Mostly numbers of common size; sometimes whole ones, where functions are special and ties happen."""
    if drawing.chance(0.15):
        x = drawing.rng.integers(-2, 3, shape) * drawing.choice([0.5, 1.0])
    else:
        x = np.round(drawing.rng.uniform(-1.5, 1.5, shape) * drawing.choice([1.0] * 12 + [20.0]), 3)
    if shape == ():
        return float(x)
    layout = np.asfortranarray if drawing.chance(0.2) else np.ascontiguousarray
    return layout(x, dtype=float)


def _returned(drawing):
    last = drawing.variables[-1]
    if drawing.chance(0.25):
        return Statement("return {0}", (drawing.expression((), 1),))
    if len(drawing.variables) > 2 and drawing.chance(0.5):
        parts = tuple(drawing.variables[-3:])
        text = "np.concatenate([" + ", ".join(f"np.ravel({{{k}}})" for k in range(len(parts))) + "])"
        return Statement("return {0}", (Expression(text, parts, (-1,), "returned"),))
    return Statement("return {0}", (last,))
