"""Charts of money: what they show adds up and is what the figures say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.settings.policy import PolicySettings
from altay_energy.report.plots import (
    draw_run_charts,
    plot_bill,
    plot_cash_flow,
    plot_rules,
    plot_tariff_clock,
)
from altay_energy.report.plots.money.bill import PARTS, bill_steps
from altay_energy.report.plots.money.cash_flow import cash_parts
from altay_energy.report.plots.money.rules import gauges
from altay_energy.report.plots.money.tariff import mean_day, price_clock
from altay_energy.report.text import words
from altay_energy.run.figures.figure import figures_in
from altay_energy.run.money import bill
from altay_energy.run.money.cash_flow import Outlay, ProjectPlan, cash_flow

LANGUAGES = ("en", "zh")
SCENARIOS = Path(__file__).parents[5] / "scenarios"


@pytest.fixture(scope="module")
def billed():
    """A July week of a load with a bill of 2026 and dated rules."""
    grid = ae.Grid.model_validate(
        {
            "import_limit_mw": 100,
            "export_limit_mw": 20,
            "export_price_cny_mwh": 250,
            "bill": {
                "way": "grid_agent",
                "network": "xinjiang_network_2026",
                "time_of_use": "xinjiang_tou_2023",
                "voltage_kv": 110,
                "purchase_price_cny_mwh": 250,
                "prices_include_vat": True,
                "parts": "two",
                "charge": "demand",
            },
        }
    )
    timeline = ae.Timeline(datetime.fromisoformat("2027-07-05T00:00+08:00"), 168)
    load = ae.Load.model_validate({"sector": "mining", "peak_mw": 50})
    site = ae.Site(latitude=47.4, longitude=85.9, elevation_m=984)
    battery = ae.Battery(charge_mw=10, discharge_mw=10, energy_mwh=20)
    portfolio = ae.Portfolio(
        timeline=timeline,
        sites={"mine": site},
        solar={"mine": ae.SolarPlant(site="mine", capacity_mw=60)},
        battery={"mine": battery},
        load={"mine": load},
        grid=grid,
        policy=PolicySettings(rules=["xinjiang_feed_in_2026", "storage_share"]),
    )
    return portfolio.run()


def money(**changes):
    """A bill with every part, one of them below zero."""
    found = {"purchase_cny": 900.0, "time_of_use_cny": -100.0, "mean_price_cny_mwh": 400.0}
    found |= dict(zip(PARTS, (30.0, 200.0, 0.0, 10.0, 300.0, None), strict=True))
    found |= changes
    parts = sum(found[part] or 0.0 for part in PARTS)
    return {**found, "total_cny": found["purchase_cny"] + parts}


def test_every_part_of_a_bill_is_a_step():
    assert {f"{part}_cny" for part in bill.PARTS} == {"purchase_cny", *PARTS}
    assert {"time_of_use_cny", *PARTS} <= {entry.key for entry in figures_in(bill.Bill)}


@given(st.lists(st.floats(-1e9, 1e9), min_size=8, max_size=8))
def test_the_steps_add_up_to_the_bill(amounts):
    keys = ("purchase_cny", "time_of_use_cny", *PARTS)
    asked = money(**dict(zip(keys, amounts, strict=True)))
    largest = max(map(abs, amounts), default=0.0)
    assert_allclose(sum(bill_steps(asked).values()), asked["total_cny"], atol=1e-7 * largest + 1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
def test_bars_begin_where_the_one_above_ends_and_the_last_is_the_whole(language):
    ax = plot_bill(money(), title="A mine", language=language)
    *steps, total = ax.patches
    for one, next_one in pairwise(steps):
        assert next_one.get_x() == pytest.approx(one.get_x() + one.get_width())
    last = steps[-1]
    assert total.get_x() == 0.0
    assert total.get_width() == pytest.approx(last.get_x() + last.get_width())
    assert len(ax.get_yticklabels()) == len(steps) + 1
    assert any("400" in text.get_text() for text in ax.texts)


def test_a_bill_of_nothing_is_drawn():
    nothing = dict.fromkeys(("purchase_cny", "time_of_use_cny", *PARTS), 0.0)
    ax = plot_bill(money(**nothing, mean_price_cny_mwh=0.0))
    assert [bar.get_width() for bar in ax.patches] == [0.0, 0.0]


def test_prices_of_the_clock_are_those_of_the_hours(billed):
    clock = price_clock(billed.hourly)
    assert np.isnan(clock[[0, 5, 7]]).all()
    july = billed.bill.rates.import_price_cny_mwh[:24]
    assert_allclose(clock[6], july)
    assert clock[6, 21] == clock[6].max()
    assert clock[6, 14] == clock[6].min()


def test_the_mean_day_holds_the_energy_of_the_period(billed):
    day = mean_day(billed.hourly)
    assert_allclose(day["import"].sum() * 7, billed.kpis["import_mwh"])
    assert_allclose(day["load"].sum() * 7, billed.kpis["load_mwh"])
    assert day["import"].shape == (24,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clock_has_twelve_months_and_every_power_a_name(billed, language):
    above, below = plot_tariff_clock(billed.hourly, language=language)
    assert len(above.get_yticklabels()) == 12
    assert len(below.lines) == len(below.get_legend().get_texts()) == len(mean_day(billed.hourly))


def plan(**changes):
    given = {
        "building_years": 1,
        "operating_years": 12,
        "outlays": [Outlay(np.array([1000.0] + [0.0] * 5 + [80.0] + [0.0] * 6), 12.0)],
        "input_vat_share": 0.1,
        "revenue_cny": np.full(12, 180.0),
        "other_income_cny": np.zeros(12),
        "operating_cost_cny": np.full(12, 20.0),
        "operating_vat_cny": np.zeros(12),
        "working_capital_cny": 10.0,
        "equity_share": 0.3,
        "loan_rate": 0.04,
        "loan_years": 8,
        "repayment": "annuity",
        "vat_rate": 0.13,
        "surtax_share": 0.1,
        "vat_refund_share": 0.0,
        "recovered_vat_is_cash": False,
        "depreciation_years": 12.0,
        "residual_share": 0.05,
        "tax_rate": np.full(12, 0.25),
        "tax_free_years": 0,
        "tax_half_years": 0,
        "loss_carry_years": 5,
    }
    return ProjectPlan(**{**given, **changes})


@pytest.mark.parametrize("changes", [{}, {"recovered_vat_is_cash": True, "vat_refund_share": 0.5}])
def test_the_bars_of_a_cash_flow_add_up_to_the_flow_of_equity(changes):
    flow = cash_flow(plan(**changes))
    assert_allclose(sum(cash_parts(flow).values()), flow.equity_flow_cny, atol=1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cash_flow_says_its_returns_and_ends_at_the_sum(language):
    flow = cash_flow(plan())
    above, below = plot_cash_flow(flow, first_year=2028, language=language)
    note = " ".join(text.get_text() for text in above.texts)
    assert f"{100 * float(flow.equity.only):.1f}" in note
    lines = [line for line in below.lines if len(line.get_ydata()) == 13]
    scale = words(language).scale("money", 1000.0).factor
    assert_allclose(lines[0].get_ydata()[-1], flow.after_tax_cny.sum() * scale)
    assert lines[0].get_xdata()[0] == 2027


def test_a_project_without_a_return_is_drawn_with_words():
    flow = cash_flow(plan(revenue_cny=np.zeros(12)))
    above, _ = plot_cash_flow(flow)
    note = " ".join(text.get_text() for text in above.texts)
    assert "not paid back" in note
    never = replace(flow, equity_flow_cny=np.full(13, -1.0), after_tax_cny=np.full(13, -1.0))
    above, _ = plot_cash_flow(never)
    assert "equity: no rate of return" in " ".join(text.get_text() for text in above.texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_gauge_is_the_value_of_its_rule_and_its_colour_the_verdict(billed, language):
    policy = billed.kpis["policy"]
    shown = gauges(policy)
    ax = plot_rules(policy, language=language)
    bars = ax.patches[len(shown) :]
    assert [bar.get_width() for bar in bars] == [100 * rule["value"] for rule in shown.values()]
    met = {
        tuple(bar.get_facecolor())
        for bar, rule in zip(bars, shown.values(), strict=True)
        if rule["met"]
    }
    missed = {
        tuple(bar.get_facecolor())
        for bar, rule in zip(bars, shown.values(), strict=True)
        if not rule["met"]
    }
    assert met
    assert missed
    assert not met & missed


def test_without_a_share_there_is_no_gauge():
    with pytest.raises(ValueError, match="no rule of this run limits a share"):
        plot_rules({})


@pytest.mark.slow
def test_a_year_with_money_has_its_charts_with_captions(tmp_path):
    costs = {"income": "avoided_bill", "prices_include_vat": True, "recovered_vat_is_cash": False}
    plants = {"wind": 3916, "solar": 3000, "battery": 3500}
    costs["costs"] = {kind: {"capital_cny_kw": cny} for kind, cny in plants.items()}
    rules = {"rules": ["green_direct_650"]}
    run = ae.load(SCENARIOS / "jeminay-2026.toml", {"economics": costs, "policy": rules}).run()
    drawn = draw_run_charts(run.hourly, tmp_path, document=run.kpis, project=run.project)
    found = [path.stem for path in drawn.paths]
    assert found[-4:] == ["bill", "tariff_clock", "cash_flow", "rules"]
    for language in LANGUAGES:
        assert all(words(language)("caption", name) for name in found[-4:])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["bill", "tariff_clock", "cash_flow", "rules"])
def test_every_chart_of_money_has_a_caption(name, language):
    assert words(language)("caption", name)
