"""Adequacy against closed forms: convolution of units, perfect units, shrinking intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import altay_energy as ae
from altay_energy.components.settings.adequacy import AdequacySettings, Maintenance, Outages
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.study.adequacy.adequacy import adequacy_document, adequacy_of, adequacy_rows
from altay_energy.study.adequacy.metrics import lost_hours, mean_of, ratio_of, shortfalls
from altay_energy.study.adequacy.outages import Histories, forced
from altay_energy.study.ensemble.ensemble import Shared

YEAR = Timeline.of_year(2030)
FAIL, REPAIR = 540.0, 60.0  # forced outage rate 0.1


def island(units, unit_mw, load_mw, **more):
    """Equal thermal units and a flat load, off the grid."""
    return ae.Portfolio(
        timeline=YEAR,
        name="island",
        thermal={"units": ae.ThermalPlant(capacity_mw=units * unit_mw, fuel_cost_cny_mwh=300.0)},
        load={"flat": ae.Load(profile=load_mw)},
        **more,
    )


def study(portfolio, years, units, draws=1, seed=1, more=None):
    table = Outages(units=units, mean_time_to_fail_h=FAIL, mean_time_to_repair_h=REPAIR)
    settings = AdequacySettings(
        draws=draws, seed=seed, outages={"thermal.units": table, **(more or {})}
    )
    return adequacy_of(Shared((portfolio,)), range(1, years + 1), settings, {})


def columns(adequacy):
    jobs = list(adequacy.jobs)
    batch = 8 * adequacy.settings.draws
    rows = [
        row
        for first in range(0, len(jobs), batch)
        for row in adequacy_rows(adequacy, jobs[first : first + batch])
    ]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def convolved(sizes, rates, load_mw):
    """Probability of loss and expected shortfall of independent units, by convolution of MW."""
    table = np.ones(1)
    for size, rate in zip(sizes, rates, strict=True):
        more = np.zeros(table.size + size)
        more[: table.size] += rate * table
        more[size:] += (1.0 - rate) * table
        table = more
    short = np.maximum(load_mw - np.arange(table.size), 0.0)
    return float(table[short > 0.0].sum()), float(table @ short)


@pytest.mark.parametrize(("units", "unit_mw", "load_mw"), [(2, 50, 60.0), (50, 10, 430.0)])
def test_units_against_the_convolution_of_their_capacity_table(units, unit_mw, load_mw):
    found = columns(study(island(units, unit_mw, load_mw), 60, units))
    lost, energy = convolved([unit_mw] * units, [0.1] * units, load_mw)
    for name, exact in (("lolh_h", lost * 8760.0), ("eens_mwh", energy * 8760.0)):
        error = found[name].std(ddof=1) / np.sqrt(found[name].size)
        assert abs(found[name].mean() - exact) < 3.0 * error
        assert error < 0.25 * exact


def test_outages_have_their_rate_and_length():
    rng = np.random.default_rng(3)
    out = np.array([forced(rng, (FAIL, REPAIR), 8760, 1.0) for _ in range(300)])
    starts = (np.diff(out.astype(int), axis=1) == 1).sum()
    assert abs(out.mean() - 0.1) < 0.005
    assert abs(out[:, 1:].sum() / starts - REPAIR) < 4.0
    assert abs(out[:, 0].mean() - 0.1) < 0.06  # steady from the first hour on


def test_a_history_depends_on_nothing_else():
    portfolio = island(2, 50, 60.0)
    one = study(portfolio, 3, 2).histories
    other = study(portfolio.with_(name="other"), 9, 2, draws=4).histories
    first = one.units_out("thermal.units", (2, 0))
    assert (first == other.units_out("thermal.units", (2, 0))).all()
    assert (first != one.units_out("thermal.units", (3, 0))).any()
    assert (first != one.units_out("thermal.units", (2, 1))).any()
    assert (first[0] != first[1]).any()


def test_maintenance_takes_units_out_on_its_days():
    table = Outages(
        units=3,
        maintenance={
            "spring": Maintenance(first_day="2030-04-01", last_day="2030-04-10", units=2),
            "june": Maintenance(first_day="2030-06-01", last_day="2030-06-01"),
        },
    )
    plant = ae.ThermalPlant(capacity_mw=90.0, fuel_cost_cny_mwh=300.0)
    share = Histories.of({"thermal.a": table}, {"thermal.a": plant}, YEAR, 1).share_in_service(
        "thermal.a", [(1, 0)]
    )[0]
    assert np.isclose(share, 1.0 / 3.0).sum() == 240
    assert np.isclose(share, 2.0 / 3.0).sum() == 24
    assert share[90 * 24 : 100 * 24].max() < 0.34


def test_a_perfect_unit_carries_its_capacity():
    portfolio = island(3, 40, 100.0)
    perfect = {"p": ae.ThermalPlant(capacity_mw=25.0, fuel_cost_cny_mwh=300.0)}
    portfolio = portfolio.with_(thermal={**portfolio.thermal, **perfect})
    adequacy = study(portfolio, 20, 3)
    for by in ("eens", "lolh"):
        (found,) = adequacy.elcc(["thermal.p"], [1.0], by)["thermal.p"]
        assert abs(found.elcc_mw - 25.0) < 0.1


def test_a_small_plant_is_found_as_sharply_as_a_large_one():
    """A battery of 8 kW at a herders' station, below the 10 kW to which large plants are found."""

    def carried(scale):
        portfolio = island(4, 30.0 * scale, 100.0 * scale).with_(
            battery={
                "b": ae.Battery(
                    charge_mw=8.0 * scale, discharge_mw=8.0 * scale, energy_mwh=32.0 * scale
                )
            }
        )
        (found,) = study(portfolio, 6, 4).elcc(["battery.b"], [1.0])["battery.b"]
        return found.elcc_mw / scale, found.low_mw / scale

    np.testing.assert_allclose(carried(0.001), carried(1.0), rtol=5e-3)
    assert carried(0.001)[0] > 0.1


@pytest.mark.parametrize("plant", ["thermal.units", "battery.b", "solar.s"])
def test_no_plant_carries_more_than_its_capacity(plant):
    flat = np.tile(np.r_[np.zeros(8), np.full(8, 0.5), np.zeros(8)], 365)
    portfolio = island(4, 30, 100.0).with_(
        battery={"b": ae.Battery(charge_mw=30.0, discharge_mw=30.0, energy_mwh=120.0)},
        solar={"s": ae.SolarPlant(capacity_mw=60.0, profile=flat)},
    )
    curve = study(portfolio, 10, 4).elcc([plant], [0.5, 1.0, 2.0])[plant]
    sizes = [one.size_mw for one in curve]
    carried = [one.elcc_mw for one in curve]
    assert all(0.0 <= load <= size + 1e-9 for load, size in zip(carried, sizes, strict=True))
    assert carried == sorted(carried)
    assert all(one.low_mw <= one.elcc_mw <= one.high_mw for one in curve)


def test_an_empty_battery_counts():
    """A 4 h battery does little where outages last 60 h, and much where they last an hour."""
    credit = []
    for repair in (1.1, 60.0):
        table = Outages(units=10, mean_time_to_fail_h=9.0 * repair, mean_time_to_repair_h=repair)
        portfolio = island(10, 50, 400.0).with_(
            battery={"b": ae.Battery(charge_mw=50.0, discharge_mw=50.0, energy_mwh=200.0)}
        )
        settings = AdequacySettings(draws=1, outages={"thermal.units": table})
        adequacy = adequacy_of(Shared((portfolio,)), range(1, 9), settings, {})
        credit.append(adequacy.elcc(["battery.b"], [1.0])["battery.b"][0].elcc_mw)
    assert credit[0] > 30.0
    assert credit[1] < 10.0


def test_a_system_that_loses_nothing_has_no_capacity_credit():
    battery = {"b": ae.Battery(charge_mw=30.0, discharge_mw=30.0, energy_mwh=120.0)}
    adequacy = study(island(10, 50, 40.0, battery=battery), 3, 10)
    with pytest.raises(NoSolutionError, match="--elcc-at-lolh 3"):
        adequacy.elcc(["battery.b"], [0.5])


def test_load_is_shifted_until_some_is_lost():
    portfolio = island(10, 50, 40.0).with_(
        thermal={
            "units": ae.ThermalPlant(capacity_mw=500.0, fuel_cost_cny_mwh=300.0),
            "p": ae.ThermalPlant(capacity_mw=25.0, fuel_cost_cny_mwh=300.0),
        }
    )
    (found,) = study(portfolio, 10, 10).elcc(["thermal.p"], [1.0], "eens", 20.0)["thermal.p"]
    assert abs(found.elcc_mw - 25.0) < 0.1


@pytest.mark.slow
def test_twice_as_many_samples_shrink_the_interval_by_the_root_of_two():
    widths = []
    for years in (400, 800):
        found = columns(study(island(2, 50, 60.0), years, 2, seed=5))
        estimate = mean_of(found["lolh_h"], np.arange(years))
        widths.append(estimate.high - estimate.low)
    assert abs(widths[0] / widths[1] - 1.41) < 0.15


def test_draws_of_a_year_are_one_sample():
    values = np.array([1.0, 3.0, 5.0, 7.0, 0.0, 2.0])
    grouped = mean_of(values, np.array([1, 1, 2, 2, 3, 3]))
    plain = mean_of(np.array([2.0, 6.0, 1.0]), np.arange(3))
    assert (grouped.value, grouped.runs) == (3.0, 3)
    assert (grouped.low, grouped.high) == (plain.low, plain.high)
    single = mean_of(values, np.ones(6))
    assert single.runs == 6
    assert ratio_of(values, values, np.arange(6)).value == 1.0


series = st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5]), min_size=48, max_size=48)


@given(series)
def test_figures_of_a_shortfall_by_hand(values):
    timeline = Timeline.of_year(2030)
    days = Timeline(timeline.start, 48, 1.0)
    unserved = np.array([values])
    found = {
        name: one[0] for name, one in shortfalls(unserved, np.full((1, 48), 9.0), days).items()
    }
    rows, lengths = "".join("x" if value else "." for value in values), []
    for part in rows.split("."):
        if part:
            lengths.append(len(part))
    assert found["lolh_h"] == sum(lengths)
    assert found["eens_mwh"] == pytest.approx(sum(values))
    assert found["lole_days"] == ("x" in rows[:24]) + ("x" in rows[24:])
    assert found["shortfalls"] == len(lengths)
    assert found["longest_shortfall_h"] == max(lengths, default=0)
    assert found["deepest_shortfall_mw"] == max(values)
    if lengths:
        assert found["lold_h"] == pytest.approx(np.mean(lengths))


def test_the_document_holds_estimates_and_curves():
    portfolio = island(3, 40, 100.0)
    adequacy = study(portfolio, 5, 3, draws=2)
    found = columns(adequacy)
    curves = adequacy.elcc(["thermal.units"], [0.5, 1.0])
    document = adequacy_document(adequacy, found, curves, {"by": "eens"})
    assert document["plan"]["runs"] == 10
    assert document["figures"]["lolh_h"]["runs"] == 5
    assert document["figures"]["lolh_h"]["value"] == pytest.approx(found["lolh_h"].mean())
    assert document["elcc"]["plants"]["thermal.units"]["size_mw"] == [60.0, 120.0]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"thermal.unit": {"units": 1}}, "says nothing"),
        ({"thermal.units": {"mean_time_to_fail_h": 100}}, "go together"),
        (
            {"thermal.x": {"mean_time_to_fail_h": 100, "mean_time_to_repair_h": 10}},
            "there is no plant",
        ),
        (
            {"load.flat": {"mean_time_to_fail_h": 100, "mean_time_to_repair_h": 10}},
            "there is no plant",
        ),
        (
            {
                "thermal.units": {
                    "maintenance": {"a": {"first_day": "2030-02-01", "last_day": "2030-01-01"}}
                }
            },
            "is before first_day",
        ),
        (
            {
                "thermal.units": {
                    "maintenance": {
                        "a": {"first_day": "2030-02-01", "last_day": "2030-02-09", "units": 4}
                    }
                }
            },
            "4 of 1 units are out at once",
        ),
    ],
)
def test_outages_that_cannot_be(tables, message):
    def asked():
        settings = AdequacySettings.model_validate({"outages": tables})
        return adequacy_of(Shared((island(2, 50, 60.0),)), [1], settings, {})

    with pytest.raises((ScenarioError, ValueError), match=message):
        asked()


@pytest.mark.slow
def test_a_station_serves_a_deficit_below_its_least_load():
    """A turbine of 350 MW runs at no less than 175 MW; the rest displaces other supply."""
    sun = np.tile(np.r_[np.full(12, 1.0), np.full(12, 0.28)], 365)
    scenario = ae.load("scenarios/burqin-2030.toml")
    station = scenario.portfolio.pumped_storage["burqin"]
    portfolio = ae.Portfolio(
        timeline=YEAR,
        sites=scenario.portfolio.sites,
        pumped_storage={"burqin": station},
        solar={"s": ae.SolarPlant(capacity_mw=1000.0, profile=sun)},
        load={"flat": ae.Load(profile=300.0)},  # 20 MW short every night
    )
    without = portfolio.with_(pumped_storage={})
    lost = []
    for one in (portfolio, without):
        adequacy = adequacy_of(Shared((one,)), [1], None, {})
        lost.append(columns(adequacy)["lolh_h"][0])
    assert lost[1] == 4380.0
    assert lost[0] < 100.0


def test_hours_with_loss_are_counted_by_the_local_clock():
    """One quarter-hour-wise known case: 3 February, 18:00 to 18:30 at UTC+8."""
    timeline = Timeline.of_year(2030, step_hours=0.25)
    unserved = np.zeros((2, timeline.steps))
    first = int(np.flatnonzero(timeline.local == np.datetime64("2030-02-03T18:00"))[0])
    unserved[1, first : first + 2] = 5.0
    found = lost_hours(unserved, np.full_like(unserved, 10.0), timeline)
    assert found["in_hours.2.18"].tolist() == [0.0, 0.5]
    assert sum(values.sum() for values in found.values()) == 0.5
