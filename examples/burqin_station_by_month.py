"""What does the Burqin pumped-storage station save, month by month?

Run it: python examples/burqin_station_by_month.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

import altay_energy as ae
from altay_energy.report.chart.palette import COLOURS, CURTAILED_EDGE, CURTAILED_HATCH

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

scenario = ae.load(Path(__file__).parents[1] / "scenarios" / "burqin-2030.toml")
base = scenario.portfolio
battery_alone = base.dispatch.with_(storage_order=["battery.altay"])
with_station = base.run()
without_station = base.with_(pumped_storage={}, dispatch=battery_alone).run()


def curtailed_gwh(run: ae.Run) -> np.ndarray:
    """Curtailed energy of each month of the local clock, shape (12,). [GWh]"""
    timeline = run.portfolio.timeline
    power_mw = run.hourly["curtailed_mw"].sum("plant").to_numpy()
    return np.bincount(timeline.month, power_mw * timeline.step_hours) / 1e3


before, left = curtailed_gwh(without_station), curtailed_gwh(with_station)
saved = before - left
share = 100 * saved.sum() / before.sum()
given_back = with_station.kpis["plants"]["pumped_storage.burqin"]["discharge_mwh"] / 1e3
best = int(np.argmax(saved))
print(
    f"The Burqin station saves {saved.sum():,.0f} GWh of the {before.sum():,.0f} GWh that would be "
    f"curtailed in the year and gives back {given_back:,.0f} GWh of it; it saves most in "
    f"{MONTHS[best]}, {saved[best]:.0f} GWh."
)

figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
hatched = {"hatch": CURTAILED_HATCH, "edgecolor": CURTAILED_EDGE, "lw": 0}
ax.bar(MONTHS, left, color=COLOURS["curtailed"], label="still curtailed", **hatched)
green = {"color": COLOURS["pumped_storage"], "label": "saved by the station"}
ax.bar_label(ax.bar(MONTHS, saved, bottom=left, **green), fmt="{:.0f}", padding=2)
ax.set(ylabel="energy a month [GWh]", ylim=(0, 1.1 * before.max()))
ax.set_title(f"Burqin 2030: the station saves {share:.0f} % of what would be curtailed", loc="left")
ax.legend(frameon=False, loc="upper right")
ax.spines[["top", "right"]].set_visible(False)
folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "burqin_station_by_month.png", dpi=150)
