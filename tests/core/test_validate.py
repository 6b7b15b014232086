"""A tape that a sweep must not see is refused: one change for each thing that sweeps take for granted."""

import numpy as np
import pytest

import dualtape
from dualtape.core.archive import restore, take_apart
from dualtape.core.calls import ArrayCall, Place
from dualtape.core.validate import TooLarge, UnsoundTape

LARGEST = 1 << 20
X = np.linspace(1.0, 2.0, 6)

INSTRUCTIONS = "gather segment axes add compare multiply cumsum search guard last".split()
NODES = "gather sin plus times square sum axes cumsum search guard last".split()


def f(x, t):
    """Every kind of instruction, of node and of operand."""
    y = np.sin(x.reshape(2, 3)) * x[::-1].reshape(2, 3) + t
    s = np.sum(y * y) + np.sum(y, axis=0)[1]
    if s > 0.0:
        s = s * t
    z = np.cumsum(x[[4, 0, 0, 2]])
    if np.searchsorted(np.ones(2), x)[0]:
        s = s + t
    return s * z


@pytest.fixture
def parts():
    """What `restore` takes for the program of f, to be changed."""
    trace = dualtape.record(f, X, 2.0).contents().traces[0]
    tape = trace.path.tape
    arrays = {name: array.copy() for name, array in take_apart(tape, trace.path.slots).items()}
    return [arrays, tape.n_slots, tape.n_inputs, list(tape.calls), list(tape.guards), LARGEST]


def test_the_tape_itself_is_sound(parts):
    arrays, n_slots, *_ = parts
    tape = restore(*parts)
    assert tape.n_slots == n_slots
    assert len(arrays["instructions"]) == len(INSTRUCTIONS) and len(arrays["nodes"]) == len(NODES)
    again = take_apart(tape, arrays["results"])
    assert all(np.array_equal(again[name], arrays[name]) for name in arrays)


# section, entry, field (of operand k), value, what is said
CHANGES = [
    ("instructions", "add", "op", 60000, "operation number 60000 does not exist"),
    ("instructions", "add", "active", 0, "active operands 0 of add"),
    ("instructions", "add", "active", 4, "active operands 4 of add"),
    ("instructions", "add", "a", 5000, "slots 5000 to 5001"),
    ("instructions", "add", "b", 26, "before they are computed"),
    ("instructions", "add", "out", 5000, "slots 5000 to 5001"),
    ("instructions", "add", "out", 0, "written twice, or is an input"),
    ("instructions", "add", "out", 7, "written twice, or is an input"),
    ("instructions", "add", "out", 26, "written twice, or is an input"),
    ("instructions", "add", "outcome", 1, "mean nothing are not 0"),
    ("instructions", "compare", "active", 6, "comparison 6"),
    ("instructions", "compare", "outcome", 2, "outcome 2"),
    ("instructions", "compare", "out", 2, "guard 2 of 2"),
    ("instructions", "compare", "out", 1, "each of which is checked once"),
    ("instructions", "guard", "out", 0, "another one in its node"),
    ("instructions", "gather", "a", 1, "not the next one"),
    ("instructions", "gather", "b", 1, "mean nothing are not 0"),
    ("instructions", "segment", "a", 0, "not the next ones"),
    ("instructions", "segment", "b", 1, "not the next ones"),
    ("instructions", "segment", "b", 5, "is not the next one"),
    ("instructions", "segment", "b", 99, "not the next ones"),
    ("instructions", "last", "op", 0xFFFE, "of kind 0 on its own"),
    ("nodes", "sin", "op", 60000, "operation number 60000 does not exist"),
    ("nodes", "sin", "active", 3, "active operands 3 of sin, which has 1"),
    ("nodes", "sin", "n", 5, "runs over 6 elements, the first of its segment over others"),
    ("nodes", "sin", "out", 40, "slots 40 to 46"),
    ("nodes", "sin", "out", -2, "slots -2 to 4"),
    ("nodes", "sin", "kind", 3, "of kind 3 in a segment"),
    ("nodes", "sin", "kind", 77, "of kind 77 in a segment"),
    ("nodes", "sum", "out", -1, "slots -1 to 0"),
    ("nodes", "sum", "active", 2, "of a sum, which has one"),
    ("nodes", "sum", "op", 1, "mean nothing are not 0"),
    ("nodes", "last", "n", LARGEST + 1, "array of 1048577 elements"),
    ("nodes", "last", "n", 2**63, "array of 9223372036854775808 elements"),
    ("nodes", "gather", "n", 5, "written twice"),
    ("nodes", "gather", "out", 39, "slots 39 to 43"),
    ("nodes", "guard", "out", 0, "checked once|another one"),
    ("nodes", "cumsum", "n", 1, "result of its own"),
    ("nodes", "cumsum", "out", 9, "result of its own"),
    ("views", 0, None, 25, "has 25 axes"),
    ("views", 0, None, -1, "has -1 axes"),
    ("views", 1, None, 5, "does not have the 6 elements"),
    ("views", 1, None, -6, "length -6"),
    ("views", 1, None, 2**40, "array of 1099511627776 elements"),
    ("views", 2, None, -2, "slots"),
    ("views", 2, None, 8, "slots"),
    ("views", 2, None, 2**62, "stride"),
    ("views", -1, None, 2, "does not fit"),
    ("views", -2, None, 1, "does not fit"),
    ("ids", 0, None, 42, "slots 42 to 43"),
    ("ids", 0, None, 9, "before they are computed"),
    ("results", 0, None, 42, "a result in slot"),
    ("results", 0, None, -1, "a result in slot"),
]  # fmt: skip

OPERANDS = [
    ("sin", 0, "at", 40, "slots 40 to 46"),
    ("sin", 0, "at", 21, "before they are computed"),
    ("sin", 0, "layout", 0, "one slot as the operand of a sum or a function of one operand"),
    ("sin", 0, "layout", 3, "reads node 1, which is no earlier"),
    ("sin", 0, "layout", 4, "layout 4 does not exist"),
    ("sin", 0, "view", 1, "mean nothing are not 0"),
    ("sin", 1, "at", 1, "mean nothing are not 0"),
    ("plus", 0, "at", 0, "reads node 0, which is no earlier"),
    ("plus", 0, "at", 2, "reads node 2, which is no earlier"),
    ("plus", 1, "at", 3, "slots"),
    ("plus", 1, "at", 2**63 - 1, "slots"),
    ("plus", 1, "view", 13, "view 13 is not among the 13"),
    ("plus", 1, "view", 4, "does not have the 6 elements"),
    ("sum", 0, "layout", 0, "one slot as the operand of a sum"),
    ("axes", 1, "at", 23, "does not fit"),
    ("axes", 0, "layout", 1, "without a view"),
    ("axes", 0, "at", 38, "slots"),
    ("gather", 0, "at", 1, "indices from 1 on are not among the 4"),
    ("gather", 0, "at", -1, "indices from -1"),
    ("gather", 0, "at", 2**63 - 1, "indices from"),
    ("cumsum", 0, "at", 2, "call 2 of 2"),
    ("cumsum", 0, "at", 1, "each of which is made once"),
    ("guard", 0, "at", 41, "slots 41 to 44"),
    ("guard", 0, "layout", 3, "neither contiguous nor strided"),
    ("guard", 1, "at", 1, "expected values from 1 on are not among the 3"),
]


def changed(parts, section, entry, field, value):
    entries = {"instructions": INSTRUCTIONS, "nodes": NODES}.get(section, ())
    array = parts[0][section]
    at = entries.index(entry) if entry in entries else entry
    if field is None:
        array[at] = value
    else:
        array[field][at] = value
    return restore(*parts)


@pytest.mark.parametrize("section, entry, field, value, said", CHANGES)
def test_a_field_that_cannot_be_is_refused(parts, section, entry, field, value, said):
    with pytest.raises(UnsoundTape, match=said):
        changed(parts, section, entry, field, value)


@pytest.mark.parametrize("node, which, field, value, said", OPERANDS)
def test_an_operand_that_cannot_be_is_refused(parts, node, which, field, value, said):
    parts[0]["nodes"]["operand"][field][NODES.index(node), which] = value
    with pytest.raises(UnsoundTape, match=said):
        restore(*parts)


@pytest.mark.parametrize(
    "operand, result, said",
    [
        (lambda end, late: Place(end - 3, (4,), (8,), True), None, "not among the"),
        (lambda end, late: Place(2, (4,), (-8,), True), None, "slots -1 to 3"),
        (lambda end, late: Place(1, (4,), (0,), True), None, "stride of 0 bytes"),
        (lambda end, late: Place(1, (4,), (4,), True), None, "stride of 4 bytes"),
        (lambda end, late: Place(1, (2,) * 25, (8,) * 25, True), None, "25 axes"),
        (lambda end, late: Place(1, (3, 3, 3, 3), (8,) * 4, True), None, "more elements than there are slots"),
        (lambda end, late: Place(1, (2**40, 2**40), (8, 8), True), None, "array of"),
        (lambda end, late: Place(late, (3,), (8,), True), None, "is read before it is computed"),
        (None, lambda end, late: Place(2, (4,), (8,), True), "written twice, or is an input"),
        (None, lambda end, late: Place(end - 3, (4,), (8,), True), "not among the"),
        (None, lambda end, late: Place(late - 1, (4,), (-8,), True), "with strides"),
    ],
)
def test_a_place_that_cannot_be_is_refused(parts, operand, result, said):
    call, end, late = parts[3][0], parts[1], parts[3][1].results[0].slot
    operands = call.operands if operand is None else [operand(end, late)]
    results = call.results if result is None else [result(end, late)]
    parts[3][0] = ArrayCall(call.row, call.params, operands, results, True)
    with pytest.raises(UnsoundTape, match=said):
        restore(*parts)


def test_sizes_that_cannot_be_are_refused(parts):
    arrays, n_slots, n_inputs, *others = parts
    for slots, inputs in ((n_slots - 1, n_inputs), (n_inputs, n_inputs), (n_slots, n_slots), (2**32, n_inputs)):
        with pytest.raises(UnsoundTape, match="slots"):
            restore(arrays, slots, inputs, *others)


def test_constants_must_be_as_many_as_nobody_computes(parts):
    parts[0]["constants"] = np.zeros(2)
    with pytest.raises(UnsoundTape, match="2 constants for 1 slots"):
        restore(*parts)


def test_sizes_beyond_what_is_allowed_are_told_apart(parts):
    parts[-1] = parts[1] - 1
    with pytest.raises(TooLarge, match=f"{parts[1]} slots"):
        restore(*parts)


def test_nodes_that_nobody_runs_are_refused(parts):
    parts[0]["nodes"] = np.concatenate([parts[0]["nodes"], parts[0]["nodes"][-1:]])
    with pytest.raises(UnsoundTape, match="no instruction runs"):
        restore(*parts)
