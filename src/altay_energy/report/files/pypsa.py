"""Converts a dispatch problem to a PyPSA network, for further work or for cross-checks.

PyPSA [1]_ is an optional extra, ``pip install altay-energy[pypsa]``. The network has one
bus: plants, imports, exports and load not served are generators, storages are storage units.

References
----------
.. [1] Brown, Hörsch and Schlachtberger, "PyPSA: Python for Power System Analysis", Journal of Open
   Research Software 6(4), 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.program.station.envelope import with_outer_stations
from altay_energy.dispatch.program.thermal_segments import in_pieces

if TYPE_CHECKING:
    import pypsa


def to_pypsa(problem: Problem, snapshots: ArrayLike | None = None) -> pypsa.Network:
    """Return the network whose optimum is the least cost of a problem.

    Import and export, or charging and discharging, may occur in the same step: PyPSA's linear
    program has no complementarity constraint. Stations in their unit form are given by the same
    outer approximation as in `optimal`, but spill no more than their rain, because storage units
    have no further spill; it pays only where surplus power has to be wasted.

    Parameters
    ----------
    problem : Problem
        Shape (T,).
    snapshots : array_like, shape (T,), optional
        Time stamps of the steps; by default numbers from 0.

    Returns
    -------
    pypsa.Network
        ``network.optimize()`` minimises the operating cost. [CNY]

    Raises
    ------
    ScenarioError
        If PyPSA is not installed, or the problem has parts that a network cannot represent.
    """
    try:
        import pypsa
    except ImportError:
        raise ScenarioError(
            "PyPSA is not installed; install the extra: pip install altay-energy[pypsa]"
        ) from None
    problem = with_outer_stations(problem)
    _check(problem)
    index = np.arange(problem.steps) if snapshots is None else np.asarray(snapshots)
    if index.shape != (problem.steps,):
        raise ScenarioError(
            f"snapshots has shape {index.shape}, expected one for each of {problem.steps} steps"
        )
    network = pypsa.Network(snapshots=index)
    network.snapshot_weightings = 0.0 * network.snapshot_weightings + problem.step_hours
    problem = in_pieces(problem)  # units are not committed here
    network.add("Bus", problem.buses[0])
    network.add("Load", "load", bus=problem.buses[0], p_set=_series(problem, problem.load_mw))
    _add_plants(network, problem)
    _add_exchange(network, problem)
    for storage in problem.storages:
        _add_storage(network, problem, storage)
    return network


_DEMAND = "grid.demand_charge_cny_mw/grid.bill.charge"


def _check(problem: Problem) -> None:
    """Refuse parts that a network of generators and storage units cannot represent."""
    if len(problem.shape) > 1:
        raise ScenarioError(
            f"a network holds one run, not {problem.shape[:-1]}; make one of each (Problem.parts)"
        )
    terms = problem.terms
    unknown = [
        *(f"dispatch.{name}" for name in terms.looks_ahead),
        *(["dispatch.unserved_max_mwh"] if terms.unserved_max_mwh is not None else []),
        *([_DEMAND] if terms.has_demand_charge else []),
        *(f"{load.name}.flexible_share" for load in problem.flexible_loads),
        *([f"dispatch.terminal = {problem.terminal}"] if _unknown_end(problem) else []),
    ]
    if unknown:
        raise ScenarioError(
            f"PyPSA's generators and storage units cannot say {', '.join(unknown)}; leave it out"
        )


def _unknown_end(problem: Problem) -> bool:
    return bool(problem.storages) and problem.terminal in ("at_least", "water_value")


def _add_plants(network: Any, problem: Problem) -> None:
    for name, available in problem.renewables.items():
        rate = problem.variable_om_cny_mwh.get(name, 0.0)
        _add_generator(network, problem, name, available, cost=rate)
    price = problem.terms.emission_price_cny_t
    for plant in problem.thermals:
        cost = plant.marginal_cost_cny_mwh + plant.emission_factor_t_mwh * price
        least = plant.must_run_mw
        _add_generator(network, problem, plant.name, plant.capacity_mw, cost=cost, least=least)
    must_run = sum((plant.must_run_mw for plant in problem.thermals), start=np.zeros(()))
    penalty = problem.unserved_cost_cny_mwh
    _add_generator(network, problem, "back down", must_run, cost=penalty, sign=-1.0)


def _add_exchange(network: Any, problem: Problem) -> None:
    emitted = problem.grid_emission_factor_t_mwh * problem.terms.emission_price_cny_t
    price = problem.import_price_cny_mwh + emitted
    _add_generator(network, problem, "import", problem.import_limit_mw, cost=price)
    earned = 0.0 - problem.export_price_cny_mwh
    _add_generator(network, problem, "export", problem.export_limit_mw, cost=earned, sign=-1.0)
    penalty = problem.unserved_cost_cny_mwh
    _add_generator(network, problem, "unserved", problem.load_mw, cost=penalty)


def _add_generator(
    network: Any,
    problem: Problem,
    name: str,
    most: Array,
    *,
    cost: ArrayLike,
    least: ArrayLike = 0.0,
    sign: float = 1.0,
) -> None:
    """Add a generator with a lower and an upper limit in each step. [MW]"""
    rated = float(np.max(most))
    if rated <= 0.0:
        return
    network.add(
        "Generator",
        name,
        bus=problem.buses[0],
        p_nom=rated,
        p_max_pu=_series(problem, most) / rated,
        p_min_pu=_series(problem, least) / rated,
        marginal_cost=_series(problem, cost),
        sign=sign,
    )


def _add_storage(network: Any, problem: Problem, storage: StorageLimits) -> None:
    rated = max(storage.charge_mw, storage.discharge_mw)
    if rated <= 0.0:
        return
    ends: dict[str, Any] = {}
    if problem.terminal == "equal_initial":
        wanted = np.full(problem.steps, np.nan)
        wanted[-1] = storage.initial_level_mwh
        ends["state_of_charge_set"] = wanted
    network.add(
        "StorageUnit",
        storage.name,
        bus=problem.buses[0],
        p_nom=rated,
        p_max_pu=storage.discharge_mw / rated,
        p_min_pu=-storage.charge_mw / rated,
        max_hours=storage.energy_mwh / rated,
        efficiency_store=storage.charge_efficiency,
        efficiency_dispatch=storage.discharge_efficiency,
        standing_loss=storage.standing_loss_per_hour,
        inflow=_series(problem, storage.inflow_mw),
        marginal_cost=problem.variable_om_cny_mwh.get(storage.name, 0.0),
        cyclic_state_of_charge=problem.terminal == "cyclic",
        # PyPSA applies no standing loss to it in the first step.
        state_of_charge_initial=storage.initial_level_mwh * storage.keep(problem.step_hours),
        **ends,
    )


def _series(problem: Problem, values: ArrayLike) -> Array:
    """Return a number or series as a new array, shape (T,)."""
    return problem.on_all(values).copy()
