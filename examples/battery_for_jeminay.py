"""How large a battery does the Jeminay project need to use 60 % of its own wind and solar energy?

China's rules of 2025 for renewable plants behind one connection require a self-consumption rate of
at least 60 % (National Development and Reform Commission, No. 650). Battery losses are subtracted
here; by metering, which counts them as use, a smaller battery is sufficient.

Run it: python examples/battery_for_jeminay.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

import altay_energy as ae
from altay_energy.report.chart.palette import COLOURS

RULE = 0.60
POWERS_MW = np.arange(0.0, 601.0, 40.0)
STYLES = {2: ":", 4: "--", 8: "-"}  # hours of full power in the battery → line style

scenario = ae.load(Path(__file__).parents[1] / "scenarios" / "jeminay-2023.toml")
base = scenario.portfolio


def self_consumption(power_mw: float, hours: float) -> float:
    """Share of available wind and sun that reaches the load, losses of the battery taken off."""
    battery = base.battery["jeminay"].with_(
        charge_mw=power_mw, discharge_mw=power_mw, energy_mwh=hours * power_mw
    )
    return base.with_(battery={"jeminay": battery}).run().kpis["kpis"]["self_consumption_rate"]


rates = {hours: [self_consumption(mw, hours) for mw in POWERS_MW] for hours in STYLES}
needed = {h: float(np.interp(RULE, rate, POWERS_MW, right=np.nan)) for h, rate in rates.items()}
sizes = {h: f"{mw:.0f} MW / {h * mw:.0f} MWh" for h, mw in needed.items()}
print(f"To use 60 % of its own wind and sun, Jeminay needs {' or '.join(sizes.values())}.")

figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
near = {"textcoords": "offset points"}
for hours, rate in rates.items():
    ax.plot(POWERS_MW, 100 * np.array(rate), STYLES[hours], color=COLOURS["battery"], lw=2)
    ax.annotate(f"{hours} h", (POWERS_MW[-1], 100 * rate[-1]), (6, -4), **near)
    ax.plot(needed[hours], 100 * RULE, "o", color=COLOURS["load"])
    label = sizes[hours].replace(" / ", "\n")
    ax.annotate(label, (needed[hours], 100 * RULE), (-6, 6), ha="right", size=9, **near)
ax.axhline(100 * RULE, color=COLOURS["load"], lw=0.8)
ax.annotate("rule: at least 60 %", (POWERS_MW[-1], 100 * RULE), (0, -14), ha="right", **near)
ax.set(xlabel="power of the battery [MW]", ylabel="self-consumption rate [%]", xlim=(0, 420))
ax.set_title("Jeminay: megawatt-hours count more than megawatts", loc="left")
ax.grid(color="#e4e4e4")
ax.spines[["top", "right"]].set_visible(False)
folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "battery_for_jeminay.png", dpi=150)
