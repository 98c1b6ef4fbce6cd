"""The one table of weather formats: how each is recognised, read, and what its stamps mean.

The one table of formats: how each is recognised, and what its stamps, clock and wind mean.

Weather files of every format to a ``WeatherFile``: which reader a file is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.inputs import keeping, read_bytes
from altay_energy.core.files.textfile import Text, read_text
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.odd_values import settle
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.prepare.joined import joined


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


_READERS: Mapping[str, str] = {
    "epw": "typical_year.read_epw",
    "tmy2": "typical_year.read_tmy2",
    "tmy3": "typical_year.read_tmy3",
    "nsrdb": "typical_year.read_nsrdb",
    "pvgis": "pvgis.read_pvgis",
    "nasa_power": "nasa_power.read_nasa_power",
    "srw": "srw.read_srw",
    "altay": "own.read_own_csv",
    "csv": "csv.read_csv_text",
}
"""Module and function by format; netCDF has its own door."""

_NETCDF = ("era5", "merra2")
_SIGNATURES = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
_ZIP = b"PK\x03\x04"
_FOR_CSV = {
    *("stamp", "columns", "units", "time", "time_format", "decimal", "sort", "wind_only"),
    *("header_line", "separator"),
}
_TMY2_FIRST = re.compile(r"\s*\d{5}\s+\S.*\s[NS]\s+\d{1,2}\s+\d{1,2}\s+[EW]\s+\d{1,3}\s+\d{1,2}\s")


def read_weather(
    path: Path | str | Sequence[Path | str],
    spec: WeatherFileSpec | None = None,
    *,
    whole: bool = True,
) -> WeatherFile:
    """Read a weather file of any known format; ``formats.known`` says what each means.

    Parameters
    ----------
    path : Path or str, or a sequence of them
        The file. Several are read as one: the parts into which a provider splits a download
        (netCDF), or files of one place that follow each other in time. A zip archive stands for
        the netCDF files in it.
    spec : WeatherFileSpec, optional
        What the file cannot say itself (CSV), and what is to be taken instead of what it says.
    whole : bool
        Whether a file that lacks what a run needs is refused. Otherwise it is given as it is,
        with what it lacks in ``wants``.

    Returns
    -------
    WeatherFile
        Complete, and settled as ``checks.settle`` does.

    Raises
    ------
    WeatherError
        With file, line, what stands there, what is expected and how to mend it.
    """
    paths = [Path(path)] if isinstance(path, Path | str) else [Path(one) for one in path]
    if not paths:
        raise WeatherError("no weather file is named; expected at least one")
    spec = WeatherFileSpec(file=paths[0].name) if spec is None else spec
    with keeping():  # each file is read once, however often it is looked at
        if all(_is_netcdf(one) for one in paths):
            file = _read_netcdf(paths, spec)
        else:
            file = joined([_read_one(one, spec) for one in paths])
    file = settle(replace(file, odd_value_share=spec.odd_value_share))
    if whole and file.wants:
        raise WeatherError("; ".join(file.wants))
    return file


def _read_one(path: Path, spec: WeatherFileSpec) -> WeatherFile:
    if _is_netcdf(path):
        return _read_netcdf([path], spec)
    text = read_text(path, encoding=spec.encoding)
    kind = detect_format(text.text) if spec.format == "auto" else spec.format
    if kind in _NETCDF:
        raise WeatherError(f"{path.name}: is text, but {kind.upper()} comes as netCDF")
    if kind == "json":
        raise WeatherError(
            f"{path.name}: is a list in JSON, which no weather format here is; PVGIS and NASA "
            "POWER write an object with a header, so get the file as the provider gives it, or CSV"
        )
    if kind != "csv":
        _refuse_csv_keys(text.name, kind.upper(), spec)
    module, function = _READERS[kind].split(".")
    reader: Callable[[Text, WeatherFileSpec], WeatherFile] = getattr(
        import_module(f"altay_energy.weather.formats.{module}"), function
    )
    return reader(text, spec)


def _read_netcdf(paths: Sequence[Path], spec: WeatherFileSpec) -> WeatherFile:
    _refuse_csv_keys(paths[0].name, "netCDF", spec)
    from altay_energy.weather.formats.netcdf import read_netcdf

    return read_netcdf(paths, spec)


def _refuse_csv_keys(name: str, kind: str, spec: WeatherFileSpec) -> None:
    odd = _FOR_CSV & spec.model_fields_set
    if odd:
        raise WeatherError(
            f"{name}: {', '.join(sorted(odd))} can be declared for CSV only; "
            f"this is {kind}, which says so itself"
        )


def _is_netcdf(path: Path) -> bool:
    """Whether it is netCDF, or a zip archive of it."""
    raw = read_bytes(path)
    if raw.startswith(_ZIP):
        from altay_energy.weather.formats.netcdf import netcdf_members

        return bool(netcdf_members(path.name, raw))
    return raw.startswith(_SIGNATURES)


def detect_format(text: str) -> str:
    """Format of a weather file by its first lines.

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
    first, second, third, fourth, fifth = [*text[:20_000].lstrip().split("\n", 5), *[""] * 5][:5]
    if first.startswith("LOCATION,"):
        return "epw"
    if "Date (MM/DD/YYYY)" in second:
        return "tmy3"
    if third.startswith("Year,Month,Day,Hour"):
        return "nsrdb"
    if first.startswith("# altay_energy weather"):
        return "altay"
    if first.startswith(("-BEGIN HEADER-", '"-BEGIN HEADER-')):
        return "nasa_power"
    if first.startswith("["):
        return "json"
    if first.startswith("{"):
        return "nasa_power" if '"Feature"' in text[:2000] or '"parameter"' in text else "pvgis"
    if first.lower().startswith("latitude (decimal degrees):"):
        return "pvgis"
    if "speed" in third.lower().split(",") and _are_numbers(fifth) and "m/s" in fourth.lower():
        return "srw"
    if _TMY2_FIRST.match(first):
        return "tmy2"
    return "csv"


def _are_numbers(line: str) -> bool:
    return all(cell.strip().replace(".", "", 1).isdigit() for cell in line.strip().split(","))
