"""Scenarios side by side: what differs in their input and in their figures."""

from __future__ import annotations

import pytest

import altay_energy as ae
from altay_energy.study.compare import base_first, labels


@pytest.fixture
def three(repository):
    folder = repository / "scenarios"
    names = ("burqin-2030-battery", "burqin-2030-no-storage", "burqin-2030")
    return [ae.load(folder / f"{name}.toml") for name in names]


def test_the_scenario_that_the_others_extend_comes_first(three):
    assert [s.name for s in base_first(three)] == [
        "burqin-2030",
        "burqin-2030-battery",
        "burqin-2030-no-storage",
    ]


def test_without_a_common_parent_the_order_stays(repository):
    folder = repository / "scenarios"
    given = [ae.load(folder / f"{name}.toml") for name in ("ski-resort", "green-mine")]
    assert base_first(given) == given


def test_only_what_differs_is_listed_and_deltas_refer_to_the_first(three):
    found = ae.compare(base_first(three))
    assert found.inputs["pumped_storage.burqin.unit_mw"] == (350.0, None, None)
    assert found.inputs["battery.burqin.energy_mwh"] == (None, 5600.0, None)
    assert "wind.burqin_base.capacity_mw" not in found.inputs
    assert "title" not in found.inputs
    assert found.kpis["charge_mwh"][2] == 0
    for name, values in found.kpis.items():
        assert found.deltas[name] == tuple(v - values[0] for v in values)


def test_one_scenario_alone_cannot_be_compared(three):
    with pytest.raises(ae.ScenarioError, match="at least two scenarios"):
        ae.compare(three[:1])


def test_scenarios_of_one_name_are_distinguished(repository):
    path = repository / "scenarios" / "herder-station.toml"
    twice = [ae.load(path), ae.load(path, {"solar.roof.capacity_mw": 0.02})]
    assert labels(twice) == ("herder-station (1)", "herder-station (2)")
    assert ae.compare(twice).inputs == {"solar.roof.capacity_mw": (0.012, 0.02)}
