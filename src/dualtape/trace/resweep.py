"""Derivatives of derivatives: the sweeps of an inner recording, run in the numbers of the level around it.

*Design.* (a) Around a tape is a tape: the inner sweep is recorded there, scalars by core/resweep.pyx, array nodes here
in NumPy language, from the same formulas and array rules as everything else. (b) Around it is a forward evaluation: the
inner sweep is recorded on a tape of its own, whose operations are then repeated in dual numbers. So the rules of sweeps
are written once. Which level is "around" is that of the highest number involved; lower ones are captured by it in turn.
Called by record.py."""

import numpy as np

from dualtape.core import recording as core
from dualtape.core import sweeps
from dualtape.core.kernels import evaluate
from dualtape.core.nodes import first_values, instructions, nodes
from dualtape.core.resweep import PARTIAL_KINDS, Resweep, collect, is_constant, is_increasing, partial_kind
from dualtape.ops import array_ops
from dualtape.ops.table import ROWS
from dualtape.trace import partials
from dualtape.trace.functions import apply, is_active, leader

A, B = 1, 2  # bits of an active operand


def links_of(tape, inputs):
    """Pairs (first slot, number) of what a recording took from outer levels: active inputs, and captured numbers."""
    links, start = list(tape.captures), 1
    for x in inputs:
        if is_active(x):
            links.append((start, x))
        start += int(np.prod(np.shape(x) if isinstance(x, np.ndarray) else getattr(x, "shape", ()), dtype=int))
    return links


def around(tape, links, seeds=()):
    """The sweeps of a tape at the level of the innermost number among its links and the seeds."""
    first = leader([number for _, number in links] + list(seeds))
    return _OnTape(tape, links, first) if hasattr(first.engine, "tape") else _InDuals(tape, links, first)


def _spread(place, n):
    """int64 slots, one for each of n elements."""
    if isinstance(place, slice):
        return np.arange(place.start, place.stop, dtype=np.int64)
    return np.full(n, place, dtype=np.int64) if isinstance(place, int) else place.reshape(-1)


def _connected(x):
    """Where plain partials are not structurally zero; True for numbers that record."""
    return True if is_active(x) else np.asarray(x).view(np.int64) != np.float64(-0.0).view(np.int64)


def _times(d, s):
    return s if type(d) is float and d == 1.0 else -s if type(d) is float and d == -1.0 else d * s


class _OnTape(Resweep):
    """The sweeps of a tape, recorded on the tape around it."""

    def __init__(self, tape, links, first):
        self.links = links
        self.known_partials = {}
        super().__init__(tape, first.engine.tape, links)

    def program(self, op, which):
        return partials.program(ROWS[op], which)

    def formula(self, op, which, x, y, v, both):
        return partials.first(ROWS[op], which, x, y, v, both)

    def values(self, slots):
        return self.env.get(slots)

    def tangents(self, slots, S):
        columns = [self.tangent(S[:, k]) for k in range(S.shape[1])]
        return collect(self.outer, columns, slots) if columns else np.zeros((slots.size, 0))

    def adjoints(self, slots, W):
        columns = [self.adjoint(slots, W[:, k]) for k in range(W.shape[1])]
        return collect(self.outer, columns, slice(1, 1 + self.n)) if columns else np.zeros((self.n, 0))

    def seconds(self, slots, w, S):
        """Tangents of the adjoint sweep: the sweep is recorded once more, at a level between, and pushed forward
        there."""
        from dualtape.trace.record import record_flat

        captured = [(start, number) for start, number in self.links if start > self.n]

        def pulled(x):
            between = _OnTape(self.tape, [*captured, (1, x)], x)
            return [between.adjoints(slots, w.reshape(-1, 1))]

        return record_flat(pulled, [self.env.get(slice(1, 1 + self.n))]).jvp(S)

    # ---- values ----

    def replay_node(self, node):
        places = (
            node.a
            if node.kind == "call"
            else [node.a]
            if node.kind != "elementwise" or not node.active & B
            else [node.a, node.b]
        )
        if any(place is not None and np.any(self.depends[place]) for place in places):
            for place in node.out if node.kind == "call" else [node.out]:
                self.depends[place] = True
        getattr(self, "replay_" + node.kind)(node)

    def replay_elementwise(self, node):
        env, row = self.env, ROWS[node.op]
        operands = [node.a, node.b][: row.arity]
        if any(np.any(env.slot[place]) for place in operands):
            env.put(node.out, first_engine(self.outer).elementwise(node.op, *(env.get(place) for place in operands)))
        elif node.out.start >= self.tape.n_slots:  # the inner recording never stored it
            env.put(node.out, evaluate(row.name, *(env.get(place) for place in operands), order=0)["v"])

    def replay_sum(self, node):
        if self.env.slot[node.a].any():
            self.env.put(node.out, self.env.get(node.a).sum())

    def replay_sum_axes(self, node):
        if node.n and self.env.slot[node.a].any():
            self.env.put(_targets(node), self.env.get(node.a).reshape(node.shape).sum(node.axes).reshape(-1))

    def replay_gather(self, node):
        self.env.copy(node.out, node.a)

    def replay_call(self, node):
        if any(place is not None and np.any(self.env.slot[place]) for place in node.a):
            xs = self._operands(node)
            results = first_engine(self.outer).array_op(node.call.row, list(xs), node.call.params)
            for place, result in zip(node.out, (results,) if node.call.single else results):
                self.env.put(place, result)

    # ---- partials ----

    def array_partial(self, node, which):
        """First partial of an elementwise node in one operand, for all its elements (or a scalar); None where it is
        structurally zero."""
        key = (id(node), which)
        if key not in self.known_partials:
            self.known_partials[key] = self._array_partial(node, which)
        return self.known_partials[key]

    def _array_partial(self, node, which):
        kind = PARTIAL_KINDS[partial_kind(node.op, which)]
        if kind in ("zero", "one", "minus one"):
            return {"zero": None, "one": 1.0, "minus one": -1.0}[kind]
        row, env = ROWS[node.op], self.env
        if kind in ("x", "y"):
            return env.get(node.a if kind == "x" else node.b)
        x, y = env.get(node.a), env.get(node.b) if row.arity == 2 else None
        if is_constant(node.op, which) or not (is_active(x) or is_active(y)):
            return evaluate(row.name, _plain(x), _plain(y), order=1, active=node.active)["dy" if which else "dx"]
        return partials.first(row, which, x, y, env.get(node.out), node.active == A | B)

    # ---- tangents ----

    def tangent_node(self, node, dot):
        getattr(self, "tangent_" + node.kind)(node, dot)

    def tangent_elementwise(self, node, dot):
        out = _spread(node.out, node.n)
        for which, place in enumerate((node.a, node.b)):
            if not node.active & (A << which):
                continue
            kept = np.broadcast_to(dot.connected(place), node.n)
            if not kept.any():
                continue
            d = self.array_partial(node, which)
            if d is not None:
                kept = kept & _connected(d)
                self._add(
                    dot,
                    out[kept],
                    _times(_at(d, kept), dot.get(place if isinstance(place, int) else _spread(place, node.n)[kept])),
                )

    def tangent_sum(self, node, dot):
        kept = _spread(node.a, node.n)[np.broadcast_to(dot.connected(node.a), node.n)]
        if kept.size:
            dot.put(node.out, np.sum(dot.get(kept)))

    def tangent_sum_axes(self, node, dot):
        kept = dot.connected(node.a)
        if kept.any():
            self._send(dot, node.out[kept], dot.get(node.a[kept]))

    def tangent_gather(self, node, dot):
        dot.copy(node.out, node.a)

    def tangent_call(self, node, dot):
        x_dots = [
            None if place is None or not np.any(dot.connected(place)) else _computed(dot.get(place)) for place in node.a
        ]
        if all(x_dot is None for x_dot in x_dots):
            return
        v_dot = node.call.row.jvp(tuple(x_dots), self._operands(node), self._results(node), **node.call.params)
        for place, part in zip(node.out, (v_dot,) if node.call.single else v_dot):
            if part is not None:
                dot.put(place, _computed(part))

    def _operands(self, node):
        return tuple(x if place is None else self.env.get(place) for x, place in zip(node.call.operands, node.a))

    def _results(self, node):
        results = tuple(self.env.get(place) for place in node.out)
        return results[0] if node.call.single else results

    # ---- adjoints ----

    def adjoint_node(self, node, bar):
        getattr(self, "adjoint_" + node.kind)(node, bar)

    def adjoint_elementwise(self, node, bar):
        reached = bar.connected(node.out)
        if not reached.any():
            return
        out = _spread(node.out, node.n)
        for which, place in enumerate((node.a, node.b)):
            if not node.active & (A << which):
                continue
            kept = reached & self.depends[place]
            if not kept.any():
                continue
            d = self.array_partial(node, which)
            if d is not None:
                kept = kept & _connected(d)
                self._send(bar, _spread(place, node.n)[kept], _times(_at(d, kept), bar.get(out[kept])))

    def adjoint_sum(self, node, bar):
        if bar.connected(node.out):
            target = _spread(node.a, node.n)
            target = target[self.depends[target]]
            self._send(bar, target, np.broadcast_to(bar.get(node.out), target.shape))

    def adjoint_sum_axes(self, node, bar):
        self._pass_on(bar, node.a, node.out)

    def adjoint_gather(self, node, bar):
        self._pass_on(bar, node.a, _spread(node.out, node.n))

    def _pass_on(self, bar, target, source):
        """Add the adjoints in the slots `source`, element by element, to those in `target`."""
        kept = bar.connected(source) & self.depends[target]
        self._send(bar, target[kept], bar.get(source[kept]))

    def adjoint_call(self, node, bar):
        if not any(np.any(bar.connected(place)) for place in node.out):
            return
        v_bars = tuple(_computed(bar.get(place)) for place in node.out)
        active = tuple(place is not None and bool(np.any(self.depends[place])) for place in node.a)
        x_bars = node.call.row.vjp(
            v_bars[0] if node.call.single else v_bars,
            self._operands(node),
            self._results(node),
            active,
            **node.call.params,
        )
        for place, is_wanted, x_bar in zip(node.a, active, x_bars):
            if is_wanted and x_bar is not None:
                self._send(bar, place.reshape(-1), np.reshape(_computed(x_bar), -1))

    # ---- accumulation ----

    def _add(self, numbers, place, contribution):
        """numbers[place] += contribution; all slots of `place` are different, and the contribution is connected
        everywhere."""
        there = numbers.connected(place)
        if not there.any():
            numbers.put(place, contribution)
        elif there.all():
            numbers.put(place, numbers.get(place) + contribution)
        else:
            numbers.put(place[~there], _at(contribution, ~there))
            numbers.put(place[there], numbers.get(place[there]) + _at(contribution, there))

    def _send(self, numbers, place, contribution):
        """The same where a slot may occur several times."""
        if not place.size:
            return
        if is_increasing(place):
            self._add(numbers, place, contribution)
        elif (place == place[0]).all():
            self._add(numbers, place[:1], np.reshape(np.sum(contribution), (1,)))
        else:
            slots, turn, counts = np.unique(place, return_inverse=True, return_counts=True)
            self._add(numbers, slots, _grouped(contribution, turn, counts))


def _grouped(contribution, turn, counts):
    """Sums of the elements of each group: group ``turn[k]`` of element k, ``counts[g]`` elements in group g."""
    contribution = contribution[np.argsort(turn, kind="stable")]
    if counts.max() == counts.min():
        return np.sum(np.reshape(contribution, (counts.size, counts[0])), axis=1) if counts[0] > 1 else contribution
    if not is_active(contribution):
        return np.add.reduceat(contribution, np.cumsum(counts) - counts)
    return apply(array_ops.ADD_AT, np.zeros(counts.size), contribution, index=np.repeat(np.arange(counts.size), counts))


def _targets(node):
    """Slots of the sums of a "sum_axes" node, in C order: those of the first element along every summed axis."""
    return node.out.reshape(node.shape)[
        tuple(0 if axis in node.axes else slice(None) for axis in range(len(node.shape)))
    ].reshape(-1)


def _at(d, kept):
    """Elements of a partial; a scalar serves all elements."""
    return d if np.ndim(d) == 0 or kept.all() else d[kept]


def _plain(x):
    return x.primal if is_active(x) else x


def _computed(x):
    """A plain number without structural zeros, as rules of array operations want it."""
    return x if is_active(x) else x + 0.0


def first_engine(tape):
    """What handlers may ask of a tape."""
    from dualtape.core.engine import TapeEngine

    return TapeEngine(tape)


class _InDuals:
    """The sweeps of a tape inside a forward evaluation: recorded on a tape of their own, whose inputs are all numbers
    of that evaluation; then it is repeated in dual numbers. For first order that is one compiled tangent sweep."""

    def __init__(self, tape, links, first):
        self.tape, self.links, self.first, self.level = tape, links, first, first.level

    def values(self, slots):
        return self._through_tape(lambda sweeps_on: [sweeps_on.values(slots)])

    def tangents(self, slots, S):
        values = self._through_tape(lambda sweeps_on, S: [sweeps_on.tangents(slots, S)], S)
        return values.reshape(slots.size, -1)

    def adjoints(self, slots, W):
        values = self._through_tape(lambda sweeps_on, W: [sweeps_on.adjoints(slots, W)], W)
        return values.reshape(self.tape.n_inputs, -1)

    def seconds(self, slots, w, S):
        values = self._through_tape(lambda sweeps_on, w, S: [sweeps_on.seconds(slots, w, S)], w, S)
        return values.reshape(self.tape.n_inputs, -1)

    def gradient(self, out, like, forward):
        """As Resweep.gradient."""
        values = self._through_tape(lambda sweeps_on: list(sweeps_on.gradient(out, like, forward)))
        return values[0], values[1] if isinstance(like, float) else values[1:].reshape(like.shape)

    def _through_tape(self, run, *seeds):
        """Results of ``run(sweeps, *seeds)`` in dual numbers, flat."""
        from dualtape.trace.record import record_tape

        starts = [start for start, _ in self.links]
        moving = [k for k, seed in enumerate(seeds) if is_active(seed)]
        numbers = [number for _, number in self.links] + [seeds[k] for k in moving]

        def recorded(*inner):
            own = list(seeds)
            for k, number in zip(moving, inner[len(starts) :]):
                own[k] = number
            return run(_OnTape(self.tape, list(zip(starts, inner)), inner[0]), *own)

        tape, slots, _ = record_tape(recorded, numbers)
        return _repeated(tape, numbers, slots)


def _repeated(tape, numbers, slots):
    """What is in `slots` when a tape runs again with these dual numbers for its inputs: a flat dual array."""
    from dualtape.core.dual import HyperDual
    from dualtape.core.dual_parts import first_lanes, with_first_lanes

    first = numbers[0]
    if isinstance(first, HyperDual):
        return _repeat(tape, numbers, first.engine)[slots]
    lanes = sweeps.tangents(tape, slots, np.concatenate([first_lanes(number) for number in numbers]), True)
    return with_first_lanes(first, core.values_at(tape, slots), lanes)


def _repeat(tape, numbers, engine):
    """The values of all slots as one array of the forward engine: the recorded operations, done once more in dual
    numbers."""
    found, size = nodes(tape)
    env = engine.lift(first_values(tape, size))
    active = np.zeros(size, dtype=bool)
    active[1 : 1 + tape.n_inputs] = True
    env[1 : 1 + tape.n_inputs] = np.concatenate([np.reshape(number, -1) for number in numbers])
    for op, a, b, out in instructions(tape):
        if op is None:
            for node in found[a:b]:
                _repeat_node(tape, engine, env, active, node)
        elif active[a] or active[b]:
            env[out] = engine.elementwise(op, env[a], env[b] if ROWS[op].arity == 2 else None)
            active[out] = True
    return env


def _repeat_node(tape, engine, env, active, node):
    if node.kind == "call":
        places = [place for place in node.a if place is not None]
    else:
        places = [node.a] if node.kind != "elementwise" or ROWS[node.op].arity == 1 else [node.a, node.b]
    unstored = node.kind == "elementwise" and node.out.start >= tape.n_slots
    if not unstored and not any(np.any(active[place]) for place in places):
        return
    if node.kind == "call":
        xs = [x if place is None else env[place] for x, place in zip(node.call.operands, node.a)]
        results = engine.array_op(node.call.row, xs, node.call.params)
        for place, result in zip(node.out, (results,) if node.call.single else results):
            env[place] = result
            active[place] = True
        return
    if node.kind == "elementwise":
        env[node.out] = engine.elementwise(node.op, *(env[place] for place in places))
    elif node.kind == "sum":
        env[node.out] = np.sum(env[node.a])
    elif node.kind == "gather":
        env[node.out] = env[node.a]
    elif node.n:
        env[_targets(node)] = np.reshape(np.sum(np.reshape(env[node.a], node.shape), node.axes), -1)
    active[_targets(node) if node.kind == "sum_axes" else node.out] = True
