"""``python -m benchmarks.ratios``: the speed table with what must be, what is aimed at and what is measured, in a
minute.

``--peers`` adds the other tools that are installed, on the same problems in the same run; ``--functions`` prints the
functions of whole arrays instead; ``--build`` adds a full build.
"""

import argparse
import os

if __name__ == "__main__":  # one core means one thread: said before NumPy and the peers start theirs
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

from benchmarks import function_table, peers, replay_table, speed_table
from benchmarks.common import Comparison, NotInstalled, one_core, require


def readable_seconds(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def goal_line(goal: speed_table.Goal) -> str:
    """One row of the table."""
    try:
        if goal.needs:
            require(goal.needs)
        measured = goal.measure()
    except NotInstalled as missing:
        return f"{goal.work:<70} {goal.must:>6.3g} {goal.aim:>6.3g}   {missing}"
    number = measured.ratio if isinstance(measured, Comparison) else measured
    verdict = "aim" if number <= goal.aim else "must" if number <= goal.must else "MISSED"
    line = f"{goal.work:<70} {goal.must:>6.3g} {goal.aim:>6.3g} {number:>8.3g} {goal.unit:<6}{verdict:<7}"
    if isinstance(measured, Comparison):
        times = f"{readable_seconds(measured.seconds)} / {readable_seconds(measured.base_seconds)}"
        line += f"{times:<20} median {measured.median_ratio:.2f}"
    return line


def peer_cell(peer: peers.Peer, derivative: str, case: str) -> str:
    """Ratio to f itself, or why there is none."""
    try:
        return f"{peers.measure(peer, derivative, case).ratio:.3g}"
    except NotInstalled:
        return "absent"
    except NotImplementedError:
        return "-"


def print_peers() -> None:
    """Gradient and Hessian with every tool: time as a multiple of f's own."""
    print(f"\n{'multiples of the time of f':<26}" + "".join(f"{peer.name:>12}" for peer in peers.PEERS.values()))
    for derivative, case in peers.CASES:
        print(f"{derivative + ' of ' + case:<26}", end="", flush=True)
        for peer in peers.PEERS.values():
            print(f"{peer_cell(peer, derivative, case):>12}", end="", flush=True)
        print()


def print_functions(text: str) -> None:
    """Derivatives of functions of whole arrays: time as a multiple of the function's own."""
    heads = [f"{way}, {size}" for size in ("small", "large") for way in function_table.WAYS]
    print(f"{'multiples of the time of the value':<36}" + "".join(f"{head:>26}" for head in heads))
    for name in function_table.ROWS:
        if text not in name:
            continue
        print(f"{name:<36}", end="", flush=True)
        for is_large in (False, True):
            for way in function_table.WAYS:
                try:
                    cell = f"{function_table.measure(name, way, is_large).ratio:.3g}"
                except NotInstalled:
                    cell = "absent"
                print(f"{cell:>26}", end="", flush=True)
        print()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratios", description=__doc__)
    parser.add_argument("--peers", action="store_true", help="also compare with the other tools that are installed")
    parser.add_argument("--only-peers", action="store_true", help="nothing but that")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name contains this: replay, hessian")
    parser.add_argument("--functions", action="store_true", help="functions of whole arrays, and nothing else")
    parser.add_argument("--build", action="store_true", help="also time a full build from source")
    arguments = parser.parse_args()
    with one_core():
        if arguments.functions:
            print_functions(arguments.only)
            return
        if not arguments.only_peers:
            print(f"{'work':<70} {'must':>6} {'aim':>6} {'measured':>8}")
            for goal in (*speed_table.GOALS, *replay_table.REPLAY_GOALS):
                if arguments.only in goal.name:
                    print(goal_line(goal), flush=True)
        if arguments.peers or arguments.only_peers:
            print_peers()
    if arguments.build:
        print(goal_line(speed_table.BUILD))


if __name__ == "__main__":
    main()
