"""Battery cells by name, from ``data/ageing.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from altay_energy.core.catalogue import Catalogue


@dataclass(frozen=True)
class CellData:
    """Cells whose ageing is known or assumed.

    Parameters
    ----------
    name, title, title_zh : str
        Key in the file, and display name.
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
        """Whether the parameters are assumed, for want of a publication."""
        return self.source.startswith("assumed")


def _cells(name: str, table: Mapping[str, Any]) -> CellData:
    words = ("title", "title_zh", "model", "covers", "source")
    numbers = {key: float(value) for key, value in table.items() if key not in words}
    return CellData(name, **{key: table[key] for key in words}, parameters=numbers)


CELLS = Catalogue("kind of cell", "data/ageing.toml", _cells, table="cells")
"""Cells that come with the package, by name."""
