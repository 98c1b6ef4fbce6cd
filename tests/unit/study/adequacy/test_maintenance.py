"""Planned maintenance that the program places: where the reserve is largest."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import altay_energy as ae
from altay_energy.cli.parser import main
from altay_energy.components.settings.adequacy import AdequacySettings, Outages
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.study.adequacy.adequacy import adequacy_document, adequacy_of, adequacy_rows
from altay_energy.study.adequacy.maintenance import (
    Unit,
    effective_capacity,
    effective_load,
    placed,
    placed_days,
    placed_units,
    risk_slope,
)
from altay_energy.study.adequacy.outages import Histories
from altay_energy.study.ensemble.ensemble import Shared

YEAR = Timeline.of_year(2030)
MEANS = {"mean_time_to_fail_h": 540.0, "mean_time_to_repair_h": 60.0}
WINTER = 85.0 + 25.0 * np.cos(2.0 * np.pi * np.arange(8760) / 8760.0)  # peak at New Year


def portfolio(load_mw=WINTER, **more):
    return ae.Portfolio(
        timeline=YEAR,
        name="winter",
        thermal={
            "a": ae.ThermalPlant(capacity_mw=80.0, fuel_cost_cny_mwh=300.0),
            "b": ae.ThermalPlant(capacity_mw=60.0, fuel_cost_cny_mwh=300.0),
        },
        load={"l": ae.Load(profile=load_mw)},
        **more,
    )


def tables(days=28):
    return {
        "thermal.a": Outages(units=4, maintenance_days=days, **MEANS),
        "thermal.b": Outages(units=2, maintenance_days=days, **MEANS),
    }


def numbers(days):
    """Days of the year, from 0, of (first, last) by plant."""
    first = np.datetime64("2030-01-01")
    return [
        np.arange(*(int((np.datetime64(one) - first).astype(int)) for one in pair))
        for pairs in days.values()
        for pair in pairs
    ]


def test_maintenance_is_in_summer_and_never_twice_at_once():
    found = placed(portfolio(), AdequacySettings(outages=tables()))
    days = placed_days(found)
    assert {name: len(pairs) for name, pairs in days.items()} == {"thermal.a": 4, "thermal.b": 2}
    taken = np.concatenate(numbers(days))
    assert taken.size == np.unique(taken).size
    assert taken.min() > 60
    assert taken.max() < 305
    assert found == placed(portfolio(), AdequacySettings(outages=tables()))
    # the larger units, which carry more, have the days of the least load
    middle = {name: np.concatenate(numbers({name: pairs})) for name, pairs in days.items()}
    assert abs(middle["thermal.b"].mean() - 182.0) < abs(middle["thermal.a"] - 182.0).max()


def test_maintenance_on_days_is_kept_free():
    settings = AdequacySettings(
        outages={
            "thermal.a": Outages(units=4, maintenance_days=20, **MEANS),
            "thermal.b": Outages(
                units=2,
                maintenance={"m": {"first_day": "2030-06-25", "last_day": "2030-07-10"}},
            ),
        }
    )
    taken = np.concatenate(numbers(placed_days(placed(portfolio(), settings))))
    assert taken.size == np.unique(taken).size
    assert not np.isin(taken, np.arange(175, 191)).any()


def test_the_worst_placement_loses_more():
    """Hours lost by the placement are below those of any other month for all units."""
    asked = portfolio()
    automatic = AdequacySettings(draws=1, outages=tables())

    def lost(outages):
        adequacy = adequacy_of(Shared((asked,)), range(1, 17), outages, {})
        return np.mean([row["lolh_h"] for row in adequacy_rows(adequacy, list(adequacy.jobs))])

    month = {"first_day": "2030-01-01", "last_day": "2030-01-28"}
    worst = {
        name: Outages(units=table.units, maintenance={"m": {**month, "units": 1}}, **MEANS)
        for name, table in tables().items()
    }
    assert lost(automatic) < 0.8 * lost(AdequacySettings(draws=1, outages=worst))


def brute(units, load, out):
    """Least number of units out at once over all placements."""
    if not units:
        return out.max()
    return min(
        brute(
            units[1:],
            load,
            out + (np.arange(out.size) >= k) * (np.arange(out.size) < k + units[0]),
        )
        for k in range(out.size - units[0] + 1)
    )


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.lists(st.floats(0.0, 50.0), min_size=6, max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_no_more_units_are_out_at_once_than_must_be(lengths, load):
    load, free = np.array(load), np.zeros(len(load))
    units = [Unit("a", days, np.full(load.size, 10.0)) for days in lengths]
    begins = placed_units(units, load, free)
    out = np.zeros(load.size)
    for days, begin in zip(lengths, begins, strict=True):
        out[begin : begin + days] += 1
    assert out.size == load.size
    assert out.max() == brute(lengths, load, free)


@given(st.integers(0, 11), st.integers(1, 4))
def test_a_single_unit_is_never_out_on_the_peak_day(peak, days):
    load = np.full(12, 50.0)
    load[peak] = 51.0
    (begin,) = placed_units([Unit("a", days, np.full(12, 10.0))], load, np.zeros(12))
    assert not begin <= peak < begin + days


def test_formulas_of_garver():
    # C - m ln(1 - r + r exp(C / m)) by hand: C = 100, r = 0.1, m = 50
    by_hand = 100.0 - 50.0 * np.log(0.9 + 0.1 * np.exp(2.0))
    assert effective_capacity(np.array([100.0]), 0.1, 50.0)[0] == pytest.approx(by_hand)
    assert effective_capacity(np.array([100.0]), 0.0, 50.0)[0] == 100.0
    days = replace(YEAR, steps=48)
    load = np.r_[np.full(24, 80.0), np.full(12, 60.0), np.full(12, 100.0)]
    found = effective_load(load, 20.0, days)
    assert found[0] == pytest.approx(80.0)
    assert found[1] == pytest.approx(20.0 * np.log(0.5 * (np.exp(3.0) + np.exp(5.0))))


def test_the_slope_is_that_of_the_capacity_outage_table():
    many = {"a": Outages(units=200, **MEANS)}
    found = risk_slope(many, {"a": 200}, {"a": np.full(3, 1.0)}, 100.0)
    # nearly normal: mean 20 MW, standard deviation 4.24 MW; from 1.28 to 3.09 deviations
    assert found == pytest.approx((3.09 - 1.28) * np.sqrt(18.0) / np.log(100.0), rel=0.1)
    none = {"a": Outages(maintenance_days=3)}
    assert risk_slope(none, {"a": 1}, {"a": np.full(3, 1.0)}, 100.0) == 1.0


def test_maintenance_that_is_not_placed_is_no_history():
    with pytest.raises(ValueError, match=r"thermal\.a is not placed"):
        Histories.of({"thermal.a": tables()["thermal.a"]}, portfolio().components(), YEAR, 1)


def test_the_document_names_the_days():
    adequacy = adequacy_of(Shared((portfolio(),)), [1], AdequacySettings(outages=tables()), {})
    rows = adequacy_rows(adequacy, [adequacy.jobs[0]])
    columns = {name: np.full(len(adequacy.jobs), value) for name, value in rows[0].items()}
    found = adequacy_document(adequacy, columns)["plan"]["maintenance_placed"]
    assert [len(found[name]) for name in ("thermal.a", "thermal.b")] == [4, 2]
    assert all(first < last for pairs in found.values() for first, last in pairs)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"maintenance_days": -3}, "greater than or equal to 1"),
        ({"maintenance_days": 0}, "greater than or equal to 1"),
        ({"maintenance_days": 366}, "366 days do not fit into the 365 days of the period"),
        ({"maintenance_days": 2.5}, "integer"),
        (
            {
                "maintenance_days": 3,
                "maintenance": {"a": {"first_day": "2030-02-01", "last_day": "2030-02-03"}},
            },
            "give one of them",
        ),
    ],
)
def test_lengths_that_cannot_be(table, message):
    def asked():
        settings = AdequacySettings.model_validate({"outages": {"thermal.a": table}})
        return portfolio().with_(adequacy=settings)

    with pytest.raises((ScenarioError, ValueError), match=message):
        asked()


SCENARIO = """
schema_version = 1
name = "plan"
time = { start = "2030-01-07T00:00", hours = 480 }
dispatch = { method = "rules" }
[thermal.t]
capacity_mw = 60
fuel_cost_cny_mwh = 400
[load.l]
sector = "mining"
annual_mwh = 400000
[grid]
import_limit_mw = 60
import_price_cny_mwh = 300
[adequacy.outages."thermal.t"]
units = 2
maintenance_days = 3
"""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_explain_and_results_show_the_days(tmp_path, monkeypatch, capsys, language):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(SCENARIO, encoding="utf-8")
    assert main(["explain", "s.toml", "--language", language]) == 0
    said = capsys.readouterr().out
    title = {"en": "Maintenance placed by the program", "zh": "程序安排的计划检修"}[language]
    assert title in said
    assert said.count("2030-01-") >= 4
    words = ["adequacy", "s.toml", "--years", "1", "--no-charts", "-o", "out"]
    assert main([*words, "--language", language]) == 0
    assert title in capsys.readouterr().out
