"""Runs side by side: what is drawn is what happened."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.report.chart.flows import flows
from altay_energy.report.plots import (
    draw_comparison,
    plot_cost_comparison,
    plot_curtailment_comparison,
    plot_energy_comparison,
    plot_grid_comparison,
    plot_storage_comparison,
)
from altay_energy.report.text import words


@pytest.fixture(scope="module")
def runs(make, document_of):
    made = []
    for title, storages in (
        ("With the pumped-storage station at Burqin and a battery", None),
        ("Without storage", {}),
        ("Batteries", {"battery.b": (1400.0, 5600.0)}),
    ):
        hourly = make(hours=21 * 24, storages=storages, title=title, title_zh=title)
        made.append((title.split()[0].lower(), document_of(hourly), hourly))
    return made


def widths(ax):
    return {c.get_label(): np.array([bar.get_width() for bar in c]) for c in ax.containers}


def names(ax):
    return [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]


def test_bars_are_the_energy_of_each_source_in_each_run(runs):
    ax = plot_energy_comparison(runs)
    for kind in ("wind", "solar", "import", "curtailed"):
        energy = [flows(hourly).energy(flows(hourly).series(kind)) for _, _, hourly in runs]
        np.testing.assert_allclose(widths(ax)[kind] * 1000, energy)
    assert ax.get_xlabel() == "Energy [GWh]"


def test_rows_carry_the_titles_from_the_top_down(runs):
    ax = plot_energy_comparison(runs)
    assert names(ax) == [hourly.attrs["title"] for _, _, hourly in runs]
    assert ax.yaxis_inverted()
    assert all(
        len(line) <= 28 for label in ax.get_yticklabels() for line in label.get_text().split("\n")
    )


def test_the_same_title_twice_gives_way_to_the_names(runs):
    same = [(name, d, hourly.assign_attrs(title="One title")) for name, d, hourly in runs]
    assert names(plot_energy_comparison(same)) == ["with", "without", "batteries"]


def test_parts_of_the_cost_add_up_to_its_mark(runs):
    ax = plot_cost_comparison(runs)
    net = [document["kpis"]["operating_cost_cny"] for _, document, _ in runs]
    marks = [path.vertices[0, 0] for c in ax.collections for path in c.get_paths()][-len(runs) :]
    parts = [np.array([bar.get_width() for bar in container]) for container in ax.containers]
    np.testing.assert_allclose(sum(parts), marks, rtol=1e-9)
    np.testing.assert_allclose(np.array(marks) * 1e6, net, rtol=1e-9)
    assert ax.get_xlabel() == "Operating cost [million CNY]"


def test_curtailment_is_shown_as_energy_and_as_share(runs):
    energy, share = plot_curtailment_comparison(runs)
    rates = [100 * document["kpis"]["curtailment_rate"] for _, document, _ in runs]
    np.testing.assert_allclose(widths(share)["curtailed"], rates)
    assert share.get_xlabel() == "Share [%]"
    assert energy.get_xlabel() == "Energy [GWh]"


def test_storage_shows_what_goes_in_what_comes_out_and_what_is_lost(runs):
    through, loss = plot_storage_comparison(runs)
    written = [text.get_text() for text in through.texts]
    assert "No storage" in written
    lost = [document["kpis"]["storage_loss_mwh"] / 1000 for _, document, _ in runs]
    np.testing.assert_allclose(widths(loss)["loss"], lost)
    charged = sum(
        -np.array([b.get_width() for b in c])
        for c in through.containers
        if c[0].get_width() < 0 or c[-1].get_width() < 0
    )
    expected = [document["kpis"]["charge_mwh"] / 1000 for _, document, _ in runs]
    np.testing.assert_allclose(charged, expected)


def test_the_grid_chart_shows_energy_and_peaks(runs):
    energy, peak = plot_grid_comparison(runs)
    np.testing.assert_allclose(
        widths(peak)["export"], [-d["kpis"]["peak_export_mw"] for _, d, _ in runs]
    )
    np.testing.assert_allclose(
        widths(energy)["import"] * 1000, [d["kpis"]["import_mwh"] for _, d, _ in runs]
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_charts_are_written_in_order(runs, tmp_path, language):
    charts = draw_comparison(runs, tmp_path, language)
    order = ["energy", "curtailment", "cost", "storage", "grid"]
    assert [path.stem for path in charts.paths] == [f"compare_{name}" for name in order]
    assert all(words(language)("caption", path.stem) for path in charts.paths)


def test_eight_runs_with_long_names_and_one_of_nothing_are_drawn(make, document_of, tmp_path):
    many = []
    for k in range(8):
        hourly = make(hours=24, size=float(k), storages={}, title="长名字的情景 " * 9 + str(k))
        many.append((f"run {k}", document_of(hourly), hourly))
    charts = draw_comparison(many, tmp_path)
    assert "compare_storage" not in [path.stem for path in charts.paths]


def test_a_comparison_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one run"):
        draw_comparison([], tmp_path)
