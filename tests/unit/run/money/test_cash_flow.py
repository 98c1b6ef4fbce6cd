"""The cash flow of a feasibility study: vectors, a published example, a second path, and laws."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.run.money.cash_flow import (
    Outlay,
    ProjectPlan,
    cash_flow,
    factor_for_equity_return,
)
from altay_energy.run.money.returns import internal_rates

sys.path.insert(0, str(Path(__file__).parent))
from spreadsheet import spreadsheet

STATIC, YEARS = 39_160.0, 20


def wind(hours=2950.0, tax=0.25, **changes):
    """100 MW of wind, 0.25 CNY/kWh with VAT; money in 10,000 CNY."""
    given = {
        "building_years": 1,
        "operating_years": YEARS,
        "outlays": [Outlay(np.array([STATIC, *[0.0] * YEARS]), 20.0)],
        "input_vat_share": 0.13 / 1.13 * 0.85,
        "revenue_cny": np.full(YEARS, 100.0 * hours * 0.25 / 10.0 / 1.13),
        "other_income_cny": np.zeros(YEARS),
        "operating_cost_cny": np.full(YEARS, 450.0),
        "operating_vat_cny": np.zeros(YEARS),
        "working_capital_cny": 0.0,
        "equity_share": 0.2,
        "loan_rate": 0.035,
        "loan_years": 15,
        "repayment": "equal_principal",
        "vat_rate": 0.13,
        "surtax_share": 0.1,
        "vat_refund_share": 0.0,
        "recovered_vat_is_cash": False,
        "depreciation_years": 20.0,
        "residual_share": 0.05,
        "tax_rate": np.full(YEARS, tax),
        "tax_free_years": 3,
        "tax_half_years": 3,
        "loss_carry_years": 5,
    }
    return ProjectPlan(**{**given, **changes})


CASES = {
    "w0": (wind(), "before_after_equity"),
    "w1": (wind(2000.0), "before_after_equity"),
    "w2": (wind(tax=0.15), "after_equity"),
    "w3": (wind(vat_refund_share=0.5), "before_after_equity"),
    "w4": (wind(repayment="annuity"), "equity"),
    "w5": (wind(recovered_vat_is_cash=True), "before_after_equity"),
    "w6": (wind(tax=0.15, recovered_vat_is_cash=True), "after_equity"),
}


@pytest.fixture(scope="module")
def vectors(shared_data):
    facts = shared_data.parent / "facts-prices.toml"
    return tomllib.loads(facts.read_text(encoding="utf-8"))["tests"]


@pytest.mark.parametrize("case", CASES)
def test_returns_are_those_of_the_vectors(case, vectors):
    plan, which = CASES[case]
    flow = cash_flow(plan)
    found = {"before": flow.before_tax, "after": flow.after_tax, "equity": flow.equity}
    expected = np.atleast_1d(vectors["cash_flow_own"][f"{case}_irr_{which}"])
    rates = [float(found[name].only) for name in which.split("_")]
    assert_allclose(rates, expected, atol=1e-6)  # 1e-4 points


def test_rows_are_those_of_the_vectors(vectors):
    own, flow = vectors["cash_flow_own"], cash_flow(wind())
    assert flow.interest_in_building_cny.sum() == pytest.approx(own["idc_1e4_cny"], abs=1e-9)
    assert flow.depreciation_cny[1:].sum() / 0.95 == pytest.approx(own["fixed_asset_1e4_cny"])
    assert_allclose(flow.depreciation_cny[1:], own["depreciation_1e4_cny_a"], atol=1e-4)
    assert np.flatnonzero(flow.vat_paid_cny > 0.0)[0] == own["first_year_vat_is_paid"]
    assert flow.payback_years == pytest.approx(own["w0_payback_years_from_building"], abs=1e-4)
    slow = cash_flow(wind(2000.0))
    assert slow.payback_years == pytest.approx(own["w1_payback_years_from_building"], abs=1e-4)
    assert flow.debt_service_coverage.min() == pytest.approx(own["w0_min_dscr"], abs=1e-4)


def published(vectors):
    given = vectors["cash_flow_published"]
    static, years = given["static_1e4_cny"], given["years"]
    repairs = np.repeat([10.0, 18.0, 28.0, 32.0], [5, 5, 10, 5]) * 100.0 / 10.0
    energy = 100.0 * given["full_load_hours"]
    return wind(
        operating_years=years,
        outlays=[Outlay(np.array([static, *[0.0] * years]), float(years))],
        input_vat_share=given["input_vat_1e4_cny"] / static,
        revenue_cny=np.full(years, energy * given["price_with_vat_cny_kwh"] / 10.0 / 1.13),
        other_income_cny=np.zeros(years),
        operating_cost_cny=repairs + given["other_cost_share"] * static,
        operating_vat_cny=np.zeros(years),
        working_capital_cny=30.0 * 100.0 / 10.0,
        loan_rate=given["loan_rate"],
        tax_rate=np.full(years, 0.25),
    )


def test_the_published_example_of_a_pv_plant_comes_out(vectors):
    given, flow = vectors["cash_flow_published"], cash_flow(published(vectors))
    assert flow.interest_in_building_cny.sum() == pytest.approx(
        given["recomputed_idc_1e4_cny"], abs=0.005
    )
    assert flow.before_tax.only == pytest.approx(
        given["benchmark_project_irr_before_tax"], abs=5e-4
    )
    assert flow.after_tax.only == pytest.approx(given["recomputed_project_irr_after_tax"], abs=5e-4)
    assert flow.depreciation_cny[20] > 0.0
    assert flow.depreciation_cny[21] == 0.0


def generated(seed):
    """A random project as the plain numbers of the spreadsheet, and as a plan."""
    rng = np.random.default_rng(seed)
    building, years = int(rng.integers(1, 4)), int(rng.integers(3, 31))
    equity = float(rng.choice([0.0, 0.2, 0.3, 1.0]))
    kinds = [(0.7, years), (0.3, int(rng.integers(2, years + 5)))] if seed % 2 else [(1.0, years)]
    static = rng.uniform(10.0, 1000.0, building)
    rows = [np.zeros(building + years) for _ in kinds]
    for row, (share, _) in zip(rows, kinds, strict=True):
        row[:building] = share * static
    replacements = []
    for _ in range(int(rng.integers(0, 3))):
        year, kind = int(rng.integers(1, years)), int(rng.integers(0, len(kinds)))
        amount = float(rng.uniform(1.0, 200.0))
        replacements.append((year, amount, kinds[kind][1]))
        rows[kind][building + year - 1] += amount
    given = {
        "building_years": building,
        "operating_years": years,
        "building": static.tolist(),
        "kinds": kinds,
        "replacements": replacements,
        "vat_share": float(rng.uniform(0.0, 0.115)),
        "revenue": (rng.uniform(0.0, 300.0, years) * (np.arange(years) >= seed % 3)).tolist(),
        "other": (rng.normal(0.0, 20.0, years) * (seed % 5 == 0)).tolist(),
        "cost": rng.uniform(0.0, 100.0, years).tolist(),
        "operating_vat": (rng.uniform(0.0, 20.0, years) * (seed % 4 == 0)).tolist(),
        "working_capital": float(rng.uniform(0.0, 20.0)),
        "equity_share": equity,
        "loan_rate": float(rng.choice([0.0, rng.uniform(0.01, 0.12)])),
        "loan_years": int(rng.integers(1, years + 1)),
        "repayment": ("equal_principal", "annuity", "all_cash")[seed % 3],
        "vat_rate": 0.13,
        "surtax_share": 0.1,
        "refund_share": float(rng.choice([0.0, 0.5])),
        "recovered": bool(rng.integers(0, 2)),
        "depreciation_years": int(rng.integers(3, 26)),
        "residual_share": 0.05,
        "tax": rng.choice([0.15, 0.25], years).tolist(),
        "free": int(rng.integers(0, 4)),
        "half": int(rng.integers(0, 4)),
        "carry": int(rng.integers(0, 7)),
    }
    plan = ProjectPlan(
        building_years=building,
        operating_years=years,
        outlays=[Outlay(r, float(life)) for r, (_, life) in zip(rows, kinds, strict=True)],
        input_vat_share=given["vat_share"],
        revenue_cny=np.array(given["revenue"]),
        other_income_cny=np.array(given["other"]),
        operating_cost_cny=np.array(given["cost"]),
        operating_vat_cny=np.array(given["operating_vat"]),
        working_capital_cny=given["working_capital"],
        equity_share=equity,
        loan_rate=given["loan_rate"],
        loan_years=given["loan_years"],
        repayment=given["repayment"],
        vat_rate=0.13,
        surtax_share=0.1,
        vat_refund_share=given["refund_share"],
        recovered_vat_is_cash=given["recovered"],
        depreciation_years=float(given["depreciation_years"]),
        residual_share=0.05,
        tax_rate=np.array(given["tax"]),
        tax_free_years=given["free"],
        tax_half_years=given["half"],
        loss_carry_years=given["carry"],
    )
    return given, plan


ROWS = {
    "investment": "investment_cny",
    "interest in building": "interest_in_building_cny",
    "replacement": "replacement_cny",
    "depreciation": "depreciation_cny",
    "salvage": "salvage_cny",
    "VAT paid": "vat_paid_cny",
    "VAT deducted": "vat_deducted_cny",
    "tax": "income_tax_cny",
    "adjusted tax": "adjusted_tax_cny",
    "interest": "interest_cny",
    "principal": "principal_cny",
    "before tax": "before_tax_cny",
    "after tax": "after_tax_cny",
    "equity": "equity_flow_cny",
}


def test_a_spreadsheet_has_the_same_rows_for_500_projects():
    peer = pytest.importorskip("numpy_financial", reason="the extra test is not installed")
    flows = np.zeros((2, 500, 34))  # years after the last one hold nothing
    for seed in range(500):
        given, plan = generated(seed)
        cells, flow = spreadsheet(given), cash_flow(plan)
        expected = np.array([cells[cell] for cell in ROWS])
        found = np.array([getattr(flow, row) for row in ROWS.values()])
        off = np.abs(found - expected) > 1e-9 * np.maximum(1.0, np.abs(expected))
        assert not off.any(), (seed, np.array(list(ROWS))[off.any(axis=1)])
        flows[:, seed, : expected.shape[1]] = cells["after tax"], cells["equity"]
    rates = internal_rates(flows)
    single = (rates.count == 1) & (np.nan_to_num(rates.only, nan=-1.0) > -0.3)
    assert np.count_nonzero(single) > 500
    expected = [peer.irr(flow) for flow in flows[single]]
    assert_allclose(rates.only[single], expected, rtol=0.0, atol=1e-9)


def test_many_projects_at_once_are_those_of_each():
    plans = [wind(hours, tax) for hours in (1500.0, 2000.0, 2950.0) for tax in (0.25,)]
    shares, rates = np.array([0.2, 0.3, 1.0]), np.array([0.035, 0.0, 0.05])
    together = cash_flow(
        wind(
            revenue_cny=np.stack([plan.revenue_cny for plan in plans]),
            equity_share=shares,
            loan_rate=rates,
        )
    )
    for i, plan in enumerate(plans):
        alone = cash_flow(replace(plan, equity_share=shares[i], loan_rate=rates[i]))
        for name, row in alone.rows().items():
            assert_allclose(together.rows()[name][i], row, rtol=1e-12, atol=1e-9, err_msg=name)


def test_all_money_scales_with_the_unit_and_returns_do_not():
    plan = generated(17)[1]
    scale = 1e4
    big = replace(
        plan,
        outlays=[Outlay(scale * part.cny, part.life_years) for part in plan.outlays],
        **{
            name: scale * getattr(plan, name)
            for name in (
                "revenue_cny",
                "other_income_cny",
                "operating_cost_cny",
                "operating_vat_cny",
                "working_capital_cny",
            )
        },
    )
    for name, row in cash_flow(plan).rows().items():
        assert_allclose(cash_flow(big).rows()[name], scale * row, rtol=1e-12, atol=1e-6)
    assert_allclose(cash_flow(big).after_tax.rates, cash_flow(plan).after_tax.rates, rtol=1e-10)


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_rows_close(seed):
    """Sources pay for uses, the loan is repaid, assets are depreciated, VAT adds up."""
    plan = generated(seed)[1]
    flow = cash_flow(plan)
    borrowed = flow.loan_drawn_cny.sum() + flow.interest_in_building_cny.sum()
    assert_allclose(flow.equity_cny + flow.loan_drawn_cny, flow.investment_cny, atol=1e-9)
    assert flow.principal_cny.sum() == pytest.approx(borrowed, abs=1e-8)
    assert flow.loan_cny[-1] == pytest.approx(0.0, abs=1e-8)
    bought = flow.investment_cny.sum() + flow.replacement_cny.sum()
    asset = bought * (1.0 - plan.input_vat_share) + flow.interest_in_building_cny.sum()
    assert flow.depreciation_cny.sum() + flow.salvage_cny.sum() == pytest.approx(asset)
    assert_allclose(
        flow.vat_deducted_cny + flow.vat_paid_cny, np.maximum(flow.output_vat_cny, 0), atol=1e-9
    )
    assert flow.working_capital_cny.sum() == pytest.approx(0.0, abs=1e-12)


def test_all_cash_repays_first_and_never_from_the_owner_s_pocket():
    flow = cash_flow(wind(repayment="all_cash"))
    paying = flow.loan_cny[1:15] > 1e-6
    assert_allclose(flow.equity_flow_cny[1:15][paying], 0.0, atol=1e-9)
    assert flow.loan_cny[-1] == pytest.approx(0.0, abs=1e-9)
    assert (np.diff(flow.loan_cny[1:]) <= 1e-9).all()


def test_without_a_loan_equity_is_the_project_after_tax():
    flow = cash_flow(wind(equity_share=1.0))
    assert_allclose(flow.equity_flow_cny, flow.after_tax_cny, atol=1e-9)
    assert np.isinf(flow.debt_service_coverage).all()
    assert cash_flow(wind(equity_share=1.0, loan_years=0, building_years=0)).loan_cny.max() == 0.0


def test_a_loan_for_everything_leaves_no_outlay_of_equity():
    assert cash_flow(wind(equity_share=0.0)).equity.in_words() == "no IRR: the flow has no outlay"


def test_a_loan_at_rate_zero_costs_nothing():
    flow = cash_flow(wind(loan_rate=0.0))
    assert flow.interest_cny.sum() == flow.interest_in_building_cny.sum() == 0.0
    annuity = cash_flow(wind(loan_rate=0.0, repayment="annuity"))
    assert_allclose(annuity.principal_cny, flow.principal_cny, atol=1e-9)


def test_holidays_begin_in_the_first_year_with_income():
    late = np.full(YEARS, 6500.0)
    late[:2] = 0.0
    flow = cash_flow(wind(revenue_cny=late, loss_carry_years=0))
    profit, tax = flow.profit_cny[1:], flow.income_tax_cny[1:]
    assert_allclose(tax[:5], 0.0)
    assert_allclose(tax[5:8], 0.125 * profit[5:8])
    assert_allclose(tax[8:], 0.25 * profit[8:])


def test_losses_are_carried_five_years_oldest_first():
    profit = np.array([-100.0, -50.0, 30.0, 0.0, 0.0, 40.0, 200.0])
    flow = cash_flow(
        wind(
            operating_years=7,
            loan_years=1,
            equity_share=1.0,
            outlays=[Outlay(np.zeros(8), 7.0)],
            revenue_cny=np.zeros(7),
            other_income_cny=profit,
            operating_cost_cny=np.zeros(7),
            operating_vat_cny=np.zeros(7),
            tax_rate=np.full(7, 0.25),
            tax_free_years=0,
            tax_half_years=0,
        )
    )
    # 100 of year 1: 30 used in year 3, 40 in year 6, the rest lapses; 50 of year 2 in year 7.
    assert_allclose(flow.income_tax_cny[1:], [0, 0, 0, 0, 0, 0, 0.25 * 150.0])


def test_interest_accrues_over_several_building_years():
    built = np.array([600.0, 400.0, *[0.0] * YEARS])
    flow = cash_flow(wind(building_years=2, outlays=[Outlay(built, 20.0)], equity_share=0.0))
    first = 0.035 * 300.0
    second = 0.035 * (600.0 + first + 200.0)
    assert_allclose(flow.interest_in_building_cny[:2], [first, second])
    assert flow.first_operating == 2


def test_what_is_scrapped_and_replaced_comes_back_at_its_residual_value():
    built = np.array([1000.0, *[0.0] * 20])
    built[12] = 600.0
    flow = cash_flow(
        wind(outlays=[Outlay(built, 12.0)], input_vat_share=0.0, equity_share=1.0, loan_rate=0.0)
    )
    assert_allclose(flow.depreciation_cny[1:13], 950.0 / 12.0)
    assert_allclose(flow.depreciation_cny[13:], 0.95 * 600.0 / 12.0)
    assert flow.salvage_cny[12] == pytest.approx(50.0)
    assert flow.salvage_cny[20] == pytest.approx(600.0 - 0.95 * 600.0 * 8.0 / 12.0)
    assert flow.replacement_cny[12] == 600.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"building_years": 0}, "building_years = 0 leaves no time in which interest"),
        ({"loan_years": 21}, "loan_years = 21 must be from 1 to the 20 operating years"),
        ({"loan_years": 0}, "loan_years = 0 must be"),
        ({"equity_share": 20.0}, "equity_share is a share of the investment, from 0 to 1"),
        ({"outlays": [Outlay(np.zeros(21), 0.0)]}, "life_years of equipment must be at least 1"),
        ({"depreciation_years": 0.0}, "depreciation_years = 0 must be greater than 0"),
        ({"operating_years": 0, "equity_share": 1.0}, "needs at least one year"),
        ({"building_years": -1}, "building_years = -1 must be at least 0"),
        ({"loan_rate": -1.0}, "loan_rate must be greater than -1"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        wind(**changes)


@pytest.mark.parametrize("of", ["revenue", "capital"])
def test_a_back_solve_holds_when_it_is_computed_again(of):
    plan = wind(np.float64(2000.0))
    factor = factor_for_equity_return(lambda f: plan.scaled(**{of: f}), 0.08)
    again = cash_flow(plan.scaled(**{of: factor}))
    assert again.equity.only == pytest.approx(0.08, abs=1e-10)
    assert (factor < 1.0) == (of == "revenue")  # 12.63 % at a factor of 1


def test_a_back_solve_of_many_is_that_of_each():
    hours = np.array([1000.0, 2000.0, 2950.0])
    plans = wind(revenue_cny=hours[:, None] * np.full(YEARS, 100.0 * 0.25 / 10.0 / 1.13))
    factors = factor_for_equity_return(lambda f: plans.scaled(revenue=f), 0.08, (3,))
    assert_allclose(
        internal_rates(cash_flow(plans.scaled(revenue=factors)).equity_flow_cny).only, 0.08
    )
    assert_allclose(factors * hours, factors[0] * hours[0], rtol=1e-9)  # the same income


def test_where_no_price_gives_the_target_there_is_no_factor():
    nothing = wind(revenue_cny=np.zeros(YEARS))
    assert np.isnan(factor_for_equity_return(lambda f: nothing.scaled(revenue=f), 0.08))
