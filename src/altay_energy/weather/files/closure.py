"""Whether GHI, DNI and DHI of a file add up: GHI = DHI + DNI cos Z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.core.units import Array
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.ranges import SUNLIGHT
from altay_energy.weather.sun import SunPath, decompose, sun_path

MISSING_SHARE = 0.03
"""Difference of DHI and DNI from GHI's energy, over it, from which a remedy is proposed. [-]"""

CLEARNESS = 0.5
"""GHI over extraterrestrial irradiance from which the sky counts as clear. [-]"""

HIGH_SUN_COS = float(np.sin(np.radians(10.0)))
"""Cosine of zenith of a sun 10° high."""

NO_BEAM, ALL_DIFFUSE = 0.02, 0.95
"""Shares of GHI: a beam up to the first, with DHI from the second on, counts as no beam."""

FEWEST_LOST_HOURS = 5.0
"""Hours of clear sky without a beam from which a notice is given. [h]"""

PLANE_TILT_DEG = 35.0
"""Slope of the plane by which a change of the components is shown. [°]"""

REMEDY = 'irradiance = "from_ghi" under [weather] derives DNI and DHI from GHI instead'


@dataclass(frozen=True)
class Closure:
    """Difference of GHI from DHI + DNI cos Z over the daylight intervals.

    Parameters
    ----------
    rms_w_m2 : float
        Root mean square of the difference. [W m⁻²]
    share_missing : float
        Energy missing in DHI and DNI over that of GHI; negative if they exceed it. [-]
    """

    rms_w_m2: float
    share_missing: float


def closure(file: WeatherFile, lag_hours: float = 0.0) -> Closure | None:
    """Compute the closure of the three components of irradiance.

    Parameters
    ----------
    file : WeatherFile
        With its place known.
    lag_hours : float
        [h]

    Returns
    -------
    Closure or None
        None where a component is absent.

    Notes
    -----
    The sun is taken at the middle of the lit part of each interval, and a mean of DNI contains
    the lit share; so a file that closes does so at sunrise too.
    """
    if not all(name in file.series for name in SUNLIGHT):
        return None
    ghi, dni, dhi = (file.series[name] for name in SUNLIGHT)
    height = _sun(file, lag_hours)[1]
    day = (height > 0.0) | (ghi > 0.0)
    if not day.any() or not ghi.any():
        return Closure(0.0, 0.0)
    rest = (ghi - dhi - dni * height)[day]
    return Closure(float(np.sqrt(np.mean(rest**2))), float(rest.sum() / ghi.sum()))


@dataclass(frozen=True)
class LostBeam:
    """Hours of high sun in a clear sky, and those of them without beam irradiance.

    Parameters
    ----------
    clear_hours : float
        Sun above 10° and GHI above half of what arrives outside the atmosphere. [h]
    lost_hours : float
        Those with all of GHI in DHI: the record of sunshine is broken. [h]
    """

    clear_hours: float
    lost_hours: float


def lost_beam(file: WeatherFile, lag_hours: float = 0.0) -> LostBeam | None:
    """Hours of clear sky in which all irradiance is given as diffuse.

    Parameters
    ----------
    file : WeatherFile
        With latitude and longitude known.
    lag_hours : float
        [h]

    Returns
    -------
    LostBeam or None
        None where a component is absent.

    Notes
    -----
    GHI = DHI + DNI cos Z holds in such hours, so that ``closure`` does not detect them. With a
    clearness index above 0.5, though, hours have a diffuse fraction of about 0.66 and less [1]_,
    and none of the satellite series and typical years of other services that were checked has
    an hour of it with a beam below 2 % of GHI while the sun is above 10°.

    References
    ----------
    .. [1] D. G. Erbs, S. A. Klein and J. A. Duffie, "Estimation of the diffuse radiation fraction
       for hourly, daily and monthly-average global radiation", Solar Energy 28, 293-302, 1982.
    """
    if not all(name in file.series for name in SUNLIGHT):
        return None
    ghi, dni, dhi = (file.series[name] for name in SUNLIGHT)
    sun, height = _sun(file, lag_hours)
    outside = sun.extraterrestrial_w_m2 * sun.lit_fraction * height
    clear = (height > HIGH_SUN_COS) & (ghi > CLEARNESS * outside)
    lost = clear & (dni * height <= NO_BEAM * ghi) & (dhi >= ALL_DIFFUSE * ghi)
    return LostBeam(float(clear.sum()) * file.step_hours, float(lost.sum()) * file.step_hours)


def light_notices(file: WeatherFile, lag_hours: float) -> list[str]:
    """Notices on components of irradiance that do not close, with the remedy.

    Parameters
    ----------
    file : WeatherFile
        With latitude and longitude known.
    lag_hours : float
        [h]

    Returns
    -------
    list of str
    """
    found, beam = closure(file, lag_hours), lost_beam(file, lag_hours)
    notices, costs_energy = [], False
    if found is not None and (found.rms_w_m2 >= 10.0 or abs(found.share_missing) >= MISSING_SHARE):
        words = f"GHI, DNI and DHI close to {found.rms_w_m2:.0f} W/m² rms only"
        if abs(found.share_missing) < MISSING_SHARE:
            notices.append(f"{words} (5-100 is usual in real files)")
        else:
            costs_energy = True
            below = "below" if found.share_missing > 0 else "above"
            notices.append(
                f"{words}: DHI + DNI cos Z is {100 * abs(found.share_missing):.0f} % {below} GHI "
                "over the file, and solar power would be as much "
                f"{'low' if below == 'below' else 'high'}; {REMEDY}"
            )
    if beam is not None and beam.lost_hours >= FEWEST_LOST_HOURS:
        costs_energy = True
        notices.append(
            f"no beam light in {beam.lost_hours:.0f} h of clear sky: DNI is 0 and DHI is GHI in "
            f"{100 * beam.lost_hours / beam.clear_hours:.0f} % of the {beam.clear_hours:.0f} h in "
            "which the sun is above 10° and GHI above half of that outside the atmosphere; "
            f"the irradiance record is faulty, and solar power would be too low; {REMEDY}"
        )
    if costs_energy:
        notices[-1] += f": {_change(file, lag_hours)}"
    return notices


def _change(file: WeatherFile, lag_hours: float) -> str:
    """Effect of deriving DNI and DHI from GHI over the file."""
    sun, height = _sun(file, lag_hours)
    ghi, dni, dhi = (file.series[name] for name in SUNLIGHT)
    new_dni, new_dhi = decompose(sun, ghi)
    latitude = file.coordinates()[0]
    tilt, facing = np.radians(PLANE_TILT_DEG), np.radians(180.0 if latitude >= 0 else 0.0)
    sine = np.sqrt(1.0 - height**2)
    incidence = height * np.cos(tilt) + sine * np.sin(tilt) * np.cos(
        np.radians(sun.azimuth_deg) - facing
    )
    beam = np.maximum(incidence, 0.0) * (height > 0.0)
    sky = 0.5 * (1.0 + np.cos(tilt))
    before, after = (float((d * beam + h * sky).sum()) for d, h in ((dni, dhi), (new_dni, new_dhi)))
    percent = 100.0 * (after / max(before, 1.0) - 1.0)
    unit = file.step_hours / 1000.0
    return (
        f"DNI becomes {new_dni.sum() * unit:.0f} instead of {dni.sum() * unit:.0f} kWh/m², DHI "
        f"{new_dhi.sum() * unit:.0f} instead of {dhi.sum() * unit:.0f}, and a plane of "
        f"{PLANE_TILT_DEG:g}° toward the equator gets {percent:+.0f} % of light"
    )


def _sun(file: WeatherFile, lag_hours: float) -> tuple[SunPath, Array]:
    """Sun of each interval, and the cosine of its zenith angle, 0 by night, shape (N,)."""
    place = (*file.coordinates(), file.elevation_m or 0.0)
    sun = sun_path(*place, file.times, file.step_seconds, lag_hours)
    return sun, np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
