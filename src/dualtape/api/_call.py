"""One call of a driver: which numbers are active, the flat function that the engines run, and what f returned.

The engines know functions of a flat list of numbers that return a flat list of numbers. A `Call` is that function: it
rebuilds the user's arguments around what the engine hands in, calls f once, and takes the result apart.
"""

from __future__ import annotations

import copy
import inspect
import operator
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dualtape.api import _containers, _numbers
from dualtape.api._space import space_of
from dualtape.core.buffer import handed_out
from dualtape.core.level import depth
from dualtape.errors import DtypeError, OptionError, ShapeError, StructureError
from dualtape.rewrite.clone import clone_of, prepared
from dualtape.trace.functions import has_active, is_active

ArgNums = int | tuple[int, ...]


class Call:
    """A function at a point.

    Parameters
    ----------
    f, args, kwargs : callable, tuple, dict
    argnums : int or tuple of int
        Which arguments are active.
    has_aux : bool
        Whether f returns a pair of which only the first is differentiated.
    rewrite : bool
        Whether the engines run the clone of f (rewrite/) or f itself.

    Attributes
    ----------
    inputs, outputs : Space
        The active arguments; the result (known once an engine has run `flat`).
    primals : list
        The active numbers: float, ndarray of float64 or active number of an outer level.
    dtype : numpy.dtype
        What results are rounded to.
    value, aux : object
        What f returned, in plain numbers (or numbers of the outer level); set by `receive`.
    """

    __slots__ = (
        "f", "args", "kwargs", "positions", "is_single", "has_aux", "inputs", "primals", "dtype",
        "outputs", "value", "aux", "_aux_leaves", "_aux_structure", "_clone",
    )  # fmt: skip

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: ArgNums = 0,
        has_aux: bool = False,
        rewrite: bool = True,
    ):
        self.f = f
        self._clone = clone_of(f) if rewrite else None
        self.args = args
        self.kwargs = kwargs
        self.has_aux = has_aux
        self.positions, self.is_single = _read_argnums(argnums, len(args))
        self._read_arguments()

    def _read_arguments(self) -> None:
        leaves: list[Any] = []
        structures: list[_containers.Structure] = []
        for position in self.positions:
            found, structure = _containers.flatten(self.args[position])
            leaves += found
            structures.append(structure)
        try:
            self.primals, self.dtype = _numbers.read_all(leaves, lambda: self._argument_names(structures))
        except DtypeError as error:
            raise _explain_self(error, leaves, self.args) from None
        if self.is_single:
            structure, name = structures[0], f"argument {self.positions[0]}"
        else:
            structure, name = _containers.tuple_structure(tuple(structures)), f"arguments {self.positions}"
        self.inputs = space_of(structure, self.primals, name)

    def _argument_names(self, structures: list[_containers.Structure]) -> list[str]:
        pairs = zip(self.positions, structures, strict=True)
        return [name for position, structure in pairs for name in structure.paths(f"argument {position}")]

    @property
    def is_nested(self) -> bool:
        """True inside another derivative: arguments, or what f closes over, may be active at an outer level.

        Forward mode then records as well and pushes tangents through the tape, so that dual numbers of two levels never
        meet.
        """
        return depth() > 0 or any(is_active(primal) for primal in self.primals)

    def flat(self, *active: Any) -> list[Any]:
        """Call f on active numbers in place of `primals`; return the numbers of its result, then those of its aux.

        What runs is the clone of f, unless the driver was told not to rewrite.
        """
        args = self._around(active)
        if self._clone is None:
            result = self.f(*args, **self.kwargs)
        else:
            run, args, kwargs = prepared(self._clone, self.f, args, self.kwargs)
            result = run(*args, **kwargs)
        passengers: list[Any] = []
        if self.has_aux:
            result, passengers = self._take_aux(result)
        leaves, structure = _containers.flatten(result, splits_complex=True)
        try:
            if result is None:
                raise DtypeError(
                    "the result is None, expected a number, an array or a container of them", "return the result"
                )
            numbers, _ = _numbers.read_all(leaves, lambda: list(structure.paths("the result")))
        except DtypeError as error:
            raise DtypeError(error.problem, error.remedy, definition(self.f)) from None
        outputs = [_fresh(number, leaf) for number, leaf in zip(numbers, leaves, strict=True)]
        self.outputs = space_of(structure, outputs, "the result")
        return outputs + passengers

    def result_at(self, numbers: Iterable[Any]) -> Any:
        """Call f on other plain numbers in place of `primals`; return what it returns."""
        return self.f(*self._around(numbers), **self.kwargs)

    def _around(self, numbers: Iterable[Any]) -> list[Any]:
        """The positional arguments with other numbers in place of `primals`."""
        rebuilt = self.inputs.structure.around(iter(numbers))
        args = list(self.args)
        for position, argument in zip(self.positions, (rebuilt,) if self.is_single else rebuilt, strict=True):
            args[position] = argument
        return args

    def moved(self, primals: list[Any]) -> Call:
        """The same call at another point."""
        call = copy.copy(self)
        call.primals = primals
        return call

    def _take_aux(self, result: Any) -> tuple[Any, list[Any]]:
        """Split ``(result, aux)``. Active numbers in aux travel as further outputs and so come back plain."""
        if not isinstance(result, tuple) or len(result) != 2:
            raise StructureError(
                f"with has_aux=True the function returned a {type(result).__name__}, expected a pair (result, aux)",
                "return a pair, or leave has_aux out",
                definition(self.f),
            )
        aux_leaves, self._aux_structure = _containers.flatten(result[1], splits_complex=True)
        self._aux_leaves = list(map(handed_out, aux_leaves))
        return result[0], [_numbers.read(leaf, "aux")[0] for leaf in self._aux_leaves if has_active(leaf)]

    def receive(self, values: list[Any]) -> None:
        """Take the values of all outputs from the engine."""
        n_outputs = len(self.outputs.slots)
        stream = iter(values)
        self.value = self.outputs.fill(lambda slot: _numbers.hand_back(next(stream), slot.shape, self.dtype))
        self.aux = None
        if self.has_aux:
            passengers = iter(values[n_outputs:])
            leaves = [_land(next(passengers)) if has_active(leaf) else leaf for leaf in self._aux_leaves]
            self.aux = self._aux_structure.around(iter(leaves))
            self._aux_leaves = []

    def require_scalar(self, driver: str) -> None:
        """Refuse a result that is not one number.

        Raises
        ------
        ShapeError
            Tells the shape and the drivers that take any.
        """
        if not self.outputs.is_scalar:
            raise ShapeError(
                f"{driver} needs a function with one real scalar result, this one has shape {self.outputs.describe()}",
                _SCALAR_REMEDY[driver],
                definition(self.f),
            )


_SCALAR_REMEDY = {
    "grad": "use jacobian, or vjp with weights on the outputs, or return a sum",
    "hvp": "use weighted_hessian, or hessian for all outputs at once",
}


def definition(f: Callable[..., Any]) -> str | None:
    """Tell where f is defined, ``file:line, name``, to look for what is wrong with its result; None if unknown."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    return None if code is None else f"{code.co_filename}:{code.co_firstlineno}, the definition of {code.co_name}"


def _land(value: Any) -> Any:
    return _numbers.hand_back(value, () if isinstance(value, float) else value.shape, np.dtype(np.float64))


def _fresh(number: Any, leaf: Any) -> Any:
    """A copy, if the number is the very array that f returned: it may be one that f keeps."""
    return number.copy() if number is leaf and type(number) is np.ndarray else number


def _read_argnums(argnums: ArgNums, n_args: int) -> tuple[tuple[int, ...], bool]:
    """Positions of the active arguments, and whether there is a single one, given as an int."""
    if type(argnums) is int and 0 <= argnums < n_args:
        return (argnums,), True
    is_single = not isinstance(argnums, (tuple, list))
    numbers: tuple[Any, ...] = tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
    positions = []
    for number in numbers:
        try:
            position = operator.index(number)
        except TypeError:
            raise OptionError(f"argnums is {argnums!r}, expected an int or a tuple of them") from None
        if not -n_args <= position < n_args:
            raise OptionError(
                f"argnums asks for argument {position}, but the call has {n_args} by position",
                "pass the argument to differentiate by position: keyword arguments are not differentiated",
            )
        positions.append(position % n_args)
    if len(set(positions)) < len(positions) or not positions:
        raise OptionError(f"argnums is {argnums!r}, expected at least one argument, and each at most once")
    return tuple(positions), is_single


def _explain_self(error: DtypeError, leaves: list[Any], args: tuple[Any, ...]) -> DtypeError:
    """Tell the author of a method that argument 0 is the object itself."""
    owner = args[0]
    module = type(owner).__module__.partition(".")[0]
    is_data = module in ("numpy", "pandas") or module in sys.stdlib_module_names
    if any(leaf is owner for leaf in leaves) and not is_data:
        return DtypeError(error.problem, "for a method use @differentiable, or argnums=1 to leave out self")
    return error
