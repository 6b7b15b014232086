"""What stands for a number without being one: a Buffer (buffer.pyx), which may hold an ndarray today and an active
array tomorrow. The engines ask only for what it holds; this base lets them do so below the module that knows how."""


cdef class Holder:
    cpdef object held(self):
        """The ndarray or active array that this stands for now."""
        raise NotImplementedError

    def __bool__(self):
        return bool(self.held())

    def __float__(self):
        return float(self.held())

    def __int__(self):
        return int(self.held())

    def __complex__(self):
        return complex(self.held())

    def __index__(self):
        return self.held().__index__()

    def __reduce_ex__(self, protocol):
        return self.held().__reduce_ex__(protocol)

    def __repr__(self):
        return repr(self.held())

    def __str__(self):
        return str(self.held())

    def __format__(self, spec):
        return format(self.held(), spec)


cdef object plain_key(object key):
    """An index with ndarrays in place of what stands for them."""
    if isinstance(key, Holder):
        return (<Holder>key).held()
    if type(key) is tuple:
        for item in <tuple>key:
            if isinstance(item, Holder):
                return tuple([plain_key(item) for item in <tuple>key])
    return key
