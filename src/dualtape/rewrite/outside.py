"""What clones share with the rest of the program: variables that they assign, and the user's modules."""

import types

from dualtape.core.buffer import Buffer, buffered
from dualtape.core.names import ABSENT, Stale
from dualtape.rewrite.running import substitute_now


class WrittenGlobal:
    """A global that clones may assign."""

    def __init__(self, namespace, name):
        self.namespace, self.name = namespace, name
        self.put = namespace.names.get(name, ABSENT)

    def hand_over(self):
        """Give the module the value that a clone assigned, if it did."""
        value = self.namespace.names.get(self.name, ABSENT)
        if value is not self.put:
            self.put = value
            value = _settled(value)
            if value is ABSENT:
                self.namespace.real.pop(self.name, None)
            else:
                self.namespace.real[self.name] = value


class WrittenCell:
    """A variable of an enclosing function that clones may assign, where they have a cell of their own."""

    def __init__(self, cell, mine):
        self.cell, self.mine = cell, mine
        self.put = content_of(mine)

    def hand_over(self):
        """Give the enclosing function the value that a clone assigned, if it did."""
        value = content_of(self.mine)
        if value is not self.put:
            self.put = value
            value = _settled(value)
            if value is ABSENT:
                del self.cell.cell_contents
            else:
                self.cell.cell_contents = value


class WrittenObject:
    """An object of the user's whose attributes clones may assign."""

    def __init__(self, instance):
        self.instance = instance

    def hand_over(self):
        """Leave ndarrays behind: ``self.work += x`` has assigned the buffer."""
        attributes = object.__getattribute__(self.instance, "__dict__")
        for name, value in list(attributes.items()):
            if type(value) is Buffer:
                attributes[name] = value.settled()


class WrittenArray:
    """An array of the user's that clones may write into."""

    def __init__(self, buffer, build):
        self.buffer, self.build = buffer, build

    def hand_over(self):
        """Give the array the values that were written, if active ones were; the next run has another buffer for it."""
        if self.buffer.hand_back():
            self.build.names.append(Stale())


class WrittenGlobalArray:
    """The same for an array that is a global: another function may have put another buffer there since."""

    def __init__(self, namespace, name, build):
        self.namespace, self.name, self.build = namespace, name, build

    def hand_over(self):
        """As for `WrittenArray`."""
        buffer = self.namespace.names.get(self.name)
        if type(buffer) is Buffer and buffer.hand_back():
            self.namespace.names[self.name] = buffered(self.namespace.real.get(self.name))
            self.build.names.append(Stale())


def _settled(value):
    return value.settled() if type(value) is Buffer else value


def content_of(cell):
    """What is in a cell, `ABSENT` if nothing is."""
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


class View(types.ModuleType):
    """A module of the user's as clones see it: each attribute is looked up in the module, and substituted."""

    def __init__(self, module):
        super().__init__(module.__name__)
        vars(self).clear()
        vars(self)["__view_of__"] = module

    def __getattr__(self, name):
        return substitute_now(getattr(self.__view_of__, name))

    def __setattr__(self, name, value):
        setattr(self.__view_of__, name, value)

    def __delattr__(self, name):
        delattr(self.__view_of__, name)

    def __dir__(self):
        return dir(self.__view_of__)

    def __repr__(self):
        return repr(self.__view_of__)
