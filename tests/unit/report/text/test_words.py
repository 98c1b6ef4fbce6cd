"""The words of charts and reports, and how numbers are written."""

from __future__ import annotations

import doctest
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altay_energy.report import text
from altay_energy.report.chart.palette import COLOURS, SUPPLY, USES
from altay_energy.report.pages.figure_rows import GROUPS
from altay_energy.report.text import LANGUAGES, number, words


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*path, key))
    else:
        yield path, value


def test_every_language_has_the_same_keys():
    english = {path for path, _ in leaves(words("en").tables)}
    for language in LANGUAGES:
        assert {path for path, _ in leaves(words(language).tables)} == english


def test_every_language_fills_the_same_places():
    other = dict(leaves(words("zh").tables))
    for path, value in leaves(words("en").tables):
        if isinstance(value, str):
            assert set(re.findall(r"\{\w+\}", value)) >= set(re.findall(r"\{\w+\}", other[path]))


def test_chinese_words_are_chinese():
    same = [
        path
        for path, value in leaves(words("zh").tables)
        if isinstance(value, str) and not re.search(r"[一-鿿]", value)
    ]
    assert {path[-1] for path in same} <= {"month"}  # "{month}" alone


@pytest.mark.parametrize("kind", [*SUPPLY, *USES, "curtailed", "load", "net_load", "generation"])
def test_every_source_has_a_name_and_a_colour(kind):
    assert words("en")("source", kind)
    assert re.fullmatch(r"#[0-9a-f]{6}", COLOURS[kind])


@pytest.mark.parametrize("key", [key for keys in GROUPS.values() for key in keys])
def test_every_figure_has_a_name(key):
    assert words("en")("kpi", key)


def test_an_unknown_language_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"language = 'fr' must be one of en, zh"):
        words("fr")


def test_braces_in_text_of_the_user_are_no_template():
    shown = words("en")("report", "report_title", title="{scenario.__class__}")
    assert shown == "Report: {scenario.__class__}"


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(text).failed == 0
    assert doctest.testmod(text).attempted > 0


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "shown"),
    [
        ("power", 0.012, "kW", "12"),
        ("power", 1400.0, "MW", "1,400"),
        ("power", 40000.0, "GW", "40"),
        ("power", 0.0, "MW", "0"),
        ("energy", 0.5, "kWh", "500"),
        ("energy", 80.0, "MWh", "80"),
        ("energy", 1.18e6, "GWh", "1,180"),
        ("energy", 6.0e7, "TWh", "60"),
        ("money", 9.0e8, "million CNY", "900"),
        ("mass", 726900.0, "kt", "726.9"),
    ],
)
def test_a_size_gets_the_unit_a_planner_would_use(quantity, value, unit, shown):
    scale = words("en").scale(quantity, np.array([0.0, value]))
    assert scale.unit == unit
    assert number(value * scale.factor) == shown


@given(st.floats(1e-3, 1e9), st.sampled_from(LANGUAGES))
def test_a_shown_number_is_the_stored_one_to_four_figures(value, language):
    scale = words(language).scale("energy", value)
    back = float(number(value * scale.factor).replace(",", "")) / scale.factor
    assert back == pytest.approx(value, rel=5.1e-3)
    assert number(-value * scale.factor) == "−" + number(value * scale.factor)


def test_an_empty_series_has_the_stored_unit():
    assert words("en").scale("energy", np.zeros(0)).unit == "MWh"
