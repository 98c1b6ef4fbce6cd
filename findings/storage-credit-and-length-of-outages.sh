#!/usr/bin/env bash
# assetra 2026.8.12: outages drawn anew for every hour give a 4 h battery twenty times the capacity credit that long outages give it.
#
# Ten units of 50 MW, each out 10 % of the time, 400 MW of load, and a battery of 50 MW and 200 MWh. assetra's StochasticUnit draws "out" or "in" for each hour
# by itself, as its documentation says, so that an outage lasts 1.1 h on average. The same system with histories of the same 10 % whose outages last 60 h on
# average (in for 540 h) has the same unserved energy without the battery; but the battery, run by assetra's own StorageUnit on both, carries 41 MW of extra
# load in the first and 2 MW in the second, where a shortfall outlasts its four hours. An hourly forced outage rate is enough for thermal plants alone, not beside storage.
# altay_energy draws outages by mean times to fail and to repair.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "assetra==2026.8.12" "xarray==2024.11.0" "numpy==2.4.6"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import pandas as pd
import xarray as xr
from assetra.simulation import ProbabilisticSimulation
from assetra.system import EnergySystemBuilder
from assetra.units import DemandUnit, StochasticUnit, StorageUnit

HOURS, TRIALS, UNITS, MW, LOAD, OUT = 24 * 60, 200, 10, 50.0, 400.0, 0.1
TIMES = pd.date_range("2030-01-01", periods=HOURS, freq="h").as_unit("ns")


def series(value):
    return xr.DataArray(np.full(HOURS, value), dims=["time"], coords={"time": TIMES})


def simulated(units, start=None):
    builder = EnergySystemBuilder()
    for unit in units:
        builder.add_unit(unit)
    simulation = ProbabilisticSimulation(TIMES[0], TIMES[-1], TRIALS)
    simulation.assign_energy_system(builder.build())
    simulation.run(start)
    return simulation.net_hourly_capacity_matrix


def hourly_draws():
    np.random.seed(1)
    units = [StochasticUnit(i, MW, series(MW), series(OUT)) for i in range(UNITS)]
    return simulated([*units, DemandUnit(99, series(LOAD))])


def long_outages(repair_h=60.0):
    """Two-state chains with the same share of time out."""
    rng = np.random.default_rng(1)
    fail = (1 / repair_h) * OUT / (1 - OUT)
    out = rng.random((TRIALS, UNITS)) < OUT
    net = np.empty((TRIALS, HOURS))
    for hour in range(HOURS):
        net[:, hour] = MW * (~out).sum(axis=1) - LOAD
        draw = rng.random(out.shape)
        out = np.where(out, draw >= 1 / repair_h, draw < fail)
    return xr.DataArray(net, dims=["trial", "time"], coords={"trial": np.arange(TRIALS), "time": TIMES})


def unserved(net):
    return float(-net.where(net < 0, 0).sum() / TRIALS)


def credit_mw(net):
    """Extra load that brings unserved energy back to that without the battery, by bisection."""
    battery = StorageUnit(1, MW, MW, MW, 4 * MW, 0.85)
    low, high = 0.0, MW
    while high - low > 0.25:
        middle = (low + high) / 2
        low, high = (middle, high) if unserved(simulated([battery], net - middle)) <= unserved(net) else (low, middle)
    return low


found = {}
for name, net in (("drawn by the hour", hourly_draws()), ("of 60 h", long_outages())):
    found[name] = unserved(net), credit_mw(net)
    print(f"outages {name}: unserved {found[name][0]:.0f} MWh without the battery, its credit {found[name][1]:.1f} of {MW:g} MW")
(first, high), (second, low) = found.values()
assert abs(first - second) < 0.1 * second
assert 38 < high < 44 and low < 5, found
print("as described")
PYTHON
