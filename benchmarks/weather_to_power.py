"""Time of weather to wind and PV power, compared with windpowerlib and pvlib's ModelChain.

    pip install altay-energy[bench]
    python benchmarks/weather_to_power.py [POINT]

All have the same hours of the built-in climate and the same settings, without snow, ice, cold and
row shading. Prints the times of a site-year and the largest difference of any hour; then the time
of cold, ice and snow. One process, one thread; medians, because the machine's load varies.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from pvlib import iam
from pvlib.location import Location
from pvlib.modelchain import ModelChain as SolarChain
from pvlib.pvsystem import Array as SolarArray
from pvlib.pvsystem import FixedMount, PVSystem
from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS
from windpowerlib import ModelChain as WindChain
from windpowerlib import WindTurbine

from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.components.wind.wind_farm import WindFarm
from altay_energy.core.timeline import Timeline
from altay_energy.resource.solar import irradiance as solar
from altay_energy.resource.wind.air import pressure_at, temperature_at
from altay_energy.weather.climate.model.generate import climate_weather
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import sun_path_for

YEARS = 100
PEER_YEARS = 7
TILT_DEG = 35.0
HUB_M = 110.0
WIND_FROM_10_M = 0.1**0.2
"""Wind at 10 m over that at 100 m, for the cells: the power law of Fuentes (1987)."""

WIND = WindFarm(
    site="site",
    capacity_mw=6.7,
    hub_height_m=HUB_M,
    shear_law="log",
    density_correction="shifted_curve",
    storm_restart_m_s=25.0,
    package="none",
    icing="off",
    wake_loss=0.0,
    availability=1.0,
    electrical_loss=0.0,
)
SUN = SolarPlant(
    site="site",
    capacity_mw=1.0,
    dc_ac_ratio=1.1,
    tilt_deg=TILT_DEG,
    snow="off",
    ground_cover_ratio=0.0,
    cell_temperature="sapm",
)


def seconds(action: Callable[[], object], times: int) -> float:
    """Median duration of an action, after one run that is not counted. [s]"""
    action()
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


def stacked(years: list[Weather]) -> Weather:
    """All years as one weather, series of shape (years, T)."""
    names = years[0].series()
    return replace(years[0], **{n: np.stack([getattr(y, n) for y in years]) for n in names})


def wind_peer(weather: Weather, at_hub: bool = False) -> np.ndarray:
    """Power of one turbine by windpowerlib, which can be given the air at the hub as ours. [MW]"""
    machine = WIND.machine
    curve = pd.DataFrame(
        {"wind_speed": machine.curve_speed_m_s, "value": 1e6 * machine.curve_power_mw}
    )
    turbine = WindTurbine(HUB_M, nominal_power=1e6 * machine.rated_mw, power_curve=curve)
    air, pressure, heights = weather.temperature_c, weather.pressure_pa, (2, 0)
    if at_hub:
        pressure = pressure_at(pressure, air, HUB_M)
        air, heights = temperature_at(air, HUB_M - 2.0), (int(HUB_M), int(HUB_M))
    table = pd.DataFrame(
        {
            ("wind_speed", 100): weather.wind_speed_m_s,
            ("temperature", heights[0]): air + 273.15,
            ("pressure", heights[1]): pressure,
            ("roughness_length", 0): WIND.roughness_m,
        },
        index=pd.DatetimeIndex(weather.timeline.utc),
    )
    options = {
        "wind_speed_model": "logarithmic",
        "density_model": "ideal_gas",
        "density_correction": True,
    }
    chain = WindChain(turbine, **options).run_model(table)
    return chain.power_output.to_numpy() / 1e6


def lit_middles(weather: Weather) -> pd.DatetimeIndex:
    """Instants at which our sun stands, for the peer to take the same."""
    sun = sun_path_for(weather)
    late = np.where(sun.azimuth_deg < 180.0, 0.5, -0.5) * (1.0 - sun.lit_fraction)
    late = np.where(sun.lit_fraction > 0.0, late, 0.0)
    hours = (weather.timeline.step_hours * (0.5 + late) * 3.6e12).astype("timedelta64[ns]")
    return pd.DatetimeIndex(weather.timeline.utc + hours, tz="UTC")


def our_glass(weather: Weather, instants: pd.DatetimeIndex) -> dict[str, float | pd.Series]:
    """Coated glass as ours, and the share of diffuse light that passes it, for the peer."""
    day = solar.daylight(sun_path_for(weather))
    dni, dhi, ghi = (
        series[day.intervals] for series in (weather.dni_w_m2, weather.dhi_w_m2, weather.ghi_w_m2)
    )
    plane = solar.plane_of_array(
        day, dni, dhi, ghi, tilt_deg=TILT_DEG, azimuth_deg=180.0, albedo=SUN.albedo
    )
    glass = {
        "n": solar.GLASS_INDEX,
        "K": solar.GLASS_EXTINCTION_PER_M,
        "L": solar.GLASS_THICKNESS_M,
        "n_ar": solar.COATING_INDEX,
    }
    beam = np.minimum(dni, day.outside_w_m2) * np.cos(np.radians(plane.incidence_deg))
    diffuse = plane.total_w_m2 - beam
    passed = solar.absorbed(plane, TILT_DEG) - beam * iam.physical(plane.incidence_deg, **glass)
    share = np.ones(len(instants))
    share[day.intervals] = np.divide(passed, diffuse, out=np.ones_like(beam), where=diffuse > 0.0)
    return {**glass, "FD": pd.Series(share, index=instants)}


def sun_peer(
    weather: Weather, instants: pd.DatetimeIndex, glass: dict[str, float | pd.Series] | None = None
) -> np.ndarray:
    """Power of one MW by pvlib, which can be given our glass. [MW]"""
    array = SolarArray(
        FixedMount(surface_tilt=TILT_DEG, surface_azimuth=180.0),
        albedo=SUN.albedo,
        module_parameters={
            "pdc0": SUN.dc_ac_ratio,
            "gamma_pdc": SUN.temperature_coefficient,
            **(glass or {}),
        },
        temperature_model_parameters=TEMPERATURE_MODEL_PARAMETERS["sapm"][
            "open_rack_glass_polymer"
        ],
    )
    none = ("shading", "snow", "mismatch", "wiring", "connections", "lid", "nameplate_rating")
    system = PVSystem(
        arrays=[array],
        inverter_parameters={
            "pdc0": 1.0 / SUN.inverter_efficiency,
            "eta_inv_nom": SUN.inverter_efficiency,
        },
        losses_parameters={
            "soiling": 100.0 * SUN.losses,
            **dict.fromkeys((*none, "age", "availability"), 0.0),
        },
    )
    place = Location(weather.latitude, weather.longitude, altitude=weather.elevation_m)
    chain = SolarChain.with_pvwatts(system, place, transposition_model="haydavies")
    table = pd.DataFrame(
        {
            "ghi": weather.ghi_w_m2,
            "dni": weather.dni_w_m2,
            "dhi": weather.dhi_w_m2,
            "temp_air": weather.temperature_c,
            "wind_speed": WIND_FROM_10_M * weather.wind_speed_m_s,
        },
        index=instants,
    )
    chain.run_model(table)
    return np.nan_to_num(chain.results.ac.to_numpy())


def compare(name: str, ours: np.ndarray, peer: np.ndarray, rated: float) -> None:
    """Print how far two series of power stand apart."""
    gap = np.abs(ours - peer) / rated
    print(
        f"  {name}: largest difference {100 * gap.max():.3f} % of rated (interval "
        f"{int(gap.argmax())}), mean {100 * gap.mean():.4f} %, energy "
        f"{100 * (ours.sum() / peer.sum() - 1):+.3f} %"
    )


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    point = sys.argv[1] if len(sys.argv) > 1 else "fuyun"
    timeline = Timeline.of_year(2031)
    years = [climate_weather(point, timeline, seed) for seed in range(1, YEARS + 1)]
    one, all_years = years[0], stacked(years)
    instants = lit_middles(one)

    # Somewhere else, so that the sun's path is not yet known.
    aside = replace(one, longitude=one.longitude + 0.5)
    begin = time.perf_counter()
    WIND.available_power(aside, timeline)
    SUN.available_power(aside, timeline)
    first = time.perf_counter() - begin

    peers = {
        "windpowerlib ModelChain": seconds(lambda: wind_peer(one), PEER_YEARS),
        "pvlib ModelChain": seconds(lambda: sun_peer(one, instants), PEER_YEARS),
    }
    peer = sum(peers.values())
    print(f"{point}, 8760 h; milliseconds a site-year")
    for name, found in peers.items():
        print(f"  {name:40s} {1e3 * found:8.2f}")
    print(f"  {'both':40s} {1e3 * peer:8.2f}")
    print(
        f"  {'ours, both, first call of the process':40s} {1e3 * first:8.2f}   {peer / first:.1f} ×"
    )
    for name, plants in {"wind": (WIND,), "sun": (SUN,), "both": (WIND, SUN)}.items():
        several = seconds(lambda p=plants: [x.available_power(all_years, timeline) for x in p], 3)
        base = {"wind": 0, "sun": 1}.get(name)
        against = peer if base is None else list(peers.values())[base]
        ratio = against * YEARS / several
        label = f"ours, {name}, {YEARS} years in one call"
        print(f"  {label:40s} {1e3 * several / YEARS:8.2f}   {ratio:.0f} ×")

    print("the same hours")
    wind = WIND.available_power(one, timeline)
    compare("wind", wind, wind_peer(one), 6.7)
    compare("wind, the peer with our air at the hub", wind, wind_peer(one, at_hub=True), 6.7)
    sun = SUN.available_power(one, timeline)
    compare("sun", sun, sun_peer(one, instants), 1.0)
    glass = our_glass(one, instants)
    compare("sun, the peer behind our glass", sun, sun_peer(one, instants, glass), 1.0)

    print("with cold, ice and storms; with snow, rows and a rear side; milliseconds a site-year")
    farm = WindFarm(site="site", capacity_mw=390.0, hub_height_m=HUB_M)
    plant = SolarPlant(site="site", capacity_mw=100.0, bifaciality=0.7)
    for label, weather, count in (("one year", one, 1), (f"{YEARS} years", all_years, YEARS)):
        wind = seconds(lambda w=weather: farm.available_power(w, timeline), 3)
        sun = seconds(lambda w=weather: plant.available_power(w, timeline), 3)
        print(f"  {label:12s} wind {1e3 * wind / count:6.2f}   sun {1e3 * sun / count:6.2f}")


if __name__ == "__main__":
    main()
