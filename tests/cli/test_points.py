"""The words of a point: numbers, files and JSON, and how they become the arguments of a function."""

import numpy as np
import pytest

from dualtape.cli import points
from dualtape.cli.failures import CommandError
from dualtape.cli.target import Target


def target(function):
    return Target("f.py", "f", function)


def one_vector(x, scale=1.0):
    return x


def two_numbers(r, phi):
    return r


def any_number(*xs):
    return xs


@pytest.mark.parametrize(("word", "number"), [("2", 2.0), ("-1e-3", -1e-3), (" -inf", -np.inf), ("1_000", 1000.0)])
def test_a_number_is_a_float(word, number):
    assert points.parse(word) == number
    assert type(points.parse(word)) is float


def test_json_lists_are_arrays_and_objects_are_dicts():
    np.testing.assert_array_equal(points.parse("[[1, 2], [3, 4]]"), [[1.0, 2.0], [3.0, 4.0]])
    parsed = points.parse('{"w": [1, "NaN"], "b": "-Infinity"}')
    assert np.isnan(parsed["w"][1]) and parsed["b"] == -np.inf


def test_npy_and_json_files(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6).reshape(2, 3))
    (tmp_path / "x.json").write_text("[1, 2.5]")
    x = points.parse(str(tmp_path / "x.npy"))
    assert x.dtype == np.float64 and x.shape == (2, 3)
    np.testing.assert_array_equal(points.parse(str(tmp_path / "x.json")), [1.0, 2.5])


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("abc", "'abc' is not a number"),
        ("1,2", "separate the numbers by spaces"),
        ("[1, 2", "line 1, column"),
        ("[[1, 2], [3]]", "ragged"),
        ("[true]", "true"),
        ("[null]", "null"),
        ("missing.npy", "missing.npy"),
        ("missing.json", "missing.json"),
    ],
)
def test_a_wrong_word_is_named(word, named):
    with pytest.raises(CommandError, match=named.replace("[", r"\[")):
        points.parse(word)


def test_npy_files_of_objects_text_or_nothing_are_refused(tmp_path):
    np.save(tmp_path / "text.npy", np.array(["a"]))
    np.save(tmp_path / "object.npy", np.array([{}]), allow_pickle=True)
    (tmp_path / "empty.npy").write_bytes(b"")
    for name in ("text.npy", "object.npy", "empty.npy"):
        with pytest.raises(CommandError, match=name):
            points.parse(str(tmp_path / name))


def test_hostile_files_are_refused(tmp_path):
    np.savez(tmp_path / "archive.npz", x=np.ones(2))
    (tmp_path / "archive.npz").rename(tmp_path / "archive.npy")
    np.save(tmp_path / "cut.npy", np.ones(100))
    cut = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(cut[:300])
    (tmp_path / "huge.npy").write_bytes(cut[:128].replace(b"(100,)", b"(9999999999999,)"[:16].ljust(6)))
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "latin.json").write_bytes(b'["\xe9"]')
    for name in ("archive.npy", "cut.npy", "huge.npy", "folder.npy", "latin.json"):
        with pytest.raises(CommandError, match=name):
            points.parse(str(tmp_path / name))


@pytest.mark.parametrize("word", ["[" * 100000, "[" + "9" * 400 + "]", "[" + "9" * 5000 + "]"])
def test_hostile_json_is_refused(word):
    with pytest.raises(CommandError, match="JSON cannot be read"):
        points.parse(word)


def test_the_signature_decides_what_several_numbers_are():
    vector = points.arguments(target(one_vector), ["1", "2", "3"])
    np.testing.assert_array_equal(vector["x"], [1.0, 2.0, 3.0])
    assert points.arguments(target(one_vector), ["1"]) == {"x": 1.0}
    assert points.arguments(target(two_numbers), ["1", "2"]) == {"r": 1.0, "phi": 2.0}
    assert points.arguments(target(any_number), ["1", "2"]) == {"xs[0]": 1.0, "xs[1]": 2.0}


def test_the_choice_can_be_forced():
    assert points.arguments(target(one_vector), ["1", "2"], "scalars") == {"x": 1.0, "scale": 2.0}
    np.testing.assert_array_equal(points.arguments(target(any_number), ["1", "2"], "vector")["xs[0]"], [1.0, 2.0])
    assert points.arguments(target(one_vector), ["1"], "vector")["x"].shape == (1,)


def test_arrays_are_arguments_of_their_own():
    found = points.arguments(target(one_vector), ["[1, 2]", "3"])
    assert found["x"].shape == (2,) and found["scale"] == 3.0


@pytest.mark.parametrize("words", [["1"], ["1", "2", "3"], ["[1, 2]"]])
def test_a_wrong_count_names_the_arguments(words):
    with pytest.raises(CommandError, match=rf"takes 2 arguments \(r, phi\), {len(words)} given"):
        points.arguments(target(two_numbers), words)


def test_a_direction_is_read_like_a_point():
    like = [("W", np.zeros((2, 2))), ("b", np.zeros(()))]
    W, b = points.direction(["1", "2", "3", "4", "5"], like, "--tangent", "entry")
    np.testing.assert_array_equal(W, [[1, 2], [3, 4]])
    assert b == 5.0 and b.shape == ()
    W, b = points.direction(["[[1, 2], [3, 4]]", "5"], like, "--tangent", "entry")
    np.testing.assert_array_equal(W, [[1, 2], [3, 4]])


@pytest.mark.parametrize("words", [["1"], ["[1, 2]"], ["[1, 2]", "5"]])
def test_a_direction_of_wrong_size_is_named(words):
    like = [("W", np.zeros((2, 2))), ("b", np.zeros(()))]
    with pytest.raises(CommandError, match=r"--tangent has .*, expected"):
        points.direction(words, like, "--tangent", "entry of the point")
