"""CSV with declared columns, units, clock and stamps to a ``WeatherFile``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.cells import numbers, stamps
from altay_energy.core.files.csvfile import Table, parse_table
from altay_energy.core.files.gaps import with_missing_rows
from altay_energy.core.files.textfile import Text
from altay_energy.core.stamps import check_order, step_of
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import plural
from altay_energy.weather.files.complete import complete
from altay_energy.weather.files.file import RAW_UNITS, WIND, WeatherFile, clock_name
from altay_energy.weather.files.spec import WeatherFileSpec, conversion

Integers = NDArray[np.int64]


def read_csv_text(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """A CSV file as declared.

    Parameters
    ----------
    text : Text
        Of the file.
    spec : WeatherFileSpec
        ``stamp`` and ``wind_height_m`` must be declared, ``utc_offset_hours`` if stamps carry no
        offset; columns are found by our names unless ``columns`` names them.

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        With file, line, column, content and remedy.
    """
    _check_declared(text.name, spec)
    wanted = [*spec.time_columns, *(spec.columns.values() or spec.required)]
    table = parse_table(text, spec=spec, wanted=wanted)
    utc, written, offsets = stamps(table, spec)
    notices = [*text.notices, *table.notices]
    offset = spec.utc_offset_hours
    if offset is None:
        offset = float(np.median(sorted(offsets)))
    if len(offsets) > 1:
        offset = min(offsets)
        notices.append(
            "stamps carry different offsets "
            f"({', '.join(clock_name(hours) for hours in sorted(offsets))}); all taken to UTC"
        )
    wants = _wants(table, spec)
    columns = _converted(table, spec, utc, notices)
    lines = table.lines
    if spec.sort:
        utc, written, lines, columns = _sorted(utc, written, lines, columns, notices)
    check_order(utc, written, lines, text.name, WeatherError)
    step = _step(text.name, utc)
    utc, lines, columns = with_missing_rows(
        text.name, utc, written, lines, columns, step, spec.gap_policy
    )
    share = {"begin": 0, "middle": step // 2, "end": step}[str(spec.stamp)]
    utc = utc - np.timedelta64(share, "s")
    notices.append(f"a stamp is the {spec.stamp} of its interval (declared)")
    local = utc + np.timedelta64(round(offset * 3600), "s")
    notices += _daylight_saving_notice(local, offset, spec)
    done = complete(
        columns,
        local,
        lines,
        text.name,
        step_hours=step / 3600.0,
        policy=spec.gap_policy,
        required=spec.required,
        assumed_humidity_percent=spec.assumed_humidity_percent,
    )
    return WeatherFile(
        name=text.name,
        format="csv",
        place=text.name,
        latitude=spec.latitude,
        longitude=spec.longitude,
        elevation_m=spec.elevation_m,
        utc_offset_hours=offset,
        times=utc,
        step_hours=step / 3600.0,
        series=done.series,
        wind_height_m=float(spec.wind_height_m or 0.0),
        wind_second_height_m=spec.wind_second_height_m,
        typical=False,
        sha256=text.sha256,
        notices=(*notices, *done.notices),
        wants=(*wants, *done.wants[bool(wants) :]),
    )


def _check_declared(name: str, spec: WeatherFileSpec) -> None:
    missing = [key for key in ("stamp", "wind_height_m") if getattr(spec, key) is None]
    if missing:
        raise WeatherError(
            f"{name}: is read as CSV, which does not say {' nor '.join(missing)}; declare them, as "
            f'in {{ file = "{name}", stamp = "begin", wind_height_m = 10 }}'
        )


def _wants(table: Table, spec: WeatherFileSpec) -> list[str]:
    """Columns missing in the header; a declared column must be there."""
    for column in spec.columns.values():
        table.cells(column)
    wants = []
    for name in spec.required:
        try:
            table.cells(spec.columns.get(name, name))
        except WeatherError as problem:
            wants.append(str(problem))
    if wants and not set(RAW_UNITS) & {*table.header, *spec.columns}:
        raise WeatherError(wants[0])
    return wants


def _converted(
    table: Table, spec: WeatherFileSpec, utc: Times, notices: list[str]
) -> dict[str, Array]:
    """Columns in our units, NaN where there is no value."""
    known = WIND if spec.wind_only else tuple(RAW_UNITS)
    names = spec.columns or {name: name for name in known if name in table.header}
    order = np.sort(utc)
    step_hours = max(step_of(order) if order.size > 1 else 3600, 1) / 3600.0
    columns = {}
    for name, column in names.items():
        values = numbers(table, column, decimal=spec.decimal)
        unit = spec.units.get(name)
        if unit is not None:
            factor, offset = conversion(name, unit, step_hours)
            values = factor * values + offset
            notices.append(f"{name} converted from {unit} (declared)")
        columns[name] = values
    return columns


def _sorted(
    utc: Times, written: Times, lines: Integers, columns: dict[str, Array], notices: list[str]
) -> tuple[Times, Times, Integers, dict[str, Array]]:
    order = np.argsort(utc, kind="stable")
    moved = int((order != np.arange(order.size)).sum())
    if moved:
        notices.append(f"{plural(moved, 'row')} put into the order of time (sort = true)")
    sorted_columns = {name: values[order] for name, values in columns.items()}
    return utc[order], written[order], lines[order], sorted_columns


def _step(name: str, utc: Times) -> int:
    if utc.size < 24:
        raise WeatherError(f"{name}: {plural(utc.size, 'row')} are too few; a day is the least")
    step = step_of(utc)
    if 3600 % step:
        raise WeatherError(
            f"{name}: steps of {step / 60:g} min; expected 60 min or a part of an hour"
        )
    return step


def _daylight_saving_notice(local: Times, offset: float, spec: WeatherFileSpec) -> list[str]:
    years = local[[0, -1]].astype("datetime64[Y]").astype(np.int64) + 1970
    if spec.utc_offset_hours == 8.0 and offset == 8.0 and years[0] <= 1991 and years[1] >= 1986:
        return [
            "clock taken as fixed UTC+8: the daylight saving time of China in 1986-1991 is "
            "not applied"
        ]
    return []
