"""What rules and continuous plants leave out of account is said, with hours and money."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.dispatch.units.units import dispatch_units
from altay_energy.run.figures import method_notices
from altay_energy.run.figures.kpis import operating_cost_cny
from altay_energy.run.figures.method_notices import (
    Saving,
    kept_from_export_notices,
    price_notices,
    saving_by_foresight,
    unit_notices,
)
from altay_energy.run.figures.stored_energy import end_prices_cny_mwh

HOURS = 24 * 7
TARIFF = np.resize(np.array([150.0] * 8 + [300.0] * 8 + [600.0] * 8), HOURS)


def system(**changes) -> Problem:
    given = {
        "step_hours": 1.0,
        "load_mw": np.full(HOURS, 40.0),
        "renewables": {"wind.a": np.where(np.arange(HOURS) % 31 < 9, 70.0, 5.0)},
        "thermals": (),
        "storages": (StorageLimits("battery.b", 10.0, 10.0, 40.0, 0.95, 0.95, 0.0, 20.0),),
        "import_limit_mw": 60.0,
        "export_limit_mw": 0.0,
        "import_price_cny_mwh": TARIFF,
        "export_price_cny_mwh": 100.0,
        "unserved_cost_cny_mwh": 1e4,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


def cost(dispatch) -> float:
    return float(operating_cost_cny(dispatch))


@pytest.mark.parametrize("terminal", ["cyclic", "free", "water_value"])
def test_what_foresight_saves_is_what_optimal_saves_at_equal_content(terminal):
    values = (200.0, 50.0) if terminal == "water_value" else ()
    problem = system(terminal=terminal, terms=PeriodTerms(water_value_cny_mwh=values))
    rules, best = dispatch_by_rules(problem), dispatch_optimal(problem)
    saving = saving_by_foresight(rules)
    assert saving.bound == ""

    def held(dispatch):
        last = float(dispatch.level_mwh["battery.b"][-1])
        return sum(v * np.clip(last - 20.0 * k, 0.0, 20.0) for k, v in enumerate(values))

    expected = cost(rules) - held(rules) - (cost(best) - held(best))
    assert saving.saved_cny == pytest.approx(expected, abs=1e-3 * abs(cost(best)) * 1e-3)
    assert saving.saved_cny > 0.04 * cost(best)


def test_where_both_ways_would_pay_a_dispatch_that_can_be_reached_is_named():
    problem = system(export_limit_mw=50.0, export_price_cny_mwh=250.0)
    rules = dispatch_by_rules(problem)
    saving, best = saving_by_foresight(rules), dispatch_optimal(problem)
    assert saving.bound == "at least "
    reached = cost(rules) - cost(best)
    assert 0.5 * reached < saving.saved_cny <= reached + 1e-6 * abs(cost(best))


def test_a_tariff_that_rules_do_not_look_at_is_said_with_what_it_is_worth():
    (said,) = price_notices(dispatch_by_rules(system()))
    assert "a price of import between 150 and 600 CNY/MWh" in said
    saving = saving_by_foresight(dispatch_by_rules(system()))
    assert f"would save {saving.saved_cny:,.0f} CNY" in said
    assert f"({100 * saving.share:.2g} % of the operating cost)" in said


def test_nothing_is_said_where_no_price_could_matter():
    assert price_notices(dispatch_by_rules(system(import_price_cny_mwh=300.0))) == ()
    assert price_notices(dispatch_by_rules(system(import_limit_mw=0.0))) == ()
    assert price_notices(dispatch_by_rules(system(storages=()))) == ()
    flat = system(storages=(), flexible_loads=(FlexibleLoad("load.f", 10.0, 20.0, 4),))
    assert "no load is moved" in price_notices(dispatch_by_rules(flat))[0]


def test_many_runs_and_long_periods_get_the_notice_without_a_figure():
    many = system(load_mw=np.stack([np.full(HOURS, 40.0), np.full(HOURS, 50.0)]))
    (said,) = price_notices(dispatch_by_rules(many))
    assert said.endswith('method = "optimal" takes them into account')


def test_energy_that_is_not_exported_at_a_loss_is_said_with_hours():
    price = np.where(np.arange(HOURS) % 31 < 2, -40.0, 100.0)
    problem = system(storages=(), export_limit_mw=20.0, export_price_cny_mwh=price)
    (said,) = kept_from_export_notices(dispatch_by_rules(problem))
    hours = np.count_nonzero(price < 0.0)
    # 30 MW are left over, of which 20 could have left by the connection.
    assert said.startswith(f"{20 * hours} MWh were curtailed in {hours} h")
    assert "down to -40 CNY/MWh" in said
    assert kept_from_export_notices(dispatch_by_rules(replace(problem, export_limit_mw=0.0))) == ()


UNITS = ThermalUnits(
    "thermal.d",
    units=2,
    unit_mw=30.0,
    curve=((30.0, 200.0),),
    min_load_mw=27.0,
    start_cost_cny=2000.0,
    min_up_steps=3,
    min_down_steps=2,
    ramp_mw=20.0,
)


def test_hours_that_whole_units_could_not_run_are_counted():
    power = np.array([0.0, 10.0, 27.0, 30.0, 31.0, 54.0, 60.0, 0.0])
    running = UNITS.fewest_starts(power)
    assert running.tolist() == [0, 1, 1, 1, 2, 2, 2, 0]
    broken = UNITS.broken_steps(power, running)
    assert np.flatnonzero(broken["min_load_fraction"]).tolist() == [1, 4]
    assert "min_up_hours" not in broken
    # From 31 to 54 MW two units may rise by 20 each; both stop at once from 30 instead of 27 MW.
    assert np.flatnonzero(broken["ramp_mw_h"]).tolist() == [7]
    short = UNITS.broken_steps(np.array([0.0, 28.0, 0.0, 28.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    assert np.flatnonzero(short["min_up_hours"]).tolist() == [2, 3]  # on for one step, not three


def test_as_few_units_start_as_the_power_allows():
    power = np.array([56.0, 55.0, 28.0, 56.0])  # two can give 54 to 60 MW, one 27 to 30
    assert UNITS.fewest_starts(power).tolist() == [2, 2, 1, 2]
    wide = replace(UNITS, min_load_mw=10.0)
    assert wide.fewest_starts(np.array([56.0, 25.0, 56.0])).tolist() == [2, 2, 2]


@pytest.mark.parametrize("dispatcher", [dispatch_by_rules, dispatch_optimal])
def test_a_method_that_takes_units_as_continuous_says_what_it_breaks(dispatcher):
    plant = ThermalLimits("thermal.d", 60.0, 0.0, 200.0, 0.9, UNITS)
    load = np.where(np.arange(48) % 24 < 8, 12.0, 58.0)
    problem = system(
        load_mw=load,
        renewables={"wind.a": np.full(48, 2.0)},
        storages=(),
        thermals=(plant,),
        import_limit_mw=0.0,
        import_price_cny_mwh=300.0,
    )
    done = dispatcher(problem)
    (said,) = unit_notices(done, "it")
    assert said.startswith("thermal.d: it treats its units as one plant of any power")
    assert "min_load_fraction is broken in 16 h" in said  # 10 MW at night
    assert "2 starts of units for 4,000 CNY are left out of the cost" in said
    assert unit_notices(dispatch_units(problem), "units") == ()


@pytest.mark.parametrize(("share", "said"), [(0.0099, 0), (0.0101, 1), (0.0124, 1)])
def test_foresight_is_worth_a_notice_from_a_hundredth_of_the_cost_on(monkeypatch, share, said):
    monkeypatch.setattr(method_notices, "saving_by_foresight", lambda _: Saving(1000.0, share, ""))
    assert len(price_notices(dispatch_by_rules(system()))) == said


@pytest.mark.parametrize(
    ("terminal", "expected"), [("cyclic", 0.99 * 3.0), ("at_least", 7.0), ("free", 0.0)]
)
def test_the_price_of_the_end_is_that_of_the_last_content_or_of_the_first(terminal, expected):
    storage = StorageLimits("battery.b", 10.0, 10.0, 40.0, 0.95, 0.95, 0.01, 20.0)
    problem = system(terminal=terminal, storages=(storage,))
    values = np.full(HOURS, 5.0)
    values[0], values[-1] = 3.0, 7.0
    found = end_prices_cny_mwh(problem, {"battery.b": values})
    assert found["battery.b"] == pytest.approx(expected)
    assert end_prices_cny_mwh(problem, {})["battery.b"] == 0.0
    curve = PeriodTerms(water_value_cny_mwh=(200.0,))
    assert end_prices_cny_mwh(replace(problem, terminal="water_value", terms=curve), {}) == {}
