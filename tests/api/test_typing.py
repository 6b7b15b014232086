"""The types that users see: a typed program passes `mypy --strict`, and wrong ones are refused."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"


def test_users_file_passes_strict(tmp_path):
    user = HERE / "typed_user.py"
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--no-error-summary", str(user)]
    command += ["--follow-imports", "silent"]
    environment = {**os.environ, "MYPYPATH": str(SOURCE)}
    output = subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout
    found = {(int(line), code) for line, code in re.findall(r"typed_user\.py:(\d+): error: .*\[([\w-]+)\]", output)}
    lines = user.read_text().splitlines()
    marked = [(number, re.search(r"# expect: ([\w-]+)$", line)) for number, line in enumerate(lines, start=1)]
    assert found == {(number, mark[1]) for number, mark in marked if mark}, output
