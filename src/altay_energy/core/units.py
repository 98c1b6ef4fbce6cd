"""Physical constants with their sources, and the few conversions that the models share."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

GRAVITY = 9.80665
"""Standard acceleration of gravity [m s⁻²]; CODATA."""

WATER_DENSITY = 1000.0
"""Density of fresh water near 4 °C [kg m⁻³]."""

DRY_AIR_GAS_CONSTANT = 287.05287
"""Specific gas constant of dry air [J kg⁻¹ K⁻¹]; standard atmosphere, ISO 2533:1975."""

STANDARD_PRESSURE = 101325.0
"""Sea-level pressure of the standard atmosphere [Pa]; ISO 2533:1975."""

REFERENCE_AIR_DENSITY = 1.225
"""Air density of standard power curves [kg m⁻³]; IEC 61400-12-1:2017."""

ZERO_CELSIUS = 273.15
"""Kelvin at 0 °C."""

HOURS_PER_YEAR = 8760.0
"""Hours of a common year; full-load hours and capacity factors refer to it."""

LARGEST = 1e15
"""Largest number that is accepted: squares and products of a few such numbers do not
overflow."""
