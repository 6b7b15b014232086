"""Rows of matrix decompositions and of `scipy.linalg`: both directions agree with each other, with differences and with
what is told about shapes; 40-digit arithmetic judges the derivatives of decompositions and of matrix functions."""

import mpmath
import numpy as np
import pytest

pytest.importorskip("scipy")

import engines
from cases_scipy import linalg

from dualtape.ops import factor_ops
from dualtape.trace import matrix_rows
from dualtape.trace.rows import gives

ADJOINT = 1e-11
TO_ROUNDING = 2e-12
LARGEST = 1 << 20
_rng = np.random.default_rng(8)


def _normal(*shape):
    return _rng.standard_normal(shape)


def _spd(*shape):
    a = _normal(*shape)
    return a @ np.swapaxes(a, -1, -2) + 2.0 * np.eye(shape[-1])


def _factored(a):
    exchanges = factor_ops.chosen(a, function="lu_factor", options={}).astype(int)
    return "scipy.linalg.lu_factor", [a], {"order": factor_ops.order_of(exchanges, a.shape[-2])}


SAMPLES = [  # name of a row, operands, parameters
    *(("linalg.eigh", [np.tril(_normal(*s))], {"lower": True}) for s in ((3, 3), (2, 3, 3), (1, 1))),
    ("linalg.eigvalsh", [np.triu(_normal(3, 3))], {"lower": False}),
    ("conjugated", [np.tril(_normal(2, 3, 3)), _normal(2, 3)], {"lower": True}),
    *(("linalg.svd", [_normal(*s)], {"full": False}) for s in ((3, 3), (4, 2), (2, 3, 4))),
    ("linalg.svd", [_normal(4, 3)], {"full": True}),
    ("linalg.svdvals", [_normal(2, 4, 3)], {}),
    *(("recombined", [_normal(*s), _normal(s[0], 2)], {}) for s in ((3, 2, 3), (1, 4, 2))),
    *(("linalg.pinv", [_normal(*s)], {"rcond": c}) for s in ((3, 2), (2, 2, 4)) for c in (1e-15, 0.5)),
    ("linalg.pinv", [_normal(2, 3, 2)], {"rcond": np.array([0.4, 1e-9])}),
    *(("linalg.qr", [_normal(*s)], {}) for s in ((3, 3), (4, 2), (2, 2, 4))),
    *(("lu", [_normal(*s) + 3.0 * np.eye(*s[-2:])], {}) for s in ((3, 3), (2, 4, 2))),
    ("as_returned", [_normal(3, 3), _spd(3, 3)], {"function": "scipy.linalg.inv", "models": 1, "kwargs": {}}),
    ("scipy.linalg.function", [_normal(3, 3)], {"function": "expm"}),
    ("scipy.linalg.function", [_spd(3, 3)], {"function": "fractional_matrix_power", "t": 0.3}),
    ("scipy.linalg.sqrtm", [_spd(3, 3)], {}),
    *(("scipy.linalg.polar", [_normal(*s)], {}) for s in ((3, 3), (4, 2), (2, 4))),
    ("scipy.linalg.solve_sylvester", [_spd(3, 3), _spd(2, 2), _normal(3, 2)], {}),
    *(
        ("scipy.linalg.solve_triangular", [_spd(3, 3), _normal(*s)], {"lower": k, "transpose": not k, "unit": not k})
        for s in ((3,), (3, 2))
        for k in (True, False)
    ),
    *(
        ("scipy.linalg.cholesky", [_spd(*s)], {"lower": k, "clean": clean})
        for s in ((3, 3), (70, 70))
        for k in (True, False)
        for clean in (True, False)
    ),
    *(
        ("scipy.linalg.cho_solve", [_spd(3, 3), _normal(*s)], {"lower": k})
        for s in ((3,), (3, 2))
        for k in (True, False)
    ),
    *(_factored(_normal(*s)) for s in ((3, 3), (5, 3), (2, 3, 3))),
    *(
        ("scipy.linalg.lu_solve", [_normal(3, 3), _normal(*s)], {"piv": np.array([1, 2, 2]), "trans": k})
        for s in ((3,), (3, 2))
        for k in (0, 1)
    ),
    ("scipy.linalg.solve_banded", [_normal(4, 5) + 4.0 * np.eye(4)[:, 1:2], _normal(5, 2)], {"lower": 2, "upper": 1}),
    ("scipy.linalg.eigh", [np.tril(_normal(3, 3))], {"lower": True, "driver": "evd"}),
    ("scipy.linalg.eigvalsh", [np.tril(_normal(3, 3))], {"lower": True}),
    ("scipy.linalg.eigh of two", [np.tril(_normal(3, 3)), np.tril(_spd(3, 3))], {"lower": True}),
    *(
        ("commutator", [np.triu(_normal(3, 3)), np.tril(_normal(3, 3), -1)], {"starts": [0, 1, 2, 3], "transpose": k})
        for k in (True, False)
    ),
    ("scipy.linalg.schur", [_normal(4, 4)], {}),
    ("scipy.linalg.schur", [_spd(3, 3)], {}),
    ("scipy.linalg.svd", [_normal(3, 2)], {"full": False, "lapack_driver": "gesvd"}),
]
ROWS = {row.name: row for row in matrix_rows.ROWS}
UNDIFFERENTIATED = {"chosen"}
# operands that must fit: see cases_scipy.py
OF_SEVERAL_MATRICES = {"scipy.linalg.solve_continuous_are", "scipy.linalg.solve_discrete_are"}
SAMPLED = pytest.mark.parametrize("name, xs, params", SAMPLES, ids=[f"{s[0]}-{k}" for k, s in enumerate(SAMPLES)])


def _parts(v):
    return v if isinstance(v, tuple) else (v,)


def test_every_row_is_sampled():
    in_rules = {name for name in ROWS if name.endswith(" of rules")}  # with rules of others
    assert {name for name, _, _ in SAMPLES} | UNDIFFERENTIATED | OF_SEVERAL_MATRICES | in_rules == set(ROWS)


@SAMPLED
def test_pullback_is_the_transpose_of_the_pushforward(name, xs, params):
    row, rng = ROWS[name], np.random.default_rng(1)
    v = row.primal(*xs, **params)
    n_models = params.get("models", len(xs))
    x_dots = [rng.standard_normal(x.shape) for x in xs]
    w = tuple(rng.standard_normal(np.shape(part)) for part in _parts(v))
    w = w if isinstance(v, tuple) else w[0]
    for chosen in {(True,) * len(xs), *(tuple(i == j for i in range(len(xs))) for j in range(n_models))}:
        v_dot = row.jvp([d if c else None for d, c in zip(x_dots, chosen, strict=True)], xs, v, **params)
        x_bars = row.vjp(w, xs, v, chosen, **params)
        assert [np.shape(part) for part in _parts(v_dot)] == [np.shape(part) for part in _parts(v)]
        pairs = [(b, d) for b, d, c in zip(x_bars, x_dots, chosen, strict=True) if c and b is not None]
        pulled = sum(float(np.sum(b * d)) for b, d in pairs)
        pushed = sum(float(np.sum(b * d)) for b, d in zip(_parts(w), _parts(v_dot), strict=True))
        assert pushed == pytest.approx(pulled, rel=ADJOINT, abs=ADJOINT)


@SAMPLED
def test_a_rule_knows_the_shapes_of_the_results(name, xs, params):
    results = [np.shape(part) for part in _parts(ROWS[name].primal(*xs, **params))]
    operands, single = [x.shape for x in xs], len(results) == 1
    assert gives(name, operands, params, results, LARGEST, single)
    assert not gives(name, operands, params, results, LARGEST, not single)
    assert not gives(name, operands, params, [*results[:-1], (*results[-1], 2)], LARGEST)
    assert not gives(name, operands, params, [*results, results[0]], LARGEST)
    assert not gives(name, operands, {**params, "unheard_of": 1}, results, LARGEST)


def test_a_file_runs_no_function_but_those_that_are_known():
    for function in ("os.system", "scipy.linalg.hadamard", "numpy.zeros"):
        params = {"function": function, "models": 1, "kwargs": {}}
        assert not gives("as_returned", [(2, 2), (2, 2)], params, [(2, 2)], LARGEST)
    assert not gives("scipy.linalg.function", [(2, 2)], {"function": "hilbert"}, [(2, 2)], LARGEST)


# Against 40 digits.


def _mp_jacobian(f, a):
    """Central differences with a step of 1e-15 in 50-digit arithmetic."""
    with mpmath.workdps(50):
        h, columns = mpmath.mpf(10) ** -15, []
        for i, j in np.ndindex(a.shape):
            far, near = mpmath.matrix(a.tolist()), mpmath.matrix(a.tolist())
            far[i, j] += h
            near[i, j] -= h
            difference = (f(far) - f(near)) / (2 * h)
            columns.append(np.array(difference.tolist(), dtype=float))
        return np.stack(columns, axis=-1)


def _symmetric(m):
    n = m.rows
    return mpmath.matrix([[m[max(i, j), min(i, j)] for j in range(n)] for i in range(n)])


def _signed(v, like):
    """Vectors in columns, with the signs of `like`."""
    for j in range(v.cols):
        if sum(float(v[i, j]) * like[i, j] for i in range(v.rows)) < 0.0:
            v[:, j] = -v[:, j]
    return v


def _mp_singular(part, like):
    def f(m):
        u, s, vh = mpmath.svd_r(m)
        for j in range(s.rows):
            if sum(float(u[i, j]) * like[0][i, j] for i in range(u.rows)) < 0.0:
                u[:, j], vh[j, :] = -u[:, j], -vh[j, :]
        return (u, mpmath.matrix(s), vh)[part]

    return f


@pytest.mark.parametrize("engine", [engines.by_adjoints, engines.by_duals])
def test_decompositions_in_40_digits(engine):
    a, b = _normal(3, 3), _normal(4, 3)
    w, v = np.linalg.eigh(a)
    cases = [
        (lambda a: np.linalg.eigh(a)[0][:, None], lambda m: mpmath.eigsy(_symmetric(m))[0], a),
        (lambda a: np.linalg.eigh(a)[1], lambda m: _signed(mpmath.eigsy(_symmetric(m))[1], v), a),
    ]
    like = np.linalg.svd(b, full_matrices=False)
    for k in (0, 2):
        cases.append((lambda b, k=k: np.linalg.svd(b, full_matrices=False)[k], _mp_singular(k, like), b))
    q = np.linalg.qr(b)[0]
    cases.append((lambda b: np.linalg.qr(b)[0], lambda m: _signed(mpmath.qr(m)[0][:, :3], q), b))
    for f, exact, x in cases:
        np.testing.assert_allclose(
            engine(f, x)[1], _mp_jacobian(exact, x), rtol=TO_ROUNDING * 100, atol=TO_ROUNDING * 10
        )


MATRIX_FUNCTIONS = {
    "expm": mpmath.expm,
    "logm": mpmath.logm,
    "sqrtm": mpmath.sqrtm,
    "cosm": mpmath.cosm,
    "sinm": mpmath.sinm,
    "inv": lambda m: m**-1,
}


@pytest.mark.parametrize("name", MATRIX_FUNCTIONS)
@pytest.mark.parametrize("a", [_spd(3, 3) / 4.0 + 0.1 * _normal(3, 3), np.eye(2), np.array([[1.0, 1.0], [0.0, 1.0]])])
def test_functions_of_matrices_in_40_digits(name, a):
    """Also where eigenvalues are repeated, and where there is no basis of eigenvectors."""
    _, found = engines.by_adjoints(getattr(linalg, name), a)
    expected = _mp_jacobian(MATRIX_FUNCTIONS[name], a)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
