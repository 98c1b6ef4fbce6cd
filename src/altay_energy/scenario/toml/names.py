"""Names of scenarios and tables as names of files, and keys as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever their ending."""


def slug(name: str) -> str:
    """File name for a scenario name: letters, digits, ``-``, ``_``, ``.``, of any script."""
    plain = unicodedata.normalize("NFKC", name)
    plain = re.sub(r"[^\w.\-]+", "-", plain).strip("-.")[:60].rstrip("-.")
    if _RESERVED.fullmatch(plain):
        return f"scenario-{plain}"
    return plain or "scenario"


def dotted(key: Sequence[str]) -> str:
    """Key path as it is written, odd names in quotes: ``wind.jeminay.capacity_mw``."""
    return ".".join(part if re.fullmatch(r"[\w\-]+", part) else _quoted(part) for part in key)


def _quoted(part: str) -> str:
    """A TOML string; what does not print is escaped, for terminals take it for a command."""
    return f'"{"".join(map(_escaped, part))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
