"""``Operation`` and ``Solution``: the arrays of a dispatch, and the proof of its cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.lp.certificate import PROVEN_GAP
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationOperation

Stop: TypeAlias = Literal["gap", "time_limit", "rounds", "nothing_cheaper", "size", "directions"]
"""Reasons for the end of a search: requested gap reached; time limit; limit of rounds; no cheaper
plan found; period or search too large for one program; too many directions to try all."""

STOPS: tuple[str, ...] = get_args(Stop)


class InvariantError(AssertionError):
    """Error: a dispatch breaks a law of physics, a fault of this package and never of its input.

    Parameters
    ----------
    text : str
        The law and by how much it is broken.

    Attributes
    ----------
    dispatch : Operation or None
        The dispatch, with its problem.
    scenario : object
        The scenario, if there is one.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.dispatch: Operation | None = None
        self.scenario: object = None


@dataclass(frozen=True, eq=False)
class Solution:
    """How a dispatch was found, with its cost, lower bound and gap.

    Arrays have the leading shape (...) of the problem.

    Parameters
    ----------
    solver : str
        ``fast`` or ``highs``; ``fast, highs`` where both were used.
    status : str
        ``optimal``: proven within `gap`; otherwise the reason why the solver stopped.
    usable : bool
        Whether the dispatch satisfies all limits, whatever its cost.
    objective_cny, bound_cny : ndarray, shape (...)
        Minimised cost, and its lower bound over all dispatches. [CNY]
    gap : ndarray, shape (...)
        (objective - bound) / max(1, abs(objective)). [-]
    residual_mw : ndarray, shape (...)
        Largest violation of a balance, before rounding was removed. [MW]
    iterations : int
        Total of all solves.
    exclusive_steps : int
        Steps in which running both ways at once would pay and one direction was closed.
    asked_gap : float
        Gap at which the search was to end. [-]
    stopped : str
        Why it ended, one of `STOPS`.
    """

    solver: str
    status: str
    usable: bool
    objective_cny: Array
    bound_cny: Array
    gap: Array
    residual_mw: Array
    iterations: int
    exclusive_steps: int = 0
    asked_gap: float = PROVEN_GAP
    stopped: Stop = "gap"

    @property
    def is_as_asked(self) -> bool:
        """Whether the gap of every run is at most the requested one."""
        return bool(np.all(self.gap <= max(self.asked_gap, PROVEN_GAP)))

    @classmethod
    def around(
        cls,
        rest: Solution,
        what: str,
        cost: float,
        bound: float,
        iterations: int,
        *,
        asked_gap: float,
        stopped: Stop,
    ) -> Solution:
        """Return the solution of a system of which one part was found by another method.

        Parameters
        ----------
        rest : Solution
            Solution of the other elements around that part.
        what : str
            Method by which the part was found.
        cost, bound : float
            Cost and lower bound of the whole system. [CNY]
        iterations : int
        asked_gap : float
            Gap at which the search was to end. [-]
        stopped : str
            Why it ended above that, one of `STOPS`.
        """
        gap = max(cost - bound, 0.0) / max(1.0, abs(cost))
        return replace(
            rest,
            solver=f"{what}, {rest.solver}",
            status="optimal" if gap <= PROVEN_GAP else "within gap",
            objective_cny=np.asarray(cost),
            bound_cny=np.asarray(min(bound, cost)),
            gap=np.asarray(gap),
            iterations=iterations,
            asked_gap=asked_gap,
            stopped="gap" if gap <= max(asked_gap, PROVEN_GAP) else stopped,
        )


@dataclass(frozen=True, eq=False)
class Operation(Value):
    """Powers and contents of a dispatch. All arrays are read-only and never negative.

    Shapes are those of the problem: (..., T) for powers, means over a step, and (..., T + 1) for
    levels, which are values at the edges of the steps.

    Parameters
    ----------
    problem : Problem
        The problem that was dispatched.
    generation_mw, curtailed_mw : mapping of str to ndarray, shape (..., T)
        Used and unused part of each renewable plant's available power. [MW]
    thermal_mw : mapping of str to ndarray, shape (..., T)
        Power of each thermal plant. [MW]
    charge_mw, discharge_mw : mapping of str to ndarray, shape (..., T)
        Power into and out of each storage, at the bus. [MW]
    level_mwh : mapping of str to ndarray, shape (..., T + 1)
        Usable content of each storage. [MWh]
    served_mw, unserved_mw : ndarray, shape (..., T)
        The two parts of the load. [MW]
    import_mw, export_mw : ndarray, shape (..., T)
        Power at the grid connection. [MW]
    spilled_mw : mapping of str to ndarray, shape (..., T)
        Spilled inflow and content of each storage; absent if it cannot spill. [MW]
    shift_up_mw, shift_down_mw : mapping of str to ndarray, shape (..., T)
        Draw of each flexible load above and below its demand; absent if it is not shifted. [MW]
    marginal_price_cny_mwh : ndarray, shape (..., T), or None
        Cost of one more MWh of load; None if the dispatcher gives no prices. If the dual is not
        unique it is one of its values. [CNY/MWh]
    stored_value_cny_mwh : mapping of str to ndarray, shape (..., T)
        Value of one more MWh of content at the end of each step, by storage (water value).
        [CNY/MWh]
    backlog_cost_cny_mwh : mapping of str to ndarray, shape (..., T)
        Cost of one more MWh of backlog at the start of each step, by flexible load. [CNY/MWh]
    solution : Solution or None
        Proof of the cost; None for rules and rolling, which prove nothing.
    stations : mapping of str to StationOperation
        Units, levels, heads and water of each station; its powers and its ``level_mwh`` (live
        water of the upper reservoir at the mean head) are among those of the storages.
    units_running : mapping of str to ndarray, shape (..., T)
        Number of running units of each committed thermal plant; absent if none is committed. [-]
    """

    problem: Problem
    generation_mw: Mapping[str, Array]
    curtailed_mw: Mapping[str, Array]
    thermal_mw: Mapping[str, Array]
    charge_mw: Mapping[str, Array]
    discharge_mw: Mapping[str, Array]
    level_mwh: Mapping[str, Array]
    served_mw: Array
    unserved_mw: Array
    import_mw: Array
    export_mw: Array
    spilled_mw: Mapping[str, Array] = field(default_factory=dict)
    shift_up_mw: Mapping[str, Array] = field(default_factory=dict)
    shift_down_mw: Mapping[str, Array] = field(default_factory=dict)
    marginal_price_cny_mwh: Array | None = None
    stored_value_cny_mwh: Mapping[str, Array] = field(default_factory=dict)
    backlog_cost_cny_mwh: Mapping[str, Array] = field(default_factory=dict)
    solution: Solution | None = None
    stations: Mapping[str, StationOperation] = field(default_factory=dict)
    units_running: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lead, steps = self.problem.shape[:-1], self.problem.steps
        for part in fields(self)[1:]:
            shape = (*lead, steps + 1 if part.name == "level_mwh" else steps)
            given = getattr(self, part.name)
            if part.name == "stations":
                continue
            if isinstance(given, Mapping):
                frozen = {
                    key: _frozen(f"{part.name} of {key}", a, shape) for key, a in given.items()
                }
                object.__setattr__(self, part.name, frozen)
            elif isinstance(given, np.ndarray):
                object.__setattr__(self, part.name, _frozen(part.name, given, shape))

    @property
    def available_mw(self) -> dict[str, Array]:
        """Power that each renewable plant could give, shape (..., T). [MW]"""
        return {name: self.problem.on_all(a) for name, a in self.problem.renewables.items()}

    @property
    def load_mw(self) -> Array:
        """Demand after shifting, shape (..., T). [MW]"""
        load = self.problem.on_all(self.problem.load_mw)
        for name, up in self.shift_up_mw.items():
            load = load + up - self.shift_down_mw[name]
        return load


def _frozen(name: str, values: Array, shape: tuple[int, ...]) -> Array:
    if values.shape != shape:
        raise InvariantError(f"{name} has shape {values.shape}, expected {shape}")
    values = values.view()
    values.setflags(write=False)
    return values
