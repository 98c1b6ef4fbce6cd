"""Notices on measured series that are constant for a month or jump by a factor of 1,000."""

from __future__ import annotations

import numpy as np

from altay_energy.components.base import Component, Series
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.wording import plural, stamp

STILL_HOURS = 700.0
"""A month less a day: no load, sun, wind or river is constant for so long. [h]"""

JUMP = 1000.0
"""Ratio to the median, from which a value is in another unit or a spike."""

_NOT_MEASURED = ("price", "limit", "fraction")
"""Parts of names of series that may be constant for months: settings, not measurements."""


def oddities(values: Array, timeline: Timeline) -> list[str]:
    """Find where a series is constant for a month, or exceeds 1,000 times its median.

    Parameters
    ----------
    values : ndarray, shape (..., T)
        T values of the timeline; series of several members are not checked.
    timeline : Timeline

    Returns
    -------
    list of str
        Notices, in words that follow the name of the series.
    """
    if values.ndim != 1 or values.size != timeline.steps or values.size < 2:
        return []
    found = []
    begin = np.concatenate(([0], np.flatnonzero(np.diff(values) != 0.0) + 1))
    length = np.diff(np.append(begin, values.size))
    still = (length * timeline.step_hours >= STILL_HOURS) & (length < values.size)
    still &= values[begin] != 0.0  # a plant out of service, a dry river, polar night
    if still.any():
        k = int(np.argmax(np.where(still, length, 0)))
        found.append(
            f"is {values[begin[k]]:g} for {length[k] * timeline.step_hours:.0f} h from "
            f"{stamp(timeline.local[begin[k]])} on; did a meter stop, or are these means "
            "of months?"
        )
    size = np.abs(values[values != 0.0])
    if size.size:
        middle = float(np.median(size))
        beyond = np.abs(values) >= JUMP * middle
        if beyond.any():
            k = int(np.argmax(np.abs(values)))
            found.append(
                f"jumps to {values[k]:g} at {stamp(timeline.local[k])}, "
                f"{abs(values[k]) / middle:.0f} times its median, in "
                f"{plural(int(beyond.sum()), 'interval')}; a spike, or another unit?"
            )
    return found


def odd_series(key: str, component: Component, timeline: Timeline) -> list[str]:
    """Notices on the measured series of a component.

    Parameters
    ----------
    key : str
        ``load.mine``
    component : Component
    timeline : Timeline

    Returns
    -------
    list of str
    """
    found = []
    for name in sorted(component.model_fields_set):
        series = getattr(component, name, None)
        if not isinstance(series, Series) or series.values is None or series.is_constant:
            continue
        said = oddities(series.values, timeline)
        if any(word in name for word in _NOT_MEASURED):
            said = [text for text in said if text.startswith("jumps")]
        found += [f"{key}.{name} {text}" for text in said]
    return found
