"""What somebody meant, as far as it can be told."""

from __future__ import annotations

import pytest

from altay_energy.core.wording import closest, plain_number, share_of_percent
from altay_energy.scenario.toml.names import slug


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("100", "MW", "100"),
        ("100 MW", "MW", "100"),
        ("1,400.5MW", "MW", "1400.5"),
        ("3,14", "", "3.14"),
        ("-1e3", "m", "-1000"),
        ("390000 kW", "MW", "390"),
        ("39万千瓦", "MW", "390"),
        ("1.18 TWh", "MWh", "1180000"),
        ("3 亿千瓦时", "MWh", "300000"),
        ("0.28元/千瓦时", "CNY/MWh", "280"),
        ("１２", "MW", "12"),
    ],
)
def test_a_quantity_is_turned_into_the_unit_of_its_key(text, unit, number):
    assert plain_number(text, unit).endswith(f"as in {number}")


@pytest.mark.parametrize(
    "text", ["", "much", "100 furlongs", "5 MWh", "1,23,4 MW", "1.2.3", "47N", "--5"]
)
def test_what_cannot_be_determined_gives_no_hint(text):
    assert plain_number(text, "MW") == ""


@pytest.mark.parametrize(
    ("value", "share"), [(90, "0.90"), (8, "0.08"), (95.5, "0.955"), (100, "1.00")]
)
def test_percent_are_shares(value, share):
    assert f"did you mean {share} " in share_of_percent(value)


@pytest.mark.parametrize("value", [1.2, 0.5, -90, 101, "90", None])
def test_what_is_no_percentage_gives_no_hint(value):
    assert share_of_percent(value) == ""


def test_the_closest_name_is_proposed_if_one_is_close():
    assert closest("minning", ["mining", "port"]) == "; did you mean mining?"
    assert closest("x", ["mining", "port"]) == ""
    assert closest(1, ["mining", "port"]) == ""


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("burqin-2030", "burqin-2030"),
        ("a/b: c", "a-b-c"),
        ("布尔津 2030", "布尔津-2030"),
        ("<script>", "script"),
        ("../../x", "x"),
        ("ﬁ", "fi"),
        ("☃", "scenario"),
        ("CON", "scenario-CON"),
        ("lpt1.x", "scenario-lpt1.x"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_name_becomes_a_file_name_that_every_system_takes(name, file):
    assert slug(name) == file
    assert slug(file) == file
