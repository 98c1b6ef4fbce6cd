"""netCDF files of one point or a small grid: checked when opened, then recognised."""

from __future__ import annotations

import hashlib
import io
import math
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.files import inputs
from altay_energy.core.files.inputs import read_bytes
from altay_energy.core.files.textfile import Text, library_said
from altay_energy.core.stamps import check_order
from altay_energy.core.timeline import Times
from altay_energy.core.units import Array
from altay_energy.core.wording import stamp
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.formats.registry import FORMATS

if TYPE_CHECKING:
    import h5py
    import xarray as xr

MAX_VALUES = 10_000_000
"""Most values of a variable that are unpacked: a century of hours at ten grid points."""

MAX_OBJECTS = 10_000
"""Most variables and groups of a file."""

MAX_PARTS = 1000
"""Most files in one zip archive: some years of days."""

ZIP = b"PK\x03\x04"

SAME_DEG = 1e-3
"""Tolerance of the coordinates of one grid point in the parts of a download. [°]"""

TIME_NAMES = ("valid_time", "time")
LATITUDE_NAMES = ("latitude", "lat")
LONGITUDE_NAMES = ("longitude", "lon")
VERSION_NAMES = ("expver",)

FAR_DEG = 1.0
"""Largest distance of a declared place from the nearest grid point. [°]"""


@dataclass(frozen=True)
class _Part:
    """Variables of one grid point in one file, read on demand.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    dataset : xarray.Dataset
        Open.
    times : ndarray of datetime64[s], shape (N,)
    latitude, longitude : float or None
        [°]
    index : mapping of str to int
        Position along each dimension of place.
    time : str
        Name of the dimension of time.
    notices : tuple of str
    """

    name: str
    dataset: xr.Dataset
    times: Times
    latitude: float | None
    longitude: float | None
    index: Mapping[str, int]
    time: str
    notices: tuple[str, ...]

    def has(self, name: str) -> bool:
        """Whether a variable of time is there."""
        return name in self.dataset and self.time in self.dataset[name].dims

    def values(self, name: str, unit: str) -> Array:
        """A variable over time, NaN where it has its fill value, shape (N,).

        Parameters
        ----------
        name : str
        unit : str
            Allowed units, separated by ``|``; a variable without units is accepted.

        Returns
        -------
        ndarray, shape (N,)

        Raises
        ------
        WeatherError
            If it is in another unit, too large, or has dimensions of another kind.
        """
        variable = self.dataset[name]
        given = str(variable.attrs.get("units", "")).strip()
        if given and _plain(given) not in {_plain(one) for one in unit.split("|")}:
            raise WeatherError(
                f"{self.name}: variable {name} is in {given!r}, expected "
                f"{unit.replace('|', ' or ')}; get it as the provider writes it, or convert it"
            )
        if variable.size > MAX_VALUES:
            raise WeatherError(
                f"{self.name}: variable {name} has {variable.size} values, more than "
                f"{MAX_VALUES}; get one point instead of a map"
            )
        at = {dimension: k for dimension, k in self.index.items() if dimension in variable.dims}
        variable = variable.isel(at)
        versions = [dimension for dimension in VERSION_NAMES if dimension in variable.dims]
        rest = set(variable.dims) - {self.time, *versions}
        if rest:
            sizes = ", ".join(f"{d} = {variable.sizes[d]}" for d in sorted(map(str, rest)))
            raise WeatherError(
                f"{self.name}: variable {name} has dimensions beside time and place: {sizes}; "
                "choose one of each"
            )
        raw = np.asarray(variable.transpose(self.time, *versions).values, dtype=np.float64)
        if versions:  # final and preliminary values are side by side: each hour is in one of them
            rows = np.arange(raw.shape[0])
            raw = raw[rows, np.argmax(np.isfinite(raw), axis=1)]
        return np.where(np.isfinite(raw) & (np.abs(raw) < 1e14), raw, np.nan)


@dataclass(frozen=True)
class Point:
    """Variables of one grid point, from one file or from several that belong together.

    Parameters
    ----------
    text : Text
        Name and hash of the files.
    parts : tuple of _Part
        A provider may split a download by kind of variable, by collection or by time.
    times : ndarray of datetime64[s], shape (N,)
        All instants of all parts.
    """

    text: Text
    parts: tuple[_Part, ...]
    times: Times

    @property
    def latitude(self) -> float | None:
        """North. [°]"""
        return self.parts[0].latitude

    @property
    def longitude(self) -> float | None:
        """East. [°]"""
        return self.parts[0].longitude

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices for readers of the results, each once."""
        return tuple(dict.fromkeys(text for part in self.parts for text in part.notices))

    @property
    def attributes(self) -> Mapping[Any, Any]:
        """Attributes of the first part."""
        return self.parts[0].dataset.attrs

    def has(self, name: str) -> bool:
        """Whether a variable of time is there."""
        return any(part.has(name) for part in self.parts)

    def values(self, name: str, unit: str) -> Array:
        """A variable over time, NaN where it has no value, shape (N,).

        Parameters
        ----------
        name : str
        unit : str
            Allowed units, separated by ``|``; a variable without units is accepted.

        Returns
        -------
        ndarray, shape (N,)

        Raises
        ------
        WeatherError
            If it is in another unit, too large, has dimensions of another kind, or two parts
            give one instant different values.
        """
        if len(self.parts) == 1:
            return self.parts[0].values(name, unit)
        result = np.full(self.times.shape, np.nan)
        for part in self.parts:
            if not part.has(name):
                continue
            values = part.values(name, unit)
            at = np.searchsorted(self.times, part.times)
            known, new = np.isfinite(result[at]), np.isfinite(values)
            clash = known & new & (result[at] != values)
            if clash.any():
                when = stamp(part.times[np.argmax(clash)])
                raise WeatherError(
                    f"{self.text.name}: {name} at {when} UTC is not the same in {part.name} as in "
                    "another part; give the files of one download"
                )
            result[at[new]] = values[new]
        return result


@dataclass(frozen=True)
class OpenFiles:
    """Open netCDF files that are read together.

    Parameters
    ----------
    text : Text
        Names and hash of the files.
    sources : list of tuple of str and bytes
        Name and content of each.
    datasets : list of xarray.Dataset
        Open, one a source.
    """

    text: Text
    sources: list[tuple[str, bytes]]
    datasets: list[xr.Dataset]

    @property
    def format(self) -> str:
        """Name of the format by attribute or variables.

        Raises
        ------
        WeatherError
            If it is none of ``FORMATS``.
        """
        if str(self.datasets[0].attrs.get("format", "")).startswith("altay_energy weather"):
            return "altay"
        held = [str(variable) for dataset in self.datasets for variable in dataset]
        providers = {name: one for name, one in FORMATS.items() if one.variables}
        for name, one in providers.items():
            if set(one.variables) & set(held):
                return name
        known = ", ".join(
            f"{one.title.split()[0]} ({', '.join(one.variables)})" for one in providers.values()
        )
        raise WeatherError(
            f"{self.text.name}: is netCDF, but neither {known} nor written by weather convert; it "
            f"holds {', '.join(held[:8]) or 'no variable'}"
        )

    def points(self, kind: str, spec: WeatherFileSpec) -> list[Point]:
        """Input of the reader of a format: one point, or one for each file of ``weather convert``.

        Parameters
        ----------
        kind : str
            A name of ``FORMATS``.
        spec : WeatherFileSpec

        Returns
        -------
        list of Point

        Raises
        ------
        WeatherError
            If a file holds a map instead of a point, or the parts differ in place.
        """
        sources, datasets = self.sources, self.datasets
        if FORMATS[kind].variables:  # a file of the elevation alone is no part
            over_time = [k for k, one in enumerate(datasets) if not _is_constant(one)] or [0]
            sources = [sources[k] for k in over_time]
            datasets = [datasets[k] for k in over_time]
        parts = [
            _part(name, dataset, spec) for (name, _), dataset in zip(sources, datasets, strict=True)
        ]
        if FORMATS[kind].variables:
            return [_point(self.text, parts)]
        texts = [Text(name, "", hashlib.sha256(raw).hexdigest()) for name, raw in sources]
        return [Point(text, (part,), part.times) for text, part in zip(texts, parts, strict=True)]


@contextmanager
def opened_files(paths: Sequence[Path]) -> Iterator[OpenFiles]:
    """Open the parts of one download, or files that follow each other.

    Parameters
    ----------
    paths : sequence of Path
        A zip stands for the netCDF files in it.

    Yields
    ------
    OpenFiles

    Raises
    ------
    WeatherError
        If a file is broken or cut off.
    """
    advice = "get one point and the period that the run needs"
    contents = [(path, read_bytes(path, advice=advice)) for path in paths]
    named = [Text(path.name, "", hashlib.sha256(raw).hexdigest()) for path, raw in contents]
    sources = [source for path, raw in contents for source in _sources(path, raw)]
    with ExitStack() as stack:
        datasets = [stack.enter_context(_opened(name, source)) for name, source in sources]
        yield OpenFiles(together(named), sources, datasets)


def _is_constant(dataset: xr.Dataset) -> bool:
    """Whether it has no variable over time, as a file of the elevation."""
    return not set(TIME_NAMES) & set(map(str, dataset.dims))


def _sources(path: Path, raw: bytes) -> list[tuple[str, bytes]]:
    """Name and content of each netCDF file in a file."""
    if not raw.startswith(ZIP):
        return [(path.name, raw)]
    found = []
    for member in netcdf_members(path.name, raw):
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(member) as file:
                content = file.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            content = b""
        if not content or len(content) != member.file_size:
            raise WeatherError(
                f"{path.name}: {member.filename!r} in it is broken; is the download complete?"
            )
        found.append((f"{path.name}/{Path(member.filename).name}", content))
    return found


def netcdf_members(name: str, raw: bytes) -> list[zipfile.ZipInfo]:
    """The netCDF files in a zip archive, by their names; empty if it is another kind of archive.

    Parameters
    ----------
    name : str
        Of the file.
    raw : bytes
        Its content, which begins as a zip does.

    Returns
    -------
    list of ZipInfo

    Raises
    ------
    WeatherError
        If it is broken, or too large when unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [one for one in archive.infolist() if one.filename.lower().endswith(".nc")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        if b".nc" not in raw:  # no name of a netCDF file: it is another kind of archive
            return []
        raise WeatherError(
            f"{name}: cannot be read as a zip archive: {problem}; is the download complete?"
        ) from None
    size = sum(member.file_size for member in members)
    if len(members) > MAX_PARTS or size > inputs.MAX_BYTES:
        raise WeatherError(
            f"{name}: holds {len(members)} netCDF files of {size / 1e6:.0f} MB together, more "
            f"than the {MAX_PARTS} files and {inputs.MAX_BYTES / 1e6:.0f} MB that are read at "
            "once; get one point and the period that the run needs"
        )
    return members


@contextmanager
def _opened(name: str, raw: bytes) -> Iterator[xr.Dataset]:
    """Open the dataset; errors of the libraries on a broken file become ours."""
    import h5py
    import xarray as xr

    try:
        engine = "scipy" if raw.startswith(b"CDF") else "h5netcdf"
        if engine == "h5netcdf":
            # xarray prints a traceback when it closes a file that it could not open, so HDF5 is
            # tried first.
            with h5py.File(io.BytesIO(raw), "r") as file5:
                _refuse_other_files(name, file5)
                _check_lengths(name, file5)
        with warnings.catch_warnings():
            # On dimensions without names and odd attributes: what is needed is checked below.
            warnings.simplefilter("ignore")
            found = xr.open_dataset(io.BytesIO(raw), engine=engine, decode_timedelta=False)
        with found as dataset:
            yield dataset
    except WeatherError:
        raise
    except Exception as problem:  # HDF5 and zlib raise various errors on flipped bytes
        raise WeatherError(
            f"{name}: cannot be read as netCDF: {library_said(problem)}; is the download complete?"
        ) from None


def _refuse_other_files(name: str, file5: h5py.File) -> None:
    """Raise for a file whose values are in another one, before any value is read.

    HDF5 follows an external link, external storage and a virtual dataset to any file that the
    process may read. No provider's file has them, and a data file must not choose which other
    files are read.
    """
    import h5py

    groups: list[h5py.Group] = [file5]
    seen: set[int] = set()
    while groups:
        group = groups.pop()
        for key in group:
            kind = group.get(key, getlink=True)
            if isinstance(kind, h5py.ExternalLink):
                raise _elsewhere(name, key, "an external link")
            if not isinstance(kind, h5py.HardLink):
                continue  # a soft link leads to a name in this file, which is checked itself
            found = h5py.h5o.open(group.id, key.encode())
            address = h5py.h5o.get_info(found).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS:
                raise WeatherError(
                    f"{name}: holds more than {MAX_OBJECTS} variables and groups; "
                    "get one point with the variables that the run needs"
                )
            if isinstance(found, h5py.h5g.GroupID):
                groups.append(h5py.Group(found))
            elif isinstance(found, h5py.h5d.DatasetID):
                layout = found.get_create_plist()
                if layout.get_layout() == h5py.h5d.VIRTUAL:
                    raise _elsewhere(name, key, "a virtual dataset")
                if layout.get_external_count():
                    raise _elsewhere(name, key, "external storage")


def _elsewhere(name: str, key: str, how: str) -> WeatherError:
    return WeatherError(
        f"{name}: the values of {key!r} are in another file ({how}), which is never opened; "
        "write them into this file, as nccopy and weather convert do"
    )


def _check_lengths(name: str, file: Any) -> None:
    """Raise for coordinates that are too long, before any of them is unpacked.

    A file of some kilobytes may declare any length, and xarray reads coordinates at once.
    """
    coordinates = (*TIME_NAMES, *LATITUDE_NAMES, *LONGITUDE_NAMES)
    for key in sorted(file, key=lambda one: one not in coordinates):
        shape = getattr(file[key], "shape", None) or ()
        size = math.prod(shape)
        if size > MAX_VALUES and (len(shape) == 1 or key in coordinates):
            what = f"{size} times" if key in TIME_NAMES else f"{size} values of {key}"
            raise WeatherError(
                f"{name}: declares {what}, more than {MAX_VALUES}; get one point and the period "
                "that the run needs"
            )


def _part(file: str, dataset: xr.Dataset, spec: WeatherFileSpec) -> _Part:
    time = next((name for name in TIME_NAMES if name in dataset.dims), None)
    if time is None or time not in dataset.variables:
        raise WeatherError(
            f"{file}: has no dimension {' or '.join(TIME_NAMES)} with values; its dimensions "
            f"are {', '.join(map(str, dataset.dims)) or 'none'}"
        )
    if dataset.sizes[time] > MAX_VALUES:
        raise WeatherError(f"{file}: has {dataset.sizes[time]} times, more than {MAX_VALUES}")
    stamps = np.asarray(dataset[time].values)
    if not np.issubdtype(stamps.dtype, np.datetime64) or np.isnat(stamps).any():
        raise WeatherError(
            f"{file}: {time} holds no instants; expected units such as 'hours since "
            "1900-01-01' in its attributes"
        )
    times = (stamps + np.timedelta64(500, "ms")).astype("datetime64[s]")
    notices: list[str] = []
    index: dict[str, int] = {}
    found: list[float | None] = []
    for names, wanted, key in (
        (LATITUDE_NAMES, spec.latitude, "latitude"),
        (LONGITUDE_NAMES, spec.longitude, "longitude"),
    ):
        name = next((n for n in names if n in dataset.variables), None)
        if name is None:
            found.append(None)
            continue
        values = np.atleast_1d(np.asarray(dataset[name].values, dtype=np.float64))
        k = _nearest(file, key, values, wanted, notices)
        if dataset[name].ndim:
            index[str(dataset[name].dims[0])] = k
        found.append(
            float((values[k] + 180.0) % 360.0 - 180.0 if key == "longitude" else values[k])
        )
    for dimension in ("number", "realization"):
        if dataset.sizes.get(dimension) == 1:
            index[dimension] = 0
    return _Part(file, dataset, times, found[0], found[1], index, time, tuple(notices))


def _point(text: Text, parts: Sequence[_Part]) -> Point:
    """The parts as one point on one time axis."""
    first = parts[0]
    if len(parts) == 1:
        return Point(text, (first,), first.times)
    for part in parts:
        check_order(part.times, part.times, np.arange(part.times.size), part.name, WeatherError)
        for key in ("latitude", "longitude"):
            here, there = getattr(first, key), getattr(part, key)
            if not _same(here, there):
                raise WeatherError(
                    f"{text.name}: {key} is {here} in {first.name} and {there} in {part.name}; "
                    "give the parts of one point"
                )
    times = np.unique(np.concatenate([part.times for part in parts]))
    return Point(text, tuple(parts), times)


def _same(here: float | None, there: float | None) -> bool:
    if here is None or there is None:
        return here is there
    return abs(here - there) <= SAME_DEG


def together(texts: Sequence[Text]) -> Text:
    """Name and hash of files that are read as one.

    Parameters
    ----------
    texts : sequence of Text
        Of at least one file.

    Returns
    -------
    Text
        The file itself where there is one; else all names, and the hash of all hashes.
    """
    if len(texts) == 1:
        return texts[0]
    hashes = "".join(text.sha256 for text in texts)
    return Text(
        ", ".join(text.name for text in texts), "", hashlib.sha256(hashes.encode()).hexdigest()
    )


def _nearest(name: str, key: str, values: Array, wanted: float | None, notices: list[str]) -> int:
    """Position of the grid line; longitudes may run from 0 to 360, latitudes downward."""
    if values.size == 1:
        return 0
    if wanted is None:
        raise WeatherError(
            f"{name}: is a map of {values.size} {key}s from {values[0]:g} to {values[-1]:g}; "
            f"declare {key} for the file to take the nearest, or get one point"
        )
    apart = np.abs(values - wanted)
    if key == "longitude":
        apart = np.abs((values - wanted + 180.0) % 360.0 - 180.0)
    k = int(np.argmin(apart))
    if not apart[k] <= FAR_DEG:
        raise WeatherError(
            f"{name}: {key} = {wanted:g} lies outside its map, which runs from {values[0]:g} to "
            f"{values[-1]:g}"
        )
    notices.append(f"{key} {values[k]:g} of {values.size} in the file is the nearest to {wanted:g}")
    return k


def _plain(unit: str) -> str:
    return unit.replace("**", "").replace("^", "").replace(" ", "").replace("_", "").lower()


def speed_and_direction(east_m_s: Array, north_m_s: Array) -> tuple[Array, Array]:
    """Wind speed and direction (from which it blows) from components toward east and north.

    Parameters
    ----------
    east_m_s, north_m_s : ndarray, shape (...)
        [m s⁻¹]

    Returns
    -------
    speed_m_s, direction_deg : ndarray, shape (...)
        Clockwise from north, 0 to 360. [m s⁻¹], [°]
    """
    speed: Array = np.hypot(east_m_s, north_m_s)
    direction: Array = np.degrees(np.arctan2(-east_m_s, -north_m_s)) % 360.0
    return speed, direction
