"""Data that come with the package as TOML: single documents, and catalogues of named entries."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Generic, TypeVar

from altay_energy.core.errors import ScenarioError
from altay_energy.core.files.textfile import parse_toml, read_text
from altay_energy.core.wording import closest

Entry = TypeVar("Entry")


@cache
def package_toml(place: str) -> Mapping[str, Any]:
    """Content of a TOML file of the package, read once.

    Parameters
    ----------
    place : str
        Path below the package, as in ``"data/sectors.toml"``.

    Returns
    -------
    mapping
        Shared by all who ask: not to be changed.
    """
    return tomllib.loads(files("altay_energy").joinpath(place).read_text(encoding="utf-8"))


@dataclass(frozen=True, eq=False)
class Catalogue(Generic[Entry]):
    """Named entries of one kind, each made from its table when it is first asked for.

    Parameters
    ----------
    kind : str
        Word for an entry in messages.
    place : str
        Below the package: a folder with one TOML file an entry, or one TOML file.
    read : callable
        Makes an entry from its name and table. For a table that makes none it raises a
        `ScenarioError` that names the entry, or a `KeyError` for a key that is missing.
    table : str
        Table of the one file that holds the entries; empty where its top level does.
    own : str
        How a scenario names a user's own file instead, as in ``hill = { file = "hill.toml" }``.
    """

    kind: str
    place: str
    read: Callable[[str, Any], Entry]
    table: str = ""
    own: str = ""
    _made: dict[str, Entry] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all entries; those of a folder in alphabetical order."""
        if not self.place.endswith(".toml"):
            folder = files("altay_energy").joinpath(self.place)
            found = sorted(one.name for one in folder.iterdir())
            return tuple(name[: -len(".toml")] for name in found if name.endswith(".toml"))
        content = package_toml(self.place)
        return tuple(content[self.table] if self.table else content)

    def load(self, name: str) -> Entry:
        """The entry of a name.

        Parameters
        ----------
        name : str
            One of `names`.

        Raises
        ------
        ScenarioError
            If there is none; the message gives similar names and all names.
        """
        if name not in self._made:
            if name not in self.names:
                others = f", or your own by {self.own}" if self.own else ""
                raise ScenarioError(
                    f"there is no {self.kind} '{name}'{closest(name.lower(), self.names)} "
                    f"({self.kind}s: {', '.join(self.names)}{others})"
                )
            self._made[name] = self.read(name, self._content(name))
        return self._made[name]

    def _content(self, name: str) -> Any:
        if not self.place.endswith(".toml"):
            return package_toml(f"{self.place}/{name}.toml")
        content = package_toml(self.place)
        return content[self.table][name] if self.table else content[name]

    def load_own(self, path: Path) -> Entry:
        """An entry from a user's TOML file, which has the form of a table of the catalogue.

        Parameters
        ----------
        path : Path
            The file; its name becomes that of the entry.

        Raises
        ------
        ScenarioError
            If the file is no TOML, or its keys make no entry; one line a problem.
        """
        name = path.name
        where = f"{self.kind} {name}"
        text = read_text(path, error=ScenarioError).text
        try:
            return self.read(name, parse_toml(text, where, ScenarioError))
        except KeyError as missing:
            raise ScenarioError(f"{where}: {missing.args[0]} is missing") from None
