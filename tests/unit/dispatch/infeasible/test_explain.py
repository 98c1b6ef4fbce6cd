"""Infeasible problems are explained, with the smallest change that makes them feasible."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from altay_energy.core.errors import NoSolutionError
from altay_energy.dispatch.infeasible.elastic import is_possible
from altay_energy.dispatch.infeasible.unserved import unserved_notices
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.labels import Origin
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.report.text.messages import translated

STEPS = 24


def problem(**changes):
    series = {
        "step_hours": 1.0,
        "load_mw": np.full(STEPS, 10.0),
        "renewables": {"wind.a": np.full(STEPS, 40.0)},
        "thermals": (ThermalLimits("thermal.a", 20.0, 5.0, 250.0, 0.8),),
        "storages": (),
        "import_limit_mw": 0.0,
        "export_limit_mw": 100.0,
        "import_price_cny_mwh": 0.0,
        "export_price_cny_mwh": 200.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.5,
    }
    return Problem(**{**series, **changes})


def enough_for(message, key):
    return float(re.search(rf"{key} = [\d.]+ .*?(?:lower|raise) it to ([\d.]+)", message)[1])


@pytest.mark.parametrize("solver", ["auto", "highs"])
def test_a_self_consumption_that_the_load_cannot_take_is_reported_with_the_best_there_is(solver):
    asked = problem(terms=PeriodTerms(self_consumption_rate_min=0.6))
    with pytest.raises(NoSolutionError) as error:
        dispatch_optimal(asked, solver)
    message = str(error.value)
    best = enough_for(message, r"dispatch\.self_consumption_rate_min")
    # Must-run power may be exported instead, so the load takes 10 of 40 MW at most.
    assert best == pytest.approx(0.25, abs=1e-3)
    dispatch_optimal(problem(terms=PeriodTerms(self_consumption_rate_min=best))).check()


def test_a_cap_below_what_must_run_emits_is_reported_with_the_least_there_is():
    # 5 MW of must-run power at 0.8 t/MWh over 24 h, whatever the wind does.
    capped = problem(terms=PeriodTerms(emissions_max_t=50.0))
    with pytest.raises(NoSolutionError, match="at least 96 t are emitted") as error:
        dispatch_optimal(capped)
    assert error.value.exit_status == 3
    enough = enough_for(str(error.value), r"dispatch\.emissions_max_t")
    dispatch_optimal(problem(terms=PeriodTerms(emissions_max_t=enough))).check()


def test_a_storage_that_loses_more_than_it_gets_is_reported_by_how_much():
    leaky = StorageLimits("battery.a", 1.0, 10.0, 500.0, 1.0, 1.0, 0.05, 400.0)
    with pytest.raises(NoSolutionError, match=r"battery\.a: terminal = .* MWh too low") as error:
        dispatch_optimal(problem(storages=(leaky,), terminal="at_least"))
    kept = 0.95 ** np.arange(STEPS)
    short = 400.0 - 400.0 * 0.95**STEPS - kept.sum()
    missing = float(re.search(r"at least ([\d.]+) MWh too low", str(error.value))[1])
    assert missing == pytest.approx(short, rel=1e-3)


def test_of_many_years_the_first_impossible_one_is_named():
    wind = np.stack([np.full(STEPS, 12.0), np.full(STEPS, 40.0)])
    asked = problem(renewables={"wind.a": wind}, terms=PeriodTerms(self_consumption_rate_min=0.6))
    with pytest.raises(NoSolutionError, match=r"run \(1,\): dispatch\.self_consumption"):
        dispatch_optimal(asked)


def evening(**changes):
    """Two days with a peak that a connection, a plant and a battery cannot serve together."""
    hour = np.arange(48)
    load = np.where((hour % 24 >= 18) & (hour % 24 < 22), 80.0, 50.0)
    load[42:46] += [2.0, 10.0, 4.0, 0.0]
    given = {
        "load_mw": load,
        "renewables": {"wind.a": np.full(48, 6.0)},
        "thermals": (ThermalLimits("thermal.chp", 20.0, 0.0, 250.0, 0.8),),
        "storages": (
            StorageLimits("battery.a", 30.0, 30.0, 16.0, 1.0, 1.0, initial_level_mwh=8.0),
        ),
        "import_limit_mw": 40.0,
        "terms": PeriodTerms(unserved_max_mwh=0.0),
        "origin": Origin(
            start=datetime(2030, 1, 13),
            loads={"load.mine": load - 30.0, "load.town": np.full(48, 30.0)},
        ),
    }
    return problem(**{**given, **changes})


def lines_of(asked, call=dispatch_optimal):
    with pytest.raises(NoSolutionError) as error:
        call(asked)
    return str(error.value).splitlines()


def test_load_that_cannot_be_served_is_reported_with_hours_changes_and_the_keys_in_conflict():
    # 66 MW without the battery: 14 MW are missing for 4 h on the first evening, 72 MWh on the
    # second, of which the battery has 16.
    proof, hours, changes, conflict = lines_of(evening())
    assert proof == (
        "on 14 January 18:00-22:00 more energy is asked for than all sources and storages can "
        "give, even with 16 MWh in store at first: 56 MWh are missing, 96 MWh in the whole period"
    )
    assert hours.startswith(
        "dispatch.unserved_max_mwh = 0 cannot be kept, at least 96 MWh are not served: on 13 "
        "January 18:00-22:00 load exceeds all sources by up to 10 MW (40 MWh), on 14 January "
        "18:00-22:00"
    )
    assert changes == (
        "any one of these is enough: grid.import_limit_mw raised to 54.01; battery.a.energy_mwh "
        "raised to 72.01; dispatch.unserved_max_mwh raised to 96.01"
    )
    assert conflict == (
        "these are in conflict: wind.a, thermal.chp.capacity_mw = 20, battery.a.energy_mwh = 16, "
        "grid.import_limit_mw = 40, load.mine, load.town, dispatch.unserved_max_mwh = 0"
    )


def test_the_same_is_reported_in_chinese():
    said = translated("\n".join(lines_of(evening())), "zh")
    proof, hours, changes, conflict = said.splitlines()
    assert proof.startswith("1月14日 18:00-22:00 所需电量超过")
    assert proof.endswith("缺 56 MWh，全期共缺 96 MWh")
    assert "1月13日 18:00-22:00 负荷超过全部电源出力，最大缺口 10 MW（缺 40 MWh）" in hours
    assert changes.startswith("以下任一项即可：将 grid.import_limit_mw 提高至 54.01；")
    assert conflict.startswith("以下条件互相冲突：wind.a, ")


def test_changes_of_a_battery_count_the_part_of_it_that_is_used():
    half = evening(origin=Origin(limit_keys={"battery.a": {"energy_mwh": ("energy_mwh", 0.5)}}))
    changes = next(line for line in lines_of(half) if line.startswith("any one"))
    assert "battery.a.energy_mwh raised to 144.1" in changes
    assert "battery.a.energy_mwh = 32" in lines_of(half)[-1]


def test_a_station_of_units_and_reservoirs_has_no_key_that_could_be_raised():
    lines = lines_of(evening(origin=Origin(limit_keys={"battery.a": {}})))
    assert not any("battery.a.energy_mwh" in line for line in lines)
    assert "thermal.chp.capacity_mw = 20, battery.a, grid" in lines[-1]


def test_pumped_storage_has_keys_of_its_own():
    (battery,) = evening().storages
    water = replace(battery, name="pumped_storage.p")
    fields = ("charge_mw", "discharge_mw", "energy_mwh")
    keys = [Origin().limit_key("pumped_storage.p", field) for field in fields]
    names = [f"pumped_storage.p.{n}" for n in ("pump_mw", "turbine_mw", "energy_mwh")]
    assert keys == [(name, 1.0) for name in names]
    keys = [Origin().limit_key("battery.a", field) for field in fields]
    assert keys == [(f"battery.a.{field}", 1.0) for field in fields]
    assert "pumped_storage.p.energy_mwh = 16" in lines_of(evening(storages=(water,)))[-1]


def test_a_cap_that_load_cannot_be_served_under_is_reported_with_every_way_out():
    # 24 · 10 MWh of load and 24 · 5 MW of wind: 120 MWh at 0.5 t at the least.
    asked = problem(
        renewables={"wind.a": np.full(STEPS, 5.0)},
        thermals=(),
        import_limit_mw=20.0,
        terms=PeriodTerms(unserved_max_mwh=0.0, emissions_max_t=50.0),
    )
    lines = lines_of(asked)
    assert lines[0].startswith("dispatch.emissions_max_t = 50 cannot be kept: at least 60 t")
    assert lines[1] == "any one of these is enough: dispatch.unserved_max_mwh raised to 20.01"
    assert lines[2] == (
        "these are in conflict: wind.a, load, dispatch.emissions_max_t = 50, "
        "dispatch.unserved_max_mwh = 0"
    )


def test_load_is_unserved_up_to_its_limit_and_no_more():
    short = evening(terms=PeriodTerms(unserved_max_mwh=96.0), unserved_cost_cny_mwh=1.0)
    kept = dispatch_optimal(short)
    kept.check()
    assert kept.unserved_mw.sum() == pytest.approx(96.0, rel=1e-6)
    assert "any one" in "".join(lines_of(replace(short, terms=PeriodTerms(unserved_max_mwh=95.0))))


def test_serving_all_load_costs_what_it_costs():
    # Import is more expensive than leaving load unserved, and the battery loses on the way.
    expensive = {"import_price_cny_mwh": 20_000.0, "import_limit_mw": 60.0}
    free = dispatch_optimal(evening(terms=PeriodTerms(), **expensive))
    bound = dispatch_optimal(evening(**expensive))
    assert free.unserved_mw.sum() > 100.0
    assert bound.unserved_mw.max() == 0.0
    assert float(bound.solution.gap) <= 1e-8


def test_rules_are_compared_with_the_limit_afterwards_and_name_the_hours():
    (english,) = lines_of(evening(), dispatch_by_rules)
    assert english.startswith(
        "dispatch.unserved_max_mwh = 0 is not kept by rules, which cannot look ahead (128 MWh are "
        "not served): on 13 January 18:00-22:00 load is not served, by up to 14 MW (56 MWh)"
    )
    assert "grid.import_limit_mw raised to 64.01 would serve all of it" in english
    assert "有负荷未能供电" in translated(english, "zh")
    raised = evening(import_limit_mw=64.01)
    dispatch_by_rules(raised).check()
    with pytest.raises(NoSolutionError):
        dispatch_by_rules(evening(import_limit_mw=63.9))
    dispatch_by_rules(evening(terms=PeriodTerms(unserved_max_mwh=128.01)))


def test_load_that_is_unserved_although_there_is_room_costs_too_little():
    cheap = evening(
        terms=PeriodTerms(), import_price_cny_mwh=20_000.0, import_limit_mw=90.0, storages=()
    )
    (english,) = unserved_notices(dispatch_optimal(cheap))
    assert "has room there: a larger dispatch.unserved_cost_cny_mwh" in english
    assert "余量" in translated(english, "zh")
    assert unserved_notices(dispatch_by_rules(cheap)) == ()


def capped(**changes):
    """24 h of 10 MW of load and 5 MW of wind; the other 120 MWh emit 60 t if all are imported."""
    given = {
        "renewables": {"wind.a": np.full(STEPS, 5.0)},
        "thermals": (),
        "import_limit_mw": 20.0,
        "export_limit_mw": 0.0,
        "import_price_cny_mwh": 300.0,
        "terms": PeriodTerms(emissions_max_t=50.0),
    }
    return problem(**{**given, **changes})


def test_load_that_a_cap_on_emissions_leaves_unserved_is_not_blamed_on_its_cost():
    asked = capped()
    (english,) = unserved_notices(dispatch_optimal(asked))
    assert english.endswith(
        "; grid.import_limit_mw has room there, but a limit over the period has not: "
        "dispatch.emissions_max_t raised to 60.01 would serve it"
    )
    assert "全时段约束已无余量" in translated(english, "zh")
    enough = replace(asked, terms=PeriodTerms(emissions_max_t=60.01))
    assert unserved_notices(dispatch_optimal(enough)) == ()
    less = replace(asked, terms=PeriodTerms(emissions_max_t=59.9))
    assert unserved_notices(dispatch_optimal(less)) != ()


def test_load_that_a_cap_and_its_cost_leave_unserved_needs_a_change_of_both():
    expensive = np.where(np.arange(STEPS) < 12, 300.0, 20_000.0)
    asked = capped(import_price_cny_mwh=expensive)
    (english,) = unserved_notices(dispatch_optimal(asked))
    assert english.endswith(
        "a larger dispatch.unserved_cost_cny_mwh than serving it costs, with "
        "dispatch.emissions_max_t raised to 60.01, would serve it"
    )
    chinese = translated(english, "zh")
    assert "dispatch.emissions_max_t 提高至 60.01，且 dispatch.unserved_cost_cny_mwh" in chinese
    enough = PeriodTerms(emissions_max_t=60.01)
    served = replace(asked, terms=enough, unserved_cost_cny_mwh=30_000.0)
    assert unserved_notices(dispatch_optimal(served)) == ()
    for half in (replace(asked, terms=enough), replace(asked, unserved_cost_cny_mwh=30_000.0)):
        assert unserved_notices(dispatch_optimal(half)) != ()


def test_a_cap_beside_a_full_connection_has_to_rise_with_it():
    asked = capped(import_limit_mw=4.0, terms=PeriodTerms(emissions_max_t=48.0))
    (english,) = unserved_notices(dispatch_optimal(asked))
    both = "grid.import_limit_mw raised to 5.001 and dispatch.emissions_max_t raised to 60.01"
    assert f"; {both} together would serve all of it, or 24 MWh more in store" in english
    enough = replace(asked, import_limit_mw=5.001, terms=PeriodTerms(emissions_max_t=60.01))
    assert unserved_notices(dispatch_optimal(enough)) == ()
    assert unserved_notices(dispatch_optimal(replace(enough, terms=asked.terms))) != ()


def test_of_many_runs_the_worst_one_is_reported():
    wind = np.stack([np.full(48, 60.0), np.full(48, 6.0)])
    several = evening(renewables={"wind.a": wind}, terms=PeriodTerms())
    assert unserved_notices(dispatch_by_rules(several))[0].startswith("run (1,): on 13 January")
    assert lines_of(evening(renewables={"wind.a": wind}))[0].startswith("run (1,): on 14 January")


def test_many_plants_of_a_kind_are_one_key():
    sites = {f"wind.{name}": np.full(48, 1.0) for name in "abcd"}
    conflict = lines_of(evening(renewables={**sites, "solar.a": np.full(48, 2.0)}))[-1]
    assert conflict.startswith(
        "these are in conflict: wind.*, solar.a, thermal.chp.capacity_mw = 20, "
    )


def test_what_would_serve_a_load_from_store_is_the_worst_period():
    (english,) = unserved_notices(dispatch_by_rules(evening(terms=PeriodTerms())))
    assert english.endswith("or 72 MWh more in store whenever that begins")
    assert translated(english, "zh").endswith("每次缺电前储能多存 72 MWh")


def test_a_battery_that_lacks_power_and_energy_is_advised_to_grow_in_both():
    # 24 MW are missing at the most, and 72 MWh on the second evening.
    (battery,) = evening().storages
    weak = replace(battery, discharge_mw=5.0)
    asked = evening(storages=(weak,))
    changes = next(line for line in lines_of(asked) if line.startswith("any one"))
    assert (
        "battery.a.discharge_mw raised to 24.01 and battery.a.energy_mwh raised to 72.01 together"
    ) in changes
    enough = replace(weak, discharge_mw=24.01, energy_mwh=72.01)
    assert is_possible(evening(storages=(enough,)))
    for less in ({"discharge_mw": 23.9}, {"energy_mwh": 71.9}):
        assert not is_possible(evening(storages=(replace(enough, **less),)))


def test_a_battery_that_grows_in_both_begins_as_full_as_it_was():
    # 4 MW for an hour out of half a battery that nothing fills.
    half = StorageLimits("battery.a", 0.0, 1.0, 2.0, 1.0, 1.0, initial_level_mwh=1.0)
    asked = problem(
        load_mw=np.array([10.0, 10.0, 14.0, 10.0]),
        renewables={"wind.a": np.full(4, 10.0)},
        thermals=(),
        storages=(half,),
        terminal="free",
        terms=PeriodTerms(unserved_max_mwh=0.0),
    )
    changes = next(line for line in lines_of(asked) if line.startswith("any one"))
    assert (
        "battery.a.discharge_mw raised to 4.001 and battery.a.energy_mwh raised to 8.001 together"
    ) in changes
