"""Years of many sites and members: the same bytes however they are made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.weather.climate.model.generate import climate_points, climate_weather
from altay_energy.weather.climate.model.many_years import SERIES, ClimateBlock, climate_years
from altay_energy.weather.climate.model.noise import RUN_IN_DAYS, daily_white, days_in, hourly_white
from altay_energy.weather.climate.model.tables import climate_tables
from altay_energy.weather.climate.model.warming import documented_warming

POINTS = ("jeminay", "fuyun")
SEEDS = tuple(range(1, 8))


def joined(blocks: list[ClimateBlock]) -> dict[str, Array]:
    return {name: np.concatenate([b.series[name] for b in blocks]) for name in SERIES}


def test_bytes_do_not_depend_on_the_size_of_blocks_or_the_number_of_workers() -> None:
    whole = joined(list(climate_years(POINTS, (2030,), SEEDS, chunk=7)))
    for chunk, workers in ((1, 1), (3, 1), (3, 2)):
        blocks = list(climate_years(POINTS, (2030,), SEEDS, chunk=chunk, workers=workers))
        assert [len(b.seeds) for b in blocks] == [len(part) for part in parts(chunk)]
        for name, values in joined(blocks).items():
            assert values.tobytes() == whole[name].tobytes(), (chunk, workers, name)


def parts(chunk: int) -> list[tuple[int, ...]]:
    return [SEEDS[first : first + chunk] for first in range(0, len(SEEDS), chunk)]


@given(
    others=st.lists(st.sampled_from(tuple(climate_points())), unique=True, max_size=4),
    seed=st.integers(0, 2**40),
    year=st.integers(1990, 2100),
)
@settings(max_examples=6)
def test_a_point_does_not_know_which_others_are_asked_for(
    others: list[str], seed: int, year: int
) -> None:
    alone = next(climate_years(("burqin",), (year,), (seed,)))
    names = ["burqin", *(name for name in others if name != "burqin")]
    among = next(climate_years(names[::-1], (year,), (seed,)))
    for name, values in alone.series.items():
        assert values[0, 0].tobytes() == among.series[name][0, -1].tobytes(), name


def test_a_block_is_the_weather_of_a_run() -> None:
    block = next(climate_years(("fuyun",), (2031,), (5,)))
    weather = climate_weather("fuyun", Timeline.of_year(2031), 5)
    made = block.weather("fuyun")
    for name, values in weather.series().items():
        tolerance = 1e-3 if name.endswith("w_m2") else 0.0
        np.testing.assert_allclose(made.series()[name][0], values, rtol=0.0, atol=tolerance)


@pytest.mark.parametrize("first", [2027, 2028])
def test_years_follow_each_other_without_a_step(first: int) -> None:
    before, after = climate_years(("qinghe",), (first, first + 1), (3,), chunk=1)
    for name in ("temperature_c", "pressure_pa", "snow_depth_m", "wind_speed_m_s"):
        a, b = before.series[name][0, 0], after.series[name][0, 0]
        step = abs(b[0] - a[-1])
        assert step <= np.abs(np.diff(np.concatenate([a, b]))).max() * 0.9 + 1e-9, name
    assert (
        abs(after.series["snow_depth_m"][0, 0, 0] - before.series["snow_depth_m"][0, 0, -1]) < 0.02
    )


@given(seed=st.integers(0, 2**40), year=st.integers(1990, 2100))
@settings(max_examples=8)
def test_neighbouring_years_hear_the_same_noise_where_they_meet(seed: int, year: int) -> None:
    tables = climate_tables()
    last = 24 * (RUN_IN_DAYS + 1)
    before, after = (hourly_white(tables.hourly_factors[:, :2], seed, y) for y in (year, year + 1))
    np.testing.assert_array_equal(before[..., -last:], after[..., :last])
    first, then = (daily_white(tables.daily_factors[:, :2], seed, y) for y in (year, year + 1))
    days = days_in(year)
    np.testing.assert_array_equal(first[..., -days - 1 :], then[..., : days + 1])


def test_snow_grows_on_days_of_precipitation_in_the_cold_alone() -> None:
    process = climate_tables().process
    for block in climate_years(("altay_city", "hemu"), (2029, 2030), (1, 2)):
        depth = block.series["snow_depth_m"]
        days = depth.reshape(*depth.shape[:-1], -1, 24)
        grown = days[..., -1] > days[..., 0] + 1e-9
        rain = block.series["precipitation_mm"].reshape(days.shape).sum(-1)
        warmth = block.series["temperature_c"].reshape(days.shape).mean(-1)
        assert depth.min() >= 0.0
        assert (rain[grown] > 0.0).all()
        assert (warmth[grown] < process["rain_above_c"]).all()


def test_a_warmer_climate_is_warmer_by_its_months_and_has_less_snow() -> None:
    seeds = tuple(range(1, 7))
    plain = joined(list(climate_years(("altay_city",), (2031,), seeds)))
    warming = documented_warming(2050)
    blocks = list(climate_years(("altay_city",), (2031,), seeds, warming=warming))
    warm = joined(blocks)
    month = Timeline.of_year(2031).month
    for m in range(12):
        rise = (warm["temperature_c"] - plain["temperature_c"])[..., month == m].mean()
        assert rise == pytest.approx(warming.monthly_k[m], abs=1e-6)
    assert warm["snow_depth_m"].mean() < 0.95 * plain["snow_depth_m"].mean()
    np.testing.assert_array_equal(
        warm["relative_humidity_percent"], plain["relative_humidity_percent"]
    )
    assert "warming 2050" in " ".join(blocks[0].weather("altay_city").notices)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": ("jemenay",)}, "did you mean jeminay"),
        ({"points": ()}, "at least one climate point"),
        ({"seeds": (-1,)}, "seed = -1"),
        ({"years": (1500,)}, "1600 to 9998"),
        ({"series": ("ghi",)}, "'ghi' is no series"),
        ({"chunk": 0}, "chunk = 0"),
        ({"workers": 0}, "workers = 0"),
    ],
)
def test_what_cannot_be_made_is_refused(change: dict[str, object], message: str) -> None:
    given_ = {"points": ("jeminay",), "years": (2030,), "seeds": (1,), **change}
    points, years, seeds = (given_.pop(key) for key in ("points", "years", "seeds"))
    with pytest.raises(WeatherError, match=message):
        climate_years(points, years, seeds, **given_)  # type: ignore[arg-type]
