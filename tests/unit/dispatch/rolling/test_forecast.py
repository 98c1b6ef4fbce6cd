"""Forecasts are as wrong as they say, keep their bounds, whatever and however much is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.components.settings.rolling import ForecastSettings
from altay_energy.dispatch.problem.period import FlexibleLoad
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.rolling.forecast import forecasts, growth

HOURS = 8760


def problem(hours: int = HOURS, **changes) -> Problem:
    rng = np.random.default_rng(7)
    gusts = np.repeat(rng.standard_normal((2, hours // 6 + 1)), 6, axis=1)[:, :hours]
    wind = 500.0 * np.clip(0.35 + 0.3 * gusts, 0.0, 1.0)
    day = np.maximum(-np.cos(2.0 * np.pi * np.arange(hours) / 24.0), 0.0)
    clouds = np.repeat(rng.uniform(0.3, 1.0, hours // 24 + 1), 24)[:hours]
    given = {
        "step_hours": 1.0,
        "load_mw": 300.0 + 50.0 * rng.random(hours),
        "renewables": {
            "wind.a": wind[0],
            "wind.b": wind[1],
            "solar.c": 300.0 * day * clouds,
            "hydro.d": np.full(hours, 20.0),
        },
        "thermals": (),
        "storages": (),
        "import_limit_mw": 100.0,
        "export_limit_mw": 100.0,
        "import_price_cny_mwh": 280.0,
        "export_price_cny_mwh": 250.0,
        "unserved_cost_cny_mwh": 1e4,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


YEAR = problem()
DAYS = np.arange(0, HOURS, 24)


def errors(name: str, seen, look_ahead: int = 48):
    """Errors over the highest actual value, masked beyond the period, and where sun is up."""
    place = DAYS[:, None] + np.arange(look_ahead)
    inside = place < HOURS
    actual = YEAR.renewables[name][np.minimum(place, HOURS - 1)]
    lit = inside & (actual > 0.0) if name.startswith("solar") else inside
    return np.where(inside, seen.renewables[name] - actual, 0.0) / YEAR.renewables[name].max(), lit


@pytest.mark.parametrize(("name", "declared"), [("wind.a", 0.12), ("solar.c", 0.09)])
def test_the_root_mean_square_error_is_the_declared_one_at_every_lead(name, declared):
    given = ForecastSettings()
    error, lit = errors(name, forecasts(YEAR, given, DAYS, 48))
    shape = growth(given, 1.0, 48)
    for part in (slice(0, 12), slice(12, 24), slice(24, 48)):
        reached = np.sqrt(np.mean(error[:, part][lit[:, part]] ** 2))
        # Errors are alike over 6 h and half alike between days: some 500 independent ones a part.
        assert reached == pytest.approx(declared * shape[part].mean(), rel=0.08)


@pytest.mark.parametrize("name", ["wind.a", "wind.b", "solar.c"])
def test_forecasts_are_unbiased_although_they_keep_their_bounds(name):
    seen = forecasts(YEAR, ForecastSettings(), DAYS, 48)
    error, lit = errors(name, seen)
    assert abs(error[lit].mean()) < 0.008
    assert seen.renewables[name].min() >= 0.0
    assert seen.renewables[name].max() <= YEAR.renewables[name].max() * (1.0 + 1e-12)


def test_night_stays_dark_and_water_is_known():
    seen = forecasts(YEAR, ForecastSettings(), DAYS, 24)
    actual = YEAR.renewables["solar.c"].reshape(-1, 24)
    assert np.all(seen.renewables["solar.c"][actual.max(axis=0)[None, :].repeat(365, 0) <= 0] == 0)
    assert np.all(seen.renewables["hydro.d"] == 20.0)


def test_errors_24_hours_ahead_are_those_declared_and_grow_to_the_declared_saturation():
    given = ForecastSettings(gate_hours=0.0)
    shape = growth(given, 1.0, 2000)
    assert np.interp(24.0, np.arange(2000) + 0.5, shape) == pytest.approx(1.0, abs=1e-3)
    assert shape[-1] == pytest.approx(given.saturation, abs=1e-6)
    assert np.all(np.diff(shape) >= 0.0)


def test_the_load_errs_in_proportion_and_its_movable_part_is_known():
    movable = FlexibleLoad("load.m", 100.0, 150.0, 4)
    with_part = problem(flexible_loads=(movable,))
    seen = forecasts(with_part, ForecastSettings(), DAYS[:-2], 24)
    actual = with_part.load_mw[: 363 * 24].reshape(-1, 24)
    relative = (seen.load_mw - actual) / (actual - 100.0)
    shape = growth(ForecastSettings(), 1.0, 24)
    assert relative.std() == pytest.approx(0.025 * np.sqrt(np.mean(shape**2)), rel=0.08)
    assert abs(relative.mean()) < 0.003


def test_errors_are_alike_in_lead_between_issues_and_between_farms_as_declared():
    steady = problem(
        renewables={name: np.full(HOURS, 250.0) for name in ("wind.a", "wind.b")}
        | {"wind.full": np.linspace(0.0, 500.0, HOURS)}
    )
    given = ForecastSettings(wind_error=0.02, correlation_hours=6.0)
    # Away from the bounds nothing is clipped: errors are the normal numbers themselves.
    half = problem(renewables={k: np.append(v[1:], 500.0) for k, v in steady.renewables.items()})
    seen = forecasts(half, given, DAYS[:-3], 48)
    a, b = (seen.renewables[name] - 250.0 for name in ("wind.a", "wind.b"))
    shape = growth(given, 1.0, 48)
    a, b = a / shape, b / shape

    def alike(x, y):
        return np.corrcoef(x.ravel(), y.ravel())[0, 1]

    assert alike(a[:, :-6], a[:, 6:]) == pytest.approx(np.exp(-1.0), abs=0.06)
    assert alike(a[:-1, 24:], a[1:, :24]) == pytest.approx(given.issue_correlation, abs=0.06)
    assert alike(a, b) == pytest.approx(given.plant_correlation, abs=0.06)


@settings(max_examples=25, deadline=None)
@given(
    first=st.integers(0, 300),
    count=st.integers(1, 5),
    look_ahead=st.integers(1, 80),
    seed=st.integers(0, 2**32),
)
def test_a_forecast_does_not_depend_on_how_many_are_made_nor_how_long(
    first, count, look_ahead, seed
):
    week = problem(24 * 320)
    given = ForecastSettings(seed=seed)
    issues = 24 * np.arange(first, min(first + count, 320))
    few = forecasts(week, given, issues, look_ahead)
    many = forecasts(week, given, 12 * np.arange(640), 80)
    for name, power in few.renewables.items():
        assert np.array_equal(power, many.renewables[name][issues // 12, :look_ahead])
    assert np.array_equal(few.load_mw, many.load_mw[issues // 12, :look_ahead])


def test_another_seed_gives_other_errors_and_the_same_seed_the_same_bytes():
    one, same, other = (forecasts(YEAR, ForecastSettings(seed=s), DAYS, 48) for s in (1, 1, 2))
    assert one.renewables["wind.a"].tobytes() == same.renewables["wind.a"].tobytes()
    assert not np.array_equal(one.renewables["wind.a"], other.renewables["wind.a"])
    assert not np.array_equal(one.load_mw, other.load_mw)


@pytest.mark.parametrize(
    "given",
    [
        ForecastSettings(perfect=True),
        ForecastSettings(wind_error=0.0, solar_error=0.0, load_error=0.0),
    ],
)
def test_without_error_a_forecast_is_what_comes(given):
    seen = forecasts(YEAR, given, DAYS[:-1], 48)
    place = DAYS[:-1, None] + np.arange(48)
    for name, power in YEAR.renewables.items():
        assert np.array_equal(seen.renewables[name], power[place])
    assert np.array_equal(seen.load_mw, YEAR.load_mw[place])


def test_beyond_the_period_nothing_is_seen():
    seen = forecasts(YEAR, ForecastSettings(), DAYS[-1:], 48)
    assert not seen.renewables["wind.a"][0, 24:].any()
    assert not seen.load_mw[0, 24:].any()
