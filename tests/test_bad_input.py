"""Bad input at the door: exit status 2, one message that says how to mend it, nothing written."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

RUN = ("run", "small.toml", "-o", "out", "--no-charts")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", r"small.toml: is empty; .*schema_version, name and \[time\]"),
        (b"# nothing but a comment\n", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"name = \n", r"line 1, column 8: Invalid value\n    name = \n +\^"),
        (b'name = "a\n', "line 1, column 10: the text has no closing quote"),
        (b"a = [1, 2\n", "Unclosed array"),
        (b"name: a\n", "Expected '=' after a key"),
        (b'{"name": "a"}', "line 1, column 1: this is JSON, no TOML"),
        (b"PK\x03\x04" + b"\0" * 60, "this is a zip archive, no scenario"),
        (b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml", "this is an Excel workbook, no"),
        ("[load.选矿厂]\n".encode(), r'other scripts need quotes: \[load."选矿厂"\]\n'),
        ("选矿厂 = 3  # 注\n".encode(), 'need quotes: "选矿厂" = 3  # 注\n'),
        ("load.选矿厂.profile = 3\n".encode(), r'need quotes: load."选矿厂".profile = 3\n'),
        ("a = { 选矿厂 = 1 }\n".encode(), 'need quotes: a = { "选矿厂" = 1 }\n'),
        ("[load.Мельница]\n".encode(), r'need quotes: \[load."Мельница"\]\n'),
        ("title = 阿勒泰\n".encode(), 'text needs quotes: title = "阿勒泰"\n'),
        ("选矿厂 = ".encode() + b"[" * 3000, "Invalid statement"),
        (b"name = altay # x\n", 'text needs quotes: name = "altay" # x\n'),
        ("name = “a”\n".encode(), 'write " instead of “'),
        ("a = １２\n".encode(), "write 1 instead of １"),
        ("a = [1，2]\n".encode(), "write , instead of ，"),
        (b"[wind.a]\nx = 1\nx = 2\n", "line 3, column 1: x is given twice; keep one"),
        (b"[wind.a]\nx = 1\n[wind.a]\n", r"\[wind.a\] is given twice"),
        (b"a = { b = 1 }\na.c = 2\n", "a.c adds to a table in braces"),
        (b"[time]\n\tyear = 2030\n", "line 2 is indented with a tab"),
        ('title_zh = "布尔津"\n'.encode("gbk"), "not UTF-8 text .*save it as UTF-8"),
        ("name = 'a'\n".encode("utf-16"), "not UTF-8 text"),
        (b"\x80\x04\x95pickle", "not UTF-8 text"),
        (b'title = "a\\u0000b"\n', r"title holds the control character U\+0000"),
        (b'title = "a\\u001b[31mb"\n', r"title holds the control character U\+001B"),
        (b"a = " + b"9" * 5000, "thousands of digits"),
        (b"weather.seed = 99999999999999999999", "beyond 64 bits"),
        (b"a = " + b"[" * 3000, "nested too deeply"),
        (b"a = " + b"{a = " * 3000, "nested too deeply"),
        (b".".join([b"a"] * 3000) + b" = 1", "nested too deeply"),
        (b"[[wind]]\ncapacity_mw = 1\n", r"wind is a list of tables; .*\[wind.a\]"),
        (b"sources = [2030-01-01]\n", "sources: a list may hold numbers and texts only"),
        (b"x" * (17 * 2**20), "more than 16 MB is no scenario text"),
    ],
    ids=lambda value: str(value[:24]) if isinstance(value, bytes) else None,
)
def test_text_that_is_no_scenario(refused, tmp_path, text, words):
    (tmp_path / "small.toml").write_bytes(text)
    assert re.search(words, refused()), refused()


NUMBERS = [
    ("wind.farm.capacity_mw=nan", "must be a finite number [MW]"),
    ("wind.farm.capacity_mw=-inf", "must be a finite number [MW]"),
    ("wind.farm.capacity_mw=-1", "must be at least 0 [MW]"),
    ("wind.farm.capacity_mw=", 'capacity_mw = "": must be a number [MW]'),
    ("wind.farm.capacity_mw='100 MW'", "without quotes or unit, as in 100"),
    ("wind.farm.capacity_mw='1,400 MW'", "as in 1400"),
    ("wind.farm.capacity_mw='1,4'", "as in 1.4"),
    ("wind.farm.capacity_mw=39万千瓦", "without quotes or unit, as in 390"),
    ("wind.farm.capacity_mw='0.39 GW'", "as in 390"),
    ("load.mine.annual_mwh=3亿千瓦时", "as in 300000"),
    ("wind.farm.capacity_mw=true", "must be a number"),
    ("wind.farm.capacity_mw=2030-01-01", "must be a number"),
    ("wind.farm.capacity_mw=[1]", "must be a number"),
    ("wind.farm.capacity_mw={}", "must be a number"),
    ("wind.farm.capacity_mw=1400000", "is unusual"),
    ("load.mine.annual_mwh=3e11", "is unusual"),
    ("grid.import_limit_mw=1e12", "is it in kW?"),
    ("grid.import_price_cny_mwh=0.28", "is it in CNY/kWh? Then write 280"),
    ("battery.shed.energy_mwh=1e9", "is unusual"),
    ("battery.shed.charge_efficiency=90", "did you mean 0.90 (a share, not percent)?"),
    ("battery.shed.charge_efficiency=1.2", "must be at most 1\n"),
    ("wind.farm.wake_loss=8", "did you mean 0.08"),
    ("battery.shed.min_level=0.9", "initial_level = 0.5 must lie between min_level = 0.9"),
    ("sites.jeminay.latitude=91", "must be at most 90 [°]"),
    ("grid.import_limit_mw=[1, 2]", "is a list; a series is read from a file"),
    ("grid.import_limit_mw=a", 'must be a number [MW], or { file = "x.csv"'),
    ("time.hours='48'", "must be a number [h] without quotes, as in 48"),
    ("time.hours=0", "must be greater than 0"),
    ("time.hours=-5", "must be greater than 0"),
    ("time.hours=1e7", "is more than 30 years"),
    ("time.step_hours=0", "must be 1, 0.5 or 0.25"),
    ("time.step_hours=7", "must be 1, 0.5 or 0.25"),
    ("time.year=0", "year 0 is out of range"),
    ("time.start=2030-02-29T00:00", "no 29 February in 2030"),
    ("time.start='12030-01-01'", "year 12030 is out of range"),
    ("time.start=yesterday", "expected ISO 8601"),
    ("time.utc_offset_hours=15", "must be at most 14"),
]

NAMES = [
    ("wind.farm.p_nomm=1", "wind.farm.p_nomm is no key here"),
    ("battery.shed.charge_eficiency=0.9", "did you mean charge_efficiency?"),
    ("grd.import_limit_mw=1", "did you mean grid?"),
    ("economics.discount_rate=-1", "economics.discount_rate = -1: must be at least 0 [1/a]"),
    ("economics.discount_rate=0.05", "discount_rate is for the cash flow, which needs costs"),
    ("economics.dicount_rate=0.05", "did you mean discount_rate?"),
    ("policy=1", "must be a table [policy]"),
    ("policy.rules=[]", 'names no rule: give rules = ["green_direct_650"]'),
    ("policy.rules=green_direct_650", "must be a list"),
    ("policy.rules=['green_direct']", "did you mean green_direct_650? (rules: "),
    ("policy.rules=['storage_share', 'storage_share']", "rules has storage_share twice"),
    ("policy.rules=['none.toml']", 'policy.rules.0 = "none.toml": there is no such file'),
    ("policy.rules=[3]", "must be text in quotes"),
    ("policy.limits.curtailment_rat_max=0.1", "did you mean curtailment_rate?"),
    ("policy.limits.curtailment_rate=0.1", "end it in _min or _max, as in curtailment_rate_max"),
    ("policy.limits.curtailment_rate_max=5", "did you mean 0.05 (a share, not percent)?"),
    ("policy.limits.curtailment_rate_max=-1", "must be at least 0"),
    ("policy.limits.curtailment_rate_max=nan", "must be a finite number"),
    ("policy={ rules = ['storage_share'], project_date = '2030-02-30' }", "is no day; expected"),
    ("policy={ rules = ['storage_share'], project_date = 2030 }", "must be text in quotes"),
    ("policy={ rules = ['storage_share'], enforce = 1 }", "must be true or false"),
    ("policy={ rules = ['storage_share'], enforced = true }", "did you mean enforce?"),
    ("wind.farm.site=jemenay", "did you mean jeminay?"),
    ("wind.farm.turbine=generic-6.7", "did you mean generic-6.7MW-182m?"),
    ("wind.farm.turbine=3", "must be text in quotes"),
    ("grid.import_price_cny_mwh=xinjiang_tou", "did you mean xinjiang_tou_2021_draft"),
    ("load.mine.sector=minning", "did you mean mining?"),
    ("sites.jeminay.climate=jeminai", "did you mean jeminay?"),
    ("dispatch.storage_order=['battery.shad']", "did you mean battery.shed?"),
    ("dispatch.storage_order=battery.shed", 'must be a list, as in ["a", "b"]'),
    ("dispatch.terminal=cylic", "did you mean cyclic?"),
    ("wind.fram.capacity_mw=3", "did you mean wind.farm?"),
    ("wind=3", "must be a table [wind]"),
    ("wind.FARM={ capacity_mw = 1, site = 'jeminay' }", "read alike"),
    ("wind.'ﬁ'.capacity_mw=1", "wind.ﬁ"),
    ("name=a\u202eb", "control character U+202E"),
    ("name=a\u200bb", "control character U+200B"),
    ('name="a\\nb"', "control character"),
    ("wind.'a\u202eb'.capacity_mw=1", '"a\\u202eb"'),
    ("name=", "must not be empty"),
    (f"name={'x' * 300}", "may have 100 characters, this one has 300"),
    ("schema_version=2", "needs a newer altay_energy"),
    ("schema_version=0", "expected schema_version = 1"),
    ("schema_version='1'", "expected schema_version = 1"),
    ("schema_version=true", "expected schema_version = 1"),
    ("schema_version=1.0", "expected schema_version = 1"),
]

MONEY = [
    ("years = 0", "economics.years = 0: must be at least 1 [a]"),
    ("equity_share = 20", "did you mean 0.20 (a share, not percent)?"),
    ("loan_rate = 3.5", "did you mean 0.035 (a share, not percent)?"),
    ("residual_share = 5", "did you mean 0.05 (a share, not percent)?"),
    ("building_years = 0", "building_years = 0 leaves no time in which interest"),
    ("loan_years = 25", "loan_years = 25 is longer than years = 20"),
    ("repayment = 'bullet'", 'must be "equal_principal", "annuity" or "all_cash"'),
    ("income_tax = 25", "did you mean 0.25 (a share, not percent)?"),
    ("income_tax = 'xinjiang'", "did you mean xinjiang_west?"),
    ("income_tax = 'west_2030'", "west_2030 ends in 2030, and nothing is known from 2031 on"),
    ("first_year = 26", "year 26 is out of range"),
    ("income = 'bill'", 'must be "avoided_bill" or "price"'),
    ("income = 'price'", 'income = "price" needs supply_price_cny_mwh, as in 350'),
    ("supply_price_cny_mwh = 350", 'supply_price_cny_mwh is for income = "price"'),
    ("prices_include_vat = 'yes'", "must be true or false"),
    ("costs = { wind = { capital_cny_kw = 3.916 } }", "is it in CNY/W? did you mean 3916?"),
    ("costs = { battery = { capital_cny_kwh = 0.877 } }", "did you mean 877?"),
    ("costs = { wind = { capital_cny_kw = 3916, life_years = 0 } }", "life_years = 0: must be"),
    ("costs = { wind = { capital_cny_kw = 3916, fixed_om_share = 1 } }", "is unusual"),
    ("costs = { wind = { life_years = 20 } }", "needs capital_cny_kw, capital_cny_kwh or"),
    (
        "costs = { wind = { capital_cny_kw = 3916 }, battery = { capital_cny_kwh = 877, "
        "degradation_share = 0.02 } }",
        "economics.costs.battery.degradation_share: is for plants that generate",
    ),
    (
        "costs = { wind = { capital_cny_kw = 3916, capital_cny_kwh = 877 } }",
        "economics.costs.wind.capital_cny_kwh: is for storages; give capital_cny_kw",
    ),
    ("costs = { wnd = { capital_cny_kw = 3916 } }", "did you mean wind?"),
    ("costs = { wind = { capital_cny_kw = 3916 } }", "has no costs of battery.shed"),
    ("costs = {}", "economics: income is for the cash flow, which needs costs of the plants"),
    ("years = 20", "needs a period of one whole year, 8760 or 8784 hours, and this one has 48"),
]


@pytest.mark.parametrize(("keys", "words"), MONEY)
def test_a_table_of_the_cash_flow_that_cannot_be_meant(refused, scenario_file, keys, words):
    scenario_file()
    given = {"prices_include_vat": "true", "income": "'avoided_bill'"}
    given = [f"{k} = {v}" for k, v in given.items() if f"{k} =" not in keys]
    if "costs" not in keys:
        given.append("costs = { wind = { capital_cny_kw = 3916 } }")
    assert words in refused(*RUN, "--set", f"economics={{ {', '.join([*given, keys])} }}")


EARNED = [
    ("mechanism = { wind = { price_cny_mwh = 0.25, share = 1, years = 10 } }", "did you mean 250?"),
    ("mechanism = { wind = { price_cny_mwh = 250, years = 10 } }", "share and cap are both"),
    ("mechanism = { wind = { price_cny_mwh = 250, share = 50, years = 10 } }", "did you mean 0.50"),
    ("mechanism = { wind = { price_cny_mwh = -250, share = 1, years = 10 } }", "at least 0"),
    ("mechanism = { wind = { terms = 'xinjiang_wind_2026' } }", "price_cny_mwh is missing, which"),
    ("mechanism = { wind = { terms = 'gansu_wind_2025' } }", "there is no mechanism price"),
    ("mechanism = { wind = { terms = 'xinjiang_solar_2025' } }", "are for solar, not for wind"),
    (
        "mechanism = { wind = { terms = 'xinjiang_wind_2025', market_price_cny_mwh = [1, 2] } }",
        "12",
    ),
    ("mechanism = { wind = { terms = 'xinjiang_wind_2025', shar = 1 } }", "did you mean share?"),
    ("mechanism = { solar = { terms = 'xinjiang_solar_2025' } }", "there is no solar plant"),
    ("mechanism = { 'wind.frm' = { terms = 'xinjiang_wind_2025' } }", "did you mean wind.farm?"),
    ("capacity_price = { 'battery.shed' = { cny_kw_a = 0.165 } }", "is unusual"),
    ("capacity_price = { 'battery.shd' = { cny_kw_a = 165 } }", "did you mean battery.shed?"),
    ("capacity_price = { 'wind.farm' = { cny_kw_a = 165 } }", "for storages and thermal plants"),
    ("pumped_storage = { market_share = 0.2 }", "capacity_price_cny_kw_a is missing"),
    (
        "pumped_storage = { capacity_price_cny_kw_a = 500, market_share = 0.2 }",
        "there is no pumped storage",
    ),
    ("certificates = { price_cny_each = 0.005 }", "is it in CNY/kWh? did you mean 5?"),
    ("ageing = { 'battery.shed' = { cells = 'lpf' } }", "did you mean lfp?"),
    ("ageing = { 'wind.farm' = {} }", "no battery is called wind.farm"),
    ("ageing = { 'battery.shed' = { end_of_life = 80 } }", "did you mean 0.80"),
    ("carbon = { region = 'gansu' }", "there is no region"),
    ("carbon = { convention = 'without_traded' }", "is not published for xinjiang, but for china"),
    ("carbon = { year = 2031 }", "no factor of xinjiang is known for 2031"),
    ("carbon = { baseline = 'coal' }", "must be one of grid_average, fossil"),
]


@pytest.mark.parametrize(("keys", "words"), EARNED)
def test_a_table_of_what_energy_earns_that_cannot_be_meant(refused, scenario_file, keys, words):
    scenario_file()
    assert words in refused(*RUN, "--set", f"economics={{ {keys} }}".replace("'", '"'))


def test_a_table_of_money_is_not_taken_for_another_one(refused, scenario_file):
    scenario_file(
        '[economics]\nprices_include_vat = true\nincome = "avoided_bill"\n'
        "[economics.costs.wind]\ncapital_cny_kw = 3916\n"
    )
    said = refused(*RUN, "--set", "economics.mechanism.wind.price_cny_mwh=250")
    assert "economics.mechanism.wind: " in said
    assert "did you mean economics" not in said


KEYS = [
    ("wind.farm.capacity_mw", "expected KEY=VALUE"),
    ("=3", "expected KEY=VALUE"),
    ("wind..capacity_mw=3", "expected KEY=VALUE"),
    (".wind=3", "expected KEY=VALUE"),
    ('wind."farm.capacity_mw=3', "expected KEY=VALUE"),
    ("a=1\nb=2", "expected KEY=VALUE"),
    ("extends=other.toml", "extends is no key here"),
    ("wind.farm.capacity_mw=" + "[" * 3000, "nested too deeply"),
    ("wind.farm.capacity_mw=" + "9" * 5000, "thousands of digits"),
    ("a.a.a.a.a.a.a.a.a.a=1", "nested too deeply"),
]


@pytest.mark.parametrize(("override", "words"), [*NUMBERS, *NAMES, *KEYS])
def test_a_value_that_no_scenario_can_mean(refused, scenario_file, override, words):
    scenario_file()
    assert words in refused(*RUN, "--set", override)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("schema_version = 1", "schema_version is missing"),
        ('name = "small"', "name is missing"),
        ("latitude = 47.43", "sites.jeminay.latitude is missing"),
        ("hours = 48", "start needs hours"),
    ],
)
def test_a_key_that_is_missing(refused, scenario_file, key, words):
    scenario_file(replace=(key, ""))
    assert words in refused()


def test_all_problems_of_a_scenario_come_in_one_message(refused, scenario_file, tmp_path):
    scenario_file(name="parent.toml", replace=("[wind.farm]", "[wind.farm]\nwake_los = 0.1"))
    (tmp_path / "small.toml").write_text(
        'extends = "parent.toml"\n[load.mine]\nannual_mwh = "a"\n[weather]\nsource = "fils"\n'
    )
    message = refused(*RUN, "--set", "battery.shed.max_level=3", "--set", "grid.import_limit_mw=-1")
    assert sorted(line.split(" ")[0] for line in message.splitlines()) == [
        "command",
        "command",
        "parent.toml:",
        "small.toml:",
        "small.toml:",
    ]


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        ("small.toml", "forms a loop: small.toml → small.toml"),
        ("back.toml", "forms a loop: small.toml → back.toml → small.toml"),
        ("bakc.toml", "did you mean back.toml?"),
        ("../../secrets.toml", "is outside the project folder"),
        ("/etc/hosts", "is outside the project folder"),
        ("link.toml", "is outside the project folder"),
        ("file:///etc/hosts", "is an address; a run never opens a connection"),
        ("HTTPS://example.org/a.toml", "is an address"),
        (r"\\\\server\\share\\a.toml", "is an address"),
        ("", "names no file"),
        (".", "there is no such file"),
        (r"a\u0000.toml", "control character"),
        ("x" * 3000, "there is no such file"),
    ],
)
def test_a_parent_that_cannot_be_followed(
    refused, tmp_path, tmp_path_factory, scenario_file, parent, words
):
    outside = tmp_path_factory.mktemp("outside") / "secret.toml"
    outside.write_text("secret = 1")
    (tmp_path / "link.toml").symlink_to(outside)
    (tmp_path / "back.toml").write_text('extends = "small.toml"\n')
    (tmp_path / "small.toml").write_text(f'extends = "{parent}"\n')
    message = refused()
    assert words in message
    assert "secret =" not in message


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ('["batery.shed"]', "the parents have no batery.shed"),
        ('[""]', 'without: "" is no key'),
        ("[3]", "must be a list"),
        ('["sites.jeminay"]', "there is no such site (sites: none is defined)"),
    ],
)
def test_what_is_left_out_must_be_there_and_not_be_needed(
    refused, tmp_path, scenario_file, without, words
):
    scenario_file(name="parent.toml")
    (tmp_path / "small.toml").write_text(f'extends = "parent.toml"\nwithout = {without}\n')
    assert words in refused()


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("smal.toml", "did you mean small.toml?"),
        ("nowhere/small.toml", "there is no such file"),
        (".", "cannot be read: Is a directory"),
        ("", "cannot be read"),
        ("power.csv", "line 1, column 5: Expected '='"),
        ("x" * 3000, "cannot be read: File name too long"),
        ("a\0b", "is no file name"),
    ],
)
def test_a_scenario_that_is_not_there(refused, scenario_file, tmp_path, scenario, words):
    scenario_file()
    (tmp_path / "power.csv").write_text("time,power\n")
    assert words in refused("run", scenario, "-o", "out")


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("small.toml", "is a file, not a folder"),
        ("small.toml/out", "is no folder; choose another place"),
        (".", "is where you stand; name a new folder"),
        ("", "is where you stand"),
        ("full", "exists already"),
        ("x" * 300, "cannot be written: File name too long"),
        ("a\0b", "is no name of a folder"),
    ],
)
@pytest.mark.parametrize("words_of_command", [("run",), ("compare", "small.toml")])
def test_a_place_that_cannot_take_results(
    refused, scenario_file, tmp_path, words_of_command, folder, words
):
    scenario_file()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    assert words in refused(*words_of_command, "small.toml", "-o", folder)


def test_force_leaves_alone_what_is_not_ours(refused, scenario_file, tmp_path):
    scenario_file()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    message = refused("run", "small.toml", "-o", "mine", "--force")
    assert "--force leaves it alone" in message


def test_a_folder_to_read_from_must_be_there(refused, scenario_file):
    scenario_file()
    assert "there is no such folder" in refused(*RUN, "--allow-folder", "nowhere")


@pytest.mark.parametrize("command_words", [("validate",), ("explain",), ("run",), ("compare", "a")])
def test_in_a_process_of_its_own_there_is_no_traceback_either(tmp_path, command_words):
    (tmp_path / "small.toml").write_text("schema_version = 1\n[wind]\nfarm = 3\n")
    output = ("-o", "out") if command_words[0] in ("run", "compare") else ()
    done = subprocess.run(
        [sys.executable, "-m", "altay_energy", *command_words, "small.toml", *output],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]
