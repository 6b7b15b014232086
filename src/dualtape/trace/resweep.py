"""Derivatives of derivatives: the sweeps of an inner recording, run in the numbers of the level around it.

The inner tape is walked step by step. `env` holds one number of the outer level per inner slot; a step reads its operands there, applies
the same operation, and writes the result. Sweeps do the same with the partials of the rule table, written as formulas of outer numbers
(partials.py), so that whatever comes out can be differentiated again. Only what depends on the outer level is computed anew: the rest are
the constants that the inner recording found. Called by record.py; slower than the compiled sweeps by design, exact to any depth."""

import numpy as np

from dualtape.core import recording as core
from dualtape.ops.table import ROWS
from dualtape.trace import partials

X_ACTIVE, Y_ACTIVE = 1, 2


# ---- places: an int (one slot), a slice (a run of slots) or an int64 array ----


def _flat(number):
    return number.reshape(-1) if getattr(number, "shape", ()) != () else number


def _count(place):
    return place.stop - place.start if isinstance(place, slice) else 1 if isinstance(place, int) else place.size


def _spread(place, size):
    """int64 slots, one for each of `size` elements."""
    if isinstance(place, slice):
        return np.arange(place.start, place.stop, dtype=np.int64)
    return np.full(size, place, dtype=np.int64) if isinstance(place, int) else place.reshape(-1)


def _may_move(seed):
    """Elements of a seed that are not structurally zero. A number of an outer level may be 0 and still matter there."""
    return np.ones(seed.shape, dtype=bool) if hasattr(seed, "engine") else np.asarray(seed) != 0.0


def _add_at(target, place, contribution):
    """target[place] += contribution, where a slot may occur several times in `place`."""
    if isinstance(place, (int, slice)):
        target[place] = target[place] + contribution
        return
    slots, turn = np.unique(place, return_inverse=True)
    if slots.size == 1:
        target[int(slots[0])] = target[int(slots[0])] + contribution.sum()
    elif slots.size == place.size:
        target[place] = target[place] + contribution
    else:
        order = np.argsort(turn, kind="stable")
        rank = np.arange(place.size) - np.searchsorted(turn[order], turn[order])
        for round_ in range(rank.max() + 1):  # the first occurrence of every slot, then the second ...
            chosen = order[rank == round_]
            target[place[chosen]] = target[place[chosen]] + contribution[chosen]


class Outer:
    """An inner tape whose inputs or captures are active at an outer level, with its primal values in that level's numbers.

    Attributes
    ----------
    env : array of the outer level, shape (slots,)
        The value of each inner slot.
    plain : ndarray, shape (slots,)
        The values that the inner recording found: all there is to slots that do not depend on the outer level.
    active : ndarray of bool, shape (slots,)
        Slots that do depend on it.
    depends : ndarray of bool, shape (slots,)
        Slots that depend on the inner inputs: those that inner sweeps pass through.
    """

    def __init__(self, tape, engine, links):
        self.tape = tape
        self.engine = engine
        self.links = links
        self.n = tape.n_inputs
        self.steps, slots = core.steps(tape)
        self.plain = core.all_values(tape, slots)
        self.env = engine.lift(self.plain)
        self.depends = np.zeros(slots, dtype=bool)
        self.depends[1 : 1 + self.n] = True
        self.active = np.zeros(slots, dtype=bool)
        for start, number in links:
            size = int(np.prod(number.shape, dtype=int))
            self.env[start : start + size] = _flat(number)
            self.active[start : start + size] = True
        self._replay(tape.n_slots)

    @classmethod
    def of(cls, tape, inputs):
        """The outer level of a tape, None if it has none."""
        links, start = list(tape.captures), 1
        for x in inputs:
            if hasattr(x, "engine"):
                links.append((start, x))
            start += int(np.prod(np.shape(x) if isinstance(x, np.ndarray) else getattr(x, "shape", ()), dtype=int))
        if not links:
            return None
        leader = max((number for _, number in links), key=lambda number: number.level)
        return cls(tape, leader.engine, links)

    @classmethod
    def for_seeds(cls, tape, seeds):
        """A plain recording swept with seeds of another level."""
        leader = max((seed for seed in seeds if hasattr(seed, "engine")), key=lambda number: number.level)
        return cls(tape, leader.engine, [])

    # ---- primal ----

    def _operand(self, place):
        """The number in `place`: a plain one where the outer level does not reach, so that it stays a constant there."""
        return self.env[place] if np.any(self.active[place]) else self.plain[place]

    def _replay(self, stored):
        """Compute again what depends on the outer level, and what the inner tape never stored."""
        active = self.active
        for kind, what, _, a, b, out in self.steps:
            operands = [place for place in (a if kind == "call" else (a, b)) if place is not None]
            if kind == "gather":
                operands = [what]
            places = out if kind == "call" else [b if kind == "sum_axes" else out]
            if any(self.depends[place].any() for place in operands):
                for place in places:
                    self.depends[place] = True
            beyond = isinstance(out, slice) and out.start >= stored
            if not beyond and not any(active[place].any() for place in operands):
                continue
            for place in places:
                active[place] = True
            self._compute(kind, what, a, b, out)

    def _compute(self, kind, what, a, b, out):
        env, engine = self.env, self.engine
        if kind == "elementwise":
            operands = [self._operand(place) for place in (a, b)[: ROWS[what].arity]]
            env[out] = engine.elementwise(what, *operands)
        elif kind == "sum":
            env[out] = env[a].sum()
        elif kind == "gather":
            env[out] = env[what]
        elif kind == "sum_axes":
            env[np.unique(b)] = 0.0
            _add_at(env, b, env[a])
        else:
            operands = [x if place is None else self._operand(place) for x, place in zip(what.operands, a)]
            results = engine.array_op(what.row, operands, what.params)
            for place, result in zip(out, (results,) if what.single else results):
                env[place] = result

    def values(self, slots):
        return self.env[slots]

    # ---- tangents ----

    def tangents(self, slots, S):
        columns = [self._tangent(S[:, k])[slots] for k in range(S.shape[1])]
        return np.stack(columns, axis=1) if columns else np.zeros((slots.size, 0))

    def _tangent(self, seed):
        env, dot = self.env, self.engine.lift(np.zeros(self.env.size))
        moving = np.zeros(self.env.size, dtype=bool)
        dot[1 : 1 + self.n] = seed
        moving[1 : 1 + self.n] = _may_move(seed)
        for kind, what, active, a, b, out in self.steps:
            if kind == "elementwise":
                self._tangent_elementwise(dot, moving, what, active, a, b, out)
            elif kind == "call":
                self._tangent_call(dot, moving, what, a, out)
            elif kind == "gather":
                dot[out] = dot[what]
                moving[out] = moving[what]
            elif kind == "sum":
                dot[out] = dot[a].sum()
                moving[out] = moving[a].any()
            elif moving[a].any():
                _add_at(dot, b, dot[a])
                moving[b[moving[a]]] = True
        return dot

    def _tangent_elementwise(self, dot, moving, opcode, active, a, b, out):
        size = _count(out)
        for which, place in ((0, a), (1, b)):
            if not active & (1 << which) or not moving[place].any():
                continue
            at = self._elements((a, b, out), size, moving[place])
            d = self._partial(opcode, which, active, *at)
            if d is not None:
                _add_at(dot, at[2], d * dot[at[which]])
                moving[at[2]] = True

    @staticmethod
    def _elements(places, size, kept):
        """The places themselves where all elements are kept, else int64 slots of those that are."""
        if np.all(kept):
            return places
        kept = np.broadcast_to(kept, size)
        return tuple(_spread(place, size)[kept] for place in places)

    def _tangent_call(self, dot, moving, call, places, out):
        x_dots = [dot[place] if place is not None and moving[place].any() else None for place in places]
        if all(x_dot is None for x_dot in x_dots):
            return
        xs, v = self._call_values(call, places, out)
        v_dot = call.row.jvp(tuple(x_dots), xs, v, **call.params)
        for place, part in zip(out, (v_dot,) if call.single else v_dot):
            if part is not None:
                dot[place] = part
                moving[place] = True

    def _call_values(self, call, places, out):
        xs = tuple(x if place is None else self.env[place] for x, place in zip(call.operands, places))
        results = tuple(self.env[place] for place in out)
        return xs, results[0] if call.single else results

    def _partial(self, opcode, which, active, a, b, out):
        """First partial in operand `which`, as a formula of outer numbers; None where it is structurally zero."""
        row, both = ROWS[opcode], active == X_ACTIVE | Y_ACTIVE
        y = self._operand(b) if row.arity == 2 else None
        return partials.first(row, which, self._operand(a), y, self._operand(out), both)

    # ---- adjoints ----

    def adjoints(self, slots, W):
        columns = [self._adjoint(slots, W[:, k])[1 : 1 + self.n] for k in range(W.shape[1])]
        return np.stack(columns, axis=1) if columns else np.zeros((self.n, 0))

    def _adjoint(self, slots, weights):
        bar = self.engine.lift(np.zeros(self.env.size))
        reached = np.zeros(self.env.size, dtype=bool)
        chosen = _may_move(weights)
        _add_at(bar, slots[chosen], weights[chosen])
        reached[slots[chosen]] = True
        for kind, what, active, a, b, out in reversed(self.steps):
            if kind == "call":
                self._adjoint_call(bar, reached, what, a, out)
                continue
            back = b if kind == "sum_axes" else out
            if not reached[back].any():
                continue
            if kind == "elementwise":
                self._adjoint_elementwise(bar, reached, what, active, a, b, out)
            else:
                target = what if kind == "gather" else a
                target, source = _spread(target, _count(target)), _spread(back, _count(target))
                kept = reached[source] & self.depends[target]
                self._send(bar, reached, target[kept], bar[source[kept]])
        return bar

    def _adjoint_elementwise(self, bar, reached, opcode, active, a, b, out):
        size = _count(out)
        for which, place in ((0, a), (1, b)):
            if active & (1 << which) and self.depends[place].any():
                at = self._elements((a, b, out), size, reached[out] & self.depends[place])
                d = self._partial(opcode, which, active, *at)
                if d is not None:
                    target = at[which]
                    target = _spread(target, size) if isinstance(target, int) and size > 1 else target
                    self._send(bar, reached, target, d * bar[at[2]])

    def _adjoint_call(self, bar, reached, call, places, out):
        if not any(reached[place].any() for place in out):
            return
        xs, v = self._call_values(call, places, out)
        v_bar = tuple(bar[place] for place in out)
        active = tuple(place is not None and bool(self.depends[place].any()) for place in places)
        x_bars = call.row.vjp(v_bar[0] if call.single else v_bar, xs, v, active, **call.params)
        for place, is_active, x_bar in zip(places, active, x_bars):
            if is_active and x_bar is not None:
                self._send(bar, reached, place.reshape(-1), _flat(x_bar))

    @staticmethod
    def _send(bar, reached, place, contribution):
        _add_at(bar, place, contribution)
        reached[place] = True

    # ---- second order ----

    def seconds(self, slots, w, S):
        """Tangents of the adjoint sweep: the sweep is recorded once more, at a level between, and pushed forward there."""
        from dualtape.trace.record import record_flat

        def pulled(x):
            between = Outer(self.tape, x.engine, [*self.links, (1, x)])
            return [between._adjoint(slots, w)[1 : 1 + self.n]]

        return record_flat(pulled, [self.env[1 : 1 + self.n]]).jvp(S)
