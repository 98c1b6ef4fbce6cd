"""From irradiance behind the glass to electricity: arrays in, arrays out, the last axis is time.

The second half of the chain that `solar` begins: cell temperature, the direct current power of
the modules, and the output of the inverters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from pvlib import inverter, pvsystem, temperature

from altay_energy.core.units import Array
from altay_energy.resource.wind.power import power_law_speed

SHEAR_EXPONENT = 0.2
"""Shear exponent near the ground of a solar field [-]; Fuentes (1987), SAND85-0330."""

ASLEEP = 0.005
"""Share of the rating below which PVWatts' inverter curve gives nothing [-]; Dobos (2014)."""


class CellModel(NamedTuple):
    """A model of cell temperature and the height of its wind.

    Attributes
    ----------
    function : callable
        (irradiance on the plane [W m⁻²], air [°C], wind [m s⁻¹]) to cell temperature [°C].
    wind_height_m : float
        [m]
    """

    function: Callable[[Array, Array, Array], Array]
    wind_height_m: float


_RACKS = temperature.TEMPERATURE_MODEL_PARAMETERS

_PVSYST = {**_RACKS["pvsyst"]["freestanding"], "module_efficiency": 0.19}
_SAPM = _RACKS["sapm"]["open_rack_glass_polymer"]
_PVWATTS = {"noct": 45.0, "module_efficiency": 0.19}
"""[°C], [-]: of its standard module on an open rack."""

CELL_TEMPERATURE: Mapping[str, CellModel] = {
    "faiman": CellModel(temperature.faiman, wind_height_m=2.0),
    "pvsyst": CellModel(partial(temperature.pvsyst_cell, **_PVSYST), wind_height_m=10.0),
    "sapm": CellModel(partial(temperature.sapm_cell, **_SAPM), wind_height_m=10.0),
    "noct": CellModel(partial(temperature.noct_sam, **_PVWATTS), wind_height_m=10.0),
}
"""Models of cell temperature on open racks by their names in scenarios: Faiman, Progress in
Photovoltaics 16, 307-315, 2008 (IEC 61853-2); PVsyst 7, free-standing, 29 W m⁻² K⁻¹ whatever the
wind, module of 19 %; King et al., SAND2004-3535; Gilman et al.,
NREL/TP-6A20-67399, 2018, section 10.6."""


def cell_temperature(
    irradiance_w_m2: Array,
    air_c: Array,
    wind_speed_m_s: Array,
    wind_height_m: float,
    *,
    model: CellModel = CELL_TEMPERATURE["faiman"],
) -> Array:
    """Temperature of the cells in lit intervals.

    Parameters
    ----------
    irradiance_w_m2 : ndarray, shape (..., L)
        On the plane, before the glass. [W m⁻²]
    air_c, wind_speed_m_s : ndarray, shape (..., L)
        [°C]; at ``wind_height_m``. [m s⁻¹]
    wind_height_m : float
        Carried to the model's height by a power law with exponent 0.2. [m]
    model : CellModel
        A value of ``CELL_TEMPERATURE``.

    Returns
    -------
    ndarray, shape (..., L)
        [°C]
    """
    wind = power_law_speed(wind_speed_m_s, wind_height_m, model.wind_height_m, SHEAR_EXPONENT)
    return model.function(irradiance_w_m2, air_c, wind)


def dc_power(
    absorbed_w_m2: Array,
    cell_c: Array,
    *,
    capacity_mw: float = 1.0,
    temperature_coefficient: float = -0.0035,
    losses: float = 0.14,
) -> Array:
    """Direct current power at the inverters' terminals.

    Parameters
    ----------
    absorbed_w_m2, cell_c : ndarray, shape (..., L)
        Irradiance behind the glass [W m⁻²]; cell temperature [°C].
    capacity_mw : float
        Of the modules at 1000 W m⁻² and 25 °C. [MW]
    temperature_coefficient : float
        Relative change of power. [°C⁻¹]
    losses : float
        Losses between modules and inverters, soiling and shading included. [-]

    Returns
    -------
    ndarray, shape (..., L)
        [MW]

    References
    ----------
    .. [1] A. P. Dobos, "PVWatts Version 5 Manual", NREL/TP-6A20-62641, 2014;
       ``pvlib.pvsystem.pvwatts_dc``.
    """
    power = pvsystem.pvwatts_dc(absorbed_w_m2, cell_c, capacity_mw, temperature_coefficient)
    result: Array = np.maximum(power, 0.0) * (1.0 - losses)
    return result


def ac_power(dc_mw: Array, *, capacity_mw: float = 1.0, efficiency: float = 0.96) -> Array:
    """Alternating current power, clipped at the rating of the inverters.

    Parameters
    ----------
    dc_mw : ndarray, shape (..., L)
        At the inverters' terminals. [MW]
    capacity_mw : float
        Rated AC power, above zero. [MW]
    efficiency : float
        At rated power. [-]

    Returns
    -------
    ndarray, shape (..., L)
        Zero where the inverters would need more than the modules give. [MW]

    References
    ----------
    .. [1] A. P. Dobos, "PVWatts Version 5 Manual", NREL/TP-6A20-62641, 2014;
       ``pvlib.inverter.pvwatts``.
    """
    # Below half a percent of the rating inverters are off; the curve would divide by almost 0.
    awake = np.where(dc_mw > ASLEEP * capacity_mw, dc_mw, 0.0)
    power = inverter.pvwatts(awake, capacity_mw / efficiency, efficiency)
    # The curve peaks 0.3 % above its nominal value: the output is limited to the input.
    result: Array = np.minimum(power, np.minimum(dc_mw, capacity_mw))
    return result
