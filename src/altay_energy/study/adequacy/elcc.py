"""Effective load-carrying capability (ELCC): the constant load that a plant can carry.

It is the constant load that, added together with the plant, leaves the adequacy of the system as it
was without both, with the same weather years and outages [1]_.

References
----------
.. [1] L. L. Garver, Effective load carrying capability of generating units, IEEE Trans. Power
   Apparatus and Systems PAS-85(8), 1966; NERC, Probabilistic Adequacy and Measures, 2018.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np
from scipy.stats import t as student

from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.study.adequacy.metrics import LEVEL
from altay_energy.study.adequacy.system import Variant
from altay_energy.study.adequacy.trials import Loss, Losses

By: TypeAlias = Literal["eens", "lolh", "lole"]
"""Figure that is kept equal: expected energy not served, hours, or days with loss."""

COLUMNS = {"eens": "eens_mwh", "lolh": "lolh_h", "lole": "lole_days"}

WITHIN_MW = 0.01
"""Absolute tolerance of an ELCC; the smaller of this and `WITHIN` applies. [MW]"""

WITHIN = 1e-4
"""Relative tolerance of an ELCC, as a share of the plant's power. [-]"""

SMALL = 0.01
"""Share of its target that is added to a figure before its logarithm is taken. [-]"""

MORE_TRIALS = 4
"""Most trials on each side of a load that are run for its interval alone."""

NEAR = 0.001
"""Share of the plant's power within which the figures of a trial are those of a load. [-]"""

Found = TypeVar("Found")

Search: TypeAlias = Generator[Sequence[Variant], Sequence[Loss], Found]
"""A search that asks for trials, is sent their figures, and returns what it has found."""


@dataclass(frozen=True)
class Elcc(Value):
    """ELCC of a plant of some size.

    Parameters
    ----------
    size_mw : float
        Power of the plant. [MW]
    elcc_mw, low_mw, high_mw : float
        Load that it carries, and its interval. [MW]
    """

    size_mw: float
    elcc_mw: float
    low_mw: float
    high_mw: float


@dataclass(eq=False)
class Curve:
    """Figures of a system over the constant load that is added, as far as trials have been run.

    Parameters
    ----------
    plant : str
    factor : float
        Factor of its size; 0: without it. [-]
    known : dict of float to Loss
        Figures by load. [MW]
    """

    plant: str
    factor: float
    known: dict[float, Loss] = field(default_factory=dict)

    def ask(self, *loads_mw: float) -> Search[None]:
        """Run the trials of some loads that are not known.

        Parameters
        ----------
        *loads_mw : float
        """
        new = [load for load in dict.fromkeys(loads_mw) if load not in self.known]
        if new:
            found = yield [Variant(self.plant, self.factor, load) for load in new]
            self.known.update(zip(new, found, strict=True))

    def mean(self, figure: str, load_mw: float) -> float:
        """Return the mean of a figure over the weather years.

        Parameters
        ----------
        figure : str
        load_mw : float
        """
        return float(self.known[load_mw][figure].mean())

    def left_out(self, figure: str) -> tuple[Array, Array]:
        """Return loads, shape (K,), and means of a figure without each year, shape (K, Y).

        Parameters
        ----------
        figure : str
        """
        loads = sorted(self.known)
        values = np.stack([self.known[load][figure] for load in loads])
        count = values.shape[1]
        means = (values.sum(axis=1, keepdims=True) - values) / max(count - 1, 1)
        # More load cannot lose less; several storages by rules may by a trifle.
        return np.array(loads), np.maximum.accumulate(np.maximum(means, 0.0), axis=0)


def elcc_curves(
    sizes_mw: Mapping[str, float],
    factors: Sequence[float],
    losses: Losses,
    by: By = "eens",
    at_lolh_h: float | None = None,
    hours: float = math.inf,
) -> dict[str, list[Elcc] | NoSolutionError]:
    """Return the ELCC of plants at several sizes; the trials of all are run side by side.

    Parameters
    ----------
    sizes_mw : mapping of str to float
        Power of each plant today; for a storage, that of discharging. [MW]
    factors : sequence of float
        Factors of the sizes, above 0. [-]
    losses : callable
        Runs trials; see `altay_energy.study.adequacy.trials.Losses`.
    by : {"eens", "lolh", "lole"}
        Figure that is kept equal.
    at_lolh_h : float, optional
        Mean hours with loss in a period to which the load of the system without the plant is first
        shifted by a constant. [h]
    hours : float
        Length of the period. [h]

    Returns
    -------
    dict of str to list of Elcc or NoSolutionError
        By plant; the error if all load is served in the system without it, or no constant load
        gives that many hours.

    Raises
    ------
    ScenarioError
        If a factor is not above 0, or the hours are not within the period.

    Notes
    -----
    A load is found between two bounds by the ITP method [1]_, which needs no more trials than
    bisection, on the logarithm of the figure, which is nearly linear in load.

    The interval is that of the jackknife over weather years [2]_: each year is left out once, and
    shift and ELCC of the remaining years are both computed again, by interpolation of the figures
    of all trials, with up to `MORE_TRIALS` more on each side where these values are far from any.
    The interval is Student's t with one degree of freedom less than years. It therefore contains
    the chance of the shift. With a single weather year its draws are left out in place of years.

    References
    ----------
    .. [1] I. F. D. Oliveira, R. H. C. Takahashi, An enhancement of the bisection method average
       performance preserving minmax optimality, ACM Trans. Math. Software 47(1), 2020.
    .. [2] B. Efron, C. Stein, The jackknife estimate of variance, Annals of Statistics 9(3), 1981;
       R. G. Miller, The jackknife: a review, Biometrika 61(1), 1974.
    """
    check_asked(factors, by, at_lolh_h, hours)
    searches = [
        _plant(plant, size, factors, COLUMNS[by], at_lolh_h) for plant, size in sizes_mw.items()
    ]
    found = finished(side_by_side(searches), losses)
    return dict(zip(sizes_mw, found, strict=True))


def check_asked(
    factors: Sequence[float], by: str, at_lolh_h: float | None, hours: float = math.inf
) -> None:
    """Refuse what cannot be asked for.

    Parameters
    ----------
    factors, by, at_lolh_h, hours
        As for `elcc_curves`.

    Raises
    ------
    ScenarioError
    """
    if by not in COLUMNS:
        raise ScenarioError(f"--elcc-by {by}: expected one of {', '.join(get_args(By))}")
    if any(not factor > 0.0 for factor in factors):
        raise ScenarioError("--elcc-sizes: every size must be above 0, as in 0.5,1,2")
    if at_lolh_h is not None and not 0.0 < at_lolh_h < hours:
        raise ScenarioError(
            f"--elcc-at-lolh {at_lolh_h:g}: must be above 0 and below the {hours:g} h of the period"
        )


def side_by_side(searches: Sequence[Search[Found]]) -> Search[list[Found]]:
    """Advance several searches together, so that each step runs the trials of all.

    Parameters
    ----------
    searches : sequence of Search

    Returns
    -------
    list
        What each search found.
    """
    found: dict[int, Found] = {}
    asked: dict[int, Sequence[Variant]] = {}

    def advance(place: int, sent: Sequence[Loss] | None) -> None:
        try:
            asked[place] = next(searches[place]) if sent is None else searches[place].send(sent)
        except StopIteration as end:
            asked.pop(place, None)
            found[place] = end.value

    for place in range(len(searches)):
        advance(place, None)
    while asked:
        wave = list(dict.fromkeys(one for variants in asked.values() for one in variants))
        losses = yield wave
        known = dict(zip(wave, losses, strict=True))
        for place, variants in list(asked.items()):
            advance(place, [known[one] for one in variants])
    return [found[place] for place in range(len(searches))]


def finished(search: Search[Found], losses: Losses) -> Found:
    """Return what a search finds.

    Parameters
    ----------
    search : Search
    losses : callable
        Runs trials.
    """
    sent: Sequence[Loss] | None = None
    while True:
        try:
            wave = next(search) if sent is None else search.send(sent)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        sent = losses(wave)


def _plant(
    plant: str, size_mw: float, factors: Sequence[float], figure: str, at_lolh_h: float | None
) -> Search[list[Elcc] | NoSolutionError]:
    """Find the ELCC of a plant at every size."""
    bare = Curve(plant, 0.0)
    yield from bare.ask(0.0)
    shift = 0.0
    if at_lolh_h is not None:
        here = bare.known[0.0]
        if bare.mean("lolh_h", 0.0) > at_lolh_h:
            low, high = -float(here["peak_load_mw"].max()), 0.0
        else:
            low, high = 0.0, float(here["peak_supply_mw"].max()) + 1.0
        yield from bare.ask(low, high)
        if not bare.mean("lolh_h", low) <= at_lolh_h <= bare.mean("lolh_h", high):
            return NoSolutionError(
                f"--elcc-at-lolh {at_lolh_h:g}: no constant load gives so many hours"
            )
        shift = yield from _load_with(bare, "lolh_h", at_lolh_h, low, high, WITHIN_MW)
        near = NEAR * size_mw * min(factors)
        for _ in range(MORE_TRIALS):
            shifts = _inverse(*bare.left_out("lolh_h"), at_lolh_h)
            yield from bare.ask(*_farthest(bare, shift, shifts, near))
    target = bare.mean(figure, shift)
    if not target > 0.0:
        return NoSolutionError(
            f"ELCC of {plant}: all load is served in the system without it, so that no added "
            "load could be as adequate; shift the load until some is lost, as by --elcc-at-lolh 3"
        )
    found = yield from side_by_side(
        [_size(bare, factor, factor * size_mw, figure, shift, at_lolh_h) for factor in factors]
    )
    return found


def _size(
    bare: Curve,
    factor: float,
    size_mw: float,
    figure: str,
    shift: float,
    at_lolh_h: float | None,
) -> Search[Elcc]:
    """Find the ELCC of a plant of one size."""
    curve, target = Curve(bare.plant, factor), bare.mean(figure, shift)
    within = min(WITHIN_MW, WITHIN * size_mw)
    ends = shift, shift + size_mw
    load = yield from _load_with(curve, figure, target * (1.0 + 1e-12), *ends, within)
    found = load - shift
    if next(iter(curve.known.values()))[figure].size < 2:
        return Elcc(size_mw, found, np.nan, np.nan)
    for _ in range(MORE_TRIALS):
        _, loads = _without_each_year(bare, curve, figure, shift, at_lolh_h)
        yield from curve.ask(*_farthest(curve, load, loads, NEAR * size_mw))
    shifts, loads = _without_each_year(bare, curve, figure, shift, at_lolh_h)
    low, high = interval(found, np.clip(loads - shifts, 0.0, size_mw))
    return Elcc(size_mw, found, max(low, 0.0), min(high, size_mw))


def _farthest(curve: Curve, middle_mw: float, loads_mw: Array, near_mw: float) -> list[float]:
    """Return the load on each side that is farthest from all trials, unless it is near one. [MW]"""
    known = np.array(sorted(curve.known))
    away = np.abs(loads_mw[:, np.newaxis] - known).min(axis=1)
    found = []
    for side in (loads_mw < middle_mw, loads_mw >= middle_mw):
        if side.any() and float(away[side].max()) > near_mw:
            found.append(float(loads_mw[side][np.argmax(away[side])]))
    return found


def _without_each_year(
    bare: Curve, curve: Curve, figure: str, shift: float, at_lolh_h: float | None
) -> tuple[Array, Array]:
    """Return shift and whole added load without each weather year, shape (Y,) each. [MW]"""
    loads, means = bare.left_out(figure)
    shifts = np.full(means.shape[1], shift)
    if at_lolh_h is not None:
        shifts = _inverse(*bare.left_out("lolh_h"), at_lolh_h)
    small = SMALL * bare.mean(figure, shift)
    targets = [
        np.exp(np.interp(shift, loads, np.log(means[:, year] + small))) - small
        for year, shift in enumerate(shifts)
    ]
    return shifts, _inverse(*curve.left_out(figure), np.maximum(targets, 0.0), small)


def interval(value: float, left_out: Array) -> tuple[float, float]:
    """Return the jackknife interval of a value by those without each of n samples.

    Parameters
    ----------
    value : float
    left_out : ndarray, shape (n,)
    """
    count = left_out.size
    variance = (count - 1) / count * float(np.sum((left_out - left_out.mean()) ** 2))
    half = float(student.ppf(0.5 * (1.0 + LEVEL), count - 1)) * math.sqrt(variance)
    return value - half, value + half


def _inverse(
    loads: Array, means: Array, target: float | Array, small: float | None = None
) -> Array:
    """Return the least load at which each column of means reaches its target, shape (Y,). [MW]

    Between trials the logarithm of the mean plus a small number is linear; beyond them it is the
    load of the last trial.
    """
    targets = np.broadcast_to(np.asarray(target, dtype=np.float64), means.shape[1:])
    added = SMALL * float(targets.mean()) if small is None else small
    found = np.empty(targets.shape)
    for year, wanted in enumerate(targets):
        values = means[:, year]
        above = int(np.searchsorted(values, wanted))
        if above == 0 or above == loads.size:
            found[year] = loads[min(above, loads.size - 1)]
            continue
        low, high, aim = np.log(np.array([values[above - 1], values[above], wanted]) + added)
        part = (aim - low) / (high - low)
        found[year] = loads[above - 1] + part * (loads[above] - loads[above - 1])
    return found


def _load_with(
    curve: Curve, figure: str, target: float, low: float, high: float, within: float
) -> Search[float]:
    """Find the load between two bounds at which a mean reaches its target, or the nearer bound.

    By the ITP method with its usual constants (0.2 over the width, 2 and 1); trials are its only
    points, so that the load that is returned has been run.
    """
    yield from curve.ask(low, high)
    small = SMALL * target

    def excess(load: float) -> float:
        return math.log((curve.mean(figure, load) + small) / (target + small))

    if excess(high) <= 0.0:
        return high
    if excess(low) >= 0.0:
        return low
    slack, pull = 2.0 ** math.ceil(math.log2((high - low) / within)) * within, 0.2 / (high - low)
    while high - low > within:
        half, below, above = 0.5 * (low + high), excess(low), excess(high)
        secant = (above * low - below * high) / (above - below)
        shift = pull * (high - low) ** 2
        side = math.copysign(1.0, half - secant)
        near = secant + side * shift if shift <= abs(half - secant) else half
        radius = max(slack - 0.5 * (high - low), 0.0)
        load = near if abs(near - half) <= radius else half - side * radius
        slack *= 0.5
        if not low < load < high:
            load = half
        yield from curve.ask(load)
        over = excess(load)
        if over == 0.0:
            return load
        if over > 0.0:
            high = load
        else:
            low = load
    return low if abs(excess(low)) <= abs(excess(high)) else high
