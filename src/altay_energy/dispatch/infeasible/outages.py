"""Hours in which something is missing, as people say them: when, how much power and energy.

Every text is a pair: English, then Chinese.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem

Pair: TypeAlias = tuple[str, str]
"""The same in English and in Chinese."""

MOST_NAMED = 5
"""So many spells are named one by one."""

DUST = 1e-6
"""Share of the highest load below which missing power is rounding."""

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
class Spell:
    """Neighbouring steps in all of which something is missing.

    Parameters
    ----------
    first, stop : int
        Its first step, and the one after its last.
    peak_mw, energy_mwh : float
        The most that is missing in a step, and all of it. [MW], [MWh]
    """

    first: int
    stop: int
    peak_mw: float
    energy_mwh: float


def spells_of(missing_mw: Array, step_hours: float, dust_mw: float) -> list[Spell]:
    """Spells in the order of time.

    Parameters
    ----------
    missing_mw : ndarray, shape (T,)
        [MW]
    step_hours : float
        [h]
    dust_mw : float
        Up to here nothing is missing. [MW]
    """
    lacking = np.concatenate([[False], missing_mw > dust_mw, [False]])
    firsts, stops = np.flatnonzero(lacking[1:] != lacking[:-1]).reshape(-1, 2).T.tolist()
    return [
        Spell(a, b, float(missing_mw[a:b].max()), float(missing_mw[a:b].sum()) * step_hours)
        for a, b in zip(firsts, stops, strict=True)
    ]


def told_spells(problem: Problem, missing_mw: Array, words: Pair) -> Pair:
    """What is missing, when and how much: the worst spells one by one, the rest counted.

    Parameters
    ----------
    problem : Problem
        Shape (T,); its highest load says what rounding is.
    missing_mw : ndarray, shape (T,)
        [MW]
    words : (str, str)
        What stands between the first hours and "by up to", in either language.

    Returns
    -------
    (str, str)
        ``"on 14 January 18:00-22:00 load exceeds all sources by up to 212 MW (640 MWh)"``; empty
        where nothing is missing.
    """
    dust = DUST * float(np.max(problem.load_mw, initial=0.0))
    found = spells_of(missing_mw, problem.step_hours, dust)
    if not found:
        return "", ""
    worst = sorted(found, key=lambda spell: (-spell.energy_mwh, spell.first))
    named = sorted(worst[:MOST_NAMED], key=lambda spell: spell.first)
    english, chinese = [], []
    for place, spell in enumerate(named):
        en, zh = when(problem, spell.first, spell.stop)
        told = words if place == 0 else ("", "")
        peak, energy = figure(spell.peak_mw), figure(spell.energy_mwh)
        english.append(f"{en} {told[0]} by up to {peak} MW ({energy} MWh)".replace("  ", " "))
        chinese.append(f"{zh} {told[1]}最多 {peak} MW（{energy} MWh）")
    rest = worst[MOST_NAMED:]
    if rest:
        energy = figure(sum(spell.energy_mwh for spell in rest))
        spells = "spell" if len(rest) == 1 else "spells"
        english.append(f"and in {len(rest)} more {spells} ({energy} MWh)")
        chinese.append(f"另有 {len(rest)} 段（{energy} MWh）")
    return ", ".join(english), "；".join(chinese)


def when(problem: Problem, first: int, stop: int) -> Pair:
    """Some neighbouring steps on the clock, or by their numbers where there is no clock.

    Parameters
    ----------
    problem : Problem
    first, stop : int
        The first step, and the one after the last.
    """
    begin = problem.origin.start
    if begin is None:
        if stop - first == 1:
            return f"in step {first}", f"第 {first} 步"
        return f"in steps {first} to {stop - 1}", f"第 {first} 至 {stop - 1} 步"
    step = timedelta(hours=problem.step_hours)
    a, b, last = begin + first * step, begin + stop * step, begin + (stop - 1) * step
    years = (begin + problem.steps * step - timedelta(seconds=1)).year > begin.year
    if last.date() == a.date():
        end = "24:00" if b.date() > a.date() else f"{b:%H:%M}"
        days = _day(a, years=years)
        return f"on {days[0]} {a:%H:%M}-{end}", f"{days[1]} {a:%H:%M}-{end}"
    one, other = _day(a, years=years), _day(b, years=years)
    return (
        f"from {one[0]} {a:%H:%M} to {other[0]} {b:%H:%M}",
        f"{one[1]} {a:%H:%M} 至 {other[1]} {b:%H:%M}",
    )


def _day(moment: datetime, *, years: bool) -> Pair:
    english = f"{moment.day} {_MONTHS[moment.month - 1]}"
    chinese = f"{moment.month}月{moment.day}日"
    return (
        (f"{english} {moment.year}", f"{moment.year}年{chinese}") if years else (english, chinese)
    )


def raised(problem: Problem, key: str, series: Array, by_mw: float) -> Pair:
    """A limit raised: to a number where it is one, else by as much in every step.

    Parameters
    ----------
    problem : Problem
    key : str
        In the scenario.
    series : ndarray, shape (T,)
        What the limit is. [MW or MWh]
    by_mw : float
        By how much it has to rise. [same unit]
    """
    if np.ptp(series) == 0.0:
        to = at_least(float(series[0]) + by_mw)
        return f"{key} raised to {to}", f"将 {key} 提高到 {to}"
    by = at_least(by_mw)
    return f"{key} raised by {by} in every step", f"将 {key} 各时段提高 {by}"


def figure(value: float) -> str:
    """A quantity to four digits, with separators: ``1,640``, ``0.4213``."""
    return _written(value, up=False)


def at_least(value: float) -> str:
    """A limit that must not be smaller than this: rounded up to four digits or to a whole."""
    return _written(value * (1.0 + 1e-6), up=True)


def rounded_up(value: float) -> float:
    """The number that `at_least` writes."""
    return float(at_least(value).replace(",", ""))


def _written(value: float, *, up: bool) -> str:
    if value <= 0.0:
        return "0"
    places = min(max(_DIGITS - 1 - math.floor(math.log10(value)), 0), 12)
    scaled = value * 10.0**places
    whole = math.ceil(scaled - 1e-9) if up else round(scaled)
    text = f"{whole / 10.0**places:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
