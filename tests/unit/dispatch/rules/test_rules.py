"""Hand-worked hours of the dispatch by rules, and its messages where there is no solution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import AltayError, NoSolutionError
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.kpis import operating_cost_cny


def battery(name="battery.a", **changes):
    limits = {
        "charge_mw": 10.0,
        "discharge_mw": 10.0,
        "energy_mwh": 20.0,
        "charge_efficiency": 0.8,
        "discharge_efficiency": 0.5,
    }
    return StorageLimits(name=name, **{**limits, **changes})


def thermal(name, **changes):
    limits = {
        "capacity_mw": 10.0,
        "must_run_mw": 0.0,
        "marginal_cost_cny_mwh": 200.0,
        "emission_factor_t_mwh": 0.9,
    }
    return ThermalLimits(name=name, **{**limits, **changes})


def problem(load_mw, wind_mw, **changes):
    given = {
        "step_hours": 1.0,
        "load_mw": load_mw,
        "renewables": {"wind.a": wind_mw},
        "thermals": (),
        "storages": (),
        "import_limit_mw": 0.0,
        "export_limit_mw": 0.0,
        "import_price_cny_mwh": 300.0,
        "export_price_cny_mwh": 250.0,
        "unserved_cost_cny_mwh": 1000.0,
        "grid_emission_factor_t_mwh": 0.6,
        "terminal": "free",
    }
    return Problem(**{**given, **changes})


def test_a_surplus_is_stored_in_order_then_exported_then_curtailed():
    storages = (battery("battery.a"), battery("battery.b", charge_mw=4.0))
    d = dispatch_by_rules(problem([10.0], [35.0], storages=storages, export_limit_mw=7.0))
    assert d.charge_mw["battery.a"] == [10.0]
    assert d.charge_mw["battery.b"] == [4.0]
    assert d.export_mw == [7.0]
    assert d.curtailed_mw["wind.a"] == [4.0]
    assert d.generation_mw["wind.a"] == [31.0]
    assert_allclose(d.level_mwh["battery.a"], [0.0, 8.0])


def test_a_deficit_is_met_by_storages_in_order_then_import_and_the_rest_is_unserved():
    storages = (
        battery("battery.a", initial_level_mwh=8.0),  # 8 MWh give 4 MWh at the bus
        battery("battery.b", initial_level_mwh=20.0, discharge_mw=5.0),
    )
    d = dispatch_by_rules(problem([30.0], [10.0], storages=storages, import_limit_mw=8.0))
    assert d.discharge_mw["battery.a"] == [4.0]
    assert d.discharge_mw["battery.b"] == [5.0]
    assert d.import_mw == [8.0]
    assert d.unserved_mw == [3.0]
    assert d.served_mw == [27.0]
    assert_allclose(d.level_mwh["battery.b"], [20.0, 10.0])


def test_the_content_leaks_over_each_step_and_the_flow_of_the_step_does_not():
    leaky = battery(standing_loss_per_hour=0.19, initial_level_mwh=10.0)
    d = dispatch_by_rules(problem([0.0, 0.0], [0.0, 5.0], storages=(leaky,), step_hours=0.5))
    assert_allclose(d.level_mwh["battery.a"], [10.0, 9.0, 9.0 * 0.9 + 0.5 * 0.8 * 5.0])


def test_a_surplus_beyond_a_full_storage_is_not_charged():
    full = battery(initial_level_mwh=18.4)
    d = dispatch_by_rules(problem([0.0], [9.0], storages=(full,)))
    assert_allclose(d.charge_mw["battery.a"], [2.0])
    assert_allclose(d.curtailed_mw["wind.a"], [7.0])
    assert d.level_mwh["battery.a"][-1] == 20.0


def test_storages_that_relieve_the_connection_store_only_what_it_cannot_carry():
    p = problem(
        [10.0, 10.0, 10.0],
        [24.0, 13.0, 6.0],
        storages=(battery(discharge_efficiency=1.0, initial_level_mwh=11.0),),
        export_limit_mw=7.0,
        storage_serves="load_and_export",
    )
    d = dispatch_by_rules(p)
    assert_allclose(d.charge_mw["battery.a"], [7.0, 0.0, 0.0])  # 14 over, 7 leave by the grid
    assert_allclose(d.discharge_mw["battery.a"], [0.0, 4.0, 10.0])  # room of 4, then 4 + 7 asked
    assert_allclose(d.export_mw, [7.0, 7.0, 6.0])  # the load takes the first 4 of the last 10
    assert not d.unserved_mw.any()
    assert not d.curtailed_mw["wind.a"].any()


def test_curtailment_is_shared_in_proportion_to_available_power():
    p = problem([10.0], [30.0], renewables={"wind.a": [30.0], "solar.b": [10.0], "hydro.c": [0.0]})
    d = dispatch_by_rules(p)
    assert_allclose([d.curtailed_mw[name][0] for name in p.renewables], [22.5, 7.5, 0.0])


def test_thermal_plants_no_more_expensive_than_the_grid_run_before_it_and_the_others_after():
    plants = (thermal("thermal.dear", marginal_cost_cny_mwh=400.0), thermal("thermal.cheap"))
    p = problem([50.0, 50.0, 50.0], [20.0, 20.0, 20.0], thermals=plants, import_limit_mw=15.0)
    prices = {"import_price_cny_mwh": [300.0, 500.0, 100.0]}
    d = dispatch_by_rules(replace(p, **prices))
    assert_allclose(d.thermal_mw["thermal.cheap"], [10.0, 10.0, 10.0])
    assert_allclose(d.thermal_mw["thermal.dear"], [5.0, 10.0, 5.0])
    assert_allclose(d.import_mw, [15.0, 10.0, 15.0])
    assert not d.unserved_mw.any()


def test_the_cheapest_thermal_plant_runs_first_whatever_the_order_of_naming():
    plants = (thermal("thermal.b", marginal_cost_cny_mwh=250.0), thermal("thermal.a"))
    d = dispatch_by_rules(problem([13.0], [0.0], thermals=plants))
    assert d.thermal_mw["thermal.a"] == [10.0]
    assert d.thermal_mw["thermal.b"] == [3.0]


def test_must_run_power_serves_the_load_first_and_may_be_stored_and_exported():
    plant = thermal("thermal.chp", must_run_mw=8.0)
    d = dispatch_by_rules(
        problem([2.0], [1.0], thermals=(plant,), storages=(battery(charge_mw=3.0),),
                export_limit_mw=4.0)
    )  # fmt: skip
    assert d.charge_mw["battery.a"] == [3.0]
    assert d.export_mw == [4.0]
    assert d.thermal_mw["thermal.chp"] == [8.0]
    assert not d.curtailed_mw["wind.a"].any()


def test_must_run_power_is_backed_down_only_after_all_renewables_and_the_most_expensive_first():
    plants = (
        thermal("thermal.cheap", must_run_mw=6.0),
        thermal("thermal.dear", must_run_mw=3.0, marginal_cost_cny_mwh=280.0),
    )
    d = dispatch_by_rules(problem([4.0], [5.0], thermals=plants))
    assert d.curtailed_mw["wind.a"] == [5.0]
    assert d.thermal_mw["thermal.dear"] == [0.0]
    assert d.thermal_mw["thermal.cheap"] == [4.0]


def test_rules_curtail_where_export_costs_money_and_never_cost_more_than_exporting():
    """24 h of 100 MW wind and 20 MW load: 4 h at -100 CNY/MWh, the rest at 200."""
    price = np.where((np.arange(24) >= 11) & (np.arange(24) < 15), -100.0, 200.0)
    p = problem(np.full(24, 20.0), np.full(24, 100.0), export_limit_mw=100.0)
    p = replace(p, export_price_cny_mwh=price)
    d = dispatch_by_rules(p)
    d.check()
    assert_allclose(d.export_mw, np.where(price < 0.0, 0.0, 80.0))
    assert_allclose(d.curtailed_mw["wind.a"], np.where(price < 0.0, 80.0, 0.0))
    assert float(operating_cost_cny(d)) == -320_000.0  # as the optimum; exporting all: -288,000
    assert_allclose(operating_cost_cny(dispatch_optimal(p)), -320_000.0)


def test_a_plant_whose_variable_cost_the_price_does_not_pay_is_curtailed_first():
    plants = {"wind.a": [30.0] * 3, "hydro.c": [10.0] * 3}
    p = problem([15.0] * 3, [30.0] * 3, renewables=plants, export_limit_mw=100.0)
    p = replace(p, variable_om_cny_mwh={"hydro.c": 20.0}, export_price_cny_mwh=[25.0, 20.0, 10.0])
    d = dispatch_by_rules(p)
    assert_allclose(d.curtailed_mw["hydro.c"], [0.0, 0.0, 10.0])
    assert_allclose(d.export_mw, [25.0, 25.0, 15.0])
    assert not d.curtailed_mw["wind.a"].any()
    tight = dispatch_by_rules(replace(p, export_limit_mw=20.0))  # 5 MW beyond it, in proportion
    assert_allclose(tight.curtailed_mw["hydro.c"], [1.25, 1.25, 10.0])  # last: 15 MW of wind leave
    assert_allclose(tight.curtailed_mw["wind.a"], [3.75, 3.75, 0.0])
    assert_allclose(tight.export_mw, [20.0, 20.0, 15.0])


@pytest.mark.parametrize("serves", ["load", "load_and_export"])
def test_a_surplus_that_would_not_be_exported_is_stored_before_it_is_curtailed(serves):
    """At 10 CNY/MWh wind (O&M 0) is exported, 15 MW of solar power (O&M 20) beside it is not."""
    plants = {"wind.a": [18.0], "solar.b": [15.0]}
    p = problem([10.0], [18.0], renewables=plants, export_limit_mw=20.0, storages=(battery(),))
    p = replace(p, variable_om_cny_mwh={"solar.b": 20.0}, export_price_cny_mwh=[10.0])
    d = dispatch_by_rules(replace(p, storage_serves=serves))
    d.check()
    assert_allclose(d.charge_mw["battery.a"], [10.0])
    assert_allclose(d.export_mw, [8.0])
    assert_allclose(d.curtailed_mw["solar.b"], [5.0])
    assert not d.curtailed_mw["wind.a"].any()


def test_a_storage_gives_nothing_to_export_while_a_plant_is_curtailed_for_the_price():
    """Battery and wind are paid by the price of 0; the solar plant (O&M 20) is not."""
    full = battery(initial_level_mwh=20.0, discharge_efficiency=1.0)
    plants = {"wind.a": [0.0, 0.0], "solar.b": [8.0, 12.0]}
    p = problem([10.0, 10.0], [0.0, 0.0], renewables=plants, export_limit_mw=3.0, storages=(full,))
    p = replace(p, variable_om_cny_mwh={"solar.b": 20.0}, export_price_cny_mwh=[0.0, 0.0])
    d = dispatch_by_rules(replace(p, storage_serves="load_and_export"))
    d.check()
    assert_allclose(d.discharge_mw["battery.a"], [5.0, 0.0])  # 2 to the load, 3 to export
    assert_allclose(d.export_mw, [3.0, 0.0])
    assert_allclose(d.charge_mw["battery.a"], [0.0, 2.0])
    assert not d.curtailed_mw["solar.b"].any()


def test_must_run_power_is_exported_at_a_negative_price_since_it_has_no_choice():
    plant = thermal("thermal.chp", must_run_mw=8.0)
    p = problem([2.0], [5.0], thermals=(plant,), export_limit_mw=10.0)
    d = dispatch_by_rules(replace(p, export_price_cny_mwh=-50.0))
    assert_allclose(d.export_mw, [6.0])
    assert_allclose(d.curtailed_mw["wind.a"], [5.0])
    assert_allclose(d.thermal_mw["thermal.chp"], [8.0])


@pytest.mark.parametrize("om", [0.0, 30.0])
def test_storages_that_relieve_the_connection_serve_the_load_alone_at_a_negative_price(om):
    p = problem(
        [10.0] * 3,
        [4.0, 24.0, 4.0],
        storages=(battery(discharge_efficiency=1.0, initial_level_mwh=12.0),),
        export_limit_mw=7.0,
        storage_serves="load_and_export",
    )
    p = replace(p, variable_om_cny_mwh={"battery.a": om})
    d = dispatch_by_rules(replace(p, export_price_cny_mwh=[-1.0, -1.0, 25.0]))
    d.check()
    assert_allclose(d.discharge_mw["battery.a"], [6.0, 0.0, 10.0 if om == 0.0 else 6.0])
    assert_allclose(d.charge_mw["battery.a"], [0.0, 10.0, 0.0])  # before the connection
    assert_allclose(d.curtailed_mw["wind.a"], [0.0, 4.0, 0.0])
    assert_allclose(d.export_mw, [0.0, 0.0, 4.0 if om == 0.0 else 0.0])


def test_thermal_plants_and_the_grid_are_compared_with_what_their_co2_costs():
    p = problem([30.0], [20.0], thermals=(thermal("thermal.a"),), import_limit_mw=15.0)
    assert dispatch_by_rules(p).thermal_mw["thermal.a"] == [10.0]  # 200 against 300
    expensive = replace(p, terms=PeriodTerms(emission_price_cny_t=400.0))  # 560 against 540
    assert dispatch_by_rules(expensive).thermal_mw["thermal.a"] == [0.0]
    assert dispatch_by_rules(expensive).import_mw == [10.0]


def test_nothing_at_all_is_a_dispatch_too():
    empty = battery(charge_mw=0.0, discharge_mw=0.0, energy_mwh=0.0)
    d = dispatch_by_rules(
        problem([0.0], [0.0], renewables={}, storages=(empty,), terminal="cyclic")
    )
    d.check()
    assert_allclose(d.level_mwh["battery.a"], [0.0, 0.0])


def test_at_least_holds_when_a_storage_ends_no_lower_than_it_began():
    stored = battery(initial_level_mwh=4.0)
    p = problem([0.0, 3.0], [10.0, 0.0], storages=(stored,), terminal="at_least")
    assert dispatch_by_rules(p).level_mwh["battery.a"][-1] == pytest.approx(6.0)


def leaky_problem(initial_level_mwh, terminal):
    # Half leaks in each hour; 8 MWh come in, then 2 go out: x → x / 4 + 4 - 2, steady at 8 / 3.
    leaky = battery(standing_loss_per_hour=0.5, initial_level_mwh=initial_level_mwh)
    return problem([0.0, 1.0], [10.0, 0.0], storages=(leaky,), terminal=terminal)


def test_at_least_names_the_storage_the_shortage_and_the_level_that_would_do():
    with pytest.raises(NoSolutionError) as caught:
        dispatch_by_rules(leaky_problem(8.0, "at_least"))
    message = str(caught.value)
    assert message.startswith('battery.a: terminal = "at_least" is not met: the level begins at 8')
    assert "ends at 4 MWh, 4 MWh lower" in message
    assert 'Say terminal = "cyclic", or begin (initial_level) at 2.66667 of 20 MWh' in message
    assert isinstance(caught.value, AltayError)
    assert caught.value.exit_status == 3


def test_the_level_named_in_the_message_is_a_solution():
    d = dispatch_by_rules(leaky_problem(2.66667, "equal_initial"))
    assert d.level_mwh["battery.a"][-1] == pytest.approx(2.66667, abs=1e-5)


def test_equal_initial_refuses_an_end_above_the_beginning_and_names_the_run():
    loads = np.array([[10.0, 10.0], [10.0, 0.0]])
    p = problem(loads, [10.0, 10.0], storages=(battery(),), terminal="equal_initial")
    with pytest.raises(NoSolutionError, match=r"in run \(1,\).*ends at 8 MWh, 8 MWh higher"):
        dispatch_by_rules(p)


def test_series_are_given_as_numbers_or_arrays_alike():
    one = dispatch_by_rules(problem([30.0, 40.0], [10.0, 0.0], import_limit_mw=25.0))
    other = dispatch_by_rules(problem([30.0, 40.0], [10.0, 0.0], import_limit_mw=[25.0, 25.0]))
    assert_allclose(one.import_mw, other.import_mw)
    assert_allclose(one.unserved_mw, [0.0, 15.0])


@pytest.mark.parametrize("energy_mwh", [1e3, 1e7, 1e11])
def test_a_storage_far_larger_than_what_moves_gains_nothing_from_nowhere(energy_mwh):
    """Gains of 3 kW a step are small in 1e11 MWh, and no less unbalanced for that."""
    large = StorageLimits("battery.a", 10.0, 10.0, energy_mwh, 0.95, 0.9, 0.0, 0.5 * energy_mwh)
    sunny = Problem(
        step_hours=1.0,
        load_mw=np.full(24, 6e-4),
        renewables={"solar.a": np.full(24, 4e-3)},
        thermals=(),
        storages=(large,),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=0.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.0,
    )
    d = dispatch_by_rules(sunny)
    d.check()
    assert d.charge_mw["battery.a"].sum() <= 1e-3 * 24  # a ring that only gains is full


def test_a_last_level_is_compared_with_the_range_of_contents_and_not_with_the_capacity():
    drained = StorageLimits("battery.a", 10.0, 10.0, 1e9, 1.0, 1.0, 0.0, 500.0)
    night = Problem(
        step_hours=1.0,
        load_mw=np.full(24, 8.0),
        renewables={},
        thermals=(),
        storages=(drained,),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=0.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.0,
        terminal="at_least",
    )
    with pytest.raises(NoSolutionError, match=r"begins at 500 MWh and ends at 308 MWh"):
        dispatch_by_rules(night)


def test_a_storage_beyond_all_use_gives_no_energy_from_the_digits_of_its_content():
    """A content of 1e12 MWh is known to 1e-4 MWh; the same store of 1e3 MWh earns as much."""
    hours = np.arange(24.0)
    earned = []
    for energy in (1e3, 1e12):
        problem = Problem(
            step_hours=1.0,
            load_mw=0.1 + 0.03 * np.sin(hours / 4.0),
            renewables={"wind.a": np.random.default_rng(0).random(24)},
            thermals=(),
            storages=(StorageLimits("battery.a", 1.0, 1.0, energy, 0.95, 0.9),),
            import_limit_mw=0.0,
            export_limit_mw=100.0,
            import_price_cny_mwh=250.0,
            export_price_cny_mwh=200.0,
            unserved_cost_cny_mwh=1e4,
            grid_emission_factor_t_mwh=0.6,
            terminal="cyclic",
        )
        done = dispatch_by_rules(problem)
        done.check()
        earned.append(float(operating_cost_cny(done)))
    assert earned[1] == pytest.approx(earned[0], rel=1e-12)
