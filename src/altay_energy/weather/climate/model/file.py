"""Climate tables as files: read and checked, and written from fits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from altay_energy.core.catalogue import package_toml
from altay_energy.core.errors import WeatherError
from altay_energy.core.files.inputs import read_bytes
from altay_energy.core.files.textfile import parse_toml
from altay_energy.core.wording import closest
from altay_energy.weather.climate.fit.station import Fit, FitYears
from altay_energy.weather.climate.model.noise import DAILY
from altay_energy.weather.climate.model.station import MONTHLY, MONTHS, PAIRS, SCALARS, SHAPES
from altay_energy.weather.climate.model.tables import SHIPPED, ClimateTables, tables_from
from altay_energy.weather.climate.statistics.statistics import solar_clock_hours
from altay_energy.weather.files.file import WeatherFile

SCHEMA_VERSION = 2
LARGEST_BYTES = 10_000_000
LARGEST_NUMBER = 1e7
MOST_POINTS = 200
PAIR_KEYS = tuple(f"{a}_{b}" for a, b in PAIRS)
STATION_PLACE = ("latitude", "longitude", "elevation_m", "wind_height_m")
STATION_TEXT = ("source", "files", "notes")
POINT_NUMBERS = (
    "latitude",
    "longitude",
    "elevation_m",
    "january_c",
    "july_c",
    "year_c",
    "precipitation_mm",
    "ghi_kwh_m2",
    "clearness_factor",
    "wind_full_load_hours",
    "wind_mean_m_s",
)
POINT_TEXT = ("name_zh", "basin", "wind_season", "wind_turbine")
TABLES = ("process", "stations", "points")
OPTIONAL_TABLES = ("lapse", "rain", "hub_wind", "wind_seasons")
LIMITS = {
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 180.0),
    "elevation_m": (-430.0, 8850.0),
    "wind_height_m": (0.1, 500.0),
    "utc_offset_hours": (-12.0, 14.0),
    "temperature_c": (-90.0, 60.0),
    "humidity_percent": (0.0, 100.0),
    "clearness_mean": (0.0, 1.5),
    "clearness_cap": (0.1, 1.5),
    "linke_turbidity": (1.0, 15.0),
    "wet_day_share": (0.0, 1.0),
}
"""Valid ranges of figures; standard deviations and shares are never negative."""
NOT_NEGATIVE = ("_std", "_std_k", "_std_percent", "_std_pa", "_share", "_hour_k", "wind_m_s", "_mm")
CORRELATIONS = (*PAIR_KEYS, "sky_lag1", "temperature_hour_lag1", "wind_hour_lag1")


def read_climate(path: Path | str) -> ClimateTables:
    """Climate tables from a file.

    Parameters
    ----------
    path : Path or str
        TOML, as ``altay-energy weather fit`` writes it.

    Returns
    -------
    ClimateTables

    Raises
    ------
    WeatherError
        If it is no table, or a figure is missing, misspelt, of the wrong
        length or out of range.
    """
    path = Path(path)
    raw = read_bytes(path, most=LARGEST_BYTES, advice="too large for a climate file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WeatherError(f"{path.name}: is not text in UTF-8") from error
    document = parse_toml(text, path.name)
    problems = list(_problems(document))
    if problems:
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise WeatherError(f"{path.name}: " + "; ".join(problems[:5]) + more)
    return tables_from(document, path.name)


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        yield f"schema_version = {version!r}, this version reads {SCHEMA_VERSION}"
        return
    known = ("schema_version", "utc_offset_hours", *TABLES, *OPTIONAL_TABLES)
    yield from _unknown(document, known, "")
    missing = [name for name in TABLES if not isinstance(document.get(name), Mapping)]
    if missing:
        yield f"holds no [{missing[0]}]"
        return
    yield from _number(document, "utc_offset_hours", "")
    for key in package_toml(SHIPPED)["process"]:
        yield from _number(document["process"], key, "process.")
    yield from _unknown(document["process"], tuple(package_toml(SHIPPED)["process"]), "process.")
    if not 1 <= len(document["points"]) <= MOST_POINTS:
        yield f"points: {len(document['points'])}, expected 1 to {MOST_POINTS}"
    for name, station in document["stations"].items():
        yield from _station_problems(f"stations.{name}", station)
    for name, point in document["points"].items():
        yield from _point_problems(f"points.{name}", point, document)


def _station_problems(where: str, station: Any) -> Iterator[str]:
    if not isinstance(station, Mapping):
        yield f"{where} is no table"
        return
    lists = (*MONTHLY, *PAIR_KEYS)
    yield from _unknown(
        station, (*STATION_PLACE, *STATION_TEXT, *lists, *SHAPES, *SCALARS, "lag1"), f"{where}."
    )
    for key in (*STATION_PLACE, *SCALARS):
        yield from _number(station, key, f"{where}.")
    for key in lists:
        yield from _numbers(station, key, (MONTHS,), where)
    for key, nodes in SHAPES.items():
        yield from _numbers(station, key, (MONTHS, nodes.size), where)
    yield from _numbers(station, "lag1", (len(DAILY), len(DAILY)), where)


def _point_problems(where: str, point: Any, document: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(point, Mapping):
        yield f"{where} is no table"
        return
    yield from _unknown(point, (*POINT_NUMBERS, *POINT_TEXT, "stations", "sources"), f"{where}.")
    for key in POINT_NUMBERS:
        if key in point or key in STATION_PLACE:
            yield from _number(point, key, f"{where}.")
    for key in POINT_TEXT:
        if not isinstance(point.get(key, ""), str):
            yield f"{where}.{key} is no text"
    sources = point.get("sources")
    if not isinstance(sources, Mapping) or not all(isinstance(v, str) for v in sources.values()):
        yield f"{where}.sources is missing: where each figure comes from, or assumed"
    weights = point.get("stations")
    if not isinstance(weights, Mapping) or not weights:
        yield f"{where}.stations is missing: the share of each station, as in {{ a = 1.0 }}"
        return
    strange = [name for name in weights if name not in document["stations"]]
    if strange:
        yield f"{where}.stations names {strange[0]}, of which there is no [stations.{strange[0]}]"
    shares = list(weights.values())
    if not all(_is_number(s) and s >= 0.0 for s in shares) or abs(sum(shares) - 1.0) > 1e-6:
        yield f"{where}.stations: shares must sum to 1"
    if "wind_mean_m_s" in point:
        seasons = document.get("wind_seasons")
        if not isinstance(document.get("hub_wind"), Mapping) or not isinstance(seasons, Mapping):
            yield f"{where}.wind_mean_m_s needs [hub_wind] and [wind_seasons]"
        elif point.get("wind_season") not in seasons:
            yield f"{where}.wind_season is none of {', '.join(seasons)}"


def _unknown(table: Mapping[str, Any], known: Sequence[str], where: str) -> Iterator[str]:
    for key in table:
        if key not in known:
            yield f"{where}{key} is no key here{closest(str(key), known)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _range(key: str) -> tuple[float, float]:
    if key in LIMITS:
        return LIMITS[key]
    if key in CORRELATIONS or key.endswith("_lag1"):
        return -1.0, 1.0
    if key.endswith(("_length_km", "_rise_m")):
        return 1e-3, LARGEST_NUMBER
    if key.endswith(NOT_NEGATIVE):
        return 0.0, LARGEST_NUMBER
    return -LARGEST_NUMBER, LARGEST_NUMBER


def _number(table: Mapping[str, Any], key: str, where: str) -> Iterator[str]:
    if key not in table:
        yield f"{where}{key} is missing"
        return
    low, high = _range(key)
    if isinstance(table[key], str) and where == "process.":
        return
    if not _is_number(table[key]) or not low <= table[key] <= high:
        yield f"{where}{key} = {table[key]!r}, expected a number from {low:g} to {high:g}"


def _numbers(
    table: Mapping[str, Any], key: str, shape: tuple[int, ...], where: str
) -> Iterator[str]:
    if key not in table:
        yield f"{where}.{key} is missing"
        return
    low, high = _range(key)
    try:
        values = np.array(table[key], dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != shape:
        yield f"{where}.{key}: expected numbers of shape {' by '.join(map(str, shape))}"
    elif not (np.isfinite(values).all() and (values >= low).all() and (values <= high).all()):
        yield f"{where}.{key}: expected numbers from {low:g} to {high:g}"


def climate_document(
    fits: Mapping[str, tuple[Fit, FitYears, Sequence[WeatherFile]]],
) -> dict[str, Any]:
    """Content of a climate file from fitted stations, each of them a point.

    Parameters
    ----------
    fits : mapping of str to (Fit, FitYears, files)
        By the name of the point.

    Returns
    -------
    dict
        Ready for ``climate_toml``; its clock is the whole-hour one nearest to the sun of their
        mean longitude.
    """
    angles = np.radians([years.longitude for _, years, _ in fits.values()])
    middle = float(np.degrees(np.angle(np.exp(1j * angles).sum())))
    return {
        "schema_version": SCHEMA_VERSION,
        "utc_offset_hours": float(solar_clock_hours(middle)),
        "process": dict(package_toml(SHIPPED)["process"]),
        "stations": {name: station_table(*parts) for name, parts in fits.items()},
        "points": {name: _point_table(name, years) for name, (_, years, _) in fits.items()},
    }


def station_table(fit: Fit, years: FitYears, files_: Sequence[WeatherFile]) -> dict[str, Any]:
    """One ``[stations.NAME]``: place, files, figures.

    Parameters
    ----------
    fit : Fit
    years : FitYears
    files_ : sequence of WeatherFile
        That were fitted.

    Returns
    -------
    dict
    """
    station = fit.station
    pairs = {f"{a}_{b}": station.correlation[:, DAILY.index(a), DAILY.index(b)] for a, b in PAIRS}
    return {
        "source": f"fitted to {years.record.years} year(s) of {years.name}",
        "files": [f"{f.name}, sha256 {f.sha256}, {f.span()}" for f in files_],
        "notes": list(fit.notices),
        "latitude": years.latitude,
        "longitude": years.longitude,
        "elevation_m": years.elevation_m,
        "wind_height_m": years.wind_height_m,
        **{key: station.monthly[key] for key in MONTHLY},
        **{key: station.scalars[key] for key in SCALARS},
        **pairs,
        "lag1": station.lag1,
        **{key: station.shapes[key] for key in SHAPES},
    }


def _point_table(name: str, years: FitYears) -> dict[str, Any]:
    rain = years.precipitation_mm is not None and bool(years.precipitation_mm.any())
    record = "as recorded"
    return {
        "latitude": years.latitude,
        "longitude": years.longitude,
        "elevation_m": years.elevation_m,
        "stations": {name: 1.0},
        "sources": {
            "position": record,
            "elevation": record,
            "temperature": record,
            "precipitation": record if rain else "assumed: not on record",
            "snow": "assumed: melt and density as in [process]",
            "sun": record,
            "wind": record,
        },
    }


def climate_toml(document: Mapping[str, Any]) -> str:
    """The document as TOML text, figures rounded.

    Parameters
    ----------
    document : mapping
        From ``climate_document``.

    Returns
    -------
    str
    """
    lines = [
        "# Climate fitted by `altay-energy weather fit`; keys are explained in docs/climate.md.",
        "",
    ]
    lines += [f"{k} = {_text(v)}" for k, v in document.items() if not isinstance(v, Mapping)]
    for kind in ("process", "stations", "points"):
        tables = document[kind]
        if kind == "process":
            lines += ["", "[process]", *table_lines(tables)]
            continue
        for name, table in tables.items():
            lines += ["", f"[{kind}.{_key(name)}]", *table_lines(table)]
    return "\n".join(lines) + "\n"


def table_lines(table: Mapping[str, Any]) -> list[str]:
    """``key = value`` lines of one table, matrices row by row.

    Parameters
    ----------
    table : mapping

    Returns
    -------
    list of str
    """
    return [f"{_key(key)} = {_text(value)}" for key, value in table.items()]


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else _text(name)


def _text(value: Any) -> str:
    if isinstance(value, str):
        escaped = "".join(
            f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else "\\" + c if c in '"\\' else c
            for c in value
        )
        return f'"{escaped}"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_text(v)}" for k, v in value.items()) + " }"
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        return "[" + ", ".join(_text(v) for v in value) + "]"
    if array.ndim == 0:
        return f"{float(array):.8g}"
    if array.ndim == 1:
        return "[" + ", ".join(_figure(float(v)) for v in array) + "]"
    return "[\n" + "".join(f"    {_text(row)},\n" for row in array) + "]"


def _figure(value: float) -> str:
    return f"{value:.5g}"
