"""Checks of series that several components share."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from altay_energy.components.base import Component, Series
from altay_energy.core.units import Array


def check_within(
    key: str, series: Series, low: float, high: float = math.inf, unit: str = "-"
) -> None:
    """Check the range of a series; one that has not been read yet is not checked.

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
        Naming the key, the number of intervals and the first of them, by its time if known.
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
            f"has {steps.sum()} values out of range, the first is {first} at {series.place(bad)}"
        )
    allowed = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
    raise ValueError(f"{key} {where}; it must be {allowed}{'' if unit == '-' else ' ' + unit}")


USUAL_POWER_MW = 1e5
"""Power above which a series was probably given in kW. [MW]"""


def odd_power(key: str, series: Series) -> list[str]:
    """Message on a series of power that looks like kW; empty if it does not."""
    largest = largest_of(series)
    if largest <= USUAL_POWER_MW:
        return []
    return [f"{key} = {largest:g} MW is unusual: is it in kW? {in_unit(series, 'kW', 1e-3)}"]


def in_unit(series: Series, unit: str, factor: float) -> str:
    """Advice for a value in another unit than that of its key.

    Parameters
    ----------
    series : Series
    unit : str
        The other unit.
    factor : float
        From it to that of the key.

    Returns
    -------
    str
    """
    if series.is_constant:
        return f"Then write {largest_of(series) * factor:g}"
    return f'Then declare unit = "{unit}" for its file'


def largest_of(series: Series) -> float:
    """Largest magnitude of a series; 0 while it is still in its file."""
    if series.values is None or series.values.size == 0:
        return 0.0
    return float(np.abs(series.values).max())


def series_notices(component: Component) -> list[str]:
    """Notices on how the series of a component were read, each with its key.

    Parameters
    ----------
    component : Component

    Returns
    -------
    list of str
    """
    fields = {name: getattr(component, name) for name in type(component).model_fields}
    return [
        f"{name}: {text}"
        for name, value in fields.items()
        if isinstance(value, Series)
        for text in value.notices
    ]


ODD_DEMAND = 50.0
"""Peak demand over all that can be supplied, beyond which the demand was probably in kW."""


def odd_demand(demand: Mapping[str, Array], supply_mw: float) -> list[str]:
    """Notices on loads whose peak is far above everything that could supply them.

    Parameters
    ----------
    demand : mapping of str to ndarray, shape (..., T)
        By table name. [MW]
    supply_mw : float
        Rated power of all plants and storages and the largest import. [MW]

    Returns
    -------
    list of str
        Empty where there is no supply: a scenario of loads alone is valid.
    """
    if supply_mw <= 0.0:
        return []
    peaks = {key: float(power.max()) for key, power in demand.items() if power.size}
    return [
        f"{key}: its peak of {peak:,.6g} MW is {peak / supply_mw:,.0f} times all that plants, "
        f"storages and the grid can supply ({supply_mw:,.6g} MW): is it in kW? Then declare "
        'unit = "kW" for its file'
        for key, peak in peaks.items()
        if peak > ODD_DEMAND * supply_mw
    ]
