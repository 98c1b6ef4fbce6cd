"""Every figure twice: against hours worked by hand, and against a ledger kept hour by hour."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.kpis import FIGURES, kpis
from altay_energy.run.figures.plants import plant_kpis

# Six half-hours. Must-run 4 MW throughout; the CHP adds 6 MW in the last three.
#   own   54  104   24    4    4   14
#   load  30   30   30   30   30   30
#   1: 24 over: 20 charged (level 2 + 0.5·0.8·20 = 10), 4 exported
#   2: 74 over: 5 charged (level 12, full), 15 exported, 54 of 100 curtailed
#   3:  6 short: 6 discharged (level 12 - 0.5·6/0.5 = 6)
#   4: 26 short: 6 discharged (level 0), CHP 6, import 5, 9 unserved
#   5: 26 short: CHP 6, import 5, 15 unserved
#   6: 16 short: import 5 (now cheaper than the CHP), CHP 6, 5 unserved
WORKED = Problem(
    step_hours=0.5,
    load_mw=np.full(6, 30.0),
    renewables={
        "wind.a": np.array([50.0, 80.0, 20.0, 0.0, 0.0, 10.0]),
        "solar.b": np.array([0.0, 20.0, 0.0, 0.0, 0.0, 0.0]),
    },
    thermals=(ThermalLimits("thermal.c", 10.0, 4.0, 200.0, 0.9),),
    storages=(StorageLimits("battery.d", 20.0, 16.0, 12.0, 0.8, 0.5, 0.0, 2.0),),
    import_limit_mw=5.0,
    export_limit_mw=15.0,
    import_price_cny_mwh=np.array([300.0, 300.0, 300.0, 300.0, 300.0, 100.0]),
    export_price_cny_mwh=250.0,
    unserved_cost_cny_mwh=1000.0,
    grid_emission_factor_t_mwh=0.6,
    terminal="free",
    variable_om_cny_mwh={"wind.a": 10.0, "battery.d": 2.0},
)
BY_HAND = {
    "load_mwh": 90.0,
    "served_mwh": 75.5,
    "unserved_mwh": 14.5,
    "available_mwh": 90.0,
    "generation_mwh": 63.0,
    "curtailed_mwh": 27.0,
    "curtailment_rate": 0.3,
    "thermal_mwh": 21.0,
    "renewable_share": 63.0 / (63.0 + 21.0 + 7.5),
    "import_mwh": 7.5,
    "export_mwh": 9.5,
    "peak_import_mw": 5.0,
    "peak_export_mw": 15.0,
    "exchange_ramp_p99_mw": 15.0,  # of -4, -15, 0, 5, 5, 5: changes 11, 15, 5, 0, 0
    "charge_mwh": 12.5,
    "discharge_mwh": 6.0,
    "storage_loss_mwh": 8.5,  # 20 % of 12.5 going in, half of 12 coming out
    "export_rate": 9.5 / 90.0,
    "self_consumption_rate": 45.0 / 90.0,  # 63 - 9.5 exported - 8.5 lost in the battery
    "self_consumption_metered_rate": 53.5 / 90.0,
    "self_supply_rate": 45.0 / 90.0,
    "import_cost_cny": 0.5 * (5 * 300 + 5 * 300 + 5 * 100),
    "export_revenue_cny": 9.5 * 250.0,
    "variable_cost_cny": 21.0 * 200.0 + 58.4 * 10.0 + 6.0 * 2.0,
    "demand_charge_cny": 0.0,
    "emission_cost_cny": 0.0,
    "unserved_cost_cny": 14_500.0,
    "operating_cost_cny": 1750.0 - 2375.0 + 4796.0 + 14_500.0,
    "emissions_t": 7.5 * 0.6 + 21.0 * 0.9,
    "avoided_emissions_t": 85.0 * 0.6 - 23.4,
    "lolh_h": 1.5,
    "eens_mwh": 14.5,
    "balance_residual_mw": 0.0,
}


def many_runs(steps=48, runs=7):
    rng = np.random.default_rng(12)
    wind, hydro = rng.uniform(0.0, 120.0, (runs, steps)), rng.uniform(0.0, 15.0, (runs, steps))
    wind[2] = hydro[2] = 0.0  # a run with nothing available
    return Problem(
        step_hours=0.25,
        load_mw=rng.uniform(20.0, 90.0, steps),
        renewables={"wind.a": wind, "hydro.b": hydro},
        thermals=(
            ThermalLimits("thermal.a", rng.uniform(8.0, 12.0, steps), 3.0, 310.0, 0.8),
            ThermalLimits("thermal.b", 5.0, 0.0, 200.0, 1.0),
        ),
        storages=(
            StorageLimits("battery.a", 20.0, 16.0, 40.0, 0.9, 0.95, 0.001, 20.0),
            StorageLimits("pumped_storage.b", 20.0, 16.0, 90.0, 0.85, 0.9, 0.0, 10.0),
        ),
        import_limit_mw=20.0,
        export_limit_mw=rng.uniform(0.0, 10.0, steps),
        import_price_cny_mwh=rng.uniform(-50.0, 500.0, steps),
        export_price_cny_mwh=rng.uniform(-50.0, 300.0, steps),
        unserved_cost_cny_mwh=8000.0,
        grid_emission_factor_t_mwh=0.58,
        variable_om_cny_mwh={"wind.a": 9.0, "battery.a": 4.0},
        terms=PeriodTerms(
            demand_charge_cny_mw=30_000.0,
            month_of_step=np.repeat([0, 1], [steps // 3, steps - steps // 3]),
            emission_price_cny_t=80.0,
        ),
    )


def ledger(dispatch, run):
    """Every figure of one run, added up entry by entry in plain Python."""
    p, h, steps = dispatch.problem, dispatch.problem.step_hours, range(dispatch.problem.steps)

    def at(series, t):
        return float(p.on_all(series)[run][t])

    def total(term):
        return math.fsum(h * term(t) for t in steps)

    def all_of(by_name):
        return lambda t: math.fsum(at(series, t) for series in by_name.values())

    load = total(lambda t: at(p.load_mw, t))
    # Unserved is what no source covers; available from the problem; generation from the rest.
    unserved = load - total(lambda t: at(dispatch.served_mw, t))
    available = total(all_of(p.renewables))
    curtailed = total(all_of(dispatch.curtailed_mw))
    generation = available - curtailed
    thermal = {t.name: total(lambda k, t=t: at(dispatch.thermal_mw[t.name], k)) for t in p.thermals}
    imported = total(lambda t: at(dispatch.import_mw, t))
    exported = total(lambda t: at(dispatch.export_mw, t))
    charge = total(all_of(dispatch.charge_mw))
    discharge = total(all_of(dispatch.discharge_mw))
    loss = 0.0
    for s in p.storages:  # by the place of loss, not by the balance
        for t in steps:
            into, out = at(dispatch.charge_mw[s.name], t), at(dispatch.discharge_mw[s.name], t)
            leak = 1.0 - (1.0 - s.standing_loss_per_hour) ** h
            loss += float(dispatch.level_mwh[s.name][run][t]) * leak
            loss += h * into * (1.0 - s.charge_efficiency)
            loss += h * out * (1.0 / s.discharge_efficiency - 1.0)
    metered = max(generation - exported, 0.0)
    used = max(generation - exported - loss, 0.0)
    import_cost = total(lambda t: at(dispatch.import_mw, t) * at(p.import_price_cny_mwh, t))
    revenue = total(lambda t: at(dispatch.export_mw, t) * at(p.export_price_cny_mwh, t))
    variable = sum(thermal[t.name] * t.marginal_cost_cny_mwh for t in p.thermals)
    for name, rate in p.variable_om_cny_mwh.items():
        output = {**dispatch.generation_mw, **dispatch.discharge_mw}[name]
        variable += rate * total(lambda t, output=output: at(output, t))
    emitted = imported * p.grid_emission_factor_t_mwh
    emitted += sum(thermal[t.name] * t.emission_factor_t_mwh for t in p.thermals)
    supplied = generation + sum(thermal.values()) + imported
    peaks = {}  # billing month -> its largest import
    for t, month in enumerate(p.terms.month_of_step):
        peaks[month] = max(peaks.get(month, 0.0), at(dispatch.import_mw, t))
    charges = sum(peaks.values()) * p.terms.demand_charge_cny_mw
    carbon = emitted * p.terms.emission_price_cny_t
    exchange = [at(dispatch.import_mw, t) - at(dispatch.export_mw, t) for t in steps]
    ramps = sorted(abs(b - a) for a, b in pairwise(exchange))
    return {
        "load_mwh": load,
        "served_mwh": load - unserved,
        "unserved_mwh": unserved,
        "available_mwh": available,
        "generation_mwh": generation,
        "curtailed_mwh": curtailed,
        "curtailment_rate": curtailed / available if available else 0.0,
        "thermal_mwh": sum(thermal.values()),
        "renewable_share": generation / supplied if supplied else 0.0,
        "import_mwh": imported,
        "export_mwh": exported,
        "peak_import_mw": max(at(dispatch.import_mw, t) for t in steps),
        "peak_export_mw": max(at(dispatch.export_mw, t) for t in steps),
        "exchange_ramp_p99_mw": ramps[math.ceil(0.99 * len(ramps)) - 1],
        "charge_mwh": charge,
        "discharge_mwh": discharge,
        "storage_loss_mwh": loss,
        "export_rate": exported / available if available else 0.0,
        "self_consumption_rate": used / available if available else 0.0,
        "self_consumption_metered_rate": metered / available if available else 0.0,
        "self_supply_rate": min(used / load, 1.0),
        "import_cost_cny": import_cost,
        "export_revenue_cny": revenue,
        "variable_cost_cny": variable,
        "demand_charge_cny": charges,
        "emission_cost_cny": carbon,
        "unserved_cost_cny": unserved * p.unserved_cost_cny_mwh,
        "operating_cost_cny": import_cost
        - revenue
        + variable
        + charges
        + carbon
        + unserved * p.unserved_cost_cny_mwh,
        "emissions_t": emitted,
        "avoided_emissions_t": (load - unserved + exported) * p.grid_emission_factor_t_mwh
        - emitted,
        "lolh_h": h * sum(at(dispatch.unserved_mw, t) > 1e-6 for t in steps),
        "eens_mwh": unserved,
        "balance_residual_mw": 0.0,
    }


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_is_what_was_worked_by_hand(name):
    figure = kpis(dispatch_by_rules(WORKED))[name]
    assert isinstance(figure, float)
    assert figure == pytest.approx(BY_HAND[name], rel=1e-12, abs=1e-12)


def test_every_figure_was_worked_by_hand():
    assert list(BY_HAND) == list(FIGURES)


def test_each_figure_agrees_with_a_balance_kept_hour_by_hour():
    dispatch = dispatch_by_rules(many_runs())
    figures = kpis(dispatch)
    assert list(figures) == list(FIGURES)
    for run in range(7):
        expected = ledger(dispatch, run)
        assert expected.keys() == figures.keys()
        for name, value in expected.items():
            assert figures[name].shape == (7,)
            assert figures[name][run] == pytest.approx(value, rel=1e-9, abs=1e-8), name


def test_no_figure_of_the_many_runs_is_trivially_zero():
    figures = kpis(dispatch_by_rules(many_runs()))
    assert min(np.count_nonzero(values) for values in figures.values()) >= 6


def test_energy_sums_close_over_the_period():
    k = kpis(dispatch_by_rules(many_runs()))
    supply = k["generation_mwh"] + k["thermal_mwh"] + k["discharge_mwh"] + k["import_mwh"]
    use = k["served_mwh"] + k["charge_mwh"] + k["export_mwh"]
    np.testing.assert_allclose(supply, use, rtol=1e-12)
    np.testing.assert_allclose(k["available_mwh"], k["generation_mwh"] + k["curtailed_mwh"])
    np.testing.assert_allclose(k["load_mwh"], k["served_mwh"] + k["unserved_mwh"])
    parts = k["import_cost_cny"] - k["export_revenue_cny"] + k["variable_cost_cny"]
    parts = parts + k["demand_charge_cny"] + k["emission_cost_cny"]
    np.testing.assert_allclose(k["operating_cost_cny"], parts + k["unserved_cost_cny"])


def test_rates_are_zero_where_there_is_nothing_to_divide_by():
    nothing = replace(
        WORKED,
        load_mw=np.zeros(2),
        renewables={},
        thermals=(),
        storages=(),
        import_price_cny_mwh=300.0,
        variable_om_cny_mwh={},
    )
    figures = kpis(dispatch_by_rules(nothing))
    assert set(figures.values()) == {0.0}


def test_export_of_stored_and_thermal_energy_never_makes_home_use_negative():
    exporter = replace(
        WORKED,
        load_mw=np.zeros(6),
        thermals=(ThermalLimits("thermal.c", 100.0, 100.0, 200.0, 0.9),),
        export_limit_mw=1000.0,
        renewables={"wind.a": np.full(6, 1.0)},
        storage_serves="load_and_export",
    )
    figures = kpis(dispatch_by_rules(exporter))
    assert figures["export_mwh"] > figures["generation_mwh"]
    assert figures["self_consumption_rate"] == 0.0


def test_hours_short_by_less_than_a_watt_are_no_loss_of_load():
    load = np.array([5.0 + 5e-7, 5.0 + 2e-6])
    short = replace(
        WORKED, load_mw=load, renewables={}, thermals=(), storages=(), import_price_cny_mwh=1.0,
        variable_om_cny_mwh={},
    )  # fmt: skip
    assert kpis(dispatch_by_rules(short))["lolh_h"] == 0.5


def test_one_change_in_a_hundred_may_exceed_the_ramp_and_two_may_not():
    # 200 changes: 1, 2, … 200 MW up and down again in turn
    steps = np.cumsum([k if k % 2 else -k for k in range(1, 201)])
    load = 300.0 + np.concatenate([[0.0], steps])
    flat = replace(
        WORKED, load_mw=load, renewables={}, thermals=(), storages=(), import_limit_mw=1000.0,
        import_price_cny_mwh=1.0, variable_om_cny_mwh={},
    )  # fmt: skip
    assert kpis(dispatch_by_rules(flat))["exchange_ramp_p99_mw"] == 198.0
    one = replace(flat, load_mw=load[:1])
    assert kpis(dispatch_by_rules(one))["exchange_ramp_p99_mw"] == 0.0
    many = replace(flat, load_mw=np.stack([load, np.full(201, 5.0)]))
    assert kpis(dispatch_by_rules(many))["exchange_ramp_p99_mw"].tolist() == [198.0, 0.0]


def test_figures_of_each_plant_are_what_was_worked_by_hand():
    figures = plant_kpis(dispatch_by_rules(WORKED), {"wind.a": 100.0, "solar.b": 40.0})
    expected = {
        "wind.a": {
            "available_mwh": 80.0,
            "generation_mwh": 58.4,
            "curtailed_mwh": 21.6,
            "curtailment_rate": 0.27,
            "full_load_hours": 0.584,
            "available_full_load_hours": 0.8,
            "capacity_factor": 0.584 / 3.0,
        },
        "solar.b": {
            "available_mwh": 10.0,
            "generation_mwh": 4.6,
            "curtailed_mwh": 5.4,
            "curtailment_rate": 0.54,
            "full_load_hours": 0.115,
            "available_full_load_hours": 0.25,
            "capacity_factor": 0.115 / 3.0,
        },
        "thermal.c": {
            "generation_mwh": 21.0,
            "capacity_factor": 0.7,
            "variable_cost_cny": 4200.0,
            "emissions_t": 18.9,
        },
        "battery.d": {
            "charge_mwh": 12.5,
            "discharge_mwh": 6.0,
            "loss_mwh": 8.5,
            "equivalent_cycles": 1.0,
            "start_level_mwh": 2.0,
            "end_level_mwh": 0.0,
        },
    }
    assert figures.keys() == expected.keys()
    for name, row in expected.items():
        assert figures[name] == pytest.approx(row, rel=1e-12), name


def test_figures_of_the_plants_add_up_to_those_of_the_run():
    dispatch = dispatch_by_rules(many_runs())
    plants = plant_kpis(dispatch, {"wind.a": 120.0, "hydro.b": 60.0})
    whole = kpis(dispatch)

    def added(figure):
        return sum(row[figure] for row in plants.values() if figure in row)

    for figure in ("available_mwh", "curtailed_mwh", "charge_mwh", "discharge_mwh"):
        np.testing.assert_allclose(added(figure), whole[figure], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(added("loss_mwh"), whole["storage_loss_mwh"], rtol=1e-9)
    both = whole["generation_mwh"] + whole["thermal_mwh"]
    np.testing.assert_allclose(added("generation_mwh"), both, rtol=1e-12)


def test_a_plant_without_rated_power_has_no_full_load_hours():
    figures = plant_kpis(dispatch_by_rules(WORKED), {"wind.a": 0.0, "solar.b": 40.0})
    assert figures["wind.a"]["full_load_hours"] == 0.0
    assert figures["wind.a"]["capacity_factor"] == 0.0


@pytest.mark.parametrize("whole", [0.0, 5e-324, 2.3e-308, 1e-300])
def test_a_share_of_next_to_nothing_is_a_number(whole):
    from altay_energy.run.figures.figure import ratio

    found = float(ratio(np.array(10.0), np.float64(whole)))
    assert found == (0.0 if whole == 0.0 else pytest.approx(1e290))
    assert float(ratio(np.array(0.5 * whole), np.float64(whole))) in (0.0, 0.5)
    assert float(ratio(np.array(1e-3), np.float64(1e6))) == 1e-9
