"""Tables of the rules that a run is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from altay_energy.report.pages.figure_rows import quantity_of
from altay_energy.report.pages.fitted import Column, Fitted, Line, on_screen
from altay_energy.report.text import Words, number, percent, words
from altay_energy.run.figures.figure import ending_of

_SIGNS = {"min": "≥", "max": "≤"}
_SCALED = ("power", "energy", "money", "mass", "volume")


@dataclass(frozen=True)
class RuleRow:
    """One limit of a set of rules, formatted.

    Parameters
    ----------
    label, value, limit, met, margin : str
        Name of the figure, its value, the limit with its sense, yes or no, and the distance.
    kept : bool
        Whether the limit is met.
    """

    label: str
    value: str
    limit: str
    met: str
    margin: str
    kept: bool


def amount_text(figure: str, value: float, text: Words) -> str:
    """Return a figure with its unit, as people read it.

    Parameters
    ----------
    figure : str
        Its key.
    value : float
        In its unit.
    text : Words
        Language.
    """
    quantity = quantity_of(figure)
    if quantity == "share":
        return percent(value)
    if quantity in _SCALED:
        scale = text.scale(quantity, value)
        return f"{number(value * scale.factor)} {scale.unit}"
    unit = {"length": "m", "flow": "m³/s", "count": ""}.get(quantity)
    unit = text("report", quantity) if unit is None else unit
    return f"{number(value)} {unit}".rstrip()


def figure_label(figure: str, text: Words) -> str:
    """Return the name of a figure or of a ratio of capacities; its key where it has none."""
    return text.get("kpi", figure, text.get("policy", figure, figure))


def rule_groups(policy: Mapping[str, Any], text: Words) -> list[tuple[str, list[RuleRow]]]:
    """Return the limits of a run by set of rules: title with document and day, and rows.

    Parameters
    ----------
    policy : mapping
        The table ``policy`` of ``kpis.json``.
    text : Words
        Language.
    """
    groups: dict[str, list[RuleRow]] = {}
    for entry in policy.values():
        groups.setdefault(_heading(entry, text), []).append(_row(entry, text))
    return list(groups.items())


def _heading(entry: Mapping[str, Any], text: Words) -> str:
    if "document" not in entry:
        return text("policy", "own")
    parts = [_title(entry, text), entry["document"], entry["date"]]
    parts += [] if entry["in_force"] else [text("policy", "not_in_force")]
    return " · ".join(dict.fromkeys(parts))


def _row(entry: Mapping[str, Any], text: Words) -> RuleRow:
    figure, met = entry["figure"], bool(entry["met"])
    limit = f"{_SIGNS[entry['sense']]} {amount_text(figure, entry['limit'], text)}"
    distance = amount_text(figure, entry["margin"], text)
    if quantity_of(figure) == "share":
        distance = f"{distance.removesuffix(' %')} {text('report', 'points')}"
    return RuleRow(
        label=figure_label(figure, text),
        value=amount_text(figure, entry["value"], text),
        limit=limit,
        met=text("policy", "yes" if met else "no"),
        margin=distance,
        kept=met,
    )


def rule_table(document: Mapping[str, Any], language: str = "en") -> Fitted | None:
    """Return the table of the rules of a run; None where it is judged by none.

    Parameters
    ----------
    document : mapping
        The document of ``kpis.json``.
    language : str
        ``"en"`` or ``"zh"``.
    """
    text = words(language)
    if not document["policy"]:
        return None
    heads = [("policy", "limit"), ("policy", "met"), ("policy", "margin")]
    columns = [Column(text("report", "figure"), "text"), Column(text("report", "value"))]
    columns += [Column(text(*head)) for head in heads]
    lines = []
    for title, rows in rule_groups(document["policy"], text):
        lines.append(Line((title,), heading=True))
        for row in rows:
            style = "" if row.kept else "bold red"
            cells = (row.value, row.limit, Text(row.met, style=style), row.margin)
            plain = (c if isinstance(c, Text) else on_screen(c) for c in cells)
            lines.append(Line((f"  {row.label}", *plain)))
    return Fitted(f"{document['scenario']}: {text('policy', 'rules')}", columns, lines)


def change_table(study: Mapping[str, Any], language: str = "en") -> Fitted | None:
    """Return the table of single changes that meet rules; None where every rule is met.

    Parameters
    ----------
    study : mapping
        The document of ``rules.json``.
    language : str
        ``"en"`` or ``"zh"``.
    """
    text = words(language)
    if not study["findings"]:
        return None
    columns = [Column(text("policy", "change"), "text")]
    columns += [Column(text("policy", head)) for head in ("today", "then", "relative")]
    columns += [Column(text("report", "value")), Column(text("policy", "breaks"), "text")]
    lines = []
    for finding in study["findings"]:
        entries = [study["policy"][name] for name in finding["limits"]]
        titles = dict.fromkeys(_title(entry, text) for entry in entries)
        lines.append(Line((f"{_asked(entries[0], text)} · {', '.join(titles)}",), heading=True))
        for change in finding["changes"]:
            broken = (study["policy"][name] for name in change["no_longer_met"])
            lines.append(_change_line(change, finding["figure"], broken, text))
        if "best" in finding:
            lines.append(Line((f"  {text('policy', 'none')}",)))
            lines.append(_change_line(finding["best"], finding["figure"], (), text))
    return Fitted(text("policy", "changes"), columns, lines)


def _title(entry: Mapping[str, Any], text: Words) -> str:
    """Name of the set that a limit is of."""
    if "document" not in entry:
        return text("policy", "own")
    return str(entry["title_zh" if text.language == "zh" else "title"] or entry["document"])


def _asked(entry: Mapping[str, Any], text: Words) -> str:
    """Name of the figure, sense and limit."""
    figure = entry["figure"]
    limit = amount_text(figure, entry["limit"], text)
    return f"{figure_label(figure, text)} {_SIGNS[entry['sense']]} {limit}"


def _change_line(
    change: Mapping[str, Any], figure: str, broken: Iterable[Mapping[str, Any]], text: Words
) -> Line:
    key, *others = change["then"]
    label = key
    if others:
        rest = ", ".join(other.rpartition(".")[2] for other in others)
        label = text("policy", "with_it", name=key, others=rest)
    relative = change["relative"]
    sign = "+" if relative is not None and relative > 0.0 else ""
    unit = ending_of(key).unit.replace("1", "") or "MW"  # only a profile has none
    cells = [
        f"{change['today'][key]:,.6g} {unit}",
        f"{change['then'][key]:,.6g} {unit}",
        "" if relative is None else f"{sign}{percent(relative)}",
        amount_text(figure, change["value"], text),
    ]
    also = []
    names = dict.fromkeys(_asked(entry, text) for entry in broken)
    if names:
        also.append(text("policy", "no_longer_met", names=", ".join(names)))
    if change.get("more_unserved_mwh"):
        energy = amount_text("unserved_mwh", change["more_unserved_mwh"], text)
        also.append(text("policy", "unserved", energy=energy))
    if change.get("met_up_to") is not None:
        way = "upto" if change["met_up_to"] > change["then"][key] else "downto"
        also.append(text("policy", way, value=f"{change['met_up_to']:,.6g} {unit}"))
    shown = map(on_screen, cells)
    return Line((f"  {label}", *shown, "; ".join(also)))
