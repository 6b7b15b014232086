"""What every idiom has to pass: the value of plain Python, bit for bit; first and second derivatives in both modes
against differences of the function itself; and a recording that replays at another point."""

import numpy as np

import dualtape as dt


def judge(f, x, there=None, rounding=0.0, spread=0.0):
    """Judge f at x; `there` is the point of the replay. BLAS may round by where arrays lie in memory: `rounding`. By
    `spread` may derivatives of a replay differ where they are sums of larger terms."""
    value, _ = dt.vjp(f, x)
    np.testing.assert_allclose(value, f(x), rtol=rounding)
    report = dt.check(f, x, order=2)
    assert report and report.n_entries, report
    assert all(" = 0 (" in entry for entry in report.unresolved), report  # differences cannot tell a zero from rounding
    there = 1.03 * np.asarray(x) if there is None else there
    there = there if np.ndim(there) else float(there)
    program = dt.record(f, x)
    np.testing.assert_allclose(program(there), f(there), rtol=rounding)
    np.testing.assert_allclose(program.jacobian(there), dt.jacobian(f)(there), rtol=1e-13, atol=spread)
    np.testing.assert_allclose(program.hessian(there), dt.hessian(f)(there), rtol=1e-12, atol=spread)
