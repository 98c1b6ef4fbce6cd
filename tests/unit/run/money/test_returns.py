"""Rates of return: every root is found, counted and verified; cases without one are in words."""

from __future__ import annotations

import doctest
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.run.money import returns
from altay_energy.run.money.returns import (
    capital_recovery_factor,
    discount_factors,
    internal_rates,
    levelised_cost,
    net_present_value,
    payback_years,
)


def conventional(scenarios, years=20, seed=1):
    rng = np.random.default_rng(seed)
    outlay = -rng.uniform(500.0, 1500.0, (scenarios, 1))
    return np.concatenate([outlay, rng.uniform(50.0, 250.0, (scenarios, years))], axis=1)


def flow_of(*rates, scale=1.0):
    """The flow of which the net present value is zero at these rates."""
    flow = np.array([-scale])
    for rate in rates:
        flow = np.convolve(flow, [1.0, -(1.0 + rate)])
    return flow


WORDS = {
    "two IRRs: 10 % and 20 %": [-100, 230, -132],
    "no IRR: the net present value is negative at every rate": [-100, *[12] * 20, -200],
    "no IRR: the net present value is positive at every rate": [100, *[-12] * 20, 200],
    "no IRR: every yearly flow is zero": [0, 0, 0],
    "no IRR: the flow has no income": [-100, 0, -5],
    "no IRR: the flow has no outlay": [0, 100, 5],
    "20 %": [-100, 120],
    "0 %": [-100, 50, 50],
    "-50 %": [-100, 50],
    "10 %": [-100, 220, -121],
    "three IRRs: 10 %, 20 % and 30 %": [-1000, 3600, -4310, 1716],
    "12 %": [0, -100, 0, 125.44, 0],
}


@pytest.mark.parametrize(("words", "flow"), WORDS.items())
def test_what_is_found_is_in_words(words, flow):
    assert internal_rates(np.array(flow, dtype=float)).in_words() == words


def test_many_flows_of_every_kind_are_one_call():
    width = max(map(len, WORDS.values()))
    table = np.array([[*flow, *[0] * (width - len(flow))] for flow in WORDS.values()], float)
    found = internal_rates(table.reshape(3, 4, width))
    assert found.count.shape == (3, 4)
    assert found.in_words() == list(WORDS)
    for rates, count, flow in zip(
        found.rates.reshape(12, -1), found.count.ravel(), table, strict=True
    ):
        assert np.isnan(rates[count:]).all()
        assert_allclose(net_present_value(flow, rates[:count]), 0.0, atol=1e-9)


def test_the_only_rate_is_a_number_where_there_is_one():
    only = internal_rates(np.array([[-100.0, 120.0, 0.0], [-100.0, 230.0, -132.0]])).only
    assert_allclose(only, [0.2, np.nan])


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-0.5, 2.0), min_size=1, max_size=4).filter(
        lambda rates: np.min(np.diff(sorted(rates)), initial=1.0) > 0.05
    ),
    st.floats(1e-6, 1e9),
)
def test_all_rates_of_a_flow_made_of_them_come_back(rates, scale):
    found = internal_rates(flow_of(*rates, scale=scale))
    assert found.count == len(rates)
    assert_allclose(found.rates, sorted(rates), rtol=1e-8, atol=1e-8)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-100.0, 100.0).map(lambda x: round(x, 2)), min_size=1, max_size=12),
    st.integers(0, 3),
)
def test_no_root_of_the_polynomial_is_missed(flow, delay):
    """Against eigenvalues of the companion matrix, where its roots are simple enough to trust."""
    flow = np.array([0.0] * delay + flow)
    found = internal_rates(flow)
    for rate in found.rates[: found.count]:
        size = net_present_value(np.abs(flow), rate)
        assert abs(net_present_value(flow, rate)) <= 1e-9 * size
    roots = np.roots(flow[::-1])
    roots = roots[np.abs(roots) > 1e-12]
    real = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 0.0)].real
    doubtful = np.abs(roots.imag) < 1e-3
    doubtful &= (np.abs(roots.imag) > 1e-9) & (roots.real > 0.0)
    near = np.min(np.abs(np.diff(np.sort(real))), initial=1.0) < 1e-3
    if not near and not doubtful.any():
        assert found.count == len(real)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 20), st.integers(0, 1000))
def test_rates_of_many_are_those_of_each(scenarios, seed):
    flows = np.random.default_rng(seed).normal(0.0, 100.0, (scenarios, 9))
    together = internal_rates(flows)
    for flow, rates, count in zip(flows, together.rates, together.count, strict=True):
        alone = internal_rates(flow)
        assert alone.count == count
        assert_allclose(rates[:count], alone.rates[:count], rtol=1e-10, atol=1e-12)


def test_rates_do_not_depend_on_the_unit_of_money():
    flows = conventional(50)
    assert_allclose(internal_rates(1e12 * flows).only, internal_rates(flows).only, rtol=1e-12)
    assert_allclose(internal_rates(1e-12 * flows).only, internal_rates(flows).only, rtol=1e-12)


def test_sizes_far_apart_neither_overflow_nor_get_lost():
    found = internal_rates(np.array([[-1e-290, 1e290], [-1e290, 1e-290], [-1e15, 1.0]]))
    assert found.count.tolist() == [1, 1, 1]
    assert np.isfinite(found.rates).all()
    assert_allclose(found.rates[2], 1e-15 - 1.0)


def test_numpy_financial_agrees_where_there_is_one_rate():
    peer = pytest.importorskip("numpy_financial", reason="the extra test is not installed")
    flows = conventional(100)
    expected = [peer.irr(flow) for flow in flows]
    assert_allclose(internal_rates(flows).only, expected, rtol=0.0, atol=1e-10)
    assert_allclose(
        net_present_value(flows, 0.08), [peer.npv(0.08, flow) for flow in flows], rtol=1e-12
    )


def test_memory_is_at_most_three_times_the_flows():
    flows = conventional(100)
    internal_rates(flows)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        internal_rates(flows)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak <= 3.0 * flows.nbytes


@pytest.mark.parametrize("flow", [[], [np.nan, 1.0], [np.inf, -1.0]])
def test_what_is_no_flow_is_refused(flow):
    with pytest.raises(ValueError, match="a cash flow"):
        internal_rates(np.array(flow))


def test_discounting_by_hand():
    assert net_present_value(np.array([-100.0, 60.0, 60.0]), 0.0) == pytest.approx(20.0)
    assert net_present_value(np.array([-100.0, 110.0, 121.0]), 0.1) == pytest.approx(100.0)
    assert_allclose(discount_factors(np.array([0.0, 1.0]), 3), [[1, 1, 1], [1, 0.5, 0.25]])
    with pytest.raises(ValueError, match="greater than -1"):
        net_present_value(np.array([1.0]), -1.0)


def test_an_annuity_pays_back_what_was_lent():
    assert capital_recovery_factor(0.0, 15) == 1 / 15
    for rate in (0.035, 0.1, -0.02):
        payment = capital_recovery_factor(rate, 15)
        assert net_present_value(np.array([-1.0, *[payment] * 15]), rate) == pytest.approx(0.0)
    with pytest.raises(ValueError, match="at least one year, got 0"):
        capital_recovery_factor(0.08, 0)
    with pytest.raises(ValueError, match="greater than -1"):
        capital_recovery_factor(-1.0, 5)


def test_payback_is_linear_within_the_year_and_infinite_if_never():
    flows = np.array(
        [[-100.0, 40.0, 80.0], [-100.0, 100.0, 1.0], [-100.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    )
    assert payback_years(flows).tolist() == [1.75, 1.0, np.inf, 0.0]


def test_a_levelised_cost_is_the_price_at_which_the_present_value_is_zero():
    cost, energy = np.array([1000.0, 10.0, 10.0]), np.array([0.0, 5.0, 4.0])
    price = levelised_cost(cost, energy, 0.08)
    assert net_present_value(price * energy - cost, 0.08) == pytest.approx(0.0, abs=1e-9)
    assert levelised_cost(cost, 0.0 * energy, 0.08) == np.inf


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(returns).failed == 0
    assert doctest.testmod(returns).attempted > 0
