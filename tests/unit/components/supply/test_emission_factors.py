"""Dated emission factors."""

import pytest

from altay_energy.components.supply.emission_factors import (
    EMISSION_FACTORS,
    emission_factor,
    newest_emission_factor,
)
from altay_energy.components.supply.grid import Grid
from altay_energy.components.supply.thermal_plant import ThermalPlant
from altay_energy.core.catalogue import package_toml


def test_what_a_scenario_does_not_say_is_the_newest_published_year():
    imported = Grid.model_validate({}).emission_factor_t_mwh
    burned = ThermalPlant(capacity_mw=1.0, fuel_cost_cny_mwh=200.0).emission_factor_t_mwh
    assert imported == newest_emission_factor("xinjiang").t_mwh == 0.6021
    assert burned == newest_emission_factor("china_fossil").t_mwh == 0.8273


def test_the_description_of_a_default_names_its_region_and_year():
    assert "Xinjiang 2023" in Grid.model_fields["emission_factor_t_mwh"].description
    assert "2023" in ThermalPlant.model_fields["emission_factor_t_mwh"].description


@pytest.mark.parametrize("region", ["xinjiang", "northwest", "china_fossil"])
def test_years_are_ordered_once_each_and_plausible(region):
    found = EMISSION_FACTORS.load(region)
    years = [factor.year for factor in found]
    assert years == sorted(set(years), reverse=True)
    assert all(0.3 < factor.t_mwh < 1.0 and factor.source for factor in found)


def test_the_published_xinjiang_factors_are_kept_by_year():
    by_year = {factor.year: factor.t_mwh for factor in EMISSION_FACTORS.load("xinjiang")}
    assert by_year == {2023: 0.6021, 2022: 0.6231, 2021: 0.6577}


def test_every_factor_is_of_a_region_that_the_table_names():
    table = package_toml("data/emission_factors.toml")
    assert {factor["region"] for factor in table["factors"]} == set(table["regions"])


def test_the_nation_has_both_conventions():
    assert emission_factor("china").t_mwh == 0.5306
    without = emission_factor("china", "without_traded")
    assert (without.t_mwh, without.year) == (0.6096, 2023)
    assert newest_emission_factor("china").convention == "all"
