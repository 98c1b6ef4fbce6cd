"""Compares the figures of a run with the limits of ``[policy]``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from altay_energy.components.settings.policy import AskedLimit, PolicySettings
from altay_energy.components.settings.rule_set import REGIONS, RULES, Region, RuleSet
from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.components.settings.site import Site
from altay_energy.core.errors import NoSolutionError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.wording import closest
from altay_energy.dispatch.problem.period import LIMITS
from altay_energy.run.figures.figure import Figure, evaluated, figure, ratio
from altay_energy.run.figures.kpis import FIGURES
from altay_energy.run.figures.method_notices import KEPT_WITHIN


@dataclass(frozen=True)
class Sizes:
    """Total capacities of a portfolio; numbers for one portfolio or arrays for many.

    Parameters
    ----------
    wind_solar_mw : ndarray, shape (...)
        Rated power of all wind farms and solar plants. [MW]
    storage_mw : ndarray, shape (...)
        Largest discharge of all storages. [MW]
    storage_mwh : ndarray, shape (...)
        Usable energy of all storages, before losses of discharging. [MWh]
    """

    wind_solar_mw: Array
    storage_mw: Array
    storage_mwh: Array


def storage_power_share(sizes: Sizes) -> Array:
    """Discharge power of all storages / capacity of wind and solar plants. [-]"""
    return ratio(sizes.storage_mw, sizes.wind_solar_mw)


def storage_share_hours(sizes: Sizes) -> Array:
    """Usable energy of all storages / capacity of wind and solar plants: share × hours. [h]"""
    return ratio(sizes.storage_mwh, sizes.wind_solar_mw)


RATIOS: Mapping[str, Figure[Sizes, Array]] = {
    entry.key: entry
    for entry in (
        figure("none", "storage")(storage_power_share),
        figure("none", "storage")(storage_share_hours),
    )
}
"""Ratios of capacities that a limit may name in addition to the figures of a run."""

_EXPORT = frozenset({"export_rate", "export_mwh", "peak_export_mw"})
"""Figures for which a largest value of 0 means that feed-in is not allowed."""

_NOTHING = 1e-9
"""Largest value of a figure that meets a limit of 0, in its unit."""

_BINDING = {(limit.figure, limit.sense): key for key, limit in LIMITS.items()}
"""Key of ``[dispatch]`` that enforces a limit, by figure and sense."""


@dataclass(frozen=True)
class Verdict:
    """A limit and the value of a run.

    Parameters
    ----------
    asked : AskedLimit
    value : float
        Of the figure, in its unit.
    in_force : bool
        Whether the rules are in force in the whole period, or on the day of the project.
    """

    asked: AskedLimit
    value: float
    in_force: bool

    @property
    def name(self) -> str:
        """Name of the set, figure and sense."""
        return self.asked.name

    @property
    def limit(self) -> float:
        """Largest or least value, in the unit of the figure."""
        return self.asked.value

    @property
    def margin(self) -> float:
        """Distance to the limit, in the unit of the figure; negative: not met."""
        return float(margin(self.asked, self.value))

    @property
    def met(self) -> bool:
        """Whether the limit is met (`is_met`)."""
        return bool(is_met(self.asked, self.value))

    def document(self) -> dict[str, Any]:
        """Its entry in ``kpis.json``."""
        rules, limit = self.asked.rules, self.asked.limit
        found: dict[str, Any] = {
            "value": self.value,
            "limit": self.limit,
            "met": self.met,
            "margin": self.margin,
            "figure": limit.figure,
            "sense": limit.sense,
        }
        if rules is None:
            return found
        return found | {
            "title": rules.title,
            "title_zh": rules.title_zh,
            "document": rules.document,
            "date": rules.date.isoformat(),
            "valid_from": rules.valid_from.isoformat(),
            "valid_until": None if rules.valid_until is None else rules.valid_until.isoformat(),
            "in_force": self.in_force,
            "source": limit.source or rules.source,
            "assumed": "; ".join(text for text in (limit.assumed, rules.assumed) if text),
        }


def margin(asked: AskedLimit, value: Array | float) -> Array | float:
    """Distance of values to a limit, in the unit of the figure; negative: not met.

    Parameters
    ----------
    asked : AskedLimit
    value : float or ndarray
        Of the figure, in its unit.
    """
    return asked.value - value if asked.limit.sense == "max" else value - asked.value


def is_met(asked: AskedLimit, value: Array | float) -> Any:
    """Whether values meet a limit; shape of ``value``.

    The tolerance is a millionth of the limit, as in the solver; for a limit of 0 a thousandth of
    that.

    Parameters
    ----------
    asked : AskedLimit
    value : float or ndarray
        Of the figure, in its unit.
    """
    within = KEPT_WITHIN * max(1.0, asked.value) if asked.value else _NOTHING
    return margin(asked, value) >= -within


def with_ratios(figures: Mapping[str, Any], sizes: Sizes) -> dict[str, Any]:
    """Return the figures of a run with the ratios of its capacities, by key.

    Parameters
    ----------
    figures : mapping of str to float or ndarray
        Figures of the whole run.
        sizes : Sizes
    """
    return {**figures, **evaluated(RATIOS.values(), sizes)}


def judged(
    settings: PolicySettings, figures: Mapping[str, float], timeline: Timeline
) -> tuple[Verdict, ...]:
    """Return the verdict on every limit that applies to a project.

    Parameters
    ----------
    settings : PolicySettings
    figures : mapping of str to float
        Result of `with_ratios`.
    timeline : Timeline
        The period.
    """
    first, last = days_of(timeline)
    return tuple(
        Verdict(
            asked,
            float(figures[asked.limit.figure]),
            asked.rules is None or _in_force(asked.rules, settings, first, last),
        )
        for asked in settings.asked(first)
    )


def days_of(timeline: Timeline) -> tuple[date, date]:
    """First and last day of a period on the local clock."""
    days = timeline.local[[0, -1]].astype("datetime64[D]")
    return days[0].item(), days[1].item()


def _in_force(rules: RuleSet, settings: PolicySettings, first: date, last: date) -> bool:
    if rules.of_projects:
        project = settings.project_day(first)
        return rules.covers(project, project)
    return rules.covers(first, last)


def closes_export(asked: Iterable[AskedLimit]) -> tuple[AskedLimit, ...]:
    """Limits that allow no feed-in at all."""
    return tuple(
        one
        for one in asked
        if one.limit.figure in _EXPORT and one.limit.sense == "max" and one.value == 0.0
    )


def binding(dispatch: DispatchSettings, asked: Sequence[AskedLimit]) -> DispatchSettings:
    """Return the dispatch settings with every limit that has a key there and is tighter.

    Parameters
    ----------
    dispatch : DispatchSettings
    asked : sequence of AskedLimit
        Limits; a feed-in of 0 is left out, since it closes the connection (`closes_export`).
    """
    changes: dict[str, float] = {}
    closed = closes_export(asked)
    for one in asked:
        key = _BINDING.get((one.limit.figure, one.limit.sense))
        if key is None or one in closed:
            continue
        given = changes.get(key, getattr(dispatch, key))
        tighter = min if one.limit.sense == "max" else max
        changes[key] = one.value if given is None else tighter(given, one.value)
    return dispatch.model_copy(update=changes) if changes else dispatch


def unenforceable(error: NoSolutionError, asked: Sequence[AskedLimit]) -> NoSolutionError:
    """Return the error of an infeasible dispatch with the limits of rules that bind it.

    Parameters
    ----------
    error : NoSolutionError
    asked : sequence of AskedLimit
        Limits that are enforced.
    """
    bound = [one.name for one in asked if (one.limit.figure, one.limit.sense) in _BINDING]
    if not bound:
        return error
    return NoSolutionError(
        f"{error}; policy.enforce = true binds {', '.join(bound)}: say enforce = false to be "
        "judged alone, and see altay-energy rules for the smallest change"
    )


def policy_problems(
    settings: PolicySettings, sites: Mapping[str, Site]
) -> Iterator[tuple[str, str]]:
    """Errors of unknown figures and of rules of another region, as (key, message) pairs.

    Parameters
    ----------
    settings : PolicySettings
    sites : mapping of str to Site
        Sites in use.
    """
    known = [*FIGURES, *RATIOS]
    for key in settings.limits:
        if key[:-4] not in known:
            yield f"policy.limits.{key}", _no_figure(key[:-4], known)
    for rules in settings.sets():
        for limit in rules.limits:
            if limit.figure not in known:
                yield "policy.rules", f"{rules.name}: {_no_figure(limit.figure, known)}"
        region = REGIONS.load(rules.region) if rules.region else None
        outside = [] if region is None else _outside(region, sites)
        if region is not None and outside:
            south, north = region.latitude
            west, east = region.longitude
            yield (
                "policy.rules",
                f"{rules.name} is for projects in {region.title} ({south:g} to {north:g}° N, "
                f"{west:g} to {east:g}° E), and {outside[0]} lies outside; leave it out, or mend "
                "latitude and longitude",
            )


def _no_figure(name: str, known: Sequence[str]) -> str:
    return f'there is no figure "{name}"{closest(name, known)}'


def _outside(region: Region, sites: Mapping[str, Site]) -> list[str]:
    return [
        f"site {name} ({site.latitude:g}° N, {site.longitude:g}° E)"
        for name, site in sites.items()
        if not region.holds(site.latitude, site.longitude)
    ]


def policy_notices(
    settings: PolicySettings,
    verdicts: Sequence[Verdict],
    figures: Mapping[str, float],
    timeline: Timeline,
    sites: Mapping[str, Site],
) -> Iterator[str]:
    """Notices on the days and regions of rules, and on the effect of enforcing them.

    Parameters
    ----------
    settings : PolicySettings
    verdicts : sequence of Verdict
        Result of `judged`.
    figures : mapping of str to float
        Of the whole run.
    timeline : Timeline
        The period.
    sites : mapping of str to Site
        Sites in use.
    """
    first, last = days_of(timeline)
    for rules in settings.sets():
        yield from _dated(rules, settings, timeline)
        region = REGIONS.load(rules.region) if rules.region else None
        if region is not None and not sites:
            yield (
                f"{rules.name} is for projects in {region.title}; no plant has a site, so that "
                "its place was not checked"
            )
        yield from _needs_spot_market(rules, settings, last, sites)
    if settings.project_date is None:
        for asked in settings.asked(first):
            if asked.value != asked.limit.value:
                yield (
                    f"{asked.name} = {asked.value:g}: the project counts as new on {first}, the "
                    f"first day of the period (before: {asked.limit.value:g}); give project_date "
                    "if it is older"
                )
    if settings.enforce:
        yield from _enforced([verdict.asked for verdict in verdicts])
    if figures["export_mwh"] <= 0.0:
        for asked in closes_export(verdict.asked for verdict in verdicts):
            yield curtailed_without_feed_in(asked, figures["curtailment_rate"])


def curtailed_without_feed_in(asked: AskedLimit, rate: float) -> str:
    """Sentence on the energy that is curtailed if feed-in is not allowed.

    Parameters
    ----------
    asked : AskedLimit
        The limit that allows no feed-in.
    rate : float
        Curtailed / available energy. [-]
    """
    return (
        f"with feed-in at 0 as {asked.rules.name if asked.rules else asked.name} asks, "
        f"{100.0 * rate:.1f} % of the available energy is curtailed"
    )


def _dated(rules: RuleSet, settings: PolicySettings, timeline: Timeline) -> Iterator[str]:
    """Notice of rules that are not in force."""
    first, last = days_of(timeline)
    if _in_force(rules, settings, first, last):
        return
    project = settings.project_day(first)
    if rules.ended_by and rules.valid_until is not None and project > rules.valid_until:
        yield (
            f"{rules.name} was in force from {rules.validity()} and is no longer a precondition "
            f"({rules.ended_by}); a project of {project} is judged by it as by older practice"
        )
    elif rules.of_projects:
        yield (
            f"{rules.name} is in force from {rules.validity()}; a project of {project} is not "
            "within and is judged by it all the same"
        )
    else:
        yield (
            f"{rules.name} is in force from {rules.validity()}; the period {timeline.describe()} "
            "is not within and is judged by it all the same"
        )


def _needs_spot_market(
    rules: RuleSet, settings: PolicySettings, last: date, sites: Mapping[str, Site]
) -> Iterator[str]:
    """Notice of further rules that apply if no spot market runs continuously."""
    other = rules.without_spot_market
    named = [one.name for one in settings.sets()]
    if not other or other in named:
        return
    stricter = RULES.load(other)
    region = REGIONS.load(stricter.region)
    inside = sites and not _outside(region, sites)
    if inside and stricter.valid_from <= last:
        yield (
            f"{rules.name} allows feed-in only where a spot market runs continuously; in "
            f"{region.title} {other} is in force from {stricter.valid_from} on: name it in rules "
            "as well"
        )


def _enforced(asked: Sequence[AskedLimit]) -> Iterator[str]:
    """Yield notices on the limits that ``enforce = true`` binds and those that it cannot bind."""
    closed = closes_export(asked)
    for one in asked:
        key = _BINDING.get((one.limit.figure, one.limit.sense))
        if one in closed:
            yield f"enforce: {one.name} closes the export, as grid.export_limit_mw = 0 does"
        elif key is not None:
            yield f"enforce: {one.name} binds the dispatch as dispatch.{key} = {one.value:g}"
        else:
            yield f"enforce: {one.name} has no key in [dispatch] and only judges the run"
