"""Lists, dicts and sets of the user's whose content stands for something else in a clone: copies with substitutes. What
a clone changes in the copy changes in the user's, too."""


_IN_PLACE = frozenset("__iadd__ __imul__ __ior__ __iand__ __isub__ __ixor__".split())


def _both(name):
    """A method that changes the copy, and then makes the user's the same."""

    def method(self, *args, **kwargs):
        result = getattr(super(type(self), self), name)(*args, **kwargs)
        self._hand_over()
        return self if name in _IN_PLACE else result

    method.__name__ = name
    return method


class SubstitutedList(list):
    """A list of substitutes for the items of the list `real`."""

    def __init__(self, items, real):
        super().__init__(items)
        self._real = real
        self._origins = {id(mine): (mine, item) for mine, item in zip(items, real, strict=True)}

    def _hand_over(self):
        self._real[:] = [_origin(self._origins, item) for item in self]

    def __reduce_ex__(self, protocol):
        return list, (list(self),)


class SubstitutedDict(dict):
    """A dict of substitutes for the keys and values of the dict `real`."""

    def __init__(self, items, real):
        super().__init__(items)
        self._real = real
        mine, others = (*items, *items.values()), (*real, *real.values())
        self._origins = {id(item): (item, other) for item, other in zip(mine, others, strict=True)}

    def _hand_over(self):
        values = {_origin(self._origins, key): _origin(self._origins, value) for key, value in self.items()}
        self._real.clear()
        self._real.update(values)

    def __reduce_ex__(self, protocol):
        return dict, (dict(self),)


class SubstitutedSet(set):
    """A set of substitutes for the items of the set `real`."""

    def __init__(self, items, real):
        super().__init__(items)
        self._real = real
        self._origins = {id(mine): (mine, item) for mine, item in zip(items, real, strict=True)}

    def _hand_over(self):
        items = [_origin(self._origins, item) for item in self]
        self._real.clear()
        self._real.update(items)

    def __reduce_ex__(self, protocol):
        return set, (set(self),)


def _origin(origins, item):
    found = origins.get(id(item))
    return item if found is None else found[1]


for _name in "append clear extend insert pop remove reverse sort __setitem__ __delitem__ __iadd__ __imul__".split():
    setattr(SubstitutedList, _name, _both(_name))
for _name in "clear pop popitem setdefault update __setitem__ __delitem__ __ior__".split():
    setattr(SubstitutedDict, _name, _both(_name))
for _name in (
    "add clear difference_update discard intersection_update pop remove symmetric_difference_update update __iand__ "
    "__ior__ __isub__ __ixor__"
).split():
    setattr(SubstitutedSet, _name, _both(_name))
