"""Text of days, periods and date ticks, independent of the system locale."""

from __future__ import annotations

import numpy as np

from altay_energy.report.chart.flows import Times
from altay_energy.report.text import Words

MOST_TICKS = 13
"""Most ticks on a date axis: the twelve months of a year fit, and the days of a week."""


def day_text(words: Words, day: np.datetime64, *, year: bool = False) -> str:
    """Return a date in this language, such as ``14 Jan 2030``."""
    calendar = day.astype("datetime64[D]").item()
    return words(
        "date",
        "day_of_year" if year else "day",
        day=calendar.day,
        month=words.sequence("date", "months")[calendar.month - 1],
        year=calendar.year,
    )


def span_text(words: Words, edges: Times) -> str:
    """Return the first and last day of a period as text; one day if they are the same."""
    last_moment = edges[-1] - np.timedelta64(1, "m")
    first, last = (edge.astype("datetime64[D]") for edge in (edges[0], last_moment))
    if first == last:
        return day_text(words, first, year=True)
    same_year = first.astype("datetime64[Y]") == last.astype("datetime64[Y]")
    # the Chinese form begins with the year, the English one ends with it
    years = (not same_year or words.language == "zh", not same_year or words.language != "zh")
    texts = (day_text(words, first, year=years[0]), day_text(words, last, year=years[1]))
    return words("date", "span", first=texts[0], last=texts[1])


STEPS: tuple[tuple[str, int], ...] = (
    ("h", 1),
    ("h", 3),
    ("h", 6),
    ("h", 12),
    ("D", 1),
    ("D", 2),
    ("D", 7),
    ("D", 14),
    ("M", 1),
    ("M", 2),
    ("M", 3),
    ("M", 6),
    ("Y", 1),
    ("Y", 2),
    ("Y", 5),
    ("Y", 10),
)
"""Intervals between date ticks as NumPy unit and count, finest first."""


def date_ticks(
    first: np.datetime64, last: np.datetime64, words: Words, *, days_only: bool = False
) -> tuple[Times, list[str]]:
    """Return tick instants of a period and their labels.

    Parameters
    ----------
    first, last : datetime64
        Ends of the axis, local clock.
    words : Words
        Names of months and days.
    days_only : bool
        Place ticks at midnight only.

    Returns
    -------
    tuple
        Instants, datetime64[m], and their labels; at most ``MOST_TICKS`` of them.
    """
    ticks, code = np.array([first], dtype="datetime64[m]"), "h"
    for unit, count in STEPS:
        if days_only and unit == "h":
            continue
        code = unit
        ticks = _round_instants(first, last, unit, count)
        if ticks.size <= MOST_TICKS:
            break
    if not ticks.size:
        ticks = np.array([first], dtype="datetime64[m]")
    return ticks, [_tick_text(words, ticks, k, code) for k in range(ticks.size)]


def _round_instants(first: np.datetime64, last: np.datetime64, unit: str, count: int) -> Times:
    if unit == "D" and count > 1:  # from the first day, across ends of months
        day = np.timedelta64(1, "D")
        begin = first.astype("datetime64[D]")
        days = np.arange(begin, last.astype("datetime64[D]") + day, count * day)
    else:
        begin = first.astype(f"datetime64[{unit}]")
        stop = last.astype(f"datetime64[{unit}]") + np.ones((), dtype=f"timedelta64[{unit}]")
        days = np.arange(begin, stop)
        days = days[days.astype(np.int64) % count == 0]
    instants = days.astype("datetime64[m]")
    return instants[(instants >= first) & (instants <= last)]


def _tick_text(words: Words, ticks: Times, position: int, unit: str) -> str:
    moment = ticks[position].astype("datetime64[m]").item()
    months = words.sequence("date", "months")
    if unit == "h":
        clock = f"{moment:%H:%M}"
        day = day_text(words, ticks[position])
        return f"{clock}\n{day}" if position == 0 or moment.hour == 0 else clock
    if unit == "D":
        weekday = words.sequence("date", "weekdays")[moment.weekday()]
        return f"{weekday}\n{day_text(words, ticks[position])}"
    year = words("date", "year", year=moment.year)
    if unit == "M":
        month = months[moment.month - 1]
        before = ticks[position - 1].astype("datetime64[Y]") if position else None
        new_year = before is None or before != ticks[position].astype("datetime64[Y]")
        return f"{month}\n{year}" if new_year else month
    return year
