"""Weather files of every format to a ``WeatherFile``: which reader a file is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from altay_energy.errors import WeatherError
from altay_energy.weather.file import WeatherFile
from altay_energy.weather.spec import WeatherFileSpec
from altay_energy.weather.text import Text, read_text

_READERS: Mapping[str, str] = {
    "epw": "epw.read_epw",
    "tmy2": "tmy.read_tmy2",
    "tmy3": "tmy.read_tmy3",
    "nsrdb": "nsrdb.read_nsrdb",
    "pvgis": "pvgis.read_pvgis",
    "nasa_power": "nasa_power.read_nasa_power",
    "srw": "srw.read_srw",
    "altay": "own.read_own_csv",
    "csv": "columns.read_csv_text",
}
"""Module and function by format; netCDF has its own door."""

_NETCDF = ("era5", "merra2")
_SIGNATURES = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
_FOR_CSV = {
    *("stamp", "columns", "units", "time", "time_format", "decimal", "sort", "wind_only"),
    *("header_line", "separator"),
}
_TMY2_FIRST = re.compile(r"\s*\d{5}\s+\S.*\s[NS]\s+\d{1,2}\s+\d{1,2}\s+[EW]\s+\d{1,3}\s+\d{1,2}\s")


def read_weather(path: Path | str, spec: WeatherFileSpec | None = None) -> WeatherFile:
    """Read a weather file of any known format; ``formats.known`` says what each means.

    Parameters
    ----------
    path : Path or str
        The file.
    spec : WeatherFileSpec, optional
        What the file cannot say itself (CSV), and what is to be taken instead of what it says.

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        With file, line, what stands there, what is expected and how to mend it.
    """
    path = Path(path)
    spec = WeatherFileSpec(file=path.name) if spec is None else spec
    if _is_netcdf(path):
        _refuse_csv_keys(path.name, "netCDF", spec)
        from altay_energy.weather.formats.netcdf import read_netcdf

        return read_netcdf(path, spec)
    text = read_text(path, encoding=spec.encoding)
    kind = detect_format(text.text) if spec.format == "auto" else spec.format
    if kind in _NETCDF:
        raise WeatherError(f"{path.name}: is text, but {kind.upper()} comes as netCDF")
    if kind != "csv":
        _refuse_csv_keys(text.name, kind.upper(), spec)
    module, function = _READERS[kind].split(".")
    reader: Callable[[Text, WeatherFileSpec], WeatherFile] = getattr(
        import_module(f"altay_energy.weather.formats.{module}"), function
    )
    return reader(text, spec)


def _refuse_csv_keys(name: str, kind: str, spec: WeatherFileSpec) -> None:
    odd = _FOR_CSV & spec.model_fields_set
    if odd:
        raise WeatherError(
            f"{name}: {', '.join(sorted(odd))} can be declared for CSV only; "
            f"this is {kind}, which says so itself"
        )


def _is_netcdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(_SIGNATURES)
    except (OSError, ValueError):  # read_text says what is wrong with it
        return False


def detect_format(text: str) -> str:
    """Format of a weather file by its first lines.

    Parameters
    ----------
    text : str
        Content.

    Returns
    -------
    str
        A name of ``FORMATS``; ``csv`` if it is none of the others.
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
