"""Points on the map."""

import pytest
from pydantic import ValidationError

from altay_energy.components.settings.site import Site


def test_a_site_is_a_point_with_an_elevation():
    site = Site(latitude=47.43, longitude=85.87, elevation_m=984)
    assert (site.climate, site.title_zh) == (None, "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latitude": 97.0}, "latitude\n.*less than or equal to 90"),
        ({"longitude": -181.0}, "longitude\n.*greater than or equal to -180"),
        ({"elevation_m": 98400.0}, "elevation_m\n.*less than or equal to 8850"),
        ({"elevation_m": float("nan")}, "elevation_m\n.*finite number"),
        ({"climate": ""}, "climate\n.*at least 1 character"),
        ({"elevation": 984.0}, "elevation\n.*Extra inputs are not permitted"),
    ],
)
def test_a_point_off_the_earth_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        Site.model_validate({"latitude": 47.4, "longitude": 85.9, "elevation_m": 984, **change})
