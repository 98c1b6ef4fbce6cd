"""The comparison of synthetic years with a record, as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from altay_energy.weather.climate.statistics.wind_record import Keeping
from altay_energy.weather.climate.validation.check import MONTHS, ClimateCheck, Row
from altay_energy.weather.prepare.describe_text import columns

_MONTHLY = ("temperature_month", "ghi_month", "wind_month")
_MARKS = {"ok": "ok", "beyond": "NO", "shown": "", "does not apply": "n/a"}


def check_text(
    check: ClimateCheck, width: int | None = None, translate: Callable[[str], str] = str
) -> str:
    """Return the comparison as plain text: record, synthetic years, their range, rank.

    Parameters
    ----------
    check : ClimateCheck
        From ``compare``.
    width : int, optional
        Largest width of the tables; by default there is none. [cells]
    translate : callable, optional
        From a text in English to one in the language of the reader.

    Returns
    -------
    str
        Lines without a final newline.
    """
    real, made = check.real, check.made
    lines = [
        f"{real.place}: {_years(real.years)} of record, {_years(made.years)} synthetic",
        f"wind      {keeping_text(check.keeping)}",
        f"spells    {thresholds_text(check)}",
        "",
        *columns(_figures(check.rows), 2, width, translate),
        "",
        *columns(_months(check.rows), 1, width, translate),
        "",
        summary(check),
    ]
    reasons = dict.fromkeys(
        f"{row.figure.label}: {row.why}" for row in check.rows if row.why and not row.part
    )
    lines += [f"  - {reason}" for reason in reasons]
    return "\n".join(translate(line) for line in lines)


def check_document(check: ClimateCheck) -> dict[str, Any]:
    """The same as plain values, ready for JSON.

    Parameters
    ----------
    check : ClimateCheck

    Returns
    -------
    dict
    """
    return {
        "place": check.real.place,
        "record_years": check.real.years,
        "made_years": check.made.years,
        "wind_height_m": check.real.wind_height_m,
        "wind_keeping": asdict(check.keeping),
        "spells_from": asdict(check.thresholds),
        "judged": check.judged,
        "beyond": len(check.beyond),
        "rows": [row.document() for row in check.rows],
    }


def keeping_text(how: Keeping) -> str:
    """``in whole m/s, observations held for 6 h``.

    Parameters
    ----------
    how : Keeping

    Returns
    -------
    str
    """
    grid = how.resolution_m_s
    rounded = f"in steps of {grid:g} m/s" if grid else "not rounded"
    return rounded + (", every hour observed" if how.hourly else f", held for {how.held_hours} h")


def thresholds_text(check: ClimateCheck) -> str:
    """Thresholds of cold, overcast and calm, as text.

    Parameters
    ----------
    check : ClimateCheck

    Returns
    -------
    str
    """
    limits = check.thresholds
    return (
        f"cold: days {-limits.cold_k:.1f} K or more below the season; overcast: days of clearness "
        f"below {limits.overcast:.2f}; calm: hours below {limits.calm_m_s:.1f} m/s"
    )


def summary(check: ClimateCheck) -> str:
    """Summary of the figures within and outside their tolerances.

    Parameters
    ----------
    check : ClimateCheck

    Returns
    -------
    str
    """
    inside = check.judged - len(check.beyond)
    sentence = f"{inside} of {check.judged} figures are within what is allowed"
    if check.beyond:
        parts: dict[str, list[str]] = {}
        for row in check.beyond:
            parts.setdefault(row.figure.label, []).append(row.part)
        names = [f"{label} {' '.join(which)}".rstrip() for label, which in parts.items()]
        sentence += f"; beyond: {'; '.join(names)}"
    return sentence


def _years(count: int) -> str:
    return "1 year" if count == 1 else f"{count} years"


def _figures(rows: Sequence[Row]) -> list[list[str]]:
    table = [["figure", "unit", "record", "made", "90 % of years", "rank", "allowed", ""]]
    for row in rows:
        if row.key not in _MONTHLY:
            label = f"{row.figure.label} {row.part}".rstrip()
            table.append([label, row.figure.unit, *_cells(row), _MARKS[row.verdict]])
    return table


def _cells(row: Row) -> list[str]:
    """Record, synthetic years, spread, rank, tolerance."""
    figure = row.figure
    real, made, low, high = (
        "-" if value is None else f"{value:.{figure.decimals}f}"
        for value in (row.real, row.made, row.low, row.high)
    )
    spread = "-" if row.low is None else f"{low} to {high}"
    rank = "-" if row.rank is None else f"{100 * row.rank:.0f} %"
    allowed = figure.tolerance.text() if figure.tolerance else "-"
    return [real, made, spread, rank, allowed]


def _months(rows: Sequence[Row]) -> list[list[str]]:
    """A row a month: record, made and difference of temperature, irradiation and wind."""
    found = {(row.key, row.part): row for row in rows}
    table = [["month", "T °C", "made", "", "GHI kWh/m²", "made", "", "wind m/s", "made", ""]]
    for month in MONTHS:
        line = [month]
        for key in _MONTHLY:
            row = found[key, month]
            line += [*_cells(row)[:2], _MARKS[row.verdict]]
        table.append(line)
    return table
