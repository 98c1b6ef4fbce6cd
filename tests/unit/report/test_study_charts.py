"""Charts of studies: drawn from what the commands leave, in both languages, at the edges too."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes

from altay_energy.report.plots.study.adequacy import plot_elcc, plot_unserved
from altay_energy.report.plots.study.contributions import plot_contributions, why_charts
from altay_energy.report.plots.study.ensemble import changing, plot_convergence, plot_exceedance
from altay_energy.report.plots.study.sweep import (
    plot_front,
    plot_lines,
    plot_map,
    plot_scatter,
    plot_shares,
    plot_tornado,
)

LANGUAGES = ("en", "zh")
KEY, OTHER = (
    "battery.jeminay.energy_mwh",
    "wind.a_name_of_a_plant_that_is_very_long_indeed.capacity_mw",
)


def results(rows, columns=1, bad=()):
    along, up = np.meshgrid(np.arange(rows) * 10.0, np.arange(columns) * 100.0, indexing="ij")
    cost = 1e8 * (along.ravel() - 12.0) ** 2 + up.ravel()
    rate = 0.3 / (1.0 + along.ravel() + up.ravel())
    cost[list(bad)] = np.nan
    rate[list(bad)] = np.nan
    return xr.Dataset(
        {"operating_cost_cny": ("run", cost), "curtailment_rate": ("run", rate)},
        {
            "run": np.arange(cost.size),
            "run_name": ("run", np.array([f"run {k}" for k in range(cost.size)], dtype=object)),
            KEY: ("run", along.ravel()),
            OTHER: ("run", up.ravel()),
        },
    )


def is_drawn(drawn):
    axes = [drawn] if isinstance(drawn, Axes) else list(drawn)
    for ax in axes:
        ax.figure.draw_without_rendering()
        assert all(np.isfinite([*ax.get_xlim(), *ax.get_ylim()]))
    return axes[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rows", [1, 2, 9])
def test_lines_and_scatter(language, rows):
    figures = ["operating_cost_cny", "curtailment_rate"]
    is_drawn(plot_lines(results(rows), KEY, figures, language=language))
    is_drawn(plot_scatter(results(rows, 2), [KEY, OTHER], figures[0], language=language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("rows", "columns", "bad"), [(1, 4, ()), (5, 6, (3, 7)), (1, 1, ())])
def test_a_map_marks_the_best_run_and_crosses_those_that_failed(language, rows, columns, bad):
    dataset = results(rows, columns, bad)
    ax = is_drawn(plot_map(dataset, (KEY, OTHER), "operating_cost_cny", language=language))
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert sum(len(line.get_xdata()) for line in crosses) == len(bad)
    if rows > 1:
        (ring,) = [line for line in ax.lines if line.get_marker() == "o"]
        best = int(np.nanargmin(dataset["operating_cost_cny"].values))
        assert (int(ring.get_xdata()[0]), int(ring.get_ydata()[0])) == (best // 6, best % 6)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_front_names_its_knee(language):
    front = {"figures": ["operating_cost_cny", "curtailment_rate"], "runs": [1, 4, 8], "knee": 4}
    ax = is_drawn(plot_front(results(9), front, language=language))
    assert any("run 4" in text.get_text() for text in ax.texts)
    is_drawn(plot_front(results(1), front | {"runs": [0], "knee": None}, language=language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("low", [1e6, np.nan, 3e6])
def test_a_tornado(language, low):
    bars = [{"name": f"plant.{k}", "low": low, "high": 3e6 + k} for k in range(20)]
    found = {"share": 0.2, "figures": {"operating_cost_cny": {"today": 3e6, "bars": bars}}}
    ax = is_drawn(plot_tornado(found, "operating_cost_cny", language=language))
    assert len(ax.get_yticks()) == 16
    assert any("4" in text.get_text() for text in ax.texts)  # bars that are left out


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares(language):
    share = {"first": 0.4, "first_low": 0.2, "first_high": 0.5}
    share |= {"total": 0.6, "total_low": 0.5, "total_high": 0.8}
    small = {key: 0.0 for key in share}
    is_drawn(plot_shares({KEY: share, OTHER: small}, "operating_cost_cny", language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_quantiles_of_an_ensemble(language):
    dataset = results(9, bad=(2,))
    part = {"value": 0.1, "low": 0.05, "high": 0.2}
    quantiles = {"p10": part, "p50": part, "p90": {"value": 0.3, "low": None, "high": None}}
    is_drawn(plot_exceedance(dataset, "curtailment_rate", quantiles, language=language))
    found = {"n": [5.0, 10.0, 18.0, 20.0]}
    for name in ("p10", "p50", "p90"):
        found |= {name: [0.1, 0.2, 0.2, 0.2], f"{name}_low": [None] * 4, f"{name}_high": [0.3] * 4}
    is_drawn(plot_convergence(found, "curtailment_rate", language=language))
    assert changing(dataset) == ["operating_cost_cny", "curtailment_rate"]
    assert changing(results(1)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("worst", [0.0, 5e5])
def test_adequacy(language, worst):
    dataset = xr.Dataset({"eens_mwh": ("run", np.array([0.0, worst, np.nan]))})
    document = {"scenario": "a", "figures": {"eens_mwh": {"value": worst / 2.0}}}
    is_drawn(plot_unserved(dataset, document, language=language))
    curve = {"size_mw": [5.0, 10.0], "elcc_mw": [4.0, 5.0], "low_mw": [3.0, None]}
    plants = {
        "wind.a": curve | {"high_mw": [4.5, None]},
        "battery.b": curve | {"high_mw": [5.0, 6.0]},
    }
    is_drawn(plot_elcc({"plants": plants}, language=language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("start", [-3e9, 0.0, 4e6])
def test_a_waterfall_closes(language, start):
    steps = [2e6, -3e6, 0.0]
    groups = [
        {"name": name, "value": step, "low": step - 1e6, "high": step + 5e5, "mean": step}
        for name, step in zip(["weather + load", "wind", "prices"], steps, strict=True)
    ]
    part = {"from": start, "to": start + sum(steps), "groups": groups, "orders": 6}
    part |= {"every_order": True}
    ax = is_drawn(plot_contributions(part, "operating_cost_cny", ("a", "b"), language=language))
    bars = {round(bar.get_y() + bar.get_height() / 2): bar for bar in ax.patches}
    ends = [bars[k].get_x() + bars[k].get_width() for k in (1, 2, 3)]
    assert ends[-1] == pytest.approx(bars[4].get_width() + bars[4].get_x(), rel=1e-9, abs=1e-9)
    names = [name for name, _ in why_charts({"b": {"operating_cost_cny": part}}, "a")]
    assert names == ["why_cost"]
