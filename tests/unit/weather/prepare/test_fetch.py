"""Weather over the network, by stored answers alone: nothing here opens a connection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
import requests

from altay_energy.core.errors import WeatherError
from altay_energy.weather.prepare import fetch as fetching
from altay_energy.weather.prepare.fetch import Request, fetch, requests_for
from altay_energy.weather.read import read_weather

PLACE = (47.0, 86.0)


def _samples():
    path = Path(__file__).parents[1] / "formats" / "conftest.py"
    spec = spec_from_file_location("format_samples", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Stored:
    """An answer as ``requests`` gives it."""

    text: str
    status_code: int = 200

    @property
    def ok(self):
        return self.status_code < 400

    @property
    def content(self):
        return self.text.encode()

    def json(self):
        return json.loads(self.text)

    def raise_for_status(self):
        if not self.ok:
            raise requests.HTTPError(f"{self.status_code} Server Error")


@pytest.fixture
def answers(monkeypatch):
    """Answer every request by a function of address and parameters; note what was asked."""
    asked = []
    state = {}

    def get(url, params=None, **_):
        asked.append((url, dict(params or {})))
        answer = state["by"](url, dict(params or {}))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(requests, "get", get)
    monkeypatch.setattr(fetching.time, "sleep", lambda _: None)

    def by(function):
        state["by"] = function
        return asked

    return by


@pytest.fixture
def service(made, answers):
    """NASA POWER and PVGIS as their documents describe their answers."""
    samples = _samples()

    def year_of(params):
        year = int(str(params.get("start", params.get("startyear", 2021)))[:4])
        days = 366 if year % 4 == 0 else 365
        return made(start=f"{year}-01-01", hours=24 * days, utc_offset_hours=0.0)

    def by(url, params):
        if "power.larc" in url:
            return Stored(samples.power_json(year_of(params)))
        if url.endswith("tmy"):
            return Stored(samples.pvgis_tmy_json(made(utc_offset_hours=0.0)))
        return Stored(samples.pvgis_json(year_of(params)))

    return answers(by)


def fetch_words(source, *more):
    place = ("--latitude", PLACE[0], "--longitude", PLACE[1])
    return ("weather", "fetch", source, *place, *more, "-o", "downloads")


@pytest.mark.parametrize(
    ("source", "year", "hours", "second"),
    [
        ("nasa_power", 2019, 8760, 50.0),
        ("nasa_power", 2020, 8784, 50.0),
        ("pvgis", 2019, 8760, None),
        ("pvgis_tmy", None, 8760, None),
    ],
)
def test_a_stored_answer_becomes_a_weather_file(service, source, year, hours, second):
    file = fetch(Request(source, *PLACE, year))
    assert file.times.size == hours
    assert file.typical == (year is None)
    assert file.wind_second_height_m == second
    assert file.location() == pytest.approx((47.0, 86.0, 700.0))
    if source == "nasa_power":
        assert service[0][1]["start"] == f"{year}0101"
        assert service[0][1]["time-standard"] == "utc"
        assert 40e3 < file.series["pressure_pa"].mean() < 110e3


def test_years_come_one_by_one_and_those_that_are_there_are_kept(command, service, tmp_path):
    first = command(*fetch_words("nasa_power", "--years", "2018-2019"))
    assert first.status == 0, first.err
    names = sorted(path.name for path in (tmp_path / "downloads").iterdir())
    assert names == [f"nasa_power_47.0000_86.0000_{year}.nc" for year in (2018, 2019)]
    assert len(service) == 2
    again = command(*fetch_words("nasa_power", "--years", "2017-2019", "--json"))
    assert len(service) == 3
    assert [f["intervals"] for f in json.loads(again.out)["files"]] == [8760] * 3
    read = read_weather(tmp_path / "downloads" / names[0])
    assert (np.diff(read.times) == np.timedelta64(3600, "s")).all()


def test_what_breaks_off_leaves_the_finished_years_and_no_half_ones(
    command, made, answers, tmp_path
):
    samples = _samples()

    def by(_, params):
        if params["start"].startswith("2019"):
            return requests.ConnectionError("no route to host")
        return Stored(samples.power_json(made(start="2018-01-01", utc_offset_hours=0.0)))

    asked = answers(by)
    answer = command(*fetch_words("nasa_power", "--years", "2018-2019"))
    assert answer.status == 2
    assert "no answer from NASA POWER: no route to host; is there a network?" in answer.err
    assert "finished years are kept" in answer.err
    assert len(asked) == 1 + 3  # tried three times before it gives up
    assert [p.name for p in (tmp_path / "downloads").iterdir()] == [
        "nasa_power_47.0000_86.0000_2018.nc"
    ]


@pytest.mark.parametrize("source", ["nasa_power", "pvgis", "pvgis_tmy"])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Stored('{"message": "Location over the sea."}', 400), "refuses: .*over the sea"),
        (Stored('{"message": "too many requests"}', 429), "asks for patience, run the same"),
        (Stored("<html>busy</html>", 503), "refuses|answers something else"),
        (Stored("<html>maintenance</html>"), "answers something else than data"),
        (Stored("{}"), "answers something else than data"),
        (Stored(""), "answers something else than data"),
        (requests.Timeout("timed out"), "no answer from .*timed out"),
        (requests.TooManyRedirects("loop"), "answers something else than data: loop"),
    ],
)
def test_what_a_service_may_answer_besides_data(answers, source, answer, words):
    answers(lambda *_: answer)
    with pytest.raises(WeatherError, match=words):
        fetch(Request(source, *PLACE, None if source == "pvgis_tmy" else 2019))


def test_an_answer_with_holes_is_refused(made, answers):
    document = json.loads(_samples().power_json(made(start="2019-01-01", utc_offset_hours=0.0)))
    temperature = document["properties"]["parameter"]["T2M"]
    for key in list(temperature)[100:200]:
        temperature[key] = -999.0
    answers(lambda *_: Stored(json.dumps(document)))
    with pytest.raises(WeatherError, match="temperature_c has no value in 100 intervals"):
        fetch(Request("nasa_power", *PLACE, 2019))


@pytest.mark.parametrize(
    ("source", "place", "years", "words"),
    [
        ("nasa_power", (91.0, 0.0), (2019, 2019), "is no place on Earth"),
        ("nasa_power", (float("nan"), 0.0), (2019, 2019), "is no place on Earth"),
        ("nasa_power", PLACE, None, "needs --years"),
        ("nasa_power", PLACE, (1999, 2001), "expected whole years from 2001"),
        ("nasa_power", PLACE, (2019, 2018), "the earlier first"),
        ("pvgis", PLACE, (2019, 9999), "expected whole years from 2005"),
        ("pvgis_tmy", PLACE, (2019, 2019), "leave --years out"),
    ],
)
def test_what_cannot_be_asked_for(source, place, years, words):
    with pytest.raises(WeatherError, match=words):
        requests_for(source, *place, years)


@pytest.mark.parametrize("years", ["19", "2019-", "2019-20", "２０１９", "2019,2020"])
def test_years_are_written_one_way(refused, service, years):
    assert "expected a year or two, as 2015 or 2015-2019" in refused(
        *fetch_words("nasa_power", "--years", years)
    )


def test_the_folder_may_be_no_file(refused, service, tmp_path):
    (tmp_path / "downloads").write_text("x")
    assert "is a file; name a folder" in refused(*fetch_words("pvgis", "--years", "2019"))
