"""Nested derivatives flattened to matrices, with a label for every row and column."""

import numpy as np
import pytest

from dualtape.cli.failures import CommandError
from dualtape.cli.structure import dense, entries, leaves


def test_every_entry_has_a_label():
    tree = {"w": np.zeros((1, 2)), "b": (3.0, [1.0, 2.0])}
    assert entries(leaves(tree, "p")) == ["p['w'][0, 0]", "p['w'][0, 1]", "p['b'][0]", "p['b'][1][0]", "p['b'][1][1]"]


def test_what_is_no_number_is_named():
    with pytest.raises(CommandError, match=r"f\['a'\] is <U1, expected real numbers"):
        leaves({"a": "b"}, "f")


def test_a_jacobian_of_containers_becomes_a_matrix():
    value = {"a": np.zeros(2), "b": 0.0}
    arguments = (np.zeros(3), (1.0, np.zeros((1, 2))))
    full = np.arange(18.0).reshape(3, 6)

    def blocks(rows, shape):
        part = full[rows]
        return (part[:, :3].reshape(*shape, 3), (part[:, 3].reshape(shape), part[:, 4:].reshape(*shape, 1, 2)))

    derivative = {"a": blocks(slice(0, 2), (2,)), "b": blocks(slice(2, 3), ())}
    np.testing.assert_array_equal(dense(derivative, value, arguments), full)


def test_a_hessian_of_several_arguments_becomes_a_tensor():
    full = np.arange(18.0).reshape(2, 3, 3)
    derivative = ((full[:, :2, :2], full[:, :2, 2]), (full[:, 2, :2], full[:, 2, 2]))
    np.testing.assert_array_equal(dense(derivative, np.zeros(2), (np.zeros(2), 1.0), order=2), full)
