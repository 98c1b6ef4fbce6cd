"""Effective load-carrying capability (ELCC): the constant load that a plant can carry.

It is the constant load that, added together with the plant, leaves the adequacy of the system as it
was without both, with the same weather years and outages [1]_.

References
----------
.. [1] L. L. Garver, Effective load carrying capability of generating units, IEEE Trans. Power
   Apparatus and Systems PAS-85(8), 1966; NERC, Probabilistic Adequacy and Measures, 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t as student

from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.study.adequacy.metrics import LEVEL, shortfalls
from altay_energy.study.adequacy.system import FirmSystem

By: TypeAlias = Literal["eens", "lolh", "lole"]
"""Figure that is kept equal: expected energy not served, hours, or days with loss."""

COLUMNS = {"eens": "eens_mwh", "lolh": "lolh_h", "lole": "lole_days"}

WITHIN_MW = 0.01
"""Absolute tolerance of an ELCC; the smaller of this and `WITHIN` applies. [MW]"""

WITHIN = 1e-4
"""Relative tolerance of an ELCC, as a share of the plant's power. [-]"""


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


@dataclass(frozen=True, eq=False)
class Years:
    """Systems of blocks of weather years, with the year label of each run.

    Parameters
    ----------
    blocks : sequence of FirmSystem
    years : ndarray, shape (R,)
    timeline : Timeline
    """

    blocks: Sequence[FirmSystem]
    years: Array
    timeline: Timeline

    def with_plant(self, plant: str, factor: float) -> Years:
        """Return the systems with a plant of another size; without it if the factor is 0.

        Parameters
        ----------
        plant : str
        factor : float
            Factor of its size. [-]
        """
        if factor == 0.0:
            blocks = [replace(b, without=b.without | {plant}) for b in self.blocks]
        else:
            blocks = [replace(b, scale={**b.scale, plant: factor}) for b in self.blocks]
        return replace(self, blocks=blocks)

    def figure(self, by: By, reach: Sequence[Array], more_load_mw: float) -> Array:
        """Return the figure of each weather year, shape (Y,), with a constant load added.

        Parameters
        ----------
        by : By
        reach : sequence of ndarray
            Supply of each block, from `supply`. [MW]
            more_load_mw : float
                Constant load that is added. [MW]
        """
        parts = []
        for block, supply in zip(self.blocks, reach, strict=True):
            load = np.maximum(block.load_mw + more_load_mw, 0.0)
            unserved = block.unserved_mw(supply, more_load_mw)
            parts.append(shortfalls(unserved, load, self.timeline)[COLUMNS[by]])
        values = np.concatenate(parts)
        labels, place = np.unique(self.years, return_inverse=True)
        if labels.size == 1:
            return values
        return np.asarray(np.bincount(place, values) / np.bincount(place))

    def supply(self) -> list[Array]:
        """Return the supply of each block without storages. [MW]"""
        return [block.total_mw() for block in self.blocks]


def elcc_curve(
    system: Years,
    plant: str,
    size_mw: float,
    factors: Sequence[float],
    by: By = "eens",
    at_lolh_h: float | None = None,
) -> list[Elcc]:
    """Return the ELCC of a plant at several sizes.

    Parameters
    ----------
    system : Years
        Systems with the plant.
    plant : str
        Its table name.
    size_mw : float
        Its power today; for a storage, that of discharging. [MW]
    factors : sequence of float
        Factors of its size, above 0. [-]
    by : {"eens", "lolh", "lole"}
        Figure that is kept equal.
    at_lolh_h : float, optional
        Mean hours with loss in a period to which the load of the system without the plant is first
        shifted by a constant. [h]

    Returns
    -------
    list of Elcc
        The interval is that of the difference over the weather years, which is paired, over the
        slope of the figure by load (delta method).

    Raises
    ------
    ScenarioError
        If a factor is not above 0.
    NoSolutionError
        If all load is served in the system without the plant, or no load has that many hours with
        loss.
    """
    if by not in get_args(By):
        raise ScenarioError(f"--elcc-by {by}: expected one of {', '.join(get_args(By))}")
    if any(not factor > 0.0 for factor in factors):
        raise ScenarioError("--elcc-sizes: every size must be above 0, as in 0.5,1,2")
    bare = system.with_plant(plant, 0.0)
    reach = bare.supply()
    shift = 0.0 if at_lolh_h is None else _shift(bare, reach, at_lolh_h)
    base = bare.figure(by, reach, shift)
    if not base.mean() > 0.0:
        raise NoSolutionError(
            f"ELCC of {plant}: all load is served in the system without it, so that no added "
            "load could be as adequate; shift the load until some is lost, as by --elcc-at-lolh 3"
        )
    return [
        _elcc(system.with_plant(plant, factor), factor * size_mw, base, by, shift)
        for factor in factors
    ]


def _shift(system: Years, reach: Sequence[Array], hours: float) -> float:
    """Return the constant load by which the mean hours of loss reach a number. [MW]"""

    def beyond(load: float) -> float:
        return float(system.figure("lolh", reach, load).mean()) - hours

    low = -max(float(block.load_mw.max()) for block in system.blocks)
    high = max(float(supply.max()) for supply in reach) + 1.0
    most = system.timeline.hours
    if not 0.0 < hours < most:
        raise ScenarioError(
            f"--elcc-at-lolh {hours:g}: must be above 0 and below the {most:g} h of the period"
        )
    if beyond(low) > 0.0 or beyond(high) < 0.0:
        raise NoSolutionError(f"--elcc-at-lolh {hours:g}: no constant load gives so many hours")
    return _root(beyond, low, high, min(WITHIN_MW, WITHIN * (high - low)))


def _elcc(system: Years, size_mw: float, base: Array, by: By, shift: float) -> Elcc:
    reach = system.supply()

    def figure(load: float) -> Array:
        return system.figure(by, reach, shift + load)

    target = float(base.mean())
    excess = 1e-12 * target  # rounding
    within = min(WITHIN_MW, WITHIN * size_mw)
    found = _root(lambda load: float(figure(load).mean()) - target - excess, 0.0, size_mw, within)
    step = 0.01 * size_mw
    low, high = max(found - step, 0.0), found + step
    slope = float(figure(high).mean() - figure(low).mean()) / (high - low)
    change = figure(found) - base
    if change.size < 2 or slope <= 0.0:
        return Elcc(size_mw, found, np.nan, np.nan)
    half = float(student.ppf(0.5 * (1.0 + LEVEL), change.size - 1))
    half *= float(change.std(ddof=1)) / np.sqrt(change.size) / slope
    return Elcc(size_mw, found, max(found - half, 0.0), min(found + half, size_mw))


def _root(rising: Callable[[float], float], low: float, high: float, within: float) -> float:
    """Return the zero of a rising function, or the nearer end if there is none."""
    if rising(high) <= 0.0:
        return high
    if rising(low) >= 0.0:
        return low
    return float(brentq(rising, low, high, xtol=within, rtol=1e-12))
