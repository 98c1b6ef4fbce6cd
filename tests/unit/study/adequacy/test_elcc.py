"""What plants carry, by each of the figures that can stay the same."""

from typing import get_args

import pytest

import altay_energy as ae
from altay_energy.components.settings.adequacy import AdequacySettings, Outages
from altay_energy.core.timeline import Timeline
from altay_energy.study.adequacy.adequacy import adequacy_of
from altay_energy.study.adequacy.elcc import COLUMNS, By
from altay_energy.study.ensemble.ensemble import Shared


@pytest.mark.parametrize("by", get_args(By))
def test_a_perfect_unit_carries_its_capacity_by_every_figure(by):
    units = Outages(units=3, mean_time_to_fail_h=540, mean_time_to_repair_h=60)
    portfolio = ae.Portfolio(
        timeline=Timeline.of_year(2030),
        name="island",
        thermal={
            "units": ae.ThermalPlant(capacity_mw=120.0, fuel_cost_cny_mwh=300.0),
            "perfect": ae.ThermalPlant(capacity_mw=25.0, fuel_cost_cny_mwh=300.0),
        },
        load={"flat": ae.Load(profile=100.0)},
    )
    settings = AdequacySettings(draws=1, outages={"thermal.units": units})
    adequacy = adequacy_of(Shared((portfolio,)), range(1, 6), settings, {})
    (found,) = adequacy.elcc(["thermal.perfect"], [1.0], by)["thermal.perfect"]
    assert abs(found.elcc_mw - 25.0) < 0.1


def test_every_figure_by_which_plants_are_compared_has_a_column():
    assert set(COLUMNS) == set(get_args(By))
