"""Fixtures that many tests share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import settings

from altay_energy.report.chart.fonts import cjk_font

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

os.environ.setdefault("ALTAY_ENERGY_KERNEL", "numpy")  # the reference; numba has its own tests
os.environ["LC_ALL"] = "C.UTF-8"  # messages in English wherever the tests run
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real weather, plants and reference results; tests skip where it is absent."""
    folder = Path(os.environ.get("ALTAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of real data for calibration is not here")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the project."""
    return ROOT


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


PLANT_EXAMPLES = {
    "wind": 'site = "here"\ncapacity_mw = 60',
    "solar": 'site = "here"\ncapacity_mw = 60',
    "hydro": "capacity_mw = 10\nannual_mwh = 40000",
    "thermal": "capacity_mw = 10\nfuel_cost_cny_mwh = 300",
    "pumped_storage": "pump_mw = 6\nturbine_mw = 6\nenergy_mwh = 20",
    "battery": "charge_mw = 5\ndischarge_mw = 5\nenergy_mwh = 10",
    "hydrogen": "electrolyser_mw = 8\nfuel_cell_mw = 4\nenergy_mwh = 300",
    "load": 'sector = "mining"\nannual_mwh = 300000',
}
"""Kind → a table of it, small enough that every one is used."""


@pytest.fixture(scope="session")
def plant_examples() -> dict[str, str]:
    """Keys of one table of every kind of plant."""
    return PLANT_EXAMPLES


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


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run a command within this process, standing in ``tmp_path``."""
    from altay_energy.cli.parser import main

    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Answer:
        capsys.readouterr()
        try:
            status = main([str(word) for word in words])
        except SystemExit as leave:  # the parser of arguments leaves by itself
            status = int(leave.code or 0)
        return Answer(status, *capsys.readouterr())

    return call


@pytest.fixture
def weather_csv(tmp_path):
    """Write hours of the built-in climate as a weather file in CSV."""
    from altay_energy.components.settings.site import Site
    from altay_energy.core.timeline import Timeline
    from altay_energy.run.climate_source import Climate

    def write(name: str, days: int = 40) -> Path:
        first = datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=8)))
        timeline = Timeline(first, days * 24)
        site = Site(latitude=47.43, longitude=85.87, elevation_m=984.0)
        weather = Climate().weather("jeminay", site, timeline)
        series = {
            "ghi_w_m2": weather.ghi_w_m2,
            "temperature_c": weather.temperature_c,
            "wind_speed_m_s": weather.wind_speed_m_s,
            "relative_humidity_percent": weather.relative_humidity_percent,
        }
        lines = [",".join(["time", *series])]
        for k, stamp in enumerate(timeline.local):
            cells = [f"{values[k]:.2f}" for values in series.values()]
            lines.append(",".join([f"{stamp}+08:00", *cells]))
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def _tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def refused(command, tmp_path):
    """Call a command that must refuse its input; return the message."""

    def call(*words):
        before = _tree(tmp_path)
        answer = command(*(words or ("run", "small.toml", "-o", "out", "--no-charts")))
        assert answer.status == 2, answer
        assert _tree(tmp_path) == before
        assert not (tmp_path / "out").exists() or any((tmp_path / "out").iterdir())
        assert answer.out == ""
        assert answer.err.count("altay-energy: ") == 1
        assert answer.err.startswith("altay-energy: ")
        for inward in ("Traceback", "Value error", "pydantic", "Input should", "NoneType"):
            assert inward not in answer.err
        return answer.err.removeprefix("altay-energy: ")

    return call


@pytest.fixture(params=["en", "zh"])
def drawn_language(request):
    """A language in which charts are really drawn: Chinese only where a font has its characters."""
    if request.param == "zh" and cjk_font() is None:
        pytest.skip("no font with Chinese here")
    return request.param
