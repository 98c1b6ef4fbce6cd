"""Earnings other than the hourly price: mechanism and capacity prices, certificates.

In dispatch the market price is the hourly price of export. Earnings that are settled by month or
year are computed here from the finished dispatch and do not affect it: mechanism price, capacity
price, the part of its market revenue that a pumped storage returns, and certificates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altay_energy.components.base import Component
from altay_energy.components.kinds import STORAGES, kind_of
from altay_energy.components.money.dated_prices import DatedTerms
from altay_energy.components.money.earning_plants import NEW_ENERGY, EarningTables, quoted
from altay_energy.components.money.earnings import (
    CapacityPrice,
    Certificates,
    Mechanism,
    PumpedStoragePrice,
    price_on,
)
from altay_energy.components.storage.battery import Battery
from altay_energy.components.storage.storage import Storage
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.wording import listing
from altay_energy.dispatch.result.costs import no_amount, over_period
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import evaluated, figure, figures_in, plain
from altay_energy.run.money.cash_flow import YearlyIncome

KW_PER_MW = 1000.0
Metered = Literal["export", "generation"]


class Months(NamedTuple):
    """Calendar months that a period touches, on its local clock.

    Parameters
    ----------
    starts : ndarray of int, shape (M,)
        First interval of each month.
    month, year : ndarray of int, shape (M,)
        Month, 0 for January, and calendar year.
    share_of_year : ndarray, shape (M,)
        Share of the calendar year that lies in the month and in the period. [-]
    """

    starts: NDArray[np.intp]
    month: NDArray[np.int64]
    year: NDArray[np.int64]
    share_of_year: Array

    @classmethod
    def of(cls, timeline: Timeline) -> Months:
        """Return the months of a timeline."""
        each = timeline.local.astype("datetime64[M]")
        starts = np.flatnonzero(np.concatenate([[True], each[1:] != each[:-1]]))
        year = timeline.year[starts]
        first = each[starts].astype("datetime64[Y]")
        following = first + np.timedelta64(1, "Y")
        days = following.astype("datetime64[D]") - first.astype("datetime64[D]")
        hours = np.diff(np.append(starts, timeline.steps)) * timeline.step_hours
        return cls(starts, timeline.month[starts], year, hours / (24.0 * days.astype(np.int64)))

    def total(self, values: Array) -> Array:
        """Sum over the intervals of each month, shape (..., M).

        Parameters
        ----------
        values : ndarray, shape (..., T)
        """
        return np.asarray(np.add.reduceat(values, self.starts, axis=-1))

    def weighted(self, price: Array, weight: Array) -> Array:
        """Weighted mean of each month, unweighted in a month without weight, shape (..., M).

        Parameters
        ----------
        price, weight : ndarray, shape (..., T)
            Weights are at least 0.
        """
        first = price[..., :1]  # a constant price has an exact mean
        price, weight = np.broadcast_arrays(price - first, weight)
        whole = self.total(weight)
        counted = np.where(np.repeat(whole, self._lengths(price.shape[-1]), axis=-1) > 0, weight, 1)
        return np.asarray(first + self.total(price * counted) / self.total(counted))

    def _lengths(self, steps: int) -> NDArray[np.intp]:
        return np.diff(np.append(self.starts, steps))


def settled_energy(
    on_grid_mwh: Array,
    share: Array | float,
    cap_mwh: Array | float = np.inf,
    year: Sequence[int] | NDArray[np.int64] | None = None,
) -> Array:
    """Energy settled at the mechanism price in each month.

    Parameters
    ----------
    on_grid_mwh : ndarray, shape (..., M)
        On-grid energy of the months, at least 0. [MWh]
    share : float or ndarray, shape (...)
        Settled share. [-]
    cap_mwh : float or ndarray, shape (...)
        Largest settled energy of a calendar year; it limits the month in which it is reached, and
        later months have none. [MWh]
    year : sequence of int, shape (M,), optional
        Calendar year of each month, ascending; default: all months are in one year.

    Returns
    -------
    ndarray, shape (..., M)
        At most share × on-grid energy in a month, and at most the cap in a year. [MWh]
    """
    share, cap = (np.expand_dims(np.asarray(value, dtype=float), -1) for value in (share, cap_mwh))
    wanted = share * on_grid_mwh
    if np.all(np.isinf(cap)):
        return np.asarray(wanted)
    years = np.zeros(wanted.shape[-1]) if year is None else np.asarray(year)
    settled = np.empty(np.broadcast_shapes(wanted.shape, cap.shape))
    for one in np.unique(years):
        of = years == one
        months = wanted[..., of]
        before = np.zeros(months.shape)
        np.cumsum(months[..., :-1], axis=-1, out=before[..., 1:])
        settled[..., of] = np.clip(cap - before, 0.0, months)
    return settled


def settlement_cny(
    price_cny_mwh: Array | float, market_cny_mwh: Array, settled_mwh: Array
) -> Array:
    """Difference settlement of each month, of either sign. [CNY]

    Parameters
    ----------
    price_cny_mwh : float or ndarray, shape (...)
        Mechanism price. [CNY/MWh]
    market_cny_mwh : ndarray, shape (..., M)
        Mean market price of the kind. [CNY/MWh]
    settled_mwh : ndarray, shape (..., M)
        Result of `settled_energy`. [MWh]

    Returns
    -------
    ndarray, shape (..., M)
        Positive: paid to the plant; negative: paid back by it. [CNY]
    """
    price = np.expand_dims(np.asarray(price_cny_mwh, dtype=float), -1)
    return np.asarray((price - market_cny_mwh) * settled_mwh)


def paid_for(years: int, contract_years: int) -> Array:
    """1 in each operating year within the contract, 0 afterwards, shape (years,). [-]

    Parameters
    ----------
    years : int
        Number of operating years. [a]
        contract_years : int
            Duration of the contract. [a]
    """
    return np.asarray(np.arange(years) < contract_years, dtype=np.float64)


def peak_share(full_power_hours: Array | float, peak_hours: float | None) -> Array:
    """min(1, hours at full power / hours of the longest peak); 1 without such hours. [-]

    Parameters
    ----------
    full_power_hours : float or ndarray
        [h]
    peak_hours : float or None
        [h]
    """
    hours = np.asarray(full_power_hours, dtype=np.float64)
    return np.ones_like(hours) if peak_hours is None else np.minimum(1.0, hours / peak_hours)


def on_grid_mw(dispatch: Dispatch, plants: Iterable[str], metered: Metered) -> Array:
    """On-grid power of some plants, shape (..., T). [MW]

    Parameters
    ----------
    dispatch : Dispatch
    plants : iterable of str
        Renewable plants by table name.
    metered : {"export", "generation"}
        ``"generation"``: each plant has its own connection, so all its generation is on-grid
        energy. ``"export"``: all share the connection of the bus, and its export is divided in
        proportion to all supply of the bus in the interval; the shares of storage and thermal
        plants have no mechanism price.
    """
    own = sum((dispatch.generation_mw[name] for name in plants), start=np.zeros(1))
    own = np.broadcast_to(own, dispatch.import_mw.shape)
    if metered == "generation":
        return own
    feeding = [*dispatch.generation_mw.values(), *dispatch.thermal_mw.values()]
    feeding += [*dispatch.discharge_mw.values(), dispatch.import_mw]
    whole = sum(feeding, start=np.zeros(1))
    share = np.divide(own, whole, out=np.zeros(own.shape), where=whole > 0.0)
    return np.asarray(np.minimum(share, 1.0) * dispatch.export_mw)


@dataclass(frozen=True, eq=False)
class Settlement:
    """A mechanism contract over the period; leading axes are those of the dispatch.

    Parameters
    ----------
    name : str
        Name of the table: kind or plant.
    plants : tuple of str
        Its plants.
    table : Mechanism
    months : Months
    cap_mwh : float
        Cap of a calendar year; inf without a cap. [MWh]
    on_grid_mwh, settled_mwh, market_cny_mwh, cny : ndarray, shape (..., M)
        On-grid energy, its settled part, mean market price of the kind, and settlement. [MWh],
        [MWh], [CNY/MWh], [CNY]
    """

    name: str
    plants: tuple[str, ...]
    table: Mechanism
    months: Months
    cap_mwh: float
    on_grid_mwh: Array
    settled_mwh: Array
    market_cny_mwh: Array
    cny: Array

    def described(self) -> dict[str, Any]:
        """Its entry in ``kpis.json``: sums of the period, and values by month."""
        settled = self.settled_mwh.sum(axis=-1)
        return {
            "plants": list(self.plants),
            "price_cny_mwh": self.table.price,
            "share": self.table.settled_share,
            "cap_mwh": None if np.isinf(self.cap_mwh) else self.cap_mwh,
            "on_grid_mwh": plain(self.on_grid_mwh.sum(axis=-1)),
            "settled_mwh": plain(settled),
            "settlement_cny": plain(self.cny.sum(axis=-1)),
            "monthly_market_price_cny_mwh": self.market_cny_mwh.tolist(),
            "monthly_settled_mwh": self.settled_mwh.tolist(),
            "monthly_settlement_cny": self.cny.tolist(),
        }


@dataclass(frozen=True)
class CapacityPayment:
    """Capacity price of a plant.

    Parameters
    ----------
    name : str
        The plant.
    capacity_mw, full_power_hours : float
        Rated power; hours for which it can be sustained, inf for a thermal plant. [MW], [h]
    paid_share : float
        Share of the full price that is paid. [-]
    cny_kw_a : float
        Yearly earnings per kW. [CNY/kW·a]
    """

    name: str
    capacity_mw: float
    full_power_hours: float
    paid_share: float
    cny_kw_a: float

    @property
    def cny_a(self) -> float:
        """Payment of a year. [CNY/a]"""
        return self.cny_kw_a * KW_PER_MW * self.capacity_mw

    @classmethod
    def of(cls, name: str, plant: Component, table: CapacityPrice) -> CapacityPayment:
        """Payment to a storage or a thermal plant."""
        power, hours = _rating(plant)
        if table.full_power_hours is not None:
            hours = table.full_power_hours
        share = float(peak_share(hours, table.longest_peak_hours))
        return cls(name, power, hours, share, table.full_cny_kw_a * share)


@dataclass(frozen=True, eq=False)
class PumpedEarnings:
    """Earnings of pumped storage with a provincial capacity price; leading axes of the dispatch.

    Parameters
    ----------
    capacity_mw : float
        Rated power of all stations. [MW]
    cny_a : float
        Capacity price of a year. [CNY/a]
    revenue_cny : ndarray, shape (...)
        Discharge less charge at the market price, over the period. [CNY]
    returned_cny : ndarray, shape (...)
        Part of it that the stations return. [CNY]
    """

    capacity_mw: float
    cny_a: float
    revenue_cny: Array
    returned_cny: Array


@dataclass(frozen=True, eq=False)
class CertificateCount:
    """Certificates of the period; leading axes are those of the dispatch.

    Parameters
    ----------
    issued, tradable : ndarray, shape (...)
        Whole MWh of generation, and of its tradable part. [-]
    price_cny_each : float or None
        [CNY]
    """

    issued: Array
    tradable: Array
    price_cny_each: float | None


@dataclass(frozen=True, eq=False)
class Earnings:
    """Earnings of the plants of a dispatch other than hourly prices; figures of shape (...).

    Parameters
    ----------
    period_years : float
        Length of the period in calendar years. [a]
    none : ndarray, shape (...)
        Zeros of the leading shape.
    settlements : tuple of Settlement
    capacity : tuple of CapacityPayment
    pumped : PumpedEarnings or None
    certificates : CertificateCount or None
    """

    period_years: float
    none: Array
    settlements: tuple[Settlement, ...] = ()
    capacity: tuple[CapacityPayment, ...] = ()
    pumped: PumpedEarnings | None = None
    certificates: CertificateCount | None = None

    def _of_settlements(self, name: str) -> Array:
        parts = (getattr(part, name).sum(axis=-1) for part in self.settlements)
        return sum(parts, start=self.none)

    @figure("sum")
    def mechanism_on_grid_mwh(self) -> Array:
        """On-grid energy of the plants with a mechanism price."""
        return self._of_settlements("on_grid_mwh")

    @figure("sum")
    def mechanism_settled_mwh(self) -> Array:
        """Settled energy: share × on-grid energy, in a calendar year up to the cap."""
        return self._of_settlements("settled_mwh")

    @figure("sum")
    def mechanism_settlement_cny(self) -> Array:
        """Mechanism price less mean market price of the kind, × settled energy; not in dispatch.

        Computed by month; positive: received; negative: paid back.
        """
        return self._of_settlements("cny")

    @figure("sum")
    def capacity_price_cny(self) -> Array:
        """Capacity price × min(1, hours at full power / peak hours) × rated power; not in dispatch.

        Without pumped storage of [economics.pumped_storage].
        """
        return self.none + self.period_years * sum(part.cny_a for part in self.capacity)

    @figure("sum")
    def pumped_capacity_price_cny(self) -> Array:
        """Capacity price of the province × rated power of pumped storage; not in dispatch."""
        yearly = 0.0 if self.pumped is None else self.pumped.cny_a
        return self.none + self.period_years * yearly

    @figure("sum")
    def pumped_market_revenue_cny(self) -> Array:
        """Discharge less charge of pumped storage at the market price; part of dispatch."""
        return self.none if self.pumped is None else self.pumped.revenue_cny

    @figure("sum")
    def pumped_returned_cny(self) -> Array:
        """Part of that revenue that pumped storage returns; not in dispatch."""
        return self.none if self.pumped is None else self.pumped.returned_cny

    @figure("sum")
    def certificates_issued(self) -> Array:
        """Certificates of all renewable generation, one per MWh."""
        return self.none if self.certificates is None else self.certificates.issued

    @figure("sum")
    def certificates_tradable(self) -> Array:
        """Certificates of on-grid wind and solar energy that the mechanism does not settle."""
        return self.none if self.certificates is None else self.certificates.tradable

    @figure("sum")
    def certificate_revenue_cny(self) -> Array:
        """Tradable certificates × their price, if given; not in dispatch."""
        counted = self.certificates
        if counted is None or counted.price_cny_each is None:
            return self.none
        return counted.tradable * counted.price_cny_each

    @figure("sum")
    def beyond_dispatch_cny(self) -> Array:
        """Settlement, capacity prices and certificates less what pumped storage returns."""
        paid = self.mechanism_settlement_cny + self.capacity_price_cny
        paid = paid + self.pumped_capacity_price_cny + self.certificate_revenue_cny
        return paid - self.pumped_returned_cny

    @figure("none")
    def contracts(self) -> dict[str, Any]:
        """Mechanism contracts by name: price, share, cap, and the settlement of each month."""
        return {part.name: part.described() for part in self.settlements}

    def yearly_cny(self, years: int) -> dict[str, Array]:
        """Earnings of each operating year if the period repeats.

        Parameters
        ----------
        years : int
            Of operation, N.

        Returns
        -------
        dict of str to ndarray, shape (..., N)
            Earnings by figure; the settlement ends with its contract. [CNY/a]
        """
        every = np.ones(years)
        found: dict[str, Array] = {}
        settled = np.zeros((*self.none.shape, years))
        for part in self.settlements:
            yearly = part.cny.sum(axis=-1) / self.period_years
            settled += np.multiply.outer(yearly, paid_for(years, part.table.contract_years or 0))
        found["mechanism_settlement_cny"] = settled
        for name in ("capacity_price_cny", "pumped_capacity_price_cny", "certificate_revenue_cny"):
            found[name] = np.multiply.outer(getattr(self, name) / self.period_years, every)
        returned = self.pumped_returned_cny / self.period_years
        found["pumped_returned_cny"] = -np.multiply.outer(returned, every)
        return {name: value for name, value in found.items() if np.any(value != 0.0)}

    def yearly_income(
        self,
        years: int,
        first_year: int = 0,
        prices_include_vat: bool = True,
        vat_rate: float = 0.13,
    ) -> tuple[YearlyIncome, ...]:
        """Return `yearly_cny` as income of a cash flow.

        Parameters
        ----------
        years : int
            Of operation, N.
        first_year : int
            Calendar year of the first of them; no contract depends on it.
        prices_include_vat : bool
            Whether the given prices do. Payments for energy or power are subject to VAT.
        vat_rate : float
            Added if they do not. [-]

        Returns
        -------
        tuple of YearlyIncome
            With VAT; payments are negative.
        """
        factor = 1.0 if prices_include_vat else 1.0 + vat_rate
        return tuple(
            YearlyIncome(name, factor * cny, with_vat=True)
            for name, cny in self.yearly_cny(years).items()
        )


EARNINGS = figures_in(Earnings)


def earnings_figures(earnings: Earnings) -> dict[str, Any]:
    """Figures of `EARNINGS`; floats for a single run.

    Parameters
    ----------
    earnings : Earnings
    """
    found = evaluated(EARNINGS, earnings)
    return {key: value if isinstance(value, dict) else plain(value) for key, value in found.items()}


def earnings_of(
    dispatch: Dispatch,
    timeline: Timeline,
    plants: Mapping[str, Component],
    tables: EarningTables,
) -> Earnings:
    """Compute the earnings of the plants of a dispatch other than hourly prices.

    Parameters
    ----------
    dispatch : Dispatch
        Shape (..., T).
    timeline : Timeline
    plants : mapping of str to component
        By table name.
    tables : EarningTables
        Tables, with names checked by `earnings_problems`.
    """
    months = Months.of(timeline)
    settlements = tuple(
        _settlement(dispatch, timeline, months, plants, name, tables) for name in tables.mechanism
    )
    pumped = tables.pumped_storage
    certificates = tables.certificates
    return Earnings(
        period_years=float(months.share_of_year.sum()),
        none=no_amount(dispatch),
        settlements=settlements,
        capacity=tuple(
            CapacityPayment.of(name, plants[name], table)
            for name, table in tables.capacity_price.items()
        ),
        pumped=None if pumped is None else _pumped(dispatch, timeline, plants, pumped),
        certificates=None
        if certificates is None
        else _certificates(dispatch, settlements, certificates),
    )


def _settlement(
    dispatch: Dispatch,
    timeline: Timeline,
    months: Months,
    plants: Mapping[str, Component],
    name: str,
    tables: EarningTables,
) -> Settlement:
    table, whose = tables.mechanism[name], tables.plants_of(name, dispatch.generation_mw)
    power = on_grid_mw(dispatch, whose, table.on_grid)
    energy = months.total(power) * timeline.step_hours
    cap = table.cap(sum(_rating(plants[plant])[0] for plant in whose))
    settled = settled_energy(energy, table.settled_share, cap, months.year)
    alike = (p for p in dispatch.generation_mw if kind_of(p) == kind_of(name))
    generated = sum((dispatch.generation_mw[plant] for plant in alike), start=np.zeros(1))
    price = _market_price(dispatch, timeline, table.market_price_cny_mwh)
    market = months.weighted(price, generated)
    assert table.price is not None
    paid = settlement_cny(table.price, market, settled)
    return Settlement(name, whose, table, months, cap, energy, settled, market, paid)


def _market_price(dispatch: Dispatch, timeline: Timeline, given: Any) -> Array:
    """Market price of each interval, by default the export price, shape (..., T). [CNY/MWh]"""
    if given is not None:
        return price_on(given, timeline)
    price = np.asarray(dispatch.problem.export_price_cny_mwh, dtype=np.float64)
    return np.broadcast_to(price, (*price.shape[:-1], timeline.steps))


def _pumped(
    dispatch: Dispatch,
    timeline: Timeline,
    plants: Mapping[str, Component],
    table: PumpedStoragePrice,
) -> PumpedEarnings:
    names = [name for name in plants if kind_of(name) == "pumped_storage"]
    power = sum(_rating(plants[name])[0] for name in names)
    price = _market_price(dispatch, timeline, table.market_price_cny_mwh)
    given = sum(
        (dispatch.discharge_mw[name] - dispatch.charge_mw[name] for name in names),
        start=np.zeros(1),
    )
    revenue = over_period(dispatch, given * price)
    returned = (1.0 - table.market_share) * np.maximum(revenue, 0.0)
    return PumpedEarnings(
        power, table.capacity_price_cny_kw_a * KW_PER_MW * power, revenue, returned
    )


def _certificates(
    dispatch: Dispatch, settlements: Iterable[Settlement], table: Certificates
) -> CertificateCount:
    energies = {n: over_period(dispatch, mw) for n, mw in dispatch.generation_mw.items()}
    new = [name for name in energies if kind_of(name) in NEW_ENERGY]
    on_grid = over_period(dispatch, on_grid_mw(dispatch, new, table.on_grid))
    settled = sum((s.settled_mwh.sum(axis=-1) for s in settlements), start=no_amount(dispatch))
    issued = sum((_whole(mwh) for mwh in energies.values()), start=no_amount(dispatch))
    tradable = _whole(np.maximum(on_grid - settled, 0.0))
    return CertificateCount(issued, tradable, table.price_cny_each)


def _whole(energy_mwh: Array) -> Array:
    """Whole megawatt-hours, tolerant of the rounding of a sum."""
    return np.asarray(np.floor(energy_mwh * (1.0 + 1e-12) + 1e-9))


def _rating(plant: Component) -> tuple[float, float]:
    """Rated power, and hours for which a storage can sustain it, else inf. [MW], [h]

    For a battery they follow from the rated energy, with which its station is registered; for
    other storages from the energy that reaches the bus.
    """
    if not isinstance(plant, Storage):
        return float(getattr(plant, "capacity_mw", 0.0)), float("inf")
    limits = plant.limits
    energy = limits.usable_energy_mwh
    if not isinstance(plant, Battery):
        energy *= limits.discharge_efficiency
    power = limits.discharge_mw
    return power, energy / power if power else 0.0


def earnings_notices(
    earnings: Earnings,
    tables: EarningTables,
    timeline: Timeline,
    in_xinjiang: bool,
    export_price: object = None,
) -> list[str]:
    """Notices on assumptions of the earnings of a run.

    Parameters
    ----------
    earnings : Earnings
    tables : EarningTables
    timeline : Timeline
    in_xinjiang : bool
        Whether a site in use lies in Xinjiang; terms of a province apply only there.
    export_price : object
        Export price of ``[grid]``; a name is that of a tariff.
    """
    found: list[str] = []
    priced: dict[str, DatedTerms | None] = {
        f"economics.mechanism.{quoted(n)}": t.dated for n, t in tables.mechanism.items()
    }
    for name, price in tables.capacity_price.items():
        priced[f"economics.capacity_price.{quoted(name)}"] = price.dated
    for key, terms in priced.items():
        if terms is None:
            continue
        if terms.begins_after(timeline):
            found.append(
                f"{key}: the terms {terms.name} hold from {terms.valid_from.isoformat()}; the "
                f"period {timeline.describe()} begins earlier and takes them all the same"
            )
        if terms.province == "xinjiang" and not in_xinjiang:
            found.append(
                f"{key}: the terms {terms.name} are those of Xinjiang, where no site in use lies; "
                "give the figures of your province"
            )
    for part in earnings.settlements:
        key = f"economics.mechanism.{quoted(part.name)}"
        if not np.isinf(part.cap_mwh) and not timeline.whole_years:
            found.append(
                f"{key}: the cap is that of a whole calendar year, and the period "
                f"{timeline.describe()} is no whole year"
            )
        if not np.any(part.on_grid_mwh > 0.0):
            found.append(f"{key}: nothing goes onto the grid, so nothing is settled")
        if part.table.market_price_cny_mwh is None and isinstance(export_price, str):
            found.append(
                f"{key}: the market price is taken from grid.export_price_cny_mwh = "
                f'"{export_price}", a contract price; give market_price_cny_mwh'
            )
    listed = [part.name for part in earnings.capacity if kind_of(part.name) in STORAGES]
    if listed:
        found.append(
            f"economics.capacity_price: {listing(listed)} is paid as a listed independent station "
            "on the grid side, as document 114 asks; that it is listed is assumed"
        )
    if tables.pumped_storage is not None:
        found.append(
            "economics.pumped_storage: no capacity price of Xinjiang is published after document "
            f"114; {tables.pumped_storage.capacity_price_cny_kw_a:g} CNY/kW·a is assumed"
        )
    return found
