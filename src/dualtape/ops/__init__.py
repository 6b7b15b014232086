"""Data about operations: what each function's derivatives are, and the C made from it. Standard library only."""
