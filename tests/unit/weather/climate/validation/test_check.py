"""Synthetic years beside a record: what is judged, what does not apply, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.weather.climate.model.generate import climate_weather
from altay_energy.weather.climate.statistics.record import ClimateRecord, measure, thresholds
from altay_energy.weather.climate.statistics.statistics import daily_clearness
from altay_energy.weather.climate.statistics.wind_record import Keeping, as_kept
from altay_energy.weather.climate.validation.check import FIGURES, ClimateCheck, Tolerance, compare
from altay_energy.weather.climate.validation.table import check_text


@pytest.fixture(scope="module")
def years() -> ClimateRecord:
    """Eight years at Fuyun."""
    made = [
        ClimateRecord.of_weather(climate_weather("fuyun", Timeline.of_year(2030 + k), 1))
        for k in range(8)
    ]
    return joined(made)


def joined(records: list[ClimateRecord]) -> ClimateRecord:
    def all_of(name: str) -> np.ndarray:
        return np.concatenate([getattr(one, name) for one in records])

    return replace(
        records[0], **{n: all_of(n) for n in ("ghi_w_m2", "temperature_c", "wind_speed_m_s")}
    )


def year(years: ClimateRecord, k: int = 0) -> ClimateRecord:
    return replace(
        years,
        ghi_w_m2=years.ghi_w_m2[k : k + 1],
        temperature_c=years.temperature_c[k : k + 1],
        wind_speed_m_s=years.wind_speed_m_s[k : k + 1],
    )


def verdicts(check: ClimateCheck, key: str) -> set[str]:
    return {row.verdict for row in check.rows if row.key == key}


def held(record: ClimateRecord, how: Keeping) -> ClimateRecord:
    wind = as_kept(record.wind_speed_m_s.reshape(record.years, -1), how)
    return replace(record, wind_speed_m_s=wind.reshape(record.wind_speed_m_s.shape))


def test_the_bounds_are_those_that_were_asked_for():
    bounds = {
        k: (f.tolerance.absolute, f.tolerance.relative) for k, f in FIGURES.items() if f.tolerance
    }
    assert bounds == {
        "temperature_month": (1.5, 0.0),
        "ghi_year": (0.0, 0.05),
        "ghi_month": (1.0, 0.10),
        "clearness_mean": (0.02, 0.0),
        "clearness_std": (0.03, 0.0),
        "clearness_lag1": (0.1, 0.0),
        "temperature_std": (0.6, 0.0),
        "temperature_lag1": (0.1, 0.0),
        "temperature_month_std": (0.6, 0.0),
        "wind_month": (0.0, 0.10),
        "weibull_k": (0.2, 0.0),
        "weibull_k_blowing": (0.2, 0.0),
        "temperature_swing": (0.0, 0.20),
        "temperature_swing_season": (0.0, 0.20),
        "wind_swing": (0.0, 0.20),
        "frost_hours": (10.0, 0.35),
        "cold_days": (0.0, 0.30),
        "cold_length": (0.0, 0.30),
        "overcast_days": (0.0, 0.30),
        "overcast_length": (0.0, 0.30),
        "calm_hours": (0.0, 0.30),
        "calm_length": (0.0, 0.30),
    }


def test_the_larger_of_two_bounds_is_allowed():
    both = Tolerance(10.0, 0.35)
    assert (both.allows(20.0), both.allows(100.0), both.allows(-100.0)) == (10.0, 35.0, 35.0)
    assert (Tolerance(1.5).text(), Tolerance(relative=0.1).text()) == ("1.5", "10 %")


def test_figures_have_the_units_they_are_printed_with(years):
    even = replace(
        years,
        ghi_w_m2=np.full_like(years.ghi_w_m2, 100.0),
        wind_speed_m_s=np.full_like(years.wind_speed_m_s, 2.4),
    )
    found = measure(even, thresholds(even), Keeping(1.0))
    np.testing.assert_allclose(found["ghi_year"], 876.0)
    np.testing.assert_allclose(found["ghi_month"][:, 1], 67.2)
    # the level of wind is that of wind as it is, not as a station rounds it
    np.testing.assert_allclose(found["wind_month"], 2.4)


def test_thresholds_are_shares_of_the_record(years):
    limits = thresholds(years)
    cold = measure(years, limits, Keeping())
    assert cold["cold_days"].mean() == pytest.approx(36.5, abs=0.2)
    assert cold["overcast_days"].mean() == pytest.approx(73.0, abs=0.2)
    assert limits.calm_m_s == pytest.approx(0.5 * years.wind_speed_m_s.mean())


def test_the_deviation_about_months_holds_their_slope(years):
    rising = replace(
        years, temperature_c=np.zeros((years.years, 365, 24)) + np.arange(365)[:, None]
    )
    found = measure(rising, thresholds(years), Keeping())["temperature_month_std"]
    lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    variance = (lengths * (lengths**2 - 1.0) / 12.0).sum() / 365.0
    np.testing.assert_allclose(found, np.sqrt(variance))


def test_the_table_says_ranks_and_counts(years):
    check = compare(year(years, 3), replace(years, temperature_c=years.temperature_c + 3.0))
    inside, judged = check.judged - len(check.beyond), check.judged
    text = check_text(check)
    assert 0 < inside < judged
    assert f"{inside} of {judged} figures are within what is allowed; beyond: " in text
    row = next(r for r in check.rows if r.key == "ghi_year")
    line = next(line for line in text.splitlines() if line.startswith("GHI of the year"))
    assert f"  {100 * row.rank:.0f} %  " in line
    assert 0.0 < row.rank < 1.0


def test_correlations_are_reported_by_season(years):
    clear = daily_clearness(years.ghi_w_m2, years.latitude)
    cold_when_clear = np.where(np.arange(365) < 180, -30.0, 30.0) * clear
    other = replace(years, temperature_c=np.repeat(cold_when_clear[..., None], 24, -1))
    found = measure(other, thresholds(other), Keeping())["temperature_clearness"]
    assert found[:, 1].max() < -0.9  # March to May
    assert found[:, 3].min() > 0.9  # September to November


def test_a_month_without_wind_to_speak_of_is_not_judged(years):
    calm = replace(years, wind_speed_m_s=0.005 * years.wind_speed_m_s)
    assert verdicts(compare(calm, years), "wind_month") == {"does not apply"}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda r: replace(r, temperature_c=r.temperature_c + 1.6), "temperature_month"),
        (lambda r: replace(r, ghi_w_m2=1.06 * r.ghi_w_m2), "ghi_year"),
        (lambda r: replace(r, ghi_w_m2=1.05 * r.ghi_w_m2), "clearness_mean"),
        (lambda r: replace(r, wind_speed_m_s=1.12 * r.wind_speed_m_s), "wind_month"),
        (lambda r: replace(r, wind_speed_m_s=r.wind_speed_m_s**1.2), "weibull_k"),
        (lambda r: replace(r, wind_speed_m_s=r.wind_speed_m_s**1.2), "weibull_k_blowing"),
        (lambda r: replace(r, temperature_c=r.temperature_c - 4.0), "frost_hours"),
        (lambda r: replace(r, temperature_c=r.temperature_c[..., ::-1, :]), "temperature_month"),
        (lambda r: replace(r, temperature_c=0.75 * r.temperature_c), "temperature_std"),
    ],
)
def test_synthetic_years_that_differ_are_found(years, change, key):
    assert "beyond" in verdicts(compare(years, change(years)), key)


def test_days_in_disorder_keep_every_level_and_lose_their_periods(years):
    order = np.random.default_rng(0).permuted(np.arange(365).reshape(73, 5), axis=1).ravel()
    mixed = replace(years, temperature_c=years.temperature_c[:, order])
    check = compare(years, mixed)
    assert verdicts(check, "temperature_lag1") == {"beyond"}
    assert verdicts(check, "temperature_std") == {"ok"}


def test_a_record_lies_somewhere_among_the_synthetic_years(years):
    check = compare(year(years, 3), years)
    for row in check.rows:
        if row.verdict == "ok":
            assert 0.0 < row.rank < 1.0
            assert row.low <= row.made <= row.high


def test_wind_that_is_held_has_no_shape_to_judge_and_is_compared_as_it_was_held(years):
    how = Keeping(1.0, 6, 2)
    check = compare(held(years, how), years)
    assert check.keeping == how
    assert (
        verdicts(check, "weibull_k") == verdicts(check, "weibull_k_blowing") == {"does not apply"}
    )
    assert "held for 6 h" in next(r.why for r in check.rows if r.key == "weibull_k")
    assert verdicts(check, "calm_length") == verdicts(check, "wind_swing") == {"ok"}
    # without the station's practice the spells of made wind would be far shorter
    raw = compare(years, years)
    length = {c: next(r.real for r in c.rows if r.key == "calm_length") for c in (raw, check)}
    assert length[check] > 1.3 * length[raw]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("change", "not_applied"),
    [
        (
            lambda r: replace(r, temperature_c=np.full_like(r.temperature_c, 27.0)),
            {
                "temperature_lag1",
                "temperature_std",
                "temperature_swing",
                "frost_hours",
                "cold_days",
            },
        ),
        (
            lambda r: replace(r, ghi_w_m2=np.zeros_like(r.ghi_w_m2)),
            {"ghi_year", "ghi_month", "clearness_lag1", "overcast_days"},
        ),
        (
            lambda r: replace(r, wind_speed_m_s=np.zeros_like(r.wind_speed_m_s)),
            {"wind_month", "weibull_k", "weibull_k_blowing", "wind_swing", "calm_hours"},
        ),
        (lambda r: replace(r, latitude=90.0), set()),
        (lambda r: replace(r, latitude=-47.0), set()),
    ],
)
def test_what_a_place_does_not_have_does_not_apply(years, change, not_applied):
    other = change(years)
    check = compare(other, other)
    assert not check.beyond
    for key in not_applied:
        assert verdicts(check, key) == {"does not apply"}, key
    for row in check.rows:
        assert (row.verdict == "does not apply") == bool(row.why)
        assert row.real is None or np.isfinite([row.real, row.made, row.low, row.high]).all()


def test_a_climate_made_constant_is_found_and_not_divided_by(years):
    flat = replace(years, wind_speed_m_s=np.full_like(years.wind_speed_m_s, 6.0))
    check = compare(years, flat)
    assert verdicts(check, "wind_swing") == {"beyond"}
    assert verdicts(check, "weibull_k") == {"beyond"}


def test_frost_in_a_place_without_any_is_found(years):
    warm = replace(years, temperature_c=years.temperature_c + 60.0)
    assert verdicts(compare(warm, warm), "frost_hours") == {"does not apply"}
    assert verdicts(compare(warm, years), "frost_hours") == {"beyond"}


def test_one_synthetic_year_and_another_height_are_refused(years):
    with pytest.raises(WeatherError, match="at least 2"):
        compare(years, year(years))
    with pytest.raises(WeatherError, match="synthetic wind is at 10 m"):
        compare(years, replace(years, wind_height_m=10.0))
