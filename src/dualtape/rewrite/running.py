"""The clones that are running in this thread: what they look up at run time is substituted there and then."""

import functools
import threading


class _Thread(threading.local):
    build = None
    made = None  # objects made by the clone that runs


_thread = _Thread()


def substitute_now(value):
    """What a value stands for, that a running clone got from an object or from a module."""
    build = _thread.build
    return value if build is None else build.substitute(value)


def remember(instance, cls):
    """Note an object that a clone made of a class that stands for `cls`: it will be one of `cls`."""
    if _thread.made is not None:
        _thread.made.append((instance, cls))


def in_a_run(made, build):
    """`made` as a function that runs as a clone: with twins, and with variables that are handed over at the end."""

    @functools.wraps(made, updated=())
    def call(*args, **kwargs):
        build.trim()
        outer = _thread.build, _thread.made
        _thread.build, _thread.made = build, []
        try:
            result = made(*args, **kwargs)
            return _detached(result) if build.is_dynamic else result
        finally:
            for instance, cls in _thread.made:
                object.__setattr__(instance, "__class__", cls)  # a frozen dataclass refuses
            _thread.build, _thread.made = outer
            for variable in (*build.arrays, *build.written):
                variable.hand_over()

    return call


def _detached(result):
    """The result, with copies of objects of the user's: their attributes are handed over, and active no longer."""
    kind = type(result)
    if kind in (tuple, list):
        return kind(map(_detached, result))
    if kind is dict:
        return {key: _detached(value) for key, value in result.items()}
    if not hasattr(kind, "__twin_of__"):
        return result
    if issubclass(kind, tuple):
        return tuple.__new__(kind.__twin_of__, map(_detached, result))
    copy = object.__new__(kind.__twin_of__)
    object.__setattr__(copy, "__dict__", dict(object.__getattribute__(result, "__dict__")))
    return copy
