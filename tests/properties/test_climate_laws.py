"""What holds for every climate point, period and seed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.core.timeline import STEPS_HOURS, Timeline
from altay_energy.weather.climate.model.generate import _site_year, climate_points, climate_weather
from altay_energy.weather.climate.model.noise import autoregression
from altay_energy.weather.sun import clear_sky, sun_path_for

BEIJING = timezone(timedelta(hours=8))

points = st.sampled_from(tuple(climate_points()))
seeds = st.integers(0, 2**40)
years = st.integers(1990, 2100)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    begin = datetime(draw(years), 1, 1, tzinfo=BEIJING) + timedelta(
        hours=draw(st.integers(0, 8759))
    )
    step = draw(st.sampled_from(STEPS_HOURS))
    return Timeline(begin, draw(st.integers(1, 600)), step)


@given(point=points, timeline=timelines(), seed=seeds)
@settings(max_examples=40)
def test_weather_is_physically_possible(point: str, timeline: Timeline, seed: int) -> None:
    w = climate_weather(point, timeline, seed)
    sun = sun_path_for(w)
    cosine = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    dark = sun.lit_fraction == 0.0
    for light in (w.ghi_w_m2, w.dni_w_m2, w.dhi_w_m2):
        assert light.min() >= 0.0
        assert not light[dark].any()
    assert (w.ghi_w_m2 <= sun.extraterrestrial_w_m2 * cosine * sun.lit_fraction + 1e-9).all()
    assert (w.dni_w_m2 <= sun.extraterrestrial_w_m2).all()
    turbidity = climate_points()[point].station.monthly["linke_turbidity"].min() - 0.3
    cloudless = clear_sky(sun, turbidity, w.elevation_m, w.pressure_pa)[0]
    assert (w.ghi_w_m2 <= 1.25 * cloudless + 1e-9).all()
    np.testing.assert_allclose(w.dni_w_m2 * cosine + w.dhi_w_m2, w.ghi_w_m2, atol=1e-6)
    assert w.wind_speed_m_s.min() >= 0.0
    assert w.wind_speed_m_s.max() < 60.0
    assert w.relative_humidity_percent.min() >= 0.0
    assert w.relative_humidity_percent.max() <= 100.0
    assert -60.0 < w.temperature_c.min() <= w.temperature_c.max() < 50.0
    assert 75_000.0 < w.pressure_pa.min() <= w.pressure_pa.max() < 102_000.0
    assert w.snow_depth_m is not None
    assert w.precipitation_mm is not None
    assert w.snow_depth_m.min() >= 0.0
    assert w.precipitation_mm.min() >= 0.0


@given(
    point=points,
    year=years,
    seed=seeds,
    first=st.integers(0, 8000),
    hours=st.integers(1, 700),
    step=st.sampled_from(STEPS_HOURS),
)
@settings(max_examples=15)
def test_a_part_of_a_year_is_that_part_of_the_whole_year(
    point: str, year: int, seed: int, first: int, hours: int, step: float
) -> None:
    whole = climate_weather(point, Timeline.of_year(year, step), seed)
    begin = datetime(year, 1, 1, tzinfo=BEIJING) + timedelta(hours=first)
    per_hour = round(1.0 / step)
    part = climate_weather(point, Timeline(begin, hours * per_hour, step), seed)
    cut = slice(first * per_hour, (first + hours) * per_hour)
    for name, values in part.series().items():
        within_year = values[: whole.timeline.steps - cut.start]
        # The sun's path is a spline over the period; the rest is the same to the last bit.
        tolerance = 1e-3 if name.endswith("w_m2") else 0.0
        np.testing.assert_allclose(
            within_year, whole.series()[name][cut], rtol=0.0, atol=tolerance, err_msg=name
        )


@given(point=points, other=points, timeline=timelines(), seed=seeds)
@settings(max_examples=10)
def test_the_same_seed_gives_the_same_bytes_whatever_was_asked_before(
    point: str, other: str, timeline: Timeline, seed: int
) -> None:
    before = {k: v.tobytes() for k, v in climate_weather(point, timeline, seed).series().items()}
    climate_weather(other, timeline, seed + 1)
    _site_year.cache_clear()
    climate_weather(other, timeline, seed)
    again = {k: v.tobytes() for k, v in climate_weather(point, timeline, seed).series().items()}
    assert again == before


@given(seed=seeds, timeline=timelines())
@settings(max_examples=5)
def test_another_seed_or_another_year_is_another_weather(seed: int, timeline: Timeline) -> None:
    one = climate_weather("fuyun", timeline, seed)
    other = climate_weather("fuyun", timeline, seed + 1)
    later = climate_weather(
        "fuyun",
        Timeline(timeline.start + timedelta(days=365), timeline.steps, timeline.step_hours),
        seed,
    )
    assert not np.array_equal(one.temperature_c, other.temperature_c)
    assert not np.array_equal(one.temperature_c, later.temperature_c)


@given(coefficient=st.floats(0.0, 0.98), seed=st.integers(0, 1000))
def test_the_filter_is_the_recurrence_that_it_represents(coefficient: float, seed: int) -> None:
    white = np.random.default_rng(seed).standard_normal((2, 50))
    expected = white.copy()
    for t in range(1, 50):
        expected[:, t] = (
            coefficient * expected[:, t - 1] + np.sqrt(1.0 - coefficient**2) * white[:, t]
        )
    np.testing.assert_allclose(autoregression(white, coefficient), expected, atol=1e-12)
