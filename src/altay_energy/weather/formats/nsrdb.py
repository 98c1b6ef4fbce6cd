"""NSRDB, the satellite series of the Physical Solar Model, versions 1 to 4."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.errors import WeatherError
from altay_energy.weather.file import WeatherFile
from altay_energy.weather.formats.common import (
    Header,
    Names,
    assemble,
    columns,
    nominal,
    through_pvlib,
)
from altay_energy.weather.regular import step_of
from altay_energy.weather.spec import WeatherFileSpec
from altay_energy.weather.text import Text

if TYPE_CHECKING:
    import pandas as pd

_NAMES: Names = {
    "ghi_w_m2": ("ghi", 1.0, ()),
    "dni_w_m2": ("dni", 1.0, ()),
    "dhi_w_m2": ("dhi", 1.0, ()),
    "temperature_c": ("temp_air", 1.0, ()),
    "dew_point_c": ("temp_dew", 1.0, ()),
    "wind_speed_m_s": ("wind_speed", 1.0, ()),
    "pressure_pa": ("pressure", 100.0, ()),
    "relative_humidity_percent": ("relative_humidity", 1.0, ()),
    "wind_direction_deg": ("wind_direction", 1.0, ()),
}


def read_nsrdb(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """An NSRDB PSM file (SAM CSV): two lines of metadata, stamps that name their minute.

    Parameters
    ----------
    text : Text
    spec : WeatherFileSpec

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If it is cut off, irregular or holds no value where one is needed.

    Notes
    -----
    The wind was computed for 10 m up to PSM 2 and for 2 m since.

    References
    ----------
    .. [1] M. Sengupta et al., "The National Solar Radiation Data Base (NSRDB)", Renewable and
       Sustainable Energy Reviews 89, 51-60, 2018.
    """
    import pvlib

    about: dict[str, float] = {}

    def reader(_: io.StringIO) -> tuple[pd.DataFrame, dict[str, Any]]:
        plain, numbers = _whole_numbers(text.text.lstrip())
        about.update(numbers)
        found: tuple[pd.DataFrame, dict[str, Any]] = pvlib.iotools.read_nsrdb_psm4(
            io.StringIO(plain)
        )
        return found

    data, stamps, meta = through_pvlib(text, "NSRDB PSM", reader)
    if str(meta.get("Pressure Units", "mbar")).lower() not in ("mbar", "millibar", "hpa"):
        raise WeatherError(
            f"{text.name}: Pressure Units = {meta['Pressure Units']}, expected mbar as NSRDB has it"
        )
    mixed_years = bool((np.diff(stamps) < np.timedelta64(0, "s")).any())
    typical = mixed_years or "tmy" in str(meta.get("Source")).lower()
    local = nominal(stamps) if typical else stamps
    step = step_of(local) if local.size > 1 else 3600
    middle = bool((local[0] - local[0].astype("datetime64[h]")).astype(np.int64) == step / 2)
    if middle:
        local = local - np.timedelta64(step // 2, "s")
    version = str(meta.get("Version", "3")).lower().lstrip("v")
    header = Header(
        kind="nsrdb",
        place=f"NSRDB {meta.get('Location ID', '')}".strip(),
        location=(meta["latitude"], meta["longitude"], about["Elevation"]),
        utc_offset_hours=about["Time Zone"],
        wind_height_m=10.0 if version.startswith(("1", "2")) else 2.0,
        typical=typical,
        notices=(f"a stamp is the {'middle' if middle else 'beginning'} of its interval (NSRDB)",),
        first_line=4,
    )
    return assemble(text, spec, header, local, columns(data, _NAMES))


def _whole_numbers(text: str) -> tuple[str, dict[str, float]]:
    """The file with whole numbers where pvlib takes no others, and what stood there.

    A clock may be 5.5 h from UTC, as that of India.
    """
    names, values, rest = text.split("\n", 2)
    keys, cells = next(csv.reader([names])), next(csv.reader([values]))
    numbers = {}
    for k, key in enumerate(keys):
        if key.strip() in ("Time Zone", "Local Time Zone", "Elevation"):
            numbers[key.strip()] = float(cells[k])
            cells[k] = "0"
            most = 9000.0 if key.strip() == "Elevation" else 14.0
            if not abs(numbers[key.strip()]) <= most:
                raise ValueError(f"{key.strip()} is {numbers[key.strip()]:g}")
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return f"{names}\n{line.getvalue()}\n{rest}", numbers
