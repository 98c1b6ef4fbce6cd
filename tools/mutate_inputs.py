"""Run mutated scenarios, series and weather files: balances close, or an `AltayError` is raised.

    python tools/mutate_inputs.py --count 1000 --seed 1
    python tools/mutate_inputs.py --count 5000 --seed 2 --kind weather --runs 0.05

Every mutant is a valid input of a few days with one to three changes: bytes flipped, lines cut,
doubled or swapped, values replaced by what people and machines write (nothing, NaN, 1e308, true,
a date, a number in quotes), keys dropped, doubled or misspelt, and values that are valid but
strange (a battery without energy, a limit of zero, a price below zero). It is loaded in this
process, and a share of what loads is run. Accepted is a result whose ledgers close (energy at the
bus, content of storages, water, figures finite and reconciled), or an `AltayError`. Everything else
is a finding: it is made as small as it gets and printed, one for each kind.

The same seed gives the same mutants. Exit status: 0 without a finding, else 1.
"""

from __future__ import annotations

import argparse
import copy
import functools
import io
import random
import re
import signal
import sys
import tempfile
import time
import tomllib
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

import altay_energy as ae
from altay_energy.run import climate_source
from altay_energy.run.portfolio import Run
from altay_energy.weather.files.file import RAW_UNITS, WeatherFile
from altay_energy.weather.formats.own import write_own

KINDS = ("scenario", "series", "weather")
SECONDS = 30
"""A mutant that takes longer hangs."""

MOST_HOURS = 96
"""Longer periods are cut, so that thousands of mutants run."""

Files = dict[str, bytes]


@dataclass(frozen=True)
class Mutant:
    """Files of a scenario, and what was changed in them.

    Parameters
    ----------
    files : dict of str to bytes
        ``s.toml`` and what it names.
    changes : tuple of str
        In words.
    """

    files: Files
    changes: tuple[str, ...]


@dataclass
class Finding:
    """What is neither a result that closes nor an error of ours.

    Parameters
    ----------
    kind : str
        Exception and place, or ledger: findings alike are counted, not repeated.
    text : str
        Traceback or ledger.
    mutant : Mutant
    count : int
    """

    kind: str
    text: str
    mutant: Mutant
    count: int = 1


@dataclass
class Tally:
    """What became of the mutants."""

    loaded: int = 0
    ran: int = 0
    refused: int = 0
    findings: dict[str, Finding] = field(default_factory=dict)


# --- sound inputs ---------------------------------------------------------------------------------

HEAD = """schema_version = 1
name = "base"
[time]
start = "2030-04-01T00:00"
hours = 24
[sites.jeminay]
latitude = 47.43
longitude = 85.87
elevation_m = 984
"""
PLANTS = """[wind.farm]
site = "jeminay"
capacity_mw = 100
wake_loss = 0.08
[solar.field]
site = "jeminay"
capacity_mw = 60
tilt_deg = 40
[battery.shed]
charge_mw = 10
discharge_mw = 10
energy_mwh = 20
charge_efficiency = 0.95
[load.mine]
profile = { file = "power.csv", column = "load" }
[load.town]
sector = "mining"
annual_mwh = 100_000
[grid]
import_limit_mw = 50
export_limit_mw = 30
import_price_cny_mwh = { file = "power.csv", column = "price" }
export_price_cny_mwh = 250
"""
WATER = """[hydro.dam]
profile = { file = "power.csv", column = "share" }
capacity_mw = 20
[thermal.chp]
capacity_mw = 40
fuel_cost_cny_mwh = 300
[pumped_storage.upper]
pump_mw = 30
turbine_mw = 30
energy_mwh = 150
pump_efficiency = 0.87
turbine_efficiency = 0.87
[hydrogen.tank]
electrolyser_mw = 10
compressor_mw = 0.4
fuel_cell_mw = 5
energy_mwh = 900
[load.heat]
profile = 30
flexible_share = 0.2
shift_hours = 4
[wind.farm]
profile = { file = "power.csv", column = "share" }
capacity_mw = 80
[grid]
import_limit_mw = 40
export_limit_mw = 10
import_price_cny_mwh = "xinjiang_tou_2021_draft"
[dispatch]
terminal = "at_least"
"""
STATION = """[pumped_storage.burqin]
units = 4
unit_mw = 350
site = "jeminay"
stated_energy_mwh = 8400
[pumped_storage.burqin.upper]
normal_level_m = 1470
dead_level_m = 1437
total_volume_m3 = 8_210_000
live_volume_m3 = 5_900_000
[pumped_storage.burqin.lower]
normal_level_m = 878
dead_level_m = 847
total_volume_m3 = 7_590_000
live_volume_m3 = 5_900_000
[wind.farm]
profile = { file = "power.csv", column = "share" }
capacity_mw = 2000
[load.all]
profile = 500
[grid]
import_limit_mw = 100
export_limit_mw = 400
import_price_cny_mwh = 300
export_price_cny_mwh = 200
"""
METHODS = ("rules", "optimal", "rolling")


@functools.cache
def bases() -> dict[str, Files]:
    """Sound inputs by name: scenarios with each way of dispatch, and every weather format."""
    series = _series(24)
    found: dict[str, Files] = {}
    for name, body in (("plants", PLANTS), ("water", WATER), ("station", STATION)):
        for method in METHODS:
            tables = tomllib.loads(HEAD + body)
            tables.setdefault("dispatch", {})["method"] = method
            found[f"{name} {method}"] = {"s.toml": _toml(tables), "power.csv": series}
    for name, (file, content, spec) in weather_files().items():
        tables = tomllib.loads(HEAD + PLANTS)
        tables["time"]["start"] = "2021-01-03T00:00"
        tables["weather"] = {
            "source": "files",
            "files": {"jeminay": {"file": file, **spec}},
            "clock_shift_hours": {},
        }
        tables["load"].pop("mine")
        tables["grid"]["import_price_cny_mwh"] = 300
        found[f"weather {name}"] = {"s.toml": _toml(tables), file: content}
    return found


def _toml(tables: Mapping[str, Any]) -> bytes:
    return tomli_w.dumps(tables).encode()


def _series(hours: int) -> bytes:
    lines = ["time,load,price,share"]
    for k in range(hours):
        stamp = f"2030-04-{1 + k // 24:02d}T{k % 24:02d}:00+08:00"
        lines.append(f"{stamp},{40 + 7 * (k % 5)}.5,{200 + 30 * (k % 8)},{(k % 10) / 10}")
    return ("\n".join(lines) + "\n").encode()


def weather_files() -> dict[str, tuple[str, bytes, dict[str, Any]]]:
    """A file of each format, ten days of a made sky: name, content, declaration."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "weather"))
    try:
        import formats.conftest as written  # the writers of the tests, from each specification
        from conftest import make_file
    finally:
        sys.path.pop(0)
    file = replace(make_file(hours=240), notices=())
    utc = replace(make_file(hours=240, utc_offset_hours=0.0), notices=())
    humid = {"assumed_humidity_percent": 60.0}
    found: dict[str, tuple[str, bytes, dict[str, Any]]] = {
        "own csv": ("w.csv", _own(file, ".csv"), {}),
        "own netcdf": ("w.nc", _own(file, ".nc"), {}),
        "csv": (
            "w.csv",
            _plain_csv(file),
            {"stamp": "begin", "wind_height_m": 10.0, "latitude": 47.0, "longitude": 86.0},
        ),
    }
    for name in ("power_csv", "power_json", "pvgis_csv", "pvgis_json", "era5", "merra2"):
        content = written.WRITERS[name](utc)
        if isinstance(content, str):
            raw, ending = content.encode(), "txt"
        else:
            buffer = io.BytesIO()
            content.to_netcdf(buffer, engine="h5netcdf")
            raw, ending = buffer.getvalue(), "nc"
        found[name] = (f"w.{ending}", raw, humid if name.startswith("pvgis") else {})
    return found


def _own(file: WeatherFile, ending: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"w{ending}"
        write_own(file, path)
        return path.read_bytes()


def _plain_csv(file: WeatherFile) -> bytes:
    names = [name for name in RAW_UNITS if name in file.series]
    lines = [",".join(["time", *names])]
    for k, stamp in enumerate(np.datetime_as_string(file.local, unit="m")):
        cells = [f"{file.series[name][k]:.2f}" for name in names]
        lines.append(",".join([f"{stamp}+08:00", *cells]))
    return ("\n".join(lines) + "\n").encode()


# --- mutations ------------------------------------------------------------------------------------

STRANGE: tuple[Any, ...] = (
    0,
    -0.0,
    1,
    -1,
    0.5,
    1e-12,
    1e-4,
    0.999999,
    1.0000001,
    24,
    100,
    1e4,
    1e5,
    1e7,
    1e12,
    1e15,
    -1e9,
    1e154,
    1e300,
    1e308,
    5e-324,
    float("nan"),
    float("inf"),
    -float("inf"),
    2**31,
    2**53 + 1,
    2**62,
    True,
    False,
    "",
    " ",
    "0",
    "12",
    "1,5",
    "1 MW",
    "nan",
    "x",
    "布尔津",
    "jeminay",
    "../x",
    "free",
    "rules",
    [],
    [0.5],
    [1, 2, 3],
    ["a"],
    {},
    {"file": "power.csv", "column": "load"},
    {"file": "power.csv", "column": "share"},
    {"file": "none.csv", "column": "x"},
    "2030-04-01T00:00",
    "2030-02-30",
    "9999-12-31T23:00",
)
WORDS = (
    "",
    "nan",
    "inf",
    "-9999",
    "1e308",
    "1e200",
    "-1",
    "0",
    "abc",
    "1,5",
    "１",
    "true",
    '"',
    "'",
)
WORDS += (
    "99999999999999999999",
    "1e-320",
    "0x10",
    "--",
    "#N/A",
    "2030-04-01",
    "\x1b[31m",
    "\0",
    ";",
)
CHARACTERS = "\0\t\r\n\"'#,;=[]{}.+-eE0159 \x1b\u202eé１“"


def mutants(count: int, seed: int, kind: str = "all") -> Iterator[Mutant]:
    """Mutants in order; the same seed gives the same ones.

    Parameters
    ----------
    count : int
    seed : int
    kind : str
        One of `KINDS`, or ``all``.

    Yields
    ------
    Mutant
    """
    for number in range(count):
        yield mutant(f"{seed}.{number}", kind)


def mutant(seed: str, kind: str = "all") -> Mutant:
    """One mutant of a seed."""
    rng = random.Random(seed)
    chosen = kind if kind in KINDS else rng.choice(KINDS)
    names = [n for n in bases() if n.startswith("weather") == (chosen == "weather")]
    if chosen == "series":
        names = [n for n in names if not n.startswith("station")]
    name = rng.choice(names)
    files, changes = dict(bases()[name]), [name]
    target = "s.toml" if chosen == "scenario" else next(n for n in files if n != "s.toml")
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        raw, change = _changed(rng, target, files[target])
        files[target] = raw
        changes.append(f"{target}: {change}")
    files["s.toml"] = _short(files["s.toml"])
    return Mutant(files, tuple(changes))


def _changed(rng: random.Random, name: str, raw: bytes) -> tuple[bytes, str]:
    if name == "s.toml" and rng.random() < 0.75:
        return _changed_value(rng, raw)
    if name.endswith(".nc"):
        return _changed_netcdf(rng, raw)
    text = raw.decode("utf-8", "surrogateescape")
    way = rng.choice(_TEXT_WAYS)
    text, change = way(rng, text)
    return text.encode("utf-8", "surrogatepass" if "\ud800" in text else "surrogateescape"), change


def _changed_value(rng: random.Random, raw: bytes) -> tuple[bytes, str]:
    """A value, key or table of a scenario replaced, dropped, copied or misspelt."""
    try:
        tables = tomllib.loads(raw.decode())
    except (ValueError, RecursionError):
        return raw, "nothing"
    places = list(_places(tables))
    if not places:
        return raw, "nothing"
    above, key, path = rng.choice(places)
    way = rng.random()
    if way < 0.5:
        above[key] = copy.deepcopy(rng.choice(STRANGE))
        change = f"{path} = {above[key]!r}"
    elif way < 0.62 and isinstance(above[key], int | float):
        above[key] = above[key] * rng.choice((0.0, 1e-3, 0.1, 10.0, 1e3, 1e6, -1.0, 1.0001))
        change = f"{path} = {above[key]!r}"
    elif way < 0.72:
        del above[key]
        change = f"{path} dropped"
    elif way < 0.86:
        fresh, value = rng.choice(_extra_keys())
        above[fresh] = copy.deepcopy(value)
        change = f"beside {path}: {fresh} = {value!r}"
    elif way < 0.94:
        _, other, other_path = chosen = rng.choice(places)
        above[other] = copy.deepcopy(chosen[0][other])
        change = f"{other_path} copied beside {path}"
    else:
        word = key[:-1] + rng.choice("xäA. ") if key else "x"
        above[word] = above.pop(key)
        change = f"{path} called {word!r}"
    try:
        return _toml(tables), change
    except (TypeError, ValueError, AttributeError):
        return raw, "nothing"


@functools.cache
def _extra_keys() -> tuple[tuple[str, Any], ...]:
    """Keys that scenarios know, each with a value of its kind."""
    from altay_energy.scenario.model import ScenarioFile

    found: list[tuple[str, Any]] = [("allow_unusual", True), ("allow_unusual", True)]
    schema = ScenarioFile.model_json_schema()
    for table in schema.get("$defs", {}).values():
        for key, about in table.get("properties", {}).items():
            options = about.get("anyOf", [about])
            for option in options:
                kind = option.get("type")
                if "enum" in option or "const" in option:
                    found += [(key, word) for word in option.get("enum", [option.get("const")])]
                elif kind == "number":
                    found += [(key, x) for x in (0.0, 0.3, 1.0, 40.0, 2000.0)]
                elif kind == "integer":
                    found += [(key, x) for x in (0, 1, 3, 40)]
                elif kind == "boolean":
                    found += [(key, True), (key, False)]
    return tuple(found)


def _places(table: dict[str, Any], above: str = "") -> Iterator[tuple[dict[str, Any], str, str]]:
    for key, value in table.items():
        path = f"{above}.{key}".lstrip(".")
        yield table, key, path
        if isinstance(value, dict):
            yield from _places(value, path)


def _changed_netcdf(rng: random.Random, raw: bytes) -> tuple[bytes, str]:
    """Values, attributes and dimensions of a netCDF file, or its bytes."""
    if rng.random() < 0.4:
        damaged = bytearray(raw)
        for _ in range(rng.choice((1, 3, 30))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        cut = rng.random() < 0.2
        return bytes(damaged[: rng.randrange(len(damaged))] if cut else damaged), "bytes flipped"
    import h5py

    buffer = io.BytesIO(raw)
    try:
        with h5py.File(buffer, "r+") as file:
            names = [name for name in file if isinstance(file[name], h5py.Dataset)]
            name = rng.choice(names)
            way = rng.choice(("value", "all", "attribute", "no attribute", "drop", "root"))
            value = rng.choice([v for v in STRANGE if isinstance(v, int | float | str)])
            if way == "value" and file[name].size:
                flat = file[name][...].ravel()
                flat[rng.randrange(flat.size)] = _number(value, flat.dtype)
                file[name][...] = flat.reshape(file[name].shape)
            elif way == "all":
                with np.errstate(all="ignore"):
                    file[name][...] = file[name][...] * _number(value, file[name].dtype)
            elif way == "attribute":
                key = rng.choice(("units", "_FillValue", "scale_factor", "add_offset", "calendar"))
                file[name].attrs[key] = value
                name = f"{name}.{key}"
            elif way == "no attribute" and len(file[name].attrs):
                key = rng.choice(list(file[name].attrs))
                del file[name].attrs[key]
                name = f"{name}.{key}"
            elif way == "root" and len(file.attrs):
                name = rng.choice(list(file.attrs))
                file.attrs[name] = value
            elif way == "drop":
                del file[name]
            change = f"{way} of {name}: {value!r}"
    except Exception as problem:  # what HDF5 cannot write is no mutant
        return raw, f"nothing ({type(problem).__name__})"
    return buffer.getvalue(), change


def _number(value: Any, kind: np.dtype[Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return np.asarray(float(value)).astype(kind)
    except (TypeError, ValueError):
        return np.asarray(0).astype(kind)


def _lines_of(text: str) -> list[str]:
    return text.split("\n")


def _drop_line(rng: random.Random, text: str) -> tuple[str, str]:
    lines = _lines_of(text)
    k = rng.randrange(len(lines))
    return "\n".join(lines[:k] + lines[k + rng.choice((1, 1, 5)) :]), f"line {k + 1} dropped"


def _double_line(rng: random.Random, text: str) -> tuple[str, str]:
    lines = _lines_of(text)
    k = rng.randrange(len(lines))
    return "\n".join([*lines[: k + 1], *lines[k:]]), f"line {k + 1} twice"


def _swap_lines(rng: random.Random, text: str) -> tuple[str, str]:
    lines = _lines_of(text)
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return "\n".join(lines), f"lines {a + 1} and {b + 1} swapped"


def _other_number(rng: random.Random, text: str) -> tuple[str, str]:
    found = list(re.finditer(r"-?\d+(?:\.\d+)?", text))
    if not found:
        return text, "nothing"
    one, word = rng.choice(found), rng.choice(WORDS)
    return text[: one.start()] + word + text[one.end() :], f"{one[0]} became {word!r}"


def _scaled_column(rng: random.Random, text: str) -> tuple[str, str]:
    lines, column, factor = _lines_of(text), rng.randrange(1, 6), rng.choice((0.0, -1.0, 1e3, 1e6))
    for k, line in enumerate(lines):
        cells = line.split(",")
        if len(cells) > column and re.fullmatch(r"-?\d+(\.\d+)?", cells[column]):
            cells[column] = f"{float(cells[column]) * factor:g}"
            lines[k] = ",".join(cells)
    return "\n".join(lines), f"column {column + 1} times {factor:g}"


def _odd_character(rng: random.Random, text: str) -> tuple[str, str]:
    k, character = rng.randrange(len(text) + 1), rng.choice(CHARACTERS)
    return text[:k] + character + text[k + rng.randrange(2) :], f"{character!r} at {k}"


def _cut(rng: random.Random, text: str) -> tuple[str, str]:
    a = rng.randrange(len(text) + 1)
    b = min(len(text), a + rng.choice((1, 10, 100, 10_000)))
    return text[:a] + text[b:], f"{b - a} characters cut at {a}"


def _header_word(rng: random.Random, text: str) -> tuple[str, str]:
    lines = _lines_of(text)
    head = min(len(lines), 12)
    k = rng.randrange(head)
    words = re.split(r"([,=:\s]+)", lines[k])
    j = rng.randrange(0, len(words), 2)
    before, words[j] = words[j], rng.choice((*WORDS, words[j].upper(), words[j] * 2))
    lines[k] = "".join(words)
    return "\n".join(lines), f"line {k + 1}: {before!r} became {words[j]!r}"


def _other_encoding(rng: random.Random, text: str) -> tuple[str, str]:
    encoding = rng.choice(("utf-16", "gbk", "utf-8-sig", "latin-1"))
    raw = (text + "布").encode(encoding, "replace")
    return raw.decode("utf-8", "surrogateescape"), f"in {encoding}"


_TEXT_WAYS: tuple[Callable[[random.Random, str], tuple[str, str]], ...] = (
    _drop_line,
    _double_line,
    _swap_lines,
    _other_number,
    _other_number,
    _other_number,
    _scaled_column,
    _odd_character,
    _cut,
    _header_word,
    _header_word,
    _other_encoding,
)


def _short(raw: bytes) -> bytes:
    """Periods of days: what takes long to compute is not what is looked for."""
    try:
        tables = tomllib.loads(raw.decode())
        settings = tables["time"]
        hours = settings.get("hours")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return raw
    if "year" in settings or (
        isinstance(hours, int | float) and not isinstance(hours, bool) and hours > MOST_HOURS
    ):
        tables["time"] = {"start": "2030-04-01T00:00", "hours": 24}
        return _toml(tables)
    return raw


# --- judgement ------------------------------------------------------------------------------------


def examine(
    mutant: Mutant, folder: Path, *, run: bool, tally: Tally | None = None
) -> Finding | None:
    """Load a mutant, run it if asked, and say what is neither a result nor an error of ours.

    Parameters
    ----------
    mutant : Mutant
    folder : Path
        To write its files into.
    run : bool
    tally : Tally, optional
        Counts what became of it.

    Returns
    -------
    Finding or None
    """
    tally = Tally() if tally is None else tally
    for name, content in mutant.files.items():
        (folder / name).write_bytes(content)
    try:
        with _within(SECONDS), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            scenario = ae.load(folder / "s.toml")
            tally.loaded += 1
            found = []
            if run:
                found = ledger_faults(scenario.run())
                tally.ran += 1
    except ae.AltayError as error:
        tally.refused += 1
        found = _words(str(error))
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:
        return Finding(_place_of(error), traceback.format_exc(limit=-6), mutant)
    return Finding(found[0].partition(":")[0], "\n".join(found), mutant) if found else None


INWARD = re.compile(
    r"Traceback|NoneType|pydantic|Input should|Value error,|object has no|<class |unhashable|"
    r"not subscriptable|operand|broadcast|numpy\.|np\.float|\x1b"
)


def _words(message: str) -> list[str]:
    """Words of the inside that no user can mend."""
    odd = INWARD.search(message)
    if not message.strip():
        return ["message: there is none"]
    return [f"message ({odd[0]}): {message[:600]}"] if odd else []


class _Hang(BaseException):
    """Took too long."""


class _within:
    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        def late(number: int, frame: object) -> None:
            raise _Hang

        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, late)
            signal.alarm(self.seconds)

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "SIGALRM"):
            signal.alarm(0)


def _place_of(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "altay_energy" in frame.filename] or frames
    where = f"{Path(ours[-1].filename).name}:{ours[-1].name}:{ours[-1].lineno}"
    return f"{type(error).__name__} in {where}"


def ledger_faults(run: Run) -> list[str]:
    """Ledgers of a run that do not close, each in a line; computed from the series themselves.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of str
    """
    d, p = run.dispatch, run.problem
    hours = p.step_hours
    sources = [*d.generation_mw.values(), *d.thermal_mw.values(), *d.discharge_mw.values()]
    sources += [d.import_mw, d.unserved_mw]
    sinks = [*d.charge_mw.values(), d.export_mw, d.load_mw]
    peak = max(1e-6, *(float(np.max(series)) for series in (*sources, *sinks)))
    faults = []

    def close(what: str, gap: Any, scale: float, share: float = 1e-6) -> None:
        worst = float(np.max(np.abs(gap), initial=0.0))
        if not worst <= share * scale:
            faults.append(f"{what}: off by {worst:g} of {scale:g}")

    close("energy at the bus", sum(sources) - sum(sinks), peak)
    close("served", d.load_mw - d.served_mw - d.unserved_mw, peak)
    for name, series in p.renewables.items():
        close(f"available {name}", series - d.generation_mw[name] - d.curtailed_mw[name], peak)
    for storage in p.storages:
        level, scale = d.level_mwh[storage.name], max(storage.energy_mwh, peak * hours)
        kept = level[..., :-1] * (1.0 - storage.standing_loss_per_hour) ** hours
        gained = d.charge_mw[storage.name] * storage.charge_efficiency + storage.inflow_mw
        gained = gained - d.discharge_mw[storage.name] / storage.discharge_efficiency
        gained = gained - d.spilled_mw.get(storage.name, 0.0)
        close(f"content {storage.name}", level[..., 1:] - kept - hours * gained, scale)
        close(f"bounds {storage.name}", level - np.clip(level, 0.0, storage.energy_mwh), scale)
    for name, station in d.stations.items():
        close(f"water {name}", station.water_residual_m3(), max(station.limits.normal_m3))
    for key, water in run.portfolio.water.items():
        gap = water.use.residual_m3(3600.0 * hours)
        close(
            f"water {key}",
            gap,
            max(
                1.0,
                float(np.max(water.use.volume_m3)),
                float(np.max(water.use.inflow_m3_s)) * 3600.0 * hours,
            ),
        )
    for series in (*sources, *sinks):
        if not np.isfinite(series).all() or np.min(series, initial=0.0) < 0.0:
            faults.append("series: a power is negative or no number")
            break
    return faults + _figure_faults(run, peak)


def _figure_faults(run: Run, peak: float) -> list[str]:
    k = run.kpis["kpis"]
    faults = [
        f"figure {name}: {value}"
        for name, value in k.items()
        if isinstance(value, float) and not np.isfinite(value)
    ]
    scale = peak * run.portfolio.timeline.hours
    for what, gap in (
        ("load", k["load_mwh"] - k["served_mwh"] - k["unserved_mwh"]),
        ("available", k["available_mwh"] - k["generation_mwh"] - k["curtailed_mwh"]),
        (
            "plants",
            k["available_mwh"]
            - sum(plant.get("available_mwh", 0.0) for plant in run.kpis["plants"].values()),
        ),
    ):
        if not abs(gap) <= 1e-6 * scale:
            faults.append(f"figures of {what}: off by {gap:g} MWh")
    for rate in ("self_consumption_rate", "self_supply_rate", "export_rate", "curtailment_rate"):
        if not -1e-9 <= k[rate] <= 1.0 + 1e-6 and rate != "export_rate":
            faults.append(f"figure {rate}: {k[rate]:g}")
    hourly = run.hourly
    for name, variable in hourly.data_vars.items():
        if variable.dtype.kind == "f" and not np.isfinite(variable.values).all():
            faults.append(f"hourly {name}: holds NaN or inf")
    _ = run.notices
    return faults


def shrunk(finding: Finding, folder: Path) -> Mutant:
    """The same finding with as little of the scenario as it needs."""
    best = finding.mutant
    target = "s.toml"
    progress = True
    deadline = time.monotonic() + 20.0
    while progress and time.monotonic() < deadline:
        progress = False
        try:
            tables = tomllib.loads(best.files[target].decode())
        except (ValueError, RecursionError):
            return best
        for _, _, path in list(_places(tables)):
            smaller = copy.deepcopy(tables)
            above = smaller
            *parts, last = path.split(".")
            try:
                for part in parts:
                    above = above[part]
                del above[last]
                trial = Mutant({**best.files, target: _toml(smaller)}, best.changes)
            except (LookupError, TypeError, ValueError, AttributeError):
                continue
            again = examine(trial, folder, run=True)
            if again is not None and again.kind == finding.kind:
                best, progress = trial, True
                break
            if time.monotonic() > deadline:
                break
    return best


def hunt(count: int, seed: int, *, kind: str = "all", runs: float = 0.1) -> Tally:
    """Make mutants and judge each.

    Parameters
    ----------
    count, seed, kind
        As for `mutants`.
    runs : float
        Share of the mutants that is run where it loads. [-]

    Returns
    -------
    Tally
    """
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=_memory()) as name, remembered_climate():
        folder = Path(name)
        chance = random.Random(seed)
        for one in mutants(count, seed, kind):
            run = chance.random() < runs
            found = examine(one, folder, run=run, tally=tally)
            if found is not None:
                if found.kind in tally.findings:
                    tally.findings[found.kind].count += 1
                else:
                    found.mutant = shrunk(found, folder)
                    tally.findings[found.kind] = found
    return tally


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


class remembered_climate:
    """The built-in climate of a place and period is made once for all mutants."""

    def __enter__(self) -> None:
        self.real = climate_source.Climate.weather
        made: dict[Any, Any] = {}
        real = self.real

        def weather(climate: Any, name: str, site: Any, timeline: Any) -> Any:
            key = (repr(climate), name, repr(site), timeline)
            if key not in made:
                made[key] = real(climate, name, site, timeline)
            return made[key]

        climate_source.Climate.weather = weather  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        climate_source.Climate.weather = self.real  # type: ignore[method-assign]


def report(tally: Tally) -> str:
    """Findings in words, each with the smallest scenario that shows it."""
    parts = []
    for finding in sorted(tally.findings.values(), key=lambda f: -f.count):
        text = finding.mutant.files["s.toml"].decode("utf-8", "backslashreplace")
        parts.append(
            f"=== {finding.kind} ({finding.count} times)\n{finding.text.rstrip()}\n"
            f"--- changes: {'; '.join(finding.mutant.changes)}\n--- s.toml:\n{text[:3000]}"
        )
    return "\n".join(parts)


def main(words: Sequence[str] | None = None) -> int:
    """Hunt and print; 0 without a finding."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="mutants (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="seed (default 1)")
    parser.add_argument("--kind", choices=("all", *KINDS), default="all")
    parser.add_argument("--runs", type=float, default=0.1, help="share that is run (default 0.1)")
    args = parser.parse_args(words)
    begin = time.perf_counter()
    tally = hunt(args.count, args.seed, kind=args.kind, runs=args.runs)
    seconds = time.perf_counter() - begin
    if tally.findings:
        print(report(tally))
    print(
        f"{args.count} mutants in {seconds:.0f} s ({args.count / seconds:.0f} a second): "
        f"{tally.loaded} loaded, {tally.ran} of them run, {tally.refused} refused, "
        f"{len(tally.findings)} kinds of findings"
    )
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
