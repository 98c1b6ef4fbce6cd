"""Returns of yearly cash flows: net present value, internal rates of return, payback, cost a MWh.

A flow has shape (..., Y): Y years on the last axis, of which the first is not discounted; outlays
are negative. Leading axes (scenarios, runs) are free and computed in one call.

>>> import numpy as np
>>> found = internal_rates(np.array([[-100.0, 60.0, 60.0], [-100.0, 230.0, -132.0]]))
>>> found.count.tolist()
[1, 2]
>>> found.in_words()
['13.07 %', 'two IRRs: 10 % and 20 %']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from altay_energy.core.units import Array
from altay_energy.core.value import Value

_EPS = float(np.finfo(np.float64).eps)

_MOST_EXPONENT = 709.0
"""Largest exponent whose power of e is representable; it bounds rates."""

_SAME = 1e-7
"""Distance in ln(1 + r) within which rounding does not separate double zeros."""

_MOST_STEPS = 200
"""Steps after which bisection alone reduces any bracket to neighbouring numbers."""

_COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class InternalRates(Value):
    """All internal rates of return of each flow.

    Parameters
    ----------
    rates : ndarray, shape (..., K)
        In ascending order; NaN after the first `count`. [-] a year
    count : ndarray of int, shape (...)
        Number of rates above -1; a rate at which the net present value only touches zero counts
        once.
    sign : ndarray of int, shape (...)
        If there is no rate: sign of the net present value at every rate, 0 for an empty flow.
    changes_sign : ndarray of bool, shape (...)
        Whether the flow has both outlays and income.
    """

    rates: Array
    count: NDArray[np.int64]
    sign: NDArray[np.int64]
    changes_sign: NDArray[np.bool_]

    @property
    def only(self) -> Array:
        """The rate if it is unique, otherwise NaN; `in_words` gives the reason. [1/a]"""
        return np.where(self.count == 1, self.rates[..., 0], np.nan)

    def in_words(self) -> str | list[str]:
        """Return the rates in words: a text for one flow, a list of texts for many.

        Examples
        --------
        >>> internal_rates(np.array([-100.0, -5.0])).in_words()
        'no IRR: the flow has no income'
        """
        found = [
            _in_words(rates[:count], int(sign), bool(changes))
            for rates, count, sign, changes in zip(
                self.rates.reshape(-1, self.rates.shape[-1]),
                self.count.ravel(),
                self.sign.ravel(),
                self.changes_sign.ravel(),
                strict=True,
            )
        ]
        return found if self.count.ndim else found[0]


def _in_words(rates: Array, sign: int, changes_sign: bool) -> str:
    shown = [f"{round(100.0 * rate, 8) + 0.0:.4g} %" for rate in rates]
    if len(shown) == 1:
        return shown[0]
    if shown:
        count = _COUNTED[len(shown)] if len(shown) < len(_COUNTED) else str(len(shown))
        return f"{count} IRRs: {', '.join(shown[:-1])} and {shown[-1]}"
    if sign == 0:
        return "no IRR: every yearly flow is zero"
    if not changes_sign:
        return f"no IRR: the flow has no {'outlay' if sign > 0 else 'income'}"
    which = "positive" if sign > 0 else "negative"
    return f"no IRR: the net present value is {which} at every rate"


def net_present_value(flows: Array, rate: Array | float) -> Array:
    """Net present value: sum of the flows, each divided by (1 + rate) ** year, from year 0.

    Parameters
    ----------
    flows : ndarray, shape (..., Y)
        [CNY]
    rate : float or ndarray, shape (...)
        Above -1. [-] a year

    Returns
    -------
    ndarray, shape (...)
        [CNY]
    """
    factor = discount_factors(rate, np.shape(flows)[-1])
    return np.asarray((flows * factor).sum(axis=-1))


def discount_factors(rate: Array | float, years: int) -> Array:
    """Present value of 1 CNY in the years 0, 1, 2, ...

    Parameters
    ----------
    rate : float or ndarray, shape (...)
        Above -1. [-] a year
    years : int

    Returns
    -------
    ndarray, shape (..., years)
        [-]

    Raises
    ------
    ValueError
        If a rate is -1 or less.
    """
    growth = 1.0 + np.asarray(rate, dtype=np.float64)
    if not np.all(growth > 0.0):
        raise ValueError(f"a discount rate must be greater than -1 (-100 %), got {np.min(rate):g}")
    return np.asarray(growth[..., None] ** -np.arange(years, dtype=np.float64))


def capital_recovery_factor(rate: float, years: float) -> float:
    """Annuity: yearly amount that repays 1 CNY with interest at the end of each year.

    Parameters
    ----------
    rate : float
        Above -1; 0 spreads the amount evenly. [-] a year
    years : float
        [a]

    Returns
    -------
    float
        [-] a year

    Raises
    ------
    ValueError
        If there is less than one year, or the rate is -1 or less.

    Examples
    --------
    >>> capital_recovery_factor(0.0, 20), round(capital_recovery_factor(0.08, 20), 6)
    (0.05, 0.101852)
    """
    if years <= 0.0:
        raise ValueError(f"an annuity needs at least one year, got {years:g}")
    if rate <= -1.0:
        raise ValueError(f"a discount rate must be greater than -1 (-100 %), got {rate:g}")
    if rate == 0.0:
        return 1.0 / years
    return float(rate / -np.expm1(-years * np.log1p(rate)))


def payback_years(flows: Array) -> Array:
    """Time at which the sum of the flows first reaches zero, linear within the year.

    The flow of year 0, the first building year, is at time 0, that of year n at time n.

    Parameters
    ----------
    flows : ndarray, shape (..., Y)
        [CNY]

    Returns
    -------
    ndarray, shape (...)
        Infinite if the sum stays negative. [a]

    Examples
    --------
    >>> payback_years(np.array([[-100.0, 40.0, 80.0], [-100.0, 40.0, 40.0]])).tolist()
    [1.75, inf]
    """
    reached = np.cumsum(flows, axis=-1)
    back = reached >= 0.0
    year = np.argmax(back, axis=-1)
    before = np.take_along_axis(reached, np.maximum(year - 1, 0)[..., None], axis=-1)[..., 0]
    gained = np.take_along_axis(flows, year[..., None], axis=-1)[..., 0]
    part = np.divide(-before, gained, out=np.zeros(year.shape), where=gained > 0.0)
    time = np.where(year > 0, year - 1 + part, 0.0)
    return np.where(back.any(axis=-1), time, np.inf)


def levelised_cost(cost: Array, energy: Array, rate: float) -> Array:
    """Levelised cost: discounted cost / discounted energy.

    Parameters
    ----------
    cost : ndarray, shape (..., Y)
        Outlays positive. [CNY]
    energy : ndarray, shape (..., Y)
        [MWh]
    rate : float
        Above -1. [-] a year

    Returns
    -------
    ndarray, shape (...)
        Infinite if there is no energy. [CNY/MWh]
    """
    paid, sold = net_present_value(cost, rate), net_present_value(energy, rate)
    paid, sold = np.broadcast_arrays(paid, sold)
    return np.asarray(np.divide(paid, sold, out=np.full(paid.shape, np.inf), where=sold > 0.0))


def internal_rates(flows: Array) -> InternalRates:
    r"""Find all rates above -1 at which the net present value of a flow is zero.

    Parameters
    ----------
    flows : ndarray, shape (..., Y)
        [CNY]

    Returns
    -------
    InternalRates

    Raises
    ------
    ValueError
        If a flow holds NaN or inf, or no year.

    Notes
    -----
    With :math:`u = -\ln(1 + r)` the net present value is :math:`f(u) = \sum_t c_t e^{tu}`. A flow
    whose :math:`c_t` change their sign k times has at most k rates (Descartes), and exactly one if
    k is 1. Otherwise :math:`t^*` is chosen between a year of one sign and the next of the other;
    :math:`g = e^{-t^* u} f` has the zeros of f, and :math:`g'`, with the coefficients
    :math:`c_t (t - t^*)`, one change of sign less. Its zeros are found in the same way. Between
    neighbouring zeros of :math:`g'`, f has at most one zero, and its signs there show whether it
    has one, so every zero is in a proven bracket and none is missed. Brackets are closed by
    Newton's method on :math:`\ln(P / N)`, income over outlays, or by bisection if a step leaves
    the bracket.
    A value within its own rounding counts as zero.
    """
    flows = np.asarray(flows, dtype=np.float64)
    if not flows.ndim or not flows.shape[-1]:
        raise ValueError("a cash flow needs at least one year")
    if not np.isfinite(flows).all():
        raise ValueError("a cash flow holds NaN or inf; every year needs a number")
    table = flows.reshape(-1, flows.shape[-1])
    roots = _log_roots(table)
    found = np.isfinite(roots)
    count = found.sum(axis=1)
    rates = np.where(found, np.expm1(np.minimum(-roots, _MOST_EXPONENT)) + 0.0, np.nan)
    if roots.shape[1] > 1:
        rates.sort(axis=1)  # NaN last
    total = table.sum(axis=1)
    lead = flows.shape[:-1]
    return InternalRates(
        rates=rates.reshape(*lead, -1),
        count=count.reshape(lead),
        sign=np.where(count == 0, np.sign(total), 0.0).astype(np.int64).reshape(lead),
        changes_sign=np.reshape((table > 0.0).any(axis=1) & (table < 0.0).any(axis=1), lead),
    )


def _sign_changes(table: Array) -> NDArray[np.int64]:
    """Number of sign changes of the nonzero entries of each row, shape (N,)."""
    signs = np.sign(table).astype(np.int8)
    if signs.all():  # no year without a flow: neighbours are enough
        changed = signs[:, 1:] != signs[:, :-1]
        return np.asarray(np.count_nonzero(changed, axis=1), dtype=np.int64)
    last, changes = signs[:, 0].copy(), np.zeros(len(table), dtype=np.int64)
    for year in range(1, table.shape[1]):
        sign = signs[:, year]
        changes += sign * last < 0
        np.copyto(last, sign, where=sign != 0)
    return changes


def _log_roots(table: Array) -> Array:
    """Zeros of each row's sum of c_t e^(tu), ascending, inf after the last; at least one column."""
    changes = _sign_changes(table)
    depth = int(changes.max(initial=0))
    splits: list[Array] = []
    for _ in range(1, depth):
        splits.append(_split(_derived(table, splits)))
    roots = np.full((len(table), 1), np.inf)
    for level in reversed(range(depth)):
        # A derivative without a change of sign has no zeros.
        roots = _between_turns(_derived(table, splits[:level]), roots, changes > level)
    return roots


def _between_turns(table: Array, turns: Array, active: NDArray[np.bool_]) -> Array:
    """`_log_roots` of the active rows, from the zeros of their derivatives."""
    terms = _Terms(table)
    low, high = terms.low[:, None], terms.high[:, None]
    within = (turns > low) & (turns < high)
    outside = np.where(turns > low, high, low)
    edges = np.concatenate([low, np.where(within, turns, outside), high], axis=1)
    signs = np.where(edges == low, terms.first_sign[:, None], terms.last_sign[:, None])
    for inner in range(1, edges.shape[1] - 1) if within.any() else ():
        here = terms.sign_at(edges[:, inner])
        signs[:, inner] = np.where(within[:, inner - 1], here, signs[:, inner])
    crossed = (signs[:, :-1] * signs[:, 1:] < 0.0) & active[:, None]
    row, edge = np.nonzero(crossed)
    begin, end, sign = edges[row, edge], edges[row, edge + 1], signs[row, edge]
    touched = within & (signs[:, 1:-1] == 0.0) & active[:, None]
    del edges, signs, outside  # the solution needs the memory
    solved = _solve(terms.of(row), begin, end, sign)
    found = np.full(crossed.shape, np.inf)
    found[row, edge] = solved
    if not within.any():
        return np.asarray(found.min(axis=1, keepdims=True))
    # An extremum at zero is a double zero; several within rounding are one.
    apart = np.diff(np.where(within, turns, 0.0), axis=1)
    touched[:, 1:] &= ~(touched[:, :-1] & (apart <= _SAME))
    both = np.concatenate([found, np.where(touched, turns, np.inf)], axis=1)
    both.sort(axis=1)
    return both[:, : max(1, int(np.isfinite(both).sum(axis=1).max(initial=0)))]


def _split(table: Array) -> Array:
    """Year t* at the first change of sign of each row, -1 if there is none, shape (N,)."""
    signs = np.sign(table).astype(np.int8)
    row, years = np.arange(len(table)), table.shape[1]
    first = signs[row, np.argmax(signs != 0, axis=1)]
    after = np.argmax(signs == -first[:, None], axis=1)
    signs[np.arange(years) >= after[:, None]] = 0
    before = years - 1 - np.argmax(signs[:, ::-1] != 0, axis=1)
    return np.where(after > 0, 0.5 * (before + after), -1.0)


def _derived(table: Array, splits: Sequence[Array]) -> Array:
    """Coefficients c_t (t - t*) for every t* in turn, each with one change of sign less."""
    if splits:
        table = table.copy()
    for split in splits:
        for year in range(table.shape[1]):
            table[:, year] *= year - split
    return table


class _Terms:
    """Rows of a sum of c_t e^(tu), scaled by a positive factor so that nothing overflows."""

    def __init__(self, table: Array) -> None:
        years = table.shape[1]
        self.table = table
        self.year = np.arange(years, dtype=np.float64)
        self.exponents = np.stack([self.year, np.ones(years)])
        self.sums = np.ascontiguousarray(self.exponents.T)  # of t × terms, and of terms
        used = table != 0.0
        row = np.arange(len(table))
        first, last = np.argmax(used, axis=1), years - 1 - np.argmax(used[:, ::-1], axis=1)
        self.first, self.last = first.astype(np.float64), last.astype(np.float64)
        self.first_sign, self.last_sign = np.sign(table[row, first]), np.sign(table[row, last])
        # Cauchy's bound on the zeros x = e^u of a polynomial, from both ends.
        with np.errstate(divide="ignore", invalid="ignore"):  # rows of zeros have no bound
            largest = np.log(np.maximum(table.max(axis=1), -table.min(axis=1)))
            self.low = -np.logaddexp(0.0, largest - np.log(np.abs(table[row, first])))
            self.high = np.logaddexp(0.0, largest - np.log(np.abs(table[row, last])))

    def of(self, row: NDArray[np.int64]) -> _Terms:
        """Return the terms of some rows; itself for all rows."""
        if np.array_equal(row, np.arange(len(self.table))):
            return self
        return _Terms(self.table[row])

    def at(self, u: Array) -> Array:
        """Terms c_t e^(tu), scaled by the weight of the first or last year, shape (N, Y)."""
        pairs = np.empty((len(u), 2))  # tu - largest as one product, which needs no buffers
        pairs[:, 0] = u
        np.negative(np.maximum(u * self.first, u * self.last), out=pairs[:, 1])
        terms = pairs @ self.exponents
        np.minimum(terms, 0.0, out=terms)  # only years without a flow are above
        np.exp(terms, out=terms)
        terms *= self.table
        return np.asarray(terms)

    def within_rounding(self, value: Array, size: Array) -> NDArray[np.bool_]:
        """Whether a value of the sum is zero within the rounding of its terms."""
        return np.abs(value) <= _EPS * (8.0 + len(self.year)) * size

    def sign_at(self, u: Array) -> Array:
        """Sign of the sum, 0 within rounding, shape (N,)."""
        terms = self.at(u)
        value = terms @ self.sums[:, 1]
        size = np.abs(terms, out=terms) @ self.sums[:, 1]
        return np.where(self.within_rounding(value, size), 0.0, np.sign(value))

    def with_step(self, u: Array) -> tuple[Array, Array, Array]:
        """Value, sum of absolute terms, and Newton's step on ln(income / outlays), shape (N,)."""
        terms = self.at(u)
        slope, value = (terms @ self.sums).T
        np.abs(terms, out=terms)
        steep, size = (terms @ self.sums).T
        del terms  # the largest array here
        income, outlay = size + value, size - value
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -np.log(income / outlay) / ((steep + slope) / income - (steep - slope) / outlay)
        return value, size, step


def _solve(terms: _Terms, low: Array, high: Array, sign_low: Array) -> Array:
    """Zero of each row between ``low`` and ``high``, where its sign changes, shape (N,)."""
    u = np.where((low < 0.0) & (high > 0.0), 0.0, 0.5 * (low + high))
    if not u.size:
        return cast(Array, u)
    moved = high - low
    for count in range(_MOST_STEPS):
        value, size, step = terms.with_step(u)
        left = np.sign(value) == sign_low
        low, high = np.where(left, u, low), np.where(left, high, u)
        done = terms.within_rounding(value, size)
        done |= high - low <= 2.0 * _EPS * np.maximum(np.abs(low), np.abs(high))
        # Bisection replaces a step that leaves the bracket or is no shorter than the one before,
        # and every second step after many steps.
        tried, length = u + step, np.abs(step)
        newton = (tried > low) & (tried < high) & (length < moved) & (count < 12 or count % 2 == 0)
        new = np.where(newton, tried, 0.5 * (low + high))
        # Convergence is quadratic: the length of the next step is the error of this one.
        last = newton & (length * length * length <= _EPS * moved * moved * np.abs(tried))
        u = np.where(done, u, new)
        if np.all(done | last):
            break
        moved = np.where(newton, length, 0.5 * (high - low))
    return cast(Array, u)
