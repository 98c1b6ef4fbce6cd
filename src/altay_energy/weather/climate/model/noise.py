"""Seeded white noise of the climate, correlated between neighbouring points, and its filters.

Noise is drawn for every point of a table in the table's order, correlated between neighbours,
and passed through autoregressive filters. So the weather of a point does not depend on which
other points are asked for. Each calendar year has its own counter-based streams (Philox) from
(seed, year, kind); the filters of a year start with the noise of the year before, so years join
without a step, and any year can be generated alone, in any order, by any worker.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from altay_energy.core.units import Array
from altay_energy.core.value import read_only

HOURS = 24
STREAM = 6
"""Version of the random streams: another number gives every seed another weather.

With this one the default seed makes 2023 a middling year at Jeminay."""

FORGOTTEN = 1e-18
"""Weight below which a noise no longer changes a sum in double precision."""

RUN_IN_DAYS = 12
"""Days of the year before through which the hourly filters run in. [d]"""

DAILY = ("cloud", "temperature", "wind", "humidity", "pressure")
"""Daily processes that are correlated."""

DAILY_NOISES = (*DAILY, "rain")
HOURLY_NOISES = ("wind", "sky", "temperature", "gust")
"""White noises of the days and of the hours, in the order in which they are drawn."""


def days_in(year: int) -> int:
    """Days of a calendar year: 365 or 366."""
    begin, end = (np.datetime64(f"{y:04d}-01-01", "D") for y in (year, year + 1))
    return int((end - begin).astype(int))


def daily_white(factors: Array, seed: int, year: int, last: int | None = None) -> Array:
    """White noise of the days from 1 January before to 1 January after.

    Parameters
    ----------
    factors : ndarray, shape (N, Q, P)
        For each of the N ``DAILY_NOISES``, rows of the Cholesky factor of the correlation
        between the P points of the table, for the Q points that are asked for.
    seed, year : int
    last : int, optional
        Days of the year that are wanted, from its first; all by default.

    Returns
    -------
    ndarray, shape (N, Q, D)
        Of variance one. D = days of the year before + days of the year + 1.
    """
    drawn = _points_needed(factors)
    spans = [(year - 1, days_in(year - 1)), (year, days_in(year)), (year + 1, 1)]
    if last is not None:
        spans[1:] = [(year, last + 1)]
    # Days are drawn in their order and points within a day, so a part is the same as the whole;
    # all points of a table are drawn.
    count = factors.shape[-1]
    result = []
    for k, factor in enumerate(factors):
        blocks = [_stream(seed, y, 0, k).standard_normal((days, count)) for y, days in spans]
        result.append(_together(np.concatenate(blocks).T[:drawn], factor))
    return np.stack(result)


def hourly_white(
    factors: Array, seed: int, year: int, wanted: tuple[int, ...] = tuple(range(len(HOURLY_NOISES)))
) -> Array:
    """White noise of the hours of a year, with a run-in and the first day of the next.

    Parameters
    ----------
    factors : ndarray, shape (N, Q, P)
        As for ``daily_white``, for the ``HOURLY_NOISES``.
    seed, year : int
    wanted : tuple of int
        Places of the noises that are wanted; the others are zero.

    Returns
    -------
    ndarray, shape (N, Q, 24 (RUN_IN_DAYS + D + 1))
        Of variance one; D days of the year.
    """
    # The first day, the last ones and those between are drawn from separate streams, so that the
    # neighbouring years draw only what they need.
    last = RUN_IN_DAYS * HOURS
    between = days_in(year) * HOURS - HOURS - last
    parts = (
        (year - 1, 3, last),
        (year, 1, HOURS),
        (year, 2, between),
        (year, 3, last),
        (year + 1, 1, HOURS),
    )
    drawn = _points_needed(factors)
    result = np.zeros((*factors.shape[:2], sum(size for _, _, size in parts)))
    for k in wanted:
        blocks = [
            _stream(seed, y, part, k).standard_normal((drawn, size)) for y, part, size in parts
        ]
        result[k] = _together(np.concatenate(blocks, axis=-1), factors[k])
    return result


def _points_needed(factors: Array) -> int:
    """Number of points, from the first, that the noise of the given points depends on."""
    return int(np.flatnonzero(factors.any((0, 1))).max()) + 1


def _stream(seed: int, year: int, part: int, noise: int) -> np.random.Generator:
    entropy = np.random.SeedSequence([STREAM, seed, year, part, noise])
    return np.random.Generator(np.random.Philox(entropy))


def _together(noise: Array, factor: Array) -> Array:
    """Correlated noise (Q, T) from independent noise (P, T)."""
    result = np.zeros((factor.shape[0], noise.shape[-1]))
    part = np.empty(noise.shape[-1])
    # Not by matrix product: its library adds up in an order that depends on shape and machine.
    for q, row in enumerate(factor):
        for p in np.flatnonzero(row):
            np.multiply(noise[p], row[p], out=part)
            result[q] += part
    return result


def autoregression(white: Array, coefficient: float | Array) -> Array:
    r"""First-order autoregressive process of variance one.

    Parameters
    ----------
    white : ndarray, shape (..., T)
        White noise of variance one.
    coefficient : float or ndarray, shape (..., 1)
        Correlation of each value with the one before, 0 to 1. [-]

    Returns
    -------
    ndarray, shape (..., T)
        :math:`x_t = \varphi x_{t-1} + \sqrt{1 - \varphi^2}\, e_t`, with :math:`x_0 = e_0`.
    """
    weight = np.asarray(coefficient, dtype=np.float64)
    result: Array = white * np.sqrt(1.0 - weight**2)
    result[..., 0] = white[..., 0]
    # After n rounds each value holds its last 2ⁿ noises; those further back have died away.
    # scipy.signal.lfilter does the same, but its import costs more than all climate together.
    reach = 1
    while reach < white.shape[-1] and weight.max() > FORGOTTEN:
        result[..., reach:] += weight * result[..., :-reach]
        reach, weight = 2 * reach, weight**2
    return result


def vector_autoregression(innovations: Array, memory: Array) -> Array:
    r"""Vector autoregression of the daily processes.

    Parameters
    ----------
    innovations : ndarray, shape (N, Q, T)
        Innovations of each day.
    memory : ndarray, shape (Q, N, N)
        :math:`A` of each point; its powers vanish.

    Returns
    -------
    ndarray, shape (N, Q, T)
        :math:`x_t = A x_{t-1} + \epsilon_t`, with :math:`x_0 = \epsilon_0`.
    """
    result = innovations.copy()
    reach, power = 1, memory.copy()
    kinds = memory.shape[-1]
    while reach < result.shape[-1] and np.abs(power).max() > FORGOTTEN:
        before = result[..., :-reach].copy()
        for j in range(kinds):
            result[:, :, reach:] += power[:, :, j].T[:, :, None] * before[j]
        reach, power = 2 * reach, np.einsum("qij,qjk->qik", power, power)
    return result


def vector_recurrence(innovations: Array, memory: Array) -> Array:
    """Vector autoregression as `vector_autoregression` has it, to rounding, for many members.

    Parameters
    ----------
    innovations : ndarray, shape (M, N, Q, T)
    memory : ndarray, shape (Q, N, N)

    Returns
    -------
    ndarray, shape (M, N, Q, T)
        A step of all members at once; the bits of each do not depend on the others.
    """
    steps = np.ascontiguousarray(np.moveaxis(innovations, (3, 1), (0, 1)))  # (T, N, M, Q)
    weights = [memory[:, :, j].T[:, None, :] for j in range(memory.shape[-1])]
    before = steps[0]
    for now in steps[1:]:
        for j, weight in enumerate(weights):
            now += weight * before[j]
        before = now
    return np.moveaxis(steps, (0, 1), (3, 1))


@lru_cache(maxsize=1)
def smooth_weights() -> Array:
    r"""Weights of yesterday, today and tomorrow for each hour of a day, which keep its mean.

    Returns
    -------
    ndarray, shape (24, 3)
        The parabola through the means of neighbouring days at the two midnights whose mean is
        that of the day: :math:`b_0 + (b_1 - b_0) s + 6 (\bar x - (b_0 + b_1)/2)\, s (1 - s)`,
        averaged over each hour. It has no step at midnight.
    """
    edge = np.arange(HOURS + 1) / HOURS
    linear = np.diff(edge**2 / 2.0) * HOURS
    bow = np.diff(6.0 * (edge**2 / 2.0 - edge**3 / 3.0)) * HOURS
    first, last = 0.5 * (1.0 - linear) - 0.25 * bow, 0.5 * linear - 0.25 * bow
    return read_only(np.stack([first, 0.5 + 0.5 * bow, last], axis=-1))


@lru_cache(maxsize=1)
def straight_weights() -> Array:
    """Straight lines between the middles of days, at the middles of hours, shape (24, 3)."""
    away = (np.arange(HOURS) + 0.5) / HOURS - 0.5  # from midday, in days
    parts = [np.maximum(-away, 0.0), 1.0 - np.abs(away), np.maximum(away, 0.0)]
    return read_only(np.stack(parts, axis=-1))


def to_hours(daily: Array, weights: Array) -> Array:
    """Interpolate daily values to hours.

    Parameters
    ----------
    daily : ndarray, shape (..., D + 2)
        With one day before and one after.
    weights : ndarray, shape (24, 3)
        Of yesterday, today and tomorrow, for each hour.

    Returns
    -------
    ndarray, shape (..., 24 D)
    """
    hourly = daily[..., :-2, None] * weights[:, 0]
    hourly += daily[..., 1:-1, None] * weights[:, 1]
    hourly += daily[..., 2:, None] * weights[:, 2]
    return hourly.reshape(*daily.shape[:-1], -1)


def within_days(hourly: Array) -> Array:
    """Hours less the smooth curve through their daily means.

    Parameters
    ----------
    hourly : ndarray, shape (..., 24 (D + 2))
        With one day before and one after.

    Returns
    -------
    ndarray, shape (..., 24 D)
        The mean of every day is zero.
    """
    daily = hourly.reshape(*hourly.shape[:-1], -1, HOURS).mean(-1)
    return hourly[..., HOURS:-HOURS] - to_hours(daily, smooth_weights())


@lru_cache(maxsize=512)
def residual_covariance(coefficient: float, white_share: float) -> Array:
    """Covariance between hours of ``within_days`` of an autoregression and white noise.

    Parameters
    ----------
    coefficient : float
        Of the autoregression, from hour to hour. [-]
    white_share : float
        Share of white noise in the variance, which is one. [-]

    Returns
    -------
    ndarray, shape (24, 48)
        Of the hours of a day with those of it and of the next.
    """
    steps = np.arange(4 * HOURS)
    alike = (1.0 - white_share) * coefficient ** np.abs(steps[:, None] - steps)
    alike += white_share * np.eye(steps.size)
    # The residual of each of the two inner days, as weights of all 96 hours.
    days = np.kron(np.eye(4), np.full((1, HOURS), 1.0 / HOURS))
    weights = smooth_weights()
    operator = np.eye(steps.size)[HOURS:-HOURS].copy()
    for day in (0, 1):
        rows = slice(day * HOURS, (day + 1) * HOURS)
        operator[rows] -= weights @ days[day : day + 3]
    return read_only((operator @ alike @ operator.T)[:HOURS])
