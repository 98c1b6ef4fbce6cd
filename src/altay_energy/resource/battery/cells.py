"""Battery cells by name, from ``data/ageing.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from altay_energy.core.wording import closest


@dataclass(frozen=True)
class CellData:
    """Cells whose ageing is known or assumed.

    Parameters
    ----------
    name, title, title_zh : str
        Key in the file, and what people call them.
    model : {"wohler", "xu"}
        How they age.
    parameters : mapping of str to float
        Of the model.
    covers, source : str
        Range in which the parameters mean something, and where they come from.
    """

    name: str
    title: str
    title_zh: str
    model: Literal["wohler", "xu"]
    parameters: Mapping[str, float]
    covers: str
    source: str

    @property
    def assumed(self) -> bool:
        """Whether nothing that was published gives the parameters."""
        return self.source.startswith("assumed")


def cells_names() -> tuple[str, ...]:
    """Names of all cells that come with the package."""
    return tuple(_cells())


def cells_named(name: str) -> CellData:
    """Cells of that name.

    Raises
    ------
    ValueError
        If there are none; the message lists all names.
    """
    known = _cells()
    if name not in known:
        raise ValueError(
            f'there are no cells "{name}"{closest(name, known)} (cells: {", ".join(known)})'
        )
    table = known[name]
    words = ("title", "title_zh", "model", "covers", "source")
    numbers = {key: float(value) for key, value in table.items() if key not in words}
    return CellData(name, **{key: table[key] for key in words}, parameters=numbers)


@lru_cache(maxsize=1)
def _cells() -> Mapping[str, Any]:
    file = resources.files("altay_energy") / "data" / "ageing.toml"
    found: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["cells"]
    return found
