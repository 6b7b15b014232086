"""Modules as clones see them: `numpy`, `math`, `cmath`, `statistics` and `scipy`, with substitutes for their functions.
An attribute is made when it is first asked for. (The user's own modules: outside.py.)"""

import functools
import importlib
import math
import sys
import types

import numpy as np

from dualtape.core.buffer import Buffer
from dualtape.core.substitutes import MathSubstitute, NumpySubstitute, Substitute
from dualtape.core.text import Code, Text
from dualtape.errors import UnsupportedOperation
from dualtape.ops.table import OPCODES, ROW_OF
from dualtape.rewrite.numbers import Float64, is_scalar
from dualtape.trace.functions import (
    ACTIVE,
    CARRIERS,
    HANDLERS,
    NO_RULE_REMEDY,
    dispatch,
    foreign_handler,
    has_active,
    load_families,
    operand,
)
from dualtape.trace.ownership import is_cython_function, root

_NUMBERS_END_IN = ("ast", "decimal", "fractions", "json", "struct")  # handlers/standard_library.py
FOREIGN_PACKAGES = ("numpy", "math", "cmath", "statistics", "scipy", *_NUMBERS_END_IN)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_ARRAY_FUNCTION = type(np.sum)
_METHODS = ("reduce", "accumulate", "reduceat", "outer", "at")

_IN_PLAIN_NUMPY = {  # functions and classes of libraries as differentiable as the user's own: they run as clones
    "scipy.constants": "convert_temperature lambda2nu nu2lambda",
    "scipy.integrate": "trapezoid simpson cumulative_trapezoid cumulative_simpson romb",
    "scipy.interpolate": """CubicSpline CubicHermiteSpline PchipInterpolator Akima1DInterpolator PPoly BPoly BSpline
        make_interp_spline interp1d NdPPoly NdBSpline RegularGridInterpolator interpn KroghInterpolator lagrange
        BarycentricInterpolator pchip_interpolate krogh_interpolate barycentric_interpolate griddata RBFInterpolator
        AAA splev splint spalde splrep UnivariateSpline InterpolatedUnivariateSpline""",
    "scipy.spatial.transform": "Rotation Slerp",
    "scipy.optimize": "rosen rosen_der",
    "statistics": """fmean geometric_mean median median_low median_high median_grouped quantiles covariance correlation
        linear_regression""",
    "scipy.ndimage": """correlate correlate1d convolve convolve1d gaussian_filter gaussian_filter1d uniform_filter
        uniform_filter1d laplace gaussian_laplace gaussian_gradient_magnitude sobel prewitt maximum_filter
        maximum_filter1d minimum_filter minimum_filter1d median_filter rank_filter percentile_filter grey_dilation
        grey_erosion grey_opening grey_closing sum_labels mean center_of_mass""",
    "scipy.signal": """lfilter lfiltic filtfilt sosfilt sosfiltfilt convolve fftconvolve oaconvolve convolve2d
        correlate correlate2d savgol_filter detrend hilbert welch periodogram csd coherence spectrogram stft istft
        decimate resample resample_poly upfirdn freqz lsim medfilt wiener chirp sawtooth gausspulse""",
    "scipy.spatial.distance": """sqeuclidean cosine correlation cityblock chebyshev canberra braycurtis euclidean
        minkowski seuclidean mahalanobis""",
    "scipy.stats": """zscore zmap gzscore gmean hmean pmean moment sem iqr entropy trim_mean trimboth trim1 skew
        kurtosis describe kstat kstatvar lmoment variation gstd tmean tvar tstd tsem tmin tmax circmean circvar circstd
        median_abs_deviation differential_entropy boxcox boxcox_llf yeojohnson yeojohnson_llf scoreatpercentile
        obrientransform pearsonr linregress theilslopes pointbiserialr ttest_ind ttest_rel ttest_1samp bartlett levene
        f_oneway alexandergovern chisquare power_divergence jarque_bera skewtest kurtosistest normaltest
        combine_pvalues wasserstein_distance energy_distance spearmanr kendalltau fligner kruskal mannwhitneyu ks_2samp
        rankdata percentileofscore""",
}
_IN_FRACTIONS = "mean variance pvariance stdev pstdev harmonic_mean"
_STATISTICS = frozenset((_IN_FRACTIONS + " " + _IN_PLAIN_NUMPY["statistics"]).split())
CLONED = frozenset(f"{module}.{name}" for module, names in _IN_PLAIN_NUMPY.items() for name in names.split())

_proxies = {}  # module -> its proxy
_substitutes = {}  # function -> its substitute


def proxy_of(module):
    """What a module of NumPy, SciPy or the standard library stands for in a clone."""
    if root(module.__name__) not in FOREIGN_PACKAGES:
        return module
    proxy = _proxies.get(module)
    if proxy is None:
        proxy = _proxies.setdefault(module, _new_proxy(module))
    return proxy


def _new_proxy(module):
    """A plain module, so that attributes are as fast as the real one's; PEP 562 fills it."""
    proxy = types.ModuleType(module.__name__, module.__doc__)
    names = vars(proxy)
    for name in ("__file__", "__package__", "__path__", "__spec__", "__loader__", "__version__", "__all__"):
        if name in vars(module):
            names[name] = vars(module)[name]
    if module.__name__ == "scipy._lib.array_api_compat.numpy":  # NumPy, as SciPy's own functions call it
        module = np
    known = _own_values().get(module.__name__, {})

    def attribute(name):
        value = known[name] if name in known else _attribute_of(module, name)
        if not name.startswith("__"):
            names[name] = value
        return value

    names["__getattr__"] = attribute
    names["__dir__"] = lambda: dir(module)
    return proxy


def _attribute_of(module, name):
    value, full_name = getattr(module, name), f"{module.__name__}.{name}"
    found = _unannounced(value, full_name) if root(full_name) == "numpy" else None
    return substitute_of(value, full_name) if found is None else found


def _unannounced(value, name):
    """What something of NumPy without a protocol stands for, by one of its names; None if it stands for itself."""
    if isinstance(value, (types.ModuleType, np.ufunc, _ARRAY_FUNCTION)):
        return None
    load_families()
    own_name = f"{getattr(value, '__module__', None)}.{getattr(value, '__name__', None)}"
    found = foreign_handler(name) or foreign_handler(own_name)
    if found is None or (isinstance(value, type) and not isinstance(found, type)):
        return None
    return Substitute(value, found, CARRIERS) if _is_function(value) else found


def _own_values():
    """By module: attributes that have substitutes of their own."""
    from dualtape.handlers.floating_point import ErrorState, seterr
    from dualtape.handlers.making import CREATORS_IN_CLONE, JOINING_IN_CLONE, Vectorized  # which loads all handlers

    values = {function.__name__: replacement for function, replacement in CREATORS_IN_CLONE.items()}
    values.update(JOINING_IN_CLONE)
    values.update(float64=Float64, double=Float64, vectorize=Vectorized, errstate=ErrorState, seterr=seterr)
    values.update(isscalar=Substitute(np.isscalar, is_scalar, CARRIERS))
    statistics = sys.modules.get("statistics")
    return {
        "numpy": values,
        "math": {name: _of_items(getattr(math, name)) for name in ("fsum", "prod")},
        "statistics": {name: _of_items(getattr(statistics, name)) for name in dir(statistics) if name in _STATISTICS},
    }


def _of_items(function):
    """A function of what iterables give: generators are run, to see what is in them."""
    substitute = Substitute(function, _by_name(f"{function.__module__}.{function.__name__}"), CARRIERS)

    @functools.wraps(function)
    def of_items(*args, **options):
        return substitute(*(list(x) if hasattr(x, "__next__") else x for x in args), **options)

    return of_items


def substitute_of(value, name=None):
    """What a value of a foreign module stands for in a clone; `name` is the one by which it was found there."""
    if isinstance(value, types.ModuleType):
        return proxy_of(value)
    from dualtape.rewrite.foreign import foreign_object, has_substitute, is_foreign_object

    if is_foreign_object(type(value)):
        return foreign_object(value)
    if isinstance(value, type):
        if not has_substitute(value):
            return value
    elif not (isinstance(value, (np.ufunc, _ARRAY_FUNCTION)) or _is_function(value) or is_multimethod(value)):
        return value
    found = _substitutes.get(value)
    if found is None:
        found = _substitutes.setdefault(value, _new_substitute(value, _known_name(value, name)))
    return found


def _known_name(value, name):
    """The public name of what was found in a private module of SciPy, as SciPy's own functions import it."""
    from dualtape.rewrite.foreign import public_name

    is_private = any(part.startswith("_") for part in (name or "").split("."))
    return is_private and public_name(value) or name


def _is_function(value):
    return isinstance(value, _FUNCTIONS) or is_cython_function(type(value))


def is_multimethod(value):
    """Tell whether a value is a function that looks for its implementation when it is called: those of scipy.fft, and
    scipy.special's of several results."""
    return callable(value) and (type(value).__module__ == "uarray" or type(value).__name__ == "MultiUFunc")


def _new_substitute(function, name):
    if isinstance(function, np.ufunc):
        methods = {name: _of_arrays(getattr(function, name)) for name in _METHODS}
        return NumpySubstitute(function, _with_arrays(function), CARRIERS, None, methods)
    if isinstance(function, _ARRAY_FUNCTION):
        return NumpySubstitute(function, _with_lists(function), CARRIERS)
    if root(name) == "numpy":
        owner = getattr(function, "__self__", None)
        is_random = name.startswith("numpy.random.")
        if is_random and owner is not None:  # np.random.normal is a method of a RandomState
            from dualtape.rewrite.foreign import foreign_object

            return getattr(foreign_object(owner), function.__name__)
        plain = plainly(function) if is_random else None  # generators are wrapped
        return Substitute(function, function, CARRIERS, plain)  # the arrays it makes are buffers
    if root(name) == "scipy":
        return _of_scipy(function, name)
    if root(name) in _NUMBERS_END_IN:
        return _at_the_end(function, _by_name(name), CARRIERS if name.startswith("json.dump") else _OF_TEXT)
    row = _row_of(name)
    if row is not None and row.arity == 1:
        return MathSubstitute(function, _by_name(name), ACTIVE, OPCODES[row.name])
    return Substitute(function, _by_name(name), CARRIERS)


class _OrText(dict):
    """Remembers for each type whether its instances carry derivatives, or are the text of such numbers."""

    def __missing__(self, cls):
        self[cls] = found = CARRIERS[cls] or cls is Text or cls is Code
        return found


_OF_TEXT = _OrText()


def _at_the_end(function, answer, types):
    """A function of the standard library: refused also where a traced number stands in a dict."""

    def is_within(tree):
        if type(tree) is dict:
            return any(map(is_within, tree.values()))
        return any(map(is_within, tree)) if type(tree) in (list, tuple) else types[type(tree)] or has_active(tree)

    def plain(*args, **kwargs):
        return (answer if any(map(is_within, args)) else function)(*args, **kwargs)

    return Substitute(function, answer, types, plain)


def _of_scipy(function, name):
    from dualtape.rewrite.callbacks import calls_back, watching
    from dualtape.rewrite.library import ClassSubstitute, methods_of

    answer, plain = _by_name(name), plainly(function)
    if calls_back(name):
        plain = watching(plain, answer, name)
    if isinstance(function, type):
        return ClassSubstitute(function, answer, CARRIERS, plain, methods_of(function))
    return Substitute(function, answer, CARRIERS, plain)


def _row_of(name):
    """The row of the rule table that a function of `math` is, if it is one."""
    module, _, function = name.rpartition(".")
    if module != "math":
        return None
    return ROW_OF.get({"sqrt": "sqrt", "fabs": "fabs"}.get(function, f"math_{function}"))


def plainly(function):
    """A function of SciPy of plain arguments: its arrays are buffers, its sparse matrices and interpolants wrapped."""
    from dualtape.core.buffer import buffered
    from dualtape.handlers.buffers import opened
    from dualtape.rewrite.foreign import foreign_function, foreign_object, is_foreign_object
    from dualtape.rewrite.wrapping import bare

    def call(*args, **kwargs):
        found = []
        result = function(*bare(opened(args, found)), **bare(opened(kwargs, found)))
        if is_foreign_object(type(result)):
            return foreign_object(result)
        if type(result) is types.BuiltinFunctionType:  # scipy.sparse.linalg.factorized gives a method
            return foreign_function(result)
        return buffered(result, found) if type(result) in (np.ndarray, tuple, list) else result

    return call


def _with_arrays(ufunc):
    """A ufunc, or a method of one, of lists and object arrays that hold active numbers."""

    def answer(*args, **kwargs):
        return ufunc(*map(_of_list, args), **kwargs)

    return answer


def _of_arrays(method):
    """A method of a ufunc: what it makes is a buffer."""
    from dualtape.core.buffer import buffered

    answer = _with_arrays(method)
    return functools.wraps(method)(lambda *args, **kwargs: buffered(answer(*args, **kwargs), args))


def _of_list(x):
    """The array of a list or an object array that holds active numbers, real or complex; anything else as it is.
    NumPy makes object arrays where a list of active numbers meets a plain array: ``table.clip([x, 1.0], 5.0)``."""
    from dualtape.handlers.complex_numbers import has_complex, number

    if not (type(x) in (list, tuple) or type(x) is np.ndarray and x.dtype.hasobject):
        return x
    is_mixed = type(x) is np.ndarray and all(isinstance(item, float) for item in x.flat)  # as active ones say they are
    return number(x) if has_complex(x) else operand(x) if is_mixed or has_active(x) else x


def _with_lists(function):
    """An array function of lists that hold active numbers: NumPy would make object arrays of them."""

    def answer(*args, **kwargs):
        load_families()
        if function not in HANDLERS:
            return function(*args, **kwargs)
        return dispatch(function, (Buffer,), args, kwargs)  # there may be buffers in the lists, too

    return answer


def _by_name(name):
    """A function that no protocol announces, of active numbers."""
    from dualtape.handlers.buffers import opened
    from dualtape.rewrite.callbacks import LIVE, REMEDIES, live_arguments, refuse
    from dualtape.rewrite.matrices import is_traced_matrix

    handlers = []  # looked for once

    def answer(*args, **kwargs):
        if not handlers:
            of_sparse = _of_sparse(name)
            handlers.append((of_sparse or foreign_handler(name), of_sparse is not None))
        handler, takes_matrices = handlers[0]
        if handler is None and (name in CLONED or name in LIVE):
            return _clone_by_name(name)(*live_arguments(args), **live_arguments(kwargs))
        if handler is None and name in REMEDIES:
            refuse(name)
        if handler is None:
            raise UnsupportedOperation(f"{name} has no derivative rule yet", NO_RULE_REMEDY)
        if not takes_matrices and any(map(is_traced_matrix, (*args, *kwargs.values()))):
            raise UnsupportedOperation(f"{name} of a traced sparse matrix has no derivative rule", "use A.toarray()")
        return handler(*opened(args, []), **opened(kwargs, []))

    return answer


def _of_sparse(name):
    if not name.startswith("scipy.sparse."):
        return None
    from dualtape.rewrite.traced_matrices import answer_of

    return answer_of(name)


@functools.cache
def _clone_by_name(name):
    from dualtape.rewrite.library import live

    module, _, attribute = name.rpartition(".")
    return live(getattr(importlib.import_module(module), attribute))
