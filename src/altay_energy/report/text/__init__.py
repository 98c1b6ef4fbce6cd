"""The words of charts, tables and pages, one TOML file a language.

Our own templates are filled by name (``{scenario}``); text of the user is only ever a value that
is put in, never a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from altay_energy.core.catalogue import package_toml

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Scale:
    """A unit for showing numbers: shown = stored × ``factor``."""

    unit: str
    factor: float


@dataclass(frozen=True)
class Words:
    """All text of one language, by section and key."""

    language: str
    tables: Mapping[str, Any]

    def __call__(self, section: str, key: str, **values: object) -> str:
        """The text of a key, with its ``{places}`` filled."""
        template: str = self.tables[section][key]
        return template.format(**values) if values else template

    def get(self, section: str, key: str, default: str) -> str:
        """The text of a key, or ``default`` where this language has none."""
        text: str = self.tables[section].get(key, default)
        return text

    def sequence(self, section: str, key: str) -> list[str]:
        """A list of texts, such as the names of the months."""
        return list(self.tables[section][key])

    def scale(self, quantity: str, *values: ArrayLike) -> Scale:
        """The unit that shows the largest of ``values`` in few digits.

        Parameters
        ----------
        quantity : str
            ``"power"`` [MW], ``"energy"`` [MWh], ``"money"`` [CNY], ``"mass"`` [t] or
            ``"volume"`` [m³].
        values : array_like
            What will be shown in this unit, stored units.

        Returns
        -------
        Scale
            Unit and factor. When all is zero, the stored unit.
        """
        largest = max((float(np.max(np.abs(v), initial=0.0)) for v in values), default=0.0)
        steps = self.tables["scale"][quantity]
        if largest == 0.0:
            return next(Scale(s["unit"], 1.0) for s in steps if s["per"] == 1.0)
        step = [s for s in steps if largest >= s["from"]][-1]
        return Scale(step["unit"], 1.0 / step["per"])


@lru_cache(maxsize=len(LANGUAGES))
def words(language: str) -> Words:
    """The words of a language.

    Parameters
    ----------
    language : str
        ``"en"`` or ``"zh"``.

    Raises
    ------
    ValueError
        If there are no words in this language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language = {language!r} must be one of {', '.join(LANGUAGES)}")
    return Words(language, package_toml(f"report/text/{language}.toml"))


def number(value: float) -> str:
    """A number as people read it: four figures or so, thousands apart, a true minus sign.

    Examples
    --------
    >>> number(12345.6), number(400.0), number(3.14159), number(-0.002)
    ('12,346', '400', '3.142', '−0.002')
    """
    if not np.isfinite(value):
        return "–"
    size = abs(value)
    if abs(size - round(size)) < 1e-9 * size or size == 0.0:
        text = f"{size:,.0f}"  # whole
    elif size >= 1000:
        text = f"{size:,.0f}"
    elif size >= 100:
        text = f"{size:.1f}"
    elif size >= 10:
        text = f"{size:.2f}"
    elif size >= 0.1:
        text = f"{size:.3f}"
    else:
        text = f"{size:.2g}"
    return f"−{text}" if value < 0 else text


def energy_text(words: Words, energy_mwh: float) -> str:
    """An energy with the unit that suits it, such as ``1,234 GWh``."""
    scale = words.scale("energy", energy_mwh)
    return f"{number(energy_mwh * scale.factor)} {scale.unit}"


def power_text(words: Words, power_mw: float) -> str:
    """A power with the unit that suits it, such as ``1,400 MW``."""
    scale = words.scale("power", power_mw)
    return f"{number(power_mw * scale.factor)} {scale.unit}"


def volume_text(words: Words, volume_m3: float) -> str:
    """A volume of water with the unit that suits it, such as ``5.9 Mm³``."""
    scale = words.scale("volume", volume_m3)
    return f"{number(volume_m3 * scale.factor)} {scale.unit}"


def percent(share: float) -> str:
    """A share from 0 to 1 in per cent.

    Examples
    --------
    >>> percent(0.1234), percent(0.03927), percent(0.00004), percent(0.0)
    ('12.3 %', '3.93 %', '0.004 %', '0 %')
    """
    if not np.isfinite(share):
        return "–"
    if share == 0:
        return "0 %"
    size = 100 * abs(share)
    text = f"{size:.1f}" if size >= 10 else f"{size:.2f}" if size >= 0.1 else f"{size:.1g}"
    return f"{'−' if share < 0 else ''}{text} %"
