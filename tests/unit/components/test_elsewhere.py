"""Defaults of Xinjiang and of China in a scenario that lies elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.elsewhere import CHINA, XINJIANG, elsewhere_notices, lies_within

YEAR = ae.Timeline.of_year(2030)
ALTAY = ae.Site(latitude=47.43, longitude=85.87, elevation_m=984.0)
ATACAMA = ae.Site(latitude=-24.0, longitude=-69.5, elevation_m=1500.0)


def site(latitude, longitude):
    return ae.Site(latitude=latitude, longitude=longitude, elevation_m=100.0)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (47.43, 85.87),  # Jeminay
        (47.85, 88.14),  # Altay
        (49.0, 87.0),  # Kanas
        (46.18, 90.8),  # Takeshiken
        (46.75, 82.98),  # Tacheng
        (43.92, 81.32),  # Yining
        (43.83, 87.62),  # Urumqi
        (39.47, 75.99),  # Kashgar
        (37.77, 75.23),  # Tashkurgan
        (37.11, 79.92),  # Hotan
        (42.83, 93.51),  # Hami
    ],
)
def test_towns_of_xinjiang_lie_in_it(latitude, longitude):
    assert lies_within(XINJIANG, site(latitude, longitude))
    assert lies_within(CHINA, site(latitude, longitude))


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (29.65, 91.1),  # Lhasa
        (40.14, 94.66),  # Dunhuang
        (36.62, 101.78),  # Xining
        (39.9, 116.4),  # Beijing
        (45.8, 126.5),  # Harbin
        (49.6, 117.4),  # Manzhouli
        (23.1, 113.3),  # Guangzhou
        (25.0, 102.7),  # Kunming
        (20.0, 110.3),  # Haikou
    ],
)
def test_towns_of_other_provinces_lie_in_china_alone(latitude, longitude):
    assert lies_within(CHINA, site(latitude, longitude))
    assert not lies_within(XINJIANG, site(latitude, longitude))


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (43.24, 76.9),  # Almaty
        (42.87, 74.6),  # Bishkek
        (49.95, 82.6),  # Oskemen
        (48.0, 91.64),  # Khovd
        (47.9, 106.9),  # Ulaanbaatar
        (28.6, 77.2),  # Delhi
        (27.7, 85.3),  # Kathmandu
        (21.03, 105.85),  # Hanoi
        (39.03, 125.75),  # Pyongyang
        (43.1, 131.9),  # Vladivostok
        (55.0, 82.9),  # Novosibirsk
        (-24.0, -69.5),
        (27.0, -80.0),
        (52.0, 13.0),
    ],
)
def test_the_rest_of_the_world_lies_in_neither(latitude, longitude):
    assert not lies_within(CHINA, site(latitude, longitude))
    assert not lies_within(XINJIANG, site(latitude, longitude))


GRID = ae.Grid(import_limit_mw=10, export_limit_mw=10)
PARTS = {
    "thermal.diesel": ae.ThermalPlant(capacity_mw=1, fuel_cost_cny_mwh=1000),
    "hydro.river": ae.HydroPlant(capacity_mw=1, annual_mwh=3000),
    "load.town": ae.Load(sector="households", annual_mwh=1000, site="a"),
}
KEYS = (
    "time.utc_offset_hours is not given",
    "thermal.diesel.emission_factor_t_mwh is not given: 0.8273 t/MWh",
    "grid.emission_factor_t_mwh is not given: 0.6021 t/MWh is that of Xinjiang 2023",
    "grid.import_price_cny_mwh is not given: 280 CNY/MWh",
    "grid.export_price_cny_mwh is not given: 250 CNY/MWh",
    "hydro.river.monthly_shares is not given",
    'load.town.sector = "households": its hours are those of Altay',
    "weather.warming.horizon = 2030",
)


def test_elsewhere_every_default_is_a_notice_that_names_its_key():
    found = elsewhere_notices({"a": ATACAMA}, YEAR, GRID, PARTS, warming="2030")
    assert len(found) == len(KEYS)
    for key in KEYS:
        assert sum(text.startswith(key) for text in found) == 1, key


def test_in_xinjiang_nothing_is_said():
    assert elsewhere_notices({"a": ALTAY}, YEAR, GRID, PARTS, warming="2030") == []
    assert elsewhere_notices({"a": ATACAMA, "b": ALTAY}, YEAR, GRID, PARTS) == []
    assert elsewhere_notices({}, YEAR, GRID, PARTS) == []


def test_what_is_given_is_no_notice():
    grid = ae.Grid(
        import_limit_mw=10, import_price_cny_mwh=500, export_limit_mw=0, emission_factor_t_mwh=0.4
    )
    parts = {
        "thermal.diesel": PARTS["thermal.diesel"].with_(emission_factor_t_mwh=0.7),
        "hydro.river": PARTS["hydro.river"].with_(monthly_shares=[1 / 12] * 12),
        "load.town": ae.Load(profile=1.0),
    }
    given = {"time.utc_offset_hours"}
    assert elsewhere_notices({"a": ATACAMA}, YEAR, grid, parts, given) == []
    chile = ae.Timeline.of_year(2030, utc_offset_hours=-4.0)
    assert elsewhere_notices({"a": ATACAMA}, chile, grid, parts) == []


def test_in_another_province_only_what_is_of_xinjiang_is_reported():
    found = elsewhere_notices({"a": site(39.9, 116.4)}, YEAR, GRID, PARTS)
    assert not any(text.startswith(("time.", "thermal.")) for text in found)
    assert any(text.startswith("grid.emission_factor_t_mwh") for text in found)


def test_a_tariff_of_xinjiang_is_reported_elsewhere():
    grid = GRID.with_(import_price_cny_mwh="xinjiang_tou_2021_draft")
    found = elsewhere_notices({"a": ATACAMA}, YEAR, grid, {})
    assert any("is a tariff of Xinjiang, and a lies elsewhere" in text for text in found)


def test_a_bill_of_xinjiang_elsewhere_is_noticed():
    bill = {
        "way": "grid_agent",
        "network": "xinjiang_network_2026",
        "time_of_use": "xinjiang_tou_2023",
        "voltage_kv": 220,
        "purchase_price_cny_mwh": 300,
        "prices_include_vat": True,
    }
    grid = ae.Grid(import_limit_mw=10, emission_factor_t_mwh=0.5, bill=bill)
    found = elsewhere_notices({"a": site(39.9, 116.4)}, YEAR, grid, {})
    assert [text.partition(" ")[0] for text in found] == [
        "grid.bill.network:",
        "grid.bill.time_of_use:",
    ]


def test_a_clock_that_fits_the_sun_is_no_notice():
    perth = {"perth": site(-31.9, 115.9)}
    assert not any(t.startswith("time.") for t in elsewhere_notices(perth, YEAR, None, {}))
    grid = ae.Grid(import_limit_mw=np.zeros(YEAR.steps))
    assert not any("import_price" in t for t in elsewhere_notices(perth, YEAR, grid, {}))


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (27.72, 85.32),  # Kathmandu
        (25.38, 97.4),  # Myitkyina
        (21.03, 105.85),  # Hanoi
        (47.92, 106.92),  # Ulan Bator
        (43.12, 131.9),  # Vladivostok
        (39.02, 125.75),  # Pyongyang
        (43.25, 76.9),  # Almaty
        (34.08, 74.8),  # Srinagar
    ],
)
def test_towns_of_neighbours_more_than_half_a_degree_away_lie_outside(latitude, longitude):
    assert not lies_within(CHINA, site(latitude, longitude))
    assert not lies_within(XINJIANG, site(latitude, longitude))
