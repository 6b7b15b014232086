"""Side by side with other tools: the time of a derivative as a multiple of f's own, all measured alike on one core.

A tool that is not installed, or not meant for the size, is skipped by name.
"""

from benchmarks.common import compare
from benchmarks.peers import CASES, PEERS, prepare


class _SideBySide:
    param_names = ("tool", "problem")
    timeout = 300

    def setup(self, tool, case):
        self.work, self.base = prepare(PEERS[tool], self.derivative, case)

    def track_multiple_of_f(self, tool, case):
        return compare(self.work, self.base).ratio


class Gradient(_SideBySide):
    """What does a gradient cost with each tool?"""

    derivative = "grad"
    params = (tuple(PEERS), tuple(case for derivative, case in CASES if derivative == "grad"))


class Hessian(_SideBySide):
    """What does a Hessian cost with each tool?"""

    derivative = "hessian"
    params = (tuple(PEERS), tuple(case for derivative, case in CASES if derivative == "hessian"))
