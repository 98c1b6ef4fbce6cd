"""Draw docs/images/river_fit.png: two measured rivers, fitted on a half, predicted on the other.

python tools/draw_river_fit.py DATA    DATA is the folder with pskem_mullala_decadal.csv
                                       (hydrosolutions/riversCentralAsia) and
                                       salmon_river_bc_daily_1960_1979.csv (Raven test data)
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from altay_energy.resource.runoff.calibrate import FITTED, fit_catchment, nash_sutcliffe, predict
from altay_energy.resource.runoff.catchment import Catchment
from altay_energy.resource.runoff.processes import snow_bands

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "river_fit.png"


def main(folder: Path) -> None:
    """Fit both rivers and draw ten years of the second half of each."""
    records = runpy.run_path(str(ROOT / "tests" / "published" / "test_fitted_rivers.py"))
    pskem = pd.read_csv(folder / "pskem_mullala_decadal.csv", parse_dates=["decade_end"])
    salmon = pd.read_csv(folder / "salmon_river_bc_daily_1960_1979.csv", parse_dates=["date"])
    pskem_bands = snow_bands([1000, 2000, 2600, 3100, 4300], 5)
    salmon_bands = snow_bands([606, 750, 850, 1000, 1400], 5)
    glacier = {"glacier_share": (0.0, 0.15)}
    cases = (
        (
            "Pskem at Mullala, Tien Shan, means of ten days",
            records["halves"](pskem, records["ten_days"]),
            Catchment(area_km2=2450, band_elevation_m=pskem_bands, latitude=42, glacier_share=0.05),
            {**FITTED, **glacier},
            36,
        ),
        (
            "Salmon River, British Columbia, days",
            records["halves"](salmon, records["days"]),
            Catchment(area_km2=4230, band_elevation_m=salmon_bands, latitude=54.5),
            FITTED,
            365,
        ),
    )
    figure, axes = plt.subplots(2, 1, figsize=(10, 6), layout="constrained")
    for ax, (title, (first, second), start, bounds, a_year) in zip(axes, cases, strict=True):
        fit = fit_catchment(start, first, bounds, samples=16, rounds=12)
        modelled = predict(fit.catchment, second)
        found = nash_sutcliffe(modelled, second.flow_m3_s)
        print(f"{title}: {fit.efficiency:.3f} on the first half, {found:.3f} on the second")
        years = np.arange(modelled.size)[: 8 * a_year] / a_year
        ax.plot(years, second.flow_m3_s[: years.size], color="0.25", lw=1.0, label="measured")
        ax.plot(years, modelled[: years.size], color="tab:blue", lw=1.2, label="predicted")
        ax.set(ylabel="flow [m³/s]", xlim=(0, 8), ylim=(0, None))
        ax.set_title(f"{title}: efficiency {found:.2f} over the second half", loc="left")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(loc="upper right", frameon=False, ncols=2)
    axes[1].set_xlabel("years since the middle of the record")
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
