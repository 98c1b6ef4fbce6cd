"""A reservoir's level and volume."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError
from altay_energy.resource.water.reservoir import LevelVolume

BASIN = LevelVolume(np.array([850.0, 860.0, 878.0]), np.array([1.8e6, 3.5e6, 7.6e6]))


@given(st.floats(1.8e6, 7.6e6))
def test_level_and_volume_undo_each_other(volume_m3):
    assert_allclose(BASIN.volume(BASIN.level(volume_m3)), volume_m3, rtol=1e-12)


@given(st.lists(st.floats(0.0, 9e6), min_size=2, max_size=20))
def test_more_water_is_never_at_a_lower_level(volumes):
    assert np.all(np.diff(BASIN.level(np.sort(volumes))) >= 0.0)


def test_the_surface_is_what_a_metre_of_water_covers():
    assert_allclose(BASIN.area(np.array([2e6, 3.5e6, 7e6, 7.6e6])), [1.7e5] + [4.1e6 / 18] * 3)


@pytest.mark.parametrize(
    ("levels", "volumes", "said"),
    [
        ([1.0], [1.0], "at least two"),
        ([1.0, np.nan], [1.0, 2.0], "finite"),
        ([1.0, 1.0], [1.0, 2.0], "must rise"),
        ([1.0, 2.0], [3.0, 2.0], "3 is followed by 2"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "3 levels and 2 volumes"),
    ],
)
def test_a_shape_that_is_none_is_refused(levels, volumes, said):
    with pytest.raises(ScenarioError, match=said):
        LevelVolume(np.array(levels), np.array(volumes))
