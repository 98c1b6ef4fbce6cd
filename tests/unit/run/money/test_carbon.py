"""Emission avoided against a stated baseline, by hand."""

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.money.earnings import CarbonSettings
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.report.text.messages import translated
from altay_energy.run.figures.figure import ending_of
from altay_energy.run.money.carbon import CARBON, carbon_figures, carbon_of, carbon_problems


@pytest.fixture(scope="module")
def run():
    """A day of 40 MW of load: 24 MW of wind, 10 MW of coal heat, the rest from the grid."""
    return ae.Portfolio(
        timeline=ae.Timeline(Timeline.of_year(2026).start, 24),
        wind={"a": ae.WindFarm(capacity_mw=100, profile=0.24)},
        thermal={
            "town": ae.ThermalPlant(
                capacity_mw=10, fuel_cost_cny_mwh=100, emission_factor_t_mwh=0.9
            )
        },
        load={"mine": ae.Load(profile=40.0)},
        grid=ae.Grid(import_limit_mw=100, import_price_cny_mwh=300.0),
    ).run()


def found(run, **keys):
    settings = CarbonSettings(**keys)
    return carbon_figures(carbon_of(run.dispatch, run.portfolio.components(), settings))


def test_emission_is_avoided_against_the_grid_of_xinjiang(run):
    got = found(run)
    delivered, imported, burnt = 24 * 40.0, 24 * 6.0, 24 * 10.0 * 0.9
    assert got["delivered_mwh"] == pytest.approx(delivered)
    assert got["grid_factor_t_mwh"] == got["baseline_factor_t_mwh"] == 0.6021
    assert got["baseline_emissions_t"] == pytest.approx(delivered * 0.6021)
    assert got["import_emissions_t"] == pytest.approx(imported * 0.6021)
    assert got["thermal_emissions_t"] == pytest.approx(burnt)
    avoided = (delivered - imported) * 0.6021 - burnt
    assert got["avoided_t"] == pytest.approx(avoided)
    assert got["avoided_t"] == pytest.approx(run.kpis["avoided_emissions_t"])
    assert got["delivered_factor_t_mwh"] == pytest.approx((imported * 0.6021 + burnt) / delivered)
    assert got["factors"]["year"] == 2023
    assert "Announcement 47 of 2025" in got["factors"]["source"]


@pytest.mark.parametrize(
    ("keys", "grid", "baseline"),
    [
        ({"region": "northwest"}, 0.5543, 0.5543),
        ({"region": "china"}, 0.5306, 0.5306),
        ({"region": "china", "convention": "without_traded"}, 0.6096, 0.6096),
        ({"baseline": "fossil"}, 0.6021, 0.8273),
        ({"baseline": "fossil", "year": 2022}, 0.6231, 0.8325),
        ({"baseline": "thermal.town", "year": 2021}, 0.6577, 0.9),
    ],
)
def test_baseline_region_convention_and_year_choose_the_factors(run, keys, grid, baseline):
    got = found(run, **keys)
    assert (got["grid_factor_t_mwh"], got["baseline_factor_t_mwh"]) == (grid, baseline)
    delivered, imported = 24 * 40.0, 24 * 6.0
    assert got["avoided_t"] == pytest.approx(delivered * baseline - imported * grid - 216.0)


WRONG = [
    ({"region": "xinjang"}, "did you mean xinjiang?"),
    (
        {"convention": "without_traded"},
        'the factor "without_traded" is not published for xinjiang, but for china',
    ),
    ({"region": "china_fossil"}, 'is no grid; for fossil power say baseline = "fossil"'),
    ({"year": 2030}, "no factor of xinjiang is known for 2030; years: 2023, 2022, 2021"),
    ({"baseline": "fossil", "year": 2021}, "no factor of china_fossil is known for 2021"),
    ({"convention": "with_traded"}, "did you mean without_traded?"),
]


@pytest.mark.parametrize(("keys", "text"), WRONG)
def test_factors_that_are_not_published_are_refused(keys, text):
    with pytest.raises(ScenarioError) as caught:
        CarbonSettings(**keys)
    assert text in str(caught.value)
    if "did you mean" not in text:
        assert text not in translated(str(caught.value), "zh")


def test_a_baseline_must_be_known(run):
    plants = run.portfolio.components()
    assert carbon_problems(CarbonSettings(baseline="thermal.town"), plants) == []
    ((key, text),) = carbon_problems(CarbonSettings(baseline="thermal.twn"), plants)
    assert key == "economics.carbon.baseline"
    assert text == ("must be one of grid_average, fossil, thermal.town; did you mean thermal.town?")


def test_figures_of_factors_have_their_unit():
    units = {entry.key: ending_of(entry.key).unit for entry in CARBON}
    assert units["grid_factor_t_mwh"] == "t/MWh"
    assert units["avoided_t"] == "t"
    assert units["delivered_mwh"] == "MWh"


def test_many_runs_have_figures_of_their_shape(run):
    carbon = carbon_of(run.dispatch, run.portfolio.components(), CarbonSettings())
    assert all(np.shape(entry.value(carbon)) == () for entry in CARBON if entry.key != "factors")
