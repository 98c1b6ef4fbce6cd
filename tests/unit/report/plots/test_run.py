"""All charts of a run, whatever the run is."""

from __future__ import annotations

import hashlib

import matplotlib.pyplot as plt
import numpy as np
import pytest

from altay_energy.report.chart.canvas import save
from altay_energy.report.plots import draw_run_charts, plot_dispatch
from altay_energy.report.text import words

YEAR = [
    "dispatch_week_busiest",
    "dispatch_week_winter",
    "dispatch_week_summer",
    "energy_by_period",
    "storage_level",
    "duration_curves",
    "curtailment_heatmap",
    "import_heatmap",
]


def stems(charts):
    return [path.stem for path in charts.paths]


def test_a_year_has_all_charts_in_the_order_of_the_report(year, tmp_path):
    charts = draw_run_charts(year, tmp_path / "charts")
    assert stems(charts) == YEAR
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in charts.paths)
    assert not plt.get_fignums(), "charts must leave no figure behind"


@pytest.mark.parametrize("name", YEAR)
def test_every_chart_has_a_caption(name):
    assert words("en")("caption", name)


def test_the_same_run_gives_the_same_bytes(make, tmp_path):
    hourly = make(hours=6)

    def digest(name):
        path = save(plot_dispatch(hourly).figure, tmp_path / name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert digest("a.png") == digest("b.png")


@pytest.mark.parametrize(
    ("language", "case"),
    [
        ("zh", {"hours": 1}),
        ("en", {"hours": 24, "step_hours": 0.25}),
        ("zh", {"hours": 168, "start": "2030-12-29T07:00"}),
        ("zh", {"hours": 8784, "start": "2028-01-01T00:00", "storages": {}}),
        ("en", {"hours": 30, "plants": {}, "thermal": {}, "storages": {}}),
        ("en", {"hours": 30, "size": 0.0}),
        ("zh", {"hours": 30, "size": 1e-6, "title": "", "title_zh": ""}),
        ("en", {"hours": 30, "storages": {"battery.idle": (0.0, 0.0)}}),
        ("en", {"hours": 30, "title": "汉字 <b> $ \\frac \x07", "scenario": "x" * 300}),
    ],
    ids=[
        "one hour",
        "quarter hours",
        "a week that begins at 7:00",
        "leap year",
        "no plants",
        "all zero",
        "kilowatts without a title",
        "idle battery",
        "odd title",
    ],
)
def test_any_run_can_be_drawn(make, tmp_path, case, language):
    hourly = make(**case)
    charts = draw_run_charts(hourly, tmp_path, language)
    assert {"dispatch_week_busiest", "energy_by_period", "duration_curves"} <= set(stems(charts))
    assert ("storage_level" in stems(charts)) == bool(hourly.sizes["storage"])


def test_what_does_not_happen_is_not_drawn(make, tmp_path):
    hourly = make(hours=168, start="2030-07-01T00:00", plants={}, storages={})
    assert not np.any(hourly["curtailed_mw"])
    assert stems(draw_run_charts(hourly, tmp_path)) == [
        "dispatch_week_busiest",
        "dispatch_week_summer",
        "energy_by_period",
        "duration_curves",
        "import_heatmap",
    ]
