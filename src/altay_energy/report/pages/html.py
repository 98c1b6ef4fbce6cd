"""Writes reports: a single HTML file without scripts or external resources."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from altay_energy._version import __version__
from altay_energy.report.chart.dates import span_text
from altay_energy.report.chart.flows import flows, title_wanted
from altay_energy.report.pages.figure_rows import figure_rows, plant_tables, quantity_of
from altay_energy.report.pages.rules import rule_groups
from altay_energy.report.pages.sections import section_rows
from altay_energy.report.pages.tables import input_text, runs_of, sections_of
from altay_energy.report.text import Words, energy_text, number, percent, words
from altay_energy.report.text.messages import translated

if TYPE_CHECKING:
    import xarray as xr

CARDS = (
    "served_mwh",
    "generation_mwh",
    "curtailment_rate",
    "self_supply_rate",
    "import_mwh",
    "export_mwh",
    "discharge_mwh",
    "operating_cost_cny",
    "emissions_t",
    "lolh_h",
)
"""Figures on the cards at the top of a report."""


def write_report(
    path: Path,
    document: Mapping[str, Any],
    hourly: xr.Dataset,
    charts: Sequence[Path],
    *,
    notices: Iterable[str] = (),
    manifest: Mapping[str, Any] | None = None,
    language: str = "en",
) -> Path:
    """Write the report of a run: cards, charts, tables, notices, details of the computation.

    Parameters
    ----------
    path : Path
        The file to write.
    document : mapping
        The document of ``kpis.json``.
    hourly : xarray.Dataset
        Result of the run; for its title and period.
    charts : sequence of Path
        PNG files to embed.
    notices : iterable of str
        Notices for readers of the figures.
    manifest : mapping, optional
        Versions, hashes, seeds: any nested table of plain values.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Path
        ``path``.
    """
    text = words(language)
    flow = flows(hourly)
    page = _page(
        "report.html.j2",
        text,
        charts,
        notices,
        title=title_wanted(hourly, language),
        scenario=str(document["scenario"]),
        period=f"{span_text(text, flow.edges)} ({flow.zone})",
        cards=_cards(document["kpis"], text),
        groups=[*_groups([document["kpis"]], text), *section_rows([document], text)],
        plants=plant_tables(document, text),
        rules=rule_groups(document["policy"], text),
        manifest=manifest or {},
    )
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def write_comparison_report(
    path: Path,
    comparison: Mapping[str, Any],
    charts: Sequence[Path],
    *,
    notices: Iterable[str] = (),
    manifest: Mapping[str, Any] | None = None,
    language: str = "en",
) -> Path:
    """Write the report of a comparison: charts, and differences of input and figures.

    Parameters
    ----------
    path : Path
        The file to write.
    comparison : mapping
        ``scenarios``: names; ``inputs``: key → value in each; ``kpis``: figure → value in each.
    charts : sequence of Path
        PNG files to embed.
    notices : iterable of str
        Notices for readers of the figures.
    manifest : mapping, optional
        Versions, hashes, seeds: any nested table of plain values.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Path
        ``path``.
    """
    text = words(language)
    names = [str(name) for name in comparison["scenarios"]]
    page = _page(
        "comparison.html.j2",
        text,
        charts,
        notices,
        title=text("report", "comparison_title", count=len(names)),
        names=names,
        inputs=[
            (str(key), [input_text(value) for value in values])
            for key, values in comparison["inputs"].items()
        ],
        groups=[
            *_groups(runs_of(comparison), text),
            *section_rows(sections_of(comparison), text),
        ],
        manifest=manifest or {},
    )
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _page(
    template: str, text: Words, charts: Sequence[Path], notices: Iterable[str], **values: Any
) -> str:
    environment = Environment(
        loader=PackageLoader("altay_energy.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("altay_energy.report").joinpath("templates", "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(
        words=text,
        lang="zh-Hans" if text.language == "zh" else "en",
        style=Markup(style),  # from the package itself: the only text that is not escaped
        style_hash=f"sha256-{digest}",
        charts=[_chart(chart, text) for chart in charts],
        notices=[translated(n, text.language) for n in dict.fromkeys(notices)],
        version=__version__,
        **values,
    )


def _chart(path: Path, text: Words) -> dict[str, str]:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    stem = re.sub(r"_\d+$", "", path.stem)  # one chart for each of several scenarios
    caption = text.get("caption", stem, stem)
    return {"uri": f"data:image/png;base64,{data}", "caption": caption, "name": path.stem}


def _cards(kpis: Mapping[str, Any], text: Words) -> list[tuple[str, str]]:
    """Return figure and caption of each card."""
    return [(_card(key, float(kpis[key]), text), text("card", key)) for key in CARDS if key in kpis]


def _card(key: str, value: float, text: Words) -> str:
    kind = quantity_of(key)
    if kind == "share":
        return percent(value)
    if kind == "energy":
        return energy_text(text, value)
    if kind in ("money", "mass"):
        scale = text.scale(kind, value)
        return f"{number(value * scale.factor)} {scale.unit}"
    return f"{number(value)} {text('report', 'hours')}"


def _groups(runs: Sequence[Mapping[str, Any]], text: Words) -> list[tuple[str, list[Any]]]:
    rows = figure_rows(runs, text)
    names = dict.fromkeys(row.group for row in rows)
    return [(text("kpi_group", name), [r for r in rows if r.group == name]) for name in names]
