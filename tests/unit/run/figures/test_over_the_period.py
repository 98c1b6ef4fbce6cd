"""Each figure sums up the period as its entry says: seen from a period cut in two.

A sum of the two parts is their sum, the largest value is the larger of theirs, a ratio or a mean is
between theirs. Which of these holds is worked out from the numbers alone and compared with the
entry, so an entry with a wrong word fails.
"""

from __future__ import annotations

import math
import re
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest

from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.document import PLANT_SECTIONS, SECTIONS
from altay_energy.run.figures.figure import evaluated
from altay_energy.run.figures.plants import (
    CommittedUnits,
    OwnUse,
    Renewable,
    Station,
    Stored,
    Thermal,
)
from altay_energy.run.figures.water import RiverPlant

THIRD = 120
"""Steps of each third of the period; the two cuts are at its ends, and so are billing months."""


def thirds(*values):
    return np.repeat(np.array(values), THIRD)


def dispatched():
    """Three months, each of another kind; the highest exchange is in the second."""
    rng = np.random.default_rng(7)
    steps, month = 3 * THIRD, np.repeat(np.arange(3), THIRD)
    wind = rng.uniform(0.0, 1.0, steps) * thirds(90.0, 130.0, 110.0)
    wind[[THIRD - 1, 2 * THIRD - 1]] = 130.0  # the battery is charged at the cuts
    wind[-20:] = 0.0  # and not at the end
    problem = Problem(
        step_hours=0.5,
        load_mw=rng.uniform(20.0, 90.0, steps),
        renewables={
            "wind.a": wind,
            "hydro.b": rng.uniform(0.0, 15.0, steps),
        },
        thermals=(ThermalLimits("thermal.a", thirds(9.0, 12.0, 10.0), 3.0, 310.0, 0.8),),
        storages=(StorageLimits("battery.a", 20.0, 16.0, 40.0, 0.9, 0.95, 0.001, 1.0),),
        import_limit_mw=thirds(14.0, 20.0, 11.0) * rng.uniform(0.5, 1.0, steps),
        export_limit_mw=thirds(7.0, 12.0, 9.0) * rng.uniform(0.5, 1.0, steps),
        import_price_cny_mwh=rng.uniform(100.0, 500.0, steps),
        export_price_cny_mwh=rng.uniform(50.0, 300.0, steps),
        unserved_cost_cny_mwh=800.0,
        grid_emission_factor_t_mwh=0.58,
        terminal="free",
        variable_om_cny_mwh={"wind.a": 9.0, "battery.a": 4.0},
        terms=PeriodTerms(
            demand_charge_cny_mw=30_000.0, month_of_step=month, emission_price_cny_t=80.0
        ),
    )
    done = dispatch_by_rules(problem)
    export = done.export_mw.copy()
    export[[5, 150, 300]] += np.array([0.25, 1.0, 0.5])  # three steps that do not balance
    return replace(done, export_mw=export)


WHOLE = dispatched()


def part(first, stop):
    """The dispatch of some steps, as if no other had been."""
    problem = WHOLE.problem

    def cut(series):
        return series[first:stop] if np.ndim(series) else series

    cut_problem = {
        name: cut(getattr(problem, name))
        for name in (
            "load_mw",
            "import_limit_mw",
            "export_limit_mw",
            "import_price_cny_mwh",
            "export_price_cny_mwh",
        )
    }
    months = problem.terms.month_of_step[first:stop]
    shorter = replace(
        problem,
        **cut_problem,
        renewables={name: cut(mw) for name, mw in problem.renewables.items()},
        thermals=tuple(replace(p, capacity_mw=cut(p.capacity_mw)) for p in problem.thermals),
        terms=replace(problem.terms, month_of_step=months - months.min()),
    )
    found = {}
    for field in fields(Dispatch)[1:]:
        given = getattr(WHOLE, field.name)
        end = stop + (field.name == "level_mwh")
        if isinstance(given, np.ndarray):
            found[field.name] = given[first:end]
        elif field.name not in ("stations", "rolled", "solution", "marginal_price_cny_mwh"):
            found[field.name] = {name: mw[first:end] for name, mw in given.items()}
    return Dispatch(problem=shorter, **found)


def renewable(first, stop):
    return Renewable(part(first, stop), "wind.a", 130.0)


def own_use(first, stop):
    return OwnUse(np.linspace(0.1, 0.4, 3 * THIRD)[first:stop], 0.5)


def thermal(first, stop):
    done = part(first, stop)
    return Thermal(done, done.problem.thermals[0])


def thermal_units(first, stop):
    # All units rest before and after a cut, so that none starts there.
    running = np.concatenate([np.resize(k, THIRD) for k in ([0, 1, 2, 0], [0, 2], [0, 1, 0])])
    units = ThermalUnits(
        "thermal.a", 2, 4.0, ((4.0, 200.0),), 0.0, no_load_cost_cny_h=30.0, start_cost_cny=500.0
    )
    running[[THIRD - 1, 2 * THIRD - 1]] = 0
    return CommittedUnits(units, running[first:stop].astype(float), 0.5)


def storage(first, stop):
    done = part(first, stop)
    return Stored.of(done, done.problem.storages[0])


def station(first, stop):
    """Four steps pump, rest and generate, round and round; the second third is the largest."""
    size = thirds(1.0, 2.0, 1.5)
    running = np.resize([-2, 0, 1, 2], 3 * THIRD)
    running[3::12] = -1  # now and then a unit turns round at once
    running[3::THIRD] = 0
    running[-1::-THIRD] = 0
    moved = np.where(running < 0, 4000.0, np.where(running > 0, -2000.0, 0.0)) * size
    moved[3::4] -= np.add.reduceat(moved, np.arange(0, moved.size, 4))  # each round closes
    upper = 1e4 + np.concatenate([[0.0], np.cumsum(moved)])
    lost = 0.01 * size * np.resize([1.0, 3.0, 2.0], 3 * THIRD)
    limits = SimpleNamespace(
        live_m3=20_000.0,
        dead_m3=(1000.0, 1000.0),
        mwh_per_m3=0.001,
        units=2,
        ice_m3=np.stack([size, size])[:, first:stop],
        in_service=np.ones((2, stop - first), dtype=bool),
        start_cost_cny=100.0,
        mode_change_cost_cny=30.0,
    )
    done = StationOperation(
        limits=limits,
        step_hours=0.5,
        volume_m3=np.stack([upper, 4e4 - upper])[:, first : stop + 1],
        head_m=(200.0 * size + np.arange(3 * THIRD) % 7)[first:stop],
        running=running[first:stop],
        pump_mw=np.where(moved > 0.0, 0.003 * moved, 0.0)[first:stop],
        turbine_mw=np.where(moved < 0.0, -0.002 * moved * (1.0 - 0.1 * size), 0.0)[first:stop],
        pumped_m3=np.maximum(moved, 0.0)[first:stop],
        generated_m3=np.maximum(-moved, 0.0)[first:stop],
        **{
            name: np.stack([factor * lost, lost])[:, first:stop]
            for name, factor in (
                ("rain_m3", 1.0),
                ("evaporation_m3", 2.0),
                ("seepage_m3", 3.0),
                ("make_up_m3", 4.0),
                ("spill_m3", 5.0),
            )
        },
    )
    return Station(done, 0.5)


def river(first, stop, volume=None):
    flow = np.linspace(1.0, 3.0, 3 * THIRD)
    if volume is None:
        volume = np.linspace(1.0, 2.0, 3 * THIRD + 1) ** 2
    names = ("inflow", "turbine", "ecological", "spill", "evaporation")
    use = {f"{name}_m3_s": (k + 1) * flow[first:stop] for k, name in enumerate(names)}
    water = SimpleNamespace(use=SimpleNamespace(**use, volume_m3=volume[first : stop + 1]))
    used = np.linspace(0.9, 0.4, 3 * THIRD)[first:stop]
    return RiverPlant(water, used, SimpleNamespace(step_hours=1.0))


SUBJECTS = {
    "whole": part,
    "renewable": renewable,
    "own_use": own_use,
    "river": river,
    "thermal": thermal,
    "thermal_units": thermal_units,
    "storage": storage,
    "station": station,
}
ENTRIES = [(name, figure) for name in SUBJECTS for figure in SECTIONS[name][1]]


def values(section, figure, first, stop):
    """The figure of some steps; several where it has one for each number of units."""
    found = evaluated([figure], SUBJECTS[section](first, stop))
    assert all(re.sub(r"_\d+$", "", key) in (key, figure.key) for key in found)
    return [float(value) for value in found.values()]


def seen(whole, one, other):
    """Words for how the whole follows from two parts."""
    close = {"rel_tol": 1e-9, "abs_tol": 1e-12}
    found = set()
    if math.isclose(whole, one + other, **close):
        found.add("adds up")
    if math.isclose(whole, max(one, other), **close):
        found.add("larger")
    if math.isclose(whole, one, **close):
        found.add("first")
    if math.isclose(whole, other, **close):
        found.add("last")
    if min(one, other) * (1.0 + 1e-9) < whole < max(one, other) * (1.0 - 1e-9):
        found.add("between")
    return found


EXPECTED = {
    "sum": {"adds up"},
    "difference": {"adds up"},
    "largest": {"larger"},
    "ratio": {"between"},
    "mean": {"between"},
    "percentile": {"between"},
}


@pytest.mark.parametrize(("section", "figure"), ENTRIES, ids=lambda x: getattr(x, "key", x))
def test_a_figure_of_a_period_follows_from_those_of_its_parts_as_its_entry_says(section, figure):
    end = 3 * THIRD
    ways = None
    for cut in (THIRD, 2 * THIRD):
        numbers = (values(section, figure, *steps) for steps in ((0, end), (0, cut), (cut, end)))
        for whole, one, other in zip(*numbers, strict=True):
            if not whole == one == other == 0.0:  # no unit of a station ran so
                now = seen(whole, one, other)
                ways = now if ways is None else ways & now
    if figure.over == "instant":
        assert ways in ({"first"}, {"last"})
    else:
        assert ways == EXPECTED[figure.over]


@pytest.mark.parametrize(("section", "figure"), ENTRIES, ids=lambda x: getattr(x, "key", x))
def test_ratio_mean_and_percentile_differ_in_unit_and_value(section, figure):
    assert (figure.over == "ratio") <= (figure.unit == "1")
    if figure.over not in ("mean", "percentile"):
        return
    assert figure.unit != "1"
    (whole,) = values(section, figure, 0, 3 * THIRD)
    pairs = [values(section, figure, k, k + 2)[0] for k in range(3 * THIRD - 1)]
    occurs = bool(np.isclose(pairs, whole, rtol=1e-12).any())
    assert occurs == (figure.over == "percentile")


def test_a_difference_is_zero_where_the_end_is_as_the_beginning_and_a_sum_is_not():
    round_trip = 5.0 + np.sin(np.linspace(0.0, 2.0 * np.pi, 3 * THIRD + 1))
    round_trip[-1] = round_trip[0]
    found = evaluated(SECTIONS["river"][1], river(0, 3 * THIRD, round_trip))
    over = {figure.key: figure.over for figure in SECTIONS["river"][1]}
    assert {key for key, value in found.items() if value == 0.0} == {
        key for key, word in over.items() if word == "difference"
    }
    others = [f.key for name, f in ENTRIES if f.over == "difference" and name != "river"]
    assert others == []


def test_every_section_of_plants_is_cut():
    summed = {s for s in PLANT_SECTIONS if any(f.over != "none" for f in SECTIONS[s][1])}
    assert set(SUBJECTS) == {"whole", *summed}
