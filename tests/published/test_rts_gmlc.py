"""The summer week of RTS-GMLC: 73 thermal units in merit order against published results.

Week of 5-11 July 2020, one bus. The published unit commitment of that week costs 13 051 996 $; the
merit order without commitment, starts, ramps and reserves costs 0.913 of it. Unit commitment with
what the file of generators says lies between the two: the published one holds reserves as well and
charges cold starts, also for what runs in the first hour. What a year of prices
of a Chinese spot market is worth to a storage is compared with HiGHS.
"""

from __future__ import annotations

import csv
import gzip
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.units.units import dispatch_units
from altay_energy.run.figures.kpis import operating_cost_cny

FIRST = (date(2020, 7, 5) - date(2020, 1, 1)).days * 24
WEEK = slice(FIRST, FIRST + 168)
COMMITMENT_COST = 13_051_996.0
MERIT_ORDER = 0.913
SEGMENTS = range(5)
LB_PER_MMBTU_TO_T = 0.45359237 / 1000.0


def number(text):
    return float(text) if text not in ("", "NA") else 0.0


def series(folder, name):
    """Columns of a file of day-ahead series, 8784 hours. [MW]"""
    with gzip.open(folder / "timeseries" / f"DAY_AHEAD_{name}.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    names = [key for key in rows[0] if key not in ("Year", "Month", "Day", "Period")]
    return {key: np.array([number(row[key]) for row in rows]) for key in names}


def segments(unit):
    """Pieces of a unit's output [MW] with their cost [$/MWh] and CO2 [t/MWh]."""
    most, fuel = number(unit["PMax MW"]), number(unit["Fuel Price $/MMBTU"])
    carbon = number(unit["Emissions CO2 Lbs/MMBTU"]) * LB_PER_MMBTU_TO_T
    done = 0.0
    for k in SEGMENTS:
        upto = number(unit[f"Output_pct_{k}"]) * most
        heat = number(unit["HR_avg_0" if k == 0 else f"HR_incr_{k}"]) / 1000.0  # MMBTU/MWh
        if upto > done:
            yield upto - done, heat * fuel + number(unit["VOM"]), heat * carbon
            done = upto


def thermal_rows(folder):
    with (folder / "SourceData" / "gen.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["Fuel"] in ("Coal", "NG", "Oil", "Nuclear")]


def plant_of_units(rows):
    """Equal generators as one plant: what a unit burns at its least load is partly no-load cost."""
    row, name = rows[0], f"thermal.{rows[0]['GEN UID']}"
    (least, average, _), *above = segments(row)
    ends = least + np.cumsum([width for width, _, _ in above])
    ends[-1] = most = number(row["PMax MW"])
    curve = tuple(zip(ends.tolist(), [price for _, price, _ in above], strict=True))
    price, heat = curve[0][1], number(row["Start Heat Cold MBTU"])
    own = ThermalUnits(
        name=name,
        units=len(rows),
        unit_mw=most,
        curve=curve,
        min_load_mw=least,
        no_load_cost_cny_h=least * (average - price),
        start_cost_cny=heat * number(row["Fuel Price $/MMBTU"])
        + number(row["Non Fuel Start Cost $"]),
        min_up_steps=max(1, math.ceil(number(row["Min Up Time Hr"]))),
        min_down_steps=max(1, math.ceil(number(row["Min Down Time Hr"]))),
        ramp_mw=60.0 * number(row["Ramp Rate MW/Min"]),
    )
    return ThermalLimits(name, len(rows) * most, 0.0, price, 0.0, own)


@pytest.fixture(scope="module")
def committed_week(week, shared_data):
    """The same week with 73 units in plants of equal ones."""
    alike: dict[tuple[str, ...], list[dict[str, str]]] = {}
    skip = ("GEN UID", "Bus ID", "Gen ID", "MW Inj", "MVAR Inj", "V Setpoint p.u.", "QMax MVAR")
    for row in thermal_rows(shared_data / "rts_gmlc"):
        key = tuple(value for name, value in row.items() if name not in skip and "QMin" not in name)
        alike.setdefault(key, []).append(row)
    return replace(week, thermals=tuple(plant_of_units(rows) for rows in alike.values()))


@pytest.fixture(scope="module")
def week(shared_data):
    folder = shared_data / "rts_gmlc"
    pieces = [
        ThermalLimits(f"thermal.{unit['GEN UID']}_{k}", power, 0.0, cost, carbon)
        for unit in thermal_rows(folder)
        for k, (power, cost, carbon) in enumerate(segments(unit))
    ]
    free = {kind: sum(series(folder, kind).values()) for kind in ("wind", "pv", "rtpv", "hydro")}
    load = sum(series(folder, "load").values())
    return Problem(
        step_hours=1.0,
        load_mw=load[WEEK],
        renewables={f"free.{kind}": power[WEEK] for kind, power in free.items()},
        thermals=tuple(pieces),
        storages=(),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=0.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.0,
    )


@pytest.mark.parametrize("solver", ["fast", "highs"])
def test_the_merit_order_of_a_week_costs_what_is_published(week, solver):
    dispatch = dispatch_optimal(week, solver)
    dispatch.check()
    assert len(week.thermals) > 250
    assert_allclose(dispatch.load_mw.sum(), 858_520.0, rtol=1e-4)
    assert_allclose(operating_cost_cny(dispatch), MERIT_ORDER * COMMITMENT_COST, rtol=0.005)
    assert np.all(dispatch.unserved_mw == 0.0)


def test_prices_are_the_cost_of_the_last_unit(week):
    dispatch = dispatch_optimal(week)
    costs = np.array([plant.marginal_cost_cny_mwh for plant in week.thermals])
    used = np.array([dispatch.thermal_mw[plant.name] > 1e-6 for plant in week.thermals])
    dearest = np.where(used, costs[:, np.newaxis], 0.0).max(axis=0)
    assert np.all(dispatch.marginal_price_cny_mwh >= dearest - 1e-3)


@pytest.mark.slow
def test_unit_commitment_of_a_week_lies_between_merit_order_and_what_is_published(
    week, committed_week
):
    dispatch = dispatch_units(committed_week)
    dispatch.check()
    merit_order = operating_cost_cny(dispatch_optimal(week))
    relaxed = operating_cost_cny(dispatch_optimal(committed_week))
    cost, bound = operating_cost_cny(dispatch), dispatch.solution.bound_cny
    assert sum(plant.units.units for plant in committed_week.committed) == 73
    assert merit_order < relaxed < bound <= cost < COMMITMENT_COST
    assert dispatch.solution.gap < 0.001
    assert_allclose(cost, 12_905_600.0, rtol=0.001)
    assert_allclose(dispatch.solution.objective_cny, cost, rtol=1e-9)
    assert np.all(dispatch.unserved_mw < 1e-6)


@pytest.mark.slow
def test_prices_of_a_committed_week_are_near_those_published(shared_data, committed_week):
    """The published mean over all buses and hours is 22.2 $/MWh; nothing is unserved."""
    with (shared_data / "rts_gmlc" / "plexos_noTX_week1" / "price.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    published = np.array([[float(value) for value in row[1:]] for row in rows]).mean(axis=1)
    price = dispatch_units(committed_week).marginal_price_cny_mwh
    assert_allclose(published.mean(), 22.2, atol=0.05)
    assert_allclose(price.mean(), published.mean(), rtol=0.2)
    assert price.max() < 0.02 * committed_week.unserved_cost_cny_mwh
    assert np.corrcoef(price, published)[0, 1] > 0.7


@pytest.fixture(scope="module")
def spot_prices(shared_data):
    with (shared_data / "price" / "cn_spot_price_2022_hourly.csv").open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row["price_CNY_MWh"]) for row in rows])


def trader(prices):
    """A battery of 100 MW, 4 h, that buys and sells at one price and serves no load."""
    battery = StorageLimits("battery.a", 100.0, 100.0, 400.0, 0.955, 0.955, 4e-5)
    return Problem(
        step_hours=1.0,
        load_mw=np.zeros(prices.size),
        renewables={},
        thermals=(),
        storages=(battery,),
        import_limit_mw=100.0,
        export_limit_mw=100.0,
        import_price_cny_mwh=prices,
        export_price_cny_mwh=prices,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
    )


def highs_cost(problem):
    formulation = formulate(problem)
    return certificate(formulation.lp, solve_by_highs(formulation.lp)).objective


def test_storage_on_a_spot_market_earns_what_highs_says(spot_prices):
    problem = trader(np.maximum(spot_prices, 0.0))
    dispatch = dispatch_optimal(problem, "fast")
    dispatch.check()
    assert_allclose(dispatch.solution.objective_cny, highs_cost(problem), rtol=1e-6)
    assert 40e6 < -operating_cost_cny(dispatch) < 100e6


@pytest.mark.slow
def test_prices_below_nothing_are_no_reason_to_burn_energy(spot_prices):
    problem = trader(spot_prices)
    dispatch = dispatch_optimal(problem)
    dispatch.check()
    burning = highs_cost(problem)  # charges and discharges at once in hours of negative prices
    assert dispatch.solution.exclusive_steps > 100
    assert 0.0 < dispatch.solution.objective_cny - burning < 0.002 * abs(burning)
    assert dispatch.solution.gap < 0.002
