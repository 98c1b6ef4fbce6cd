"""A column of a CSV file on the timeline of a run, for loads, profiles and prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import AltayError, SeriesError
from altay_energy.core.files.cells import numbers, refuse_missing, stamps
from altay_energy.core.files.csvfile import Table, parse_table
from altay_energy.core.files.gaps import filled, with_missing_rows
from altay_energy.core.files.quantities import PER_UNIT, factor_of, known_units, unit_in_name
from altay_energy.core.files.table_spec import SeriesRef
from altay_energy.core.files.textfile import Text
from altay_energy.core.stamps import check_order, gap_message, gaps, step_of
from altay_energy.core.timeline import Timeline, Times
from altay_energy.core.units import Array
from altay_energy.core.wording import plural, stamp
from altay_energy.weather.files.file import clock_name

T = TypeVar("T")

_GAPS = "or declare max_gap_hours or same_hour_gap_hours, which fill them"


@dataclass(frozen=True, eq=False)
class Column:
    """A series in the intervals of a run.

    Parameters
    ----------
    values : ndarray, shape (T,)
        In the unit of the key, free of NaN.
    notices : tuple of str
        Notices on every conversion and policy used, and on oddities of the file.
    """

    values: Array
    notices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Rows:
    """When the rows of a file begin, and which of them belong to the run."""

    utc: Times
    written: Times
    lines: NDArray[np.int64]
    order: NDArray[np.intp]
    step: int


class _Problems:
    """Collects the problems of a file instead of stopping at the first."""

    def __init__(self, found: Sequence[str] = ()) -> None:
        self.found: list[str] = list(found)

    def tried(self, action: Callable[[], T]) -> T | None:
        """Return the result of an action; None where it raises, which is collected."""
        try:
            return action()
        except AltayError as error:
            self.found += [line for line in str(error).splitlines() if line not in self.found]
            return None


class SeriesFile:
    """A CSV file whose columns are series of a run: rows, clock and steps are checked once.

    Parameters
    ----------
    text : Text
        Of the file.
    ref : SeriesRef
        How the file is read; its column, unit and factor do not matter.
    timeline : Timeline
        The T intervals.
    names : sequence of str
        Columns that are read, by which the header is found.
    """

    def __init__(
        self, text: Text, ref: SeriesRef, timeline: Timeline, names: Sequence[str]
    ) -> None:
        self._timeline = timeline
        self._problems = _Problems()
        self._notices: list[str] = list(text.notices)
        self._rows: _Rows | None = None
        times = () if ref.start is not None else ref.time_columns
        self._table = self._problems.tried(
            lambda: parse_table(text, SeriesError, ref, [*times, *names])
        )
        if self._table is not None:
            table = self._table
            self._notices += table.notices
            self._rows = self._problems.tried(lambda: _rows(table, ref, timeline, self._notices))

    def column(self, ref: SeriesRef, unit: str = "-") -> Column:
        """A column in the intervals of the run, in the unit of its key.

        Parameters
        ----------
        ref : SeriesRef
            Which column, its unit and its factor.
        unit : str
            Of the key: ``MW``, ``CNY/MWh``, ``m³/s`` or ``-`` for a share.

        Returns
        -------
        Column

        Raises
        ------
        SeriesError
            With every fault of the file and the column, one a line, each with file, line, remedy.
        """
        table, rows, timeline = self._table, self._rows, self._timeline
        problems, notices = _Problems(self._problems.found), list(self._notices)
        if table is None:
            raise SeriesError("\n".join(problems.found))
        problems.tried(lambda: _check_column(table, ref))
        values = None
        if table.header.count(ref.column) == 1:
            values = problems.tried(lambda: numbers(table, ref.column, decimal=ref.decimal))
        step = timeline.step_hours if rows is None else rows.step / 3600.0
        factor = problems.tried(lambda: _factor(table.name, ref, unit, step, notices))
        result = None
        if rows is not None and values is not None:
            result = problems.tried(lambda: _in_run(table, ref, rows, values, timeline, notices))
        if problems.found or result is None or factor is None:
            raise SeriesError("\n".join(problems.found))
        return Column(result if factor == 1.0 else result * factor, tuple(notices))


def _check_column(table: Table, ref: SeriesRef) -> None:
    table.cells(ref.column)
    if ref.start is None and ref.column in ref.time_columns:
        raise SeriesError(f"{table.name}: column {ref.column!r} holds the stamps; name another")


def _factor(name: str, ref: SeriesRef, unit: str, step_hours: float, notices: list[str]) -> float:
    """Factor of the values; a unit in the column's name must be declared."""
    ours = PER_UNIT[unit]
    named = unit_in_name(ref.column)
    if unit == "CNY/MWh" and named in PER_UNIT["MWh"]:
        named = f"CNY/{named}"  # only the denominator is named
    factor = ref.factor
    if ref.unit is not None:
        converted = factor_of(unit, ref.unit, step_hours)
        if converted is None:
            raise SeriesError(
                f"{name}: unit = {ref.unit!r} is not known here; expected one of "
                f"{', '.join(known_units(unit))}, or a factor to {_spoken(unit)}"
            )
        factor *= converted
    elif named is not None and "factor" not in ref.model_fields_set:
        converted = factor_of(unit, named, step_hours)
        if converted != 1.0:
            raise SeriesError(
                f"{name}: the name of column {ref.column!r} says {named}, but the key is in "
                f"{_spoken(unit)}; {_mend(unit, named, converted)}"
            )
    if factor != 1.0:
        what = f" from {ref.unit}" if ref.unit is not None else ""
        by = f" × {ref.factor:g}" if "factor" in ref.model_fields_set else ""
        notices.append(f"column {ref.column!r}{by} converted{what} to {_spoken(unit)} (declared)")
    declared = ref.unit if ref.unit is not None else next(iter(ours))
    if named is not None and ref.unit is not None and not _same(unit, named, ref.unit, step_hours):
        notices.append(
            f"the name of column {ref.column!r} says {named}; taken as {declared}, as declared"
        )
    return factor


def _same(unit: str, named: str, declared: str, step_hours: float) -> bool:
    return factor_of(unit, named, step_hours) == factor_of(unit, declared, step_hours)


def _spoken(unit: str) -> str:
    return "shares of the capacity, from 0 to 1" if unit == "-" else unit


def _mend(unit: str, named: str, converted: float | None) -> str:
    first = next(iter(PER_UNIT[unit]))
    if converted is not None:
        return f'declare unit = "{named}" to convert it, or unit = "{first}" if the name is wrong'
    if unit == "-":
        return f'declare factor, one over the capacity in {named}, or unit = "1" if it is a share'
    if unit == "CNY/MWh" and named.partition("/")[2] in PER_UNIT["MWh"]:
        below = named.partition("/")[2]
        return f'declare unit = "CNY/{below}" and factor, the rate of exchange'
    return f'declare factor, or unit = "{first}" if the name is wrong'


def _rows(table: Table, ref: SeriesRef, timeline: Timeline, notices: list[str]) -> _Rows:
    """When each row begins, in the order of time."""
    if ref.start is not None:
        return _counted(table, ref, timeline, notices)
    utc, written, offsets = stamps(table, ref)
    if ref.utc_offset_hours is not None:
        own = sorted(offsets - {ref.utc_offset_hours})
        said = f"carry their own offset, {', '.join(map(clock_name, own))}, which is taken"
        declared = f"are on {clock_name(ref.utc_offset_hours)} (declared)"
        notices.append(f"stamps {said if own else declared}")
    if ref.time_columns == ("time",) and "time" not in table.header:
        notices.append("stamps are those of the first column, which has no name")
    order = np.arange(utc.size)
    if ref.sort:
        order = np.argsort(utc, kind="stable")
        moved = int((order != np.arange(order.size)).sum())
        if moved:
            notices.append(f"{plural(moved, 'row')} put into the order of time (sort = true)")
    utc, written, lines = utc[order], written[order], table.lines[order]
    check_order(utc, written, lines, table.name, SeriesError)
    step = step_of(utc) if utc.size > 1 else timeline.step_seconds
    if ref.stamp != "begin":
        share = np.timedelta64({"middle": step // 2, "end": step}[ref.stamp], "s")
        utc, written = utc - share, written - share
        notices.append(f"a stamp is the {ref.stamp} of its interval (declared)")
    return _Rows(utc, written, lines, order, step)


def _counted(table: Table, ref: SeriesRef, timeline: Timeline, notices: list[str]) -> _Rows:
    """Rows that follow each other from a declared instant on."""
    assert ref.start is not None
    offset = ref.utc_offset_hours
    offset = timeline.utc_offset_hours if offset is None else offset
    moment = datetime.fromisoformat(ref.start)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone(timedelta(hours=offset)))
    first = np.datetime64(round(moment.timestamp()), "s")
    step = timeline.step_seconds if ref.step_hours is None else round(3600 * ref.step_hours)
    utc = first + np.arange(len(table.rows)) * np.timedelta64(step, "s")
    shift = moment.utcoffset() or timedelta()
    written = utc + np.timedelta64(round(shift.total_seconds()), "s")
    notices.append(
        f"{plural(utc.size, 'row')} of {step / 60:g} min from {stamp(written[0])} "
        f"({clock_name(shift.total_seconds() / 3600.0)}) on, as declared by start"
    )
    return _Rows(utc, written, table.lines, np.arange(utc.size), step)


def _in_run(
    table: Table, ref: SeriesRef, rows: _Rows, values: Array, timeline: Timeline, notices: list[str]
) -> Array:
    """Values in the intervals of the run; faults outside its period are ignored."""
    step, own = rows.step, timeline.step_seconds
    _check_step(table, ref, step, own)
    end = timeline.utc_edges[-1]
    _check_covered(table, rows, timeline)
    inside = np.flatnonzero(
        (rows.utc + np.timedelta64(step, "s") > timeline.utc[0]) & (rows.utc < end)
    )
    _check_grid(table, rows, inside, timeline)
    utc, lines, written = rows.utc[inside], rows.lines[inside], rows.written[inside]
    missing = gaps(utc, step)
    if ref.gap_policy.longest_hours:
        values = values[rows.order][inside]
        utc, values = _without_gaps(table, ref, utc, written, lines, values, step, notices)
    elif missing:
        raise SeriesError(
            f"{table.name}: {gap_message(missing, written, step)}, first after line "
            f"{lines[missing[0][0]]}; add the rows, {_GAPS}"
        )
    else:
        by_row = np.empty(rows.written.size, dtype="datetime64[s]")
        by_row[rows.order] = rows.written
        needed = np.sort(rows.order[inside])
        refuse_missing(table, ref.column, values, needed, by_row, f"fill these cells, {_GAPS}")
        values = values[rows.order][inside]
    if step == own:
        return values
    if step < own:
        _check_whole(table, utc, step, timeline)
        notices.append(f"means of {step / 60:g} min over {own / 60:g} min (resample = mean)")
        means: Array = values.reshape(timeline.steps, own // step).mean(axis=1)
        return means
    notices.append(f"values of {step / 60:g} min held over {own / 60:g} min (substeps = hold)")
    held: Array = values[(timeline.utc - utc[0]).astype(np.int64) // step]
    return held


def _check_step(table: Table, ref: SeriesRef, step: int, own: int) -> None:
    """Raise for a step other than the run's without a policy."""
    if step == own:
        return
    finer = step < own
    policy = 'resample = "mean"' if finer else 'substeps = "hold"'
    divides = own % step == 0 if finer else step % own == 0
    given = ref.resample if finer else ref.substeps
    if given is not None and divides:
        return
    hint = f"declare {policy}, " if divides else ""
    raise SeriesError(
        f"{table.name}: steps of {step / 60:g} min, but the run has {own / 60:g} min; {hint}give "
        "the series in the run's step or set time.step_hours"
    )


def _check_covered(table: Table, rows: _Rows, timeline: Timeline) -> None:
    length = np.timedelta64(rows.step, "s")
    if rows.utc[0] <= timeline.utc[0] and rows.utc[-1] + length >= timeline.utc_edges[-1]:
        return
    edges, end = timeline.utc_edges, rows.utc[-1] + length
    absent = int(((edges[:-1] < rows.utc[0]) | (edges[1:] > end)).sum())
    raise SeriesError(
        f"{table.name}: covers {_span(rows)}, but the run needs "
        f"{timeline.describe()}: {plural(absent, 'interval')} without a row; "
        "give a file that covers the period, or change [time]"
    )


def _check_grid(table: Table, rows: _Rows, inside: NDArray[np.intp], timeline: Timeline) -> None:
    """Refuse rows within the period that are not at the steps of the others, or of the run."""
    step, own = rows.step, timeline.step_seconds
    since = (rows.utc[inside] - timeline.utc[0]).astype(np.int64)
    off = inside[since % step != 0] if step <= own else inside[since % own != 0]
    if step > own and not off.size:
        off = inside[(since - since[0]) % step != 0]
    if not off.size:
        return
    k = int(off[0])
    distances = np.diff(rows.utc[inside]).astype(np.int64)
    several = np.unique(distances[distances > 0])
    mixed = several.size > 1 and bool((several % step).any())
    if mixed:
        others = ", ".join(f"{s / 60:g}" for s in several[several % step != 0][:3])
        raise SeriesError(
            f"{table.name}: line {rows.lines[k]}: {stamp(rows.written[k])} lies between two steps "
            f"of {step / 60:g} min; the file mixes steps ({others} min and {step / 60:g} min, "
            f"{plural(off.size, 'row')} off the steps): give one step throughout"
        )
    raise SeriesError(
        f"{table.name}: line {rows.lines[k]}: {stamp(rows.written[k])} is not the beginning of an "
        f"interval of the run, {timeline.describe()} in steps of {own / 60:g} min"
    )


def _check_whole(table: Table, utc: Times, step: int, timeline: Timeline) -> None:
    """Refuse fine rows that do not fill the intervals of the run."""
    if utc.size == timeline.steps * (timeline.step_seconds // step) and utc[0] == timeline.utc[0]:
        return
    raise SeriesError(
        f"{table.name}: rows of {step / 60:g} min do not fill the intervals of the run, "
        f"{timeline.describe()}; give a file that begins with one of them"
    )


def _without_gaps(
    table: Table,
    ref: SeriesRef,
    utc: Times,
    written: Times,
    lines: NDArray[np.int64],
    values: Array,
    step: int,
    notices: list[str],
) -> tuple[Times, Array]:
    """Fill missing rows and values as declared, with a notice for each method."""
    shift = written[0] - utc[0]
    utc, lines, columns = with_missing_rows(
        table.name, utc, written, lines, {ref.column: values}, step, ref.gap_policy
    )
    values = columns[ref.column]
    if np.isnan(values).any():
        values, said = filled(
            ref.column, values, utc + shift, lines, table.name, step / 3600.0, ref.gap_policy
        )
        notices += said
    return utc, values


def _span(rows: _Rows) -> str:
    end = rows.written[-1] + np.timedelta64(rows.step, "s")
    offset_hours = (rows.written[0] - rows.utc[0]).astype(np.int64) / 3600.0
    return f"{stamp(rows.written[0])} to {stamp(end)} ({clock_name(float(offset_hours))})"
