"""Power curves: checks of a table, and a generic curve from rotor and rating."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import REFERENCE_AIR_DENSITY, Array
from altay_energy.resource.wind.power import smoothed_curve

BETZ_LIMIT = 16.0 / 27.0
"""Largest power coefficient of any rotor [-]; Betz (1920)."""

ABOVE_RATED = 1e-3
"""Powers up to this fraction above rated power are rounding of a table and count as rated."""

MOST_ABOVE_RATED = 0.03
"""Excess over the rating with which many makers' curves end [-]: 2.05 MW of a turbine that is
sold as 2 MW."""

MOST_BELOW_ZERO = 0.05
"""Standby power of a curve, below 0 where the turbine waits or stops, over the rating. [-]"""

USUAL_CUT_OUT_M_S = 25.0
"""Speed up to which a curve that ends early on its rating is extended. [m s⁻¹]"""

PLATEAU_M_S = 2.0
"""A curve ends on its rating if it has been there over this many m/s (assumed)."""

AT_RATING, NEAR_RATING = 0.97, 0.9
"""Power over the rating from which a curve has reached it, and below which it has left it. [-]"""

TURBULENCE = 0.18
"""Turbulence intensity at 15 m/s with which makers' curves may pass the Betz limit [-]; class A+,
the most turbulent one, of IEC 61400-1:2019."""

AboveRated = Literal["cut", "refuse"]
BelowZero = Literal["zero", "refuse"]
EndsEarly = Literal["hold", "refuse"]

LOWEST_CUT_OUT_M_S = 20.0
"""A curve may end with power only from here on [m s⁻¹]: no large turbine stops earlier."""

CONVERSION_EFFICIENCY = 0.99 * 0.986 * 0.97 * 0.97
"""Gearbox (constant and variable), generator, converter [-]; Saint-Drenan et al. (2020)."""

_CURVE_STEP_M_S = 0.25


def curve_problems(
    speed_m_s: Array,
    power_mw: Array,
    rated_mw: float,
    rotor_diameter_m: float | None = None,
    air_density_kg_m3: float = REFERENCE_AIR_DENSITY,
    *,
    above_rated: AboveRated = "cut",
    below_zero: BelowZero = "zero",
    ends_early: EndsEarly = "hold",
) -> list[tuple[int, str]]:
    """List what is wrong with a table as a power curve.

    Parameters
    ----------
    speed_m_s, power_mw : ndarray, shape (K,)
        [m s⁻¹], [MW]
    rated_mw : float
        [MW]
    rotor_diameter_m : float, optional
        With it, power beyond the Betz limit is found. [m]
    air_density_kg_m3 : float
        Of the curve. [kg m⁻³]
    above_rated : str
        ``"cut"`` allows powers up to 3 % above the rating, ``"refuse"`` none but noise.
    below_zero : str
        ``"zero"`` allows standby power down to 5 % of the rating below 0 where the turbine gives
        none, ``"refuse"`` does not.
    ends_early : str
        ``"hold"`` allows a curve that ends on its rating below 20 m/s, ``"refuse"`` does not.

    Returns
    -------
    list of (int, str)
        Position of the point, counted from 0, and what is wrong there.
    """
    if speed_m_s.ndim != 1 or speed_m_s.shape != power_mw.shape or speed_m_s.size < 3:
        shapes = f"{speed_m_s.shape} speeds and {power_mw.shape} powers"
        return [(0, f"{shapes}; expected as many of one as of the other, at least 3")]
    if not rated_mw > 0.0:
        return [(0, f"rated_mw = {rated_mw:g} must be greater than 0")]
    unsound = [
        (int(k), f"{speed_m_s[k]:g} m/s gives {power_mw[k]:g} MW; expected finite numbers")
        for k in np.flatnonzero(~np.isfinite(speed_m_s) | ~np.isfinite(power_mw))
    ]
    return unsound or [
        *_order_problems(speed_m_s),
        *_standby_problems(speed_m_s, power_mw, rated_mw, below_zero),
        *_power_problems(speed_m_s, np.maximum(power_mw, 0.0), rated_mw, above_rated, ends_early),
        *_betz_problems(speed_m_s, power_mw, rotor_diameter_m, air_density_kg_m3),
    ]


def _order_problems(speed: Array) -> list[tuple[int, str]]:
    found = [(0, f"speed {speed[0]:g} m/s is negative")] if speed[0] < 0.0 else []
    for k in np.flatnonzero(np.diff(speed) <= 0.0) + 1:
        what = "is given twice" if speed[k] == speed[k - 1] else f"follows {speed[k - 1]:g} m/s"
        found.append((int(k), f"speed {speed[k]:g} m/s {what}; sort by speed, each speed once"))
    if speed.max() > 60.0:
        found.append((int(np.argmax(speed)), f"speed {speed.max():g} is no turbine's; is it km/h?"))
    return found


def _standby_problems(
    speed: Array, power: Array, rated: float, policy: BelowZero
) -> list[tuple[int, str]]:
    """Powers below 0 that are no standby power."""
    running = np.flatnonzero(power > 0.0)
    waits = np.ones(speed.size, dtype=bool)
    if running.size:
        waits[running[0] : running[-1] + 1] = False
    allowed = waits & (power >= -MOST_BELOW_ZERO * rated) & (policy == "zero")
    return [
        (int(k), f"power {power[k]:g} MW is negative; put 0 where the turbine does not run")
        for k in np.flatnonzero((power < 0.0) & ~allowed)
    ]


def _power_problems(
    speed: Array, power: Array, rated: float, policy: AboveRated, ends_early: EndsEarly
) -> list[tuple[int, str]]:
    peak, last = int(np.argmax(power)), speed.size - 1
    found: list[tuple[int, str]] = []
    unit = f"rated_mw = {rated:g}; is the unit of power right?"
    allowed = MOST_ABOVE_RATED if policy == "cut" else ABOVE_RATED
    above = np.flatnonzero(power > rated * (1.0 + allowed))
    if above.size:
        text = f"power {power[above[0]]:g} MW is above {unit}"
        if power[peak] < 2.0 * rated:  # small turbines are named by their power at 11 m/s
            text += f" If it is, say rated_mw = {power[peak]:g}, the highest of the curve"
        return [(int(above[0]), text)]
    if power[peak] < 0.9 * rated:
        most = f"the largest power of the curve, {power[peak]:g} MW, is far below {unit}"
        return [(peak, most)]
    for k in np.flatnonzero(np.diff(power[: peak + 1]) < -0.02 * rated) + 1:
        fall = f"power falls from {power[k - 1]:g} to {power[k]:g} MW before the rating is reached"
        found.append((int(k), f"{fall}; are units mixed?"))
    if power[0] > 0.1 * rated:
        begin = f"the curve begins at {speed[0]:g} m/s with {power[0]:g} MW"
        found.append((0, f"{begin}; it must begin where the turbine starts"))
    held = ends_early == "hold" and _ends_on_rating(speed, power, rated)
    if _ends_early(speed, power) and not held:
        end = f"the curve ends at {speed[-1]:g} m/s with {power[-1]:g} MW"
        found.append((last, f"{end}; go on to the cut-out speed, or end with a power of 0"))
    return found


def _ends_early(speed: Array, power: Array) -> bool:
    return bool(power[-1] > 0.0 and speed[-1] < LOWEST_CUT_OUT_M_S)


def _ends_on_rating(speed: Array, power: Array, rated: float) -> bool:
    reached = speed[power >= AT_RATING * rated]
    return bool(
        reached.size and speed[-1] - reached[0] >= PLATEAU_M_S and power[-1] >= NEAR_RATING * rated
    )


def _turbulent_betz(speed: Array, rotor_diameter_m: float, density: float) -> Array:
    """Largest power that a curve of ten-minute means can show. [MW]

    The mean of a cube is above the cube of the mean, by 1 + 3 I² at a turbulence intensity I; that
    of the normal turbulence model of IEC 61400-1:2019 is larger in weak wind.
    """
    intensity = TURBULENCE * (0.75 + 5.6 / np.maximum(speed, 0.1))
    limit: Array = BETZ_LIMIT * _wind_mw(speed, rotor_diameter_m, density)
    return limit * (1.0 + 3.0 * intensity**2)


def _betz_problems(
    speed: Array, power: Array, rotor_diameter_m: float | None, density: float
) -> list[tuple[int, str]]:
    if rotor_diameter_m is None:
        return []
    limit = _turbulent_betz(speed, rotor_diameter_m, density)
    beyond = np.flatnonzero(power > limit)
    return [
        (
            int(k),
            f"{power[k]:g} MW at {speed[k]:g} m/s is beyond the Betz limit of {limit[k]:.3g} MW, "
            "turbulence included; is rotor_diameter_m right?",
        )
        for k in beyond[:1]
    ]


def settled_curve(
    speed_m_s: Array,
    power_mw: Array,
    rated_mw: float,
    rotor_diameter_m: float | None = None,
    air_density_kg_m3: float = REFERENCE_AIR_DENSITY,
) -> tuple[Array, Array, tuple[str, ...]]:
    """A maker's curve limited to 0 and its rating, and the changes made to it.

    Parameters
    ----------
    speed_m_s, power_mw, rated_mw, rotor_diameter_m, air_density_kg_m3
        Of a curve without `curve_problems`.

    Returns
    -------
    speed_m_s, power_mw : ndarray, shape (K,)
        From 0 to ``rated_mw``; with one point more at 25 m/s where the curve ends on its rating
        below 20 m/s. [m s⁻¹], [MW]
    notices : tuple of str
        The policies that were applied, with the size of each change, and power beyond the Betz
        limit.

    Notes
    -----
    A measured curve ends where no stronger wind was met. Holding its last power up to cut-out is
    what IEC 61400-12-1 does for the extrapolated annual energy production.
    """
    notices = []
    peak, least = float(power_mw.max()), float(power_mw.min())
    if peak > rated_mw * (1.0 + ABOVE_RATED):
        notices.append(
            f"its powers reach {peak:g} MW, {100.0 * (peak / rated_mw - 1.0):.1f} % above rated_mw "
            f'= {rated_mw:g}, and are cut to it (above_rated = "cut"); rated_mw = {peak:g} would '
            "keep them"
        )
    if least < 0.0:
        notices.append(
            f"its standby power, down to {least:g} MW ({100.0 * least / rated_mw:.1f} % of the "
            'rating), counts as 0 (below_zero = "zero"): the turbines take nothing from the bus'
        )
    if rotor_diameter_m is not None:
        limit = BETZ_LIMIT * _wind_mw(speed_m_s, rotor_diameter_m, air_density_kg_m3)
        beyond = np.flatnonzero(power_mw > limit)
        if beyond.size:
            ratio = power_mw[beyond] / limit[beyond]
            k = int(beyond[np.argmax(ratio)])
            notices.append(
                f"at {speed_m_s[k]:g} m/s its {power_mw[k]:g} MW are "
                f"{100.0 * (float(ratio.max()) - 1.0):.1f} % beyond the Betz limit of a rotor of "
                f"{rotor_diameter_m:g} m, as of a curve measured in turbulent air; taken as it is"
            )
    power = np.clip(power_mw, 0.0, rated_mw)
    if not _ends_early(speed_m_s, power):
        return speed_m_s, power, tuple(notices)
    notices.append(
        f"its curve ends at {speed_m_s[-1]:g} m/s on its rating; its last power is held up to "
        f'{USUAL_CUT_OUT_M_S:g} m/s (ends_early = "hold"); add a row at the cut-out speed if that '
        "is another one"
    )
    return (
        np.append(speed_m_s, USUAL_CUT_OUT_M_S),
        np.append(power, power[-1]),
        tuple(notices),
    )


def _wind_mw(speed: Array, rotor_diameter_m: float, density: float) -> Array:
    """Power of the wind through the rotor. [MW]"""
    return 0.5e-6 * density * 0.25 * np.pi * rotor_diameter_m**2 * speed**3


def generic_power_coefficient(tip_speed_ratio: ArrayLike) -> Array:
    r"""Aerodynamic power coefficient of a typical three-bladed rotor at its best pitch.

    Parameters
    ----------
    tip_speed_ratio : array_like
        Speed of the blade tips over wind speed. [-]

    Returns
    -------
    ndarray
        At most 0.46, near a ratio of 6.4. [-]

    Notes
    -----
    The exponential family of Heier [1]_ with the coefficients of [2]_:

    .. math:: C_p = 0.22\,(120/\lambda_i - 5)\,e^{-12.5/\lambda_i}, \quad
              1/\lambda_i = 1/\lambda - 0.035.

    References
    ----------
    .. [1] Heier, S. (2009), Windkraftanlagen, 5th ed., Teubner.
    .. [2] Dai, J. et al. (2016), Research on power coefficient of wind turbines based on SCADA
       data, Renewable Energy 86, 206-215.
    """
    inverse = 1.0 / np.asarray(tip_speed_ratio, dtype=np.float64) - 0.035
    return np.maximum(0.22 * (120.0 * inverse - 5.0) * np.exp(-12.5 * inverse), 0.0)


def generic_curve(
    rated_mw: float,
    rotor_diameter_m: float,
    *,
    cut_in_m_s: float = 3.0,
    cut_out_m_s: float = 25.0,
    turbulence_intensity: float = 0.1,
) -> tuple[Array, Array]:
    r"""Generic power curve of a pitch-regulated, variable-speed turbine from its rating and rotor.

    Parameters
    ----------
    rated_mw, rotor_diameter_m : float
        0.5 to 15 MW; 40 to 260 m; 150 to 600 W of rating per m² swept. [MW], [m]
    cut_in_m_s, cut_out_m_s : float
        [m s⁻¹]
    turbulence_intensity : float
        Standard deviation over mean of wind speed within ten minutes. [-]

    Returns
    -------
    speed, power : ndarray, shape (K,)
        At 1.225 kg m⁻³, in steps of 0.25 m/s. [m s⁻¹], [MW]

    Raises
    ------
    ScenarioError
        Outside the ranges above.

    Notes
    -----
    The model of Saint-Drenan et al. [1]_ with their default coefficients:

    .. math:: P(v) = \min\left(P_r,\ \tfrac12 \rho A v^3\, \eta\, C_p(\lambda)\right)

    The tips run at the speed of the best :math:`C_p` within the limits :math:`188.8\,D^{-0.7081}`
    and :math:`793.7\,D^{-0.8504}` revolutions a minute; η covers gearbox, generator, converter.
    Turbulence rounds the knee at rated power: P is averaged over a normal distribution of speed.
    Shear and veer over the rotor are left out: they belong to the site, not to the machine.

    References
    ----------
    .. [1] Saint-Drenan, Y.-M. et al. (2020), A parametric model for wind turbine power curves
       incorporating environmental conditions, Renewable Energy 157, 754-768.
    """
    _check_generic(rated_mw, rotor_diameter_m, cut_in_m_s, cut_out_m_s, turbulence_intensity)
    ratios = np.linspace(4.0, 12.0, 8001)
    best_ratio = ratios[np.argmax(generic_power_coefficient(ratios))]
    metres_a_turn = np.pi * rotor_diameter_m
    slowest = 188.8 * rotor_diameter_m**-0.7081 / 60.0 * metres_a_turn
    fastest = 793.7 * rotor_diameter_m**-0.8504 / 60.0 * metres_a_turn
    # Far beyond cut-out, so that the average over turbulence never meets the end of the table.
    speed = np.arange(0.1, 2.5 * cut_out_m_s, 0.1)
    coefficient = generic_power_coefficient(np.clip(best_ratio * speed, slowest, fastest) / speed)
    wind_mw = _wind_mw(speed, rotor_diameter_m, REFERENCE_AIR_DENSITY)
    power = np.minimum(CONVERSION_EFFICIENCY * coefficient * wind_mw, rated_mw)
    grid = np.linspace(
        cut_in_m_s, cut_out_m_s, round((cut_out_m_s - cut_in_m_s) / _CURVE_STEP_M_S) + 1
    )
    _, power = smoothed_curve(speed, power, turbulence_intensity, at_m_s=grid)
    return grid, np.where(power > rated_mw * (1.0 - 1e-5), rated_mw, power)


def _check_generic(
    rated_mw: float,
    rotor_diameter_m: float,
    cut_in_m_s: float,
    cut_out_m_s: float,
    turbulence_intensity: float,
) -> None:
    specific = 1e6 * rated_mw / (0.25 * np.pi * max(rotor_diameter_m, 1.0) ** 2)
    ranges = {
        f"rated_mw = {rated_mw:g}": (rated_mw, 0.5, 15.0, "MW"),
        f"rotor_diameter_m = {rotor_diameter_m:g}": (rotor_diameter_m, 40.0, 260.0, "m"),
        f"rating per swept area = {specific:.0f}": (specific, 150.0, 600.0, "W/m²"),
        f"cut_in_m_s = {cut_in_m_s:g}": (cut_in_m_s, 1.0, 6.0, "m/s"),
        f"cut_out_m_s = {cut_out_m_s:g}": (cut_out_m_s, 15.0, 40.0, "m/s"),
        f"turbulence_intensity = {turbulence_intensity:g}": (turbulence_intensity, 0.0, 0.3, "-"),
    }
    problems = [
        f"{what} is outside the range of the generic curve, {low:g} to {high:g} {unit}"
        for what, (value, low, high, unit) in ranges.items()
        if not low <= value <= high
    ]
    if problems:
        raise ScenarioError(problems)
