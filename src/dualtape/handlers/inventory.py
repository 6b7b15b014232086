"""Every public name of NumPy, each in one class: differentiated, derivative-free or refused. One set of data tells it
to `supported`, to the page of the docs and to the test that walks NumPy itself, which fails by name when a release of
NumPy has a name that is not here.

The class of a function is what its handler is registered as. Here stand the names that no handler needs, and why; what
NumPy has with one of these names is used as it is, also in a function under differentiation. Called by api/supported.py
and docs/generate.py."""

import importlib

import numpy as np

from ..trace.functions import DIFFERENTIATED, FOREIGN, KINDS, PASSIVE, REFUSALS, REFUSED, load_families
from . import methods

__all__ = ["DIFFERENTIATED", "PASSIVE", "REFUSED"]
UNCLASSIFIED = "unclassified"
NAMESPACES = {
    "np": "numpy",
    "np.linalg": "numpy.linalg",
    "np.fft": "numpy.fft",
    "np.lib.stride_tricks": "numpy.lib.stride_tricks",
    **{
        f"np.polynomial.{basis}": f"numpy.polynomial.{basis}"
        for basis in ("polynomial", "chebyshev", "legendre", "hermite", "hermite_e", "laguerre")
    },
}

NO_RULE = "has no derivative rule yet"

# Names that stand for the same in every function: what it is that they are, and the names.
PLAIN = {
    "constants": "np.False_ np.True_ np.e np.euler_gamma np.inf np.nan np.newaxis np.pi np.little_endian np.ScalarType "
    "np.sctypeDict np.typecodes np.s_ np.index_exp",
    "modules": "np.char np.core np.ctypeslib np.dtypes np.emath np.exceptions np.f2py np.fft np.lib np.linalg np.ma "
    "np.matrixlib np.polynomial np.random np.rec np.strings np.testing np.typing np.version",
    "types, to name a dtype or to test with isinstance": "np.bool np.bool_ np.byte np.bytes_ np.cdouble np.character "
    "np.clongdouble np.complex128 np.complex256 np.complex64 np.complexfloating np.csingle np.datetime64 np.double "
    "np.flexible np.float128 np.float16 np.float32 np.float64 np.floating np.generic np.half np.inexact np.int16 "
    "np.int32 np.int64 np.int8 np.int_ np.intc np.integer np.intp np.long np.longdouble np.longlong np.number "
    "np.object_ np.record np.short np.signedinteger np.single np.str_ np.timedelta64 np.ubyte np.uint np.uint16 "
    "np.uint32 np.uint64 np.uint8 np.uintc np.uintp np.ulong np.ulonglong np.unsignedinteger np.ushort np.void "
    "np.dtype np.ndarray np.ufunc np.flatiter np.memmap np.recarray np.busdaycalendar np.finfo np.iinfo "
    "np.linalg.LinAlgError",
    "questions about types": "np.isdtype np.issubdtype np.mintypecode np.promote_types np.typename np.isscalar "
    "np.iterable",
    "settings": "np.errstate np.geterr np.geterrcall np.getbufsize np.get_printoptions np.printoptions np.seterr "
    "np.seterrcall np.setbufsize np.set_printoptions",
    "about NumPy": "np.get_include np.info np.show_config np.show_runtime np.test np.linalg.test np.fft.test",
    "whole numbers, shapes and indices": "np.base_repr np.binary_repr np.broadcast_shapes np.diag_indices np.indices "
    "np.mask_indices np.ndindex np.tril_indices np.triu_indices",
    "windows and frequencies": "np.bartlett np.blackman np.hamming np.hanning np.fft.fftfreq np.fft.rfftfreq "
    "np.polynomial.chebyshev.chebgauss np.polynomial.chebyshev.chebpts1 np.polynomial.chebyshev.chebpts2 "
    "np.polynomial.hermite.hermgauss np.polynomial.hermite_e.hermegauss np.polynomial.laguerre.laggauss "
    "np.polynomial.legendre.leggauss",
    "what reads text, files and buffers": "np.from_dlpack np.frombuffer np.fromfile np.fromregex np.fromstring "
    "np.genfromtxt np.load np.loadtxt",
    "dates": "np.datetime_data",
}
PLAIN_NAMES = frozenset(" ".join(PLAIN.values()).split())
_IN_EVERY_BASIS = ("domain", "zero", "one", "x")  # constants like chebdomain

_METHODS = ("reduce", "accumulate", "reduceat", "outer", "at")


def kinds():
    """Map every public name of NumPy, methods of ufuncs and ``ndarray.sum`` among them, to its class."""
    load_families()
    found = {}
    for prefix, module_name in NAMESPACES.items():
        module = importlib.import_module(module_name)
        for name in sorted(vars(module)):
            if not _is_private(name, module):
                value = getattr(module, name)
                found[f"{prefix}.{name}"] = _kind(f"{prefix}.{name}", value)
                if isinstance(value, np.ufunc):
                    found |= {f"{prefix}.{name}.{method}": found[f"{prefix}.{name}"] for method in methods_of(value)}
    found |= {f"ndarray.{name}": methods.kind_of(name) for name in dir(np.ndarray) if name not in _OF_EVERY_OBJECT}
    return found


_OF_EVERY_OBJECT = frozenset(dir(object)) - {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__format__"}
_OF_EVERY_OBJECT |= {"__class_getitem__"}


def _is_private(name, module):
    """Names with an underscore, and what a module of polynomials imports."""
    return name.startswith("_") or (".polynomial." in module.__name__ and name in ("np", "pu", "ABCPolyBase"))


def _kind(name, value):
    full_name = name.replace("np.", "numpy.", 1)
    if full_name in FOREIGN:
        return KINDS[full_name]
    try:
        kind = KINDS.get(value)
    except TypeError:  # a constant without a hash
        kind = None
    if kind is not None:
        return kind
    if name in PLAIN_NAMES or (".polynomial." in name and name.endswith(_IN_EVERY_BASIS)):
        return PASSIVE
    return REFUSED if isinstance(value, np.ufunc) or hasattr(value, "_implementation") else UNCLASSIFIED


def is_method_of_ufunc(name):
    """Tell whether this is a name like np.add.reduce."""
    return isinstance(value_of(name.rpartition(".")[0]), np.ufunc)


def methods_of(ufunc):
    """The methods that NumPy gives a ufunc."""
    if ufunc.signature is not None or ufunc.nin > 2:
        return ()
    if ufunc.nout > 1:
        return ("outer",) if ufunc.nin == 2 else ()
    return _METHODS if ufunc.nin == 2 else ("at",)


def refusal(name):
    """Why a refused name is refused, and what to do instead."""
    return REFUSALS.get(name, (NO_RULE, "write it with functions that have a rule"))


def value_of(name):
    """What stands under a public name: a function, a constant, a method; None if this NumPy has no such name."""
    parts = name.split(".")
    found = np.ndarray if parts[0] == "ndarray" else np
    for part in parts[1:]:
        found = getattr(found, part, None)
    return found
