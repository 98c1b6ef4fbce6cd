"""The generator fitted to real stations of the region makes years like their record."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from altay_energy.weather.climate.fit.fit import fit_climate
from altay_energy.weather.climate.fit.station import years_of
from altay_energy.weather.climate.statistics.record import ClimateRecord
from altay_energy.weather.climate.validation.check import ClimateCheck, compare
from altay_energy.weather.climate.validation.trial import made_years
from altay_energy.weather.read import read_weather

pytestmark = pytest.mark.slow

STATIONS = {
    "Fuyun": "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw",
    "Hoboksar": "CHN_Xinjiang.Uygur.Hoboksar.511560_CSWD.epw",
    "Tacheng": "CHN_Xinjiang.Uygur.Tacheng.511330_CSWD.epw",
    "Yining": "CHN_Xinjiang.Uygur.Yining.514310_CSWD.epw",
}
TRULY_HOURLY = {"Tacheng", "Yining"}


SEEDS = (1, 2, 3, 4, 5)
CHANCE = 1
"""Figures that may lie beyond in any one set of thirty years: their means scatter, too."""


@pytest.fixture(scope="module")
def sets(shared_data: Path) -> dict[str, list[ClimateCheck]]:
    """Five sets of thirty years for each station, and all of them together."""
    found = {}
    for name, path in STATIONS.items():
        file = read_weather(shared_data / "weather" / path)
        real, tables = years_of([file]).record, fit_climate([file])
        made = [made_years(tables, 30, seed) for seed in SEEDS]
        found[name] = [compare(real, one) for one in (*made, joined(made))]
    return found


def joined(records: list[ClimateRecord]) -> ClimateRecord:
    names = ("ghi_w_m2", "temperature_c", "wind_speed_m_s")
    series = {name: np.concatenate([getattr(one, name) for one in records]) for name in names}
    return replace(records[0], **series)


@pytest.fixture(params=STATIONS)
def station(request, sets) -> tuple[str, ClimateCheck]:
    return request.param, sets[request.param][0]


def told(check: ClimateCheck) -> str:
    return "; ".join(
        f"{check.real.place} {row.figure.label} {row.part}: {row.real} on record, made {row.made}"
        for row in check.beyond
    )


@pytest.mark.parametrize("name", STATIONS)
def test_many_synthetic_years_are_like_the_record_in_every_figure(sets, name):
    *_, together = sets[name]
    assert together.made.years == 150
    assert not together.beyond, told(together)


@pytest.mark.parametrize("name", STATIONS)
def test_thirty_synthetic_years_are_like_the_record_but_for_chance(sets, name):
    *thirties, _ = sets[name]
    for check in thirties:
        assert check.made.years == 30
        assert len(check.beyond) <= CHANCE, told(check)
    assert sum(len(check.beyond) for check in thirties) <= 2, [told(c) for c in thirties]


def test_every_figure_that_was_asked_for_is_judged(station):
    name, check = station
    skipped = {row.key for row in check.rows if row.verdict == "does not apply"}
    assert skipped == (set() if name in TRULY_HOURLY else {"weibull_k", "weibull_k_blowing"})


def test_the_record_is_within_the_synthetic_years(station):
    _, check = station
    judged = [row for row in check.rows if row.verdict == "ok"]
    strangers = [row for row in judged if not 0.0 < row.rank < 1.0]
    assert len(strangers) <= 0.1 * len(judged)


def test_winds_that_were_held_are_known(station):
    name, check = station
    assert check.keeping.resolution_m_s == 1.0
    assert check.keeping.held_hours == (1 if name in TRULY_HOURLY else 6)


def test_the_validation_page_shows_these_figures(sets, repository: Path):
    tool = runpy.run_path(str(repository / "tools" / "write_climate_validation.py"))
    page = (repository / "docs" / "validation.md").read_text(encoding="utf-8")
    shown = page.split(tool["BEGIN"])[1].split(tool["END"])[0].strip()
    assert shown == tool["table"]([first for first, *_ in sets.values()]), (
        "run tools/write_climate_validation.py"
    )
