"""Words for outages: hours, missing power and missing energy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem

MOST_NAMED = 5
"""Largest number of outages that are listed one by one."""

DUST = 1e-6
"""Missing power below this share of the highest load is rounding. [-]"""

_DIGITS = 4
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Outage:
    """Consecutive steps with missing power.

    Parameters
    ----------
    first, stop : int
        First step of the outage, and the step after its last.
    peak_mw, energy_mwh : float
        Largest missing power, and missing energy. [MW], [MWh]
    """

    first: int
    stop: int
    peak_mw: float
    energy_mwh: float


def outages_of(missing_mw: Array, step_hours: float, dust_mw: float) -> list[Outage]:
    """Return the outages in chronological order.

    Parameters
    ----------
    missing_mw : ndarray, shape (T,)
        [MW]
    step_hours : float
        [h]
    dust_mw : float
        Missing power up to this is rounding. [MW]
    """
    lacking = np.concatenate([[False], missing_mw > dust_mw, [False]])
    firsts, stops = np.flatnonzero(lacking[1:] != lacking[:-1]).reshape(-1, 2).T.tolist()
    return [
        Outage(a, b, float(missing_mw[a:b].max()), float(missing_mw[a:b].sum()) * step_hours)
        for a, b in zip(firsts, stops, strict=True)
    ]


def outage_words(problem: Problem, missing_mw: Array, words: str) -> str:
    """Return the worst outages in words one by one, and the number of others.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    missing_mw : ndarray, shape (T,)
        [MW]
    words : str
        Text between the hours of the first outage and "by up to".

    Returns
    -------
    str
        ``"on 14 January 18:00-22:00 load exceeds all sources by up to 212 MW (640 MWh)"``; empty
        where nothing is missing.
    """
    dust = DUST * float(np.max(problem.load_mw, initial=0.0))
    found = outages_of(missing_mw, problem.step_hours, dust)
    if not found:
        return ""
    worst = sorted(found, key=lambda outage: (-outage.energy_mwh, outage.first))
    named = sorted(worst[:MOST_NAMED], key=lambda outage: outage.first)
    parts = []
    for place, outage in enumerate(named):
        hours = when(problem, outage.first, outage.stop)
        subject = f"{hours} {words}" if place == 0 else hours
        peak, energy = figure(outage.peak_mw), figure(outage.energy_mwh)
        parts.append(f"{subject} by up to {peak} MW ({energy} MWh)")
    rest = worst[MOST_NAMED:]
    if rest:
        energy = figure(sum(outage.energy_mwh for outage in rest))
        one = len(rest) == 1
        more = "1 more period" if one else f"{len(rest)} more periods"
        parts.append(f"and in {more} ({energy} MWh)")
    return ", ".join(parts)


def when(problem: Problem, first: int, stop: int) -> str:
    """Return words for consecutive steps: date and time, or their numbers if the start is unknown.

    Parameters
    ----------
    problem : Problem
    first, stop : int
        The first step, and the one after the last.
    """
    begin = problem.origin.start
    if begin is None:
        if stop - first == 1:
            return f"in step {first}"
        return f"in steps {first} to {stop - 1}"
    step = timedelta(hours=problem.step_hours)
    a, b, last = begin + first * step, begin + stop * step, begin + (stop - 1) * step
    years = (begin + problem.steps * step - timedelta(seconds=1)).year > begin.year
    if last.date() == a.date():
        end = "24:00" if b.date() > a.date() else f"{b:%H:%M}"
        return f"on {_day(a, years=years)} {a:%H:%M}-{end}"
    one, other = _day(a, years=years), _day(b, years=years)
    return f"from {one} {a:%H:%M} to {other} {b:%H:%M}"


def _day(moment: datetime, *, years: bool) -> str:
    day = f"{moment.day} {_MONTHS[moment.month - 1]}"
    return f"{day} {moment.year}" if years else day


def raised(problem: Problem, key: str, series: Array, by_mw: float) -> str:
    """Return words for a raised limit: to a number if constant, else by an amount in every step.

    Parameters
    ----------
    problem : Problem
    key : str
        Key in the scenario.
    series : ndarray, shape (T,)
        The limit. [MW or MWh]
    by_mw : float
        Increase that is needed. [same unit]
    """
    if np.ptp(series) == 0.0:
        to = at_least(float(series[0]) + by_mw)
        return f"{key} raised to {to}"
    by = at_least(by_mw)
    return f"{key} raised by {by} in every step"


def figure(value: float) -> str:
    """Return a quantity as text with four digits and separators: ``1,640``, ``0.4213``."""
    return _written(value, up=False)


def at_least(value: float) -> str:
    """Return a lower bound as text, rounded up to four digits or to an integer."""
    return _written(value * (1.0 + 1e-6), up=True)


def rounded_up(value: float) -> float:
    """Return the number that `at_least` writes."""
    return float(at_least(value).replace(",", ""))


def _written(value: float, *, up: bool) -> str:
    if value <= 0.0:
        return "0"
    places = min(max(_DIGITS - 1 - math.floor(math.log10(value)), 0), 12)
    scaled = value * 10.0**places
    whole = math.ceil(scaled - 1e-9) if up else round(scaled)
    text = f"{whole / 10.0**places:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
