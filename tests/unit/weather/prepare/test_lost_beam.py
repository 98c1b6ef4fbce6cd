"""Sunshine that adds up and is broken all the same: clear hours without a beam."""

from __future__ import annotations

import numpy as np
import pytest
from pvlib import irradiance

from altay_energy.core.timeline import Timeline
from altay_energy.weather.files.checks import check
from altay_energy.weather.files.clock import clock_check
from altay_energy.weather.files.closure import closure, lost_beam
from altay_energy.weather.prepare.align import align
from altay_energy.weather.prepare.derive import derive
from altay_energy.weather.prepare.describe import describe
from altay_energy.weather.prepare.describe_text import describe_text
from altay_energy.weather.read import read_weather
from altay_energy.weather.sun import sun_path

PLACE = {"site": "here", "latitude": 47.0, "longitude": 86.0, "elevation_m": 700.0}


def without_beam(file, with_series, hours):
    """The clear hours about noon lose their beam to the diffuse light: the three still close."""
    ghi, dni, dhi = (file.series[key] for key in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2"))
    lost = np.zeros(ghi.size, dtype=bool)
    lost[np.argsort(-ghi, kind="stable")[:hours]] = True
    return with_series(
        file, dni_w_m2=np.where(lost, 0.0, dni), dhi_w_m2=np.where(lost, ghi, dhi)
    ), lost


@pytest.mark.parametrize("hours", [20, 512])
def test_hours_of_clear_sky_without_beam_are_counted_though_they_close(made, with_series, hours):
    file, lost = without_beam(made(), with_series, hours)
    found = lost_beam(file)
    assert found.lost_hours == lost.sum() == hours
    assert closure(file).rms_w_m2 < 10.0
    notice = next(text for text in check(file).notices if "no beam light" in text)
    assert f"no beam light in {hours} h of clear sky" in notice
    assert 'irradiance = "from_ghi"' in notice
    document = describe(file)
    assert document["year"]["clear_hours_without_beam"] == hours
    assert f"beam      none in {hours} of " in describe_text(document)


def test_an_overcast_or_a_sound_file_has_none(made, with_series):
    file = made()
    assert lost_beam(file).lost_hours == 0.0
    assert lost_beam(file).clear_hours > 1500.0
    dull = 0.3 * file.series["ghi_w_m2"]
    overcast = with_series(file, ghi_w_m2=dull, dhi_w_m2=dull, dni_w_m2=np.zeros(8760))
    assert lost_beam(overcast).lost_hours == 0.0
    assert lost_beam(with_series(file, dni_w_m2=None)) is None
    assert not any("beam" in text for text in check(file).notices)


def test_the_notice_says_what_from_ghi_changes(made, with_series):
    """Reckoned again, hour by hour, with pvlib's own angle of incidence."""
    file, _ = without_beam(made(), with_series, 512)
    again = derive(file, 0.0, "from_ghi")
    sun = sun_path(47.0, 86.0, 700.0, file.times, 3600)
    slanted = np.maximum(
        irradiance.aoi_projection(35.0, 180.0, sun.zenith_deg, sun.azimuth_deg), 0.0
    ) * (sun.lit_fraction > 0.0)
    sky = (1.0 + np.cos(np.radians(35.0))) / 2.0

    def on_plane(one):
        return (one.series["dni_w_m2"] * slanted + one.series["dhi_w_m2"] * sky).sum()

    percent = 100.0 * (on_plane(again) / on_plane(file) - 1.0)
    new, old = (one.series["dni_w_m2"].sum() / 1000.0 for one in (again, file))
    notice = next(text for text in check(file).notices if "no beam light" in text)
    assert f"DNI becomes {new:.0f} instead of {old:.0f} kWh/m²" in notice
    assert f"toward the equator gets {percent:+.0f} % of light" in notice


def test_a_run_has_a_notice_and_from_ghi_silences_what_it_corrects(made, with_series):
    file, _ = without_beam(made(), with_series, 512)
    timeline = Timeline.of_year(2021)
    given = align(file, timeline, **PLACE)
    assert any("no beam light in 512 h" in text for text in given.notices)
    derived = align(file, timeline, irradiance="from_ghi", **PLACE)
    assert not any("no beam light" in text for text in derived.notices)
    assert derived.dni_w_m2.sum() > given.dni_w_m2.sum()


def test_no_warning_of_light_that_was_left_out_remains(made, with_series):
    """`from_ghi` replaces DNI and DHI, so their faults are neither told nor refused."""
    file = made()
    weak = with_series(file, dni_w_m2=0.5 * file.series["dni_w_m2"])
    timeline = Timeline.of_year(2021)
    assert any("from_ghi" in text for text in align(weak, timeline, **PLACE).notices)
    derived = align(weak, timeline, irradiance="from_ghi", **PLACE)
    assert not any("close to" in text or "below GHI" in text for text in derived.notices)
    assert any("are left out" in text for text in derived.notices)
    broken = with_series(file, dni_w_m2=np.full(8760, 4000.0))
    assert align(broken, timeline, irradiance="from_ghi", **PLACE).dni_w_m2.max() < 1400.0


def test_real_years_of_xinjiang_are_distinguished(shared_data):
    found = {}
    for path in (shared_data / "weather").glob("*.[ec][ps][wv]"):
        file = read_weather(path)
        found[file.place] = lost_beam(file, clock_check(file).rounded_lag_hours).lost_hours
    assert found["Tacheng"] == pytest.approx(380, abs=20)
    assert found["Yining"] == pytest.approx(330, abs=20)
    assert found["Fuyun"] == found["Hoboksar"] == 0.0
    assert sum(found.values()) == found["Tacheng"] + found["Yining"]
