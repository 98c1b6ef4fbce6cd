"""Proofs by arithmetic, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.infeasible import elastic, explain
from altay_energy.dispatch.infeasible.elastic import is_possible
from altay_energy.dispatch.infeasible.necessary import proofs
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits

SERVED = PeriodTerms(unserved_max_mwh=0.0)


def problem(load, wind, **changes):
    series = {
        "step_hours": 1.0,
        "load_mw": np.asarray(load, dtype=np.float64),
        "renewables": {"wind.a": np.asarray(wind, dtype=np.float64)},
        "thermals": (),
        "storages": (),
        "import_limit_mw": 0.0,
        "export_limit_mw": 0.0,
        "import_price_cny_mwh": 0.0,
        "export_price_cny_mwh": 0.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.5,
        "terms": SERVED,
    }
    return Problem(**{**series, **changes})


def battery(power, energy, efficiency=1.0, level=0.0, loss=0.0):
    return StorageLimits(
        "battery.a", power, power, energy, efficiency, efficiency, loss, initial_level_mwh=level
    )


def proven(system):
    """The texts, after seeing that a proof and the solver do not contradict each other."""
    run, found = proofs(system)
    assert run == ()
    assert not (found and is_possible(system))
    return found


def test_load_beyond_all_sources_and_discharge_is_found_step_by_step():
    [text] = proven(problem([10, 10, 10, 10], [20, 4, 1, 20], storages=(battery(5.0, 99.0),)))
    assert text == (
        "in steps 1 to 2 load exceeds all sources, with every storage at full discharge, by up to "
        "4 MW (5 MWh)"
    )


def test_imports_and_thermal_plants_are_sources():
    thermal = (ThermalLimits("thermal.a", 3.0, 0.0, 250.0, 0.8),)
    assert proven(problem([10], [2], thermals=thermal, import_limit_mw=4.9))
    assert not proven(problem([10], [2], thermals=thermal, import_limit_mw=5.0))


def test_load_that_may_be_unserved_is_no_proof():
    short = problem([10, 10], [8, 9], terms=PeriodTerms(unserved_max_mwh=3.0))
    assert not proven(short)
    assert proven(problem([10, 10], [8, 9], terms=PeriodTerms(unserved_max_mwh=2.9)))
    assert not proven(problem([10, 10], [8, 9], terms=PeriodTerms()))


def test_a_deficit_above_a_full_store_is_found_over_an_interval():
    wind = [30, 30, 0, 0, 0, 0, 30, 30]
    [text] = proven(problem([10] * 8, wind, storages=(battery(20.0, 25.0),)))
    assert text == (
        "in steps 2 to 5 more energy is asked for than all sources and storages can give, even "
        "with 25 MWh in store at first: 15 MWh are missing"
    )
    assert not proven(problem([10] * 8, wind, storages=(battery(20.0, 40.0),)))


def test_an_interval_counts_charging_within_it_with_the_losses_of_the_round_trip():
    load, wind = [10] * 6, [0, 0, 18, 18, 0, 0]
    # 9 MWh at first and 16 MWh · 0.81 on the way, for 40 MWh.
    lossy = battery(10.0, 30.0, 0.9, level=10.0)
    [text] = proven(problem(load, wind, storages=(lossy,), terminal="free"))
    assert text.endswith("18.04 MWh are missing")


def test_a_ring_that_is_filled_at_its_end_may_begin_full():
    ring = problem([10] * 8, [0, 0, 0, 0, 20, 20, 20, 20], storages=(battery(10.0, 40.0),))
    assert not proven(ring)
    assert is_possible(ring)


def test_a_cyclic_period_with_more_discharge_than_charge_is_found_however_large_its_store():
    [text] = proven(problem([10] * 4, [0, 0, 19, 19], storages=(battery(99.0, 1000.0),)))
    assert text.startswith("in steps 0 to ")
    assert text.endswith("2 MWh are missing")


def test_a_required_last_level_counts_as_deficit_as_well():
    open_end = {"storages": (battery(10.0, 20.0, level=20.0),)}
    free = problem([10] * 3, [0, 0, 10], terminal="free", **open_end)
    assert not proven(free)
    [text] = proven(problem([10] * 3, [0, 0, 10], terminal="at_least", **open_end))
    assert text.endswith("20 MWh are missing")


def test_a_flexible_load_is_as_good_as_a_store_without_losses():
    load, wind = [10.0, 10.0, 10.0, 10.0], [6.0, 6.0, 14.0, 14.0]
    movable = FlexibleLoad("load.a", np.full(4, 4.0), np.full(4, 8.0), 2)
    lossy = (battery(8.0, 8.0, 0.5),)
    patient = problem(load, wind, storages=lossy, flexible_loads=(movable,))
    assert not proven(patient)
    assert is_possible(patient)
    assert proven(problem(load, wind, storages=lossy))


def test_a_store_that_falls_although_it_always_charges_cannot_meet_its_level():
    # 100 MWh lose 10 % a step and gain 5: 95, 90.5, 86.45.
    leaky = battery(5.0, 100.0, level=100.0, loss=0.1)
    rich = problem([10] * 3, [40] * 3, storages=(leaky,), terminal="at_least")
    [text] = proven(rich)
    assert text.startswith("battery.a: charging all the time it still falls from 100 to 86.45 MWh")


def test_must_run_power_that_emits_more_than_the_cap_is_named():
    plant = ThermalLimits("thermal.chp", 20.0, 5.0, 250.0, 0.8)
    capped = problem(
        [10] * 10, [9] * 10, thermals=(plant,), terms=PeriodTerms(emissions_max_t=39.0)
    )
    assert proven(capped) == ["what must run emits 40 t by itself (thermal.chp)"]


def test_load_and_charging_are_all_that_can_take_renewable_power():
    asked = PeriodTerms(self_consumption_metered_rate_min=0.5)
    [text] = proven(problem([10] * 4, [60, 60, 5, 35], storages=(battery(5.0, 9.0),), terms=asked))
    assert text.startswith("load and charging can take 50 MWh of the 160 MWh")


@pytest.mark.parametrize("terminal", ["cyclic", "free"])
def test_of_what_is_charged_only_a_part_reaches_the_load(terminal):
    # 35 MWh at once and 15 MWh into a store of 0.8 · 0.6; at a free end they may stay in it.
    asked = PeriodTerms(self_consumption_rate_min=0.5)
    lossy = replace(battery(5.0, 9.0), charge_efficiency=0.8, discharge_efficiency=0.6)
    supply = [60, 60, 5, 35]
    case = problem([10] * 4, supply, storages=(lossy,), terms=asked, terminal=terminal)
    [text] = proven(case)
    shown = 35 + 15 * (0.48 if terminal == "cyclic" else 0.8)
    assert text.startswith(f"of the 160 MWh of renewable energy {shown:g} MWh can reach the load")


def test_of_many_runs_the_first_impossible_one_is_named():
    wind = np.array([[10.0, 10.0], [10.0, 5.0], [0.0, 0.0]])
    run, found = proofs(problem([10, 10], wind))
    assert run == (1,)
    assert len(found) == 1


def test_a_proof_comes_before_any_solver_of_the_dispatch(monkeypatch):
    def never(*_):
        raise AssertionError("a solver ran")

    monkeypatch.setattr("altay_energy.dispatch.optimal.optimal.optimum_of", never)
    monkeypatch.setattr(explain, "missed", lambda one: elastic.Missed({}, np.zeros(one.steps)))
    with pytest.raises(NoSolutionError, match="load exceeds all sources"):
        dispatch_optimal(problem([10], [5]))
