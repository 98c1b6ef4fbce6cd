"""The bill of runs: known figures, both ways to the same money, nearby consumption."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.supply.time_of_use import TIMES_OF_USE
from altay_energy.report.text.messages import translated
from altay_energy.run.money.bill import PARTS, bill_of

AGENT = {
    "way": "grid_agent",
    "network": "xinjiang_network_2026",
    "time_of_use": "xinjiang_tou_2023",
    "voltage_kv": 220,
    "purchase_price_cny_mwh": 250,
    "prices_include_vat": True,
    "system_operation_fee_cny_mwh": 0.0,
}
TRADE = {key: value for key, value in AGENT.items() if key != "time_of_use"}
NEARBY = TRADE | {
    "way": "nearby",
    "fee": "capacity",
    "charge": "capacity",
    "capacity_mva": 150.0,
    "mean_load_rate": 0.6,
}
YEAR = ae.Timeline.of_year(2023)


def grid(**changes):
    return ae.Grid(import_limit_mw=150, export_limit_mw=400, bill={**AGENT, **changes})


# Import of jeminay-2023 by rules by level and month [MWh], and the peaks of the months [MW], as the
# program computed them when the bill was worked out by hand.
IMPORT_MWH = {
    "deep_valley": [0, 0, 0, 0, 2074.298, 1217.805, 1714.657, 3326.562, 0, 0, 0, 0],
    "valley": [
        *(5642.933, 6788.241, 5692.302, 7611.203, 6581.510, 5325.180),
        *(6946.197, 10077.347, 9732.704, 11027.637, 6557.690, 9574.984),
    ],
    "flat": [
        *(5150.421, 5813.855, 6177.577, 8122.173, 8208.082, 7075.080),
        *(9636.197, 13300.777, 9259.172, 11563.365, 7234.724, 10033.946),
    ],
    "peak": [
        *(3939.218, 6823.912, 6157.540, 7749.175, 8366.119, 6697.951),
        *(7057.032, 14175.440, 9219.961, 11063.713, 4927.568, 8406.205),
    ],
    "sharp": [1489.730, 0, 0, 0, 0, 0, 2451.439, 0, 0, 0, 1945.402, 2720.459],
}
PEAK_MW = [
    *(102.406097, 100.564518, 102.017516, 105.494901, 110.381785, 113.50941),
    *(116.20951, 115.899693, 110.179222, 105.384503, 102.213579, 102.495388),
]


def import_of_the_table():
    """Hours with these totals: each class at its mean, but one flat hour at the month's peak."""
    levels, power = TIMES_OF_USE.load("xinjiang_tou_2023").levels(YEAR), np.zeros(8760)
    for level, months in IMPORT_MWH.items():
        for month, energy in enumerate(months):
            hours = np.flatnonzero((levels == level) & (YEAR.month == month))
            if level == "flat":
                power[hours[0]] = PEAK_MW[month]
                hours, energy = hours[1:], energy - PEAK_MW[month]
            power[hours] = energy / max(hours.size, 1)
    return power


def test_the_bill_of_jeminay_2023_is_what_was_worked_by_hand():
    bill = bill_of(grid(), YEAR, import_of_the_table())
    factors = {"deep_valley": 0.1, "valley": 0.25, "flat": 1.0, "peak": 1.75, "sharp": 2.0}
    energy = {level: sum(months) for level, months in IMPORT_MWH.items()}
    purchase = 250.0 * sum(factors[level] * mwh for level, mwh in energy.items())
    rest = (250.0 * 0.0345 / 0.9655 + 48.5 + 4.1) * sum(energy.values())
    assert bill.purchase_cny == pytest.approx(purchase, rel=1e-12)
    assert bill.energy_cny == pytest.approx(purchase + rest, rel=1e-12)
    assert bill.purchase_cny / 1e6 == pytest.approx(77.00849, abs=1e-5)
    assert bill.energy_cny / 1e6 == pytest.approx(95.76, abs=0.01)
    assert bill.charge_by_demand_cny / 1e6 == pytest.approx(39.12, abs=0.01)
    assert bill.charge_by_demand_cny == pytest.approx(30_400.0 * sum(PEAK_MW), rel=1e-12)
    assert bill.ledger_residual_share < 1e-12


@pytest.fixture(scope="module")
def jeminay(repository):
    return ae.load(repository / "scenarios" / "jeminay-2023.toml").portfolio


@pytest.fixture(scope="module")
def run(jeminay):
    return jeminay.with_(grid=grid()).run()


def test_the_run_pays_the_bill_and_both_ways_agree(run):
    bill, figures = run.bill, run.kpis["kpis"]
    assert bill.ledger_residual_share < 1e-9
    assert figures["import_cost_cny"] == pytest.approx(float(bill.energy_cny), rel=1e-12)
    assert figures["demand_charge_cny"] == pytest.approx(float(bill.charge_cny), rel=1e-12)
    assert sum(bill.parts[name].sum() for name in PARTS) == pytest.approx(float(bill.total_cny))
    assert bill.import_mwh.sum() == pytest.approx(figures["import_mwh"])
    # On the weather of today as well; a later weather moves this and the ledger alike.
    assert bill.energy_cny / 1e6 == pytest.approx(95.76, abs=0.01)
    assert bill.charge_cny / 1e6 == pytest.approx(39.12, abs=0.01)
    # kpis.json holds nothing that JSON does not know.
    again = json.loads(json.dumps(run.kpis["bill"], allow_nan=False))
    assert again["total_cny"] == float(bill.total_cny)
    assert len(again["by_month"]["month"]) == 12


def test_without_a_bill_there_is_no_section(jeminay):
    run = jeminay.with_(timeline=ae.Timeline(YEAR.start, 48)).run()
    assert run.bill is None
    assert "bill" not in run.kpis


def test_a_capacity_decides_high_use_and_which_charge_is_cheaper(jeminay, run):
    by_demand, by_capacity = (
        jeminay.with_(grid=grid(charge=charge, capacity_mva=150)).run()
        for charge in ("demand", "capacity")
    )
    # 260 kWh/kVA × 150 MVA = 39,000 MWh: August alone, of 40,880 MWh.
    high = run.bill.import_mwh >= 39_000.0
    assert np.flatnonzero(high).tolist() == [7]
    rebate = 0.1 * 30_400.0 * run.bill.peak_mw[7]
    assert by_demand.bill.high_use_rebate_cny == pytest.approx(rebate)
    assert by_demand.bill.outside_dispatch_cny == pytest.approx(-rebate)
    assert by_demand.bill.charge_cny == pytest.approx(float(run.bill.charge_cny) - rebate)
    for one in (by_demand, by_capacity):
        assert one.bill.charge_by_capacity_cny == pytest.approx(150_000.0 * 19.0 * 12.0)
        assert one.bill.cheaper_charge == "capacity"
        assert one.bill.ledger_residual_share < 1e-9
    said = [text for text in by_demand.notices if "with this import" in text]
    assert said == [
        'grid: bill.charge = "demand" costs 38,765,051 CNY; charge = "capacity" would cost '
        "34,200,000 CNY with this import"
    ]
    assert "按此下网曲线" in translated(said[0], "zh")
    assert not [text for text in by_capacity.notices if "with this import" in text]
    assert by_capacity.kpis["demand_charge_cny"] == 0.0
    assert by_capacity.bill.outside_dispatch_cny == pytest.approx(34.2e6)


def test_nearby_consumption_pays_one_of_two_fees():
    # Published figures: 150 MVA, load rate 0.6, 907.5 GWh of consumption; 72.5 and 78.2 million.
    consumption = np.full(8760, 907_500.0 / 8760.0)
    imported = 0.3 * consumption
    for fee, total in (("capacity", 72.4), ("two_part", 78.2)):
        connection = ae.Grid(import_limit_mw=150, bill={**NEARBY, "fee": fee})
        bill = bill_of(connection, YEAR, imported, consumption)
        assert (bill.charge_cny + bill.nearby_fee_cny) / 1e6 == pytest.approx(total, abs=0.1)
        assert bill.charge_cny == pytest.approx(34.2e6)
        assert bill.fee_by_capacity_cny == pytest.approx(48.5 * 0.6 * 8760.0 * 150.0)
        assert bill.fee_by_consumption_cny == pytest.approx(48.5 * 907_500.0)
        assert bill.network_energy_cny == 0.0
        assert bill.ledger_residual_share < 1e-12


@pytest.mark.parametrize("method", ["rules", "optimal", "rolling"])
def test_every_method_pays_what_the_bill_says(jeminay, method):
    timeline = ae.Timeline(YEAR.start + timedelta(days=28), 24 * 6)
    dispatch = jeminay.dispatch.with_(method=method)
    run = jeminay.with_(grid=grid(capacity_mva=150), dispatch=dispatch, timeline=timeline).run()
    assert run.bill.ledger_residual_share < 1e-9
    assert run.bill.rates.months.size == 2


def test_foresight_lowers_the_bill_and_not_only_its_energy(jeminay):
    timeline = ae.Timeline(YEAR.start, 24 * 7)
    bills = {}
    for method in ("rules", "optimal"):
        dispatch = jeminay.dispatch.with_(method=method)
        run = jeminay.with_(grid=grid(), dispatch=dispatch, timeline=timeline).run()
        bills[method] = run.bill.total_cny - run.kpis["export_revenue_cny"]
    assert bills["optimal"] < bills["rules"]


def test_the_bill_of_a_whole_load_that_is_bought(run):
    load = run.dispatch.load_mw
    bought = bill_of(run.portfolio.grid, YEAR, load)
    assert bought.in_dispatch_cny is None
    assert bought.import_mwh.sum() == pytest.approx(run.kpis["load_mwh"])
    assert bought.total_cny > run.bill.total_cny
    assert bill_of(ae.Grid(import_limit_mw=150), YEAR, load) is None


def test_many_runs_have_a_bill_each():
    power = np.random.default_rng(1).uniform(0.0, 100.0, (2, 3, 8760))
    bill = bill_of(grid(), YEAR, power)
    assert bill.total_cny.shape == (2, 3)
    one = bill_of(grid(), YEAR, power[1, 2])
    assert_allclose(bill.total_cny[1, 2], one.total_cny, rtol=1e-12)
    assert np.all(bill.ledger_residual_share < 1e-12)


def test_an_island_and_a_connection_without_limits_pay_nothing(jeminay):
    closed = ae.Grid(import_limit_mw=0, export_limit_mw=0, bill=NEARBY)
    timeline = ae.Timeline(YEAR.start, 48)
    run = jeminay.with_(grid=closed, timeline=timeline).run()
    assert run.bill.total_cny == 0.0
    assert run.bill.fee_by_consumption_cny == 0.0
    assert run.bill.ledger_residual_share == 0.0
    assert jeminay.with_(grid=None, timeline=timeline).run().bill is None
