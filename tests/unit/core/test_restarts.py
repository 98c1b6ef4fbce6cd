"""Stops that wait for a restart, and stores with a floor and a lid: cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from altay_energy.core.recurrence import (
    bounded_levels,
    latched,
    runs_above,
    runs_below,
    storm_share,
)


def test_a_storm_stops_until_the_wind_has_fallen_to_the_restart():
    wind = np.array([24.0, 25.0, 25.1, 23.0, 20.1, 20.0, 24.0, 26.0])
    assert_array_equal(runs_below(wind, 25.0, 20.0), [1, 1, 0, 0, 0, 1, 1, 0])


def test_cold_stops_until_it_is_warm_enough_again():
    air = np.array([-29.0, -30.0, -30.1, -28.0, -27.1, -27.0, -29.9])
    assert_array_equal(runs_above(air, -30.0, -27.0), [1, 1, 0, 0, 0, 1, 1])


def test_the_state_before_the_first_interval_is_kept_until_something_happens():
    wind = np.array([22.0, 21.0, 19.0, 22.0])
    assert_array_equal(runs_below(wind, 25.0, 20.0), [1, 1, 1, 1])
    assert_array_equal(runs_below(wind, 25.0, 20.0, running=False), [0, 0, 1, 1])
    both = runs_below(np.stack([wind, wind]), 25.0, 20.0, running=np.array([True, False]))
    assert_array_equal(both, [[1, 1, 1, 1], [0, 0, 1, 1]])


def test_a_stop_counts_more_than_a_restart_in_the_same_interval():
    assert_array_equal(latched([True, False], [True, False]), [False, False])


@pytest.mark.parametrize(("runs", "restart"), [(runs_below, 26.0), (runs_above, 24.0)])
def test_thresholds_the_wrong_way_round_are_refused(runs, restart):
    with pytest.raises(ValueError, match="restart_at"):
        runs(np.zeros(3), 25.0, restart)


def test_turbines_in_scattered_wind_stop_and_start_one_after_the_other():
    wind = np.concatenate([np.linspace(15.0, 32.0, 40), np.linspace(32.0, 15.0, 40)])
    rising, falling = np.split(storm_share(wind, 25.0, 20.0, 0.1), 2)
    assert_allclose(rising[wind[:40] < 28.0], 1.0)  # the curve itself knows of these stops
    waiting = falling[(wind[40:] > 18.0) & (wind[40:] < 24.0)]
    assert waiting[0] < 0.3 < 0.7 < waiting[-1]
    assert np.unique(waiting.round(6)).size > 5
    assert falling[-1] == 1.0


def test_a_store_fills_decays_runs_empty_and_overflows():
    keep = np.array([1.0, 1.0, 0.5, 1.0, 1.0, 1.0])
    gain = np.array([2.0, 9.0, 0.0, -7.0, 1.0, 0.5])
    assert_allclose(bounded_levels(keep, gain, 0.0, 10.0, 0.0)[1:], [2.0, 10.0, 5.0, 0.0, 1.0, 1.5])
    assert_allclose(bounded_levels(keep[:1], gain[:1], 0.0, 10.0, 9.0)[1:], [10.0])
