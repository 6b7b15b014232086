"""Data about operations: what each function's derivatives are, the C made from it, and the array operations. What the
build reads of it - the table, its grammar, the generators of C - needs the standard library only."""
