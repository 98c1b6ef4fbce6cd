#!/usr/bin/env bash
# numpy-financial 1.0.0 and pyxirr 0.10.8: one internal rate of return each, and not the same one.
#
# A wind farm for 1,000 that earns 150 a year for 20 years and costs 1,500 to take down has a net present value of zero at two rates, -4.87 % and
# 11.59 %. numpy-financial returns the first, pyxirr the second, neither says that there are two. Of (-100, 230, -132), zero at 10 % and 20 %,
# numpy-financial returns 10 %, pyxirr 20 %. Of (-100, 220, -121), which touches zero at 10 % alone, numpy-financial returns nan, since the two
# equal roots of its polynomial come out with imaginary parts of 1e-8, and pyxirr 10 %. Ordinary flows agree to 1e-12.
# altay_energy counts all rates above -100 % and reports "two rates of return" in words.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "numpy-financial==1.0.0" "pyxirr==0.10.8" "numpy==2.4.6"
"$folder/venv/bin/python" -W error - <<'PYTHON'
import math

import numpy_financial as npf
import pyxirr

FLOWS = {
    "ordinary: 1,000, then 8 a month for 25 years": ([-1000] + [8] * 300, 0.00701861190, 0.00701861190),
    "wind farm with dismantling": ([-1000] + [150] * 20 + [-1500], -0.0487085, 0.1158747),
    "zero at 10 % and 20 %": ([-100, 230, -132], 0.10, 0.20),
    "touches zero at 10 %": ([-100, 220, -121], math.nan, 0.10),
}

for name, (flow, first, second) in FLOWS.items():
    seen = float(npf.irr(flow)), pyxirr.irr(flow)
    print(f"{name}: numpy-financial {seen[0]:.6f}, pyxirr {seen[1]:.6f}")
    for value, expected in zip(seen, (first, second), strict=True):
        assert (math.isnan(value) and math.isnan(expected)) or abs(value - expected) < 1e-6, (name, seen)
    for rate in seen:
        if not math.isnan(rate):  # both are right: the value is zero there
            assert abs(sum(paid / (1 + rate) ** year for year, paid in enumerate(flow))) < 1e-6
print("as described")
PYTHON
