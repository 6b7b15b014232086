"""Elements and lists of active arrays keep their derivatives."""

import numpy as np
import pytest

import dualtape

X = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, 1.0]])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("rewrite", [True, False])
def test_items_and_lists_keep_derivatives(mode, rewrite):
    def f(x):
        (first, _), last = zip(*x.tolist()[0:2]).__next__(), x.tolist()[1][2]
        return first * last + x.item(4) * x.item(0, 1) * x[0, 2].item() * x[:1, :1].item() + x[0, 0].tolist()

    expected = np.zeros((2, 3))
    expected[0, 0] = X[1, 2] + 1.0 + X[1, 1] * X[0, 1] * X[0, 2]
    expected[1, 2] = X[0, 0]
    for place, others in (((1, 1), X[0, 1]), ((0, 1), X[1, 1])):
        expected[place] = others * X[0, 2] * X[0, 0]
    expected[0, 2] = X[1, 1] * X[0, 1] * X[0, 0]
    value, gradient = dualtape.value_and_grad(f, mode=mode, rewrite=rewrite)(X)
    assert value == f(X)
    np.testing.assert_allclose(gradient, expected, rtol=1e-14)


@pytest.mark.parametrize("index", [(), (9,), (0,) * 3, (2, 0)])
def test_errors_of_item_are_numpys(index):
    with pytest.raises(Exception) as wanted:
        X.item(*index)

    def f(x):
        with pytest.raises(wanted.type):
            x.item(*index)
        return x[0, 0]

    for mode in ("forward", "reverse"):
        dualtape.grad(f, mode=mode)(X)


def test_a_list_of_a_hand_made_array_holds_dual_numbers():
    x = dualtape.Dual([[1.0, 2.0]], [[3.0, 4.0]])
    assert repr(x.tolist()) == "[[Dual(1.0, 3.0), Dual(2.0, 4.0)]]" and x[0, 0].item().x1 == 3.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("index", [(), ..., None, (..., None), True], ids=str)
def test_scalars_are_indexed_as_numpys_are(index, mode):
    found = dualtape.jacobian(lambda x: x[0][index] * x[1], mode=mode)(np.array([2.0, 3.0]))
    expected = np.broadcast_to(np.array([3.0, 2.0]), (*np.shape(np.float64(2.0)[index]), 2))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_scalars_are_no_sequences(mode):
    with pytest.raises(TypeError, match="not iterable"):
        dualtape.jacobian(lambda x: list(x[0]), mode=mode)(np.array([2.0, 3.0]))
