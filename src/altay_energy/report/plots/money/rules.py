"""Rules as gauges: the value of a run beside the limit of each rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from altay_energy.report.chart import canvas
from altay_energy.report.chart.palette import VERDICTS
from altay_energy.report.chart.rows import BAR, MARK, write
from altay_energy.report.text import Words, percent
from altay_energy.run.figures.figure import ending_of


def gauges(policy: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the rules that can be drawn on one axis: those whose figure is a share.

    Parameters
    ----------
    policy : mapping of str to mapping
        Section ``policy`` of ``kpis.json``.
    """
    return {
        key: rule
        for key, rule in policy.items()
        if ending_of(rule["figure"]).unit == "1" and rule["value"] is not None
    }


def plot_rules(
    policy: Mapping[str, Mapping[str, Any]],
    *,
    title: str = "",
    ax: Axes | None = None,
    language: str = "en",
) -> Axes:
    """Draw the value of each rule as a bar, its limit as a mark, and what the limit forbids grey.

    Parameters
    ----------
    policy : mapping of str to mapping
        Section ``policy`` of ``kpis.json``.
    title : str
        Of the run, for the line below the chart's title.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If no rule limits a share.
    """
    rules = gauges(policy)
    if not rules:
        raise ValueError("no rule of this run limits a share that could be drawn")
    values = np.array([rule["value"] for rule in rules.values()], dtype=np.float64)
    limits = np.array([rule["limit"] for rule in rules.values()], dtype=np.float64)
    met = [bool(rule["met"]) for rule in rules.values()]
    most = 100.0 * max(1.0, values.max(), limits.max())
    rows = np.arange(values.size)
    with canvas.drawing(ax, language, 11.0, 1.9 + 0.62 * values.size) as (ax, letters, words):
        for row, rule in enumerate(rules.values()):
            low, high = (limits[row], most / 100) if rule["sense"] == "max" else (0.0, limits[row])
            ax.barh(row, 100 * (high - low), 0.9, 100 * low, color="#efefef", zorder=0)
        ax.barh(rows, 100 * values, BAR * 0.7, color=[VERDICTS[kept] for kept in met])
        ax.vlines(100 * limits, rows - MARK, rows + MARK, color="#111111", linewidth=2.4)
        for row, rule in enumerate(rules.values()):
            sign = "≤" if rule["sense"] == "max" else "≥"
            text = f"{percent(values[row])} ({sign} {percent(limits[row])})"
            write(ax, 100 * max(values[row], limits[row]), row, text)
        ax.set_ylim(rows[-1] + 0.6, -0.6)
        ax.set_yticks(rows, [_label(rule, words, letters.can_draw) for rule in rules.values()])
        ax.set_xlim(0.0, most * 1.16)
        canvas.label_numbers(ax, "x")
        ax.set_xlabel(words("chart", "share"))
        shown = sorted(set(met), reverse=True)
        handles: list[Any] = [Patch(fc=VERDICTS[kept], lw=0.0) for kept in shown]
        names = [words("money_chart", "rule_met" if kept else "rule_missed") for kept in shown]
        handles += [Line2D([], [], color="#111111", lw=2.4), Patch(fc="#efefef", lw=0.0)]
        names += [words("money_chart", "rule_limit"), words("money_chart", "rule_forbidden")]
        canvas.legend(ax, handles, names)
        out = sum(not rule["in_force"] for rule in rules.values())
        note = words("money_chart", "rules_note", met=sum(met), count=len(met))
        note += f" · {words('money_chart', 'rules_out', count=out)}" if out else ""
        canvas.set_titles(ax, words("money_chart", "rules"), f"{title} · {note}" if title else note)
    return ax


def _label(rule: Mapping[str, Any], words: Words, can_draw: Any) -> str:
    """Name of the limited figure, and below it that of the rule."""
    name = str(rule["title_zh" if words.language == "zh" and rule["title_zh"] else "title"])
    name = "".join(char if can_draw(char) else "?" for char in name)
    figure = words.get("kpi", rule["figure"], words.get("policy", rule["figure"], rule["figure"]))
    return f"{canvas.plain(figure)}\n{canvas.plain(canvas.shorten(name, 40))}"
