#!/usr/bin/env bash
# pvlib 0.16.1, iotools.read_nsrdb_psm4: a file of a place whose zone is not a whole number of hours
# cannot be read.
#
# The National Solar Radiation Database covers India, whose files say 5.5 as time zone. The reader takes int("5.5"), which raises
# ValueError; a comment beside the next line speaks of the United States, where all zones are whole. The same file with 5
# is read. altay_energy reads the offset as a number.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "pvlib==0.16.1" "numpy==2.4.6" "pandas==3.0.0"
"$folder/venv/bin/python" -W error - <<'PYTHON'
import io

import pvlib


def table(zone):
    """Two hours of an NSRDB file of a place in India, with the time zone given."""
    return io.StringIO(
        "Source,Location ID,Latitude,Longitude,Time Zone,Elevation,Local Time Zone\n"
        f"NSRDB,1,28.61,77.21,{zone},216,{zone}\n"
        "Year,Month,Day,Hour,Minute,GHI,DHI,DNI,Temperature\n"
        "2019,6,1,12,0,900,200,750,41\n"
        "2019,6,1,13,0,850,210,700,42\n"
    )


whole, _ = pvlib.iotools.read_nsrdb_psm4(table("5"))
print("zone 5:", whole.index[0])
try:
    pvlib.iotools.read_nsrdb_psm4(table("5.5"))
except ValueError as error:
    print("zone 5.5: ValueError:", error)
    assert "5.5" in str(error)
else:
    raise SystemExit("zone 5.5 is read now")
assert str(whole.index[0]) == "2019-06-01 12:00:00+05:00"
print("as described")
PYTHON
