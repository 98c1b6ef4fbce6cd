"""What plants carry, by each of the figures that can stay the same."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from scipy.optimize import brentq

import altay_energy as ae
from altay_energy.components.settings.adequacy import AdequacySettings, Outages
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.study.adequacy.adequacy import adequacy_of
from altay_energy.study.adequacy.elcc import (
    COLUMNS,
    WITHIN_MW,
    By,
    elcc_curves,
    finished,
    interval,
    side_by_side,
)
from altay_energy.study.adequacy.system import Variant, unserved_of
from altay_energy.study.ensemble.ensemble import Shared
from altay_energy.study.runner.jobs import Failure


@pytest.mark.parametrize("by", get_args(By))
def test_a_perfect_unit_carries_its_capacity_by_every_figure(by):
    units = Outages(units=3, mean_time_to_fail_h=540, mean_time_to_repair_h=60)
    portfolio = ae.Portfolio(
        timeline=Timeline.of_year(2030),
        name="island",
        thermal={
            "units": ae.ThermalPlant(capacity_mw=120.0, fuel_cost_cny_mwh=300.0),
            "perfect": ae.ThermalPlant(capacity_mw=25.0, fuel_cost_cny_mwh=300.0),
        },
        load={"flat": ae.Load(profile=100.0)},
    )
    settings = AdequacySettings(draws=1, outages={"thermal.units": units})
    adequacy = adequacy_of(Shared((portfolio,)), range(1, 6), settings, {})
    (found,) = adequacy.elcc(["thermal.perfect"], [1.0], by)["thermal.perfect"]
    assert abs(found.elcc_mw - 25.0) < 0.1


def test_every_figure_by_which_plants_are_compared_has_a_column():
    assert set(COLUMNS) == set(get_args(By))


def exponential(rng, years):
    """Yearly hours and energy that rise exponentially with load, and fall with the plant.

    With e-folding loads of 50 MW without the plant and 60 MW with it, the load at which a mean of
    A exp(load / 50) or B exp(load / 60) has a value is a logarithm.
    """
    scale = rng.gamma(4.0, 0.25, (2, years))

    def losses(variants):
        found = []
        for one in variants:
            steep, part = (50.0, scale[0]) if one.factor == 0.0 else (60.0, 0.3 * scale.mean(0))
            hours = part * np.exp(one.more_load_mw / steep)
            peaks = {"peak_load_mw": np.full(years, 500.0), "peak_supply_mw": np.full(years, 600.0)}
            found.append(
                {"lolh_h": hours, "eens_mwh": 40.0 * hours, "lole_days": hours / 5.0, **peaks}
            )
        return found

    return losses


@pytest.mark.parametrize("hours", [None, 3.0])
def test_a_load_with_a_closed_form_is_found(hours):
    losses = exponential(np.random.default_rng(2), 30)
    bare = losses([Variant("wind.a", 0.0, 0.0)])[0]["lolh_h"].mean()
    with_it = losses([Variant("wind.a", 1.0, 0.0)])[0]["lolh_h"].mean()
    shift = 0.0 if hours is None else 50.0 * np.log(hours / bare)
    exact = 60.0 * np.log((bare if hours is None else hours) / with_it) - shift
    for by in get_args(By):
        (found,) = elcc_curves({"wind.a": 300.0}, [1.0], losses, by, hours)["wind.a"]
        assert abs(found.elcc_mw - exact) < 2.0 * WITHIN_MW
        assert found.low_mw < exact < found.high_mw


def test_the_interval_contains_the_shift():
    """Its width is that of the jackknife of the closed form, shift and ELCC both computed again."""
    rng = np.random.default_rng(3)
    years, hours = 40, 3.0
    losses = exponential(rng, years)
    bare = losses([Variant("wind.a", 0.0, 0.0)])[0]["lolh_h"]
    with_it = losses([Variant("wind.a", 1.0, 0.0)])[0]["lolh_h"]
    left_out = [
        60.0 * np.log(hours / np.delete(with_it, year).mean())
        - 50.0 * np.log(hours / np.delete(bare, year).mean())
        for year in range(years)
    ]
    (found,) = elcc_curves({"wind.a": 300.0}, [1.0], losses, "lolh", hours)["wind.a"]
    low, high = interval(found.elcc_mw, np.array(left_out))
    assert found.high_mw - found.low_mw == pytest.approx(high - low, rel=0.02)


def test_the_jackknife_of_a_mean_is_the_interval_of_students_t():
    values = np.array([1.0, 4.0, 2.0, 8.0, 5.0])
    left_out = (values.sum() - values) / 4.0
    low, high = interval(values.mean(), left_out)
    half = 2.7764451051977987 * values.std(ddof=1) / np.sqrt(5.0)
    assert (low, high) == pytest.approx((4.0 - half, 4.0 + half))


def test_a_run_that_fails_leaves_the_study_without_elcc():
    portfolio, settings, _ = fleet()
    adequacy = adequacy_of(Shared((portfolio,)), range(1, 4), settings, {})
    reasons = []
    more = ("eens", None, reasons, lambda jobs, batch: [Failure("no memory")] * len(jobs))
    assert adequacy.elcc(["thermal.one"], [1.0], *more) == {}
    assert len(reasons) == 1
    assert reasons[0].startswith("no ELCC, as a run failed: seed 1, draw 0, thermal.one × 0")
    assert reasons[0].endswith("no memory")


def test_years_whose_runs_failed_are_left_out():
    portfolio, settings, _ = fleet()
    carriers = ["thermal.one"]
    adequacy = adequacy_of(Shared((portfolio,)), range(1, 5), settings, {}, carriers)
    seen = set()

    def run(jobs, batch):
        seen.update(job.values["seed"] for job in jobs)
        return adequacy._here(jobs, batch)

    (found,) = adequacy.elcc(["thermal.one"], [1.0], run=run, failed=[1])["thermal.one"]
    assert seen == {1, 3, 4}
    others = adequacy_of(Shared((portfolio,)), [1, 3, 4], settings, {})
    assert others.elcc(["thermal.one"], [1.0])["thermal.one"] == [found]


def test_a_plant_that_is_not_apart_is_not_taken_for_nothing():
    portfolio, settings, _ = fleet()
    adequacy = adequacy_of(Shared((portfolio,)), [1], settings, {}, ["thermal.units"])
    with pytest.raises(KeyError, match=r"thermal\.one"):
        adequacy.elcc(["thermal.one"], [1.0], run=adequacy._here)


def test_searches_side_by_side_share_their_trials():
    waves = []

    def search(loads):
        found = []
        for load in loads:
            (loss,) = yield [Variant("a", 1.0, load)]
            found.append(loss)
        return found

    def losses(variants):
        waves.append([one.more_load_mw for one in variants])
        return [2.0 * one.more_load_mw for one in variants]

    found = finished(
        side_by_side([search([1.0, 2.0]), search([]), search([1.0, 3.0, 4.0])]), losses
    )
    assert found == [[2.0, 4.0], [], [2.0, 6.0, 8.0]]
    assert waves == [[1.0], [2.0, 3.0], [4.0]]


def fleet(load_mw=100.0):
    """Eight units of 20 MW and a unit of 40 MW, each out 10 % of the time; load of all sizes."""
    units, means = 8, {"mean_time_to_fail_h": 540, "mean_time_to_repair_h": 60}
    steps = np.arange(8760)
    load = load_mw + 20.0 * ((steps * 0.6180339887498949) % 1.0)  # evenly spread
    portfolio = ae.Portfolio(
        timeline=Timeline.of_year(2030),
        name="fleet",
        thermal={
            "units": ae.ThermalPlant(capacity_mw=20.0 * units, fuel_cost_cny_mwh=300.0),
            "one": ae.ThermalPlant(capacity_mw=40.0, fuel_cost_cny_mwh=300.0),
        },
        load={"even": ae.Load(profile=load)},
    )
    outages = {"thermal.units": Outages(units=units, **means), "thermal.one": Outages(**means)}
    return portfolio, AdequacySettings(draws=1, outages=outages), load


def exact_elcc(load, hours):
    """ELCC of the unit of 40 MW by convolution of the units, hour by hour."""
    table = np.ones(1)  # probability of 0, 20, 40 ... MW
    for _ in range(8):
        table = np.convolve(table, [0.1, 0.9])
    size = np.arange(table.size) * 20.0
    both = (np.r_[size, size + 40.0], np.r_[0.1 * table, 0.9 * table])

    def energy(more, capacity, chance):
        return np.maximum(load + more - capacity[:, None], 0.0).sum(axis=1) @ chance

    def lost(more):
        return (load + more > size[:, None]).sum(axis=1) @ table

    shift = 0.0 if hours is None else brentq(lambda more: lost(more) - hours, -100.0, 60.0)
    target = energy(shift, size, table)
    return brentq(lambda more: energy(shift + more, *both) - target, 0.0, 40.0)


@pytest.mark.slow
@pytest.mark.parametrize("hours", [None, 200.0])
def test_the_interval_contains_the_closed_form_as_often_as_it_says(hours):
    portfolio, settings, load = fleet()
    exact = exact_elcc(load, hours)
    inside, years, studies = 0, 20, 200
    for number in range(studies):
        labels = range(1 + number * years, 1 + (number + 1) * years)
        adequacy = adequacy_of(Shared((portfolio,)), labels, settings, {})
        (found,) = adequacy.elcc(["thermal.one"], [1.0], "eens", hours)["thermal.one"]
        inside += found.low_mw <= exact <= found.high_mw
    assert 0.90 <= inside / studies <= 0.99, (inside, exact)


def valley(repair=30.0):
    """Three days: a station of four units beside sun, a load, a battery and units that fail."""
    days = replace(Timeline.of_year(2030), steps=72)
    basin = {"live_volume_m3": 5900000.0}
    station = ae.PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 350.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
        }
    )
    sun = np.tile(np.r_[np.zeros(8), np.full(8, 1.0), np.zeros(8)], 3)
    portfolio = ae.Portfolio(
        timeline=days,
        name="valley",
        pumped_storage={"p": station},
        battery={"b": ae.Battery(charge_mw=90.0, discharge_mw=90.0, energy_mwh=300.0)},
        solar={"s": ae.SolarPlant(capacity_mw=4500.0, profile=sun)},
        thermal={"t": ae.ThermalPlant(capacity_mw=300.0, fuel_cost_cny_mwh=300.0)},
        load={"flat": ae.Load(profile=1300.0)},
    )
    means = {"mean_time_to_fail_h": 9.0 * repair, "mean_time_to_repair_h": repair}
    outages = {
        "pumped_storage.p": Outages(**means),
        "thermal.t": Outages(units=3, **means),
        "battery.b": Outages(units=2, **means),
    }
    settings = AdequacySettings(draws=2, outages=outages)
    return adequacy_of(Shared((portfolio,)), [1, 2], settings, {})


def test_variants_side_by_side_are_those_run_alone():
    adequacy = valley()
    system = adequacy.system([1, 2], [0, 1])
    variants = [
        Variant("pumped_storage.p", 0.25, 0.0),
        Variant("pumped_storage.p", 0.75, 40.0),
        Variant("pumped_storage.p", 0.0, 0.0),
        Variant("battery.b", 2.0, 10.0),
        Variant("thermal.t", 0.0, -100.0),
        Variant("thermal.t", 1.5, 0.0),
    ]
    together = unserved_of(system, variants)
    for one, found in zip(variants, together, strict=True):
        np.testing.assert_array_equal(found, unserved_of(system, [one])[0])
    assert together[0].sum() > together[1].sum() - 40.0 * 72 * 4 > 0.0
    assert together[2].sum() > together[0].sum()


@pytest.mark.parametrize("size", [0.3, 1.25])
def test_a_size_that_is_no_number_of_units_is_refused(size):
    with pytest.raises(ScenarioError, match=rf"4 whole units; --elcc-sizes {size} must be one"):
        valley().elcc(["pumped_storage.p"], [size])


@pytest.mark.slow
def test_a_station_has_sizes_of_whole_units():
    adequacy = valley()
    curve = adequacy.elcc(["pumped_storage.p"], [0.25, 0.5, 1.0])["pumped_storage.p"]
    assert [one.size_mw for one in curve] == [350.0, 700.0, 1400.0]
    carried = [one.elcc_mw for one in curve]
    assert 0.0 < carried[0] <= carried[1] <= carried[2] <= 1400.0
