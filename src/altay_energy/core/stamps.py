"""Stamps that rise by one step from row to row: order, duplicates and gaps, with line numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import AltayError
from altay_energy.core.timeline import Times
from altay_energy.core.wording import SHOWN, listing, plural, stamp


def step_of(times: Times) -> int:
    """Most common distance between neighbours. [s]

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (N,)
        N ≥ 2.

    Returns
    -------
    int
    """
    distances, counts = np.unique(np.diff(times).astype(np.int64), return_counts=True)
    positive = distances > 0
    if not positive.any():
        return 0
    return int(distances[positive][np.argmax(counts[positive])])


def gaps(times: Times, step_seconds: int) -> list[tuple[int, int]]:
    """Where steps are missing: (index of the row before, how many), times rising.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (N,)
    step_seconds : int
        [s]

    Returns
    -------
    list of (int, int)
    """
    distance = np.diff(times).astype(np.int64)
    where = np.flatnonzero(distance > step_seconds)
    return [(int(k), int(distance[k] // step_seconds) - 1) for k in where]


def check_order(
    times: Times, local: Times, lines: NDArray[np.int64], name: str, error: type[AltayError]
) -> None:
    """Raise for duplicate stamps, and for stamps that run backwards.

    Parameters
    ----------
    times, local : ndarray of datetime64[s], shape (N,)
        Instants, and the same as the file writes them.
    lines : ndarray of int, shape (N,)
        Line of each row in the file.
    name : str
        Of the file.
    error : type of AltayError
        Class of the error.

    Raises
    ------
    AltayError
        With the first rows and what to do.
    """
    order = np.argsort(times, kind="stable")
    same = np.flatnonzero(np.diff(times[order]) == np.timedelta64(0, "s"))
    if same.size:
        second, first = order[same + 1], order[same]
        pairs = [
            f"{stamp(local[b])} in lines {lines[a]} and {lines[b]}"
            for a, b in zip(first[:SHOWN], second[:SHOWN], strict=True)
        ]
        hint = "keep one row for each"
        if _looks_like_daylight_saving(times[order], local[order], local[second]):
            hint = (
                "one hour is missing in spring and one is duplicate in autumn: the clock is on "
                "daylight saving time; write stamps with their offset, or in UTC"
            )
        more = f" and {same.size - SHOWN} more" if same.size > SHOWN else ""
        raise error(f"{name}: duplicate stamps: {', '.join(pairs)}{more}; {hint}")
    back = np.flatnonzero(np.diff(times) < np.timedelta64(0, "s"))
    if back.size:
        k = int(back[0])
        raise error(
            f"{name}: time runs backwards {plural(back.size, 'time')}, first from "
            f"{stamp(local[k])} (line {lines[k]}) to {stamp(local[k + 1])} (line {lines[k + 1]}); "
            "put the rows into the order of time"
        )


def _looks_like_daylight_saving(ordered: Times, local: Times, doubled: Times) -> bool:
    step = step_of(ordered)
    months = _month(doubled)
    if step == 0 or not np.isin(months, (9, 10, 11)).all():
        return False
    per_hour = max(3600 // step, 1)
    if np.unique(doubled.astype("datetime64[D]")).size * per_hour < doubled.size:
        return False
    missing = gaps(ordered, step)
    return bool(missing) and all(
        count == per_hour and _month(local[k]) in (3, 4, 5) for k, count in missing
    )


def _month(times: Times | np.datetime64) -> NDArray[np.int64]:
    return np.asarray(times).astype("datetime64[M]").astype(np.int64) % 12 + 1


def gap_message(missing: list[tuple[int, int]], local: Times, step_seconds: int) -> str:
    """How many steps are missing and the first of them.

    Parameters
    ----------
    missing : list of (int, int)
        From ``gaps``.
    local : ndarray of datetime64[s], shape (N,)
        Stamps of the rows that are there.
    step_seconds : int
        [s]

    Returns
    -------
    str
    """
    step = np.timedelta64(step_seconds, "s")
    first = [
        f"{stamp(local[k] + step)} ({count} × {step_seconds // 60} min)" for k, count in missing
    ]
    total = sum(count for _, count in missing)
    return f"{plural(total, 'interval')} missing in {plural(len(missing), 'gap')}: {listing(first)}"
