"""What is demanded of an operation that a file asks for: see rows.py, which refuses whatever does not meet it."""


def require(condition):
    if not condition:
        raise ValueError("not what this operation takes")


def square(shape):
    """`shape` of a stack of square matrices."""
    require(len(shape) >= 2 and shape[-1] == shape[-2])
    return shape


def is_number(x):
    return type(x) in (int, float, bool) or x is None
