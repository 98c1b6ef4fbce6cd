"""`weather_year` on files whose stamps put an hour of the year into another one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from altay_energy.core.timeline import Timeline
from altay_energy.weather.prepare.align import align
from altay_energy.weather.prepare.years import choose_reading, closed_year, of_year


def utc(made, start, hours):
    return made(start=start, hours=hours, utc_offset_hours=0.0)


def test_a_file_of_exactly_that_year_serves_though_it_begins_an_hour_early(made):
    file = utc(made, "2022-12-31T23:00", 8760)
    chosen = of_year(file, 2023)
    assert chosen is file
    timeline = Timeline.of_year(2030)
    assert closed_year(chosen, timeline) is file
    reading = choose_reading(chosen, timeline, "refuse", 2023)
    assert "weather of 2023 stands for 2030 (weather_year = 2023)" in reading.notices


@pytest.mark.parametrize(
    ("start", "hours", "weather_year"),
    [
        ("2023-01-01", 8759, None),  # ERA5-Land of a calendar year
        ("2023-01-01", 8759, 2023),
        ("2021-12-31T23:00", 2 * 8760, 2023),  # the last year of two
    ],
)
def test_the_last_hour_of_a_year_that_no_file_can_hold_is_that_of_the_day_before(
    made, start, hours, weather_year
):
    file = utc(made, start, hours)
    timeline = Timeline.of_year(2023)  # Beijing time: begins 8 h before the file
    closed = closed_year(of_year(file, weather_year), timeline)
    assert closed.times.size == 8760
    assert str(closed.times[-1]) == "2023-12-31T23:00:00"
    for values in closed.series.values():
        assert values[-1] == values[-25]
    notice = "the hour from 2023-12-31 23:00 (UTC), which would make the year whole, is not in"
    assert any(notice in text for text in closed.notices)
    weather = align(
        file,
        timeline,
        site="here",
        latitude=47.0,
        longitude=86.0,
        elevation_m=700.0,
        weather_year=weather_year,
    )
    # 23:00 UTC on 31 December is 07:00 on 1 January in Beijing, the first year's wrapped hour.
    assert weather.temperature_c[7] == closed.series["temperature_c"][-1]
    assert weather.temperature_c[8] == closed.series["temperature_c"][0]


def test_a_period_that_the_file_covers_needs_no_hour_made_up(made):
    file = utc(made, "2023-01-01", 8759)
    first = datetime(2023, 6, 1, tzinfo=timezone(timedelta(hours=8)))
    june = Timeline(first, 24)
    assert closed_year(file, june) is file


def test_more_than_an_hour_is_a_gap_and_no_policy_of_ours(made):
    file = utc(made, "2023-01-01", 8757)
    assert closed_year(file, Timeline.of_year(2023)) is file
