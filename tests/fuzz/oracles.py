"""What is asked of a program: its value is NumPy's bit for bit, every route to its derivatives agrees with every other,
and with independent arithmetic (truth.py).

A program whose plain value is not finite, or of an enormous size, is set aside; so is the comparison with the truth
where there is none (a kink, a tie) or where rounding alone explains the difference. All of this is counted.
"""

import cmath
import io
import math
import warnings
from typing import NamedTuple

import numpy as np
import scipy
from scipy import special

import dualtape
from dualtape.errors import TraceEscapeError, UnsupportedOperation

from . import rendering, truth
from .series import Undecided

LIBRARIES = {"np": np, "math": math, "cmath": cmath, "scipy": scipy, "special": special, "dualtape": dualtape}
ROUNDING = 1e-9  # relative to the largest entry; what differs by more is judged by the conditioning of the program
LAST_BITS = 1e-14
LARGEST = 1e6  # of values and derivatives
AT_A_KINK = 1e-6  # relative: rounding, as far as it is to be expected where nothing independent can tell


IN_LAST_BITS = "a value that differs in its last bits"


class Report(NamedTuple):
    """What an examination found: `kind` is empty if there is nothing to report; `aside` says what was not asked and
    why, `refused` what dualtape said that it cannot do."""

    kind: str = ""
    detail: str = ""
    aside: str = ""
    refused: str = ""


class Disagreement(Exception):
    def __init__(self, kind, detail, error=np.inf):
        super().__init__(kind, detail)
        self.kind, self.detail, self.error = kind, detail, error


class Aside(Exception):
    """Nothing can be asked of this program here."""


def examine(program):
    """Ask everything of a program."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            subject = Subject(program)
        except Aside as reason:
            return Report(aside=str(reason))
        try:
            subject.ask_values()
            subject.ask_first_order()
            subject.ask_second_order()
            subject.ask_programs()
            subject.ask_truth()
        except Aside as reason:
            return Report(aside=str(reason))
        except Disagreement as found:
            return _judged(subject, found)
        except (TraceEscapeError, UnsupportedOperation) as refusal:
            return Report(refused=str(refusal).split("\n")[0])
        except Exception as error:  # whatever dualtape raises for a function that NumPy runs
            return Report(f"{subject.asked}: {type(error).__name__}", str(error).split("\n")[0])
    return Report()


def _judged(subject, found):
    """A difference that the conditioning of the program explains is none; where there is no derivative, NaN is one
    honest answer among others. Nor is it a defect where a number inside f overflows: the truth has larger ones."""
    if "not finite" in found.kind and _overflows(subject):
        return Report(aside="an intermediate result overflows")
    try:
        _, tolerances = truth.exactly(subject.program, subject.v)
    except (Undecided, ZeroDivisionError):
        if "not finite" in found.kind:
            return Report(aside="not finite at a kink or pole")
        if "replay" in found.kind and "value" not in found.kind:
            return Report(aside="a replay at a kink")  # where ties are followed as at the point of recording
        tolerances = [AT_A_KINK * max(1.0, np.abs(subject.J["reverse"]).max(initial=0.0)) if subject.J else 0.0]
    except Exception as error:  # of the oracle itself
        return Report(f"oracle: {type(error).__name__}", f"{error}, after {found.kind}")
    if found.error <= max(tolerances):
        return Report(aside="ill-conditioned")
    return Report(found.kind, found.detail)


def _overflows(subject):
    with np.errstate(over="raise"):
        try:
            subject.plain(subject.x)
        except FloatingPointError:
            return True
    return False


def agree(kind, found, expected, rounding=ROUNDING):
    """Raise if two arrays differ by more than rounding, or are NaN or infinite at different places."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if found.shape != expected.shape:
        raise Disagreement(f"{kind}: shape", _side_by_side(found, expected))
    finite = np.isfinite(expected) & np.isfinite(found)
    error = np.abs(found - expected)[finite].max(initial=0.0)
    if error > rounding * max(1.0, np.abs(expected[finite]).max(initial=0.0)):
        raise Disagreement(kind, _side_by_side(found, expected), error)
    if not np.array_equal(found[~finite], expected[~finite], equal_nan=True):
        raise Disagreement(f"{kind}: not finite", _side_by_side(found, expected))


def _side_by_side(found, expected):
    return f"found\n{found}\nexpected\n{expected}"


def same(kind, found, expected):
    """Raise if two arrays are not equal bit for bit. What differs in the last bits alone is set aside: several of
    NumPy's loops give others for other strides of their operands."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape == expected.shape and np.array_equal(found, expected, equal_nan=True):
        return
    if found.shape == expected.shape and np.allclose(found, expected, rtol=LAST_BITS, atol=0.0, equal_nan=True):
        raise Aside(IN_LAST_BITS)
    raise Disagreement(kind, _side_by_side(found, expected))


class Subject:
    """A program, its plain value, and what has been found of its derivatives so far."""

    def __init__(self, program):
        self.program, self.x, self.asked, self.J = program, program.x, "plain", {}
        self.is_nested = "dualtape." in rendering.source(program)
        try:
            module = rendering.namespace(program, **LIBRARIES)
            self.f, self.weighted = module["f"], module["weighted"]
            self.y = self.plain(self.x)
        except Exception as error:
            raise Aside(f"plain function raises {type(error).__name__}") from None
        if not np.all(np.abs(np.asarray(self.y, dtype=float)) < LARGEST):
            raise Aside("value not finite, or enormous")
        rng = np.random.default_rng(program.seed + 1)
        self.v = rng.choice([-1.0, 1.0], np.shape(self.x)) * rng.uniform(0.5, 1.0, np.shape(self.x))
        self.w = np.asarray(rng.choice([-1.0, 1.0], np.shape(self.y)) * rng.uniform(0.5, 1.0, np.shape(self.y)))
        self.v, self.w = self.v[()], self.w[()]
        module["weights"] = self.w

    def plain(self, x):
        """f(x), for an f that may write into its argument."""
        return self.f(np.copy(x)[()])

    def _value(self, kind, found):
        if self.is_nested:
            agree(kind, found, self.y)
        else:
            same(kind, found, self.y)

    def ask_values(self):
        for mode in ("reverse", "forward"):
            self.asked = f"value_and_jacobian {mode}"
            value, self.J[mode] = dualtape.value_and_jacobian(self.f, mode=mode)(self.x)
            self._value(f"value {mode}", value)
        self.asked = "derivatives"
        value, J, self.H = dualtape.derivatives(self.f, self.x)
        self._value("value of derivatives", value)
        agree("derivatives, first order", J, self.J["reverse"])

    def ask_first_order(self):
        J, n = self.J["reverse"], np.ndim(self.x)
        if np.abs(np.nan_to_num(J)).max(initial=0.0) > LARGEST:
            raise Aside("derivatives enormous")
        agree("jacobian forward", self.J["forward"], J)
        for mode in ("reverse", "forward"):
            self.asked = f"jvp {mode}"
            value, tangent = dualtape.jvp(self.f, self.x, self.v, mode=mode)
            self._value(f"value of jvp {mode}", value)
            agree(f"jvp {mode}", tangent, np.tensordot(J, self.v, n))
        self.asked = "vjp"
        value, pullback = dualtape.vjp(self.f, self.x)
        self._value("value of vjp", value)
        agree("vjp", pullback(self.w), np.tensordot(self.w, J, np.ndim(self.w)))

    def ask_second_order(self):
        H, n, m = self.H, np.ndim(self.x), np.ndim(self.y)
        if np.abs(H[np.isfinite(H)] if np.ndim(H) else H).max(initial=0.0) > LARGEST:
            raise Aside("derivatives enormous")
        same("hessian is symmetric", H, np.moveaxis(H, list(range(m, m + n)), list(range(m + n, m + 2 * n))))
        self.asked = "hessian forward"
        agree("hessian forward", dualtape.hessian(self.f, mode="forward")(self.x), H)
        weighted = np.tensordot(self.w, H, m)
        self.asked = "weighted_hessian"
        agree("weighted_hessian", dualtape.weighted_hessian(self.f, self.x, self.w), weighted)
        self.asked = "hvp"
        agree("hvp", dualtape.hvp(self.weighted, self.x, self.v), np.tensordot(weighted, self.v, n))
        if self.program.seed % 2:
            self.asked = "jacobian of grad"
            agree("jacobian of grad", dualtape.jacobian(dualtape.grad(self.weighted))(self.x), weighted)
        else:
            self.asked = "forward over forward"
            inner = dualtape.jacobian(self.f, mode="forward")
            agree("forward over forward", dualtape.jacobian(inner, mode="forward")(self.x), H)

    def ask_programs(self):
        self.asked = "record"
        P = dualtape.record(self.f, self.x)
        self._asked_at(P, self.x, "replay")
        rng = np.random.default_rng(self.program.seed + 2)
        points = [self.x + size * rng.normal(size=np.shape(self.x)) for size in (0.01, 0.7)]
        for x in points:
            self._asked_at(P, x, "replay elsewhere")
        self.asked = "batch"
        X = np.stack([self.x, *points])
        if all(self._is_like_here(x) for x in points):
            same("batch", P.batch(X), np.stack([P(x) for x in X]))
            agree("batch of jacobians", P.batch(X, "jacobian"), np.stack([P.jacobian(x) for x in X]), 1e-12)
        if self.program.seed % 4 == 0:
            self.asked = "save and load"
            file = io.BytesIO()
            P.save(file)
            loaded = dualtape.load(io.BytesIO(file.getvalue()))
            x = np.array(self.x, order="C")[()]
            same("loaded program", loaded(x), P(x))
            agree("loaded program, jacobian", loaded.jacobian(x), P.jacobian(x), 1e-12)

    def _is_like_here(self, x):
        """Whether f gives ordinary numbers in the same shape there."""
        try:
            y = np.asarray(self.plain(x), dtype=float)
        except Exception:
            return False
        return y.shape == np.shape(self.y) and bool(np.all(np.abs(y) < LARGEST))

    def _asked_at(self, P, x, where):
        """The program against f and fresh recordings at a point."""
        self.asked = where
        try:
            y = self.plain(x)
        except Exception:
            return
        if not np.all(np.abs(np.asarray(y, dtype=float)) < LARGEST):
            return
        (agree if self.is_nested else same)(f"{where}: value", P(x), y)
        _, J, H = dualtape.derivatives(self.f, x)
        if np.abs(np.nan_to_num(H)).max(initial=0.0) < LARGEST:
            agree(f"{where}: jacobian", P.jacobian(x), J)
            agree(f"{where}: hessian", P.hessian(x), H)

    def ask_truth(self):
        """Value, slope and curvature along a line; in mpmath where floats leave a doubt."""
        self.asked = "truth"
        n = np.ndim(self.x)
        slope = np.tensordot(self.J["reverse"], self.v, n)
        curvature = np.tensordot(np.tensordot(self.H, self.v, n), self.v, n)
        line = self._true(truth.along)
        try:
            self._compare(line, slope, curvature, [1e-11, ROUNDING, ROUNDING])
        except Disagreement:
            line, tolerances = self._true(truth.exactly)
            if np.isinf(tolerances[2]):
                raise Aside("ill-conditioned") from None
            self._compare(line, slope, curvature, tolerances)

    def _true(self, evaluate):
        try:
            return evaluate(self.program, self.v)
        except Undecided as reason:
            raise Aside(f"no truth: {reason}".split(" at ")[0]) from None
        except (ZeroDivisionError, OverflowError) as reason:
            raise Aside(f"no truth: {type(reason).__name__}") from None

    def _compare(self, line, slope, curvature, tolerances):
        parts = zip(("value", "slope", "curvature"), (self.y, slope, curvature), line, tolerances)
        for name, found, true, tolerance in parts:
            try:
                agree(f"truth: {name}", found, true, tolerance)
            except Disagreement as wrong:
                raise Disagreement(wrong.kind, wrong.detail) from None
