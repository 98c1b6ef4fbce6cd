"""PVWatts' own results for the same weather and settings.

What differs on purpose: PVWatts spreads the row in front over all diffuse light, the brightness
around the sun included (ours shades that as it does the beam: 0.4 to 0.8 % more a year); it
corrects for the colour of light by air mass (0.1 to 0.2 %); version 8 takes the sun of a weather
file with a minute column as an instant, not over the lit part of the hour. Its trackers turn 45°
to either side, and the reference was made without backtracking.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from pvlib import iotools

from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.core.timeline import Timeline
from altay_energy.weather.series import Weather
from altay_energy.weather.sun import sun_path

VERSION_8 = SolarPlant(
    capacity_mw=1.0 / 1.2,
    site="station",
    dc_ac_ratio=1.2,
    tilt_deg=40.0,
    azimuth_deg=180.0,
    albedo=0.2,
    ground_cover_ratio=0.4,
    temperature_coefficient=-0.0037,
    losses=0.1408,
    inverter_efficiency=0.96,
    transposition="perez-driesse",
    cell_temperature="noct",
    snow="off",
)
"""1 MW of modules as the references were made."""


def weather(data: pd.DataFrame, place: tuple[float, float, float], offset: float, lag: float):
    zone = timezone(timedelta(hours=offset))
    pressure = data["pressure_pa"] if "pressure_pa" in data else pd.Series(101325.0, data.index)
    return Weather(
        place="station",
        latitude=place[0],
        longitude=place[1],
        elevation_m=place[2],
        timeline=Timeline(datetime(2013, 1, 1, tzinfo=zone).astimezone(UTC), 8760),
        ghi_w_m2=data["ghi"].to_numpy(float),
        dni_w_m2=data["dni"].to_numpy(float),
        dhi_w_m2=data["dhi"].to_numpy(float),
        temperature_c=data["temp_air"].to_numpy(float),
        wind_speed_m_s=data["wind_speed"].to_numpy(float),
        wind_height_m=10.0,
        pressure_pa=pressure.to_numpy(float),
        relative_humidity_percent=np.full(8760, 50.0),
        sun_lag_hours=lag,
    )


@pytest.fixture(scope="module")
def fuyun(shared_data):
    file = shared_data / "weather" / "CHN_Xinjiang.Uygur.Fuyun.510870_CSWD.epw"
    data, place = iotools.read_epw(file)
    # Its minute column says 0, so PVWatts puts the sun at the beginning of the hour.
    where = (place["latitude"], place["longitude"], place["altitude"])
    return weather(data, where, offset=8.0, lag=0.5)


@pytest.fixture(scope="module")
def minnesota(shared_data):
    file = shared_data / "weather" / "nsrdb_psm3_47.5233_-92.5366_2013.csv"
    data, place = iotools.read_nsrdb_psm4(file)
    where = (place["latitude"], place["longitude"], place["altitude"])
    return weather(data, where, offset=-6.0, lag=0.0)


def reference(shared_data, name: str) -> np.ndarray:
    table = pd.read_csv(shared_data / "peer_reference" / f"pvwatts8_{name}.csv.gz")
    return np.maximum(table["ac_W"].to_numpy() / 1e6, 0.0)


def by_month(power: np.ndarray) -> np.ndarray:
    months = pd.date_range("2013-01-01", periods=8760, freq="h").month
    return np.array([power[months == month].sum() for month in range(1, 13)])


@pytest.mark.parametrize("station", ["fuyun", "mn47"])
@pytest.mark.parametrize("sky_model", ["hay-davies", "perez-driesse"])
def test_a_fixed_plant_gives_what_pvwatts_8_gives(
    station, sky_model, fuyun, minnesota, shared_data
):
    here = fuyun if station == "fuyun" else minnesota
    plant = VERSION_8.with_(transposition=sky_model)
    ours = plant.available_power(here, here.timeline)
    theirs = reference(shared_data, f"{station}_fixed40")
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.015)
    assert np.corrcoef(ours, theirs)[0, 1] >= 0.998
    np.testing.assert_allclose(by_month(ours), by_month(theirs), rtol=0.04)


@pytest.mark.parametrize("sky_model", ["hay-davies", "perez-driesse"])
def test_a_tracker_gives_what_pvwatts_8_gives(sky_model, minnesota, shared_data):
    stand = VERSION_8.given()
    for key in ("tilt_deg", "azimuth_deg"):
        del stand[key]
    plant = SolarPlant(
        **{**stand, "transposition": sky_model},
        mounting="tracking",
        max_angle_deg=45.0,
        backtracking=False,
    )
    ours = plant.available_power(minnesota, minnesota.timeline)
    theirs = reference(shared_data, "mn47_tracker")
    # Hay-Davies puts less on the plane than Perez, here as on fixed racks: 1.5 % of the year.
    rel = 0.005 if sky_model == "perez-driesse" else 0.016
    assert ours.sum() == pytest.approx(theirs.sum(), rel=rel)
    assert np.corrcoef(ours, theirs)[0, 1] >= 0.999
    np.testing.assert_allclose(by_month(ours), by_month(theirs), rtol=0.04)


def test_a_rack_in_colorado_gives_what_pvwatts_5_gave(shared_data):
    file = shared_data / "pv" / "pvwatts_8760_rackmount.csv"
    table = pd.read_csv(file, skiprows=17).iloc[:-1].astype(float)
    table.columns = pd.Index(
        ["month", "day", "hour", "dni", "dhi", "temp_air", "wind_speed", "poa", "cell", "dc", "ac"]
    )
    begin = np.datetime64("2013-01-01T07", "s") + np.arange(8760) * np.timedelta64(3600, "s")
    sun = sun_path(39.73, -105.18, 1819.6, begin, 3600)
    level = np.cos(np.radians(np.minimum(sun.zenith_deg, 90.0)))
    table["ghi"] = table["dni"] * level + table["dhi"]
    here = weather(table, (39.73, -105.18, 1819.6), offset=-7.0, lag=0.0)
    plant = SolarPlant(
        capacity_mw=0.004 / 1.2,
        site="station",
        dc_ac_ratio=1.2,
        tilt_deg=20.0,
        temperature_coefficient=-0.0047,
        ground_cover_ratio=0.0,
        losses=0.1408,
        transposition="perez-driesse",
    )
    ours = plant.available_power(here, here.timeline) * 1e6
    assert ours.sum() == pytest.approx(table["ac"].sum(), rel=0.015)
    assert np.corrcoef(ours, table["ac"])[0, 1] >= 0.998


def test_module_power_gives_what_pvwatts_gives_at_fuyun_with_the_same_losses(fuyun):
    plant = SolarPlant(capacity_mw=1.0, site="station", dc_ac_ratio=1.0)
    assert plant.available_power(fuyun, fuyun.timeline).sum() == pytest.approx(1239.1, rel=0.03)
