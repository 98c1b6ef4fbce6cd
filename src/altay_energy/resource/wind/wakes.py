"""Wakes of turbines on a layout: the Park model, as a table over wind direction and speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array

WAKE_DECAY = 0.075
"""Growth of a wake's radius per metre downstream, on land [-]; Katić et al. (1986)."""

LARGEST_THRUST = 0.95
"""Upper limit of thrust coefficients [-]: momentum theory is not valid from 1 on."""

DIRECTION_STEP_DEG = 3.0
SPEED_STEP_M_S = 0.5


def generic_thrust_coefficient(wind_speed_m_s: ArrayLike) -> Array:
    r"""Generic thrust coefficient of a pitch-regulated turbine.

    Parameters
    ----------
    wind_speed_m_s : array_like
        At hub height. [m s⁻¹]

    Returns
    -------
    ndarray
        0 to 0.95. [-]

    Notes
    -----
    :math:`C_T = 3.5 (2 v - 3.5) / v^2 \approx 7\ \mathrm{m\,s^{-1}} / v` [1]_; too large near and
    above rated power, where the wake of a modern turbine is weak.

    References
    ----------
    .. [1] Frandsen, S. T. (2007), Turbulence and turbulence-generated structural loading in wind
       turbine clusters, Risø-R-1188(EN).
    """
    speed = np.maximum(np.asarray(wind_speed_m_s, dtype=np.float64), 3.5)
    return np.asarray(np.minimum(3.5 * (2.0 * speed - 3.5) / speed**2, LARGEST_THRUST))


def grid_positions(
    rows: int,
    columns: int,
    row_spacing_m: float,
    column_spacing_m: float,
    bearing_deg: float = 0.0,
) -> tuple[Array, Array]:
    """Turbines on a regular grid.

    Parameters
    ----------
    rows, columns : int
        Rows are one behind the other, columns side by side.
    row_spacing_m, column_spacing_m : float
        From row to row, and within a row. [m]
    bearing_deg : float
        Direction that the rows face, clockwise from north: with this wind each row is in the
        wake of the one before. [°]

    Returns
    -------
    x_m, y_m : ndarray, shape (rows × columns,)
        East and north of the first turbine. [m]
    """
    behind, beside = np.meshgrid(
        row_spacing_m * np.arange(rows), column_spacing_m * np.arange(columns), indexing="ij"
    )
    angle = np.radians(bearing_deg)
    x = -behind * np.sin(angle) + beside * np.cos(angle)
    y = -behind * np.cos(angle) - beside * np.sin(angle)
    return x.ravel(), y.ravel()


def overlap_share(distance: Array, wake_radius: Array, rotor_radius: float) -> Array:
    """Share of a rotor's disc that lies within the disc of a wake.

    Parameters
    ----------
    distance, wake_radius : ndarray
        Between the centres, and of the wake, which is no smaller than the rotor. [m]
    rotor_radius : float
        [m]

    Returns
    -------
    ndarray
        0 to 1: the lens of two circles over the rotor's area. [-]
    """
    d = np.clip(distance, wake_radius - rotor_radius, wake_radius + rotor_radius)
    d = np.maximum(d, 1e-9 * rotor_radius)
    wake_angle = np.arccos(
        np.clip((d**2 + wake_radius**2 - rotor_radius**2) / (2.0 * d * wake_radius), -1.0, 1.0)
    )
    rotor_angle = np.arccos(
        np.clip((d**2 + rotor_radius**2 - wake_radius**2) / (2.0 * d * rotor_radius), -1.0, 1.0)
    )
    sectors = wake_radius**2 * wake_angle + rotor_radius**2 * rotor_angle
    chord = d * wake_radius * np.sin(wake_angle)
    return np.clip((sectors - chord) / (np.pi * rotor_radius**2), 0.0, 1.0)


def park_speeds(
    x_m: Array,
    y_m: Array,
    rotor_diameter_m: float,
    direction_deg: float,
    wind_speed_m_s: Array,
    thrust_speed_m_s: Array,
    thrust_coefficient: Array,
    wake_decay: float = WAKE_DECAY,
) -> Array:
    r"""Wind speed at every turbine of a farm, for one direction of the wind.

    Parameters
    ----------
    x_m, y_m : ndarray, shape (N,)
        East and north. [m]
    rotor_diameter_m : float
        [m]
    direction_deg : float
        Where the wind comes from, clockwise from north. [°]
    wind_speed_m_s : ndarray, shape (S,)
        Free wind. [m s⁻¹]
    thrust_speed_m_s, thrust_coefficient : ndarray, shape (K,)
        Thrust curve, read between its points. [m s⁻¹], [-]
    wake_decay : float
        [-]

    Returns
    -------
    ndarray, shape (N, S)
        [m s⁻¹]

    Notes
    -----
    The wake of turbine j, whose radius grows by :math:`k s` over the distance s, slows turbine i by

    .. math:: \delta_{ij} = \left(1 - \sqrt{1 - C_T(u_j)}\right)
              \left(\frac{D}{D + 2 k s}\right)^2 \frac{A_{ij}}{A}, \quad
              u_i = v\left(1 - \sqrt{\textstyle\sum_j \delta_{ij}^2}\right)

    with :math:`A_{ij}` the part of the rotor inside the wake [1]_. Turbines are taken from the
    windward one on, all speeds at once.

    References
    ----------
    .. [1] Katić, I., Højstrup, J. and Jensen, N. O. (1986), A simple model for cluster efficiency,
       European Wind Energy Association Conference, Rome.
    """
    angle = np.radians(direction_deg)
    # Distance along the wind (which comes from direction_deg) and across it.
    along = -(x_m * np.sin(angle) + y_m * np.cos(angle))
    across = x_m * np.cos(angle) - y_m * np.sin(angle)
    downstream = along[:, None] - along[None, :]
    behind = downstream > 1e-6 * rotor_diameter_m
    wake_radius = 0.5 * rotor_diameter_m + wake_decay * np.maximum(downstream, 0.0)
    shade = overlap_share(
        np.abs(across[:, None] - across[None, :]), wake_radius, 0.5 * rotor_diameter_m
    )
    reach = np.where(behind, (0.5 * rotor_diameter_m / wake_radius) ** 2 * shade, 0.0)
    speeds = np.broadcast_to(wind_speed_m_s, (x_m.size, wind_speed_m_s.size)).copy()
    axial = np.zeros_like(speeds)
    for turbine in np.argsort(along, kind="stable"):
        deficit = np.sqrt(reach[turbine] ** 2 @ axial**2)
        speeds[turbine] = wind_speed_m_s * np.maximum(1.0 - deficit, 0.0)
        thrust = np.interp(speeds[turbine], thrust_speed_m_s, thrust_coefficient)
        axial[turbine] = 1.0 - np.sqrt(1.0 - np.clip(thrust, 0.0, LARGEST_THRUST))
    return speeds


def park_table(
    x_m: Array,
    y_m: Array,
    rotor_diameter_m: float,
    curve_speed_m_s: Array,
    curve_power_mw: Array,
    thrust_speed_m_s: Array,
    thrust_coefficient: Array,
    wake_decay: float = WAKE_DECAY,
) -> Array:
    """Efficiency of a farm by wind direction and speed.

    Parameters
    ----------
    x_m, y_m : ndarray, shape (N,)
        East and north. [m]
    rotor_diameter_m : float
        [m]
    curve_speed_m_s, curve_power_mw : ndarray, shape (K,)
        Power curve. [m s⁻¹], [MW]
    thrust_speed_m_s, thrust_coefficient : ndarray, shape (L,)
        Thrust curve. [m s⁻¹], [-]
    wake_decay : float
        [-]

    Returns
    -------
    ndarray, shape (D, S)
        Power of all turbines over that of as many in free wind, for directions in steps of 3° from
        north and speeds in steps of 0.5 m/s from 0 to cut-out. [-]

    Raises
    ------
    ScenarioError
        If two turbines are closer than one rotor diameter.
    """
    apart = np.hypot(x_m[:, None] - x_m, y_m[:, None] - y_m) + np.diag(np.full(x_m.size, np.inf))
    if apart.min() < rotor_diameter_m:
        first, second = np.unravel_index(np.argmin(apart), apart.shape)
        raise ScenarioError(
            f"layout: turbines {first + 1} and {second + 1} are {apart.min():.0f} m apart, less "
            f"than a rotor of {rotor_diameter_m:g} m; are x_m and y_m in metres?"
        )
    speed = np.arange(0.0, curve_speed_m_s[-1] + 0.5 * SPEED_STEP_M_S, SPEED_STEP_M_S)
    directions = np.arange(0.0, 360.0, DIRECTION_STEP_DEG)
    free = np.interp(speed, curve_speed_m_s, curve_power_mw, left=0.0)
    table = np.ones((directions.size, speed.size))
    for row, direction in enumerate(directions):
        at_turbines = park_speeds(
            x_m,
            y_m,
            rotor_diameter_m,
            float(direction),
            speed,
            thrust_speed_m_s,
            thrust_coefficient,
            wake_decay,
        )
        power = np.interp(at_turbines, curve_speed_m_s, curve_power_mw, left=0.0).mean(axis=0)
        np.divide(power, free, out=table[row], where=free > 0.0)
    return np.minimum(table, 1.0)


def farm_efficiency(table: Array, direction_deg: ArrayLike, wind_speed_m_s: ArrayLike) -> Array:
    """Efficiency of a farm in every interval, read from its table.

    Parameters
    ----------
    table : ndarray, shape (D, S)
        Of ``park_table``.
    direction_deg, wind_speed_m_s : array_like, shape (..., T)
        Where the wind comes from, and how strong it is at the hub. [°], [m s⁻¹]

    Returns
    -------
    ndarray, shape (..., T)
        Linear between the table's points; beyond its last speed that of the last. [-]
    """
    directions, speeds = table.shape
    turn = np.mod(np.asarray(direction_deg, dtype=np.float64), 360.0) / (360.0 / directions)
    west = turn.astype(np.int32) % directions
    a = turn - np.floor(turn)
    step = np.minimum(np.asarray(wind_speed_m_s, dtype=np.float64) / SPEED_STEP_M_S, speeds - 1.0)
    low = np.minimum(step.astype(np.int32), speeds - 2)
    b = step - low
    east = (west + 1) % directions
    flat = table.ravel()
    at_west = flat[west * speeds + low] * (1.0 - b) + flat[west * speeds + low + 1] * b
    at_east = flat[east * speeds + low] * (1.0 - b) + flat[east * speeds + low + 1] * b
    return np.asarray((1.0 - a) * at_west + a * at_east)
