"""Demand from series and from sectors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from altay_energy.components.demand.load import Load
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.core.errors import ScenarioError, SeriesError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.series import Weather


def weather_of(timeline, temperature_c, humidity=70.0):
    """Weather with a given temperature, shape (..., T), and nothing else of interest."""
    temperature_c = np.asarray(temperature_c, dtype=float)
    flat = np.zeros(temperature_c.shape)
    return Weather(
        place="test",
        latitude=47.8,
        longitude=88.1,
        elevation_m=800.0,
        timeline=timeline,
        ghi_w_m2=flat,
        dni_w_m2=flat,
        dhi_w_m2=flat,
        temperature_c=temperature_c,
        wind_speed_m_s=flat,
        wind_height_m=10.0,
        pressure_pa=flat + 92_000.0,
        relative_humidity_percent=flat + humidity,
    )


def test_a_whole_year_has_the_annual_energy_and_a_week_its_share():
    mine = Load(sector="farming", annual_mwh=50_000)
    year = mine.demand(Timeline.of_year(2030))
    week = mine.demand(TimeSettings(start="2030-07-01T00:00", hours=168).timeline())
    assert_allclose(year.sum(), 50_000)
    begin = 181 * 24
    assert_allclose(week, year[begin : begin + 168])


@pytest.mark.parametrize("year", [2030, 2032])
@pytest.mark.parametrize("step", [1.0, 0.5, 0.25])
def test_leap_years_and_short_steps_keep_the_energy(year, step):
    timeline = Timeline.of_year(year, step)
    demand = Load(sector="households", annual_mwh=1000).demand(timeline)
    assert demand.shape == (timeline.steps,)
    assert_allclose(demand.sum() * step, 1000)


def test_quarter_hours_average_to_the_hourly_run():
    load = Load(sector="ski_resort", annual_mwh=1000)
    fine = load.demand(Timeline.of_year(2030, 0.25)).reshape(-1, 4).mean(axis=1)
    assert_allclose(fine, load.demand(Timeline.of_year(2030)), rtol=1e-9, atol=1e-12)


def test_a_period_over_new_year_takes_each_calendar_years_energy():
    period = TimeSettings(start="2031-07-01T00:00", hours=366 * 24).timeline()
    load = Load(sector="prefecture", annual_mwh=1e6)
    both = load.demand(period)
    first, second = (load.demand(Timeline.of_year(year)) for year in (2031, 2032))
    begin = 181 * 24
    assert_allclose(both, np.concatenate([first[begin:], second])[: period.steps])


def test_the_shape_follows_the_local_clock_whatever_the_utc_offset():
    load = Load(sector="port", annual_mwh=1000)
    beijing = Timeline.of_year(2030)
    xinjiang_time = Timeline.of_year(2030, utc_offset_hours=6.0)
    assert_allclose(load.demand(beijing), load.demand(xinjiang_time))


def test_a_peak_alone_scales_the_shape():
    demand = Load(sector="mining", peak_mw=120).demand(Timeline.of_year(2030))
    shape = Load(sector="mining", annual_mwh=8760).demand(Timeline.of_year(2030))
    assert_allclose(demand, 120 * shape / shape.max())


def test_energy_and_peak_together_stretch_the_shape_about_its_mean():
    load = Load(sector="prefecture", annual_mwh=4_000_000, peak_mw=700)
    demand = load.demand(Timeline.of_year(2030))
    shape = Load(sector="prefecture", annual_mwh=8760).demand(Timeline.of_year(2030))
    assert_allclose(demand.sum(), 4_000_000)
    assert_allclose(demand.max(), 700)
    assert demand.min() > 0.0
    assert_allclose(np.corrcoef(demand, shape)[0, 1], 1.0)


def test_a_series_is_taken_as_it_is():
    timeline = TimeSettings(start="2030-01-01", hours=3).timeline()
    assert_allclose(Load(profile=[1.0, 2.0, 3.0]).demand(timeline), [1, 2, 3])
    assert_allclose(Load(profile=5).demand(timeline), [5, 5, 5])
    years = Load(profile=np.ones((2, 3)))
    assert years.demand(timeline).shape == (2, 3)


def test_a_series_of_another_length_is_refused():
    timeline = TimeSettings(start="2030-01-01", hours=3).timeline()
    with pytest.raises(SeriesError, match="has 4 values, but the period has 3 intervals"):
        Load(profile=[1.0, 2.0, 3.0, 4.0]).demand(timeline)


def test_cold_days_take_more_heating_and_the_period_keeps_its_energy():
    timeline = TimeSettings(start="2030-01-01", hours=10 * 24).timeline()
    cold_later = np.where(np.arange(240) < 120, -5.0, -30.0)
    load = Load(sector="households", annual_mwh=100_000, site="altay")
    calendar = load.demand(timeline)
    driven = load.demand(timeline, weather_of(timeline, cold_later))
    assert_allclose(driven.sum(), calendar.sum())
    assert driven[144:].mean() > 1.15 * driven[:96].mean()
    assert load.depends_on_weather
    assert not Load(sector="households", annual_mwh=100_000).depends_on_weather


def test_each_weather_year_keeps_the_energy_of_its_own():
    timeline = Timeline.of_year(2030)
    season = 3.0 - 20.0 * np.cos(2 * np.pi * np.arange(8760) / 8760)
    years = np.stack([season, season - 5.0, season + 3.0])
    load = Load(sector="services", annual_mwh=10_000, site="altay")
    demand = load.demand(timeline, weather_of(timeline, years))
    assert demand.shape == (3, 8760)
    assert_allclose(demand.sum(axis=-1), 10_000)
    alone = load.demand(timeline, weather_of(timeline, years[1]))
    assert_allclose(demand[1], alone)


def test_snow_is_made_only_in_the_cold_nights_of_a_warm_november():
    timeline = TimeSettings(start="2030-11-10", hours=240).timeline()
    mild_then_cold = np.where(np.arange(240) < 120, 6.0, -12.0)
    resort = Load(sector="ski_resort", annual_mwh=5000, site="jiangjunshan")
    nights = timeline.hour < 7
    calendar = resort.demand(timeline)
    driven = resort.demand(timeline, weather_of(timeline, mild_then_cold))
    first, second = np.arange(240) < 108, np.arange(240) >= 132
    assert driven[nights & first].mean() < 0.5 * calendar[nights & first].mean()
    assert driven[nights & second].mean() > 1.4 * calendar[nights & second].mean()
    assert_allclose(driven.sum(), calendar.sum())


def test_where_no_hour_is_cold_the_calendar_is_used():
    timeline = TimeSettings(start="2030-07-10", hours=48).timeline()
    load = Load(sector="herder_station", annual_mwh=10, site="altay")
    warm = weather_of(timeline, np.full(48, 28.0))
    assert_allclose(load.demand(timeline, warm), load.demand(timeline))


def test_weather_that_cannot_matter_changes_nothing():
    timeline = TimeSettings(start="2030-01-10", hours=48).timeline()
    load = Load(sector="computing", annual_mwh=10, site="jeminay")
    assert not load.depends_on_weather
    assert_allclose(
        load.demand(timeline, weather_of(timeline, np.full(48, -28.0))), load.demand(timeline)
    )


def test_peak_and_energy_hold_under_real_weather_too():
    timeline = Timeline.of_year(2030)
    hour = np.arange(8760)
    season = 3.0 - 20.0 * np.cos(2 * np.pi * hour / 8760) + 6.0 * np.sin(2 * np.pi * hour / 300)
    load = Load(sector="prefecture", annual_mwh=4e6, peak_mw=680, site="altay")
    demand = load.demand(timeline, weather_of(timeline, season))
    assert_allclose(demand.sum(), 4e6)
    assert_allclose(demand.max(), 680)


def test_weather_of_another_period_is_refused():
    timeline = TimeSettings(start="2030-01-10", hours=48).timeline()
    day = TimeSettings(start="2030-01-10", hours=24).timeline()
    load = Load(sector="households", annual_mwh=10, site="altay")
    with pytest.raises(SeriesError, match="weather of test has 24 intervals, the period has 48"):
        load.demand(timeline, weather_of(day, np.zeros(24)))


def test_a_shape_that_weather_makes_impossible_is_refused_by_name():
    timeline = Timeline.of_year(2030)
    # A year of one and the same frost, but for a warm June: the winter peak sinks, the lowest
    # demand does not rise, so the same peak would take a larger stretch.
    frost = weather_of(timeline, np.where(timeline.month == 5, 25.0, -10.0))
    shape = Load(sector="households", annual_mwh=8760).demand(timeline)
    most = 1.0 + (shape.max() - 1.0) / (1.0 - shape.min())
    load = Load(sector="households", annual_mwh=8760, peak_mw=0.99 * most, site="altay")
    assert load.demand(timeline).min() > 0.0
    with pytest.raises(
        SeriesError, match=r"with the days and the weather of 2030-01-01 .*, peak_mw = "
    ):
        load.demand(timeline, frost)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "needs either profile .* and has neither; sectors: mining, computing"),
        ({"profile": 5.0, "sector": "mining"}, "needs either profile .*not both"),
        ({"sector": "mining"}, 'sector = "mining" needs annual_mwh, peak_mw or both'),
        ({"profile": 5.0, "annual_mwh": 9.0}, "annual_mwh scales the shape of a sector"),
        (
            {"profile": 5.0, "annual_mwh": 9.0, "peak_mw": 1.0},
            "annual_mwh and peak_mw scales the shape",
        ),
        ({"sector": "skiing", "annual_mwh": 9.0}, "there is no sector 'skiing'"),
        ({"sector": "ski_resorts", "annual_mwh": 9.0}, "did you mean ski_resort"),
        ({"profile": [1.0, -2.0, 3.0]}, "1 values out of range, the first is -2 at interval 1"),
        ({"profile": -1.0}, "profile is -1; it must be at least 0 MW"),
        ({"profile": [1.0, float("nan")]}, "NaN or inf"),
        ({"sector": "mining", "annual_mwh": -1.0}, "greater than or equal to 0"),
        ({"sector": "mining", "annual_mwh": 3e9}, "annual_mwh\n  is unusual"),
        (
            {"sector": "mining", "annual_mwh": 876_000.0, "peak_mw": 90.0},
            "peak_mw = 90 is below the mean of 100 MW that annual_mwh = 876000 needs",
        ),
        (
            {"sector": "prefecture", "annual_mwh": 876_000.0, "peak_mw": 300.0},
            "stretched to it, would fall below 0; with annual_mwh = 876000 the peak can be at most",
        ),
        ({"sector": "mining", "anual_mwh": 9.0}, "Extra inputs are not permitted"),
    ],
)
def test_a_load_that_says_too_little_or_too_much_is_refused_with_a_remedy(table, message):
    with pytest.raises((ValidationError, SeriesError), match=message):
        Load.model_validate(table)


def test_the_highest_possible_peak_that_is_named_is_indeed_possible():
    with pytest.raises(ScenarioError) as caught:
        Load(sector="prefecture", annual_mwh=876_000, peak_mw=300)
    most = float(str(caught.value).split("at most ")[1].split(" MW")[0])
    lowest = Load(sector="prefecture", annual_mwh=876_000, peak_mw=0.999 * most)
    assert lowest.demand(Timeline.of_year(2025)).min() < 1.0


def test_a_load_in_kilowatts_is_taken_for_the_slip_it_is():
    with pytest.raises(ValueError, match="profile = 5e\\+07 MW is unusual: is it in kW"):
        Load(profile=[5e7, 4e7])
    meant = Load.model_validate({"profile": [5e7, 4e7]}, context={"allow_unusual": True})
    assert meant.profile is not None
