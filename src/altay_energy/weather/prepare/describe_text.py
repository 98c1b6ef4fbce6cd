"""A description of a weather file as plain text, for the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from altay_energy.core.wording import cells

_GAP = "  "


def describe_text(
    description: Mapping[str, Any],
    width: int | None = None,
    translate: Callable[[str], str] = str,
) -> str:
    """Return a description of a weather file as plain text.

    Parameters
    ----------
    description : mapping
        From ``describe``.
    width : int, optional
        Largest width of the tables; by default there is none. [cells]
    translate : callable, optional
        From a text in English to one in the language of the reader.

    Returns
    -------
    str
        Lines without a final newline.
    """
    place, clock, coverage = (description[key] for key in ("place", "clock", "coverage"))
    stamps = translate(description["meaning"]["stamps"])
    lines = [
        f"{description['file']}  ({description['format'].upper()})",
        f"place     {place['name']}, {_place(place)}",
        f"covers    {coverage['span']}, {coverage['intervals']} intervals of "
        f"{60 * coverage['step_hours']:g} min",
        f"clock     {clock['name']}; {clock['summary']}",
        *([f"wind      at {_heights(description)} m"] if description["wind"] else []),
        f"stamps    {stamps.replace('*', '').replace('`', '')}",
        "",
        *columns(_series_table(description["series"]), 2, width, translate),
        "",
        *columns(_month_table(description["months"]), 1, width, translate),
        "",
        *_year_lines(description["year"]),
        *_wind_lines(description["wind"]),
    ]
    for title in ("problems", "notices"):
        if description[title]:
            lines += ["", title, *(f"  - {sentence}" for sentence in description[title])]
    return "\n".join(translate(line) for line in lines)


def _place(place: Mapping[str, Any]) -> str:
    if None in (place["latitude"], place["longitude"]):
        return "place not known"
    north = "N" if place["latitude"] >= 0 else "S"
    east = "E" if place["longitude"] >= 0 else "W"
    height = place["elevation_m"]
    return f"{abs(place['latitude']):.2f}° {north} {abs(place['longitude']):.2f}° {east}, " + (
        "elevation not known" if height is None else f"{height:.0f} m"
    )


def _heights(description: Mapping[str, Any]) -> str:
    heights = (description["wind_height_m"], description["wind_second_height_m"])
    return " and ".join(f"{height:g}" for height in heights if height is not None)


def _series_table(series: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    rows = [["series", "unit", "min", "mean", "max", "at the minimum", "at the maximum"]]
    rows += [
        [
            name,
            one["unit"],
            *("-" if one[key] is None else f"{one[key]:g}" for key in ("min", "mean", "max")),
            one["min_at"],
            one["max_at"],
        ]
        for name, one in series.items()
    ]
    return rows


def _month_table(months: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    titles = {
        "hours": "hours",
        "temperature_mean_c": "T mean °C",
        "temperature_min_c": "T min",
        "temperature_max_c": "T max",
        "ghi_kwh_m2": "GHI kWh/m²",
        "dni_kwh_m2": "DNI",
        "dhi_kwh_m2": "DHI",
        "wind_mean_m_s": "wind m/s",
        "wind_second_mean_m_s": "second m/s",
    }
    keys = [key for key in titles if key in months[0]]
    rows = [["month", *(titles[key] for key in keys)]]
    rows += [
        [month["month"], *(f"{month[key]:.{0 if key == 'hours' else 1}f}" for key in keys)]
        for month in months
    ]
    return rows


def _year_lines(year: Mapping[str, Any]) -> list[str]:
    light = ", ".join(
        f"{name.upper()} {year[f'{name}_kwh_m2']:.0f}"
        for name in ("ghi", "dni", "dhi")
        if f"{name}_kwh_m2" in year
    )
    lines, whole = [], []
    if "temperature_mean_c" in year:
        whole.append(
            f"T {year['temperature_mean_c']:.1f} °C ({year['temperature_min_c']:.1f} to "
            f"{year['temperature_max_c']:.1f}; {year['hours_below_minus_20_c']:.0f} h below "
            f"-20 °C)"
        )
    if light:
        whole.append(f"{light} kWh/m²")
    if whole:
        lines.append(f"in all    {'; '.join(whole)}")
    if year["closure_rms_w_m2"] is not None:
        lines.append(
            f"closure   GHI - DHI - DNI cos Z: {year['closure_rms_w_m2']:.0f} W/m² rms, "
            f"{100 * year['closure_missing_share']:+.1f} % of GHI's energy"
        )
    if year["clear_hours_without_beam"]:
        lines.append(
            f"beam      none in {year['clear_hours_without_beam']:.0f} of "
            f"{year['clear_hours']:.0f} h of high sun in a clear sky"
        )
    if "wind_mean_m_s" in year:
        lines.append(
            f"wind      {year['wind_mean_m_s']:.2f} m/s, calm {100 * year['wind_calm_share']:.0f} %"
        )
    return lines


def _wind_lines(winds: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for wind in winds:
        if wind["weibull_k"] is None:
            continue
        odd = [f"held for {wind['held_hours']} h"] if wind["held_hours"] else []
        odd += ["in whole m/s"] if wind["whole_m_s"] else []
        lines.append(
            f"          at {wind['height_m']:g} m: Weibull k {wind['weibull_k']:.2f}, "
            f"A {wind['weibull_a_m_s']:.2f} m/s" + (f" ({', '.join(odd)})" if odd else "")
        )
    return lines


def columns(
    rows: Sequence[Sequence[str]],
    left: int,
    width: int | None = None,
    translate: Callable[[str], str] = str,
) -> list[str]:
    """Return a table as lines of text.

    Parameters
    ----------
    rows : sequence of sequence of str
        The same number of texts each; the first row names the columns.
    left : int
        Number of columns that are aligned at the left; the others are aligned at the right.
    width : int, optional
        Largest width of a line; by default there is none. A wider table is split into several,
        one below the other, or where not even one column fits into lines of name and value.
        [cells]
    translate : callable, optional
        Applied to each text before the columns are aligned.

    Returns
    -------
    list of str
        Lines.
    """
    rows = [[translate(text) for text in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    count = len(widths)
    groups: list[list[int]] | None = [list(range(left, count))]
    if width is not None:
        groups = groups_of_columns(widths, range(left), range(left, count), width, len(_GAP))
    if groups is None:
        return _in_blocks(rows, left)
    lines: list[str] = []
    for group in groups:
        lines += [""] if lines else []
        chosen = [*range(left), *group]
        lines += [
            _GAP.join(_padded(row[k], widths[k], at_left=k < left) for k in chosen).rstrip()
            for row in rows
        ]
    return lines


def _padded(text: str, width: int, *, at_left: bool) -> str:
    space = " " * (width - cells(text))
    return text + space if at_left else space + text


def _in_blocks(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    lines = []
    for row in rows[1:]:
        lines.append(" ".join(row[:left]))
        lines += [
            f"  {head}: {cell}".replace("  : ", "  ")
            for head, cell in zip(rows[0][left:], row[left:], strict=True)
            if cell
        ]
    return lines


def groups_of_columns(
    widths: Sequence[int], kept: Sequence[int], free: Sequence[int], width: int, gap: int
) -> list[list[int]] | None:
    """Columns in as few parts as fit into a width, each part with the columns that are kept.

    Parameters
    ----------
    widths : sequence of int
        What each column needs.
    kept, free : sequence of int
        Columns of every part, and those that are shared out in their order.
    width, gap : int
        Of a part, and between two columns.

    Returns
    -------
    list of list of int, or None
        The free columns of each part; None where not even one of them fits.
    """
    base = sum(widths[k] + gap for k in kept) - gap
    groups: list[list[int]] = [[]]
    used = base
    for k in free:
        if base + gap + widths[k] > width:
            return None
        if groups[-1] and used + gap + widths[k] > width:
            groups.append([])
            used = base
        groups[-1].append(k)
        used += gap + widths[k]
    return groups if base <= width else None
