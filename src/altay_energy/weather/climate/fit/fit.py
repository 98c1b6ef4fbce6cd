"""From weather files to a climate file: the whole fit in one call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from altay_energy.core.catalogue import package_toml
from altay_energy.core.errors import WeatherError
from altay_energy.weather.climate.fit.calibrate import tuned
from altay_energy.weather.climate.fit.station import (
    SAME_PLACE_KM,
    Fit,
    FitYears,
    fit_station,
    years_of,
)
from altay_energy.weather.climate.model.file import climate_document
from altay_energy.weather.climate.model.tables import (
    SHIPPED,
    ClimateTables,
    great_circle_km,
    tables_from,
)
from altay_energy.weather.files.file import WeatherFile


def fit_climate(files: Sequence[WeatherFile], names: Sequence[str] | None = None) -> ClimateTables:
    """Climate tables from hourly weather files of any place on Earth.

    Parameters
    ----------
    files, names : sequence
        As for ``fit_document``.

    Returns
    -------
    ClimateTables
        Their points are the places of the files.

    Raises
    ------
    WeatherError
        As ``fit_document``.
    """
    return tables_from(fit_document(files, names), "the fitted climate")


def fit_document(
    files: Sequence[WeatherFile], names: Sequence[str] | None = None
) -> dict[str, Any]:
    """Content of a climate file from hourly weather files of any place on Earth.

    Parameters
    ----------
    files : sequence of WeatherFile
        Each with a whole year at least; files of one place (within 10 km) are years of one
        station, typical or real.
    names : sequence of str, optional
        Of the points, in the order in which their places first appear; by default after the
        places.

    Returns
    -------
    dict
        Content of a climate file: ``climate_file.climate_toml`` writes it,
        ``climate_tables.tables_from`` makes tables of it.

    Raises
    ------
    WeatherError
        If a file holds less than a year or does not say where it was measured, or names are
        missing or twice.
    """
    if not files:
        raise WeatherError("a climate is fitted to at least one weather file")
    groups: list[list[WeatherFile]] = []
    for file in files:
        here = file.location()
        for group in groups:
            there = group[0].location()
            if great_circle_km(here[0], here[1], there[0], there[1]) <= SAME_PLACE_KM:
                group.append(file)
                break
        else:
            groups.append([file])
    chosen = _names(groups, names)
    process = {k: float(v) for k, v in package_toml(SHIPPED)["process"].items()}
    fits: dict[str, tuple[Fit, FitYears, Sequence[WeatherFile]]] = {}
    for name, group in zip(chosen, groups, strict=True):
        years = years_of(group)
        fits[name] = (tuned(fit_station(years), years, process), years, group)
    return climate_document(fits)


def _names(groups: Sequence[Sequence[WeatherFile]], names: Sequence[str] | None) -> list[str]:
    if names is not None:
        if len(names) != len(groups):
            raise WeatherError(
                f"{len(names)} names for {len(groups)} places: name each place once, in order"
            )
        chosen = list(names)
    else:
        chosen = [_plain(group[0].place or group[0].name) for group in groups]
        chosen = [
            name if chosen.count(name) == 1 else f"{name}_{k + 1}" for k, name in enumerate(chosen)
        ]
    if len(set(chosen)) < len(chosen) or not all(chosen):
        raise WeatherError(f"names of points must differ and not be empty: {', '.join(chosen)}")
    return chosen


def _plain(text: str) -> str:
    """A name that needs no quotes in a scenario: ``Fuyun, Xinjiang`` becomes ``fuyun``."""
    first = re.split(r"[,;(/]", text)[0]
    return re.sub(r"[^a-z0-9]+", "_", first.casefold()).strip("_") or "station"
