"""The list of idioms: functions in ordinary NumPy and SciPy with a point at which to differentiate them."""

IDIOMS = []


def idiom(*point, order=2, reason=None):
    """Enter the decorated function; `order` is the highest order in which it is smooth at `point`, `reason` says why
    it is less than 2."""

    def enter(f):
        IDIOMS.append((f, point, order))
        return f

    assert order == 2 or reason
    return enter
