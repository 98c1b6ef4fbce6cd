"""A station as the storage that linear dispatch takes: cases that can be followed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import GRAVITY
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.problem.station import StationLimits
from altay_energy.dispatch.program.station.envelope import (
    outer_storage,
    with_outer_stations,
)
from altay_energy.dispatch.program.station.water_energy import END_WITHIN

STEPS = 6


def station(unit_mw: float = 350.0) -> StationLimits:
    basin = {"live_volume_m3": 5.9e6}
    plant = PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": unit_mw,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
        }
    )
    timeline = replace(Timeline.of_year(2030), steps=STEPS)
    return StationLimits.of("pumped_storage.s", plant, None, timeline)


def problem(**changes) -> Problem:
    given = {
        "step_hours": 1.0,
        "load_mw": np.full(STEPS, 300.0),
        "renewables": {},
        "thermals": (),
        "storages": (StorageLimits("battery.b", 1.0, 1.0, 1.0, 1.0, 1.0),),
        "stations": (station(),),
        "storage_order": ("pumped_storage.s", "battery.b"),
        "import_limit_mw": 3000.0,
        "export_limit_mw": 500.0,
        "import_price_cny_mwh": 300.0,
        "export_price_cny_mwh": 50.0,
        "unserved_cost_cny_mwh": 10_000.0,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


def test_a_station_becomes_a_storage_in_its_place():
    simple = with_outer_stations(problem())
    assert [s.name for s in simple.storages] == ["pumped_storage.s", "battery.b"]
    assert simple.stations == ()
    assert simple.storages[0].discharge_mw == 1400.0
    dispatch_optimal(simple).check()


def test_what_has_no_station_stays_as_it_is():
    given = problem(stations=(), storage_order=())
    assert with_outer_stations(given) is given


def test_its_efficiencies_are_the_best_of_the_tables():
    """Within 0.3 %, by which heads change while an hour's water flows."""
    limits, storage = station(), outer_storage(problem(), station())
    heads = limits.pump.first_head_m + limits.pump.head_step_m * np.arange(
        limits.pump.low_mw.shape[0]
    )
    weight = 1e-3 * GRAVITY * heads[:, np.newaxis]
    lifted = weight * limits.pump.flow_m3_s[:, 1:, -1] / limits.pump.high_mw[:, 1:]
    assert_allclose(storage.charge_efficiency, lifted.max(), rtol=3e-3)
    low, high = (limits.turbine.low_mw[:, 1], limits.turbine.high_mw[:, 1])
    loads = np.linspace(0.0, 1.0, limits.turbine.flow_m3_s.shape[2])
    power = low[:, np.newaxis] + loads * (high - low)[:, np.newaxis]
    given = power / (weight * limits.turbine.flow_m3_s[:, 1])
    assert_allclose(storage.discharge_efficiency, given.max(), rtol=3e-3)


def test_content_may_be_spilled_at_the_end_where_the_reservoir_has_to_return():
    free, returns = (outer_storage(problem(terminal=t), station()) for t in ("free", "cyclic"))
    assert free.inflow_mw[-1] == 0.0
    assert_allclose(returns.inflow_mw[-1], END_WITHIN * returns.energy_mwh)
    assert_allclose(returns.spill_mw[-1] - free.spill_mw[-1], returns.energy_mwh)
    assert np.array_equal(returns.spill_mw[:-1], free.spill_mw[:-1])
    assert 0.0 < free.spill_mw.max() < 0.15 * free.charge_mw


def test_units_out_of_service_throughout_give_no_power():
    two = np.ones((4, STEPS), dtype=bool)
    two[2:] = False
    storage = outer_storage(problem(), replace(station(), in_service=two))
    assert storage.discharge_mw == 700.0
    assert storage.charge_mw < 740.0


def test_pumps_that_would_fill_the_reservoir_within_a_step_do_nothing():
    few = problem(stations=(station(10_000.0),))
    simple = with_outer_stations(few)
    assert simple.storages[0].charge_mw == 0.0
    planned = dispatch_optimal(simple)
    planned.check()
    assert not planned.charge_mw["pumped_storage.s"].any()
    alone = replace(simple, load_mw=np.zeros(STEPS), import_limit_mw=0.0, export_limit_mw=0.0)
    dispatch_optimal(replace(alone, storages=simple.storages[:1], storage_order=())).check()
