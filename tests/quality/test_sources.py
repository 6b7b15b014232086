"""What the sources may contain: C without Python, Cython without externs of its own, no file that a build made."""

import re

import pytest
from source_tree import PACKAGE, ROOT, name, sources, tracked

GENERATED = (".so", ".pyd", ".o", ".pyc", ".html", ".egg-info", ".whl")
VAGUE = re.compile(r"^_*(utils?|helpers?|common|misc)\b")  # says nothing of what is inside
CYTHON = sources(".pyx", ".pxd")
C = sources(".c", ".h")


def lines_matching(path, pattern):
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [f"{name(path)}:{number}: {line.strip()}" for number, line in lines if re.search(pattern, line)]


def test_no_generated_file_is_tracked():
    made = [path for path in tracked() if path.suffix in GENERATED or ".gen." in path.name or "build" in path.parts]
    made += [path for path in tracked() if path.suffix in (".c", ".cpp") and path.parent == PACKAGE / "core"]
    assert not made


def test_file_names_say_what_is_inside():
    # asv's own example calls the benchmarks' shared module common; so does style.md.
    vague = [name(path) for path in tracked() if VAGUE.match(path.stem) and path.parts[-2] != "benchmarks"]
    assert not vague


def test_no_path_of_a_machine_is_named():
    pattern = r"(?<![\w.])/(?:tmp|work|root|home)/\w"
    texts = [path for path in tracked() if path.suffix in (".py", ".pyx", ".pxd", ".c", ".h", ".md", ".toml", ".json")]
    found = [hit for path in texts if path.parent != ROOT / "tests/quality" for hit in lines_matching(path, pattern)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", CYTHON, ids=name)
def test_externs_are_in_one_file(path):
    assert path == PACKAGE / "core" / "c.pxd" or not lines_matching(path, r"^\s*cdef extern")


@pytest.mark.parametrize("path", CYTHON, ids=name)
def test_cython_stays_plain(path):
    """No textual inclusion, no fused types, no star imports."""
    assert not lines_matching(path, r"^\s*include |ctypedef fused|\bc?import \*")


@pytest.mark.parametrize("path", C, ids=name)
def test_c_neither_allocates_nor_prints_nor_stops(path):
    assert not lines_matching(path, r"\b(?:malloc|calloc|realloc|free|printf|fprintf|abort|exit)\s*\(")


@pytest.mark.parametrize("path", C, ids=name)
def test_c_has_no_globals_that_change(path):
    """The kernel table and its loops, bound at import, are the one exception; they are generated."""
    static = r"^(?:static\s+)?(?!.*\bconst\b)(?:\w+\s+)+\**\w+(?:\[[^\]]*\])?\s*(?:=.*)?;$"
    allowed = r"^(?:typedef|extern|return|struct|enum|union|goto)\b"
    assert not [hit for hit in lines_matching(path, static) if not re.search(allowed, hit.split(": ", 1)[1])]


def test_no_flag_lets_results_depend_on_the_compiler():
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    assert "-ffp-contract=off" in setup
    for flag in ("-ffast-math", "-Ofast", "-march=native", "-funsafe-math", "-fassociative-math", "-ffinite-math"):
        assert flag not in setup


@pytest.mark.parametrize("path", sources(".py", ".pyx", ".pxd", ".c", ".h", under=("src", "tests")), ids=name)
def test_work_left_to_do_has_an_issue(path):
    if path.name != "test_sources.py":
        assert not lines_matching(path, r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))")
