"""Time-of-use levels: the shipped table hour by hour, versions, and tables that are no day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.supply.tariffs import TARIFFS, tariff_price
from altay_energy.components.supply.time_of_use import TIMES_OF_USE, TimeOfUse
from altay_energy.core.errors import ScenarioError, SeriesError
from altay_energy.core.timeline import Timeline
from altay_energy.report.text.messages import translated

YEAR = Timeline.of_year(2023)


def level_of_2023(month, hour):
    """新发改规〔2023〕11号 in words: sharp and deep valley replace what is there otherwise."""
    if (month == 7 and hour in (21, 22)) or (month in (1, 11, 12) and hour in (19, 20)):
        return "sharp"
    if month in (5, 6, 7, 8) and hour in (14, 15):
        return "deep_valley"
    if 8 <= hour < 11 or hour >= 19:
        return "peak"
    return "valley" if 4 <= hour < 8 or 13 <= hour < 17 else "flat"


def level_of_2021(month, hour):
    """The draft of October 2021."""
    if (month == 7 and hour in (21, 22)) or (month in (1, 11, 12) and hour in (19, 20)):
        return "sharp"
    if 8 <= hour < 11 or hour >= 19:
        return "peak"
    return "valley" if 2 <= hour < 8 or 14 <= hour < 16 else "flat"


FACTORS = {"flat": 1.0, "peak": 1.75, "sharp": 2.0, "valley": 0.25, "deep_valley": 0.1}


def hours_of(year):
    first = datetime(year, 1, 1, tzinfo=UTC)
    return [first + timedelta(hours=k) for k in range(8760)]


def test_every_hour_of_a_year_has_the_level_of_the_document():
    table = TIMES_OF_USE.load("xinjiang_tou_2023")
    expected = [level_of_2023(t.month, t.hour) for t in hours_of(2023)]
    assert table.levels(YEAR).tolist() == expected
    assert_allclose(table.multipliers(YEAR), [FACTORS[level] for level in expected])


def test_four_hours_of_each_day_changed_their_level_since_the_draft():
    # 2 and 3 were valley and are flat; 13 and 16 were flat and are valley. The deep valley of
    # summer is counted as the valley that it replaces: its hours were valley in the draft.
    now = [level_of_2023(t.month, t.hour).replace("deep_", "") for t in hours_of(2023)]
    then = [level_of_2021(t.month, t.hour) for t in hours_of(2023)]
    changed = [k for k in range(8760) if now[k] != then[k]]
    assert changed == [24 * day + hour for day in range(365) for hour in (2, 3, 13, 16)]
    assert len(changed) == 1460
    shipped = TIMES_OF_USE.load("xinjiang_tou_2023").levels(YEAR)
    draft = tariff_price("xinjiang_tou_2021_draft", YEAR) / 350.0
    of_draft = {1.0: "flat", 1.75: "peak", 2.1: "sharp", 0.25: "valley"}
    differs = [
        k
        for k in range(8760)
        if str(shipped[k]).replace("deep_", "") != of_draft[round(float(draft[k]), 9)]
    ]
    assert differs == changed


def test_the_draft_names_the_table_that_followed_it():
    assert TARIFFS.load("xinjiang_tou_2021_draft").followed_by in TIMES_OF_USE.names


def test_the_hours_are_beijing_time_whatever_the_clock_of_the_run():
    start = datetime(2022, 12, 31, 16, tzinfo=UTC)
    table = TIMES_OF_USE.load("xinjiang_tou_2023")
    urumqi = table.multipliers(Timeline(start, 8760, utc_offset_hours=6.0))
    assert_allclose(urumqi, table.multipliers(YEAR))
    half = table.multipliers(Timeline(start, 17520, step_hours=0.5))
    assert_allclose(half, np.repeat(table.multipliers(YEAR), 2))


def test_a_step_between_the_quarters_is_refused():
    table = TIMES_OF_USE.load("xinjiang_tou_2023")
    with pytest.raises(SeriesError, match="not on a quarter of an hour"):
        table.multipliers(Timeline(datetime(2023, 1, 1, 0, 10, tzinfo=UTC), 24))


def version(first="2023-01-01", last=None, periods=None, **more):
    found = {
        "source": "assumed",
        "valid_from": date.fromisoformat(first),
        "multipliers": {"peak": 1.5, "valley": 0.5},
        "periods": periods
        or [{"level": "peak", "hours": [[8, 24]]}, {"level": "valley", "hours": [[0, 8]]}],
    }
    return found | ({"valid_until": date.fromisoformat(last)} if last else {}) | more


def table_of(*versions):
    return TimeOfUse.of_table("my.toml", {"title": "Mine", "versions": list(versions)})


def days(first, count):
    return Timeline(datetime.fromisoformat(f"{first}T00:00+08:00"), 24 * count)


def test_a_version_begins_on_its_day():
    flat = [{"level": "valley", "hours": [[0, 24]]}]
    table = table_of(version("2023-01-01"), version("2023-06-15", periods=flat))
    found = table.multipliers(days("2023-06-14", 2))
    assert_allclose(found, [0.5] * 8 + [1.5] * 16 + [0.5] * 24)


CHINESE = re.compile(r"[\u4e00-\u9fff]")
BEGINS = "time-of-use table my.toml: "


@pytest.mark.parametrize(
    ("first", "count", "said"),
    [
        ("2024-12-30", 5, "nothing is known from 2025-01-01 on, in the period 2024-12-30 00:00"),
        ("2022-12-30", 5, "nothing is known before 2023-01-01, in the period 2022-12-30 00:00"),
        ("2023-05-30", 5, "nothing is known from 2023-06-01 on"),
    ],
)
def test_a_period_of_which_a_part_is_not_known_is_named_by_its_first_day(first, count, said):
    table = table_of(version(last="2023-05-31"), version("2023-06-15", "2024-12-31"))
    problem = table.problem(days(first, count))
    assert problem is not None
    assert said in problem
    assert translated(problem, "zh") != problem


def test_a_period_outside_of_all_versions_is_a_notice():
    table = table_of(version(last="2024-12-31"))
    outside = days("2030-01-01", 5)
    assert table.problem(outside) is None
    notice = table.notice(outside)
    assert notice is not None
    assert "holds from 2023-01-01 to 2024-12-31" in notice
    assert table.notice(days("2023-01-01", 5)) is None
    assert_allclose(table.multipliers(outside)[:24], [0.5] * 8 + [1.5] * 16)


def of(*hours, level="peak", **more):
    return {"level": level, "hours": [list(pair) for pair in hours], **more}


DAY = of((8, 24))
NIGHT = of((0, 8), level="valley")
WRONG = {
    "midnight": (
        [of((8, 22)), of((22, 8), level="valley")],
        "versions[1].periods[2].hours = [[22, 8]]: [22, 8] passes midnight; split it into "
        "[22, 24] and [0, 8]",
    ),
    "gap": (
        [DAY, of((0, 7), level="valley")],
        "versions[1]: periods leave a gap: 07:00 to 08:00 has no level; every hour needs one",
    ),
    "overlap": (
        [DAY, of((0, 9.5), level="valley")],
        "versions[1]: periods overlap: 08:00 to 09:30 is in peak, valley; every hour needs one "
        "level",
    ),
    "gap in one month": (
        [DAY, NIGHT | {"months": [*range(1, 7), *range(8, 13)]}],
        "periods leave a gap: 00:00 to 08:00 of month 7 has no level",
    ),
    "month 13": (
        [DAY | {"months": [12, 13]}, NIGHT],
        "versions[1].periods[1].months = [12, 13]: there is no month 13; months are 1 to 12",
    ),
    "hour 25": ([of((8, 25)), NIGHT], "[8, 25] is no part of a day; hours are from 0 to 24"),
    "24 as 0": (
        [of((8, 0)), NIGHT],
        "[8, 0] has no length; for the end of the day write [8, 24]",
    ),
    "minutes": ([of((8, 8.1)), NIGHT], "[8, 8.1] does not begin and end on quarters of an hour"),
    "level": (
        [DAY, NIGHT | {"level": "vally"}],
        'there is no level "vally" in multipliers; did you mean valley? (levels: peak, valley)',
    ),
    "three numbers": ([of((8, 12, 24)), NIGHT], "hours[1] = [8, 12, 24]: has too many entries"),
    "clock text": ([of(("08:00", "24:00")), NIGHT], 'periods[1].hours[1][1] = "08:00": must be'),
    "key": ([DAY | {"hour": 3}, NIGHT], "periods[1].hour is no key here; did you mean hours?"),
}


@pytest.mark.parametrize("name", WRONG)
def test_hours_that_make_no_day_are_refused(name):
    periods, said = WRONG[name]
    with pytest.raises(ScenarioError, match=re.escape(said)) as error:
        table_of(version(periods=periods))
    assert all(line.startswith(BEGINS) for line in error.value.problems)
    assert all(CHINESE.search(translated(line, "zh")) for line in error.value.problems)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"multipliers": {"peak": 175, "valley": 0.5}},
            "peak = 175 is above 5; did you mean 1.75 (a factor, not percent)?",
        ),
        (
            {"multipliers": {"peak": -1.5, "valley": 0.5}},
            "multipliers.peak = -1.5: must be at leas",
        ),
        ({"valid_from": "2023-01-01"}, "must be a day, without quotes, as in 2026-08-01"),
        (
            {"valid_until": date(2022, 1, 1)},
            "valid_until = 2022-01-01 is before valid_from = 2023-01-01",
        ),
        (
            {"exceptions": [of((9, 10), months=[1]), of((9, 10), level="valley", months=[1, 2])]},
            "exceptions overlap: 09:00 to 10:00 of month 1 is in peak, valley",
        ),
    ],
)
def test_a_version_says_what_is_wrong_with_it(changes, said):
    with pytest.raises(ScenarioError, match=re.escape(said)):
        table_of(version() | changes)


def test_versions_are_in_order_and_do_not_overlap():
    with pytest.raises(ScenarioError, match=re.escape("versions[1] from 2023-01-01 to 2024-01-01")):
        table_of(version(last="2024-01-01"), version("2023-06-01"))
    with pytest.raises(ScenarioError, match="overlap; order versions by valid_from"):
        table_of(version("2024-01-01"), version("2023-01-01"))
    with pytest.raises(ScenarioError, match="different utc_offset_hours"):
        table_of(version(), version("2024-01-01", utc_offset_hours=6))
    with pytest.raises(ScenarioError, match="versions is missing"):
        TimeOfUse.of_table("my.toml", {"title": "Mine"})
