"""Distribution of daily values about their season, and their correlations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from altay_energy.core.units import Array
from altay_energy.weather.climate.model.noise import DAILY
from altay_energy.weather.climate.model.station import MONTHS, normal_moments
from altay_energy.weather.climate.model.tables import straight_basis, yearly_basis
from altay_energy.weather.climate.statistics.statistics import DAYS, mean_of_known, month_of_day

LEAST_RISE = 0.01
"""Least increase of a distribution from one node to the next, so that it can be inverted."""

FEWEST_DAYS = 20
"""Number of days in three months below which their distribution is taken as normal."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """Season, standard deviation and distribution of a daily quantity, and the rank of each day.

    Parameters
    ----------
    mean, std : ndarray, shape (12,)
        In the unit of the quantity.
    shape : ndarray, shape (12, K)
        Standardised values at ``DAY_NODES``.
    rank : ndarray, shape (Y, 365)
        Normal deviates; 0 where there is no value.
    """

    mean: Array
    std: Array
    shape: Array
    rank: Array


def smooth(monthly: Array) -> Array:
    """Return monthly values smoothed along the first axis by weights 1/4, 1/2, 1/4, same shape."""
    return 0.25 * np.roll(monthly, 1, axis=0) + 0.5 * monthly + 0.25 * np.roll(monthly, -1, axis=0)


def monthly(daily: Array) -> Array:
    """Mean of the known days of each month; months without any take the mean of the others.

    Parameters
    ----------
    daily : ndarray, shape (Y, 365, ...)
        NaN where there is no value.

    Returns
    -------
    ndarray, shape (12, ...)
    """
    month = month_of_day()
    result = np.stack([mean_of_known(daily[:, month == m], (0, 1)) for m in range(MONTHS)])
    fill = np.nanmean(result, axis=0)
    return np.where(np.isfinite(result), result, fill)


def marginal(daily: Array, nodes: Array) -> Marginal:
    """Season, standard deviation, distribution and ranks of a daily quantity.

    Parameters
    ----------
    daily : ndarray, shape (Y, 365)
        NaN where there is no value.
    nodes : ndarray, shape (K,)
        Normal deviates at which the distribution is given.

    Returns
    -------
    Marginal
    """
    mean = monthly(daily)
    anomaly = daily - yearly_basis(DAYS) @ mean
    std = np.sqrt(smooth(monthly(anomaly**2)))
    spread = straight_basis(DAYS) @ std
    relative = anomaly / np.where(spread > 0.0, spread, 1.0)
    shape = np.stack([_standard(pooled(relative, m), nodes) for m in range(MONTHS)])
    return Marginal(mean, std, shape, ranks(relative, shape, nodes))


def pooled(values: Array, m: int) -> Array:
    """Return the values of a month and its neighbours without NaN, shape (N,)."""
    near = np.isin(month_of_day(), ((m - 1) % MONTHS, m, (m + 1) % MONTHS))
    part = values[:, near].ravel()
    return part[np.isfinite(part)]


def rising(values: Array, least: float = LEAST_RISE) -> Array:
    """The same values, each at least so much above the one before, shape (K,)."""
    steps = np.arange(values.size) * least
    result: Array = np.maximum.accumulate(values - steps) + steps
    return result


def _standard(values: Array, nodes: Array) -> Array:
    """Quantiles at the nodes with mean zero and deviation one under a normal deviate."""
    if values.size < FEWEST_DAYS or np.ptp(values) < 1e-9:
        return nodes.copy()
    return standardised(np.quantile(values, ndtr(nodes), method="hazen"))


def standardised(values: Array) -> Array:
    """A rising curve over a standard normal with mean 0 and deviation 1 under it.

    Parameters
    ----------
    values : ndarray, shape (K,)
        At the nodes; made to rise first.

    Returns
    -------
    ndarray, shape (K,)
        [-]
    """
    found = rising(values)
    mean, std = normal_moments(found)
    return (found - mean) / std


def ranks(values: Array, shape: Array, nodes: Array) -> Array:
    """Normal deviates at which the distributions of the months take these values.

    Parameters
    ----------
    values : ndarray, shape (Y, 365, ...)
        NaN has rank 0.
    shape : ndarray, shape (12, K)
        Rising.
    nodes : ndarray, shape (K,)

    Returns
    -------
    ndarray
        Of the shape of the values; the outer lines go on beyond the nodes.
    """
    rank = np.zeros_like(values)
    daily = straight_basis(DAYS) @ shape
    for day in range(DAYS):
        curve = daily[day]
        low = (curve[1] - curve[0]) / (nodes[1] - nodes[0])
        high = (curve[-1] - curve[-2]) / (nodes[-1] - nodes[-2])
        x = values[:, day]
        found = np.interp(x, curve, nodes)
        found = np.where(x < curve[0], nodes[0] + (x - curve[0]) / low, found)
        rank[:, day] = np.where(x > curve[-1], nodes[-1] + (x - curve[-1]) / high, found)
    # An outlier far beyond the outer line would dominate all correlations.
    return np.clip(np.where(np.isfinite(values), rank, 0.0), -3.5, 3.5)


def kinship(ranks_of: dict[str, Array]) -> tuple[Array, Array]:
    """Correlation of the daily processes on one day, month by month, and with the day before.

    Parameters
    ----------
    ranks_of : dict of str to ndarray, shape (Y, 365)
        Normal deviates of the processes ``DAILY``.

    Returns
    -------
    correlation : ndarray, shape (12, 5, 5)
        Smoothed over three months. [-]
    lag1 : ndarray, shape (5, 5)
        Of row's process with column's on the day before, over the year. [-]
    """
    scores = np.stack([ranks_of[name] for name in DAILY], axis=-1)
    known = (scores != 0.0).any((0, 1))
    products = scores[..., :, None] * scores[..., None, :]
    covariance = smooth(monthly(products))
    spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 1e-9))
    correlation = covariance / spread[:, :, None] / spread[:, None, :]
    correlation[:, ~known, :] = correlation[:, :, ~known] = 0.0
    correlation[:, np.arange(len(DAILY)), np.arange(len(DAILY))] = 1.0
    centred = scores - scores.mean((0, 1))
    after, before = centred[:, 1:].reshape(-1, len(DAILY)), centred[:, :-1].reshape(-1, len(DAILY))
    scale = np.sqrt((after**2).mean(0)[:, None] * (before**2).mean(0))
    lag1 = np.where(scale > 1e-9, (after.T @ before) / len(after) / np.maximum(scale, 1e-9), 0.0)
    return correlation, lag1
