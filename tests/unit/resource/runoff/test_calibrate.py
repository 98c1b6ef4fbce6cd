"""Fits of catchments: where the parameters may be sought, and what is said of it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from altay_energy.resource.runoff.calibrate import (
    FITTED,
    Record,
    fit_catchment,
    nash_sutcliffe,
    predict,
)
from altay_energy.resource.runoff.catchment import RANGES, Catchment
from altay_energy.resource.runoff.runoff import simulate

YEAR = 365
PLAIN = Catchment(
    area_km2=1000.0,
    band_elevation_m=np.array([900.0, 1400.0, 1900.0, 2400.0]),
    latitude=45.0,
)
FAR = PLAIN.with_(snowfall_factor=0.4)
"""A river whose snowfall factor lies beyond the usual bounds."""

ONE = {"snowfall_factor": FITTED["snowfall_factor"]}
QUICK = {"samples": 1, "rounds": 6}


@cache
def halves(true=FAR):
    rng = np.random.default_rng(2)
    days = np.arange(4 * YEAR)
    season = days % YEAR + 1
    air = 6.0 - 15.0 * np.cos(2.0 * np.pi * (season - 20) / YEAR) + rng.normal(0.0, 3.0, days.size)
    fall = np.where(rng.random(days.size) < 0.25, rng.gamma(0.8, 6.0, days.size), 0.0)
    flow = simulate(true, air, fall, season.astype(float), 900.0, YEAR).flow_m3_s

    def record(first, last):
        part = slice(YEAR + first, YEAR + last)
        period = np.arange(last - first)
        return Record(air[part], fall[part], season[part], 900.0, flow[first:last], period)

    return record(0, 2 * YEAR), record(2 * YEAR, 3 * YEAR)


@cache
def widened():
    return fit_catchment(PLAIN, halves()[0], ONE, **QUICK)


@cache
def held():
    """The same between bounds of one's own, which are kept."""
    return fit_catchment(PLAIN, halves()[0], {"snowfall_factor": (0.6, 1.5)}, **QUICK)


def test_a_fit_that_ends_on_its_usual_bounds_goes_on_beyond_them():
    fit = widened()
    assert fit.widened == ("snowfall_factor",)
    assert float(fit.catchment.snowfall_factor) == pytest.approx(0.4, abs=0.04)
    assert fit.at_bounds == {}
    (told,) = fit.notices
    assert told.startswith("snowfall_factor: its usual range, 0.6 to 1.6, was widened to 0 to 1.6;")


def test_wider_bounds_predict_better_what_was_not_fitted():
    _, second = halves()
    flows = [predict(fit.catchment, second) for fit in (held(), widened())]
    worse, better = (nash_sutcliffe(flow, second.flow_m3_s) for flow in flows)
    assert better > worse + 0.05


def test_a_bound_of_ones_own_is_kept_and_named_where_the_fit_ends_on_it():
    fit = held()
    assert fit.widened == ()
    assert fit.bounds == {"snowfall_factor": (0.6, 1.5)}
    assert fit.at_bounds == {"snowfall_factor": 0.6}
    (told,) = fit.notices
    assert "ends on its bound of 0.6: the best value may lie beyond" in told


def test_no_bound_is_widened_beyond_what_a_catchment_may_have():
    for name, (low, high) in widened().bounds.items():
        assert RANGES[name][0] <= low < high <= RANGES[name][1]


def test_a_fit_within_its_usual_bounds_says_nothing():
    fit = fit_catchment(PLAIN, halves(PLAIN.with_(snowfall_factor=1.1))[0], ONE, **QUICK)
    assert fit.notices == ()
    assert fit.bounds == ONE
