"""Print the oldest versions that pyproject.toml allows, as constraints for pip.

    python tools/write_floors.py > floors.txt
    python -m pip install -c floors.txt -e ".[test]"

The tests pass with these; ``.ci/run`` runs them. Indirect dependencies are the newest
that pip finds.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def floors(project: dict[str, object]) -> list[str]:
    """Lines ``name==version``, one for each lower bound of the package; tools of tests are new."""
    wanted = list(project["dependencies"])  # type: ignore[call-overload]
    found = [re.fullmatch(r"([\w.-]+)\s*>=\s*([\d.]+)", one) for one in wanted]
    missing = [one for one, match in zip(wanted, found, strict=True) if match is None]
    if missing:
        raise SystemExit(f"pyproject.toml: {missing} have no lower bound of the form name>=1.2")
    return [f"{match[1]}=={match[2]}" for match in found if match]


if __name__ == "__main__":
    print(*floors(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]), sep="\n")
