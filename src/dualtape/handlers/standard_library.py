"""Functions and classes of Python's standard library that take numbers out of arithmetic, into bytes, text and number
types of their own, or that read numbers from text. They are refused by name where a traced number, or its text, is
among the arguments: the clone of a user's function asks here."""

from ..trace.functions import refuses

refuses(
    "would make text or bytes of a traced number, and lose its derivative",
    "return the value from the function, and write the result of the driver",
    *("json.dump", "json.dumps", "struct.pack", "struct.pack_into"),
)
refuses(
    "would make a plain number of a traced one or of its text, and lose its derivative",
    "take the number itself; dualtape.stop_gradient(x) where it really is a constant",
    *("ast.literal_eval", "decimal.Decimal", "fractions.Fraction", "json.loads"),
)
