"""No table cuts a number, at any width from 40 columns on, in both languages."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from altay_energy.report.pages.figure_rows import figure_rows, plant_tables
from altay_energy.report.pages.fitted import Column, Fitted, Line
from altay_energy.report.pages.ladder import ladder_tables
from altay_energy.report.pages.tables import (
    NOT_ON_SCREEN,
    difference_tables,
    kpi_table,
    plants_table,
    shortened,
)
from altay_energy.report.text import words
from altay_energy.weather.prepare.describe_text import columns

WIDTHS = (*range(40, 80, 3), 80, 100, 120, 160, 200)
NUMBER = re.compile(r"\d[\d,.]*")


def printed(width, *things):
    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True)
    for thing in things:
        console.print(thing)
    return out.getvalue()


def assert_whole(shown, figures, width):
    """Every figure stands in the text as often as it should, and no line is wider."""
    assert max(map(cell_len, shown.splitlines())) <= width
    assert "…" not in shown
    there = NUMBER.findall(shown.translate({ord("-"): " ", ord("+"): " "}))
    for figure in figures:
        for part in NUMBER.findall(figure):
            assert part in there, f"{part} is cut at {width} columns"


def figures_of(tables):
    return [cell for table in tables for row in table.rows for cell in row[1:]]


RUN = {
    "scenario": "village-2030",
    "kpis": {
        "load_mwh": 8_765_432.1,
        "available_mwh": 9_876_543.2,
        "curtailment_rate": 0.1234,
        "import_mwh": 123.4,
        "operating_cost_cny": -3_032_102_759.7,
        "lolh_h": 1782.0,
        "eens_mwh": 0.03372,
        "emissions_t": 456_789.0,
    },
    "plants": {
        "wind.a": {
            "available_mwh": 1_234_567.0,
            "generation_mwh": 1_134_567.0,
            "curtailed_mwh": 100_000.0,
            "curtailment_rate": 0.081,
            "full_load_hours": 2909.1,
            "available_full_load_hours": 3165.6,
        },
        "solar.roofs_of_the_whole_town": {
            "available_mwh": 7.0,
            "generation_mwh": 6.9,
            "curtailed_mwh": 0.1,
            "curtailment_rate": 0.014,
            "full_load_hours": 1782.0,
            "available_full_load_hours": 1799.5,
        },
        "pumped_storage.burqin": {
            "charge_mwh": 3_456_789.0,
            "discharge_mwh": 2_641_000.0,
            "loss_mwh": 815_789.0,
            "equivalent_cycles": 321.6,
            "round_trip_efficiency": 0.764,
            "mean_head_m": 592.3,
            "pumped_m3": 1.9e9,
            "generated_m3": 1.85e9,
        },
    },
    "solution": {"gap": 0.0019, "bound_cny": -3.4380773e9},
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_tables_of_a_run_cut_no_number(width, language):
    shown = printed(width, kpi_table(RUN, language), plants_table(RUN, language))
    figures = [row.values[0] for row in figure_rows([RUN["kpis"]], words(language))]
    figures += figures_of(plant_tables(RUN, words(language), NOT_ON_SCREEN))
    bound = {"en": "3,438.077", "zh": "34.38077"}[language]  # million CNY, 亿元
    assert_whole(shown, [*figures, bound, "0.19"], width)
    for name in RUN["plants"]:
        assert name in shown.replace("\n", "") or width < 60


@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparison_cuts_no_number(width, language, count):
    names = [f"scenario-{2021 + k}-with-a-long-name" for k in range(count)]
    comparison = {
        "scenarios": names,
        "inputs": {"wind.jeminay.capacity_mw": [390.0 + 1000.5 * k for k in range(count)]},
        "kpis": {
            "load_mwh": [8_765_432.1 + 1234.5 * k for k in range(count)],
            "import_mwh": [1_360_449.0 - 57.3 * k for k in range(count)],
            "operating_cost_cny": [-3.0321e9 + 1.234e8 * k for k in range(count)],
        },
    }
    shown = printed(width, *difference_tables(comparison, language))
    runs = [{k: v[n] for k, v in comparison["kpis"].items()} for n in range(count)]
    rows = figure_rows(runs, words(language))
    figures = [text for row in rows for text in (*row.values, *row.deltas)]
    figures += [str(value) for value in comparison["inputs"]["wind.jeminay.capacity_mw"]]
    assert_whole(shown, figures, width)


RUNGS = {
    name: {
        "operating_cost_cny": -1.0203e9 + beyond,
        "stored_worth_cny": 12_345.0,
        "beyond_optimum_cny": beyond,
        "curtailment_rate": 0.2031,
        "charge_mwh": 5_123_456.0,
        "unserved_mwh": 0.03372,
    }
    for name, beyond in (("rules", 4_123_456.0), ("rolling", 2_345_678.0), ("optimal", 0.0))
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_ladder_cuts_no_number_and_keeps_the_units_of_its_columns(width, language):
    values = {"value_of_foresight_cny": 4_123_456.0, "forecast_error_cost_cny": 2.1e6}
    document = {"scenario": "small", "rungs": RUNGS, "values": values}
    shown = printed(width, *ladder_tables(document, language))
    # 1,015.9 million is 10.16 times a hundred million.
    figures = {"en": ["1,016", "4.123", "2.346"], "zh": ["10.16", "412.3", "0.041", "210"]}
    assert_whole(shown, [*figures[language], "20.3", "5,123", "33.72"], width)
    units = {"en": ("[million", "CNY]"), "zh": ("[亿元]",)}[language]
    for unit in (*units, "[GWh]", "[kWh]"):
        assert unit in shown


def test_square_brackets_are_text_wherever_they_are():
    line = Line(("[b]row[/b]", Text("1 [x]"), "[MW]"))
    table = Fitted(
        "[red]title[/red]",
        [Column("[i]name", "text"), Column("Load [kWh]"), Column("[unit]", "unit")],
        [Line(("[u]group",), heading=True), line],
        caption="[dim]caption",
    )
    for width in (30, 100):
        shown = " ".join(printed(width, table).split())
        for text in ("[red]title[/red]", "[b]row[/b]", "1 [x]", "[MW]", "[u]group", "[dim]caption"):
            assert text in shown
    assert "Load [kWh]" in printed(100, table)


def test_columns_that_do_not_fit_are_below_with_names_and_units_again():
    heads = [Column("Plant", "text"), *(Column(f"Figure {k}") for k in range(6))]
    lines = [Line((name, *("123,456.78" for _ in range(6)))) for name in ("wind.a", "solar.b")]
    shown = printed(40, Fitted("Plants", heads, lines))
    assert shown.count("Plants") == 1
    assert shown.count("wind.a") == shown.count("solar.b") == 3
    assert shown.count("123,456.78") == 12
    assert printed(200, Fitted("Plants", heads, lines)).count("wind.a") == 1


def test_where_not_even_one_column_fits_every_row_is_a_block():
    heads = [Column("key", "text"), Column("value", "text"), Column("meaning", "text")]
    lines = [Line(("pumped_storage.burqin.energy", "123456.789", "usable energy, as water [MWh]"))]
    shown = printed(40, Fitted("All", heads, lines, parted=False))
    assert [line.strip() for line in shown.splitlines() if line.strip()] == [
        "All",
        "pumped_storage.burqin.energy",
        "value: 123456.789",
        "meaning: usable energy, as water [MWh]",
    ]


def test_a_long_value_is_shortened_between_its_figures():
    text = "[0.25, 0.3125, 0.5, 0.75]"
    for width in range(3, len(text)):
        short = shortened(text, width)
        assert len(short) <= width
        there, whole = (re.findall(r"[0-9.]+", one) for one in (short, text))
        assert there == whole[: len(there)]
    assert shortened(text, 99) == text


@pytest.mark.parametrize("width", WIDTHS)
def test_the_columns_of_a_weather_file_cut_no_number(width):
    rows = [["series", "unit", "min", "mean", "max", "at the minimum", "at the maximum"]]
    rows.append(
        ["temperature_c", "°C", "-31.25", "4.125", "33.5", "2030-01-11 07:00", "2030-07-02"]
    )
    rows.append(["ghi_w_m2", "W/m²", "0", "181.375", "1012.5", "2030-01-01 00:00", "2030-06-20"])
    shown = columns(rows, 2, width)
    assert max(map(len, shown)) <= width
    text = "\n".join(shown)
    for row in rows[1:]:
        for cell in row[2:]:
            assert re.search(rf"(?<![\d.]){re.escape(cell)}(?![\d.])", text)
    assert columns(rows, 2) == columns(rows, 2, 500)
