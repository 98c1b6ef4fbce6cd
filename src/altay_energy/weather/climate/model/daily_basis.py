"""Parameters of climate points day by day, for the noise of any year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from altay_energy.core.units import Array
from altay_energy.weather.climate.model.noise import (
    DAILY,
    HOURS,
    residual_covariance,
    smooth_weights,
    straight_weights,
    to_hours,
)
from altay_energy.weather.climate.model.station import MONTHLY, SHAPES, Station
from altay_energy.weather.climate.model.tables import (
    ClimatePoint,
    ClimateTables,
    block_basis,
    straight_basis,
    yearly_basis,
)

SMOOTH = ("temperature_c", "clearness_mean", "humidity_percent", "pressure_offset_pa")
"""Quantities whose monthly means are kept; the others are interpolated linearly."""

LEAST_INNOVATION = 0.02
"""Least share of the variance of a day that is independent of the day before. [-]"""

LONGEST_MEMORY = 0.96
"""Largest eigenvalue of the autoregression from day to day. [-]"""

FIRN_DAYS = 105
"""Days from the warmest day of the mean year to the beginning of the snow season: 1 November
where July is warmest."""


@dataclass(frozen=True, eq=False)
class Sites:
    """Q points through one kind of year, common or leap after common or leap.

    Daily arrays cover W days: the year before, the year and 1 January after. All are read-only
    and do not depend on the other points.

    Parameters
    ----------
    places : tuple of ClimatePoint
    rows : tuple of int
        Of the places among the points of their table.
    days : int
        Of the year.
    curve : dict of str to ndarray, shape (Q, W)
        Monthly quantities as daily curves.
    shape : dict of str to ndarray, shape (Q, W, K)
        Distributions; that of wind in m/s.
    memory : ndarray, shape (Q, 5, 5)
        Of the daily processes from one day to the next.
    gain : ndarray, shape (Q, W, 5, 5)
        From white noise to the innovations of a day, lower triangular.
    scale : ndarray, shape (5, Q, W)
        Standard deviation of the resulting processes.
    course : dict of str to ndarray, shape (Q, D, 24)
        Mean days of temperature [K], humidity [%] and wind [-].
    noon : ndarray, shape (Q, 24)
        Weight of the hours of a day for its sunlight.
    """

    places: tuple[ClimatePoint, ...]
    rows: tuple[int, ...]
    days: int
    curve: dict[str, Array]
    shape: dict[str, Array]
    memory: Array
    gain: Array
    scale: Array
    course: dict[str, Array]
    noon: Array

    @cached_property
    def swing_mean_k(self) -> Array:
        """Effect of the daily range on the mean of a day, shape (3, Q, D). [K]

        For each unit of the range of yesterday, today and tomorrow.
        """
        mean = self.course["temperature"] @ straight_weights() / HOURS
        return np.ascontiguousarray(np.moveaxis(mean, -1, 0))

    def first_days(self, before: int, last: int) -> Sites:
        """Return the same with only the first days of the year.

        Parameters
        ----------
        before, last : int
            Days of the year before, all of which are kept, and of the year.
        """
        kept = slice(0, before + last + 1)
        return replace(
            self,
            days=last,
            curve={key: values[:, kept] for key, values in self.curve.items()},
            shape={key: values[:, kept] for key, values in self.shape.items()},
            gain=self.gain[:, kept],
            scale=self.scale[..., kept],
            course={key: values[:, :last] for key, values in self.course.items()},
        )

    def scalar(self, key: str) -> Array:
        """A figure of the whole year, shape (Q, 1)."""
        return np.array([[place.station.scalars[key]] for place in self.places])

    def year(self, daily: Array) -> Array:
        """The days of the year within the window, shape (..., D)."""
        return daily[..., -self.days - 1 : -1]

    def around(self, daily: Array) -> Array:
        """The days of the year with one before and one after, shape (..., D + 2)."""
        return daily[..., -self.days - 2 :]


def sites_of(
    tables: ClimateTables, places: tuple[ClimatePoint, ...], before: int, days: int
) -> Sites:
    """Daily parameters of points for a year.

    Parameters
    ----------
    tables : ClimateTables
    places : tuple of ClimatePoint
        From the tables, with or without warming.
    before, days : int
        Days of the year before and of the year.

    Returns
    -------
    Sites
    """
    window = [(before, slice(None)), (days, slice(None)), (before, slice(0, 1))]

    def spread(basis: Callable[[int], Array], monthly: Array) -> Array:
        parts = [np.einsum("dm,m...->d...", basis(n)[cut], monthly) for n, cut in window]
        return np.concatenate(parts)

    stations = [place.station for place in places]
    curve = {}
    for key in MONTHLY:
        basis = yearly_basis if key in SMOOTH else straight_basis
        curve[key] = np.stack([spread(basis, s.monthly[key]) for s in stations])
    shape = {
        key: np.stack([spread(straight_basis, s.shapes[key]) for s in stations]) for key in SHAPES
    }
    # Speeds, not shares, are interpolated between months: a calm month has another distribution.
    speeds = [s.shapes["wind_shape"] * s.monthly["wind_m_s"][:, None] for s in stations]
    shape["wind_shape"] = np.stack([spread(block_basis, each) for each in speeds])
    kin = [_kinship(s) for s in stations]
    gain = np.stack([_over(window, gains) for _, gains, _ in kin])
    scale = np.stack([_over(window, scales) for _, _, scales in kin])
    year = slice(before, before + days)
    solar = np.stack([_solar_hour(place, tables.utc_offset_hours) for place in places])
    names = list(tables.points)
    return Sites(
        places=places,
        rows=tuple(names.index(place.name) for place in places),
        days=days,
        curve=curve,
        shape=shape,
        memory=np.stack([memory for memory, _, _ in kin]),
        gain=gain,
        scale=np.moveaxis(scale, -1, 0),
        course={
            "temperature": _course(curve, solar, year, "temperature_{}_k", 3),
            "humidity": _course(curve, solar, year, "humidity_{}_percent", 2),
            "wind": _course(curve, solar, year, "wind_{}", 2),
        },
        noon=np.maximum(np.cos(2.0 * np.pi * (solar - 12.0) / HOURS), 0.0) ** 2,
    )


def _over(window: list[tuple[int, slice]], yearly: Array) -> Array:
    """365 daily values over the days of the window; 29 February repeats the day before."""
    parts = []
    for days, cut in window:
        index = np.arange(days) - (np.arange(days) > 58) * (days - 365)
        parts.append(yearly[index][cut])
    return np.concatenate(parts)


@lru_cache(maxsize=256)
def _kinship(station: Station) -> tuple[Array, Array, Array]:
    """Autoregression (5, 5), gains (365, 5, 5) and deviations (365, 5) of the daily processes."""
    mean = station.correlation.mean(0)
    memory = station.lag1 @ np.linalg.inv(mean)
    longest = np.abs(np.linalg.eigvals(memory)).max()
    memory *= min(1.0, LONGEST_MEMORY / longest) if longest > 0.0 else 1.0
    wanted = station.correlation - memory @ station.correlation @ memory.T
    value, vector = np.linalg.eigh(0.5 * (wanted + np.swapaxes(wanted, -1, -2)))
    monthly = (vector * np.maximum(value, LEAST_INNOVATION)[:, None, :]) @ np.swapaxes(
        vector, -1, -2
    )
    anew = np.einsum("dm,mij->dij", straight_basis(365), monthly)
    gains = np.linalg.cholesky(anew)
    spreads = np.empty((365, len(DAILY)))
    variance = anew.mean(0)
    for _ in range(60):  # to the mean state
        variance = memory @ variance @ memory.T + anew[0]
    for lap in (0, 1):
        for day in range(365):
            variance = memory @ variance @ memory.T + anew[day]
            if lap:
                spreads[day] = np.sqrt(np.diag(variance))
    return memory, gains, spreads


def _solar_hour(place: ClimatePoint, utc_offset_hours: float) -> Array:
    """Mean solar time at the middles of the clock's hours, shape (24,). [h]"""
    hours = np.arange(HOURS, dtype=np.float64) + 0.5 - utc_offset_hours + place.longitude / 15.0
    return np.asarray(hours % HOURS, dtype=np.float64)


def _course(curve: dict[str, Array], solar: Array, year: slice, name: str, waves: int) -> Array:
    """Mean day of a quantity, shape (Q, D, 24)."""
    angle = 2.0 * np.pi * solar[:, None, :] / HOURS
    total = np.zeros(())
    for k in range(1, waves + 1):
        c, s = (curve[name.format(f"{letter}{k}")][:, year, None] for letter in "cs")
        total = total + c * np.cos(k * angle) + s * np.sin(k * angle)
    return np.asarray(total, dtype=np.float64)


@lru_cache(maxsize=512)
def wind_scale(
    day_share: float, hour_std: float, lag1: float, white: float, day_lag1: float
) -> Array:
    """Standard deviation of wind at each hour of the day, as a normal deviate, shape (24,). [-]"""
    alike = day_lag1 ** np.abs(np.arange(3)[:, None] - np.arange(3)).astype(np.float64)
    weights = smooth_weights()
    slow = np.einsum("hi,ij,hj->h", weights, alike, weights)
    variance = day_share * slow + hour_std**2 * residual_shape(lag1, white) ** 2
    return np.asarray(np.sqrt(variance), dtype=np.float64)


@lru_cache(maxsize=512)
def residual_shape(lag1: float, white: float) -> Array:
    """Deviation of each hour within the day over that of the whole day, shape (24,). [-]"""
    variance = np.diagonal(residual_covariance(lag1, white)[:, :HOURS])
    result: Array = np.sqrt(variance / variance.mean())
    return result


def straight(daily: Array) -> Array:
    """Days (..., D + 2) interpolated linearly from noon to noon, shape (..., 24 D)."""
    return to_hours(daily, straight_weights())


def smoothly(daily: Array) -> Array:
    """Days (..., D + 2) interpolated so that each keeps its mean, shape (..., 24 D)."""
    return to_hours(daily, smooth_weights())
