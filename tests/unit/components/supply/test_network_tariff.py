"""Network tariffs: the shipped table, the row of a voltage, and tables that are none."""

from __future__ import annotations

import re
import tomllib
from datetime import date

import pytest

from altay_energy.components.supply.network_tariff import NETWORK_TARIFFS, NetworkTariff
from altay_energy.core.errors import ScenarioError

SHIPPED = NETWORK_TARIFFS.load("xinjiang_network_2026")
KEYS = ("single_part_cny_mwh", "two_part_cny_mwh", "demand_cny_kw_month", "capacity_cny_kva_month")
OF_VOLTAGE = {
    0.4: "below_1kv",
    10.0: "1_to_20kv",
    35.0: "35kv",
    110.0: "110kv",
    220.0: "220kv_and_above",
    750.0: "220kv_and_above",
}


@pytest.mark.parametrize("voltage", OF_VOLTAGE)
def test_the_shipped_table_has_the_prices_of_the_document(shared_facts, voltage):
    facts = shared_facts["economics"]["transmission_xinjiang_2026"]
    (version,) = SHIPPED.versions
    row = version.at(voltage)
    names = ("single_part_energy_cny_mwh", "two_part_energy_cny_mwh", *KEYS[2:])
    expected = [facts.get(f"{name}_{OF_VOLTAGE[voltage]}") for name in names]
    assert [getattr(row, key) for key in KEYS] == expected
    assert version.valid_from.isoformat() == facts["valid_from"]
    assert version.document == facts["document"]


def test_loss_funds_and_high_use_are_those_of_the_document(shared_facts):
    facts = shared_facts["economics"]["transmission_xinjiang_2026"]
    (version,) = SHIPPED.versions
    assert version.line_loss_share == facts["line_loss_in_province"]
    assert version.government_funds_cny_mwh == facts["government_funds_cny_mwh"]
    assert version.export_fee_cny_mwh == facts["export_fee_cny_mwh"]
    assert version.export_loss_share == facts["export_line_loss"]
    assert version.regional_energy_cny_mwh == facts["northwest_regional_energy_cny_mwh"]
    assert version.high_use_demand_factor == facts["demand_price_factor_at_high_use"]
    assert version.high_use_kwh_kva == 260.0
    assert version.loss_on_delivered == pytest.approx(0.0345 / 0.9655)


@pytest.fixture(scope="module")
def shared_facts(shared_data):
    path = shared_data.parent / "facts-prices.toml"
    if not path.is_file():
        pytest.skip("the shared facts are not beside this copy")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def row(kv, **changes):
    return {"from_kv": kv, "single_part_cny_mwh": 100.0} | changes


def version(**changes):
    return {
        "source": "assumed",
        "valid_from": date(2026, 1, 1),
        "line_loss_share": 0.03,
        "government_funds_cny_mwh": 4.0,
        "voltages": [row(1), row(110)],
    } | changes


def table_of(**changes):
    return NetworkTariff.of_table("my.toml", {"title": "Mine", "versions": [version(**changes)]})


def test_a_voltage_belongs_to_the_entry_below_it():
    (one,) = table_of().versions
    assert one.at(35.0).from_kv == 1.0
    assert one.at(110.0).from_kv == 110.0
    assert one.at(0.4) is None


TWO = {"two_part_cny_mwh": 50.0, "demand_cny_kw_month": 30.0, "capacity_cny_kva_month": 20.0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"voltages": [row(110), row(110)]},
            "versions[1]: voltages[1] from 110 kV and voltages[2] from 110 kV overlap; give one "
            "entry for each voltage, lowest first",
        ),
        (
            {"voltages": [row(1, single_part_cny_mwh=0.1636)]},
            "versions[1].voltages[1].single_part_cny_mwh = 0.1636: is unusual for a network "
            "(expected 1 to 1000 CNY/MWh); did you mean 163.6?",
        ),
        (
            {"voltages": [row(1, single_part_cny_mwh=-100.0)]},
            "voltages[1].single_part_cny_mwh = -100.0: must be at least 0 [CNY/MWh]",
        ),
        (
            {"voltages": [row(1, **TWO | {"demand_cny_kw_month": 30400.0})]},
            "demand_cny_kw_month = 30400.0: is unusual (expected 1 to 500 for each kW or kVA; did "
            "you mean 30.4?)",
        ),
        (
            {"voltages": [row(1, two_part_cny_mwh=50.0)]},
            "a two-part price needs two_part_cny_mwh, demand_cny_kw_month and capacity_cny",
        ),
        ({"voltages": [{"from_kv": 1}]}, "voltages[1]: has no price; give single_part_cny_mwh"),
        (
            {"line_loss_share": 3.45},
            "line_loss_share = 3.45: must be at most 1 [-]; did you mean 0.0345",
        ),
        ({"line_loss_share": 1.0}, "line_loss_share = 1 leaves no energy; it must be below 1"),
        ({"line_los_share": 0.03}, "line_los_share is no key here; did you mean line_loss_share?"),
        ({"voltages": []}, "versions[1].voltages = []: must not be empty"),
    ],
)
def test_a_table_says_what_is_wrong_with_it(changes, said):
    with pytest.raises(ScenarioError, match=re.escape(said.replace(" [-]", ""))):
        table_of(**changes)


def test_a_missing_key_is_named_with_its_meaning():
    wrong = version()
    del wrong["government_funds_cny_mwh"]
    with pytest.raises(ScenarioError, match="government_funds_cny_mwh is missing: funds and"):
        NetworkTariff.of_table("my.toml", {"title": "Mine", "versions": [wrong]})
    with pytest.raises(ScenarioError, match=r"network tariff my.toml: title is missing"):
        NetworkTariff.of_table("my.toml", {"versions": [version()]})


def test_an_unknown_name_gives_those_that_are_known():
    with pytest.raises(ScenarioError, match="did you mean xinjiang_network_2026"):
        NETWORK_TARIFFS.load("xinjiang_network_2025")
