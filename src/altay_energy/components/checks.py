"""Checks of series that several components share."""

from __future__ import annotations

import math

import numpy as np

from altay_energy.components.base import Series


def check_within(
    key: str, series: Series, low: float, high: float = math.inf, unit: str = "-"
) -> None:
    """Refuse a series with a value out of range; one that is still in its file is left alone.

    Parameters
    ----------
    key : str
        Name of the field.
    series : Series
        Its value.
    low, high : float
        Smallest and largest value that is allowed.
    unit : str
        Unit of all three.

    Raises
    ------
    ValueError
        Naming the key, the number of intervals and the first of them.
    """
    if series.values is None:
        return
    bad = (series.values < low) | (series.values > high)
    if not bad.any():
        return
    first = f"{series.values[bad][0]:g}"
    where = f"is {first}"
    if not series.is_constant:
        steps = bad.reshape(-1, bad.shape[-1]).any(axis=0)
        where = (
            f"has {steps.sum()} values out of range, the first is {first} at interval "
            f"{int(np.argmax(steps))}"
        )
    allowed = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
    raise ValueError(f"{key} {where}; it must be {allowed}{'' if unit == '-' else ' ' + unit}")


USUAL_POWER_MW = 1e5
"""Beyond it a series of power was probably given in kW."""


def odd_power(key: str, series: Series) -> list[str]:
    """What is odd about a series of power: nothing, or that it looks like kW."""
    largest = largest_of(series)
    if largest <= USUAL_POWER_MW:
        return []
    return [f"{key} = {largest:g} MW is unusual: is it in kW? Then write {largest / 1000:g}"]


def largest_of(series: Series) -> float:
    """Largest magnitude of a series; 0 while it is still in its file."""
    if series.values is None or series.values.size == 0:
        return 0.0
    return float(np.abs(series.values).max())
