r"""Quantiles of the runs of an ensemble, with confidence intervals.

The interval of a quantile of n independent runs lies between two of their order statistics. The
number of runs below the true p-quantile is binomial with n and p for any distribution:

.. math:: P(X_{(l)} \le q_p < X_{(u)}) = \sum_{k=l}^{u-1} \binom{n}{k} p^k (1-p)^{n-k},

and the narrowest pair of ranks with at least the required level is used [1]_. If several members
share a weather year, or have weights, runs are not independent and identically distributed: the
years are then resampled with replacement, and the interval lies between quantiles of the resamples
[2]_. It measures the uncertainty by weather, for the given members.

References
----------
.. [1] H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., Wiley 2003, section 7.1.
.. [2] B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993,
   chapter 13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri, stdtrit

from altay_energy.core.timeline import Integers
from altay_energy.core.units import Array
from altay_energy.core.value import Value

PERCENTS = (10, 50, 90)
"""P10, P50 and P90: exceeded by 90, 50 and 10 % of the runs."""

LEVEL = 0.95
"""Confidence of the intervals. [-]"""

DRAWS = 1000
"""Number of resamples of a bootstrap."""

_SEED = 20261201

_NUMBERS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Interval(Value):
    """A value with its confidence interval.

    Parameters
    ----------
    value : float
    low, high : float
        Ends of the interval; NaN if there are too few runs.
    """

    value: float
    low: float
    high: float

    def document(self) -> dict[str, float | None]:
        """Its entry in ``ensemble.json``; NaN as None."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {key: part if np.isfinite(part) else None for key, part in parts.items()}


@dataclass(frozen=True, eq=False)
class Runs(Value):
    """Weather years and weights of the runs of an ensemble.

    Parameters
    ----------
    year : ndarray of int, shape (n,)
        Number of the weather year of each run, from 0. [-]
    weight : ndarray, shape (n,)
        Weights above 0; only their proportions matter. [-]
    """

    year: Integers
    weight: Array

    @classmethod
    def alike(cls, count: int) -> Runs:
        """Return independent runs of equal weight.

        Parameters
        ----------
        count : int
        """
        return cls(np.arange(count, dtype=np.int64), np.ones(count))

    @property
    def independent(self) -> bool:
        """Whether weights are equal and each run has its own weather year, or all share one."""
        years = np.unique(self.year).size
        return years in (1, self.year.size) and bool(np.all(self.weight == self.weight[:1]))

    def only(self, chosen: NDArray[np.bool_]) -> Runs:
        """Return some of the runs.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n,)
        """
        return Runs(self.year[chosen], self.weight[chosen])


def summary(values: Array, runs: Runs, level: float = LEVEL) -> dict[str, Interval]:
    """Compute P10, P50, P90, mean and standard deviation, each with its interval.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A figure of each run; NaN values are left out.
    runs : Runs
    level : float
        Confidence of the intervals. [-]

    Returns
    -------
    dict of str to Interval
        Quantiles are those of ``numpy.quantile``: linear between order statistics, and with
        weights the inverse of the distribution function.
    """
    there = np.isfinite(values)
    values, runs = values[there], runs.only(there)
    if not values.size:
        nothing = Interval(np.nan, np.nan, np.nan)
        return {**{f"p{percent}": nothing for percent in PERCENTS}, "mean": nothing, "std": nothing}
    if runs.independent:
        order = np.sort(values)
        found = {f"p{q}": quantile_interval(order, q / 100.0, level) for q in PERCENTS}
        return {**found, **_moments(values, level)}
    return _bootstrapped(values, runs, level)


def quantile_interval(order: Array, share: float, level: float = LEVEL) -> Interval:
    """Compute a quantile of independent runs and its interval by order statistics.

    Parameters
    ----------
    order : ndarray, shape (n,)
        Values in ascending order.
    share : float
        Share of the values below the quantile, 0 to 1. [-]
    level : float
        Least probability that the interval contains the true quantile. [-]

    Returns
    -------
    Interval
        Its ends are NaN if n is too small: P10 and P90 with 95 % need 29 runs or more.
    """
    low, high = ranks(order.size, share, level)
    ends = (order[k - 1] if 1 <= k <= order.size else np.nan for k in (low, high))
    return Interval(float(np.quantile(order, share)), *map(float, ends))


@lru_cache(maxsize=1024)
def ranks(count: int, share: float, level: float = LEVEL) -> tuple[int, int]:
    """Find the ranks of the order statistics that enclose the quantile; 1 is the smallest value.

    Parameters
    ----------
    count : int
        Number of independent runs.
    share, level : float
        As in `quantile_interval`. [-]

    Returns
    -------
    low, high : int
        The narrowest pair with at least the level, of several the one with the least excess;
        (0, n + 1) if even the smallest and the largest value enclose less.
    """
    number = np.arange(-1, count + 1)
    below = np.where(number < 0, 0.0, bdtr(np.maximum(number, 0), count, share))  # P(K <= number)
    best: tuple[float, float, int, int] | None = None
    # P(l <= K <= u - 1) = P(K <= u - 1) - P(K <= l - 1), with 1 <= l < u <= n.
    for low in range(1, count):
        wanted = below[low] + level  # below[k + 1] is P(K <= k)
        if wanted > below[count]:
            break
        high = int(np.searchsorted(below, wanted))
        if high > count:
            break
        held = below[high] - below[low]
        key = (high - low, held, low, high)
        if best is None or key < best:
            best = key
    return (0, count + 1) if best is None else best[2:]


def weighted_quantiles(values: Array, weight: Array, shares: Sequence[float]) -> Array:
    """Compute quantiles of weighted values: the inverse of the distribution function.

    Parameters
    ----------
    values, weight : ndarray, shape (n,)
    shares : sequence of float
        Shares of weight below the quantiles. [-]

    Returns
    -------
    ndarray, shape of ``shares``
        As by ``numpy.quantile`` with ``method="inverted_cdf"``.
    """
    found = [np.quantile(values, q, weights=weight, method="inverted_cdf") for q in shares]
    return np.array(found, dtype=np.float64)


def exceedance(values: Array, weight: Array) -> tuple[Array, Array]:
    """Compute the exceedance curve.

    Parameters
    ----------
    values, weight : ndarray, shape (n,)
        Values, of which NaN is left out, and their weights.

    Returns
    -------
    value : ndarray, shape (m,)
        Descending.
    share : ndarray, shape (m,)
        Share of the total weight with this value or more. [-]
    """
    there = np.isfinite(values)
    order = np.argsort(-values[there], kind="stable")
    reached = np.cumsum(weight[there][order])
    return values[there][order], reached / reached[-1:]


def convergence(values: Array, runs: Runs, level: float = LEVEL) -> dict[str, list[float | None]]:
    """Compute quantiles and their intervals for the first n weather years.

    Parameters
    ----------
    values : ndarray, shape (n,)
    runs : Runs
    level : float
        [-]

    Returns
    -------
    dict of str to list
        ``n`` in steps of 1, 2, 5, and ``p10``, ``p10_low``, ``p10_high`` … for each.
    """
    years = np.unique(runs.year)
    counts = [n for n in _one_two_five(years.size) if n >= 5]
    found: dict[str, list[float | None]] = {"n": [float(n) for n in counts]}
    for percent in PERCENTS:
        for end in ("", "_low", "_high"):
            found[f"p{percent}{end}"] = []
    for count in counts:
        first = runs.year < years[count - 1] + 1
        done = summary(values[first], runs.only(first), level)
        for percent in PERCENTS:
            part = done[f"p{percent}"].document()
            found[f"p{percent}"].append(part["value"])
            found[f"p{percent}_low"].append(part["low"])
            found[f"p{percent}_high"].append(part["high"])
    return found


def _one_two_five(most: int) -> list[int]:
    found = [factor * 10**power for power in range(7) for factor in (1, 2, 5)]
    return [n for n in found if n < most] + [most]


def _moments(values: Array, level: float) -> dict[str, Interval]:
    r"""Mean by Student's t, and the standard deviation by the delta method.

    Notes
    -----
    .. math:: \operatorname{var} s^2 = \frac{1}{n} \left(m_4 - \frac{n-3}{n-1} s^4\right), \quad
       \operatorname{se} s = \frac{\sqrt{\operatorname{var} s^2}}{2 s}
    """
    n, mean = values.size, float(values.mean())
    if n < 2:
        return {"mean": Interval(mean, np.nan, np.nan), "std": Interval(np.nan, np.nan, np.nan)}
    std = float(values.std(ddof=1))
    reach = float(stdtrit(n - 1, 0.5 + level / 2.0)) * std / np.sqrt(n)
    found = {"mean": Interval(mean, mean - reach, mean + reach)}
    fourth = float(((values - mean) ** 4).mean())
    spread = max(fourth - (n - 3.0) / (n - 1.0) * std**4, 0.0) / n
    away = float(ndtri(0.5 + level / 2.0)) * np.sqrt(spread) / (2.0 * std) if std > 0.0 else 0.0
    return {**found, "std": Interval(std, max(std - away, 0.0), std + away)}


def _bootstrapped(values: Array, runs: Runs, level: float) -> dict[str, Interval]:
    """Compute the same if years are shared or members have weights: years are resampled."""
    names = [f"p{percent}" for percent in PERCENTS] + ["mean", "std"]
    found = dict(zip(names, _weighted(values, runs.weight), strict=True))
    if bool(np.all(runs.weight == runs.weight[0])):
        shares = [percent / 100.0 for percent in PERCENTS]
        found |= dict(zip(names, map(float, np.quantile(values, shares)), strict=False))
    years, place = np.unique(runs.year, return_inverse=True)
    if years.size < 2:  # with one weather year, members are resampled
        years = place = np.arange(values.size, dtype=np.int64)
    if years.size < 2:
        return {name: Interval(value, np.nan, np.nan) for name, value in found.items()}
    drawn = _draws(years.size)
    order = np.argsort(values, kind="stable")
    ordered, weight, place = values[order], runs.weight[order], place[order]
    parts = np.array_split(drawn, max(1, DRAWS * values.size // _NUMBERS_AT_ONCE))
    every = np.concatenate([_of_sorted(ordered, weight * part[:, place]) for part in parts])
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(every, [tail, 1.0 - tail], axis=0)
    return {
        name: Interval(float(found[name]), float(low[k]), float(high[k]))
        for k, name in enumerate(names)
    }


@lru_cache(maxsize=4)
def _draws(years: int) -> Array:
    """Number of draws of each year, shape (DRAWS, years); the same for every figure."""
    rng = np.random.default_rng(_SEED)
    return rng.multinomial(years, np.full(years, 1.0 / years), size=DRAWS).astype(np.float64)


def _weighted(values: Array, weight: Array) -> list[float]:
    order = np.argsort(values, kind="stable")
    return list(map(float, _of_sorted(values[order], weight[order])))


def _of_sorted(values: Array, weight: Array) -> Array:
    """Compute quantiles by the inverse distribution function, mean and standard deviation.

    Parameters
    ----------
    values : ndarray, shape (n,)
        In ascending order.
    weight : ndarray, shape (..., n)

    Returns
    -------
    ndarray, shape (..., 5)
    """
    reached = np.cumsum(weight, axis=-1)
    total = reached[..., -1]
    found = []
    for percent in PERCENTS:
        below = (reached < percent / 100.0 * total[..., np.newaxis]).sum(axis=-1)
        found.append(values[np.minimum(below, values.size - 1)])
    mean = (weight * values).sum(axis=-1) / total
    apart = (values - mean[..., np.newaxis]) ** 2
    found += [mean, np.sqrt((weight * apart).sum(axis=-1) / total)]
    return np.stack(found, axis=-1)


def documents(
    columns: Mapping[str, Array], runs: Runs, level: float = LEVEL
) -> dict[str, dict[str, object]]:
    """Compute the quantiles of every figure, as in ``ensemble.json``.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
    runs : Runs
    level : float
        [-]

    Returns
    -------
    dict of str to dict
        ``p10``, ``p50``, ``p90``, ``mean``, ``std``, each with value, low and high, and ``n``: the
        number of runs with the figure.
    """
    return {
        name: {
            **{key: part.document() for key, part in summary(values, runs, level).items()},
            "n": int(np.isfinite(values).sum()),
        }
        for name, values in columns.items()
    }
