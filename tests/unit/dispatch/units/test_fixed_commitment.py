"""Prices with running units fixed: by hand, and against small changes of the load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.units.units import dispatch_units

UNSERVED = 10_000.0


def plant(name="thermal.a", units=1, unit_mw=100.0, price=300.0, **more):
    own = ThermalUnits(name, units, unit_mw, ((unit_mw, price),), **more)
    return ThermalLimits(name, units * unit_mw, 0.0, price, 0.8, own)


def system(load, *plants, imported=0.0, exported=0.0, **more):
    return Problem(
        step_hours=more.pop("step_hours", 1.0),
        load_mw=np.asarray(load, dtype=float),
        renewables=more.pop("renewables", {}),
        thermals=plants,
        storages=more.pop("storages", ()),
        import_limit_mw=imported,
        export_limit_mw=exported,
        import_price_cny_mwh=more.pop("import_price", 800.0),
        export_price_cny_mwh=more.pop("export_price", 0.0),
        unserved_cost_cny_mwh=UNSERVED,
        grid_emission_factor_t_mwh=0.6,
        **more,
    )


def price_of(problem):
    return dispatch_units(problem).marginal_price_cny_mwh


@pytest.mark.parametrize("ramp", [None, 100.0])
@pytest.mark.parametrize("step_hours", [0.5, 1.0])
def test_a_plant_at_full_load_is_paid_its_fuel_and_no_scarcity(ramp, step_hours):
    own = plant(min_load_mw=40.0, start_cost_cny=5000.0, no_load_cost_cny_h=900.0, ramp_mw=ramp)
    price = price_of(system([100.0, 100.0, 80.0, 110.0], own, step_hours=step_hours))
    assert_allclose(price, [300.0, 300.0, 300.0, UNSERVED], rtol=1e-6)


def test_a_plant_at_its_least_load_leaves_power_without_value():
    own = plant(min_load_mw=60.0, min_up_steps=4)
    sun = {"solar.a": np.array([0.0, 50.0, 50.0, 0.0])}
    price = price_of(system([90.0, 70.0, 70.0, 90.0], own, renewables=sun))
    assert_allclose(price, [300.0, 0.0, 0.0, 300.0], atol=1e-3)


def test_a_ramp_moves_the_price_to_the_hour_that_it_binds():
    # The last hour needs 90 MW from a plant that rises by 30 MW: one MWh more there is one more in
    # the hour before, where it displaces import.
    slow = plant(min_load_mw=10.0, ramp_mw=30.0, price=900.0)
    load, limit = np.array([100.0, 100.0, 190.0]), np.array([100.0, 100.0, 100.0])
    price = price_of(system(load, slow, imported=limit, import_price=200.0))
    assert_allclose(price, [200.0, 200.0, 900.0 + 900.0 - 200.0 + 900.0 - 200.0], rtol=1e-5)


def test_prices_are_the_change_of_the_cost_with_the_load():
    rng = np.random.default_rng(3)
    coal = plant("thermal.c", 2, 60.0, 280.0, min_load_mw=30.0, ramp_mw=18.0, min_up_steps=4)
    gas = plant("thermal.g", 1, 50.0, 520.0, min_load_mw=10.0, start_cost_cny=4000.0)
    battery = StorageLimits("battery.a", 15.0, 15.0, 30.0, 0.95, 0.95, initial_level_mwh=10.0)
    load = rng.uniform(60.0, 175.0, 24)
    problem = system(load, coal, gas, imported=20.0, storages=(battery,))
    done = dispatch_units(problem)
    compared = 0
    for t in (4, 12, 20):
        step = np.zeros(24)
        step[t] = 0.01
        more, less = (
            dispatch_units(replace(problem, load_mw=load + sign * step)) for sign in (1.0, -1.0)
        )
        if any(
            not np.array_equal(other.units_running[name], running)
            for other in (more, less)
            for name, running in done.units_running.items()
        ):
            continue
        compared += 1
        cost = float(done.solution.objective_cny)
        up = (float(more.solution.objective_cny) - cost) / 0.01
        down = (cost - float(less.solution.objective_cny)) / 0.01
        assert down - 0.1 <= done.marginal_price_cny_mwh[t] <= up + 0.1
    assert compared


def test_prices_of_hours_in_which_import_and_export_would_both_pay_follow_one_direction():
    # One direction at a time leaves 20 MW of import; both would sell at 400 what is bought at 200.
    own = plant(min_load_mw=50.0)
    prices = {"import_price": 200.0, "export_price": 400.0}
    done = dispatch_units(system([150.0, 150.0], own, imported=120.0, exported=30.0, **prices))
    assert done.solution.exclusive_steps == 2
    assert np.all(done.export_mw * done.import_mw == 0.0)
    assert_allclose(done.marginal_price_cny_mwh, 200.0, rtol=1e-5)
