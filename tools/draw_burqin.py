"""Draw the figures of docs/burqin.md and README.md, and update the table of variants.

python tools/draw_burqin.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

import altay_energy as ae
from altay_energy.report import plots
from altay_energy.report.chart import canvas

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "burqin.md"
SCENARIO = ROOT / "scenarios" / "burqin-2030.toml"
KEY = "pumped_storage.burqin"
DPI = 85
"""Enough for a page, and small in the repository."""
WIDE_DPI = 150
"""Of the week in the README, which is as wide as the page."""
SHADES = 48

BEGIN, END = "| the station in 2030 |", "\n\n"

VARIANTS: Mapping[str, Mapping[str, object]] = {
    "unit by unit": {},
    "the station used before the battery": {"dispatch.storage_order": [KEY, "battery.altay"]},
    "pumps of variable speed (70 to 100 %)": {f"{KEY}.speed": "variable"},
    "eight units of 175 MW": {f"{KEY}.units": 8, f"{KEY}.unit_mw": 175},
    "pools kept free of ice": {f"{KEY}.ice_growth_cm": 0},
    "each unit out of service by chance 10 % of the time": {f"{KEY}.forced_outage_rate": 0.1},
}
"""Name of a variant → what it changes."""


def draw(run: ae.Run) -> None:
    """Write five PNG files."""
    charts = {
        "winter-week": plots.plot_dispatch(run.hourly, week="winter"),
        "levels": plots.plot_basin_levels(run.hourly)[0],
        "units": plots.plot_unit_states(run.hourly)[0],
        "heads": plots.plot_head_duration(run.hourly),
        "hill": plots.plot_operating_points(run.dispatch.stations[KEY]),
    }
    for name, ax in charts.items():
        path = ROOT / "docs" / "images" / f"burqin-{name}.png"
        with canvas.sheet("en"):
            dpi = WIDE_DPI if name == "winter-week" else DPI
            canvas.figure_of(ax).savefig(path, dpi=dpi, metadata={"Software": None})
        few = Image.open(path).convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def row(name: str, run: ae.Run) -> str:
    """One line of the table."""
    station, curtailed = run.kpis["plants"][KEY], run.kpis["curtailed_mwh"]
    energies = (station["charge_mwh"], station["discharge_mwh"], curtailed)
    share = station["discharge_mwh"] / station["charge_mwh"]
    cells = (name, *(f"{energy / 1000:,.0f} GWh" for energy in energies), f"{100 * share:.1f} %")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the scenario and its variants."""
    base = ae.load(SCENARIO).portfolio
    draw(base.run())
    simple = base.with_(pumped_storage={"burqin": base.pumped_storage["burqin"].simple()})
    rows = [
        f"{BEGIN} charged | given back | curtailed in the base | round trip |",
        "|---|---|---|---|---|",
        row("simple form: any power at any time", simple.run()),
        *(row(name, ae.load(SCENARIO, change).run()) for name, change in VARIANTS.items()),
    ]
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    PAGE.write_text(before + "\n".join(rows) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
