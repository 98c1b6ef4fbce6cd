"""Yearly cash flow of a power project by the method of Chinese feasibility studies.

A `ProjectPlan` holds investment, income, costs and loan; `cash_flow` returns every yearly row and
the three flows: project before and after income tax, and equity. Arrays have shape (..., Y): B
building years and N operating years on the last axis, free leading axes.

Sources: NDRC and Ministry of Construction, Methods and Parameters for Economic Evaluation of
Construction Projects (third edition, 2006), and its use for wind and PV in NB/T 11894-2025; the VAT
on equipment is deductible since 2009 (State Council Decree 538).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.run.money.returns import (
    InternalRates,
    internal_rates,
    net_present_value,
    payback_years,
)

Repayment = Literal["equal_principal", "annuity", "all_cash"]

_MOST_STEPS = 120
"""Largest number of steps of a back-solve; at least every eighth halves the interval."""

_DOUBLINGS = 20
"""Exponent of the largest factor of a back-solve, a power of 2."""


@dataclass(frozen=True, eq=False)
class Outlay(Value):
    """Outlays for one kind of equipment: first investment and replacements.

    Parameters
    ----------
    cny : ndarray, shape (..., Y)
        Outlay in each year, with VAT: first investment in building years, replacement and
        augmentation in operating years. [CNY]
    life_years : float
        Years in operation after which it is scrapped for its residual value. [a]
    """

    cny: Array
    life_years: float


@dataclass(frozen=True, eq=False)
class YearlyIncome(Value):
    """Income other than from the sale of energy; negative if paid.

    Parameters
    ----------
    name : str
    cny : ndarray, shape (..., N)
        Income in each operating year. [CNY]
    with_vat : bool
        Whether it includes 13 % VAT (prices); settlements of differences and subsidies have none.
    """

    name: str
    cny: Array
    with_vat: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class ProjectPlan(Value):
    """Input of a cash flow; money in CNY or any other single unit.

    Parameters
    ----------
    building_years, operating_years : int
        B and N; their sum is Y. With B = 0 all outlays are in year 0 and no interest accrues before
        operation (Y = 1 + N). [a]
    outlays : sequence of Outlay
        Static investment and replacements, with VAT.
    input_vat_share : float or ndarray, shape (...)
        Deductible VAT as a share of the outlays. [-]
    revenue_cny : ndarray, shape (..., N)
        Income subject to VAT, net of VAT. [CNY]
    other_income_cny : ndarray, shape (..., N)
        Income not subject to VAT. [CNY]
    operating_cost_cny : ndarray, shape (..., N)
        Operating cost without interest, depreciation and VAT. [CNY]
    operating_vat_cny : ndarray, shape (..., N)
        Deductible VAT on the operating cost. [CNY]
    working_capital_cny : float or ndarray, shape (...)
        Paid in the last building year, returned in the last year. [CNY]
    equity_share : float or ndarray, shape (...)
        Equity as a share of the static investment; the rest and interest during building are
        borrowed. [-]
    loan_rate : float or ndarray, shape (...)
        Interest rate. [1/a]
    loan_years : int
        Years of repayment, from the first operating year on. [a]
        repayment : {"equal_principal", "annuity", "all_cash"}
    vat_rate, surtax_share, vat_refund_share : float
        VAT rate of revenue; surtax and refund as shares of the VAT paid. [-]
    recovered_vat_is_cash : bool
        Whether VAT on revenue that is set against deductible VAT is a cash inflow.
    depreciation_years : float
        Years of straight-line depreciation, at most the life of the equipment. [a]
    residual_share : float
        Share of the fixed asset that remains after depreciation. [-]
    tax_rate : ndarray, shape (N,)
        Income tax rate by operating year, before tax holidays. [-]
    tax_free_years, tax_half_years : int
        Years without income tax and then with half of it, from the first year with income. [a]
    loss_carry_years : int
        Years for which a loss reduces taxable profit. [a]
    """

    building_years: int
    operating_years: int
    outlays: Sequence[Outlay]
    input_vat_share: Array | float
    revenue_cny: Array
    other_income_cny: Array
    operating_cost_cny: Array
    operating_vat_cny: Array
    working_capital_cny: Array | float
    equity_share: Array | float
    loan_rate: Array | float
    loan_years: int
    repayment: Repayment
    vat_rate: float
    surtax_share: float
    vat_refund_share: float
    recovered_vat_is_cash: bool
    depreciation_years: float
    residual_share: float
    tax_rate: Array
    tax_free_years: int
    tax_half_years: int
    loss_carry_years: int

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))

    def _problems(self) -> Iterator[str]:
        lent = np.any(np.asarray(self.equity_share) < 1.0)
        if self.operating_years < 1:
            yield f"operating_years = {self.operating_years}: a cash flow needs at least one year"
        if np.any((np.asarray(self.equity_share) < 0.0) | (np.asarray(self.equity_share) > 1.0)):
            yield "equity_share is a share of the investment, from 0 to 1"
        if self.building_years < 0:
            yield f"building_years = {self.building_years} must be at least 0"
        if lent and self.building_years == 0 and np.any(np.asarray(self.loan_rate) != 0.0):
            yield (
                "building_years = 0 leaves no time in which interest during building accrues; give "
                "at least 1, or equity_share = 1, or loan_rate = 0"
            )
        if lent and not 1 <= self.loan_years <= self.operating_years:
            yield (
                f"loan_years = {self.loan_years} must be from 1 to the {self.operating_years} "
                "operating years; with equity_share = 1 there is no loan"
            )
        if any(part.life_years < 1.0 for part in self.outlays):
            yield "life_years of equipment must be at least 1"
        if self.depreciation_years <= 0.0:
            yield f"depreciation_years = {self.depreciation_years:g} must be greater than 0"
        if np.any(np.asarray(self.loan_rate) <= -1.0):
            yield "loan_rate must be greater than -1"

    @property
    def first_operating(self) -> int:
        """Index of the first operating year on the axis of all years."""
        return max(self.building_years, 1)

    def scaled(self, *, revenue: Array | float = 1.0, capital: Array | float = 1.0) -> ProjectPlan:
        """Return the plan with revenue or all outlays multiplied by a factor.

        Parameters
        ----------
        revenue, capital : float or ndarray, shape (...)
            Factors. [-]
        """
        by_year, of_capital = (np.asarray(factor)[..., None] for factor in (revenue, capital))
        outlays = [Outlay(part.cny * of_capital, part.life_years) for part in self.outlays]
        return replace(self, revenue_cny=self.revenue_cny * by_year, outlays=outlays)


@dataclass(frozen=True, kw_only=True, eq=False)
class CashFlow(Value):
    """Yearly rows of a project, shape (..., Y) each, amounts positive. [CNY]

    Parameters
    ----------
    investment_cny, interest_in_building_cny : ndarray
        Static investment, and interest added to the loan.
    replacement_cny, salvage_cny : ndarray
        Outlays in operating years; salvage value of scrapped equipment, and book value at the end.
    working_capital_cny : ndarray
        Negative when it is returned.
    equity_cny, loan_drawn_cny : ndarray
        Financing of the investment.
    revenue_cny, other_income_cny : ndarray
        Revenue net of VAT; income not subject to VAT.
    output_vat_cny, vat_deducted_cny, vat_paid_cny, vat_refund_cny : ndarray
        VAT on revenue less that on operating cost; its part set against VAT of outlays; the part
        paid; the refund.
    operating_cost_cny, surtax_cny, depreciation_cny : ndarray
    loan_cny, interest_cny, principal_cny : ndarray
        Loan at the end of the year; payments.
    profit_cny, income_tax_cny, adjusted_tax_cny : ndarray
        Profit before income tax; income tax; income tax if there were no loan.
    recovered_vat_cny : ndarray
        Deducted VAT counted as cash; 0 if it is not counted.
    before_tax_cny, after_tax_cny, equity_flow_cny : ndarray
        The three flows, outlays negative.
    first_operating : int
        Index of the first operating year.
    """

    investment_cny: Array
    interest_in_building_cny: Array
    replacement_cny: Array
    salvage_cny: Array
    working_capital_cny: Array
    equity_cny: Array
    loan_drawn_cny: Array
    revenue_cny: Array
    other_income_cny: Array
    output_vat_cny: Array
    vat_deducted_cny: Array
    vat_paid_cny: Array
    vat_refund_cny: Array
    recovered_vat_cny: Array
    operating_cost_cny: Array
    surtax_cny: Array
    depreciation_cny: Array
    loan_cny: Array
    interest_cny: Array
    principal_cny: Array
    profit_cny: Array
    income_tax_cny: Array
    adjusted_tax_cny: Array
    before_tax_cny: Array
    after_tax_cny: Array
    equity_flow_cny: Array
    first_operating: int

    def rows(self) -> Mapping[str, Array]:
        """Rows by name, each of shape (..., Y). [CNY]"""
        names = (field.name for field in fields(self))
        return {name: getattr(self, name) for name in names if name.endswith("_cny")}

    @property
    def earnings_cny(self) -> Array:
        """Earnings before interest, tax and depreciation, shape (..., Y). [CNY]"""
        income = self.revenue_cny + self.other_income_cny + self.vat_refund_cny
        return income - self.operating_cost_cny - self.surtax_cny

    @cached_property
    def debt_service_coverage(self) -> Array:
        """(Earnings - income tax) / (interest + principal); inf without any, shape (..., Y). [-]"""
        due = self.interest_cny + self.principal_cny
        free, due = np.broadcast_arrays(self.earnings_cny - self.income_tax_cny, due)
        return np.asarray(np.divide(free, due, out=np.full(due.shape, np.inf), where=due > 0.0))

    @cached_property
    def before_tax(self) -> InternalRates:
        """Rates of return of the project before income tax."""
        return internal_rates(self.before_tax_cny)

    @cached_property
    def after_tax(self) -> InternalRates:
        """Rates of return of the project after income tax."""
        return internal_rates(self.after_tax_cny)

    @cached_property
    def equity(self) -> InternalRates:
        """Rates of return of equity."""
        return internal_rates(self.equity_flow_cny)

    @property
    def payback_years(self) -> Array:
        """Payback of the project after income tax, from the first building year. [a]"""
        return payback_years(self.after_tax_cny)


def cash_flow(plan: ProjectPlan) -> CashFlow:
    """Compute the yearly rows of a project.

    Parameters
    ----------
    plan : ProjectPlan

    Returns
    -------
    CashFlow
        Rows of shape (..., Y).

    Notes
    -----
    - Interest during building accrues on the opening loan and half the draw of the year, and is
      added to the loan and to the fixed asset. The loan is drawn in proportion to the static
      investment.
    - Fixed asset = investment + interest - deductible VAT, depreciated in a straight line to its
      residual share; replacements likewise from the year after they are paid. Inflows are the book
      value at the end, and the residual value of equipment when it is scrapped.
    - VAT on revenue is first set against the VAT of outlays; surtax is on what is then paid.
    - Profit = revenue + other income + VAT refund - operating cost - surtax - depreciation -
      interest. Losses are carried forward, oldest first. Tax holidays (free, then half) begin in
      the first year with income.
    - With ``all_cash`` all cash after tax and interest repays the loan, and the remainder is repaid
      in the last year of the loan.
    """
    parts = [plan.revenue_cny, plan.other_income_cny, plan.operating_cost_cny]
    leads = [np.shape(part)[:-1] for part in (*parts, *(part.cny for part in plan.outlays))]
    leads += [
        np.shape(part)
        for part in (
            plan.input_vat_share,
            plan.working_capital_cny,
            plan.equity_share,
            plan.loan_rate,
        )
    ]
    shape = (*np.broadcast_shapes(*leads), plan.first_operating + plan.operating_years)
    first = plan.first_operating

    def on_all(values: Array) -> Array:
        found = np.zeros(shape)
        found[..., first:] = values
        return found

    outlay = sum((part.cny for part in plan.outlays), start=np.zeros(shape))
    investment, replacement = outlay.copy(), outlay.copy()
    investment[..., first:], replacement[..., :first] = 0.0, 0.0

    drawn = investment * (1.0 - np.asarray(plan.equity_share)[..., None])
    in_building = _interest_in_building(drawn, plan)
    working = np.zeros(shape)
    working[..., first - 1] = plan.working_capital_cny
    working[..., -1] -= plan.working_capital_cny

    revenue, other = on_all(plan.revenue_cny), on_all(plan.other_income_cny)
    cost = on_all(plan.operating_cost_cny)
    output = plan.vat_rate * revenue - on_all(plan.operating_vat_cny)
    deducted, paid, left_over = _vat(output, outlay, plan)
    surtax, refund = plan.surtax_share * paid, plan.vat_refund_share * paid
    depreciation, salvage = _depreciation(plan, in_building.sum(axis=-1), investment, shape)

    earnings = revenue + other + refund - cost - surtax
    in_work = (revenue + other)[..., first:] > 0.0
    rate = _tax_rates(plan, in_work)
    adjusted = np.zeros(shape)
    adjusted[..., first:] = rate * _taxable(
        (earnings - depreciation)[..., first:], plan.loss_carry_years
    )
    loan, interest, principal, tax = _loan(
        plan, (drawn + in_building).sum(axis=-1), earnings, depreciation, rate
    )
    recovered = (deducted - left_over) if plan.recovered_vat_is_cash else np.zeros(shape)
    before = earnings + recovered + salvage - investment - replacement - working
    flow_of_equity = before + drawn - tax - interest - principal
    return CashFlow(
        investment_cny=investment,
        interest_in_building_cny=in_building,
        replacement_cny=replacement,
        salvage_cny=salvage,
        working_capital_cny=working,
        equity_cny=investment - drawn,
        loan_drawn_cny=drawn,
        revenue_cny=revenue,
        other_income_cny=other,
        output_vat_cny=output,
        vat_deducted_cny=deducted,
        vat_paid_cny=paid,
        vat_refund_cny=refund,
        recovered_vat_cny=recovered,
        operating_cost_cny=cost,
        surtax_cny=surtax,
        depreciation_cny=depreciation,
        loan_cny=loan,
        interest_cny=interest,
        principal_cny=principal,
        profit_cny=earnings - depreciation - interest,
        income_tax_cny=tax,
        adjusted_tax_cny=adjusted,
        before_tax_cny=before,
        after_tax_cny=before - adjusted,
        equity_flow_cny=flow_of_equity,
        first_operating=first,
    )


def _interest_in_building(drawn: Array, plan: ProjectPlan) -> Array:
    """Interest on the opening loan and half the draw of each building year, (..., Y). [CNY]"""
    interest, loan = np.zeros(drawn.shape), np.zeros(drawn.shape[:-1])
    for year in range(plan.building_years):
        interest[..., year] = plan.loan_rate * (loan + 0.5 * drawn[..., year])
        loan = loan + drawn[..., year] + interest[..., year]
    return interest


def _vat(output: Array, outlay: Array, plan: ProjectPlan) -> tuple[Array, Array, Array]:
    """VAT deducted from VAT of outlays, VAT paid, and deductible VAT left over, (..., Y). [CNY]"""
    due, left_over = np.maximum(output, 0.0), np.maximum(-output, 0.0)
    gained = outlay * np.asarray(plan.input_vat_share)[..., None] + left_over
    # Deductible VAT left over cannot be below 0: the unlimited sum less its running minimum.
    sum_of_all = np.cumsum(gained - due, axis=-1)
    pool = sum_of_all - np.minimum(np.minimum.accumulate(sum_of_all, axis=-1), 0.0)
    before = np.concatenate([np.zeros_like(pool[..., :1]), pool[..., :-1]], axis=-1)
    paid = np.maximum(due - (before + gained), 0.0)
    return due - paid, paid, left_over


def _depreciation(
    plan: ProjectPlan, interest: Array, investment: Array, shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """Depreciation, and salvage of scrapped equipment and at the end, (..., Y). [CNY]"""
    depreciation, salvage = np.zeros(shape), np.zeros(shape)
    first, last = plan.first_operating, shape[-1] - 1
    total = investment.sum(axis=-1)
    per_cny = np.divide(interest, total, out=np.zeros(shape[:-1]), where=total > 0.0)
    for part in plan.outlays:
        years = min(plan.depreciation_years, part.life_years)
        built = part.cny[..., :first].sum(axis=-1)
        cost = built * (1.0 + per_cny - plan.input_vat_share)
        paid = [(first, cost)]
        again = part.cny[..., first:] * (1.0 - np.asarray(plan.input_vat_share)[..., None])
        years_of_it = np.flatnonzero(again.reshape(-1, again.shape[-1]).any(axis=0))
        paid += [(first + year + 1, again[..., year]) for year in years_of_it.tolist()]
        for begin, asset in paid:
            gone = np.clip((np.arange(begin, last + 1) - begin + 1) / years, 0.0, 1.0)
            share = np.diff(gone, prepend=0.0) * (1.0 - plan.residual_share)
            scrapped = begin - 1 + round(part.life_years)
            if scrapped < last:
                share = share[: scrapped - begin + 1]
            depreciation[..., begin : begin + share.size] += asset[..., None] * share
            salvage[..., min(scrapped, last)] += asset * (1.0 - share.sum())
    return depreciation, salvage


def _tax_rates(plan: ProjectPlan, in_work: NDArray[np.bool_]) -> Array:
    """Income tax of each operating year with holidays from the first income on, (..., N). [-]"""
    since = np.cumsum(np.maximum.accumulate(in_work, axis=-1), axis=-1)
    half = plan.tax_free_years + plan.tax_half_years
    part = np.where(since > half, 1.0, np.where(since > plan.tax_free_years, 0.5, 0.0))
    return np.asarray(part * plan.tax_rate)


def _taxable(profit: Array, carry_years: int) -> Array:
    """Taxable profit of each operating year, shape (..., N). [CNY]"""
    found = np.maximum(profit, 0.0)
    loss = found - profit
    if not carry_years or not loss.any():
        return found
    held = np.zeros((*profit.shape[:-1], carry_years))  # losses, the oldest first
    for year in range(profit.shape[-1]):
        found[..., year], held = _less_losses(found[..., year], held, loss[..., year])
    return found


def _less_losses(profit: Array, held: Array, loss: Array) -> tuple[Array, Array]:
    """Profit of a year less carried losses, and the losses that the next year may use."""
    until = np.cumsum(held, axis=-1)
    used = np.minimum(until[..., -1], profit)
    left = np.diff(np.maximum(until - used[..., None], 0.0), prepend=0.0, axis=-1)
    return profit - used, np.concatenate([left[..., 1:], loss[..., None]], axis=-1)


def _loan(
    plan: ProjectPlan, lent: Array, earnings: Array, depreciation: Array, rate: Array
) -> tuple[Array, Array, Array, Array]:
    """Loan at the end of each year, interest, principal and income tax, (..., Y). [CNY]"""
    first = plan.first_operating
    shape = np.broadcast_shapes(earnings.shape, (*lent.shape, 1))
    left, interest, principal, tax = (np.zeros(shape) for _ in range(4))
    operating = np.s_[..., first:]
    if plan.repayment == "all_cash":
        of_loan = _all_cash(plan, lent, earnings[operating], depreciation[operating], rate)
    else:
        of_loan = _scheduled(plan, lent)
    left[operating], interest[operating], principal[operating] = of_loan
    profit = (earnings - depreciation - interest)[operating]
    tax[operating] = rate * _taxable(profit, plan.loss_carry_years)
    return left, interest, principal, tax


def _scheduled(plan: ProjectPlan, lent: Array) -> tuple[Array, Array, Array]:
    """Loan at the end, interest and principal of each operating year, by fixed schedule. [CNY]"""
    years, loan_rate = plan.loan_years, np.asarray(plan.loan_rate, dtype=np.float64)[..., None]
    age = np.arange(1.0, plan.operating_years + 1.0)
    if years == 0:
        left = np.zeros(age.size)
    elif plan.repayment == "equal_principal":
        left = 1.0 - np.minimum(age / years, 1.0)
    else:
        growth = np.log1p(loan_rate)
        with np.errstate(invalid="ignore"):
            by_annuity = np.expm1((age - years) * growth) / np.expm1(-years * growth)
        left = np.where(loan_rate == 0.0, 1.0 - age / years, by_annuity)
        left = np.where(age < years, left, 0.0)
    at_end = lent[..., None] * left
    begin = np.concatenate([lent[..., None] * np.ones_like(at_end[..., :1]), at_end[..., :-1]], -1)
    return at_end, begin * loan_rate, begin - at_end


def _all_cash(
    plan: ProjectPlan, lent: Array, earnings: Array, depreciation: Array, rate: Array
) -> tuple[Array, Array, Array]:
    """The same if all cash after tax and interest repays the loan. [CNY]"""
    shape = np.broadcast_shapes(earnings.shape, (*lent.shape, 1))
    at_end, interest, principal = (np.zeros(shape) for _ in range(3))
    held = np.zeros((*shape[:-1], max(plan.loss_carry_years, 1)))
    loan = np.broadcast_to(lent, shape[:-1])
    for year in range(plan.loan_years):
        due = plan.loan_rate * loan
        profit = earnings[..., year] - depreciation[..., year] - due
        gain = np.maximum(profit, 0.0)
        loss = gain - profit if plan.loss_carry_years else np.zeros_like(gain)
        taxable, held = _less_losses(gain, held, loss)
        free = earnings[..., year] - rate[..., year] * taxable - due
        part = loan if year + 1 == plan.loan_years else np.clip(free, 0.0, loan)
        loan = loan - part
        at_end[..., year], interest[..., year], principal[..., year] = loan, due, part
    return at_end, interest, principal


def factor_for_equity_return(
    plan_of: Callable[[Array], ProjectPlan], target: float, shape: tuple[int, ...] = ()
) -> Array:
    """Find the factor at which the return of equity is the target.

    Parameters
    ----------
    plan_of : callable
        Returns the plan with revenue or outlays multiplied by a factor of the given shape.
    target : float
        Rate of return of equity. [1/a]
    shape : tuple of int
        Shape of the factor.

    Returns
    -------
    ndarray, of that shape
        NaN if the net present value of equity at the target is zero for no factor from 0 to 2^20.
        [-]

    Notes
    -----
    The zero of the net present value of equity at the target is found by the Illinois form of
    regula falsi, with bisection if that is slow. The flow at the factor found has the target among
    its rates of return.
    """

    def value(factor: Array) -> tuple[Array, Array]:
        flow = cash_flow(plan_of(factor)).equity_flow_cny
        return net_present_value(flow, target), net_present_value(np.abs(flow), target)

    low, high = np.zeros(shape), np.ones(shape)
    of_low, of_high = value(low)[0], value(high)[0]
    for _ in range(_DOUBLINGS):
        alike = of_high * np.sign(of_low) > 0.0
        if not alike.any():
            break
        low, of_low = np.where(alike, high, low), np.where(alike, of_high, of_low)
        high = np.where(alike, 2.0 * high, high)
        of_high = value(high)[0]
    solved = of_high * np.sign(of_low) <= 0.0
    factor, side, done = high, np.zeros(shape), ~solved
    for step in range(_MOST_STEPS):
        with np.errstate(divide="ignore", invalid="ignore"):
            secant = high - of_high * (high - low) / (of_high - of_low)
        slow = ~((secant > low) & (secant < high)) | (step % 8 == 7)
        factor = np.where(done, factor, np.where(slow, 0.5 * (low + high), secant))
        found, size = value(factor)
        done = done | (np.abs(found) <= 1e-13 * size) | (high - low <= 1e-15 * high)
        if np.all(done):
            break
        right = np.sign(found) == np.sign(of_high)
        # Illinois: the value of an end that stays twice in a row is halved.
        of_low = np.where(right, np.where(side > 0.0, 0.5, 1.0) * of_low, found)
        of_high = np.where(right, found, np.where(side < 0.0, 0.5, 1.0) * of_high)
        low, high = np.where(right, low, factor), np.where(right, factor, high)
        side = np.where(right, 1.0, -1.0)
    return np.asarray(np.where(solved, factor, np.nan))
