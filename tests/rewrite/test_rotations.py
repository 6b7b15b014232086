"""Rotations of scipy.spatial.transform with traced angles, vectors, quaternions and matrices."""

import numpy as np
import pytest
from judges import judge

import dualtape as dt

pytest.importorskip("scipy", minversion="1.17")
from scipy.spatial.transform import Rotation, Slerp

V = np.array([1.0, 2.0, 3.0])
X = np.array([0.3, -0.4, 0.5])
TURN = Rotation.from_euler("zyx", [0.1, 0.2, 0.3])
MANY = Rotation.from_rotvec(np.arange(12.0).reshape(4, 3) / 9.0)
STEPS = Slerp([0.0, 1.0, 2.0], MANY[:3])

PROGRAMS = {
    "from_rotvec": lambda x: Rotation.from_rotvec(x).apply(V),
    "from_rotvec of many": lambda x: Rotation.from_rotvec(np.stack([x, x * x])).apply(V),
    "from_euler": lambda x: Rotation.from_euler("zyx", x).as_matrix() @ V,
    "from_euler, one angle": lambda x: Rotation.from_euler("z", x[0]).apply(V)[:2],
    "from_euler, degrees": lambda x: Rotation.from_euler("XYZ", 90.0 * x, degrees=True).as_quat(),
    "from_quat": lambda x: Rotation.from_quat(np.concatenate([x, np.ones(1)])).apply(V),
    "from_matrix": lambda x: Rotation.from_matrix(Rotation.from_rotvec(x).as_matrix()).as_rotvec() * x,
    "as_rotvec": lambda x: (Rotation.from_euler("zyx", x) * TURN).as_rotvec(),
    "as_euler": lambda x: Rotation.from_rotvec(x).as_euler("xyz"),
    "apply": lambda x: TURN.apply(x) + MANY.apply(x)[2] + TURN.apply(x, inverse=True),
    "inv": lambda x: Rotation.from_rotvec(x).inv().apply(x * x),
    "product from the left": lambda x: (TURN * Rotation.from_rotvec(x)).as_matrix(),
    "magnitude": lambda x: Rotation.from_rotvec(x).magnitude() * x,
    "power": lambda x: (Rotation.from_rotvec(x) ** 0.5).apply(V),
    "slerp": lambda x: STEPS(x[2] + 0.2).apply(V),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    judge(PROGRAMS[name], X, there=np.array([0.31, -0.38, 0.52]), rounding=1e-15, spread=1e-14)


def test_a_rotation_is_one():
    def f(x):
        turn = Rotation.from_rotvec(x)
        assert isinstance(turn, Rotation) and turn.single
        return turn.as_matrix()

    np.testing.assert_allclose(dt.jacobian(f)(np.zeros(3))[:, :, 2], [[0, -1, 0], [1, 0, 0], [0, 0, 0]], atol=1e-15)
