"""The assumed course of a reservoir and where a run begins on it."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from altay_energy.components.hydro.parts import EVAPORATION_SHARES, TARGET_FILL
from altay_energy.resource.water.hydropower import TURBINES


def test_the_assumed_fill_falls_through_winter_and_rises_with_the_flood_alone():
    fill = np.array(TARGET_FILL)
    assert fill.size == 12
    assert_allclose((fill.min(), fill.max()), (0.15, 1.0))
    change = np.diff(fill, append=fill[0])
    rising = np.flatnonzero(change > 0.0)
    assert rising.tolist() == [3, 4, 5]  # April to July, as the flood comes
    assert np.argmin(fill) == 3
    # By 40 points a month at most; full from July to September, and 45 % at mid-January.
    assert_allclose(change.max(), 0.4)
    assert np.flatnonzero(fill == 1.0).tolist() == [6, 7, 8]
    assert_allclose(fill[[0, 4, 5, 11]], [0.45, 0.40, 0.80, 0.60])


def test_evaporation_is_spread_over_the_months_without_ice_and_most_in_july():
    shares = np.array(EVAPORATION_SHARES)
    assert_allclose(shares.sum(), 1.0)
    assert np.flatnonzero(shares == 0.0).tolist() == [0, 1, 11]
    assert np.argmax(shares) == 6
    assert np.all(np.diff(shares[1:7]) > 0.0)
    assert np.all(np.diff(shares[6:]) < 0.0)


def test_points_of_efficiency_curves_are_tenths_of_the_flow():
    for name, (flow, efficiency) in TURBINES.items():
        if name == "constant":
            continue
        assert_allclose(flow, np.arange(11) / 10.0, err_msg=name)
        peak = int(np.argmax(efficiency))
        assert np.all(np.diff(efficiency[: peak + 1]) > 0.0), name
        assert np.all(np.diff(efficiency[peak:]) <= 0.0), name
        # A concave curve: each tenth more of the flow gains less than the one before.
        assert np.all(np.diff(efficiency, 2) <= 0.02 + 1e-9), name
