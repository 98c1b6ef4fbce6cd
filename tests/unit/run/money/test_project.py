"""A run becomes a cash flow: income, costs, replacement, figures, and prices that are found."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.money.economics import Economics
from altay_energy.components.supply.bill import GridBill
from altay_energy.core.errors import ScenarioError
from altay_energy.report.text import LANGUAGES, words
from altay_energy.report.text.messages import translated
from altay_energy.run.money.cash_flow import YearlyIncome
from altay_energy.run.money.project import ProjectReturns
from altay_energy.run.money.returns import levelised_cost

HOURS = 8760.0
COSTS = {
    "wind": {"capital_cny_kw": 3916.0, "fixed_om_cny_kw_a": 45.0, "fixed_om_share": 0.0025},
    "battery": {"capital_cny_kwh": 877.0, "life_years": 12, "replacement_share": 0.7},
}


def table(**changes):
    given = {
        "prices_include_vat": True,
        "income": "price",
        "supply_price_cny_mwh": 350.0,
        "costs": COSTS,
    }
    return Economics(**{**given, **changes})


def portfolio(economics=None, profile=0.5, **changes):
    """100 MW of wind at half power, 40 MW of load, the rest exported up to 5 MW; all year."""
    given = {
        "timeline": ae.Timeline.of_year(2030),
        "wind": {"a": ae.WindFarm(profile=profile, capacity_mw=100)},
        "battery": {
            "b": ae.Battery(charge_mw=10, discharge_mw=10, energy_mwh=40, standing_loss_per_day=0)
        },
        "load": {"c": ae.Load(profile=40.0)},
        "grid": ae.Grid(
            import_limit_mw=100,
            export_limit_mw=5,
            import_price_cny_mwh=400.0,
            export_price_cny_mwh=200.0,
            demand_charge_cny_mw=30_000.0,
        ),
        "economics": economics or table(),
    }
    return ae.Portfolio(**{**given, **changes})


@pytest.fixture(scope="module")
def run():
    return portfolio().run()


def again(run, **changes):
    """The returns of the same run with another table."""
    project = run.project
    return ProjectReturns(
        table=project.table.with_(**changes),
        year=project.year,
        dispatch=project.dispatch,
        equipment=project.equipment,
        avoided_bill_cny=project.avoided_bill_cny,
        bought_cny=project.bought_cny,
        more_income=project.more_income,
    )


def test_income_by_price_is_what_reaches_the_load_and_what_is_exported(run):
    flow = run.cash_flow
    assert run.project.delivered_mwh == pytest.approx(40.0 * HOURS)
    assert_allclose(
        flow.revenue_cny[1:], (40.0 * HOURS * 350.0 + 5.0 * HOURS * 200.0) / 1.13, rtol=1e-12
    )
    assert_allclose(flow.output_vat_cny, 0.13 * flow.revenue_cny)
    assert flow.investment_cny.tolist()[0] == 100e3 * 3916.0 + 40e3 * 877.0
    assert_allclose(flow.operating_cost_cny[1:], 100e3 * 45.0 + 0.0025 * 100e3 * 3916.0, rtol=1e-12)
    assert_allclose(flow.replacement_cny[12], 0.7 * 40e3 * 877.0)
    assert np.count_nonzero(flow.replacement_cny) == 1


def test_an_avoided_bill_is_energy_and_demand_of_the_load_alone(run):
    project = portfolio(table(income="avoided_bill", supply_price_cny_mwh=None)).run().project
    bill = 40.0 * HOURS * 400.0 + 12 * 40.0 * 30_000.0
    assert project.avoided_bill_cny == pytest.approx(bill)
    export = 5.0 * HOURS * 200.0
    assert_allclose(project.flow.revenue_cny[1:], (bill + export) / 1.13, rtol=1e-12)


def test_prices_without_vat_are_the_same_as_prices_with_it():
    with_vat = portfolio().run().project
    grid = portfolio().grid.with_(export_price_cny_mwh=200.0 / 1.13)
    without = portfolio(
        table(prices_include_vat=False, supply_price_cny_mwh=350.0 / 1.13), grid=grid
    ).run()
    for name, row in with_vat.flow.rows().items():
        assert_allclose(without.cash_flow.rows()[name], row, rtol=1e-10, atol=1e-3, err_msg=name)
    price = without.project.required_price_cny_mwh
    assert price * 1.13 == pytest.approx(with_vat.required_price_cny_mwh)


def test_a_storage_that_trades_pays_for_what_it_buys():
    price = np.tile([100.0] * 12 + [400.0] * 12, 365)
    grid = ae.Grid(import_limit_mw=50, export_limit_mw=50, import_price_cny_mwh=price)
    grid = grid.with_(export_price_cny_mwh=price)
    plan = portfolio(wind={}, load={}, grid=grid)
    project = plan.with_(dispatch=plan.dispatch.with_(method="optimal")).run().project
    sold = 365 * 40.0 * 0.955 * 400.0
    paid = 365 * 40.0 / 0.955 * 100.0
    assert project.delivered_mwh == 0.0
    assert_allclose(project.flow.revenue_cny[1:], sold / 1.13, rtol=1e-6)
    assert_allclose(project.flow.operating_cost_cny[1:], paid / 1.13, rtol=1e-6)
    assert_allclose(project.flow.output_vat_cny[1:], 0.13 * (sold - paid) / 1.13, rtol=1e-6)


def test_a_bill_part_by_part_is_avoided_with_its_charges():
    bill = {
        "way": "grid_agent",
        "network": "xinjiang_network_2026",
        "time_of_use": "xinjiang_tou_2023",
        "voltage_kv": 220,
        "purchase_price_cny_mwh": 250.0,
        "prices_include_vat": True,
        "charge": "demand",
        "capacity_mva": 60.0,
    }
    start = ae.Timeline.of_year(2026).start.replace(month=8)
    grid = ae.Grid(import_limit_mw=100, export_limit_mw=5, bill=GridBill(**bill))
    here = portfolio(
        table(income="avoided_bill", supply_price_cny_mwh=None, prices_include_vat=False),
        timeline=ae.Timeline(start, 8760),
        grid=grid,
    )
    run = here.run()
    alone = here.with_(wind={}, battery={}, economics=None).run()
    assert run.project.avoided_bill_cny == pytest.approx(
        alone.bill.total_cny - run.bill.total_cny, rel=1e-12
    )
    assert run.project.avoided_bill_cny > 40.0 * HOURS * 250.0


def test_the_annual_cost_holds_what_the_bill_charges_outside_of_dispatch():
    bill = GridBill(
        way="grid_agent",
        network="xinjiang_network_2026",
        time_of_use="xinjiang_tou_2023",
        voltage_kv=220,
        purchase_price_cny_mwh=250.0,
        prices_include_vat=True,
        charge="capacity",
        capacity_mva=60.0,
    )
    start = ae.Timeline.of_year(2026).start.replace(month=8)
    costs = {"wind": {"capital_cny_kw": 0.0}, "battery": {"capital_cny_kwh": 0.0}}
    run = portfolio(
        table(costs=costs),
        timeline=ae.Timeline(start, 8760),
        grid=ae.Grid(import_limit_mw=100, export_limit_mw=5, bill=bill),
    ).run()
    charged = 60.0 * 19e3 * 12
    assert run.bill.outside_dispatch_cny == pytest.approx(charged)
    assert run.kpis["economics"]["annual_cost_cny"] == pytest.approx(
        run.kpis["operating_cost_cny"] + charged
    )


def test_fuel_is_paid_with_vat_that_is_deducted():
    plant = ae.ThermalPlant(capacity_mw=50, fuel_cost_cny_mwh=226.0)
    costs = {"wind": COSTS["wind"], "thermal": {"capital_cny_kw": 0.0}}
    flow = (
        portfolio(table(costs=costs), profile=0.1, thermal={"d": plant}, battery={}, grid=None)
        .run()
        .cash_flow
    )
    fuel = 30.0 * HOURS * 200.0
    assert_allclose(flow.operating_cost_cny[1:], fuel + 100e3 * 45.0 + 0.0025 * 391.6e6)
    assert_allclose(flow.output_vat_cny[1:], 0.13 * (flow.revenue_cny[1:] - fuel))


def test_energy_falls_with_age():
    costs = {**COSTS, "wind": {**COSTS["wind"], "degradation_share": 0.01}}
    project = portfolio(table(costs=costs)).run().project
    assert_allclose(project.yield_by_age, 0.99 ** np.arange(20))
    assert_allclose(
        project.flow.revenue_cny[1:], project.flow.revenue_cny[1] * project.yield_by_age
    )


def test_more_income_carries_vat_or_not(run):
    project = run.project
    taxed = YearlyIncome("capacity", np.full(20, 113.0), with_vat=True)
    free = YearlyIncome("settlement", np.full(20, -50.0), with_vat=False)
    names = ("table", "year", "dispatch", "equipment", "avoided_bill_cny", "bought_cny")
    more = ProjectReturns(
        **{name: getattr(project, name) for name in names},
        more_income=(taxed, free),
    )
    assert_allclose(more.flow.revenue_cny[1:], project.flow.revenue_cny[1:] + 100.0)
    assert_allclose(more.flow.other_income_cny[1:], -50.0)


def test_a_capacity_price_is_revenue_and_ageing_says_when_a_battery_is_replaced():
    capacity = {"battery.b": {"cny_kw_a": 165.0, "peak_hours": 6.0, "full_power_hours": 4.0}}
    ageing = {"battery.b": {"calendar_years": 7.0}}
    plain, more = portfolio().run(), portfolio(table(capacity_price=capacity, ageing=ageing)).run()
    assert_allclose(
        more.cash_flow.revenue_cny[1:] - plain.cash_flow.revenue_cny[1:], 10e3 * 110.0 / 1.13
    )
    shares = more.ageing["battery.b"].replacement_shares(20)
    assert shares.sum() >= 2
    assert_allclose(more.cash_flow.replacement_cny[1:], shares * 0.7 * 40e3 * 877.0)


@pytest.mark.parametrize(("life", "paid_in"), [(12, [12]), (5, [5, 10, 15]), (20, []), (None, [])])
def test_what_has_a_shorter_life_is_replaced_until_the_last_but_one_year(life, paid_in):
    costs = {"wind": COSTS["wind"], "battery": {"capital_cny_kwh": 877.0, "life_years": life}}
    flow = portfolio(table(costs=costs)).run().cash_flow
    assert np.flatnonzero(flow.replacement_cny).tolist() == paid_in


def test_a_battery_that_ages_is_not_replaced_in_the_last_year(run):
    project = run.project
    battery = next(part for part in project.equipment if part.is_storage)
    aged = np.zeros(20)
    aged[[9, 19]] = 1.0
    paid = replace(battery, replaced=aged).outlay(project.table).cny
    assert np.flatnonzero(paid[1:]).tolist() == [9]


def test_the_levelised_cost_of_storage_is_per_discharged_energy():
    days = np.tile([1.0] * 12 + [0.0] * 12, 365)
    project = portfolio(profile=days).run().project
    discharged = project.dispatch.discharge_mw["battery.b"].sum()
    cost = np.array([40e3 * 877.0, *[0.0] * 20])
    cost[12] = 0.7 * 40e3 * 877.0
    energy = np.array([0.0, *[discharged] * 20])
    assert discharged > 1000.0
    assert project.storage_cost_cny_mwh == pytest.approx(levelised_cost(cost, energy, 0.08))


def test_a_price_that_is_found_gives_the_return_when_it_is_computed_again(run):
    price = run.project.required_price_cny_mwh
    assert again(run, supply_price_cny_mwh=price).equity_irr == pytest.approx(0.08, abs=1e-9)


def test_a_capital_that_is_found_gives_the_return_when_it_is_computed_again(run):
    factor = run.project.affordable_capital_cny / run.project.capital_cny
    costs = {
        kind: {
            key: value * factor if key.startswith("capital") else value
            for key, value in given.items()
        }
        for kind, given in COSTS.items()
    }
    project = portfolio(table(costs=costs)).run().project
    assert project.equity_irr == pytest.approx(0.08, abs=1e-9)
    assert project.capital_cny == pytest.approx(run.project.affordable_capital_cny)


def test_an_avoided_bill_is_back_solved_to_the_price_that_would_replace_it():
    project = portfolio(table(income="avoided_bill", supply_price_cny_mwh=None)).run().project
    price = project.required_price_cny_mwh
    as_price = portfolio(table(supply_price_cny_mwh=price)).run().project
    assert as_price.equity_irr == pytest.approx(0.08, abs=1e-9)


def test_where_nothing_is_sold_no_price_is_found_and_words_say_so():
    nothing_left = table(residual_share=0.0)
    found = portfolio(nothing_left, 0.0, battery={}, load={}).run().project.document()
    assert found["required_price_cny_mwh"] is None
    assert found["irr"] is None
    assert found["payback_years"] is None
    assert found["lcoe_cny_mwh"] is None
    assert found["irr_found"].startswith("no IRR: the flow has no income; ")
    assert found["npv_cny"] < 0.0


@pytest.mark.parametrize("cash", [True, False])
def test_the_choice_about_recovered_vat_is_named_beside_every_return(run, cash):
    found = again(run, recovered_vat_is_cash=cash).document()
    for key in ("irr_found", "before_tax_irr_found", "equity_irr_found"):
        assert f"; recovered VAT is {'' if cash else 'not '}counted as cash" in found[key]
    assert (found["irr"] > run.project.irr) == cash


def test_many_runs_at_once_are_those_of_each():
    profiles = np.array([[0.3], [0.45], [0.6]]) * np.ones(8760)
    together = portfolio(profile=profiles).run().project.document()
    for i, profile in enumerate(profiles):
        alone = portfolio(profile=profile).run().project.document()
        for key, value in alone.items():
            found = together[key][i] if isinstance(together[key], np.ndarray | list) else None
            if key in ("capital_cny", "asked_irr"):
                assert together[key] == value
            elif isinstance(value, str):
                assert found == value
            elif value is not None:
                assert found == pytest.approx(value, rel=1e-9), key


def test_all_prices_and_costs_in_another_money_scale_every_amount(run):
    scale = 7.0
    costs = {
        kind: {k: v * scale if "_cny" in k else v for k, v in given.items()}
        for kind, given in COSTS.items()
    }
    grid = portfolio().grid.with_(import_price_cny_mwh=2800.0, export_price_cny_mwh=1400.0)
    other = portfolio(table(costs=costs, supply_price_cny_mwh=2450.0), grid=grid).run()
    for name, row in run.cash_flow.rows().items():
        assert_allclose(other.cash_flow.rows()[name], scale * row, rtol=1e-9, atol=1e-3)
    ours, theirs = run.kpis["economics"], other.kpis["economics"]
    assert theirs["equity_irr"] == pytest.approx(ours["equity_irr"])
    for key in ("npv_cny", "required_price_cny_mwh", "affordable_capital_cny"):
        assert theirs[key] == pytest.approx(scale * ours[key])


def test_without_the_table_there_is_no_section(run):
    plain = portfolio().with_(economics=None).run()
    assert plain.project is None
    assert plain.cash_flow is None
    assert "economics" not in plain.kpis
    assert list(run.kpis)[-1] == "economics"
    assert plain.kpis["kpis"] == run.kpis["kpis"]


def test_assumptions_are_notices(run):
    notices = [n for n in run.notices if n.startswith("economics: ")]
    assert any("recovered VAT is not counted as cash" in n for n in notices)
    assert any("deductible VAT is assumed to be 0.0978 of the investment" in n for n in notices)
    choices = table(income_tax=0.15, vat_refund_share=0.5, input_vat_share=0.1)
    found = " ".join(portfolio(choices).run().notices)
    assert "income_tax = 0.15 holds in every year" in found
    assert "the refund for wind on land ended on 31 October 2025" in found
    assert "deductible VAT is assumed" not in found


WRONG = {
    "needs a period of one whole year, 8760 or 8784 hours, and this one has 48": {
        "timeline": ae.Timeline(ae.Timeline.of_year(2030).start, 48)
    },
    '"avoided_bill" needs a [grid] whose bill the plants avoid': {
        "grid": None,
        "economics": table(income="avoided_bill", supply_price_cny_mwh=None),
    },
    "economics.costs: has no costs of solar.d": {
        "solar": {"d": ae.SolarPlant(profile=0.1, capacity_mw=5)}
    },
    "economics.costs.wnd: there is no such plant or kind; did you mean wind?": {
        "economics": table(costs={**COSTS, "wnd": {"capital_cny_kw": 4000.0}})
    },
    "economics.income_tax: west_2030 ends in 2030, and nothing is known from 2031 on": {
        "economics": table(income_tax="west_2030")
    },
}


@pytest.mark.parametrize(("message", "changes"), WRONG.items())
def test_what_does_not_fit_the_portfolio_is_refused(message, changes):
    with pytest.raises(ScenarioError) as refused:
        portfolio(**changes)
    assert message in str(refused.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_of_the_cash_flow_has_its_words(run, language):
    assert set(words(language).tables["cash_flow"]) == {"year", *run.cash_flow.rows()}


def test_a_project_can_be_sent_to_another_process(run):
    copy = pickle.loads(pickle.dumps(run.project))
    assert copy.document() == run.project.document()


CHINESE = {
    "two IRRs: 10 % and 20 %; recovered VAT is counted as cash (recovered_vat_is_cash)": "两个",
    "no IRR: the net present value is negative at every rate": "净现值均为负",
    "no IRR: the flow has no outlay": "没有支出",
    "needs a period of one whole year, 8760 or 8784 hours, and this one has 48: a part of a year "
    "says nothing of the others; give [time] year": "需要一整年的时段",
}


@pytest.mark.parametrize(("message", "part"), CHINESE.items())
def test_messages_are_written_in_chinese(message, part):
    assert part in translated(message, "zh")
