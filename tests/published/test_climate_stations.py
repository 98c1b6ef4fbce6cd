"""The generator fitted to real stations of the region makes years like their record."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from altay_energy.weather.climate_check import ClimateCheck
from altay_energy.weather.climate_trial import check_climate
from altay_energy.weather.read import read_weather

pytestmark = pytest.mark.slow

STATIONS = {
    "Fuyun": "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw",
    "Hoboksar": "CHN_Xinjiang.Uygur.Hoboksar.511560_CSWD.epw",
    "Tacheng": "CHN_Xinjiang.Uygur.Tacheng.511330_CSWD.epw",
    "Yining": "CHN_Xinjiang.Uygur.Yining.514310_CSWD.epw",
}
TRULY_HOURLY = {"Tacheng", "Yining"}


@pytest.fixture(scope="module")
def checks(shared_data: Path) -> dict[str, ClimateCheck]:
    folder = shared_data / "weather"
    return {name: check_climate(read_weather(folder / file)) for name, file in STATIONS.items()}


@pytest.fixture(params=STATIONS)
def station(request, checks) -> tuple[str, ClimateCheck]:
    return request.param, checks[request.param]


def test_thirty_made_years_are_like_the_record(station):
    name, check = station
    beyond = [
        f"{name} {row.figure.label} {row.part}: record {row.real:.3f}, made {row.made}"
        for row in check.beyond
    ]
    assert not beyond, "\n".join(beyond)


def test_every_figure_that_was_asked_for_is_judged(station):
    name, check = station
    skipped = {row.key for row in check.rows if row.verdict == "does not apply"}
    assert skipped == (set() if name in TRULY_HOURLY else {"weibull_k", "weibull_k_blowing"})


def test_the_record_is_no_stranger_among_the_made_years(station):
    _, check = station
    judged = [row for row in check.rows if row.verdict == "ok"]
    strangers = [row for row in judged if not 0.0 < row.rank < 1.0]
    assert len(strangers) <= 0.1 * len(judged)


def test_winds_that_were_held_are_known(station):
    name, check = station
    assert check.keeping.resolution_m_s == 1.0
    assert check.keeping.held_hours == (1 if name in TRULY_HOURLY else 6)


def test_the_validation_page_shows_these_figures(checks, repository: Path):
    tool = runpy.run_path(str(repository / "tools" / "write_climate_validation.py"))
    page = (repository / "docs" / "validation.md").read_text(encoding="utf-8")
    shown = page.split(tool["BEGIN"])[1].split(tool["END"])[0].strip()
    assert shown == tool["table"](list(checks.values())), "run tools/write_climate_validation.py"
