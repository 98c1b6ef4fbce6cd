"""The same bad thing at every door: what one refuses or notices, the next one does as well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.demand.odd_series import oddities
from altay_energy.core.errors import AltayError
from altay_energy.core.timeline import Timeline
from altay_energy.resource.pumped.hill import HILLS
from altay_energy.run.climate_source import Climate
from altay_energy.weather.files.checks import check
from altay_energy.weather.files.file import WeatherFile

# --- one bad number, at every door that takes one -------------------------------------------------

NUMBERS = {
    "not a number": ("nan", float("nan")),
    "infinite": ("inf", float("inf")),
    "beyond squares": ("1e200", 1e200),
    "text": ('"much"', "much"),
    "below zero": ("-500", -500.0),
}

HILL = """[turbine]
head = [250, 300, 350]
flow = [5, 10, 20]
efficiency = [[0.8, 0.9, 0.9], [0.8, 0.9, 0.9], [0.8, 0.9, {}]]
[pump]
reference_head = 300
head = [330, 310, 300]
flow = [8, 10, 12]
efficiency = [0.8, 0.9, 0.85]
"""
CURVE = "v,p\n0,0\n3,0\n12,{}\n25,2000\n"
TURBINE = (
    'capacity_mw = 100\nhub_height_m = 90\nturbine = { file = "curve.csv", '
    'speed_column = "v", power_column = "p", power_unit = "kW", rated_mw = 2.0 }'
)
SERIES = 'profile = { file = "power.csv", column = "power" }'
SECTOR = 'sector = "mining"\nannual_mwh = 300_000'


def series(cell):
    rows = [f"2030-01-{1 + k // 24:02d}T{k % 24:02d}:00+08:00,20" for k in range(48)]
    rows[9] = rows[9].replace(",20", f",{cell}")
    return "\n".join(["time,power", *rows]) + "\n"


def at_scenario(put, text):
    put(replace=("capacity_mw = 100", f"capacity_mw = {text}"))
    return ("run", "small.toml")


def at_set(put, text):
    put()
    return ("run", "small.toml", "--set", f"wind.farm.capacity_mw={text}")


def at_series(put, text):
    put(replace=(SECTOR, SERIES), files={"power.csv": series(text.strip('"'))})
    return ("run", "small.toml")


def at_declare(put, text):
    put(files={"w.csv": "time,ghi_w_m2\n1,2\n"})
    return ("weather", "describe", "w.csv", "--declare", f"wind_height_m={text}")


def at_curve(put, text):
    put(replace=("capacity_mw = 100", TURBINE), files={"curve.csv": CURVE.format(text.strip('"'))})
    return ("run", "small.toml")


def at_climate(put, text):
    put(
        '[weather]\nclimate = "c.toml"\n',
        files={"c.toml": f"schema_version = 1\nutc_offset_hours = {text}\n"},
    )
    return ("run", "small.toml")


COMMANDS = (at_scenario, at_set, at_series, at_declare, at_curve, at_climate)


@pytest.mark.parametrize("bad", NUMBERS)
@pytest.mark.parametrize("door", COMMANDS, ids=lambda door: door.__name__)
def test_a_bad_number_is_refused_at_every_door_of_a_command(
    refused, scenario_file, tmp_path, door, bad
):
    def put(added="", *, replace=None, files=()):
        scenario_file(added, replace=replace)
        for name, content in dict(files).items():
            (tmp_path / name).write_text(content)

    assert refused(*door(put, NUMBERS[bad][0]))


@pytest.mark.parametrize("bad", NUMBERS)
def test_a_bad_number_is_refused_by_python_and_by_a_hill(tmp_path, bad):
    text, value = NUMBERS[bad]
    for build in (
        lambda: ae.WindFarm(site="a", capacity_mw=value),
        lambda: ae.Load(profile=[1.0, value]),
        lambda: ae.Grid(import_limit_mw=value),
    ):
        with pytest.raises(AltayError):
            build()
    (tmp_path / "hill.toml").write_text(HILL.format(text))
    with pytest.raises(AltayError):
        HILLS.load_own(tmp_path / "hill.toml")


# --- a unit that slipped, at every door of weather ------------------------------------------------

SLIPS = {
    "kelvin": ("temperature_c", lambda x: x + 273.15, r"temperature_c.*kelvin"),
    "hPa": ("pressure_pa", lambda x: x / 100.0, r"pressure_pa.*hPa"),
    "kW/m2": ("ghi_w_m2", lambda x: x / 1000.0, r"ghi_w_m2.*kW/m"),
    "a fraction": ("relative_humidity_percent", lambda x: x / 100.0, r"humidity.*fraction"),
    "a code": ("temperature_c", lambda x: np.where(np.arange(x.size) == 7, -999.0, x), "-999"),
    "beyond squares": ("wind_speed_m_s", lambda x: x + 1e200, r"wind_speed_m_s = 1e\+200"),
}


@pytest.fixture(scope="module")
def april():
    """Weather of two weeks in April."""
    from datetime import datetime, timedelta, timezone

    first = datetime(2030, 4, 1, tzinfo=timezone(timedelta(hours=8)))
    site = ae.Site(latitude=47.43, longitude=85.87, elevation_m=984.0)
    return Climate().weather("jeminay", site, Timeline(first, 14 * 24))


@pytest.mark.parametrize("slip", SLIPS)
def test_a_unit_that_slipped_is_refused_in_weather_made_in_python(april, slip):
    name, change, words = SLIPS[slip]
    with pytest.raises(AltayError, match=words):
        replace(april, **{name: change(getattr(april, name))})


def test_twilight_of_a_polar_night_is_no_slip_of_kilowatts(april):
    faint = replace(april, ghi_w_m2=np.where(april.ghi_w_m2 > 0.0, 0.02, 0.0), latitude=-80.0)
    assert faint.ghi_w_m2.max() == 0.02
    with pytest.raises(AltayError, match=r"kW/m"):
        replace(faint, latitude=60.0)


def as_file(weather, **series):
    held = {name: np.array(values) for name, values in {**weather.series(), **series}.items()}
    for name in ("snow_depth_m", "precipitation_mm", "wind_direction_deg"):
        held.pop(name, None)
    held.pop("wind_speed_second_m_s", None)
    return WeatherFile(
        name="w",
        format="csv",
        place="w",
        latitude=weather.latitude,
        longitude=weather.longitude,
        elevation_m=weather.elevation_m,
        utc_offset_hours=8.0,
        times=weather.timeline.utc,
        step_hours=1.0,
        series=held,
        wind_height_m=weather.wind_height_m,
        typical=False,
        sha256="",
    )


@pytest.mark.parametrize("slip", [s for s in SLIPS if s != "kW/m2"])
def test_the_same_slip_is_refused_in_a_file(april, slip):
    name, change, _ = SLIPS[slip]
    found = check(as_file(april, **{name: change(getattr(april, name))}))
    assert any(name in problem for problem in found.problems), found


def test_weather_that_is_merely_extreme_passes(april):
    cold = replace(april, temperature_c=np.full(april.timeline.steps, -58.0))
    night = replace(april, ghi_w_m2=np.zeros(april.timeline.steps))
    assert cold.temperature_c.max() == -58.0
    assert night.ghi_w_m2.max() == 0.0


# --- wind in km/h ---------------------------------------------------------------------------------


def stations(folder):
    return sorted((folder / "weather").rglob("*.epw"))


def test_no_station_is_suspected_in_m_s_and_every_one_in_km_h(shared_data):
    from altay_energy.weather.read import read_weather

    files = [read_weather(path) for path in stations(shared_data)]
    assert files
    for file in files:
        quick = {**file.series, "wind_speed_m_s": 3.6 * file.series["wind_speed_m_s"]}
        for wind, suspected in ((file.series, False), (quick, True)):
            notices = check(replace(file, series=dict(wind))).notices
            assert any("is it in km/h" in text for text in notices) == suspected, file.name


@pytest.mark.parametrize(("height", "mean"), [(10.0, 12.0), (100.0, 12.0 * 10 ** (1 / 7))])
def test_wind_is_judged_at_ten_metres(april, height, mean):
    from datetime import timedelta

    hours = 24 * 31
    timeline = Timeline(april.timeline.start - timedelta(days=1), hours)
    series = {name: np.resize(values, hours) for name, values in april.series().items()}
    shape = 1.0 + 0.2 * np.sin(np.arange(hours))
    for factor, suspected in ((0.99, False), (1.01, True)):
        wind = factor * mean * shape / shape.mean()
        weather = replace(
            april, timeline=timeline, wind_height_m=height, **{**series, "wind_speed_m_s": wind}
        )
        notices = check(as_file(weather)).notices
        assert any("is it in km/h" in text for text in notices) == suspected


# --- series that stand still or jump --------------------------------------------------------------

YEAR = Timeline.of_year(2030)
SWING = 20.0 + 5.0 * np.sin(np.arange(YEAR.steps))


def still(hours, value=21.0):
    values = SWING.copy()
    values[1000 : 1000 + hours] = value
    return values


def spike(factor):
    values = SWING.copy()
    values[77] = factor * np.median(SWING)
    return values


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (still(700), "is 21 for 700 h from 2030-02-11 16:00 on; did a meter stop"),
        (still(699), None),
        (still(2000, 0.0), None),
        (np.full(YEAR.steps, 21.0), None),
        (spike(1010.0), "at 2030-01-04 05:00, 1010 times its median, in 1 interval"),
        (spike(990.0), None),
        (SWING, None),
        (np.zeros(YEAR.steps), None),
    ],
    ids=["still", "less", "at rest", "constant", "spike", "less spike", "sound", "zero"],
)
def test_a_series_that_a_meter_spoiled_is_noticed(values, words):
    found = oddities(values, YEAR)
    assert (len(found) == 1 and words in found[0]) if words else not found


def test_a_run_says_which_series_is_constant(scenario_file, tmp_path):
    stamps = np.datetime_as_string(YEAR.local[:1440], unit="m")
    values = still(700)[900:2340]
    lines = [f"{stamp}+08:00,{value:.3f}" for stamp, value in zip(stamps, values, strict=True)]
    (tmp_path / "power.csv").write_text("\n".join(["time,power", *lines]) + "\n")
    path = scenario_file(replace=(SECTOR, SERIES))
    notices = ae.load(path, {"time.hours": 1440}).run().notices
    assert any(n.startswith("load.mine.profile is 21 for 700 h from") for n in notices)
    portfolio = ae.Portfolio(
        timeline=Timeline(YEAR.start, 1440),
        load={"mine": ae.Load(profile=values)},
        grid=ae.Grid(import_limit_mw=100, export_limit_mw=0),
    )
    assert any(n.startswith("load.mine.profile is 21 for 700 h") for n in portfolio.run().notices)
