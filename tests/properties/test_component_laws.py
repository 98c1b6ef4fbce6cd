"""Laws that hold for components whatever their figures."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.components.demand.drivers import running_mean
from altay_energy.components.demand.load import Load
from altay_energy.components.demand.seasons import daily_from_monthly, month_of_day
from altay_energy.components.demand.sectors import SECTORS
from altay_energy.components.hydro.hydro_plant import HydroPlant
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.components.supply.tariffs import TARIFFS, tariff_price
from altay_energy.core.timeline import Timeline

YEAR = Timeline.of_year(2030)

sectors = st.sampled_from(SECTORS.names)
years = st.integers(1990, 2060)
monthly = st.lists(st.floats(0.0, 10.0), min_size=12, max_size=12)
rivers = st.lists(st.just(0.0) | st.floats(0.5, 10.0), min_size=12, max_size=12)


@st.composite
def periods(draw):
    """Up to a month, anywhere in forty years, in steps of a quarter of an hour to an hour."""
    step = draw(st.sampled_from([1.0, 0.5, 0.25]))
    day = np.datetime64("2020-01-01") + np.timedelta64(draw(st.integers(0, 40 * 365)), "D")
    hour = draw(st.integers(0, 23))
    hours = draw(st.integers(1, 31 * 24))
    return TimeSettings(start=f"{day}T{hour:02d}:00", hours=hours, step_hours=step).timeline()


@given(name=sectors, year=years, energy=st.floats(1.0, 1e7))
@settings(max_examples=40)
def test_a_calendar_year_of_every_sector_has_its_energy(name, year, energy):
    demand = Load(sector=name, annual_mwh=energy).demand(Timeline.of_year(year))
    assert_allclose(demand.sum(), energy, rtol=1e-9)
    assert demand.min() >= 0.0


@given(name=sectors, period=periods())
@settings(max_examples=60)
def test_every_period_is_the_same_slice_of_its_years(name, period):
    load = Load(sector=name, annual_mwh=1e5)
    demand = load.demand(period)
    first, last = int(period.year[0]), int(period.year[-1])
    whole = np.concatenate(
        [load.demand(Timeline.of_year(y, period.step_hours)) for y in range(first, last + 1)]
    )
    begin = period.local[0] - np.datetime64(f"{first}-01-01T00:00:00")
    at = int(begin / np.timedelta64(period.step_seconds, "s"))
    assert_allclose(demand, whole[at : at + period.steps])


@given(name=sectors, energy=st.floats(1.0, 1e6), factor=st.floats(0.01, 100.0))
@settings(max_examples=40)
def test_demand_scales_with_its_energy_and_with_its_peak(name, energy, factor):
    for key in ("annual_mwh", "peak_mw"):
        base = Load.model_validate({"sector": name, key: energy}, context={"allow_unusual": True})
        larger = base.with_(**{key: energy * factor})
        assert_allclose(larger.demand(YEAR), factor * base.demand(YEAR), rtol=1e-9)


@given(name=sectors, energy=st.floats(1e3, 1e6), stretch=st.floats(0.0, 1.0))
@settings(max_examples=40)
def test_energy_and_peak_hold_together_wherever_they_are_accepted(name, energy, stretch):
    shape = Load(sector=name, annual_mwh=energy).demand(Timeline.of_year(2025))
    mean = shape.mean()
    most = mean + mean * (shape.max() - mean) / (mean - shape.min())
    peak = mean + 0.98 * stretch * (most - mean)
    demand = Load(sector=name, annual_mwh=energy, peak_mw=peak).demand(YEAR)
    assert_allclose(demand.sum(), energy, rtol=1e-6)
    assert_allclose(demand.max(), peak, rtol=1e-6)
    assert demand.min() >= 0.0


@given(months=monthly, days=st.sampled_from([365, 366]))
def test_smoothed_months_keep_their_means_and_stay_within_reach(months, days):
    daily = daily_from_monthly(tuple(months), days)
    month = month_of_day(days)
    means = np.bincount(month, daily) / np.bincount(month)
    assert_allclose(means, months, rtol=1e-9, atol=1e-12)
    assert daily.min() >= 0.0


@given(
    months=rivers.filter(any),
    capacity=st.floats(0.1, 1000.0),
    use=st.floats(0.03, 1.0),
    year=years,
)
@settings(max_examples=60)
def test_a_river_plant_gives_its_energy_within_its_rating(months, capacity, use, year):
    share = [m / sum(months) for m in months]
    wet = np.count_nonzero(np.array(months)[month_of_day(365)])
    energy = use * capacity * 24 * wet * 0.999
    plant = HydroPlant.model_validate(
        {"capacity_mw": capacity, "annual_mwh": energy, "monthly_shares": share},
        context={"allow_unusual": True},
    )
    power = plant.available_power(None, Timeline.of_year(year))
    assert_allclose(power.sum(), energy, rtol=1e-9)
    assert power.min() >= 0.0
    assert power.max() <= capacity


@given(name=st.sampled_from(TARIFFS.names), period=periods())
@settings(max_examples=60)
def test_the_price_of_an_hour_is_the_mean_of_its_quarters(name, period):
    quarters = Timeline(period.start, round(period.hours * 4), 0.25)
    per_step = round(period.step_hours * 4)
    expected = tariff_price(name, quarters).reshape(-1, per_step).mean(axis=1)
    assert_allclose(tariff_price(name, period), expected)


@given(
    values=st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=80),
    half=st.integers(1, 48),
)
def test_a_running_mean_stays_between_the_extremes(values, half):
    mean = running_mean(np.array(values), 2 * half)
    assert mean.shape == (len(values),)
    assert min(values) - 1e-9 <= mean.min()
    assert mean.max() <= max(values) + 1e-9
