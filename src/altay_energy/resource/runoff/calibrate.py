"""Parameters of a catchment from a measured flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares

from altay_energy.core.errors import SeriesError
from altay_energy.core.units import Array
from altay_energy.resource.runoff.catchment import RANGES, Catchment
from altay_energy.resource.runoff.runoff import simulate

FITTED: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "precipitation_factor": (0.5, 4.0),
        "snowfall_factor": (0.6, 1.6),
        "lapse_k_km": (4.0, 8.0),
        "melt_mm_day_k": (1.5, 9.0),
        "melt_season_share": (0.0, 0.7),
        "melt_from_c": (-2.0, 2.0),
        "soil_mm": (30.0, 900.0),
        "evaporation_factor": (0.3, 1.6),
        "percolation_mm_day": (0.3, 8.0),
        "flood_mm": (2.0, 150.0),
        "fast_days": (3.0, 60.0),
        "slow_days": (30.0, 400.0),
        "route_days": (0.3, 8.0),
    }
)
"""What is fitted unless said otherwise, and between which values at first: a fit that ends on one
of them is widened, within ``resource.inflow.RANGES``."""

_YEAR = 365
_SETS_AT_ONCE = 8  # parameter sets; more only fill the memory
_STARTS = 3
_STEP = 1e-3  # of the range, for slopes
_AT_BOUND = 0.02  # of the range: distance within which a parameter counts as on its bound
_WIDENINGS = 4
_WORTH = 1e-4  # of the remaining sum of squares: least gain by which a bound is widened further


def nash_sutcliffe(modelled: Array, measured: Array) -> float:
    """Nash-Sutcliffe efficiency: 1 is perfect, 0 is no better than the measured mean. [-]

    Parameters
    ----------
    modelled, measured : ndarray, shape (N,)
        Flows of the same unit.

    Raises
    ------
    SeriesError
        If they are of different length, not finite, or nothing varies in the measured flow.

    References
    ----------
    .. [1] J. E. Nash and J. V. Sutcliffe, "River flow forecasting through conceptual models, part
       I", Journal of Hydrology 10, 282-290, 1970.
    """
    modelled, measured = np.asarray(modelled, np.float64), np.asarray(measured, np.float64)
    if modelled.shape != measured.shape:
        raise SeriesError(f"{modelled.size} modelled flows against {measured.size} measured ones")
    if not (np.isfinite(modelled).all() and np.isfinite(measured).all()):
        raise SeriesError("a flow is NaN or inf; leave out what was not measured")
    spread = float(np.sum((measured - measured.mean()) ** 2))
    if spread == 0.0:
        raise SeriesError("the measured flow never changes, so there is nothing to explain")
    return 1.0 - float(np.sum((modelled - measured) ** 2)) / spread


@dataclass(frozen=True, eq=False)
class Record:
    """A measured flow and the weather of the same days.

    Parameters
    ----------
    temperature_c, precipitation_mm, day_of_year : ndarray, shape (D,)
        Of each day at the gauge: mean [°C], sum [mm], 1 for 1 January.
    gauge_elevation_m : float
        Of the weather. [m]
    flow_m3_s : ndarray, shape (G,)
        Means over G periods of days. [m³ s⁻¹]
    period : ndarray of int, shape (D,)
        To which of them each day belongs, never falling; -1 for a day without a measured flow.

    Raises
    ------
    SeriesError
        If lengths do not go together, a flow is negative or not finite, or there is less than a
        year.
    """

    temperature_c: Array
    precipitation_mm: Array
    day_of_year: NDArray[np.int64]
    gauge_elevation_m: float
    flow_m3_s: Array
    period: NDArray[np.int64]

    def __post_init__(self) -> None:
        days = {len(self.temperature_c), len(self.precipitation_mm), len(self.day_of_year)}
        if days != {len(self.period)}:
            raise SeriesError(f"weather, calendar and periods have {sorted(days)} days; make equal")
        if len(self.period) < _YEAR:
            raise SeriesError(f"{len(self.period)} days are less than a year; a fit needs years")
        good = np.isfinite(self.flow_m3_s) & (self.flow_m3_s >= 0.0)
        if not good.all():
            k = int(np.argmin(good))
            raise SeriesError(
                f"flow_m3_s = {self.flow_m3_s[k]:g} at period {k} (first of {(~good).sum()}), "
                "expected a finite number of at least 0; give days without a measurement period -1"
            )
        used = self.period[self.period >= 0]
        if np.any(np.diff(used) < 0) or not np.array_equal(
            np.unique(used), np.arange(len(self.flow_m3_s))
        ):
            raise SeriesError(f"period must count the {len(self.flow_m3_s)} flows in their order")

    def means(self, daily: Array) -> Array:
        """Means of a daily series over the periods, shape (..., D) to (..., G)."""
        used = self.period >= 0
        first = np.searchsorted(self.period[used], np.arange(len(self.flow_m3_s)))
        days = np.bincount(self.period[used])
        return np.asarray(np.add.reduceat(daily[..., used], first, axis=-1) / days)


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted catchment.

    Parameters
    ----------
    catchment : Catchment
        With the parameters that were found.
    efficiency : float
        Nash-Sutcliffe efficiency over the record it was fitted to. [-]
    bounds : mapping of str to (float, float)
        Between which values each parameter was sought in the end.
    widened : tuple of str
        Parameters whose usual bounds were too narrow and were widened.
    """

    catchment: Catchment
    efficiency: float
    bounds: Mapping[str, tuple[float, float]]
    widened: tuple[str, ...] = ()

    @property
    def at_bounds(self) -> Mapping[str, float]:
        """Parameters that ended on a bound, and which one: the best value may be beyond it."""
        found = {}
        for name, (low, high) in self.bounds.items():
            value = float(getattr(self.catchment, name))
            near = _AT_BOUND * (high - low)
            if min(value - low, high - value) < near:
                found[name] = low if value - low < near else high
        return found

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices on parameters whose bounds were widened, and on those that ended on a bound."""
        told = [
            f"{name}: its usual range, {FITTED[name][0]:g} to {FITTED[name][1]:g}, was widened to "
            f"{self.bounds[name][0]:g} to {self.bounds[name][1]:g}; found "
            f"{float(getattr(self.catchment, name)):.4g}"
            for name in self.widened
        ]
        held = [
            f"{name} = {float(getattr(self.catchment, name)):.4g} ends on its bound of {bound:g}: "
            "the best value may lie beyond, or the record does not determine it; "
            "check the weather, area and elevations, or give other bounds"
            for name, bound in self.at_bounds.items()
        ]
        return (*told, *held)


def predict(catchment: Catchment, record: Record) -> Array:
    """Simulated flow of a catchment in the periods of a record, shape (G,). [m³ s⁻¹]

    Parameters
    ----------
    catchment : Catchment
    record : Record
        Its first year is also used as spin-up.
    """

    def twice(series: Array) -> Array:
        return np.concatenate([series[:_YEAR], series])

    found = simulate(
        catchment,
        twice(record.temperature_c),
        twice(record.precipitation_mm),
        twice(record.day_of_year.astype(np.float64)),
        record.gauge_elevation_m,
        _YEAR,
    )
    return record.means(found.flow_m3_s)


def fit_catchment(
    start: Catchment,
    record: Record,
    bounds: Mapping[str, tuple[float, float]] = FITTED,
    *,
    samples: int = 64,
    rounds: int = 25,
    seed: int = 1,
) -> Fit:
    """Fit the parameters of a catchment to a measured flow.

    Parameters
    ----------
    start : Catchment
        Area, bands and all that is not fitted; its own values are the first guess.
    record : Record
        Flow and weather.
    bounds : mapping of str to (float, float)
        Parameters to fit, each with the smallest and largest value. Those of ``FITTED`` are usual
        values: where the fit ends on one of them it goes on beyond, step by step as long as that
        explains more; other bounds are kept.
    samples : int
        Random sets of parameters that are tried first; the search begins at the best three.
    rounds : int
        Most steps of the search, after a third as many from each of those three.
    seed : int
        Of those sets: the same seed, the same fit.

    Returns
    -------
    Fit

    Notes
    -----
    Least squares of the flow by a trust region within bounds (``scipy.optimize.least_squares``).
    ``Fit.notices`` says which bounds were widened and on which the fit ended all the same.
    Years are computed side by side, each after one year that fills the stores, so that a record of
    decades costs as much as two years.
    """
    names = list(bounds)
    ranges = np.array([bounds[name] for name in names], dtype=np.float64)
    search = _Search(start, record, names, ranges)
    result = search.best(samples, rounds, seed)
    widened: set[str] = set()
    for _ in range(_WIDENINGS):
        wider = _widened(search, result, bounds)
        if np.array_equal(wider, search.ranges):
            break
        there = search.values(result.x)
        further = _Search(start, record, names, wider)
        again = further.down(further.shares(there), rounds)
        if float(again.cost) >= float(result.cost) * (1.0 - _WORTH):
            break
        widened |= {
            n
            for n, same in zip(names, (wider == search.ranges).all(axis=1), strict=True)
            if not same
        }
        search, result = further, again
    catchment = start.with_(**dict(zip(names, search.values(result.x), strict=True)))
    efficiency = nash_sutcliffe(predict(catchment, record), record.flow_m3_s)
    used = {n: (float(r[0]), float(r[1])) for n, r in zip(names, search.ranges, strict=True)}
    return Fit(catchment, efficiency, used, tuple(n for n in names if n in widened))


def _widened(
    search: _Search, result: OptimizeResult, given: Mapping[str, tuple[float, float]]
) -> Array:
    """Ranges with those bounds moved out, by the width of the range, on which a fit ended."""
    ranges = search.ranges.copy()
    for k, name in enumerate(search.names):
        usual = FITTED.get(name)
        if usual is None or tuple(given[name]) != usual:
            continue
        width = ranges[k, 1] - ranges[k, 0]
        if result.x[k] < _AT_BOUND:
            ranges[k, 0] = max(ranges[k, 0] - width, RANGES[name][0])
        elif result.x[k] > 1.0 - _AT_BOUND:
            ranges[k, 1] = min(ranges[k, 1] + width, RANGES[name][1])
    return ranges


class _Search:
    """Least squares of a record's flows over parameters between bounds, in shares of their ranges.

    Parameters
    ----------
    start, record
        As for `fit_catchment`.
    names : list of str
        Parameters to fit, P of them.
    ranges : ndarray, shape (P, 2)
        Smallest and largest value of each.
    """

    def __init__(self, start: Catchment, record: Record, names: list[str], ranges: Array) -> None:
        self.names, self.ranges = names, ranges
        self.guess = np.array([float(getattr(start, name)) for name in names])
        self.flow = record.flow_m3_s
        self.spread = float(self.flow.std()) * np.sqrt(len(self.flow))
        self.model = _SideBySide(start, record, names, ranges[:, 0], ranges[:, 1])

    def values(self, shares: Array) -> Array:
        """Parameters from shares of their ranges, shape (P,)."""
        low, high = self.ranges.T
        return np.asarray(low + shares * (high - low))

    def shares(self, values: Array) -> Array:
        """Shares of their ranges from parameters, shape (P,)."""
        low, high = self.ranges.T
        return np.asarray((values - low) / (high - low))

    def best(self, samples: int, rounds: int, seed: int) -> OptimizeResult:
        """Return the best of several local minima."""
        tried = np.random.default_rng(seed).random((samples, len(self.names)))
        tried = np.vstack([np.clip(self.shares(self.guess), 0.02, 0.98), tried])
        misses = np.sum((self.model.flows(tried) - self.flow) ** 2, axis=-1)
        starts = tried[np.argsort(misses, kind="stable")[:_STARTS]]
        # The sum of squares has several local minima: a few steps from each start, then the best to
        # the end.
        first = [self.down(x, max(rounds // _STARTS, 1)) for x in starts]
        return self.down(min(first, key=lambda found: float(found.cost)).x, rounds)

    def down(self, shares: Array, most: int) -> OptimizeResult:
        """Descend to a local minimum, in at most so many steps."""
        inside = np.clip(shares, 0.01, 0.99)
        return least_squares(self._miss, inside, jac=self._slopes, bounds=(0.0, 1.0), max_nfev=most)

    def _miss(self, x: Array) -> Array:
        return np.asarray((self.model.flows(x[None])[0] - self.flow) / self.spread)

    def _slopes(self, x: Array) -> Array:
        step = np.where(x < 0.5, _STEP, -_STEP)
        found = self.model.flows(np.vstack([x, x + np.diag(step)]))
        return np.asarray((found[1:] - found[0]).T / (step * self.spread))


class _SideBySide:
    """A record split into years that are computed at once, for many sets of parameters."""

    def __init__(
        self, start: Catchment, record: Record, names: list[str], low: Array, high: Array
    ) -> None:
        self.start, self.record, self.names = start, record, names
        self.low, self.high = low, high
        days = len(record.period)
        firsts = np.arange(0, days, _YEAR)
        window = firsts[:, None] + np.arange(-_YEAR, _YEAR)
        window[0, :_YEAR] += _YEAR  # the first year is its own spin-up
        self.window = np.minimum(window, days - 1)
        self.days = days

    def flows(self, sets: Array) -> Array:
        """Flow of the record's periods for sets in shares of their ranges, shape (N, G)."""
        pieces = [sets[k : k + _SETS_AT_ONCE] for k in range(0, len(sets), _SETS_AT_ONCE)]
        return np.concatenate([self._flows(piece) for piece in pieces])

    def _flows(self, sets: Array) -> Array:
        values = (self.low + sets * (self.high - self.low)).T[..., None]
        catchment = self.start.with_(**dict(zip(self.names, values, strict=True)))
        record = self.record
        found = simulate(
            catchment,
            record.temperature_c[self.window],
            record.precipitation_mm[self.window],
            record.day_of_year[self.window],
            record.gauge_elevation_m,
            _YEAR,
        )
        daily = found.flow_m3_s.reshape(len(sets), -1)[:, : self.days]
        return record.means(daily)
