"""Derivatives of derivatives: the sweeps of an inner recording, run in the numbers of the level around it.

*Design.* (a) Around a tape is a tape: the inner sweep is recorded there, scalars by core/resweep.pyx, array nodes here
in NumPy language, from the same formulas and array rules as everything else. (b) Around it is a forward evaluation: the
inner sweep is recorded on a tape of its own, which is then repeated in dual numbers. So the rules of sweeps are written
once. Which level is "around" is that of the highest number involved; lower ones are captured by it in turn. Called by
record.py and, for gradients of one argument, by core/oneshot.pyx."""

import numpy as np

from dualtape.core import recording as core
from dualtape.core import sweeps
from dualtape.core.guards import guard
from dualtape.core.kernels import evaluate
from dualtape.core.nodes import first_values, instructions, nodes
from dualtape.core.resweep import PARTIAL_KINDS, Resweep, collect, is_constant, is_increasing, partial_kind
from dualtape.core.scalar import peek
from dualtape.ops import array_ops
from dualtape.ops.table import OPCODES, ROWS
from dualtape.trace import partials
from dualtape.trace.functions import apply, elementwise, is_active, is_guarded, leader, operand

BOTH = 3  # active operands of a node, as bits


def links_of(tape, inputs):
    """Pairs (first slot, number) of what a recording took from outer levels: active inputs, and captured numbers."""
    links, start = list(tape.captures), 1
    for x in inputs:
        if is_active(x):
            links.append((start, x))
        start += x.size if hasattr(x, "size") else 1
    return links


def around(tape, links, seeds=()):
    """The sweeps of a tape at the level of the innermost number among its links and the seeds."""
    first = leader([number for _, number in links] + list(seeds))
    return _OnTape(tape, links, first) if hasattr(first.engine, "tape") else _InDuals(tape, links, first)


# ---- places and elements ----


def _spread(place, n):
    """int64 slots, one for each of n elements."""
    if isinstance(place, slice):
        return np.arange(place.start, place.stop, dtype=np.int64)
    return np.full(n, place, dtype=np.int64) if isinstance(place, int) else place.reshape(-1)


def _part(place, n, kept):
    """The place of the elements that are kept: itself if all are."""
    return place if kept.all() else _spread(place, n)[kept]


def _at(x, kept):
    """Those elements of a number that are kept; a scalar serves all."""
    return x if np.ndim(x) == 0 or kept.all() else x[kept]


def _connected(x):
    """Where plain partials are not structurally zero; True for numbers that record."""
    return True if is_active(x) else np.asarray(x).view(np.int64) != np.float64(-0.0).view(np.int64)


def _computed(x):
    """A number without structural zeros: what was computed is not -0.0."""
    return x if is_active(x) else x + 0.0


def _times(d, s):
    """The product rule for what is connected."""
    if type(d) is float and abs(d) == 1.0:
        return s if d > 0.0 else _computed(-s)
    return _computed(d * s)


def _selected(node, d, s):
    """The product rule of an elementwise node. A partial that chooses, and is itself recorded, says "not connected"
    where it is zero."""
    if ROWS[node.op].selects and is_guarded(d):
        return elementwise(OPCODES["kept"], d * s, d)
    return _times(d, s)


def _plain(x):
    return peek(x) if is_active(x) else x


def _single(node, parts):
    return parts[0] if node.call.single else tuple(parts)


def _results_again(engine, node, xs):
    """The results of a node at other operands, one flat number each (in its shape for an array operation)."""
    if node.kind == "elementwise":
        return [engine.elementwise(node.op, *xs)]
    if node.kind == "call":
        results = engine.array_op(node.call.row, list(xs), node.call.params)
        return [results] if node.call.single else list(results)
    if node.kind == "sum":
        return [np.sum(xs[0])]
    if node.kind == "sum_axes":
        return [np.reshape(np.sum(np.reshape(xs[0], node.shape), node.axes), -1)]
    return [xs[0]]


def _operands(node, env):
    """Operands of a node, from whatever is indexed by places."""
    if node.kind != "call":
        return [env[place] for place in node.operands]
    return [x if place is None else env[place] for x, place in zip(node.call.operands, node.operands, strict=True)]


def _any(mask, places):
    return any(place is not None and np.any(mask[place]) for place in places)


# ---- inside a tape ----


class _OnTape(Resweep):
    """The sweeps of a tape, recorded on the tape around it."""

    def __init__(self, tape, links, first):
        self.links = links
        self.engine = first.engine
        self.known_partials = {}
        super().__init__(tape, self.engine.tape, links)

    def program(self, op, which):
        return partials.program(ROWS[op], which)

    def formula(self, op, which, x, y, v, both):
        return partials.first(ROWS[op], which, x, y, v, both)

    def values(self, slots):
        return self.env[slots]

    def tangents(self, slots, S):
        columns = [self.tangent(S[:, k]) for k in range(S.shape[1])]
        return collect(self.outer, columns, slots) if columns else np.zeros((slots.size, 0))

    def adjoints(self, slots, W):
        columns = [self.adjoint(slots, W[:, k]) for k in range(W.shape[1])]
        return collect(self.outer, columns, slice(1, 1 + self.n)) if columns else np.zeros((self.n, 0))

    def seconds(self, slots, w, S):
        """Tangents of the adjoint sweep: it is recorded once more, at a level between, and pushed forward there."""
        from dualtape.trace.record import record_flat

        captured = [(start, number) for start, number in self.links if start > self.n]

        def pulled(x):
            between = _OnTape(self.tape, [*captured, (1, x)], x)
            return [between.adjoints(slots, w.reshape(-1, 1))]

        return record_flat(pulled, [self.env[1 : 1 + self.n]]).jvp(S)

    # ---- values ----

    def replay_node(self, node):
        if _any(self.depends, node.operands):
            for place in node.results:
                self.depends[place] = True
        if node.kind == "guard":
            self._guard_again(node)
        elif node.kind == "gather":
            self.env.copy(node.results[0], node.operands[0])
        elif _any(self.env.slot, node.operands) and (node.n or node.kind == "call"):
            for place, result in zip(
                node.results, _results_again(self.engine, node, _operands(node, self.env)), strict=True
            ):
                self.env[place] = result
        elif node.kind == "elementwise" and node.n and node.results[0].start >= self.tape.n_slots:
            # plain, and the inner recording never stored it
            self.env[node.results[0]] = evaluate(ROWS[node.op].name, *_operands(node, self.env), order=0)["v"]

    def _guard_again(self, node):
        """What the inner function has decided on outer numbers is decided at the outer level too."""
        decided_on = self.env[node.operands[0]]
        if is_guarded(decided_on):
            guard(decided_on, "")
            self.outer.guards[-1] = self.tape.guards[node.number]  # with the inner line

    def partial(self, node, which):
        """First partial of an elementwise node in one operand, for all its elements (or a scalar); None where it is
        structurally zero."""
        key = (id(node), which)
        if key not in self.known_partials:
            self.known_partials[key] = self._partial(node, which)
        return self.known_partials[key]

    def _partial(self, node, which):
        kind = PARTIAL_KINDS[partial_kind(node.op, which)]
        if kind in ("zero", "one", "minus one"):
            return {"zero": None, "one": 1.0, "minus one": -1.0}[kind]
        xs = _operands(node, self.env)
        if kind in ("x", "y"):
            return xs[0 if kind == "x" else 1]
        if is_constant(node.op, which) or not any(map(is_active, xs)):
            if any(map(is_guarded, xs)):  # what it is decided on is recorded
                found = partials.first(
                    ROWS[node.op], which, xs[0], xs[-1], self.env[node.results[0]], node.active == BOTH
                )
                return operand(found)
            found = evaluate(ROWS[node.op].name, *map(_plain, xs), order=1, active=node.active)
            return found["dy" if which else "dx"]
        return partials.first(ROWS[node.op], which, xs[0], xs[-1], self.env[node.results[0]], node.active == BOTH)

    # ---- tangents ----

    def tangent_node(self, node, dot):
        getattr(self, "tangent_" + node.kind)(node, dot)

    def tangent_elementwise(self, node, dot):
        (out,) = node.results
        for which, place in enumerate(node.operands):
            kept = np.broadcast_to(dot.connected(place), node.n)
            if not node.active >> which & 1 or not kept.any():
                continue
            d = self.partial(node, which)
            if d is not None:
                kept = kept & _connected(d)
                x_dot = dot[place if isinstance(place, int) else _part(place, node.n, kept)]
                self._add(dot, _part(out, node.n, kept), _selected(node, _at(d, kept), x_dot))

    def tangent_guard(self, node, dot):
        """Nothing moves."""

    adjoint_guard = tangent_guard

    def tangent_sum(self, node, dot):
        place = node.operands[0]
        kept = np.broadcast_to(dot.connected(place), node.n)
        if kept.any():
            dot[node.results[0]] = np.sum(dot[_part(place, node.n, kept)])

    def tangent_sum_axes(self, node, dot):
        self._pass_on(dot, node.operands[0], node.sums)

    def tangent_gather(self, node, dot):
        dot.copy(node.results[0], node.operands[0])

    def tangent_call(self, node, dot):
        moved = [place is not None and np.any(dot.connected(place)) for place in node.operands]
        if not any(moved):
            return
        x_dots = tuple(_computed(dot[place]) if m else None for place, m in zip(node.operands, moved, strict=True))
        xs, v = self._at_node(node)
        v_dot = node.call.row.jvp(x_dots, xs, v, **node.call.params)
        for place, part in zip(node.results, (v_dot,) if node.call.single else v_dot, strict=True):
            if part is not None:
                dot[place] = _unknown_alike(_computed(part), (*xs, *x_dots))

    def _at_node(self, node):
        """Operands and result of an array operation, as its rules take them."""
        return tuple(_operands(node, self.env)), _single(node, [self.env[place] for place in node.results])

    # ---- adjoints ----

    def adjoint_node(self, node, bar):
        getattr(self, "adjoint_" + node.kind)(node, bar)

    def adjoint_elementwise(self, node, bar):
        (out,) = node.results
        reached = bar.connected(out)
        for which, place in enumerate(node.operands):
            kept = reached & self.depends[place]
            if not node.active >> which & 1 or not kept.any():
                continue
            d = self.partial(node, which)
            if d is not None:
                kept = kept & _connected(d)
                target = place if isinstance(place, slice) and kept.all() else _spread(place, node.n)[kept]
                self._send(bar, target, _selected(node, _at(d, kept), bar[_part(out, node.n, kept)]))

    def adjoint_sum(self, node, bar):
        if bar.connected(node.results[0]):
            target = _spread(node.operands[0], node.n)
            target = target[self.depends[target]]
            self._send(bar, target, np.broadcast_to(bar[node.results[0]], target.shape))

    def adjoint_sum_axes(self, node, bar):
        self._pass_on(bar, node.sums, node.operands[0])

    def adjoint_gather(self, node, bar):
        self._pass_on(bar, _spread(node.results[0], node.n), node.operands[0])

    def adjoint_call(self, node, bar):
        if not any(np.any(bar.connected(place)) for place in node.results):
            return
        parts = [bar[place] for place in node.results]
        v_bar = _computed(parts[0]) if node.call.single else tuple(parts)  # zeros of several stay structural
        wanted = tuple(place is not None and bool(np.any(self.depends[place])) for place in node.operands)
        xs, v = self._at_node(node)
        x_bars = node.call.row.vjp(v_bar, xs, v, wanted, **node.call.params)
        for place, is_wanted, x_bar in zip(node.operands, wanted, x_bars, strict=True):
            if is_wanted and x_bar is not None:
                x_bar = _unknown_alike(_computed(x_bar), (*xs, *parts))
                self._send(bar, place.reshape(-1), np.reshape(x_bar, -1))

    # ---- accumulation ----

    def _pass_on(self, numbers, source, target):
        """Add what is in the slots `source`, element by element, to what is in `target`."""
        kept = numbers.connected(source) & self.depends[target]
        self._send(numbers, target[kept], numbers[source[kept]])

    def _add(self, numbers, place, contribution):
        """numbers[place] += contribution; all slots of `place` are different, the contribution connected everywhere."""
        there = numbers.connected(place)
        if not there.any():
            numbers[place] = contribution
        elif there.all():
            numbers[place] = numbers[place] + contribution
        else:
            slots = _spread(place, there.size)
            numbers[slots[~there]] = _at(contribution, ~there)
            numbers[slots[there]] = numbers[slots[there]] + _at(contribution, there)

    def _send(self, numbers, place, contribution):
        """The same where a slot may occur several times."""
        if isinstance(place, slice) or (place.size and is_increasing(place)):
            self._add(numbers, place, contribution)
        elif place.size:
            self._add(numbers, *_folded(place, contribution))


def _unknown_alike(found, given):
    """What a rule has found, where not a number dependent on all that it was given: a NaN of its own, not one that it
    was given, is a constant to the rule, but what has no derivative has no second one either."""
    moving = [x for x in given if is_active(x)]
    if not moving or not _has_nan(found) or any(x is not None and _has_nan(x) for x in given):
        return found
    return np.where(np.isnan(found), np.nan * sum(np.sum(x) for x in moving), found)  # decided anew in a replay


def _has_nan(x):
    return np.any(np.isnan(peek(x) if is_active(x) else x))


def _folded(place, contribution):
    """Slots without repetition, and the sums of what goes to each."""
    again = np.flatnonzero(place == place[0])
    # a row repeated n/m times, or each of m slots repeated: the operand of a broadcast
    m = int(again[1]) if again.size > 1 else place.size
    if m > 1 and place.size % m == 0 and is_increasing(place[:m]) and np.all(place.reshape(-1, m) == place[:m]):
        return place[:m], np.sum(np.reshape(contribution, (-1, m)), axis=0)
    m = again.size
    if place.size % m == 0 and is_increasing(place[::m]) and np.all(place.reshape(-1, m) == place[::m, None]):
        return place[::m], np.sum(np.reshape(contribution, (-1, m)), axis=1)
    slots, turn = np.unique(place, return_inverse=True)
    if is_active(contribution):
        return slots, apply(array_ops.ADD_AT, np.zeros(slots.size), contribution, index=turn)
    return slots, _computed(np.bincount(turn, contribution, slots.size))


# ---- inside a forward evaluation ----


class _InDuals:
    """The sweeps of a tape inside a forward evaluation: recorded on a tape of their own, whose inputs are all numbers
    of that evaluation, and then repeated in dual numbers."""

    def __init__(self, tape, links, first):
        self.tape, self.links, self.level = tape, links, first.level

    def values(self, slots):
        return self._through_tape(lambda inner: [inner.values(slots)])

    def tangents(self, slots, S):
        return self._through_tape(lambda inner, S: [inner.tangents(slots, S)], S).reshape(slots.size, -1)

    def adjoints(self, slots, W):
        return self._through_tape(lambda inner, W: [inner.adjoints(slots, W)], W).reshape(self.tape.n_inputs, -1)

    def seconds(self, slots, w, S):
        found = self._through_tape(lambda inner, w, S: [inner.seconds(slots, w, S)], w, S)
        return found.reshape(self.tape.n_inputs, -1)

    def gradient(self, out, like, forward):
        """As Resweep.gradient."""
        found = self._through_tape(lambda inner: list(inner.gradient(out, like, forward)))
        return found[0], found[1] if isinstance(like, float) else found[1:].reshape(like.shape)

    def _through_tape(self, run, *seeds):
        """Results of ``run(sweeps, *seeds)`` as one flat array of the forward evaluation."""
        from dualtape.trace.record import record_tape

        starts = [start for start, _ in self.links]
        moving = [k for k, seed in enumerate(seeds) if is_active(seed)]
        numbers = [number for _, number in self.links] + [seeds[k] for k in moving]

        def recorded(*tracers):
            own = list(seeds)
            for k, tracer in zip(moving, tracers[len(starts) :], strict=True):
                own[k] = tracer
            return run(_OnTape(self.tape, list(zip(starts, tracers, strict=False)), tracers[0]), *own)

        tape, slots, _ = record_tape(recorded, numbers)
        return _repeated(tape, numbers, slots)


def _repeated(tape, numbers, slots):
    """What is in `slots` when a tape runs again, with these dual numbers for its inputs; for first order that is one
    compiled tangent sweep."""
    from dualtape.core.dual import HyperDual
    from dualtape.core.dual_parts import first_lanes, with_first_lanes

    first = numbers[0]
    if isinstance(first, HyperDual):
        return _repeated_by_operations(tape, numbers, first.engine)[slots]
    lanes = sweeps.tangents(tape, slots, np.concatenate([first_lanes(number) for number in numbers]), True)
    return with_first_lanes(first, core.values_at(tape, slots), lanes)


def _repeated_by_operations(tape, numbers, engine):
    """The values of all slots as one array of the forward evaluation."""
    found, size = nodes(tape)
    env = _Moving(engine.lift(first_values(tape, size)))
    env[1 : 1 + tape.n_inputs] = np.concatenate([np.reshape(number, -1) for number in numbers])
    for op, a, b, out in instructions(tape):
        for node in found[a:b] if op is None else ():
            _repeat_node(engine, node, env, tape.n_slots)
        if op is not None and (env.moves[a] or env.moves[b]):
            env[out] = engine.elementwise(op, env[a], env[b] if ROWS[op].arity == 2 else None)
    return env.numbers


class _Moving:
    """Numbers of a forward evaluation in the slots of a tape; those that nothing has been written to are plain.

    Attributes
    ----------
    numbers : DualArray or HyperDualArray, shape (size,)
    moves : ndarray of bool, shape (size,)
    """

    def __init__(self, numbers):
        self.numbers, self.moves = numbers, np.zeros(numbers.size, dtype=bool)

    def __getitem__(self, place):
        found = self.numbers[place]
        return found if np.any(self.moves[place]) else peek(found)

    def __setitem__(self, place, found):
        self.numbers[place] = found
        self.moves[place] = True


def _repeat_node(engine, node, env, stored):
    if node.kind == "guard":
        return
    unstored = node.kind == "elementwise" and node.results[0].start >= stored
    if not unstored and not _any(env.moves, node.operands):
        return
    for place, result in zip(node.results, _results_again(engine, node, _operands(node, env)), strict=True):
        env[place] = result
