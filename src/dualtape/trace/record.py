"""Recording a function once, and the derivatives of the recording at that point, as flat matrices.

The drivers of api/ deal with shapes and containers; here a function has n input numbers and m output numbers. A
recording whose inputs, or whatever its function closed over, are active at an outer level is differentiated by running
its sweeps in that level's numbers (resweep.py): that is what makes derivatives of derivatives exact to any depth."""

import math

import numpy as np

from dualtape.core import recording as core
from dualtape.core import sweeps
from dualtape.core.level import tracing
from dualtape.core.scalar import peek
from dualtape.trace import resweep
from dualtape.trace.functions import is_active
from dualtape.trace.layout import in_layout_of, model_of


class Recording:
    """What f did at one point: a sealed tape with its outputs. Sweeps are pure: any thread may run them at any time.

    Attributes
    ----------
    value : list
        The outputs: floats and ndarrays, or numbers of the outer level when nested.
    n, m : int
        Numbers in all inputs, and in all outputs, together.
    nested : bool
        An input or a captured number is active at an outer level: seeds may be of that level, and results are.
    """

    def __init__(self, tape, inputs, shapes, slots):
        self.tape = tape
        self.slots = slots
        self.shapes = shapes
        self.n = tape.n_inputs
        self.m = slots.size
        self._links = resweep.links_of(tape, inputs)
        self._outer = resweep.around(tape, self._links) if self._links else None
        self.value = self._split(self._outer.values(slots) if self.nested else core.values_at(tape, slots))

    @property
    def nested(self):
        return self._outer is not None

    def _split(self, flat):
        values, start = [], 0
        for shape in self.shapes:
            size = math.prod(shape)
            part = flat[start : start + size]
            values.append(part[0] if shape == () else part.reshape(shape))
            start += size
        return [float(v) if type(v) is np.float64 else v for v in values]

    def results(self):
        """The outputs as one flat array."""
        return self._outer.values(self.slots) if self.nested else core.values_at(self.tape, self.slots)

    def release(self):
        """Nothing to give back: the tape holds the values. A replayed point does (core/path.pyx)."""

    def jvp(self, S):
        """``J S``, shape (m, p), for tangents S of shape (n, p): one tangent sweep for up to 64 lanes."""
        outer = self._around(S)
        return sweeps.tangents(self.tape, self.slots, S) if outer is None else outer.tangents(self.slots, S)

    def vjp(self, W):
        """``J' W``, shape (n, p), for cotangents W of shape (m, p): one reverse sweep for up to 64 lanes."""
        outer = self._around(W)
        return sweeps.adjoints(self.tape, self.slots, W) if outer is None else outer.adjoints(self.slots, W)

    def second(self, w, S):
        """``d/dx (J' w) S``, shape (n, p), for weights w (m,) and directions S (n, p)."""
        outer = self._around(w, S)
        return sweeps.seconds(self.tape, self.slots, w, S) if outer is None else outer.seconds(self.slots, w, S)

    def jacobian(self, m, forward):
        """The Jacobian (m, n) of the first m outputs, by tangents (`forward`) or by adjoints; not of a nested
        recording."""
        return sweeps.jacobian(self.tape, self.slots[:m], forward)

    def hessian(self, w):
        """``sum_i w_i H_i``, (n, n), for weights of the first outputs; not of a nested recording."""
        return sweeps.hessian(self.tape, self.slots[: w.size], w)

    def _around(self, *seeds):
        """The sweeps at an outer level, None if nothing outside is active."""
        active = [seed for seed in seeds if is_active(seed)]
        if not active or (self.nested and max(seed.level for seed in active) <= self._outer.level):
            return self._outer
        return resweep.around(self.tape, self._links, active)


def record_flat(f, inputs):
    """Record ``f(*inputs)``.

    Parameters
    ----------
    f : callable
        Takes one traced number per input, returns a list of numbers.
    inputs : list
        Floats, float64 ndarrays, or active numbers of an outer level.

    Returns
    -------
    Recording
    """
    inputs = [x.copy("K") if is_active(x) and x.shape else x for x in inputs]  # f may write into them
    tape, slots, shapes = record_tape(f, inputs)
    return Recording(tape, inputs, shapes, slots)


def record_program(f, inputs):
    """As `record_tape`, with a guard on the tape for every decision that f takes on a value, so that the recording can
    be replayed at other points."""
    return record_tape(f, inputs, is_guarded=True)


def record_tape(f, inputs, is_guarded=False, inspector=None):
    """The sealed tape of ``f(*inputs)``, the slots of its outputs, and their shapes. An `inspector` looks at each
    operation."""
    plain = [peek(x) if is_active(x) else x for x in inputs]
    layouts = [model_of(x) if is_active(x) and x.shape else x for x in inputs]
    tape, tracers = core.start(plain)
    if is_guarded or any(getattr(x, "is_guarded", False) for x in inputs):
        tape.guards = []
    try:
        with tracing():
            if inspector is not None:
                inspector.start(tape)
            outputs = f(*map(in_layout_of, tracers, layouts))
        slots = core.locate(tape, outputs)
        shapes = [getattr(x, "shape", ()) for x in outputs]
    finally:
        tape.seal()
    return tape, slots, shapes
