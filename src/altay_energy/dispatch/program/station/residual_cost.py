r"""Relaxed program of a system with a station: a lower bound for all operations of the units.

The program has the columns of the other elements, and a station that follows the two lines of
`water_energy` at any power from 0 on, even both ways at once, and may spill the excess over a real
operation. The powers and the content of every real operation satisfy every row, so the dual bound
holds for all of them. The last content may be lower by `END_WITHIN` and higher by any amount.

Ice: turbines keep the upper reservoir at or above its dead level and ice, pumps keep the lower one
at or above its own. These volumes have the contents g and k, which change with the ice; the content
e of a real operation is below g or above k only while the station is idle and the ice grows. The
program has the content

.. math:: x_t = \min(\max(e_t, g_t), k_t)

between g and k. Where x differs from e, it may rise with g, it is spilled as g and k fall, and it
regains the water that k excluded: over the period at most the total decrease of k plus the rain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.matrix import Integers
from altay_energy.dispatch.lp.program import BlockLP
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import LOWER, UPPER, StationLimits
from altay_energy.dispatch.program.formulation import Formulation
from altay_energy.dispatch.program.limits import loss_factor
from altay_energy.dispatch.program.station.water_energy import (
    END_WITHIN,
    EnergyScale,
    fill_limit,
    gained_mwh,
    lost_m3,
    most_waste_mwh,
    pump_line,
    turbine_line,
)

RETURNS = ("cyclic", "at_least", "equal_initial")
"""Terminal rules that require the reservoir to return to its first content."""


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Relaxed program of a system with one station.

    Parameters
    ----------
    lp : BlockLP
        Program of the other elements, followed by the station.
    level : int
        Index of the column of the station's content.
    columns : int
        Number of columns of the other elements, which come first.
    """

    lp: BlockLP
    level: int
    columns: int


@dataclass(frozen=True, eq=False)
class IceBand:
    """Band of the content of a station between ice limits, with its additions and spills.

    Parameters
    ----------
    low_mwh, high_mwh : ndarray, shape (T,)
        Bounds at the end of each step. [MWh]
    gift_mwh, waste_mwh : ndarray, shape (T,)
        Largest addition and spill in each step. [MWh]
    back_mwh : float
        Largest total that is regained. [MWh]
    """

    low_mwh: Array
    high_mwh: Array
    gift_mwh: Array
    waste_mwh: Array
    back_mwh: float

    @classmethod
    def of(cls, problem: Problem, limits: StationLimits, scale: EnergyScale) -> IceBand:
        """Compute the band from the ice of a period, shape (T,)."""
        steps, ice = problem.steps, limits.ice_m3
        total, rain = float(sum(limits.start_m3)), limits.rain_m3[UPPER].max()
        floor = limits.dead_m3[UPPER] + ice[UPPER] - lost_m3(limits).max()
        low = np.broadcast_to(scale.content(floor), (steps,))
        lid = total - limits.dead_m3[LOWER] - ice[LOWER] + rain
        high = np.maximum(np.broadcast_to(scale.content(lid), (steps,)), low)
        before = np.roll(low, 1), np.roll(high, 1)
        if problem.terminal != "cyclic":
            start = float(scale.content(limits.start_m3[UPPER]))
            before[0][0], before[1][0] = min(low[0], start), max(high[0], start)
        sinks = np.maximum(before[1] - high, 0.0)
        waste = low.max() + np.maximum(before[0] - low, 0.0) + sinks
        hidden = float(sinks.sum())
        rained = float(gained_mwh(limits, scale).sum())
        back = hidden + rained if hidden or high.min() < scale.capacity_mwh else 0.0
        return cls(low, high, np.maximum(low - before[0], 0.0), waste, back)


def relaxed(
    problem: Problem, rest: Formulation, limits: StationLimits, scale: EnergyScale
) -> Relaxation:
    """Return the program of a system with one station relaxed.

    Parameters
    ----------
    problem : Problem
        Gives the terminal rule, shape (T,).
    rest : Formulation
        Formulation of the system without the station.
    limits, scale
        The station.
    """
    lp, hours = rest.lp, problem.step_hours
    pump, turbine = (f(limits, scale, hours) for f in (pump_line, turbine_line))
    most, per_content = fill_limit(limits, scale, hours)
    bus, first = rest.balance, lp.columns
    fill, content, rows = lp.rows, lp.rows + 1, lp.rows + 2
    pieces = pump.slope.size, turbine.slope.size
    new = sum(pieces) + 5
    ups, downs = first + np.arange(pieces[0]), first + pieces[0] + np.arange(pieces[1])
    slack, back, level, gift, waste = first + sum(pieces) + np.arange(5)
    now, before = np.zeros((rows, first + new)), np.zeros((rows, first + new))
    now[: lp.rows, :first], before[: lp.rows, :first] = lp.now, lp.before
    now[bus, ups], now[content, ups] = -1.0, -hours * pump.slope
    now[bus, downs], now[content, downs] = 1.0, hours * turbine.slope
    now[content, level], before[content, level] = 1.0, 1.0
    now[content, [gift, back]], now[content, waste] = -1.0, 1.0
    now[fill, ups], now[fill, slack], before[fill, level] = hours * pump.slope, 1.0, -per_content
    now[fill, waste] = -1.0
    band = IceBand.of(problem, limits, scale)
    units = limits.in_service.sum(axis=0)
    rain = gained_mwh(limits, scale)
    behind = most_waste_mwh(limits, scale, hours, pump, turbine)
    bounds = _Bounds.of(problem, limits, scale, band)
    waste_upper = rain + behind + band.waste_mwh + bounds.waste_mwh
    series = np.zeros((3, new, lp.steps))  # lower and upper bounds, cost
    series[0, -3] = bounds.low_mwh
    series[1] = np.concatenate(
        [
            pump.upper(units),
            turbine.upper(units),
            np.stack(
                [
                    most + waste_upper,
                    np.full(lp.steps, band.back_mwh),
                    bounds.high_mwh,
                    rain + band.gift_mwh + bounds.gift_mwh,
                    waste_upper,
                ]
            ),
        ]
    )
    series[2, pieces[0] : sum(pieces)] = hours * problem.variable_om_cny_mwh.get(limits.name, 0.0)
    series[2, -3, -1] = bounds.worth_cny_mwh
    rhs = np.zeros((rows, lp.steps))
    rhs[: lp.rows], rhs[fill] = lp.rhs, most
    if problem.terminal != "cyclic":
        start = float(scale.content(limits.start_m3[UPPER]))
        rhs[content, 0] = start
        rhs[fill, 0] -= per_content * start
    joined = _joined(lp, now, before, rhs, series, int(back), band)
    for row, name in enumerate(rest.limits):
        if loss_factor(name):
            joined = _with_loss(joined, row, ups, downs, _most_gained(limits) / hours)
    return Relaxation(joined, int(level), first)


def _with_loss(lp: BlockLP, row: int, ups: Integers, downs: Integers, most_mw: float) -> BlockLP:
    """Return the program with the losses of the station counted by the limit on own energy.

    Energy may remain stored at the end: at most the full content, ``most_mw`` summed over steps.
    """
    dense, dense_rhs = lp.dense.copy(), lp.dense_rhs.copy()
    dense[row, ups], dense[row, downs] = 1.0, -1.0
    dense_rhs[row] += most_mw
    return replace(lp, dense=dense, dense_rhs=dense_rhs)


def _most_gained(limits: StationLimits) -> float:
    """Return the largest increase of the upper reservoir's content over the period. [MWh]"""
    return float(limits.mwh_per_m3 * (limits.normal_m3[UPPER] - limits.dead_m3[UPPER]))


def _joined(
    lp: BlockLP, now: Array, before: Array, rhs: Array, series: Array, back: int, band: IceBand
) -> BlockLP:
    """Join the other elements and the station; regained water has a limit over the period."""
    rows, new = now.shape[0], series.shape[1]
    shared = np.zeros((rows, *lp.shared.shape[-2:]))
    shared[: lp.rows] = lp.shared
    dense = np.concatenate([lp.dense, np.zeros((lp.dense.shape[0], new, lp.steps))], axis=1)
    dense_rhs, equal, dense_shared = lp.dense_rhs, lp.dense_equal, lp.dense_shared
    if band.back_mwh:
        row = np.zeros((1, lp.columns + new, lp.steps))
        row[0, back] = 1.0
        dense = np.concatenate([dense, row])
        dense_rhs = np.append(dense_rhs, band.back_mwh)
        equal = np.append(equal, False)
        dense_shared = np.concatenate([dense_shared, np.zeros((1, dense_shared.shape[1]))])
    lower, upper, cost = series
    return replace(
        lp,
        now=now,
        before=before,
        rhs=rhs,
        cost=np.concatenate([lp.cost, cost]),
        lower=np.concatenate([lp.lower, lower]),
        upper=np.concatenate([lp.upper, upper]),
        dense=dense,
        dense_rhs=dense_rhs,
        dense_equal=equal,
        dense_shared=dense_shared,
        shared=shared,
    )


@dataclass(frozen=True, eq=False)
class _Bounds:
    """Bounds of the content; additions, spills and value at the end of the period."""

    low_mwh: Array
    high_mwh: Array
    gift_mwh: Array
    waste_mwh: Array
    worth_cny_mwh: float

    @classmethod
    def of(
        cls, problem: Problem, limits: StationLimits, scale: EnergyScale, band: IceBand
    ) -> _Bounds:
        """Compute the bounds; the terminal rule allows a slightly lower last content, or spill."""
        low, high = band.low_mwh.copy(), band.high_mwh.copy()
        gift, waste = np.zeros((2, low.size))
        start = float(np.clip(scale.content(limits.start_m3[UPPER]), low[-1], high[-1]))
        worth = 0.0
        if problem.terminal in RETURNS:
            gift[-1] += END_WITHIN * scale.capacity_mwh
            waste[-1] += scale.capacity_mwh
        if problem.terminal in ("at_least", "equal_initial"):
            low[-1] = start
        if problem.terminal == "equal_initial":
            high[-1] = start
        if problem.terminal == "water_value":
            # A chord of the decreasing curve is below it; the tangent at 0 is optimistic.
            high[-1], worth = scale.capacity_mwh, -problem.terms.water_value_cny_mwh[0]
        return cls(low, high, gift, waste, worth)
