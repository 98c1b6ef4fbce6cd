"""What each weather command does: read, look, print, write. Parsing stands in ``cli``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from altay_energy.errors import ScenarioError, WeatherError
from altay_energy.screen import print_json


def weather_describe(args: Namespace) -> int:
    """``weather describe``: what is in a weather file, and whether its clock is right."""
    from altay_energy.weather.describe import describe, describe_text
    from altay_energy.weather.read import read_weather

    path, spec = Path(args.file), None
    if args.spec is not None:
        spec = _declared(args.spec)
    if not path.is_file():
        raise WeatherError(f"{path}: there is no such file")
    document = describe(read_weather(path, spec))
    if args.json:
        print_json(document)
    else:
        print(describe_text(document))
    return 0


def weather_fit(args: Namespace) -> int:
    """``weather fit``: a climate file from hourly weather files."""
    from altay_energy.weather.climate_file import write_climate
    from altay_energy.weather.climate_fitting import fit_climate
    from altay_energy.weather.read import read_weather

    target = Path(args.output)
    if target.exists() and not args.force:
        raise WeatherError(f"{target} is there already; name another file, or say --force")
    spec = None if args.spec is None else _declared(args.spec)
    files = []
    for name in args.files:
        path = Path(name)
        if not path.is_file():
            raise WeatherError(f"{path}: there is no such file")
        csv = path.suffix.lower() == ".csv" or spec is None
        files.append(read_weather(path, spec if csv else None))
    document = fit_climate(files, args.name)
    write_climate(target, document)
    for name, station in document["stations"].items():
        print(f"{name}: {station['source']}")
        for note in station["notes"]:
            print(f"  {note}")
    first = next(iter(document["points"]))
    print(f'{target}: use it by [weather] climate = "{target.name}" and sites.NAME.climate = "{first}"')
    return 0


def _declared(text: str) -> Any:
    """The declaration of a weather file in a scenario, named ``SCENARIO.toml:SITE``."""
    from altay_energy.scenario.load import read_weather_spec

    scenario, colon, site = text.rpartition(":")
    if not colon:
        raise ScenarioError(f"--spec {text}: expected SCENARIO.toml:SITE")
    return read_weather_spec(scenario, site)
