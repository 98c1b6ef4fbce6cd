"""Checks that numbers and series of a problem are finite and within range."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.errors import ScenarioError, SeriesError
from altay_energy.core.units import Array
from altay_energy.core.value import Value


def checked_series(name: str, given: ArrayLike, *, negative: bool = False) -> Array:
    """Return a checked, read-only view as float64, shape of ``given``.

    Parameters
    ----------
    name : str
        Name in the error message.
    given : array_like
        Number or array, which must be finite.
    negative : bool
        Whether numbers below 0 are allowed.

    Raises
    ------
    SeriesError
        If a number is not finite, or negative where it may not be.
    """
    try:
        values = np.asarray(given, dtype=np.float64).view()
    except (TypeError, ValueError):
        raise SeriesError(f"{name} is not numeric; expected a number or an array") from None
    good = np.isfinite(values) if negative else (values >= 0.0) & (values < np.inf)
    if not good.all():
        where = np.unravel_index(np.argmin(good), values.shape)
        place = f" at step {int(where[-1])}" if where else ""
        if len(where) > 1:
            place += f" of run {tuple(map(int, where[:-1]))}"
        expected = "a finite number" if negative else "a finite number of at least 0"
        raise SeriesError(
            f"{name} = {values[where]:g}{place} (first of {good.size - good.sum()}), "
            f"expected {expected}"
        )
    values.setflags(write=False)
    return values


@dataclass(frozen=True, eq=False)
class Limits(Value):
    """Base of the limits of one element of a system.

    Parameters
    ----------
    name : str
        As in the scenario, ``battery.jeminay``.
    """

    SERIES: ClassVar[tuple[str, ...]] = ()
    """Fields that have a value for each step, shape (..., T) or a number."""

    name: str

    def check_series(self) -> None:
        """Convert its series to read-only arrays; an invalid one is an error with its name."""
        for key, series in self.series():
            object.__setattr__(self, key, checked_series(f"{self.name}: {key}", series))

    def series(self) -> Iterator[tuple[str, Array]]:
        """Series by field name, each of shape (..., T) or a number."""
        yield from ((key, getattr(self, key)) for key in self.SERIES)

    def with_series(self, change: Callable[[Array], Array]) -> Self:
        """Return the limits with changed series, for a part of many runs."""
        changed: dict[str, Any] = {key: change(series) for key, series in self.series()}
        return replace(self, **changed)


def check_number(
    owner: str,
    name: str,
    value: float,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
) -> None:
    """Check that a number is finite and within low … high (``above``: greater than low).

    Raises
    ------
    ScenarioError
        With the owner, the parameter, the value and the range.
    """
    if math.isfinite(value) and low <= value <= high and not (above and value == low):
        return
    lower = "" if low == -math.inf else f", {'above' if above else 'at least'} {low:g}"
    upper = "" if high == math.inf else f", at most {high:g}"
    raise ScenarioError(f"{owner}: {name} = {value:g}, expected a finite number{lower}{upper}")
