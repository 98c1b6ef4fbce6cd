"""The other half of the world: what follows the calendar is half a year later there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.demand.sectors import SECTORS
from altay_energy.components.hydro.river_flow import RiverFlow
from altay_energy.components.hydro.water import run_cascade
from altay_energy.report.chart.flows import flows, season_week
from altay_energy.resource.runoff.catchment import Catchment
from altay_energy.resource.runoff.runoff import simulate
from altay_energy.weather.series import Weather

YEAR = ae.Timeline.of_year(2030, utc_offset_hours=0.0)
NORTH = ae.Site(latitude=30.0, longitude=0.0, elevation_m=300.0)
SOUTH = ae.Site(latitude=-30.0, longitude=0.0, elevation_m=300.0)
HALF_YEAR = 8760 // 2


def sunny(site):
    """A year of clear days that are alike, and a winter where the site has it."""
    day = YEAR.day_of_year - 1.0
    declination = np.radians(23.44) * np.sin(2.0 * np.pi * (day - 80.0) / 365.0)
    phi, angle = np.radians(site.latitude), np.pi / 12.0 * (YEAR.hour - 11.5)
    height = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(angle)
    beam = np.where(height > 0.05, 800.0, 0.0)
    diffuse = np.where(height > 0.05, 80.0, 0.0)
    season = np.sign(site.latitude) * np.cos(2.0 * np.pi * (day - 15.0) / 365.0)
    flat = np.ones(YEAR.steps)
    return Weather(
        place="made",
        latitude=site.latitude,
        longitude=site.longitude,
        elevation_m=site.elevation_m,
        timeline=YEAR,
        ghi_w_m2=diffuse + beam * np.maximum(height, 0.0),
        dni_w_m2=beam,
        dhi_w_m2=diffuse,
        temperature_c=10.0 - 15.0 * season,
        wind_speed_m_s=5.0 * flat,
        wind_height_m=100.0,
        pressure_pa=97_000.0 * flat,
        relative_humidity_percent=50.0 * flat,
    )


def test_modules_without_a_direction_face_the_equator():
    plant = ae.SolarPlant(site="a", capacity_mw=1.0)
    north, south = (sunny(site) for site in (NORTH, SOUTH))
    there, here = (plant.available_power(w, YEAR).sum() for w in (south, north))
    assert there == pytest.approx(here, rel=0.03)
    facing = {deg: plant.with_(azimuth_deg=deg) for deg in (0.0, 180.0)}
    assert_allclose(plant.available_power(south, YEAR), facing[0.0].available_power(south, YEAR))
    assert_allclose(plant.available_power(north, YEAR), facing[180.0].available_power(north, YEAR))
    assert facing[180.0].available_power(south, YEAR).sum() < 0.8 * there


def test_the_axis_of_trackers_dips_towards_the_equator():
    plant = ae.SolarPlant(site="a", capacity_mw=1.0, mounting="tracking", axis_tilt_deg=20.0)
    south = sunny(SOUTH)
    away = plant.with_(axis_azimuth_deg=180.0)
    assert plant.facing_deg(-30.0) == 0.0
    assert plant.facing_deg(30.0) == 180.0
    more, less = (p.available_power(south, YEAR).sum() for p in (plant, away))
    assert more > 1.1 * less


@pytest.mark.parametrize("name", SECTORS.names)
def test_sectors_have_their_months_half_a_year_later(name):
    load = ae.Load(sector=name, annual_mwh=8760.0)
    month = np.asarray(YEAR.month)
    north, south = (load.demand(YEAR, south=south) for south in (False, True))
    by_month = [np.array([p[month == m].mean() for m in range(12)]) for p in (north, south)]
    assert_allclose(np.roll(by_month[1], 6), by_month[0], rtol=0.03, atol=0.01)
    assert south.sum() == pytest.approx(8760.0)


def test_a_southern_home_heats_in_july_with_weather_and_without():
    load = ae.Load(sector="households", annual_mwh=8760.0, site="a")
    month = np.asarray(YEAR.month)
    for demand in (load.demand(YEAR, sunny(SOUTH)), load.demand(YEAR, south=True)):
        assert demand[month == 6].mean() > 1.3 * demand[month == 0].mean()


def test_water_by_season_comes_half_a_year_later():
    plant = ae.HydroPlant(capacity_mw=10.0, annual_mwh=30_000.0)
    month = np.asarray(YEAR.month)
    north, south = (plant.available_power(None, YEAR, south=s) for s in (False, True))
    assert np.bincount(month, north).argmax() == 5
    assert np.bincount(month, south).argmax() == 11
    given = plant.with_(monthly_shares=[0.5, 0.5] + [0.0] * 10, annual_mwh=10_000.0)
    assert_allclose(
        given.available_power(None, YEAR, south=True), given.available_power(None, YEAR)
    )


def test_rule_curves_and_evaporation_follow_the_hemisphere():
    lake = {
        "normal_level_m": 760.0,
        "dead_level_m": 740.0,
        "tailwater_level_m": 690.0,
        "normal_volume_m3": 94e6,
        "depth_m": 70.0,
        "evaporation_mm": 1000.0,
    }
    plant = ae.HydroPlant.model_validate(
        {"river": "r", "capacity_mw": 110.0, "units": 4, "reservoir": lake}
    )
    flow = {"r": RiverFlow(np.full(YEAR.steps, 60.0))}
    north, south = (run_cascade({"a": plant}, flow, YEAR, s)["a"].use for s in ((), ("a",)))
    month = np.asarray(YEAR.month)
    volumes = [np.bincount(month, use.volume_m3[1:]) for use in (north, south)]
    assert volumes[0].argmin() in (3, 4)
    assert volumes[1].argmin() in (9, 10)
    dry = [np.bincount(month, use.evaporation_m3_s) for use in (north, south)]
    assert dry[0].argmax() in (5, 6)
    assert dry[1].argmax() in (11, 0)


def test_snow_melts_fastest_in_the_summer_of_its_own_hemisphere():
    days = np.arange(1.0, 366.0)
    bands = np.array([1000.0, 1200.0])

    def melted(latitude, day):
        """Share of a cold store that a warm week takes, in June or in December."""
        catchment = Catchment(
            area_km2=100.0,
            band_elevation_m=bands,
            latitude=latitude,
            melt_season_share=0.5,
            evaporation_factor=0.0,
        )
        warmth = np.where(np.abs(days - day) < 4.0, 5.0, -10.0)
        fall = np.where(days < 60.0, 20.0, 0.0)
        found = simulate(catchment, warmth, fall, days, 1100.0)
        return 1.0 - found.snow_mm[..., -1] / found.snow_mm[..., int(day) - 10]

    assert melted(45.0, 172.0) == pytest.approx(melted(-45.0, 355.0), rel=0.05)
    assert melted(45.0, 172.0) > 2.0 * melted(-45.0, 172.0)


def portfolio(site, **changes):
    parts = {
        "timeline": YEAR,
        "sites": {"a": site},
        "weather": {"a": sunny(site)},
        "solar": {"roof": ae.SolarPlant(site="a", capacity_mw=1.0)},
        "load": {"town": ae.Load(sector="households", annual_mwh=8760.0)},
        "hydro": {"weir": ae.HydroPlant(capacity_mw=1.0, annual_mwh=3000.0)},
        "grid": ae.Grid(import_limit_mw=10.0, export_limit_mw=10.0),
    }
    return ae.Portfolio(**{**parts, **changes})


def test_winter_and_summer_weeks_of_a_run_are_those_of_its_hemisphere():
    weeks = {}
    for site in (NORTH, SOUTH):
        hourly = portfolio(site).run().hourly
        begins = flows(hourly).begins
        for season in ("winter", "summer"):
            first = season_week(hourly, season)
            weeks[site, season] = int(str(begins[first])[5:7])
    assert weeks[NORTH, "winter"] in (12, 1, 2)
    assert weeks[SOUTH, "winter"] in (6, 7, 8)
    assert weeks[NORTH, "summer"] in (6, 7, 8)
    assert weeks[SOUTH, "summer"] in (12, 1, 2)


def test_what_has_no_site_follows_the_sites_of_the_portfolio():
    month = np.asarray(YEAR.month)
    south = portfolio(SOUTH)
    assert south.demand()["load.town"][month == 6].mean() > 1.3
    assert np.bincount(month, south.available_power()["hydro.weir"]).argmax() == 11
    both = portfolio(SOUTH, sites={"a": SOUTH, "b": NORTH})
    assert not both.south
    assert both.demand()["load.town"][month == 0].mean() > 1.3


def test_a_sector_without_a_site_says_what_season_it_has():
    for site, words in ((NORTH, "January 1."), (SOUTH, "July 1.")):
        told = [t for t in portfolio(site).run().notices if t.startswith("load.town: site is not")]
        assert len(told) == 1
        assert words in told[0]
    quiet = replace(
        portfolio(NORTH), load={"town": ae.Load(sector="households", annual_mwh=8760.0, site="a")}
    )
    assert not any("site is not given" in text for text in quiet.run().notices)
    farm = replace(portfolio(NORTH), load={"f": ae.Load(sector="farming", annual_mwh=8760.0)})
    assert not any("site is not given" in text for text in farm.run().notices)
