"""Policies for ordinary offsets and single odd values: set to a bound or left out, and counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.core.wording import plural, stamp
from altay_energy.weather.files.complete import OPTIONAL
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.ranges import (
    HUMIDITY_ABOVE_100,
    NIGHT_OFFSET_W_M2,
    RANGES,
    SET_TO,
    SUNLIGHT,
)


def settle(file: WeatherFile) -> WeatherFile:
    """Apply the named policies for ordinary offsets and single odd values; notices count them.

    Irradiance from -5 to 0 W/m² becomes 0 (night offset of pyranometers); relative humidity from
    100 to 120 % becomes 100 (fog). No more than ``odd_value_share`` of the values of a series, and
    one at least, may lie slightly outside its range: they are set to its bound. An optional
    series with no more odd values than that, however far outside, is left out.

    Parameters
    ----------
    file : WeatherFile

    Returns
    -------
    WeatherFile
        With notices that count what was changed.
    """
    series = dict(file.series)
    notices = []
    for name in SUNLIGHT:
        if name in series:
            offset = (series[name] < 0.0) & (series[name] >= NIGHT_OFFSET_W_M2)
            if offset.any():
                series[name] = np.where(offset, 0.0, series[name])
                notices.append(
                    f"{name}: {plural(int(offset.sum()), 'value')} from "
                    f"{NIGHT_OFFSET_W_M2:g} to 0 set to 0 (night offset of pyranometers)"
                )
    humidity = series.get("relative_humidity_percent", np.zeros(0))
    fog = (humidity > 100.0) & (humidity <= HUMIDITY_ABOVE_100)
    if fog.any():
        series["relative_humidity_percent"] = np.where(fog, 100.0, humidity)
        notices.append(
            f"relative_humidity_percent: {plural(int(fog.sum()), 'value')} from 100 to "
            f"{HUMIDITY_ABOVE_100:g} set to 100 (fog)"
        )
    for name in list(series):
        notices += _settle_odd(series, name, file)
    return replace(file, series=series, notices=(*file.notices, *notices))


def _settle_odd(series: dict[str, Array], name: str, file: WeatherFile) -> list[str]:
    """Set single values outside the range of a series, leave out the series, or keep it."""
    values = series[name]
    bounds = RANGES.get(name)
    if bounds is None:
        return []
    outside = (values < bounds.low) | (values > bounds.high)
    count = int(outside.sum())
    if not 0 < count <= odd_values(file):
        return []
    slightly = (values >= bounds.low - bounds.below) & (values <= bounds.high + bounds.above)
    k = int(np.argmax(outside))
    first = f"{values[k]:g} at {stamp(file.local[k])}"
    allowed = f"{bounds.low:g} to {bounds.high:g} {bounds.unit}"
    if slightly.all():
        low, high = SET_TO.get(name, (bounds.low, bounds.high))
        series[name] = np.where(outside, np.clip(values, low, high), values)
        return [
            f"{name}: {plural(count, 'value')} slightly outside {allowed} set to the bound, first "
            f"{first} (odd_value_share)"
        ]
    if name in OPTIONAL:
        del series[name]
        return [f"{name} left out: {plural(count, 'value')} outside {allowed}, first {first}"]
    return []


def odd_values(file: WeatherFile) -> int:
    """Number of values of a series that may lie slightly outside its range.

    Parameters
    ----------
    file : WeatherFile

    Returns
    -------
    int
    """
    share = file.odd_value_share
    return max(1, int(share * file.times.size)) if share > 0.0 else 0


def bounded(file: WeatherFile) -> WeatherFile:
    """The same file with every value within the range of its series, for drawing.

    An undeclared code for no value would otherwise set the scale of a chart.

    Parameters
    ----------
    file : WeatherFile

    Returns
    -------
    WeatherFile
        With a notice that counts what was moved to a bound.
    """
    series = dict(file.series)
    moved = []
    for name, values in file.series.items():
        bounds = RANGES.get(name)
        if bounds is not None and ((values < bounds.low) | (values > bounds.high)).any():
            series[name] = np.clip(values, bounds.low, bounds.high)
            moved.append(f"{name} ({int((series[name] != values).sum())})")
    if not moved:
        return file
    text = f"values outside their ranges are drawn at the bound: {', '.join(moved)}"
    return replace(file, series=series, notices=(*file.notices, text))
