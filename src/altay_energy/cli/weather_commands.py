"""Functions of the weather commands; `parser` parses their arguments."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from altay_energy.cli.language import in_language
from altay_energy.cli.screen import aside, print_json, say, tell, width
from altay_energy.core.errors import OutputError, ScenarioError, WeatherError

if TYPE_CHECKING:
    from altay_energy.weather.climate.validation.check import ClimateCheck
    from altay_energy.weather.files.file import WeatherFile
    from altay_energy.weather.files.spec import WeatherFileSpec


def weather_describe(args: Namespace) -> int:
    """``weather describe``: summarise a weather file and check its clock."""
    from altay_energy.weather.prepare.describe import describe
    from altay_energy.weather.prepare.describe_text import describe_text

    _tell_what_else(args)
    file = _read(args, args.files, whole=False)
    document = describe(file)
    if args.output is not None:  # before printing: a closed pipe must not lose it
        from altay_energy.report.chart.canvas import save
        from altay_energy.report.files.single import whole_file
        from altay_energy.report.plots.weather.file import draw_weather

        target = Path(args.output)
        if target.is_dir():
            target = target / f"{Path(args.files[0]).stem}.png"
        if target.suffix.lower() != ".png":
            raise WeatherError(f"-o {args.output}: a chart is PNG; name it so, or name a folder")
        with whole_file(target, force=args.force) as partial:
            figure, notices = draw_weather(file, args.language)
            save(figure, partial)
        tell(notices)
        aside(f"chart in {target}")
    if args.json:
        print_json(document)
    else:
        say(describe_text(document, width(), in_language))
    return 0


def weather_fit(args: Namespace) -> int:
    """``weather fit``: fit a climate file to hourly weather files."""
    from altay_energy.report.files.single import whole_file
    from altay_energy.weather.climate.fit.fit import fit_document
    from altay_energy.weather.climate.model.file import climate_toml

    target = Path(args.output)
    _tell_what_else(args)
    with whole_file(target, force=args.force) as partial:
        document = fit_document(_read_all(args), args.name)
        partial.write_text(climate_toml(document), encoding="utf-8", newline="\n")
    stations = document["stations"]
    if args.json:
        names = ("source", "files", "notes")
        said = {name: {key: one[key] for key in names} for name, one in stations.items()}
        print_json({"file": str(target), "points": said})
        return 0
    for name, station in stations.items():
        say(f"{name}: {station['source']}")
        tell(station["notes"])
    point = next(iter(document["points"]))
    say(f'{target}: [weather] climate = "{target.name}", sites.NAME.climate = "{point}"')
    return 0


def weather_check_climate(args: Namespace) -> int:
    """``weather check-climate``: fit a climate, generate years, and compare them with the file."""
    from altay_energy.report.files.folder import check_free
    from altay_energy.report.files.save import Stopwatch, save_climate_checks
    from altay_energy.weather.climate.validation.table import check_document, check_text
    from altay_energy.weather.climate.validation.trial import check_climate

    if args.output is not None:
        check_free(Path(args.output), force=args.force)
    _tell_what_else(args)
    names = [Path(file).stem for file in args.files]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise WeatherError(f"two files are called {twice}; rename one of them")
    watch = Stopwatch()
    checks: dict[str, ClimateCheck] = {}
    for name, file in zip(names, _read_all(args), strict=True):
        with watch.part("climate"):
            checks[name] = check_climate(file, years=args.years, seed=args.seed)
    if args.json:
        print_json([check_document(check) for check in checks.values()])
    else:
        say("\n\n".join(check_text(check, width(), in_language) for check in checks.values()))
    if args.output is not None:
        notices = save_climate_checks(
            checks,
            args.output,
            charts=not args.no_charts,
            language=args.language,
            force=args.force,
            command=args.command_words,
            watch=watch,
        )
        tell(notices)
    return 0


def weather_convert(args: Namespace) -> int:
    """``weather convert``: convert a weather file to self-describing netCDF or CSV."""
    from altay_energy.report.files.single import whole_file
    from altay_energy.weather.files.checks import require_sound
    from altay_energy.weather.formats.own import write_own

    target = Path(args.output)
    if target.suffix.lower() not in (".nc", ".csv"):
        raise WeatherError(f"-o {args.output}: ends in {target.suffix!r}; expected .nc or .csv")
    _tell_what_else(args)
    file = _read(args, args.files)
    require_sound(file)
    with whole_file(target, force=args.force) as partial:
        write_own(file, partial)
    tell(file.notices)
    if args.json:
        print_json(
            {
                "file": str(target),
                "source": file.name,
                "format": file.format,
                "intervals": int(file.times.size),
                "series": list(file.series),
                "notices": list(file.notices),
            }
        )
    else:
        say(f"{file.name} ({file.format}): {file.times.size} intervals in {target}")
    return 0


def weather_fetch(args: Namespace) -> int:
    """``weather fetch``: download missing years of NASA POWER or PVGIS to a folder."""
    from altay_energy.report.files.single import whole_file
    from altay_energy.weather.files.spec import WeatherFileSpec
    from altay_energy.weather.formats.own import write_own
    from altay_energy.weather.prepare.fetch import fetch, requests_for
    from altay_energy.weather.read import read_weather

    wanted = requests_for(args.source, args.latitude, args.longitude, _years(args.years))
    folder = Path(args.output)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; name a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be made: {error}; choose another place") from None
    missing = [request for request in wanted if not (folder / request.name).is_file()]
    aside(
        f"{len(wanted)} files of about 1 MB, {len(wanted) - len(missing)} there already; a minute "
        "or less each"
    )
    for request in missing:
        file = fetch(request)
        with whole_file(folder / request.name) as partial:
            write_own(file, partial)
        aside(f"{request.name}: {file.times.size} intervals")
    documents = []
    for request in wanted:
        spec = WeatherFileSpec(file=request.name, assumed_humidity_percent=50.0)
        file = read_weather(folder / request.name, spec)
        documents.append({"file": request.name, "intervals": int(file.times.size)})
    if args.json:
        print_json({"folder": str(folder), "files": documents})
    else:
        say(f"{len(wanted)} files in {folder}; look at one with: altay-energy weather describe")
    return 0


def _years(text: str | None) -> tuple[int, int] | None:
    """Parse ``2015`` or ``2015-2019``."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text, re.ASCII)
    if match is None:
        raise WeatherError(f"--years {text}: expected a year or two, as 2015 or 2015-2019")
    return int(match[1]), int(match[2] or match[1])


def _read_all(args: Namespace) -> list[WeatherFile]:
    """Read each named file separately."""
    return [_read(args, [name]) for name in args.files]


def _read(args: Namespace, names: Sequence[str], *, whole: bool = True) -> WeatherFile:
    """Read files as one."""
    from altay_energy.scenario.toml.paths import inside
    from altay_energy.weather.read import read_weather

    first = Path(names[0])
    spec = _declared(args, first.name)
    paths = [Path(name) for name in names]
    if len(paths) == 1:  # files named by the declaration are beside it
        where = "more_files"
        paths += [inside(first.parent, name, where, [first.parent]) for name in spec.more_files]
    for path in paths:
        if "\0" in str(path) or not path.is_file():
            shown = str(path).replace("\0", "\\0")
            raise WeatherError(f"{shown}: there is no such file")
    return read_weather(paths, spec, whole=whole)


def _tell_what_else(args: Namespace) -> None:
    """Print which settings of the scenario of ``--spec`` this command does not apply."""
    from altay_energy.scenario.load import beside_weather_spec

    scenario, colon, site = (args.spec or "").rpartition(":")
    if colon and not args.declare:
        tell(beside_weather_spec(scenario, site))


def _declared(args: Namespace, name: str) -> WeatherFileSpec:
    """Return the declaration of the file: from a scenario, or by ``--declare KEY=VALUE``."""
    from altay_energy.scenario.load import declared_weather_spec, read_weather_spec
    from altay_energy.scenario.toml.text import parse_override

    if args.spec is not None:
        if args.declare:
            raise ScenarioError("--spec and --declare say the same; give one of them")
        scenario, colon, site = args.spec.rpartition(":")
        if not colon:
            raise ScenarioError(f"--spec {args.spec}: expected SCENARIO.toml:SITE")
        return read_weather_spec(scenario, site)
    given: dict[str, object] = {}
    for text in args.declare:
        for key, value in parse_override(text, "--declare", "stamp=end").items():
            both = isinstance(value, dict) and isinstance(given.get(key), dict)
            given[key] = {**given[key], **value} if both else value  # type: ignore[dict-item]
    return declared_weather_spec({**given, "file": name})
