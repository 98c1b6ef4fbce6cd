"""Laws of bills: two ways to the same money, scale, parts of a year, voltage, two fees."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.components.supply.bill import GridBill
from altay_energy.components.supply.grid import Grid
from altay_energy.components.supply.network_tariff import (
    NETWORK_TARIFFS,
    NetworkTariff,
    NetworkVersion,
    VoltagePrices,
)
from altay_energy.components.supply.time_of_use import TIMES_OF_USE
from altay_energy.core.timeline import Timeline
from altay_energy.run.money.bill import FIGURES, PARTS, bill_of

YEAR = Timeline.of_year(2027)
MONEY = [figure.key for figure in FIGURES if figure.key.endswith(("_cny", "_cny_mwh"))]

seeds = st.integers(0, 2**32 - 1)


def imports(seed, steps=8760):
    """Power with hours of nothing and with peaks. [MW]"""
    rng = np.random.default_rng(seed)
    return np.maximum(rng.gamma(2.0, 40.0, steps) - 30.0, 0.0)


def prices(scale=1.0, rise=1.0):
    return VoltagePrices(
        from_kv=1.0,
        single_part_cny_mwh=120.0 * scale * rise,
        two_part_cny_mwh=60.0 * scale * rise,
        demand_cny_kw_month=32.0 * scale * rise,
        capacity_cny_kva_month=21.0 * scale * rise,
    )


def tariff(scale=1.0, change=date(2027, 5, 12)):
    """A network tariff that changes within May."""
    versions = [
        NetworkVersion(
            source="assumed",
            valid_from=first,
            line_loss_share=loss,
            government_funds_cny_mwh=4.0 * scale,
            high_use_kwh_kva=260.0,
            high_use_demand_factor=0.9,
            voltages=(prices(scale, rise),),
        )
        for first, loss, rise in ((date(2026, 1, 1), 0.03, 1.0), (change, 0.04, 1.2))
    ]
    return NetworkTariff(title="Mine", versions=versions)


def bills(scale=1.0):
    """Ways of paying × forms of the purchase price."""
    months = tuple(scale * (200.0 + 10.0 * k) for k in range(12))
    hourly = scale * (200.0 + 100.0 * np.sin(np.arange(8760) / 7.0))
    common = {
        "network": tariff(scale),
        "voltage_kv": 10.0,
        "prices_include_vat": False,
        "system_operation_fee_cny_mwh": 30.0 * scale,
        "capacity_mva": 140.0,
    }
    tou = {"time_of_use": TIMES_OF_USE.load("xinjiang_tou_2023"), "way": "grid_agent"}
    nearby = {"way": "nearby", "mean_load_rate": 0.55}
    ways = (
        tou | {"purchase_price_cny_mwh": 250.0 * scale},
        tou | {"purchase_price_cny_mwh": months, "charge": "capacity"},
        tou | {"purchase_price_cny_mwh": hourly, "parts": "single"},
        {"way": "direct_trade", "purchase_price_cny_mwh": hourly},
        nearby | {"purchase_price_cny_mwh": months, "fee": "capacity", "charge": "capacity"},
        nearby | {"purchase_price_cny_mwh": hourly, "fee": "two_part"},
    )
    return [GridBill(**common, **way) for way in ways]


def grid(bill):
    return Grid(import_limit_mw=1e4, bill=bill)


@pytest.mark.parametrize("number", range(6))
@settings(max_examples=8)
@given(seed=seeds)
def test_hours_and_totals_of_months_give_the_same_money(number, seed):
    power, used = imports(seed), imports(seed + 1)
    bill = bill_of(grid(bills()[number]), YEAR, power, used)
    assert bill.ledger_residual_share < 1e-12
    assert bill.total_cny == pytest.approx(sum(bill.parts[name].sum() for name in PARTS))
    outside = bill.charge_cny if bill.rates.charge == "capacity" else -bill.high_use_rebate_cny
    assert bill.outside_dispatch_cny == pytest.approx(float(outside + bill.nearby_fee_cny))


@pytest.mark.parametrize("number", range(6))
@settings(max_examples=8)
@given(seed=seeds, scale=st.floats(0.3, 3.0))
def test_scaling_all_prices_scales_every_figure_of_money(number, seed, scale):
    power = imports(seed)
    one, other = (bill_of(grid(bills(s)[number]), YEAR, power) for s in (1.0, scale))
    for key in MONEY:
        if getattr(one, key) is None:
            assert getattr(other, key) is None
        else:
            assert getattr(other, key) == pytest.approx(scale * float(getattr(one, key)), 1e-9), key
    assert other.cheaper_charge == one.cheaper_charge
    assert other.high_use_months == one.high_use_months


@pytest.mark.parametrize("number", [0, 1, 4])
@settings(max_examples=8)
@given(seed=seeds, cut=st.integers(1, 8759))
def test_two_parts_of_a_year_add_up_but_for_the_demand_of_the_month_that_is_cut(number, seed, cut):
    power, one = imports(seed), grid(bills()[number])
    middle = datetime.fromisoformat(f"{np.datetime_as_string(YEAR.local[cut])}+08:00")
    first, second = Timeline(YEAR.start, cut), Timeline(middle, 8760 - cut)
    whole = bill_of(one, YEAR, power)
    parts = [bill_of(one, first, power[:cut]), bill_of(one, second, power[cut:])]
    for key in ("energy_cny", "charge_by_capacity_cny", "nearby_fee_cny"):
        together = sum(float(getattr(part, key)) for part in parts)
        assert together == pytest.approx(float(getattr(whole, key)), rel=1e-9), key
    halved = np.datetime64(middle.replace(tzinfo=None), "M")
    for part in parts:
        keep = part.rates.months != halved
        same = np.isin(whole.rates.months, part.rates.months[keep])
        for name in PARTS:
            assert_allclose(part.parts[name][keep], whole.parts[name][same], rtol=1e-9)
    assert sum(part.peak_charge_cny.sum() for part in parts) >= whole.peak_charge_cny.sum() - 1.0


@settings(max_examples=25)
@given(
    seed=seeds,
    pair=st.tuples(*(2 * [st.sampled_from((0.4, 10.0, 20.0, 35.0, 110.0, 220.0, 750.0))])),
    parts=st.sampled_from(("single", "two")),
    charge=st.sampled_from(("demand", "capacity")),
    mva=st.floats(1.0, 500.0),
)
def test_a_higher_voltage_never_raises_the_network_bill(seed, pair, parts, charge, mva):
    power, month = imports(seed, 744), Timeline(YEAR.start, 744)
    shipped = NETWORK_TARIFFS.load("xinjiang_network_2026")
    if parts == "two" and min(pair) < 1.0:
        return  # there is none
    low, high = (
        bill_of(
            grid(
                GridBill(
                    way="direct_trade",
                    network=shipped,
                    voltage_kv=voltage,
                    purchase_price_cny_mwh=250.0,
                    prices_include_vat=True,
                    parts=parts,
                    charge=charge,
                    capacity_mva=mva,
                )
            ),
            month,
            power,
        )
        for voltage in sorted(pair)
    )
    for key in ("network_energy_cny", "charge_cny", "total_cny"):
        assert getattr(high, key) <= getattr(low, key) * (1.0 + 1e-12), key


NEARBY = {
    "way": "nearby",
    "network": "xinjiang_network_2026",
    "voltage_kv": 220.0,
    "purchase_price_cny_mwh": 250.0,
    "prices_include_vat": True,
    "fee": "capacity",
    "charge": "capacity",
}


@settings(max_examples=25)
@given(seed=seeds, rate=st.floats(0.05, 1.0), mva=st.floats(1.0, 500.0), off=st.floats(-0.5, 0.5))
def test_the_two_fees_are_equal_exactly_at_the_mean_load_rate(seed, rate, mva, off):
    power = imports(seed)
    used = power * (rate * (1.0 + off) * 8760.0 * mva / power.sum())
    one = Grid(import_limit_mw=1e4, bill={**NEARBY, "capacity_mva": mva, "mean_load_rate": rate})
    bill = bill_of(one, YEAR, 0.3 * used, used)
    assert bill.fee_by_consumption_cny == pytest.approx((1.0 + off) * bill.fee_by_capacity_cny)
    assert (bill.fee_by_consumption_cny > bill.fee_by_capacity_cny) == (off > 0.0) or abs(
        off
    ) < 1e-9


@settings(max_examples=10)
@given(seed=seeds, rate=st.floats(0.05, 1.0))
def test_who_is_not_connected_pays_nothing(seed, rate):
    for fee in ("capacity", "two_part"):
        terms = {**NEARBY, "fee": fee, "capacity_mva": 150.0, "mean_load_rate": rate}
        closed = Grid(import_limit_mw=0.0, export_limit_mw=0.0, bill=terms)
        bill = bill_of(closed, YEAR, np.zeros(8760), imports(seed))
        assert bill.total_cny == 0.0
        assert bill.ledger_residual_share == 0.0
