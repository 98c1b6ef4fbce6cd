"""A row of a block of weather years is the run of that year alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from numpy.testing import assert_allclose, assert_array_equal

import altay_energy as ae
from altay_energy.core.errors import ScenarioError
from altay_energy.study.ensemble.years import one_year, year_block
from altay_energy.study.runner.rows import rows_of

SEEDS = [4, 11]


def alone(portfolio: ae.Portfolio, seed: int) -> ae.Portfolio:
    return portfolio.with_(weather=replace(portfolio.weather, seed=seed))


def check_rows(portfolio: ae.Portfolio) -> None:
    block = year_block(portfolio, SEEDS)
    rows, power = rows_of(block.run()), block.available_power()
    assert len(rows) == len(SEEDS)
    for k, seed in enumerate(SEEDS):
        one = alone(portfolio, seed)
        for site, weather in one.weather_by_site.items():
            for name, series in weather.series().items():
                held = block.weather_by_site[site].series()[name][k]
                assert_allclose(held, series, rtol=1e-14, atol=1e-18)
        for key, expected in one.available_power().items():
            assert_allclose(power[key][k], expected, rtol=1e-12, atol=1e-12)
        (row,) = rows_of(one.run())
        assert row.keys() == rows[k].keys()
        for key, value in row.items():
            assert rows[k][key] == pytest.approx(value, rel=1e-12, abs=1e-9), key
        again = one_year(block, k).available_power()
        assert_array_equal(again["wind.farm"], power["wind.farm"][k])
    assert rows[0]["available_mwh"] != rows[1]["available_mwh"]


def test_years_at_once_are_the_years_alone(valley):
    check_rows(valley)


def test_a_week_on_another_clock_is_the_week_alone(valley):
    week = ae.Timeline(valley.timeline.start, 168, 1.0, 6.0)
    check_rows(valley.with_(timeline=week))


@pytest.mark.slow
def test_years_of_burqin_at_once_are_the_years_alone(repository):
    """All kinds of plants: cascades with reservoirs, a station by units, heat and power."""
    portfolio = ae.load(repository / "scenarios" / "burqin-2030.toml").portfolio
    rows = rows_of(year_block(portfolio, [1, 9]).run())
    for k, seed in enumerate((1, 9)):
        (row,) = rows_of(alone(portfolio, seed).run())
        for key, value in row.items():
            scale = 1e-3 if key.endswith("_m3") else 1e-9
            assert rows[k][key] == pytest.approx(value, rel=1e-12, abs=scale), key


def test_no_seed_and_no_climate_are_refused(valley):
    with pytest.raises(ScenarioError, match="there is none; an ensemble needs at least one"):
        year_block(valley, [])
    given = valley.with_(weather=dict(valley.weather_by_site), river={}, hydro={})
    with pytest.raises(ScenarioError, match="given as series, which have no seed"):
        year_block(given, [1])
