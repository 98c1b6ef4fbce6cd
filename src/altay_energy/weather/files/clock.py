"""The clock check: sunlight against the sun's position at shifts of -12 to +12 hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.weather.files.file import WeatherFile, clock_name

CLOCK_TOLERANCE_HOURS = (-0.35, 0.8)
"""Lags that are accepted with a notice and corrected [h].

Instants at the beginning of their hour are half an hour late, as in real typical years. No known
convention is half an hour early; half-hourly values may be a quarter early. The tolerance is
below the whole hour of a wrong label.
"""

AGREEMENT_HOURS = 0.4
"""Largest difference of an accepted shift from the one found. [h]"""

RESOLUTION_HOURS = 0.25
"""Step of the search, to which the lag is rounded before it is corrected. [h]"""

MAX_DAYS = 366
"""Number of days that are used, evenly spread over the file."""

SUNNY_SHARE = 0.35
"""Share of extraterrestrial energy above which a day counts as sunny."""

SUNNY_DAYS_NEEDED = 5
DAY_WITH_SUN_W_M2 = 30.0
"""Daily mean extraterrestrial irradiance below which a day belongs to the polar night."""

CORRELATION_NEEDED = 0.6
CONTRAST_NEEDED = 0.15
"""Least difference between the best and the worst correlation, as for the sun of a polar day."""

SOLAR_CONSTANT = 1366.1
NIGHT_LIGHT_W_M2 = 5.0

_SHIFTS = np.arange(-12.0, 12.0 + RESOLUTION_HOURS / 2, RESOLUTION_HOURS)


@dataclass(frozen=True)
class ClockReport:
    """Result of the clock check.

    Parameters
    ----------
    file : str
        Name of the file.
    utc_offset_hours : float
        The clock as declared. [h]
    can_tell : bool
        Whether there is enough sun to judge; if not, the other figures are not valid.
    lag_hours : float
        Lag of the sunlight in the file behind the sun: positive is late. [h]
    correlation_best, correlation_as_labelled : float
        Of sunlight with the sun's height, within days, at that lag and at none. [-]
    night_intervals : int
        Intervals with more than 5 W/m² while the sun is down, as labelled.
    sunny_days : int
        Days that hold more than 35 % of the extraterrestrial energy.
    """

    file: str
    utc_offset_hours: float
    can_tell: bool
    lag_hours: float
    correlation_best: float
    correlation_as_labelled: float
    night_intervals: int
    sunny_days: int

    @property
    def rounded_lag_hours(self) -> float:
        """The lag rounded to a quarter of an hour, which is corrected or accepted. [h]"""
        return round(self.lag_hours / RESOLUTION_HOURS) * RESOLUTION_HOURS + 0.0

    @property
    def within_tolerance(self) -> bool:
        """Whether the lag is small enough to be corrected without being accepted."""
        low, high = CLOCK_TOLERANCE_HOURS
        return not self.can_tell or low <= self.lag_hours <= high

    def summary(self) -> str:
        """One sentence: lag and correlation."""
        if not self.can_tell:
            return (
                f"the clock could not be checked: {self.sunny_days} sunny days and a correlation "
                f"of at most {self.correlation_best:.2f} are too little"
            )
        if self.rounded_lag_hours == 0.0:
            return f"sunlight agrees with the sun (r {self.correlation_best:.2f})"
        runs, fits = ("later", "earlier") if self.lag_hours > 0 else ("earlier", "later")
        hours = f"{_hours(abs(self.rounded_lag_hours))} h"
        return (
            f"sunlight runs {hours} {runs} than the sun and fits best {hours} {fits} "
            f"(r {self.correlation_best:.2f}; {self.correlation_as_labelled:.2f} as labelled)"
        )

    def refusal(self, site: str = "SITE") -> str:
        """Message: lag, probable clock, and how to accept it.

        Parameters
        ----------
        site : str
            Name of the site in the scenario.

        Returns
        -------
        str
        """
        return (
            f"{self.file}: {self.summary()}{self._question()} "
            "If its clock is another one, declare utc_offset_hours for the file; if only the "
            f"sunlight is shifted, accept it with [weather.clock_shift_hours] {site} = "
            f"{_hours(self.rounded_lag_hours)}"
        )

    def _question(self) -> str:
        """The probable clock, where the lag is that of a known mistake."""
        fitting = self.utc_offset_hours + self.lag_hours
        low, high = CLOCK_TOLERANCE_HOURS
        for clock, name in ((0.0, "UTC"), (6.0, "Xinjiang time (UTC+6)"), (8.0, "Beijing time")):
            if low <= fitting - clock <= high:
                return f": is it {name}?"
        if abs(self.rounded_lag_hours) == 1.0:
            end = "end" if self.lag_hours > 0 else "beginning"
            return f": are stamps the {end} of the hour, or is the clock on daylight saving time?"
        whole = self.utc_offset_hours + self.rounded_lag_hours
        if whole % 1.0 == 0.0 and -12.0 <= whole <= 14.0:
            return f": is the clock {clock_name(whole)}?"
        return "."


def clock_check(file: WeatherFile) -> ClockReport:
    """Compare the sunlight of a file with the sun over its place.

    Parameters
    ----------
    file : WeatherFile
        With its place known.

    Returns
    -------
    ClockReport

    Notes
    -----
    Global irradiance is correlated with the cosine of the sun's zenith angle at the middle of the
    intervals, 0 at night, both less their means over each day, so that season and weather have
    no effect; the sun is moved in steps of a quarter hour and a parabola through the three best
    gives the lag. Declination and equation of time are Spencer's [1]_, good to half a degree.

    References
    ----------
    .. [1] J. W. Spencer, "Fourier series representation of the position of the sun", Search 2(5),
       172, 1971; through ``pvlib.solarposition``.
    """
    latitude, longitude = file.coordinates()
    per_day = file.per_day
    days = file.times.size // per_day
    chosen = np.unique(np.linspace(0, days - 1, min(days, MAX_DAYS)).round().astype(int))
    ghi = file.series["ghi_w_m2"][: days * per_day].reshape(days, per_day)[chosen]
    begin = file.times[: days * per_day].reshape(days, per_day)[chosen]
    middle = begin + np.timedelta64(file.step_seconds // 2, "s")
    level, swing, hour_angle = _sun(latitude, longitude, middle)

    correlation = np.array(
        [
            _correlation(ghi, _height(level, swing, hour_angle, shift))
            for shift in np.radians(15.0 * _SHIFTS)
        ]
    )
    lag, best = _peak(correlation)
    at_lag = SOLAR_CONSTANT * _height(level, swing, hour_angle, np.radians(15.0 * lag)).mean(axis=1)
    # A day in other units than W/m² is reported by the range check.
    sunny = (at_lag > DAY_WITH_SUN_W_M2) & (ghi.mean(axis=1) > SUNNY_SHARE * at_lag)
    can_tell = bool(
        sunny.sum() >= SUNNY_DAYS_NEEDED
        and best >= CORRELATION_NEEDED
        and best - correlation.min() >= CONTRAST_NEEDED
    )
    return ClockReport(
        file=file.name,
        utc_offset_hours=file.utc_offset_hours,
        can_tell=can_tell,
        lag_hours=lag if can_tell else 0.0,
        correlation_best=best,
        correlation_as_labelled=float(correlation[_SHIFTS.size // 2]),
        night_intervals=night_intervals(file),
        sunny_days=int(sunny.sum()),
    )


def settled_lag(
    report: ClockReport, accepted_lag_hours: float | None = None, site: str = "SITE"
) -> tuple[float, str]:
    """Return the lag to correct, and its notice.

    Parameters
    ----------
    report : ClockReport
        Result of the check.
    accepted_lag_hours : float or None
        Lag of the sunlight that the scenario accepts; positive is late. [h]
    site : str
        Name of the site in the scenario.

    Returns
    -------
    lag_hours : float
        [h]
    notice : str

    Raises
    ------
    WeatherError
        If the lag is too large without acceptance, or another one was accepted.
    """
    if accepted_lag_hours is None:
        if not report.within_tolerance:
            raise WeatherError(report.refusal(site))
        corrected = "; corrected" if report.rounded_lag_hours else ""
        return report.rounded_lag_hours, report.summary() + corrected
    accepted = f"clock_shift_hours = {_hours(accepted_lag_hours)}"
    apart = (accepted_lag_hours - report.lag_hours + 12.0) % 24.0 - 12.0
    if report.can_tell and abs(apart) > AGREEMENT_HOURS:
        expected = f"expected {_hours(report.rounded_lag_hours)}"
        raise WeatherError(
            f"{report.file}: {accepted} of {site} does not fit: {report.summary()}; "
            + ("leave it out" if report.within_tolerance else expected)
        )
    return accepted_lag_hours, f"{report.summary()}; accepted as {accepted} and corrected"


def cos_zenith(latitude: float, longitude: float, utc: Times) -> Array:
    """Cosine of the sun's zenith angle, negative by night, good to 0.012.

    Parameters
    ----------
    latitude, longitude : float
        [°] north, east
    utc : ndarray of datetime64[s], shape (...)
        Instants.

    Returns
    -------
    ndarray, shape (...)

    References
    ----------
    .. [1] J. W. Spencer, Search 2(5), 172, 1971.
    """
    level, swing, hour_angle = _sun(latitude, longitude, utc)
    return level + swing * np.cos(hour_angle)


def night_intervals(file: WeatherFile, lag_hours: float = 0.0) -> int:
    """Intervals with more than 5 W/m² that lie wholly in the night.

    Parameters
    ----------
    file : WeatherFile
    lag_hours : float
        [h]

    Returns
    -------
    int
    """
    latitude, longitude = file.coordinates()
    first = file.times - np.timedelta64(round(lag_hours * 3600), "s")
    last = first + np.timedelta64(file.step_seconds, "s")
    horizon = np.sin(np.radians(-0.833))  # upper limb and refraction, the definition of sunrise
    ends = np.maximum(cos_zenith(latitude, longitude, first), cos_zenith(latitude, longitude, last))
    return int(((ends < horizon) & (file.series["ghi_w_m2"] > NIGHT_LIGHT_W_M2)).sum())


def _sun(latitude: float, longitude: float, utc: Times) -> tuple[Array, Array, Array]:
    """Level and swing of the cosine of zenith [-], and hour angle [rad]: level + swing cos(h)."""
    from pvlib import solarposition

    day = utc.astype("datetime64[D]")
    day_of_year = (day - day.astype("datetime64[Y]")).astype(np.float64) + 1.0
    hours = (utc - day).astype("timedelta64[s]").astype(np.float64) / 3600.0
    declination = solarposition.declination_spencer71(day_of_year)
    minutes = solarposition.equation_of_time_spencer71(day_of_year)
    hour_angle = np.radians(15.0 * (hours - 12.0) + longitude + minutes / 4.0)
    phi = np.radians(latitude)
    return np.sin(phi) * np.sin(declination), np.cos(phi) * np.cos(declination), hour_angle


def _height(level: Array, swing: Array, hour_angle: Array, shift: float) -> Array:
    """Cosine of zenith as it was ``shift`` [rad] of Earth's turning before, 0 at night."""
    return np.maximum(level + swing * np.cos(hour_angle - shift), 0.0)


def _correlation(light: Array, height: Array) -> float:
    """Correlation within days, shape (days, intervals) each."""
    a = light - light.mean(axis=1, keepdims=True)
    b = height - height.mean(axis=1, keepdims=True)
    norm = np.sqrt(np.sum(a * a) * np.sum(b * b))
    return float(np.sum(a * b) / norm) if norm > 0 else 0.0


def _peak(correlation: Array) -> tuple[float, float]:
    """Lag [h] and height of the best correlation; the ends of the search are one."""
    k = int(np.argmax(correlation))
    turn = _SHIFTS.size - 1
    before, at, after = correlation[(k - 1) % turn], correlation[k], correlation[(k + 1) % turn]
    bend = before - 2.0 * at + after
    offset = 0.5 * (before - after) / bend if bend < 0 else 0.0
    lag = _SHIFTS[k] + RESOLUTION_HOURS * float(np.clip(offset, -0.5, 0.5))
    return float(lag), float(at)


def _hours(value: float) -> str:
    """``8.0``, ``-1.5``, ``0.25``."""
    text = f"{value:.2f}"
    return text[:-1] if text.endswith("0") else text
