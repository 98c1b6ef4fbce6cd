"""Laws of every kind of plant in `KINDS`, by what the plant is to the bus."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.demand.sectors import SECTORS
from altay_energy.components.kinds import KINDS, SOURCES, STORAGES
from altay_energy.run.problem import thermal_limits

DAY = ae.Timeline.of_year(2030)
STEPS = DAY.steps
POWER = st.floats(0.1, 2000.0)
WAYS = st.floats(0.5, 1.0)
SHARE = st.floats(0.0, 1.0)


@st.composite
def farms(draw, model):
    """A plant of half a megawatt to two gigawatts whose profile is drawn."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return model(capacity_mw=draw(POWER), profile=rng.random(STEPS) * draw(SHARE))


@st.composite
def rivers(draw):
    """A plant that has its energy of a year."""
    capacity = draw(POWER)
    return ae.HydroPlant(capacity_mw=capacity, annual_mwh=capacity * draw(st.floats(500.0, 5000.0)))


@st.composite
def levels(draw):
    """Lowest level, level at the beginning and highest level of an open band."""
    low, start, high = sorted(draw(st.tuples(SHARE, SHARE, SHARE)))
    high = high if high > low else min(low + 0.1, 1.0)
    low = low if high > low else 0.9
    return {"min_level": low, "initial_level": min(max(start, low), high), "max_level": high}


@st.composite
def stations(draw):
    """Pumped storage in its simple form."""
    power = draw(POWER)
    return ae.PumpedStorage(
        pump_mw=draw(POWER),
        turbine_mw=power,
        energy_mwh=power * draw(st.floats(0.2, 100.0)),
        pump_efficiency=draw(WAYS),
        turbine_efficiency=draw(WAYS),
        standing_loss_per_day=draw(st.floats(0.0, 0.05)),
        initial_level=draw(SHARE),
    )


@st.composite
def batteries(draw):
    """Batteries with any band of levels."""
    power = draw(POWER)
    return ae.Battery(
        charge_mw=draw(POWER),
        discharge_mw=power,
        energy_mwh=power * draw(st.floats(0.2, 100.0)),
        charge_efficiency=draw(WAYS),
        discharge_efficiency=draw(WAYS),
        standing_loss_per_day=draw(st.floats(0.0, 0.05)),
        **draw(levels()),
    )


@st.composite
def hydrogen_stores(draw):
    """Stores whose electrolyser or compressor limits charging."""
    power = draw(POWER)
    return ae.HydrogenStorage(
        electrolyser_mw=power,
        compressor_mw=power * draw(st.floats(0.001, 0.2)),
        fuel_cell_mw=power * draw(st.floats(0.1, 2.0)),
        energy_mwh=power * draw(st.floats(0.2, 400.0)),
        electrolyser_efficiency=draw(st.floats(0.4, 0.9)),
        compression_kwh_kg=draw(st.just(0.0) | st.floats(0.5, 6.5)),
        fuel_cell_efficiency=draw(st.floats(0.3, 0.7)),
        standing_loss_per_day=draw(st.floats(0.0, 0.05)),
        **draw(levels()),
    )


PLANTS = {
    "wind": farms(ae.WindFarm),
    "solar": farms(ae.SolarPlant),
    "hydro": rivers(),
    "thermal": st.builds(
        ae.ThermalPlant,
        capacity_mw=POWER,
        must_run_fraction=SHARE,
        fuel_cost_cny_mwh=st.floats(50.0, 900.0),
    ),
    "pumped_storage": stations(),
    "battery": batteries(),
    "hydrogen": hydrogen_stores(),
    "load": st.builds(
        ae.Load, sector=st.sampled_from(SECTORS.names), annual_mwh=st.floats(1.0, 1e7)
    ),
}
"""Kind → plants of it."""

SCALED = {
    "wind": ("capacity_mw",),
    "solar": ("capacity_mw",),
    "hydro": ("capacity_mw", "annual_mwh"),
    "thermal": ("capacity_mw",),
    "pumped_storage": ("pump_mw", "turbine_mw", "energy_mwh"),
    "battery": ("charge_mw", "discharge_mw", "energy_mwh"),
    "hydrogen": ("electrolyser_mw", "compressor_mw", "fuel_cell_mw", "energy_mwh"),
    "load": ("annual_mwh",),
}
"""Kind → keys of its size."""


def twice(kind, plant):
    return plant.with_(**{key: 2.0 * getattr(plant, key) for key in SCALED[kind]})


@given(store=hydrogen_stores(), power=SHARE)
def test_hydrogen_gets_what_electrolyser_and_compressor_make_of_the_power(store, power):
    """By hand: the electrolyser makes q = eta · p, the compressor takes w / LHV · q on top."""
    band = store.limits
    charge = power * band.charge_mw
    hydrogen = band.charge_efficiency * charge
    electrolyser = hydrogen / store.electrolyser_efficiency
    compressor = hydrogen * store.compression_kwh_kg / 33.33
    assert_allclose(electrolyser + compressor, charge, rtol=1e-12)
    assert electrolyser <= store.electrolyser_mw * (1 + 1e-12)
    assert compressor <= store.compressor_mw * (1 + 1e-12)
    full = band.charge_mw * band.charge_efficiency
    at_a_limit = full / store.electrolyser_efficiency >= store.electrolyser_mw * (
        1 - 1e-12
    ) or full * store.compression_kwh_kg / 33.33 >= store.compressor_mw * (1 - 1e-12)
    assert at_a_limit


def test_every_kind_has_plants_and_a_size():
    assert list(PLANTS) == list(SCALED) == list(KINDS)


@pytest.mark.parametrize("kind", SOURCES)
@given(data=st.data())
@settings(max_examples=12)
def test_a_source_gives_at_most_its_capacity_and_in_proportion_to_it(kind, data):
    plant = data.draw(PLANTS[kind])
    power = plant.available_power(None, DAY)
    assert power.shape == (STEPS,)
    assert power.min() >= 0.0
    assert power.max() <= plant.capacity_mw * (1 + 1e-12)
    assert_allclose(twice(kind, plant).available_power(None, DAY), 2.0 * power, rtol=1e-9)


@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k].role == "supply"])
@given(data=st.data())
@settings(max_examples=12)
def test_a_supply_runs_within_its_capacity_and_in_proportion_to_it(kind, data):
    plant = data.draw(PLANTS[kind])
    small, large = (thermal_limits({f"{kind}.a": p}, DAY)[0] for p in (plant, twice(kind, plant)))
    assert np.all(small.must_run_mw <= small.capacity_mw)
    assert_allclose(large.must_run_mw, 2.0 * small.must_run_mw)
    assert_allclose(large.capacity_mw, 2.0 * small.capacity_mw)


@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k].role == "demand"])
@given(data=st.data())
@settings(max_examples=12)
def test_a_demand_is_never_negative_and_in_proportion_to_its_energy(kind, data):
    load = data.draw(PLANTS[kind])
    power = load.demand(DAY)
    assert power.min() >= 0.0
    assert_allclose(twice(kind, load).demand(DAY), 2.0 * power, rtol=1e-9)


@pytest.mark.parametrize("kind", STORAGES)
@given(data=st.data(), level=SHARE, power=SHARE, hours=st.sampled_from([0.25, 0.5, 1.0]))
def test_a_storage_gives_back_at_most_its_round_trip(kind, data, level, power, hours):
    band = data.draw(PLANTS[kind]).limits
    start, none = np.array(level * band.usable_energy_mwh), np.array(0.0)
    idle = band.next_level(start, none, none, hours)
    charge = np.array(power * band.charge_mw)
    stored = float(band.next_level(start, charge, none, hours) - idle)
    drawn = float(charge) * hours
    tiny = 1e-9 * (drawn + float(start) + 1.0)
    assert 0.0 < band.charge_efficiency <= 1.0
    assert 0.0 < band.discharge_efficiency <= 1.0
    assert abs(stored - band.charge_efficiency * drawn) <= tiny
    back = stored * band.discharge_efficiency  # what the bus gets of it at once
    assert back <= band.charge_efficiency * band.discharge_efficiency * drawn + tiny
    assert float(idle) <= float(start)


@pytest.mark.parametrize("kind", STORAGES)
@given(data=st.data())
@settings(max_examples=40)
def test_every_megawatt_hour_of_a_storage_is_accounted_for(kind, data):
    """Over a day of random powers: charge - discharge = change of content + losses."""
    band = data.draw(PLANTS[kind]).limits
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    level = first = np.array(band.initial_usable_mwh)
    charged, discharged, lost = 0.0, 0.0, 0.0
    for _ in range(24):
        charge, discharge = rng.random(2) * (band.charge_mw, band.discharge_mw)
        after = band.next_level(level, np.array(charge), np.array(discharge))
        lost += charge * (1 - band.charge_efficiency)
        lost += discharge * (1 / band.discharge_efficiency - 1)
        lost += float(level) * band.standing_loss_per_hour
        charged, discharged, level = charged + charge, discharged + discharge, after
    change = float(level - first)
    scale = charged + discharged + abs(lost) + abs(change) + 1.0
    assert abs(charged - discharged - change - lost) <= 1e-9 * scale


@pytest.mark.parametrize("kind", STORAGES)
@given(data=st.data())
@settings(max_examples=40)
def test_a_storage_begins_within_its_band_and_scales_with_its_size(kind, data):
    storage = data.draw(PLANTS[kind])
    small, large = storage.limits, twice(kind, storage).limits
    assert 0.0 <= small.initial_usable_mwh <= small.usable_energy_mwh
    assert 0.0 <= small.standing_loss_per_hour < 1.0
    for name in ("charge_mw", "discharge_mw", "usable_energy_mwh", "initial_usable_mwh"):
        assert_allclose(getattr(large, name), 2.0 * getattr(small, name), rtol=1e-9)
    for name in ("charge_efficiency", "discharge_efficiency", "standing_loss_per_hour"):
        assert getattr(large, name) == getattr(small, name)


@pytest.mark.parametrize("kind", STORAGES)
@given(data=st.data())
@settings(max_examples=40)
def test_the_keys_of_the_limits_say_what_they_are(kind, data):
    """A limit is its key times what a unit of the key gives."""
    storage = data.draw(PLANTS[kind])
    band = storage.limits
    limits = (band.charge_mw, band.discharge_mw, band.usable_energy_mwh)
    for limit, (key, per_unit) in zip(limits, storage.limit_keys.values(), strict=True):
        assert_allclose(limit, getattr(storage, key) * per_unit, rtol=1e-12)
