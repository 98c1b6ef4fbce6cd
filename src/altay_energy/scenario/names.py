"""Names of scenarios as names of files."""

from __future__ import annotations

import re
import unicodedata


def slug(name: str) -> str:
    """File name for a scenario name: letters, digits, ``-``, ``_``, ``.``, of any script."""
    plain = unicodedata.normalize("NFKC", name)
    plain = re.sub(r"[^\w.\-]+", "-", plain).strip("-.")[:60]
    return plain or "scenario"
