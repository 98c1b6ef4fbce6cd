"""Weather files of any known format, read to a ``WeatherFile``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.inputs import keeping, read_bytes
from altay_energy.core.files.textfile import read_text
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.odd_values import settle
from altay_energy.weather.files.spec import CSV_KEYS, WeatherFileSpec
from altay_energy.weather.formats.registry import FORMATS, detect_format, reader
from altay_energy.weather.prepare.joined import joined

_SIGNATURES = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
_ZIP = b"PK\x03\x04"


def read_weather(
    path: Path | str | Sequence[Path | str],
    spec: WeatherFileSpec | None = None,
    *,
    whole: bool = True,
) -> WeatherFile:
    """Read a weather file of any known format; see ``formats.registry``.

    Parameters
    ----------
    path : Path or str, or a sequence of them
        The file. Several are read as one: the parts into which a provider splits a download
        (netCDF), or files of one place that follow each other in time. A zip archive stands for
        the netCDF files in it.
    spec : WeatherFileSpec, optional
        Properties that the file does not give (CSV), and overrides of those that it gives.
    whole : bool
        Whether a file that lacks what a run needs is refused. Otherwise it is given as it is,
        with what it lacks in ``wants``.

    Returns
    -------
    WeatherFile
        Complete, after the policies of ``odd_values.settle``.

    Raises
    ------
    WeatherError
        With file, line, content, what is expected and the remedy.
    """
    paths = [Path(path)] if isinstance(path, Path | str) else [Path(one) for one in path]
    if not paths:
        raise WeatherError("no weather file is named; expected at least one")
    spec = WeatherFileSpec(file=paths[0].name) if spec is None else spec
    with keeping():  # each file is read once
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
    if kind == "json":
        raise WeatherError(
            f"{path.name}: is a list in JSON, which no weather format here is; PVGIS and NASA "
            "POWER write an object with a header, so get the file as the provider gives it, or CSV"
        )
    known = FORMATS[kind]
    if not known.text_reader:
        raise WeatherError(f"{path.name}: is text, but {kind.upper()} comes as netCDF")
    if kind != "csv":
        _refuse_csv_keys(text.name, kind.upper(), spec)
    return reader(known.text_reader)(text, spec)


def _read_netcdf(paths: Sequence[Path], spec: WeatherFileSpec) -> WeatherFile:
    _refuse_csv_keys(paths[0].name, "netCDF", spec)
    from altay_energy.weather.formats.grid.netcdf import opened_files

    with opened_files(paths) as files:
        kind = files.format if spec.format == "auto" else spec.format
        name = FORMATS[kind].netcdf_reader
        if not name:
            raise WeatherError(
                f"{files.text.name}: is netCDF, but format = {spec.format!r} is text"
            )
        return joined([reader(name)(point, spec) for point in files.points(kind, spec)])


def _refuse_csv_keys(name: str, kind: str, spec: WeatherFileSpec) -> None:
    odd = CSV_KEYS & spec.model_fields_set
    if odd:
        raise WeatherError(
            f"{name}: {', '.join(sorted(odd))} can be declared for CSV only; "
            f"this is {kind}, which says so itself"
        )


def _is_netcdf(path: Path) -> bool:
    """Whether it is netCDF, or a zip archive of it."""
    raw = read_bytes(path)
    if raw.startswith(_ZIP):
        from altay_energy.weather.formats.grid.netcdf import netcdf_members

        return bool(netcdf_members(path.name, raw))
    return raw.startswith(_SIGNATURES)
