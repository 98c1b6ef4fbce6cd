"""A sweep: every run of a design, loaded as the scenario with some of its keys changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from altay_energy._version import __version__
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.files.inputs import Kept
from altay_energy.core.value import Value
from altay_energy.core.wording import closest
from altay_energy.run.portfolio import Run
from altay_energy.scenario.load import Scenario, load
from altay_energy.scenario.model import NAMED_TABLES
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.text import key_parts
from altay_energy.study.runner.jobs import Failure, Job, Result, Study
from altay_energy.study.runner.rows import rows_of
from altay_energy.study.sweep.axes import Axis, Range, Setting, Step, Tie, tie_problems
from altay_energy.study.sweep.samples import Design, Grid, Listed, Sample
from altay_energy.study.together import runs_of

BATCH = {"rules": 32}
"""Number of runs dispatched at once by method; 1 for other methods."""

TRIED = 9
"""Number of evenly spread values of a key that are loaded before the sweep starts."""


@dataclass(frozen=True)
class Base(Value):
    """A scenario as the base of changes.

    Parameters
    ----------
    scenario : Scenario
    path : Path
    overrides : tuple of str
        Changes of the command line, applied before those of a run.
    folders : tuple of Path
    """

    scenario: Scenario
    path: Path
    overrides: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()

    def with_values(self, values: Mapping[str, Setting]) -> Scenario:
        """Return the scenario with some values changed.

        Parameters
        ----------
        values : mapping of str to number or text
            By key.

        Raises
        ------
        ScenarioError
            With every problem that the values cause.
        """
        changed = [*self.overrides, *(f"{key}={_literal(value)}" for key, value in values.items())]
        return load(self.path, changed, self.folders, like=self.scenario)


def base_of(
    path: str | Path, overrides: Iterable[str] = (), folders: Iterable[str | Path] = ()
) -> Base:
    """Return a scenario whose keys can be varied.

    Parameters
    ----------
    path : path
    overrides : iterable of str
        As for `load`.
    folders : iterable of path
        As for `load`.

    Raises
    ------
    ScenarioError
        With every problem of the scenario.
    """
    given, allowed = tuple(overrides), tuple(map(Path, folders))
    return Base(load(path, given, allowed), Path(path), given, allowed)


def _literal(value: Setting) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)


def sweep_of(base: Base, design: Design) -> Study:
    """Return a design of runs as a study.

    Parameters
    ----------
    base : Base
    design : Design

    Raises
    ------
    ScenarioError
        With every key that does not exist, is no number, or makes every run wrong.
    """
    problems = design_problems(base, design)
    if problems:
        raise ScenarioError(problems)
    method = base.scenario.portfolio.dispatch.method
    identity = {
        "version": __version__,
        "scenario": hashed(base.scenario),
        "overrides": list(base.overrides),
        "design": design_document(design),
    }
    return Study("sweep", run_batch, base, design, BATCH.get(method, 1), identity)


def hashed(scenario: Scenario) -> dict[str, str]:
    """Return the hash of every file that a scenario was read from, by name.

    Parameters
    ----------
    scenario : Scenario
    """
    kept: Kept = scenario.kept
    files = {path.name: kept.sha256(path) for path in scenario.source.files}
    return files | {dotted(key): kept.sha256(path) for key, path in scenario.files.items()}


def design_document(design: Design) -> dict[str, Any]:
    """Return a design as plain values.

    Parameters
    ----------
    design : Design
    """
    ties = {tie.key: _tie_document(tie) for tie in design.ties}
    found: dict[str, Any] = {"runs": len(design), "ties": ties}
    if isinstance(design, Grid):
        return found | {"grid": {axis.key: list(axis.values) for axis in design.axes}}
    if isinstance(design, Sample):
        return found | {
            "sample": design.method,
            "size": design.size,
            "seed": design.seed,
            "ranges": {one.key: [one.low, one.high] for one in design.ranges},
        }
    assert isinstance(design, Listed)
    return found | {
        "list": [dict(zip(design.columns, row, strict=True)) for row in design.rows],
        "names": list(design.names),
    }


def _tie_document(tie: Tie | Step) -> dict[str, Any]:
    if isinstance(tie, Step):
        return {"of": tie.of, "values": list(tie.values)}
    return {"of": tie.of, "factor": tie.factor, "offset": tie.offset}


def run_batch(base: Base, jobs: Sequence[Job]) -> list[Result]:
    """Return the figures of each run of a batch.

    Parameters
    ----------
    base : Base
    jobs : sequence of Job
    """
    found: dict[int, Result] = {}
    loaded: dict[int, Scenario] = {}
    for job in jobs:
        try:
            loaded[job.number] = base.with_values(job.values)
        except ScenarioError as error:
            found[job.number] = Failure("; ".join(error.problems))
    runs = runs_of([scenario.portfolio for scenario in loaded.values()])
    for number, run in zip(loaded, runs, strict=True):
        found[number] = figures_of(run)
    return [found[job.number] for job in jobs]


def figures_of(run: Run | NoSolutionError) -> Result:
    """Return the figures of a run, or the reason of its failure.

    Parameters
    ----------
    run : Run or NoSolutionError
    """
    if isinstance(run, NoSolutionError):
        return Failure(" ".join(str(run).split()))
    (row,) = rows_of(run)
    return row


def design_problems(base: Base, design: Design) -> list[str]:
    """Return problems that make every run invalid, one line each, from trials of some values.

    A value that is invalid alone may be valid with that of another key, so a key is reported only
    if none of the tried runs can be loaded.

    Parameters
    ----------
    base : Base
    design : Design
    """
    twice = {key for key in design.keys if design.keys.count(key) > 1}
    found = [f"--vary {key}: is given twice; keep one" for key in sorted(twice)]
    found += tie_problems(design.keys, design.ties)
    known = dict.fromkeys([*design.keys, *(tie.key for tie in design.ties)])
    missing = {key: text for key in known if (text := _no_table(base, key)) is not None}
    found += missing.values()
    runs = [] if found else _run_problems(base, design)
    if not found and not runs:
        return []
    for key in known:
        if key in design.keys and key not in missing:
            found += _value_problems(base, design, key, missing)
    if not found and len(design) <= TRIED:
        return runs
    return list(dict.fromkeys(found))


def _no_table(base: Base, key: str) -> str | None:
    """Return why a key cannot be varied; None if its table exists."""
    parts = key_parts(key, "--vary")
    tables: Any = base.scenario.source.tables
    kind, *rest = parts
    if kind in NAMED_TABLES and rest:
        there = tables.get(kind, {})
        if rest[0] not in there:
            hint = closest(rest[0], there)
            return f"{key}: the scenario has no {kind}.{rest[0]}{hint}"
    return None


def _value_problems(base: Base, design: Design, key: str, missing: Collection[str]) -> list[str]:
    """Return why no value of a key can be loaded alone; nothing if one can."""
    values = _values(design, key)
    first: list[str] | None = None
    for number in dict.fromkeys(_spread(len(values))):
        given: dict[str, Setting] = {key: values[number]}
        try:
            for tie in design.ties:
                if tie.of in given and tie.key not in missing:
                    given[tie.key] = tie.value(given)
            base.with_values(given)
        except ScenarioError as error:
            first = list(error.problems) if first is None else first
        else:
            return []
    return first or []


def _spread(count: int) -> list[int]:
    """Return evenly spread indices from the first to the last."""
    return [k * (count - 1) // (TRIED - 1) for k in range(TRIED)]


def _values(design: Design, key: str) -> list[Setting]:
    if isinstance(design, Grid):
        return next(list(axis.values) for axis in design.axes if axis.key == key)
    if isinstance(design, Sample):
        one: Range = next(one for one in design.ranges if one.key == key)
        return [one.low, one.high, (one.low + one.high) / 2.0]
    assert isinstance(design, Listed)
    place = design.columns.index(key)
    return list(dict.fromkeys(row[place] for row in design.rows))


def _run_problems(base: Base, design: Design) -> list[str]:
    """Return why none of the runs that are tried can be loaded; nothing if one can."""
    first: list[str] | None = None
    for number in dict.fromkeys(_spread(len(design))):
        try:
            base.with_values(design[number].values)
        except ScenarioError as error:
            first = list(error.problems) if first is None else first
        else:
            return []
    return first or []


def grid_of(axes: Sequence[Axis], ties: Sequence[Tie | Step] = ()) -> Grid:
    """Return every combination of the values of axes.

    Parameters
    ----------
    axes : sequence of Axis
    ties : sequence of Tie or Step

    Raises
    ------
    ScenarioError
        If there are none, or too many.
    """
    if not axes:
        raise ScenarioError("sweep: name at least one key, as in --vary KEY=80,160,320")
    return Grid(tuple(ties), tuple(axes))
