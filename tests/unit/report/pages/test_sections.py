"""Sections of money and carbon on pages and on the screen."""

from __future__ import annotations

import pytest

from altay_energy.report.pages.sections import section_rows
from altay_energy.report.pages.tables import difference_tables
from altay_energy.report.text import LANGUAGES, words
from altay_energy.run.figures.document import MONEY_SECTIONS, PLANT_SECTIONS, SECTIONS

OTHERS = {*PLANT_SECTIONS, "whole", "rolling", "solution"}
"""Sections that have their own tables."""

DOCUMENT = {
    "bill": {
        "total_cny": 133.2e6,
        "charge_by_demand_cny": 38.7e6,
        "cheaper_charge": "capacity",
        "mean_price_cny_mwh": 426.3332,
        "high_use_months": 1.0,
        "fee_by_capacity_cny": None,
        "by_month": {"month": ["2026-08"], "import_mwh": [29933.0]},
    },
    "carbon": {},
}


def test_every_section_has_its_table():
    assert set(SECTIONS) - OTHERS == set(MONEY_SECTIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_that_can_be_a_number_has_a_name(language):
    for section in MONEY_SECTIONS:
        for figure in SECTIONS[section][1]:
            assert words(language)(section, figure.key)


def test_numbers_are_in_readable_units_and_the_rest_in_words():
    ((heading, rows),) = section_rows([DOCUMENT], words("en"))
    assert heading == "Bill of the grid company"
    shown = {row.key: (row.values[0], row.unit) for row in rows}
    assert shown == {
        "total_cny": ("133.2", "million CNY"),
        "charge_by_demand_cny": ("38.70", "million CNY"),
        "cheaper_charge": ("capacity charge", ""),
        "mean_price_cny_mwh": ("426.3", "CNY/MWh"),
        "high_use_months": ("1", ""),
    }


def test_the_screen_in_chinese_has_no_english_value():
    ((_, rows),) = section_rows([DOCUMENT], words("zh"))
    values = [row.values[0] for row in rows]
    assert "容量电费" in values
    assert [row.unit for row in rows][:2] == ["万元", "万元"]


def test_a_run_without_these_sections_has_no_rows():
    assert section_rows([{"kpis": {"load_mwh": 1.0}}], words("en")) == []


def test_a_comparison_shows_money_side_by_side_and_a_dash_where_there_is_none():
    comparison = {
        "scenarios": ["with", "without"],
        "inputs": {},
        "kpis": {"load_mwh": [10.0, 10.0]},
        "sections": {
            "bill": {"total_cny": (133.2e6, 140e6), "cheaper_charge": ("capacity", "demand")},
            "economics": {"irr": (0.0516, None)},
        },
    }
    _, figures = difference_tables(comparison)
    shown = {line.cells[0]: [str(cell) for cell in line.cells[1:]] for line in figures.lines}
    assert "Investment and returns" in shown
    assert shown["  IRR after tax"][:2] == ["5.16 %", "–"]
    assert shown["  Whole bill"][1].startswith("140\n+6.8")
    assert shown["  Cheaper charge"][:2] == ["capacity charge", "demand charge"]
