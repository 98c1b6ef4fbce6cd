"""Model chain of a wind farm: from the weather of its site to power at the bus.

This module alone knows the order of the steps; each step is a function of `resource`. Series have
shape (..., T).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from altay_energy.components.wind.keys import WindFarmKeys
from altay_energy.components.wind.parts import (
    HIGH_HUB_M,
    LOW_WIND_HEIGHT_M,
    low_wind_notice,
    wake_table,
)
from altay_energy.core.recurrence import runs_above, storm_share
from altay_energy.core.units import Array
from altay_energy.resource.wind.air import hub_density, temperature_at
from altay_energy.resource.wind.icing import ICING_HUMIDITY_PERCENT, Icing, icing_hours, icing_of
from altay_energy.resource.wind.power import (
    DENSITY_CORRECTIONS,
    SHEAR_LAWS,
    equivalent_speed,
    log_law_problem,
)
from altay_energy.resource.wind.shear import speed_between_two, stability_speed
from altay_energy.resource.wind.wakes import farm_efficiency
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import sun_path_for

LOSS_STAGES = ("density", "storm", "wake", "cold", "ice", "availability", "electrical")
"""Losses between the power curve and the bus, in the order in which they are taken."""


def uses_two_heights(farm: WindFarmKeys, weather: Weather) -> bool:
    """Whether the wind at the hub is interpolated from two heights.

    Parameters
    ----------
    farm : WindFarmKeys
        A given ``shear_law`` takes precedence.
    weather : Weather
        Of its site.
    """
    return weather.wind_speed_second_m_s is not None and "shear_law" not in farm.model_fields_set


def hub_wind(farm: WindFarmKeys, weather: Weather) -> Array:
    """Wind speed at the hub.

    Parameters
    ----------
    farm : WindFarmKeys
        With a site.
    weather : Weather
        Of that site.

    Returns
    -------
    ndarray, shape (..., T)
        [m s⁻¹]
    """
    speed, height_m = weather.wind_speed_m_s, weather.wind_height_m
    second, second_m = weather.wind_speed_second_m_s, weather.wind_second_height_m
    if uses_two_heights(farm, weather) and second is not None and second_m is not None:
        return speed_between_two(speed, height_m, second, second_m, farm.hub_m)
    if farm.shear_law == "stability":
        return stability_speed(
            speed,
            height_m,
            farm.hub_m,
            weather.ghi_w_m2,
            sun_path_for(weather).zenith_deg,
            weather.timeline.step_hours,
        )
    parameter = farm.shear_exponent if farm.shear_law == "power" else farm.roughness_m
    return SHEAR_LAWS[farm.shear_law](speed, height_m, farm.hub_m, parameter)


def hub_problem(farm: WindFarmKeys, weather: Weather) -> str | None:
    """Return why the wind of a site cannot be extrapolated to the hub; None if it can.

    Parameters
    ----------
    farm : WindFarmKeys
        With a site.
    weather : Weather
        Of that site.
    """
    if farm.shear_law != "log":
        return None
    problem = log_law_problem(weather.wind_height_m, farm.hub_m, farm.roughness_m)
    return None if problem is None else f'{problem}, or shear_law = "power"'


def hub_notices(farm: WindFarmKeys, weather: Weather) -> tuple[str, ...]:
    """Notices on the extrapolation of the measured wind to the hub.

    Parameters
    ----------
    farm : WindFarmKeys
        With a site.
    weather : Weather
        Of that site.
    """
    low_m, second_m = weather.wind_height_m, weather.wind_second_height_m
    if second_m is not None:
        if uses_two_heights(farm, weather):
            return (f"wind at {low_m:g} m and {second_m:g} m makes that at {farm.hub_m:g} m",)
        return (f"wind at {second_m:g} m is not used, since shear_law is given",)
    if low_m > LOW_WIND_HEIGHT_M or farm.hub_m <= HIGH_HUB_M:
        return ()
    law = {
        "log": f"the log law with roughness {farm.roughness_m:g} m",
        "power": f"the power law with exponent {farm.shear_exponent:.3g}",
        "stability": "the power law with the exponent of each hour's stability",
    }[farm.shear_law]
    if not weather.wind_speed_m_s.any():
        weather = replace(weather, wind_speed_m_s=np.ones(weather.wind_speed_m_s.shape))
    factor = float(hub_wind(farm, weather).mean() / weather.wind_speed_m_s.mean())
    return (low_wind_notice(low_m, farm.hub_m, law, factor),)


def icing_notices(farm: WindFarmKeys, weather: Weather) -> tuple[str, ...]:
    """Notices on icing where the humidity of the weather is constant.

    Parameters
    ----------
    farm : WindFarmKeys
        With a site.
    weather : Weather
        Of that site.
    """
    humidity = weather.relative_humidity_percent
    level = float(humidity.flat[0])
    cold = icing_hours(weather.temperature_c, np.full(humidity.shape, 100.0))
    if farm.icing == "off" or not cold.any() or (humidity != level).any():
        return ()
    ice = "grows whenever it is cold enough" if icing_hours(-1.0, level) else "never grows"
    return (
        f"relative humidity is {level:g} % throughout, as declared or as the file has it, so ice "
        f"{ice} on the blades (it needs {ICING_HUMIDITY_PERCENT:g} % and frost): energy lost to "
        'ice is not known here; give a file with humidity, or say icing = "off"',
    )


def turbine_in_free_wind(farm: WindFarmKeys, speed_m_s: Array, density_kg_m3: Array) -> Array:
    """Power of one turbine of the farm without any loss.

    Parameters
    ----------
    farm : WindFarmKeys
        With the curve, smoothed over the farm if asked.
    speed_m_s, density_kg_m3 : ndarray, shape (..., T)
        At the hub. [m s⁻¹], [kg m⁻³]

    Returns
    -------
    ndarray, shape (..., T)
        [MW]
    """
    return DENSITY_CORRECTIONS[farm.density_correction](
        speed_m_s, density_kg_m3, *farm.curve(), farm.machine.air_density_kg_m3
    )


def icing_on(
    farm: WindFarmKeys, weather: Weather, elevation_m: float | None, speed_m_s: Array | None = None
) -> Icing:
    """Ice on the blades of the farm, as time series.

    Parameters
    ----------
    farm : WindFarmKeys
        With or without heating.
    weather : Weather
        Of its site.
    elevation_m : float or None
        Elevation of the farm, if it differs from that of the weather. [m]
    speed_m_s : ndarray, shape (..., T), optional
        Wind at the hub, if already computed. [m s⁻¹]

    Returns
    -------
    Icing
        Series of shape (..., T).
    """
    return icing_of(
        _ground_temperature(weather, elevation_m),
        weather.relative_humidity_percent,
        hub_wind(farm, weather) if speed_m_s is None else speed_m_s,
        weather.timeline.step_hours,
        heated=farm.icing == "heated",
        heating_share=farm.heating_share,
    )


def stages(
    farm: WindFarmKeys, weather: Weather, elevation_m: float | None
) -> Iterator[tuple[str, Array]]:
    """Power of the farm after each of ``LOSS_STAGES``.

    Parameters
    ----------
    farm : WindFarmKeys
        With a site.
    weather : Weather
        Of that site.
    elevation_m : float or None
        As in `icing_on`. [m]

    Yields
    ------
    name : str
    power : ndarray, shape (..., T)
        [MW]
    """
    density = hub_density(
        weather.temperature_c, weather.pressure_pa, farm.hub_m, _rise_m(weather, elevation_m)
    )
    speed = hub_wind(farm, weather)
    clean = turbine_in_free_wind(farm, speed, density)
    power = farm.turbines * clean
    yield "density", power
    power = power * storm_share(
        speed, farm.machine.cut_out_m_s, farm.restart_m_s, farm.speed_spread
    )
    yield "storm", power
    power = power * _wake_efficiency(farm, weather, speed, density)
    yield "wake", power
    ground_c = _ground_temperature(weather, elevation_m)
    power = power * runs_above(ground_c, *farm.low_temperatures_c)
    yield "cold", power
    if farm.icing != "off":
        ice = icing_on(farm, weather, elevation_m, speed)
        power = _after_ice(farm, power, clean, speed, density, ice)
    yield "ice", power
    power = power * farm.availability
    yield "availability", power
    # Rounding of capacity over rating must not lift a loss-free farm above its capacity.
    yield "electrical", np.minimum(power * (1.0 - farm.electrical_loss), farm.capacity_mw)


def heating_from_bus(farm: WindFarmKeys, weather: Weather, elevation_m: float | None) -> Array:
    """Power of blade heating that the farm takes from the bus.

    Parameters
    ----------
    farm : WindFarmKeys
        With a site.
    weather : Weather
        Of that site.
    elevation_m : float or None
        As in `icing_on`. [m]

    Returns
    -------
    ndarray, shape (..., T)
        Zero unless ``icing = "heated"``. [MW]
    """
    none = np.zeros(weather.wind_speed_m_s.shape)
    if farm.icing != "heated":
        return none
    heating = farm.capacity_mw * icing_on(farm, weather, elevation_m).heating
    if not heating.any():
        return none
    for stage, power in stages(farm, weather, elevation_m):
        if stage == "cold":
            return np.maximum(heating - power, 0.0)
    return none


def _rise_m(weather: Weather, elevation_m: float | None) -> float:
    return 0.0 if elevation_m is None else elevation_m - weather.elevation_m


def _ground_temperature(weather: Weather, elevation_m: float | None) -> Array:
    # Not that of the hub: hard frost comes with inversions, when the air aloft is not colder.
    return temperature_at(weather.temperature_c, _rise_m(weather, elevation_m))


def _wake_efficiency(
    farm: WindFarmKeys, weather: Weather, speed: Array, density: Array
) -> Array | float:
    """Share of the power that remains after wakes, shape (..., T) or a number. [-]"""
    if farm.layout is None or weather.wind_direction_deg is None:
        return 1.0 - farm.wake_loss
    table = wake_table(farm.layout, farm.machine, farm.wake_decay)
    # The knee of the curve, above which wakes have no effect, moves with the density of air.
    speed = equivalent_speed(speed, density, farm.machine.air_density_kg_m3)
    return farm_efficiency(table, weather.wind_direction_deg, speed)


def _after_ice(
    farm: WindFarmKeys, power: Array, clean: Array, speed: Array, density: Array, icing: Icing
) -> Array:
    """Power after ice and heating; heating takes at most the power of the farm."""
    if farm.icing == "heated":
        return np.maximum(power - farm.capacity_mw * icing.heating, 0.0)
    where = (icing.loss > 0.0) & (power > 0.0)
    if not where.any():
        return power
    # An iced rotor takes a smaller part of the wind's power, as a clean one does in thinner
    # air: below rated power the share is lost, in strong wind nothing.
    iced = turbine_in_free_wind(farm, speed[where], density[where] * (1.0 - icing.loss[where]))
    result = power.copy()
    result[where] *= np.minimum(iced / clean[where], 1.0)
    return result
