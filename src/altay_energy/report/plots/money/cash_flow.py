"""The cash flow of a project year by year, and when it has paid back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.palette import CASH
from altay_energy.report.text import Words, number, percent
from altay_energy.run.money.cash_flow import CashFlow


def cash_parts(flow: CashFlow) -> Mapping[str, Array]:
    """Return what comes in (positive) and goes out (negative) for equity, shape (Y,) each. [CNY]

    The parts add up to the flow of equity.

    Parameters
    ----------
    flow : CashFlow
        Of one project, rows of shape (Y,).
    """
    earned = flow.revenue_cny + flow.other_income_cny + flow.vat_refund_cny + flow.recovered_vat_cny
    invested = flow.investment_cny + flow.replacement_cny + flow.working_capital_cny
    return {
        "earned": earned + flow.salvage_cny,
        "operating": -flow.operating_cost_cny,
        "taxes": -flow.surtax_cny - flow.income_tax_cny,
        "interest": -flow.interest_cny,
        "principal": -flow.principal_cny,
        "invested": flow.loan_drawn_cny - invested,
    }


def plot_cash_flow(
    flow: CashFlow,
    *,
    first_year: int = 1,
    title: str = "",
    axes: tuple[Axes, Axes] | None = None,
    language: str = "en",
) -> tuple[Axes, Axes]:
    """Draw the yearly rows of a cash flow as bars, and below the sums of its flows over the years.

    Parameters
    ----------
    flow : CashFlow
        Of one project, rows of shape (Y,).
    first_year : int
        Calendar year of the first operating year, or 1 to count the operating years.
    title : str
        Of the run, for the line below the chart's title.
    axes : pair of Axes, optional
        Where to draw years and sums; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    tuple of two Axes
    """
    parts = cash_parts(flow)
    years = first_year - flow.first_operating + np.arange(flow.revenue_cny.size)
    lines = {"project": flow.after_tax_cny.cumsum(), "equity": flow.equity_flow_cny.cumsum()}
    with canvas.sheet(language) as letters:
        words = letters.words
        if axes is None:
            new = canvas.new_figure(11.0, 7.0).subplots(2, 1, sharex=True, height_ratios=[1, 1])
            axes = (new[0], new[1])
        above, below = axes
        scale = words.scale("money", *parts.values(), *lines.values())
        high, low = np.zeros(years.size), np.zeros(years.size)
        for key, part in parts.items():
            shown = part * scale.factor
            above.bar(years, shown, 0.75, np.where(shown > 0.0, high, low), color=CASH[key])
            high, low = high + np.maximum(shown, 0.0), low + np.minimum(shown, 0.0)
        above.axhline(0.0, color="#444444", lw=0.9)
        canvas.headroom(above, "y", float(low.min()), float(high.max()))
        keys = [key for key, part in parts.items() if part.any()]
        names = [words("money_chart", key) for key in keys]
        canvas.legend(above, [Patch(fc=CASH[key], lw=0.0) for key in keys], names)
        for key, line in lines.items():
            below.plot(years, line * scale.factor, color=CASH[key], lw=2.0, marker="o", ms=3.5)
        below.axhline(0.0, color="#444444", lw=0.9)
        ends = np.concatenate([*lines.values()]) * scale.factor
        canvas.headroom(below, "y", float(ends.min()), float(ends.max()))
        canvas.legend(
            below,
            [Line2D([], [], color=CASH[key], lw=2.0) for key in lines],
            [words("money_chart", key) for key in lines],
        )
        for ax in axes:
            canvas.label_numbers(ax, "y", sign=True)
            ax.set_ylabel(words("money_chart", "money", unit=scale.unit))
        below.set_xlim(years[0] - 0.7, years[-1] + 0.7)
        step = 1 + years.size // 14
        below.set_xticks(years[::step], [f"{year}" for year in years[::step]])
        note = _returns(flow, words)
        canvas.set_titles(
            above, words("money_chart", "cash_flow"), f"{title} · {note}" if title else note
        )
        canvas.set_titles(below, words("money_chart", "cash_sums"))
    return above, below


def _returns(flow: CashFlow, words: Words) -> str:
    """The returns of project and equity, and the payback, where there is one."""
    found = {"project": flow.after_tax, "equity": flow.equity}
    texts = [
        words("money_chart", f"{key}_irr", irr=percent(float(rates.only)))
        if int(rates.count) == 1
        else words(
            "money_chart", f"{key}_irrs" if rates.count else f"{key}_no_irr", count=rates.count
        )
        for key, rates in found.items()
    ]
    payback = float(flow.payback_years)
    key = "payback" if np.isfinite(payback) else "no_payback"
    return " · ".join([*texts, words("money_chart", key, years=number(payback))])
