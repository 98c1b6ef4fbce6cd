"""The list of weather formats: detection, meaning and reader of each.

A new format is one entry of ``FORMATS`` and one reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from altay_energy.weather.files.file import WeatherFile


class Lines(NamedTuple):
    """The first lines of a text file, empty where it has fewer, and its first characters."""

    first: str
    second: str
    third: str
    fourth: str
    fifth: str
    start: str


@dataclass(frozen=True, kw_only=True)
class Format:
    """One weather format.

    Parameters
    ----------
    title : str
        Its usual name.
    found_by : str
        Detection, as in the documentation.
    stamps : str
        Meaning of a stamp.
    clock : str
        Its clock.
    units : str
        Conversions of units.
    wind : str
        Height of the wind above ground.
    text_reader, netcdf_reader : str
        ``folder.module.function`` in this folder: ``function(text, spec)`` reads a text file,
        ``function(point, spec)`` one grid point of netCDF. Empty where there is no such file.
    detector : callable, optional
        Whether the first lines of a text file are those of this format.
    variables : tuple of str
        Variables by any of which a netCDF file of a provider is recognised.
    """

    title: str
    found_by: str
    stamps: str
    clock: str
    units: str
    wind: str
    text_reader: str = ""
    netcdf_reader: str = ""
    detector: Callable[[Lines], bool] | None = None
    variables: tuple[str, ...] = ()


def _is_nasa_power(lines: Lines) -> bool:
    if lines.first.startswith("{"):
        return '"Feature"' in lines.start or '"parameter"' in lines.start
    return lines.first.startswith(("-BEGIN HEADER-", '"-BEGIN HEADER-'))


def _is_pvgis(lines: Lines) -> bool:
    if lines.first.startswith("{"):
        return not _is_nasa_power(lines)
    return lines.first.lower().startswith("latitude (decimal degrees):")


def _is_srw(lines: Lines) -> bool:
    return (
        "speed" in lines.third.lower().split(",")
        and all(
            cell.strip().replace(".", "", 1).isdigit() for cell in lines.fifth.strip().split(",")
        )
        and "m/s" in lines.fourth.lower()
    )


_TMY2_FIRST = re.compile(r"\s*\d{5}\s+\S.*\s[NS]\s+\d{1,2}\s+\d{1,2}\s+[EW]\s+\d{1,3}\s+\d{1,2}\s")

FORMATS: Mapping[str, Format] = {
    "epw": Format(
        title="EPW (EnergyPlus; PVGIS TMY as EPW)",
        found_by="first line `LOCATION,…`",
        stamps="hour *k* (1 to 24) covers the hour before *k* o'clock",
        clock="header; UTC for those of PVGIS, whose header is wrong",
        units="W/m², °C, Pa; snow in cm",
        wind="10 m",
        text_reader="text.typical_year.read_epw",
        detector=lambda lines: lines.first.startswith("LOCATION,"),
    ),
    "tmy2": Format(
        title="TMY2",
        found_by="first line: WBAN number, city, state, clock, place",
        stamps="hour *k* (1 to 24) ends at *k* o'clock",
        clock="header",
        units="Wh/m², tenths of °C and m/s, mbar",
        wind="10 m",
        text_reader="text.typical_year.read_tmy2",
        detector=lambda lines: bool(_TMY2_FIRST.match(lines.first)),
    ),
    "tmy3": Format(
        title="TMY3",
        found_by="`Date (MM/DD/YYYY)` in line 2",
        stamps="end of the hour, 01:00 to 24:00",
        clock="header",
        units="W/m², °C, mbar",
        wind="10 m",
        text_reader="text.typical_year.read_tmy3",
        detector=lambda lines: "Date (MM/DD/YYYY)" in lines.second,
    ),
    "nsrdb": Format(
        title="NSRDB PSM 1 to 4",
        found_by="`Year,Month,Day,Hour` in line 3",
        stamps="middle of the interval (minute 30), else its beginning",
        clock="header",
        units="W/m², °C, mbar",
        wind="2 m from PSM 3 on, 10 m before",
        text_reader="text.typical_year.read_nsrdb",
        detector=lambda lines: lines.third.startswith("Year,Month,Day,Hour"),
    ),
    "pvgis": Format(
        title="PVGIS hourly and TMY (JSON, CSV)",
        found_by='`"outputs"` and `"meta"` in JSON; `Latitude (decimal degrees):` in line 1',
        stamps=(
            "hour that contains it; irradiance is that of the stamp's minute or "
            "`Irradiance Time Offset`, which the clock check finds and corrects"
        ),
        clock="UTC",
        units="W/m², °C, Pa",
        wind="10 m",
        text_reader="text.pvgis.read_pvgis",
        detector=_is_pvgis,
    ),
    "nasa_power": Format(
        title="NASA POWER hourly (JSON, CSV)",
        found_by='`"parameter"` and `"header"` in JSON; `-BEGIN HEADER-` in line 1',
        stamps="beginning of the hour",
        clock="UTC, or the local solar time of the longitude in whole hours (LST), "
        "as given in the header",
        units="Wh/m² or W/m², °C, kPa; -999 is no value",
        wind="10 m and 50 m",
        text_reader="text.nasa_power.read_nasa_power",
        detector=_is_nasa_power,
    ),
    "era5": Format(
        title="ERA5 and ERA5-Land (netCDF, zip of netCDF)",
        found_by="variables `t2m` and `ssrd`",
        stamps=(
            "end of the interval for sums (`ssrd`, `fdir`, `tp`), instants for the rest, which are "
            "averaged over the ends of each interval"
        ),
        clock="UTC",
        units="J/m² sums to W/m², K to °C, u and v to speed and direction, m to mm",
        wind="10 m and 100 m",
        netcdf_reader="grid.reanalysis.read_era5",
        variables=("t2m", "ssrd"),
    ),
    "merra2": Format(
        title="MERRA-2 (netCDF)",
        found_by="variables `T2M` and `SWGDN`",
        stamps="middle of the hour (00:30)",
        clock="UTC",
        units="W/m², K to °C, u and v to speed and direction, kg/kg to %",
        wind="10 m and 50 m",
        netcdf_reader="grid.reanalysis.read_merra2",
        variables=("T2M", "SWGDN"),
    ),
    "srw": Format(
        title="SAM wind (`.srw`): wind alone",
        found_by="line 3 names `Speed`, line 4 its units, line 5 heights",
        stamps="no stamps: the first row is the first interval of the year",
        clock="must be declared (`utc_offset_hours`); the file does not contain it",
        units="m/s, °C, atm",
        wind="as given in line 5, the two nearest 100 m",
        text_reader="text.srw.read_srw",
        detector=_is_srw,
    ),
    "altay": Format(
        title="written by `weather convert` (netCDF, CSV)",
        found_by="attribute or first line `altay_energy weather`",
        stamps="beginning of the interval",
        clock="in the file",
        units="those of the package",
        wind="in the file",
        text_reader="own.read_own_csv",
        netcdf_reader="own.read_own_netcdf",
        detector=lambda lines: lines.first.startswith("# altay_energy weather"),
    ),
    "csv": Format(
        title="CSV",
        found_by="anything else",
        stamps="declared: `begin`, `middle` or `end`",
        clock="offset in the stamps, or declared",
        units="declared",
        wind="declared",
        text_reader="csv.read_csv_text",
    ),
}
"""Formats by the value of ``format`` in a scenario."""


def formats_table() -> str:
    """The table of formats as Markdown, as the documentation shows it.

    Returns
    -------
    str
    """
    rows = [
        "| `format` | content | detected by | a stamp means | clock | units | wind |",
        "|---" * 7 + "|",
    ]
    rows += [
        f"| `{name}` | {one.title} | {one.found_by} | {one.stamps} | {one.clock} | {one.units} | "
        f"{one.wind} |"
        for name, one in FORMATS.items()
    ]
    return "\n".join(rows)


def reader(name: str) -> Callable[[Any, Any], WeatherFile]:
    """The function of a ``text_reader`` or ``netcdf_reader``; its module is loaded only now.

    Parameters
    ----------
    name : str
        ``module.function`` or ``folder.module.function`` in this folder.

    Returns
    -------
    callable
    """
    module, _, function = name.rpartition(".")
    found: Callable[[Any, Any], WeatherFile] = getattr(
        import_module(f"{__package__}.{module}"), function
    )
    return found


def detect_format(text: str) -> str:
    """Format of a text file by its first lines.

    Parameters
    ----------
    text : str
        Content.

    Returns
    -------
    str
        A name of ``FORMATS``; ``csv`` if it is none of the others, ``json`` for a list in JSON,
        which no format here is.
    """
    begin = text[:20_000].lstrip()
    first, second, third, fourth, fifth = [*begin.split("\n", 5), *[""] * 5][:5]
    lines = Lines(first, second, third, fourth, fifth, text[:2000])
    if lines.first.startswith("["):
        return "json"
    for name, known in FORMATS.items():
        if known.detector is not None and known.detector(lines):
            return name
    return "csv"
