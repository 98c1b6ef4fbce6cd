"""Write tests/golden/kpis.json: the figures of all shipped scenarios.

    python tools/write_golden.py

Run it when figures change for a reason, and state the reason in CHANGELOG.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import altay_energy as ae

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run every scenario and write what it gives."""
    os.environ["ALTAY_ENERGY_KERNEL"] = "numpy"  # the reference
    pinned = {}
    for path in sorted((ROOT / "scenarios").glob("*.toml")):
        pinned[path.stem] = ae.load(path).run().kpis["kpis"]
    target = ROOT / "tests" / "golden" / "kpis.json"
    target.write_text(json.dumps(pinned, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
