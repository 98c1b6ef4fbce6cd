"""A small scenario that each test spoils in its own way."""

from __future__ import annotations

import pytest

SOUND = """
schema_version = 1
name = "small"

[time]
start = "2030-01-01T00:00"
hours = 48

[sites.jeminay]
latitude = 47.43
longitude = 85.87
elevation_m = 984

[wind.farm]
site = "jeminay"
capacity_mw = 100

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
"""


@pytest.fixture
def scenario_file(tmp_path):
    """Write the sound scenario with some lines added or replaced; return its path."""

    def write(added: str = "", *, replace: tuple[str, str] | None = None, name: str = "small.toml"):
        text = SOUND
        if replace is not None:
            assert replace[0] in text
            text = text.replace(*replace)
        path = tmp_path / name
        path.write_text(text + added, encoding="utf-8")
        return path

    return write
