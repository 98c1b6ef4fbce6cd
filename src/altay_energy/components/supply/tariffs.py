"""Dated electricity prices by name: time-of-use tariffs and contract prices, each with source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.catalogue import Catalogue
from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import BEIJING_OFFSET_HOURS, Integers, Timeline
from altay_energy.core.units import Array

SLOTS_PER_HOUR = 4
SLOTS_PER_DAY = 24 * SLOTS_PER_HOUR
_SLOT_SECONDS = 3600 // SLOTS_PER_HOUR


@dataclass(frozen=True, eq=False)
class Tariff:
    """A time-of-use tariff or contract price: one price for each month and quarter of an hour.

    Parameters
    ----------
    name, title, title_zh, source, note : str
        Names in English and Chinese, source and remarks.
    valid_from, valid_until : date
        First and last day; without a last day the tariff applies until further notice.
    utc_offset_hours : float
        Clock of the tariff hours minus UTC. [h]
    price_cny_mwh : ndarray, shape (12, 96)
        Price by month and quarter of an hour. [CNY/MWh]
    followed_by : str
        Name of the time-of-use table that replaced it; empty if none did.
    """

    name: str
    title: str
    title_zh: str
    source: str
    note: str
    valid_from: date
    valid_until: date | None
    utc_offset_hours: float
    price_cny_mwh: Array
    followed_by: str = ""

    def covers(self, timeline: Timeline) -> bool:
        """Whether all intervals lie within the dates of the tariff."""
        return self.valid_from <= _first_day(timeline) and (
            self.valid_until is None or _last_day(timeline) <= self.valid_until
        )

    def validity(self) -> str:
        """First and last day as text."""
        until = "further notice" if self.valid_until is None else self.valid_until.isoformat()
        return f"{self.valid_from.isoformat()} to {until}"


def read_tariff(name: str, table: Mapping[str, Any]) -> Tariff:
    """Read a tariff from the table of its file.

    Parameters
    ----------
    name : str
        Name of the tariff.
    table : mapping
        ``title``, ``source``, ``valid_from`` and ``base_price_cny_mwh``; unless the price is the
        same all day, also ``multipliers`` by level and ``periods`` (``level``, ``hours`` as pairs
        from-to); ``exceptions`` also have ``months`` and take precedence over periods.

    Returns
    -------
    Tariff

    Raises
    ------
    ValueError
        If the periods do not cover the day exactly once.
    """
    price = np.full((12, SLOTS_PER_DAY), float(table["base_price_cny_mwh"]))
    if "periods" in table:
        price *= _multipliers(name, table)
    price.setflags(write=False)
    return Tariff(
        name=name,
        title=table["title"],
        title_zh=table.get("title_zh", ""),
        source=table["source"],
        note=table.get("note", ""),
        valid_from=table["valid_from"],
        valid_until=table.get("valid_until"),
        utc_offset_hours=float(table.get("utc_offset_hours", BEIJING_OFFSET_HOURS)),
        price_cny_mwh=price,
        followed_by=table.get("followed_by", ""),
    )


def _multipliers(name: str, table: Mapping[str, Any]) -> Array:
    """Factor of the base price, shape (12, 96). [-]"""
    share = np.zeros((12, SLOTS_PER_DAY))
    times_covered = np.zeros(SLOTS_PER_DAY, dtype=np.int64)
    for period in table["periods"]:
        for begin, end in period["hours"]:
            times_covered[_slots(begin, end)] += 1
            share[:, _slots(begin, end)] = table["multipliers"][period["level"]]
    if np.any(times_covered != 1):
        hour = int(np.argmax(times_covered != 1)) / SLOTS_PER_HOUR
        count = int(times_covered[round(hour * SLOTS_PER_HOUR)])
        raise ValueError(
            f"tariff {name}: the periods must cover each hour of the day exactly once; "
            f"{int(hour):02d}:{round(hour % 1 * 60):02d} is covered {count} times"
        )
    for exception in table.get("exceptions", []):
        for month in exception["months"]:
            for begin, end in exception["hours"]:
                share[month - 1, _slots(begin, end)] = table["multipliers"][exception["level"]]
    return share


def _slots(begin: float, end: float) -> slice:
    return slice(round(begin * SLOTS_PER_HOUR), round(end * SLOTS_PER_HOUR))


TARIFFS = Catalogue("tariff", "data/tariffs", read_tariff)
"""Tariffs and contract prices shipped with the package."""


class Slots(NamedTuple):
    """Quarters of an hour of a period on the clock of a tariff, in order.

    Parameters
    ----------
    day : ndarray of datetime64[D], shape (Q,)
    month : ndarray of int, shape (Q,)
        0 for January.
    quarter : ndarray of int, shape (Q,)
        Quarter of the day, from 0 to 95.
    per_step : int
        Number of quarters in an interval of the period, Q / T.
    """

    day: NDArray[np.datetime64]
    month: Integers
    quarter: Integers
    per_step: int


def slots_of(name: str, timeline: Timeline, utc_offset_hours: float) -> Slots:
    """Split a period into quarters of an hour on the clock of a tariff.

    Parameters
    ----------
    name : str
        Name of the tariff, for the error message.
    timeline : Timeline
        The T intervals.
    utc_offset_hours : float
        Clock of the tariff minus UTC. [h]

    Raises
    ------
    SeriesError
        If the intervals do not begin on quarters of an hour.
    """
    first = timeline.utc[0] + np.timedelta64(round(utc_offset_hours * 3600), "s")
    if int(first.astype(np.int64)) % _SLOT_SECONDS:
        raise SeriesError(
            f"the period begins at {first}, not on a quarter of an hour as tariff {name} needs it"
        )
    # Tariff hours begin on quarters, so quarters are exact even if an interval spans two prices.
    per_step = timeline.step_seconds // _SLOT_SECONDS
    slots = np.arange(timeline.steps * per_step) + int(first.astype(np.int64)) // _SLOT_SECONDS
    place, quarter = np.divmod(slots, SLOTS_PER_DAY)
    # Dates are computed once a day: computing them for each quarter is slow.
    days = np.arange(place[0], place[-1] + 1).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64) % 12
    place -= place[0]
    return Slots(day=days[place], month=months[place], quarter=quarter, per_step=per_step)


def tariff_price(name: str, timeline: Timeline) -> Array:
    """Price of a named tariff in every interval; the timeline may have another local clock.

    Parameters
    ----------
    name : str
        Name of a tariff; see `TARIFFS`.
    timeline : Timeline
        The T intervals.

    Returns
    -------
    ndarray, shape (T,)
        Mean price over each interval. [CNY/MWh]

    Raises
    ------
    ScenarioError
        If there is no such tariff.
    SeriesError
        If the intervals do not begin on quarters of an hour.
    """
    chosen = TARIFFS.load(name)
    slots = slots_of(name, timeline, chosen.utc_offset_hours)
    price: Array = chosen.price_cny_mwh[slots.month, slots.quarter]
    return np.asarray(price.reshape(-1, slots.per_step).mean(axis=1))


def _first_day(timeline: Timeline) -> date:
    return _day(timeline.local[0])


def _last_day(timeline: Timeline) -> date:
    return _day(timeline.local[-1])


def _day(instant: np.datetime64) -> date:
    return date.fromisoformat(str(instant.astype("datetime64[D]")))
