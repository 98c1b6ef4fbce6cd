"""Rolling dispatch: equal to the optimum if it sees all, within all limits if it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from altay_energy.components.settings.rolling import ForecastSettings, RollingSettings
from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.dispatch.infeasible.unserved import unserved_notices
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.rolling.balancing import Balancing, Plan
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.run.figures.kpis import demand_charge_cny, kpis, operating_cost_cny
from altay_energy.run.figures.rolling import rolling_figures, terminal_missing_mwh
from altay_energy.run.figures.stored_energy import end_prices_cny_mwh, stored_worth_cny

RIGHT = ForecastSettings(perfect=True)


def system(hours: int = 240, seed: int = 3, **changes) -> Problem:
    rng = np.random.default_rng(seed)
    wind = 400.0 * np.clip(0.4 + 0.35 * np.repeat(rng.standard_normal(hours // 6 + 1), 6), 0, 1)
    sun = 150.0 * np.maximum(-np.cos(2.0 * np.pi * np.arange(hours) / 24.0), 0.0)
    tariff = np.array([120.0] * 8 + [280.0] * 8 + [450.0] * 6 + [280.0] * 2)
    given = {
        "step_hours": 1.0,
        "load_mw": 180.0 + 60.0 * rng.random(hours),
        "renewables": {"wind.a": wind[:hours], "solar.b": sun},
        "thermals": (ThermalLimits("thermal.c", 60.0, 20.0, 260.0, 0.9),),
        "storages": (
            StorageLimits("pumped_storage.d", 100.0, 100.0, 700.0, 0.86, 0.87, 0.0, 300.0),
            StorageLimits("battery.e", 50.0, 50.0, 100.0, 0.95, 0.95, 4e-5, 50.0),
        ),
        "import_limit_mw": 120.0,
        "export_limit_mw": 80.0,
        "import_price_cny_mwh": np.resize(tariff, hours),
        "export_price_cny_mwh": np.resize(0.4 * tariff, hours),
        "unserved_cost_cny_mwh": 1e4,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


def cost(dispatch) -> float:
    return float(operating_cost_cny(dispatch))


@pytest.mark.parametrize("terminal", ["cyclic", "free", "at_least", "equal_initial"])
def test_with_full_sight_and_right_forecasts_it_is_the_optimum(terminal):
    problem = system(terminal=terminal)
    optimum = dispatch_optimal(problem)
    whole = dispatch_rolling(problem, RollingSettings(look_ahead_hours=240.0), RIGHT)
    assert kpis(whole) == kpis(optimum)


@pytest.mark.parametrize("terminal", ["cyclic", "free", "at_least", "equal_initial", "water_value"])
def test_plans_repeated_each_day_to_the_end_cost_what_the_optimum_costs(terminal):
    values = PeriodTerms(water_value_cny_mwh=(260.0, 150.0, 40.0))
    terms = values if terminal == "water_value" else PeriodTerms()
    problem = system(terminal=terminal, terms=terms)
    # One step short of the period, so that the plans are truly made.
    sight = RollingSettings(look_ahead_hours=239.0, end_value=0.0)
    guided = RollingSettings(look_ahead_hours=239.0)
    optimum = dispatch_optimal(problem)
    done = dispatch_rolling(problem, guided, RIGHT)
    done.check()
    spent = cost(done) - _worth_at_end(done, values if terminal == "water_value" else None)
    least = cost(optimum) - _worth_at_end(optimum, values if terminal == "water_value" else None)
    assert spent == pytest.approx(least, rel=1e-6)
    if terminal == "free":  # the last plans do not see a day without end value
        assert cost(dispatch_rolling(problem, sight, RIGHT)) >= least - 1e-3


def _worth_at_end(dispatch, terms: PeriodTerms | None) -> float:
    if terms is None:
        return 0.0
    total = 0.0
    for storage in dispatch.problem.storages:
        band = storage.energy_mwh / 3
        left = float(dispatch.level_mwh[storage.name][-1])
        for value in terms.water_value_cny_mwh:
            total += value * min(max(left, 0.0), band)
            left -= band
    return total


@pytest.mark.parametrize("look_ahead", [36.0, 48.0])
def test_two_days_of_perfect_forecasts_and_end_values_of_the_optimum_lose_little(look_ahead):
    problem = system(hours=24 * 60)
    least = cost(dispatch_optimal(problem))
    done = dispatch_rolling(problem, RollingSettings(look_ahead_hours=look_ahead), RIGHT)
    assert least - 1e-3 <= cost(done) <= least + 0.005 * abs(least)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    look_ahead=st.integers(24, 60),
    step=st.integers(1, 24),
    balance=st.sampled_from(["price", "grid", "storage"]),
    terminal=st.sampled_from(["cyclic", "free", "at_least"]),
    end_value=st.sampled_from(["optimum", 200.0]),
)
def test_whatever_the_windows_the_balance_closes_and_no_limit_is_broken(
    seed, look_ahead, step, balance, terminal, end_value
):
    problem = system(hours=24 * 6 + 5, seed=seed, terminal=terminal)
    windows = RollingSettings(
        look_ahead_hours=float(look_ahead),
        step_hours=float(step),
        balance=balance,
        end_value=end_value,
    )
    wrong = ForecastSettings(wind_error=0.3, load_error=0.1, seed=seed)
    done = dispatch_rolling(problem, windows, wrong)
    done.check()
    assert float(done.balance_residual_mw()) < 1e-9
    assert done.rolled.starts.size == -(-problem.steps // step)


def test_wrong_forecasts_cost_more_than_right_ones_in_a_year_of_days():
    problem = system(hours=24 * 90)
    optimum = dispatch_optimal(problem)
    cases = [ForecastSettings(wind_error=e, solar_error=e) for e in (0.0, 0.1, 0.3)]
    spent = [cost(dispatch_rolling(problem, errors=e, optimum=optimum)) for e in cases]
    assert spent[0] < spent[1] < spent[2]


def test_flexible_loads_a_monthly_peak_and_limits_over_the_period_pass_between_windows():
    base = system(hours=24 * 20)
    months = np.repeat([0, 1], 240)
    movable = FlexibleLoad("load.f", 0.2 * base.load_mw, base.load_mw, 6)
    terms = PeriodTerms(demand_charge_cny_mw=40_000.0, month_of_step=months, export_rate_max=0.05)
    problem = replace(base, terms=terms, flexible_loads=(movable,))
    optimum = dispatch_optimal(problem)
    done = dispatch_rolling(problem, errors=RIGHT, optimum=optimum)
    done.check()
    assert cost(done) == pytest.approx(cost(optimum), rel=0.01)
    sold = kpis(done)
    assert sold["export_mwh"] <= 0.05 * sold["available_mwh"] * (1.0 + 1e-6)
    for month in (0, 1):
        peak = optimum.import_mw[months == month].max()
        assert done.import_mw[months == month].max() <= peak + 0.01


@pytest.mark.parametrize("end_value", ["optimum", 250.0])
def test_postponed_load_is_served_where_the_days_after_a_plan_are_short_of_power(end_value):
    """Half of the load may wait a day; plans that end with all of it postponed cannot serve it."""
    base = system(hours=24 * 12, import_limit_mw=140.0, thermals=(), terminal="free")
    movable = FlexibleLoad("load.f", 0.5 * base.load_mw, 1.2 * base.load_mw, 24)
    calm = np.where(np.arange(base.steps) // 24 % 3 == 2, 0.1, 1.0)
    wind = {name: calm * power for name, power in base.renewables.items()}
    problem = replace(base, renewables=wind, flexible_loads=(movable,))
    optimum = dispatch_optimal(problem)
    done = dispatch_rolling(problem, RollingSettings(end_value=end_value), RIGHT)
    done.check()
    assert optimum.unserved_mw.sum() < 1e-6
    assert done.unserved_mw.sum() < 1e-6
    if end_value == "optimum":
        assert cost(done) == pytest.approx(cost(optimum), rel=1e-4)


WRONG = ForecastSettings(wind_error=0.3, solar_error=0.3, load_error=0.2, seed=5)


@pytest.mark.parametrize("terminal", ["cyclic", "at_least", "equal_initial"])
@pytest.mark.parametrize("balance", ["price", "storage"])
def test_the_terminal_rule_is_met_although_forecasts_are_wrong(terminal, balance):
    problem = system(terminal=terminal, hours=24 * 5)
    done = dispatch_rolling(problem, RollingSettings(balance=balance), WRONG)
    done.check()
    assert all(missing == 0.0 for missing in terminal_missing_mwh(done).values())


def test_content_that_load_needs_in_the_last_hours_is_missing_and_has_its_price():
    """No import and nearly no wind on the last day: load is served before the rule is met."""
    wind = np.where(np.arange(72) < 48, 300.0, 130.0)
    store = StorageLimits("battery.e", 50.0, 50.0, 400.0, 0.95, 0.95, 0.0, 200.0)
    given = {"thermals": (), "storages": (store,), "import_limit_mw": 0.0}
    load = np.where(np.arange(72) < 70, 120.0, 160.0)
    problem = system(
        hours=72, load_mw=load, renewables={"wind.a": wind}, terminal="at_least", **given
    )
    wrong = ForecastSettings(load_error=0.2, wind_error=0.0, solar_error=0.0, seed=2)
    settings = DispatchSettings.model_validate({"method": "rolling", "forecast": wrong})
    done = dispatch_rolling(problem, settings.rolling, wrong)
    done.check()
    (missing,) = terminal_missing_mwh(done).values()
    assert missing > 1.0
    assert missing == pytest.approx(200.0 - done.level_mwh["battery.e"][-1])
    found = rolling_figures(done, settings)["rolling"]
    price = float(done.rolled.optimum.stored_value_cny_mwh["battery.e"][-1])
    assert found["terminal_missing_cny"] == pytest.approx(missing * price)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.integers(1, 24), share=st.sampled_from([0.2, 0.6]))
def test_no_hour_lacks_more_than_its_demand(seed, shift, share):
    base = system(hours=96, seed=seed, import_limit_mw=20.0, terminal="free")
    movable = FlexibleLoad("load.f", share * base.load_mw, 1.5 * base.load_mw, shift)
    problem = replace(base, flexible_loads=(movable,), storages=base.storages[1:])
    done = dispatch_rolling(problem, errors=WRONG.with_(seed=seed))
    done.check()
    assert float(done.balance_residual_mw()) < 1e-9
    assert np.max(done.unserved_mw - problem.load_mw) <= 1e-9


def test_a_flexible_load_waits_before_load_is_unserved():
    """One hour by hand: 40 MW less wind than planned, half of the load may wait an hour."""
    none, one = np.zeros(1), np.ones(1)
    movable = FlexibleLoad("load.f", np.array([30.0, 30.0]), np.array([60.0, 60.0]), 1)
    problem = Problem(
        step_hours=1.0,
        load_mw=np.array([100.0, 100.0]),
        renewables={"wind.a": np.array([60.0, 100.0])},
        thermals=(),
        storages=(),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=300.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.6,
        flexible_loads=(movable,),
    )
    parts = {name: np.zeros((0, 1)) for name in ("storage", "planned_level", "planned_spill")}
    plan = Plan(
        **parts,
        thermal=np.zeros((0, 1)),
        **dict.fromkeys(("back_down", "imported", "exported", "curtailed", "unserved"), none),
        load=70.0 * one,
        available=60.0 * one,
        drawn=np.array([[30.0]]),
        never=np.zeros((1, 1)),
        owed=np.zeros((1, 1)),
    )
    owed = [0.0]
    done = Balancing(problem, "price").carry_out(plan, 0, [], [], owed)
    assert (done.drawn, done.unserved) == (0.0, 10.0)
    assert owed == [30.0]


@pytest.mark.parametrize(("look_ahead", "step"), [(48.0, 24.0), (96.0, 72.0), (360.0, 120.0)])
def test_no_months_peak_is_raised_to_the_next_ones(look_ahead, step):
    """Windows that see two or three months at once, of which the middle one asks for most."""
    base = system(hours=24 * 21)
    months = np.repeat([0, 1, 2], 24 * 7)
    high = np.where(months == 1, 1.3, np.where(months == 2, 1.1, 1.0))
    terms = PeriodTerms(demand_charge_cny_mw=40_000.0, month_of_step=months)
    problem = replace(
        base, load_mw=high * base.load_mw, terms=terms, import_limit_mw=400.0, terminal="free"
    )
    optimum = dispatch_optimal(problem)
    windows = RollingSettings(look_ahead_hours=look_ahead, step_hours=step)
    done = dispatch_rolling(problem, windows, RIGHT, optimum=optimum)
    done.check()
    asked = [float(demand_charge_cny(d)) for d in (done, optimum)]
    assert asked[0] == pytest.approx(asked[1], rel=1e-6)
    peaks = [optimum.import_mw[months == m].max() for m in range(3)]
    assert peaks[1] > 1.1 * max(peaks[0], peaks[2])  # else the test says nothing


def test_windows_know_the_demand_charge_of_each_month():
    base, months = system(hours=24 * 20), np.repeat([0, 1], 240)
    charges = np.array([40_000.0, 20_000.0])
    terms = PeriodTerms(demand_charge_cny_mw=charges, month_of_step=months)
    problem = replace(base, terms=terms, import_limit_mw=400.0, terminal="free")
    optimum = dispatch_optimal(problem)
    done = dispatch_rolling(problem, errors=RIGHT, optimum=optimum)
    done.check()
    peaks = [done.import_mw[months == m].max() for m in (0, 1)]
    assert demand_charge_cny(done) == pytest.approx(float(charges @ peaks))
    assert demand_charge_cny(done) == pytest.approx(float(demand_charge_cny(optimum)), rel=1e-3)
    assert cost(done) == pytest.approx(cost(optimum), rel=0.01)


@pytest.mark.parametrize("terminal", ["cyclic", "free", "at_least", "equal_initial", "water_value"])
@pytest.mark.parametrize("idle", ["charge_mw", "discharge_mw", "energy_mwh"])
def test_a_storage_that_can_do_nothing_does_nothing_day_by_day(terminal, idle):
    terms = PeriodTerms(water_value_cny_mwh=(200.0,)) if terminal == "water_value" else None
    base = system(hours=96, terminal=terminal, terms=terms or PeriodTerms())
    level = {"initial_level_mwh": 0.0} if idle == "energy_mwh" else {}
    changed = replace(base.storages[0], **{idle: 0.0}, **level)
    problem = replace(base, storages=(changed, base.storages[1]), storage_order=(changed.name,))
    wrong = ForecastSettings(wind_error=0.3)
    for end_value in ("optimum", 200.0):
        done = dispatch_rolling(problem, RollingSettings(end_value=end_value), wrong)
        done.check()
        content = done.level_mwh[changed.name]
        if terminal == "cyclic" or (terminal == "equal_initial" and idle != "energy_mwh"):
            assert content[-1] == pytest.approx(content[0], abs=1e-9)


@pytest.mark.parametrize("balance", ["price", "grid", "storage"])
@pytest.mark.parametrize("worth", [0.0, 100.0, 260.0])
def test_load_that_costs_less_than_power_is_unserved_but_never_negative(balance, worth):
    wrong = ForecastSettings(wind_error=0.3, load_error=0.2)
    settings = RollingSettings(balance=balance)
    problem = system(unserved_cost_cny_mwh=worth)
    done = dispatch_rolling(problem, settings, wrong)
    done.check()
    assert done.served_mw.min() >= 0.0
    # Forecast errors are not balanced by measures that cost more than unserved load.
    expensive = (problem.import_price_cny_mwh > worth) & (done.served_mw > 1e-6)
    bought = np.maximum(done.import_mw - done.rolled.planned_import_mw, 0.0)
    assert bought[expensive].max() < 1e-6


def test_an_emission_cap_is_kept_day_by_day():
    base = system(hours=24 * 20)
    free = kpis(dispatch_optimal(base))["emissions_t"]
    problem = replace(base, terms=PeriodTerms(emissions_max_t=0.95 * free))
    done = dispatch_rolling(problem, errors=RIGHT)
    done.check()
    assert kpis(done)["emissions_t"] <= 0.95 * free * (1.0 + 1e-6)


def test_natural_inflow_is_stored_or_spilled():
    inflow = np.full(240, 12.0)
    lake = StorageLimits("pumped_storage.g", 0.0, 60.0, 300.0, 1.0, 0.9, 0.0, 100.0, inflow)
    problem = system(storages=(lake,))
    done = dispatch_rolling(problem, errors=ForecastSettings(wind_error=0.3))
    done.check()
    assert float(done.balance_residual_mw()) < 1e-9


def test_nothing_runs_both_ways_where_it_would_pay():
    prices = np.where(np.arange(240) % 24 < 8, 90.0, 450.0)
    problem = system(import_price_cny_mwh=prices, export_price_cny_mwh=250.0)
    optimum = dispatch_optimal(problem)
    done = dispatch_rolling(problem, errors=RIGHT, optimum=optimum)
    done.check()
    assert not np.any((done.import_mw > 0.0) & (done.export_mw > 0.0))
    assert cost(done) <= cost(optimum) + 0.02 * abs(cost(optimum))


def test_plans_are_beside_what_was_done():
    problem = system()
    wrong = dispatch_rolling(problem, errors=ForecastSettings(wind_error=0.25))
    plan = wrong.rolled
    assert plan.planned_import_mw.shape == (240,)
    assert np.abs(plan.planned_import_mw - wrong.import_mw).max() > 1.0
    assert plan.errors()["wind.a"]["nrmse"] > 0.1
    right = dispatch_rolling(problem, errors=RIGHT)
    for name, power in right.charge_mw.items():
        assert power == pytest.approx(right.rolled.planned_charge_mw[name], abs=1e-4)
    assert all(error["nrmse"] == 0.0 for error in right.rolled.errors().values())


def test_an_hour_is_balanced_in_the_order_of_its_prices():
    """One hour by hand: 30 MW less wind than planned, content valued at 200."""
    store = StorageLimits("battery.e", 50.0, 50.0, 100.0, 1.0, 1.0, 0.0, 50.0)
    problem = Problem(
        step_hours=1.0,
        load_mw=np.array([100.0]),
        renewables={"wind.a": np.array([70.0])},
        thermals=(),
        storages=(store,),
        import_limit_mw=100.0,
        export_limit_mw=100.0,
        import_price_cny_mwh=300.0,
        export_price_cny_mwh=150.0,
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.6,
    )
    none, one = np.zeros(1), np.ones(1)
    plan = Plan(
        storage=np.array([[10.0]]),
        planned_level=np.array([[40.0]]),
        planned_spill=np.zeros((1, 1)),
        thermal=np.zeros((0, 1)),
        back_down=none,
        imported=none,
        exported=10.0 * one,
        curtailed=none,
        unserved=none,
        load=100.0 * one,
        available=70.0 * one,
        drawn=np.zeros((0, 1)),
        never=np.zeros((0, 1)),
        owed=np.zeros((0, 1)),
    )
    done = {
        balance: Balancing(problem, balance).carry_out(plan, 0, [50.0], [200.0])
        for balance in ("price", "grid", "storage")
    }
    assert done["price"].exported == 0.0  # 10 MW at 150, then 20 MW of content at 200
    assert done["price"].storage == 30.0
    assert done["price"].imported == 0.0
    assert (done["grid"].exported, done["grid"].imported) == (0.0, 20.0)
    assert done["grid"].storage == 10.0
    assert (done["storage"].exported, done["storage"].storage) == (10.0, 40.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"look_ahead_hours": 12.0}, "look_ahead_hours = 12 is less than step_hours = 24"),
        ({"look_ahead_hours": 0.0}, "greater than 0"),
        ({"step_hours": -24.0}, "greater than 0"),
        ({"end_value": "best"}, "'optimum'"),
        ({"end_value": -5.0}, "-5 is below 0; stored energy can be left unused, give 0 or more"),
        ({"other_years": 0}, "greater than or equal to 1"),
        ({"balance": "luck"}, "'price', 'grid' or 'storage'"),
        ({"look_ahead": 48.0}, "Extra inputs"),
    ],
)
def test_windows_that_mean_nothing_are_refused(table, message):
    with pytest.raises(ValidationError, match=message):
        RollingSettings.model_validate(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"wind_error": -0.1}, "greater than or equal to 0"),
        ({"wind_error": 0.7}, "less than or equal to 0.5"),
        ({"wind_error": 12.0}, "12 is above 1; .* did you mean 0.12"),
        ({"load_error": 1.5}, "1.5 is above 1; an error is a share, at most 0.5"),
        ({"saturation": 1.0}, "greater than 1"),
        ({"correlation_hours": 0.0}, "greater than 0"),
        ({"plant_correlation": 1.5}, "less than or equal to 1"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"solar_error": float("nan")}, "finite"),
    ],
)
def test_errors_that_mean_nothing_are_refused(table, message):
    with pytest.raises(ValidationError, match=message):
        ForecastSettings.model_validate(table)


def test_windows_of_broken_steps_and_several_runs_are_refused():
    problem = system(hours=48)
    with pytest.raises(
        ScenarioError, match=r"step_hours = 23.5 is no whole number of steps of 1 h"
    ):
        dispatch_rolling(problem, RollingSettings(step_hours=23.5))
    two = replace(problem, load_mw=np.stack([problem.load_mw] * 2))
    with pytest.raises(ScenarioError, match="one run at a time"):
        dispatch_rolling(two)


def test_windows_shorter_than_a_shift_or_a_least_time_are_refused():
    problem = system(hours=96)
    movable = FlexibleLoad("load.f", 0.2 * problem.load_mw, problem.load_mw, 30)
    short = RollingSettings(look_ahead_hours=24.0)
    said = (
        r"look_ahead_hours = 24 is shorter than load\.f\.shift_hours = 30; .* set it to at least 30"
    )
    with pytest.raises(ScenarioError, match=said):
        dispatch_rolling(replace(problem, flexible_loads=(movable,)), short)
    units = ThermalUnits("thermal.c", 1, 60.0, ((60.0, 260.0),), 20.0, min_up_steps=36)
    plant = replace(problem.thermals[0], must_run_mw=np.zeros(()), units=units)
    with pytest.raises(ScenarioError, match=r"thermal\.c\.min_up_hours = 36"):
        dispatch_rolling(replace(problem, thermals=(plant,)), short)
    long = RollingSettings(look_ahead_hours=96.0)
    dispatch_rolling(replace(problem, flexible_loads=(movable,)), long, RIGHT).check()


def test_values_of_other_years_know_nothing_of_the_year_itself():
    problem, wrong = system(hours=24 * 8), ForecastSettings(wind_error=0.2)
    others = [system(hours=24 * 8, seed=seed, load_mw=problem.load_mw) for seed in (11, 12, 13)]
    asked = RollingSettings(end_value="other_years", other_years=3)
    done = dispatch_rolling(problem, asked, wrong, others=others)
    done.check()
    assert all(missing == 0.0 for missing in terminal_missing_mwh(done).values())
    # The last three days of the year cannot be seen from the first two plans.
    late = np.arange(problem.steps) >= 24 * 5
    calm = {name: np.where(late, 0.0, power) for name, power in problem.renewables.items()}
    changed = replace(problem, renewables=calm)
    there = dispatch_rolling(changed, asked, RIGHT, others=others)
    here = dispatch_rolling(problem, asked, RIGHT, others=others)
    early = slice(0, 24 * 3)
    name = "pumped_storage.d"
    assert there.level_mwh[name][early] == pytest.approx(here.level_mwh[name][early], abs=1e-6)
    known = [dispatch_rolling(p, errors=RIGHT).level_mwh[name][early] for p in (problem, changed)]
    assert np.abs(known[0] - known[1]).max() > 1.0  # with the optimum of the year they differ
    settings = DispatchSettings.model_validate({"method": "rolling", "rolling": asked})
    found = rolling_figures(done, settings.model_copy(update={"forecast": wrong}))["rolling"]
    own = dispatch_rolling(problem, RollingSettings(), wrong)
    prices = end_prices_cny_mwh(
        done.rolled.optimum.problem, done.rolled.optimum.stored_value_cny_mwh
    )
    worth = [float(stored_worth_cny(d, prices)) for d in (done, own)]
    by_hand = cost(done) - worth[0] - (cost(own) - worth[1])
    assert found["unknown_season_cost_cny"] == pytest.approx(by_hand, abs=1e-3)
    with pytest.raises(ScenarioError, match="needs other weather years"):
        dispatch_rolling(problem, asked, wrong)


def test_load_that_must_be_served_is_served_day_by_day_where_forecasts_are_right():
    scarce = system(import_limit_mw=110.0, unserved_cost_cny_mwh=100.0)
    left = dispatch_rolling(scarce, errors=RIGHT).unserved_mw.sum()
    assert left > 100.0  # it does not pay to serve it
    kept = dispatch_rolling(replace(scarce, terms=PeriodTerms(unserved_max_mwh=0.0)), errors=RIGHT)
    kept.check()
    assert kept.unserved_mw.sum() < 1e-3
    some = PeriodTerms(unserved_max_mwh=50.0)
    part = dispatch_rolling(replace(scarce, terms=some), errors=RIGHT)
    assert 25.0 < part.unserved_mw.sum() <= 50.0 + 1e-3


def test_forecast_errors_may_leave_load_unserved_with_a_notice():
    scarce = system(import_limit_mw=85.0, terms=PeriodTerms(unserved_max_mwh=0.0))
    wrong = ForecastSettings(wind_error=0.3, load_error=0.1)
    done = dispatch_rolling(scarce, errors=wrong)
    done.check()
    assert done.unserved_mw.sum() > 1.0
    (english,) = unserved_notices(done)
    assert english.startswith("unserved_max_mwh = 0 is broken, since forecasts were wrong: in step")


def test_a_period_without_a_solution_is_refused_before_the_first_window():
    dark = system(import_limit_mw=10.0, terms=PeriodTerms(unserved_max_mwh=0.0))
    for end in ("optimum", 250.0):
        with pytest.raises(NoSolutionError, match="load exceeds all sources"):
            dispatch_rolling(dark, RollingSettings(end_value=end))
