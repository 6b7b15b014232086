"""Containers: leaves in order, the same kind back, and a clear word where two of them part."""

import collections
import dataclasses
from typing import NamedTuple

import numpy as np
import pytest

from dualtape.api import _containers
from dualtape.errors import StructureError


class Pair(NamedTuple):
    left: object
    right: object


@dataclasses.dataclass(frozen=True)
class Layer:
    w: object
    b: object
    name: str = dataclasses.field(default="dense", metadata={"static": True})
    size: int = dataclasses.field(init=False, default=0)


TREES = [
    2.0,
    (1.0, (2.0, 3.0)),
    [np.ones(2), 3.0],
    {"b": 1.0, "a": {"c": 2.0}},
    Pair(1.0, (2.0, None)),
    Layer(1.0, {"b": 2.0}),
    collections.OrderedDict(z=1.0, a=2.0),
    (),
]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_leaves_and_structure_give_the_tree_back(tree):
    leaves, structure = _containers.flatten(tree)
    again = structure.around(iter(leaves))
    assert type(again) is type(tree)
    assert repr(again) == repr(tree)
    assert structure.n_leaves == len(leaves) == len(list(structure.paths("x")))


def test_paths_tell_where_a_leaf_stands():
    _, structure = _containers.flatten({"w": [np.ones(2), Pair(1.0, 2.0)], 3: Layer(1.0, 2.0)})
    assert list(structure.paths("x")) == ["x['w'][0]", "x['w'][1].left", "x['w'][1].right", "x[3].w", "x[3].b"]


def test_defaultdict_keeps_its_factory():
    tree = collections.defaultdict(list, a=1.0)
    again = _containers.map_leaves(lambda leaf: 2.0 * leaf, tree)
    assert again == {"a": 2.0}
    assert again.default_factory is list


def test_static_fields_of_dataclasses_pass_unchanged():
    leaves, structure = _containers.flatten(Layer(1.0, 2.0, name="first"))
    assert leaves == [1.0, 2.0]
    assert structure.around(iter([3.0, 4.0])) == Layer(3.0, 4.0, name="first")


@pytest.mark.parametrize("numbers", [[1.0, 2], [[1.0, 2.0], [3.0, 4.0]], [np.float64(1.0)]])
def test_list_of_numbers_is_a_leaf(numbers):
    leaves, structure = _containers.flatten(numbers)
    assert leaves == [numbers]
    assert structure.kind is None


@pytest.mark.parametrize("container", [[[1.0], [2.0, 3.0]], [np.ones(2)], [(1.0, 2.0)], [True, False], []])
def test_other_lists_are_containers(container):
    _, structure = _containers.flatten(container)
    assert structure.kind is list


def test_match_tells_where_two_containers_part():
    _, structure = _containers.flatten({"w": (1.0, 2.0)})
    assert structure.match({"w": [3.0, 4.0]}, "tangent") == [3.0, 4.0]
    with pytest.raises(StructureError, match=r"tangent\['w'\] is a float, expected a tuple"):
        structure.match({"w": 1.0}, "tangent")
    with pytest.raises(StructureError, match="has the entries"):
        structure.match({"v": (1.0, 2.0)}, "tangent")
    with pytest.raises(StructureError, match=r"tangent\['w'\] has the entries"):
        structure.match({"w": (1.0, 2.0, 3.0)}, "tangent")


def test_match_goes_by_key_not_by_order():
    _, structure = _containers.flatten({"a": 1.0, "b": 2.0})
    assert structure.match({"b": 20.0, "a": 10.0}, "tangent") == [10.0, 20.0]
