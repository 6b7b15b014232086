"""Programs in files and pickles: what comes back replays as what was saved, what cannot be saved or loaded is refused
by name."""

import copy
import io
import json
import multiprocessing
import os
import pickle
import struct
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dualtape
from dualtape.errors import FileFormatError, GuardError, ShapeError, StructureError, UnsupportedOperation

X = np.array([0.7, -1.2, 2.1])


def waves(x):
    y = np.sin(x) * x[0] + np.exp(-x * x)
    return np.stack([y, y[::-1] / (1.0 + x**2)])


def branches(x):
    """A path for every sign, and one for every place of the maximum."""
    s = 0.0
    for entry in x:
        s = s + entry**2 if entry > 0 else s - np.sin(entry)
    return s * (1.0 + np.argmax(x))


def energy(x, depth=1.0):
    return depth * np.sum(x**3)


def through_a_file(P):
    file = io.BytesIO()
    P.save(file)
    file.seek(0)
    return dualtape.load(file)


def content_of(P):
    file = io.BytesIO()
    P.save(file)
    return file.getvalue()


# ---- what comes back ----


def test_values_and_derivatives_are_the_same_bits():
    P = dualtape.record(waves, X)
    L = through_a_file(P)
    v, w = np.array([0.3, -1.0, 2.0]), np.arange(6.0).reshape(2, 3)
    for x in (X, X * 1.5, -X):
        assert_array_equal(L(x), P(x))
        assert_array_equal(L.jacobian(x), P.jacobian(x))
        assert_array_equal(L.hessian(x), P.hessian(x))
        assert_array_equal(L.jvp(x, v), P.jvp(x, v))
        assert_array_equal(L.vjp(x, w), P.vjp(x, w))
        assert_array_equal(L.weighted_hessian(x, w), P.weighted_hessian(x, w))
    assert_array_equal(L.batch(np.stack([X, -X])), P.batch(np.stack([X, -X])))


def test_the_same_program_is_the_same_file():
    P = dualtape.record(branches, X)
    P(-X)
    assert content_of(P) == content_of(P) == content_of(through_a_file(P))


def test_all_paths_and_the_lines_of_their_decisions():
    P = dualtape.record(branches, X)
    P(np.array([-1.0, 2.0, 3.0]))
    L = through_a_file(P)
    assert L.guards == P.guards
    assert "test_load.py" in L.guards[0].where and "entry > 0" in L.guards[0].where
    for x in (X, np.array([-1.0, 2.0, 3.0]), X * 2.0):
        assert L(x) == P(x) == branches(x)
        assert_array_equal(L.grad(x), P.grad(x))
    with pytest.raises(GuardError, match="comes from a file") as refusal:
        L(np.array([-1.0, -1.0, -1.0]))
    assert "entry > 0" in refusal.value.where


def test_structures_of_arguments_and_results():
    def f(state, field):
        a, (b, c) = state["a"], state["b"]
        return {"sum": a * b, 3: [c, (field * 2.0,), None], "more": {}}

    point = {"a": 2.0, "b": (X, np.ones((2, 2)))}, 1.5
    P = dualtape.record(f, *point)
    L = through_a_file(P)
    assert repr(L(*point)) == repr(P(*point))
    assert repr(L.jacobian(*point)) == repr(P.jacobian(*point))
    with pytest.raises(StructureError, match="argument"):
        L({"a": 2.0}, 1.5)
    with pytest.raises(ShapeError, match="2 arguments, this call has 1"):
        L(point[0])


def test_options_name_and_text():
    P = dualtape.record(waves, X, on_guard="raise", constants="frozen", max_paths=3)
    L = through_a_file(P)
    assert repr(L) == repr(P)
    assert content_of(L) == content_of(P)
    assert str(L.summary()).splitlines()[0] == str(P.summary()).splitlines()[0]


def test_float32_in_float32_out():
    L = through_a_file(dualtape.record(waves, X))
    assert L(X.astype(np.float32)).dtype == np.float32


def test_special_numbers_survive():
    c = np.array([np.nan, -0.0, np.inf, 5e-324])
    P = dualtape.record(lambda x: x * c + np.arange(4.0), np.ones(4))
    L = through_a_file(P)
    with np.errstate(all="ignore"):
        assert_array_equal(L(np.ones(4)).view(np.int64), P(np.ones(4)).view(np.int64))


def test_functions_of_scipy_are_bound_when_a_file_is_loaded(tmp_path):
    special = pytest.importorskip("scipy.special")
    dualtape.record(lambda x: np.sum(special.gammaln(x)) + special.erf(x[0]), X + 3.0).save(tmp_path / "p.dtape")
    code = f"""if True:
        import sys, numpy as np, dualtape
        L = dualtape.load({str(tmp_path / "p.dtape")!r})
        print(repr(L(np.array([3.7, 1.8, 5.1]))))
    """
    import subprocess
    import sys

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(found) == np.sum(special.gammaln(X + 3.0)) + special.erf(X[0] + 3.0)


# ---- inside other derivatives ----


@pytest.mark.parametrize("f", [waves, branches], ids=["arrays", "scalars and decisions"])
def test_a_loaded_program_inside_derivatives(f):
    L = through_a_file(dualtape.record(f, X))

    def outer(g):
        return lambda x: np.sum(np.tanh(g(x * 1.1)) ** 2)

    assert_array_equal(outer(L)(X), outer(f)(X))
    for driver in (dualtape.grad, dualtape.hessian, lambda g: dualtape.jacobian(dualtape.grad(g))):
        np.testing.assert_allclose(driver(outer(L))(X), driver(outer(f))(X), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        dualtape.jacobian(lambda x: L.jacobian(x))(X), dualtape.hessian(f)(X), rtol=1e-12, atol=1e-14
    )
    v = np.array([0.3, -1.0, 2.0])
    np.testing.assert_allclose(
        dualtape.jacobian(lambda t: L.jvp(X, t * v))(1.0), dualtape.jvp(f, X, v)[1], rtol=1e-12, atol=1e-14
    )


def test_decisions_of_a_loaded_program_are_those_of_a_program_around_it():
    P = dualtape.record(branches, X)
    P(-X)
    L = through_a_file(P)
    outer = dualtape.record(lambda x: L(x) ** 2, X)
    assert outer(X) == branches(X) ** 2
    assert outer(-X) == branches(-X) ** 2
    with pytest.raises(GuardError, match="comes from a file"):
        outer(np.array([-1.0, -1.0, -1.0]))


# ---- files ----


def test_paths_file_objects_and_what_follows_in_them(tmp_path):
    P, Q = dualtape.record(waves, X), dualtape.record(energy, X)
    with open(tmp_path / "both", "wb") as file:
        P.save(file)
        Q.save(file)
    with open(tmp_path / "both", "rb") as file:
        assert_array_equal(dualtape.load(file)(X), P(X))
        assert dualtape.load(file)(X) == Q(X)
    P.save(str(tmp_path / "one"))
    assert_array_equal(dualtape.load(tmp_path / "one")(X), P(X))
    with pytest.raises(FileFormatError, match="both has .* bytes after its end"):
        dualtape.load(tmp_path / "both")
    with pytest.raises(FileNotFoundError):
        dualtape.load(tmp_path / "none")


def test_a_save_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "p.dtape"
    dualtape.record(energy, X).save(path)
    old = path.read_bytes()
    Point = namedtuple("Point", "x y")
    with pytest.raises(StructureError, match="Point"):
        dualtape.record(lambda x: Point(x, x), X).save(path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["p.dtape"]
    os.chmod(path, 0o640)
    dualtape.record(waves, X).save(path)
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["p.dtape"]


@pytest.mark.skipif(os.name == "nt", reason="needs a right to make links")
def test_a_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "p")
    dualtape.record(energy, X).save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert dualtape.load(tmp_path / "p")(X) == energy(X)


@dataclass
class State:
    x: object


@pytest.mark.parametrize(
    "f, point, error, what",
    [
        (lambda s: s.x * 2.0, State(X), StructureError, "argument 0 has a State"),
        (lambda x: State(x), X, StructureError, "the result has a State"),
        (lambda x: {(1, 2): x}, X, StructureError, "keys"),
        (lambda x: np.einsum("i,i,i", x, x, x, optimize=["einsum_path", (0, 1), (0, 1)]), X, UnsupportedOperation,
         "einsum"),
    ],
)  # fmt: skip
def test_what_a_file_cannot_hold_is_refused_when_it_is_saved(f, point, error, what):
    P = dualtape.record(f, point)
    with pytest.raises(error, match=what):
        P.save(io.BytesIO())


# ---- refusals ----


def refused(content, match, **options):
    with pytest.raises(FileFormatError, match=match) as refusal:
        dualtape.load(io.BytesIO(content), **options)
    assert isinstance(refusal.value, ValueError)
    assert refusal.value.remedy


def test_foreign_files_are_refused(tmp_path):
    refused(b"", "is not a dualtape file")
    refused(b"PK\x03\x04" + bytes(100), "is not a dualtape file")
    refused(content_of(dualtape.record(energy, X)).replace(b"\r\n", b"\n"), "is not a dualtape file")
    (tmp_path / "t").write_text("x = 1\n")
    with open(tmp_path / "t") as text, pytest.raises(FileFormatError, match="opened as text"):
        dualtape.load(text)
    with pytest.raises(FileFormatError, match=str(tmp_path)):
        dualtape.load(tmp_path / "t")


def test_truncated_and_damaged_files_are_refused():
    content = content_of(dualtape.record(waves, X))
    refused(content[:20], "truncated: it has 20 bytes")
    refused(content[:200], f"truncated at byte 200 of {len(content)}")
    for at in (12, 40, len(content) - 3):
        damaged = bytearray(content)
        damaged[at] ^= 1
        refused(bytes(damaged), "damaged: its checksum")


def test_later_versions_are_refused():
    content = content_of(dualtape.record(energy, X)).replace(b'{"dualtape":"0.1.0"', b'{"dualtape":"7.1.0"')
    for version in ((2, 0), (1, 1)):
        refused(
            content[:8] + struct.pack("<HH", *version) + content[12:],
            f"format {version[0]}.{version[1]} by dualtape 7.1.0; this dualtape {dualtape.__version__} reads",
        )


def test_an_operation_of_a_later_release_is_refused_by_name():
    from dualtape.api import _format

    header, sections = _format.unpack(content_of(dualtape.record(waves, X)))
    kinds = {name: kind for name, kind, _ in header.pop("sections")}
    header["dualtape"] = "7.1.0"
    header["names"]["operations"][-1] = "zeta"
    packed = _format.pack(header, {name: (kinds[name], array) for name, array in sections.items()})
    refused(packed, r"written by dualtape 7.1.0 and uses 'zeta' \(operations\)")


def test_a_program_too_large_is_refused_unless_it_is_asked_for():
    content = content_of(dualtape.record(lambda x: x * np.arange(1.0, 1e5), 1.0))
    refused(content, "has 200000 slots, but numbers may take 1 MiB", max_bytes=1 << 20)
    assert dualtape.load(io.BytesIO(content), max_bytes=1 << 21)(2.0)[-1] == 2.0 * 99999
    content = content_of(dualtape.record(lambda x: np.broadcast_to(x, (2, 100000)).copy(), 1.0))
    refused(content, r"has an array of shape \(2, 100000\), but numbers may take 1 MiB", max_bytes=1 << 20)


def test_arrays_in_another_order_are_refused_without_the_function():
    def f(x):
        y = np.ones_like(x)
        y.reshape(-1)[::2] *= np.sin(x[0, 0])  # a view, or a copy
        return y * x

    x = np.arange(1.0, 7.0).reshape(3, 2)
    for example in (x, np.asfortranarray(x)):
        program = dualtape.record(f, example)
        np.testing.assert_array_equal(program(np.asfortranarray(x)), f(np.asfortranarray(x)))
        file = io.BytesIO()
        program.save(file)
        loaded = dualtape.load(io.BytesIO(file.getvalue()))
        np.testing.assert_array_equal(loaded(x), f(x))
        with pytest.raises(GuardError, match="ascontiguousarray"):
            loaded(np.asfortranarray(x))


def test_the_header_is_strict_json():
    content = content_of(dualtape.record(lambda x: x * np.inf, 1.0))
    length = struct.unpack_from("<Q", content, 24)[0]
    header = json.loads(content[32 : 32 + length])
    assert header["dualtape"] == dualtape.__version__
    assert {name for name, *_ in header["sections"]} > {"0/instructions", "0/constants"}


# ---- pickles and copies ----


def test_a_pickle_goes_on_recording():
    P = dualtape.record(branches, X)
    Q = pickle.loads(pickle.dumps(P))
    assert Q(X) == P(X)
    assert Q(-X) == branches(-X)
    assert "2 paths" in repr(Q)


def test_a_pickle_of_a_lambda_replays():
    P = dualtape.record(lambda x: np.sum(x**3) if x[0] > 0.0 else x[1], X)
    Q = pickle.loads(pickle.dumps(P))
    assert Q(X * 1.5) == P(X * 1.5)
    with pytest.raises(GuardError, match="its function is not there"):
        Q(-X)


def test_a_damaged_pickle_is_refused_by_name():
    content = pickle.dumps(dualtape.record(energy, X))
    at = content.index(b"elementwise")
    with pytest.raises(FileFormatError, match="a pickled program is damaged"):
        pickle.loads(content[:at] + b"E" + content[at + 1 :])


def test_keyword_arguments_are_pickled():
    P = pickle.loads(pickle.dumps(dualtape.record(energy, X, depth=2.5)))
    assert P(X) == energy(X, 2.5)


SCALE = 2.0
TABLE = {"weights": np.arange(3.0)}


def scaled(x):
    return SCALE * np.sum(x * TABLE["weights"]) if x[0] > 0 else x[1]


def test_a_pickle_records_again_only_with_the_same_constants(monkeypatch):
    P = dualtape.record(scaled, X)
    content, value = pickle.dumps(P), scaled(X)
    assert pickle.loads(content)(-X) == -X[1]
    for name, changed in (("SCALE", 3.0), ("TABLE", {"weights": np.ones(3)})):
        with monkeypatch.context() as patched:
            patched.setitem(globals(), name, changed)
            Q = pickle.loads(content)
            assert Q(X) == value
            with pytest.raises(GuardError, match="same constants"):
                Q(-X)
    frozen = pickle.dumps(dualtape.record(scaled, X, constants="frozen"))
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    assert pickle.loads(frozen)(-X) == -X[1]


def test_copies_record_on_their_own():
    P = dualtape.record(branches, X)
    for Q in (copy.copy(P), copy.deepcopy(P)):
        assert Q(-X) == branches(-X)
        assert_array_equal(Q.grad(X), P.grad(X))
        assert "2 paths" in repr(Q) and "paths" not in repr(P)


@pytest.mark.parametrize("method", sorted(set(multiprocessing.get_all_start_methods()) & {"spawn", "fork"}))
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_programs_run_in_other_processes(method):
    P = dualtape.record(branches, X)
    points = [X, X * 2.0, -X, X[::-1].copy()]
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map(P.value_and_grad, points)
    for (value, gradient), x in zip(found, points, strict=True):
        assert value == branches(x)
        assert_array_equal(gradient, P.grad(x))


def test_programs_run_under_joblib():
    joblib = pytest.importorskip("joblib")
    P = dualtape.record(lambda x: np.sum(np.sin(x) ** 2), X)
    points = [X, X * 2.0, -X]
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(P.grad)(x) for x in points)
    assert_array_equal(found, [P.grad(x) for x in points])
