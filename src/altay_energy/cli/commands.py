"""Functions of the commands: load, run, print, write. `parser` parses their arguments."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from altay_energy.cli.language import LANGUAGE, in_language
from altay_energy.cli.screen import aside, out, print_json, say, tell
from altay_energy.core.errors import AltayError, OutputError, ScenarioError
from altay_energy.report.files.folder import check_free
from altay_energy.report.files.save import Stopwatch, save_comparison, save_run
from altay_energy.scenario.toml.names import slug

if TYPE_CHECKING:
    from altay_energy.scenario.load import Scenario

_VALUE_LETTERS = 60
"""Columns of `explain`."""


def run(args: Namespace) -> int:
    """``run``: simulate scenarios; table on screen, files in folders."""
    from altay_energy.report.pages.rules import rule_table
    from altay_energy.report.pages.tables import kpi_table, plants_table
    from altay_energy.scenario.load import load
    from altay_energy.study.compare import labels

    targets = _targets(args)
    loading = Stopwatch()
    with loading.part("loading, weather included"):
        scenarios = [load(path, args.overrides, args.folders) for path in args.scenarios]
    names = labels(scenarios)
    documents = []
    for scenario, target, name in zip(scenarios, targets(names), names, strict=True):
        watch = loading.again()
        with watch.part("simulation"):
            result = scenario.run()
            document = result.kpis
        documents.append(document)
        notices = list(result.notices)
        if target is not None:  # before printing: a closed pipe must not lose results
            notices = save_run(scenario, target, watch=watch, **_saving(args))
        if not args.json:
            console = out()
            console.print(kpi_table(document, language=args.language))
            console.print(plants_table(document, language=args.language))
            rules = rule_table(document, language=args.language)
            if rules is not None:
                console.print(rules)
        tell(notices)
        if target is not None:
            aside(f"{name}: results in {target}")
    if args.json:
        print_json(documents[0] if len(documents) == 1 else documents)
    return 0


def _targets(args: Namespace) -> Any:
    """Return a function from names to output folders; raise early if one cannot be written."""
    if args.output is None:
        return lambda names: [None] * len(names)
    folder = Path(args.output)
    if len(args.scenarios) == 1:
        check_free(folder, force=args.force)
        return lambda names: [folder]

    def of(names: Sequence[str]) -> list[Path]:
        slugs = [slug(name) for name in names]
        if len(set(slugs)) < len(slugs):
            slugs = [f"{number}-{text}" for number, text in enumerate(slugs, 1)]
        found = [folder / text for text in slugs]
        for target in found:
            check_free(target, force=args.force)
        return found

    return of


def _saving(args: Namespace) -> dict[str, Any]:
    """Return the options of the command line for writing results."""
    return {
        "charts": not args.no_charts,
        "language": args.language,
        "force": args.force,
        "command": args.command_words,
    }


def compare(args: Namespace) -> int:
    """``compare``: run scenarios and show their differences."""
    from altay_energy.report.pages.tables import difference_tables
    from altay_energy.scenario.load import load
    from altay_energy.study.compare import base_first, is_quick
    from altay_energy.study.compare import compare as compare_scenarios

    def read() -> list[Any]:
        return base_first([load(path, args.overrides, args.folders) for path in args.scenarios])

    def study(scenarios: list[Any]) -> Any:
        if args.why is None and len(scenarios) > 1 and not is_quick(scenarios):
            aside("note: why they differ takes many runs, or slow ones, and is left out; see --why")
        return compare_scenarios(scenarios, args.why)

    said = f"comparison in {Path(args.output)}"
    return _study(args, read, study, save_comparison, difference_tables, said)


def ladder(args: Namespace) -> int:
    """``ladder``: run a scenario with every dispatch method."""
    from altay_energy.report.files.save import save_ladder
    from altay_energy.report.pages.ladder import ladder_tables
    from altay_energy.scenario.load import load
    from altay_energy.study.ladder import ladder as climb

    def read() -> Any:
        return load(args.scenario, args.overrides, args.folders)

    said = f"ladder in {Path(args.output)}"
    return _study(args, read, climb, save_ladder, ladder_tables, said)


def _study(
    args: Namespace,
    read: Callable[[], Any],
    study: Callable[[Any], Any],
    save: Callable[..., list[str]],
    tables: Callable[..., Iterable[Any]],
    said: str,
) -> int:
    """Load, study and save; print the study's document, or its tables."""
    target = Path(args.output)
    check_free(target, force=args.force)
    watch = Stopwatch()
    with watch.part("loading, weather included"):
        loaded = read()
    with watch.part("simulation"):
        found = study(loaded)
    notices = save(loaded, found, target, watch=watch, **_saving(args))
    if args.json:
        print_json(found.document())
    else:
        console = out()
        for table in tables(found.document(), language=args.language):
            console.print(table)
    tell(notices)
    aside(said)
    return 0


def rules(args: Namespace) -> int:
    """``rules``: judge a scenario by rules; the smallest single change for each not met."""
    from altay_energy.report.files.save import save_rules
    from altay_energy.report.pages.rules import change_table, rule_table
    from altay_energy.scenario.load import load
    from altay_energy.study.rules import rule_study

    target = None if args.output is None else Path(args.output)
    if target is not None:
        check_free(target, force=args.force)
    watch = Stopwatch()
    with watch.part("loading, weather included"):
        scenario = load(args.scenario, args.overrides, args.folders)
    with watch.part("simulation"):
        study = rule_study(scenario.portfolio, args.rules, aside)
    notices = [*study.notes, *study.run.notices]
    if target is not None:
        saving = {"language": args.language, "force": args.force, "command": args.command_words}
        notices = save_rules(scenario, study, target, watch=watch, **saving)
    if args.json:
        print_json(study.document())
    else:
        console = out()
        for table in (
            rule_table(study.run.kpis, language=args.language),
            change_table(study.document(), language=args.language),
        ):
            if table is not None:
                console.print(table)
        say("\n".join(study.sentences()))
    tell(notices)
    if target is not None:
        aside(f"rules in {target}")
    return 0


def validate(args: Namespace) -> int:
    """``validate``: list every problem of every scenario."""
    from altay_energy.scenario.load import load

    status = 0
    for path in args.scenarios:
        try:
            scenario = load(path, args.overrides, args.folders)
        except AltayError as error:
            status = error.exit_status
            problems = error.problems if isinstance(error, ScenarioError) else (str(error),)
            say(f"{path}: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
            say("\n".join(problems))
        else:
            say(f"{path}: valid; {scenario.portfolio.timeline.describe()}")
    return status


def explain(args: Namespace) -> int:
    """``explain``: list every value with its origin."""
    from altay_energy.report.pages.fitted import Column, Fitted, Line
    from altay_energy.report.pages.tables import shortened
    from altay_energy.scenario.explain import explain as explain_scenario
    from altay_energy.scenario.load import load

    scenario = load(args.scenario, args.overrides, args.folders)
    values = explain_scenario(scenario)
    if args.json:
        print_json([value.document() for value in values])
        return 0
    lines = []
    for value in values:
        said = shortened(json.dumps(value.value, ensure_ascii=False, default=str), _VALUE_LETTERS)
        origin = in_language(_place(value.origin))
        lines.append(Line((value.key, said, origin, in_language(value.meaning))))
    heads = ("key", "value", "origin", "meaning")
    columns = [Column(in_language(name), "text") for name in heads]
    title = in_language(f"Every value of {args.scenario}")
    out().print(Fitted(title, columns, lines, parted=False))
    _explain_maintenance(scenario)
    return 0


def _explain_maintenance(scenario: Scenario) -> None:
    """Print where maintenance that is given as a length is placed, if any is."""
    from altay_energy.report.pages.study import maintenance_table
    from altay_energy.study.adequacy.maintenance import placed, placed_days

    settings = scenario.portfolio.adequacy
    if settings is not None:
        days = placed_days(placed(scenario.portfolio, settings))
        if days:
            out().print(maintenance_table(days, LANGUAGE.get()))


def _place(origin: str) -> str:
    return Path(origin).name if origin.endswith(".toml") else origin


def new(args: Namespace) -> int:
    """``new``: write a template scenario."""
    from altay_energy.scenario.template import write_template

    path = write_template(args.name, Path.cwd(), force=args.force)
    say(f"{path.name} written; next: altay-energy run {path.name} -o {path.stem}")
    return 0


def schema(args: Namespace) -> int:
    """``schema``: print the JSON Schema of scenario files."""
    from altay_energy.scenario.model import json_schema

    print_json(json_schema())
    return 0


def doctor(args: Namespace) -> int:
    """``doctor``: check the installation."""
    from altay_energy.cli.doctor import examine

    checks = examine()
    if args.json:
        print_json([check.document() for check in checks])
    else:
        for check in checks:
            name, finding = in_language(check.name), in_language(check.finding)
            say(f"{'ok  ' if check.sound else 'FAIL'} {name}: {finding}")
    failed = [check for check in checks if not check.sound]
    if failed:
        raise OutputError(f"{len(failed)} of {len(checks)} checks failed; see above")
    return 0
