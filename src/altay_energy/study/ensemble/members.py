"""Members of an ensemble: named, weighted changes of a scenario, read from a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from altay_energy.core.errors import ScenarioError
from altay_energy.core.files.cells import MISSING_WORDS
from altay_energy.core.files.csvfile import Table, parse_table
from altay_energy.core.files.textfile import read_text
from altay_energy.core.value import Value
from altay_energy.core.wording import listing
from altay_energy.run.portfolio import Portfolio
from altay_energy.scenario.load import load
from altay_energy.scenario.toml.source import COMMAND_LINE

NAME, WEIGHT = "name", "weight"
"""Columns that are not keys of the scenario."""

MOST_MEMBERS = 1000
"""Largest number of members; each is a scenario that is read and checked before the start."""


@dataclass(frozen=True)
class Member(Value):
    """A change of the scenario.

    Parameters
    ----------
    name : str
    weight : float
        Weight above 0; a member of weight 2 counts as two of weight 1. [-]
    values : mapping of str to str
        Key → its value as TOML text: ``{"load.mine.annual_mwh": "300000"}``.
    """

    name: str
    weight: float = 1.0
    values: Mapping[str, str] = field(default_factory=dict)


UNCHANGED = Member("")
"""The unchanged scenario: the only member of an ensemble without a file of members."""


def read_members(path: str | Path) -> tuple[Member, ...]:
    """Read the members of a CSV file.

    Parameters
    ----------
    path : path
        Columns ``name``, ``weight`` (optional), and any keys of the scenario; one row per member.
        A cell has the text that ``--set`` takes after the equals sign.

    Returns
    -------
    tuple of Member

    Raises
    ------
    ScenarioError
        With every problem of the file, one a line.
    """
    file = Path(path)
    table = parse_table(read_text(file, error=ScenarioError), ScenarioError)
    problems = list(_problems_of_header(table))
    if problems:
        raise ScenarioError(problems)
    names = [cell.strip() for cell in table.cells(NAME)]
    problems = list(_problems_of_names(table, names))
    weights: list[float] = []
    for line, cell in zip(table.lines, _cells(table, WEIGHT), strict=True):
        weight = _number(cell)
        weights.append(weight)
        if not 0.0 < weight < float("inf"):
            problems.append(
                f"{table.name}: line {line}: weight = {cell}: must be a number above 0; to leave a "
                "member out, remove its row"
            )
    keys = [key for key in table.header if key not in (NAME, WEIGHT)]
    columns = {key: [cell.strip() for cell in table.cells(key)] for key in keys}
    for key, cells in columns.items():
        for line, cell in zip(table.lines, cells, strict=True):
            if cell.lower() in MISSING_WORDS:
                problems.append(
                    f"{table.name}: line {line}: {key} = {cell or 'nothing'}: has no value; write "
                    "that of the scenario where a member does not change it"
                )
    if len(names) > MOST_MEMBERS:
        problems.append(f"{table.name}: has {len(names)} members, and {MOST_MEMBERS} are the most")
    if problems:
        raise ScenarioError(problems)
    return tuple(
        Member(name, weight, {key: columns[key][k] for key in keys})
        for k, (name, weight) in enumerate(zip(names, weights, strict=True))
    )


def member_portfolios(
    members: Sequence[Member],
    scenario: str | Path,
    overrides: Sequence[str] = (),
    folders: Sequence[str | Path] = (),
    file: str = "members",
) -> list[Portfolio]:
    """Return the portfolio of every member.

    Parameters
    ----------
    members : sequence of Member
    scenario : path
        Scenario file.
    overrides : sequence of str
        Changes common to all members, as ``"grid.export_limit_mw=300"``.
    folders : sequence of path
        Folders besides the scenario's own that it may read from.
    file : str
        Name of the file of members, for messages.

    Returns
    -------
    list of Portfolio

    Raises
    ------
    ScenarioError
        With every problem of every member: an unknown key, a value of another kind, a series of
        another length, or a changed period.
    """
    found: list[Portfolio] = []
    problems: dict[str, list[str]] = {}
    for member in members:
        changes = [f"{key}={value}" for key, value in member.values.items()]
        try:
            portfolio = load(scenario, [*overrides, *changes], folders).portfolio
        except ScenarioError as error:
            for line in error.problems:
                said = line.removeprefix(f"{COMMAND_LINE}: ")
                problems.setdefault(said, []).append(member.name)
            continue
        if found and portfolio.timeline != found[0].timeline:
            own, others = (one.timeline.describe() for one in (portfolio, found[0]))
            said = f"runs over {own}, the others over {others}; all members need one period"
            problems.setdefault(said, []).append(member.name)
        found.append(portfolio)
    if problems:
        whose = {said: f"member {listing(names)}" for said, names in problems.items()}
        raise ScenarioError(f"{file}: {whose[said]}: {said}" for said in problems)
    return found


def _cells(table: Table, column: str) -> Sequence[str]:
    """Cells of a column; a missing weight is 1."""
    if column in table.header:
        return [cell.strip() for cell in table.cells(column)]
    return ["1"] * len(table.rows)


def _problems_of_header(table: Table) -> Iterator[str]:
    if NAME not in table.header:
        yield (
            f"{table.name}: has no column {NAME!r}; the columns are name, weight (optional) and "
            "keys of the scenario, as in name,weight,load.mine.annual_mwh"
        )
    twice = [key for key in dict.fromkeys(table.header) if table.header.count(key) > 1]
    if twice:
        yield f"{table.name}: has columns more than once: {listing(twice)}; keep one of each"
    if not set(table.header) - {NAME, WEIGHT}:
        yield (
            f"{table.name}: has no column with a key of the scenario, so that all members are the "
            "same; add one, as in name,weight,load.mine.annual_mwh"
        )


def _problems_of_names(table: Table, names: Sequence[str]) -> Iterator[str]:
    empty = [int(line) for line, name in zip(table.lines, names, strict=True) if not name]
    if empty:
        yield f"{table.name}: line {listing(empty)}: the member has no name"
    twice = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    for name in twice:
        lines = [int(line) for line, own in zip(table.lines, names, strict=True) if own == name]
        yield (
            f"{table.name}: lines {listing(lines)}: {len(lines)} members are called {name!r}; "
            "give each a name of its own"
        )


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
