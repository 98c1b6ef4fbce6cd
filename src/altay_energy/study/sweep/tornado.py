"""Tornado: varies each key of a scenario alone, by a share below and above today's value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.core.wording import closest
from altay_energy.scenario.explain import explain
from altay_energy.scenario.load import Scenario
from altay_energy.scenario.toml.names import dotted
from altay_energy.study.capacities import capacities
from altay_energy.study.sweep.axes import Setting
from altay_energy.study.sweep.samples import Listed

PRICES = ("import_price_cny_mwh", "export_price_cny_mwh", "demand_charge_cny_mw")
"""Keys of the grid connection that are varied if they are numbers."""

BASE = "today"
"""Name of the unchanged run."""


@dataclass(frozen=True)
class Bar(Value):
    """A change of one or more keys in the same proportion.

    Parameters
    ----------
    name : str
        Name of the table or of the key.
    keys : mapping of str to float
        Today's values.
    """

    name: str
    keys: Mapping[str, float]


@dataclass(frozen=True)
class Tornado(Value):
    """Design of bars with the share by which each is lowered and raised.

    Parameters
    ----------
    bars : tuple of Bar
    share : float
        [-]
    """

    bars: tuple[Bar, ...]
    share: float

    @property
    def design(self) -> Listed:
        """Runs: today, then each bar lower and higher."""
        today = {key: value for bar in self.bars for key, value in bar.keys.items()}
        rows: list[tuple[Setting, ...]] = [tuple(today.values())]
        names = [BASE]
        for bar in self.bars:
            for sign in (-1.0, 1.0):
                factor = 1.0 + sign * self.share
                changed = {k: float(f"{factor * v:.10g}") for k, v in bar.keys.items()}
                rows.append(tuple((today | changed).values()))
                names.append(f"{bar.name} {sign * self.share:+.3g}")
        return Listed((), tuple(today), tuple(rows), tuple(names))

    def document(self, columns: Mapping[str, Array], figures: Sequence[str]) -> dict[str, Any]:
        """Return the figures at both ends of each bar, the widest first.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (1 + 2 n,)
        figures : sequence of str
        """
        found: dict[str, Any] = {"share": self.share, "figures": {}}
        for figure in figures:
            values = columns[figure]
            bars = [
                {
                    "name": bar.name,
                    "keys": dict(bar.keys),
                    "low": float(values[1 + 2 * n]),
                    "high": float(values[2 + 2 * n]),
                }
                for n, bar in enumerate(self.bars)
            ]
            base = float(values[0])
            bars.sort(key=lambda bar: -_swing(bar, base))
            found["figures"][figure] = {"today": base, "bars": bars}
        return found


def _swing(bar: Mapping[str, Any], base: float) -> float:
    ends = [abs(bar[end] - base) for end in ("low", "high") if bar[end] == bar[end]]
    return max(ends, default=0.0)


def tornado_of(scenario: Scenario, share: float, keys: Sequence[str] = ()) -> Tornado:
    """Return the bars of a scenario.

    Parameters
    ----------
    scenario : Scenario
    share : float
        Share by which each is varied, above 0 and below 1. [-]
    keys : sequence of str
        Keys to vary, each a nonzero number today; default: every capacity that can change alone,
        and the prices of the grid connection.

    Raises
    ------
    ScenarioError
        If a key is not known or no number, or the share is out of range.
    """
    if not 0.0 < share < 1.0:
        raise ScenarioError(f"--tornado {share:g}: expected a share above 0 and below 1, as in 20%")
    bars = _asked(scenario, keys) if keys else _usual(scenario)
    if not bars:
        raise ScenarioError("--tornado: the scenario has no capacity or price that can change")
    return Tornado(tuple(bars), share)


def parse_share(text: str) -> float:
    """Read an option ``--tornado``.

    Parameters
    ----------
    text : str
        ``"20%"`` or ``"0.2"``.

    Raises
    ------
    ScenarioError
        If it is no share.
    """
    try:
        value = float(text.removesuffix("%").strip())
    except ValueError:
        raise ScenarioError(f"--tornado {text}: expected a share, as in 20%") from None
    return value / 100.0 if text.endswith("%") else value


def _usual(scenario: Scenario) -> list[Bar]:
    found = [
        Bar(part.name, {dotted(key): value for key, value in part.keys.items()})
        for part in capacities(scenario.portfolio)[0]
        if part.today != 0.0
    ]
    grid = scenario.source.tables.get("grid", {})
    for key in PRICES:
        value = grid.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value != 0:
            found.append(Bar(f"grid.{key}", {f"grid.{key}": float(value)}))
    return found


def _asked(scenario: Scenario, keys: Sequence[str]) -> list[Bar]:
    known = {value.key: value.value for value in explain(scenario)}
    problems, found = [], []
    for key in keys:
        value = known.get(key)
        if key not in known:
            problems.append(f"--vary {key}: the scenario has no such value{closest(key, known)}")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            problems.append(f"--vary {key}: is {value!r} today, which is no number")
        elif value == 0:
            problems.append(f"--vary {key}: is 0 today, of which a share is 0 as well")
        else:
            found.append(Bar(key, {key: float(value)}))
    if problems:
        raise ScenarioError(problems)
    return found
