"""Gaps in time: rows that are missing and cells without value, filled by a named policy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.stamps import gap_message, gaps
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import listing, plural, stamp

Integers = NDArray[np.int64]

_REMEDY = (
    "allow short ones to be interpolated with max_gap_hours = 3, or longer ones to take the same "
    "hour of neighbouring days with same_hour_gap_hours = 72"
)


@dataclass(frozen=True)
class GapPolicy:
    """Which gaps may be filled, and how; by default none.

    Parameters
    ----------
    interpolate_hours : float
        Gaps up to this length are interpolated linearly. [h]
    same_hour_hours : float
        Longer gaps up to this length take the same hour of the nearest days before and after,
        weighted by how near they are. [h]
    """

    interpolate_hours: float = 0.0
    same_hour_hours: float = 0.0

    @property
    def longest_hours(self) -> float:
        """Longest gap that may be filled. [h]"""
        return max(self.interpolate_hours, self.same_hour_hours)


def with_missing_rows(
    name: str,
    times: Times,
    written: Times,
    lines: Integers,
    columns: Mapping[str, Array],
    step_seconds: int,
    policy: GapPolicy,
) -> tuple[Times, Integers, dict[str, Array]]:
    """Insert missing rows as NaN if the policy may fill them, else raise.

    Parameters
    ----------
    name : str
        Of the file.
    times, written : ndarray of datetime64[s], shape (N,)
        Instants, rising, and the same as the file writes them.
    lines : ndarray of int, shape (N,)
        Line of each row in the file.
    columns : mapping of str to ndarray, shape (N,)
    step_seconds : int
        [s]
    policy : GapPolicy

    Returns
    -------
    times : ndarray of datetime64[s], shape (M,)
    lines : ndarray of int, shape (M,)
        0 for rows that the file lacks.
    columns : dict of str to ndarray, shape (M,)

    Raises
    ------
    WeatherError
        If stamps are not on the time grid, or more is missing than the policy may fill.
    """
    since = (times - times[0]).astype(np.int64)
    off = np.flatnonzero(since % step_seconds)
    if off.size:
        raise WeatherError(
            f"{name}: line {lines[off[0]]}: the stamp is not a whole number of "
            f"{step_seconds / 60:g} min after the first; {plural(off.size, 'stamp')} off the grid"
        )
    missing = gaps(times, step_seconds)
    if not missing:
        return times, lines, dict(columns)
    if max(count for _, count in missing) * step_seconds > 3600 * policy.longest_hours:
        raise WeatherError(
            f"{name}: {gap_message(missing, written, step_seconds)}, first after line "
            f"{lines[missing[0][0]]}; add the rows, or {_REMEDY}"
        )
    row = since // step_seconds
    size = int(row[-1]) + 1
    all_lines = np.zeros(size, dtype=np.int64)
    all_lines[row] = lines
    filled = {}
    for key, values in columns.items():
        filled[key] = np.full(size, np.nan)
        filled[key][row] = values
    return times[0] + np.arange(size) * np.timedelta64(step_seconds, "s"), all_lines, filled


def filled(
    key: str,
    values: Array,
    local: Times,
    lines: Integers,
    name: str,
    step_hours: float,
    policy: GapPolicy,
) -> tuple[Array, list[str]]:
    """Fill the gaps of a series; return it with one notice for each method used.

    Parameters
    ----------
    key : str
        Name of the series.
    values : ndarray, shape (N,)
        NaN where there is no value; some are.
    local : ndarray of datetime64[s], shape (N,)
    lines : ndarray of int, shape (N,)
        Line of each row, 0 for rows that the file lacks.
    name : str
        Of the file.
    step_hours : float
        [h]
    policy : GapPolicy

    Returns
    -------
    values : ndarray, shape (N,)
    notices : list of str

    Raises
    ------
    WeatherError
        If a gap is longer than the policy allows, is at an end of the file, or has no day
        with values beside it: with the column and the first hours.
    """
    hole = np.isnan(values)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], hole, [False])).astype(np.int8)))
    begin, end = edges[::2], edges[1::2]
    hours = (end - begin) * step_hours
    per_day = round(24 / step_hours)
    at_end = (begin == 0) | (end == values.size)
    short = (hours <= policy.interpolate_hours) & ~at_end
    long = ~short & (hours <= policy.same_hour_hours) & ~at_end
    refused = ~short & ~long
    if refused.any():
        raise _refusal(key, name, local, lines, hole, begin[refused], end[refused], policy)
    result = values.copy()
    position = np.arange(values.size)
    result[hole] = np.interp(position[hole], position[~hole], values[~hole])
    notices = []
    if short.any():
        count = int((end - begin)[short].sum())
        notices.append(
            f"{key}: {plural(count, 'interval')} in gaps of up to {policy.interpolate_hours:g} h "
            "interpolated"
        )
    if long.any():
        rows = np.concatenate(
            [np.arange(b, e) for b, e in zip(begin[long], end[long], strict=True)]
        )
        result[rows] = _same_hour(key, name, values, rows, local, per_day)
        notices.append(
            f"{key}: {plural(rows.size, 'interval')} in gaps of up to {policy.same_hour_hours:g} h "
            "taken from the same hour of neighbouring days"
        )
    return result, notices


def _same_hour(
    key: str, name: str, values: Array, rows: NDArray[np.int64], local: Times, per_day: int
) -> Array:
    """Mean of the nearest days before and after that hold a value, the nearer one counting more."""
    before, days_before = _nearest_day(values, rows, -per_day)
    after, days_after = _nearest_day(values, rows, per_day)
    alone = np.isnan(before) | np.isnan(after)
    if alone.any():
        k = rows[np.argmax(alone)]
        raise WeatherError(
            f"{name}: {key} has no value at {stamp(local[k])} nor at this hour of any day "
            f"{'before' if np.isnan(before[np.argmax(alone)]) else 'after'}; fill it"
        )
    return (days_after * before + days_before * after) / (days_before + days_after)


def _nearest_day(values: Array, rows: NDArray[np.int64], stride: int) -> tuple[Array, Array]:
    """Value of the nearest day in one direction at this hour, NaN if none, and how many days."""
    found = np.full(rows.shape, np.nan)
    days = np.zeros(rows.shape)
    there = rows.copy()
    open_rows = np.ones(rows.shape, dtype=bool)
    while open_rows.any():
        there = there + stride
        days[open_rows] += 1.0
        open_rows &= (there >= 0) & (there < values.size)
        found[open_rows] = values[there[open_rows]]
        open_rows &= np.isnan(found)
    return found, days


def _refusal(
    key: str,
    name: str,
    local: Times,
    lines: Integers,
    hole: NDArray[np.bool_],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    policy: GapPolicy,
) -> WeatherError:
    where = [
        f"{stamp(local[b])} ({_line(lines[b])}, {plural(int(e - b), 'interval')})"
        for b, e in zip(begin, end, strict=True)
    ]
    remedy = f"fill them, or {_REMEDY}"
    if policy.longest_hours:
        allowed = "same_hour_gap_hours" if policy.same_hour_hours else "max_gap_hours"
        remedy = f"longer than {allowed} allows, or at an end of the file; fill them"
    return WeatherError(
        f"{name}: {key} has no value in {plural(int(hole.sum()), 'interval')}, first gaps "
        f"{listing(where)}; {remedy}"
    )


def _line(line: np.int64) -> str:
    return f"line {line}" if line else "no row"
