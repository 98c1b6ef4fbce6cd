"""Values that can be sent to another process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

AnyArray = TypeVar("AnyArray", bound=NDArray[Any])


def read_only(values: AnyArray) -> AnyArray:
    """Return the same array, no longer writable.

    Parameters
    ----------
    values : ndarray

    Returns
    -------
    ndarray
    """
    values.setflags(write=False)
    return values


class Value:
    """Base of dataclasses that `pickle` copies field by field.

    Cached values are left out, and the copy computes them again when they are asked for. Arrays
    that are read-only stay read-only, and so do mappings.
    """

    __slots__ = ()

    def __getstate__(self) -> dict[str, Any]:
        return {name: _packed(getattr(self, name)) for name in self._names()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def _names(self) -> Iterable[str]:
        if is_dataclass(self):
            return [field.name for field in fields(self)]
        return type(self).__slots__


@dataclass(frozen=True, eq=False)
class _Packed:
    """A value that a pickle holds as a call, because pickle alone loses that it is read-only."""

    make: Callable[[Any], Any]
    value: Any

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        return self.make, (self.value,)


def _proxy(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)  # pickle does not find this class by its own name


def _packed(value: Any) -> Any:
    """Wrap the read-only arrays and mappings of a value, inside lists and mappings as well."""
    if isinstance(value, np.ndarray):
        return value if value.flags.writeable else _Packed(read_only, value)
    if isinstance(value, MappingProxyType):
        return _Packed(_proxy, _packed(dict(value)))
    if type(value) is dict:
        return {key: _packed(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_packed(part) for part in value)
    return value
