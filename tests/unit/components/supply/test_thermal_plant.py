"""Thermal plants."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from altay_energy.components.supply.thermal_plant import ThermalPlant
from altay_energy.core.timeline import Timeline

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
        ({"fuel_cost_cny_mwh": 1.1}, "fuel_cost_cny_mwh\n  is unusual"),
        ({"fuel_cost_cny_mwh": -5.0}, "greater than or equal to 0"),
        ({"emission_factor_t_mwh": 832.5}, "emission_factor_t_mwh\n  is unusual"),
        ({"capacity_mw": 285_000.0}, "capacity_mw\n  is unusual"),
    ],
)
def test_a_faulty_thermal_plant_is_refused_with_a_remedy(change, message):
    with pytest.raises(ValidationError, match=message):
        ThermalPlant.model_validate({**PLANT, **change})


def test_the_fuel_cost_must_be_given():
    with pytest.raises(ValidationError, match=r"fuel_cost_cny_mwh\n.*Field required"):
        ThermalPlant.model_validate({"capacity_mw": 10.0})


def curve(loads, factors):
    return {"fuel_curve": {"load_fraction": loads, "cost_factor": factors}}


UNITS = {**PLANT, "capacity_mw": 600.0, "units": 2}


def test_a_plant_of_units_has_their_curve_with_upkeep():
    curve = {"load_fraction": [0.5, 1.0], "cost_factor": [0.9, 1.2]}
    plant = ThermalPlant(**UNITS, fuel_curve=curve, variable_om_cny_mwh=10.0)
    assert_allclose(plant.curve_cny_mwh, [(0.5, 127.0), (1.0, 166.0)])
    assert plant.marginal_cost_cny_mwh == pytest.approx(146.5)
    assert ThermalPlant(**UNITS).curve_cny_mwh == [(1.0, 130.0)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"units": 0}, "units\n.*greater than or equal to 1"),
        ({"units": 2.5}, "units\n.*valid integer"),
        ({"min_load_fraction": 40.0}, "min_load_fraction\n.*less than or equal to 1"),
        ({"min_load_fraction": float("nan")}, "min_load_fraction\n.*finite number"),
        ({"start_cost_cny": -1.0}, "start_cost_cny\n.*greater than or equal to 0"),
        ({"no_load_cost_cny_h": -1.0}, "no_load_cost_cny_h\n.*greater than or equal to 0"),
        ({"min_up_hours": -2.0}, "min_up_hours\n.*greater than or equal to 0"),
        ({"min_down_hours": float("inf")}, "min_down_hours\n.*finite number"),
        ({"ramp_mw_h": 0.0}, "ramp_mw_h\n.*greater than 0"),
        ({"min_up_hour": 2.0}, "min_up_hour\n.*Extra inputs"),
        ({"capacity_mw": 0.0}, "units = 2 of capacity_mw = 0; leave units out"),
        (
            {"min_load_fraction": 0.5, "must_run_fraction": 0.2},
            "must_run_fraction = 0.2 is less than one unit can run at .*= 0.25.*; raise it to 0.25",
        ),
        (curve([0.5], [1.0]), r"load_fraction = \[0.5\] must rise from above 0 to 1"),
        (curve([0.6, 0.5, 1.0], [1.0, 1.1, 1.2]), "must rise from above 0 to 1"),
        (curve([0.5, 1.0], [1.0, 0.9]), r"cost_factor = .* must never fall; what a unit burns"),
        (curve([0.5, 1.0], [-0.1, 0.9]), "cost_factor.0\n.*greater than or equal to 0"),
        (curve([0.5, 1.0], [1.0]), "load_fraction has 2 values and cost_factor has 1"),
        (curve([], []), "load_fraction\n.*at least 1 item"),
    ],
)
def test_faulty_units_are_refused_with_a_remedy(change, message):
    with pytest.raises(ValidationError, match=message):
        ThermalPlant.model_validate({**UNITS, **change})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_load_fraction", 0.4),
        ("start_cost_cny", 1000.0),
        ("no_load_cost_cny_h", 1000.0),
        ("min_up_hours", 4.0),
        ("min_down_hours", 4.0),
        ("ramp_mw_h", 60.0),
        ("fuel_curve", {"load_fraction": [1.0], "cost_factor": [1.0]}),
    ],
)
def test_a_key_of_units_without_units_is_refused(name, value):
    with pytest.raises(ValidationError, match=f"{name} is of a unit: say units, how many"):
        ThermalPlant.model_validate({**PLANT, name: value})


def test_keys_of_units_are_reported_only_of_a_plant_that_has_any():
    assert "min_up_hours" not in ThermalPlant(**PLANT).model_dump()
    assert "min_up_hours" not in ThermalPlant(**PLANT).keys_in_use()
    assert ThermalPlant(**UNITS, min_up_hours=4.0).model_dump()["min_up_hours"] == 4.0
