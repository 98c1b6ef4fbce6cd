"""An ensemble: weather years × members of one scenario, in blocks of years, with its summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.core.wording import listing, plural
from altay_energy.run.climate_source import Climate
from altay_energy.run.portfolio import Portfolio, Run
from altay_energy.study.adequacy.maintenance import placed, placed_days
from altay_energy.study.ensemble.members import UNCHANGED, Member
from altay_energy.study.ensemble.months import monthly_document, rows_with_months
from altay_energy.study.ensemble.outages import asked_of, has_outages, outage_problems, run_of
from altay_energy.study.ensemble.quantiles import (
    LEVEL,
    Runs,
    convergence,
    documents,
    exceedance,
    ranks,
)
from altay_energy.study.ensemble.record import Record
from altay_energy.study.ensemble.worst import Asked, Worst, worst_week
from altay_energy.study.ensemble.years import BLOCK, one_year, record_block, year_block
from altay_energy.study.runner.jobs import Failure, Job, Result, Row, Study, reason_of
from altay_energy.study.runner.results import of_months
from altay_energy.study.together import TOGETHER, dispatched_together

MOST_YEARS = 100_000
"""Largest number of weather years of an ensemble."""

AT_ONCE = 512
"""Largest number of runs of a batch with several weather years."""

MEMBER_RUNS = 64
"""Largest number of runs of several members that are dispatched at once."""

SHARES = (0.01, 0.02, 0.05, *(k / 10.0 for k in range(1, 10)), 0.95, 0.98, 0.99)
"""Shares of runs for which ``ensemble.json`` has the value that is reached. [-]"""

VECTORISED = {"rules": BLOCK, "optimal": 8}
"""Number of years dispatched at once, for methods that can."""


@dataclass(frozen=True)
class Shared(Value):
    """Data that every worker needs.

    Parameters
    ----------
    portfolios : tuple of Portfolio
        One for each member.
    record : Record or None
        Measured weather years; None for synthetic ones.
    """

    portfolios: tuple[Portfolio, ...]
    record: Record | None = None

    def years(self, member: int, labels: Sequence[int]) -> Portfolio:
        """A member with some weather years.

        Parameters
        ----------
        member : int
        labels : sequence of int
            Seeds, or years of the record.
        """
        portfolio = self.portfolios[member]
        if self.record is None:
            return year_block(portfolio, labels)
        return record_block(portfolio, [self.record.weather(year) for year in labels])


@dataclass(frozen=True)
class Jobs(Sequence[Job]):
    """Jobs of weather years × members, created on access; the members of a year are consecutive.

    Parameters
    ----------
    axis : str
        ``"seed"`` or ``"weather_year"``.
    labels : sequence of int
        Labels of the years.
    members : tuple of Member
    """

    axis: str
    labels: Sequence[int]
    members: tuple[Member, ...]

    def __len__(self) -> int:
        return len(self.labels) * len(self.members)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        number %= len(self)
        year, place = divmod(number, len(self.members))
        label, member = int(self.labels[year]), self.members[place]
        values: dict[str, float | str] = {self.axis: label}
        name = f"{self.axis} {label}"
        if member.name:
            values |= {"member": member.name, "weight": member.weight}
            name += f", member {member.name}"
        return Job(int(number), name, values)


@dataclass(frozen=True)
class Ensemble(Value):
    """Weather years × members.

    Parameters
    ----------
    shared : Shared
        Portfolios and record.
    members : tuple of Member
        One for each portfolio; only `UNCHANGED` without members.
    labels : tuple of int
        Seeds, or years of the record.
    identity : mapping of str to Any
        All other data on which the figures depend: tables, hashes of files, version.
    """

    shared: Shared
    members: tuple[Member, ...]
    labels: Sequence[int]
    identity: Mapping[str, Any]

    @cached_property
    def jobs(self) -> Jobs:
        """All runs."""
        axis = "seed" if self.shared.record is None else "weather_year"
        return Jobs(axis, self.labels, self.members)

    def with_identity(self, identity: Mapping[str, Any]) -> Ensemble:
        """Return the ensemble with the data on which its figures depend.

        Parameters
        ----------
        identity : mapping of str to Any
            As for `Ensemble`.
        """
        return replace(self, identity=identity)

    @property
    def years_at_once(self) -> int:
        """Number of weather years of a batch."""
        method = self.shared.portfolios[0].dispatch.method
        most = max(1, AT_ONCE // len(self.members))
        return min(VECTORISED.get(method, 1), most)

    def study(self) -> Study:
        """The study for the runner.

        Raises
        ------
        ScenarioError
            If outages of a plant cannot be drawn.
        """
        portfolios = self.shared.portfolios
        problems = dict.fromkeys(text for one in portfolios for text in outage_problems(one))
        if problems:
            raise ScenarioError(problems)
        members = [[m.name, m.weight, dict(m.values)] for m in self.members]
        return Study(
            kind="ensemble",
            work=ensemble_rows,
            shared=self.shared,
            jobs=self.jobs,
            batch=self.years_at_once * len(self.members),
            identity={
                **self.identity,
                "members": members,
                "labels": [int(self.labels[0]), int(self.labels[-1]), len(self.labels)],
            },
        )

    def runs(self) -> Runs:
        """Year and weight of every run."""
        count, many = len(self.labels), len(self.members)
        weight = np.array([member.weight for member in self.members])
        return Runs(np.repeat(np.arange(count), many), np.tile(weight, count))

    def run_again(self, number: int) -> Run:
        """Compute one run with all its series, shape (T,).

        Parameters
        ----------
        number : int
            Number of its job.
        """
        year, member = divmod(number, len(self.members))
        label = int(self.labels[year])
        one = one_year(self.shared.years(member, [label]), 0)
        return run_of(one, one.available_power(), [label])

    def worst(self, columns: Mapping[str, Array], asked: Asked) -> Worst | None:
        """Repeat the worst run by a figure; None if no run has the figure.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (n,)
            Figures of all runs.
        asked : Asked
        """
        values = columns[asked.figure]
        number = asked.worst(values)
        if number is None:
            return None
        run = self.run_again(number)
        week, value = worst_week(run, asked)
        differs = bool(np.nanmin(values) < np.nanmax(values))
        return Worst(asked, number, float(values[number]), run, week, value, differs)

    def document(
        self, columns: Mapping[str, Array], worst: Worst | None = None, level: float = LEVEL
    ) -> dict[str, Any]:
        """Return the content of ``ensemble.json``.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (n,)
            Figures of all runs, NaN where one failed.
        worst : Worst, optional
        level : float
            Confidence of the intervals. [-]

        Returns
        -------
        dict
            ``plan``; ``notices``; ``quantiles`` by figure; ``months``: those of each month;
            ``exceedance``: the value reached by each share of the runs, by figure; ``convergence``
            of the quantiles with the number of years, by figure of the whole run; ``worst``.
        """
        runs, monthly = self.runs(), of_months(columns)
        columns = {name: values for name, values in columns.items() if name not in monthly}
        found: dict[str, Any] = {
            "plan": {
                "scenario": self.shared.portfolios[0].name,
                "method": self.shared.portfolios[0].dispatch.method,
                "axis": self.jobs.axis,
                "years": len(self.labels),
                "first": int(self.labels[0]),
                "last": int(self.labels[-1]),
                "members": [member.name for member in self.members if member.name],
                "runs": len(self.jobs),
                "level": level,
            },
            "quantiles": documents(columns, runs, level),
            "months": monthly_document(monthly, runs, level),
            "notices": self._notices(worst),
            "exceedance": {
                "share": list(SHARES),
                "values": {name: reached(v, runs.weight) for name, v in columns.items()},
            },
            "convergence": {
                name: convergence(values, runs, level)
                for name, values in columns.items()
                if "." not in name
            },
        }
        if worst is not None:
            found["worst"] = {**worst.document(), "name": self.jobs[worst.number].name}
        return found

    def _notices(self, worst: Worst | None) -> list[str]:
        """Notices for readers of the figures."""
        found, years = [], len(self.labels)
        least = next(n for n in range(2, 1000) if ranks(n, 0.9)[0] > 0)
        if len(self.members) == 1 and years < least:
            found.append(
                f"{years} weather years are too few for an interval of P10 and P90, which need "
                f"{least}"
            )
        first = self.shared.portfolios[0]
        if first.adequacy is not None and first.adequacy.outages and not has_outages(first):
            found.append(
                f"outages of [adequacy] are left out: ensembles draw them by rules, and the method "
                f"is {first.dispatch.method}"
            )
        if has_outages(first) and first.adequacy is not None:
            for name, days in placed_days(first.adequacy).items():
                said = listing([f"{begin} to {end}" for begin, end in days])
                found.append(f"maintenance of {name} was placed on {said}")
        if worst is not None and not worst.differs:
            found.append(
                f"{worst.asked.figure} is the same in every run; the worst year is the first"
            )
        return found


def _maintained(portfolio: Portfolio) -> Portfolio:
    """Return a portfolio whose maintenance is on days."""
    settings = portfolio.adequacy
    if settings is None or not has_outages(portfolio):
        return portfolio
    days = placed(portfolio, settings)
    return portfolio if days is settings else portfolio.with_(adequacy=days)


def reached(values: Array, weight: Array) -> list[float | None]:
    """The value that each of `SHARES` of the runs reaches or exceeds.

    Parameters
    ----------
    values, weight : ndarray, shape (n,)
    """
    order, share = exceedance(values, weight)
    if not order.size:
        return [None] * len(SHARES)
    at = np.minimum(np.searchsorted(share, np.array(SHARES) * (1.0 - 1e-12)), order.size - 1)
    return [float(order[k]) for k in at]


def ensemble_of(
    portfolios: Sequence[Portfolio],
    members: Sequence[Member] = (UNCHANGED,),
    years: int | None = None,
    record: Record | None = None,
    identity: Mapping[str, Any] | None = None,
) -> Ensemble:
    """Return an ensemble with one portfolio for each member.

    Parameters
    ----------
    portfolios : sequence of Portfolio
    members : sequence of Member
        One for each portfolio.
    years : int, optional
        Number of weather years: seeds from that of the scenario on, or the first years of the
        record; default: all years of the record.
    record : Record, optional
        Measured weather years.
    identity : mapping, optional
        As for `Ensemble`.

    Returns
    -------
    Ensemble

    Raises
    ------
    ScenarioError
        If the number of years is below 1 or missing, or above those of the record.
    """
    portfolios = [_maintained(one) for one in portfolios]
    first = portfolios[0]
    if record is None:
        if not isinstance(first.weather, Climate):
            raise ScenarioError(
                "weather: is given as series of one period; an ensemble needs [weather] source = "
                '"climate", or files of several years'
            )
        if years is None:
            raise ScenarioError("--years is missing: say how many synthetic weather years to run")
        known: Sequence[int] = range(first.weather.seed, first.weather.seed + max(years, 0))
    else:
        known = record.years
    if years is not None and not 1 <= years <= MOST_YEARS:
        raise ScenarioError(f"--years {years}: must be 1 to {MOST_YEARS}")
    if years is not None and years > len(known):
        raise ScenarioError(
            f"--years {years}: the weather files hold {plural(len(known), 'whole year')} at all "
            f"sites ({listing(known)}); ask for no more"
        )
    labels = known if years is None else known[:years]
    return Ensemble(Shared(tuple(portfolios), record), tuple(members), labels, identity or {})


def ensemble_rows(shared: Shared, jobs: Sequence[Job]) -> list[Result]:
    """Compute the figures of some runs: weather once for all members, then each member.

    Parameters
    ----------
    shared : Shared
    jobs : sequence of Job
        Jobs of `Jobs`.

    Returns
    -------
    list of Row or Failure
    """
    axis = next(iter(jobs[0].values))
    labels = list(dict.fromkeys(int(job.values[axis]) for job in jobs))
    count = len(shared.portfolios)
    found: dict[tuple[int, int], Result] = {}
    base: tuple[Portfolio, dict[str, Array]] | None = None
    members = list(dict.fromkeys(job.number % count for job in jobs))
    many = max(1, MEMBER_RUNS // len(labels))
    for first in range(0, len(members), many):
        some, blocks = members[first : first + many], []
        for member in some:
            portfolio = shared.portfolios[member]
            if base is None or not _same_weather(base[0], portfolio):
                block = shared.years(member, labels)
                base = block, block.available_power()
                blocks.append(base)
            else:
                blocks.append(_like(base, portfolio))
        for member, results in zip(some, _rows_of_members(blocks, labels), strict=True):
            found |= {(label, member): one for label, one in zip(labels, results, strict=True)}
    return [found[int(job.values[axis]), job.number % count] for job in jobs]


def _same_weather(one: Portfolio, other: Portfolio) -> bool:
    """Return whether two portfolios have the same weather and rivers."""
    if any(getattr(one, name) != getattr(other, name) for name in ("timeline", "sites", "river")):
        return False
    climates = isinstance(one.weather, Climate), isinstance(other.weather, Climate)
    if any(climates) and one.weather != other.weather:
        return False
    return one.used_sites() == other.used_sites()


def _like(
    base: tuple[Portfolio, dict[str, Array]], portfolio: Portfolio
) -> tuple[Portfolio, dict[str, Array]]:
    """Return a member with the weather of another; equal parts are not computed again."""
    block, known = base
    new = portfolio.with_(weather=block.weather)
    new.__dict__.update(weather_by_site=block.weather_by_site, river_flows=block.river_flows)
    if portfolio.hydro == block.hydro:
        new.__dict__["water"] = block.water
    plants = block.renewables
    available = {
        key: known[key] if plants.get(key) == plant else new.available_power_of(key)
        for key, plant in new.renewables.items()
    }
    return new, available


def _rows_of_members(
    blocks: Sequence[tuple[Portfolio, Mapping[str, Array]]], labels: Sequence[int]
) -> list[list[Result]]:
    """Compute figures of the years of every member, in one dispatch where that is faster.

    Sixteen members of `burqin-2030` with four years each take 1.5 s in one dispatch and 5.9 s one
    after another, as a station is run step by step for all runs at once; without a station there
    is no difference.
    """
    first = blocks[0][0]
    if len(blocks) == 1 or first.dispatch.method not in TOGETHER or not first.stations:
        return [_rows(block, available, labels) for block, available in blocks]
    runs = dispatched_together([asked_of(*block, labels) for block in blocks])
    return [
        _rows(*block, labels)
        if isinstance(run, NoSolutionError)
        else _each(rows_with_months(run), labels)
        for block, run in zip(blocks, runs, strict=True)
    ]


def _each(rows: Sequence[Row], labels: Sequence[int]) -> list[Result]:
    """Return a row for each year, also where nothing depends on weather."""
    return list(rows) if len(rows) == len(labels) else [*rows] * len(labels)


def _rows(block: Portfolio, available: Mapping[str, Array], labels: Sequence[int]) -> list[Result]:
    """Compute figures of the years of a block; if one has no solution, of each year alone."""
    if block.dispatch.method in VECTORISED:
        try:
            return _each(rows_with_months(run_of(block, available, labels)), labels)
        except NoSolutionError:
            if len(labels) == 1:
                raise
    return [_row(block, row, label) for row, label in enumerate(labels)]


def _row(block: Portfolio, row: int, label: int) -> Result:
    one = one_year(block, row)
    try:
        return rows_with_months(run_of(one, one.available_power(), [label]))[0]
    except (NoSolutionError, ValueError) as error:
        return Failure(reason_of(error))
