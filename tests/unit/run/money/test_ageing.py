"""Ageing of batteries in a run: by hand, replacement on the timeline, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.money.earnings import Ageing
from altay_energy.core.timeline import Timeline
from altay_energy.report.text.messages import translated
from altay_energy.run.money.ageing import (
    ageing_figures,
    ageing_notices,
    ageing_of,
    ageing_problems,
    battery_ageing,
)

BATTERY = ae.Battery(charge_mw=10, discharge_mw=10, energy_mwh=40, min_level=0.1, max_level=0.9)
LFP = Ageing()


def daily(depth_mwh, days=365):
    """Level of a battery that gives and takes so much once a day."""
    day = np.concatenate([np.linspace(0.0, depth_mwh, 12), np.linspace(depth_mwh, 0.0, 12)])
    return np.append(np.tile(day, days), 0.0)


def test_a_cycle_a_day_is_what_was_worked_by_hand():
    # 20 of 40 MWh a day: depth 0.5, 365 cycles: 0.2/6000 × 365 × 0.5^1.2 and 0.2/20 a year.
    got = battery_ageing("battery.x", BATTERY, LFP, daily(20.0), 1.0)
    cycling = 0.2 / 6000.0 * 365.0 * 0.5**1.2
    yearly = 0.01 + cycling
    figures = ageing_figures(got)
    assert figures["life_years"] == pytest.approx(0.2 / yearly)  # 13.1 years
    assert figures["capacity_after_1_share"] == pytest.approx(1.0 - yearly)
    assert figures["capacity_after_10_share"] == pytest.approx(1.0 - 10.0 * yearly)
    assert figures["cycle_damage_share"] == pytest.approx(cycling / yearly)
    assert figures["mean_cycle_depth_share"] == pytest.approx(0.5)


def test_a_battery_at_rest_lives_as_long_as_its_cells_at_rest():
    got = battery_ageing("battery.x", BATTERY, LFP, np.full(25, 7.0), 1.0)
    assert ageing_figures(got) == pytest.approx(
        {
            "life_years": 20.0,
            "capacity_after_1_share": 0.99,
            "capacity_after_10_share": 0.9,
            "cycle_damage_share": 0.0,
            "mean_cycle_depth_share": 0.0,
        }
    )


def test_half_a_year_counts_its_cycles_twice():
    whole = battery_ageing("battery.x", BATTERY, LFP, daily(20.0, 364), 1.0)
    half = battery_ageing("battery.x", BATTERY, LFP, daily(20.0, 182), 0.5)
    assert half.cycling == pytest.approx(float(whole.cycling))
    assert half.calendar == whole.calendar


def test_runs_are_leading_axes():
    level = np.stack([daily(10.0), daily(20.0)])
    both = battery_ageing("battery.x", BATTERY, LFP, level, 1.0)
    assert both.capacity([1.0, 2.0, 3.0]).shape == (2, 3)
    for k in range(2):
        one = battery_ageing("battery.x", BATTERY, LFP, level[k], 1.0)
        assert both.cycling[k] == one.cycling
        assert both.life_years[k] == one.life_years


@pytest.mark.parametrize(
    ("life", "years", "bought"),
    [(7.3, 20, [8, 15]), (10.0, 20, [10]), (20.0, 20, []), (25.0, 20, []), (0.5, 2, [1, 1, 2])],
)
def test_a_battery_is_replaced_when_its_life_ends(life, years, bought):
    table = Ageing(calendar_years=life)
    got = battery_ageing("battery.x", BATTERY, table, np.full(25, 7.0), 1.0)
    assert got.replacement_years(years) == bought
    shares = got.replacement_shares(years)
    assert shares.sum() == len(bought)
    assert [y + 1 for y in np.flatnonzero(shares)] == sorted(set(bought))


@given(life=st.floats(0.3, 30.0), years=st.integers(1, 40))
@settings(max_examples=40)
def test_no_battery_is_in_use_below_its_end_of_life(life, years):
    table = Ageing(calendar_years=life)
    got = battery_ageing("battery.x", BATTERY, table, np.full(25, 7.0), 1.0)
    capacity = got.capacity_by_year(years)
    assert capacity.shape == (years,)
    assert np.all(capacity >= 0.8 - 1e-9)
    assert np.all(capacity <= 1.0)
    bought = got.replacement_years(years)
    assert bought == sorted(bought)
    assert all(1 <= year <= years for year in bought)
    assert (len(bought) + 1) * life >= years - 1e-6


def test_the_level_of_a_run_gives_its_ageing():
    timeline = Timeline.of_year(2026)
    level = daily(20.0)[: timeline.steps + 1]
    dispatch = SimpleNamespace(level_mwh={"battery.x": level})
    plants = {"battery.x": BATTERY}
    got = ageing_of(dispatch, timeline, plants, {"battery.x": LFP})["battery.x"]
    assert_allclose(got.cycling, battery_ageing("battery.x", BATTERY, LFP, level, 1.0).cycling)


def test_only_batteries_have_ageing():
    plants = {"battery.x": BATTERY, "load.m": ae.Load(profile=1.0)}
    found = ageing_problems({"battery.x": LFP, "battery.y": LFP, "load.m": LFP}, plants)
    assert [key for key, _ in found] == [
        'economics.ageing."battery.y"',
        'economics.ageing."load.m"',
    ]
    text = found[0][1]
    assert text == "no battery is called battery.y (batteries: battery.x); did you mean battery.x?"
    assert "did you mean" not in translated(text, "zh")


def test_what_ageing_assumes_is_a_notice():
    tables = {"battery.x": LFP, "battery.y": Ageing(cells="lmo_xu_2018")}
    got = {n: battery_ageing(n, BATTERY, t, daily(5.0), 1.0) for n, t in tables.items()}
    year = Timeline.of_year(2026)
    found = ageing_notices(got, tables, year)
    assert [text.count("are assumed") for text in found] == [1, 0, 0]
    week = ae.Timeline(year.start, 168)
    assert sum("no whole year" in text for text in ageing_notices(got, tables, week)) == 2
    for text in ageing_notices(got, tables, week):
        assert " is " not in translated(text, "zh"), text
