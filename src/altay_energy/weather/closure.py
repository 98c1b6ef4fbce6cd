"""Whether GHI, DNI and DHI of a file add up: GHI = DHI + DNI cos Z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altay_energy.weather.file import SUNLIGHT, WeatherFile
from altay_energy.weather.sun import sun_path

MISSING_SHARE = 0.03
"""Share of GHI's energy that DHI and DNI may lack or exceed without a remedy being named."""


@dataclass(frozen=True)
class Closure:
    """How far GHI is from DHI + DNI cos Z over the daylight intervals.

    Parameters
    ----------
    rms_w_m2 : float
        Root mean square of the difference. [W m⁻²]
    share_missing : float
        What DHI and DNI lack of GHI's energy, as a share of it; negative if they exceed it. [-]
    """

    rms_w_m2: float
    share_missing: float


def closure(file: WeatherFile, lag_hours: float = 0.0) -> Closure | None:
    """How well the three components of sunlight add up.

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
    The sun stands at the middle of the lit part of each interval, and a mean of DNI holds the
    lit share already; so a file that closes does so at sunrise too.
    """
    if not all(name in file.series for name in SUNLIGHT):
        return None
    ghi, dni, dhi = (file.series[name] for name in SUNLIGHT)
    sun = sun_path(*file.location(), file.times, file.step_seconds, lag_hours)
    height = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    day = (height > 0.0) | (ghi > 0.0)
    if not day.any() or not ghi.any():
        return Closure(0.0, 0.0)
    rest = (ghi - dhi - dni * height)[day]
    return Closure(float(np.sqrt(np.mean(rest**2))), float(rest.sum() / ghi.sum()))


def closure_notice(file: WeatherFile, lag_hours: float) -> list[str]:
    """A sentence where the three do not add up, with the remedy where that costs energy.

    Parameters
    ----------
    file : WeatherFile
        With its place known.
    lag_hours : float
        [h]

    Returns
    -------
    list of str
    """
    found = closure(file, lag_hours)
    if found is None or (found.rms_w_m2 < 10.0 and abs(found.share_missing) < MISSING_SHARE):
        return []
    words = f"GHI, DNI and DHI close to {found.rms_w_m2:.0f} W/m² rms only"
    if abs(found.share_missing) < MISSING_SHARE:
        return [f"{words} (5-100 is usual in real files)"]
    below = "below" if found.share_missing > 0 else "above"
    return [
        f"{words}: DHI + DNI cos Z is {100 * abs(found.share_missing):.0f} % {below} GHI over the "
        f"file, and solar power would be as much {'low' if below == 'below' else 'high'}; "
        'irradiance = "from_ghi" under [weather] derives DNI and DHI from GHI instead'
    ]
