"""Weather years × members give what each run gives alone, and one that fails stops no other."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.settings.adequacy import AdequacySettings
from altay_energy.core.errors import ScenarioError
from altay_energy.run.methods import dispatched
from altay_energy.study.ensemble.ensemble import Ensemble, ensemble_of, ensemble_rows
from altay_energy.study.ensemble.members import UNCHANGED, Member
from altay_energy.study.ensemble.worst import Asked
from altay_energy.study.runner.jobs import Failure, attempt
from altay_energy.study.runner.results import of_months
from altay_energy.study.runner.rows import rows_of
from altay_energy.weather.climate.model.warming import Warming

MEMBERS = (Member("small"), Member("large", 3.0))


def columns_of_runs(ensemble: Ensemble) -> dict[str, np.ndarray]:
    study = ensemble.study()
    rows = [
        row
        for numbers in study.batches()
        for row in attempt(study.work, study.shared, study.of(numbers))
    ]
    assert len(rows) == len(study.jobs)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


@pytest.fixture(scope="module")
def portfolios(valley) -> list[ae.Portfolio]:
    """January in the valley with two connections, without rivers: quick."""
    january = ae.Timeline(valley.timeline.start, 31 * 24)
    plain = valley.with_(river={}, hydro={}, timeline=january)
    grid = plain.grid
    return [plain.with_(grid=grid.with_(export_limit_mw=limit)) for limit in (0.0, 30.0)]


@pytest.fixture(scope="module")
def ensemble(portfolios) -> Ensemble:
    return ensemble_of(portfolios, MEMBERS, 3)


@pytest.fixture(scope="module")
def columns(ensemble) -> dict[str, np.ndarray]:
    return columns_of_runs(ensemble)


def test_every_run_is_that_of_its_year_and_member_alone(ensemble, portfolios, columns):
    assert len(ensemble.jobs) == 6
    for job in ensemble.jobs:
        portfolio = portfolios[job.number % 2]
        seed = int(job.values["seed"])
        alone = portfolio.with_(weather=replace(portfolio.weather, seed=seed))
        (row,) = rows_of(alone.run())
        for key, value in row.items():
            assert columns[key][job.number] == pytest.approx(value, rel=1e-12, abs=1e-9), key


def test_jobs_are_named_by_year_and_member(ensemble, portfolios):
    assert [job.name for job in ensemble.jobs[:3]] == [
        "seed 1, member small",
        "seed 1, member large",
        "seed 2, member small",
    ]
    assert dict(ensemble.jobs[5].values) == {"seed": 3, "member": "large", "weight": 3.0}
    assert dict(ensemble_of(portfolios[:1], years=2).jobs[1].values) == {"seed": 2}
    with pytest.raises(IndexError):
        ensemble.jobs[6]


def test_rows_do_not_depend_on_how_the_years_are_put_together(ensemble, columns):
    jobs = list(ensemble.jobs)
    for part in (jobs[3:4], jobs[1:5]):
        rows = ensemble_rows(ensemble.shared, part)
        for job, row in zip(part, rows, strict=True):
            assert row["curtailed_mwh"] == columns["curtailed_mwh"][job.number]


def test_a_member_with_other_plants_gets_its_own_power(portfolios):
    wind = portfolios[0].wind["farm"].with_(capacity_mw=50.0)
    half = portfolios[0].with_(wind={"farm": wind})
    found = columns_of_runs(ensemble_of([portfolios[0], half], MEMBERS, 1))
    whole, part = found["wind.farm.available_mwh"]
    assert part == pytest.approx(whole / 2.0)
    assert found["solar.park.available_mwh"][0] == found["solar.park.available_mwh"][1]


def test_a_member_with_another_climate_gets_its_own_weather(portfolios):
    warm = Warming("by hand", (2.0,) * 12, "assumed")
    climate = replace(portfolios[0].weather, warming=warm)
    found = columns_of_runs(
        ensemble_of([portfolios[0], portfolios[0].with_(weather=climate)], MEMBERS, 1)
    )
    assert found["available_mwh"][0] != found["available_mwh"][1]


@pytest.mark.parametrize("years", [1, 2])
def test_members_with_a_station_in_one_dispatch_are_those_run_alone(portfolios, years, monkeypatch):
    """Members differ in limits, load, a station that cannot join, and outages of plants."""
    basin = {"live_volume_m3": 5900000.0}
    station = ae.PumpedStorage.model_validate(
        {
            "units": 4,
            "unit_mw": 25.0,
            "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
            "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
        }
    )
    base = portfolios[1].with_(
        timeline=ae.Timeline(portfolios[1].timeline.start, 48), pumped_storage={"p": station}
    )
    failing = {"mean_time_to_fail_h": 20.0, "mean_time_to_repair_h": 20.0}
    some = [
        base,
        base.with_(grid=base.grid.with_(export_limit_mw=10.0)),
        base.with_(pumped_storage={"p": station.with_(units=2)}),
        base.with_(adequacy=AdequacySettings(outages={"wind.farm": failing})),
        base.with_(adequacy=AdequacySettings(outages={"pumped_storage.p": failing})),
        base.with_(dispatch=base.dispatch.with_(storage_serves="load_and_export")),
    ]
    members = tuple(Member(f"m{k}") for k in range(len(some)))
    whole = ensemble_of(some, members, years)
    shapes = []

    def seen(problem, settings):
        shapes.append(problem.shape)
        return dispatched(problem, settings)

    monkeypatch.setattr("altay_energy.study.together.dispatched", seen)
    together = ensemble_rows(whole.shared, list(whole.jobs))
    assert shapes == [(3 * years, 48)]  # the first, second and fourth member
    for number, job in enumerate(whole.jobs):
        own = [one for one in whole.jobs if one.values["member"] == job.values["member"]]
        alone = ensemble_rows(whole.shared, own)[number // len(some)]
        assert repr(dict(together[number])) == repr(dict(alone)), job.name  # NaN is NaN
    assert len({repr(dict(row)) for row in together[: len(some)]}) > 3


@pytest.mark.parametrize("method", ["optimal", "rolling"])
def test_other_methods_give_the_figures_of_each_run_alone(portfolios, method):
    settings = portfolios[0].dispatch.with_(method=method)
    week = ae.Timeline(portfolios[0].timeline.start, 96)
    portfolio = portfolios[1].with_(timeline=week, dispatch=settings)
    found = columns_of_runs(ensemble_of([portfolio], years=2))
    for k in (0, 1):
        alone = portfolio.with_(weather=replace(portfolio.weather, seed=k + 1)).run()
        cost = alone.kpis["operating_cost_cny"]
        assert found["operating_cost_cny"][k] == pytest.approx(cost, rel=1e-9)


def test_a_year_without_solution_fails_alone(portfolios):
    """Of two years, one cannot serve its load within the limit."""
    plain = portfolios[1]
    unserved = [
        plain.with_(
            weather=replace(plain.weather, seed=seed), grid=plain.grid.with_(import_limit_mw=20.0)
        )
        .run()
        .kpis["unserved_mwh"]
        for seed in (1, 2)
    ]
    assert abs(unserved[0] - unserved[1]) > 1.0
    settings = plain.dispatch.with_(unserved_max_mwh=float(np.mean(unserved)))
    limited = plain.with_(dispatch=settings, grid=plain.grid.with_(import_limit_mw=20.0))
    study = ensemble_of([limited], years=2).study()
    found = attempt(study.work, study.shared, study.of(range(2)))
    failed = int(np.argmax(unserved))
    assert isinstance(found[failed], Failure)
    assert found[1 - failed]["unserved_mwh"] == pytest.approx(min(unserved))


def test_outages_are_drawn_for_each_year_and_are_those_of_the_run_alone(valley):
    """Plants, storages, thermal power and connection, each as far as it is in service."""
    often = {"units": 2, "mean_time_to_fail_h": 200, "mean_time_to_repair_h": 40}
    tables = {name: often for name in ("wind.farm", "battery.shed", "grid", "thermal.plant")}
    adequacy = AdequacySettings.model_validate({"outages": tables})
    thermal = ae.ThermalPlant(capacity_mw=8.0, fuel_cost_cny_mwh=300.0)
    plain = valley.with_(river={}, hydro={}, thermal={"plant": thermal})
    grid = plain.grid.with_(import_limit_mw=20.0)
    portfolio = plain.with_(grid=grid, adequacy=adequacy)
    ensemble = ensemble_of([portfolio], years=2)
    found, sound = columns_of_runs(ensemble), columns_of_runs(ensemble_of([plain], years=2))
    share = found["wind.farm.available_mwh"] / sound["wind.farm.available_mwh"]
    assert np.all((share > 0.7) & (share < 0.95))  # 200 / 240 in the mean
    assert share[0] != share[1]
    again = ensemble.run_again(1)
    for key, value in again.kpis["kpis"].items():
        assert found[key][1] == pytest.approx(value, rel=1e-12, abs=1e-9), key
    limit = again.problem.import_limit_mw
    assert set(np.unique(limit)) == {0.0, 10.0, 20.0}
    committed = portfolio.with_(thermal={"plant": thermal.with_(units=2)})
    with pytest.raises(ScenarioError, match=r"leave units out of \[thermal.plant\]"):
        ensemble_of([committed], years=2).study()
    optimal = portfolio.with_(dispatch=portfolio.dispatch.with_(method="optimal"))
    document = ensemble_of([optimal], years=2).document(found)
    assert any("outages of [adequacy] are left out" in text for text in document["notices"])


def test_the_document_has_the_quantiles_of_the_stored_runs(ensemble, columns):
    document = ensemble.document(columns)
    json.dumps(document, allow_nan=False)
    assert document["plan"]["years"] == 3
    assert document["plan"]["members"] == ["small", "large"]
    assert set(document["quantiles"]) | set(of_months(columns)) == set(columns)
    values, weight = columns["curtailed_mwh"], np.tile([1.0, 3.0], 3)
    part = document["quantiles"]["curtailed_mwh"]
    expected = np.quantile(values, 0.9, weights=weight, method="inverted_cdf")
    assert part["p90"]["value"] == expected
    assert part["n"] == 6
    share = document["exceedance"]["share"]
    reached = dict(zip(share, document["exceedance"]["values"]["curtailed_mwh"], strict=True))
    assert reached[0.01] == values.max()
    assert reached[0.99] == values.min()


def test_the_worst_year_is_run_again_with_its_week_and_weather(ensemble, columns):
    asked = Asked.of("curtailed_mwh", columns)
    worst = ensemble.worst(columns, asked)
    assert worst.number == int(np.argmax(columns["curtailed_mwh"]))
    assert worst.run.kpis["curtailed_mwh"] == pytest.approx(worst.value, rel=1e-12)
    hourly = worst.hourly()
    lost = hourly["curtailed_mw"].sum("plant").to_numpy()
    days = lost.reshape(31, 24).sum(axis=1)
    weeks = np.convolve(days, np.ones(7), mode="valid")
    assert worst.week == (24 * int(np.argmax(weeks)), 24 * int(np.argmax(weeks)) + 168)
    assert worst.week_value == pytest.approx(weeks.max())
    assert hourly["temperature_c"].dims == ("site", "time")
    assert list(hourly["site"].values) == ["jeminay", "habahe"]
    document = ensemble.document(columns, worst)["worst"]
    assert document["name"] == ensemble.jobs[worst.number].name
    assert document["week"]["steps"] == 168


def test_the_end_that_is_worst_follows_from_the_figure_or_is_said(columns):
    assert not Asked.of("curtailment_rate", columns).low
    assert Asked.of("wind.farm.generation_mwh", columns).low
    assert not Asked.of("self_supply_rate:high", columns).low
    with pytest.raises(ScenarioError, match="there is no figure 'curtailment'"):
        Asked.of("curtailment", columns)
    with pytest.raises(ScenarioError, match="expected FIGURE, FIGURE:low or FIGURE:high"):
        Asked.of("curtailment_rate:worst", columns)


@pytest.mark.parametrize(("years", "words"), [(0, "must be 1 to"), (10**7, "must be 1 to")])
def test_a_number_of_years_that_cannot_be(portfolios, years, words):
    with pytest.raises(ScenarioError, match=words):
        ensemble_of(portfolios[:1], years=years)
    with pytest.raises(ScenarioError, match="--years is missing"):
        ensemble_of(portfolios[:1])
    given = portfolios[0].with_(weather=dict(portfolios[0].weather_by_site))
    with pytest.raises(ScenarioError, match="given as series of one period"):
        ensemble_of([given], (UNCHANGED,), 3)
