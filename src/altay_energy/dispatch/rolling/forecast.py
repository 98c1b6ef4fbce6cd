r"""Synthetic forecasts of wind, sun and load with realistic errors.

A forecast of an hour t, issued at s, with a lead of τ = t - s, is

.. math::

    f = \mathrm{clip}(\mu + \sigma(\tau)\, z(s, t),\; 0,\; \hat a_t), \qquad
    \sigma(\tau) \propto \sqrt{1 - e^{-\tau / \theta}}

as the uncertainty of an Ornstein-Uhlenbeck process grows with τ; θ follows from the errors 24 hours
and many days ahead. The centre μ of each hour is chosen such that the mean of the clipped value is
the actual power, so forecasts are unbiased within their bounds. The upper bound is the rated power
for wind and, for sun, the highest power of the plant at that time of day within 15 days, so that
nights stay at 0. σ is increased until the root mean square error over the period is the declared
one, since clipping reduces it. In hours of zero or full power errors are smaller than those of real
forecasts.

z is normal with variance 1 and correlated within a forecast, between forecasts and between plants:

.. math::

    z = \sqrt{r}\, u(t) + \sqrt{1 - r}\, v_s(t), \qquad
    u, v = \sqrt{c}\, (\text{of the kind}) + \sqrt{1 - c}\, (\text{of the plant})

with first-order autoregressions u, shared by all issues, and v of each issue alone, the correlation
r between issues and c between plants of a kind. The random numbers are counter-based: each is a
hash of seed, plant, issue and lead. The error of an hour therefore does not depend on the length or
number of forecasts. Errors of the load are relative; hydropower has none.

References
----------
.. [1] Methaprayoon et al., "An integration of ANN wind power estimation into unit commitment
   considering the forecasting uncertainty", IEEE Transactions on Industry Applications 43(6), 2007.
.. [2] Pinson et al., "From probabilistic forecasts to statistical scenarios of short-term wind
   power production", Wind Energy 12(1), 51-62, 2009 (errors normal and correlated over lead times).
.. [3] Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from altay_energy.components.settings.rolling import ForecastSettings
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem

Integers = NDArray[np.int64]

DAYS_ALIKE = 15
"""Days on each side whose highest power at a time of day bounds a solar forecast. [d]"""

_CENTRES = np.linspace(-4.0, 5.0, 721)
_CHANCES = ndtri((np.arange(128) + 0.5) / 128)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_WIDTHS = np.geomspace(1e-3, 4.0, 32)


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts of W issues, each L steps ahead; 0 after the end of the period.

    Parameters
    ----------
    renewables : mapping of str to ndarray, shape (W, L)
        Available power of each plant. [MW]
    load_mw : ndarray, shape (W, L)
        Demand, flexible loads included. [MW]
    """

    renewables: Mapping[str, Array]
    load_mw: Array


def forecasts(
    problem: Problem, settings: ForecastSettings, issues: Integers, look_ahead: int
) -> Forecasts:
    """Generate forecasts for a problem with the errors of the settings.

    Parameters
    ----------
    problem : Problem
        Shape (T,): the actual values.
    settings : ForecastSettings
        Size and correlation of the errors, and the seed.
    issues : ndarray of int, shape (W,)
        First step of each forecast.
    look_ahead : int
        Steps of each forecast, L.

    Returns
    -------
    Forecasts
        Forecasts with errors for the load and for wind and solar plants (``wind.…``, ``solar.…``),
        without error for all other plants.
    """
    place = issues[:, np.newaxis] + np.arange(look_ahead)
    inside = place < problem.steps
    place = np.minimum(place, problem.steps - 1)

    def seen(series: Array) -> Array:
        return np.where(inside, problem.on_all(series)[place], 0.0)

    movable = problem.on_all(sum((f.demand_mw for f in problem.flexible_loads), np.zeros(())))
    actual = {name: seen(power) for name, power in problem.renewables.items()}
    load = seen(problem.load_mw)
    if settings.perfect:
        return Forecasts(actual, load)
    noise = _Noise(problem, settings, issues, look_ahead)
    shape = growth(settings, problem.step_hours, look_ahead)
    for name in problem.renewables:
        kind = name.partition(".")[0]
        error = {"wind": settings.wind_error, "solar": settings.solar_error}.get(kind, 0.0)
        bound = _bound(problem, name, kind)
        if error > 0.0 and bound.any():
            power = problem.on_all(problem.renewables[name])
            unit = np.divide(power, bound, out=np.zeros(power.shape), where=bound > 0.0)
            wrong = _clipped(unit, bound, error * bound.max(), shape, noise.of(kind, name), place)
            actual[name] = np.where(inside, wrong * bound[place], 0.0)
    if settings.load_error > 0.0:
        factor = 1.0 + settings.load_error * shape * noise.of("load", "load")
        still = seen(movable)
        load = still + np.maximum(load - still, 0.0) * np.maximum(factor, 0.0)
    return Forecasts(actual, load)


def growth(settings: ForecastSettings, step_hours: float, look_ahead: int) -> Array:
    """Error at each lead divided by the error 24 hours ahead, shape (L,). [-]

    Notes
    -----
    With a = saturation, ``a² (1 - exp(-24 / θ)) = 1`` gives θ.
    """
    theta = -24.0 / np.log1p(-(settings.saturation**-2.0))
    lead = settings.gate_hours + (np.arange(look_ahead) + 0.5) * step_hours
    return np.asarray(settings.saturation * np.sqrt(-np.expm1(-lead / theta)))


def _bound(problem: Problem, name: str, kind: str) -> Array:
    """Upper bound of the forecasts of a plant, shape (T,). [MW]"""
    power = problem.on_all(problem.renewables[name])
    if kind != "solar":
        return np.full(power.shape, power.max())
    day = round(24.0 / problem.step_hours)
    days = -(-power.size // day)
    by_day = np.pad(power, (0, days * day - power.size)).reshape(days, day)
    from scipy.ndimage import maximum_filter1d

    highest = maximum_filter1d(by_day, 2 * DAYS_ALIKE + 1, axis=0, mode="nearest")
    return np.asarray(highest.reshape(-1)[: power.size])


def _clipped(
    unit: Array, bound: Array, error: float, shape: Array, z: Array, place: Integers
) -> Array:
    """Forecasts as a share of their bound, shape (W, L): clipped, unbiased, with declared error."""
    light = bound > 0.0
    weight = np.where(light, bound, 0.0)
    means, spreads = _moments()
    # Root mean square error over hours with a bound, by width of the normal before clipping.
    left = [np.interp(unit[light], m, s) for m, s in zip(means, spreads, strict=True)]
    reached = np.sqrt([np.mean(weight[light] ** 2 * variance) for variance in left])
    widths = np.interp(error * shape, np.maximum.accumulate(reached), _WIDTHS)
    wrong = np.empty(z.shape)
    for k, width in enumerate(widths):
        mean = np.interp(width, _WIDTHS, np.arange(_WIDTHS.size))
        low = min(int(mean), _WIDTHS.size - 2)
        share = mean - low
        curve = (1.0 - share) * means[low] + share * means[low + 1]
        centre = np.interp(unit[place[:, k]], curve, _CENTRES)
        wrong[:, k] = np.clip(centre + width * z[:, k], 0.0, 1.0)
    # The mean is at a bound only if every value of the forecast is.
    at_end = unit[place]
    return np.asarray(np.where(at_end <= 0.0, 0.0, np.where(at_end >= 1.0, 1.0, wrong)))


@cache
def _moments() -> tuple[Array, Array]:
    """Mean and variance of clip(centre + width z, 0, 1), shapes (widths, centres)."""
    values = _CENTRES[:, np.newaxis] + _WIDTHS[:, np.newaxis, np.newaxis] * _CHANCES
    np.clip(values, 0.0, 1.0, out=values)
    mean = _clipped_mean(_CENTRES, _WIDTHS[:, np.newaxis])
    return mean, values.var(axis=-1)


def _clipped_mean(centre: Array, width: Array) -> Array:
    """Exact mean of clip(centre + width z, 0, 1)."""

    def above_zero(x: Array) -> Array:
        return np.asarray(x * ndtr(x) + np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi))

    return width * (above_zero(centre / width) - above_zero((centre - 1.0) / width))


class _Noise:
    """Correlated standard normal numbers z of each series, shape (W, L)."""

    def __init__(
        self, problem: Problem, settings: ForecastSettings, issues: Integers, look_ahead: int
    ) -> None:
        self.settings, self.issues, self.look_ahead = settings, issues, look_ahead
        self.steps = int(issues.max()) + look_ahead
        self.keep = float(np.exp(-problem.step_hours / settings.correlation_hours))
        self.place = issues[:, np.newaxis] + np.arange(look_ahead)
        self._kinds: dict[str, Array] = {}

    def of(self, kind: str, name: str) -> Array:
        """Numbers of one plant."""
        if kind not in self._kinds:
            self._kinds[kind] = self._both(f"kind {kind}")
        alike = self.settings.plant_correlation
        own = self._both(f"plant {name}")
        return np.asarray(np.sqrt(alike) * self._kinds[kind] + np.sqrt(1.0 - alike) * own)

    def _both(self, name: str) -> Array:
        share, lead = self.settings.issue_correlation, np.arange(self.look_ahead)
        steady = self._autoregression(self._white(f"all {name}", 0, np.arange(self.steps)))
        apart = self._autoregression(self._white(name, self.issues[:, np.newaxis], lead))
        return np.asarray(np.sqrt(share) * steady[self.place] + np.sqrt(1.0 - share) * apart)

    def _white(self, name: str, issue: Integers | int, place: Integers) -> Array:
        """Independent standard normal numbers, one for each issue and lead."""
        words = np.asarray([self.settings.seed, zlib.crc32(name.encode())], dtype=np.uint64)
        key = _mixed(_mixed(words[0]) ^ words[1])
        key = _mixed(key ^ np.asarray(issue, dtype=np.uint64))
        bits = _mixed(key + np.asarray(place, dtype=np.uint64) * _GOLDEN)
        return np.asarray(ndtri(((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53))

    def _autoregression(self, white: Array) -> Array:
        """A stationary first-order autoregression of variance 1 along the last axis."""
        pushed = white * np.sqrt(1.0 - self.keep**2)
        pushed[..., 0] = white[..., 0]
        from scipy.signal import lfilter  # half a second to load

        return np.asarray(lfilter([1.0], [1.0, -self.keep], pushed, axis=-1))


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash of integers, the finaliser of SplitMix64 [3]_: each bit depends on every input bit."""
    with np.errstate(over="ignore"):
        mixed = np.asarray(words + _GOLDEN)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))
