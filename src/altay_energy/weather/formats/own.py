"""Self-describing netCDF and CSV of ``weather convert``: writers and readers."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.cells import numbers, stamps
from altay_energy.core.files.csvfile import NOTHING_DECLARED, parse_table
from altay_energy.core.files.netcdf_bytes import write_netcdf4
from altay_energy.core.files.textfile import Text, parse_toml
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.weather.files.assemble import Header, assemble
from altay_energy.weather.files.file import RAW_UNITS, WIND, WeatherFile, clock_name
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.formats.grid.netcdf import Point

if TYPE_CHECKING:
    import xarray as xr

MARK = "altay_energy weather 1"
"""First line of the CSV and attribute ``format`` of the netCDF."""


class _About(BaseModel):
    """Header of the series; checked, since the file is not trusted."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    place: str = Field(max_length=300)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    elevation_m: float | None = Field(None, ge=-430, le=9000)
    utc_offset_hours: float = Field(ge=-12, le=14)
    wind_height_m: float = Field(gt=0, le=300)
    wind_second_height_m: float | None = Field(None, gt=0, le=300)
    typical: bool
    source_format: str = Field("", max_length=30)
    notices: str = Field("", max_length=20_000)


def write_own(file: WeatherFile, path: Path) -> None:
    """Write a weather file so that reading it gives the same series.

    Parameters
    ----------
    file : WeatherFile
    path : Path
        Ends in ``.nc`` (exact) or ``.csv`` (nine digits).

    Raises
    ------
    WeatherError
        If the name ends in anything else.
    """
    if path.suffix == ".nc":
        write_netcdf4(_dataset(file), path, {})
    elif path.suffix == ".csv":
        path.write_text(_csv(file), encoding="utf-8", newline="\n")
    else:
        raise WeatherError(f"{path.name}: ends in {path.suffix!r}; expected .nc or .csv")


def _about(file: WeatherFile) -> dict[str, Any]:
    about = {
        "place": file.place,
        "latitude": file.latitude,
        "longitude": file.longitude,
        "elevation_m": file.elevation_m,
        "utc_offset_hours": file.utc_offset_hours,
        "wind_height_m": file.wind_height_m,
        "wind_second_height_m": file.wind_second_height_m,
        "typical": file.typical,
        "source": file.name,
        "source_format": file.format,
        "source_sha256": file.sha256,
        "notices": "\n".join(file.notices),
    }
    return {key: value for key, value in about.items() if value is not None}


def _dataset(file: WeatherFile) -> xr.Dataset:
    import xarray as xr

    about = {k: int(v) if isinstance(v, bool) else v for k, v in _about(file).items()}
    return xr.Dataset(
        {
            name: ("time", values, {"units": RAW_UNITS[name]})
            for name, values in file.series.items()
        },
        coords={"time": ("time", file.times.astype("datetime64[ns]"))},
        attrs={
            "format": MARK,
            "Conventions": "CF-1.8",
            "comment": "a time is the beginning of its interval, UTC",
            **about,
        },
    )


def _csv(file: WeatherFile) -> str:
    import tomli_w

    header = "".join(f"# {line}\n" for line in tomli_w.dumps(_about(file)).splitlines() if line)
    out = io.StringIO()
    out.write(f"# {MARK}: a time is the beginning of its interval\n{header}")
    out.write(",".join(["time", *file.series]) + "\n")
    minutes = round(60 * file.utc_offset_hours)
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    stamps = np.datetime_as_string(file.local, unit="s")
    for k, stamp in enumerate(stamps):
        cells = (f"{values[k]:.9g}" for values in file.series.values())
        out.write(f"{stamp}{zone},{','.join(cells)}\n")
    return out.getvalue()


def read_own_csv(text: Text, spec: WeatherFileSpec) -> WeatherFile:
    """A CSV file as ``weather convert`` writes it.

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
        With file, line, column, content and remedy.
    """
    lines = text.text.replace("\r\n", "\n").split("\n")
    count = next((k for k, line in enumerate(lines) if not line.startswith("#")), len(lines))
    about = parse_toml(
        "\n".join(line[1:].strip() for line in lines[1:count]),
        f"{text.name}: the header after # (convert the file again)",
    )
    body = "\n" * count + "\n".join(lines[count:])
    if not body.strip():
        raise WeatherError(f"{text.name}: ends after its header; is it cut off?")
    table = parse_table(Text(text.name, body, text.sha256))
    known = [name for name in table.header if name in RAW_UNITS]
    utc, _, _ = stamps(table, NOTHING_DECLARED)
    found = {name: numbers(table, name) for name in known}
    return _assembled(text, spec, about, utc, found, int(table.lines[0]))


def read_own_netcdf(point: Point, spec: WeatherFileSpec) -> WeatherFile:
    """A netCDF file as ``weather convert`` writes it.

    Parameters
    ----------
    point : Point
    spec : WeatherFileSpec

    Returns
    -------
    WeatherFile

    Raises
    ------
    WeatherError
        If attributes or series are missing or in other units.
    """
    found = {name: point.values(name, unit) for name, unit in RAW_UNITS.items() if point.has(name)}
    about = {
        str(key): value.item() if isinstance(value, np.generic) else value
        for key, value in point.attributes.items()
    }
    return _assembled(point.text, spec, about, point.times, found, 0)


def _assembled(
    text: Text,
    spec: WeatherFileSpec,
    given: Mapping[str, Any],
    utc: Times,
    found: Mapping[str, Array],
    first_line: int,
) -> WeatherFile:
    try:
        about = _About.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        said = "is missing" if first["type"] == "missing" else f"cannot be {first['input']!r:.80}"
        raise WeatherError(f"{text.name}: {key} of its header {said}; convert it again") from None
    # The clock of the stamps; a declared one may override it, as for every file.
    local = utc + np.timedelta64(round(3600 * about.utc_offset_hours), "s")
    header = Header(
        kind="altay",
        place=about.place,
        location=(about.latitude, about.longitude, about.elevation_m),
        utc_offset_hours=about.utc_offset_hours,
        wind_height_m=about.wind_height_m,
        wind_second_height_m=about.wind_second_height_m,
        typical=about.typical,
        notices=(
            f"converted from {about.source_format or 'another format'} "
            f"({clock_name(about.utc_offset_hours)})",
            *(line for line in about.notices.split("\n") if line.strip()),
        ),
        first_line=first_line,
    )
    required = WIND[:1] if not set(found) - set(WIND) else None
    if required is None:
        return assemble(text, spec, header, local, found)
    return assemble(text, spec, header, local, found, required=required)
