"""The ``Weather`` value: weather at one place in every interval of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from altay_energy.core.errors import WeatherError, visible
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.weather.files.ranges import HIGH_SUN_DEG, highest_sun_deg, unit_problem

SERIES_UNITS: Mapping[str, str] = {
    "ghi_w_m2": "W m-2",
    "dni_w_m2": "W m-2",
    "dhi_w_m2": "W m-2",
    "temperature_c": "degC",
    "wind_speed_m_s": "m s-1",
    "pressure_pa": "Pa",
    "relative_humidity_percent": "%",
    "snow_depth_m": "m",
    "precipitation_mm": "mm",
    "wind_direction_deg": "degree",
    "wind_speed_second_m_s": "m s-1",
}
"""Every series a ``Weather`` can hold and its unit; the first seven are always there."""

STEPS_AT_ONCE = 32 * 8760
"""Most values of a series that are converted to power at once: 32 years of hours, 2.2 MB."""


@dataclass(frozen=True, eq=False)
class Weather(Value):
    """Weather at one place, aligned to a run's timeline, complete and free of NaN.

    Every series has shape (..., T): leading axes (years, members) are free and equal.

    Parameters
    ----------
    place : str
        Name of the data: station, file or climate point.
    latitude, longitude : float
        Where it was measured, used for the sun's position. [°] north, east
    elevation_m : float
        Ground above sea level where it was measured. [m]
    timeline : Timeline
        The T intervals.
    ghi_w_m2, dni_w_m2, dhi_w_m2 : ndarray, shape (..., T)
        Global horizontal, direct normal, diffuse horizontal irradiance, interval means. [W m⁻²]
    temperature_c : ndarray, shape (..., T)
        Air at 2 m. [°C]
    wind_speed_m_s : ndarray, shape (..., T)
        At ``wind_height_m`` above ground. [m s⁻¹]
    wind_height_m : float
        [m]
    pressure_pa : ndarray, shape (..., T)
        At the ground of the place, not reduced to the sea. [Pa]
    relative_humidity_percent : ndarray, shape (..., T)
        0 to 100. [%]
    snow_depth_m, precipitation_mm, wind_direction_deg : ndarray, shape (..., T), optional
        Snow on the ground [m]; sum of the interval [mm]; from where, clockwise from north [°].
    wind_speed_second_m_s : ndarray, shape (..., T), optional
        At ``wind_second_height_m``, of the same air: shear is then known, not assumed. [m s⁻¹]
    wind_second_height_m : float, optional
        Above ground, above or below ``wind_height_m``; given with that series, and only so. [m]
    sun_lag_hours : float
        Lag of the irradiance series behind the interval middle: the sun of interval ``k`` is at
        its position ``sun_lag_hours`` before that middle. [h]
    notices : tuple of str
        Notices on these data for readers of the results.
    """

    place: str
    latitude: float
    longitude: float
    elevation_m: float
    timeline: Timeline
    ghi_w_m2: Array
    dni_w_m2: Array
    dhi_w_m2: Array
    temperature_c: Array
    wind_speed_m_s: Array
    wind_height_m: float
    pressure_pa: Array
    relative_humidity_percent: Array
    snow_depth_m: Array | None = None
    precipitation_mm: Array | None = None
    wind_direction_deg: Array | None = None
    wind_speed_second_m_s: Array | None = None
    wind_second_height_m: float | None = None
    sun_lag_hours: float = 0.0
    notices: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", visible(self.place))
        object.__setattr__(self, "notices", tuple(visible(text) for text in self.notices))
        check_wind_heights(
            self.place,
            self.wind_height_m,
            self.wind_second_height_m,
            self.wind_speed_second_m_s is not None,
        )
        shape = np.shape(self.ghi_w_m2)
        sunlit = highest_sun_deg(self.latitude, self.timeline) >= HIGH_SUN_DEG
        for name in SERIES_UNITS:
            given = getattr(self, name)
            if given is None:
                continue
            values = np.asarray(given, dtype=np.float64)
            if values.shape != shape or values.shape[-1:] != (self.timeline.steps,):
                raise WeatherError(
                    f"{self.place}: {name} has shape {values.shape}, "
                    f"expected {(*shape[:-1], self.timeline.steps)} as the timeline has it"
                )
            bad = ~np.isfinite(values).all(axis=tuple(range(values.ndim - 1)))
            if bad.any():
                raise WeatherError(
                    f"{self.place}: {name} holds NaN or inf in {bad.sum()} intervals, first at "
                    f"interval {int(np.argmax(bad))}; fill the gap first"
                )
            problem = unit_problem(name, values, self.timeline.hours, sunlit=sunlit)
            if problem is not None:
                raise WeatherError(f"{self.place}: {problem}")
            values = values.view()
            values.setflags(write=False)
            object.__setattr__(self, name, values)

    def parts(self, steps_at_once: int = STEPS_AT_ONCE) -> Iterator[tuple[slice, Weather]]:
        """The same weather in pieces of its first leading axis; itself where there is none.

        Intermediate arrays of many years then need no more memory than those of one piece.

        Parameters
        ----------
        steps_at_once : int
            Most values of a series in one piece; one entry of the axis goes through in any case.

        Yields
        ------
        rows : slice
            Of the first axis; of all of time where there is no other.
        weather : Weather
        """
        shape = self.ghi_w_m2.shape
        each = self.ghi_w_m2[:1].size
        if len(shape) == 1 or self.ghi_w_m2.size <= steps_at_once:
            yield slice(None), self
            return
        count = max(steps_at_once // each, 1)
        for first in range(0, shape[0], count):
            rows = slice(first, first + count)
            series: dict[str, Any] = {name: values[rows] for name, values in self.series().items()}
            yield rows, replace(self, **series)

    def series(self) -> dict[str, Array]:
        """All series that are present, by name, each of shape (..., T)."""
        names = [f.name for f in fields(self) if f.name in SERIES_UNITS]
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def check_wind_heights(
    name: str, height_m: float, second_height_m: float | None, has_second: bool
) -> None:
    """Raise for heights of wind without a valid shear.

    Parameters
    ----------
    name : str
        Of the place or file, in messages.
    height_m : float
        Of the wind above ground. [m]
    second_height_m : float or None
        Of the second wind, if there is one. [m]
    has_second : bool
        Whether there is a second series of wind.

    Raises
    ------
    WeatherError
        If a height is not above 0, the two are the same, or the second lacks its series or the
        series its height.
    """
    if has_second and second_height_m is None:
        raise WeatherError(
            f"{name}: holds wind_speed_second_m_s, but not its height; declare wind_second_height_m"
        )
    if second_height_m is not None and not has_second:
        raise WeatherError(
            f"{name}: wind_second_height_m = {second_height_m:g}, but there is no "
            "wind_speed_second_m_s; add that series or take the height out"
        )
    for key, value in (("wind_height_m", height_m), ("wind_second_height_m", second_height_m)):
        if value is not None and not (value > 0.0 and np.isfinite(value)):
            raise WeatherError(f"{name}: {key} = {value:g}; expected a height above 0 m")
    if second_height_m == height_m:
        raise WeatherError(
            f"{name}: wind_height_m and wind_second_height_m are both {height_m:g}; two "
            "different heights are needed"
        )
