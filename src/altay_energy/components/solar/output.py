"""Model chain of a solar plant: from the weather of its site to power at the bus.

This module alone knows the order of the steps; each step is a function of `resource`. Arrays cover
daylight intervals only, shape (..., L), per unit of rated AC power.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pvlib.snow import dc_loss_nrel

from altay_energy.components.solar.keys import SolarPlantKeys
from altay_energy.core.units import Array
from altay_energy.resource.solar import irradiance as solar
from altay_energy.resource.solar import power as solar_power
from altay_energy.resource.solar import rows as solar_rows
from altay_energy.resource.solar import snow
from altay_energy.resource.wind.power import power_law_speed
from altay_energy.weather.sun import sun_path_for

if TYPE_CHECKING:
    from altay_energy.weather.series import Weather

STANDARD_IRRADIANCE = 1000.0
"""Irradiance at which modules are rated [W m⁻²]; IEC 60904-3."""

WIND_HEIGHT_M = 10.0
"""Height of the wind that drifts snow. [m]"""


class Output(NamedTuple):
    """Irradiance and power after each step of the chain.

    Attributes
    ----------
    day : Daylight
        The L lit intervals.
    horizontal_w_m2, plane_w_m2, shaded_w_m2 : ndarray, shape (..., L)
        On level ground; on modules without row shading; with row shading. [W m⁻²]
    absorbed_w_m2, clear_w_m2, clean_w_m2 : ndarray, shape (..., L)
        Behind the glass; after snow; after dust as well. [W m⁻²]
    total_w_m2 : ndarray, shape (..., L)
        With the contribution of the rear side. [W m⁻²]
    cell_c : ndarray, shape (..., L)
        [°C]
    dc, ac : ndarray, shape (..., L)
        Power before and after the inverters over the rated AC power. [-]
    """

    day: solar.Daylight
    horizontal_w_m2: Array
    plane_w_m2: Array
    shaded_w_m2: Array
    absorbed_w_m2: Array
    clear_w_m2: Array
    clean_w_m2: Array
    total_w_m2: Array
    cell_c: Array
    dc: Array
    ac: Array


class Snow(NamedTuple):
    """Snowfall and snow depth from weather series; None where the weather has neither."""

    covered: snow.Flags | None
    depth_m: Array | None


def convert(plant: SolarPlantKeys, weather: Weather) -> Output:
    """Convert weather to irradiance and power of a plant with a site.

    Parameters
    ----------
    plant : SolarPlantKeys
        With a site.
    weather : Weather
        Series of shape (..., T).

    Returns
    -------
    Output
        Arrays of shape (..., L).
    """
    day = solar.daylight(sun_path_for(weather))
    dni, dhi, ghi, air, wind = (
        series[..., day.intervals]
        for series in (
            weather.dni_w_m2,
            weather.dhi_w_m2,
            weather.ghi_w_m2,
            weather.temperature_c,
            weather.wind_speed_m_s,
        )
    )
    fallen = snow_of(weather) if plant.snow == "on" else Snow(None, None)
    albedo = _ground(plant, weather, fallen, day)
    rows = _rows(plant, weather.latitude, day)
    alone = solar.plane_of_array(
        day,
        dni,
        dhi,
        ghi,
        tilt_deg=rows.tilt_deg,
        azimuth_deg=rows.azimuth_deg,
        albedo=albedo,
        sky_model=solar.TRANSPOSITION[plant.transposition],
    )
    plane = solar_rows.row_shading(alone, day, rows) if rows.ground_cover_ratio else alone
    light = plane.total_w_m2
    absorbed = solar.absorbed(plane, rows.tilt_deg)
    rear: float | Array = 0.0
    if plant.bifaciality:
        rear = plant.rear_share * solar_rows.rear_irradiance(
            day, dni, dhi, ghi, rows, albedo=albedo, height_over_pitch=plant.height_over_pitch
        )
    # What the rear takes in warms the glass on which the snow lies, as in SAM.
    clear = absorbed * (1.0 - _snow_loss(plant, weather, fallen, day, rows, light + rear))
    clean = clear if plant.soiling is None else clear * (1.0 - _dust(plant, weather, day))
    total = clean + rear
    cells = solar_power.cell_temperature(
        light,
        air,
        wind,
        weather.wind_height_m,
        model=solar_power.CELL_TEMPERATURE[plant.cell_temperature],
    )
    dc = solar_power.dc_power(
        total,
        cells,
        capacity_mw=plant.dc_ac_ratio,
        temperature_coefficient=plant.temperature_coefficient,
        losses=1.0 - (1.0 - plant.system_losses) * plant.youth,
    )
    ac = solar_power.ac_power(dc, efficiency=plant.inverter_efficiency)
    return Output(day, ghi, alone.total_w_m2, light, absorbed, clear, clean, total, cells, dc, ac)


def waterfall(plant: SolarPlantKeys, out: Output) -> dict[str, Array]:
    """Losses of each step, as power summed over the daylight intervals.

    Parameters
    ----------
    plant : SolarPlantKeys
        What ``out`` was computed for.
    out : Output
        Arrays of shape (..., L).

    Returns
    -------
    dict of str to ndarray, shape (...)
        ``horizontal``, then the loss of each step (negative for a gain), then ``net``, the first
        less all of these; per unit of rated AC power. [-]
    """
    light = plant.dc_ac_ratio / STANDARD_IRRADIANCE
    stages = {
        "horizontal": out.horizontal_w_m2 * light,
        "transposition": out.plane_w_m2 * light,
        "row_shading": out.shaded_w_m2 * light,
        "incidence": out.absorbed_w_m2 * light,
        "snow": out.clear_w_m2 * light,
        "soiling": out.clean_w_m2 * light,
        "rear_side": out.total_w_m2 * light,
        "temperature": solar_power.dc_power(
            out.total_w_m2,
            out.cell_c,
            capacity_mw=plant.dc_ac_ratio,
            temperature_coefficient=plant.temperature_coefficient,
            losses=0.0,
        ),
        "ageing": out.dc / (1.0 - plant.system_losses),
        "system": out.dc,
        # What is beyond the inverters' rating is clipped, not converted.
        "inverter": out.ac + _beyond(plant, out.dc),
        "clipping": out.ac,
    }
    levels = {name: np.sum(power, axis=-1) for name, power in stages.items()}
    names = list(levels)
    changes = {name: levels[before] - levels[name] for before, name in pairwise(names)}
    return {"horizontal": levels["horizontal"], **changes, "net": levels["clipping"]}


def snow_of(weather: Weather) -> Snow:
    """New snow and snow on the ground, as far as the weather has them.

    Parameters
    ----------
    weather : Weather
        Precipitation is used if there is any, else the rise of snow depth.

    Returns
    -------
    Snow
        Arrays of shape (..., T).
    """
    rain, depth = weather.precipitation_mm, weather.snow_depth_m
    if rain is None and depth is None:
        return Snow(None, None)
    fall = snow.depth_increase(depth) if depth is not None else np.zeros(1)
    if rain is not None:
        # Many files hold zeros where precipitation was not measured.
        measured = rain.any(axis=-1, keepdims=True)
        fall = np.where(measured, snow.fresh_snow(rain, weather.temperature_c), fall)
    covered = snow.covering(fall, weather.timeline.step_hours, depth)
    return Snow(covered, depth)


def _beyond(plant: SolarPlantKeys, dc: Array) -> Array:
    """Power clipped by the rating of the inverters, at their rated efficiency. [-]"""
    efficiency = plant.inverter_efficiency
    return np.maximum(dc - 1.0 / efficiency, 0.0) * efficiency


def _rows(plant: SolarPlantKeys, latitude: float, day: solar.Daylight) -> solar_rows.Rows:
    if plant.mounting == "tracking":
        return solar_rows.tracking_rows(
            day,
            axis_azimuth_deg=plant.facing_deg(latitude),
            axis_tilt_deg=plant.axis_tilt_deg,
            max_angle_deg=plant.max_angle_deg,
            ground_cover_ratio=plant.ground_cover_ratio,
            backtracking=plant.backtracking,
        )
    tilt = solar.annual_tilt(latitude) if plant.tilt_deg is None else plant.tilt_deg
    return solar_rows.fixed_rows(tilt, plant.facing_deg(latitude), plant.ground_cover_ratio)


def _ground(
    plant: SolarPlantKeys, weather: Weather, fallen: Snow, day: solar.Daylight
) -> float | Array:
    """Albedo in daylight intervals. [-]"""
    if fallen.covered is None or fallen.depth_m is None or not fallen.depth_m.any():
        return plant.albedo
    age, thawed = snow.snow_age(fallen.covered, weather.temperature_c, weather.timeline.step_hours)
    lit = day.intervals
    return snow.snow_albedo(
        age[..., lit],
        thawed[..., lit],
        fallen.depth_m[..., lit],
        bare=plant.albedo,
        fresh=plant.fresh_snow_albedo,
    )


def _snow_loss(
    plant: SolarPlantKeys,
    weather: Weather,
    fallen: Snow,
    day: solar.Daylight,
    rows: solar_rows.Rows,
    light_w_m2: Array,
) -> float | Array:
    """Share of front-side power lost to snow in daylight intervals. [-]"""
    if fallen.covered is None or not fallen.covered.any():
        return 0.0
    light = np.zeros(weather.ghi_w_m2.shape)
    light[..., day.intervals] = light_w_m2
    tilt: float | Array
    if isinstance(rows.tilt_deg, np.ndarray):
        tilt = np.zeros(weather.timeline.steps)  # level at night
        tilt[day.intervals] = rows.tilt_deg
    else:
        tilt = rows.tilt_deg
    coverage = snow.module_coverage(
        fallen.covered,
        light,
        weather.temperature_c,
        tilt,
        weather.timeline.step_hours,
        snow_depth_m=fallen.depth_m,
        wind_10m_m_s=power_law_speed(weather.wind_speed_m_s, weather.wind_height_m, WIND_HEIGHT_M),
    )
    loss: Array = dc_loss_nrel(coverage[..., day.intervals], plant.snow_strings)
    return loss


def _dust(plant: SolarPlantKeys, weather: Weather, day: solar.Daylight) -> Array:
    """Share of light lost to dust, by the month of the local clock, shape (L,). [-]"""
    shares = np.asarray(plant.soiling, dtype=np.float64)
    return shares[weather.timeline.month[day.intervals]]
