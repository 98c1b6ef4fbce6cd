"""Weather from NASA POWER and PVGIS through pvlib: a command of its own, never part of a run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.files.textfile import Text
from altay_energy.core.timeline import Times
from altay_energy.weather.files.assemble import BROKEN
from altay_energy.weather.files.file import WeatherFile
from altay_energy.weather.files.spec import WeatherFileSpec
from altay_energy.weather.formats.text.nasa_power import NAMES, Content, power_series
from altay_energy.weather.formats.text.pvgis import hourly_series, typical_year

if TYPE_CHECKING:
    import pandas as pd

WAITS_SECONDS = (5.0, 30.0)
"""Pauses before the second and the third attempt. [s]"""

FIRST_YEARS: Mapping[str, int] = {"nasa_power": 2001, "pvgis": 2005}
"""First year of hourly series."""

Answer = tuple["pd.DataFrame", dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """One file that is to be fetched.

    Parameters
    ----------
    source : str
        ``nasa_power``, ``pvgis`` or ``pvgis_tmy``.
    latitude, longitude : float
        [°] north, east
    year : int or None
        None for a typical year.
    """

    source: str
    latitude: float
    longitude: float
    year: int | None

    @property
    def name(self) -> str:
        """Name of the file, the same for the same request."""
        place = f"{self.latitude:.4f}_{self.longitude:.4f}"
        return f"{self.source}_{place}" + (f"_{self.year}" if self.year else "") + ".nc"


def requests_for(
    source: str, latitude: float, longitude: float, years: tuple[int, int] | None
) -> list[Request]:
    """The files of a period, one a year.

    Parameters
    ----------
    source : str
        ``nasa_power``, ``pvgis`` or ``pvgis_tmy``.
    latitude, longitude : float
        [°] north, east
    years : tuple of int or None
        First and last; None for a typical year.

    Returns
    -------
    list of Request

    Raises
    ------
    WeatherError
        If the place is not on Earth or the years are not available.
    """
    if not (-90.0 <= latitude <= 90.0 and -180.0 <= longitude <= 180.0):
        raise WeatherError(
            f"latitude {latitude:g}, longitude {longitude:g} is no place on Earth; expected -90 to "
            "90 and -180 to 180"
        )
    if source == "pvgis_tmy":
        if years is not None:
            raise WeatherError("pvgis_tmy is a typical year; leave --years out")
        return [Request(source, latitude, longitude, None)]
    if years is None:
        raise WeatherError(f"{source} needs --years, as in --years 2015-2019")
    first, last = years
    this_year = int(str(np.datetime64("today", "Y")))
    if not FIRST_YEARS[source] <= first <= last < this_year:
        raise WeatherError(
            f"--years {first}-{last}: expected whole years from {FIRST_YEARS[source]} to "
            f"{this_year - 1}, the earlier first"
        )
    return [Request(source, latitude, longitude, year) for year in range(first, last + 1)]


def fetch(request: Request) -> WeatherFile:
    """Fetch one file over the network.

    Parameters
    ----------
    request : Request

    Returns
    -------
    WeatherFile
        In UTC; nothing is written.

    Raises
    ------
    WeatherError
        If there is no network, the service refuses, is busy or answers something else, or the
        series has gaps: with its answer and the remedy.
    """
    source = {"nasa_power": _nasa_power, "pvgis": _pvgis, "pvgis_tmy": _pvgis_tmy}[request.source]
    return source(request)


def _nasa_power(request: Request) -> WeatherFile:
    from pvlib import iotools

    names = [theirs for theirs, _ in NAMES.values()]
    data, stamps, meta = _asked(
        request,
        "NASA POWER",
        lambda: iotools.get_nasa_power(
            request.latitude,
            request.longitude,
            f"{request.year}-01-01",
            f"{request.year}-12-31",
            parameters=names,
            map_variables=False,
        ),
    )
    about = meta.get("parameters", {})
    content = Content(
        place=(meta["latitude"], meta["longitude"], meta["altitude"]),
        standard=str(meta.get("time_standard", "UTC")),
        fill=float(meta.get("fill_value", -999.0)),
        stamps=stamps,
        values={name: data[name].to_numpy(dtype=np.float64) for name in names if name in data},
        units={name: str(about[name].get("units", "")) for name in names if name in about},
        first_line=0,
    )
    return power_series(_text(request, data), WeatherFileSpec(file=request.name), content)


def _pvgis(request: Request) -> WeatherFile:
    from pvlib import iotools

    data, stamps, meta = _asked(
        request,
        "PVGIS",
        lambda: iotools.get_pvgis_hourly(
            request.latitude,
            request.longitude,
            start=request.year,
            end=request.year,
            components=True,
            surface_tilt=0,
            timeout=120,
        ),
    )
    spec = WeatherFileSpec(file=request.name)
    # PVGIS has no humidity: a scenario declares assumed_humidity_percent for the file.
    required = ("ghi_w_m2", "wind_speed_m_s")
    return hourly_series(_text(request, data), spec, data, stamps, meta, required=required)


def _pvgis_tmy(request: Request) -> WeatherFile:
    from pvlib import iotools

    data, stamps, meta = _asked(
        request,
        "PVGIS",
        lambda: iotools.get_pvgis_tmy(
            request.latitude, request.longitude, coerce_year=None, timeout=120
        ),
    )
    return typical_year(
        _text(request, data), WeatherFileSpec(file=request.name), data, stamps, meta
    )


def _asked(
    request: Request, service: str, ask: Callable[[], Answer]
) -> tuple[pd.DataFrame, Times, dict[str, Any]]:
    """Return the answer of a service; errors of the network become ours."""
    import pandas as pd
    import requests

    for wait in (*WAITS_SECONDS, None):
        try:
            data, meta = ask()
            stamps = pd.DatetimeIndex(data.index).tz_localize(None).to_numpy()
            return data, stamps.astype("datetime64[s]"), meta
        except requests.HTTPError as problem:
            raise WeatherError(
                f"{request.name}: {service} refuses: {_said(problem)}; are place and years within "
                "what it has? If it asks for patience, run the same command again later"
            ) from None
        except (requests.ConnectionError, requests.Timeout) as problem:
            if wait is None:
                raise WeatherError(
                    f"{request.name}: no answer from {service}: {_said(problem)}; is there a "
                    "network? Run the same command again, finished years are kept"
                ) from None
            time.sleep(wait)
        except (*BROKEN, requests.RequestException) as problem:
            raise WeatherError(
                f"{request.name}: {service} answers something else than data: {_said(problem)}; "
                "run the same command again later"
            ) from None
    raise AssertionError("the last attempt returns or raises")


def _said(problem: BaseException) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"


def _text(request: Request, data: pd.DataFrame) -> Text:
    content = data.to_csv().encode()
    return Text(request.name, "", hashlib.sha256(content).hexdigest())
