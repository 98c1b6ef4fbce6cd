"""Time of a year of optimal dispatch: this package, HiGHS by each of its methods, and PyPSA.

    python benchmarks/dispatch.py [--hours 8760] [--repeat 3]

All get the same arrays of one scenario-like year (wind, sun, pumped storage, battery, grid) and
are timed from these arrays to the powers: building, solving, reading back. "Least cost" finds one
cheapest dispatch; "one answer" also chooses among them by the second objective and checks the
result. Every way runs in a process of its own, whose peak memory stands beside it; "nothing" is
what Python and the libraries take. Seconds are the best of some, elapsed and of the processor: with
other work on the machine only the latter mean something.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import HighsMethod, solve_by_highs
from altay_energy.dispatch.lp.interior_point import solve_fast
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem, StorageLimits
from altay_energy.dispatch.program.formulation import formulate

STORAGES = (
    StorageLimits("pumped_storage.a", 1400.0, 1400.0, 9333.0, 0.833, 0.90),
    StorageLimits("battery.b", 200.0, 200.0, 800.0, 0.955, 0.955, 4e-5),
)


def some_year(hours: int, seed: int = 1) -> Problem:
    """A mix like Burqin's: winds of some days, sun by day, tariffs of three steps."""
    rng = np.random.default_rng(seed)
    hour = np.arange(hours)
    days = np.repeat(rng.uniform(0.0, 1.0, hours // 24 + 1), 24)[:hours]
    wind = 4000.0 * np.clip(days + rng.normal(0.0, 0.1, hours), 0.0, 1.0)
    sun = 2000.0 * np.maximum(-np.cos(2.0 * np.pi * hour / 24.0), 0.0)
    tariff = np.array([180.0, 300.0, 450.0])[(hour % 24) // 8]
    return Problem(
        step_hours=1.0,
        load_mw=1500.0 + 300.0 * np.cos(2.0 * np.pi * hour / 24.0),
        renewables={"wind.a": wind, "solar.b": sun * rng.uniform(0.3, 1.0, hours)},
        thermals=(),
        storages=STORAGES,
        import_limit_mw=1000.0,
        export_limit_mw=2000.0,
        import_price_cny_mwh=tariff,
        export_price_cny_mwh=150.0,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
    )


def by_pypsa(problem: Problem) -> float:
    """The same program built and solved by PyPSA with HiGHS."""
    import pypsa

    network = pypsa.Network(snapshots=range(problem.steps))
    network.add("Bus", "bus")
    network.add("Load", "load", bus="bus", p_set=problem.load_mw)
    for name, power in problem.renewables.items():
        most = float(power.max())
        network.add("Generator", name, bus="bus", p_nom=most, p_max_pu=power / most)
    network.add("Generator", "import", bus="bus", p_nom=float(problem.import_limit_mw))
    network.generators_t.marginal_cost["import"] = problem.import_price_cny_mwh
    price = float(problem.export_price_cny_mwh)
    limit = float(problem.export_limit_mw)
    network.add("Generator", "export", bus="bus", p_nom=limit, sign=-1.0, marginal_cost=-price)
    dear = problem.unserved_cost_cny_mwh
    peak = float(problem.load_mw.max())
    network.add("Generator", "unserved", bus="bus", p_nom=peak, marginal_cost=dear)
    for s in problem.storages:
        network.add(
            "StorageUnit",
            s.name,
            bus="bus",
            p_nom=s.discharge_mw,
            max_hours=s.energy_mwh / s.discharge_mw,
            efficiency_store=s.charge_efficiency,
            efficiency_dispatch=s.discharge_efficiency,
            standing_loss=s.standing_loss_per_hour,
            cyclic_state_of_charge=True,
        )
    network.optimize(solver_name="highs", log_to_console=False)
    return float(network.objective)


def highs(method: HighsMethod) -> Callable[[Problem], float]:
    """Least cost by one of HiGHS' methods."""

    def solve(problem: Problem) -> float:
        lp = formulate(problem).lp
        return float(certificate(lp, solve_by_highs(lp, method=method)).objective)

    return solve


def fast(problem: Problem) -> float:
    """Least cost by the interior-point method."""
    lp = formulate(problem).lp
    return float(certificate(lp, solve_fast(lp)).objective)


def answer(problem: Problem) -> float:
    """Least cost, the second objective and the check."""
    dispatch = dispatch_optimal(problem)
    dispatch.check()
    assert dispatch.solution is not None
    return float(dispatch.solution.objective_cny)


def nothing(problem: Problem) -> float:
    """No work."""
    return float("nan")


WAYS: dict[str, Callable[[Problem], float]] = {
    "nothing": nothing,
    "ours, least cost": fast,
    "ours, one answer": answer,
    "HiGHS simplex": highs("simplex"),
    "HiGHS ipm with crossover": highs("ipm"),
    "HiGHS hipo with crossover": highs("hipo"),
    "PyPSA with HiGHS": by_pypsa,
}


def missing(name: str) -> str:
    """Why a way cannot be taken here; empty where it can."""
    if "PyPSA" in name and not importlib.util.find_spec("pypsa"):
        return "not installed: pip install pypsa"
    if "hipo" in name:
        import highspy

        model = highspy.Highs()
        model.setOptionValue("output_flag", False)
        if model.setOptionValue("solver", "hipo") != highspy.HighsStatus.kOk:
            return "not in this build of HiGHS: pip install highspy-extras"
    return ""


def measured(way: Callable[[Problem], float], problem: Problem, repeat: int) -> list[float]:
    """Best elapsed and processor time [s], objective [CNY], peak memory of the process [MB]."""
    elapsed, processor = [], []
    for _ in range(repeat):
        begin, used = time.perf_counter(), time.process_time()
        cost = way(problem)
        elapsed.append(time.perf_counter() - begin)
        processor.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [min(elapsed), min(processor), cost, peak]


def main() -> None:
    """Time every way in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=8760)
    parser.add_argument("--repeat", type=int, default=5, help="the best of so many is shown")
    parser.add_argument("--way", choices=WAYS, help="only this one, as JSON")
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measured(WAYS[given.way], some_year(given.hours), given.repeat)))
        return
    threads = os.environ.get("OMP_NUM_THREADS", "free")
    print(f"{given.hours} steps, {os.cpu_count()} cores, OMP_NUM_THREADS {threads}")
    print(f"{'':27}{'elapsed':>9}{'processor':>11}{'objective [CNY]':>18}{'peak [MB]':>11}")
    for name in WAYS:
        if why := missing(name):
            print(f"{name:27} {why}")
            continue
        asked = ["--hours", str(given.hours), "--repeat", str(given.repeat), "--way", name]
        child = subprocess.run(
            [sys.executable, __file__, *asked], capture_output=True, text=True, check=True
        )
        elapsed, processor, cost, peak = json.loads(child.stdout.splitlines()[-1])
        print(f"{name:27}{elapsed:7.3f} s{processor:9.3f} s{cost:18.10g}{peak:11.0f}", flush=True)


if __name__ == "__main__":
    main()
