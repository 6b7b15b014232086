"""Distributions of several variables of scipy.stats in a clone: `multivariate_normal` and `dirichlet` have densities
with derivatives, in the argument and in every parameter, `gaussian_kde` in the argument; the value is SciPy's. The
others are refused by name."""

import sys

import numpy as np

from dualtape.errors import UnsupportedOperation
from dualtape.rewrite.kernels import compiled
from dualtape.rewrite.wrapping import Wrapper, active_array, bare, has_active_part
from dualtape.trace.functions import peeked

_LOG_2PI = float(np.log(2.0 * np.pi))


class Multivariate(Wrapper):
    """A distribution without a rule, or the base of those that have one."""

    __slots__ = ()
    model = None  # of the logarithm of the density: a function of the argument and the parameters

    def _plainly(self, method, *args, **kwargs):
        traced = any(map(has_active_part, (*args, *kwargs.values())))
        if not traced or self.model is None or method not in ("logpdf", "pdf", "__call__"):
            return super()._plainly(method, *args, **kwargs)
        if method == "__call__":
            return Given(self, args, kwargs)
        return _density(self, method, *args, **kwargs)


def _density(distribution, method, x, *args, **kwargs):
    real = distribution.__wrapped__
    if not set(kwargs) <= set(distribution.parameters) or len(args) > len(distribution.parameters):
        raise UnsupportedOperation(
            f"scipy.stats.{distribution.name}.{method} has no derivative with these options",
            f"give {', '.join(distribution.parameters)} only",
        )
    given = dict(zip(distribution.parameters, args, strict=False)) | kwargs
    names = [name for name, value in given.items() if value is not None]
    operands = [active_array(x), *(active_array(bare(given[name])) for name in names)]

    def value(x, *parameters):
        return np.asarray(getattr(real, method)(x, **dict(zip(names, parameters, strict=True))), dtype=np.float64)[()]

    shape = np.shape(value(*map(peeked, operands)))  # what it raises is raised
    model = np.reshape(distribution.model(operands[0], **dict(zip(names, operands[1:], strict=True))), shape)
    return compiled(value, np.exp(model) if method == "pdf" else model, *operands)


class Given:
    """A distribution whose parameters hold traced numbers ("frozen")."""

    def __init__(self, distribution, args, kwargs):
        self._distribution, self._args, self._kwargs = distribution, args, kwargs

    def logpdf(self, x):
        return _density(self._distribution, "logpdf", x, *self._args, **self._kwargs)

    def pdf(self, x):
        return _density(self._distribution, "pdf", x, *self._args, **self._kwargs)

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(self._distribution.__wrapped__, name):
            raise AttributeError(f"a distribution with given parameters has no attribute {name!r}")
        raise UnsupportedOperation(
            f"scipy.stats.{self._distribution.name}.{name} with traced parameters has no derivative rule",
            "these methods have: logpdf, pdf",
        )


class Normal(Multivariate):
    __slots__ = ()
    name = "multivariate_normal"
    parameters = ("mean", "cov")

    @staticmethod
    def model(x, mean=None, cov=1.0):
        """By a factor of Cholesky, which reads the lower triangle, as SciPy does."""
        dim = np.shape(cov)[0] if np.ndim(cov) else 1
        dim = max(dim, np.size(mean) if mean is not None else 1)
        cov = cov * np.eye(dim) if np.ndim(cov) == 0 else np.diag(cov) if np.ndim(cov) == 1 and dim > 1 else cov
        L = np.linalg.cholesky(np.reshape(cov, (dim, dim)))
        if np.ndim(x) < 2:
            x = np.reshape(x, (-1, dim))
        deviation = x if mean is None else x - mean
        z = np.linalg.solve(L, np.reshape(deviation, (-1, dim)).T)
        log_det = 2.0 * np.sum(np.log(np.diagonal(L)))
        return -0.5 * (dim * _LOG_2PI + log_det + np.sum(z * z, axis=0))


class GivenNormal(Multivariate):
    """One with plain parameters at traced points."""

    __slots__ = ()

    def _plainly(self, method, *args, **kwargs):
        if method not in ("logpdf", "pdf") or not any(map(has_active_part, (*args, *kwargs.values()))):
            return super()._plainly(method, *args, **kwargs)
        real = self.__wrapped__
        if real.allow_singular:
            raise UnsupportedOperation(
                "scipy.stats.multivariate_normal with allow_singular=True has no derivative rule",
                "leave allow_singular= away",
            )
        normal = Normal(sys.modules["scipy.stats"].multivariate_normal)
        return _density(normal, method, *args, mean=real.mean, cov=real.cov, **kwargs)


class Dirichlet(Multivariate):
    __slots__ = ()
    name = "dirichlet"
    parameters = ("alpha",)

    @staticmethod
    def model(x, alpha):
        """The last component is left out, or not."""
        special = sys.modules["scipy.special"]
        if np.shape(x)[0] + 1 == np.shape(alpha)[0]:
            x = np.concatenate([x, np.reshape(1.0 - np.sum(x, axis=0), (1, *np.shape(x)[1:]))])
        normalized = special.gammaln(np.sum(alpha)) - np.sum(special.gammaln(alpha))
        return normalized + np.sum(special.xlogy((alpha - 1.0), x.T).T, axis=0)


class Estimate(Multivariate):
    """A sum of normal densities around plain data (`gaussian_kde`), at traced points."""

    __slots__ = ()
    name = "gaussian_kde"
    parameters = ()

    def _plainly(self, method, *args, **kwargs):
        if method in ("__call__", "evaluate"):
            method = "pdf"
        if method not in ("pdf", "logpdf") or not any(map(has_active_part, (*args, *kwargs.values()))):
            return Wrapper._plainly(self, method, *args, **kwargs)
        return _density(self, method, *args, **kwargs)

    def model(self, x):
        real = self.__wrapped__
        L = np.linalg.cholesky(real.covariance)
        points = np.reshape(x, (real.d, -1))
        deviation = points[:, None, :] - real.dataset[:, :, None]
        z = np.linalg.solve(L, np.reshape(deviation, (real.d, -1)))
        energy = 0.5 * np.reshape(np.sum(z * z, axis=0), np.shape(deviation)[1:])
        least = np.min(energy, axis=0)
        log_size = 0.5 * real.d * _LOG_2PI + np.sum(np.log(np.diagonal(L)))
        return np.log(np.matmul(real.weights, np.exp(least - energy))) - least - log_size


CLASSES = {
    "gaussian_kde": Estimate,
    "multivariate_normal_gen": Normal,
    "multivariate_normal_frozen": GivenNormal,
    "dirichlet_gen": Dirichlet,
    "multi_rv_generic": Multivariate,
    "multi_rv_frozen": Multivariate,
}
