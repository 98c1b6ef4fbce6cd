"""Designs of a sweep: the values of its runs, computed on access."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
from scipy.stats import qmc

from altay_energy.core.errors import ScenarioError
from altay_energy.core.files.csvfile import csv_rows
from altay_energy.core.files.inputs import read_bytes
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.text import key_parts
from altay_energy.study.runner.jobs import Job
from altay_energy.study.sweep.axes import MOST_RUNS, Axis, Range, Setting, Step, Tie, estimate

Method: TypeAlias = Literal["lhs", "sobol", "saltelli"]
"""Latin hypercube, Sobol' sequence, or the design for the shares of the variance."""

MOST_SAMPLED_KEYS = 100
"""Largest number of sampled keys."""


@dataclass(frozen=True)
class Design(Value, Sequence[Job]):
    """Runs of a sweep, created on access.

    Parameters
    ----------
    ties : tuple of Tie or Step
        Keys that follow others.
    """

    ties: tuple[Tie | Step, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Varied keys, without tied ones."""
        raise NotImplementedError

    def at(self, number: int) -> tuple[Setting, ...]:
        """Return the values of the varied keys in a run.

        Parameters
        ----------
        number : int
        """
        raise NotImplementedError

    def name(self, number: int) -> str:
        """Return the name of a run in messages.

        Parameters
        ----------
        number : int
        """
        values = zip(self.keys, self.at(number), strict=True)
        return ", ".join(f"{key} = {_shown(value)}" for key, value in values)

    def __getitem__(self, number: int) -> Job:  # type: ignore[override]  # no slices
        if not 0 <= number < len(self):
            raise IndexError(number)
        values: dict[str, Setting] = dict(zip(self.keys, self.at(number), strict=True))
        for tie in self.ties:
            values[tie.key] = tie.value(values)
        return Job(number, self.name(number), values)

    def __iter__(self) -> Iterator[Job]:
        return (self[number] for number in range(len(self)))


@dataclass(frozen=True)
class Grid(Design):
    """Every combination of the values of its axes; the last axis varies fastest.

    Parameters
    ----------
    axes : tuple of Axis
    """

    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        if len(self) > MOST_RUNS:
            sizes = " × ".join(f"{len(axis.values):,}" for axis in self.axes)
            raise ScenarioError(
                f"--vary: {sizes} = {len(self):,} runs, which by rules would take about "
                f"{estimate(len(self))} on one core; {MOST_RUNS:,} are the most: take larger "
                "steps, or a sample, as in --sample lhs:1000"
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the axes."""
        return tuple(axis.key for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    def __len__(self) -> int:
        return math.prod(self.shape)

    def at(self, number: int) -> tuple[Setting, ...]:
        """Return the values of the varied keys in a run."""
        place = np.unravel_index(number, self.shape)
        return tuple(axis.values[int(k)] for axis, k in zip(self.axes, place, strict=True))


@dataclass(frozen=True)
class Sample(Design):
    """Values drawn from ranges.

    Parameters
    ----------
    ranges : tuple of Range
    method : {"lhs", "sobol", "saltelli"}
        Latin hypercube; scrambled Sobol' sequence; or two Sobol' samples A and B of n runs, and A
        with one column of B at a time: n (d + 2) runs, from which `shares` follow.
    size : int
        n, a power of 2 but for a Latin hypercube.
    seed : int
    """

    ranges: tuple[Range, ...]
    method: Method
    size: int
    seed: int = 1

    def __post_init__(self) -> None:
        count, method = self.size, self.method
        if method not in get_args(Method):
            known = ", ".join(get_args(Method))
            raise ScenarioError(f"--sample {method}: expected one of {known}, as in lhs:100")
        if count < 1 or self.seed < 0:
            raise ScenarioError(f"--sample {method}:{count}: expected at least one run")
        if len(self) > MOST_RUNS:
            raise ScenarioError(
                f"--sample {method}:{count}: gives {len(self):,} runs, which by rules would take "
                f"about {estimate(len(self))} on one core; {MOST_RUNS:,} are the most"
            )
        if method != "lhs" and count & (count - 1):
            below = 1 << (count.bit_length() - 1)
            raise ScenarioError(
                f"--sample {method}:{count}: a Sobol' sequence is even only with a power of 2; "
                f"take {below} or {2 * below}"
            )
        if not 1 <= len(self.ranges) <= MOST_SAMPLED_KEYS:
            raise ScenarioError(
                f"--sample {method}: {len(self.ranges)} keys are varied; expected 1 to "
                f"{MOST_SAMPLED_KEYS}, as in --vary battery.jeminay.energy_mwh=80:320"
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the ranges."""
        return tuple(one.key for one in self.ranges)

    def __len__(self) -> int:
        return self.size * (len(self.ranges) + 2 if self.method == "saltelli" else 1)

    @cached_property
    def points(self) -> Array:
        """Values of all runs, shape (n, d)."""
        d = len(self.ranges)
        if self.method == "lhs":
            unit = qmc.LatinHypercube(d, rng=np.random.default_rng(self.seed)).random(self.size)
        elif self.method == "sobol":
            unit = qmc.Sobol(d, rng=np.random.default_rng(self.seed)).random(self.size)
        else:
            unit = _saltelli(d, self.size, self.seed)
        low = np.array([one.low for one in self.ranges])
        high = np.array([one.high for one in self.ranges])
        return np.asarray(low + unit * (high - low))

    def at(self, number: int) -> tuple[Setting, ...]:
        """Return the values of the varied keys in a run, to six digits."""
        return tuple(float(f"{value:.6g}") for value in self.points[number])


def _saltelli(d: int, count: int, seed: int) -> Array:
    """Return A, B and A with column i of B for each i, one below the other, shape (n (d + 2), d).

    Saltelli et al., Computer Physics Communications 181 (2010) 259-270.
    """
    both = qmc.Sobol(2 * d, rng=np.random.default_rng(seed)).random(count)
    a, b = both[:, :d], both[:, d:]
    mixed = np.repeat(a[None], d, axis=0)
    for i in range(d):
        mixed[i, :, i] = b[:, i]
    return np.concatenate([a, b, mixed.reshape(-1, d)])


@dataclass(frozen=True)
class Listed(Design):
    """Runs listed in a file, one per row.

    Parameters
    ----------
    columns : tuple of str
        The keys.
    rows : tuple of tuple
        Values of each run.
    names : tuple of str
        Of each run; empty: it is called by its values.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Setting, ...], ...]
    names: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the columns."""
        return self.columns

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, number: int) -> tuple[Setting, ...]:
        """Return the values of the varied keys in a run."""
        return self.rows[number]

    def name(self, number: int) -> str:
        """Return the name of a run."""
        return self.names[number] if self.names else super().name(number)


def parse_sample(
    text: str, ranges: Sequence[Range], ties: Sequence[Tie | Step], seed: int
) -> Sample:
    """Read an option ``--sample``.

    Parameters
    ----------
    text : str
        ``lhs:100``, ``sobol:128`` or ``saltelli:256``.
    ranges, ties : sequence
    seed : int

    Raises
    ------
    ScenarioError
        If it is none of these.
    """
    method, _, count = text.partition(":")
    if not count.isascii() or not count.isdigit():
        raise ScenarioError(f"--sample {text}: expected METHOD:RUNS, as in lhs:100 or sobol:128")
    return Sample(tuple(ties), tuple(ranges), method, int(count), seed)  # type: ignore[arg-type]


NAME = "name"
"""Column with the names of listed runs."""


def read_list(path: Path, ties: Sequence[Tie | Step] = ()) -> Listed:
    """Read the runs of a CSV file: a header of keys, and one run per row.

    Parameters
    ----------
    path : Path
        A column ``name`` may hold names of the runs.
    ties : sequence of Tie or Step

    Raises
    ------
    ScenarioError
        With every problem of the file.
    """
    raw = read_bytes(path, error=ScenarioError)
    try:
        rows = [row for row in csv_rows(raw.decode("utf-8-sig")) if any(map(str.strip, row))]
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not UTF-8 text; save it as CSV in UTF-8") from None
    if len(rows) < 2:
        raise ScenarioError(f"{path}: holds no run; expected a header of keys and one run a row")
    header = [cell.strip() for cell in rows[0]]
    problems = [
        f"{path}: column {cell!r} is given twice" for cell in set(header) if header.count(cell) > 1
    ]
    problems += [f"{path}: a column has no key in the header" for cell in header if not cell][:1]
    if problems:
        raise ScenarioError(problems)
    keys = [dotted(key_parts(cell, str(path))) for cell in header if cell != NAME]
    if not keys:
        raise ScenarioError(f"{path}: names no key; expected columns such as {EXAMPLE_KEY}")
    found: list[tuple[Setting, ...]] = []
    names: list[str] = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            problems.append(
                f"{path}: row {number} has {len(row)} cells, and the header has {len(header)}"
            )
            continue
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        names.append(cells.get(NAME, ""))
        values: list[Setting] = []
        for key in header:
            if key == NAME:
                continue
            value = _setting(cells[key])
            if value is None:
                problems.append(f"{path}: row {number}, {key}: {cells[key]!r} is no value")
            else:
                values.append(value)
        found.append(tuple(values))
    if NAME in header:
        odd = sorted({name for name in names if names.count(name) > 1 or not name})
        problems += [f"{path}: the name {name!r} is given twice or empty" for name in odd]
    if problems:
        raise ScenarioError(problems)
    return Listed(tuple(ties), tuple(keys), tuple(found), tuple(names) if NAME in header else ())


EXAMPLE_KEY = "battery.jeminay.energy_mwh"


def _setting(cell: str) -> Setting | None:
    """Return the value of a cell; None if it is empty or no finite number."""
    if cell in ("true", "false"):
        return cell == "true"
    try:
        number = float(cell)
    except ValueError:
        return cell or None
    return number if math.isfinite(number) else None


def _shown(value: Setting) -> str:
    return (
        value
        if isinstance(value, str)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
