"""Time and optimality gap of unit commitment of thermal plants over a year.

Run with ``python benchmarks/commitment.py [--plants 1 3 5] [--steps 8760]``. The system is
synthetic: wind and solar power, a battery, a connection of 100 MW, and one to five thermal plants
of coal and gas with start costs, minimum loads and minimum times. Goal: a year within 0.5 % of its
bound.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.problem.thermal_units import ThermalUnits
from altay_energy.dispatch.units.units import dispatch_units

PLANTS = (
    # units, MW each, least load, CNY/MWh, no-load CNY/h, start CNY, least hours on, off, MW/h
    ("thermal.a", 2, 350.0, 0.5, 280.0, 20_000.0, 600_000.0, 12, 8, None),
    ("thermal.b", 3, 135.0, 0.5, 330.0, 9_000.0, 200_000.0, 6, 6, None),
    ("thermal.c", 2, 50.0, 0.4, 450.0, 3_000.0, 20_000.0, 2, 2, None),
    ("thermal.d", 1, 200.0, 0.6, 300.0, 15_000.0, 300_000.0, 24, 24, 60.0),
    ("thermal.e", 4, 30.0, 0.3, 600.0, 1_000.0, 5_000.0, 1, 1, None),
)


def plant(
    name: str,
    units: int,
    unit_mw: float,
    least: float,
    price: float,
    no_load: float,
    start: float,
    up: int,
    down: int,
    ramp: float | None,
) -> ThermalLimits:
    """A plant whose fuel per MWh rises by 6 % at 60 % of its load."""
    curve = ((0.6 * unit_mw, 0.97 * price), (unit_mw, 1.03 * price))
    own = ThermalUnits(name, units, unit_mw, curve, least * unit_mw, no_load, start, up, down, ramp)
    return ThermalLimits(name, units * unit_mw, 0.0, price, 0.85, own)


def system(steps: int, plants: int) -> Problem:
    """A load of 1,000 MW in the mean."""
    rng, hours = np.random.default_rng(0), np.arange(steps)
    daily, yearly = (np.sin(2 * np.pi * (hours - s) / p) for s, p in ((9, 24), (-2190, 8760)))
    load = 1000.0 * (1.0 + 0.15 * daily + 0.1 * yearly)
    load = load * (1.0 + 0.03 * rng.standard_normal(steps))
    calm = np.zeros(steps)
    for t in range(1, steps):
        calm[t] = 0.97 * calm[t - 1] + 0.25 * rng.standard_normal()
    sun = 500.0 * np.clip(np.sin(2 * np.pi * (hours - 6) / 24), 0.0, None)
    return Problem(
        step_hours=1.0,
        load_mw=load,
        renewables={
            "wind.a": 900.0 / (1.0 + np.exp(0.8 - calm)),
            "solar.b": sun * rng.uniform(0.3, 1.0, steps),
        },
        thermals=tuple(plant(*row) for row in PLANTS[:plants]),
        storages=(StorageLimits("battery.a", 100.0, 100.0, 400.0, 0.95, 0.95),),
        import_limit_mw=100.0,
        export_limit_mw=100.0,
        import_price_cny_mwh=np.array([250.0, 400.0, 600.0])[(hours % 24) // 8],
        export_price_cny_mwh=200.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
    )


def main() -> None:
    """Print seconds of processor time, cost and gap."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plants", type=int, nargs="+", default=[1, 3, 5])
    parser.add_argument("--steps", type=int, default=8760)
    asked = parser.parse_args()
    for plants in asked.plants:
        problem, began = system(asked.steps, plants), time.process_time()
        proof = dispatch_units(problem).solution
        assert proof is not None
        print(
            f"{plants} plants, {asked.steps} steps: {time.process_time() - began:.1f} s, "
            f"{float(proof.objective_cny) / 1e6:,.2f} million CNY, gap {100 * proof.gap:.3f} %"
        )


if __name__ == "__main__":
    main()
