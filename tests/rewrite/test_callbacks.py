"""Functions of SciPy that call a function of the user's, inside of a differentiated one: right derivatives where they
are Python code, an error by name otherwise; and the drivers as the derivatives that SciPy asks for."""

import inspect

import numpy as np
import pytest
from judges import judge

import dualtape as dt
from dualtape.rewrite import callbacks

pytest.importorskip("scipy", minversion="1.15")
from scipy import integrate, optimize

X = np.array([1.7, 0.6])
CALLING = ("fun", "func", "f", "system")  # what SciPy calls a parameter that takes a function


def decay(t, y, rate):
    return np.array([-rate[0] * y[0] + rate[1] * y[1], -y[1] * y[0]])


def solved(x, **options):
    return integrate.solve_ivp(lambda t, y: decay(t, y, x), (0.0, 1.0), [1.0, 2.0], **options)


LIVE = {
    "RK45": lambda x: solved(x).y[:, -1],
    "RK23": lambda x: solved(x, method="RK23", rtol=1e-2).y[0, -1],
    "DOP853": lambda x: solved(x, method="DOP853").y[:, -1],
    "a class as method": lambda x: solved(x, method=integrate.RK45).y[:, -1],
    "t_eval": lambda x: solved(x, t_eval=[0.2, 0.9]).y * x[:, None],
    "dense output": lambda x: solved(x, dense_output=True).sol(0.5),
    "traced start": lambda x: integrate.solve_ivp(lambda t, y: -y * y, (0.0, 1.0), x).y[:, -1],
    "traced span": lambda x: integrate.solve_ivp(lambda t, y: -y * t, (x[1], x[0]), [1.0]).y[0, -1],
    "args": lambda x: integrate.solve_ivp(decay, (0.0, 1.0), [1.0, 2.0], args=(x,)).y[:, -1],
    "fixed_quad": lambda x: integrate.fixed_quad(lambda t: np.exp(-x[0] * t) * x[1], 0.0, 1.0)[0],
    "fixed_quad, traced end": lambda x: integrate.fixed_quad(np.cos, 0.0, x[0], n=7)[0],
    "quad_vec": lambda x: integrate.quad_vec(lambda t: np.exp(-x[0] * t) * x[1], 0.0, 1.0)[0],
    "quad_vec of vectors": lambda x: integrate.quad_vec(lambda t: np.sin(x * t), 0.0, 2.0)[0],
    "quad_vec, traced end": lambda x: integrate.quad_vec(lambda t: np.exp(-x[0] * t), 0.0, x[1])[0],
}


@pytest.mark.parametrize("name", LIVE)
def test_what_runs_as_python_has_the_derivatives_of_its_steps(name):
    judge(LIVE[name], X, rounding=1e-14, spread=1e-12)


def test_a_solver_that_is_stepped_by_hand():
    def f(x):
        solver = integrate.RK45(lambda t, y: -x[0] * y, 0.0, x[1:], 1.0)
        while solver.status == "running":
            solver.step()
        return solver.y[0]

    judge(f, X, spread=1e-12)


def test_the_derivative_of_a_flow():
    gradient = dt.grad(lambda p: solved(np.array([p, 0.0]), rtol=1e-10, atol=1e-12).y[1, -1])(1.0)
    exact = dt.grad(lambda p: 2.0 * np.exp(-(1.0 - np.exp(-p)) / p))(1.0)
    assert gradient == pytest.approx(exact, rel=1e-8)


def residual(v, p):
    return np.array([v[0] ** 3 - p])


REFUSED = {
    "quad": lambda p: integrate.quad(lambda t: np.sin(p * t), 0.0, 1.0)[0],
    "dblquad": lambda p: integrate.dblquad(lambda s, t: p * s * t, 0.0, 1.0, 0.0, 1.0)[0],
    "tplquad": lambda p: integrate.tplquad(lambda r, s, t: p, 0, 1, 0, 1, 0, 1)[0],
    "nquad": lambda p: integrate.nquad(lambda s: s * p, [[0.0, 1.0]])[0],
    "odeint": lambda p: integrate.odeint(lambda y, t: -p * y, [1.0], [0.0, 1.0])[-1, 0],
    "ode": lambda p: integrate.ode(lambda t, y: -p * y).set_initial_value([1.0]).integrate(1.0)[0],
    "Radau": lambda p: integrate.solve_ivp(lambda t, y: -p * y, (0.0, 1.0), [1.0], method="Radau").y[0, -1],
    "BDF": lambda p: integrate.solve_ivp(lambda t, y: -p * y, (0.0, 1.0), [1.0], method="BDF").y[0, -1],
    "LSODA": lambda p: integrate.solve_ivp(lambda t, y: -p * y, (0.0, 1.0), [1.0], method="LSODA").y[0, -1],
    "solve_bvp": lambda p: (
        integrate.solve_bvp(
            lambda t, y: np.vstack([y[1], -p * y[0]]),
            lambda a, b: np.array([a[0], b[0] - 1.0]),
            [0.0, 1.0],
            np.zeros((2, 2)),
        ).y[0, 0]
    ),
    "brentq": lambda p: optimize.brentq(lambda v: v**3 - p, 0.0, 5.0),
    "brenth": lambda p: optimize.brenth(lambda v: v**3 - p, 0.0, 5.0),
    "ridder": lambda p: optimize.ridder(lambda v: v**3 - p, 0.0, 5.0),
    "bisect": lambda p: optimize.bisect(lambda v, q: v**3 - q, 0.0, 5.0, args=(p,)),
    "toms748": lambda p: optimize.toms748(lambda v: v**3 - p, 0.0, 5.0),
    "newton": lambda p: optimize.newton(lambda v: v**3 - p, 1.0),
    "fixed_point": lambda p: optimize.fixed_point(lambda v: np.sqrt(v + p), 1.0),
    "root_scalar": lambda p: optimize.root_scalar(lambda v: v**3 - p, bracket=(0.0, 5.0)).root,
    "root": lambda p: optimize.root(residual, [1.0], args=(p,)).x[0],
    "fsolve": lambda p: optimize.fsolve(lambda v: residual(v, p), [1.0])[0],
    "broyden1": lambda p: optimize.broyden1(lambda v: residual(v, p), [1.0])[0],
    "minimize": lambda p: optimize.minimize(lambda v: (v[0] - p) ** 2, [1.0]).x[0],
    "minimize_scalar": lambda p: optimize.minimize_scalar(lambda v: (v - p) ** 2).x,
    "least_squares": lambda p: optimize.least_squares(lambda v: residual(v, p), [1.0]).x[0],
    "leastsq": lambda p: optimize.leastsq(lambda v: residual(v, p), [1.0])[0][0],
    "curve_fit": lambda p: optimize.curve_fit(lambda t, a: a * t * p, np.arange(3.0), np.arange(3.0), [1.0])[0][0],
    "fmin": lambda p: optimize.fmin(lambda v: (v[0] - p) ** 2, [1.0], disp=False)[0],
    "fmin_bfgs": lambda p: optimize.fmin_bfgs(lambda v: (v[0] - p) ** 2, [1.0], disp=False)[0],
    "brent": lambda p: optimize.brent(lambda v: (v - p) ** 2),
    "differential_evolution": lambda p: optimize.differential_evolution(lambda v: (v[0] - p) ** 2, [(0, 3)]).x[0],
    "approx_fprime": lambda p: optimize.approx_fprime([1.0], lambda v: v[0] * p)[0],
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_derivative_is_refused_by_name(name):
    for driver in (dt.grad, lambda f: lambda p: dt.record(f, p)):
        with pytest.raises(dt.errors.UnsupportedOperation) as caught:
            driver(REFUSED[name])(1.7)
        assert f"{name} of " in str(caught.value)
        assert caught.value.remedy and "test_callbacks.py" in caught.value.where


@pytest.mark.parametrize("module", [integrate, optimize])
def test_every_function_that_calls_back_is_known(module):
    unknown = []
    for name in module.__all__:
        value = getattr(module, name)
        try:
            parameters = inspect.signature(value).parameters
        except (TypeError, ValueError):
            continue
        if not set(CALLING).isdisjoint(parameters) and not callbacks.calls_back(f"{module.__name__}.{name}"):
            unknown.append(name)
    assert not set(unknown) - {"OdeSolver", "NonlinearConstraint"}


def test_plain_solvers_inside_of_f_are_scipys():
    def f(x):
        root = optimize.brentq(lambda v: v**3 - 2.0, 0.0, 5.0)
        area, _ = integrate.quad(lambda t: np.sin(t), 0.0, 1.0)
        best = optimize.minimize(lambda v: np.sum((v - 3.0) ** 2), np.zeros(2), method="BFGS").x
        return x * root + area * np.sum(best)

    judge(f, 0.7)


def test_derivatives_inside_of_f_serve_its_solvers():
    def f(x):
        def cost(v):
            return np.sum(np.cosh(v - 1.0))

        return x * np.sum(optimize.minimize(cost, np.zeros(2), jac=dt.grad(cost)).x)

    assert dt.grad(f)(1.0) == pytest.approx(2.0, rel=1e-4)


# ---- the remedies ----


def test_newton_steps_in_f_have_the_derivative_of_a_root():
    def root(p):
        x = 1.0
        for _ in range(9):
            x = x - (x**3 - p) / (3.0 * x * x)
        return x

    assert dt.grad(root)(1.7) == pytest.approx(1.7 ** (-2.0 / 3.0) / 3.0, rel=1e-14)
    assert dt.hessian(root)(1.7) == pytest.approx(-2.0 / 9.0 * 1.7 ** (-5.0 / 3.0), rel=1e-13)


def test_newton_steps_on_a_gradient_have_the_derivative_of_a_minimum():
    def minimum(p):
        def cost(v):
            return np.sum(np.cosh(v - p)) + 0.1 * np.sum(v**4)

        v = np.ones(2)
        for _ in range(8):
            v = v - np.linalg.solve(dt.hessian(cost)(v), dt.grad(cost)(v))
        return v

    judge(minimum, X)


# ---- derivatives that SciPy asks for ----


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@pytest.mark.parametrize("method", ["BFGS", "Newton-CG", "trust-exact", "SLSQP", "L-BFGS-B", "trust-constr"])
def test_derivatives_for_minimize(method):
    options = {"jac": dt.grad(rosenbrock)}
    if method in ("Newton-CG", "trust-exact", "trust-constr"):
        options["hess"] = dt.hessian(rosenbrock)
    found = optimize.minimize(rosenbrock, np.full(4, 0.3), method=method, **options)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)


def test_derivatives_for_equations():
    def system(v):
        return np.array([v[0] + 0.5 * (v[0] - v[1]) ** 3 - 1.0, 0.5 * (v[1] - v[0]) ** 3 + v[1]])

    by_root = optimize.root(system, [0.0, 0.0], jac=dt.jacobian(system))
    by_squares = optimize.least_squares(system, [0.0, 0.0], jac=dt.jacobian(system))
    np.testing.assert_allclose(system(by_root.x), 0.0, atol=1e-9)
    np.testing.assert_allclose(by_squares.x, by_root.x, atol=1e-6)
    assert optimize.newton(lambda v: np.cos(v) - v, 1.0, dt.grad(lambda v: np.cos(v) - v)) == pytest.approx(
        0.7390851332
    )


def test_a_jacobian_for_a_stiff_equation():
    def robertson(t, y):
        fast = 1e4 * y[1] * y[2]
        return np.array([-0.04 * y[0] + fast, 0.04 * y[0] - fast - 3e7 * y[1] ** 2, 3e7 * y[1] ** 2])

    by_y = dt.jacobian(robertson, argnums=1)
    found = integrate.solve_ivp(robertson, (0.0, 40.0), [1.0, 0.0, 0.0], method="BDF", jac=by_y, rtol=1e-6)
    np.testing.assert_allclose(found.y[0, -1], 0.7158, atol=1e-3)
