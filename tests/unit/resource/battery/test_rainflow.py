"""Cycles of a history: the standard's example, its rule written out, and repeating histories."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.resource.battery.rainflow import rainflow, turning_points

# ASTM E1049-85, figure 6: A to I.
ASTM = np.array([-2.0, 1.0, -3.0, 5.0, -1.0, 3.0, -4.0, 4.0, -2.0])

histories = st.lists(st.integers(0, 9), min_size=1, max_size=40).map(
    lambda values: np.array(values, dtype=float)
)


def counted(cycles):
    """Number of cycles by depth and mean."""
    found = Counter()
    for depth, mean, count in zip(cycles.depth, cycles.mean, cycles.count, strict=True):
        found[float(depth), float(mean)] += float(count)
    return found


def by_the_standard(level):
    """E1049, 5.4.4, step by step with a stack of three points."""
    found, stack = Counter(), []

    def note(a, b, count):
        found[abs(a - b), (a + b) / 2.0] += count

    for point in turning_points(level):
        stack.append(point)
        while len(stack) >= 3:
            newest, before = abs(stack[-1] - stack[-2]), abs(stack[-2] - stack[-3])
            if newest < before:
                break
            if len(stack) == 3:
                note(stack[0], stack[1], 0.5)
                del stack[0]
            else:
                note(stack[-3], stack[-2], 1.0)
                del stack[-3:-1]
    for a, b in pairwise(stack):
        note(a, b, 0.5)
    return found


def test_the_example_of_the_standard_gives_its_table():
    by_depth = Counter()
    for (depth, _), count in counted(rainflow(ASTM)).items():
        by_depth[depth] += count
    assert by_depth == {3.0: 0.5, 4.0: 1.5, 6.0: 0.5, 8.0: 1.0, 9.0: 0.5}


def test_the_example_repeated_gives_full_cycles_only():
    # From its peak D on: D E F G H (I A as one run down to C) B C D, worked by hand.
    assert counted(rainflow(ASTM, repeats=True)) == {
        (9.0, 0.5): 1.0,  # D-G, closed by the way back to D
        (4.0, 1.0): 1.0,  # E-F
        (7.0, 0.5): 1.0,  # H-C
        (3.0, -0.5): 1.0,  # A-B
    }


@settings(max_examples=25)
@given(histories)
def test_rounds_count_what_the_rule_counts_point_by_point(level):
    assert counted(rainflow(level)) == by_the_standard(level)


@settings(max_examples=25)
@given(histories, st.integers(0, 39))
def test_a_repeating_history_has_the_same_cycles_wherever_it_begins(level, shift):
    turned = np.roll(level, shift)
    assert counted(rainflow(turned, repeats=True)) == counted(rainflow(level, repeats=True))


@settings(max_examples=25)
@given(histories)
def test_twice_a_repeating_history_has_every_cycle_twice(level):
    once = counted(rainflow(level, repeats=True))
    twice = counted(rainflow(np.concatenate([level, level]), repeats=True))
    assert twice == {key: 2.0 * count for key, count in once.items()}


@settings(max_examples=25)
@given(histories)
def test_cycles_go_as_far_as_the_history(level):
    cycles = rainflow(level, repeats=True)
    travelled = np.abs(np.diff(np.concatenate([level, level[:1]]))).sum()
    assert 2.0 * np.sum(cycles.depth * cycles.count) == pytest.approx(travelled)
    largest = cycles.depth.max(initial=0.0)
    assert largest == level.max() - level.min()


@pytest.mark.parametrize("level", [[], [0.5], [0.5, 0.5, 0.5]])
def test_a_battery_at_rest_has_no_cycle(level):
    for repeats in (False, True):
        assert rainflow(np.array(level), repeats=repeats).depth.size == 0
