"""Functions of the commands that run many jobs: sweep, ensemble, adequacy."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from altay_energy.cli.language import in_language
from altay_energy.cli.screen import aside, out, print_json, tell
from altay_energy.core.errors import ScenarioError
from altay_energy.report.files.folder import check_free

if TYPE_CHECKING:
    from altay_energy.report.files.study import Draw
    from altay_energy.scenario.load import Scenario
    from altay_energy.study.ensemble.ensemble import Ensemble
    from altay_energy.study.ensemble.worst import Asked
    from altay_energy.study.runner.estimate import Estimate
    from altay_energy.study.runner.jobs import Study
    from altay_energy.study.runner.run import Outcome, Way

_SAY_EVERY_S = 0.5
_LONG_S = 60.0

Found = TypeVar("Found")


def sweep(args: Namespace) -> int:
    """``sweep``: run a scenario with some of its keys varied."""
    from altay_energy.report.pages.study import sweep_tables
    from altay_energy.report.plots.study.sweep import draw_sweep
    from altay_energy.study.sweep.document import Wanted, sweep_document
    from altay_energy.study.sweep.sweep import base_of, sweep_of

    base = base_of(args.scenario, args.overrides, args.folders)
    design, tornado = _design(args, base.scenario)
    problems: list[str] = []
    wanted = _checked(lambda: Wanted.of(base.scenario, args.figures, args.front), problems)
    study = _checked(lambda: sweep_of(base, design), problems)
    if wanted is None or study is None:
        raise ScenarioError(problems)

    def document(outcome: Outcome) -> dict[str, Any]:
        return sweep_document(base.scenario, outcome, wanted, tornado, args.seed)

    return run_and_save(args, base.scenario, study, document, draw_sweep, sweep_tables)


def _checked(work: Callable[[], Found], problems: list[str]) -> Found | None:
    """Return what a function returns; None if it raises, and its problems go to the list."""
    try:
        return work()
    except ScenarioError as error:
        problems.extend(error.problems)
        return None


def _design(args: Namespace, scenario: Scenario) -> tuple[Any, Any]:
    """Return the design that the options ask for, and the tornado if it is one."""
    from altay_energy.study.sweep.axes import Axis, Range, parse_options
    from altay_energy.study.sweep.samples import parse_sample, read_list
    from altay_energy.study.sweep.sweep import grid_of
    from altay_energy.study.sweep.tornado import parse_share, tornado_of

    given = {
        "--list": args.list is not None,
        "--sample": args.sample is not None,
        "--tornado": args.tornado is not None,
    }
    asked = [name for name, there in given.items() if there]
    if len(asked) > 1:
        raise ScenarioError(f"sweep: {' and '.join(asked)} exclude each other; keep one")
    if args.seed < 0:
        raise ScenarioError(f"--seed {args.seed}: must be at least 0")
    if asked == ["--tornado"]:
        if args.ties:
            raise ScenarioError("sweep: --tornado varies one key at a time; leave --tie out")
        tornado = tornado_of(scenario, parse_share(args.tornado), args.vary)
        return tornado.design, tornado
    if asked == ["--list"] and args.vary:
        raise ScenarioError("sweep: --list names the keys and values; leave --vary out")
    axes, ties = parse_options(args.vary, args.ties, sampled=args.sample is not None)
    if asked == ["--list"]:
        return read_list(Path(args.list), ties), None
    if args.sample is not None:
        ranges = [one for one in axes if isinstance(one, Range)]
        return parse_sample(args.sample, ranges, ties, args.seed), None
    return grid_of([one for one in axes if isinstance(one, Axis)], ties), None


def ensemble(args: Namespace) -> int:
    """``ensemble``: run a scenario under many weather years, and with members of a file."""
    from altay_energy._version import __version__
    from altay_energy.report.files.results import write_netcdf
    from altay_energy.report.pages.study import ensemble_tables
    from altay_energy.report.plots.study.ensemble import draw_ensemble
    from altay_energy.study.ensemble.worst import Worst
    from altay_energy.study.sweep.sweep import base_of, hashed

    base = base_of(args.scenario, args.overrides, args.folders)
    found, asked = _ensemble_of(args, base.scenario)
    identity = {"version": __version__, "scenario": hashed(base.scenario)}
    identity |= {"overrides": list(base.overrides)}
    again: list[Worst] = []

    def document(outcome: Outcome) -> dict[str, Any]:
        if asked is not None:
            worst = found.worst(outcome.columns, asked)
            again.extend([] if worst is None else [worst])
        return found.document(outcome.columns, again[0] if again else None)

    def draw(dataset: Any, document: Any, folder: Path, language: str) -> Any:
        worst = again[0].hourly() if again else None
        return draw_ensemble(dataset, document, folder, language, worst)

    def worst_year(folder: Path) -> None:
        for worst in again:
            (folder / "worst").mkdir()
            write_netcdf(worst.hourly(), folder / "worst" / "hourly.nc")

    study = found.with_identity(identity).study()
    return run_and_save(args, base.scenario, study, document, draw, ensemble_tables, worst_year)


def _ensemble_of(args: Namespace, scenario: Scenario) -> tuple[Ensemble, Asked | None]:
    """Return the ensemble and the figure of its worst year, after every check of the input."""
    from altay_energy.study.ensemble.ensemble import ensemble_of
    from altay_energy.study.ensemble.members import UNCHANGED, member_portfolios, read_members
    from altay_energy.study.ensemble.record import Record
    from altay_energy.study.ensemble.worst import Asked
    from altay_energy.study.runner.rows import columns_of

    problems: list[str] = []

    def checked(work: Callable[[], Any]) -> Any:
        return _checked(work, problems)

    def portfolios() -> tuple[Any, Any]:
        if args.members is None:
            return (UNCHANGED,), [scenario.portfolio]
        file = Path(args.members)
        members = read_members(file)
        known = (args.scenario, args.overrides, args.folders, file.name)
        return members, member_portfolios(members, *known)

    asked = None
    if args.worst is not None:
        figures = columns_of(scenario.run())
        asked = checked(lambda: Asked.of(args.worst, figures))
    record = checked(lambda: Record.of(scenario))
    many = checked(portfolios)
    alone = (UNCHANGED,), [scenario.portfolio]
    members, every = alone if many is None else many
    found = checked(lambda: ensemble_of(every, members, args.years, record))
    if problems:
        raise ScenarioError(problems)
    return found, asked


def adequacy(args: Namespace) -> int:
    """``adequacy``: draw outages in many weather years, and find what plants carry."""
    from altay_energy._version import __version__
    from altay_energy.report.pages.study import adequacy_tables
    from altay_energy.report.plots.study.adequacy import draw_adequacy
    from altay_energy.study.adequacy.adequacy import adequacy_document, adequacy_of
    from altay_energy.study.adequacy.elcc import check_asked
    from altay_energy.study.ensemble.ensemble import Shared, ensemble_of
    from altay_energy.study.ensemble.record import Record
    from altay_energy.study.sweep.sweep import base_of, hashed

    base = base_of(args.scenario, args.overrides, args.folders)
    scenario = base.scenario
    plants, factors = _carriers(args)
    settings = scenario.portfolio.adequacy
    if args.draws is not None:
        if args.draws < 1:
            raise ScenarioError(f"--draws {args.draws}: must be at least 1")
        if settings is None:
            raise ScenarioError(
                "--draws: the scenario has no outages; give them in [adequacy.outages], or leave "
                "--draws out"
            )
        settings = settings.with_(draws=args.draws)
    record = Record.of(scenario)
    years = ensemble_of([scenario.portfolio], years=args.years, record=record).labels
    identity = {"version": __version__, "scenario": hashed(scenario)}
    identity |= {"overrides": list(base.overrides)}
    shared = Shared((scenario.portfolio,), record)
    found = adequacy_of(shared, years, settings, identity, plants)
    for plant in plants:
        found.size_mw(plant, factors)
    if plants:
        hours = scenario.portfolio.timeline.hours
        check_asked(factors, args.elcc_by, args.elcc_at_lolh, hours)

    def document(outcome: Outcome) -> dict[str, Any]:
        asked = {"by": args.elcc_by, "at_lolh_h": args.elcc_at_lolh}
        by, hours, reasons = args.elcc_by, args.elcc_at_lolh, list[str]()
        more = (by, hours, reasons, outcome.later, outcome.failures)
        curves = found.elcc(plants, factors, *more) if plants else None
        return adequacy_document(found, outcome.columns, curves, asked) | {"notices": reasons}

    return run_and_save(args, scenario, found.study(), document, draw_adequacy, adequacy_tables)


def _carriers(args: Namespace) -> tuple[list[str], list[float]]:
    """Return the plants of which ELCC is asked for, and the factors on their sizes."""
    plants = [part.strip() for part in (args.elcc or "").split(",") if part.strip()]
    if args.elcc is not None and (not plants or len(set(plants)) < len(plants)):
        raise ScenarioError(f"--elcc {args.elcc}: expected different plants, as in wind.a")
    try:
        factors = [float(part) for part in args.elcc_sizes.split(",")]
    except ValueError:
        factors = []
    if not factors or not all(0.0 < factor < 1000.0 for factor in factors):
        raise ScenarioError(
            f"--elcc-sizes {args.elcc_sizes}: expected factors above 0, as in 0.5,1,2"
        )
    return plants, sorted(set(factors))


def way_of(args: Namespace) -> Way:
    """Return how a study is to be run, from the options of a study.

    Parameters
    ----------
    args : Namespace
    """
    from altay_energy.study.runner.run import Way

    if args.workers < 1:
        raise ScenarioError(f"--workers {args.workers}: must be at least 1")
    if not args.budget_minutes > 0.0:
        raise ScenarioError(f"--budget-minutes {args.budget_minutes:g}: must be above 0")
    if args.budget_gb is not None and not args.budget_gb > 0.0:
        raise ScenarioError(f"--budget-gb {args.budget_gb:g}: must be above 0")
    if args.cluster is not None and args.workers > 1:
        raise ScenarioError("--cluster and --workers exclude each other; keep one")
    return Way(
        workers=args.workers,
        cluster=args.cluster,
        resume=args.resume,
        force=args.force,
        yes=args.yes,
        budget_s=60.0 * args.budget_minutes,
        budget_bytes=None if args.budget_gb is None else 1e9 * args.budget_gb,
    )


def run_and_save(
    args: Namespace,
    scenario: Scenario,
    study: Study,
    document: Callable[[Outcome], dict[str, Any]],
    draw: Draw,
    tables: Callable[..., Any],
    more: Callable[[Path], object] | None = None,
) -> int:
    """Run a study, write its folder, and print its document or its tables.

    Parameters
    ----------
    args : Namespace
        With the options of a study.
    scenario : Scenario
    study : Study
    document : callable
        From the outcome to the content of the study's JSON file.
    draw : callable
        See `altay_energy.report.files.study.Draw`.
    tables : callable
        From document, dataset and language to tables for the screen.
    more : callable, optional
        Writes further files into the folder.

    Returns
    -------
    int
        Exit status.
    """
    from altay_energy.report.files.save import Stopwatch
    from altay_energy.report.files.study import save_study
    from altay_energy.study.runner.results import dataset_of
    from altay_energy.study.runner.run import run_study

    target, way = Path(args.output), way_of(args)
    check_free(target, force=args.force)
    watch, found, notices = Stopwatch(), dict[str, Any](), list[str]()

    def finish(outcome: Outcome) -> None:
        found.update(document(outcome))
        notices.extend(
            save_study(
                scenario,
                outcome,
                found,
                target,
                draw,
                more,
                watch=watch,
                charts=not args.no_charts,
                language=args.language,
                force=args.force,
                command=args.command_words,
            )
        )

    with watch.part("simulation"):
        try:
            outcome = run_study(study, target, finish, way, _progress(), _announce)
        except KeyboardInterrupt:
            aside(f"{target}: what is done is kept; go on with --resume")
            raise
    if args.json:
        print_json(found)
    else:
        console = out()
        for table in tables(found, dataset_of(outcome), language=args.language):
            console.print(table)
    tell(notices)
    aside(f"{study.kind} in {target}")
    return 0


def _announce(expected: Estimate) -> None:
    """Say what a long study will need; a short one only on a terminal."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    if on_terminal or expected.time_s > _LONG_S:
        aside(f"expected: {expected.words}")


def _progress() -> Callable[[int, int, float], None] | None:
    """Return a function that shows the rate and the time left; None without a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    state = {"said": -_SAY_EVERY_S}

    def show(done: int, total: int, seconds: float) -> None:
        if seconds - state["said"] < _SAY_EVERY_S and done < total:
            return
        state["said"] = seconds
        rate = done / max(seconds, 1e-9)
        left = (total - done) / rate
        text = in_language(f"{done} of {total} jobs, {rate:.3g} a second, {left:.0f} s left")
        end = "\n" if done == total else ""
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        print(f"\r{text:<{max(width - 1, 1)}}", end=end, file=sys.stderr, flush=True)

    return show
