"""Many years in pieces are the same years, and need the memory of one piece."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.weather.climate.model.generate import climate_weather

MONTH = replace(ae.Timeline.of_year(2030), steps=744)


@pytest.fixture(scope="module")
def years():
    """Twelve Januaries, shape (3, 4, 744)."""
    one = climate_weather("fuyun", MONTH, seed=1)
    spread = 1.0 + 0.02 * np.arange(12.0).reshape(3, 4, 1)
    scaled = {
        name: np.minimum(spread * values, 100.0)
        if name == "relative_humidity_percent"
        else spread * values
        for name, values in one.series().items()
    }
    return replace(one, **scaled)


def test_pieces_hold_every_year_once_and_in_order(years):
    pieces = list(years.parts(744 * 4 * 2))
    assert [rows for rows, _ in pieces] == [slice(0, 2), slice(2, 4)]
    joined = np.concatenate([part.temperature_c for _, part in pieces])
    np.testing.assert_array_equal(joined, years.temperature_c)
    (whole,) = years.parts(10**9)
    assert whole[1] is years


@pytest.mark.parametrize("steps", [1, 744 * 4, 744 * 4 * 2])
def test_power_does_not_depend_on_the_pieces(years, monkeypatch, steps):
    plants = [
        ae.WindFarm(site="x", capacity_mw=100.0),
        ae.SolarPlant(site="x", capacity_mw=10.0, bifaciality=0.7),
    ]
    together = [plant.available_power(years, MONTH) for plant in plants]
    pieces = type(years).parts
    monkeypatch.setattr(type(years), "parts", lambda self: pieces(self, steps))
    for plant, whole in zip(plants, together, strict=True):
        np.testing.assert_allclose(plant.available_power(years, MONTH), whole, rtol=0, atol=1e-12)


def test_what_is_between_takes_the_memory_of_one_piece(years):
    one = climate_weather("fuyun", MONTH, seed=1)
    plant = ae.SolarPlant(site="x", capacity_mw=10.0, bifaciality=0.7)
    plant.available_power(one, MONTH)

    def peak(count):
        many = {k: np.broadcast_to(v, (count, MONTH.steps)) for k, v in one.series().items()}
        weather = replace(one, **many)
        tracemalloc.start()
        power = plant.available_power(weather, MONTH)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most - power.nbytes

    assert peak(1600) < 1.15 * peak(800)
