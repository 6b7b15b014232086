"""Files that no dualtape writes: programs of every kind, and ways to change their bytes with a checksum that fits.

Run as a program, ``python hostile_files.py SEED COUNT``, it loads what it makes and replays whatever is let through. A
file is either refused by FileFormatError or replays; anything else, a crash of the interpreter above all, is a fault of
`dualtape.load`."""

import contextlib
import copy
import io
import random
import re
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np

import dualtape
from dualtape.api import _format
from dualtape.errors import DualtapeError, FileFormatError

X = np.array([0.7, -1.2, 2.1, 0.4])


def _loop(x):
    s = x[0]
    for entry in x[1:]:
        s = s * entry + np.sin(s) if entry > 0 else s - entry**2
    return s


def _written(x):
    A = np.zeros_like(x, shape=(4, 4))
    A[0] = x
    A[1, ::-1] = np.cumsum(x)
    A[2:] = np.outer(x[:2], x)
    A = A + 4.0 * np.eye(4)
    return np.linalg.solve(A, x) @ A


def _gathered(x):
    y = x[[3, 0, 0, 1, 2, 2]] * np.arange(6.0)
    return {"a": np.sum(y.reshape(2, 3) * y[:3], axis=0), "b": (x[::-1] * 2.0, y[0])}


FUNCTIONS = {
    "loop of scalars": _loop,
    "elementwise": lambda x: np.sum(np.exp(-x * x) * np.tanh(x + x[0])),
    "large": lambda x: np.sum(np.sin(np.outer(x, np.arange(400.0))) ** 2, axis=1) + np.mean(x),
    "written": _written,
    "gathered": _gathered,
    "views": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2).T @ np.ones(3) + x[:2] * x[::2],
    "calls": lambda x: np.einsum("i,ij->j", x, np.ones((4, 3))) * np.prod(x) + np.cumprod(x)[1:],
    "products": lambda x: (np.reshape(x, (2, 2)) @ np.reshape(x, (2, 2)).T) @ x[:2],
    "decisions": lambda x: x * np.argsort(x) + np.sort(x) if np.all(x < 3.0) else np.where(x > 0, x, -x),
    "indices": lambda x: np.add.reduceat(x, [0, 2]) * np.convolve(x, x[:2], "same")[:2] * np.max(x),
    "nested": lambda x: dualtape.grad(lambda y: np.sum(np.sin(y) * x))(x),
    "empty": lambda x: x[:0] * 2.0 + np.sum(x[:0], axis=0),
    "padded": lambda x: np.sum(np.pad(x, (1, 2)) ** 2),
}


def programs():
    """The bytes of one valid file for each function."""
    found = {}
    for name, f in FUNCTIONS.items():
        P = dualtape.record(f, X)
        P(-X)
        file = io.BytesIO()
        P.save(file)
        found[name] = file.getvalue()
    return found


# ---- changes ----


def flipped(content, rng):
    """Some bits of a file, its checksum made to fit."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        changed[rng.randrange(16, len(changed))] ^= 1 << rng.randrange(8)
    return sealed(changed)


def sealed(changed):
    """The checksum made to fit."""
    changed = bytearray(changed)
    changed[12:16] = zlib.crc32(changed[16:]).to_bytes(4, "little")
    return bytes(changed)


_EXTREMES = (
    0,
    1,
    2,
    3,
    7,
    8,
    255,
    256,
    1023,
    65535,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**62,
    2**63 - 1,
    -1,
    -2,
    -(2**63),
)


def spoiled_sections(content, rng):
    """Fields of sections with extreme values, or with those of other places."""
    header, sections = _parts(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        name = rng.choice([name for name, (_, array) in sections.items() if array.size] or [None])
        if name is None:
            break
        _spoil(sections[name][1], rng)
    return _format.pack(header, sections)


def _spoil(array, rng):
    k = rng.randrange(array.size)
    if array.dtype.names:
        _spoil_field(array, k, rng)
        return
    other = array[rng.randrange(array.size)]
    array[k] = rng.choice((_cast(rng.choice(_EXTREMES), array.dtype), other, array[k] + array.dtype.type(1)))


def _spoil_field(array, k, rng):
    name = rng.choice(array.dtype.names)
    if name == "operand":
        _spoil(array[name][:, rng.randrange(2)], rng)
        return
    if array.dtype[name].subdtype:
        return
    old, other = array[name][k], array[name][rng.randrange(array.size)]
    near = _cast(int(old) + rng.choice((-2, -1, 1, 2)), array.dtype[name])
    array[name][k] = rng.choice((_cast(rng.choice(_EXTREMES), array.dtype[name]), other, near, near))


def _cast(value, dtype):
    if dtype.kind == "f":
        return float(value)
    bits = value % (1 << 8 * dtype.itemsize)
    return np.array(bits, dtype=f"u{dtype.itemsize}").view(dtype)[()]


def resized_sections(content, rng):
    """Sections cut, doubled or exchanged."""
    header, sections = _parts(content)
    name, other = rng.choice(list(sections)), rng.choice(list(sections))
    kind, array = sections[name]
    change = rng.randrange(3)
    if change == 0:
        sections[name] = kind, array[: rng.randrange(array.size + 1)]
    elif change == 1:
        sections[name] = kind, np.concatenate([array, array[: rng.randrange(array.size + 1)]])
    else:
        sections[name], sections[other] = sections[other], sections[name]
    return _format.pack(header, sections)


def spoiled_header(content, rng):
    """Something in the JSON replaced."""
    header, sections = _parts(content)
    for _ in range(rng.choice((1, 1, 2))):
        _spoil_json(header, rng)
    try:
        return _format.pack(header, sections)
    except (TypeError, ValueError, KeyError, AttributeError):
        return content


def _spoil_json(tree, rng):
    places = list(_places(tree))
    owner, key = rng.choice(places)
    _, other = rng.choice(places)
    values = [owner[key], None, True, "", "x", [], {}, -1, 0, 1, 2, 3, 24, 10**6, 2**31, 2**32, 2**63, 10**30, 0.5]
    values += ["argsort", "sum", "matmul", "linalg.solve", "f2py.compile", "load", "<operand>", {"float": "inf"}]
    if isinstance(owner[key], int) and not isinstance(owner[key], bool):
        values += [owner[key] - 1, owner[key] + 1, -owner[key]] * 3
    with contextlib.suppress(KeyError, IndexError, TypeError):
        values.append(copy.deepcopy(owner[other]))
    owner[key] = rng.choice(values)
    if isinstance(owner, list) and rng.random() < 0.2:
        owner.append(copy.deepcopy(owner[key]))


def _places(tree):
    for key in range(len(tree)) if isinstance(tree, list) else list(tree):
        yield tree, key
        if isinstance(tree[key], (list, dict)):
            yield from _places(tree[key])


def _parts(content):
    header, sections = _format.unpack(content)
    kinds = {name: kind for name, kind, _ in header.pop("sections")}
    return header, {name: (kinds[name], array.copy()) for name, array in sections.items()}


CHANGES = (
    flipped,
    spoiled_sections,
    spoiled_sections,
    spoiled_sections,
    resized_sections,
    spoiled_header,
    spoiled_header,
)


# ---- replays ----


def use(content):
    """Load and replay; True if the file was let through."""
    try:
        P = dualtape.load(io.BytesIO(content), max_bytes=1 << 22)
    except FileFormatError:
        return False
    m, n = P.shape
    points = [P._inputs.fill(lambda slot: np.full(slot.shape, value)[()]) for value in (0.5, -0.5)]
    for point in points:
        args = (point,) if P._n_arguments == 1 else tuple(point)
        _attempt(P, *args)
        for what in ("grad", "jacobian", "hessian") if m * n < 10**4 else ("grad",):
            _attempt(getattr(P, what), *args)
        _attempt(lambda: dualtape.jacobian(lambda t: P.jvp(point, P._inputs.fill(lambda s: t * np.ones(s.shape))))(1.0))
        _attempt(P.batch, P._inputs.fill(lambda s: np.full((3, *s.shape), 0.5)))
        if m * n < 10**4:
            _attempt(P.batch, P._inputs.fill(lambda s: np.full((3, *s.shape), 0.5)), "jacobian")
    _attempt(P.summary)
    repr(P), P.guards, copy.copy(P)
    P.save(io.BytesIO())
    return True


def _attempt(f, *args):
    """What NumPy makes of parameters that it does not like is an error like any other."""
    with contextlib.suppress(DualtapeError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        f(*args)


def _peak_memory():
    """Of this process since it began, in KiB; 0 where the system does not tell. (The peak that ``getrusage`` knows is
    at least that of the process which started this one.)"""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text()).group(1))


def main(seed, count):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    rng = random.Random(seed)
    files = list(programs().values())
    through = 0
    for number in range(count):
        change = rng.choice(CHANGES)
        content = change(rng.choice(files), rng)
        print(f"{seed} {number} {change.__name__}", file=sys.stderr, flush=True)
        through += use(content)
    print(through, _peak_memory())


if __name__ == "__main__":
    import faulthandler

    faulthandler.enable()
    main(int(sys.argv[1]), int(sys.argv[2]))
