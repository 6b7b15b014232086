"""The speed table, row by row, as ratios that hold on any machine: speed_table.py says what must be and what is aimed
at."""

from benchmarks.common import Comparison
from benchmarks.speed_table import GOALS

_GOALS = {goal.name: goal for goal in GOALS}


class Goals:
    """Where does each row of the speed table stand?"""

    params = tuple(_GOALS)
    param_names = ("row",)
    timeout = 300

    def track_measured(self, row):
        measured = _GOALS[row].measure()
        return measured.ratio if isinstance(measured, Comparison) else measured
