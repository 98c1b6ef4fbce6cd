"""A run is judged by rules: value, limit, margin; notices on dates and places; enforcing them."""

import datetime as dt

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.settings.policy import PolicySettings
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.run.money.rules import RATIOS, Sizes, binding, with_ratios

BOX = ae.Site(latitude=47.4, longitude=85.9, elevation_m=900)


def portfolio(rules=(), *, year=2026, sites=None, **policy):
    """Four hours a day of 30 MW of wind against a load of 10 MW, and a battery."""
    timeline = ae.Timeline.of_year(year)
    wind = np.where(timeline.hour < 4.0, 30.0, 6.0)
    settings = PolicySettings(rules=list(rules), **policy) if rules or policy else None
    return ae.Portfolio(
        timeline=timeline,
        sites={"here": BOX} if sites is None else sites,
        wind={"farm": ae.WindFarm(capacity_mw=30, profile=wind / 30.0)},
        battery={"b": ae.Battery(charge_mw=3, discharge_mw=3, energy_mwh=6, min_level=0.1)},
        load={"mine": ae.Load(profile=10.0)},
        grid=ae.Grid(import_limit_mw=20, export_limit_mw=20),
        policy=settings,
    )


def said(run):
    return [text.removeprefix("policy: ") for text in run.notices if text.startswith("policy: ")]


@pytest.fixture(scope="module")
def judged():
    return portfolio(
        ["green_direct_650", "storage_share"], limits={"curtailment_rate_max": 0.5}
    ).run()


def test_a_verdict_is_the_figure_beside_its_limit(judged):
    figures = judged.kpis["kpis"]
    for name, entry in judged.kpis["policy"].items():
        if entry["figure"] in figures:
            assert entry["value"] == figures[entry["figure"]], name
        sign = 1.0 if entry["sense"] == "max" else -1.0
        assert entry["margin"] == sign * (entry["limit"] - entry["value"]), name
        assert entry["met"] == (entry["margin"] >= 0.0), name
    assert list(judged.kpis["policy"]) == [
        "green_direct_650.self_consumption_rate_min",
        "green_direct_650.self_supply_rate_min",
        "green_direct_650.export_rate_max",
        "storage_share.storage_power_share_min",
        "storage_share.storage_share_hours_min",
        "own.curtailment_rate_max",
    ]


def test_a_storage_share_is_that_of_the_capacities(judged):
    found = {key.rpartition(".")[2]: entry for key, entry in judged.kpis["policy"].items()}
    assert found["storage_power_share_min"]["value"] == pytest.approx(3.0 / 30.0)
    assert found["storage_share_hours_min"]["value"] == pytest.approx(0.9 * 6.0 / 30.0)
    assert found["storage_power_share_min"]["met"]
    assert not found["storage_share_hours_min"]["met"]


def test_a_verdict_carries_its_text_and_day(judged):
    entry = judged.kpis["policy"]["green_direct_650.export_rate_max"]
    assert (entry["date"], entry["valid_from"], entry["valid_until"]) == (
        "2025-05-21",
        "2025-05-21",
        None,
    )
    assert "650" in entry["document"]
    assert entry["source"].startswith("https://")
    assert "Hunan" in entry["source"]
    assert entry["in_force"] is True
    assert judged.kpis["policy"]["storage_share.storage_power_share_min"]["in_force"] is False
    assert set(judged.kpis["policy"]["own.curtailment_rate_max"]) == {
        "value", "limit", "met", "margin", "figure", "sense",
    }  # fmt: skip


def test_without_a_table_there_is_no_verdict():
    run = portfolio(limits={"export_rate_max": 1}).with_(policy=None).run()
    assert run.policy is None
    assert run.kpis["policy"] == {}
    assert said(run) == []


@pytest.mark.parametrize(
    ("rules", "year", "words"),
    [
        (
            "green_direct_650",
            2023,
            "is in force from 2025-05-21 to further notice; the period 2023",
        ),
        (
            "green_direct_650",
            2025,
            "the period 2025-01-01 00:00 to 2026-01-01 00:00 (UTC+8) is not",
        ),
        ("utilisation_target", 2028, "is in force from 2024-06-04 to 2027-12-31; the period 2028"),
        ("storage_share", 2030, "is no longer a precondition"),
        ("storage_share", 2021, "a project of 2021-01-01 is not within"),
    ],
)
def test_rules_that_are_not_in_force_are_noticed_and_judged_all_the_same(rules, year, words):
    run = portfolio([rules], year=year).run()
    assert any(words in text for text in said(run)), said(run)
    assert all(not entry["in_force"] for entry in run.kpis["policy"].values())


def test_storage_is_judged_by_the_day_of_the_project():
    run = portfolio(["storage_share"], year=2030, project_date="2023-12-08").run()
    assert all(entry["in_force"] for entry in run.kpis["policy"].values())
    assert said(run) == ["storage_share is for projects in Xinjiang; no plant has a site, so that "
                         "its place was not checked"]  # fmt: skip


def test_a_limit_of_new_projects_is_noticed_where_the_day_is_not_given():
    text = "green_direct_650.self_supply_rate_min = 0.35: the project counts as new on 2030-01-01"
    assert any(text in found for found in said(portfolio(["green_direct_650"], year=2030).run()))
    older = portfolio(["green_direct_650"], year=2030, project_date="2029-12-31").run()
    assert not any("counts as new" in found for found in said(older))


def at(latitude, longitude):
    site = ae.Site(latitude=latitude, longitude=longitude, elevation_m=900)
    found = portfolio(["xinjiang_feed_in_2026"])
    load = {"mine": ae.Load(sector="mining", annual_mwh=50_000, site="here")}
    return found.with_(sites={"here": site}, load=load)


def test_a_rule_of_another_province_is_refused():
    assert at(47.4, 85.9).policy is not None
    with pytest.raises(ScenarioError, match=r"is for projects in Xinjiang .*site here .* outside"):
        at(37.5, 102.7)  # Gansu


def test_a_national_rule_says_that_xinjiang_allows_no_feed_in():
    found = at(47.4, 85.9)
    alone = found.with_(policy=PolicySettings(rules=["green_direct_650"]))
    text = "in Xinjiang xinjiang_feed_in_2026 is in force from 2026-01-16 on: name it in rules"
    assert any(text in notice for notice in said(alone.run()))
    both = PolicySettings(rules=["green_direct_650", "xinjiang_feed_in_2026"])
    assert not any(text in notice for notice in said(found.with_(policy=both).run()))


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"limits": {"export_rat_max": 0.1}}, "policy.limits.export_rat_max: .*mean export_rate?"),
        ({"limits": {"storage_share_hour_min": 1}}, "did you mean storage_share_hours"),
    ],
)
def test_a_figure_that_there_is_not_is_named(policy, words):
    with pytest.raises(ScenarioError, match=words):
        portfolio(**policy)


def test_a_verdict_alone_changes_no_dispatch(judged):
    plain = portfolio(limits={"export_rate_max": 1}).with_(policy=None).run()
    assert plain.kpis["kpis"] == judged.kpis["kpis"]


def test_enforcing_a_feed_in_of_0_closes_the_export_by_every_method():
    free = portfolio(["xinjiang_feed_in_2026"]).run()
    assert free.kpis["kpis"]["export_mwh"] > 0.0
    closed = portfolio(["xinjiang_feed_in_2026"], enforce=True).run()
    figures = closed.kpis["kpis"]
    assert figures["export_mwh"] == 0.0
    assert closed.kpis["policy"]["xinjiang_feed_in_2026.export_rate_max"]["met"]
    rate = figures["curtailed_mwh"] / figures["available_mwh"]
    assert (
        f"with feed-in at 0 as xinjiang_feed_in_2026 asks, {100 * rate:.1f} % of the available "
        "energy is curtailed"
    ) in said(closed)


def test_enforcing_a_rule_binds_the_optimum():
    week = ae.Timeline(ae.Timeline.of_year(2026).start, 168)
    farm = ae.WindFarm(capacity_mw=30, profile=np.where(week.hour < 4.0, 1.0, 0.2))
    base = portfolio(["green_direct_650"]).with_(timeline=week, wind={"farm": farm})
    optimal = base.dispatch.with_(method="optimal")
    free = base.with_(dispatch=optimal).run()
    assert not free.kpis["policy"]["green_direct_650.export_rate_max"]["met"]
    bound = base.with_(dispatch=optimal, policy=base.policy.with_(enforce=True)).run()
    assert bound.kpis["policy"]["green_direct_650.export_rate_max"]["met"]
    assert bound.kpis["kpis"]["export_rate"] == pytest.approx(0.20, abs=1e-6)
    assert any("binds the dispatch as dispatch.export_rate_max = 0.2" in t for t in said(bound))
    assert any("self_supply_rate_min has no key in [dispatch]" in text for text in said(bound))


def test_what_cannot_be_enforced_names_the_rule_and_the_way_out():
    week = ae.Timeline(ae.Timeline.of_year(2026).start, 168)
    farm = ae.WindFarm(capacity_mw=90, profile=np.where(week.hour < 4.0, 1.0, 0.2))
    base = portfolio(["green_direct_650"], enforce=True).with_(timeline=week, wind={"farm": farm})
    with pytest.raises(NoSolutionError) as error:
        base.with_(dispatch=base.dispatch.with_(method="optimal")).run()
    said = str(error.value)
    assert "dispatch.self_consumption_rate_min = 0.6 cannot be kept" in said
    assert "policy.enforce = true binds green_direct_650.self_consumption_rate_min, " in said


def test_a_file_that_was_not_read_is_no_rule():
    with pytest.raises(ScenarioError, match=r"mine.toml was not read"):
        portfolio(["mine.toml"])


def test_of_two_limits_the_tighter_one_binds():
    asked = tuple(portfolio(["green_direct_650"], enforce=True).enforced)
    given = ae.DispatchSettings(export_rate_max=0.1, self_consumption_rate_min=0.5)
    bound = binding(given, asked)
    assert (bound.export_rate_max, bound.self_consumption_rate_min) == (0.1, 0.6)
    assert binding(given, ()) is given


def test_ratios_are_of_many_portfolios_at_once():
    sizes = Sizes(np.array([100.0, 0.0]), np.array([10.0, 10.0]), np.array([25.0, 5.0]))
    found = with_ratios({}, sizes)
    np.testing.assert_allclose(found["storage_power_share"], [0.10, 0.0])
    np.testing.assert_allclose(found["storage_share_hours"], [0.25, 0.0])
    assert set(found) == set(RATIOS)


def test_the_day_of_a_project_is_that_of_the_period_unless_it_is_given():
    settings = PolicySettings(rules=["storage_share"])
    assert settings.project_day(dt.date(2030, 7, 1)) == dt.date(2030, 7, 1)
