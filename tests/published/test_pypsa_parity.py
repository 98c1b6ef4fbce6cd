"""PyPSA, given the same problems, finds the same least cost."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.core.errors import ScenarioError
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.lp.interior_point import solve_fast
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.dispatch.problem.problem import ThermalLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.program.formulation import formulate
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.report.files.pypsa import to_pypsa

sys.path.insert(0, str(Path(__file__).parents[1] / "properties"))
from systems import system

pypsa = pytest.importorskip("pypsa", reason="the extra pypsa is not installed")
# PyPSA and its own dependencies warn of each other.
pytestmark = pytest.mark.filterwarnings("default")

SCENARIOS = sorted(path.stem for path in (Path(__file__).parents[2] / "scenarios").glob("*.toml"))


def least_cost(problem):
    """Of the linear program, in which import may meet export as in PyPSA."""
    lp = formulate(with_outer_stations(problem)).lp
    solution = solve_fast(lp)
    if str(solution.status) != "optimal":
        solution = solve_by_highs(lp)
    return float(certificate(lp, solution).objective)


def pypsa_cost(problem):
    network = to_pypsa(problem)
    status, _ = network.optimize(
        solver_name="highs", log_to_console=False, include_objective_constant=False
    )
    assert status == "ok"
    return float(network.objective)


def plain(seed, steps=48):
    """A system without what a network cannot say."""
    problem = system(seed, steps, limits=False)
    terminal = ("cyclic", "free", "equal_initial")[seed % 3]
    inflow = np.random.default_rng(seed).uniform(0.0, 8.0, steps)
    return replace(
        problem,
        terminal=terminal,
        terms=PeriodTerms(emission_price_cny_t=80.0 * (seed % 2)),
        storages=tuple(
            replace(s, inflow_mw=inflow * (k == 0 and s.energy_mwh > 0.0))
            for k, s in enumerate(problem.storages)
        ),
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_network_of_two_days_costs_the_same(seed):
    problem = plain(seed)
    assert_allclose(pypsa_cost(problem), least_cost(problem), rtol=1e-6, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 15))
def test_networks_of_two_days_cost_the_same(seed):
    problem = plain(seed)
    assert_allclose(pypsa_cost(problem), least_cost(problem), rtol=1e-6, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_shipped_scenario_costs_the_same(repository, name):
    problem = ae.load(repository / "scenarios" / f"{name}.toml").portfolio.problem()
    assert_allclose(pypsa_cost(problem), least_cost(problem), rtol=1e-6)


def test_what_a_network_cannot_say_is_refused_by_name():
    problem = system(1, 24)
    several = replace(
        problem,
        terminal="at_least",
        terms=PeriodTerms(
            export_rate_max=0.2,
            unserved_max_mwh=0.0,
            demand_charge_cny_mw=1.0,
            month_of_step=[0] * 24,
        ),
    )
    with pytest.raises(
        ScenarioError, match=r"export_rate_max, dispatch.unserved_max_mwh, grid.*at_least"
    ):
        to_pypsa(several)


def test_several_runs_are_refused():
    problem = plain(0)
    with pytest.raises(ScenarioError, match=r"one run, not \(2,\)"):
        to_pypsa(replace(problem, load_mw=np.stack([problem.load_mw] * 2)))


def test_steps_need_a_name_each():
    with pytest.raises(ScenarioError, match="each of 48 steps"):
        to_pypsa(plain(0), snapshots=np.arange(7))


def test_thermal_units_are_continuous_in_a_network():
    curve = ((30.0, 250.0), (50.0, 320.0))
    own = ThermalUnits("thermal.unit", 2, 50.0, curve, 20.0, no_load_cost_cny_h=900.0)
    plant = ThermalLimits("thermal.unit", 100.0, 0.0, 280.0, 0.8, own)
    problem = plain(1)
    problem = replace(problem, thermals=(*problem.thermals, plant))
    best = float(dispatch_optimal(problem).solution.objective_cny)
    assert_allclose(pypsa_cost(problem), best, rtol=1e-6)
