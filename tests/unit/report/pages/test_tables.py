"""Figures on the screen: names, units, digits, differences."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from altay_energy.dispatch.result.operation import STOPS
from altay_energy.report.pages.figure_rows import figure_rows, plant_tables, quantity_of
from altay_energy.report.pages.tables import difference_tables, kpi_table, plants_table
from altay_energy.report.text import words


def printed(*things, width=110, **options):
    out = io.StringIO()
    console = Console(file=out, width=width, **options)
    for thing in things:
        console.print(thing)
    return out.getvalue()


@pytest.fixture(scope="module")
def document(make, document_of):
    return document_of(make(hours=21 * 24))


def line_of(text, label):
    return next(line for line in text.splitlines() if line.strip().startswith(label)).split()


def test_every_figure_is_printed_with_its_unit(document):
    shown = printed(kpi_table(document))
    assert line_of(shown, "Highest export")[-2:] == ["2,000", "MW"]
    load = document["kpis"]["load_mwh"] / 1000
    assert line_of(shown, "Load ")[-2:] == [f"{load:.1f}", "GWh"]
    rate = 100 * document["kpis"]["curtailment_rate"]
    assert f"{rate:.2f} %" in shown or f"{rate:.1f} %" in shown
    rows = figure_rows([document["kpis"]], words("en"))
    assert {row.key for row in rows} == set(document["kpis"])


def test_the_table_speaks_chinese(document):
    shown = printed(kpi_table(document, "zh"), plants_table(document, "zh"))
    assert "弃电率" in shown
    assert "抽水蓄能" not in shown  # names of plants are the user's own
    assert "pumped_storage.burqin" in shown


def test_energies_of_a_group_share_their_unit(document):
    rows = figure_rows([document["kpis"]], words("en"))
    units = {row.unit for row in rows if row.group == "grid" and row.key.endswith("_mwh")}
    assert len(units) == 1


def test_a_figure_that_would_vanish_keeps_its_own_unit():
    kpis = {"served_mwh": 5e6, "unserved_mwh": 0.2}
    rows = {row.key: row for row in figure_rows([kpis], words("en"))}
    assert (rows["served_mwh"].values[0], rows["served_mwh"].unit) == ("5,000", "GWh")
    assert (rows["unserved_mwh"].values[0], rows["unserved_mwh"].unit) == ("200", "kWh")


def test_a_figure_of_a_later_version_is_shown_by_its_key():
    (row,) = figure_rows([{"wasted_heat_mwh": 3.0}], words("en"))
    assert (row.group, row.label, row.values, row.unit) == (
        "other",
        "wasted_heat_mwh",
        ("3,000",),
        "kWh",
    )


def test_a_figure_without_a_value_is_a_dash():
    (row,) = figure_rows([{"irr": None}], words("en"))
    assert row.values == ("–",)


@pytest.mark.parametrize(
    ("key", "quantity"),
    [
        ("lcoe_cny_mwh", "price"),
        ("npv_cny", "money"),
        ("load_mwh", "energy"),
        ("peak_import_mw", "power"),
        ("emissions_t", "mass"),
        ("curtailment_rate", "share"),
        ("renewable_share", "share"),
        ("full_load_hours", "hours"),
        ("lolh_h", "hours"),
        ("equivalent_cycles", "count"),
        ("irr", "share"),
    ],
)
def test_the_name_of_a_figure_says_its_quantity(key, quantity):
    assert quantity_of(key) == quantity


def test_plants_are_grouped_by_kind(document):
    tables = plant_tables(document, words("en"))
    assert [table.title for table in tables] == ["Wind, solar and hydro", "Storage"]
    assert tables[1].columns == ("Plant", "Charged [GWh]", "Discharged [GWh]")
    assert [row[0] for row in tables[1].rows] == ["pumped_storage.burqin", "battery.altay"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_units_of_a_thermal_plant_fit_into_a_page_of_text(language):
    figures = {
        "generation_mwh": 1_377_600.0,
        "capacity_factor": 0.55,
        "variable_cost_cny": 344.4e6,
        "emissions_t": 1_147_000.0,
        "running_hours": 7280.0,
        "unit_hours": 13_406.0,
        "unit_starts": 765.0,
        "start_cost_cny": 7.65e7,
        "no_load_cost_cny": 1.3e7,
    }
    document = {"scenario": "x", "kpis": {}, "plants": {"thermal.altay_chp": figures}}
    shown = printed(plants_table(document, language), width=120)
    assert "765" in line_of(shown, "thermal.altay_chp")[-1]
    assert max(map(len, shown.splitlines())) <= 120


def test_markup_in_names_is_text():
    document = {
        "scenario": "[red]x[/red]",
        "kpis": {"load_mwh": 1.0},
        "plants": {"wind.[bold]": {"generation_mwh": 1.0}},
    }
    shown = printed(kpi_table(document), plants_table(document))
    assert "[red]x[/red]" in shown
    assert "wind.[bold]" in shown


def comparison():
    return {
        "scenarios": ["a", "b"],
        "inputs": {"wind.x.capacity_mw": [100.0, None], "title": ["[b]", "ö"]},
        "kpis": {
            "load_mwh": [50.0, 50.0 + 1e-12],
            "import_mwh": [20.0, 12.5],
            "curtailment_rate": [0.10, 0.125],
        },
    }


def test_differences_are_signed_and_shares_differ_in_points():
    inputs, figures = difference_tables(comparison())
    shown = printed(figures)
    assert "-7.500" in shown
    assert "+2.50 points" in shown
    assert line_of(shown, "Load ") == ["Load", "50", "50", "MWh"]
    assert "wind.x.capacity_mw" in printed(inputs)


def test_what_does_not_differ_has_no_difference():
    rows = {r.key: r for r in figure_rows([{"load_mwh": 50.0}, {"load_mwh": 50.0}], words("en"))}
    assert rows["load_mwh"].deltas == ("", "")


def test_plain_output_has_no_control_codes_and_no_rare_signs(document):
    shown = printed(kpi_table(document), plants_table(document), no_color=True)
    assert "\x1b" not in shown
    assert "−" not in shown


def test_a_proof_is_under_the_table(document):
    proof = {"gap": 0.00192, "bound_cny": -3.4380773e9}
    shown = " ".join(printed(kpi_table({**document, "solution": proof})).split())
    assert "no dispatch costs less than -3,438.077 million CNY; gap 0.19 % of the cost" in shown
    shown = " ".join(printed(kpi_table({**document, "solution": {**proof, "gap": 0.0}})).split())
    assert "gap < 0.0001 %" in shown
    assert "间隙" in printed(kpi_table({**document, "solution": proof}, "zh"))


def test_the_water_of_a_plant_adds_up_on_the_screen():
    water = {
        "inflow_m3": 2260e6,
        "turbine_m3": 1563e6,
        "ecological_m3": 284e6,
        "spill_m3": 12e6,
        "evaporation_m3": 26e6,
        "curtailed_water_m3": 56e6,
        "volume_change_m3": 375e6,
    }
    document = {"scenario": "x", "kpis": {}, "plants": {"hydro.kalasuke": water}}
    shown = printed(plants_table(document), width=120)
    (row,) = (line.split() for line in shown.splitlines() if "hydro.kalasuke" in line)
    inflow, *gone = (float(text.replace(",", "")) for text in row[1:])
    assert inflow == sum(gone) == 2260.0
    for name in ("Spilled", "Evaporation", "Change of"):
        assert name in shown


def test_a_proof_that_is_not_as_near_as_was_asked_says_why(document):
    proof = {"gap": 0.0071, "bound_cny": -3.24406, "asked_gap": 1e-4, "stopped": "time_limit"}
    shown = " ".join(printed(kpi_table({**document, "solution": proof})).split())
    assert "no dispatch costs less than -3.24406 CNY; gap 0.71 % of the cost" in shown
    assert "requested 0.01 %: stopped by its time limit" in shown
    chinese = printed(kpi_table({**document, "solution": proof}, "zh"))
    assert "要求不大于0.01%；达到求解时限" in "".join(chinese.split())
    reached = {**proof, "stopped": "gap", "gap": 1e-5}
    assert "asked" not in printed(kpi_table({**document, "solution": reached}))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reason_to_stop_has_its_words(language):
    for reason in STOPS:
        assert reason == "gap" or words(language)("stopped", reason)
