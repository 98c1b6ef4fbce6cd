"""Rows of modules, fixed or tracking: orientation, shading, and irradiance on the rear.

Rows are long, parallel and stand on level ground: shadows and views are those of a drawing across
the rows. View factors come from pvlib, once for each distance of rows as a table over the tilt.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from pvlib import shading, tracking
from pvlib.bifacial import utils as views

from altay_energy.core.units import Array
from altay_energy.resource.solar.irradiance import Daylight, Degrees, PlaneIrradiance, facing

TILTS_DEG = np.linspace(0.0, 90.0, 181)
"""Tilts of the tables; straight lines between them are right to 0.00001. [°]"""

HORIZON_DEG = 85.0
"""Below this height of the sun across the rows no ground between them is lit, as in pvlib. [°]"""


class Rows(NamedTuple):
    """Orientation of rows of modules.

    Attributes
    ----------
    tilt_deg, azimuth_deg : float or ndarray, shape (L,)
        Of the modules' front: from horizontal; clockwise from north. [°]
    rotation_deg : float or ndarray, shape (L,)
        About the axis, right-handed. [°]
    axis_azimuth_deg, axis_tilt_deg : float
        Direction along the rows, clockwise from north; how far it points downwards. [°]
    ground_cover_ratio : float
        Length of the modules across the row over the distance of rows, 0 for one alone. [-]
    """

    tilt_deg: Degrees
    azimuth_deg: Degrees
    rotation_deg: Degrees
    axis_azimuth_deg: float
    axis_tilt_deg: float
    ground_cover_ratio: float


def fixed_rows(tilt_deg: float, azimuth_deg: float, ground_cover_ratio: float) -> Rows:
    """Rows on fixed racks.

    Parameters
    ----------
    tilt_deg, azimuth_deg : float
        Of the modules: from horizontal; clockwise from north. [°]
    ground_cover_ratio : float
        Length of the modules up the slope over the distance of rows. [-]

    Returns
    -------
    Rows
    """
    return Rows(tilt_deg, azimuth_deg, tilt_deg, azimuth_deg - 90.0, 0.0, ground_cover_ratio)


def tracking_rows(
    day: Daylight,
    *,
    axis_azimuth_deg: float = 180.0,
    axis_tilt_deg: float = 0.0,
    max_angle_deg: float = 60.0,
    ground_cover_ratio: float = 0.4,
    backtracking: bool = True,
) -> Rows:
    """Rows that track the sun about one axis.

    Parameters
    ----------
    day : Daylight
        The sun in L lit intervals.
    axis_azimuth_deg, axis_tilt_deg : float
        Direction of the axis, clockwise from north; how far it points downwards. [°]
    max_angle_deg : float
        Farthest turn from level to either side. [°]
    ground_cover_ratio : float
        Width of the modules over the distance of axes, above 0. [-]
    backtracking : bool
        Turn back at low sun until no row shades the next.

    Returns
    -------
    Rows
        Angles of shape (L,).

    References
    ----------
    .. [1] K. Anderson and M. Mikofski, "Slope-aware backtracking for single-axis trackers",
       NREL/TP-5K00-76626, 2020; ``pvlib.tracking.singleaxis``.
    """
    turned = tracking.singleaxis(
        day.zenith_deg,
        day.azimuth_deg,
        axis_tilt=axis_tilt_deg,
        axis_azimuth=axis_azimuth_deg,
        max_angle=max_angle_deg,
        backtrack=backtracking,
        gcr=ground_cover_ratio,
    )
    return Rows(
        turned["surface_tilt"],
        turned["surface_azimuth"],
        turned["tracker_theta"],
        axis_azimuth_deg,
        axis_tilt_deg,
        ground_cover_ratio,
    )


def row_shading(plane: PlaneIrradiance, day: Daylight, rows: Rows) -> PlaneIrradiance:
    """Irradiance behind another row, on average over the modules.

    Parameters
    ----------
    plane : PlaneIrradiance
        On a row that stands alone, arrays of shape (..., L).
    day : Daylight
        The sun in L lit intervals.
    rows : Rows
        With a ground cover ratio above 0.

    Returns
    -------
    PlaneIrradiance
        Arrays of shape (..., L).

    Notes
    -----
    Level ground, long rows, and power in proportion to light: strings that lie along the rows
    lose more than their shaded part.

    References
    ----------
    .. [1] K. S. Anderson and A. R. Jensen, "Shaded fraction and backtracking in single-axis
       trackers on rolling terrain", J. Renewable Sustainable Energy 16, 023504, 2024;
       ``pvlib.shading.shaded_fraction1d``. View factors: ``pvlib.bifacial.utils``.
    """
    table = _front_views(rows.ground_cover_ratio)
    lit = 1.0 - _shaded(day, rows)
    return PlaneIrradiance(
        plane.direct_w_m2 * lit,
        plane.sky_w_m2 * np.interp(rows.tilt_deg, TILTS_DEG, table[0]),
        plane.ground_w_m2 * np.interp(rows.tilt_deg, TILTS_DEG, table[1]),
        plane.incidence_deg,
    )


def rear_irradiance(
    day: Daylight,
    dni_w_m2: Array,
    dhi_w_m2: Array,
    ghi_w_m2: Array,
    rows: Rows,
    *,
    albedo: float | Array = 0.2,
    height_over_pitch: float,
) -> Array:
    r"""Irradiance on the rear of the modules, mostly from the ground between the rows.

    Parameters
    ----------
    day : Daylight
        The sun in L lit intervals.
    dni_w_m2, dhi_w_m2, ghi_w_m2 : ndarray, shape (..., L)
        Direct normal, diffuse and global horizontal irradiance. [W m⁻²]
    rows : Rows
        With a ground cover ratio above 0.
    albedo : float or ndarray, shape (..., L)
        Share of light that the ground reflects. [-]
    height_over_pitch : float
        Height of the middle of the modules over the distance of rows. [-]

    Returns
    -------
    ndarray, shape (..., L)
        [W m⁻²]

    Notes
    -----
    The infinite sheds model of pvlib under a uniform sky (``get_irradiance_poa`` of the rear),
    with its view factors from a table. The ground between rows is lit by the share

    .. math:: 1 - \min(1, r\,|\cos\theta + \sin\theta \tan\varphi|)

    of it, for the rotation of rows θ and the sun's height φ across them.

    References
    ----------
    .. [1] M. Mikofski, R. Darawali, M. Hamer, A. Neubert and J. Newmiller, "Bifacial performance
       modeling in large arrays", IEEE 46th Photovoltaic Specialists Conference, 2019;
       ``pvlib.bifacial.infinite_sheds``.
    """
    ratio = rows.ground_cover_ratio
    sky, ground, open_sky = (
        np.interp(rows.tilt_deg, TILTS_DEG, column)
        for column in _rear_views(ratio, height_over_pitch)
    )
    rotation = np.radians(rows.rotation_deg)
    across = shading.projected_solar_zenith_angle(
        day.zenith_deg, day.azimuth_deg, rows.axis_tilt_deg, rows.axis_azimuth_deg
    )
    shadow = ratio * np.abs(np.cos(rotation) + np.sin(rotation) * np.tan(np.radians(across)))
    ground_lit = np.where(np.abs(across) > HORIZON_DEG, 0.0, 1.0 - np.minimum(shadow, 1.0))
    reflected = albedo * (ground_lit * np.maximum(ghi_w_m2 - dhi_w_m2, 0.0) + open_sky * dhi_w_m2)
    behind = facing(180.0 - rows.tilt_deg, rows.azimuth_deg + 180.0, day)
    # A row shades as much of the rear of the next one as it would of its front.
    beam = np.minimum(dni_w_m2, day.outside_w_m2) * behind * (1.0 - _shaded(day, rows))
    return ground * reflected + sky * dhi_w_m2 + beam


def _shaded(day: Daylight, rows: Rows) -> Array:
    """Share of the modules in the shadow of the next row, shape (L,). [-]"""
    result: Array = shading.shaded_fraction1d(
        day.zenith_deg,
        day.azimuth_deg,
        axis_azimuth=rows.axis_azimuth_deg,
        axis_tilt=rows.axis_tilt_deg,
        shaded_row_rotation=rows.rotation_deg,
        collector_width=rows.ground_cover_ratio,
        pitch=1.0,
    )
    return result


@lru_cache(maxsize=32)
def _front_views(ratio: float) -> tuple[Array, Array]:
    """View factors of the front over those of a single row, at ``TILTS_DEG``. [-]"""
    slope = np.cos(np.radians(TILTS_DEG))
    sky = views.vf_row_sky_2d_integ(TILTS_DEG, ratio) / (0.5 * (1.0 + slope))
    ground = np.ones_like(TILTS_DEG)
    ground[1:] = views.vf_row_ground_2d_integ(TILTS_DEG[1:], ratio) / (0.5 * (1.0 - slope[1:]))
    ground[0] = ground[1]  # level modules see no ground at all
    return np.minimum(sky, 1.0), np.minimum(ground, 1.0)


@lru_cache(maxsize=32)
def _rear_views(ratio: float, height_over_pitch: float) -> tuple[Array, Array, Array]:
    """View factors of the rear, and of the ground to the sky, at ``TILTS_DEG``. [-]"""
    sky = views.vf_row_sky_2d_integ(180.0 - TILTS_DEG, ratio)
    ground = views.vf_row_ground_2d_integ(180.0 - TILTS_DEG, ratio)
    # Sky within 5° of the horizon is left out, as pvlib does.
    most = np.ceil(height_over_pitch / np.tan(np.radians(5.0)))
    open_sky = views.vf_ground_sky_2d_integ(TILTS_DEG, ratio, height_over_pitch, 1.0, most)
    return sky, ground, open_sky
