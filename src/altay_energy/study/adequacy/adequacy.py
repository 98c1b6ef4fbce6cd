"""An adequacy study: weather years × draws of outages, with estimates and ELCC."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from altay_energy.components.settings.adequacy import AdequacySettings
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.core.wording import closest
from altay_energy.run.portfolio import Portfolio
from altay_energy.study.adequacy.elcc import By, Elcc, elcc_curves
from altay_energy.study.adequacy.maintenance import placed, placed_days
from altay_energy.study.adequacy.metrics import estimates, lost_hours, shortfalls
from altay_energy.study.adequacy.outages import Histories
from altay_energy.study.adequacy.system import FirmSystem, firm_system
from altay_energy.study.adequacy.trials import PLANT, YEARS_AT_ONCE, Trials, trial_rows
from altay_energy.study.ensemble.ensemble import Shared
from altay_energy.study.runner.jobs import Job, Result, Study
from altay_energy.study.runner.results import of_hours
from altay_energy.study.runner.run import Later

MOST_KEPT_BYTES = 2**29
"""Memory of each process for supply and load that trials of ELCC use again. [bytes]"""


@dataclass(frozen=True)
class Runs(Sequence[Job]):
    """Jobs of weather years × draws, created on access; the draws of a year are consecutive.

    Parameters
    ----------
    axis : str
        ``"seed"`` or ``"weather_year"``.
    labels : sequence of int
        Labels of the years.
    draws : int
        Number of draws of each year.
    """

    axis: str
    labels: Sequence[int]
    draws: int

    def __len__(self) -> int:
        return len(self.labels) * self.draws

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        year, draw = divmod(number % len(self), self.draws)
        label = int(self.labels[year])
        values: dict[str, float | str] = {self.axis: label, "draw": draw}
        return Job(int(number % len(self)), f"{self.axis} {label}, draw {draw}", values)


@dataclass(frozen=True)
class Adequacy(Value):
    """Weather years × draws of outages of one portfolio.

    Parameters
    ----------
    shared : Shared
        The portfolio and the record of its weather.
    labels : sequence of int
        Seeds, or years of the record.
    settings : AdequacySettings
    identity : mapping of str to Any
        All other data on which the figures depend.
    carriers : tuple of str
        Plants whose ELCC is asked for; the supply of all others is kept as one series.
    """

    shared: Shared
    labels: Sequence[int]
    settings: AdequacySettings
    identity: Mapping[str, Any]
    carriers: tuple[str, ...] = ()

    @property
    def portfolio(self) -> Portfolio:
        """The portfolio."""
        return self.shared.portfolios[0]

    @cached_property
    def jobs(self) -> Runs:
        """All runs."""
        axis = "seed" if self.shared.record is None else "weather_year"
        return Runs(axis, self.labels, self.settings.draws)

    @cached_property
    def histories(self) -> Histories:
        """Outages of all plants."""
        return Histories.of(
            self.settings.outages,
            self.portfolio.components(),
            self.portfolio.timeline,
            self.settings.seed,
        )

    def study(self) -> Study:
        """The study for the runner."""
        return Study(
            kind="adequacy",
            work=adequacy_work,
            shared=self,
            jobs=self.jobs,
            batch=YEARS_AT_ONCE * self.settings.draws,
            identity={
                **self.identity,
                "draws": self.settings.draws,
                "outage_seed": self.settings.seed,
                "labels": [int(self.labels[0]), int(self.labels[-1]), len(self.labels)],
            },
        )

    def system(self, labels: Sequence[int], draws: Sequence[int]) -> FirmSystem:
        """Supply, load and storages of some weather years and draws.

        Parameters
        ----------
        labels, draws : sequence of int
        """
        block = self.shared.years(0, labels)
        available = block.available_power()
        problem = block.problem_of(available, block.demand(available))
        return firm_system(problem, self.histories, labels, draws)

    def kept_system(self, labels: Sequence[int], draws: Sequence[int]) -> FirmSystem:
        """Supply, load and storages for trials; kept up to `MOST_KEPT_BYTES`, then made again.

        Parameters
        ----------
        labels, draws : sequence of int
        """
        key = tuple(labels), tuple(draws)
        return self._kept.get(key) or self._keep(key, self.system(labels, draws))

    @cached_property
    def _kept(self) -> dict[tuple[tuple[int, ...], tuple[int, ...]], FirmSystem]:
        return {}

    def _keep(self, key: tuple[tuple[int, ...], tuple[int, ...]], system: FirmSystem) -> FirmSystem:
        small = system.merged(self.carriers)
        there = sum(one.size_bytes() for one in self._kept.values())
        if there + small.size_bytes() <= MOST_KEPT_BYTES:
            self._kept[key] = small
        return small

    def elcc(
        self,
        plants: Sequence[str],
        factors: Sequence[float],
        by: By = "eens",
        at_lolh_h: float | None = None,
        reasons: list[str] | None = None,
        run: Later | None = None,
        failed: Collection[int] = (),
    ) -> dict[str, list[Elcc]]:
        """Compute the ELCC of several plants at several sizes, side by side.

        Parameters
        ----------
        plants : sequence of str
            By table name.
        factors : sequence of float
            Factors of their sizes. [-]
        by : {"eens", "lolh", "lole"}
            Figure that is kept equal.
        at_lolh_h : float, optional
            As in `elcc_curves`. [h]
        reasons : list of str, optional
            Receives the reason if a plant has none; the other plants are still computed.
        run : callable, optional
            Runs jobs, as `Outcome.later` of the runner; default: in this process.
        failed : collection of int
            Numbers of the jobs of the study that failed; their weather years are left out.

        Raises
        ------
        NoSolutionError
            If a plant has none and ``reasons`` is not given.
        """
        asked = self if set(plants) <= set(self.carriers) else replace(self, carriers=tuple(plants))
        sizes = {plant: asked.size_mw(plant, factors) for plant in plants}
        bad = {number // self.settings.draws for number in failed}
        labels = [int(label) for k, label in enumerate(self.labels) if k not in bad]
        trials = Trials(
            self.jobs.axis, labels, self.settings.draws, asked._here if run is None else run
        )
        hours = self.portfolio.timeline.hours
        try:
            found = elcc_curves(sizes, factors, trials, by, at_lolh_h, hours)
        except NoSolutionError as error:
            if reasons is None:
                raise
            reasons.append(str(error))
            return {}
        for plant, one in list(found.items()):
            if isinstance(one, NoSolutionError):
                if reasons is None:
                    raise one
                reasons.append(str(one))
                del found[plant]
        return {plant: one for plant, one in found.items() if not isinstance(one, NoSolutionError)}

    def _here(self, jobs: Sequence[Job], batch: int) -> list[Result]:
        """Run jobs in this process."""
        parts = (jobs[first : first + batch] for first in range(0, len(jobs), batch))
        return [result for part in parts for result in adequacy_work(self, part)]

    def size_mw(self, plant: str, factors: Sequence[float] = (1.0,)) -> float:
        """Return the power of a plant; for a storage, that of discharging. [MW]

        Parameters
        ----------
        plant : str
            Its table name.
        factors : sequence of float
            Factors of its size; a station of whole units has only its own size. [-]

        Raises
        ------
        ScenarioError
            If there is no such plant, or it cannot have these sizes.
        """
        portfolio = self.portfolio
        supply = {**portfolio.renewables, **portfolio._tables("thermal")}
        if plant in supply:
            return float(supply[plant].capacity_mw)
        known = {**portfolio.storages}
        if plant not in known:
            names = [*supply, *known]
            raise ScenarioError(f"--elcc {plant}: there is no such plant{closest(plant, names)}")
        if plant in portfolio.stations:
            units = int(portfolio.stations[plant].units or 1)
            sizes = [number / units for number in range(1, units + 1)]
            odd = [f for f in factors if not any(math.isclose(f, one) for one in sizes)]
            if odd:
                raise ScenarioError(
                    f"--elcc {plant}: consists of {units} whole units; --elcc-sizes "
                    f"{odd[0]:g} must be one of {', '.join(f'{one:.6g}' for one in sizes)}"
                )
        return float(known[plant].limits.discharge_mw)


def adequacy_work(adequacy: Adequacy, jobs: Sequence[Job]) -> list[Result]:
    """Return the figures of some runs of the study, or of its trials.

    Parameters
    ----------
    adequacy : Adequacy
    jobs : sequence of Job
    """
    if PLANT in jobs[0].values:
        return trial_rows(adequacy.kept_system, adequacy.portfolio.timeline, jobs)
    return adequacy_rows(adequacy, jobs)


def adequacy_rows(adequacy: Adequacy, jobs: Sequence[Job]) -> list[Result]:
    """Return the figures of the shortfalls of some runs.

    Parameters
    ----------
    adequacy : Adequacy
    jobs : sequence of Job
        Jobs of `Runs`: whole weather years, or one run.
    """
    axis = next(iter(jobs[0].values))
    labels = list(dict.fromkeys(int(job.values[axis]) for job in jobs))
    draws = list(dict.fromkeys(int(job.values["draw"]) for job in jobs))
    system = adequacy.system(labels, draws)
    unserved = system.unserved_mw()
    timeline = adequacy.portfolio.timeline
    found = shortfalls(unserved, system.load_mw, timeline)
    found |= lost_hours(unserved, system.load_mw, timeline)
    if adequacy.carriers:
        adequacy._keep((tuple(labels), tuple(draws)), system)
    place = {pair: k for k, pair in enumerate((label, draw) for label in labels for draw in draws)}
    rows = []
    for job in jobs:
        k = place[int(job.values[axis]), int(job.values["draw"])]
        rows.append({name: float(values[k]) for name, values in found.items()})
    return list(rows)


def adequacy_document(
    adequacy: Adequacy,
    columns: Mapping[str, Array],
    curves: Mapping[str, Sequence[Elcc]] | None = None,
    asked: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the content of ``adequacy.json``.

    Parameters
    ----------
    adequacy : Adequacy
    columns : mapping of str to ndarray, shape (R,)
        Figures of all runs, NaN where one failed.
    curves : mapping of str to sequence of Elcc, optional
        ELCC by plant.
    asked : mapping, optional
        Options of the ELCC.
    """
    years = np.repeat(np.array([int(label) for label in adequacy.labels]), adequacy.settings.draws)
    known = np.isfinite(columns["lolh_h"])
    if not known.any():
        raise NoSolutionError("no run has a result")
    lost = of_hours(columns)
    found: dict[str, Any] = {
        "scenario": adequacy.portfolio.name,
        "plan": {
            "axis": adequacy.jobs.axis,
            "years": len(adequacy.labels),
            "draws": adequacy.settings.draws,
            "runs": len(adequacy.jobs),
            "failed": int(np.sum(~known)),
            "outages": {
                name: {
                    "units": adequacy.histories.units[name],
                    "rate": table.rate,
                    "maintenance": len(table.maintenance),
                }
                for name, table in adequacy.settings.outages.items()
            },
            "maintenance_placed": {
                name: [list(one) for one in days]
                for name, days in placed_days(adequacy.settings).items()
            },
        },
        "lost_hours": [] if lost is None else lost[known].mean(axis=0).tolist(),
        "figures": estimates({name: one[known] for name, one in columns.items()}, years[known]),
    }
    if curves:
        found["elcc"] = {
            "asked": dict(asked or {}),
            "plants": {
                plant: {
                    key: [_plain(getattr(one, key)) for one in curve]
                    for key in ("size_mw", "elcc_mw", "low_mw", "high_mw")
                }
                for plant, curve in curves.items()
            },
        }
    return found


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def adequacy_of(
    shared: Shared,
    labels: Sequence[int],
    settings: AdequacySettings | None,
    identity: Mapping[str, Any],
    carriers: Sequence[str] = (),
) -> Adequacy:
    """Return an adequacy study.

    Parameters
    ----------
    shared : Shared
    labels : sequence of int
        Weather years.
    settings : AdequacySettings or None
        None: no plant has outages, one draw.
    identity : mapping
    carriers : sequence of str
        Plants whose ELCC will be asked for.

    Raises
    ------
    ScenarioError
        If outages do not fit the plants.
    """
    asked = AdequacySettings(draws=1) if settings is None else settings
    asked = placed(shared.portfolios[0], asked)
    if not any(table.rate > 0.0 for table in asked.outages.values()):
        asked = asked.with_(draws=1)  # without outages all draws are the same
    portfolio = shared.portfolios[0].with_(adequacy=asked)
    shared = Shared((portfolio,), shared.record)
    return Adequacy(shared, labels, asked, identity, tuple(carriers))
