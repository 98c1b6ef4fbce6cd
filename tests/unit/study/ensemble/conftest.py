"""A year with wind, sun, a battery, and a river with a reservoir and a weir."""

from __future__ import annotations

import pytest

import altay_energy as ae

RIVERS = """
schema_version = 1
name = "valley"

[time]
year = 2030

[sites.jeminay]
latitude = 47.43
longitude = 85.87
elevation_m = 984

[sites.habahe]
latitude = 47.883
longitude = 86.20
elevation_m = 535

[wind.farm]
site = "jeminay"
capacity_mw = 100

[solar.park]
site = "habahe"
capacity_mw = 30

[river.haba]
catchment = "haba"

[hydro.dam]
river = "haba"
river_share = 0.8
capacity_mw = 40
units = 2

[hydro.dam.reservoir]
normal_level_m = 760
dead_level_m = 740
tailwater_level_m = 698
normal_volume_m3 = 294e6
depth_m = 70
evaporation_mm = 700
ice_thickness_m = 0.8

[hydro.weir]
river = "haba"
upstream = "dam"
capacity_mw = 20
head_m = 30

[battery.shed]
charge_mw = 10
discharge_mw = 10
energy_mwh = 20

[load.mine]
sector = "mining"
annual_mwh = 300_000

[grid]
import_limit_mw = 50
export_limit_mw = 50
import_price_cny_mwh = 400
"""


@pytest.fixture(scope="session")
def valley_file(tmp_path_factory):
    """Scenario file of the year."""
    path = tmp_path_factory.mktemp("valley") / "valley.toml"
    path.write_text(RIVERS, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def valley(valley_file) -> ae.Portfolio:
    """The same as a portfolio."""
    return ae.load(valley_file).portfolio
