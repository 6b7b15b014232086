"""One call of every derivative-free function of NumPy, by its public name: what it says of active numbers is what NumPy
says of plain ones. `x` is an array of shape (3,), `X` one of shape (2, 3)."""

import operator

import numpy as np
from case import Unannounced

_whole = np.array([3, 5, 6])

UNARY = "isfinite isinf isnan signbit logical_not floor ceil trunc rint sign spacing isposinf isneginf isreal iscomplex"
COMPARISONS = "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_xor floor_divide"
PLACES = "argmax argmin nanargmax nanargmin argsort argwhere nonzero flatnonzero count_nonzero"
TESTS = "all any isrealobj iscomplexobj isfortran min_scalar_type ndim size shape"
TEXT = "array_repr array_str array2string"
# Functions of whole numbers: NumPy's own error on floats.
OF_WHOLE_NUMBERS = "gcd lcm bitwise_and bitwise_or bitwise_xor left_shift right_shift bitwise_left_shift"
OF_WHOLE_NUMBERS += " bitwise_right_shift"

_UNARY_OF_WHOLE_NUMBERS = "invert bitwise_not bitwise_invert bitwise_count isnat"


def _operator(name):
    return getattr(operator, name, None) or getattr(operator, name + "_")


def _fails(call):
    try:
        call()
    except (ValueError, NotImplementedError):  # elements cannot be deleted
        return True
    return False


CALLS = {
    **{f"np.{name}": lambda x, X, name=name: getattr(np, name)(X * 3.0) for name in UNARY.split()},
    **{f"np.{name}": lambda x, X, name=name: getattr(np, name)(X, x) for name in COMPARISONS.split()},
    **{f"np.{name}": lambda x, X, name=name: getattr(np, name)(x) for name in f"{PLACES} {TESTS} {TEXT}".split()},
    **{f"np.{name}": lambda x, X, name=name: getattr(np, name)(x, _whole) for name in OF_WHOLE_NUMBERS.split()},
    **{f"np.{name}": lambda x, X, name=name: getattr(np, name)(x) for name in _UNARY_OF_WHOLE_NUMBERS.split()},
    "np.allclose": lambda x, X: np.allclose(x, x + 1e-12),
    "np.isclose": lambda x, X: np.isclose(X, x),
    "np.array_equal": lambda x, X: (np.array_equal(x, x), np.array_equal(x, X)),
    "np.array_equiv": lambda x, X: np.array_equiv(X, x),
    "np.angle": lambda x, X: np.angle(X),
    "np.around": lambda x, X: np.around(X, 1),
    "np.round": lambda x, X: np.round(X, 2),
    "np.fix": lambda x, X: np.fix(X * 5.0),
    "np.imag": lambda x, X: np.imag(X),
    "np.argpartition": lambda x, X: np.argpartition(X, 1, axis=1),
    "np.can_cast": lambda x, X: (np.can_cast(x, np.float64), np.can_cast(x, np.int64)),
    "np.common_type": lambda x, X: np.common_type(x, np.ones(2, np.float32)),
    "np.result_type": lambda x, X: np.result_type(x, np.float32),
    "np.diag_indices_from": lambda x, X: np.diag_indices_from(X[:, :2]),
    "np.tril_indices_from": lambda x, X: np.tril_indices_from(X),
    "np.triu_indices_from": lambda x, X: np.triu_indices_from(X, 1),
    "np.digitize": lambda x, X: np.digitize(X, [-0.3, 0.1, 0.6]),
    "np.searchsorted": lambda x, X: np.searchsorted([-0.3, 0.1], X),
    "np.lexsort": lambda x, X: np.lexsort((x, X[0])),
    "np.isin": lambda x, X: np.isin(X, x),
    "np.in1d": lambda x, X: np.in1d(X, x),  # noqa: NPY201
    "np.einsum_path": lambda x, X: np.einsum_path("i,ji->j", x, X)[0],
    "np.may_share_memory": lambda x, X: (np.may_share_memory(x, np.ones(3)), np.may_share_memory(x, x[1:])),
    "np.shares_memory": lambda x, X: [
        np.shares_memory(*pair)
        for pair in ((x, x), (X, X[:, 1]), (X[0], X[1]), (X.T, X[1:]), (x[::2], x[1::2]), (x, x.copy()), (x, x + 0.0))
    ],
    "np.ravel_multi_index": lambda x, X: np.ravel_multi_index((np.argsort(x), np.argsort(X[0])), (3, 3)),
    "np.unravel_index": lambda x, X: np.unravel_index(np.argmax(X), X.shape),
    "np.linalg.matrix_rank": lambda x, X: np.linalg.matrix_rank(X),
    "np.format_float_positional": lambda x, X: Unannounced("numpy.format_float_positional")(x[0]),
    "np.format_float_scientific": lambda x, X: Unannounced("numpy.format_float_scientific")(x[0], precision=4),
}

METHODS = {
    **{
        name: lambda x, X, name=name: getattr(X, name)()
        for name in "all any argmax argmin argsort nonzero __len__ __bool__ __int__".split()
    },
    **{name: lambda x, X, name=name: getattr(X, name) for name in "dtype itemsize nbytes ndim shape size".split()},
    **{
        f"__{name}__": lambda x, X, name=name: _operator(name)(X, x)
        for name in "eq ne lt le gt ge and or xor lshift rshift".split()
    },
    **{
        f"__{name}__": lambda x, X, name=name: _operator(name)(X, x) for name in "iand ior ixor ilshift irshift".split()
    },
    **{f"__r{name}__": lambda x, X, name=name: _operator(name)(2, X) for name in "and or xor lshift rshift".split()},
    "__invert__": lambda x, X: ~X,
    "__delitem__": lambda x, X: _fails(lambda: operator.delitem(X, 0)),
    "__contains__": lambda x, X: (x[1] in x, 7.0 in X),
    "__format__": lambda x, X: (f"{x[0]:.3f}", f"{x[0]}", f"{x[1]:8.2e}"),
    "__array_priority__": lambda x, X: X.__array_priority__ >= 0.0,
    "argpartition": lambda x, X: X.argpartition(1),
    "searchsorted": lambda x, X: np.sort(x).searchsorted([0.1, 0.7]),
    "flags": lambda x, X: (X.flags.c_contiguous, X.flags.f_contiguous, X.flags.writeable, x.flags.f_contiguous),
    "strides": lambda x, X: (X.strides, x.strides),
    "device": lambda x, X: X.device,
    "to_device": lambda x, X: X.to_device("cpu").shape,
    "setflags": lambda x, X: X.setflags(write=True),
    "__array_namespace__": lambda x, X: X.__array_namespace__() is np,
    "__array_function__": lambda x, X: hasattr(X, "__array_function__"),
    "__array_ufunc__": lambda x, X: hasattr(X, "__array_ufunc__"),
    "__class_getitem__": lambda x, X: type(np.ndarray[float]).__name__,
}
