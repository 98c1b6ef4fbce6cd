"""Cash flow of a run and its figures, by the table ``[economics]``.

The run is one year of operation; every operating year equals it except for degradation, costs by
age and replacement. `ProjectReturns` holds the plan, every yearly row and the figures of the
section ``economics`` of ``kpis.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from altay_energy.components.base import Component
from altay_energy.components.kinds import STORAGES, kind_of
from altay_energy.components.money.economics import Economics, PlantCosts
from altay_energy.components.money.taxes import VAT_REFUNDS
from altay_energy.components.storage.storage import Storage
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.result.costs import (
    demand_charge_cny,
    emissions_t,
    export_revenue_cny,
    import_cost_cny,
    operating_cost_cny,
    over_period,
    variable_cost_cny,
)
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.figures.figure import Amount, evaluated, figure, figures_in, plain
from altay_energy.run.figures.kpis import (
    discharge_mwh,
    export_mwh,
    import_mwh,
    served_mwh,
)
from altay_energy.run.money.cash_flow import (
    CashFlow,
    Outlay,
    ProjectPlan,
    YearlyIncome,
    cash_flow,
    factor_for_equity_return,
)
from altay_energy.run.money.returns import (
    InternalRates,
    capital_recovery_factor,
    levelised_cost,
    net_present_value,
)

_HOURS_OF_A_YEAR = (8760.0, 8784.0)

_AS_ASKED = 1e-8
"""Tolerance of a back-solved return when it is computed again. [1/a]"""

NOT_PRICED = frozenset({"load", "river", "grid"})
"""Kinds of components that have no costs."""


@dataclass(frozen=True, eq=False)
class Equipment(Value):
    """One plant in a cash flow.

    Parameters
    ----------
    name : str
        Table name, as ``"wind.jeminay"``.
    rated_mw, energy_mwh : float
        Rated power (for a storage, of discharge); energy of a storage, otherwise 0.
        [MW], [MWh]
    costs : PlantCosts
    replaced : ndarray, shape (N,), optional
        Batteries bought per battery in each operating year, from ageing; without it
        ``costs.life_years`` applies. [-]
    """

    name: str
    rated_mw: float
    energy_mwh: float
    costs: PlantCosts
    replaced: Array | None = None

    @property
    def is_storage(self) -> bool:
        """Whether it stores energy."""
        return kind_of(self.name) in STORAGES

    @property
    def investment_cny(self) -> float:
        """Static investment, with VAT. [CNY]"""
        return self.costs.investment_cny(self.rated_mw, self.energy_mwh)

    def life_years(self, years: int) -> float:
        """Years until it is replaced; those of the project if it lasts. [a]"""
        if self.replaced is not None:
            paid = np.flatnonzero(self.replaced)
            return float(paid[0] + 1) if paid.size else float(years)
        return float(self.costs.life_years or years)

    def outlay(self, table: Economics) -> Outlay:
        """Outlays for its first investment and replacements in all years of the project."""
        first = max(table.building_years, 1)
        shares = table.building_shares or [1.0 / first] * first
        again = np.zeros(table.years)
        if self.replaced is not None:
            # Nothing is bought at the end of the last year.
            kept = self.replaced[: table.years - 1]
            again[: kept.size] = kept * self.costs.replacement_share
        else:
            life = int(self.life_years(table.years))
            again[life - 1 : table.years - 1 : life] = self.costs.replacement_share
        paid = self.investment_cny * np.concatenate([shares, again])
        return Outlay(paid, self.life_years(table.years))


def equipment_of(
    table: Economics, components: Mapping[str, Component], replaced: Mapping[str, Array]
) -> tuple[Equipment, ...]:
    """Return every plant that has costs.

    Parameters
    ----------
    table : Economics
        Table with costs of every plant (`Economics.problems`).
    components : mapping of str to Component
        By table name.
    replaced : mapping of str to ndarray, shape (N,)
        Batteries bought per battery in each operating year, if ageing is known. [-]
    """
    found = []
    for name, part in components.items():
        costs = None if kind_of(name) in NOT_PRICED else table.costs_of(name)
        if costs is None:
            continue
        if isinstance(part, Storage):
            rated = part.limits.discharge_mw
            energy = float(getattr(part, "energy_mwh", None) or part.limits.usable_energy_mwh)
        else:
            rated, energy = float(getattr(part, "capacity_mw", 0.0)), 0.0
        found.append(Equipment(name, rated, energy, costs, replaced.get(name)))
    return tuple(found)


def avoided_bill_cny(dispatch: Dispatch, loads_mw: Sequence[Array]) -> Array:
    """Bill of the load without plants less the bill with them, shape (...). [CNY]

    Both use the prices of ``[grid]`` without ``[grid.bill]``: energy at the import price of each
    step, and the demand charge by month. Without plants the whole load is drawn from the grid,
    even above the limit of the connection.

    Parameters
    ----------
    dispatch : Dispatch
        Of shape (..., T).
    loads_mw : sequence of ndarray, shape (..., T)
        Demand of each load before it is shifted. [MW]
    """
    problem = dispatch.problem
    alone = np.broadcast_to(sum(loads_mw, start=np.zeros(problem.steps)), problem.shape)
    bill = over_period(dispatch, alone * problem.import_price_cny_mwh)
    bill = bill + _demand_charge(problem, alone)
    return np.asarray(bill - import_cost_cny(dispatch) - demand_charge_cny(dispatch))


def bought_cny(dispatch: Dispatch) -> Array:
    """Cost of import beyond the load, which plants store or sell. [CNY]

    Energy at the import price, and the demand charge on its own peak of each month.

    Parameters
    ----------
    dispatch : Dispatch
        Of shape (..., T).

    Returns
    -------
    ndarray, shape (...)
    """
    problem = dispatch.problem
    beyond = np.maximum(dispatch.import_mw - dispatch.served_mw, 0.0)
    return over_period(dispatch, beyond * problem.import_price_cny_mwh) + _demand_charge(
        problem, beyond
    )


def _demand_charge(problem: Problem, power_mw: Array) -> Array:
    """Largest power of each month × the demand charge, shape (...). [CNY]"""
    total = np.zeros(power_mw.shape[:-1])
    if problem.terms.has_demand_charge:
        for month, charge in enumerate(problem.terms.monthly_demand_charge_cny_mw):
            total += charge * power_mw[..., problem.terms.month_of_step == month].max(axis=-1)
    return total


def period_problem(timeline: Timeline) -> str | None:
    """Error message for a period that is not a whole year; None for a whole year."""
    if timeline.hours in _HOURS_OF_A_YEAR:
        return None
    return (
        f"needs a period of one whole year, 8760 or 8784 hours, and this one has "
        f"{timeline.hours:g}: a part of a year says nothing of the others; give [time] year"
    )


def economics_problems(
    table: Economics, components: Mapping[str, Component], timeline: Timeline
) -> Iterator[tuple[str, str]]:
    """Errors in ``[economics]`` for a portfolio, as (key, message) pairs.

    Parameters
    ----------
    table : Economics
    components : mapping of str to Component
        Components of the portfolio by table name.
    timeline : Timeline
    """
    if not table.costs:
        return
    whole_year = period_problem(timeline)
    if whole_year is not None:
        yield "economics", whole_year
    plants = [name for name in components if kind_of(name) not in NOT_PRICED]
    yield from table.problems(plants, int(timeline.year[0]))
    if table.income == "avoided_bill" and "grid" not in components:
        yield (
            "economics.income",
            '"avoided_bill" needs a [grid] whose bill the plants avoid; without one say '
            'income = "price" with supply_price_cny_mwh',
        )


def economics_notices(table: Economics, year: int) -> list[str]:
    """Notices on choices and assumptions of a table.

    Parameters
    ----------
    table : Economics
    year : int
        Calendar year of the run.
    """
    if not table.costs:
        return []
    first = table.first_operating(year)
    found = [_vat_choice(table)]
    if isinstance(table.income_tax, float) and 0.0 < table.income_tax < 0.25:
        found.append(
            f"income_tax = {table.income_tax:g} holds in every year; the 15 % of the Western "
            'Development ends in 2030 ("xinjiang_west" changes to 25 % then)'
        )
    if table.vat_refund_share > 0.0 and VAT_REFUNDS.load("wind").on(first, 1)[0] == 0.0:
        found.append(
            f"vat_refund_share = {table.vat_refund_share:g}: the refund for wind on land ended on "
            "31 October 2025"
        )
    if table.input_vat_share is None and table.input_vat_cny is None:
        found.append(
            f"deductible VAT is assumed to be {table.vat_share_of_outlays:.4f} of the investment; "
            "give input_vat_share or input_vat_cny"
        )
    return found


def _vat_choice(table: Economics) -> str:
    if table.recovered_vat_is_cash:
        return "recovered VAT is counted as cash (recovered_vat_is_cash)"
    return "recovered VAT is not counted as cash (recovered_vat_is_cash)"


@dataclass(frozen=True, eq=False)
class ProjectReturns(Value):
    """Cash flow of a run as a project; leading axes are those of the dispatch.

    Parameters
    ----------
    table : Economics
    year : int
        Calendar year of the run.
    dispatch : Dispatch
    equipment : tuple of Equipment
    avoided_bill_cny : ndarray, shape (...)
        Bill of the load without the plants less the bill with them, in the year of the run, with
        VAT. [CNY]
    bought_cny : ndarray, shape (...)
        With ``income = "price"``: cost of import beyond the load, with VAT. [CNY]
    more_income : sequence of YearlyIncome
        Income other than from the sale of energy.
    outside_dispatch_cny : ndarray, shape (...)
        Part of the bill outside of dispatch: capacity charge, fees, rebate. [CNY]
    """

    table: Economics
    year: int
    dispatch: Dispatch
    equipment: tuple[Equipment, ...]
    avoided_bill_cny: Array
    bought_cny: Array
    more_income: Sequence[YearlyIncome] = field(default=())
    outside_dispatch_cny: Array = field(default_factory=lambda: np.zeros(()))

    @cached_property
    def delivered_mwh(self) -> Array:
        """Energy of the plants that reaches the load, shape (...). [MWh]

        Served load less import in each step, since import serves the load first.
        """
        own = self.dispatch.served_mw - self.dispatch.import_mw
        return over_period(self.dispatch, np.maximum(own, 0.0))

    @cached_property
    def yield_by_age(self) -> Array:
        """Energy of each operating year relative to the first, shape (..., N). [-]

        It follows from the generation of each plant and its ``degradation_share``.
        """
        left = {e.name: 1.0 - e.costs.degradation_share for e in self.equipment}
        age = np.arange(self.table.years)
        if all(share == 1.0 for share in left.values()):
            return np.ones(self.table.years)
        generated = {**self.dispatch.generation_mw, **self.dispatch.thermal_mw}
        aged, whole = np.zeros(1), np.zeros(1)
        for name, power in generated.items():
            energy = over_period(self.dispatch, power)[..., None]
            aged, whole = aged + energy * left.get(name, 1.0) ** age, whole + energy
        return np.divide(aged, whole, out=np.ones(aged.shape), where=whole > 0.0)

    @cached_property
    def energy_income(self) -> YearlyIncome:
        """Income from energy that reaches the load in each operating year, with VAT. [CNY]"""
        if self.table.income == "avoided_bill":
            return self._aged("avoided_bill", self.avoided_bill_cny)
        price = np.float64(self.table.supply_price_cny_mwh or 0.0)
        return self._aged("supply", self.delivered_mwh * price * self._vat_on_prices)

    def _aged(self, name: str, first_year_cny: Array) -> YearlyIncome:
        """Income that decreases with the yield, with VAT. [CNY]"""
        return YearlyIncome(name, first_year_cny[..., None] * self.yield_by_age, with_vat=True)

    @property
    def _vat_on_prices(self) -> float:
        """Factor that converts prices of the scenario to prices with VAT. [-]"""
        return 1.0 if self.table.prices_include_vat else 1.0 + self.table.vat_rate

    @cached_property
    def incomes(self) -> tuple[YearlyIncome, ...]:
        """Every income by year: energy that reaches the load, export, and other income."""
        first_year = export_revenue_cny(self.dispatch) * self._vat_on_prices
        export = self._aged("export", first_year)
        return (self.energy_income, export, *self.more_income)

    @cached_property
    def _variable_cost_cny(self) -> Array:
        """Fuel, variable O&M, CO2 of own plants and their purchases, with VAT, (...). [CNY]"""
        dispatch = self.dispatch
        of_imports = import_mwh(dispatch) * dispatch.problem.grid_emission_factor_t_mwh
        co2 = (emissions_t(dispatch) - of_imports) * dispatch.problem.terms.emission_price_cny_t
        own = (variable_cost_cny(dispatch) + co2) * self._vat_on_prices
        return np.asarray(own if self.table.income == "avoided_bill" else own + self.bought_cny)

    @cached_property
    def _fixed_om_cny(self) -> Mapping[str, Array]:
        """Fixed O&M of each plant by operating year, shape (N,). [CNY]"""
        years = self.table.years
        return {
            part.name: part.costs.fixed_om_cny(part.rated_mw, part.energy_mwh, years)
            for part in self.equipment
        }

    @cached_property
    def _outlays(self) -> tuple[Outlay, ...]:
        return tuple(part.outlay(self.table) for part in self.equipment)

    @cached_property
    def _incomes_without_vat(self) -> tuple[Array, Array, Array]:
        """Income from energy at the load, other income with VAT, and income without VAT. [CNY]"""
        taxed, other = np.zeros(self.table.years), np.zeros(self.table.years)
        vat = 1.0 + self.table.vat_rate
        for income in self.incomes[1:]:
            if income.with_vat:
                taxed = taxed + income.cny / vat
            else:
                other = other + income.cny
        return self.energy_income.cny / vat, taxed, other

    def plan(
        self, price_factor: Array | float = 1.0, capital_factor: Array | float = 1.0
    ) -> ProjectPlan:
        """Return the input of the cash flow.

        Parameters
        ----------
        price_factor, capital_factor : float or ndarray, shape (...)
            Factors of the income from energy at the load, and of all outlays. [-]
        """
        table = self.table
        price, capital = (np.asarray(f)[..., None] for f in (price_factor, capital_factor))
        of_energy, taxed, other = self._incomes_without_vat
        without_vat = self._variable_cost_cny / (1.0 + table.vat_rate)
        variable = without_vat[..., None] * np.ones(table.years)
        fixed = sum(self._fixed_om_cny.values(), start=np.zeros(table.years))
        # Operating costs that are a share of the investment scale with it.
        of_capital = sum(p.costs.fixed_om_share * p.investment_cny for p in self.equipment)
        return ProjectPlan(
            building_years=table.building_years,
            operating_years=table.years,
            outlays=[Outlay(part.cny * capital, part.life_years) for part in self._outlays],
            input_vat_share=self._input_vat_share,
            revenue_cny=price * of_energy + taxed,
            other_income_cny=other,
            operating_cost_cny=variable + fixed + (capital - 1.0) * of_capital,
            operating_vat_cny=table.vat_rate * variable,
            working_capital_cny=table.working_capital_cny,
            equity_share=table.equity_share,
            loan_rate=table.loan_rate,
            loan_years=table.loan_years,
            repayment=table.repayment,
            vat_rate=table.vat_rate,
            surtax_share=table.surtax_share,
            vat_refund_share=table.vat_refund_share,
            recovered_vat_is_cash=table.recovered_vat_is_cash,
            depreciation_years=float(table.depreciation_years),
            residual_share=table.residual_share,
            tax_rate=table.tax_rate(self.year),
            tax_free_years=table.tax_free_years,
            tax_half_years=table.tax_half_years,
            loss_carry_years=table.loss_carry_years,
        )

    @property
    def _input_vat_share(self) -> float:
        if self.table.input_vat_cny is None:
            return self.table.vat_share_of_outlays
        paid = float(self.capital_cny)
        return self.table.input_vat_cny / paid if paid else 0.0

    @cached_property
    def flow(self) -> CashFlow:
        """Yearly rows of the project."""
        return cash_flow(self.plan())

    @cached_property
    def _factors(self) -> Array:
        """Factors of price and of capital at which equity has the target return, shape (2, ...)."""
        target, shape = self.table.target_equity_irr, self.delivered_mwh.shape
        one = np.ones(shape)

        def plan_of(factor: Array) -> ProjectPlan:
            return self.plan(np.stack([factor[0], one]), np.stack([one, factor[1]]))

        found = factor_for_equity_return(plan_of, target, (2, *shape))
        again = cash_flow(plan_of(np.nan_to_num(found, nan=1.0))).equity
        off = np.nanmin(np.abs(np.nan_to_num(again.rates, nan=np.inf) - target), axis=-1)
        return np.asarray(np.where(off <= _AS_ASKED, found, np.nan))

    @figure("none")
    def capital_cny(self) -> Amount:
        """Static investment of all plants, with VAT. [CNY]"""
        return float(sum(part.investment_cny for part in self.equipment))

    @figure("none")
    def annual_cost_cny(self) -> Amount:
        """Annuity of investment over each life + fixed O&M + operating cost + fixed charges. [CNY]

        Operating cost as in `kpis`: with imports less export, and with unserved energy. Fixed
        charges are the part of the bill outside of dispatch.
        """
        rate, years = self.table.discount_rate, self.table.years
        annuity = capital_recovery_factor(rate, years)
        paid = 0.0
        for part in self.equipment:
            paid += part.investment_cny * capital_recovery_factor(rate, part.life_years(years))
            fixed = np.insert(self._fixed_om_cny[part.name], 0, 0.0)
            paid += annuity * float(net_present_value(fixed, rate))
        return plain(operating_cost_cny(self.dispatch) + self.outside_dispatch_cny + paid)

    @figure("none")
    def lcoe_cny_mwh(self) -> Amount | None:
        """Annual cost / served energy. [CNY/MWh]"""
        served = served_mwh(self.dispatch)
        with np.errstate(divide="ignore", invalid="ignore"):
            return _finite(np.where(served > 0.0, self.annual_cost_cny / served, np.inf))

    @figure("none")
    def own_energy_cost_cny_mwh(self) -> Amount | None:
        """Discounted outlays, O&M and fuel less salvage / discounted own energy used. [CNY/MWh]

        Own energy is that which reaches the load or the grid. Outlays with VAT, costs without; no
        taxes.
        """
        flow = self.flow
        cost = flow.investment_cny + flow.replacement_cny - flow.salvage_cny
        used = self.delivered_mwh + export_mwh(self.dispatch)
        energy = np.zeros(flow.revenue_cny.shape)
        energy[..., flow.first_operating :] = used[..., None] * self.yield_by_age
        cost = cost + flow.operating_cost_cny
        return _finite(levelised_cost(cost, energy, self.table.discount_rate))

    @figure("none")
    def storage_cost_cny_mwh(self) -> Amount | None:
        """Discounted outlays and O&M of storages / discounted discharge. [CNY/MWh]

        Without the energy that they charge, and without salvage.
        """
        first = max(self.table.building_years, 1)
        cost = np.zeros(first + self.table.years)
        for part, outlay in zip(self.equipment, self._outlays, strict=True):
            if part.is_storage:
                cost = cost + outlay.cny
                cost[first:] += self._fixed_om_cny[part.name]
        energy = np.zeros((*self.delivered_mwh.shape, cost.size))
        energy[..., first:] = discharge_mwh(self.dispatch)[..., None]
        return _finite(levelised_cost(cost, energy, self.table.discount_rate))

    @figure("none")
    def npv_cny(self) -> Amount:
        """Net present value of the project after income tax, in the first building year. [CNY]"""
        return plain(net_present_value(self.flow.after_tax_cny, self.table.discount_rate))

    @figure("none")
    def irr(self) -> Amount | None:
        """Internal rate of return of the project after income tax; null unless unique. [-]"""
        return _finite(self.flow.after_tax.only)

    @figure("none")
    def irr_found(self) -> str | list[str]:
        """The same in words, with the choice about recovered VAT."""
        return self._found(self.flow.after_tax)

    @figure("none")
    def before_tax_irr(self) -> Amount | None:
        """Internal rate of return before income tax; null unless unique. [-]"""
        return _finite(self.flow.before_tax.only)

    @figure("none")
    def before_tax_irr_found(self) -> str | list[str]:
        """The same in words, with the choice about recovered VAT."""
        return self._found(self.flow.before_tax)

    @figure("none")
    def equity_irr(self) -> Amount | None:
        """Internal rate of return of equity; null unless unique. [-]"""
        return _finite(self.flow.equity.only)

    @figure("none")
    def equity_irr_found(self) -> str | list[str]:
        """The same in words, with the choice about recovered VAT."""
        return self._found(self.flow.equity)

    @figure("none")
    def payback_years(self) -> Amount | None:
        """Payback after income tax, from the first building year; null if never. [a]"""
        return _finite(self.flow.payback_years)

    @figure("none")
    def least_debt_service_coverage(self) -> Amount | None:
        """Least (earnings - tax) / (interest + principal) of a year; null without a loan. [-]"""
        return _finite(self.flow.debt_service_coverage.min(axis=-1))

    @figure("none")
    def required_price_cny_mwh(self) -> Amount | None:
        """Price of own energy at the load that gives the target return of equity. [CNY/MWh]

        With VAT as the prices of the scenario; null if no price gives that return.
        """
        income = self.energy_income.cny[..., 0] / self._vat_on_prices
        delivered = self.delivered_mwh
        with np.errstate(divide="ignore", invalid="ignore"):
            price = np.where(delivered > 0.0, self._factors[0] * income / delivered, np.nan)
        return _finite(price)

    @figure("none")
    def affordable_capital_cny(self) -> Amount | None:
        """Investment at which equity has the target return; null if there is none. [CNY]"""
        return _finite(self._factors[1] * self.capital_cny)

    @figure("none")
    def asked_irr(self) -> Amount:
        """Target return of equity of these two. [-]"""
        return self.table.target_equity_irr

    def _found(self, rates: InternalRates) -> str | list[str]:
        words, choice = rates.in_words(), _vat_choice(self.table)
        if isinstance(words, str):
            return f"{words}; {choice}"
        return [f"{text}; {choice}" for text in words]

    def document(self) -> dict[str, object]:
        """Section ``economics`` of ``kpis.json``."""
        return evaluated(ECONOMICS, self)


ECONOMICS = figures_in(ProjectReturns)
"""Figures of the section ``economics``."""


def _finite(value: Array) -> Amount | None:
    """Convert a number of a single run, None if there is none; NaN or inf of many runs stay."""
    if np.ndim(value):
        return value
    return float(value) if np.isfinite(value) else None
