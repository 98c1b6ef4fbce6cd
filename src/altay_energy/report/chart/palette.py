"""One colour for each source in every chart, distinct for colour-blind readers as well.

Blue and yellow carry wind and sun, as planners expect; the others follow the qualitative palette
of Okabe and Ito [1]_, with lightness adjusted until every pair that is adjacent in a stack
remains distinct under simulated protanopia and deuteranopia [2]_, as a test measures.

References
----------
.. [1] M. Okabe and K. Ito, Color Universal Design, J*FLY Data Depository for Drosophila
   researchers, 2008.
.. [2] G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, A physiologically-based model for
   simulation of color vision deficiency, IEEE Trans. Visualization and Computer Graphics 15(6),
   2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from altay_energy.components.kinds import KINDS, stacked

STORED = stacked("storage")
"""Kinds of storage, which are in stacks of supply and of use."""

SUPPLY = (*stacked("source", "supply", "storage"), "import", "unserved")
"""Parts of a stack of supply, from the axis upwards."""

USES = (*STORED, "export")
"""Parts of a stack of use, from the axis downwards."""

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        **{key: kind.colour for key, kind in KINDS.items()},
        "import": "#d5581a",
        "unserved": "#7a0019",
        "export": "#f3b08a",
        "curtailed": "#e4e4e4",
        "generation": "#2f8fce",
        "net_load": "#7a7a7a",
        "loss": "#8d8d8d",
    }
)
"""Name of a source, use or line → colour, ``#rrggbb``."""

CAUSES: Mapping[str, str] = MappingProxyType(
    {"snow": "#a9bccb", "ice": "#8a5fd0", "cold": "#20205e", "storm": "#6d6d6d"}
)
"""Cause of a loss → colour; none is the colour of a source."""

WATERS: Mapping[str, str] = MappingProxyType(
    {
        "snowmelt": "#a9bccb",
        "other_water": "#2c6aa0",
        "all_water": "#2c6aa0",
        "inflow": "#111111",
        "turbine": "#2c6aa0",
        "ecological": "#5aa469",
        "spill": "#d9c89a",
    }
)
"""Inflow or release of a reservoir → colour."""

UNIT_STATES: Mapping[str, str] = MappingProxyType(
    {"generate": "#0b6e58", "pump": "#8fd0c0", "stand": "#efefef"}
)
"""State of a pumped-storage unit → shade of the station's colour, or grey."""

BASINS: Mapping[str, str] = MappingProxyType({"upper": "#0f9f80", "lower": "#0b4f6c"})
"""Reservoir of a station → colour."""

POINTS: Mapping[str, str] = MappingProxyType({"generate": "#0b6e58", "pump": "#b5541c"})
"""Operating points of turbines and pumps on the hill chart → colour."""

EFFICIENCY = ("#ffffff", "#f3f6f5", "#dcebe7", "#b5dccf")
"""Shades of an efficiency hill, from low to high."""

WIND_SPEEDS = ("#d9edf9", "#6bb7e6", "#2f8fce", "#0b2f55")
"""Shades of wind, from light to strong."""

PRICES = ("#f4f1fa", "#c9bfe3", "#8a6fc0", "#3c1f6e")
"""Shades of a price, from low to high."""

BILL: Mapping[str, str] = MappingProxyType(
    {
        "energy": "#d5581a",
        "network": "#8fb3cf",
        "charge": "#2c6aa0",
        "less": "#5aa469",
        "total": "#444444",
    }
)
"""Part of the bill → colour: purchased energy, network by energy, charges, what is saved, sum."""

CASH: Mapping[str, str] = MappingProxyType(
    {
        "earned": "#5aa469",
        "operating": "#f3b08a",
        "taxes": "#8a6fc0",
        "interest": "#7a7a7a",
        "principal": "#bdbdbd",
        "invested": "#d5581a",
        "project": "#111111",
        "equity": "#2c6aa0",
    }
)
"""Row or line of a cash flow → colour."""

VERDICTS: Mapping[bool, str] = MappingProxyType({True: "#2c6aa0", False: "#d5581a"})
"""Whether a rule is met → colour of its bar."""

CURTAILED_HATCH = "////"
CURTAILED_EDGE = "#8d8d8d"
UNSERVED_HATCH = "xxxx"

HEAT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "curtailed": ("#dedede", "#a5a5a5", "#5a5a5a", "#141414"),
        "import": ("#f9dcc8", "#ee9c66", "#d5581a", "#5a1f04"),
        "export": ("#fce8dc", "#f3b08a", "#c9713c", "#6b3410"),
        "unserved": ("#f1c9d0", "#d0637a", "#a81c37", "#4a0010"),
    }
)
"""Name → colours of its heat map, from low to high; zero is white."""
