"""The command ``altay-energy``: parses arguments and calls functions; heavy imports are lazy."""

from __future__ import annotations

import argparse
import codecs
import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from altay_energy._version import __version__
from altay_energy.cli.language import LANGUAGE, LANGUAGES, asked_language, in_language

EXIT_DONE, EXIT_INPUT, EXIT_FAULT, EXIT_INTERRUPTED = 0, 2, 70, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; by default those of the process.

    Returns
    -------
    int
        0 when done, 2 when the input is wrong, 3 when the problem has no solution,
        70 when an internal invariant failed, 130 when interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    language = asked_language(words, os.environ)
    LANGUAGE.set(language)
    args = parser(language).parse_args(words)
    args.language = language
    args.command_words = ["altay-energy", *words]
    from altay_energy.core.errors import AltayError

    try:
        return int(function_of(args.call)(args))
    except AltayError as error:  # any other exception is a bug
        print(f"altay-energy: {in_language(str(error))}", file=sys.stderr)
        return error.exit_status
    except AssertionError as error:
        from altay_energy.cli.fault import keep_fault
        from altay_energy.dispatch.result.operation import InvariantError

        if not isinstance(error, InvariantError):
            raise
        fault = in_language(keep_fault(error, args.command_words))
        print(f"altay-energy: {fault}", file=sys.stderr)
        return EXIT_FAULT
    except KeyboardInterrupt:
        stopped = in_language("interrupted; what was finished stays")
        print(f"altay-energy: {stopped}", file=sys.stderr)
        return EXIT_INTERRUPTED


STUDIES = ("sweep", "ensemble", "adequacy")
"""Commands of many jobs."""


def function_of(call: str) -> Callable[[argparse.Namespace], int]:
    """Return the function of a command.

    Parameters
    ----------
    call : str
        Its name from the parser.

    Returns
    -------
    callable
    """
    from altay_energy.cli import commands, study_commands, weather_commands

    room: object = weather_commands if call.startswith("weather_") else commands
    if call in STUDIES:
        room = study_commands
    function: Callable[[argparse.Namespace], int] = getattr(room, call)
    return function


def entry() -> None:
    """Entry point of the process."""
    codecs.register_error(_ESCAPED, _escape)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # characters missing in the code page must not stop a run
            reconfigure(errors=_ESCAPED)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # exit as after an error, so that unfinished files are removed
            signal.signal(getattr(signal, name), _terminated)
    try:
        status = main()
        if sys.stdout is not None:  # None where the shell closed it: altay-energy … >&-
            sys.stdout.flush()
    except BrokenPipeError:  # the reader closed the pipe, as in "altay-energy explain … | head"
        _silence()
        status = EXIT_DONE
    except KeyboardInterrupt:  # before the command began, or while the last line was written
        status = EXIT_INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        _silence()
        failed = in_language(f"cannot write to the screen: {error.strerror}")
        print(f"altay-energy: {failed}", file=sys.stderr)
        status = EXIT_INPUT
    sys.exit(status)


def _terminated(number: int, frame: object) -> NoReturn:
    """Unwind the stack, which removes unfinished files; a second signal exits at once."""
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


_ESCAPED = "altay-energy-escaped"


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Replace characters missing in the code page by JSON escapes, so that JSON remains valid."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _silence() -> None:
    """Redirect stdout to the null device, because the interpreter flushes it again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Report an unknown argument with control characters escaped."""
        from altay_energy.core.errors import visible

        if LANGUAGE.get() == "en":
            super().error(visible(message))
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {in_language(visible(message))}\n")


def parser(language: str = "en") -> argparse.ArgumentParser:
    """Build the parser of the command line.

    Parameters
    ----------
    language : str
        Language of its help, ``"en"`` or ``"zh"``.

    Returns
    -------
    argparse.ArgumentParser
    """
    root: argparse.ArgumentParser = _Parser(
        prog="altay-energy",
        description="Simulate wind, sun, water, storage, load and grid hour by hour.",
        epilog="Documentation: README.md and docs/ of the project.",
        allow_abbrev=False,
    )
    _language_option(root)
    root.add_argument("--version", action="version", version=f"altay-energy {__version__}")
    commands: Commands[argparse.ArgumentParser] = root.add_subparsers(
        dest="command", required=True, metavar="COMMAND"
    )
    _add_run(commands)
    _add_compare(commands)
    _add_ladder(commands)
    _add_rules(commands)
    _add_sweep(commands)
    _add_ensemble(commands)
    _add_adequacy(commands)
    _add_looks(commands)
    _add_weather(commands)
    _add_helpers(commands)
    if language != "en":
        from altay_energy.cli.help import translate_help

        translate_help(root)
    return root


Commands = argparse._SubParsersAction


def _add(
    commands: Commands[argparse.ArgumentParser], name: str, call: str, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    command.set_defaults(call=call)
    _language_option(command)
    return command


def _language_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--language",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help="language of tables, charts, reports and messages; default: that of the locale",
    )


def _scenario_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        dest="overrides",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="change a value of every scenario, e.g. wind.jeminay.capacity_mw=500 (repeatable)",
    )
    command.add_argument(
        "--allow-folder",
        dest="folders",
        metavar="DIR",
        action="append",
        default=[],
        help="let scenarios read data files from this folder as well (repeatable)",
    )


def _json_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON, and nothing else")


def _output_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--force", action="store_true", help="replace older results in the output folder"
    )
    command.add_argument("--no-charts", action="store_true", help="draw no charts, write no report")
    _json_option(command)


def _add_run(commands: Commands[argparse.ArgumentParser]) -> None:
    run = _add(commands, "run", "run", "simulate scenarios: figures on screen, files in a folder")
    run.add_argument("scenarios", nargs="+", metavar="SCENARIO.toml")
    run.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="folder for figures, hours and charts (several scenarios: one folder each inside); "
        "without it nothing is written",
    )
    _scenario_options(run)
    _output_options(run)


def _add_compare(commands: Commands[argparse.ArgumentParser]) -> None:
    compare = _add(commands, "compare", "compare", "run scenarios and show what differs")
    compare.add_argument("scenarios", nargs="+", metavar="SCENARIO.toml")
    compare.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="folder for tables, charts, report"
    )
    compare.add_argument(
        "--why",
        action=argparse.BooleanOptionalAction,
        help="find what each group of inputs adds to the differences of cost and curtailment; by "
        "default where it takes few runs by rules",
    )
    _scenario_options(compare)
    _output_options(compare)


def _add_ladder(commands: Commands[argparse.ArgumentParser]) -> None:
    ladder = _add(
        commands,
        "ladder",
        "ladder",
        "run a scenario with every dispatch method: the value of each step",
    )
    ladder.add_argument("scenario", metavar="SCENARIO.toml")
    ladder.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="folder for figures and chart"
    )
    _scenario_options(ladder)
    _output_options(ladder)


def _add_rules(commands: Commands[argparse.ArgumentParser]) -> None:
    rules = _add(
        commands,
        "rules",
        "rules",
        "judge a scenario by rules: the smallest single change that meets each",
    )
    rules.add_argument("scenario", metavar="SCENARIO.toml")
    rules.add_argument(
        "--rule",
        dest="rules",
        metavar="NAME",
        action="append",
        default=[],
        help="rules of this name, or TOML file of rules, instead of [policy] (repeatable)",
    )
    rules.add_argument(
        "-o", "--output", metavar="DIR", help="folder for figures; without it nothing is written"
    )
    _scenario_options(rules)
    rules.add_argument(
        "--force", action="store_true", help="replace older results in the output folder"
    )
    _json_option(rules)


def _add_study(
    commands: Commands[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    """Add a command of many jobs with the options that all of these have."""
    command = _add(commands, name, name, text)
    command.add_argument("scenario", metavar="SCENARIO.toml")
    command.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="folder for figures and charts"
    )
    _scenario_options(command)
    command.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that share the jobs (default 1)",
    )
    command.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="scheduler of dask.distributed whose workers run the jobs, e.g. tcp://10.0.0.1:8786",
    )
    command.add_argument(
        "--resume", action="store_true", help="go on with a study that was stopped"
    )
    command.add_argument(
        "--budget-minutes",
        type=float,
        default=60.0,
        metavar="N",
        help="time that the study may take without --yes (default 60)",
    )
    command.add_argument(
        "--budget-gb",
        type=float,
        metavar="N",
        help="memory that the study may use without --yes (default three quarters of all)",
    )
    command.add_argument(
        "--yes", action="store_true", help="run it whatever time, memory and disk space it takes"
    )
    _output_options(command)
    return command


def _add_sweep(commands: Commands[argparse.ArgumentParser]) -> None:
    sweep = _add_study(
        commands, "sweep", "run a scenario with some of its keys varied: grid, list or sample"
    )
    sweep.add_argument(
        "--vary",
        metavar="KEY=VALUES",
        action="append",
        default=[],
        help="values of a key: a,b,c or low:high:step; of a sample low:high (repeatable)",
    )
    sweep.add_argument(
        "--tie",
        dest="ties",
        metavar="KEY=N*KEY",
        action="append",
        default=[],
        help="a key that follows another one, e.g. battery.a.energy_mwh=4*battery.a.discharge_mw, "
        "or KEY,KEY: keys that go through their values in step (repeatable)",
    )
    sweep.add_argument(
        "--sample",
        metavar="METHOD:N",
        help="sample the ranges: lhs:N, sobol:N, or saltelli:N for shares of the variance",
    )
    sweep.add_argument("--list", metavar="FILE.csv", help="runs of a file: a header of keys")
    sweep.add_argument(
        "--tornado",
        metavar="SHARE",
        help="each capacity and price alone, lower and higher by a share, e.g. 20%%; with "
        "--vary KEY these keys",
    )
    sweep.add_argument(
        "--figure",
        dest="figures",
        metavar="FIGURE",
        action="append",
        default=[],
        help="figure of tables and charts (repeatable); default: cost and curtailment",
    )
    sweep.add_argument(
        "--front",
        metavar="FIGURE,FIGURE",
        help="Pareto front of two figures; default: the first two",
    )
    sweep.add_argument(
        "--seed", type=int, default=1, metavar="N", help="seed of a sample (default 1)"
    )


def _add_ensemble(commands: Commands[argparse.ArgumentParser]) -> None:
    ensemble = _add_study(
        commands, "ensemble", "run a scenario under many weather years: quantiles of every figure"
    )
    ensemble.add_argument(
        "--years",
        type=int,
        metavar="N",
        help="synthetic weather years, seeds from that of the scenario on; of weather files the "
        "first N whole years, by default all",
    )
    ensemble.add_argument(
        "--members",
        metavar="FILE.csv",
        help="members, each under every weather year: columns name, weight (optional) and keys",
    )
    ensemble.add_argument(
        "--worst",
        metavar="FIGURE",
        help="run the worst year by this figure again and write its hours and weather; FIGURE:low "
        "or FIGURE:high says which end is worst",
    )


def _add_adequacy(commands: Commands[argparse.ArgumentParser]) -> None:
    adequacy = _add_study(
        commands,
        "adequacy",
        "draw outages of plants in many weather years: how often, for how long and by how much "
        "load is not served",
    )
    adequacy.add_argument(
        "--years",
        type=int,
        metavar="N",
        help="synthetic weather years, seeds from that of the scenario on; of weather files the "
        "first N whole years, by default all",
    )
    adequacy.add_argument(
        "--draws",
        type=int,
        metavar="N",
        help="outage histories for each weather year; default: adequacy.draws of the scenario",
    )
    adequacy.add_argument(
        "--elcc",
        metavar="PLANT,PLANT",
        help="constant load that these plants carry, e.g. wind.jeminay,battery.jeminay",
    )
    adequacy.add_argument(
        "--elcc-sizes",
        metavar="F,F",
        default="1",
        help="factors on the sizes of these plants, e.g. 0.5,1,2 (default 1)",
    )
    adequacy.add_argument(
        "--elcc-by",
        choices=("eens", "lolh", "lole"),
        default="eens",
        help="what the plant and the load leave unchanged: energy not served, hours of loss, or "
        "days with loss (default eens)",
    )
    adequacy.add_argument(
        "--elcc-at-lolh",
        type=float,
        metavar="H",
        help="shift the load by a constant until, without the plant, so many hours are lost",
    )


def _add_looks(commands: Commands[argparse.ArgumentParser]) -> None:
    validate = _add(commands, "validate", "validate", "show every problem of scenarios at once")
    validate.add_argument("scenarios", nargs="+", metavar="SCENARIO.toml")
    _scenario_options(validate)
    explain = _add(commands, "explain", "explain", "show every value of a scenario and its origin")
    explain.add_argument("scenario", metavar="SCENARIO.toml")
    _scenario_options(explain)
    _json_option(explain)


def _add_weather(commands: Commands[argparse.ArgumentParser]) -> None:
    weather = commands.add_parser(
        "weather", help="look at weather files", description="look at weather files"
    )
    _language_option(weather)
    actions = weather.add_subparsers(dest="action", required=True, metavar="ACTION")
    describe = _add(
        actions, "describe", "weather_describe", "describe a weather file and check its clock"
    )
    _weather_file_options(describe)
    describe.add_argument("-o", "--output", metavar="CHART.png|DIR", help="draw it on one page")
    convert = _add(
        actions, "convert", "weather_convert", "write a weather file as netCDF or CSV of ours"
    )
    _weather_file_options(convert)
    convert.add_argument("-o", "--output", metavar="OUT.nc|OUT.csv", required=True)
    fetch = _add(
        actions, "fetch", "weather_fetch", "download years of weather; the only command that does"
    )
    fetch.add_argument("source", choices=("nasa_power", "pvgis", "pvgis_tmy"))
    fetch.add_argument("--latitude", type=float, required=True, metavar="DEGREES")
    fetch.add_argument("--longitude", type=float, required=True, metavar="DEGREES")
    fetch.add_argument("--years", metavar="FIRST[-LAST]", help="whole years, as 2015-2019")
    fetch.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="years that are there are kept"
    )
    _json_option(fetch)
    _add_fit(actions)
    _add_check_climate(actions)


def _weather_file_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="several are read as one: parts of one download, or years that follow each other",
    )
    _declared_options(command)
    command.add_argument("--force", action="store_true", help="replace an older file")
    _json_option(command)


def _declared_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--spec",
        metavar="SCENARIO.toml:SITE",
        help="read the file as [weather.files.SITE] of a scenario declares it",
    )
    command.add_argument(
        "--declare",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="what the file does not say itself, as [weather.files.SITE] would, e.g. "
        "utc_offset_hours=8 (repeatable)",
    )


def _add_fit(actions: Commands[argparse.ArgumentParser]) -> None:
    fit = _add(actions, "fit", "weather_fit", "fit a climate to hourly weather files")
    fit.add_argument("files", nargs="+", metavar="FILE", help="whole years, typical or real")
    fit.add_argument(
        "-o", "--output", metavar="CLIMATE.toml", required=True, help="the file to write"
    )
    fit.add_argument(
        "--name",
        action="append",
        metavar="POINT",
        help="of a place in the climate; once for each place, in order",
    )
    _declared_options(fit)
    fit.add_argument("--force", action="store_true", help="replace an older file")
    _json_option(fit)


def _add_check_climate(actions: Commands[argparse.ArgumentParser]) -> None:
    check = _add(
        actions,
        "check-climate",
        "weather_check_climate",
        "fit the climate generator to weather files and compare synthetic years with each of them",
    )
    check.add_argument("files", nargs="+", metavar="FILE", help="one climate each")
    check.add_argument(
        "--years", type=int, default=30, metavar="N", help="number of synthetic years (default 30)"
    )
    check.add_argument(
        "--seed", type=int, default=1, metavar="N", help="seed of the random numbers (default 1)"
    )
    check.add_argument(
        "-o", "--output", metavar="DIR", help="folder for tables and one page of charts a file"
    )
    _declared_options(check)
    _output_options(check)


def _add_helpers(commands: Commands[argparse.ArgumentParser]) -> None:
    new = _add(commands, "new", "new", "write a scenario to start from")
    new.add_argument("name", metavar="NAME", help="becomes NAME.toml here")
    new.add_argument("--force", action="store_true", help="overwrite an older file")
    _add(commands, "schema", "schema", "print the JSON Schema of scenario files, for editors")
    doctor = _add(commands, "doctor", "doctor", "check that this installation works")
    _json_option(doctor)
