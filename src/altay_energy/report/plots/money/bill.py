"""The bill of the grid company as a waterfall: each part, and their sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from altay_energy.report.chart import canvas
from altay_energy.report.chart.palette import BILL
from altay_energy.report.chart.rows import BAR, write
from altay_energy.report.text import Words, number

PARTS = (
    "line_loss_cny",
    "network_energy_cny",
    "system_operation_cny",
    "government_funds_cny",
    "charge_cny",
    "nearby_fee_cny",
)
"""Parts of a bill below the purchase of energy, from the top down."""

_SMALL = 1e-9
"""A part below this share of the largest one is not drawn."""


def bill_steps(bill: Mapping[str, Any]) -> dict[str, float]:
    """Return the steps of the waterfall from the top down; they add up to ``total_cny``.

    Parameters
    ----------
    bill : mapping
        Section ``bill`` of ``kpis.json``.

    Returns
    -------
    dict of str to float
        ``purchase_cny`` as it were without levels of the hours, ``time_of_use_cny``, then those
        of `PARTS` that are not 0; of a bill of nothing the purchase alone. [CNY]
    """
    floated = float(bill["time_of_use_cny"])
    steps = {"purchase_cny": float(bill["purchase_cny"]) - floated, "time_of_use_cny": floated}
    steps |= {key: float(bill[key] or 0.0) for key in PARTS}
    largest = max(abs(step) for step in steps.values())
    shown = {key: step for key, step in steps.items() if abs(step) > _SMALL * largest}
    return shown or {"purchase_cny": 0.0}


def plot_bill(
    bill: Mapping[str, Any], *, title: str = "", ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw what each part adds to the bill, and the whole bill below.

    Parameters
    ----------
    bill : mapping
        Section ``bill`` of ``kpis.json``.
    title : str
        Of the run, for the line below the chart's title.
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """
    steps = bill_steps(bill)
    values = np.array([*steps.values()])
    ends = np.cumsum(values)
    begins = ends - values
    total = float(bill["total_cny"])
    with canvas.drawing(ax, language, 11.0, 1.9 + 0.5 * (values.size + 1)) as (ax, _, words):
        scale = words.scale("money", begins, ends, total)
        rows = np.arange(values.size + 1)
        colours = [BILL["less" if value < 0.0 else _group(key)] for key, value in steps.items()]
        ax.barh(rows[:-1], values * scale.factor, BAR, begins * scale.factor, color=colours)
        ax.barh(rows[-1], total * scale.factor, BAR, color=BILL["total"])
        for row, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            write(
                ax,
                scale.factor * max(begin, end),
                row,
                _part_text(values[row], total, scale.factor),
            )
            ax.plot(
                [scale.factor * end] * 2,
                [row + BAR / 2, row + 1 - BAR / 2],
                color=canvas.GREY,
                lw=0.7,
                zorder=0,
            )
        write(ax, scale.factor * max(total, 0.0), rows[-1], number(total * scale.factor))
        canvas.headroom(
            ax,
            "x",
            scale.factor * min(begins.min(), ends.min()),
            scale.factor * ends.max(initial=0.0),
            0.16,
        )
        ax.set_ylim(rows[-1] + 0.6, -0.6)
        ax.set_yticks(rows, [*(_label(words, key) for key in steps), words("bill", "total_cny")])
        canvas.label_numbers(ax, "x", sign=True)
        ax.set_xlabel(words("money_chart", "money", unit=scale.unit))
        price = number(float(bill["mean_price_cny_mwh"]))
        below = words("money_chart", "bill_note", price=price)
        canvas.set_titles(
            ax, words("money_chart", "bill"), f"{title} · {below}" if title else below
        )
    return ax


def _group(key: str) -> str:
    if key in ("purchase_cny", "time_of_use_cny", "line_loss_cny"):
        return "energy"
    return "charge" if key in ("charge_cny", "nearby_fee_cny") else "network"


def _label(words: Words, key: str) -> str:
    if key in ("purchase_cny", "time_of_use_cny"):
        return words("money_chart", key.removesuffix("_cny"))
    return words("bill", key)


def _part_text(value: float, total: float, factor: float) -> str:
    share = f" ({100 * value / total:.0f} %)".replace("-", "−") if total > 0.0 else ""
    return f"{'+' if value > 0.0 else ''}{number(value * factor)}{share}"
