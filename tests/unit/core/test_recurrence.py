"""The doubling scan against the obvious hourly loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from altay_energy.core import recurrence
from altay_energy.core.recurrence import (
    ClippedLine,
    bounded_levels,
    cyclic_levels,
)


def hourly_loop(keep, gain, low, high, start):
    """One store, one hour after another, as anyone would write it."""
    levels = [start]
    for added in gain:
        level = keep * levels[-1] + added
        if level < low:
            level = low
        elif level > high:
            level = high
        levels.append(level)
    return np.array(levels)


keeps = st.sampled_from([0.0, 0.5, 0.9, 0.999, 1.0]) | st.floats(0.0, 1.0)
bands = st.sampled_from([(0.0, 10.0), (0.0, 0.0), (0.0, 1e4), (2.0, 7.5), (-3.0, 4.0)])
shapes = st.sampled_from([(1,), (2,), (3,), (24,), (71,), (2, 1), (3, 8), (2, 3, 13), (2, 1, 6)])
gains = shapes.flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=st.floats(-30, 30)))


@given(keep=keeps, gain=gains, band=bands, position=st.floats(0, 1))
@example(keep=1.0, gain=np.array([5.0]), band=(0.0, 10.0), position=1.0)
def test_the_scan_equals_the_hourly_loop(keep, gain, band, position):
    low, high = band
    start = low + position * (high - low)
    levels = bounded_levels(keep, gain, low, high, start)
    assert levels.shape == (*gain.shape[:-1], gain.shape[-1] + 1)
    for run in np.ndindex(gain.shape[:-1]):
        expected = hourly_loop(keep, gain[run], low, high, start)
        assert_allclose(levels[run], expected, rtol=0, atol=1e-9 * max(1.0, high - low))


@given(keep=keeps, gain=gains, band=bands)
def test_cyclic_levels_follow_the_hourly_loop_and_end_exactly_where_they_began(keep, gain, band):
    low, high = band
    levels = cyclic_levels(keep, gain, low, high, preferred=low)
    assert_array_equal(levels[..., 0], levels[..., -1])
    for run in np.ndindex(gain.shape[:-1]):
        expected = hourly_loop(keep, gain[run], low, high, levels[run][0])
        assert_allclose(levels[run], expected, rtol=0, atol=1e-9 * max(1.0, high - low))


@pytest.mark.parametrize("keep", [1.0, 0.99999])
@pytest.mark.parametrize("power", [1.0, 1e3, 1e9])
def test_a_hundred_thousand_hours_lose_no_digits_however_large_the_sums(keep, power):
    rng = np.random.default_rng(4)
    gain = np.concatenate([rng.normal(0.0, power, 50_000), rng.uniform(0.0, power, 50_001)])
    levels = bounded_levels(keep, gain, 0.0, 100.0, 3.0)
    assert_allclose(levels, hourly_loop(keep, gain, 0.0, 100.0, 3.0), rtol=0, atol=1e-9 * 100.0)


def test_a_store_too_large_to_fill_carries_the_plain_sum():
    gain = np.random.default_rng(1).uniform(0.0, 1.0, 8784)
    levels = bounded_levels(1.0, gain, 0.0, 1e9, 0.0)
    assert_allclose(levels[1:], np.cumsum(gain), rtol=1e-12)


def test_many_runs_are_worked_through_in_blocks_with_the_same_result(monkeypatch):
    gain = np.random.default_rng(2).normal(0.0, 3.0, (3, 5, 17))
    whole = bounded_levels(0.98, gain, 0.0, 10.0, 4.0)
    cyclic = cyclic_levels(0.98, gain, 0.0, 10.0, 4.0)
    shares = np.random.default_rng(3).uniform(0.5, 1.0, gain.shape)
    starts = np.linspace(0.0, 10.0, 15).reshape(3, 5)
    hourly = bounded_levels(shares, gain, 0.0, 10.0, starts)
    monkeypatch.setattr(recurrence, "_BLOCK", 40)  # two rows a block, one in the last
    assert_array_equal(bounded_levels(0.98, gain, 0.0, 10.0, 4.0), whole)
    assert_array_equal(bounded_levels(shares, gain, 0.0, 10.0, starts), hourly)
    assert_array_equal(cyclic_levels(0.98, gain, 0.0, 10.0, 4.0), cyclic)


def test_gains_are_left_as_they_were():
    gain = np.array([50.0, -80.0, 20.0])
    bounded_levels(1.0, gain, 0.0, 10.0, 5.0)
    cyclic_levels(1.0, gain, 0.0, 10.0, 5.0)
    assert_array_equal(gain, [50.0, -80.0, 20.0])


def test_a_lossless_store_that_gains_as_much_as_it_gives_begins_where_it_was_set():
    gain = np.array([3.0, -3.0, 0.1, 0.2, -0.3])  # the last three cancel but for rounding
    assert cyclic_levels(1.0, gain, 0.0, 10.0, preferred=4.0)[0] == 4.0
    assert cyclic_levels(1.0, gain, 0.0, 10.0, preferred=8.0)[0] == 7.0  # 3 more must find room


def test_a_lossless_store_that_gains_more_than_it_gives_begins_full():
    gain = np.array([-2.0, 3.0])
    assert_allclose(cyclic_levels(1.0, gain, 0.0, 10.0, preferred=1.0), [10.0, 8.0, 10.0])


def test_however_little_more_a_lossless_store_gains_it_fills_in_the_end():
    levels = cyclic_levels(1.0, np.array([-2.0, 2.000001]), 0.0, 10.0, preferred=1.0)
    assert levels[0] == 10.0


def test_a_lossless_store_that_gives_more_than_it_gains_begins_empty():
    gain = np.array([2.0, -3.0])
    assert_allclose(cyclic_levels(1.0, gain, 0.0, 10.0, preferred=9.0), [0.0, 2.0, 0.0])


def test_a_leaking_store_converges_where_a_period_makes_good_its_loss():
    # x = 0.5 (0.5 x + 4) + 1 has the solution x = 4.
    levels = cyclic_levels(0.5, np.array([4.0, 1.0]), 0.0, 10.0, preferred=9.0)
    assert_allclose(levels, [4.0, 6.0, 4.0])


@given(
    slope=st.floats(0.0, 1.0),
    offset=st.floats(-20, 20),
    ends=st.tuples(st.floats(0, 10), st.floats(0, 10)).map(sorted),
)
def test_the_fixed_point_of_a_clipped_line_maps_to_itself(slope, offset, ends):
    line = ClippedLine(slope, np.array(offset), np.array(ends[0]), np.array(ends[1]))
    fixed = line.fixed_point(preferred=3.0)
    assert line(fixed) == pytest.approx(float(fixed), rel=0, abs=1e-9)
