"""Every benchmark can run, on answers that are checked, for every row there is. Nothing is timed here."""

import ast
import importlib
import inspect
import itertools
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import common, function_table, peers, ratios, speed_table
from benchmarks.problems import PROBLEMS, select
from dualtape import stop_gradient
from dualtape.ops.table import ROWS, Unary

FOLDER = Path(inspect.getfile(peers)).parent
SUITES = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
PREFIXES = ("time_", "track_", "peakmem_")
# they time, start processes or need other tools
SLOW = ("bench_speed", "bench_import", "bench_peers", "bench_memory", "bench_functions")


def classes(suite):
    """Benchmark classes of a suite, as asv finds them."""
    module = importlib.import_module(f"benchmarks.{suite}")
    found = [cls for name, cls in inspect.getmembers(module, inspect.isclass) if not name.startswith("_")]
    return [cls for cls in found if cls.__module__ == module.__name__ and any(map(is_benchmark, dir(cls)))]


def is_benchmark(name):
    return name.startswith(PREFIXES)


def parameters(cls):
    """All combinations of a class's parameters."""
    params = getattr(cls, "params", ())
    lists = params if params and isinstance(params[0], (tuple, list)) else (params,) if params else ()
    return list(itertools.product(*lists))


def quick(suite):
    """(class, parameters) that a test has time for: no million numbers."""
    return [
        (cls, p) for cls in classes(suite) for p in parameters(cls) if not any("1000000" in str(value) for value in p)
    ]


FAST = [pytest.param(cls, p, id=f"{cls.__module__}.{cls.__name__}{p}")
        for suite in SUITES if suite not in SLOW for cls, p in quick(suite)]  # fmt: skip


@pytest.mark.parametrize(("cls", "parameters"), FAST)
def test_a_benchmark_checks_its_answer_and_runs(cls, parameters):
    benchmark = cls()
    if hasattr(benchmark, "setup"):
        benchmark.setup(*parameters)
    for name in filter(is_benchmark, dir(benchmark)):
        result = getattr(benchmark, name)(*parameters)
        assert (result is not None and np.isfinite(result)) if name.startswith("track_") else result is None


@pytest.mark.parametrize("suite", SUITES)
def test_every_class_asks_one_question_in_its_docstring(suite):
    assert classes(suite)
    for cls in classes(suite):
        assert (cls.__doc__ or "").split("\n")[0].endswith("?"), cls
        assert len(getattr(cls, "param_names", ())) == len(parameters(cls)[0] if parameters(cls) else ())


@pytest.mark.parametrize("name", function_table.ROWS)
def test_a_function_is_timed_with_its_right_slope(name):
    row = function_table.ROWS[name]
    if row.of_scipy:
        pytest.importorskip("scipy")
    if name == "trapezoid" and not hasattr(np, "trapezoid"):
        pytest.skip("np.trapezoid is newer")
    x = row.point(is_large=False)
    function_table.check(row.f, x)
    with pytest.raises(function_table.NotItsDerivative):
        function_table.check(lambda x: row.f(x) + 3.0 * stop_gradient(np.sum(x)), x)


def test_every_row_of_the_table_has_a_case():
    from benchmarks.bench_ops import CASES

    assert list(CASES) == [row.name for row in ROWS]


def test_a_row_that_cannot_be_timed_is_an_error_at_import():
    from benchmarks.bench_ops import collect

    with pytest.raises(LookupError, match="mystery"):
        collect([Unary("mystery", "x", None, None, ROWS[0].tested_on[0])])


def test_the_rows_of_the_speed_table_are_measured_and_their_aims_are_tighter():
    names = [goal.name for goal in (*speed_table.GOALS, speed_table.BUILD)]
    assert len(set(names)) == len(names)
    assert all(0 < goal.aim < goal.must for goal in (*speed_table.GOALS, speed_table.BUILD))


def test_the_tape_of_the_loop_is_measured_in_bytes():
    assert 8 < speed_table.tape_bytes() < 1000


def test_a_comparison_keeps_the_least_times_and_the_median_ratio():
    comparison = common.Comparison(seconds=3.0, base_seconds=2.0, median_ratio=1.4)
    assert comparison.ratio == 1.5


def test_pinning_to_one_core_ends_with_the_block():
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system does not pin")
    before = os.sched_getaffinity(0)
    with common.one_core():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_a_package_that_is_missing_skips_by_name():
    with pytest.raises(NotImplementedError, match="no_such_tool"):
        common.require("no_such_tool")


@pytest.mark.parametrize(("derivative", "case"), [c for c in peers.CASES if "000" not in c[1]])
@pytest.mark.parametrize("name", ["dualtape", "autograd"])
def test_a_tool_that_is_here_gives_the_checked_derivative(name, derivative, case):
    peer = peers.PEERS[name]
    pytest.importorskip(peer.package)
    work, _ = peers.prepare(peer, derivative, case)
    assert work().shape == (select(case)[1].size,) * (1 if derivative == "grad" else 2)


def test_a_tool_is_skipped_beyond_the_size_it_is_for():
    pytest.importorskip("dualtape")
    small = peers.Peer("small", "dualtape", peers.dualtape_grad, peers.dualtape_hessian, 5)
    with pytest.raises(NotImplementedError, match="small"):
        peers.prepare(small, "grad", "rosen 10")


def test_every_case_of_the_tools_is_a_problem():
    assert {case.split()[0] for _, case in peers.CASES} <= set(PROBLEMS)


def test_the_command_prints_seconds_in_readable_units():
    assert [ratios.readable_seconds(s) for s in (2.0, 1.5e-3, 2.47e-6, 3e-9)] == ["2 s", "1.5 ms", "2.47 us", "3 ns"]


def test_the_configuration_names_folders_that_exist():
    text = (FOLDER.parent / "asv.conf.json").read_text()
    conf = json.loads(re.sub(r"//[^\n]*", "", text))
    assert (FOLDER.parent / conf["benchmark_dir"]).resolve() == FOLDER
    assert (FOLDER.parent / conf["repo"] / "setup.py").exists()


def test_problems_are_defined_once():
    defined = [node.name for path in FOLDER.glob("*.py") for node in ast.walk(ast.parse(path.read_text()))
               if isinstance(node, ast.FunctionDef) and node.name in PROBLEMS]  # fmt: skip
    assert sorted(defined) == sorted(PROBLEMS)
