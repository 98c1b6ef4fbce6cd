"""The one table of formats: how each is recognised, and what its stamps, clock and wind mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """What a weather file of one format means.

    Parameters
    ----------
    title : str
        As people call it.
    found_by : str
        How it is recognised.
    stamps : str
        What a stamp means.
    clock : str
        Where its clock stands.
    units : str
        What is converted.
    wind : str
        Height of the wind above ground.
    """

    title: str
    found_by: str
    stamps: str
    clock: str
    units: str
    wind: str


FORMATS: Mapping[str, Format] = {
    "epw": Format(
        "EPW (EnergyPlus; PVGIS TMY as EPW)",
        "first line `LOCATION,…`",
        "hour *k* (1 to 24) covers the hour before *k* o'clock",
        "header; UTC for those of PVGIS, whose header says otherwise",
        "W/m², °C, Pa; snow in cm",
        "10 m",
    ),
    "tmy2": Format(
        "TMY2",
        "first line: WBAN number, city, state, clock, place",
        "hour *k* (1 to 24) ends at *k* o'clock",
        "header",
        "Wh/m², tenths of °C and m/s, mbar",
        "10 m",
    ),
    "tmy3": Format(
        "TMY3",
        "`Date (MM/DD/YYYY)` in line 2",
        "end of the hour, 01:00 to 24:00",
        "header",
        "W/m², °C, mbar",
        "10 m",
    ),
    "nsrdb": Format(
        "NSRDB PSM 1 to 4",
        "`Year,Month,Day,Hour` in line 3",
        "middle of the interval (minute 30), else its beginning",
        "header",
        "W/m², °C, mbar",
        "2 m from PSM 3 on, 10 m before",
    ),
    "pvgis": Format(
        "PVGIS hourly and TMY (JSON, CSV)",
        '`"outputs"` and `"meta"` in JSON; `Latitude (decimal degrees):` in line 1',
        "hour that holds it; sunlight is that of the stamp's minute or `Irradiance Time Offset`, "
        "which the clock check finds and corrects",
        "UTC",
        "W/m², °C, Pa",
        "10 m",
    ),
    "nasa_power": Format(
        "NASA POWER hourly (JSON, CSV)",
        '`"parameter"` and `"header"` in JSON; `-BEGIN HEADER-` in line 1',
        "beginning of the hour",
        "UTC, or the local solar time of the longitude in whole hours (LST), as the header says",
        "Wh/m² or W/m², °C, kPa; -999 is no value",
        "10 m and 50 m",
    ),
    "era5": Format(
        "ERA5 and ERA5-Land (netCDF, zip of netCDF)",
        "variables `t2m` and `ssrd`",
        "end of the interval for sums (`ssrd`, `fdir`, `tp`), instants for the rest, which are "
        "averaged over the ends of each interval",
        "UTC",
        "J/m² sums to W/m², K to °C, u and v to speed and direction, m to mm",
        "10 m and 100 m",
    ),
    "merra2": Format(
        "MERRA-2 (netCDF)",
        "variables `T2M` and `SWGDN`",
        "middle of the hour (00:30)",
        "UTC",
        "W/m², K to °C, u and v to speed and direction, kg/kg to %",
        "10 m and 50 m",
    ),
    "srw": Format(
        "SAM wind (`.srw`): wind alone",
        "line 3 names `Speed`, line 4 its units, line 5 heights",
        "no stamps: the first row is the first interval of the year",
        "must be declared (`utc_offset_hours`): the file does not say",
        "m/s, °C, atm",
        "as line 5 says, the two nearest 100 m",
    ),
    "altay": Format(
        "written by `weather convert` (netCDF, CSV)",
        "attribute or first line `altay_energy weather`",
        "beginning of the interval",
        "in the file",
        "ours",
        "in the file",
    ),
    "csv": Format(
        "CSV",
        "anything else",
        "declared: `begin`, `middle` or `end`",
        "offset in the stamps, or declared",
        "declared",
        "declared",
    ),
}
"""By the name that ``format`` takes in a scenario."""


def formats_table() -> str:
    """The table of formats as Markdown, as the documentation shows it.

    Returns
    -------
    str
    """
    rows = [
        "| `format` | what | found by | a stamp means | clock | units | wind |",
        "|---" * 7 + "|",
    ]
    rows += [
        f"| `{name}` | {one.title} | {one.found_by} | {one.stamps} | {one.clock} | {one.units} | "
        f"{one.wind} |"
        for name, one in FORMATS.items()
    ]
    return "\n".join(rows)
