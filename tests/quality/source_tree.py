"""What the tests of quality read: the files of the checkout, by kind, and the functions in them."""

import ast
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "dualtape"


class Function(NamedTuple):
    """A function found in a file: `n_lines` leaves its docstring out, `line` is its first."""

    path: Path
    name: str
    line: int
    n_lines: int


def tracked():
    """Files under version control, or that would be; skips the test outside of a checkout."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in output.splitlines() if (ROOT / name).is_file()]


def sources(*suffixes, under=None):
    """Files we wrote that end in one of `suffixes`: of the package, or of the folders named."""
    folders = [PACKAGE] if under is None else [ROOT / name for name in under]
    found = (path for folder in folders for path in sorted(folder.rglob("*")))
    return [path for path in found if path.suffix in suffixes and not is_generated(path)]


def is_generated(path):
    """Whether a build put the file there: Cython's C beside its .pyx, and whatever is called build."""
    return (path.suffix == ".c" and path.with_suffix(".pyx").exists()) or "build" in path.relative_to(ROOT).parts


def name(path):
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


def functions(path):
    """Every function of a Python, Cython or C file."""
    finders = {".py": _python_functions, ".pyx": _cython_functions, ".c": _c_functions, ".h": _c_functions}
    return list(finders[path.suffix](path))


def _python_functions(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
            n_docstring = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
            yield Function(path, node.name, node.lineno, node.end_lineno - node.lineno + 1 - n_docstring)


def _cython_functions(path):
    """Functions by indentation: Cython has no parser for others to use."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for start, line in enumerate(lines):
        head = re.match(r"( *)(?:def|cdef(?! class)|cpdef)\b[^=]*?(\w+)\(", line)
        if not head or not _opens_body(lines, start):
            continue
        end = start + 1
        while end < len(lines) and (_indent(lines[end]) > len(head[1]) or lines[end].strip()[:1] in ("", ")")):
            end += 1
        text = "\n".join(lines[start:end]).rstrip()
        docstring = re.search(r'\n *"""(?:.|\n)*?"""', text)
        n_docstring = docstring[0].count("\n") if docstring else 0
        yield Function(path, head[2], start + 1, text.count("\n") + 1 - n_docstring)


def _opens_body(lines, start):
    """Whether the signature that starts here ends in a colon: a definition, not a declaration."""
    depth = 0
    for line in lines[start:]:
        code = line.split("#")[0].rstrip()
        depth += sum(code.count(c) for c in "([{") - sum(code.count(c) for c in ")]}")
        if depth <= 0:
            return code.endswith(":") or bool(re.search(r"\).*: *\S", code))
    return False


def _indent(line):
    return len(line) - len(line.lstrip())


def _c_functions(path):
    """Functions that open with a brace at the end of an unindented line's statement and close in column one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = None
    for number, line in enumerate(lines):
        if re.match(r"[a-zA-Z_].*\(", line) and not line.startswith(("#", "typedef")):
            start = number
        elif line.startswith("}") and start is not None:
            head = re.search(r"(\w+)\(", lines[start])
            yield Function(path, head[1], start + 1, number - start + 1)
            start = None
