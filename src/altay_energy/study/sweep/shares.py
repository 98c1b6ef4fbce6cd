"""Shares of the variance of a figure that keys cause: Sobol' indices with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value

RESAMPLES = 500
"""Resamples of the bootstrap."""

CONFIDENCE = 0.95
"""Confidence of an interval. [-]"""

FEWEST = 8
"""Runs of each sample below which no share is given."""


@dataclass(frozen=True)
class Share(Value):
    """Share of the variance of a figure that one key causes.

    Parameters
    ----------
    first, total : float
        Alone, and with all that it shares with other keys. [-]
    first_low, first_high, total_low, total_high : float
        Bounds of the intervals. [-]
    """

    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float

    def document(self) -> dict[str, float]:
        """Return its fields as plain values."""
        return dict(self.__dict__)


def shares(values: Array, keys: tuple[str, ...], seed: int = 1) -> dict[str, Share]:
    r"""Return first-order and total shares of the variance of a figure.

    .. math::
        S_i = \frac{1}{n V} \sum_j f(B)_j \left(f(A_B^i)_j - f(A)_j\right), \qquad
        T_i = \frac{1}{2 n V} \sum_j \left(f(A)_j - f(A_B^i)_j\right)^2

    of centred values, with V the variance over A and B; Saltelli et al., Computer Physics
    Communications 181 (2010) 259-270, the second after Jansen (1999). Intervals are percentiles of
    a bootstrap over the rows j. Rows with a run that failed are left out.

    Parameters
    ----------
    values : ndarray, shape (n (d + 2),)
        Figure of each run of the design ``saltelli``: A, B, and A with each column of B.
    keys : tuple of str
        The d keys.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to Share
        By key; empty where the figure is the same in all runs.

    Raises
    ------
    ScenarioError
        If fewer than `FEWEST` rows are complete.
    """
    rows = values.reshape(len(keys) + 2, -1)
    rows = rows[:, np.isfinite(rows).all(axis=0)]
    n = rows.shape[1]
    if n < FEWEST:
        raise ScenarioError(
            f"sweep: {n} complete rows are too few for shares of the variance, {FEWEST} are the "
            "least; take a larger sample"
        )
    if np.ptp(rows) <= 1e-12 * np.abs(rows).max():
        return {}
    a, b, mixed = rows[0], rows[1], rows[2:]
    mean = rows[:2].mean()
    a, b, mixed = a - mean, b - mean, mixed - mean
    terms = np.stack([*(b * (mixed - a)), *(0.5 * (a - mixed) ** 2), a, b, a**2, b**2], axis=1)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), RESAMPLES)
    whole = _indices(terms.mean(axis=0)[None])[0]
    low, high = np.percentile(
        _indices(weights @ terms / n),
        [50.0 * (1.0 - CONFIDENCE), 50.0 * (1.0 + CONFIDENCE)],
        axis=0,
    )
    d = len(keys)
    return {
        key: Share(
            *(float(part[i]) for part in (whole, low, high)),
            *(float(part[d + i]) for part in (whole, low, high)),
        )
        for i, key in enumerate(keys)
    }


def _indices(means: Array) -> Array:
    """Return numerators over the variance, shape (..., 2 d), from means of the terms."""
    mean_a, mean_b, square_a, square_b = np.moveaxis(means[..., -4:], -1, 0)
    variance = (square_a + square_b) / 2.0 - ((mean_a + mean_b) / 2.0) ** 2
    return np.asarray(means[..., :-4] / variance[..., None])


def shares_document(
    columns: Mapping[str, Array], figures: tuple[str, ...], keys: tuple[str, ...], seed: int
) -> dict[str, Any]:
    """Return the shares of several figures as plain values, by figure and key.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n (d + 2),)
    figures : tuple of str
    keys : tuple of str
    seed : int
    """
    return {
        figure: {
            key: share.document() for key, share in shares(columns[figure], keys, seed).items()
        }
        for figure in figures
    }
