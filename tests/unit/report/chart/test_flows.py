"""What the charts draw: sums by kind, local clock, weeks, calendar periods."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altay_energy.report.chart.dates import MOST_TICKS, date_ticks, span_text
from altay_energy.report.chart.flows import (
    Flows,
    busiest_week,
    day_grid,
    find_week,
    flows,
    periods,
    season_week,
)
from altay_energy.report.text import words


def test_supply_equals_use_in_every_step(year):
    flow = flows(year)
    use = flow.load + sum(flow.uses.values())
    np.testing.assert_allclose(sum(flow.supply.values()), use, atol=1e-6)


def test_plants_of_a_kind_are_added_and_none_is_lost(make):
    hourly = make(hours=48, plants={"wind.a": 10.0, "solar.b": 5.0, "wind.c": 30.0})
    flow = flows(hourly)
    generation = hourly["generation_mw"].to_numpy()
    np.testing.assert_allclose(flow.supply["wind"], generation[0] + generation[2])
    np.testing.assert_allclose(flow.generation, generation.sum(axis=0))


def test_the_order_of_dimensions_does_not_matter(week):
    turned = week.transpose("time", "time_edge", "plant", "thermal", "storage", "load")
    for kind, power in flows(week).supply.items():
        np.testing.assert_array_equal(flows(turned).supply[kind], power)


def test_the_clock_is_the_local_one(make):
    flow = flows(make(start="2030-03-01T00:00", hours=24))
    assert flow.begins[0] == np.datetime64("2030-03-01T00:00")
    assert flow.zone == "UTC+8"


@pytest.mark.parametrize(
    ("offset", "zone"), [(0.0, "UTC+0"), (5.5, "UTC+5:30"), (-3.5, "UTC−3:30"), (8.0, "UTC+8")]
)
def test_the_name_of_the_clock_says_its_offset(week, offset, zone):
    assert flows(week.assign_attrs(utc_offset_hours=offset)).zone == zone


def test_the_busiest_week_is_the_one_with_most_use_of_storage(year):
    first = busiest_week(year)
    used = flows(year).stored
    sums = [used[k : k + 168].sum() for k in range(0, used.size - 167, 24)]
    assert used[first : first + 168].sum() == pytest.approx(max(sums))
    assert first % 24 == 0


def test_without_storage_the_busiest_week_has_most_exchange(make):
    hourly = make(storages={}, hours=30 * 24)
    flow = flows(hourly)
    moved = sum(flow.series(n) for n in ("import", "export", "curtailed", "unserved"))
    sums = [moved[k : k + 168].sum() for k in range(0, moved.size - 167, 24)]
    assert busiest_week(hourly) == 24 * int(np.argmax(sums))


@pytest.mark.parametrize(("season", "months"), [("winter", {12, 1, 2}), ("summer", {6, 7, 8})])
def test_a_season_s_week_lies_wholly_in_the_season(year, season, months):
    first = season_week(year, season)
    flow = flows(year).part(first, first + 168)
    assert {int(m) % 12 + 1 for m in flow.begins.astype("datetime64[M]").astype(int)} <= months
    assert flow.begins[0] == flow.begins[0].astype("datetime64[D]")


@pytest.mark.parametrize("start", ["2030-01-01T00:00", "2030-09-01T00:00"])
def test_with_a_flat_load_the_middle_of_the_season_is_shown(make, start):
    hourly = make(start=start, storages={})
    hourly["load_mw"][:] = 50.0
    middle = flows(hourly).begins[season_week(hourly, "winter")]
    assert str(middle)[5:10] == "01-12"


def test_a_run_in_july_has_no_winter_week(week):
    assert season_week(week, "winter") is None
    assert season_week(week, "summer") == 0
    with pytest.raises(ValueError, match="'winter': the run holds no whole week of that season"):
        find_week(flows(week), "winter")


def test_a_step_outside_the_run_is_refused(week):
    with pytest.raises(ValueError, match="week = 500 must be a step of the run, 0 to 167"):
        find_week(flows(week), 500)


@given(
    hours=st.integers(1, 24 * 800),
    step=st.sampled_from([1.0, 0.5, 0.25]),
    day=st.integers(0, 800),
)
def test_periods_hold_every_step_once(hours, step, day):
    steps = round(hours / step)
    begin = np.datetime64("2028-01-01T00:00", "m") + np.timedelta64(day, "D")
    edges = begin + np.arange(steps + 1) * np.timedelta64(round(step * 60), "m")
    flow = bare(edges, step)
    bins = periods(flow)
    assert bins.sums(np.ones(steps)).sum() == steps
    assert np.all(np.diff(bins.begins) > np.timedelta64(0, "m"))
    assert bins.firsts.size <= 62 or bins.unit == "year"


@given(
    hours=st.integers(1, 24 * 40), step=st.sampled_from([1.0, 0.5, 0.25]), late=st.integers(0, 30)
)
def test_a_heat_map_holds_every_step_once_at_its_hour(hours, step, late):
    steps = round(hours / step)
    begin = np.datetime64("2030-01-01T00:00", "m") + np.timedelta64(late, "h")
    edges = begin + np.arange(steps + 1) * np.timedelta64(round(step * 60), "m")
    power = np.arange(1.0, steps + 1)
    grid = day_grid(bare(edges, step), power)
    assert grid.shape[0] == round(24 / step)
    np.testing.assert_array_equal(np.sort(grid[~np.isnan(grid)]), power)
    assert grid[round(late % 24 / step), 0] == 1.0


def bare(edges, step):
    zero = np.zeros(edges.size - 1)
    return Flows(edges, step, 8.0, {}, {}, zero, zero, zero)


@given(
    start=st.datetimes(
        min_value=datetime(1990, 1, 1),
        max_value=datetime(2100, 1, 1),
    ),
    hours=st.integers(1, 24 * 366 * 30),
)
def test_date_ticks_are_few_inside_and_in_order(start, hours):
    first = np.datetime64(start.replace(minute=0, second=0, microsecond=0), "m")
    last = first + np.timedelta64(hours, "h")
    ticks, labels = date_ticks(first, last, words("en"))
    assert 1 <= ticks.size <= MOST_TICKS
    assert ticks.size == len(labels)
    assert ticks[0] >= first
    assert ticks[-1] <= last
    assert np.all(np.diff(ticks) > np.timedelta64(0, "m"))


@pytest.mark.parametrize(
    ("language", "first", "last", "shown"),
    [
        ("en", "2030-01-07", "2030-01-14", "7 Jan – 13 Jan 2030"),
        ("en", "2030-12-30", "2031-01-06", "30 Dec 2030 – 5 Jan 2031"),
        ("en", "2030-01-07", "2030-01-08", "7 Jan 2030"),
        ("zh", "2030-01-07", "2030-01-14", "2030年1月7日至1月13日"),
        ("zh", "2030-12-30", "2031-01-06", "2030年12月30日至2031年1月5日"),
    ],
)
def test_a_period_is_written_as_people_write_it(language, first, last, shown):
    edges = np.array([first, last], dtype="datetime64[m]")
    assert span_text(words(language), edges) == shown


def test_a_year_has_its_months_and_a_week_its_days():
    january, week = np.datetime64("2030-01-01T00:00"), np.datetime64("2030-01-07T23:59")
    _, days = date_ticks(january, week, words("en"))
    assert days[:2] == ["Tue\n1 Jan", "Wed\n2 Jan"]
    assert len(days) == 7
    _, months = date_ticks(january, np.datetime64("2030-12-31T23:59"), words("zh"))
    assert months[:2] == ["1月\n2030年", "2月"]
    assert len(months) == 12
