"""Shapes of demand by sector."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.demand.load import Load
from altay_energy.components.demand.sectors import (
    SECTORS,
    WEATHER_DRIVERS,
    calendar_year,
)
from altay_energy.core.timeline import Timeline

YEAR = Timeline.of_year(2030)


def demand(name):
    """Relative demand of a sector in 2030, mean 1, shape (8760,)."""
    return Load(sector=name, annual_mwh=8760).demand(YEAR)


def mean_where(series, chosen):
    return series[chosen].mean()


def is_month(*months):
    return np.isin(YEAR.month + 1, months)


def is_hour(first, last):
    return (YEAR.hour >= first) & (YEAR.hour < last)


@pytest.mark.parametrize("name", SECTORS.names)
def test_the_parts_of_every_sector_are_complete(name):
    parts = SECTORS.load(name).parts
    assert_allclose(sum(part.share for part in parts), 1.0, atol=1e-9)
    for part in parts:
        assert len(part.monthly) == 12
        assert len(part.hourly) == 24
        assert min(*part.monthly, *part.hourly, part.weekend) >= 0.0
        assert part.driver in ("calendar", *WEATHER_DRIVERS)
    assert SECTORS.load(name).source
    assert SECTORS.load(name).title_zh


@pytest.mark.parametrize("name", SECTORS.names)
@pytest.mark.parametrize("year", [2030, 2032])
def test_every_shape_has_a_mean_of_one_and_never_turns_negative(name, year):
    shape = sum(calendar_year(name, d, year, 1.0)[0] for d in ("calendar", *WEATHER_DRIVERS))
    assert_allclose(shape.mean(), 1.0, rtol=1e-12)
    assert shape.min() >= 0.0


def test_an_unknown_sector_is_answered_with_the_nearest_name():
    with pytest.raises(ValueError, match="no sector 'minning'; did you mean mining"):
        SECTORS.load("minning")
    with pytest.raises(ValueError, match=r"no sector 'steel' \(sectors: mining, computing"):
        SECTORS.load("steel")


@pytest.mark.parametrize("name", ["mining", "computing"])
def test_mines_and_computers_run_nearly_flat(name):
    assert demand(name).max() < 1.2
    assert demand(name).min() > 0.85


def test_the_prefecture_peaks_on_a_winter_evening_that_ends_at_nine():
    # Xinjiang's peak of 2020: 18 December, 21:00 Beijing time.
    peak = int(np.argmax(demand("prefecture")))
    assert YEAR.month[peak] + 1 in (12, 1)
    assert YEAR.hour[peak] in (20, 21)


def test_the_prefecture_has_the_load_factor_that_is_assumed_for_it():
    assert_allclose(1.0 / demand("prefecture").max(), 0.70, atol=0.03)


def test_households_peak_at_nine_in_the_evening_and_in_winter():
    homes = demand("households")
    assert YEAR.hour[int(np.argmax(homes))] == 21
    assert mean_where(homes, is_month(1)) > 2 * mean_where(homes, is_month(7))


def test_a_ski_resort_lives_in_winter_and_makes_snow_in_early_winter_nights():
    resort = demand("ski_resort")
    night, november, february = is_hour(0, 7), is_month(11), is_month(2)
    assert mean_where(resort, is_month(6, 7, 8)) < 0.1 * mean_where(resort, is_month(12, 1, 2))
    assert mean_where(resort, night & november) > 2 * mean_where(resort, night & february)
    weekend = YEAR.weekday >= 5
    day = is_hour(11, 18) & february
    assert mean_where(resort, day & weekend) > 1.1 * mean_where(resort, day & ~weekend)


def test_irrigation_runs_from_april_to_september():
    farm = demand("farming")
    pumping = mean_where(farm, is_month(4, 5, 6, 7, 8, 9))
    assert pumping > 10 * mean_where(farm, is_month(11, 12, 1, 2))
    assert YEAR.month[int(np.argmax(farm))] + 1 == 7


def test_a_port_works_by_daylight_on_working_days():
    port = demand("port")
    working = YEAR.weekday < 5
    noon, night = is_hour(11, 18), is_hour(0, 7)
    assert mean_where(port, noon & working) > 1.5 * mean_where(port, noon & ~working)
    assert mean_where(port, noon & working) > 2 * mean_where(port, night)
    evening, june, december = is_hour(19, 21), is_month(6), is_month(12)
    by_june = mean_where(port, evening & june & working) / mean_where(port, noon & june & working)
    assert by_june > 1.3 * (
        mean_where(port, evening & december & working) / mean_where(port, noon & december & working)
    )


def test_the_port_clears_four_fifths_of_the_mean_month_in_january_and_february():
    # Takeshiken: 0.53 Mt in two months of 2025 against 4 Mt in the year before.
    clearing = [p for p in SECTORS.load("port").parts if p.name.startswith("clearing")]
    monthly = np.sum([p.share * np.array(p.monthly) / np.mean(p.monthly) for p in clearing], axis=0)
    assert_allclose(monthly[:2].mean() / monthly.mean(), 0.53 / 2 / (4.0 / 12), atol=0.03)


def test_a_herders_station_pumps_by_day_lights_the_evening_and_warms_winter_nights():
    station = demand("herder_station")
    winter, summer = is_month(12, 1, 2), is_month(6, 7, 8)
    assert mean_where(station, is_hour(1, 7) & winter) > mean_where(
        station, is_hour(11, 17) & winter
    )
    assert mean_where(station, is_hour(1, 7) & summer) < 0.4 * mean_where(
        station, is_hour(11, 17) & summer
    )
    assert YEAR.hour[int(np.argmax(station))] in (20, 21, 22)


@pytest.mark.parametrize("name", SECTORS.names)
def test_no_sector_jumps_from_one_day_to_the_next(name):
    working = [d for d in range(364) if 1 <= YEAR.weekday[24 * d] <= 3]
    daily = demand(name).reshape(365, 24).mean(axis=1)
    jumps = [abs(daily[d + 1] - daily[d]) for d in working if YEAR.weekday[24 * d] <= 2]
    assert max(jumps) < 0.05 * daily.max()


def test_the_heating_season_is_that_of_the_weather_station_of_fuyun(shared_data):
    import tomllib
    from importlib import resources

    file = shared_data / "weather" / "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw"
    rows = [line.split(",") for line in file.read_text(encoding="latin-1").splitlines()[8:]]
    daily = np.array([float(row[6]) for row in rows]).reshape(365, 24).mean(axis=1)
    month = np.array([int(row[1]) for row in rows])[::24]
    degree_days = np.maximum(18.0 - daily, 0.0)
    relative = [degree_days[month == m].mean() / degree_days.mean() for m in range(1, 13)]
    data = resources.files("altay_energy") / "data" / "sectors.toml"
    shipped = tomllib.loads(data.read_text(encoding="utf-8"))["heating"]["monthly"]
    assert_allclose(shipped, relative, atol=6e-4)
