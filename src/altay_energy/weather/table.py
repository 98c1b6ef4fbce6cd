"""A column of a CSV file on the timeline of a run: loads, profiles and prices come in here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from altay_energy.errors import SeriesError
from altay_energy.timeline import Timeline, Times
from altay_energy.units import Array
from altay_energy.weather.cells import numbers, refuse_missing, stamps
from altay_energy.weather.csv_table import Table, read_table
from altay_energy.weather.file import clock_name
from altay_energy.weather.regular import check_order, gap_message, gaps, plural, stamp, step_of

TIME = "time"
"""Name of the column of stamps in every series file."""


def read_series_csv(path: Path, columns: Sequence[str], timeline: Timeline) -> dict[str, Array]:
    """Columns of a CSV file in the intervals of a run.

    The file has a column ``time`` (ISO 8601 with offset, beginning of the interval), steps of the
    same length as the run's, and covers the run's period; it may cover more.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str
        Names in its header.
    timeline : Timeline
        The T intervals.

    Returns
    -------
    dict of str to ndarray, shape (T,)
        By column, free of NaN.

    Raises
    ------
    SeriesError
        With file, column, line and remedy: no such column (similar names are proposed), stamps
        without offset, twice, backwards or missing, a period or a step other than the run's,
        cells that are no numbers or say that there is no value.
    """
    table = read_table(path, error=SeriesError)
    for column in columns:
        table.cells(column)
    utc, written, _ = stamps(table, TIME, None)
    check_order(utc, written, table.lines, table.name, SeriesError)
    rows = _rows(table, utc, written, timeline)
    result = {}
    for column in columns:
        values = numbers(table, column)
        refuse_missing(
            table, column, values, rows, written, "fill these cells; a gap is never guessed"
        )
        result[column] = values[rows]
    return result


def _rows(table: Table, utc: Times, written: Times, timeline: Timeline) -> NDArray[np.intp]:
    """Row of each interval of the run."""
    step = timeline.step_seconds
    if utc.size > 1 and step_of(utc) != step:
        raise SeriesError(
            f"{table.name}: steps of {step_of(utc) / 60:g} min, but the run has "
            f"{step / 60:g} min; give the series in the run's step or set time.step_hours"
        )
    found = np.minimum(np.searchsorted(utc, timeline.utc), utc.size - 1)
    absent = utc[found] != timeline.utc
    if not absent.any():
        return found
    if utc[0] > timeline.utc[0] or utc[-1] < timeline.utc[-1]:
        raise SeriesError(
            f"{table.name}: covers {_span(utc, written, step)}, but the run needs "
            f"{timeline.describe()}: {plural(int(absent.sum()), 'interval')} without a row; "
            "give a file that covers the period, or change [time]"
        )
    inside = np.flatnonzero((utc >= timeline.utc[0]) & (utc <= timeline.utc[-1]))
    off = inside[(utc[inside] - timeline.utc[0]).astype(np.int64) % step != 0]
    if off.size:
        k = int(off[0])
        raise SeriesError(
            f"{table.name}: line {table.lines[k]}: {stamp(written[k])} is not the beginning of an "
            f"interval of the run, {timeline.describe()} in steps of {step / 60:g} min"
        )
    edges = timeline.utc[0], timeline.utc[-1]
    missing = [(k, n) for k, n in gaps(utc, step) if edges[0] <= utc[k] < edges[1]]
    message = gap_message(missing, written, step)
    line = table.lines[missing[0][0]]
    raise SeriesError(
        f"{table.name}: {message}, first after line {line}; add the rows, a gap is never guessed"
    )


def _span(utc: Times, written: Times, step: int) -> str:
    end = written[-1] + np.timedelta64(step, "s")
    offset_hours = (written[0] - utc[0]).astype(np.int64) / 3600.0
    return f"{stamp(written[0])} to {stamp(end)} ({clock_name(float(offset_hours))})"
