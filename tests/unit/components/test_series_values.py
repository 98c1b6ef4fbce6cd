"""Series from Python: numbers of every library, and nothing that only looks like numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from altay_energy.components.base import Series
from altay_energy.components.demand.load import Load
from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.components.supply.grid import Grid
from altay_energy.core.errors import ScenarioError, SeriesError
from altay_energy.core.timeline import Timeline

DAY = Timeline(Timeline.of_year(2030).start, 24)
HOURS = np.arange(24.0)
ZONED = pd.date_range("2030-01-01", periods=24, freq="h", tz="Asia/Shanghai")


@pytest.mark.parametrize(
    "value",
    [5, 5.0, np.float32(5), np.float64(5), np.int16(5), np.uint8(5), np.array(5.0)],
    ids=lambda value: type(value).__name__,
)
def test_a_number_of_any_library_is_a_constant(value):
    series = Load(profile=value).profile
    assert series.is_constant
    np.testing.assert_array_equal(series.on(DAY), np.full(24, 5.0))


@pytest.mark.parametrize(
    "values",
    [
        HOURS.tolist(),
        tuple(range(24)),
        HOURS.astype(np.float32),
        np.arange(24, dtype=np.uint16),
        np.ma.masked_array(HOURS, mask=False),
        np.array(range(24), dtype=object),
        pd.Series(HOURS),
        pd.Series(range(24), dtype="Int64"),
        pd.Series(HOURS, index=ZONED),
        pd.Series(HOURS, index=ZONED.tz_convert("UTC")),
        pd.Series(HOURS, index=ZONED.tz_localize(None)),
        xr.DataArray(HOURS, dims="time", coords={"time": DAY.utc.astype("datetime64[ns]")}),
        xr.DataArray(HOURS, dims="time", coords={"time": DAY.local.astype("datetime64[ns]")}),
        xr.DataArray(HOURS, dims="hour"),
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_an_array_of_any_library_is_a_series(values):
    np.testing.assert_array_equal(Load(profile=values).profile.on(DAY), HOURS)


def test_time_becomes_the_last_axis_of_an_array_that_names_it():
    both = np.stack([HOURS, 2 * HOURS])
    array = xr.DataArray(both.T, dims=("time", "year"), coords={"time": DAY.utc.astype("M8[ns]")})
    np.testing.assert_array_equal(Load(profile=array).profile.on(DAY), both)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ma.masked_array(HOURS, mask=HOURS == 3), "has 1 masked values"),
        (np.ma.masked_all(24), "has 24 masked values"),
        (HOURS + 1j, "holds complex numbers, not numbers"),
        (HOURS > 3, "holds true and false, not numbers"),
        ([True, False], "holds true and false"),
        (HOURS.astype(str), "holds text, not numbers"),
        (["1", "2"], "holds text"),
        ([b"1", b"2"], "holds text"),
        ([1, True, "2"], "holds text"),
        (np.array([1, True], dtype=object), "holds bool, not numbers"),
        (np.array([1.0, None]), "holds None, not numbers"),
        (pd.Series([1, None], dtype="Int64"), "a series holds N"),  # NaN or NAType, by version
        (pd.Series([True, False]), "holds true and false"),
        (pd.Series(["a"] * 24), "holds "),
        (ZONED.tz_localize(None).to_numpy(), "holds datetime64"),
        ([[1.0], [1.0, 2.0]], "rows differ in length"),
        (np.array([1.0, np.nan, np.inf]), "holds NaN or inf in 2 of 3 values, first at interval 1"),
        (pd.Series([1.0, None]), "holds NaN or inf in 1 of 2 values, first at interval 1"),
        ([10**400, 1], "too large"),
        ([1e300, 1.0], "1e+300"),
        (True, "must be a number [MW]"),
        (np.bool_(True), "must be a number [MW]"),
        (None, "needs either profile"),
        (object(), "must be a number [MW]"),
        ("5", "must be a number [MW]"),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_series_of_numbers_is_refused(values, words):
    with pytest.raises((ScenarioError, SeriesError)) as error:
        Load(profile=values)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "index",
    [ZONED + pd.Timedelta("1h"), ZONED.tz_localize(None) + pd.Timedelta("1D"), ZONED[::-1]],
    ids=["an hour late", "a day late", "backwards"],
)
def test_times_of_another_period_are_not_taken_for_those_of_the_run(index):
    load = Load(profile=pd.Series(HOURS, index=index))
    with pytest.raises(SeriesError, match=r"are not the intervals of the period, 2030-01-01 00:00"):
        load.profile.on(DAY)


def test_a_fault_of_a_profile_is_named_by_its_time():
    values = np.full(24, 0.5)
    values[7] = 1.2
    with pytest.raises(ScenarioError, match=r"the first is 1.2 at interval 7"):
        SolarPlant(capacity_mw=1, profile=values)
    read = Series(values, labels=DAY.local)
    with pytest.raises(ScenarioError, match=r"the first is 1.2 at 2030-01-01 07:00"):
        SolarPlant(capacity_mw=1, profile=read)


PEAKS = np.repeat([0.35, 0.70, 1.05, 1.25], 6)


def test_prices_in_yuan_per_kilowatt_hour_are_seen_though_their_peak_is_above_one():
    with pytest.raises(ScenarioError, match=r"is it in CNY/kWh\? Then declare unit = \"CNY/kWh\""):
        Grid(import_limit_mw=10, import_price_cny_mwh=PEAKS)
    with pytest.raises(ScenarioError, match=r"= 1.25 CNY/MWh is unusual: .* write 1250"):
        Grid(import_limit_mw=10, export_price_cny_mwh=1.25)
    assert Grid(import_limit_mw=10, import_price_cny_mwh=1e3 * PEAKS)
    # Zero and negative prices are those of markets; so are hours next to nothing.
    assert Grid(import_limit_mw=10, import_price_cny_mwh=np.linspace(-80.0, 40.0, 24))
    assert Grid(import_limit_mw=10, export_price_cny_mwh=0.0)


@pytest.mark.parametrize("price", [1e300, 2e5, np.full(24, 1e300), np.linspace(0, 2e5, 24)])
def test_prices_beyond_any_market_are_refused(price):
    with pytest.raises((ScenarioError, SeriesError), match=r"1e\+300|at most 100000"):
        Grid(import_limit_mw=10, import_price_cny_mwh=price)
