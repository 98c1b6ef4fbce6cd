"""Figures of stations, rolling dispatch and thermal units, each worked out apart from its code."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.result.costs import thermal_units_cost_cny
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.units.units import dispatch_units
from altay_energy.run.figures.kpis import operating_cost_cny
from altay_energy.run.figures.plants import station_kpis, thermal_units_kpis
from altay_energy.run.figures.rolling import rolling_figures


def station(running, pump, turbine, upper_m3, step_hours=0.5, **changes):
    """Figures of a station of two units in half-hours; its lower reservoir mirrors the upper."""
    running, upper = np.array(running), np.array(upper_m3, dtype=float)
    steps = running.size
    moved = np.diff(upper)
    nothing = np.zeros((2, steps))
    ice = np.zeros((2, steps))
    ice[0, 1] = 700.0
    ice[1, 0] = 900.0
    limits = SimpleNamespace(
        live_m3=10_000.0,
        dead_m3=(1000.0, 2000.0),
        mwh_per_m3=0.001,
        units=2,
        ice_m3=ice,
        in_service=np.ones((2, steps), dtype=bool),
        start_cost_cny=100.0,
        mode_change_cost_cny=30.0,
    )
    given = {
        "limits": limits,
        "step_hours": step_hours,
        "volume_m3": np.stack([upper, 9000.0 - upper]),
        "head_m": np.array([200.0, 210.0, 230.0, 250.0])[:steps],
        "running": running,
        "pump_mw": np.array(pump, dtype=float),
        "turbine_mw": np.array(turbine, dtype=float),
        "pumped_m3": np.maximum(moved, 0.0),
        "generated_m3": np.maximum(-moved, 0.0),
        "rain_m3": nothing,
        "evaporation_m3": nothing,
        "seepage_m3": nothing,
        "make_up_m3": nothing,
        "spill_m3": nothing,
    }
    done = StationOperation(**{**given, **changes})
    return station_kpis(SimpleNamespace(problem=SimpleNamespace(step_hours=step_hours)), done)


def test_a_station_that_only_pumps_loses_what_it_does_not_store():
    figures = station(
        [-1, -2, 0, 0], [10.0, 20.0, 0.0, 0.0], [0.0] * 4, [1e3, 5e3, 13e3, 13e3, 13e3]
    )
    assert figures["charge_mwh"] == 15.0
    assert figures["discharge_mwh"] == 0.0
    assert figures["start_level_mwh"] == 0.0
    assert figures["end_level_mwh"] == 12.0
    assert_allclose(figures["loss_mwh"], 3.0)
    # Without any output nothing is known of the yield of a cubic metre.
    assert figures["round_trip_efficiency"] == 0.0
    assert figures["equivalent_cycles"] == 0.0


def test_a_station_that_only_generates_loses_what_it_drew_and_did_not_give():
    figures = station([2, 1, 0, 0], [0.0] * 4, [20.0, 10.0, 0.0, 0.0], [21e3, 9e3, 4e3, 4e3, 4e3])
    assert figures["start_level_mwh"] == 20.0
    assert figures["end_level_mwh"] == 3.0
    assert_allclose(figures["loss_mwh"], 17.0 - 15.0)
    assert_allclose(figures["equivalent_cycles"], 1.7)
    assert figures["round_trip_efficiency"] == 0.0  # nothing was put in


def test_every_figure_of_four_half_hours_by_hand():
    rain = np.zeros((2, 4))
    rain[:, 2] = (5.0, 7.0)
    spill = np.zeros((2, 4))
    spill[1, 3] = 12.0
    figures = station(
        [-2, 0, 1, 2],
        [24.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 6.0, 12.0],
        [1e3, 9e3, 9e3, 6e3, 1e3],
        rain_m3=rain,
        spill_m3=spill,
    )
    expected = {
        "charge_mwh": 12.0,
        "discharge_mwh": 9.0,
        "loss_mwh": 3.0,
        "equivalent_cycles": 0.8,
        "round_trip_efficiency": 0.75,
        "pumped_m3": 8000.0,
        "generated_m3": 8000.0,
        "rain_m3": 12.0,
        "spill_m3": 12.0,
        "seepage_m3": 0.0,
        "largest_ice_m3": 700.0,
        "mean_head_m": (200.0 + 230.0 + 250.0) / 3.0,
        "unit_starts": 4.0,  # two pump, then two generate
        "mode_changes": 0.0,  # they stood between
        "start_cost_cny": 400.0,
        "pump_hours_1": 0.0,
        "pump_hours_2": 0.5,
        "turbine_hours_1": 0.5,
        "turbine_hours_2": 0.5,
        "water_residual_m3": 12.0,  # rain and spill that the volumes above do not show
    }
    for name, value in expected.items():
        assert_allclose(figures[name], value, err_msg=name)


def test_units_that_turn_round_at_once_change_mode_and_pay_for_it():
    figures = station([-2, 1, 2, 0], [24.0, 0, 0, 0], [0.0, 6, 12, 0], [1e3, 9e3, 6e3, 1e3, 1e3])
    assert figures["mode_changes"] == 1.0  # the first; the second stood for a step
    assert figures["unit_starts"] == 4.0
    assert figures["start_cost_cny"] == 4 * 100.0 + 30.0


def rolling_system(**changes):
    rng = np.random.default_rng(5)
    hours = 24 * 8
    given = {
        "step_hours": 1.0,
        "load_mw": 120.0 + 40.0 * rng.random(hours),
        "renewables": {"wind.a": 220.0 * rng.random(hours)},
        "thermals": (),
        "storages": (StorageLimits("battery.b", 40.0, 40.0, 120.0, 0.95, 0.9, 0.0, 60.0),),
        "import_limit_mw": 150.0,
        "export_limit_mw": 60.0,
        "import_price_cny_mwh": np.resize([150.0] * 8 + [600.0] * 16, hours),
        "export_price_cny_mwh": 60.0,
        "unserved_cost_cny_mwh": 1e4,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


@pytest.mark.parametrize("step_hours", [1.0, 0.25])
def test_costs_of_rolling_are_those_beyond_right_forecasts_and_beyond_the_optimum(
    step_hours,
):
    # Plans of a day that give what is left at their end no worth.
    problem = rolling_system(step_hours=step_hours, terminal="free")
    wrong = ForecastSettings(wind_error=0.3, load_error=0.05, seed=2)
    windows = RollingSettings(look_ahead_hours=24.0, step_hours=12.0, end_value=0.0)
    settings = DispatchSettings.model_validate(
        {"method": "rolling", "rolling": windows, "forecast": wrong}
    )
    done = dispatch_rolling(problem, windows, wrong)
    right = dispatch_rolling(problem, windows, wrong.with_(perfect=True))
    # Whatever stands as the optimum is what the costs are held against.
    optimum = dispatch_by_rules(problem)
    held = replace(done, rolled=replace(done.rolled, optimum=optimum))
    found = rolling_figures(held, settings)["rolling"]
    spent, foreseen, least = (float(operating_cost_cny(d)) for d in (done, right, optimum))
    assert spent > foreseen + 100.0
    assert abs(foreseen - least) > 100.0
    assert_allclose(found["forecast_error_cost_cny"], spent - foreseen)
    assert_allclose(found["short_sight_cost_cny"], foreseen - least)
    assert rolling_figures(done, settings)["rolling"]["short_sight_cost_cny"] is None
    assert found["windows"] == -(-problem.hours // 12)
    assert found["look_ahead_steps"] == 24 / step_hours
    assert found["step_steps"] == 12 / step_hours
    assert found["solver"] == done.rolled.solver
    assert found["forecasts"] == done.rolled.errors()
    assert set(found["unplanned_mwh"]) == {"storage", "import", "export"}
    plan = done.rolled
    net = done.discharge_mw["battery.b"] - done.charge_mw["battery.b"]
    planned = plan.planned_discharge_mw["battery.b"] - plan.planned_charge_mw["battery.b"]
    hand = {
        "storage": np.abs(net - planned).sum() * step_hours,
        "import": np.abs(done.import_mw - plan.planned_import_mw).sum() * step_hours,
        "export": np.abs(done.export_mw - plan.planned_export_mw).sum() * step_hours,
    }
    assert min(hand.values()) > 1.0
    for name, energy in hand.items():
        assert_allclose(found["unplanned_mwh"][name], energy, err_msg=name)


def test_right_forecasts_cost_nothing_and_other_ways_of_dispatch_have_no_rolling_figures():
    problem = rolling_system()
    right = ForecastSettings(perfect=True)
    settings = DispatchSettings.model_validate({"method": "rolling", "forecast": right})
    done = dispatch_rolling(problem, settings.rolling, right)
    assert rolling_figures(done, settings)["rolling"]["forecast_error_cost_cny"] == 0.0
    assert rolling_figures(dispatch_by_rules(problem), settings) == {}


@pytest.mark.parametrize("step_hours", [1.0, 0.5, 0.25])
def test_hours_and_costs_of_thermal_units_go_by_the_length_of_a_step(step_hours):
    units = ThermalUnits(
        "thermal.a", 2, 50.0, ((30.0, 200.0), (50.0, 260.0)), 20.0,
        no_load_cost_cny_h=900.0, start_cost_cny=5000.0,
    )  # fmt: skip
    plant = ThermalLimits("thermal.a", 100.0, 0.0, 240.0, 0.8, units)
    load = np.array([35.0, 35.0, 90.0, 90.0, 30.0, 60.0])  # two units give 40 MW at least
    problem = Problem(
        step_hours=step_hours,
        load_mw=load,
        renewables={},
        thermals=(plant,),
        storages=(),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=0.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=1e5,
        grid_emission_factor_t_mwh=0.6,
    )
    done = dispatch_units(problem)
    assert done.units_running["thermal.a"].tolist() == [1, 1, 2, 2, 1, 2]
    found = thermal_units_kpis(done, plant)
    assert found["running_hours"] == 6 * step_hours
    assert found["unit_hours"] == 9 * step_hours
    assert found["unit_starts"] == 2  # into the third and into the last step
    assert found["start_cost_cny"] == 10_000.0
    assert found["no_load_cost_cny"] == 9 * step_hours * 900.0

    def fuel(unit_mw):
        return 200.0 * min(unit_mw, 30.0) + 260.0 * max(unit_mw - 30.0, 0.0)

    burnt = 2 * fuel(35.0) + 2 * 2 * fuel(45.0) + fuel(30.0) + 2 * fuel(30.0)
    expected = (burnt + 9 * 900.0) * step_hours + 10_000.0
    assert_allclose(thermal_units_cost_cny(done, plant), expected)
    assert_allclose(operating_cost_cny(done), expected)


def test_steps_without_a_running_unit_are_no_running_hours():
    units = ThermalUnits("thermal.a", 2, 50.0, ((50.0, 240.0),), 20.0)
    plant = ThermalLimits("thermal.a", 100.0, 0.0, 240.0, 0.8, units)
    running = np.array([0.0, 0.0, 1.0, 2.0, 0.0])
    dispatch = SimpleNamespace(
        units_running={"thermal.a": running}, problem=SimpleNamespace(step_hours=0.5)
    )
    found = thermal_units_kpis(dispatch, plant)
    assert found["running_hours"] == 1.0
    assert found["unit_hours"] == 1.5
    assert thermal_units_kpis(dispatch, ThermalLimits("thermal.b", 9.0, 0.0, 1.0, 0.8)) == {}


def test_hours_of_units_are_those_of_each_run_by_itself():
    running = np.array([[0.0, 1.0, 2.0, 2.0], [0.0, 0.0, 0.0, 3.0], [1.0, 0.0, 1.0, 0.0]])
    units = SimpleNamespace(start_cost_cny=100.0, no_load_cost_cny_h=7.0)
    plant = SimpleNamespace(name="thermal.d", units=units)
    dispatch = SimpleNamespace(
        units_running={"thermal.d": running}, problem=SimpleNamespace(step_hours=0.5)
    )
    found = thermal_units_kpis(dispatch, plant)
    assert_allclose(found["running_hours"], [1.5, 0.5, 1.0])
    assert_allclose(found["unit_hours"], [2.5, 1.5, 1.0])
    assert_allclose(found["no_load_cost_cny"], [17.5, 10.5, 7.0])
    assert_allclose(found["start_cost_cny"], 100.0 * found["unit_starts"])
