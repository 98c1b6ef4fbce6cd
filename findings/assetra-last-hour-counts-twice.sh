#!/usr/bin/env bash
# assetra 2026.8.12: a shortfall in the last hour of a study counts as two in its loss-of-load frequency.
#
# Two days, 100 MW of plant, 90 MW of load, 110 MW in a single hour. The frequency of shortfalls is 1.0 wherever that hour lies, and 2.0 where it is
# the last of the study: LossOfLoadFrequency counts each change from "served" to "short" and then adds all trials that are short in the last hour, which
# the change has counted already. With all 48 hours short it is 1.0, right by that addition. Unserved energy, hours and days of loss are right everywhere.
# altay_energy counts a shortfall where it begins, the first hour included.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "assetra==2026.8.12" "xarray==2024.11.0" "numpy==2.4.6"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import pandas as pd
import xarray as xr
from assetra.metrics import ExpectedUnservedEnergy, LossOfLoadDays, LossOfLoadFrequency, LossOfLoadHours
from assetra.simulation import ProbabilisticSimulation
from assetra.system import EnergySystemBuilder
from assetra.units import DemandUnit, StaticUnit

TIMES = pd.date_range("2030-01-01", periods=48, freq="h")


def series(values):
    return xr.DataArray(np.broadcast_to(values, 48).astype(float), dims=["time"], coords={"time": TIMES})


def metrics(short):
    load = np.full(48, 90.0)
    load[short] = 110.0
    builder = EnergySystemBuilder()
    builder.add_unit(StaticUnit(1, 100.0, series(100.0)))
    builder.add_unit(DemandUnit(2, series(load)))
    simulation = ProbabilisticSimulation(TIMES[0], TIMES[-1], 3)
    simulation.assign_energy_system(builder.build())
    simulation.run()
    kinds = ExpectedUnservedEnergy, LossOfLoadHours, LossOfLoadDays, LossOfLoadFrequency
    return [kind(simulation).evaluate() for kind in kinds]


for name, short, expected in (
    ("an hour in the middle", [20], [10.0, 1.0, 1.0, 1.0]),
    ("the first hour", [0], [10.0, 1.0, 1.0, 1.0]),
    ("the last hour", [47], [10.0, 1.0, 1.0, 2.0]),  # one shortfall, counted twice
    ("all hours", list(range(48)), [480.0, 48.0, 2.0, 1.0]),
):
    seen = metrics(short)
    print(f"{name}: unserved {seen[0]:g}, hours {seen[1]:g}, days {seen[2]:g}, frequency {seen[3]:g}")
    assert seen == expected, (name, seen)
print("as described")
PYTHON
