"""Draw the pictures of docs/burqin.md: the station of scenarios/burqin-2030.toml.

python tools/draw_burqin.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import altay_energy as ae
from altay_energy.report import canvas, plots

ROOT = Path(__file__).parents[1]
DPI = 85
"""Enough for a page, and small in the repository."""


SHADES = 48


def main() -> None:
    """Run the scenario and write four PNG files."""
    run = ae.load(ROOT / "scenarios" / "burqin-2030.toml").run()
    station = run.dispatch.stations["pumped_storage.burqin"]
    charts = {
        "levels": plots.plot_basin_levels(run.hourly)[0],
        "units": plots.plot_unit_states(run.hourly)[0],
        "heads": plots.plot_head_duration(run.hourly),
        "hill": plots.plot_operating_points(station),
    }
    for name, ax in charts.items():
        path = ROOT / "docs" / "images" / f"burqin-{name}.png"
        with canvas.sheet("en"):
            canvas.figure_of(ax).savefig(path, dpi=DPI, metadata={"Software": None})
        few = Image.open(path).convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


if __name__ == "__main__":
    main()
