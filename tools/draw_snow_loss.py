"""Draw docs/images/snow_loss.png: snow on a measured plant, and through the years in Altay.

python tools/draw_snow_loss.py DATA    DATA is the folder with pvanalytics_snow_data.csv and
                                       pvanalytics_snow_snowfall.csv of pvanalytics 0.2.2 (MIT)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pvlib.snow import dc_loss_nrel

from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.core.timeline import Timeline
from altay_energy.resource.solar import snow
from altay_energy.weather.climate.model.generate import climate_weather

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "snow_loss.png"
SEEDS, YEAR, TILT_DEG, STEP_HOURS = 10, 2030, 35.0, 0.25
MONTHS = "JFMAMJJASOND"


def measured_days(folder: Path) -> tuple[pd.DatetimeIndex, np.ndarray, np.ndarray, np.ndarray]:
    """Times, expected power without snow, measured and modelled power of one string box [kW]."""
    data = pd.read_csv(folder / "pvanalytics_snow_data.csv", parse_dates=["Timestamp"], index_col=0)
    fall = pd.read_csv(folder / "pvanalytics_snow_snowfall.csv", parse_dates=["DATE"], index_col=0)
    light = data["POA [W/m²]"].where(data["POA [W/m²]"] >= 50.0, 0.0)
    power = (data["INV1 CB2 Voltage [V]"] * data["INV1 CB2 Current [A]"]).fillna(0.0) / 1000.0
    clear = light * (1.0 - 0.0035 * (data["Module Temp [C]"] - 25.0))
    before = data.index < "2022-01-07"
    clear *= power[before & (light > 0)].sum() / clear[before].sum()
    # The gauge is read once a day: its snow is taken to have fallen between midnight and six.
    days = fall["SNOW"].reindex(data.index.normalize()).to_numpy()
    fallen = np.where(data.index.hour < 6, days / 1000.0 / 24.0, 0.0)
    share = snow.module_coverage(
        snow.covering(fallen, STEP_HOURS),
        light.to_numpy(),
        data["Ambient Temp [C]"].interpolate().to_numpy(),
        TILT_DEG,
        STEP_HOURS,
    )
    return data.index, clear.to_numpy(), power.to_numpy(), clear * (1.0 - dc_loss_nrel(share, 4))


def draw_days(ax: Axes, folder: Path) -> None:
    """Power of the measured plant with and without its snow."""
    times, clear, power, modelled = measured_days(folder)
    ax.fill_between(times, clear, color="0.88", label="without snow (from its irradiance)")
    ax.plot(times, power, color="black", lw=1.0, label="measured")
    ax.plot(times, modelled, color="tab:blue", lw=1.4, label="modelled with snow")
    ax.set(ylabel="direct current power [kW]", title="A plant under snow, 5 to 10 January 2022")
    ax.legend(loc="upper left", frameon=False)
    ax.tick_params(axis="x", rotation=20)


def monthly_losses(point: str) -> tuple[np.ndarray, np.ndarray]:
    """Less energy with snow than without any, of months (years, 12) and of years (years,). [-]"""
    timeline = Timeline.of_year(YEAR)
    months = np.array([timeline.month == month for month in range(12)], dtype=float)
    plant = SolarPlant(capacity_mw=1.0, site=point)
    both = []
    for seed in range(1, SEEDS + 1):
        weather = climate_weather(point, timeline, seed=seed)
        ways = (plant, plant.with_(snow="off"))
        both.append([months @ way.available_power(weather, timeline) for way in ways])
    white, free = np.array(both).transpose(1, 0, 2)
    return 1.0 - white / free, 1.0 - white.sum(axis=1) / free.sum(axis=1)


def print_table() -> None:
    """The table of docs/models/snow.md."""
    for point in ("jeminay", "burqin", "altay_city", "fuyun"):
        months, years = monthly_losses(point)
        winter = " | ".join(f"{100 * months[:, k].mean():.0f} %" for k in (10, 11, 0, 1, 2))
        low, high = 100 * years.min(), 100 * years.max()
        print(
            f"| {point} | {winter} | {100 * years.mean():.1f} % | {low:.0f}-{high:.0f} % | "
            f"{100 * months.max():.0f} % |"
        )


def draw_months(ax: Axes) -> None:
    """Monthly loss to snow of the built-in climate: mean and range over years."""
    for shift, point in ((-0.2, "jeminay"), (0.2, "fuyun")):
        share = 100.0 * monthly_losses(point)[0]
        mean = share.mean(0)
        spread = np.abs(np.stack([share.min(0), share.max(0)]) - mean)
        ax.bar(np.arange(12) + shift, mean, 0.38, yerr=spread, capsize=2, label=point)
    ax.axhline(0.0, color="black", lw=0.6)
    ax.set(
        xticks=np.arange(12),
        xticklabels=list(MONTHS),
        ylabel="net effect of snow: less energy [%]",
        title=f"Built-in climate, mean and range of {SEEDS} years",
    )
    ax.legend(frameon=False)


def main() -> None:
    """Draw both panels and save them; print the table of the page."""
    figure, axes = plt.subplots(1, 2, figsize=(11.0, 4.0), layout="constrained")
    draw_days(axes[0], Path(sys.argv[1]))
    draw_months(axes[1])
    figure.savefig(PICTURE, dpi=110)
    print(f"wrote {PICTURE}")
    print_table()


if __name__ == "__main__":
    main()
