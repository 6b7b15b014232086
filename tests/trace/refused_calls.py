"""One call of every refused function of NumPy and method of ndarray, by its public name. `x` has shape (3,)."""

import io

import numpy as np
from case import Unannounced

CALLS = {
    "np.save": lambda x: np.save(io.BytesIO(), x),
    "np.savez": lambda x: np.savez(io.BytesIO(), x),
    "np.savez_compressed": lambda x: np.savez_compressed(io.BytesIO(), x),
    "np.savetxt": lambda x: np.savetxt(io.StringIO(), x),
    "np.packbits": lambda x: np.packbits(x),
    "np.unpackbits": lambda x: np.unpackbits(x),
    "np.busday_count": lambda x: np.busday_count(x, "2020-01-02"),
    "np.busday_offset": lambda x: np.busday_offset("2020-01-02", x),
    "np.is_busday": lambda x: np.is_busday(x),
    "np.datetime_as_string": lambda x: np.datetime_as_string(x),
    "np.matrix": lambda x: Unannounced("numpy.matrix")(x),
    "np.asmatrix": lambda x: Unannounced("numpy.asmatrix")(x),
    "np.bmat": lambda x: Unannounced("numpy.bmat")([[x, x]]),
    "np.nested_iters": lambda x: Unannounced("numpy.nested_iters")([x], [[0]]),
}

METHODS = {
    "tobytes": lambda x: x.tobytes(),
    "tofile": lambda x: x.tofile("nowhere"),
    "dump": lambda x: x.dump("nowhere"),
    "dumps": lambda x: x.dumps(),
    "byteswap": lambda x: x.byteswap(),
    "getfield": lambda x: x.getfield(float),
    "setfield": lambda x: x.setfield(1.0, float),
    "resize": lambda x: x.resize(4),
    "base": lambda x: x.base,
    "ctypes": lambda x: x.ctypes,
    "data": lambda x: x.data,
    "__array__": lambda x: np.asarray(x, dtype=float),
    "__dlpack__": lambda x: np.from_dlpack(x),
    "__dlpack_device__": lambda x: x.__dlpack_device__(),
    "__complex__": lambda x: complex(x[0]),
    "__float__": lambda x: float(x[0]),
    "__index__": lambda x: [1, 2, 3][x[0]],
}

# Protocols between NumPy and its own arrays. They are not there, so that NumPy asks for another one.
ABSENT = "__array_interface__ __array_struct__ __array_finalize__ __array_wrap__ __setstate__"
