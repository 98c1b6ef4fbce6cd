"""Thermal plants."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from altay_energy.components.thermal_plant import ThermalPlant
from altay_energy.timeline import Timeline

PLANT = {"capacity_mw": 285.0, "fuel_cost_cny_mwh": 130.0}
YEAR = Timeline.of_year(2030)


def test_a_heat_led_plant_runs_in_its_months_and_not_in_others():
    months = [10, 11, 12, 1, 2, 3, 4]
    plant = ThermalPlant(**PLANT, must_run_fraction=0.6, must_run_months=months)
    power = plant.must_run_mw(YEAR)
    heating = np.isin(YEAR.month + 1, months)
    assert_allclose(power[heating], 171.0)
    assert not power[~heating].any()


def test_without_a_must_run_share_nothing_is_forced():
    assert not ThermalPlant(**PLANT).must_run_mw(YEAR).any()


def test_the_share_may_be_a_series():
    share = np.linspace(0.0, 1.0, YEAR.steps)
    assert_allclose(ThermalPlant(**PLANT, must_run_fraction=share).must_run_mw(YEAR), 285.0 * share)


def test_the_marginal_cost_is_fuel_and_variable_upkeep():
    assert ThermalPlant(**PLANT, variable_om_cny_mwh=12.0).marginal_cost_cny_mwh == 142.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"must_run_fraction": 60.0}, "must_run_fraction is 60; it must be from 0 to 1"),
        (
            {"must_run_fraction": [0.5, 1.5]},
            "1 values out of range, the first is 1.5 at interval 1",
        ),
        ({"must_run_months": [0, 1]}, "must_run_months.0\n.*greater than or equal to 1"),
        ({"must_run_months": [13]}, "less than or equal to 12"),
        ({"must_run_months": [1, 2, 1]}, "must_run_months names 1 twice; once is enough"),
        ({"fuel_cost_cny_mwh": 0.13}, "fuel_cost_cny_mwh\n  is unusual"),
        ({"fuel_cost_cny_mwh": -5.0}, "greater than or equal to 0"),
        ({"emission_factor_t_mwh": 832.5}, "emission_factor_t_mwh\n  is unusual"),
        ({"capacity_mw": 285_000.0}, "capacity_mw\n  is unusual"),
    ],
)
def test_a_faulty_thermal_plant_is_told_what_to_change(change, message):
    with pytest.raises(ValidationError, match=message):
        ThermalPlant.model_validate({**PLANT, **change})


def test_the_fuel_cost_must_be_given():
    with pytest.raises(ValidationError, match=r"fuel_cost_cny_mwh\n.*Field required"):
        ThermalPlant.model_validate({"capacity_mw": 10.0})
