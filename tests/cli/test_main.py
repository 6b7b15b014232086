"""The command line from end to end: what is printed, on which stream, with which exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import dualtape
from dualtape.cli import main

R, PHI = 2.0, 0.785
J = np.array([[np.cos(PHI), -R * np.sin(PHI)], [np.sin(PHI), R * np.cos(PHI)]])
H = np.array(
    [[[0.0, -np.sin(PHI)], [-np.sin(PHI), -R * np.cos(PHI)]], [[0.0, np.cos(PHI)], [np.cos(PHI), -R * np.sin(PHI)]]]
)

FUNCTIONS = """
import numpy as np

def vector(p):
    r, phi = p
    return np.array([r * np.cos(phi), r * np.sin(phi)])

def scalars(r, phi):
    return np.array([r * np.cos(phi), r * np.sin(phi)])

def named(r, phi):
    return {"x": r * np.cos(phi), "y": r * np.sin(phi)}

def energy(x, scale=2.0):
    return scale * np.sum(x * x)

def power(x, n):
    for _ in range(n):
        x = x * x
    return np.sum(x)

def talks(x):
    print("I was called")
    return x * x

def fails(x):
    y = x - x
    return undefined + y

def escapes(x):
    return np.sum(x) * len("%f" % np.sum(x))

def fills(x):
    y = np.zeros(1, dtype=[("u", float)])
    y["u"][0] = x[:1].reshape(())
    return y["u"]

def nothing(x):
    x * x
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run one command in a folder that holds f.py; give exit status, stdout and stderr."""
    (tmp_path / "f.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*words):
        status = main(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def answer(run):
    """Run one command with --json; give the object that it prints."""

    def answer(*words):
        status, out, err = run(*words, "--json")
        assert (status, err) == (0, "") and out.count("\n") == 1
        return json.loads(out)

    return answer


def numbers(out):
    """The numbers of a printed table, row by row."""
    rows = [line.split() for line in out.splitlines()]
    found = []
    for row in rows:
        try:
            found.append([float(cell) for cell in row[1:]])
        except ValueError:
            continue
    return [row for row in found if row]


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_jacobian_as_table_and_json(run, answer, mode):
    status, out, err = run("jacobian", "f.py:vector", "2.0", "0.785", "--mode", mode)
    assert (status, err) == (0, "")
    np.testing.assert_allclose(np.array(numbers(out))[:, 1:], J, rtol=1e-9)
    assert "vector[1]" in out and "d/d p[0]" in out
    np.testing.assert_allclose(answer("jacobian", "f.py:vector", "2.0", "0.785")["jacobian"], J, rtol=1e-15)


def test_several_arguments_are_told_apart_by_name(answer):
    found = answer("jacobian", "f.py:scalars", "2.0", "0.785")
    assert found["arguments"] == {"r": 2.0, "phi": 0.785}
    np.testing.assert_allclose(np.column_stack([found["jacobian"]["r"], found["jacobian"]["phi"]]), J, rtol=1e-15)
    np.testing.assert_allclose(
        answer("jacobian", "f.py:scalars", "2.0", "0.785", "--wrt", "phi")["jacobian"], J[:, 1], rtol=1e-15
    )


def test_results_keep_their_containers(run, answer):
    found = answer("jacobian", "f.py:named", "2.0", "0.785")
    np.testing.assert_allclose(found["jacobian"]["y"]["phi"], J[1, 1], rtol=1e-15)
    _, out, _ = run("jacobian", "f.py:named", "2.0", "0.785")
    assert "named['x']" in out
    np.testing.assert_allclose(np.array(numbers(out))[:, 1:], J, rtol=1e-9)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_hessian_tensor(run, answer, mode):
    np.testing.assert_allclose(
        answer("hessian", "f.py:vector", "2.0", "0.785", "--mode", mode)["hessian"], H, rtol=1e-14, atol=1e-15
    )
    status, out, _ = run("hessian", "f.py:scalars", "2.0", "0.785")
    assert status == 0
    np.testing.assert_allclose(np.array(numbers(out)).reshape(2, 2, 2), H, rtol=1e-9, atol=1e-15)


def test_gradient_at_a_matrix_from_a_file(answer, tmp_path):
    x = np.arange(6.0).reshape(2, 3)
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(answer("grad", "f.py:energy", "x.npy")["grad"], 4 * x)
    np.testing.assert_array_equal(
        answer("grad", "f.py:energy", "[[1, 2], [3, 4]]", "3")["grad"]["x"], [[6, 12], [18, 24]]
    )


def test_negative_numbers_are_numbers(answer):
    np.testing.assert_array_equal(answer("grad", "f.py:energy", "-1", "-2.5e-1", "-.5")["grad"], [-4, -1, -2])
    found = answer("jvp", "f.py:vector", "2.0", "0.785", "--tangent", "-1", "-1e0")
    np.testing.assert_allclose(found["jvp"], -J.sum(axis=1), rtol=1e-14)


def test_products_with_vectors(answer):
    v, w = np.array([1.0, -0.5]), np.array([2.0, -1.0])
    np.testing.assert_allclose(
        answer("jvp", "f.py:vector", "2.0", "0.785", "--tangent", "1", "-0.5")["jvp"], J @ v, rtol=1e-14
    )
    np.testing.assert_allclose(
        answer("vjp", "f.py:vector", "2.0", "0.785", "--cotangent", "[2, -1]")["vjp"], J.T @ w, rtol=1e-14
    )
    pulled = answer("vjp", "f.py:scalars", "2.0", "0.785", "--cotangent", "2", "-1")["vjp"]
    np.testing.assert_allclose([pulled["r"], pulled["phi"]], J.T @ w, rtol=1e-14)


def test_nan_is_strict_json(answer):
    found = answer("grad", "f.py:energy", "nan", "-inf", "1")
    assert found["grad"] == ["NaN", "-Infinity", 4.0] and found["value"] == "NaN"


def test_an_argument_that_is_not_differentiated_may_be_an_integer(answer):
    np.testing.assert_array_equal(answer("grad", "f.py:power", "[1, 2]", "2", "--wrt", "x")["grad"], [4, 32])


def test_what_the_function_prints_stays_out_of_the_result(run):
    status, out, err = run("grad", "f.py:talks", "3", "--json")
    assert status == 0 and json.loads(out)["grad"] == 6.0 and "I was called" in err


def test_check_passes_on_a_smooth_function(run):
    status, out, err = run("check", "f.py:vector", "2.0", "0.785")
    assert (status, err) == (0, "") and out


LINE = FUNCTIONS.splitlines().index("    return undefined + y") + 1

# what is wrong: the words typed, and what the line must say
MISTAKES = {
    "no function in it": ("jacobian f.py 1", "expected FILE.py:FUNCTION"),
    "no such file": ("jacobian g.py:f 1", "no file 'g.py'"),
    "no such function": ("jacobian f.py:vectr 1", "did you mean 'vector'"),
    "not a number": ("jacobian f.py:vector two", "'two' is not a number"),
    "no such point file": ("jacobian f.py:vector x.npy", "cannot read 'x.npy'"),
    "too few arguments": ("jacobian f.py:scalars 1", "takes 2 arguments (r, phi), 1 given"),
    "wrong shape for the function": ("jacobian f.py:vector 1 2 3", "`r, phi = p`; called with p of shape (3,)"),
    "wrong tangent": ("jvp f.py:vector 1 2 --tangent 1", "--tangent has 1 number, expected 2"),
    "wrong cotangent": ("vjp f.py:vector 1 2 --cotangent [[1,2]]", "--cotangent has shape (1, 2), expected (2,)"),
    "no tangent": ("jvp f.py:vector 1 2", "required: --tangent"),
    "no point": ("jacobian f.py:vector", "required: POINT"),
    "no such command": ("jacobean f.py:vector", "invalid choice: 'jacobean'"),
    "no such argument": ("grad f.py:energy 1 --wrt y", "--wrt 'y' is no argument"),
    "a vector where a scalar is needed": ("grad f.py:vector 1 2", "use jacobian"),
    "an error in the function": ("grad f.py:fails 1", "NameError", f"f.py:{LINE}, in fails: `return undefined + y`"),
    "a lost derivative": (
        "grad f.py:escapes 1 2",
        "TraceEscapeError",
        'in escapes: `return np.sum(x) * len("%f" % np.sum(x))`',
    ),
    "an error that NumPy wraps": ("jacobian f.py:fills 1 2", "TraceEscapeError", 'in fills: `y["u"][0] = x'),
    "no result": ("grad f.py:nothing 1", "is None, expected real numbers"),
    "no such chapter": ("tour polarity", "expected polar, hessians, network, nist"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_status_2(run, mistake):
    typed, *expected = MISTAKES[mistake]
    status, out, err = run(*typed.split())
    assert (status, out) == (2, "")
    assert err.startswith("dualtape: error: ") and err.count("\n") == 1
    assert all(part in err for part in expected), err


WORDS = st.one_of(
    st.sampled_from(
        ["jacobian", "grad", "jvp", "--tangent", "--json", "--as", "vector", "--wrt", "x", "f.py:energy", "1"]
    ),
    st.sampled_from(
        ["[1, 2]", "[[1], [2, 3]]", '{"a": NaN}', "-1", "-inf", "x.npy", ".json", "--digits", "17", "", " "]
    ),
    st.text(max_size=8),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, max_size=7))
def test_whatever_is_typed_ends_in_an_exit_status(run, words):
    assume(not any(word.startswith("-") and "--help".startswith(word) or word.startswith("-h") for word in words))
    status, _, err = run(*words)
    assert status in (0, 2)
    assert (status == 2) == err.startswith("dualtape: error: ")


def test_help_and_no_command_at_all(run):
    status, out, _ = run()
    assert status == 0 and "examples" in out and "tour" in out
    with pytest.raises(SystemExit) as leave:
        main(["jacobian", "--help"])
    assert leave.value.code == 0


def test_as_a_program(tmp_path):
    (tmp_path / "f.py").write_text(FUNCTIONS)
    command = [sys.executable, "-m", "dualtape", "jacobian", "f.py:vector"]
    environment = os.environ | {"PYTHONPATH": str(Path(dualtape.__file__).parents[1])}
    done = subprocess.run([*command, "2", "-1e-3"], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0 and done.stderr == ""
    failed = subprocess.run([*command, "two"], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert failed.returncode == 2 and failed.stdout == "" and failed.stderr.count("\n") == 1
