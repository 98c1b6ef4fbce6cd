"""What holds for every scenario table of this folder."""

import re
import warnings

import pytest

from altay_energy.components.hydro.river import River
from altay_energy.components.kinds import KINDS
from altay_energy.components.money.earnings import (
    Ageing,
    CapacityPrice,
    CarbonSettings,
    Certificates,
    Mechanism,
    PumpedStoragePrice,
)
from altay_energy.components.money.economics import Economics, PlantCosts
from altay_energy.components.settings.settings import (
    DispatchSettings,
    TimeSettings,
    WeatherSettings,
)
from altay_energy.components.settings.site import Site
from altay_energy.components.supply.grid import Grid

TABLES = [
    *(kind.model for kind in KINDS.values()),
    Ageing,
    CapacityPrice,
    CarbonSettings,
    Certificates,
    DispatchSettings,
    Economics,
    Grid,
    Mechanism,
    PlantCosts,
    PumpedStoragePrice,
    River,
    Site,
    TimeSettings,
    WeatherSettings,
]


@pytest.mark.parametrize("table", TABLES)
def test_every_field_is_described_and_ends_with_its_unit(table):
    for name, field in table.model_fields.items():
        assert re.search(r"\S.* \[[^\]]+\]$", field.description or ""), name


@pytest.mark.parametrize("table", TABLES)
def test_units_of_descriptions_are_those_of_the_names(table):
    suffixes = {
        "_cny_mwh": "[CNY/MWh]",
        "_cny_mw": "[CNY/MW]",
        "_t_mwh": "[t/MWh]",
        "_mwh": "[MWh]",
        "_mw": "[MW]",
        "_hours": "[h]",
        "_m": "[m]",
    }
    for name, field in table.model_fields.items():
        for suffix, unit in suffixes.items():
            if name.endswith(suffix):
                assert field.description.endswith(unit), name
                break


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_a_name_and_a_schema_without_a_warning(table):
    assert table.kind
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        properties = table.model_json_schema()["properties"]
    assert set(properties) == set(table.model_fields)
