"""Reports: one file that holds everything, loads nothing, runs nothing, believes no name."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from altay_energy.report.chart.canvas import save
from altay_energy.report.pages.html import write_comparison_report, write_report
from altay_energy.report.plots import plot_dispatch

EVIL = "</style><script>alert('x')</script><img src=x onerror=alert(1)> {{ 7*7 }} \u202e"


class Page(HTMLParser):
    """Tags, attributes and text of a page; checks that tags are closed in order."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attrs, self.text = [], [], [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attrs += [(tag, *pair) for pair in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def report(make, document_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    hourly = make(hours=168)
    charts = [save(plot_dispatch(hourly).figure, folder / "dispatch_week_busiest.png")]
    path = write_report(
        folder / "report.html",
        document_of(hourly),
        hourly,
        charts,
        notices=["a gap was filled", "a gap was filled"],
        manifest={"seed": 1, "libraries": {"numpy": "2.0"}, "files": ["a", "b"], "none": None},
    )
    return path.read_text(encoding="utf-8"), charts


def evil_report(make, document_of, tmp_path, language="en"):
    hourly = make(hours=24, title=EVIL, title_zh=EVIL, scenario=EVIL)
    document = document_of(hourly)
    document["plants"] = {f"wind.{EVIL}": {"generation_mwh": 1.0}}
    path = write_report(
        tmp_path / "r.html",
        document,
        hourly,
        [],
        notices=[EVIL],
        manifest={EVIL: EVIL},
        language=language,
    )
    return path.read_text(encoding="utf-8")


def test_the_page_holds_its_charts(report):
    text, charts = report
    sources = [value for tag, name, value in Page(text).attrs if (tag, name) == ("img", "src")]
    assert len(sources) == len(charts)
    for source, chart in zip(sources, charts, strict=True):
        assert base64.b64decode(source.removeprefix("data:image/png;base64,")) == chart.read_bytes()


def test_the_page_loads_nothing_and_runs_nothing(report):
    text, _ = report
    page = Page(text)
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    names = {name for _, name, _ in page.attrs}
    assert not {name for name in names if name.startswith("on")} | (names & {"href", "style"})
    without_charts = re.sub(r"data:image/png;base64,[^\"]*", "", text)
    assert not re.search(r"https?://|url\(|@import", without_charts)


def test_the_policy_allows_the_style_and_nothing_else(report):
    text, _ = report
    policy = next(v for t, n, v in Page(text).attrs if n == "content" and v.startswith("default"))
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert f"style-src 'sha256-{digest}'" in policy


def test_the_page_shows_figures_plants_notices_and_details(report):
    text, _ = report
    shown = Page(text).text
    for wanted in ("Curtailment rate", "pumped_storage.burqin", "numpy", "balance_residual_mw"):
        assert wanted in shown
    assert shown.count("a gap was filled") == 1
    assert "1 Jan – 7 Jan 2030 (UTC+8)" in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_of_the_user_are_text_wherever_they_are(make, document_of, tmp_path, language):
    text = evil_report(make, document_of, tmp_path, language)
    page = Page(text)
    assert not {"script", "img"} & set(page.tags)
    assert page.tags.count("style") == 1
    assert "{{ 7*7 }}" in page.text


def test_the_page_names_its_language(make, document_of, tmp_path):
    assert '<html lang="zh-Hans">' in evil_report(make, document_of, tmp_path, "zh")
    assert "指标" in evil_report(make, document_of, tmp_path, "zh")
    assert '<html lang="en">' in evil_report(make, document_of, tmp_path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_comparison_shows_inputs_figures_and_differences(tmp_path, language):
    comparison = {
        "scenarios": ["a", EVIL],
        "inputs": {"wind.x.capacity_mw": [100.0, None]},
        "kpis": {"load_mwh": [50.0, 60.0], "curtailment_rate": [0.1, 0.2]},
    }
    path = write_comparison_report(tmp_path / "c.html", comparison, [], language=language)
    page = Page(path.read_text(encoding="utf-8"))
    assert "script" not in page.tags
    for wanted in ("wind.x.capacity_mw", "100.0", "+10", "20.0 %"):
        assert wanted in page.text


def test_the_same_run_gives_the_same_page(make, document_of, tmp_path):
    assert evil_report(make, document_of, tmp_path) == evil_report(make, document_of, tmp_path)
