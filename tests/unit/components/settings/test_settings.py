"""Period, weather and dispatch settings."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from altay_energy.components.settings.settings import (
    DispatchSettings,
    TimeSettings,
    WeatherSettings,
)


def test_a_year_is_that_of_the_local_clock():
    timeline = TimeSettings(year=2032).timeline()
    assert timeline.steps == 8784
    assert timeline.start.astimezone(UTC) == datetime(2031, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "start",
    [
        "2030-03-01T08:00",
        "2030-03-01 08:00",
        "2030-03-01T08:00+08:00",
        "2030-03-01T00:00Z",
        datetime(2030, 3, 1, 8),
    ],
)
def test_a_start_without_offset_is_on_the_local_clock(start):
    timeline = TimeSettings(start=start, hours=168, step_hours=0.25).timeline()
    assert timeline.start.astimezone(UTC) == datetime(2030, 3, 1, tzinfo=UTC)
    assert (timeline.steps, timeline.step_hours) == (672, 0.25)


def test_a_bare_date_begins_at_midnight():
    timeline = TimeSettings(start=date(2030, 3, 1), hours=24).timeline()
    assert timeline.start.hour == 0
    assert TimeSettings(start="2030-03-01", hours=24).timeline() == timeline


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "either year = 2030 or start = .* and has neither"),
        ({"year": 2030, "start": "2030-01-01", "hours": 5}, "either year .*not both"),
        ({"year": 2030, "hours": 168}, 'say start = "2030-01-01T00:00" instead of year'),
        ({"start": "2030-01-01"}, "start needs hours: the length of the period"),
        ({"year": 0}, "year 0 is out of range; expected 1900 to 2200"),
        ({"year": 12030}, "year 12030 is out of range"),
        ({"year": "2030"}, "year\n.*valid integer"),
        ({"year": 2030.5}, "year\n.*valid integer"),
        ({"start": "2030-02-29T00:00", "hours": 5}, "no 29 February in 2030, it is no leap year"),
        ({"start": "2030-13-01T00:00", "hours": 5}, "no such date or time .month must be in 1..12"),
        ({"start": "2030-04-31", "hours": 5}, "there is no such date or time .day"),
        ({"start": "0000-01-01", "hours": 5}, "year 0 is out of range; expected 1900 to 2200"),
        ({"start": "1800-01-01", "hours": 5}, "year 1800 is out of range"),
        ({"start": "1 January 2030", "hours": 5}, "expected ISO 8601, as in 2030-01-01T00:00"),
        ({"start": 20300101, "hours": 5}, "start\n.*valid string"),
        ({"start": "2030-01-01", "hours": 0}, "hours\n.*greater than 0"),
        ({"start": "2030-01-01", "hours": -5}, "hours\n.*greater than 0"),
        ({"start": "2030-01-01", "hours": 525_600}, "hours = 525600 is more than 30 years"),
        ({"start": "2030-01-01", "hours": 1.5}, "no whole number of steps of 1 h"),
        (
            {"start": "2030-01-01T00:30", "hours": 5},
            "00:30:00 on the local clock, within a step of 1",
        ),
        (
            {"start": "2030-01-01T00:00:01", "hours": 5},
            "within a step of 1 h; begin on a whole step",
        ),
        ({"year": 2030, "step_hours": 0.0}, r"must be 1, 0.5 or 0.25 \[h\]"),
        ({"year": 2030, "step_hours": 7.0}, r"must be 1, 0.5 or 0.25 \[h\]"),
        ({"year": 2030, "utc_offset_hours": 20.0}, "less than or equal to 14"),
        ({"year": 2030, "utc_offset_hours": 8.1}, "must be whole quarters of an hour"),
        ({"year": 2030, "timezone": "Asia/Shanghai"}, "Extra inputs are not permitted"),
    ],
)
def test_a_faulty_period_is_refused_with_a_remedy(table, message):
    with pytest.raises(ValidationError, match=message):
        TimeSettings.model_validate(table)


def test_thirty_years_are_allowed_and_start_at_any_half_hour_with_half_hour_steps():
    assert TimeSettings(start="2001-01-01", hours=262_968).timeline().steps == 262_968
    half = TimeSettings(start="2030-01-01T00:30", hours=1.5, step_hours=0.5).timeline()
    assert half.steps == 3


def test_the_climate_is_the_weather_unless_files_are_named():
    assert WeatherSettings().source == "climate"
    assert WeatherSettings().seed == 1


def test_a_weather_file_is_a_name_or_a_table():
    weather = WeatherSettings.model_validate(
        {
            "source": "files",
            "files": {"fuyun": "fuyun.epw", "altay": {"file": "altay.csv", "stamp": "begin"}},
            "clock_shift_hours": {"fuyun": 1.5},
        }
    )
    assert weather.files["fuyun"] == "fuyun.epw"
    assert weather.files["altay"].file == "altay.csv"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"source": "file"}, "source\n.*'climate' or 'files'"),
        ({"source": "files"}, 'source = "files" needs a file for each site in use'),
        ({"files": {"a": "a.epw"}}, 'files are given but source is not.*say source = "files"'),
        ({"source": "files", "files": {"a": " "}}, 'a = "" names no file'),
        (
            {"source": "files", "files": {"a": "a.epw"}, "clock_shift_hours": {"b": 1.0}},
            "clock_shift_hours.b has no file to shift; files are given for a",
        ),
        (
            {"source": "files", "files": {"a": "a.epw"}, "clock_shift_hours": {"a": 100.0}},
            "less than or equal to 14",
        ),
        ({"seed": -1}, "seed\n.*greater than or equal to 0"),
        ({"seed": 1.5}, "seed\n.*valid integer"),
        ({"leap": "guess"}, "leap\n.*'refuse', 'repeat_feb28' or 'drop_feb29'"),
        ({"substeps": "guess"}, "substeps\n.*'refuse' or 'interpolate'"),
        ({"source": "files", "files": {"a": {"fil": "a.epw"}}}, "fil\n.*Extra inputs"),
    ],
)
def test_faulty_weather_settings_are_refused_with_a_remedy(table, message):
    with pytest.raises(ValidationError, match=message):
        WeatherSettings.model_validate(table)


def test_files_may_be_set_aside_in_so_many_words():
    assert WeatherSettings(source="climate", files={"a": "a.epw"}).source == "climate"


def test_dispatch_by_rules_is_the_default():
    dispatch = DispatchSettings()
    assert (dispatch.method, dispatch.terminal) == ("rules", "cyclic")
    assert dispatch.unserved_cost_cny_mwh == 10_000
    assert dispatch.storage_order is None
    assert dispatch.storage_serves == "load"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"units": {"gap": -0.1}}, "greater than or equal to 0"),
        ({"units": {"time_limit_s": 0}}, "greater than 0"),
        ({"rolling": {"look_ahead_hours": 12.0}}, "less than step_hours = 24"),
        (
            {"terminal": "water_value", "water_value_cny_mwh": [100.0, -5.0]},
            "goes below 0; stored energy can be left unused, so give 0 or more",
        ),
        ({"forecast": {"wind_error": -0.1}}, r"forecast.wind_error\n.*greater than or equal to 0"),
        ({"method": "magic"}, "'rules', 'optimal', 'units' or 'rolling'"),
        ({"terminal": "same"}, "'cyclic', 'free', 'at_least', 'equal_initial' or 'water_value'"),
        ({"unserved_cost_cny_mwh": -1.0}, "greater than or equal to 0"),
        ({"unserved_cost_cny_mwh": 0.5}, "unserved_cost_cny_mwh\n  is unusual"),
        ({"terminal": "water_value"}, "go together; the value is missing"),
        ({"water_value_cny_mwh": 200.0}, "go together; that terminal is missing"),
        (
            {"terminal": "water_value", "water_value_cny_mwh": [200.0, 300.0]},
            r"water_value_cny_mwh = \[200\.0, 300\.0\] rises",
        ),
        ({"unserved_max_mwh": -1.0}, "unserved_max_mwh\n.*greater than or equal to 0"),
        ({"unserved_max_mwh": float("nan")}, "unserved_max_mwh\n.*finite"),
        ({"unserved_max_mw": 1.0}, "unserved_max_mw\n"),
        ({"emission_price_cny_t": -1.0}, "greater than or equal to 0"),
        ({"emission_price_cny_t": 1e5}, "emission_price_cny_t\n  is unusual"),
        ({"export_rate_max": 20.0}, "export_rate_max\n.*less than or equal to 1"),
        ({"storage_order": ["burqin"]}, '"burqin" is no storage; expected names as'),
        ({"storage_order": ["wind.jeminay"]}, '"wind.jeminay" is no storage'),
        ({"storage_order": ["battery.a", "battery.a"]}, '"battery.a" is listed twice'),
        ({"storage_order": "battery.a"}, "storage_order\n.*valid list"),
        ({"storage_serves": "export"}, "'load' or 'load_and_export'"),
    ],
)
def test_faulty_dispatch_settings_are_refused_with_a_remedy(table, message):
    with pytest.raises(ValidationError, match=message):
        DispatchSettings.model_validate(table)
