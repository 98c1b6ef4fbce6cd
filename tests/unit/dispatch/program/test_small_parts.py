"""Small parts of the dispatchers that only show in rare cases, each by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.base import Series, SeriesRef
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.timeline import Timeline
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.program.elements import without_plant_limits
from altay_energy.dispatch.program.station.water_energy import lost_m3
from altay_energy.dispatch.program.tie_break import _held, _typical
from altay_energy.dispatch.units.units import dispatch_units
from altay_energy.run.figures.kpis import kpis

NAME = "pumped_storage.s"


def test_both_reservoirs_lose_by_evaporation_and_seepage_alike():
    limits = SimpleNamespace(
        evaporation_m3=np.array([[1.0, 2.0], [4.0, 8.0]]), seepage_m3=(10.0, 20.0)
    )
    assert_allclose(lost_m3(limits), [35.0, 40.0])
    years = np.stack([limits.evaporation_m3, 2.0 * limits.evaporation_m3], axis=1)
    both = SimpleNamespace(evaporation_m3=years, seepage_m3=(10.0, 20.0))
    assert_allclose(lost_m3(both), [[35.0, 40.0], [40.0, 50.0]])


def test_the_typical_size_is_the_median_of_what_is_not_rounding_in_each_program():
    z = np.array([[[0.0, -3.0, 1e-13]], [[5.0, -1.0, 2.0]]])
    assert_allclose(_typical(z, 2)[:, 0, 0], [3.0, 2.0])
    assert_allclose(_typical(np.zeros((2, 1, 3)), 2), 1.0)


def test_columns_at_a_bound_in_all_optima_are_found_with_the_side_of_the_bound():
    z = np.array([[4.0, -4.0, 0.0, 4.0]])
    x = np.array([[0.0, 10.0, 5.0, 9.9]])
    lower, upper = np.zeros((1, 4)), np.full((1, 4), 10.0)
    assert_allclose(_held(z, x, lower, upper, own=2), [[1.0, -1.0, 0.0, 1.0]])
    # A price that is small beside the others while there is slack says nothing.
    z = np.array([[0.5, -4.0, -4.0, 4.0]])
    x = np.array([[8.0, 10.0, 10.0, 0.0]])
    assert_allclose(_held(z, x, lower, upper, own=2), [[0.0, -1.0, -1.0, 1.0]])


def test_a_plant_without_limits_still_gives_nothing_where_there_is_no_wind():
    asked = Problem(
        step_hours=1.0,
        load_mw=np.ones(3),
        renewables={"wind.a": np.array([0.0, 2.0, 0.0]), "solar.b": np.array([0.0, 0.0, 1.0])},
        thermals=(),
        storages=(),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=0.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=1.0,
        grid_emission_factor_t_mwh=0.0,
    )
    found = without_plant_limits(asked, ["wind.a"], 50.0)
    assert_allclose(found.renewables["wind.a"], [0.0, 50.0, 0.0])
    assert_allclose(found.renewables["solar.b"], [0.0, 0.0, 1.0])


def test_a_series_shows_its_values_or_where_they_are_to_be_read():
    assert repr(Series(4.0)) == "Series(array(4.))"
    unread = Series(None, SeriesRef(file="a.csv", column="load"))
    assert "a.csv" in repr(unread)
    assert "None" not in repr(unread).partition("file=")[0]


def problem(start_cost_cny: float) -> Problem:
    """A day and a half in which pumps could come and go with the wind."""
    steps = 36
    timeline = replace(Timeline.of_year(2030), steps=steps)
    basin = {"live_volume_m3": 5.9e6}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
            "start_cost_cny": start_cost_cny,
        }
    )
    hour = np.arange(steps)
    return Problem(
        step_hours=1.0,
        load_mw=np.where((hour % 24 >= 8) & (hour % 24 < 22), 900.0, 300.0),
        renewables={"wind.w": np.where(hour % 4 < 2, 2000.0, 300.0)},
        thermals=(),
        storages=(),
        stations=(StationLimits.of(NAME, plant, None, timeline),),
        import_limit_mw=3000.0,
        export_limit_mw=500.0,
        import_price_cny_mwh=np.where((hour % 24 >= 18) & (hour % 24 < 22), 600.0, 300.0),
        export_price_cny_mwh=50.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal="cyclic",
    )


@pytest.mark.parametrize("start_cost_cny", [20_000.0])
def test_a_plan_that_knows_the_cost_of_starts_is_no_more_expensive_than_one_that_does_not(
    start_cost_cny,
):
    careless = dispatch_units(problem(0.0))
    careful = dispatch_units(problem(start_cost_cny))
    starts = [int(d.stations[NAME].starts().sum()) for d in (careless, careful)]
    costs = [float(kpis(d)["operating_cost_cny"]) for d in (careless, careful)]
    assert starts[1] < starts[0]
    assert costs[1] <= costs[0] + start_cost_cny * starts[0]
    # What is saved is nearly what can be saved: never more than the starts that are left cost.
    assert costs[1] >= costs[0] * (1.0 - 0.02)
