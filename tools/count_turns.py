"""How many files a dispatch problem enters on its way through `dispatch_optimal`, and its turns.

    python tools/count_turns.py

runs a small problem with a storage, a thermal plant, a flexible load, a demand charge and a limit
over the period, and follows the problem through the calls: a file is entered where a function
of it gets the problem, or a value that holds it, as an argument. The flow is the order in which
files are entered first. A turn is a call from a file into one that was entered earlier: a reader
has to go back. Each pair of files counts once, and ``core`` does not count. The solver of linear
programs knows no problem; the counts of all calls have its files as well.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import numpy as np

import altay_energy
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import FlexibleLoad, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.problem.thermal_units import ThermalLimits

PACKAGE = Path(altay_energy.__file__).parent
STEPS = 48


def small(*, both_ways: bool = False) -> Problem:
    """Two days with one element of every kind; ``both_ways``: where running both ways pays."""
    hour = np.arange(STEPS)
    earned = 300.0 - 420.0 * np.sin(hour / 5.0) if both_ways else np.asarray(120.0)
    return Problem(
        step_hours=1.0,
        load_mw=30.0 + 5.0 * np.sin(hour / 4.0),
        renewables={"wind.a": 20.0 + 20.0 * np.cos(hour / 9.0)},
        thermals=(ThermalLimits("thermal.c", np.asarray(12.0), np.asarray(4.0), 300.0, 0.9),),
        storages=(StorageLimits("battery.b", 6.0, 6.0, 24.0, 0.9, 0.9, 0.001, 12.0),),
        import_limit_mw=np.asarray(30.0),
        export_limit_mw=np.asarray(20.0),
        import_price_cny_mwh=300.0 + 100.0 * np.sin(hour / 5.0),
        export_price_cny_mwh=earned,
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
        flexible_loads=(FlexibleLoad("load.f", np.full(STEPS, 3.0), np.full(STEPS, 8.0), 4),),
        terms=PeriodTerms(
            demand_charge_cny_mw=1000.0, month_of_step=hour // 24, self_consumption_rate_min=0.5
        ),
    )


def holds_problem(value: object, depth: int = 2) -> bool:
    """Whether a value is a problem, or has one among its attributes or those of its attributes."""
    if isinstance(value, Problem):
        return True
    inside = getattr(value, "__dict__", {}).values() if depth else ()
    return any(holds_problem(attribute, depth - 1) for attribute in inside)


class Trace:
    """Files of the package in the order in which they are entered, and the turns between them.

    Parameters
    ----------
    everything : bool
        Whether all calls count, not only those that are given the problem.
    """

    def __init__(self, *, everything: bool = False) -> None:
        self.entered: dict[str, int] = {}
        self.turns: dict[tuple[str, str], None] = {}
        self.everything = everything

    def file_of(self, frame: FrameType | None) -> str | None:
        """Place of a frame's file in the package; None for any other, and for ``core``."""
        if frame is None or not frame.f_code.co_filename.startswith(str(PACKAGE)):
            return None
        name = Path(frame.f_code.co_filename).relative_to(PACKAGE).as_posix()
        return None if name.startswith("core/") else name

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call."""
        callee = self.file_of(frame) if event == "call" else None
        if callee is None:
            return
        code = frame.f_code
        given = [frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]]
        if not self.everything and not any(map(holds_problem, given)):
            return
        before = frame.f_back
        while before is not None and self.file_of(before) not in self.entered:
            before = before.f_back
        caller = self.file_of(before)
        if callee not in self.entered:
            self.entered[callee] = len(self.entered)
        elif caller is not None and self.entered[caller] > self.entered[callee]:
            self.turns[(caller, callee)] = None


def trace(problem: Problem, *, everything: bool = False) -> Trace:
    """Return the calls of one run."""
    found = Trace(everything=everything)
    dispatch_optimal(problem)  # what is imported late is imported now
    sys.setprofile(found)
    try:
        dispatch_optimal(problem)
    finally:
        sys.setprofile(None)
    return found


def main() -> int:
    """Print the files in the order in which they are entered, the turns, and both counts."""
    found = trace(small())
    for name, place in found.entered.items():
        print(f"{place + 1:3d}  {name}")
    for caller, callee in found.turns:
        print(f"     {caller} -> {callee}")
    for both_ways in (False, True):
        problem = small(both_ways=both_ways)
        print("where running both ways at once pays:" if both_ways else "an ordinary problem:")
        for everything in (False, True):
            count = trace(problem, everything=everything)
            what = "all calls" if everything else "calls with the problem"
            print(f"  {what}: {len(count.entered)} files, {len(count.turns)} turns back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
