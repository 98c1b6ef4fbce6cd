"""Figures of a run as flat rows: every number once, under a name with unit and words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.money.economics import Economics
from altay_energy.run.figures.document import MONEY_SECTIONS, SECTIONS
from altay_energy.run.methods import dispatched
from altay_energy.run.portfolio import Run
from altay_energy.study.runner.rows import columns_of, named, rows_of

YEAR = ae.Timeline.of_year(2030)
PLANTS = {
    "wind": {"farm": ae.WindFarm(site="jeminay", capacity_mw=100.0)},
    "battery": {"shed": ae.Battery(charge_mw=10.0, discharge_mw=10.0, energy_mwh=40.0)},
    "load": {"mine": ae.Load(sector="mining", annual_mwh=3e5)},
    "grid": ae.Grid(import_limit_mw=50.0, export_limit_mw=20.0, import_price_cny_mwh=400.0),
    "economics": Economics.model_validate(
        {
            "costs": {"wind": {"capital_cny_kw": 4000}, "battery": {"capital_cny_kw": 3000}},
            "prices_include_vat": True,
            "income": "price",
            "supply_price_cny_mwh": 350,
        }
    ),
}


@pytest.fixture(scope="module")
def portfolio() -> ae.Portfolio:
    site = ae.Site(latitude=47.43, longitude=85.87, elevation_m=984.0)
    return ae.Portfolio(timeline=YEAR, sites={"jeminay": site}, **PLANTS)


def many(portfolio: ae.Portfolio, factors: list[float]) -> Run:
    """Runs along a leading axis: the wind of each is that of the portfolio times a factor."""
    one = portfolio.run()
    wind = one.problem.renewables["wind.farm"] * np.array(factors)[:, None]
    problem = replace(one.problem, renewables={"wind.farm": wind})
    return replace(one, problem=problem, dispatch=dispatched(problem, portfolio.dispatch))


def test_a_row_holds_the_numbers_of_the_document_under_flat_names(portfolio):
    run = portfolio.run()
    (row,) = rows_of(run)
    assert row["curtailment_rate"] == run.kpis["curtailment_rate"]
    assert row["wind.farm.generation_mwh"] == run.kpis["plants"]["wind.farm"]["generation_mwh"]
    assert row["economics.npv_cny"] == run.kpis["economics"]["npv_cny"]
    assert set(run.kpis["kpis"]) <= set(row)
    assert "economics.irr_found" not in row  # a sentence
    assert all(isinstance(value, float) for value in row.values())


def test_rows_of_many_runs_are_those_of_each_alone(portfolio):
    factors = [0.0, 0.4, 1.0]
    rows = rows_of(many(portfolio, factors))
    assert len(rows) == 3
    for factor, row in zip(factors, rows, strict=True):
        (alone,) = rows_of(many(portfolio, [factor]))
        assert row.keys() == alone.keys()
        assert list(row.values()) == pytest.approx(list(alone.values()), rel=1e-12, nan_ok=True)
    assert rows[0]["wind.farm.available_mwh"] == 0.0
    assert rows[1]["wind.farm.available_mwh"] > 0.0


def test_every_column_has_a_unit_and_words_in_both_languages(portfolio):
    columns = columns_of(portfolio.run())
    columns |= dict.fromkeys(
        f"{section}.{figure.key}"
        for section in MONEY_SECTIONS
        for figure in SECTIONS[section][1]
        if not isinstance(figure.value, str)
    )
    for column in columns:
        units, english, chinese = named(column)
        assert units
        assert "_" not in english.rpartition(": ")[2], column
        assert not chinese.rpartition(": ")[2].isascii(), column


def test_hours_by_number_of_units_are_named_with_the_number():
    units, english, _ = named("pumped_storage.burqin.pump_hours_3")
    assert (units, english) == ("h", "pumped_storage.burqin: Pumping with 3 units")
