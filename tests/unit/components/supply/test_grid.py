"""The grid connection."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from altay_energy.components.settings.settings import TimeSettings
from altay_energy.components.supply.grid import Grid
from altay_energy.core.timeline import Timeline

DAY = TimeSettings(start="2022-05-15", hours=24).timeline()


def test_numbers_hold_in_every_interval():
    grid = Grid(
        import_limit_mw=100, export_limit_mw=200, import_price_cny_mwh=300, export_price_cny_mwh=240
    )
    assert_allclose(grid.import_limit_mw.on(DAY), np.full(24, 100.0))
    assert_allclose(grid.import_price(DAY), np.full(24, 300.0))
    assert_allclose(grid.export_price(DAY), np.full(24, 240.0))
    assert grid.notices(DAY) == ()


def test_what_is_not_agreed_is_not_there():
    grid = Grid()
    assert not grid.import_limit_mw.on(DAY).any()
    assert not grid.export_limit_mw.on(DAY).any()
    assert grid.emission_factor_t_mwh == 0.6021  # Xinjiang 2023


def test_a_price_may_be_a_series_or_a_tariff():
    prices = np.linspace(100.0, 500.0, 24)
    assert_allclose(Grid(import_price_cny_mwh=prices).import_price(DAY), prices)
    named = Grid(import_price_cny_mwh="xinjiang_tou_2021_draft")
    assert_allclose(named.import_price(DAY)[[3, 9, 12]], [87.5, 612.5, 350.0])


def test_a_grid_can_be_written_down_and_read_again():
    grid = Grid(import_limit_mw=[100.0, 50.0], import_price_cny_mwh="xinjiang_tou_2021_draft")
    assert Grid.model_validate(grid.model_dump()) == grid
    dumped = grid.model_dump()
    assert dumped["import_limit_mw"] == [100.0, 50.0]
    assert dumped["export_price_cny_mwh"] == 250.0


def test_the_schema_offers_the_tariffs():
    schema = Grid.model_json_schema()["properties"]["import_price_cny_mwh"]
    assert schema["default"] == 280.0
    assert "xinjiang_tou_2021_draft" in schema["anyOf"][1]["enum"]


def test_a_tariff_outside_its_dates_is_noticed():
    grid = Grid(import_limit_mw=10, import_price_cny_mwh="xinjiang_tou_2021_draft")
    assert grid.notices(Timeline.of_year(2022)) == ()
    notice, age = grid.notices(Timeline.of_year(2030))
    assert "tariff xinjiang_tou_2021_draft holds from 2021-10-22 to 2022-12-31" in notice
    assert "2030-01-01 00:00 to 2031-01-01 00:00" in notice
    assert 'is of 2021-10-22 and is no longer in force; bill, with time_of_use = "xinj' in age


def test_hours_in_which_trading_would_earn_money_are_noticed():
    prices = np.full(24, 300.0)
    prices[[2, 3, 14]] = 100.0
    grid = Grid(
        import_limit_mw=10,
        export_limit_mw=10,
        import_price_cny_mwh=prices,
        export_price_cny_mwh=250,
    )
    (notice,) = grid.notices(DAY)
    assert "export pays more than import costs in 3 h, first at 2022-05-15T02:00:00" in notice
    one_way = grid.with_(export_limit_mw=0)
    assert one_way.notices(DAY) == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"import_limit_mw": -5.0}, "import_limit_mw is -5; it must be at least 0 MW"),
        ({"export_limit_mw": [1.0, -1.0]}, "export_limit_mw has 1 values out of range"),
        ({"import_limit_mw": 1_000_000.0}, "import_limit_mw = 1e.06 MW is unusual: is it in kW"),
        (
            {"import_price_cny_mwh": 0.28},
            "import_price_cny_mwh = 0.28 CNY/MWh is unusual: is it in CNY/kWh. Then write 280",
        ),
        ({"export_price_cny_mwh": [0.2, 0.3]}, "export_price_cny_mwh = 0.3 CNY/MWh is unusual"),
        ({"import_price_cny_mwh": "xinjiang_tou"}, "there is no tariff 'xinjiang_tou'"),
        ({"import_price_cny_mwh": float("nan")}, "finite number"),
        ({"import_price_cny_mwh": True}, "expected a number or a table"),
        ({"emission_factor_t_mwh": 623.1}, "emission_factor_t_mwh\n  is unusual"),
    ],
)
def test_a_faulty_grid_is_refused_with_a_remedy(table, message):
    with pytest.raises(ValidationError, match=message):
        Grid.model_validate(table)


def test_free_export_and_negative_prices_are_no_mistake():
    assert_allclose(Grid(export_price_cny_mwh=0).export_price(DAY), np.zeros(24))
    spot = np.array([-80.0, 0.0, 0.4, 350.0])
    assert_allclose(Grid(import_price_cny_mwh=spot).import_price_cny_mwh.values, spot)


def test_unusual_figures_pass_when_they_are_meant():
    table = {"import_price_cny_mwh": 0.28}
    grid = Grid.model_validate(table, context={"allow_unusual": True})
    assert_allclose(grid.import_price(DAY), np.full(24, 0.28))
