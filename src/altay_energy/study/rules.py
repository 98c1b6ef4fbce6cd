"""Rules that a portfolio does not meet, and the smallest single change that meets each.

For each limit every capacity is varied alone, from 0 to ten times today's value. From today's value
outwards the first value that meets the limit is bracketed on a few points and narrowed by sections;
then the search is repeated between today's value and the one found, since figures need not be
monotonic. A separate run confirms the change, and another that 0.99 of it is not enough.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from altay_energy.components.settings.policy import AskedLimit, PolicySettings
from altay_energy.components.settings.rule_set import REGIONS, RULES, is_own
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.run.money.rules import (
    Verdict,
    closes_export,
    curtailed_without_feed_in,
    margin,
)
from altay_energy.run.portfolio import Portfolio, Run
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.source import Key
from altay_energy.study.capacities import Capacity, Runs, capacities, is_unusual, varied

DOWN = (0.8, 0.5, 0.2, 0.0)
"""Shares of today's value that bracket a limit below it. [-]"""

UP = (1.3, 2.0, 4.0, 10.0)
"""Multiples of today's value that bracket a limit above it; the last is the largest. [-]"""

SECTIONS = 8
"""Number of points between two values that are computed together."""

WITHIN = 5e-4
"""Relative tolerance of a change. [-]"""

WITHIN_OF_SLOW_RUNS = 3e-3
"""The same for methods slower than rules; below 1 - `ALMOST`. [-]"""

ALMOST = 0.99
"""Share of a change at which the limit must not be met. [-]"""

ALMOST_NOTHING = 1e-2
"""Share of today's value below which a limit that is broken again is not reported. [-]"""

ROUNDING = 1e-9
"""Tolerance of a limit in the search, in the unit of the figure; a verdict allows more."""

ROUNDS = 40
"""Largest number of rounds of a search; each at least halves a bracket."""

RUNS_OF_A_SEARCH = 14
"""Approximate largest number of separate runs in the search of one capacity for one limit."""

LONG_S = 60.0
"""Expected time from which a search is announced. [s]"""

LESS_SERVED_MWH = 1e-3
"""Increase of unserved load from which it is reported. [MWh]"""


@dataclass(frozen=True)
class Change:
    """A single change that meets a limit.

    Parameters
    ----------
    capacity : Capacity
    value : float
        Value of its leading key.
    figure : float
        Value of the limited figure with the change.
    upto : float or None
        Value of the leading key beyond which the limit is broken again; None if there is none in
        the range of the search.
    breaks : tuple of str
        Limits that are met today but not with the change.
    unserved_mwh : float
        Increase of unserved load. [MWh]
    curtailment_rate : float
        Curtailed / available energy with the change. [-]
    """

    capacity: Capacity
    value: float
    figure: float
    upto: float | None
    breaks: tuple[str, ...]
    unserved_mwh: float
    curtailment_rate: float

    @property
    def keys(self) -> dict[Key, float]:
        """New value of every key."""
        return self.capacity.at(self.value)

    @property
    def relative(self) -> float | None:
        """Change relative to today's value; None if that is 0. [-]"""
        today = self.capacity.today
        return None if today == 0.0 else self.value / today - 1.0

    def overrides(self) -> list[str]:
        """The change as arguments of ``--set``."""
        given = [f"{dotted(key)}={value!r}" for key, value in self.keys.items()]
        if any(is_unusual(key[-1], value) for key, value in self.keys.items()):
            given.append("allow_unusual=true")
        return given

    def document(self) -> dict[str, Any]:
        """Its entry in ``rules.json``."""
        return {
            "capacity": self.capacity.name,
            "today": {dotted(key): now for key, now in self.capacity.keys.items()},
            "then": {dotted(key): value for key, value in self.keys.items()},
            "relative": self.relative,
            "value": self.figure,
            "met_up_to": self.upto,
            "no_longer_met": list(self.breaks),
            "more_unserved_mwh": self.unserved_mwh,
            "curtailment_rate": self.curtailment_rate,
            "set": self.overrides(),
        }


@dataclass(frozen=True)
class Finding:
    """A limit that is not met, and the single changes that meet it.

    Parameters
    ----------
    names : tuple of str
        Limits with the same value for the same figure.
    verdict : Verdict
        Verdict on the first of them.
    changes : tuple of Change
        The smallest relative change first.
    best : (Capacity, float, float) or None
        Capacity, its value and the figure closest to the limit, if no change meets it.
    without_feed_in : float or None
        Curtailed / available energy with the export closed, if the limit requires that. [-]
    """

    names: tuple[str, ...]
    verdict: Verdict
    changes: tuple[Change, ...]
    best: tuple[Capacity, float, float] | None
    without_feed_in: float | None

    def document(self) -> dict[str, Any]:
        """Its entry in ``rules.json``."""
        found: dict[str, Any] = {
            "limits": list(self.names),
            "figure": self.verdict.asked.limit.figure,
            "value": self.verdict.value,
            "limit": self.verdict.limit,
            "sense": self.verdict.asked.limit.sense,
            "changes": [change.document() for change in self.changes],
        }
        if self.best is not None:
            capacity, value, figure = self.best
            best = Change(capacity, value, figure, None, (), 0.0, 0.0).document()
            shown = ("capacity", "today", "then", "relative", "value")
            found["best"] = {key: best[key] for key in shown}
        if self.without_feed_in is not None:
            found["curtailment_rate_without_feed_in"] = self.without_feed_in
        return found

    def sentences(self) -> Iterator[str]:
        """Yield in words the smallest change and its side effects, or that there is none."""
        names = ", ".join(self.names)
        asked = self.verdict.asked
        if self.changes:
            first = self.changes[0]
            yield (
                f"{names}: the smallest single change that meets it is {_in_words(first)}: "
                f"{asked.limit.figure} = {first.figure:.6g}"
            )
            yield from _consequences(first)
        elif self.best is not None:
            capacity, value, figure = self.best
            yield (
                f"{names}: no single change meets it; {asked.limit.figure} comes closest to "
                f"{asked.value:g} with {_keys_in_words(capacity, value)}: {figure:.6g}"
            )
        else:
            yield f"{names}: no single change meets it, for there is no capacity to change"
        if self.without_feed_in is not None:
            yield curtailed_without_feed_in(asked, self.without_feed_in)


@dataclass(frozen=True)
class RuleStudy:
    """Verdicts on a portfolio, and the smallest single change for each limit it does not meet.

    Parameters
    ----------
    run : Run
        Run with all rules judged and none enforced.
    findings : tuple of Finding
        One for each limit that is not met.
    left_out : dict of str to str
        Reason why a capacity is not varied, by table.
    notes : tuple of str
        Notices for readers of the study.
    """

    run: Run
    findings: tuple[Finding, ...]
    left_out: dict[str, str]
    notes: tuple[str, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts on all limits."""
        return self.run.policy or ()

    def document(self) -> dict[str, Any]:
        """Content of ``rules.json``."""
        return {
            "scenario": self.run.portfolio.name,
            "policy": self.run.kpis["policy"],
            "findings": [finding.document() for finding in self.findings],
            "left_out": dict(self.left_out),
        }

    def sentences(self) -> list[str]:
        """All findings in words."""
        found = [text for finding in self.findings for text in finding.sentences()]
        return found or ["every rule is met"]


def rule_study(
    portfolio: Portfolio, rules: Sequence[str] = (), say: Callable[[str], object] | None = None
) -> RuleStudy:
    """Compare a portfolio with rules and find the smallest single change for each unmet limit.

    Parameters
    ----------
    portfolio : Portfolio
    rules : sequence of str
        Names of rules, or their files, instead of ``[policy]``. Without either, all rules of the
        package whose region contains the portfolio's sites.
    say : callable, optional
        Called with a line on the expected number of runs before a long search.

    Returns
    -------
    RuleStudy

    Raises
    ------
    ScenarioError
        If there is no such rule, or it is for another region.
    NoSolutionError
        If no dispatch satisfies the limits.
    """
    settings, notes = _settings(portfolio, rules)
    portfolio = portfolio.with_same_weather(policy=settings)
    begin = time.perf_counter()
    run = portfolio.run()
    seconds = time.perf_counter() - begin
    found, left_out = capacities(portfolio)
    unmet = _unmet(run.policy or ())
    count = len(found) * (len(DOWN) + len(UP) + RUNS_OF_A_SEARCH * len(unmet)) if unmet else 0
    if say is not None and count * seconds > LONG_S:
        say(f"{count} runs at most are to come; the first took {seconds:.2g} s")
    runs = Runs(portfolio)
    findings = tuple(_finding(run, runs, found, same) for same in unmet)
    still = (f"{table} is not varied: {reason}" for table, reason in left_out.items())
    return RuleStudy(run, findings, left_out, (*notes, *(still if unmet else ())))


def _settings(portfolio: Portfolio, rules: Sequence[str]) -> tuple[PolicySettings, tuple[str, ...]]:
    """Return the rules to apply, none enforced, and notes on the choice."""
    given = portfolio.policy
    if rules:
        project = None if given is None else given.project_date
        own = (RULES.load_own(Path(rule)) if is_own(rule) else RULES.load(rule) for rule in rules)
        return PolicySettings(rules=[*own], project_date=project), ()
    if given is not None:
        if not given.enforce:
            return given, ()
        note = "enforce = true is set aside here: changes of capacities are compared, not dispatch"
        return given.with_(enforce=False), (note,)
    sites = [portfolio.sites[name] for name in portfolio.used_sites()]
    fitting = [
        name
        for name in RULES.names
        for region in (REGIONS.load(RULES.load(name).region),)
        if all(region.holds(site.latitude, site.longitude) for site in sites)
    ]
    if not fitting:
        raise ScenarioError(
            f"{portfolio.name}: no rule of the package is for this place; name rules of your own "
            "in [policy]"
        )
    note = f"the scenario has no [policy]: it is judged by {', '.join(fitting)}"
    return PolicySettings(rules=list(fitting)), (note,)


def _unmet(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """Return limits that are not met, grouped by equal requirements."""
    groups: dict[tuple[str, str, float], list[Verdict]] = {}
    for verdict in verdicts:
        if not verdict.met:
            limit = verdict.asked.limit
            groups.setdefault((limit.figure, limit.sense, verdict.limit), []).append(verdict)
    return list(groups.values())


def _finding(run: Run, runs: Runs, found: Sequence[Capacity], same: Sequence[Verdict]) -> Finding:
    asked = same[0].asked
    changes = [change for one in found for change in _changes(run, runs, asked, one)]
    changes.sort(key=lambda c: math.inf if c.relative is None else abs(c.relative))
    shut = [verdict.asked for verdict in same if closes_export([verdict.asked])]
    return Finding(
        names=tuple(verdict.name for verdict in same),
        verdict=same[0],
        changes=tuple(changes),
        best=None if changes else _best(runs, asked, found),
        without_feed_in=_curtailed_when_closed(run.portfolio) if shut else None,
    )


def _curtailed_when_closed(portfolio: Portfolio) -> float | None:
    """Curtailed / available energy with the export closed; None for an island. [-]"""
    if portfolio.grid is None:
        return None
    closed = varied(portfolio, {("grid", "export_limit_mw"): 0.0}).run()
    return float(closed.kpis["kpis"]["curtailment_rate"])


def _best(
    runs: Runs, asked: AskedLimit, found: Sequence[Capacity]
) -> tuple[Capacity, float, float] | None:
    """Return the value closest to a limit among all results."""
    by_key = {capacity.key: capacity for capacity in found}
    seen = [(by_key[k], value, figures[asked.limit.figure]) for k, value, figures in runs.seen()]
    return max(seen, key=lambda one: float(margin(asked, one[2])), default=None)


def _changes(run: Run, runs: Runs, asked: AskedLimit, capacity: Capacity) -> Iterator[Change]:
    """Return the smallest confirmed change of a capacity, downwards or upwards."""
    today = capacity.today
    if today == 0.0:
        ways = [[capacity.most * share for share in (0.02, 0.1, 0.3, 1.0)]]
    else:
        ways = [[today * share for share in DOWN], [today * share for share in UP]]

    def met(values: Sequence[float]) -> list[bool]:
        figures = runs.figures(capacity, values)
        return [
            f is not None and float(margin(asked, f[asked.limit.figure])) >= -ROUNDING
            for f in figures
        ]

    quick = run.portfolio.dispatch.method == "rules"
    search = Search(
        met,
        sections=SECTIONS if runs.at_once(capacity) else 1,
        within=WITHIN if quick else WITHIN_OF_SLOW_RUNS,
    )
    met([value for way in ways for value in way])  # in one call, which is faster
    confirmed = (_confirmed(run, asked, capacity, search, way) for way in ways)
    sound = [change for change in confirmed if change is not None]
    yield from sorted(sound, key=lambda change: abs(change.value - today))[:1]


Met = Callable[[Sequence[float]], list[bool]]
"""Return whether values of a capacity meet a limit."""


def _confirmed(
    run: Run, asked: AskedLimit, capacity: Capacity, search: Search, way: Sequence[float]
) -> Change | None:
    """Return the smallest change in one direction that a separate run confirms."""
    flags = search.met(way)
    if True not in flags:
        return None
    first = flags.index(True)
    lost = [k for k in range(first, len(way)) if not flags[k]]
    upto = None if not lost else search.last(way[lost[0] - 1], way[lost[0]])
    if upto is not None and upto < ALMOST_NOTHING * capacity.today:
        upto = None  # without any plant a ratio is 0, and a limit may seem broken
    today = capacity.today
    nearest = search.nearest(today, way[first - 1] if first else today, way[first])
    for _ in range(3):
        value = search.rounded(today, nearest)
        change = _run_with(run, asked, capacity, value, upto)
        almost = today + ALMOST * (value - today)
        if change is None:
            return None
        if _run_with(run, asked, capacity, almost, upto) is None:
            return change
        nearest = search.nearest(today, today, almost)  # not monotonic: search again below
    return None


@dataclass(frozen=True)
class Search:
    """Search for the value nearest to today's that meets a limit.

    Parameters
    ----------
    met : callable
        Returns whether each of several values meets the limit.
    sections : int
        Number of points between two values that are computed together.
    within : float
        Relative tolerance of the change. [-]
    """

    met: Met
    sections: int = SECTIONS
    within: float = WITHIN

    def nearest(self, today: float, unmet: float, value: float) -> float:
        """Return the value nearest to today's that meets the limit, within the sections.

        Parameters
        ----------
        today, unmet, value : float
            Today's value, one that breaks the limit and one beyond that meets it.
        """
        for _ in range(ROUNDS):
            value = self._bracket(
                self.met, unmet, value, lambda end: self.within * abs(end - today)
            )[1]
            between = self._between(today, value)
            flags = self.met(between)
            if True not in flags:
                break
            first = flags.index(True)
            if abs(between[first] - value) <= self.within * abs(value - today):
                break
            unmet, value = between[first - 1] if first else today, between[first]
        return value

    def last(self, value: float, unmet: float) -> float:
        """Return the value at which a limit ceases to be met.

        Parameters
        ----------
        value, unmet : float
            One that meets the limit and one beyond that breaks it.
        """

        def broken(values: Sequence[float]) -> list[bool]:
            return [not flag for flag in self.met(values)]

        near = self.within * max(abs(value), abs(unmet))
        return self._bracket(broken, value, unmet, lambda _: near)[0]

    def _bracket(
        self, met: Met, unmet: float, value: float, within: Callable[[float], float]
    ) -> tuple[float, float]:
        """Narrow two values, of which the first breaks the limit and the second meets it."""
        for _ in range(ROUNDS):
            if abs(value - unmet) <= within(value):
                break
            points = [unmet, *self._between(unmet, value), value]
            flags = [*met(points[1:-1]), True]
            first = flags.index(True)
            unmet, value = points[first], points[first + 1]
        return unmet, value

    def _between(self, one: float, other: float) -> list[float]:
        """Return equally spaced points between two values."""
        return [float(value) for value in np.linspace(one, other, self.sections + 2)[1:-1]]

    def rounded(self, today: float, value: float) -> float:
        """Round a value to few digits such that it meets the limit; unchanged if not possible.

        Parameters
        ----------
        today, value : float
            Today's value, and one that meets the limit.
        """
        size = self.within * abs(value - today)
        if size <= 0.0 or value == 0.0:
            return value
        digits = -math.floor(math.log10(size))
        step = 10.0**-digits
        down, up = math.floor(value / step + 1e-9), math.ceil(value / step - 1e-9)
        nearer_first = (down, up) if value > today else (up, down)
        short = [max(0.0, float(round(whole * step, max(digits, 0)))) for whole in nearer_first]
        flags = self.met(short)
        return next((one for one, flag in zip(short, flags, strict=True) if flag), value)


def _run_with(
    run: Run, asked: AskedLimit, capacity: Capacity, value: float, upto: float | None
) -> Change | None:
    """Return the change if a separate run meets the limit; else None."""
    try:
        changed = varied(run.portfolio, capacity.at(value)).run()
    except (ScenarioError, NoSolutionError):
        return None
    now = {verdict.name: verdict for verdict in changed.policy or ()}
    verdict = now[asked.name]
    if not verdict.met:
        return None
    unserved = changed.kpis["kpis"]["unserved_mwh"] - run.kpis["kpis"]["unserved_mwh"]
    return Change(
        capacity=capacity,
        value=value,
        figure=verdict.value,
        upto=upto,
        breaks=tuple(v.name for v in run.policy or () if v.met and not now[v.name].met),
        unserved_mwh=float(unserved) if unserved > LESS_SERVED_MWH else 0.0,
        curtailment_rate=float(changed.kpis["kpis"]["curtailment_rate"]),
    )


def _keys_in_words(capacity: Capacity, value: float) -> str:
    then = capacity.at(value)
    parts = (f"{dotted(key)} {then[key]:.6g} (today {capacity.keys[key]:.6g})" for key in then)
    return ", ".join(parts)


def _in_words(change: Change) -> str:
    text = _keys_in_words(change.capacity, change.value)
    return text if change.relative is None else f"{text}, {100.0 * change.relative:+.1f} %"


def _consequences(change: Change) -> Iterator[str]:
    """Yield the side effects of a change in words."""
    where = dotted(change.capacity.key)
    if change.breaks:
        yield f"with that change no longer met: {', '.join(change.breaks)}"
    if change.unserved_mwh:
        yield f"with that change {change.unserved_mwh:.6g} MWh more of the load are not served"
    if change.upto is not None and change.upto > change.value:
        yield f"it is met only up to {where} = {change.upto:.6g}, and broken again above"
    elif change.upto is not None:
        yield f"it is met only down to {where} = {change.upto:.6g}, and broken again below"
