"""Tables of rules on the screen and in the report, in both languages, and text of one's own."""

import copy
import io

import numpy as np
import pytest
from rich.console import Console

import altay_energy as ae
from altay_energy.components.settings.rule_set import RULES
from altay_energy.report.pages.html import write_report
from altay_energy.report.pages.rules import amount_text, change_table, rule_groups, rule_table
from altay_energy.report.text import words
from altay_energy.study.rules import rule_study

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def study():
    week = ae.Timeline(ae.Timeline.of_year(2026).start, 48)
    text = RULES.load("storage_share").model_copy(update={"title": EVIL, "name": "mine"})
    return rule_study(
        ae.Portfolio(
            timeline=week,
            name="two-days",
            wind={"farm": ae.WindFarm(capacity_mw=30, profile=np.where(week.hour < 4, 1.0, 0.2))},
            battery={"b": ae.Battery(charge_mw=1, discharge_mw=1, energy_mwh=2)},
            load={"mine": ae.Load(profile=10.0)},
            grid=ae.Grid(import_limit_mw=40, export_limit_mw=20),
            policy=ae.PolicySettings(
                rules=["green_direct_650", text], limits={"curtailment_rate_max": 0.1}
            ),
        )
    )


def printed(table, width=120):
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(table)
    return " ".join(out.getvalue().split())


def test_the_table_has_value_limit_answer_and_margin(study):
    shown = printed(rule_table(study.run.kpis))
    assert "Green direct supply, one user · 发改能源〔2025〕650号 · 2025-05-21 Self-consum" in shown
    assert "Self-supply rate 67.5 % ≥ 30.0 % yes 37.5 points" in shown
    assert (
        "not in force in this period Storage power / wind and solar capacity 3.33 % ≥ 10.0 %"
        in shown
    )
    assert "Limits of this scenario Curtailment rate 0 % ≤ 10.0 % yes 10.0 points" in shown
    chinese = printed(rule_table(study.run.kpis, "zh"))
    assert "绿电直连（单一用户）" in chinese
    assert "储能电量与风光装机之比" in chinese
    assert "本期未生效" in chinese


def test_a_run_without_rules_has_no_table(study):
    assert rule_table({**study.run.kpis, "policy": {}}) is None
    assert change_table({**study.document(), "findings": []}) is None


def test_the_table_of_changes_names_keys_values_and_what_else_changes(study):
    shown = printed(change_table(study.document()))
    assert "battery.b.energy_mwh (with discharge_mw, charge_mw) 2 MWh 6 MWh +200.0 %" in shown
    assert "Export rate ≤ 20.0 % · Green direct supply, one user" in shown
    assert "no longer met: Curtailment rate ≤ 10.0 %" in shown
    assert "load.mine.profile 10 MW" in shown


def test_no_change_and_a_window_are_said(study):
    document = copy.deepcopy(study.document())
    finding = document["findings"][0]
    finding["changes"][0]["met_up_to"] = 500.0
    assert "met only up to 500 M" in printed(change_table(document), width=200)
    finding["best"], finding["changes"] = finding["changes"][0], []
    shown = printed(change_table(document), width=200)
    assert "no single change meets it; closest: " in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_holds_the_rules_and_believes_no_title(study, tmp_path, language):
    run = study.run
    page = write_report(tmp_path / "r.html", run.kpis, run.hourly, [], language=language)
    text = page.read_text(encoding="utf-8")
    assert words(language)("policy", "rules") in text
    assert EVIL not in text
    if language == "en":
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_every_limit_is_in_one_group(study):
    groups = rule_groups(study.run.kpis["policy"], words("en"))
    assert [len(rows) for _, rows in groups] == [3, 2, 1]


@pytest.mark.parametrize(
    ("figure", "value", "shown"),
    [
        ("export_rate", 0.2, "20.0 %"),
        ("unserved_mwh", 12_000.0, "12 GWh"),
        ("peak_export_mw", 200.0, "200 MW"),
        ("lolh_h", 3.0, "3 h"),
        ("storage_share_hours", 0.2, "0.200 h"),
        ("emissions_t", 5.0, "5 t"),
    ],
)
def test_an_amount_has_the_unit_of_its_figure(figure, value, shown):
    assert amount_text(figure, value, words("en")) == shown
