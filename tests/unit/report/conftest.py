"""A made-up run that keeps the contract of ``run.hourly``, of any length, size and make-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

OFFSET = 8.0


def build_hourly(
    *,
    start: str = "2030-01-01T00:00",
    hours: float = 8760.0,
    step_hours: float = 1.0,
    size: float = 1.0,
    plants: dict[str, float] | None = None,
    thermal: dict[str, float] | None = None,
    storages: dict[str, tuple[float, float]] | None = None,
    load_mw: float = 900.0,
    import_limit_mw: float = 400.0,
    export_limit_mw: float = 2000.0,
    scenario: str = "burqin-2030",
    title: str = "Burqin base 2030",
    title_zh: str = "布尔津基地2030",
    seed: int = 1,
) -> xr.Dataset:
    """A run by a simple rule: load first, then storage, then export, then curtailment.

    ``start`` is on the local clock, ``size`` multiplies every power and energy; storages are
    given as power and energy [MW, MWh], every other plant as power [MW].
    """
    plants = (
        {"wind.burqin": 3200.0, "solar.burqin": 1500.0, "hydro.rivers": 500.0}
        if plants is None
        else plants
    )
    thermal = {"thermal.altay_chp": 150.0} if thermal is None else thermal
    if storages is None:
        storages = {"pumped_storage.burqin": (1400.0, 8400.0), "battery.altay": (200.0, 800.0)}
    rng = np.random.default_rng(seed)
    steps = round(hours / step_hours)
    local = np.datetime64(start, "m") + np.arange(steps + 1) * np.timedelta64(
        round(60 * step_hours), "m"
    )
    edges = local - np.timedelta64(round(OFFSET * 60), "m")
    begins = local[:-1]
    hour = (begins - begins.astype("datetime64[D]")).astype(float) / 60
    season = np.cos(
        2 * np.pi * ((begins - begins.astype("datetime64[Y]")).astype(float) / 525600 - 0.04)
    )
    shape = {
        "wind": np.clip(0.38 + 0.08 * season + 0.3 * _weather(rng, steps, 40 / step_hours), 0, 1),
        "solar": np.clip(np.sin(np.pi * (hour - 8.0) / 13.0), 0, None)
        * np.clip(0.62 - 0.22 * season + 0.15 * _weather(rng, steps, 24 / step_hours), 0.05, 1),
        "hydro": np.clip(0.42 - 0.38 * season, 0.04, 1) * np.ones(steps),
    }
    available = np.array([size * mw * shape[name.split(".")[0]] for name, mw in plants.items()])
    available = available.reshape(len(plants), steps)
    load = (
        size
        * load_mw
        * (
            1
            + 0.18 * season
            + 0.2 * np.sin(np.pi * (hour - 9) / 12)
            + 0.03 * rng.standard_normal(steps)
        )
    )
    chp = np.array([size * mw * (0.55 + 0.35 * season) for mw in thermal.values()]).reshape(
        len(thermal), steps
    )

    net = available.sum(axis=0) + chp.sum(axis=0) - load
    charge, discharge = np.zeros((len(storages), steps)), np.zeros((len(storages), steps))
    level = np.zeros((len(storages), steps + 1))
    for row, (power, energy) in enumerate(storages.values()):
        power, energy = size * power, size * energy
        level[row, 0] = energy / 2
        for t in range(steps):
            fill = min(
                max(net[t] - 0.2 * size * export_limit_mw, 0),
                power,
                (energy - level[row, t]) / 0.87 / step_hours,
            )
            draw = min(max(-net[t], 0), power, level[row, t] * 0.87 / step_hours)
            charge[row, t], discharge[row, t] = fill, draw
            level[row, t + 1] = level[row, t] + step_hours * (0.87 * fill - draw / 0.87)
            net[t] += draw - fill
    export = np.clip(net, 0, size * export_limit_mw)
    spare = np.clip(net - export, 0, None)
    total = available.sum(axis=0)
    chp -= np.minimum(np.maximum(spare - total, 0), chp.sum(axis=0)) * _share(chp)
    spare = np.minimum(spare, total)
    curtailed = spare * _share(available)
    bought = np.clip(-net, 0, size * import_limit_mw)
    unserved = np.clip(-net - bought, 0, None)
    price = np.where((hour >= 9) & (hour < 22), 320.0, 210.0)
    time = ("time",)
    return xr.Dataset(
        {
            "available_mw": (("plant", "time"), available),
            "generation_mw": (("plant", "time"), available - curtailed),
            "curtailed_mw": (("plant", "time"), curtailed),
            "thermal_mw": (("thermal", "time"), chp),
            "charge_mw": (("storage", "time"), charge),
            "discharge_mw": (("storage", "time"), discharge),
            "level_mwh": (("storage", "time_edge"), level),
            "demand_mw": (("load", "time"), load[None, :]),
            "load_mw": (time, load),
            "served_mw": (time, load - unserved),
            "unserved_mw": (time, unserved),
            "import_mw": (time, bought),
            "export_mw": (time, export),
            "import_price_cny_mwh": (time, price),
            "export_price_cny_mwh": (time, np.full(steps, 250.0)),
        },
        coords={
            "time": edges[:-1].astype("datetime64[ns]"),
            "time_edge": edges.astype("datetime64[ns]"),
            "plant": np.array(list(plants), dtype=object),
            "plant_kind": ("plant", np.array([n.split(".")[0] for n in plants], dtype=object)),
            "thermal": np.array(list(thermal), dtype=object),
            "storage": np.array(list(storages), dtype=object),
            "storage_kind": (
                "storage",
                np.array([n.split(".")[0] for n in storages], dtype=object),
            ),
            "load": np.array(["load.altay"], dtype=object),
        },
        attrs={
            "scenario": scenario,
            "title": title,
            "title_zh": title_zh,
            "utc_offset_hours": OFFSET,
            "step_hours": step_hours,
            "Conventions": "CF-1.11",
        },
    )


def _share(parts: np.ndarray) -> np.ndarray:
    total = parts.sum(axis=0)
    return np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)


def _weather(rng: np.random.Generator, steps: int, length: float) -> np.ndarray:
    """Noise that changes over about ``length`` steps, standard deviation near 1."""
    width = max(round(length), 1)
    noise = rng.standard_normal(steps + 2 * width)
    smooth = np.convolve(noise, np.hanning(width + 2), mode="same")[width : width + steps]
    return smooth / (smooth.std() or 1.0)


def build_document(hourly: xr.Dataset) -> dict[str, Any]:
    """The document of ``kpis.json`` that belongs to a made-up run."""
    hours = hourly.attrs["step_hours"]

    def energy(name: str) -> float:
        return float(hourly[name].sum()) * hours

    def share(part: float, whole: float) -> float | None:
        return part / whole if whole else None

    available, generation, export = (
        energy("available_mw"),
        energy("generation_mw"),
        energy("export_mw"),
    )
    bought = float((hourly["import_mw"] * hourly["import_price_cny_mwh"]).sum()) * hours
    sold = float((hourly["export_mw"] * hourly["export_price_cny_mwh"]).sum()) * hours
    fuel = 260.0 * energy("thermal_mw") + 10000.0 * energy("unserved_mw")
    metered = max(generation - export, 0.0)
    own = max(generation - export - 0.24 * energy("charge_mw"), 0.0)
    kpis = {
        "load_mwh": energy("load_mw"),
        "served_mwh": energy("served_mw"),
        "unserved_mwh": energy("unserved_mw"),
        "available_mwh": available,
        "generation_mwh": generation,
        "curtailed_mwh": energy("curtailed_mw"),
        "curtailment_rate": share(energy("curtailed_mw"), available),
        "import_mwh": energy("import_mw"),
        "export_mwh": export,
        "peak_import_mw": float(hourly["import_mw"].max()),
        "peak_export_mw": float(hourly["export_mw"].max()),
        "charge_mwh": energy("charge_mw"),
        "discharge_mwh": energy("discharge_mw"),
        "storage_loss_mwh": 0.24 * energy("charge_mw"),
        "export_rate": share(export, available),
        "self_consumption_rate": share(own, available),
        "self_consumption_metered_rate": share(metered, available),
        "self_supply_rate": share(own, energy("load_mw")),
        "import_cost_cny": bought,
        "export_revenue_cny": sold,
        "variable_cost_cny": 260.0 * energy("thermal_mw"),
        "unserved_cost_cny": 10000.0 * energy("unserved_mw"),
        "operating_cost_cny": bought - sold + fuel,
        "emissions_t": 0.6 * energy("import_mw") + 0.9 * energy("thermal_mw"),
        "lolh_h": float((hourly["unserved_mw"] > 0).sum()) * hours,
        "eens_mwh": energy("unserved_mw"),
        "balance_residual_mw": 2.3e-13,
    }
    plants: dict[str, Any] = {}
    for name in hourly["plant"].to_numpy():
        one = hourly.sel(plant=name)
        plants[str(name)] = {
            "capacity_mw": float(one["available_mw"].max()),
            "available_mwh": float(one["available_mw"].sum()) * hours,
            "generation_mwh": float(one["generation_mw"].sum()) * hours,
            "curtailed_mwh": float(one["curtailed_mw"].sum()) * hours,
            "full_load_hours": 2950.0,
        }
    for name in hourly["storage"].to_numpy():
        one = hourly.sel(storage=name)
        plants[str(name)] = {
            "charge_mwh": float(one["charge_mw"].sum()) * hours,
            "discharge_mwh": float(one["discharge_mw"].sum()) * hours,
        }
    return {"scenario": hourly.attrs["scenario"], "kpis": kpis, "plants": plants, "policy": {}}


def balance_residual(hourly: xr.Dataset) -> float:
    """Largest imbalance of a made-up run. [MW]"""
    supply = (
        sum(
            hourly[name].sum(dim)
            for name, dim in (
                ("generation_mw", "plant"),
                ("thermal_mw", "thermal"),
                ("discharge_mw", "storage"),
            )
        )
        + hourly["import_mw"]
        + hourly["unserved_mw"]
    )
    use = hourly["load_mw"] + hourly["charge_mw"].sum("storage") + hourly["export_mw"]
    return float(np.abs(supply - use).max())


@pytest.fixture(scope="session")
def year() -> xr.Dataset:
    """A year with everything in it."""
    return build_hourly()


@pytest.fixture(scope="session")
def week() -> xr.Dataset:
    """A week of July with everything in it."""
    return build_hourly(start="2030-07-08T00:00", hours=168)


@pytest.fixture(scope="session")
def make() -> Callable[..., xr.Dataset]:
    """Make a run of any length and make-up."""
    return build_hourly


@pytest.fixture(scope="session")
def document_of() -> Callable[[xr.Dataset], dict[str, Any]]:
    """Make the document that belongs to a made-up run."""
    return build_document
