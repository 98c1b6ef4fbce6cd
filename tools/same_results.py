"""Compare the result files of the shipped scenarios byte by byte, before and after a change.

    python tools/same_results.py [REVISION] [SCENARIO ...]

runs all scenarios (or those named) with the code as it is and with that of a revision of git
(``HEAD`` if none is given), each in a process of its own, with charts and report, and prints one
line a scenario. ``manifest.json`` is left out: it holds times and versions. Exit status 1 if any
file differs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEFT_OUT = {"manifest.json"}
OTHERWISE = {"jeminay-2023": "rolling", "burqin-2030": "units", "ski-resort": "optimal"}
"""Scenarios that are also run with another method of dispatch."""


def results(code: Path, scenario: Path, folder: Path, method: str) -> dict[str, bytes]:
    """Files that a scenario leaves with the package in ``code``, by their place in the folder."""
    environment = os.environ | {
        "PYTHONPATH": str(code / "src"),
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


def main() -> int:
    """Compare and print; 0 if all bytes are the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", nargs="?", default="HEAD")
    parser.add_argument("scenarios", nargs="*", help="names; all that are shipped if none")
    words = parser.parse_args()
    names = words.scenarios or sorted(p.stem for p in (ROOT / "scenarios").glob("*.toml"))
    different = 0
    with tempfile.TemporaryDirectory() as kept:
        before = Path(kept) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(before), words.revision], check=True)
        try:
            jobs = [(n, m) for n in names for m in ("", OTHERWISE.get(n, ""))]
            for name, method in dict.fromkeys(jobs):
                # One scenario file for both: what is compared is the code.
                scenario = ROOT / "scenarios" / f"{name}.toml"
                old = results(before, scenario, Path(kept) / f"{name}-{method}-old", method)
                new = results(ROOT, scenario, Path(kept) / f"{name}-{method}-new", method)
                changed = [f for f in sorted(old | new) if old.get(f) != new.get(f)]
                different += len(changed)
                size = sum(map(len, new.values()))
                verdict = f"differ: {', '.join(changed)}" if changed else "all bytes equal"
                print(
                    f"{name:<24s} {method:<8s} {len(new):3d} files {size:>12,d} bytes  {verdict}",
                    flush=True,
                )
        finally:
            subprocess.run([*git, "remove", "--force", str(before)], check=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
