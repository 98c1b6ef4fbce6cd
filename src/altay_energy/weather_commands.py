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


def _declared(text: str) -> Any:
    """The declaration of a weather file in a scenario, named ``SCENARIO.toml:SITE``."""
    from altay_energy.scenario.load import read_weather_spec

    scenario, colon, site = text.rpartition(":")
    if not colon:
        raise ScenarioError(f"--spec {text}: expected SCENARIO.toml:SITE")
    return read_weather_spec(scenario, site)
