"""The ladder as tables and a chart, in both languages."""

from __future__ import annotations

import pytest
from rich.console import Console

from altay_energy.report.pages.ladder import draw_ladder, ladder_tables, plot_ladder

DOCUMENT = {
    "scenario": "small",
    "rungs": {
        name: {
            "operating_cost_cny": -1e9 + beyond,
            "beyond_optimum_cny": beyond,
            "curtailment_rate": rate,
            "charge_mwh": 5000.0,
            "unserved_mwh": 0.0,
            "storage_cycles": {"battery.a": 200.0, "pumped_storage.b": 120.0},
        }
        for name, beyond, rate in (
            ("rules", 4e6, 0.2),
            ("rolling", 2e6, 0.18),
            ("rolling_perfect", -1e5, 0.17),
            ("optimal", 0.0, 0.17),
        )
    },
    "values": {"value_of_foresight_cny": 4e6, "forecast_error_cost_cny": 2.1e6},
    "missing": {},
}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Rules", "Beyond the optimum", "million CNY")),
        ("zh", ("规则调度", "高出最优", "弃电")),
    ],
)
def test_tables_name_rungs_costs_and_steps(language, words):
    console = Console(width=140, record=True)
    for table in ladder_tables(DOCUMENT, language):
        console.print(table)
    shown = console.export_text()
    assert all(word in shown for word in words)


def test_a_rung_below_the_optimum_is_drawn_to_the_left_and_bars_are_figures():
    left, middle, right = plot_ladder(DOCUMENT)
    widths = [bar.get_width() for bar in left.patches]
    assert widths == pytest.approx([4.0, 2.0, -0.1, 0.0])
    assert [bar.get_width() for bar in middle.patches] == pytest.approx([20.0, 18.0, 17.0, 17.0])
    assert len(right.patches) == 8
    assert "million CNY" in left.get_xlabel()
    assert left.get_yticklabels()[0].get_text() == "Rules"


def test_without_storage_nothing_is_drawn_for_it(tmp_path):
    rungs = {n: {**f, "storage_cycles": {}} for n, f in DOCUMENT["rungs"].items()}
    charts = draw_ladder({**DOCUMENT, "rungs": rungs}, tmp_path, "zh", "小电网")
    assert charts.paths[0].stat().st_size > 10_000
