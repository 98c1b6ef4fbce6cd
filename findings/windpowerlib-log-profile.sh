#!/usr/bin/env bash
# windpowerlib 0.2.2, wind_speed.logarithmic_profile: no warning or error where the law does not hold.
#
# Wind of 5 m/s measured at 2 m (the height of NSRDB files) over a forest or a town (roughness 1 to 2.5 m; Davenport classes:
# 1.0 "closed", from 2.0 on "chaotic") is carried to a hub of 110 m as 34 m/s, 396 m/s, infinity and, with a roughness above
# the measuring height, as a negative speed. The log law holds from about ten roughness lengths on.
# altay_energy refuses a measuring height or a hub below ten roughness lengths.
#
# Seen: 0.1: 11.7 · 1.0: 33.9 · 1.9: 395.6 · 2.0: inf · 2.5: -84.8
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "windpowerlib==0.2.2" "numpy==2.4.6" "pandas==3.0.0"
"$folder/venv/bin/python" -W error - <<'PYTHON'
import math

import pandas as pd
from windpowerlib import wind_speed

seen = {}
for roughness in (0.1, 1.0, 1.9, 2.0, 2.5):
    carried = wind_speed.logarithmic_profile(pd.Series([5.0]), 2, 110, pd.Series([roughness]))
    seen[roughness] = float(carried.iloc[0])
    print(f"roughness {roughness} m: 5 m/s at 2 m become {seen[roughness]:.1f} m/s at 110 m")
assert abs(seen[0.1] - 11.69) < 0.01
assert abs(seen[1.0] - 33.91) < 0.01
assert abs(seen[1.9] - 395.63) < 0.01
assert math.isinf(seen[2.0])
assert abs(seen[2.5] + 84.79) < 0.01
print("as described")
PYTHON
