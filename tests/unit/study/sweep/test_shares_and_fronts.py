"""Shares of the variance against closed forms and scipy; Pareto fronts against their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sobol_indices

from altay_energy.core.errors import ScenarioError
from altay_energy.run.figures.document import SECTIONS
from altay_energy.study.sweep.axes import Range
from altay_energy.study.sweep.front import MORE_IS_BETTER, front
from altay_energy.study.sweep.samples import Sample
from altay_energy.study.sweep.shares import shares

KEYS = ("x", "y", "z")


def ishigami(x, y, z):
    return np.sin(x) + 7.0 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


def ishigami_runs(count):
    ranges = tuple(Range(key, -np.pi, np.pi) for key in KEYS)
    return ishigami(*Sample((), ranges, "saltelli", count).points.T)


def test_shares_of_the_function_of_ishigami():
    found = shares(ishigami_runs(2**14), KEYS)
    first = {
        "x": 0.3139,
        "y": 0.4424,
        "z": 0.0,
    }  # Saltelli et al., Global Sensitivity Analysis, 2008
    total = {"x": 0.5576, "y": 0.4424, "z": 0.2437}
    for key in KEYS:
        assert abs(found[key].first - first[key]) < 0.02
        assert abs(found[key].total - total[key]) < 0.02
        assert found[key].first_low < first[key] < found[key].first_high
        assert found[key].total_low < total[key] < found[key].total_high


def test_shares_are_those_of_scipy():
    values = ishigami_runs(256)
    a, b, mixed = values[:256], values[256:512], values[512:].reshape(3, 1, 256)
    peer = sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": mixed}, n=256)
    found = shares(values, KEYS)
    np.testing.assert_allclose([found[k].first for k in KEYS], peer.first_order.ravel(), atol=1e-12)
    np.testing.assert_allclose([found[k].total for k in KEYS], peer.total_order.ravel(), atol=1e-12)


def test_runs_that_failed_are_left_out_with_their_row():
    values = ishigami_runs(256)
    kept = values.reshape(5, 256)[:, 1:].ravel()
    values[0] = np.nan
    assert shares(values, KEYS) == shares(kept, KEYS)
    with pytest.raises(ScenarioError, match="too few"):
        shares(np.full(5 * 256, np.nan), KEYS)


def test_a_figure_that_never_changes_has_no_shares():
    assert shares(np.full(5 * 64, 1e9), KEYS) == {}


points = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30)


@given(points)
def test_no_run_beats_one_of_the_front_and_each_other_run_is_beaten(values):
    first, second = np.array(values, dtype=float).reshape(-1, 2).T
    found = front(first, second, ("curtailment_rate", "operating_cost_cny"))
    on = set(found.runs)
    for k in range(len(first)):
        beaten = any(
            first[n] <= first[k]
            and second[n] <= second[k]
            and (first[n] < first[k] or second[n] < second[k] or n < k)
            for n in range(len(first))
            if n != k
        )
        assert (k in on) != beaten
    assert found.knee is None or found.knee in on


def test_a_larger_value_may_be_better():
    found = front(
        np.array([1.0, 2.0, 3.0]), np.array([9.0, 5.0, 1.0]), ("a_cny", "self_supply_rate")
    )
    assert found.runs == (0,)


def test_the_knee_is_where_the_front_bends():
    first, second = np.array([0.0, 1.0, 5.0, 10.0]), np.array([10.0, 2.0, 1.0, 0.0])
    assert front(first, second, ("a_cny", "b_cny")).knee == 1
    assert front(first, 10.0 - first, ("a_cny", "b_cny")).knee is None


def test_figures_of_which_more_is_better_exist():
    known = {figure.key for _, figures in SECTIONS.values() for figure in figures}
    assert known >= MORE_IS_BETTER
