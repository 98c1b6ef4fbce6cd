"""A scenario loads completely, or says what to change."""

from __future__ import annotations

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.scenario.explain import explain
from altay_energy.scenario.load import load


def problems_of(path, *overrides):
    with pytest.raises(ae.ScenarioError) as caught:
        load(path, overrides)
    return caught.value.problems


def series_csv(folder, name="load.csv", hours=48, value="5.0", start="2030-01-01T00:00"):
    stamps = np.datetime64(start) + np.arange(hours) * np.timedelta64(1, "h")
    rows = "\n".join(f"{stamp}+08:00,{value}" for stamp in stamps)
    path = folder / name
    path.write_text(f"time,power\n{rows}\n", encoding="utf-8")
    return path


def test_a_sound_file_becomes_a_portfolio_that_runs(scenario_file):
    scenario = load(scenario_file())
    assert scenario.name == "small"
    assert scenario.portfolio.wind["farm"].capacity_mw == 100
    assert scenario.run().kpis["kpis"]["load_mwh"] == pytest.approx(300_000 * 48 / 8760, rel=0.1)


def test_overrides_come_as_texts_or_as_a_mapping(scenario_file):
    path = scenario_file()
    by_text = load(path, ["wind.farm.capacity_mw=250", "dispatch.terminal=free"])
    by_mapping = load(path, {"wind.farm.capacity_mw": 250, "dispatch.terminal": "free"})
    assert by_text.model == by_mapping.model
    assert by_text.model.wind["farm"].capacity_mw == 250


def test_storages_are_used_in_the_order_of_the_file(scenario_file):
    pumped = "\n[pumped_storage.p]\npump_mw = 10\nturbine_mw = 10\nenergy_mwh = 60\n"
    after = load(scenario_file(pumped))
    assert list(after.portfolio.storages) == ["battery.shed", "pumped_storage.p"]
    before = load(scenario_file(replace=("[battery.shed]", pumped + "[battery.shed]")))
    assert list(before.portfolio.storages) == ["pumped_storage.p", "battery.shed"]
    order = '[dispatch]\nstorage_order = ["pumped_storage.p"]\n'
    chosen = load(scenario_file(pumped + order))
    assert list(chosen.portfolio.storages) == ["pumped_storage.p", "battery.shed"]


def test_all_problems_are_reported_at_once_with_file_key_and_value(scenario_file):
    path = scenario_file(
        "[dispatch]\nterminal = 'cylic'\n[solar.q]\nsite = 'nowhere'\ncapacity_mw = -1\n",
        replace=("elevation_m = 984", "elevation = 984"),
    )
    lines = problems_of(path)
    assert f"{path}: sites.jeminay.elevation is no key here; did you mean elevation_m?" in lines
    assert f"{path}: solar.q.capacity_mw = -1: must be at least 0 [MW]" in lines
    assert f'{path}: solar.q.site = "nowhere": there is no such site (sites: jeminay)' in lines
    assert any("terminal" in line and "did you mean cyclic?" in line for line in lines)
    assert any("sites.jeminay.elevation_m is missing" in line for line in lines)
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("wind.farm.capacity_mw=nan", "must be a finite number"),
        ("wind.farm.capacity_mw=inf", "must be a finite number"),
        ("wind.farm.capacity_mw=-3", "must be at least 0"),
        ("wind.farm.capacity_mw=1400000", "1000 times smaller, write 1400; if it is meant"),
        ("wind.farm.capacity_mw=true", "must be a number"),
        ("wind.farm.capacity_mw='100 MW'", "without quotes or unit, as in 100"),
        ("wind.farm.capacity_mw=[1]", "must be a number"),
        ("wind.farm.p_nomm=3", "is no key here"),
        ("wind.farm.turbine='generic-6.7MW'", "did you mean generic-6.7MW-182m"),
        ("battery.shed.charge_efficiency=1.2", "must be at most 1"),
        ("battery.shed.charge_efficiency=90", "did you mean 0.90"),
        ("battery.shed.effciency=0.9", "did you mean"),
        ("battery.shed.energy_mwh=-1", "must be at least 0"),
        ("load.mine.sector='minning'", "did you mean mining"),
        ("load.mine.annual_mwh='300 GWh'", "must be a number [MWh]"),
        ("grid.import_price_cny_mwh='xinjiang_tou'", "did you mean xinjiang_tou_2021_draft"),
        ("schema_version=2", "needs a newer altay_energy"),
        ("schema_version='1'", "expected schema_version = 1"),
        ("schema_version=0", "expected schema_version = 1"),
        ("time.hours=0", "must be greater than 0"),
        ("time.step_hours=7", "must be 1, 0.5 or 0.25"),
        ("time.start='2030-02-30T00:00'", "time.start"),
        ("time.start='2029-02-29T00:00'", "time.start"),
        ("time.hours=1e9", "time"),
        ("dispatch.method='optimum'", "optimal"),
        ("dispatch.storage_order=['battery.shad']", "did you mean battery.shed"),
        ("weather.source='nasa'", 'must be "climate" or "files"'),
        ("weather.seed=-1", "must be at least 0"),
        ("weather.seed=1.5", "must be a whole number"),
        ("sites.jeminay.latitude=91", "must be at most 90"),
        ("sites.jeminay.climate='jeminai'", "jeminay"),
        ("economics.discount_rate=0.065", "which needs costs of the plants"),
        ("policy=1", "must be a table [policy]"),
        ("wind=3", "must be a table"),
        ("name=3", "must be text"),
        ("name=''", "must not be empty"),
        ("name='a\\u202eb'", "control character"),
        ("grd.import_limit_mw=3", "did you mean grid"),
        ("wind.FARM.capacity_mw=3", "read alike"),
    ],
)
def test_a_bad_value_is_answered_in_words(scenario_file, override, words):
    key, _, value = override.partition("=")
    path = scenario_file(name="parent.toml")
    child = path.with_name("child.toml")
    child.write_text(f'extends = "parent.toml"\n{key} = {value}\n'.replace("'", '"'))
    lines = problems_of(child)
    assert any(words in line for line in lines), lines
    assert all(line.startswith((str(child), str(path))) for line in lines)


def test_a_value_of_the_command_line_is_called_so(scenario_file):
    (line,) = problems_of(scenario_file(), "battery.shed.charge_efficiency=90")
    assert line.startswith("command line: battery.shed.charge_efficiency = 90")


def test_unusual_values_pass_when_they_are_meant(scenario_file):
    path = scenario_file(replace=("name = ", "allow_unusual = true\nname = "))
    assert load(path, ["wind.farm.capacity_mw=1.4e6"]).model.wind["farm"].capacity_mw == 1.4e6


@pytest.mark.parametrize("missing", ["schema_version = 1", 'name = "small"'])
def test_a_missing_key_is_named(scenario_file, missing):
    lines = problems_of(scenario_file(replace=(missing, "")))
    assert [line for line in lines if missing.split(" =")[0] in line and "is missing" in line]


def test_a_long_name_is_refused_and_an_odd_one_kept(scenario_file):
    assert "may have 100 characters" in problems_of(scenario_file(), f"name='{'x' * 300}'")[0]
    odd = "<script>alert(1)</script>/…☃"
    assert load(scenario_file(), [f"name='{odd}'"]).run().kpis["scenario"] == odd


def test_a_series_may_replace_a_number(scenario_file, tmp_path):
    series_csv(tmp_path)
    price = 'import_price_cny_mwh = { file = "load.csv", column = "power", factor = 60 }'
    path = scenario_file(
        price,
        replace=(
            'sector = "mining"\nannual_mwh = 300_000',
            'profile = { file = "load.csv", column = "power" }',
        ),
    )
    run = load(path).run()
    assert run.kpis["kpis"]["load_mwh"] == pytest.approx(48 * 5.0)
    assert float(run.hourly["import_price_cny_mwh"].mean()) == pytest.approx(300.0)


def test_a_wrong_column_suggests_the_right_one(scenario_file, tmp_path):
    series_csv(tmp_path)
    lines = problems_of(
        scenario_file(
            '[solar.s]\ncapacity_mw = 1\nprofile = { file = "load.csv", column = "powr" }'
        )
    )
    assert any("solar.s" in line and "did you mean 'power'" in line for line in lines)


def test_a_series_that_does_not_cover_the_period_says_which_it_covers(scenario_file, tmp_path):
    series_csv(tmp_path, hours=40)
    added = '[solar.s]\ncapacity_mw = 1\nprofile = { file = "load.csv", column = "power" }'
    assert any("solar.s" in line for line in problems_of(scenario_file(added)))


def test_a_profile_above_one_is_refused_with_its_key(scenario_file, tmp_path):
    series_csv(tmp_path, value="5.0")
    added = '[solar.s]\ncapacity_mw = 1\nprofile = { file = "load.csv", column = "power" }'
    (line,) = problems_of(scenario_file(added))
    assert "solar.s" in line
    assert "5" in line


def test_faulty_data_and_faulty_keys_are_reported_together(scenario_file, tmp_path):
    series_csv(tmp_path, value="nan")
    lines = problems_of(
        scenario_file(
            '[solar.s]\ncapacity_mw = 1\nprofile = { file = "load.csv", column = "power" }\n'
            '[wind.q]\nprofile = { file = "../x.csv", column = "a" }\ncapacity_mw = "a"\n'
        )
    )
    assert any("solar.s.profile" in line for line in lines)
    assert any("wind.q.profile.file" in line and "outside" in line for line in lines)
    assert any("wind.q.capacity_mw" in line for line in lines)


def test_a_path_on_the_command_line_may_lead_anywhere(scenario_file, tmp_path_factory):
    elsewhere = series_csv(tmp_path_factory.mktemp("elsewhere"), value="0.5")
    table = f"solar.s.profile={{ file = '{elsewhere}', column = 'power' }}"
    scenario = load(scenario_file("[solar.s]\ncapacity_mw = 2\n"), [table])
    assert scenario.run().kpis["plants"]["solar.s"]["available_mwh"] == pytest.approx(48.0)


def test_a_site_far_from_altay_needs_weather_files(scenario_file):
    lines = problems_of(scenario_file(), "sites.jeminay.latitude=20", "sites.jeminay.longitude=10")
    assert any("weather file of the site" in line for line in lines)


def test_explain_lists_every_value_with_its_origin(scenario_file):
    from altay_energy.scenario.explain import explain

    path = scenario_file()
    values = {v.key: v for v in explain(load(path, ["battery.shed.energy_mwh=40"]))}
    assert values["battery.shed.energy_mwh"].value == 40
    assert values["battery.shed.energy_mwh"].origin == "command line"
    assert values["wind.farm.capacity_mw"].origin == str(path)
    assert values["wind.farm.availability"].origin == "default"
    assert (values["wind.farm.hub_height_m"].value, values["wind.farm.hub_height_m"].origin) == (
        110,
        "derived",
    )
    assert values["sites.jeminay.climate"].value == "jeminay"
    assert values["sites.jeminay.climate"].origin == "derived"
    assert values["dispatch.storage_order"].value == ["battery.shed"]
    assert values["battery.shed.charge_mw"].meaning.endswith("[MW]")


def test_every_shipped_scenario_loads_and_tells_its_story(repository):
    files = sorted((repository / "scenarios").glob("*.toml"))
    assert {file.stem for file in files} == {
        "jeminay-2023",
        "jeminay-2026",
        "altay-2024",
        "burqin-2030",
        "burqin-2030-no-storage",
        "burqin-2030-battery",
        "ski-resort",
        "fukang",
        "huangyang",
        "green-mine",
        "herder-station",
        "hydrogen-village",
    }
    for file in files:
        model = load(file).model
        assert model.name == file.stem
        assert model.title, file
        assert model.title_zh, file
        assert model.description, file
        assert model.sources, file


def test_the_schema_knows_every_key_that_the_model_knows():
    from altay_energy.scenario.model import ScenarioFile, json_schema

    schema = json_schema()
    assert set(ScenarioFile.model_fields) < set(schema["properties"])
    assert {"extends", "without"} < set(schema["properties"])
    farm = schema["$defs"]["WindFarm"]["properties"]["capacity_mw"]
    assert farm["description"].endswith("[MW]")
    assert farm["minimum"] == 0


PROFILE = ('sector = "mining"\nannual_mwh = 300_000', "profile = {{ {} }}")


def table(tmp_path, header, rows):
    text = "\n".join([header, *rows]) + "\n"
    (tmp_path / "load.csv").write_text(text, encoding="utf-8")


def with_profile(scenario_file, keys, added=""):
    return scenario_file(added, replace=(PROFILE[0], PROFILE[1].format(keys)))


STAMPS = [f"2030-01-0{1 + k // 24}T{k % 24:02d}:00+08:00" for k in range(48)]


def test_a_series_in_kilowatts_is_refused_until_its_unit_is_declared(scenario_file, tmp_path):
    table(tmp_path, "time,负荷(kW)", [f"{stamp},{1000 + k}" for k, stamp in enumerate(STAMPS)])
    keys = 'file = "load.csv", column = "负荷(kW)"'
    lines = problems_of(with_profile(scenario_file, keys))
    assert len(lines) == 1
    assert "load.mine.profile: load.csv: the name of column '负荷(kW)' says kW" in lines[0]
    run = load(with_profile(scenario_file, keys + ', unit = "kW"')).run()
    assert run.kpis["kpis"]["load_mwh"] == pytest.approx(sum(range(1000, 1048)) / 1e3)
    notice = "load.mine.profile: load.csv: column '负荷(kW)' converted from kW to MW (declared)"
    assert notice in run.notices


def test_how_a_series_was_read_is_among_the_notices_of_the_run(scenario_file, tmp_path):
    table(tmp_path, "load_kw", [str(1000 + k) for k in range(48)])
    keys = 'file = "load.csv", column = "load_kw", start = "2030-01-01T00:00", unit = "kW"'
    price = 'import_price_cny_mwh = { file = "load.csv", column = "load_kw", factor = 0.3, '
    path = with_profile(
        scenario_file, keys, price + 'start = 2030-01-01T00:00:00, unit = "CNY/MWh" }'
    )
    notices = "\n".join(load(path).run().notices)
    assert "load.mine.profile: load.csv: 48 rows of 60 min from 2030-01-01 00:00" in notices
    assert "grid.import_price_cny_mwh: load.csv: column 'load_kw' × 0.3" in notices


def test_one_file_is_read_by_different_keys_for_different_series(scenario_file, tmp_path):
    table(tmp_path, "wind_kw,price", [f"{k},{k / 100 + 0.1}" for k in range(48)])
    start = 'file = "load.csv", start = "2030-01-01T00:00"'
    path = with_profile(
        scenario_file,
        f'{start}, column = "wind_kw", unit = "kW"',
        f'import_price_cny_mwh = {{ {start}, column = "price", unit = "CNY/kWh" }}',
    )
    portfolio = load(path).portfolio
    loads, prices = portfolio.load["mine"].profile, portfolio.grid.import_price_cny_mwh
    np.testing.assert_allclose(loads.values, np.arange(48) / 1e3)
    np.testing.assert_allclose(prices.values, 10.0 * np.arange(48) + 100.0)


def test_what_is_declared_of_a_series_can_be_set_and_is_kept_in_the_resolved_scenario(
    scenario_file, tmp_path
):
    from altay_energy.report.files.results import write_scenario

    table(tmp_path, "load", [str(k) for k in range(48)])
    keys = 'file = "load.csv", column = "load", start = "2030-01-01T00:00"'
    path = with_profile(scenario_file, keys)
    scenario = load(path, ["load.mine.profile.factor=2", "load.mine.profile.unit=kW"])
    assert scenario.portfolio.load["mine"].profile.values.sum() == pytest.approx(2 * 1.128)
    folder = tmp_path / "out"
    folder.mkdir()
    write_scenario(scenario, folder)
    again = load(folder / "scenario.toml")
    np.testing.assert_array_equal(
        again.portfolio.load["mine"].profile.values, scenario.portfolio.load["mine"].profile.values
    )
    shown = next(v for v in explain(scenario) if v.key == "load.mine.profile")
    assert shown.value == {
        **{"file": "load.csv", "column": "load", "start": "2030-01-01T00:00"},
        **{"factor": 2, "unit": "kW"},
    }


def test_every_fault_of_a_series_is_reported_at_once_and_that_of_its_file_once(
    scenario_file, tmp_path
):
    rows = [f"{stamp[:16]},{k},{k / 100}" for k, stamp in enumerate(STAMPS)]
    rows[4] = rows[4].replace(",4,", ",x,")
    table(tmp_path, "time,load_kw,share", rows)
    solar = '[solar.s]\ncapacity_mw = 1\nprofile = { file = "load.csv", column = "share" }'
    lines = problems_of(with_profile(scenario_file, 'file = "load.csv", column = "load_kw"', solar))
    assert sum("does not say its offset" in line for line in lines) == 1
    assert any("load.mine" in line and "'x' is not a number" in line for line in lines)
    assert any("load.mine" in line and "says kW" in line for line in lines)
    assert len(lines) == 3


def test_half_hours_among_hours_are_not_dropped(scenario_file, tmp_path):
    rows = [f"{stamp},30" for stamp in STAMPS]
    rows[1:1] = ["2030-01-01T00:30+08:00,90"]
    table(tmp_path, "time,load", rows)
    lines = problems_of(with_profile(scenario_file, 'file = "load.csv", column = "load"'))
    assert len(lines) == 1
    assert "line 3: 2030-01-01 00:30 lies between two steps of 60 min" in lines[0]


def test_a_profile_out_of_range_names_the_time(scenario_file, tmp_path):
    table(tmp_path, "time,load", [f"{stamp},{7 - k}" for k, stamp in enumerate(STAMPS)])
    lines = problems_of(with_profile(scenario_file, 'file = "load.csv", column = "load"'))
    assert "the first is -1 at 2030-01-01 08:00" in lines[0]


def test_a_load_far_beyond_all_supply_is_asked_for_its_unit(scenario_file, tmp_path):
    table(tmp_path, "time,load", [f"{stamp},10000" for stamp in STAMPS])
    path = with_profile(scenario_file, 'file = "load.csv", column = "load"')
    notices = "\n".join(load(path).run().notices)
    # 100 MW of wind, 10 MW of battery, 50 MW of grid.
    assert "load.mine: its peak of 10,000 MW is 62 times all that plants" in notices
    small = load(path, {"load.mine.profile.factor": 0.1}).run()
    assert "is it in kW" not in "\n".join(small.notices)
