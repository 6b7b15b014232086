"""Numbers as text: aligned, within the width, and with the middle of long tables left out only when asked."""

import numpy as np

from dualtape.cli.tables import align, table


def test_columns_share_their_decimal_point():
    cells = align([[1.5, np.nan], [-20.25, np.inf], [3.0, 1e-3]])
    assert [row[0] for row in cells] == ["  1.5 ", "-20.25", "  3   "]
    assert [row[1].strip() for row in cells] == ["nan", "inf", "0.001"]


def test_values_of_any_size_keep_their_digits():
    values = [1e300, -1.23456789012e-7, 0.0, 123456.789]
    for value, (cell,) in zip(values, align([[value] for value in values], digits=10), strict=True):
        assert float(cell) == float(f"{value:.10g}")


def test_a_zero_has_no_sign():
    assert align([[-0.0]]) == [["0"]]


def test_wide_tables_are_cut_into_blocks():
    columns = [f"x[{k}]" for k in range(20)]
    lines = table(["f"], columns, [np.arange(20) / 7], width=60)
    assert max(map(len, lines)) <= 60
    assert all(any(column in line.split() for line in lines) for column in columns)


def test_long_tables_leave_their_middle_out():
    values = np.arange(10000.0).reshape(100, 100)
    labels = [str(k) for k in range(100)]
    short = table(labels, labels, values, width=100)
    assert sum(line.startswith("...") for line in short) > 0
    full = table(labels, labels, values, width=100, full=True)
    assert not any("..." in line for line in full)
    assert {str(k) for k in range(0, 10000, 7)} <= set(" ".join(full).split())


def test_an_empty_table_is_its_heading():
    assert table([], ["point"], np.zeros((0, 1))) == ["   point"]
