"""Measured rivers: fitted on the first half of the record, predicted over the second."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from altay_energy.resource.runoff.calibrate import (
    FITTED,
    Record,
    fit_catchment,
    nash_sutcliffe,
    predict,
)
from altay_energy.resource.runoff.catchment import Catchment
from altay_energy.resource.runoff.processes import snow_bands

DAY = np.timedelta64(1, "D")


def counted(flow: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flows that were measured, and to which of them each day belongs."""
    there = np.isfinite(flow)
    number = np.where(there, np.cumsum(there) - 1, -1)
    return flow[there], np.repeat(number, days)


def halves(table: pd.DataFrame, record) -> tuple[Record, Record]:
    middle = len(table) // 2
    return tuple(record(table.iloc[part]) for part in (slice(middle), slice(middle, None)))


def ten_days(table: pd.DataFrame) -> Record:
    """Ten-day means and sums as days: temperature between middles, precipitation evenly."""
    last = table["decade_end"].to_numpy().astype("datetime64[D]")
    month = last.astype("datetime64[M]").astype("datetime64[D]")
    third = np.minimum((last - month).astype(int) // 10, 2)
    first = month + 10 * third * DAY
    length = ((last - first) // DAY).astype(int) + 1
    days = np.arange(first[0], last[-1] + DAY)
    # What the station missed is taken as that decade of the mean year.
    decade = 3 * month.astype("datetime64[M]").astype(int) % 36 + third
    filled = table[["t_C", "p_mm"]].fillna(table.groupby(decade)[["t_C", "p_mm"]].transform("mean"))
    middle = (first - first[0]).astype(float) + length / 2.0
    temperature = np.interp(np.arange(days.size) + 0.5, middle, filled["t_C"])
    precipitation = np.repeat(filled["p_mm"].to_numpy() / length, length)
    flow, period = counted(table["q_m3s"].to_numpy(), length)
    day_of_year = (days - days.astype("datetime64[Y]")).astype(int) + 1
    return Record(temperature, precipitation, day_of_year, 1258.0, flow, period)


@pytest.mark.slow
def test_the_pskem_of_the_second_half_follows_from_the_first(shared_data):
    """Tien Shan, 1933-2015, snow and ice; station at 1,258 m, catchment about 1,000 to 4,300 m."""
    file = shared_data / "hydrology" / "pskem_mullala_decadal.csv"
    table = pd.read_csv(file, parse_dates=["decade_end"])
    missing = table[["q_m3s", "p_mm", "t_C"]].isna().sum()
    assert missing.to_dict() == {"q_m3s": 39, "p_mm": 37, "t_C": 7}
    first, second = halves(table, ten_days)
    start = Catchment(
        area_km2=2450.0,
        band_elevation_m=snow_bands([1000, 2000, 2600, 3100, 4300], 5),
        latitude=42.0,
        glacier_share=0.05,
    )
    bounds = {**FITTED, "glacier_share": (0.0, 0.15)}
    fit = fit_catchment(start, first, bounds, samples=16, rounds=10)
    later = predict(fit.catchment, second)
    assert fit.efficiency > 0.83
    assert nash_sutcliffe(later, second.flow_m3_s) > 0.82
    assert later.mean() == pytest.approx(second.flow_m3_s.mean(), rel=0.1)
    # The mean course of the year alone explains less.
    assert nash_sutcliffe(later, second.flow_m3_s) > nash_sutcliffe(
        mean_year(first, second), second.flow_m3_s
    )


def mean_year(first: Record, second: Record) -> np.ndarray:
    """The first half's mean flow of each ten days of the year, over the second half."""
    course, count = np.zeros(37), np.zeros(37)
    place = [record.means(record.day_of_year.astype(float)) // 10 for record in (first, second)]
    np.add.at(course, place[0].astype(int), first.flow_m3_s)
    np.add.at(count, place[0].astype(int), 1.0)
    return (course / np.maximum(count, 1.0))[place[1].astype(int)]


def days(table: pd.DataFrame) -> Record:
    flow, period = counted(table["qobs"].to_numpy(), np.ones(len(table), dtype=int))
    return Record(
        ((table["tmin"] + table["tmax"]) / 2.0).to_numpy(),
        (table["rain"] + table["snow"]).to_numpy(),
        table["date"].dt.day_of_year.to_numpy(),
        606.0,
        flow,
        period,
    )


@pytest.mark.slow
def test_the_salmon_river_day_by_day(shared_data):
    """British Columbia, 1960-1979, 4,230 km², outlet at 606 m; the same on days."""
    file = shared_data / "hydrology" / "salmon_river_bc_daily_1960_1979.csv"
    first, second = halves(pd.read_csv(file, parse_dates=["date"]), days)
    start = Catchment(
        area_km2=4230.0,
        band_elevation_m=snow_bands([606, 750, 850, 1000, 1400], 5),
        latitude=54.5,
    )
    fit = fit_catchment(start, first, samples=16, rounds=12)
    assert fit.efficiency > 0.8
    assert nash_sutcliffe(predict(fit.catchment, second), second.flow_m3_s) > 0.85
