"""Sets of rules: those of the package, files of one's own, and what is refused."""

import datetime as dt
import json
import tomllib

import pytest

from altay_energy.components.settings.policy import PolicySettings
from altay_energy.components.settings.rule_set import (
    REGIONS,
    RULES,
    RuleSet,
)
from altay_energy.core.errors import ScenarioError

OWN = """
document = "letter of the grid company"
date = 2026-03-01
valid_from = 2026-03-01
source = "assumed"

[[limits]]
figure = "peak_export_mw"
sense = "max"
value = 200
"""


@pytest.fixture
def read(tmp_path):
    """Write the sound file with some text replaced or added, and read it."""

    def call(old="", new="", added=""):
        assert old in OWN
        path = tmp_path / "mine.toml"
        path.write_text((OWN.replace(old, new) if old else OWN) + added, encoding="utf-8")
        return RULES.load_own(path)

    return call


def test_the_sets_of_the_package_ask_what_their_texts_ask():
    asked = {
        name: {limit.key: limit.value for limit in RULES.load(name).limits} for name in RULES.names
    }
    several = {
        "self_consumption_rate_min": 0.60,
        "self_supply_rate_min": 0.30,
        "export_rate_max": 0.20,
    }
    assert asked == {
        "green_direct_650": several,
        "green_direct_multi_user_2026": several,
        "local_consumption_1192": {
            "self_consumption_metered_rate_min": 0.60,
            "self_supply_rate_min": 0.30,
        },
        "storage_share": {"storage_power_share_min": 0.10, "storage_share_hours_min": 0.20},
        "utilisation_target": {"curtailment_rate_max": 0.10},
        "xinjiang_feed_in_2026": {"export_rate_max": 0.0},
    }


@pytest.mark.parametrize("name", RULES.names)
def test_every_limit_of_the_package_has_document_day_and_source(name):
    rules = RULES.load(name)
    assert rules.document
    assert rules.title
    assert rules.title_zh
    assert dt.date(2022, 1, 1) <= rules.valid_from <= dt.date(2026, 11, 30)
    assert all(limit.source for limit in rules.limits)
    assert rules.region in REGIONS.names


@pytest.mark.parametrize(
    ("day", "limit"), [("2029-12-31", 0.30), ("2030-01-01", 0.35), ("2041-06-01", 0.35)]
)
def test_projects_that_are_new_from_2030_on_must_supply_35_per_cent(day, limit):
    settings = PolicySettings(rules=["green_direct_650"], project_date=day)
    asked = {one.name: one.value for one in settings.asked(dt.date(2026, 1, 1))}
    assert asked["green_direct_650.self_supply_rate_min"] == limit
    assert asked["green_direct_650.export_rate_max"] == 0.20


def test_storage_ended_as_a_precondition_on_9_february_2025():
    rules = RULES.load("storage_share")
    assert rules.covers(dt.date(2023, 1, 1), dt.date(2025, 2, 8))
    assert not rules.covers(dt.date(2023, 1, 1), dt.date(2025, 2, 9))


def test_a_file_of_ones_own_is_a_set_with_its_name(read):
    rules = read()
    assert (rules.name, rules.limits[0].key, rules.limits[0].value) == (
        "mine",
        "peak_export_mw_max",
        200.0,
    )
    assert rules.validity() == "2026-03-01 to further notice"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('document = "letter of the grid company"\n', "", "document is missing: the text that"),
        ("date = 2026-03-01\nvalid_from", "valid_from", "date is missing: day of the text"),
        ('source = "assumed"', 'sorce = "assumed"', "sorce is no key here; did you mean source?"),
        ('"max"', '"mx"', 'limits.1.sense = "mx": must be "min" or "max"; did you mean max?'),
        ("value = 200", "value = -3", "limits.1.value = -3: must be at least 0"),
        ("value = 200", "value = inf", "limits.1.value = inf: must be a finite number"),
        ("value = 200", "", "limits.1.value is missing: limit, in the unit of the figure"),
        ("valid_from = 2026-03-01", 'valid_from = "2026-03-01"', "valid_from"),
        ("[[limits]]", "[limits]", "limits"),
        (
            "valid_from = 2026-03-01",
            "valid_from = 2026-03-01\nvalid_until = 2025-01-01",
            "valid_until = 2025-01-01 is before valid_from = 2026-03-01",
        ),
        (
            "valid_from = 2026-03-01",
            'valid_from = 2026-03-01\nregion = "xinjang"',
            "did you mean xinjiang? (regions: china, xinjiang)",
        ),
        (
            '"peak_export_mw"\nsense = "max"\nvalue = 200',
            '"export_rate"\nsense = "max"\nvalue = 20',
            "value = 20 of export_rate must be at most 1; did you mean 0.20 (a share, not percent)",
        ),
        (
            "value = 200",
            "value = 200\nnew_projects = [{ from = 2031-01-01, value = 1 }, "
            "{ from = 2030-01-01, value = 2 }]",
            "new_projects must be in the order of their days",
        ),
        ("value = 200", "value = 200 MW", "rule mine.toml: "),
        ('source = "assumed"', 'source = "assumed"\nname = "x"', "name is no key here"),
    ],
)
def test_a_faulty_file_is_refused_with_its_key(read, old, new, words):
    with pytest.raises(ScenarioError) as error:
        read(old, new)
    assert words in str(error.value)
    assert all(line.startswith("rule mine.toml: ") for line in error.value.problems)


def test_a_figure_is_limited_once_each_way(read):
    other = '[[limits]]\nfigure = "peak_export_mw"\nsense = "{}"\nvalue = 3\n'
    assert len(read(added=other.format("min")).limits) == 2
    with pytest.raises(ScenarioError, match="limits has peak_export_mw_max twice"):
        read(added=other.format("max"))


def test_settings_are_written_as_they_are_read(read):
    settings = PolicySettings(
        rules=["storage_share", read(), "other.toml"], limits={"lolh_h_max": 3}
    )
    plain = json.loads(settings.model_dump_json())
    assert plain["rules"] == ["storage_share", "mine", "other.toml"]
    assert tomllib.loads("project_date = 2026-03-01")["project_date"] == dt.date(2026, 3, 1)
    dated = PolicySettings(rules=["storage_share"], project_date=dt.date(2026, 3, 1))
    assert dated.project_date == "2026-03-01"


def test_two_sets_of_one_name_are_refused(read):
    with pytest.raises(ScenarioError, match="rules has mine twice"):
        PolicySettings(rules=[read(), read()])
    assert isinstance(PolicySettings(rules=[read()]).sets()[0], RuleSet)


@pytest.mark.parametrize(
    ("place", "region"),
    [((47.4, 85.9), {"china", "xinjiang"}), ((37.5, 102.7), {"china"}), ((52.5, 13.4), set())],
)
def test_a_region_is_a_box(place, region):
    assert {name for name in REGIONS.names if REGIONS.load(name).holds(*place)} == region
