"""What each weather command does: read, look, print, write. Parsing stands in ``cli``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from altay_energy.errors import ScenarioError, WeatherError
from altay_energy.screen import print_json, tell

if TYPE_CHECKING:
    from altay_energy.weather.climate_check import ClimateCheck


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


def weather_check_climate(args: Namespace) -> int:
    """``weather check-climate``: fit to a file, make years, and compare the two."""
    from altay_energy.interop.folder import check_free
    from altay_energy.saving import Stopwatch, save_climate_checks
    from altay_energy.weather.climate_table import check_document, check_text
    from altay_energy.weather.climate_trial import check_climate
    from altay_energy.weather.read import read_weather

    if args.output is not None:
        check_free(Path(args.output), force=args.force)
    spec = None if args.spec is None else _declared(args.spec)
    watch = Stopwatch()
    checks: dict[str, ClimateCheck] = {}
    for path in map(Path, args.files):
        if not path.is_file():
            raise WeatherError(f"{path}: there is no such file")
        if path.stem in checks:
            raise WeatherError(f"{path}: two files are called {path.stem}; rename one of them")
        with watch.part("climate"):
            file = read_weather(path, spec)
            checks[path.stem] = check_climate(file, years=args.years, seed=args.seed)
    if args.json:
        print_json([check_document(check) for check in checks.values()])
    else:
        print("\n\n".join(check_text(check) for check in checks.values()))
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


def _declared(text: str) -> Any:
    """The declaration of a weather file in a scenario, named ``SCENARIO.toml:SITE``."""
    from altay_energy.scenario.load import read_weather_spec

    scenario, colon, site = text.rpartition(":")
    if not colon:
        raise ScenarioError(f"--spec {text}: expected SCENARIO.toml:SITE")
    return read_weather_spec(scenario, site)
