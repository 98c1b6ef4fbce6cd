"""Notices on defaults of Xinjiang or China in a scenario elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from altay_energy.components.base import Series
from altay_energy.components.demand.load import Load
from altay_energy.components.hydro.hydro_plant import HydroPlant
from altay_energy.components.settings.site import Site
from altay_energy.components.supply.grid import IMPORT_FACTOR, Grid
from altay_energy.components.supply.tariffs import TARIFFS
from altay_energy.components.supply.thermal_plant import FOSSIL_FACTOR, ThermalPlant
from altay_energy.core.timeline import BEIJING_OFFSET_HOURS, Timeline

CLOCK_FITS_H = 0.5
"""Largest difference of clock and solar time that needs no notice. [h]"""

Outline = Sequence[tuple[float, float]]

_WEST: Outline = (
    *((76.3, 40.8), (74.5, 40.9), (73.0, 39.8), (73.3, 38.2), (74.5, 36.9), (75.8, 35.7)),
    *((77.5, 34.9), (78.2, 33.5)),
)
_NORTH_WEST: Outline = (
    *((95.6, 44.5), (93.3, 45.2), (91.2, 45.4), (91.3, 46.7), (90.4, 48.0), (88.6, 48.7)),
    *((88.0, 49.5), (87.0, 49.5), (85.4, 48.7), (85.2, 47.4), (82.6, 47.4), (82.1, 45.6)),
    *((80.2, 45.3), (79.8, 44.2), (80.2, 43.0), (79.8, 42.4), (78.0, 41.4)),
)

XINJIANG: Outline = (
    *_WEST,
    *((79.5, 34.6), (83.0, 35.0), (87.0, 35.2), (91.2, 35.7), (91.6, 37.4), (90.4, 38.5)),
    *((92.6, 39.0), (93.8, 40.4), (96.4, 41.6), (96.8, 42.8)),
    *_NORTH_WEST,
)
"""Rough outline, longitude and latitude, drawn by hand to about half a degree. [°]"""

CHINA: Outline = (
    *_WEST,
    *((78.4, 31.2), (80.0, 30.0), (81.5, 29.8), (83.5, 28.8), (85.5, 27.9), (88.0, 27.6)),
    *((88.9, 27.2), (89.6, 27.9), (91.7, 27.5), (95.5, 28.8), (97.0, 27.8), (98.3, 27.2)),
    *((98.2, 25.8), (97.3, 24.2), (98.7, 23.4), (98.7, 22.0), (99.8, 21.5), (101.1, 21.0)),
    *((102.2, 22.1), (103.9, 22.2), (105.4, 22.8), (106.5, 21.8), (108.1, 21.2), (108.2, 17.8)),
    *((111.9, 17.8), (115.0, 21.7), (118.0, 22.5), (119.9, 21.5), (121.3, 21.6), (122.8, 25.3)),
    *((123.6, 30.5), (121.6, 34.8), (123.1, 37.2), (121.9, 38.6), (124.3, 39.7), (126.5, 41.2)),
    *((128.2, 41.3), (128.2, 42.0), (129.9, 42.5), (130.8, 42.3), (131.5, 43.6), (131.5, 44.9)),
    *((133.4, 44.9), (134.6, 47.2), (135.3, 48.6), (131.2, 48.1), (130.9, 49.1), (127.8, 50.2)),
    *((126.2, 53.1), (123.5, 53.8), (120.0, 53.6), (119.0, 50.3), (116.3, 50.1), (115.3, 48.2)),
    *((117.5, 47.4), (119.8, 47.0), (118.2, 46.9), (115.5, 45.7), (113.6, 45.1), (111.6, 45.3)),
    *((111.7, 43.9), (109.8, 42.8), (107.2, 42.6), (105.0, 41.8), (101.5, 42.8), (99.8, 42.9)),
    *((96.4, 43.0),),
    *_NORTH_WEST,
)
"""The same of China; not exact at its borders. [°]"""


def lies_within(outline: Outline, site: Site) -> bool:
    """Whether a site lies within an outline.

    Parameters
    ----------
    outline : sequence of (float, float)
        Longitude and latitude of its corners. [°]
    site : Site
    """
    inside = False
    for (x, y), (u, v) in zip(outline, (*outline[1:], outline[0]), strict=True):
        above = (y > site.latitude) != (v > site.latitude)
        if above and site.longitude < x + (site.latitude - y) / (v - y) * (u - x):
            inside = not inside
    return inside


def elsewhere_notices(
    sites: Mapping[str, Site],
    timeline: Timeline,
    grid: Grid | None,
    plants: Mapping[str, object],
    given: Collection[str] = (),
    warming: str = "",
) -> list[str]:
    """Notices on defaults of Xinjiang and China that a scenario elsewhere uses.

    Parameters
    ----------
    sites : mapping of str to Site
        Those in use; without any there are no notices.
    timeline : Timeline
        With its clock.
    grid : Grid or None
        The connection.
    plants : mapping of str to component
        Components by table name.
    given : collection of str
        Keys that the user gave although they are as by default: ``"time.utc_offset_hours"``.
    warming : str
        Name of the documented warming that is added to the climate; empty for none.

    Returns
    -------
    list of str
        Each names the key, the default, and the region it belongs to.
    """
    if not sites:
        return []
    found: list[str] = []
    if not any(lies_within(CHINA, site) for site in sites.values()):
        found += _of_china(sites, timeline, plants, given)
    if not any(lies_within(XINJIANG, site) for site in sites.values()):
        found += _of_xinjiang(grid, plants, sites)
        if warming:
            found.append(
                f"weather.warming.horizon = {warming}: the documented warming is that of Xinjiang"
                f"{_elsewhere(sites)}; give monthly_k"
            )
    return found


def _elsewhere(sites: Mapping[str, Site]) -> str:
    names = ", ".join(sites) if len(sites) <= 3 else f"all {len(sites)} sites"
    return f", and {names} {'lies' if len(sites) == 1 else 'lie'} elsewhere"


def _of_china(
    sites: Mapping[str, Site],
    timeline: Timeline,
    plants: Mapping[str, object],
    given: Collection[str],
) -> Iterator[str]:
    key = "time.utc_offset_hours"
    name, site = next(iter(sites.items()))
    sun = site.longitude / 15.0
    by_default = timeline.utc_offset_hours == BEIJING_OFFSET_HOURS and key not in given
    if by_default and abs(sun - BEIJING_OFFSET_HOURS) > CLOCK_FITS_H:
        yield (
            f"{key} is not given: the clock is Beijing time, UTC+8, while the sun of {name} runs "
            f"by UTC{sun:+.1f}; days, months, tariffs and the hours of loads follow that clock; "
            "give it"
        )
    for name, plant in plants.items():
        if not isinstance(plant, ThermalPlant) or "emission_factor_t_mwh" in plant.model_fields_set:
            continue
        yield (
            f"{name}.emission_factor_t_mwh is not given: {FOSSIL_FACTOR.t_mwh:g} t/MWh is that of "
            f"{FOSSIL_FACTOR.label()}{_elsewhere(sites)}"
        )


def _of_xinjiang(
    grid: Grid | None, plants: Mapping[str, object], sites: Mapping[str, Site]
) -> Iterator[str]:
    where = _elsewhere(sites)
    if grid is not None:
        yield from (f"grid.{text}{where}" for text in _of_the_grid(grid))
    for name, plant in plants.items():
        if isinstance(plant, Load) and plant.sector is not None:
            yield (
                f'{name}.sector = "{plant.sector}": its hours are those of Altay on Beijing time, '
                f"where the sun runs two hours late, and its months those of Altay{where}; give "
                "profile for another day"
            )
        if isinstance(plant, HydroPlant):
            yield from (f"{name}.{text}{where}" for text in _of_a_river(plant))


def _of_the_grid(grid: Grid) -> Iterator[str]:
    given = grid.model_fields_set
    if "emission_factor_t_mwh" not in given:
        yield (
            f"emission_factor_t_mwh is not given: {IMPORT_FACTOR.t_mwh:g} t/MWh is that of "
            f"{IMPORT_FACTOR.label()}"
        )
    if grid.bill is not None:
        tables = {"network": grid.bill.network, "time_of_use": grid.bill.time_of_use}
        for key, name in tables.items():
            if isinstance(name, str):
                yield f"bill.{key}: {name} is a table of Xinjiang"
    for way, whose in (("import", "assumed for"), ("export", "the coal benchmark of")):
        key, limit = f"{way}_price_cny_mwh", getattr(grid, f"{way}_limit_mw")
        price = getattr(grid, key)
        if key not in grid.keys_in_use():
            continue
        if isinstance(price, str):
            yield f"{key}: {TARIFFS.load(price).title} is a tariff of Xinjiang"
        elif key not in given and _opens(limit):
            yield f"{key} is not given: {price.values:g} CNY/MWh is {whose} Xinjiang"


def _opens(limit: Series) -> bool:
    return limit.values is None or bool(limit.values.any())


def _of_a_river(plant: HydroPlant) -> Iterator[str]:
    if plant.annual_mwh is not None and plant.monthly_shares is None:
        yield "monthly_shares is not given: the year is that of a snow-fed river of Altay"
    lake = plant.reservoir
    if lake is None:
        return
    if lake.target_share is None:
        yield "reservoir.target_share is not given: the rule curve is drawn for rivers of Altay"
    if lake.evaporation_mm > 0.0:
        yield "reservoir.evaporation_mm: it is spread over the months as in Altay's climate"
