"""Measured photovoltaic plants: one under snow in January, one in Xinjiang."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pvlib.snow import dc_loss_nrel

from altay_energy.resource.solar import power as solar_power
from altay_energy.resource.solar import snow


@pytest.fixture(scope="module")
def january(shared_data):
    """Six days in January 2022, every quarter of an hour; modules 35° steep towards south-west."""
    data = pd.read_csv(
        shared_data / "pv" / "pvanalytics_snow_data.csv", parse_dates=["Timestamp"], index_col=0
    )
    fall = pd.read_csv(
        shared_data / "pv" / "pvanalytics_snow_snowfall.csv", parse_dates=["DATE"], index_col=0
    )["SNOW"]
    light = data["POA [W/m²]"].clip(lower=50.0).where(data["POA [W/m²]"] >= 50.0, 0.0)
    dc = (data["INV1 CB2 Voltage [V]"] * data["INV1 CB2 Current [A]"]).fillna(0.0)
    expected = light * (1.0 - 0.0035 * (data["Module Temp [C]"] - 25.0))
    before = data.index < "2022-01-07"
    expected *= dc[before & (light > 0)].sum() / expected[before].sum()
    # The gauge is read once a day: its snow is taken to have fallen between midnight and six.
    night = data.index.hour < 6
    days = fall.reindex(data.index.normalize()).to_numpy()
    hourly = np.where(night, days / 1000.0 / 24.0, 0.0)
    covered = snow.covering(hourly, 0.25)
    share = snow.module_coverage(
        covered,
        light.to_numpy(),
        data["Ambient Temp [C]"].interpolate().to_numpy(),
        35.0,
        0.25,
    )
    table = pd.DataFrame(
        {
            "clear": expected,
            "measured": dc.where(light > 0, 0.0),
            "modelled": expected * (1.0 - dc_loss_nrel(share, 4)),
        }
    )
    return table.groupby(data.index.date).sum()


def test_snow_takes_most_of_the_days_on_which_it_fell_and_leaves_within_two(january):
    measured = 1.0 - january["measured"] / january["clear"]
    modelled = 1.0 - january["modelled"] / january["clear"]
    np.testing.assert_allclose(measured[:2], 0.0, atol=0.02)
    np.testing.assert_allclose(modelled[:2], 0.0, atol=1e-12)
    assert (measured[2:4] > 0.5).all()
    assert (modelled[2:4] > 0.5).all()
    assert modelled.iloc[4] == pytest.approx(measured.iloc[4], abs=0.1)
    assert measured.iloc[5] < 0.15
    assert modelled.iloc[5] < 0.15


def test_snow_losses_of_the_four_days_are_overstated_by_less_than_a_fifth_of_the_energy(january):
    days = january.iloc[2:].sum()
    excess = (days["measured"] - days["modelled"]) / days["clear"]
    assert 0.0 < excess < 0.2


def test_a_plant_in_xinjiang_gives_what_its_irradiance_says(shared_data):
    file = shared_data / "pv" / "stategrid_solar_site1_50MW_2019_hourly.csv"
    data = pd.read_csv(file, parse_dates=[0], index_col=0).dropna(
        subset=["irr_total_wm2", "t_air_C"]
    )
    light, air = data["irr_total_wm2"].to_numpy(), data["t_air_C"].to_numpy()
    # It has no wind; 2 m/s is usual at the stations of the region.
    cells = solar_power.cell_temperature(light, air, np.full(light.size, 2.0), 10.0)
    ours = 50.0 * solar_power.ac_power(solar_power.dc_power(light, cells))
    theirs = data["power_MW"].to_numpy()
    # Unmarked curtailment and outages are in the measured power, not in ours.
    assert ours.sum() / theirs.sum() == pytest.approx(1.045, abs=0.01)
    assert np.corrcoef(ours, theirs)[0, 1] > 0.965
    assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.07 * 50.0
    month = data.index.month
    ratio = [ours[month == m].sum() / theirs[month == m].sum() for m in range(1, 13)]
    assert min(ratio) > 0.97
    assert max(ratio) < 1.15
