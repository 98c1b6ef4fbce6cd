"""Each whole year of a measured record is a member of the ensemble."""

from __future__ import annotations

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.core.errors import ScenarioError
from altay_energy.run.climate_source import Climate
from altay_energy.study.ensemble.ensemble import ensemble_of
from altay_energy.study.ensemble.months import rows_with_months
from altay_energy.study.ensemble.record import Record

FILES = """
[weather]
source = "files"
weather_year = 2027
leap = "drop_feb29"

[weather.files]
jeminay = { file = "years.csv", stamp = "begin", wind_height_m = 100 }
"""


@pytest.fixture(scope="module")
def record_of(tmp_path_factory):
    """A scenario whose weather file has some hours from 2026 on, of the climate of Jeminay."""
    from tests.conftest import SOUND

    def write(hours: int) -> ae.scenario.load.Scenario:
        folder = tmp_path_factory.mktemp("record")
        site = ae.Site(latitude=47.43, longitude=85.87, elevation_m=984.0)
        timeline = ae.Timeline(ae.Timeline.of_year(2026).start, hours)
        weather = Climate(7).weather("jeminay", site, timeline)
        names = list(weather.series())
        table = np.column_stack([weather.series()[name] for name in names])
        rows = [
            f"{time}+08:00,{','.join(f'{value:.6g}' for value in row)}"
            for time, row in zip(timeline.local, table, strict=True)
        ]
        (folder / "years.csv").write_text("\n".join([",".join(["time", *names]), *rows]) + "\n")
        path = folder / "small.toml"
        path.write_text(SOUND + FILES, encoding="utf-8")
        return ae.load(path)

    return write


@pytest.fixture(scope="module")
def scenario(record_of):
    return record_of(8760 * 2 + 3000)


def test_whole_years_are_members_and_a_part_of_a_year_is_none(scenario):
    record = Record.of(scenario)
    assert record.years == (2026, 2027)
    ensemble = ensemble_of([scenario.portfolio], record=record)
    assert [job.name for job in ensemble.jobs] == ["weather_year 2026", "weather_year 2027"]
    rows = ensemble.study().work(ensemble.shared, list(ensemble.jobs))
    (single,) = rows_with_months(scenario.portfolio.run())
    assert rows[1] == pytest.approx(single, rel=1e-12, nan_ok=True)
    assert rows[0]["available_mwh"] != rows[1]["available_mwh"]
    again = ensemble.run_again(1)
    assert again.kpis["available_mwh"] == rows[1]["available_mwh"]


def test_more_years_than_the_record_holds_are_refused(scenario):
    record = Record.of(scenario)
    with pytest.raises(ScenarioError, match=r"hold 2 whole years at all sites \(2026, 2027\)"):
        ensemble_of([scenario.portfolio], years=3, record=record)
    assert len(ensemble_of([scenario.portfolio], years=1, record=record).jobs) == 1


def test_a_climate_is_no_record(valley_file):
    assert Record.of(ae.load(valley_file)) is None
