"""Compare the result files of the shipped scenarios byte by byte, before and after a change.

    python tools/same_results.py [REVISION] [SCENARIO ...]

runs all scenarios that both revisions ship (or those named) with the code as it is and with that of
a revision of git (``HEAD`` if none is given), each in a process of its own, with charts and report,
and prints one line a scenario. ``manifest.json`` is left out: it holds times and versions. Of files
that differ it says whether figures do: keys of ``kpis.json`` that are new, gone or changed,
variables of ``hourly.nc``, lines of ``hourly.csv``. Exit status 1 if any file differs.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

ROOT = Path(__file__).parents[1]
LEFT_OUT = {"manifest.json"}
OTHERWISE = {"jeminay-2023": "rolling", "burqin-2030": "units", "ski-resort": "optimal"}
"""Scenarios that are also run with another method of dispatch."""


def results(code: Path, scenario: Path, folder: Path, method: str) -> dict[str, bytes]:
    """Files that a scenario leaves with the package in ``code``, by their place in the folder."""
    environment = os.environ | {
        "PYTHONPATH": str(code / "src"),
        "ALTAY_ENERGY_KERNEL": "numpy",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
    }
    command = [sys.executable, "-m", "altay_energy", "run", str(scenario), "-o", str(folder)]
    if method:
        command += ["--set", f'dispatch.method="{method}"']
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=folder.parent)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in LEFT_OUT
    }


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """All numbers and words of a JSON value, by their path."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _leaves(part, f"{key}[{place}]")
    else:
        yield key, value


def difference(name: str, old: bytes | None, new: bytes | None) -> str:
    """What differs in a file, as far as its format says."""
    if old is None or new is None:
        return f"{name} is {'new' if old is None else 'gone'}"
    if name == "kpis.json":
        before, after = (dict(_leaves(json.loads(text))) for text in (old, new))
        shared = [key for key in before if key in after]
        parts = {
            "new": sorted(after.keys() - before),
            "gone": sorted(before.keys() - after),
            "changed": [key for key in shared if before[key] != after[key]],
        }
        return (
            f"{name} ({'; '.join(f'{k}: ' + (', '.join(v) or 'none') for k, v in parts.items())})"
        )
    if name.endswith(".nc"):
        before, after = (xr.load_dataset(io.BytesIO(raw), engine="h5netcdf") for raw in (old, new))
        return f"{name} (values {'equal' if before.equals(after) else 'differ'})"
    if name.endswith(".csv"):
        before, after = (raw.splitlines() for raw in (old, new))
        lines = np.flatnonzero([a != b for a, b in zip(before, after, strict=False)])
        same = len(before) == len(after) and not lines[lines > 0].size
        return f"{name} ({'heading' if same else 'values'})"
    return name


def main() -> int:
    """Compare and print; 0 if all bytes are the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", nargs="?", default="HEAD")
    parser.add_argument("scenarios", nargs="*", help="names; all that both revisions ship if none")
    words = parser.parse_args()
    different = 0
    with tempfile.TemporaryDirectory() as kept:
        before = Path(kept) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(before), words.revision], check=True)
        try:
            both = (ROOT / "scenarios", before / "scenarios")
            names = words.scenarios or sorted(
                set.intersection(*({p.stem for p in folder.glob("*.toml")} for folder in both))
            )
            jobs = [(n, m) for n in names for m in ("", OTHERWISE.get(n, ""))]
            for name, method in dict.fromkeys(jobs):
                # One scenario file for both: what is compared is the code.
                scenario = ROOT / "scenarios" / f"{name}.toml"
                old = results(before, scenario, Path(kept) / f"{name}-{method}-old", method)
                new = results(ROOT, scenario, Path(kept) / f"{name}-{method}-new", method)
                changed = [f for f in sorted(old | new) if old.get(f) != new.get(f)]
                different += len(changed)
                size = sum(map(len, new.values()))
                verdict = (
                    f"differ: {', '.join(difference(f, old.get(f), new.get(f)) for f in changed)}"
                    if changed
                    else "all bytes equal"
                )
                print(
                    f"{name:<24s} {method:<8s} {len(new):3d} files {size:>12,d} bytes  {verdict}",
                    flush=True,
                )
        finally:
            subprocess.run([*git, "remove", "--force", str(before)], check=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
