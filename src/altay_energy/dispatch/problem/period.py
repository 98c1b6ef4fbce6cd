"""Limits and charges over a period, and flexible loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from altay_energy.components.settings.settings import LOOK_AHEAD
from altay_energy.core.errors import ScenarioError, SeriesError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.checks import Limits, check_number, checked_series

NET_RATE = "self_consumption_rate_min"
"""The limit on own energy that reaches the load, net of storage losses."""

METERED_RATE = "self_consumption_metered_rate_min"
"""The limit on own energy that is not exported, as metered."""

SERVED = "unserved_max_mwh"
"""The limit on unserved load."""

Counted: TypeAlias = Literal["export", "renewable", "storage_loss", "unserved", "co2"]
"""Quantity that a limit sums over the period: powers [MW], CO2 [t/h]; losses net of inflow."""


@dataclass(frozen=True)
class PeriodLimit:
    """A limit over the period: a weighted sum that is at most or at least a value.

    Parameters
    ----------
    key : str
        Key in ``[dispatch]`` of a scenario, and field of `PeriodTerms`.
    sense : {"max", "min"}
        Whether the value is an upper or a lower bound.
    unit : {"-", "MWh", "t"}
        Unit of the value; ``-``: share of the available renewable energy.
    counts : mapping of Counted to float
        Coefficient of each quantity in the sum. [-]
    figure : str
        Figure of a run that it limits.
    spread : {"available", "time", "whole"}
        How much of the limit each window may use if no optimum guides the windows: in proportion to
        the available energy or to time, or the whole limit.
    relaxed : int
        Position in the order in which the search for conflicts relaxes keys.
    missed : (str, str)
        Message if it cannot be kept, in English and Chinese. Its fields: ``key``; ``asked``, the
        value; ``by``, the amount by which it is missed; ``reached``, the best value reached;
        ``best`` or ``hours``, details of that; ``verb`` and ``to``, the change that suffices.
    """

    key: str
    sense: Literal["max", "min"]
    unit: Literal["-", "MWh", "t"]
    counts: Mapping[Counted, float]
    figure: str
    spread: Literal["available", "time", "whole"]
    relaxed: int
    missed: str

    @property
    def sign(self) -> float:
        """1 for a maximum, -1 for a minimum: the factor that converts it to a maximum."""
        return 1.0 if self.sense == "max" else -1.0

    def above(self, quantity: Counted) -> float:
        """Coefficient of a quantity in the limit, written as a maximum; 0: not counted."""
        return self.sign * self.counts.get(quantity, 0.0)


_ENERGY_MISSING = (
    "dispatch.{key} = {asked:g} cannot be kept: {by} MWh are missing, {best}; "
    "{verb} it to {to}, or add storage, load or import_limit_mw"
)

LIMITS: Mapping[str, PeriodLimit] = {
    limit.key: limit
    for limit in (
        PeriodLimit(
            key="export_rate_max",
            sense="max",
            unit="-",
            counts={"export": 1.0},
            figure="export_rate",
            spread="available",
            relaxed=1,
            missed=_ENERGY_MISSING,
        ),
        PeriodLimit(
            key=NET_RATE,
            sense="min",
            unit="-",
            counts={"export": -1.0, "renewable": 1.0, "storage_loss": -1.0},
            figure="self_consumption_rate",
            spread="available",
            relaxed=2,
            missed=_ENERGY_MISSING,
        ),
        PeriodLimit(
            key=METERED_RATE,
            sense="min",
            unit="-",
            counts={"export": -1.0, "renewable": 1.0},
            figure="self_consumption_metered_rate",
            spread="available",
            relaxed=3,
            missed=_ENERGY_MISSING,
        ),
        PeriodLimit(
            key=SERVED,
            sense="max",
            unit="MWh",
            counts={"unserved": 1.0},
            figure="unserved_mwh",
            spread="whole",
            relaxed=4,
            missed=(
                "dispatch.{key} = {asked:g} cannot be kept, at least {reached} MWh are not served: "
                "{hours}"
            ),
        ),
        PeriodLimit(
            key="emissions_max_t",
            sense="max",
            unit="t",
            counts={"co2": 1.0},
            figure="emissions_t",
            spread="time",
            relaxed=0,
            missed=(
                "dispatch.{key} = {asked:g} cannot be kept: at least {reached} t are "
                "emitted whatever is done; {verb} it to {to}, or lower must_run_fraction of "
                "thermal plants"
            ),
        ),
    )
}
"""All limits over the period, by key, in the order of their rows in a program."""


def _no_months() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class PeriodTerms(Value):
    """Charges and limits over more than one step; none by default.

    Parameters
    ----------
    demand_charge_cny_mw : float or ndarray, shape (M,)
        Charge for the largest import of each billing month: one value for all M months or one for
        each. [CNY/MW]
    month_of_step : ndarray of int, shape (T,)
        Billing month of each step: 0, 1, … without gaps; needed with a demand charge. [-]
    emission_price_cny_t : float
        Price of the CO2 of imports and thermal plants. [CNY/t]
    emissions_max_t : float or None
        Largest CO2 of the period. [t]
    export_rate_max : float or None
        Largest export / available of the period. [-]
    self_consumption_rate_min : float or None
        Least (generation - export - storage loss) / available of the period. [-]
    self_consumption_metered_rate_min : float or None
        Least (generation - export) / available of the period. [-]
    metered_counts_loss : bool
        Whether storage losses count as used in the metered rate, as meters do. If not, the limit
        does not depend on losses of storages that run one way at a time.
    unserved_max_mwh : float or None
        Largest unserved load of the period; 0: all load must be served. [MWh]
    water_value_cny_mwh : tuple of float
        Value of content at the end of the period where ``terminal = "water_value"``: one for each
        of equally wide bands of the usable content, from the bottom up, never rising.
        [CNY per MWh of content]

    Raises
    ------
    ScenarioError, SeriesError
        If a value is not finite or out of range, or if the number of charges is not that of months.
    """

    demand_charge_cny_mw: float | Array = 0.0
    month_of_step: NDArray[np.int64] = field(default_factory=_no_months)
    emission_price_cny_t: float = 0.0
    emissions_max_t: float | None = None
    export_rate_max: float | None = None
    self_consumption_rate_min: float | None = None
    self_consumption_metered_rate_min: float | None = None
    metered_counts_loss: bool = True
    unserved_max_mwh: float | None = None
    water_value_cny_mwh: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_number("problem", "emission_price_cny_t", self.emission_price_cny_t, 0.0)
        self._check_charge()
        for limit, asked in self.limits():
            check_number("problem", limit.key, asked, 0.0, 1.0 if limit.unit == "-" else np.inf)
        for value in self.water_value_cny_mwh:
            check_number("problem", "water_value_cny_mwh", value)
        if np.any(np.diff(self.water_value_cny_mwh) > 0.0):
            raise ScenarioError(
                f"problem: water_value_cny_mwh = {list(self.water_value_cny_mwh)} rises; a fuller "
                "storage cannot make the next MWh worth more, order the values from high to low"
            )
        months = np.asarray(self.month_of_step, dtype=np.int64)
        if months.size and not np.array_equal(np.unique(months), np.arange(months.max() + 1)):
            raise SeriesError("month_of_step skips a number; expected 0, 1, … without gaps")
        object.__setattr__(self, "month_of_step", months)

    def _check_charge(self) -> None:
        name, charge = "demand_charge_cny_mw", self.demand_charge_cny_mw
        if np.ndim(charge) == 0:
            check_number("problem", name, float(charge), 0.0)
            return
        checked = checked_series(f"problem: {name}", charge)
        object.__setattr__(self, name, checked)
        months = int(np.max(self.month_of_step, initial=-1)) + 1
        if checked.shape != (months,):
            raise SeriesError(
                f"problem: {name} has the shape {checked.shape}, but month_of_step names {months} "
                "billing months; give one number, or one for each month"
            )

    @property
    def has_demand_charge(self) -> bool:
        """Whether any month has a demand charge."""
        return bool(np.any(self.demand_charge_cny_mw))

    @property
    def monthly_demand_charge_cny_mw(self) -> Array:
        """Demand charge of each billing month, shape (M,). [CNY/MW]"""
        months = int(np.max(self.month_of_step, initial=-1)) + 1
        return np.broadcast_to(np.asarray(self.demand_charge_cny_mw, dtype=np.float64), (months,))

    def limits(self) -> Iterator[tuple[PeriodLimit, float]]:
        """Limits over the period that are given, with their values."""
        for limit in LIMITS.values():
            asked = getattr(self, limit.key)
            if asked is not None:
                yield limit, asked

    @property
    def looks_ahead(self) -> tuple[str, ...]:
        """Names of the given limits and charges that need foresight."""
        return tuple(name for name in LOOK_AHEAD if getattr(self, name) is not None)

    @property
    def own_use(self) -> tuple[str, ...]:
        """Names of the given limits on the use of own energy."""
        return tuple(limit.key for limit, _ in self.limits() if limit.above("renewable") < 0.0)


@dataclass(frozen=True, eq=False)
class FlexibleLoad(Limits):
    """The part of a load that may be shifted in time.

    Energy is used at most ``shift_steps`` steps before or after the step of its demand, and within
    the period.

    Parameters
    ----------
    name : str
        As in the scenario, ``load.mine``.
    demand_mw : ndarray, shape (..., T), or a number
        Flexible part of the load, included in the problem's ``load_mw``. [MW]
    limit_mw : ndarray, shape (..., T), or a number
        Largest draw of the flexible part. [MW]
    shift_steps : int
        Largest shift in either direction, in steps. [-]

    Raises
    ------
    ScenarioError, SeriesError
        If a value is not finite, negative, or the limit is below the demand.
    """

    SERIES: ClassVar[tuple[str, ...]] = ("demand_mw", "limit_mw")

    demand_mw: Array
    limit_mw: Array
    shift_steps: int

    def __post_init__(self) -> None:
        self.check_series()
        check_number(self.name, "shift_steps", self.shift_steps, 0)
        if not np.all(self.demand_mw <= self.limit_mw):
            raise SeriesError(
                f"{self.name}: demand_mw is above limit_mw; no load may draw less than it asks "
                "for before anything is shifted"
            )

    def backlog_band_mwh(self, steps: int, step_hours: float) -> tuple[Array, Array]:
        """Least and largest backlog at the end of each step, each of shape (..., T). [MWh]

        Notes
        -----
        If demand is served in its order, energy is delayed by at most n steps exactly if the
        backlog at the end of each step is at most the demand of the last n steps; and it is used at
        most n steps ahead exactly if the energy used in advance is at most that of the next n.
        """
        demand = np.broadcast_to(self.demand_mw, (*self.demand_mw.shape[:-1], steps))
        asked = np.concatenate(
            [np.zeros((*demand.shape[:-1], 1)), np.cumsum(demand * step_hours, axis=-1)], axis=-1
        )
        edge = np.arange(1, steps + 1)
        now = asked[..., edge]
        owed = now - asked[..., np.maximum(edge - self.shift_steps, 0)]
        ahead = asked[..., np.minimum(edge + self.shift_steps, steps)] - now
        owed[..., -1] = 0.0
        return 0.0 - ahead, owed
