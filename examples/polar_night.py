"""How much of the load of a polar night can wind supply, far from Altay and off grid?

A settlement at 78° N with wind turbines, some solar modules, a battery and a diesel set. Nothing is
read from a file: the weather is generated here as arrays; measured arrays are passed in the same
way. All figures of plants, load and weather are assumed.

Run it: python examples/polar_night.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

import altay_energy as ae
from altay_energy.report import plots
from altay_energy.weather.sun import clear_sky, decompose, sun_path

place = {"latitude": 78.2, "longitude": 15.6, "elevation_m": 20.0}
year = ae.Timeline.of_year(2030, utc_offset_hours=1.0)
season = np.cos(2 * np.pi * (year.day_of_year - 20) / 365)  # 1 in deep winter, -1 in summer

sun = sun_path(**place, utc_begin=year.utc, step_seconds=year.step_seconds)
ghi = 0.6 * clear_sky(sun, 2.5, place["elevation_m"], 101_000.0)[0]  # clouds take 40 %
dni, dhi = decompose(sun, ghi)

calm = np.random.default_rng(7).weibull(2.0, 365 * 4)  # a new wind every six hours, joined by lines
wind = np.interp(np.arange(year.steps), np.arange(calm.size) * 6.0, calm) * (8.0 + 1.5 * season)

weather = ae.Weather(
    place="made here", **place, timeline=year, ghi_w_m2=ghi, dni_w_m2=dni, dhi_w_m2=dhi,
    temperature_c=-5.0 - 11.0 * season, wind_speed_m_s=wind, wind_height_m=50.0,
    pressure_pa=np.full(year.steps, 101_000.0), relative_humidity_percent=np.full(year.steps, 75.0),
)  # fmt: skip
portfolio = ae.Portfolio(
    name="polar night",
    title="Settlement at 78° N, no grid",
    timeline=year,
    sites={"fjord": ae.Site(**place)},
    weather={"fjord": weather},
    wind={"ridge": ae.WindFarm(site="fjord", capacity_mw=6.0, turbine="goldwind-gw115-2000")},
    solar={"roofs": ae.SolarPlant(site="fjord", capacity_mw=2.0, tilt_deg=60.0)},
    battery={"shed": ae.Battery(charge_mw=2.0, discharge_mw=2.0, energy_mwh=12.0)},
    thermal={"diesel": ae.ThermalPlant(capacity_mw=4.0, fuel_cost_cny_mwh=2_500.0)},
    load={"settlement": ae.Load(profile=2.2 + 0.8 * season)},
)
hourly = portfolio.run().hourly
dark = sun.lit_fraction.reshape(-1, 24).max(axis=1).repeat(24) == 0  # days on which no sun rises
diesel = hourly["thermal_mw"].sum("thermal").to_numpy()
share = 100 * (1 - diesel[dark].sum() / hourly["load_mw"].to_numpy()[dark].sum())
days = dark.sum() // 24
print(
    f"Through {days} days without sun, wind and battery carry {share:.0f} % of the load; "
    f"the diesel set gives the other {diesel[dark].sum():,.0f} MWh."
)

ax = plots.plot_energy(hourly)
ax.figure.savefig(Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "polar_night.png")
