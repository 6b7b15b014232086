"""The speed tables, row by row, as ratios that hold on any machine: speed_table.py and replay_table.py say what must be
and what is aimed at."""

from benchmarks.common import Comparison, require
from benchmarks.replay_table import REPLAY_GOALS
from benchmarks.speed_table import GOALS

_GOALS = {goal.name: goal for goal in (*GOALS, *REPLAY_GOALS)}


class Goals:
    """Where does each row of the speed tables stand?"""

    params = tuple(_GOALS)
    param_names = ("row",)
    timeout = 300

    def setup(self, row):
        if _GOALS[row].needs:
            require(_GOALS[row].needs)

    def track_measured(self, row):
        measured = _GOALS[row].measure()
        return measured.ratio if isinstance(measured, Comparison) else measured
