"""The ``WeatherFile`` value: content of a weather file, on that file's own clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from altay_energy.core.errors import WeatherError, visible
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import stamp
from altay_energy.weather.series import SERIES_UNITS, check_wind_heights

RAW_UNITS: Mapping[str, str] = {**SERIES_UNITS, "dew_point_c": "degC"}
"""Every series a file can hold and its unit after reading."""

WIND = ("wind_speed_m_s", "wind_speed_second_m_s", "wind_direction_deg")
"""Series of a file of wind alone."""

ODD_VALUE_SHARE = 1e-3
"""Share of the values of a series that may lie slightly outside its range. [-]"""

REQUIRED = ("ghi_w_m2", "temperature_c", "wind_speed_m_s")
"""Series that no model can replace; others are derived by a named rule, or refused."""


@dataclass(frozen=True, eq=False)
class WeatherFile:
    """Content of one weather file: complete, regular, in our units, each value an interval mean.

    Parameters
    ----------
    name : str
        File name in messages.
    format : str
        A name of ``formats.registry.FORMATS``.
    place : str
        Name of its place in the file.
    latitude, longitude, elevation_m : float or None
        None where not given; then those of the site are used. [°], [°], [m]
    utc_offset_hours : float
        The file's own clock minus UTC. [h]
    times : ndarray of datetime64[s], shape (N,)
        Beginning of each interval in UTC, whatever the stamps of the format mean. A typical year
        has a nominal year.
    step_hours : float
        Length of an interval. [h]
    series : mapping of str to ndarray, shape (N,)
        By the names of ``RAW_UNITS``, free of NaN; missing series are absent.
    wind_height_m : float
        Height of the wind above ground. [m]
    typical : bool
        Whether the years are mixed or nominal, so that any year may be read from it.
    sha256 : str
        Of the file's bytes.
    notices : tuple of str
        Notices for readers of the results.
    wind_second_height_m : float, optional
        Height of ``wind_speed_second_m_s``, given with that series. [m]
    wants : tuple of str
        What is missing for a run, with the remedy. Only ``read_weather`` with
        ``whole=False`` gives such a file, to be described.
    odd_value_share : float
        Share of the values of a series that may lie slightly outside its range and are then set
        to its bound, counted; 0 refuses any. [-]
    """

    name: str
    format: str
    place: str
    latitude: float | None
    longitude: float | None
    elevation_m: float | None
    utc_offset_hours: float
    times: Times
    step_hours: float
    series: Mapping[str, Array]
    wind_height_m: float
    typical: bool
    sha256: str
    notices: tuple[str, ...] = field(default=())
    wind_second_height_m: float | None = None
    wants: tuple[str, ...] = field(default=())
    odd_value_share: float = ODD_VALUE_SHARE

    def __post_init__(self) -> None:
        for key in ("name", "place"):  # untrusted text that is shown
            object.__setattr__(self, key, visible(str(getattr(self, key))))
        object.__setattr__(self, "notices", tuple(visible(text) for text in self.notices))
        check_wind_heights(
            self.name,
            self.wind_height_m,
            self.wind_second_height_m,
            "wind_speed_second_m_s" in self.series,
        )
        times = np.asarray(self.times).astype("datetime64[s]")
        for values in (times, *self.series.values()):
            values.setflags(write=False)
            if values.shape != times.shape:
                raise WeatherError(f"{self.name}: series and times differ in length")
        object.__setattr__(self, "times", times)
        unknown = sorted(set(self.series) - set(RAW_UNITS))
        if unknown:
            raise WeatherError(f"{self.name}: no series is called {', '.join(unknown)}")

    @property
    def wind_only(self) -> bool:
        """Whether it holds wind and neither sunlight nor temperature."""
        return not set(self.series) - set(WIND)

    @property
    def step_seconds(self) -> int:
        """Length of an interval. [s]"""
        return round(self.step_hours * 3600)

    @property
    def local(self) -> Times:
        """Beginning of each interval on the file's own clock, shape (N,)."""
        return self.times + np.timedelta64(round(self.utc_offset_hours * 3600), "s")

    @property
    def per_day(self) -> int:
        """Intervals in a day."""
        return 86400 // self.step_seconds

    @property
    def has_leap_day(self) -> bool:
        """Whether 29 February is among the local days."""
        day = self.local.astype("datetime64[D]")
        month = day.astype("datetime64[M]")
        february = month.astype(np.int64) % 12 == 1
        return bool((february & ((day - month).astype(np.int64) == 28)).any())

    def located(self, latitude: float, longitude: float, elevation_m: float) -> WeatherFile:
        """The same file, with this place where it gives none.

        Parameters
        ----------
        latitude, longitude : float
            [°] north, east
        elevation_m : float
            [m]

        Returns
        -------
        WeatherFile
        """
        return replace(
            self,
            latitude=latitude if self.latitude is None else self.latitude,
            longitude=longitude if self.longitude is None else self.longitude,
            elevation_m=elevation_m if self.elevation_m is None else self.elevation_m,
        )

    def coordinates(self) -> tuple[float, float]:
        """Latitude and longitude [°].

        Raises
        ------
        WeatherError
            If the file gives none.
        """
        if self.latitude is None or self.longitude is None:
            self.location()
        return float(self.latitude or 0.0), float(self.longitude or 0.0)

    def location(self) -> tuple[float, float, float]:
        """Latitude, longitude [°] and elevation [m].

        Raises
        ------
        WeatherError
            If the file gives none.
        """
        missing = [
            name for name in ("latitude", "longitude", "elevation_m") if getattr(self, name) is None
        ]
        if self.latitude is None or self.longitude is None or self.elevation_m is None:
            raise WeatherError(
                f"{self.name}: the file does not say where it was measured; "
                f"declare {', '.join(missing)}"
            )
        return self.latitude, self.longitude, self.elevation_m

    def span(self) -> str:
        """First and last local instant, as text."""
        first, last = self.local[0], self.local[-1] + np.timedelta64(self.step_seconds, "s")
        if self.typical:
            days = self.times.size // self.per_day
            return f"{_day_time(first)} on, {days} days of a typical year"
        return f"{_stamp(first)} to {_stamp(last)} ({clock_name(self.utc_offset_hours)})"


def clock_name(utc_offset_hours: float) -> str:
    """``UTC+8`` for 8, ``UTC-3:30`` for -3.5, ``UTC`` for 0; seconds where there are any.

    Parameters
    ----------
    utc_offset_hours : float
        [h]

    Returns
    -------
    str
    """
    minutes, seconds = divmod(round(abs(utc_offset_hours) * 3600), 60)
    if minutes == seconds == 0:
        return "UTC"
    sign = "-" if utc_offset_hours < 0 else "+"
    rest = f":{minutes % 60:02d}" if minutes % 60 or seconds else ""
    return f"UTC{sign}{minutes // 60}{rest}" + (f":{seconds:02d}" if seconds else "")


def _stamp(time: np.datetime64) -> str:
    return stamp(time)


def _day_time(time: np.datetime64) -> str:
    return _stamp(time)[5:]
