"""Prices of a bill by hour and month, and tables ``[grid.bill]`` that cannot be meant."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.supply.bill import VAT, GridBill
from altay_energy.components.supply.grid import Grid
from altay_energy.core.errors import AltayError, ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.report.text.messages import translated
from altay_energy.scenario.load import load

YEAR = Timeline.of_year(2027)
AGENT = {
    "way": "grid_agent",
    "network": "xinjiang_network_2026",
    "time_of_use": "xinjiang_tou_2023",
    "voltage_kv": 220,
    "purchase_price_cny_mwh": 250,
    "prices_include_vat": True,
}
TRADE = {k: v for k, v in AGENT.items() if k != "time_of_use"} | {"way": "direct_trade"}
NEARBY = TRADE | {"way": "nearby", "fee": "capacity", "capacity_mva": 150, "mean_load_rate": 0.6}
LOSS = 0.0345 / 0.9655


def test_only_the_purchase_price_floats():
    rates = GridBill(**AGENT).rates(YEAR)
    # 1 January: flat at 0, valley at 4, peak at 8, sharp at 19.
    price = rates.import_price_cny_mwh
    rest = 250.0 * LOSS + 48.5 + 4.1
    for hour, factor in ((0, 1.0), (4, 0.25), (8, 1.75), (19, 2.0)):
        assert price[hour] == pytest.approx(250.0 * factor + rest)
    assert_allclose(rates.demand_charge_cny_mw, np.full(12, 30_400.0))


def test_tax_is_added_to_what_is_bought_and_not_to_the_network():
    more = AGENT | {"system_operation_fee_cny_mwh": 20.0}
    with_tax, without = (
        GridBill(**more | {"prices_include_vat": vat}).rates(YEAR).import_price_cny_mwh
        for vat in (True, False)
    )
    bought = 250.0 * (1.0 + LOSS) + 20.0
    assert without[0] - with_tax[0] == pytest.approx(VAT * bought)
    assert any(
        "13% is added" in text
        for text in GridBill(**more | {"prices_include_vat": False}).notices(YEAR)
    )


def test_a_price_by_month_follows_the_calendar():
    prices = [200.0 + 10.0 * month for month in range(12)]
    rates = GridBill(**TRADE | {"purchase_price_cny_mwh": prices}).rates(YEAR)
    assert_allclose(rates.purchase_cny_mwh, np.array(prices)[YEAR.month])
    assert_allclose(rates.multiplier, 1.0)


def test_nearby_consumption_pays_no_network_energy_by_the_mwh():
    by_capacity = GridBill(**NEARBY).rates(YEAR)
    assert_allclose(by_capacity.import_price_cny_mwh, 250.0 * (1.0 + LOSS) + 4.1)
    assert_allclose(by_capacity.network_cny_mwh, 0.0)


def test_a_single_part_user_has_no_charge():
    rates = GridBill(**AGENT | {"parts": "single"}).rates(YEAR)
    assert rates.import_price_cny_mwh[0] == pytest.approx(250.0 * (1.0 + LOSS) + 105.9 + 4.1)
    assert_allclose(rates.demand_charge_cny_mw, np.zeros(12))
    by_capacity = GridBill(**AGENT | {"charge": "capacity", "capacity_mva": 150}).rates(YEAR)
    assert_allclose(by_capacity.demand_charge_cny_mw, np.zeros(12))


NETWORK = """
title = "Mine"
[[versions]]
source = "assumed"
valid_from = 2030-01-01
line_loss_share = 0.03
government_funds_cny_mwh = 4
voltages = [
    { from_kv = 1, two_part_cny_mwh = 100, demand_cny_kw_month = 30, capacity_cny_kva_month = 20 },
]
[[versions]]
source = "assumed"
valid_from = 2030-01-02
line_loss_share = 0.05
government_funds_cny_mwh = 5
voltages = [
    { from_kv = 1, two_part_cny_mwh = 110, demand_cny_kw_month = 40, capacity_cny_kva_month = 24 },
]
"""
HOURS = """
title = "Mine"
[[versions]]
source = "assumed"
valid_from = 2030-01-01
multipliers = { low = 0.5, high = 1.5 }
periods = [{ level = "low", hours = [[0, 12]] }, { level = "high", hours = [[12, 24]] }]
"""
OWN = """
[grid.bill]
way = "grid_agent"
network = { file = "tables/network.toml" }
time_of_use = { file = "tables/hours.toml" }
voltage_kv = 10
purchase_price_cny_mwh = { file = "price.csv", column = "price", unit = "CNY/kWh" }
prices_include_vat = true
"""


@pytest.fixture
def own_tables(tmp_path, scenario_file):
    """A scenario of two days whose tables and purchase price are files."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "network.toml").write_text(NETWORK)
    (tmp_path / "tables" / "hours.toml").write_text(HOURS)
    rows = "".join(
        f"2030-01-{1 + k // 24:02d}T{k % 24:02d}:00+08:00,{0.2 + 0.001 * k}\n" for k in range(48)
    )
    (tmp_path / "price.csv").write_text("time,price\n" + rows)
    return scenario_file(OWN)


def test_tables_and_prices_are_files_and_change_on_their_day(own_tables):
    grid = load(own_tables).portfolio.grid
    timeline = load(own_tables).portfolio.timeline
    rates = grid.bill_rates(timeline)
    purchase = 200.0 + np.arange(48)
    assert_allclose(rates.purchase_cny_mwh, purchase)
    factor = np.tile(np.repeat([0.5, 1.5], 12), 2)
    second = np.arange(48) >= 24
    price = purchase * factor + purchase * np.where(second, 0.05 / 0.95, 0.03 / 0.97)
    assert_allclose(rates.import_price_cny_mwh, price + np.where(second, 115.0, 104.0))
    assert_allclose(rates.demand_charge_cny_mw, [35_000.0])  # a day at 30, a day at 40
    assert_allclose(rates.month_share, [2.0 / 31.0])


def test_a_run_that_was_saved_runs_again_with_the_same_bill(own_tables, command, tmp_path):
    assert command("run", own_tables, "-o", "out", "--no-charts").status == 0
    again = load(tmp_path / "out" / "scenario.toml").run().kpis["kpis"]
    assert again == pytest.approx(load(own_tables).run().kpis["kpis"])
    kept = (tmp_path / "out" / "scenario.toml").read_text()
    assert "[grid.bill]" in kept
    assert "import_price_cny_mwh" not in kept


def test_explain_lists_the_bill_and_not_what_it_replaces(own_tables, command):
    found = command("explain", own_tables, "--json")
    assert '"grid.bill.voltage_kv"' in found.out
    assert '"grid.import_price_cny_mwh"' not in found.out
    assert '"grid.demand_charge_cny_mw"' not in found.out


def table(**changes):
    given = {**AGENT, **changes}
    keys = [f"{key} = {toml(value)}" for key, value in given.items() if value is not None]
    return "[grid.bill]\n" + "\n".join(keys) + "\n"


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


WRONG = {
    "two voltages": (
        table(voltage_kv=[110, 220]),
        "grid.bill.voltage_kv = [110, 220]: a bill has one voltage, that of its meter",
    ),
    "both charges": (
        table(charge=["demand", "capacity"]),
        'a bill has charge = "demand" or charge = "capacity"; the figure of the other is given',
    ),
    "both charges in words": (
        table(charge="both"),
        'a bill has charge = "demand" or charge = "capacity"',
    ),
    "per kWh": (
        table(purchase_price_cny_mwh=0.25),
        "purchase_price_cny_mwh = 0.25 CNY/MWh is unusual; did you mean 250?",
    ),
    "per kWh by month": (
        table(purchase_price_cny_mwh=[0.25] * 12),
        "purchase_price_cny_mwh = 0.25 CNY/MWh is unusual; did you mean 250?",
    ),
    "negative": (
        table(purchase_price_cny_mwh=-250),
        "purchase_price_cny_mwh is -250; it must be at least 0 CNY/MWh",
    ),
    "negative month": (
        table(purchase_price_cny_mwh=[250] * 11 + [-1]),
        "purchase_price_cny_mwh has 1 values out of range, the first is -1 at interval 11",
    ),
    "eleven months": (
        table(purchase_price_cny_mwh=[250] * 11),
        "is a list of 11; give one number, 12 numbers from January to December",
    ),
    "fee per kWh": (
        table(system_operation_fee_cny_mwh=0.03),
        "system_operation_fee_cny_mwh = 0.03: is unusual (expected 1 to 1000)",
    ),
    "tax unstated": (
        table(prices_include_vat=None),
        "grid.bill.prices_include_vat is missing: whether purchase price and system operation fee",
    ),
    "kVA for MVA": (
        table(capacity_mva=150_000),
        "capacity_mva = 150000: is unusual (expected 0.01 to 10000); if it is in a unit 1000 "
        "times smaller, write 150",
    ),
    "no levels": (
        table(time_of_use=None),
        'time_of_use is missing: way = "grid_agent" has levels by hour; give a name (xinjiang_',
    ),
    "levels in direct trade": (
        table(way="direct_trade"),
        'time_of_use does not go with way = "direct_trade": since 2026-03-01 users in direct',
    ),
    "unknown network": (
        table(network="xinjiang_network_2025"),
        "there is no network tariff 'xinjiang_network_2025'; did you mean xinjiang_network_2026?",
    ),
    "draft as levels": (
        table(time_of_use="xinjiang_tou_2021_draft"),
        "there is no time-of-use table 'xinjiang_tou_2021_draft'; did you mean xinjiang_tou_2023?",
    ),
    "no two-part price": (
        table(voltage_kv=0.4),
        'xinjiang_network_2026 has no two-part price at 0.4 kV; say parts = "single"',
    ),
    "capacity charge of nothing": (
        table(charge="capacity"),
        'charge = "capacity" needs capacity_mva, that of the transformers',
    ),
    "load rate of an agent": (
        table(mean_load_rate=0.6),
        'mean_load_rate goes with way = "nearby" only; leave it out',
    ),
    "nearby without fee": (
        table(way="nearby", time_of_use=None),
        'fee is missing: way = "nearby" pays "capacity" or "two_part"',
    ),
    "nearby without load rate": (
        table(way="nearby", time_of_use=None, fee="capacity"),
        'mean_load_rate is missing: fee = "capacity" is by the mean load rate of the province\'s',
    ),
    "nearby without capacity": (
        table(way="nearby", time_of_use=None, fee="capacity", mean_load_rate=0.6),
        'fee = "capacity" needs capacity_mva, that of the connection',
    ),
    "percent": (
        table(way="nearby", time_of_use=None, fee="capacity", mean_load_rate=60, capacity_mva=150),
        "mean_load_rate = 60: must be at most 1; did you mean 0.60 (a share, not percent)?",
    ),
    "misspelt": (table(voltage=220), "grid.bill.voltage is no key here; did you mean voltage_kv?"),
    "price beside it": (
        "import_price_cny_mwh = 280\n" + table(),
        "import_price_cny_mwh and bill are both given; a bill has the prices of import: leave the "
        'former out (where it is inherited: without = ["grid.import_price_cny_mwh"])',
    ),
    "charge beside it": (
        "demand_charge_cny_mw = 38000\n" + table(),
        "demand_charge_cny_mw and bill are both given",
    ),
    "outside the folder": (
        table(network=None) + 'network = { file = "../../network.toml" }\n',
        "outside",
    ),
    "no such file": (
        table(network=None) + 'network = { file = "network.toml" }\n',
        "there is no such file",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_bill_that_cannot_be_meant_says_how_to_mend_it(name, scenario_file, command, tmp_path):
    added, said = WRONG[name]
    found = command("run", scenario_file(added), "-o", "out")
    assert found.status == 2
    assert said in found.err
    assert "small.toml" in found.err
    assert not (tmp_path / "out").exists()


OF_THE_BILL = [name for name in WRONG if name not in {"outside the folder", "no such file"}]
ENGLISH_ALONE = {
    "unknown network",
    "draft as levels",
    "kVA for MVA",
    "fee per kWh",
    "negative month",
}
"""Of which only the frame is in Chinese: messages that all tables share."""


@pytest.mark.parametrize("name", [n for n in OF_THE_BILL if n not in ENGLISH_ALONE])
def test_it_says_so_in_chinese(name, scenario_file, command):
    said = command("--language", "zh", "run", scenario_file(WRONG[name][0]), "-o", "out").err
    assert re.search(r"[\u4e00-\u9fff]{2}", said), said


def test_a_table_that_ends_in_the_period_names_the_first_unknown_day(own_tables, command, tmp_path):
    hours = tmp_path / "tables" / "hours.toml"
    hours.write_text(HOURS.replace("2030-01-01", "2030-01-01\nvalid_until = 2030-01-01"))
    found = command("run", own_tables, "-o", "out")
    assert found.status == 2
    assert (
        "grid.bill.time_of_use: time-of-use table hours.toml: nothing is known from 2030-01-02 on, "
        "in the period 2030-01-01 00:00 to 2030-01-03 00:00"
    ) in found.err
    assert not (tmp_path / "out").exists()


def test_faults_of_own_files_are_collected_with_their_keys(own_tables, command, tmp_path):
    (tmp_path / "tables" / "hours.toml").write_text(HOURS.replace("[12, 24]", "[13, 24]"))
    (tmp_path / "tables" / "network.toml").write_text(NETWORK.replace("= 100", "= 0.1"))
    found = command("run", own_tables, "-o", "out")
    assert found.status == 2
    assert (
        "grid.bill.time_of_use: time-of-use table hours.toml: versions[1]: periods leave a gap: "
        "12:00 to 13:00 has no level" in found.err
    )
    assert (
        "grid.bill.network: network tariff network.toml: versions[1].voltages[1].two_part_cny_mwh "
        "= 0.1: is unusual for a network (expected 1 to 1000 CNY/MWh); did you mean 100?"
        in found.err
    )


def test_a_period_outside_of_the_tables_is_a_notice():
    grid = Grid(import_limit_mw=10, bill=AGENT)
    found = grid.notices(Timeline.of_year(2022))
    assert sum("is not within and takes its prices all the same" in text for text in found) == 2
    assert grid.problems(Timeline.of_year(2022)) == []
    ((key, text),) = grid.problems(Timeline.of_year(2026))
    assert key == "bill.network"
    assert "nothing is known before 2026-08-01" in text


def test_what_is_assumed_is_a_notice_in_both_languages():
    for changes, said in (
        ({}, "system_operation_fee_cny_mwh is not given: none is assumed"),
        ({}, "capacity_mva is not given: the lower demand price of months of high use is not"),
        ({"parts": "single", "capacity_mva": 1.0}, "from 315 kVA on the two-part price"),
        ({"capacity_mva": 0.08}, "up to 100 kVA there is the single-part price"),
    ):
        (text,) = [t for t in GridBill(**AGENT | changes).notices(YEAR) if said in t]
        assert re.search(r"[\u4e00-\u9fff]{3}", translated(f"grid: bill.{text}", "zh"))
    quiet = AGENT | {"system_operation_fee_cny_mwh": 0.0, "capacity_mva": 150}
    assert GridBill(**quiet).notices(YEAR) == []


def test_a_market_price_may_fall_below_zero_but_not_that_of_the_agent():
    prices = np.full(8760, 250.0)
    prices[5] = -20.0
    rates = GridBill(**TRADE | {"purchase_price_cny_mwh": prices}).rates(YEAR)
    assert rates.purchase_cny_mwh[5] == -20.0
    with pytest.raises(AltayError, match="the first is -20"):
        GridBill(**AGENT | {"purchase_price_cny_mwh": prices})


def test_values_in_python_are_checked_as_well():
    with pytest.raises(ScenarioError, match=r"network = 7: must be the name of a network tariff"):
        GridBill(**AGENT | {"network": 7})
    found = GridBill(**AGENT)
    assert found.with_(voltage_kv=110).rates(YEAR).network_cny_mwh[0] == 80.8
    with pytest.raises(ScenarioError, match="voltage_kv"):
        found.with_(voltage_kv=-1)


def test_a_part_of_a_month_is_its_share():
    start = datetime.fromisoformat("2027-01-16T12:00+08:00")
    rates = GridBill(**AGENT).rates(Timeline(start, 24 * 20))
    assert_allclose(rates.month_share, [15.5 / 31.0, 4.5 / 28.0])
    assert rates.months.astype(str).tolist() == ["2027-01", "2027-02"]
