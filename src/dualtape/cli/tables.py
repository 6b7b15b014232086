"""Numbers -> text that one can read: columns aligned at the decimal point, wide tables in blocks, long ones cut."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

DIGITS = 10
_MAX_ROWS = 60
_MAX_COLUMNS = 24
_ELLIPSIS = "..."


def align(values: Any, digits: int = DIGITS) -> list[list[str]]:
    """Format a matrix column by column.

    Parameters
    ----------
    values : array_like, shape (m, n)
    digits : int
        Significant digits; trailing zeros are left out.

    Returns
    -------
    list of list of str
        Rows of cells; the cells of one column have the same width.
    """
    values = np.asarray(values, dtype=np.float64)
    columns = [_column(values[:, k], digits) for k in range(values.shape[1])]
    return [[column[i] for column in columns] for i in range(values.shape[0])]


def _column(values: Array, digits: int) -> list[str]:
    magnitudes = np.abs(values[np.isfinite(values) & (values != 0)])
    scientific = magnitudes.size > 0 and bool(magnitudes.max() >= 10.0**digits or magnitudes.min() < 1e-5)
    cells = [_number(value + 0.0, digits, scientific) for value in values.tolist()]  # + 0.0: no sign on zero
    split = [cell.partition(".") for cell in cells]
    left = max((len(whole) for whole, _, _ in split), default=0)
    right = max((len(point + decimals) for _, point, decimals in split), default=0)
    return [whole.rjust(left) + (point + decimals).ljust(right) for whole, point, decimals in split]


def _number(value: float, digits: int, scientific: bool) -> str:
    if not np.isfinite(value):
        return str(value)
    if scientific and value:
        return np.format_float_scientific(value, precision=digits - 1, unique=False, trim="-", exp_digits=2)
    return np.format_float_positional(value, precision=digits, unique=False, fractional=False, trim="-")


def table(
    row_labels: list[str],
    column_labels: list[str],
    values: Any,
    digits: int = DIGITS,
    width: int = 100,
    full: bool = False,
) -> list[str]:
    """Lay a labelled matrix out in lines of at most `width` characters.

    Parameters
    ----------
    row_labels, column_labels : list of str
    values : array_like, shape (m, n)
    digits : int
        Significant digits.
    width : int
        Columns that do not fit go into a further block below.
    full : bool
        Otherwise the middle of more than 60 rows or 24 columns is left out.

    Returns
    -------
    list of str
        Lines without newline; the numbers in a column share their decimal point.
    """
    values = np.asarray(values, dtype=np.float64)
    rows, columns = _shown(len(row_labels), _MAX_ROWS, full), _shown(len(column_labels), _MAX_COLUMNS, full)
    label_cells = [""] + [_ELLIPSIS if i is None else row_labels[i] for i in rows]
    kept = [i for i in rows if i is not None]
    blocks: list[list[list[str]]] = [[]]
    used = _width(label_cells)
    for k in columns:
        if k is None:
            cells = [_ELLIPSIS] * (len(rows) + 1)
        else:
            cells = _labelled_column(column_labels[k], values[kept, k], rows, digits)
        if blocks[-1] and used + 3 + _width(cells) > width:
            blocks.append([])
            used = _width(label_cells)
        blocks[-1].append(cells)
        used += 3 + _width(cells)
    lines: list[str] = []
    for block in blocks:
        lines += [""] if lines else []
        lines += _lines(label_cells, block)
    return lines


def _labelled_column(label: str, values: Array, rows: list[int | None], digits: int) -> list[str]:
    numbers = iter(_column(values, digits))
    return [label] + [_ELLIPSIS if i is None else next(numbers) for i in rows]


def _lines(label_cells: list[str], block: list[list[str]]) -> list[str]:
    padded = [[cell.ljust(_width(label_cells)) for cell in label_cells]]
    padded += [[cell.rjust(_width(cells)) for cell in cells] for cells in block]
    return ["   ".join(cells).rstrip() for cells in zip(*padded, strict=True)]


def _width(cells: list[str]) -> int:
    return max(len(cell) for cell in cells)


def _shown(count: int, limit: int, full: bool) -> list[int | None]:
    """Indices to show, with None where the middle is left out."""
    if full or count <= limit:
        return list(range(count))
    half = limit // 2
    return [*range(half), None, *range(count - half, count)]
