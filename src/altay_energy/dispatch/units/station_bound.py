r"""Lower bound of the cost of a station that runs whole units, by dynamic programming.

The linear relaxation (`residual_cost`) lets a station pump with any power. Here each step has the
true units at the heads of their content, and only the cost-to-go is convex in the energy e of the
upper reservoir.

**Prices.** All rows of the other elements but the power balance are relaxed at given duals [1]_.
What is left of the other elements is a convex piecewise linear cost f of the power that the station
draws, and a constant. For any duals the sum is a lower bound.

**Induction.** Let W be convex, falling, linear between the nodes of a grid of contents, and a lower
bound of the cost after a step. In the cell [a, b] of the grid, k units draw a power p between two
limits and change the content by at most x(p), the concave envelope over all volumes of the cell,
loads and tables, interpolated between a few powers and raised there so that it contains all
(`Mode`). Losses only lower the content, so the cost of a real operation from e is at least

.. math:: f(p) + W(e + x(p)), \qquad a \le e \le b

**Between the nodes.** f is linear between its kinks, x between the powers of the mode. Over each
piece and the cell, e + x(p) is affine in e and in the position within the piece. A convex W is
nowhere below its chord over all values of e + x(p), less the largest distance of the two,

.. math:: D = \sum_q \frac{(y_q - y^-)(y^+ - y_q)}{y^+ - y^-} \, \tau_q

with the nodes q between the least and the largest value and the change τ of the slope of W there.
So the cost is nowhere below f plus this chord less D, which is affine in e at both ends of the
piece; the minimum over the ends of all pieces is a concave function of e in the cell, and nowhere
below the line through its values at a and b. At a node the smaller value of both cells counts. The
greatest convex function below the values of the nodes, kept from rising, is the W of the step
before.

W continues with its first slope below an empty reservoir, which only cells with volumes that can
give the water use, and is constant above a full one. Where the last content has to return to the
first, the difference has a price [1]_. Costs of starts and changes of mode, ice, and what
is missing in the lower reservoir are left out; each only makes the bound lower.

References
----------
.. [1] Geoffrion, "Lagrangean relaxation for integer programming", Mathematical Programming Study 2,
   82-114, 1974.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import isotonic_regression

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.matrix import Integers
from altay_energy.dispatch.lp.program import Bools
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import UPPER, StationLimits
from altay_energy.dispatch.program.station.water_energy import (
    END_WITHIN,
    SAFETY,
    EnergyScale,
    gained_mwh,
)
from altay_energy.dispatch.units.station_schedule import PROHIBITIVE, ResidualCost
from altay_energy.resource.pumped.operating_table import OperatingTable

CELLS = ((2000, 320), (400, 160), (0, 80))
"""Number of cells of the grid of contents for periods of at least so many steps. [-]"""

PIECES = 12
"""Number of pieces between the least and largest power of units that can vary it. [-]"""

SHORTFALL = 4.0
"""Price of content missing at the end, as a multiple of the cost of unserved load; any is valid."""

_WIDE = 0.02  # share of the power above which a band has several pieces
_VOLUMES = 1200.0  # grid of volumes of `EnergyScale`
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Mode:
    """So many units that pump, or that generate, in every cell of the grid.

    Parameters
    ----------
    units : int
        How many. [-]
    drawn_mw : ndarray, shape (J, N)
        Powers drawn from the bus, negative for turbines; evenly spaced, rising. [MW]
    change_mwh : ndarray, shape (J, N)
        Largest change of the content in a step at these powers, and by interpolation between
        them. [MWh]
    possible : ndarray of bool, shape (N,)
        Whether the mode is possible at any volume of the cell.

    Notes
    -----
    Operations that a unit less does with as much content are left out.
    """

    units: int
    drawn_mw: Array
    change_mwh: Array
    possible: Bools


@dataclass(frozen=True, eq=False)
class Grid:
    """Grid of contents with the modes of a station.

    Parameters
    ----------
    edge_mwh : ndarray, shape (N + 1,)
        Nodes, evenly spaced. [MWh]
    modes : tuple of Mode
        The first one is the idle station.
    """

    edge_mwh: Array
    modes: tuple[Mode, ...]

    @classmethod
    def of(cls, limits: StationLimits, scale: EnergyScale, step_hours: float, cells: int) -> Grid:
        """Compute the modes of a station on a grid of so many cells."""
        edge = np.linspace(0.0, scale.capacity_mwh, cells + 1)
        none = np.zeros((2, cells))
        modes = [Mode(0, none, none, np.ones(cells, dtype=np.bool_))]
        for table, sign in ((limits.pump, 1.0), (limits.turbine, -1.0)):
            fewer = None
            for k in range(1, limits.units + 1):
                fewer = _mode(table, scale, step_hours, sign, k, edge, fewer)
                modes += [fewer] if fewer.possible.any() else []
        return cls(edge, tuple(modes))

    @property
    def width(self) -> float:
        """Distance of two nodes. [MWh]"""
        return float(self.edge_mwh[1])

    @property
    def drawn_mw(self) -> Array:
        """Powers of all modes, shape (A, N). [MW]"""
        return np.concatenate([mode.drawn_mw for mode in self.modes])

    @property
    def whole(self) -> Bools:
        """Whether a row of `drawn_mw` and the next one are ends of a piece, shape (A - 1,)."""
        number = [np.full(len(mode.drawn_mw), k) for k, mode in enumerate(self.modes)]
        return np.asarray(np.diff(np.concatenate(number)) == 0)

    def after(self) -> tuple[sparse.csr_array, sparse.csr_array, sparse.csr_array]:
        """Matrices from W at the nodes, (N + 1,), to its values after the moves of all modes.

        The first one, (A·N, N + 1), is for the lower end of each cell, the second for the upper
        end; the third, ((A - 1)·N, N + 1), gives D of each piece.
        """
        cells = self.edge_mwh.size - 1
        change = np.concatenate([mode.change_mwh for mode in self.modes]) / self.width
        node = np.arange(cells, dtype=np.float64)
        least = np.asarray(node + np.minimum(change[:-1], change[1:])).ravel()
        most = np.asarray(node + 1.0 + np.maximum(change[:-1], change[1:])).ravel()
        most = np.where(np.repeat(self.whole, cells), most, least)
        far = int(np.ceil((most - least).max(initial=0.0)))
        distance = sum(
            (_distance(least, most, q, cells) for q in range(far)),
            start=sparse.csr_array((least.size, cells + 1)),
        )
        lower, upper = (_between((node + end + change).ravel(), cells) for end in (0.0, 1.0))
        return lower, upper, sparse.csr_array(distance @ _turns(cells))


def _mode(
    table: OperatingTable,
    scale: EnergyScale,
    step_hours: float,
    sign: float,
    units: int,
    edge: Array,
    fewer: Mode | None,
) -> Mode:
    """Return the mode of so many units of a table, without what one unit less does as well."""
    row, volume = scale.row(table), scale.volume_m3
    low, high = (mw[row, units][..., np.newaxis] for mw in (table.low_mw, table.high_mw))
    flow = table.flow_m3_s[row, units]
    power = low + np.linspace(0.0, 1.0, flow.shape[-1]) * (high - low)
    there = volume[:, np.newaxis] + sign * 3600.0 * step_hours * flow
    fits = (there >= volume[0]) & (there <= volume[-1]) & (power > 0.0)
    change = scale.content(there) - scale.energy_mwh[:, np.newaxis]
    change = change * (1.0 + sign * SAFETY)
    varies = float((high - low).max()) > _WIDE * float(high.max())
    pieces, cells = PIECES if varies else 1, edge.size - 1
    drawn, most = np.zeros((2, pieces + 1, cells))
    possible = np.zeros(cells, dtype=np.bool_)
    beside = edge[-1] / _VOLUMES * 2.0
    first = np.searchsorted(scale.energy_mwh, edge[:-1] - beside)
    last = np.searchsorted(scale.energy_mwh, edge[1:] + beside, side="right")
    for cell, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        here, p, x = fits[:, a:b], sign * power[:, a:b], change[:, a:b]
        if fewer is not None and fewer.possible[cell]:
            ends = fewer.drawn_mw[:, cell]
            known = np.interp(p, ends, fewer.change_mwh[:, cell])
            new = (p < ends[0]) | (p > ends[-1]) | (x > known)
            # A load between two of the table is between one that is new and one that is not.
            beside = new.copy()
            beside[..., :-1] |= new[..., 1:]
            beside[..., 1:] |= new[..., :-1]
            here = here & beside
        if here.any():
            possible[cell] = True
            drawn[:, cell], most[:, cell] = _containing(p[here], x[here], pieces)
    return Mode(units, drawn, most, possible)


def _containing(power: Array, change: Array, pieces: int) -> tuple[Array, Array]:
    """Powers, evenly spaced, and values whose interpolation is nowhere below the given points."""
    x, place = np.unique(power, return_inverse=True)
    y = np.full(x.size, -np.inf)
    np.maximum.at(y, place, change)
    nodes = np.linspace(x[0], max(x[-1], x[0] + _ROUNDING * abs(x[0])), pieces + 1)
    hull = _upper_hull(x, y)
    value = np.interp(nodes, x[hull], y[hull])
    missing = y[hull] - np.interp(x[hull], nodes, value)
    piece = np.clip(((x[hull] - nodes[0]) / (nodes[1] - nodes[0])).astype(int), 0, pieces - 1)
    raised = np.zeros(nodes.size)
    for end in (0, 1):
        np.maximum.at(raised, piece + end, missing)
    return nodes, value + raised


def _upper_hull(x: Array, y: Array) -> Integers:
    """Indices of the upper concave hull of points with rising x."""
    kept: list[int] = []
    for k in range(x.size):
        while len(kept) > 1:
            a, b = kept[-2:]
            if (y[b] - y[a]) * (x[k] - x[a]) > (y[k] - y[a]) * (x[b] - x[a]):
                break
            kept.pop()
        kept.append(k)
    return np.array(kept)


def _between(place: Array, cells: int) -> sparse.csr_array:
    """Matrix of the interpolation at places between nodes: linear below 0, constant above N."""
    place = np.minimum(place, float(cells))
    cell = np.clip(np.floor(place).astype(np.int64), 0, cells - 1)
    part, row = place - cell, np.arange(place.size)
    return sparse.csr_array(
        (
            np.concatenate([1.0 - part, part]),
            (np.concatenate([row, row]), np.concatenate([cell, cell + 1])),
        ),
        shape=(place.size, cells + 1),
    )


def _distance(least: Array, most: Array, q: int, cells: int) -> sparse.csr_array:
    """Matrix of the part of D by the node ``q`` + 1 above the least place. [cells]"""
    node = np.floor(least) + 1.0 + q
    inside = (node < most) & (node >= 1.0) & (node <= cells)
    row = np.flatnonzero(inside)
    low, high, at = least[row], most[row], node[row]
    share = (at - low) * (high - at) / (high - low)
    return sparse.csr_array((share, (row, at.astype(np.int64))), shape=(least.size, cells + 1))


def _turns(cells: int) -> sparse.csr_array:
    """Matrix from W at the nodes to the changes of its slope, per cell; W is constant above N."""
    node = np.arange(1, cells)  # W continues with its first slope below 0
    row = np.concatenate([node, node, node, [cells, cells]])
    column = np.concatenate([node - 1, node, node + 1, [cells - 1, cells]])
    ones = np.ones(node.size)
    bend = np.concatenate([ones, -2.0 * ones, ones, [1.0, -1.0]])
    return sparse.csr_array((bend, (row, column)), shape=(cells + 1, cells + 1))


def station_bound(
    problem: Problem,
    limits: StationLimits,
    scale: EnergyScale,
    rest: ResidualCost,
    price_cny_mwh: float,
    cells: int = 0,
) -> float:
    """Lower bound of the cost of all operations of a station beside a convex residual cost.

    Parameters
    ----------
    problem : Problem
        Gives the terminal rule, shape (T,).
    limits, scale
        The station.
    rest : ResidualCost
        Cost of the rest of the system by power drawn: a part of a Lagrangian relaxation.
    price_cny_mwh : float
        Price of the last content less the first in a cyclic period; any is valid. [CNY/MWh]
    cells : int
        Cells of the grid of contents; by default as many as the period needs. [-]

    Returns
    -------
    float
        [CNY]
    """
    cells = cells or next(number for steps, number in CELLS if problem.steps >= steps)
    grid = Grid.of(limits, scale, problem.step_hours, cells)
    price = max(price_cny_mwh, 0.0)
    value = _at_the_end(problem, limits, scale, grid, price)
    gained = np.broadcast_to(gained_mwh(limits, scale), (problem.steps,)) / grid.width
    backwards = _Backwards(problem, limits, grid, rest)
    largest = 0.0
    for t in range(problem.steps - 1, -1, -1):
        value = backwards.before(t, _shifted(value, float(gained[t])))
        largest = max(largest, float(np.abs(value).max()))
    if problem.terminal == "cyclic":
        within = END_WITHIN * limits.live_m3 * scale.most_mwh_per_m3
        found = float((value + price * grid.edge_mwh).min()) - price * within
    else:
        start = float(scale.content(limits.start_m3[UPPER]))
        found = float(np.interp(start, grid.edge_mwh, value))
    return found - _ROUNDING * largest


class _Backwards:
    """Steps of the dynamic program."""

    def __init__(
        self, problem: Problem, limits: StationLimits, grid: Grid, rest: ResidualCost
    ) -> None:
        self.grid, self.rest = grid, rest
        self.lower, self.upper, self.distance = grid.after()
        self.apart = np.where(grid.whole, 0.0, PROHIBITIVE)[:, np.newaxis]
        self.drawn = grid.drawn_mw
        self.flat = self.drawn.ravel()
        om = problem.step_hours * problem.variable_om_cny_mwh.get(limits.name, 0.0)
        self.om = om
        self.own = om * np.maximum(0.0 - self.drawn, 0.0)
        self.units = limits.in_service.sum(axis=0)
        self.first = np.cumsum([0, *(len(mode.drawn_mw) for mode in grid.modes)])
        self.ranges = [
            (float(m.drawn_mw[:, m.possible].min()), float(m.drawn_mw[:, m.possible].max()))
            for m in grid.modes
        ]
        self._closed: dict[int, Array] = {}

    def before(self, t: int, value: Array) -> Array:
        """Return W before a step from W after it, shape (N + 1,). [CNY]"""
        power, money = self.rest.power_mw[t], self.rest.cost_cny[t]
        shape, units = self.drawn.shape, int(self.units[t])
        cost = np.interp(self.flat, power, money).reshape(shape) + self._own_cost(units)
        pieces = (shape[0] - 1, shape[1])
        far = self.apart - (self.distance @ value).reshape(pieces)
        after = [(end @ value).reshape(shape) for end in (self.lower, self.upper)]
        ends = [_least_of_pieces(values + cost, far) for values in after]
        for kink, paid in zip(power[1:-1].tolist(), money[1:-1].tolist(), strict=True):
            self._at_kink(kink, paid, units, after, far, ends)
        nodes = np.concatenate([ends[0][:1], np.minimum(ends[0][1:], ends[1][:-1]), ends[1][-1:]])
        return _convex_and_falling(nodes)

    def _own_cost(self, units: int) -> Array:
        """Variable O&M of each move, and a prohibitive cost where it is not possible. [CNY]"""
        if units not in self._closed:
            shut = [
                np.broadcast_to(~mode.possible | (mode.units > units), mode.drawn_mw.shape)
                for mode in self.grid.modes
            ]
            self._closed[units] = self.own + np.where(np.concatenate(shut), PROHIBITIVE, 0.0)
        return self._closed[units]

    def _at_kink(
        self,
        kink: float,
        paid: float,
        units: int,
        after: list[Array],
        far: Array,
        ends: list[Array],
    ) -> None:
        """Lower the values of the cells with a kink of the residual cost between two powers."""
        for mode, first, (least, most) in zip(
            self.grid.modes, self.first, self.ranges, strict=False
        ):
            if not least < kink < most or mode.units > units:
                continue
            drawn = mode.drawn_mw
            place = (kink - drawn[0]) / np.where(mode.possible, drawn[1] - drawn[0], 1.0)
            cell = np.flatnonzero((place > 0.0) & (place < len(drawn) - 1) & mode.possible)
            piece = place[cell].astype(np.int64)
            part, row = place[cell] - piece, first + piece
            cost = paid + self.om * max(0.0 - kink, 0.0)
            for values, end in zip(after, ends, strict=True):
                here = (1.0 - part) * values[row, cell] + part * values[row + 1, cell]
                end[cell] = np.minimum(end[cell], here + cost + far[row, cell])


def _least_of_pieces(values: Array, far: Array) -> Array:
    """Least value over all pieces in each cell, from the values of their ends, (A, N), less D."""
    return np.asarray((np.minimum(values[:-1], values[1:]) + far).min(axis=0))


def _convex_and_falling(values: Array) -> Array:
    """Return the greatest convex function below values at even distances, kept from rising.

    Its slopes are the isotonic regression of the differences of the values.
    """
    slope = isotonic_regression(np.diff(values)).x
    convex = values[0] + np.concatenate([[0.0], np.cumsum(slope)])
    return np.minimum.accumulate(np.minimum(convex, values))


def _shifted(values: Array, cells: float) -> Array:
    """Return a function that is nowhere above W at contents that are higher by so many cells."""
    if cells <= 0.0:
        return values
    number = values.size - 1
    place = np.asarray(np.arange(number + 1) + cells, dtype=np.float64)
    moved = _between(place, number) @ values
    turn = np.zeros(number + 3)
    turn[1 : number + 2] = np.maximum(_turns(number) @ values, 0.0)
    part = cells - np.floor(cells)
    here = np.minimum(np.ceil(place).astype(np.int64), number + 1) + 1
    beside = np.maximum(turn[np.minimum(here, number + 2)], turn[np.minimum(here - 1, number + 2)])
    return _convex_and_falling(moved - part * (1.0 - part) * beside)


def _at_the_end(
    problem: Problem, limits: StationLimits, scale: EnergyScale, grid: Grid, price: float
) -> Array:
    """Return W after the last step, shape (N + 1,). [CNY]"""
    edge = grid.edge_mwh
    if problem.terminal == "cyclic":
        return 0.0 - price * edge
    if problem.terminal in ("at_least", "equal_initial"):
        start = float(scale.content(limits.start_m3[UPPER]))
        start -= END_WITHIN * limits.live_m3 * scale.most_mwh_per_m3
        least = np.floor(start / grid.width) * grid.width
        highest = SHORTFALL * problem.unserved_cost_cny_mwh
        return np.asarray(highest * np.maximum(least - edge, 0.0))
    worth = problem.end_value_cny(scale.capacity_mwh, edge)
    bend = np.abs(np.diff(worth, 2)).max(initial=0.0)
    return _convex_and_falling(worth - 0.25 * bend)
