"""Members of an ensemble: what the file may hold, and every problem of it at once."""

from __future__ import annotations

import pytest

from altay_energy.core.errors import ScenarioError
from altay_energy.study.ensemble.members import Member, member_portfolios, read_members


@pytest.fixture
def members_file(tmp_path):
    def write(text: str):
        path = tmp_path / "members.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_members(path)
    return str(caught.value)


def test_members_have_a_name_a_weight_and_values(members_file):
    found = read_members(members_file("name,weight,grid.export_limit_mw\nlow,1,20\nhigh,2.5,80\n"))
    assert found == (
        Member("low", 1.0, {"grid.export_limit_mw": "20"}),
        Member("high", 2.5, {"grid.export_limit_mw": "80"}),
    )
    (alone,) = read_members(members_file("name,grid.export_limit_mw\nlow,20\n"))
    assert alone.weight == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("weight,grid.export_limit_mw\n1,20\n", "has no column 'name'"),
        ("name,weight\na,1\n", "has no column with a key of the scenario"),
        ("name,grid.x,grid.x\na,1,2\n", "has columns more than once: grid.x"),
        ("name,grid.x\n", "there is a header but no row below it"),
        ("name,grid.x\na,1,2\n", "line 2 has 3 cells, the header 2"),
        ("name,grid.x\n ,1\n", "line 2: the member has no name"),
        ("", "is empty"),
    ],
)
def test_a_file_that_holds_no_members(members_file, text, words):
    assert words in problems(members_file(text))


def test_all_problems_of_the_rows_come_at_once(members_file):
    text = "name,weight,grid.export_limit_mw\na,0,20\nb,-1,nan\na,nan,\nc,inf,5\nd,x,7\n"
    found = problems(members_file(text)).splitlines()
    assert [line for line in found if "weight =" in line] == [
        f"members.csv: line {line}: weight = {cell}: must be a number above 0; to leave a member "
        "out, remove its row"
        for line, cell in ((2, "0"), (3, "-1"), (4, "nan"), (5, "inf"), (6, "x"))
    ]
    assert "members.csv: lines 2, 4: 2 members are called 'a'; give each a name of its own" in found
    assert sum("grid.export_limit_mw = n" in line and "has no value" in line for line in found) == 2


def test_a_file_that_is_not_there(tmp_path):
    assert "absent.csv" in problems(tmp_path / "absent.csv")


def test_every_member_is_the_scenario_with_its_values(scenario_file):
    members = [Member("a", 1.0, {"grid.export_limit_mw": "20"}), Member("b", 1.0, {})]
    small, plain = member_portfolios(members, scenario_file(""), ["wind.farm.capacity_mw=60"])
    assert small.grid.export_limit_mw.values == 20.0
    assert plain.grid.export_limit_mw.values == 50.0
    assert small.wind["farm"].capacity_mw == 60.0


def test_all_keys_that_are_wrong_are_named_with_their_members(scenario_file):
    members = [
        Member(name, 1.0, {"grid.exprt_limit_mw": "20", "wind.farm.capacity_mw": wind})
        for name, wind in (("a", "60"), ("b", "-1"), ("c", "sixty"))
    ]
    with pytest.raises(ScenarioError) as caught:
        member_portfolios(members, scenario_file(""), file="members.csv")
    found = str(caught.value).splitlines()
    assert len(found) == 3
    assert found[0].startswith("members.csv: member a, b, c: grid.exprt_limit_mw is no key here")
    assert "did you mean export_limit_mw?" in found[0]
    assert found[1] == "members.csv: member b: wind.farm.capacity_mw = -1: must be at least 0 [MW]"
    assert "member c: wind.farm.capacity_mw" in found[2]


def test_a_series_of_another_length_and_another_period_are_refused(scenario_file, tmp_path):
    rows = "\n".join(f"2030-01-01T{hour:02d}:00+08:00,20" for hour in range(24))
    (tmp_path / "short.csv").write_text(f"time,mw\n{rows}\n")
    series = '{ file = "short.csv", column = "mw", stamp = "begin" }'
    members = [
        Member("plain", 1.0, {"grid.export_limit_mw": "20"}),
        Member("short", 1.0, {"grid.export_limit_mw": series}),
        Member("longer", 1.0, {"time.hours": "72"}),
    ]
    with pytest.raises(ScenarioError) as caught:
        member_portfolios(members, scenario_file(""), file="members.csv")
    short, longer = str(caught.value).splitlines()
    assert short.startswith("members.csv: member short: grid.export_limit_mw: short.csv")
    assert "all members need one period" in longer
