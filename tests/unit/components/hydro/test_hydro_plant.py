"""Run-of-river plants."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from altay_energy.components.hydro.hydro_plant import ALTAY_WATER, HydroPlant
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.core.timeline import Timeline

CHONGHUER = {"capacity_mw": 110.0, "annual_mwh": 391_000.0}


@pytest.mark.parametrize("year", [2030, 2032])
@pytest.mark.parametrize("step", [1.0, 0.25])
def test_a_year_has_its_energy_and_never_more_than_the_rating(year, step):
    power = HydroPlant(**CHONGHUER).available_power(None, Timeline.of_year(year, step))
    assert_allclose(power.sum() * step, 391_000)
    assert power.max() <= 110.0
    assert power.min() > 0.0


def test_without_spill_the_months_have_their_shares():
    timeline = Timeline.of_year(2030)
    power = HydroPlant(capacity_mw=500, annual_mwh=391_000).available_power(None, timeline)
    assert power.max() < 500
    energy = np.bincount(timeline.month, power)
    assert_allclose(energy / energy.sum(), ALTAY_WATER, rtol=1e-9)


def test_where_the_flood_exceeds_the_rating_the_other_months_still_follow_the_river():
    timeline = Timeline.of_year(2030)
    power = HydroPlant(**CHONGHUER).available_power(None, timeline)
    energy = np.bincount(timeline.month, power)
    assert (power == 110.0).any()
    assert_allclose(energy[9] / energy[0], ALTAY_WATER[9] / ALTAY_WATER[0], rtol=1e-9)
    assert energy[5] / energy.sum() < ALTAY_WATER[5]


def test_the_greatest_possible_energy_is_the_rating_all_year():
    power = HydroPlant(capacity_mw=10, annual_mwh=87_600).available_power(
        None, Timeline.of_year(2030)
    )
    assert_allclose(power, 10.0)


def test_a_plant_that_is_idle_in_winter_gives_its_energy_in_summer():
    shares = [0, 0, 0, 0.1, 0.2, 0.25, 0.2, 0.15, 0.1, 0, 0, 0]
    timeline = Timeline.of_year(2030)
    plant = HydroPlant(capacity_mw=10, annual_mwh=30_000, monthly_shares=shares)
    power = plant.available_power(None, timeline)
    assert not power[timeline.month < 3].any()
    assert_allclose(power.sum(), 30_000)


def test_a_week_is_a_slice_of_its_year():
    plant = HydroPlant(**CHONGHUER)
    week = TimeSettings(start="2030-06-01T00:00", hours=168).timeline()
    year = plant.available_power(None, Timeline.of_year(2030))
    begin = 151 * 24
    assert_allclose(plant.available_power(None, week), year[begin : begin + 168])


def test_the_season_has_no_step_at_month_ends():
    power = HydroPlant(capacity_mw=500, annual_mwh=391_000).available_power(
        None, Timeline.of_year(2030)
    )
    assert np.abs(np.diff(power)).max() < 0.04 * power.max()


def test_a_profile_is_per_unit_of_capacity():
    timeline = TimeSettings(start="2030-06-01", hours=3).timeline()
    plant = HydroPlant(capacity_mw=20, profile=[0.0, 0.5, 1.0])
    assert_allclose(plant.available_power(None, timeline), [0, 10, 20])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"capacity_mw": 10.0},
            "needs either river, or annual_mwh .*, or profile .*, and has neither",
        ),
        ({"capacity_mw": 10.0, "annual_mwh": 9e3, "profile": 0.5}, "needs either .*not both"),
        (
            {"capacity_mw": 10.0, "profile": 0.5, "monthly_shares": [1 / 12] * 12},
            "monthly_shares goes with annual_mwh, not with profile",
        ),
        ({"capacity_mw": 10.0, "profile": 9.0}, "profile is 9; it must be from 0 to 1"),
        (
            {"capacity_mw": 110.0, "annual_mwh": 391.0},
            "annual_mwh = 391 from capacity_mw = 110 is 3.55 full-load hours; is it in GWh",
        ),
        (
            {"capacity_mw": 10.0, "annual_mwh": 90_000.0},
            "annual_mwh = 90000 is more than capacity_mw = 10 can give: at most 87600 MWh a year",
        ),
        (
            {
                "capacity_mw": 10.0,
                "annual_mwh": 50_000.0,
                "monthly_shares": [0.0] * 6 + [0.25] * 4 + [0.0] * 2,
            },
            "can give on the 123 days with water: at most 29520 MWh",
        ),
        (
            {"capacity_mw": 10.0, "annual_mwh": 30_000.0, "monthly_shares": [0.1] * 12},
            "monthly_shares add up to 1.2; twelve shares of a year must add up to 1",
        ),
        (
            {"capacity_mw": 10.0, "annual_mwh": 30_000.0, "monthly_shares": [0.5, 0.5]},
            "at least 12 items",
        ),
        (
            {"capacity_mw": 10.0, "annual_mwh": 30_000.0, "monthly_shares": [-0.1] + [0.1] * 11},
            "monthly_shares.0\n.*greater than or equal to 0",
        ),
    ],
)
def test_a_faulty_hydro_plant_is_refused_with_a_remedy(table, message):
    with pytest.raises(ValidationError, match=message):
        HydroPlant.model_validate(table)


def test_shares_that_are_rounded_are_accepted():
    rounded = [0.08] * 8 + [0.09] * 4
    assert HydroPlant(capacity_mw=10, annual_mwh=30_000, monthly_shares=rounded).site is None
