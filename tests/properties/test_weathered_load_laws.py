"""A load that follows the weather: the weather says when, the calendar how much, in each year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.components.demand.load import Load
from altay_energy.components.demand.sectors import SECTORS, calendar_year, sector_years
from altay_energy.core.timeline import Timeline
from altay_energy.weather.series import Weather

BEIJING = timezone(timedelta(hours=8))
HOMES = Load(sector="households", annual_mwh=8760.0, site="altay")


def period(start, steps, step_hours=1.0):
    return Timeline(datetime.fromisoformat(start).replace(tzinfo=BEIJING), steps, step_hours)


def frost(timeline, temperature_c):
    """Weather of a given temperature; all else as on a dry, still night."""
    steps = timeline.steps
    temperature = np.broadcast_to(np.asarray(temperature_c, dtype=float), (steps,))
    still = np.zeros(steps)
    return Weather(
        place="altay",
        latitude=47.85,
        longitude=88.13,
        elevation_m=735.0,
        timeline=timeline,
        ghi_w_m2=still,
        dni_w_m2=still,
        dhi_w_m2=still,
        temperature_c=temperature,
        wind_speed_m_s=np.full(steps, 2.0),
        wind_height_m=10.0,
        relative_humidity_percent=np.full(steps, 60.0),
        pressure_pa=np.full(steps, 92_000.0),
    )


def parts(load, timeline, temperature_c):
    plain = load.demand(timeline)
    return plain, load.demand(timeline, frost(timeline, temperature_c))


@pytest.mark.parametrize("step_hours", [1.0, 0.25])
def test_each_calendar_year_of_a_winter_keeps_its_energy(step_hours):
    winter = period("2030-12-11T00:00", round(24 * 40 / step_hours), step_hours)
    temperature = np.linspace(2.0, -28.0, winter.steps)
    plain, weathered = parts(HOMES, winter, temperature)
    for year in (2030, 2031):
        here = winter.year == year
        assert here.any()
        assert_allclose(weathered[here].sum(), plain[here].sum(), rtol=1e-12)
        # Colder later in each year's part, so that its first half gives to its second.
        half = np.flatnonzero(here)[here.sum() // 2]
        early = here & (np.arange(winter.steps) < half)
        assert weathered[early].sum() < plain[early].sum()


def test_a_cold_period_after_new_year_heats_after_new_year_and_not_before():
    winter = period("2030-12-22T00:00", 24 * 20)
    spell = (winter.local >= np.datetime64("2031-01-05")) & (
        winter.local < np.datetime64("2031-01-07")
    )
    plain, mild = parts(HOMES, winter, -10.0)
    _, cold = parts(HOMES, winter, np.where(spell, -35.0, -10.0))
    before = winter.year == 2030
    assert_allclose(cold[before], mild[before], rtol=1e-12)
    assert cold[spell].mean() > 1.15 * mild[spell].mean()
    assert_allclose(cold[~before].sum(), plain[~before].sum(), rtol=1e-12)


def test_the_same_year_is_the_same_whether_a_period_begins_in_it_or_the_year_before():
    """A whole calendar year behind some days of the one before it."""
    long = period("2029-12-25T00:00", 24 * (7 + 365))
    temperature = 5.0 - 25.0 * np.cos(2.0 * np.pi * (long.day_of_year - 15) / 365.0)
    there = long.year == 2030
    alone = Timeline.of_year(2030)
    both = HOMES.demand(long, frost(long, temperature))[there]
    single = HOMES.demand(alone, frost(alone, temperature[there]))
    # Only the day around New Year's midnight sees other hours: heating feels the half days about.
    assert_allclose(both[24:-24], single[24:-24], rtol=2e-3)
    assert_allclose(both.sum(), single.sum(), rtol=1e-12)
    assert_allclose(single.sum(), HOMES.annual_mwh, rtol=1e-12)


@settings(max_examples=25)
@given(
    name=st.sampled_from(SECTORS.names),
    day=st.integers(0, 400),
    days=st.integers(2, 90),
    mean_c=st.floats(-35.0, 30.0),
    swing_k=st.floats(0.0, 15.0),
)
def test_weather_moves_energy_within_a_calendar_year_and_never_across(
    name, day, days, mean_c, swing_k
):
    begin = datetime(2029, 11, 1, tzinfo=BEIJING) + timedelta(days=day)
    span = Timeline(begin.astimezone(UTC), 24 * days)
    rng = np.random.default_rng(day)
    temperature = mean_c + swing_k * rng.standard_normal(days).repeat(24)
    load = Load(sector=name, annual_mwh=8760.0, site="altay")
    plain, weathered = parts(load, span, temperature)
    assert weathered.shape == (span.steps,)
    assert weathered.min() >= -1e-9
    for year in np.unique(span.year):
        here = span.year == year
        assert_allclose(weathered[here].sum(), plain[here].sum(), rtol=1e-9)
    shapes = sector_years(name, span, frost(span, temperature))
    for shape in shapes:
        assert_allclose(shape.mean(axis=-1), 1.0, rtol=1e-9)


def test_heating_follows_the_cold_in_proportion_and_the_rest_of_the_demand_does_not_move():
    """Two equal Januaries but for one day: what changes is heating alone, by its degrees."""
    span = period("2031-01-08T00:00", 24 * 14)
    rng = np.random.default_rng(4)
    temperature = -18.0 + 4.0 * rng.standard_normal(14).repeat(24)
    by_day = np.clip(18.0 - temperature, 0.0, None)
    width = 24
    padded = [by_day[max(0, t - width // 2) : t + width // 2].mean() for t in range(span.steps)]
    steady = calendar_year("households", "heating", 2031, 1.0)[1][7 * 24 :][: span.steps]
    plan = calendar_year("households", "heating", 2031, 1.0)[0][7 * 24 :][: span.steps]
    signal = steady * np.array(padded)
    heat = signal * plan.sum() / signal.sum()
    plain, weathered = parts(HOMES, span, temperature)
    assert_allclose(weathered, plain - plan + heat, rtol=1e-9)
