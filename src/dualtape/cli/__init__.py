"""The command line ``python -m dualtape``: derivatives of a user's own function at a point, and the tour.

A leaf: it calls the public API as any program would, and nothing calls it. It needs NumPy alone. One file per question:

    parser.py       what may be typed, and the help
    target.py       FILE.py:FUNCTION -> the function
    points.py       2.0 0.785, x.npy, '[[1,2],[3,4]]' -> the arguments of that function
    derivatives.py  one function per command: calls the API, gives a result
    structure.py    nested results -> labelled entries and dense matrices
    tables.py       numbers -> aligned text
    json_text.py    results -> strict JSON, NaN and infinities included
    failures.py     anything wrong -> one line and exit status 2
    tour/           the chapters of the tour
"""

from dualtape.cli.main import main

__all__ = ["main"]
