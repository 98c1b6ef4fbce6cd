#!/usr/bin/env bash
# pvlib 0.16.1, iotools.read_tmy3: in a leap year the hours of 29 February are put on 1 March, where they double that day.
#
# The reader repairs the last hour of 28 February, which it has turned into 29 February 00:00, by moving every stamp of
# 29 February to 1 March. NREL's own TMY3 files have no 29 February, so that is right there. Files of one true year in TMY3 form
# (as SolarAnywhere sells them) do have it: 24 rows lose their day without a warning, and the index holds each hour of
# 1 March twice. altay_energy reads date and hour from the file's own columns.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "pvlib==0.16.1" "numpy==2.4.6" "pandas==3.0.0"
cat >"$folder/look.py" <<'PYTHON'
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pvlib

path = Path(sys.argv[1]) / "leap.csv"
lines = ['725300,"SOMEWHERE",IL,-6.0,41.983,-87.917,201', "Date (MM/DD/YYYY),Time (HH:MM),GHI (W/m^2),Dry-bulb (C)"]
begin = datetime(2020, 2, 28)
for hour in range(72):  # 28 and 29 February, 1 March: the temperature is the number of the day
    day = begin + timedelta(hours=hour)
    lines.append(f"{day:%m/%d/%Y},{day.hour + 1:02d}:00,0,{day.day}")
path.write_text("\n".join(lines) + "\n")
data, _ = pvlib.iotools.read_tmy3(path, map_variables=True)
days = data.index.strftime("%m-%d").value_counts().to_dict()
doubled = int(data.index.duplicated().sum())
print(f"rows by day of the index: {days}; stamps that occur twice: {doubled}")
first_of_march = sorted(set(data[data.index.strftime("%m-%d") == "03-01"]["temp_air"].astype(int)))
print(f"rows on 1 March come from the days {first_of_march}")
assert "02-29" not in days
assert doubled == 24
assert 29 in first_of_march
print("as described")
PYTHON
"$folder/venv/bin/python" -W error "$folder/look.py" "$folder"
