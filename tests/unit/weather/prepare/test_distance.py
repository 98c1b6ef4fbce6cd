"""When results say that their weather comes from elsewhere."""

from __future__ import annotations

import pytest

from altay_energy.weather.prepare.align import _distance_notice


@pytest.mark.parametrize(
    ("north_deg", "up_m", "told"),
    [
        (0.0, 0.0, False),
        (0.0, 99.9, False),
        (0.0, 100.0, True),
        (0.0, -99.9, False),
        (0.0, -100.0, True),
        (24.9 / 111.19, 0.0, False),
        (25.1 / 111.19, 0.0, True),
        (25.1 / 111.19, 100.0, True),
    ],
)
def test_weather_from_25_km_away_or_100_m_higher_is_reported(made, north_deg, up_m, told):
    file = made(hours=48).located(47.0, 86.0, 700.0)
    place = file.location()
    notices = _distance_notice(file, "here", (place[0] + north_deg, place[1], place[2] - up_m))
    assert bool(notices) == told
    if told:
        assert f"{111.19 * north_deg:.0f} km away" in notices[0]
        level = {100.0: "100 m higher", -100.0: "100 m lower"}.get(up_m)
        assert ("higher" in notices[0] or "lower" in notices[0]) == (level is not None)
        assert level is None or level in notices[0]
