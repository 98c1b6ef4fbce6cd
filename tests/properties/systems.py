"""Systems made up at random, from a seed: what dispatch is tested on."""

from __future__ import annotations

import numpy as np

from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits


def storage(rng, name, terminal):
    power = rng.choice([0.0, 10.0, 40.0, 120.0], p=[0.05, 0.3, 0.4, 0.25])
    energy = rng.choice([0.0, 20.0, 160.0, 900.0], p=[0.05, 0.25, 0.4, 0.3])
    return StorageLimits(
        name=name,
        charge_mw=float(power),
        discharge_mw=float(power * rng.choice([1.0, 0.8, 1.3])),
        energy_mwh=float(energy),
        charge_efficiency=float(rng.choice([0.95, 0.87, 1.0], p=[0.5, 0.4, 0.1])),
        discharge_efficiency=float(rng.choice([0.95, 0.9])),
        standing_loss_per_hour=float(rng.choice([0.0, 1e-4, 2e-3])),
        initial_level_mwh=float(energy * rng.choice([0.0, 0.5, 1.0])),
    )


def system(seed, steps=None, *, limits=True, most_storages=4):
    """A problem of one day to two weeks with one to four storages, degenerate prices and all."""
    rng = np.random.default_rng(seed)
    steps = int(rng.choice([24, 72, 168, 336], p=[0.3, 0.3, 0.3, 0.1])) if steps is None else steps
    hours = np.arange(steps)
    daily = 1.0 + 0.25 * np.sin(2 * np.pi * (hours - 9) / 24)
    load = 100.0 * daily * (1.0 + 0.05 * rng.standard_normal(steps)).clip(0.5)
    wind = 150.0 * np.clip(np.cumsum(rng.standard_normal(steps)) * 0.15 + 0.4, 0.0, 1.0)
    sun = 120.0 * np.clip(np.sin(2 * np.pi * (hours - 6) / 24), 0.0, None) * rng.uniform(0.3, 1.0)
    terminal = str(
        rng.choice(["cyclic", "free", "at_least", "water_value"], p=[0.5, 0.2, 0.1, 0.2])
    )
    count = int(rng.integers(1, most_storages + 1))
    tariff = np.array([150.0, 280.0, 450.0])[(hours % 24) // 8]
    price = [tariff, np.full(steps, 280.0), rng.choice([200.0, 300.0], steps)][rng.integers(3)]
    terms = PeriodTerms()
    if limits:
        month = hours // max(steps // 2, 1)
        terms = PeriodTerms(
            demand_charge_cny_mw=float(rng.choice([0.0, 3000.0], p=[0.7, 0.3])),
            month_of_step=np.minimum(month, 1) if steps > 1 else month,
            emission_price_cny_t=float(rng.choice([0.0, 80.0])),
            export_rate_max=rng.choice([None, 0.2], p=[0.6, 0.4]),
            water_value_cny_mwh=((250.0,), (300.0, 200.0, 100.0))[rng.integers(2)],
        )
    elif terminal == "water_value":
        terms = PeriodTerms(water_value_cny_mwh=(250.0,))
    flexible = ()
    if limits and rng.random() < 0.3:
        part = 0.2 * load
        flexible = (FlexibleLoad("load.a", part, part + 30.0, int(rng.integers(1, 8))),)
    return Problem(
        step_hours=float(rng.choice([1.0, 0.5])),
        load_mw=load,
        renewables={"wind.a": wind, "solar.b": sun, "hydro.c": np.full(steps, 10.0)},
        thermals=tuple(
            ThermalLimits(
                f"thermal.{i}",
                capacity_mw=float(rng.choice([0.0, 30.0, 60.0])) + 20.0,
                must_run_mw=float(rng.choice([0.0, 0.0, 15.0])),
                marginal_cost_cny_mwh=float(rng.choice([200.0, 280.0, 420.0])),
                emission_factor_t_mwh=float(rng.choice([0.8, 0.4])),
            )
            for i in range(int(rng.integers(0, 3)))
        ),
        storages=tuple(storage(rng, f"battery.{i}", terminal) for i in range(count)),
        import_limit_mw=float(rng.choice([0.0, 40.0, 500.0])),
        export_limit_mw=float(rng.choice([0.0, 30.0, 200.0])),
        import_price_cny_mwh=price,
        export_price_cny_mwh=float(rng.choice([0.0, 120.0])),
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal=terminal,
        variable_om_cny_mwh={"hydro.c": float(rng.choice([0.0, 20.0]))},
        flexible_loads=flexible,
        terms=terms,
    )
