r"""Mixed-integer program of unit commitment for a window of steps, built on a block program.

To the linear program of the other elements, every committed plant adds in each step the number n of
running units (an integer), the units v that start and w that stop, the power q of each piece of the
fuel curve above the least load, and the shortfall s of must-run power:

.. math::

    & p_t = n_t p^{\min} + \textstyle\sum_k q_{kt} \quad \text{into the balance}, \qquad
        0 \le q_{kt} \le n_t \, \Delta_k \\
    & n_t - n_{t-1} = v_t - w_t \\
    & \textstyle\sum_{\tau = t - T^{up} + 1}^{t} v_\tau \le n_t, \qquad
      \textstyle\sum_{\tau = t - T^{down} + 1}^{t} w_\tau \le U - n_t \\
    & p_t - p_{t-1} \le R (n_t - v_t) + R^{v} v_t - p^{\min} w_t, \qquad
      p_{t-1} - p_t \le R (n_t - v_t) + R^{v} w_t - p^{\min} v_t \\
    & p_t + s_t \ge p^{must}_t

The rows of [1]_ and [2]_ describe the convex hull of a single unit without ramps, so the linear
relaxation is as tight as the best Lagrangian relaxation. v and w may be continuous, since their
difference is an integer if n is one.

References
----------
.. [1] Rajan and Takriti, "Minimum up/down polytopes of the unit commitment problem with start-up
   costs", IBM Research Report RC23628, 2005.
.. [2] Morales-España, Latorre and Ramos, "Tight and compact MILP formulation for the thermal unit
   commitment problem", IEEE Transactions on Power Systems 28(4), 4897-4908, 2013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.highs import MixedProgram, flat_program, matrix_of
from altay_energy.dispatch.lp.matrix import Integers
from altay_energy.dispatch.lp.program import BlockLP, Bools
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, ThermalUnits, starts, stops


@dataclass(frozen=True, eq=False)
class Past:
    """Operation of a plant before the first step of a window.

    Parameters
    ----------
    running, power_mw : ndarray, shape (P,)
        Running units [-] and power [MW] in all steps since the beginning of the period.
    """

    running: Array
    power_mw: Array


@dataclass(frozen=True)
class Edges:
    """Boundary conditions of a window for one plant.

    Parameters
    ----------
    past : Past or None
        Operation before the window; None where its first state is free.
    price_before, price_after : float or None
        Price of a unit that runs before the first step, and of one that runs in the last step: the
        multipliers of the state that two windows share. None where nothing is shared. [CNY]
    """

    past: Past | None = None
    price_before: float | None = None
    price_after: float | None = None


@dataclass(frozen=True, eq=False)
class Window:
    """A window: consecutive steps of a system with committed plants.

    Parameters
    ----------
    problem : Problem
        Gives the prices, shape (T,).
    first : int
        First step of the window.
    lp : BlockLP
        Program of its steps for the system without committed plants.
    bus : int
        Row of the power balance.
    edges : sequence of Edges
        Boundary conditions of each committed plant.
    counted : ndarray, shape (K, P)
        Coefficient per MW of each committed plant in each limit over the period, a row of ``lp``.
    tolls : ndarray, shape (P,)
        Dual value of what a MW of each committed plant counts in all other limits. [CNY]
    """

    problem: Problem
    first: int
    lp: BlockLP
    bus: int
    edges: Sequence[Edges]
    counted: Array
    tolls: Array


@dataclass(frozen=True, eq=False)
class Commitment:
    """A mixed-integer program of a window, with the columns and rows of its plants.

    Parameters
    ----------
    program : MixedProgram
    blocks : list of dict of str to ndarray, shape (W,) or (K, W)
        Columns of each plant: ``n``, ``v``, ``w``, ``q`` and the rest.
    logic : list of ndarray, shape (W,)
        Rows n - n before = v - w of each plant; -1 where there is none.
    """

    program: MixedProgram
    blocks: list[dict[str, Integers]]
    logic: list[Integers]

    def running(self, x: Array) -> Array:
        """Running units of each plant, shape (P, W)."""
        return np.abs(np.round(np.array([x[block["n"]] for block in self.blocks])))

    def power_mw(self, x: Array, plants: Sequence[ThermalLimits]) -> Array:
        """Power of each plant, shape (P, W). [MW]"""
        found = []
        for block, plant in zip(self.blocks, plants, strict=True):
            assert plant.units is not None
            found.append(plant.units.min_load_mw * x[block["n"]] + x[block["q"]].sum(axis=0))
        return np.array(found)


def commitment_of(window: Window) -> Commitment:
    """Return the mixed-integer program of a window.

    Parameters
    ----------
    window : Window
    """
    draft = _Builder(window)
    logic = []
    for plant, edges, counted, toll in zip(
        window.problem.committed, window.edges, window.counted.T, window.tolls, strict=True
    ):
        logic.append(_Plant(draft, plant, edges, counted, float(toll)).add())
    return Commitment(draft.program(), draft.blocks, logic)


@dataclass(eq=False)
class _Builder:
    """Builder of the columns and rows that are added to a block program."""

    window: Window
    blocks: list[dict[str, Integers]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base = matrix_of(self.window.lp)
        self.rows, self.columns = self.base.shape
        self._column: list[tuple[Array, Array, Bools]] = []
        self._row: list[tuple[Array, Array]] = []
        self._entries: list[tuple[Integers, Integers, Array]] = []

    @property
    def steps(self) -> int:
        return self.window.lp.steps

    def add_columns(self, cost: ArrayLike, upper: ArrayLike, *, whole: bool = False) -> Integers:
        """Add columns with bounds 0 and ``upper``; return their indices."""
        costs, most = np.broadcast_arrays(
            np.asarray(cost, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        )
        self._column.append((costs.ravel(), most.ravel(), np.full(costs.size, whole)))
        self.columns += costs.size
        return np.arange(self.columns - costs.size, self.columns).reshape(costs.shape)

    def add_rows(self, lower: ArrayLike, upper: ArrayLike) -> Integers:
        """Add rows between two limits; return their indices."""
        low, high = np.broadcast_arrays(
            np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        )
        self._row.append((low.ravel(), high.ravel()))
        self.rows += low.size
        return np.arange(self.rows - low.size, self.rows).reshape(low.shape)

    def put(self, rows: Integers, columns: Integers, value: ArrayLike) -> None:
        """Set coefficients of columns in rows; shapes broadcast."""
        r, c, v = np.broadcast_arrays(rows, columns, np.asarray(value, dtype=np.float64))
        self._entries.append((r.ravel(), c.ravel(), v.ravel()))

    def program(self) -> MixedProgram:
        """The complete mixed-integer program."""
        one = flat_program(self.window.lp)
        base = self.base.tocoo()
        at = [place.astype(np.int64) for place in base.coords]
        rows = [at[0], *(r for r, _, _ in self._entries)]
        columns = [at[1], *(c for _, c, _ in self._entries)]
        values = [base.data, *(v for _, _, v in self._entries)]
        matrix = sparse.coo_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
            shape=(self.rows, self.columns),
        )
        new = sum(cost.size for cost, _, _ in self._column)
        whole = [np.zeros(self.base.shape[1], dtype=np.bool_), *(w for *_, w in self._column)]
        return MixedProgram(
            matrix=sparse.csc_array(matrix),
            cost=np.concatenate([one["cost"], *(c for c, *_ in self._column)]),
            lower=np.concatenate([one["lower"], np.zeros(new)]),
            upper=np.concatenate([one["upper"], *(u for _, u, _ in self._column)]),
            row_lower=np.concatenate([one["row_lower"], *(low for low, _ in self._row)]),
            row_upper=np.concatenate([one["row_upper"], *(high for _, high in self._row)]),
            whole=np.concatenate(whole),
        )


class _Plant:
    """Adds one committed plant to a builder."""

    def __init__(
        self, draft: _Builder, plant: ThermalLimits, edges: Edges, counted: Array, toll: float
    ) -> None:
        assert plant.units is not None
        self.draft, self.plant, self.edges, self.counted = draft, plant, edges, counted
        self.toll = toll
        self.units: ThermalUnits = plant.units
        self.begins = draft.window.first == 0
        window = draft.window
        must_run = window.problem.on_all(plant.must_run_mw)
        self.must_run = must_run[window.first : window.first + draft.steps]
        self.step = np.arange(draft.steps)

    def add(self) -> Integers:
        """Add columns and rows; return the rows n - n before = v - w."""
        self._add_columns()
        logic = self._add_logic()
        self._add_least_times()
        self._add_caps()
        self._add_must_run()
        if self.units.ramp_mw is not None:
            self._add_ramps()
        self.draft.blocks.append(self.at)
        return logic

    def _add_columns(self) -> None:
        draft, units, problem = self.draft, self.units, self.draft.window.problem
        hours = problem.step_hours
        taxed = self.plant.emission_factor_t_mwh * problem.terms.emission_price_cny_t
        toll = 0.0 - self.toll
        running = hours * (units.least_cost_cny_h + units.min_load_mw * taxed)
        running += units.min_load_mw * toll
        after = np.zeros(draft.steps)
        after[-1] = self.edges.price_after or 0.0
        whole = float(units.units)
        moves = np.full(draft.steps, whole)
        if self.begins:
            moves[0] = 0.0
        width, price = np.array(units.above_least).reshape(-1, 2).T[..., np.newaxis]
        self.at = {
            "n": draft.add_columns(running + after, whole, whole=True),
            "v": draft.add_columns(units.start_cost_cny, moves),
            "w": draft.add_columns(0.0, moves),
            "q": draft.add_columns(
                (hours * (price + taxed) + toll) * np.ones(draft.steps), whole * width
            ),
        }
        bus = self.step * draft.window.lp.rows + draft.window.bus
        draft.put(bus, self.at["n"], units.min_load_mw)
        draft.put(bus, self.at["q"], 1.0)
        for k in np.flatnonzero(self.counted):
            dense = np.array(draft.steps * draft.window.lp.rows + k)
            draft.put(dense, self.at["n"], units.min_load_mw * self.counted[k])
            draft.put(dense, self.at["q"], self.counted[k])

    def _add_logic(self) -> Integers:
        draft, at, past = self.draft, self.at, self.edges.past
        rhs = np.zeros(draft.steps)
        if past is not None and past.running.size:
            rhs[0] = past.running[-1]
        skip = 1 if self.begins and (past is None or not past.running.size) else 0
        rows = draft.add_rows(rhs[skip:], rhs[skip:])
        draft.put(rows, at["n"][skip:], 1.0)
        draft.put(rows[1 - skip :], at["n"][:-1], -1.0)
        draft.put(rows, at["v"][skip:], -1.0)
        draft.put(rows, at["w"][skip:], 1.0)
        if self.edges.price_before is not None:
            before = draft.add_columns([self.edges.price_before], [float(self.units.units)])
            draft.put(rows[:1], before, -1.0)
        return np.concatenate([np.full(skip, -1, dtype=np.int64), rows])

    def _add_least_times(self) -> None:
        units, past = self.units, self.edges.past
        for name, steps, events in (
            ("v", units.min_up_steps, starts),
            ("w", units.min_down_steps, stops),
        ):
            if steps < 2:
                continue
            known = np.zeros(self.draft.steps)
            if past is not None and past.running.size:
                # Starts and stops before the window count until their minimum time has passed.
                done = events(past.running)[-(steps - 1) :]
                for age, event in enumerate(done[::-1], start=1):
                    known[: max(steps - age, 0)] += event
            sign, most = (-1.0, 0.0) if name == "v" else (1.0, float(units.units))
            rows = self.draft.add_rows(-np.inf, most - known)
            self.draft.put(rows, self.at["n"], sign)
            for lag in range(min(steps, self.draft.steps)):
                self.draft.put(rows[lag:], self.at[name][: self.draft.steps - lag], 1.0)

    def _add_caps(self) -> None:
        for place, (width, _) in zip(self.at["q"], self.units.above_least, strict=True):
            rows = self.draft.add_rows(-np.inf, np.zeros(self.draft.steps))
            self.draft.put(rows, place, 1.0)
            self.draft.put(rows, self.at["n"], -width)

    def _add_must_run(self) -> None:
        if not np.any(self.must_run > 0.0):
            return
        problem, units = self.draft.window.problem, self.units
        cost = problem.step_hours * (problem.unserved_cost_cny_mwh + units.curve[0][1])
        self.at["s"] = self.draft.add_columns(cost, self.must_run)
        rows = self.draft.add_rows(self.must_run, np.full(self.draft.steps, np.inf))
        self.draft.put(rows, self.at["n"], units.min_load_mw)
        self.draft.put(rows, self.at["q"], 1.0)
        self.draft.put(rows, self.at["s"], 1.0)

    def _add_ramps(self) -> None:
        draft, at, units, past = self.draft, self.at, self.units, self.edges.past
        ramp, least = units.ramp_mw or 0.0, units.min_load_mw
        edge = max(ramp, least)
        known = past is not None and past.power_mw.size > 0
        skip = 0 if known else 1
        for sign in (1.0, -1.0):
            most = np.zeros(draft.steps)
            if past is not None and known:
                most[0] = sign * past.power_mw[-1]
            rows = draft.add_rows(-np.inf, most[skip:])
            draft.put(rows, at["n"][skip:], sign * least - ramp)
            draft.put(rows, at["q"][:, skip:], sign)
            draft.put(rows[1 - skip :], at["n"][:-1], -sign * least)
            draft.put(rows[1 - skip :], at["q"][:, :-1], -sign)
            edge_v, edge_w = (edge, -least) if sign > 0.0 else (-least, edge)
            draft.put(rows, at["v"][skip:], ramp - edge_v)
            draft.put(rows, at["w"][skip:], 0.0 - edge_w)
