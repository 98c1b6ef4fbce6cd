"""The table of the cash flow: costs by plant and age, dated taxes, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.money.economics import Economics, PlantCosts
from altay_energy.components.money.taxes import INCOME_TAXES, VAT_REFUNDS
from altay_energy.core.errors import ScenarioError

WIND = {"wind": {"capital_cny_kw": 4000.0}}
NEEDED = {"prices_include_vat": True, "income": "avoided_bill", "costs": WIND}


def test_costs_over_power_energy_and_age():
    costs = PlantCosts(
        capital_cny_kw=500.0,
        capital_cny_kwh=800.0,
        capital_cny=1e6,
        fixed_om_cny_kw_a=[10.0, 18.0],
        fixed_om_until_year=[2, 4],
        fixed_om_share=0.01,
    )
    investment = 1e3 * (500.0 * 10.0 + 800.0 * 40.0) + 1e6
    assert costs.investment_cny(10.0, 40.0) == investment
    assert_allclose(
        costs.fixed_om_cny(10.0, 40.0, 4),
        np.array([10.0, 10.0, 18.0, 18.0]) * 10e3 + 0.01 * investment,
    )
    assert_allclose(
        PlantCosts(capital_cny_kw=0.0, fixed_om_cny_kw_a=45.0).fixed_om_cny(100.0, 0.0, 2), 4.5e6
    )


def test_a_plant_has_its_own_costs_or_those_of_its_kind():
    wind, own = PlantCosts(capital_cny_kw=4000.0), PlantCosts(capital_cny_kw=3916.0)
    table = Economics(**{**NEEDED, "costs": {"wind": wind, "wind.jeminay": own}})
    assert table.costs_of("wind.jeminay") is own
    assert table.costs_of("wind.burqin") is wind
    assert table.costs_of("solar.burqin") is None


def test_income_tax_is_dated():
    table = Economics(**NEEDED, years=6, first_year=2028, loan_years=5)
    assert_allclose(table.tax_rate(2023), [0.15, 0.15, 0.15, 0.25, 0.25, 0.25])
    assert_allclose(table.with_(income_tax="china").tax_rate(2023), 0.25)
    assert_allclose(table.with_(income_tax=0.2).tax_rate(2023), 0.2)
    assert table.with_(first_year=None).first_operating(2023) == 2023


@pytest.mark.parametrize("catalogue", [INCOME_TAXES, VAT_REFUNDS])
def test_every_dated_share_has_its_source_and_ascending_years(catalogue):
    for name in catalogue.names:
        rule = catalogue.load(name)
        assert all(len(source) > 20 for source in rule.sources)
        assert all(0.0 <= share < 1.0 for share in rule.shares)
        assert None not in rule.last_years[:-1]
        assert list(rule.last_years[:-1]) == sorted(rule.last_years[:-1])


def test_a_tax_of_2031_from_a_rule_that_ends_in_2030_is_refused():
    table = Economics(**NEEDED, income_tax="west_2030")
    [(key, text)] = table.problems(["wind.a"], 2026)
    assert key == "economics.income_tax"
    assert "west_2030 ends in 2030, and nothing is known from 2031 on" in text
    assert "pays tax until 2045" in text
    assert '"xinjiang_west"' in text
    short = table.with_(years=5, loan_years=5)
    assert list(short.problems(["wind.a"], 2026)) == []


def test_every_plant_needs_costs_and_every_cost_its_plant():
    table = Economics(**{**NEEDED, "costs": {"wnd": PlantCosts(capital_cny_kw=4000.0)}})
    found = dict(table.problems(["wind.a", "battery.b"], 2026))
    assert "did you mean wind?" in found["economics.costs.wnd"]
    assert found["economics.costs"].startswith("has no costs of wind.a, battery.b")


def of_ages(cost, until):
    given = {"capital_cny_kw": 4000.0, "fixed_om_cny_kw_a": cost}
    return {"costs": {"wind": {**given, "fixed_om_until_year": until} if until else given}}


REFUSED = {
    "did you mean 0.20 (a share, not percent)?": {"equity_share": 20.0},
    "did you mean 0.035 (a share, not percent)?": {"loan_rate": 3.5},
    "did you mean 0.10 (a share, not percent)?": {"surtax_share": 10.0},
    "did you mean 0.25 (a share, not percent)?": {"income_tax": 25.0},
    "building_years = 0 leaves no time in which interest": {"building_years": 0},
    "loan_years = 25 is longer than years = 20": {"loan_years": 25},
    "loan_years = 0 leaves no time to repay": {"loan_years": 0},
    "years = 0: must be at least 1 [a]": {"years": 0},
    "discount_rate = -1.0: must be at least 0 [1/a]": {"discount_rate": -1.0},
    "did you mean west_2030?": {"income_tax": "west"},
    'income = "price" needs supply_price_cny_mwh, as in 350': {"income": "price"},
    "supply_price_cny_mwh is for income": {"supply_price_cny_mwh": 350.0},
    "is it in CNY/kWh? did you mean 250?": {"income": "price", "supply_price_cny_mwh": 0.25},
    "is it in CNY/W? did you mean 3916?": {"costs": {"wind": {"capital_cny_kw": 3.916}}},
    "is it in CNY/Wh? did you mean 836?": {"costs": {"battery": {"capital_cny_kwh": 0.836}}},
    "needs capital_cny_kw, capital_cny_kwh or capital_cny": {"costs": {"wind": {}}},
    "fixed_om_until_year ends with year 10, and years = 20": of_ages([10.0], [10]),
    "fixed_om_until_year must ascend": of_ages([1.0, 2.0], [20, 5]),
    "has 2 numbers for 1 ages": of_ages([1.0, 2.0], [20]),
    "as a list needs fixed_om_until_year": of_ages([1.0], None),
    "and only a list has it": of_ages(1.0, [20]),
    "must be at least 0": of_ages([-1.0], [20]),
    "building_shares has 1 numbers for building_years = 2": {
        "building_years": 2,
        "building_shares": [1.0],
    },
    "building_shares must add up to 1, not to 0.9": {
        "building_years": 2,
        "building_shares": [0.4, 0.5],
    },
    "give one figure twice": {"input_vat_share": 0.1, "input_vat_cny": 1e6},
    "repayment": {"repayment": "bullet"},
}


@pytest.mark.parametrize(("message", "given"), REFUSED.items())
def test_what_cannot_be_meant_is_refused(message, given):
    with pytest.raises(ScenarioError) as refused:
        Economics(**{**NEEDED, **given})
    assert message in str(refused.value).replace("costs.wind.", "")


def test_a_life_of_0_years_is_refused():
    with pytest.raises(ScenarioError, match=r"life_years = 0: must be at least 1 \[a\]"):
        PlantCosts(capital_cny_kw=4000.0, life_years=0)


@pytest.mark.parametrize("key", ["prices_include_vat", "income"])
def test_vat_and_income_must_be_said(key):
    with pytest.raises(ScenarioError, match=f"{key} is missing: say"):
        Economics(**{name: value for name, value in NEEDED.items() if name != key})


def test_without_costs_there_is_no_cash_flow_and_no_key_for_it():
    Economics(prices_include_vat=True, mechanism={})
    assert list(Economics().problems([], 2026)) == []
    with pytest.raises(ScenarioError, match="discount_rate is for the cash flow, which needs"):
        Economics(discount_rate=0.06)


def test_without_a_loan_nothing_of_it_is_asked_for():
    table = Economics(**NEEDED, equity_share=1.0, building_years=0, loan_years=0)
    assert table.vat_share_of_outlays == pytest.approx(0.85 * 0.13 / 1.13)
    assert table.with_(input_vat_share=0.1).vat_share_of_outlays == 0.1
