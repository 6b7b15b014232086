"""What a module defines is used: a function, a class or a constant that nothing mentions is dead."""

import ast
import re
from collections import Counter

import pytest
from source_tree import name, sources


def mentions():
    """How often each word stands in the code of the package and of its documentation, docstrings aside."""
    paths = [*sources(".py", ".pyx", ".pxd"), *sources(".py", under=["docs"])]
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return Counter(word for text in texts for word in re.findall(r"\w+", re.sub(r'"""[\s\S]*?"""', "", text)))


def defined(path):
    """Names that a module defines at its top; decorated ones are registered, and need no name."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.decorator_list:
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


@pytest.fixture(scope="module")
def words():
    return mentions()


@pytest.mark.parametrize("path", sources(".py"), ids=name)
def test_what_a_module_defines_is_mentioned_elsewhere(path, words):
    unused = [found for found in defined(path) if words[found] < 2 and not found.startswith("__")]
    assert not unused, f"{name(path)} defines {unused}, which nothing uses"
