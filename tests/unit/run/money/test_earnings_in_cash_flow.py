"""What energy earns and how batteries age, in the years of a cash flow."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.money.earnings import Ageing, CapacityPrice, Mechanism
from altay_energy.components.money.economics import Economics
from altay_energy.core.timeline import Timeline

COSTS = {
    "wind": {"capital_cny_kw": 4000.0},
    "battery": {"capital_cny_kwh": 900.0, "replacement_share": 0.6},
}


@pytest.fixture(scope="module")
def portfolio():
    """A year of wind, a battery at rest and a mine at the grid."""
    return ae.Portfolio(
        timeline=Timeline.of_year(2027),
        wind={"a": ae.WindFarm(capacity_mw=100, profile=0.4)},
        battery={"x": ae.Battery(charge_mw=10, discharge_mw=10, energy_mwh=40, initial_level=0)},
        load={"mine": ae.Load(profile=20.0)},
        grid=ae.Grid(import_limit_mw=100, export_limit_mw=100, export_price_cny_mwh=200.0),
    )


def flow(portfolio, **tables):
    economics = Economics(prices_include_vat=True, income="avoided_bill", costs=COSTS, **tables)
    run = portfolio.with_(economics=economics).run()
    return run, run.cash_flow


def test_settlement_and_capacity_price_are_income_of_their_years(portfolio):
    wind = Mechanism(price_cny_mwh=250.0, share=0.5, years=10)
    battery = CapacityPrice(terms="xinjiang_storage_2026")
    run, with_tables = flow(
        portfolio, mechanism={"wind": wind}, capacity_price={"battery.x": battery}
    )
    plain = flow(portfolio)[1]
    settled = float(run.earnings.mechanism_settlement_cny)
    assert settled == pytest.approx(0.5 * 20.0 * 8760.0 * 50.0, rel=1e-3)  # the battery takes a bit
    yearly = np.repeat([settled, 0.0], 10) + 110.0 * 10_000
    gained = with_tables.revenue_cny + with_tables.other_income_cny
    gained = gained - plain.revenue_cny - plain.other_income_cny
    assert_allclose(gained[..., -20:], yearly / 1.13, rtol=1e-9)  # the VAT in it is not income


def test_a_battery_that_ages_is_replaced_in_the_year_its_life_ends(portfolio):
    run, aged = flow(portfolio, ageing={"battery.x": Ageing(calendar_years=7.5)})
    assert run.ageing["battery.x"].replacement_years(20) == [8, 15]
    bought = aged.replacement_cny[..., -20:]
    assert np.flatnonzero(bought).tolist() == [7, 14]
    assert_allclose(bought[[7, 14]], 0.6 * 900.0 * 40_000)
