"""The built-in rivers under a hundred years of the built-in climate, against what is published."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.timeline import Timeline
from altay_energy.resource.runoff.rivers import RIVERS
from altay_energy.resource.runoff.runoff import simulate
from altay_energy.weather.climate.model.generate import climate_air, climate_points

YEARS, SEEDS, DAYS = range(2001, 2021), range(1, 6), 365


def daily(point, year, seed):
    """Temperature and precipitation of 365 days, shape (2, 365)."""
    warmth, fall = climate_air(point, Timeline.of_year(year), seed)
    days = warmth.reshape(-1, 24).mean(axis=1), fall.reshape(-1, 24).sum(axis=1)
    return np.array(days)[:, :DAYS]


def monthly(name):
    """Mean flow [m³/s], share that was snow, and share of each month, each year after its own."""
    river = RIVERS.load(name)
    warmth, fall = np.stack(
        [
            np.concatenate([daily(river.climate, y, seed) for y in (year - 1, year)], axis=-1)
            for seed in SEEDS
            for year in YEARS
        ],
        axis=1,
    )
    gauge_m = climate_points()[river.climate].elevation_m
    day = np.tile(np.arange(1, DAYS + 1), 2)
    found = simulate(river.catchment, warmth, fall, day, gauge_m, DAYS)
    assert np.abs(found.residual_mm()).max() < 1e-6
    flow = found.flow_m3_s.mean(axis=0)
    shares = np.bincount(Timeline.of_year(2001).month[::24], flow) / flow.sum()
    return flow.mean(), found.snowmelt_mm.sum() / found.flow_mm.sum(), shares


def holds(name):
    river = RIVERS.load(name)
    flow, melt, months = monthly(name)
    assert flow == pytest.approx(river.mean_flow_m3_s, rel=0.03)
    assert melt == pytest.approx(river.snowmelt_share, abs=0.01)
    assert 0.41 - 0.01 <= melt <= 0.45 + 0.01
    three = [months[[k, (k + 1) % 12, (k + 2) % 12]].sum() for k in range(12)]
    assert int(np.argmax(three)) == 3  # April, May, June
    assert max(three) > 0.5
    assert months[3] > 2.0 * months[2]  # the flood begins in April
    assert months[[11, 0, 1]].sum() < 0.1


def test_the_irtysh_at_burqin_has_its_published_regime():
    assert RIVERS.load("irtysh_burqin").mean_flow_m3_s == 108.0
    holds("irtysh_burqin")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RIVERS.names if name != "irtysh_burqin"])
def test_the_other_rivers_have_theirs(name):
    holds(name)


def test_a_river_that_is_unknown_is_refused_with_those_that_are():
    from altay_energy.core.errors import ScenarioError

    with pytest.raises(ScenarioError, match=r"there is no catchment .burqn.; did you mean"):
        RIVERS.load("burqn")
