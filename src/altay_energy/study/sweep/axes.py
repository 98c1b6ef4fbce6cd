"""Keys that a sweep varies, and keys tied to them, from the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from altay_energy.core.errors import ScenarioError
from altay_energy.core.value import Value
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.text import key_parts, parse_override

MOST_RUNS = 1_000_000
"""Largest number of runs of a sweep."""

RUN_S = 0.005
"""Time of a year of `jeminay-2023` by rules on one core, loading and figures included. [s]"""

EXAMPLE = "battery.jeminay.energy_mwh=80,160,320"

Setting = float | int | str | bool


@dataclass(frozen=True)
class Axis(Value):
    """A key and the list of its values.

    Parameters
    ----------
    key : str
        As it is written: ``battery.jeminay.energy_mwh``.
    values : tuple of float, int, str or bool
    """

    key: str
    values: tuple[Setting, ...]


@dataclass(frozen=True)
class Range(Value):
    """A key and the range of its sampled values.

    Parameters
    ----------
    key : str
    low, high : float
    """

    key: str
    low: float
    high: float


@dataclass(frozen=True)
class Tie(Value):
    """A key tied to another one: ``factor`` times its value plus ``offset``.

    Parameters
    ----------
    key, of : str
        The key that follows, and the one that it follows.
    factor, offset : float
    """

    key: str
    of: str
    factor: float
    offset: float = 0.0

    def value(self, values: Mapping[str, Setting]) -> float:
        """Return its value, given those of the other keys.

        Parameters
        ----------
        values : mapping of str to number

        Raises
        ------
        ScenarioError
            If the value that it follows is no number.
        """
        lead = values[self.of]
        if isinstance(lead, str | bool):
            raise ScenarioError(f"--tie {self.key}: {self.of} = {lead!r} is no number")
        return float(f"{self.factor * float(lead) + self.offset:.15g}")


@dataclass(frozen=True)
class Step(Value):
    """A key that takes its n-th value when another key takes its n-th value.

    Parameters
    ----------
    key, of : str
        The key that follows, and the one that it follows.
    values, leads : tuple of float, int, str or bool, shape (n,)
        Of the two, in this order.
    """

    key: str
    of: str
    values: tuple[Setting, ...]
    leads: tuple[Setting, ...]

    def value(self, values: Mapping[str, Setting]) -> Setting:
        """Return its value, given those of the other keys.

        Parameters
        ----------
        values : mapping of str to number
        """
        return self.values[self.leads.index(values[self.of])]


def estimate(runs: int) -> str:
    """Return the time of a number of runs by rules on one core, in words.

    Parameters
    ----------
    runs : int
    """
    return f"{runs * RUN_S / 3600.0:,.0f} h"


def parse_vary(text: str, *, sampled: bool = False) -> Axis | Range:
    """Read an option ``--vary``.

    Parameters
    ----------
    text : str
        ``KEY=a,b,c``, ``KEY=low:high:step``, or for a sample ``KEY=low:high``.
    sampled : bool
        Whether values are to be sampled.

    Raises
    ------
    ScenarioError
        If it is none of these, or the range is empty.
    """
    key, said = _split(text, "--vary", EXAMPLE)
    parts = [part.strip() for part in said.split(":")]
    if len(parts) in (2, 3) and all(_decimal(part) is not None for part in parts):
        low, high = float(parts[0]), float(parts[1])
        if sampled:
            if len(parts) == 3:
                raise ScenarioError(f"--vary {text}: a sample takes no step; write {key}=low:high")
            if not low < high:
                raise ScenarioError(f"--vary {text}: {low:g} must be below {high:g}")
            return Range(key, low, high)
        if len(parts) == 2:
            raise ScenarioError(
                f"--vary {text}: has no step; write {key}=low:high:step, or say how many values "
                "are sampled, as in --sample lhs:100"
            )
        return Axis(key, _steps(text, *(Decimal(part) for part in parts)))
    if sampled:
        raise ScenarioError(f"--vary {text}: a sample takes a range, as in {key}=100:400")
    if len(parts) > 1 and not any(mark in said for mark in "\"',"):
        raise ScenarioError(
            f"--vary {text}: expected numbers, as in {key}=100:400:50 (from 100 to 400 by 50)"
        )
    values = _listed(said)
    if not values:
        raise ScenarioError(f"--vary {text}: has no value; write {key}=a,b,c")
    same = [value for n, value in enumerate(values) if value in values[:n]]
    if same:
        raise ScenarioError(f"--vary {text}: {same[0]!r} is given twice")
    return Axis(key, tuple(values))


def _split(text: str, option: str, example: str) -> tuple[str, str]:
    """Return the key, without unnecessary quotes, and the text after the ``=``."""
    name, mark, said = text.partition("=")
    if not mark or not name.strip():
        raise ScenarioError(f"{option} {text}: expected KEY=…, as in {option} {example}")
    return dotted(key_parts(name.strip(), f"{option} {text}")), said.strip()


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _steps(text: str, low: Decimal, high: Decimal, step: Decimal) -> tuple[Setting, ...]:
    """Return the values from ``low`` to ``high``, exact: 0.3 and not 0.30000000000000004.

    Where no decimals are written the values are whole numbers, as keys such as ``units`` need.
    """
    if step == 0:
        raise ScenarioError(f"--vary {text}: the step is 0; give one above or below it")
    if (high - low) * step < 0:
        raise ScenarioError(
            f"--vary {text}: a step of {step} never leads from {low} to {high}; write {-step}"
        )
    count = int((high - low) / step) + 1
    if count > MOST_RUNS:
        raise ScenarioError(
            f"--vary {text}: gives {count:,} values, which by rules would take about "
            f"{estimate(count)} on one core; {MOST_RUNS:,} runs are the most, is the step too "
            "small?"
        )
    whole = all(part.as_tuple().exponent == 0 for part in (low, step))
    return tuple((int if whole else float)(low + step * n) for n in range(count))


def _listed(said: str) -> list[Setting]:
    """Return the values between commas; text may be without quotes."""
    found: list[Setting] = []
    for part in filter(None, (part.strip() for part in said.split(","))):
        value = parse_override(f"value={part}", "--vary")["value"]
        found.append(value if isinstance(value, float | int | str | bool) else part)
    return found


_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TIE = re.compile(
    rf"(?:(?P<factor>{_NUMBER})\s*\*\s*)?(?P<of>[^\s*/+=()]+?)"
    rf"(?:\s*(?P<sign>[*/])\s*(?P<by>{_NUMBER}))?(?:\s*(?P<add>[+-])\s*(?P<offset>{_NUMBER}))?"
)


def parse_tie(text: str) -> Tie:
    """Read an option ``--tie``.

    Parameters
    ----------
    text : str
        ``KEY=4*OTHER``, ``KEY=OTHER/2``, ``KEY=0.5*OTHER+10`` or ``KEY=OTHER``.

    Raises
    ------
    ScenarioError
        If it is none of these.
    """
    example = "battery.jeminay.energy_mwh=4*battery.jeminay.discharge_mw"
    key, said = _split(text, "--tie", example)
    found = _TIE.fullmatch(said)
    if found is None or re.fullmatch(_NUMBER, found["of"]):
        raise ScenarioError(
            f"--tie {text}: expected a number times another key, as in --tie {example}"
        )
    factor = float(found["factor"] or 1.0)
    if found["sign"]:
        by = float(found["by"])
        if found["sign"] == "/" and by == 0.0:
            raise ScenarioError(f"--tie {text}: divides by 0")
        factor = factor * by if found["sign"] == "*" else factor / by
    offset = float(found["offset"] or 0.0) * (-1.0 if found["add"] == "-" else 1.0)
    return Tie(key, dotted(key_parts(found["of"], f"--tie {text}")), factor, offset)


def parse_options(
    vary: Sequence[str], ties: Sequence[str], *, sampled: bool = False
) -> tuple[list[Axis | Range], list[Tie | Step]]:
    """Read all options ``--vary`` and ``--tie``.

    Parameters
    ----------
    vary, ties : sequence of str
        See `parse_vary` and `parse_tie`. A tie may also be ``KEY,KEY``: keys that are varied by
        lists of values and go through them in step; the first leads.
    sampled : bool
        Whether values are to be sampled.

    Returns
    -------
    list of Axis or Range
        Without the keys that follow another one in step.
    list of Tie or Step

    Raises
    ------
    ScenarioError
        With every problem of all options.
    """
    problems: list[str] = []
    axes = _each(vary, lambda text: parse_vary(text, sampled=sampled), problems)
    joined = [text for text in ties if "=" not in text and "," in text]
    linear = _each([text for text in ties if text not in joined], parse_tie, problems)
    if problems:
        raise ScenarioError(problems)
    lists = {axis.key: axis for axis in axes if isinstance(axis, Axis)}
    found = [
        step for steps in _each(joined, lambda t: _steps_of(t, lists), problems) for step in steps
    ]
    if problems:
        raise ScenarioError(problems)
    follow = {step.key for step in found}
    return [axis for axis in axes if axis.key not in follow], [*linear, *found]


Read = TypeVar("Read")


def _each(texts: Sequence[str], read: Callable[[str], Read], problems: list[str]) -> list[Read]:
    """Return the result for each text; problems are added to the list."""
    found = []
    for text in texts:
        try:
            found.append(read(text))
        except ScenarioError as error:
            problems.extend(error.problems)
    return found


def _steps_of(text: str, lists: Mapping[str, Axis]) -> list[Step]:
    """Return the keys that follow the first one of a tie ``KEY,KEY``."""
    keys = [dotted(key_parts(part.strip(), f"--tie {text}")) for part in text.split(",")]
    problems = [
        f"--tie {text}: {key} is not varied by a list of values, as in --vary {key}=1,2,3"
        for key in keys
        if key not in lists
    ]
    if len(set(keys)) < len(keys):
        problems.append(f"--tie {text}: names a key twice")
    if problems:
        raise ScenarioError(problems)
    lead, *others = (lists[key] for key in keys)
    problems = [
        f"--tie {text}: {lead.key} has {len(lead.values)} values and {other.key} has "
        f"{len(other.values)}; keys that go in step need the same number"
        for other in others
        if len(other.values) != len(lead.values)
    ]
    if problems:
        raise ScenarioError(problems)
    return [Step(other.key, lead.key, other.values, lead.values) for other in others]


def tie_problems(varied: Sequence[str], ties: Sequence[Tie | Step]) -> list[str]:
    """Return the problems of ties, one line each.

    Parameters
    ----------
    varied : sequence of str
        Keys that are varied.
    ties : sequence of Tie or Step
    """
    found, known = [], list(varied)
    for tie in ties:
        if tie.key in known:
            found.append(f"--tie {tie.key}: is varied or tied already; keep one of the two")
        elif tie.of not in known:
            found.append(
                f"--tie {tie.key}: follows {tie.of}, which is not varied; varied are "
                f"{', '.join(known) or 'none'}"
            )
        known.append(tie.key)
    return found
