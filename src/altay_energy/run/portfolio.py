"""A portfolio: components, weather and a way of dispatch; it runs without any file.

>>> import altay_energy as ae
>>> portfolio = ae.Portfolio(
...     timeline=ae.Timeline.of_year(2030),
...     sites={"jeminay": ae.Site(latitude=47.43, longitude=85.87, elevation_m=984)},
...     wind={"jeminay": ae.WindFarm(site="jeminay", capacity_mw=390)},
...     load={"mine": ae.Load(sector="mining", annual_mwh=900_000)},
...     grid=ae.Grid(import_limit_mw=200, export_limit_mw=300),
... )
>>> run = portfolio.run()
>>> bool(run.kpis["kpis"]["balance_residual_mw"] < 1e-6)
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from altay_energy.components.base import MAIN_BUS, Component, OnBus
from altay_energy.components.checks import odd_demand, series_notices
from altay_energy.components.demand.odd_series import odd_series
from altay_energy.components.elsewhere import XINJIANG, elsewhere_notices, lies_within
from altay_energy.components.hydro.hydro_plant import HydroPlant
from altay_energy.components.hydro.river import River
from altay_energy.components.hydro.river_flow import (
    RiverFlow,
    climate_flows,
    series_flow,
    weather_flow,
)
from altay_energy.components.hydro.water import (
    PlantWater,
    cascade_problems,
    run_cascade,
    water_notices,
)
from altay_energy.components.kinds import KINDS, NOTHING, SOURCES, STORAGES, Plants
from altay_energy.components.money.earning_plants import EarningTables, earnings_problems, quoted
from altay_energy.components.money.economics import Economics
from altay_energy.components.settings.adequacy import AdequacySettings
from altay_energy.components.settings.policy import AskedLimit, PolicySettings
from altay_energy.components.settings.settings import DispatchSettings
from altay_energy.components.settings.site import Site
from altay_energy.components.solar.solar_plant import SolarPlant
from altay_energy.components.storage.pumped_storage import PumpedStorage
from altay_energy.components.storage.storage import Storage
from altay_energy.components.supply.grid import Grid
from altay_energy.components.supply.thermal_plant import ThermalPlant
from altay_energy.components.wind.output import hub_problem
from altay_energy.components.wind.wind_farm import WindFarm
from altay_energy.core.errors import NoSolutionError, ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.core.value import Value
from altay_energy.core.wording import listing
from altay_energy.dispatch.infeasible.unserved import unserved_notices
from altay_energy.dispatch.optimal.proven import proof_notices
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.station import StationLimits, storage_limits
from altay_energy.dispatch.result.result import Dispatch
from altay_energy.run.climate_source import Climate, climate_point
from altay_energy.run.figures.document import Kpis, solution_figures
from altay_energy.run.figures.figure import Amount
from altay_energy.run.figures.hourly import hourly_dataset
from altay_energy.run.figures.kpis import kpis
from altay_energy.run.figures.method_notices import (
    kept_from_export_notices,
    limit_notices,
    price_notices,
    unit_notices,
)
from altay_energy.run.figures.plants import own_use_kpis, plant_kpis
from altay_energy.run.figures.rolling import rolling_figures
from altay_energy.run.figures.water import water_figures, with_water
from altay_energy.run.methods import dispatched
from altay_energy.run.money.ageing import (
    BatteryAgeing,
    ageing_figures,
    ageing_notices,
    ageing_of,
    ageing_problems,
)
from altay_energy.run.money.bill import Bill, bill_figures, bill_of, bill_of_run
from altay_energy.run.money.carbon import Carbon, carbon_figures, carbon_of, carbon_problems
from altay_energy.run.money.cash_flow import CashFlow
from altay_energy.run.money.earnings import (
    Earnings,
    earnings_figures,
    earnings_notices,
    earnings_of,
)
from altay_energy.run.money.project import (
    ProjectReturns,
    avoided_bill_cny,
    bought_cny,
    economics_notices,
    economics_problems,
    equipment_of,
)
from altay_energy.run.money.rules import (
    Sizes,
    Verdict,
    binding,
    closes_export,
    days_of,
    judged,
    policy_notices,
    policy_problems,
    unenforceable,
    with_ratios,
)
from altay_energy.run.problem import flexible_loads, origin_of, period_terms, thermal_limits
from altay_energy.weather.climate.model.tables import ClimateTables
from altay_energy.weather.series import Weather

if TYPE_CHECKING:
    import xarray as xr

NEAR_LIMIT = 0.9
"""Export over its limit from which the peaks of wind farms matter [-]; wakes take about a tenth."""

OWN_USE = "own_use."
"""Before the name of a plant: its own use among the demands."""


_NO_OTHER_YEARS = (
    '= "other_years" needs a climate, and weather comes from files: give a number in CNY/MWh, or '
    'set [weather] source = "climate"'
)


@dataclass(frozen=True, kw_only=True)
class Portfolio(Plants, Value):
    """Plants, loads and one grid connection on one bus, their weather, and a way of dispatch.

    Parameters
    ----------
    timeline : Timeline
        The T intervals to simulate.
    name, title, title_zh : str
        Names used in results.
    sites : mapping of str to Site
    river : mapping of str to River
        Rivers that hydro plants name.
    weather : Climate or mapping of str to Weather
        Where weather comes from; a mapping holds one ``Weather`` for each site in use.
    wind, solar, hydro, thermal, pumped_storage, battery, load : mapping of str to component
        Storages are used in the order of ``dispatch.storage_order``, without one pumped storage
        first, then the other kinds in the order of `KINDS`.
    grid : Grid, optional
        The connection; None for an island.
    dispatch : DispatchSettings
    economics : Economics, optional
        Cash flow, and what energy earns; None: neither is computed.
    policy : PolicySettings, optional
        Rules that the figures of the run are judged by.
    adequacy : AdequacySettings, optional
        Outages of plants, which adequacy studies and ensembles draw, and no single run.
    given : frozenset of str
        Keys of tables without a component that the user gave, as ``"time.utc_offset_hours"``; a
        default elsewhere than in China is a notice.
    """

    timeline: Timeline
    name: str = "portfolio"
    title: str = ""
    title_zh: str = ""
    sites: Mapping[str, Site] = field(default_factory=lambda: NOTHING)
    river: Mapping[str, River] = field(default_factory=lambda: NOTHING)
    weather: Climate | Mapping[str, Weather] = field(default_factory=Climate)
    grid: Grid | None = None
    dispatch: DispatchSettings = field(default_factory=lambda: DispatchSettings.model_validate({}))
    policy: PolicySettings | None = None
    economics: Economics | None = None
    adequacy: AdequacySettings | None = None
    given: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        problems = [f"{key}: {text}" for key, text in self.problems()]
        if problems:
            raise ScenarioError(problems)

    def problems(self) -> list[tuple[str, str]]:
        """Invalid references, as pairs of key and message."""
        found = []
        known = ", ".join(self.sites) or "none is defined"
        for key, component in self.components().items():
            site = getattr(component, "site", None)
            if site is not None and site not in self.sites:
                found.append((f"{key}.site", f"there is no site {site!r}; sites: {known}"))
        found += self._problems_of_buses()
        for key, plant in self.stations.items():
            found += [(key, text) for text in plant.station.outage_problems(self.timeline)]
        found += cascade_problems(self.hydro, self.river)
        if not isinstance(self.weather, Climate):
            found += [
                (f"river.{name}.site", "is missing: without the built-in climate say whose weather")
                for name, river in self.river.items()
                if river.inflow_m3_s is None and river.site is None
            ]
        if self.adequacy is not None:
            found += self.adequacy.problems(self.components(), self.timeline)
        if self.policy is not None:
            found += policy_problems(self.policy, self._sites_in_use())
        if self.grid is not None:
            found += [(f"grid.{key}", text) for key, text in self.grid.problems(self.timeline)]
        if self.economics is not None:
            found += self._problems_of_earnings(self.economics)
            found += economics_problems(self.economics, self.components(), self.timeline)
        if self.dispatch.method == "units":
            found += self._problems_of_units()
        rolling = self.dispatch.rolling.end_value == "other_years"
        if rolling and not isinstance(self.weather, Climate):
            found.append(("dispatch.rolling.end_value", _NO_OTHER_YEARS))
        for name in self.dispatch.storage_order or ():
            if name not in self._all_storages:
                known_storages = ", ".join(self._all_storages) or "none is defined"
                found.append(
                    (
                        "dispatch.storage_order",
                        f"there is no storage {name!r}; storages: {known_storages}",
                    )
                )
        return found

    @property
    def buses(self) -> dict[str, list[str]]:
        """Names of the buses, and the components on each."""
        found: dict[str, list[str]] = {}
        for key, component in self.components().items():
            if isinstance(component, OnBus):
                found.setdefault(component.bus_name, []).append(key)
        return found or {MAIN_BUS: []}

    def _problems_of_buses(self) -> list[tuple[str, str]]:
        """More buses than the one that is computed."""
        buses = self.buses
        if len(buses) == 1:
            return []
        key, *_ = min((keys for name, keys in buses.items() if name != MAIN_BUS), key=len)
        named = "; ".join(f'"{name}" has {listing(keys)}' for name, keys in buses.items())
        return [
            (
                f"{key}.bus",
                f"of {len(buses)} buses only one can be computed: {named}; give all the same "
                f'bus, or leave bus out, which is "{MAIN_BUS}"',
            )
        ]

    def _problems_of_earnings(self, economics: Economics) -> list[tuple[str, str]]:
        """Tables of earnings, ageing and carbon that do not fit the plants."""
        plants = self.components()
        found = earnings_problems(EarningTables.of(economics), plants)
        found += ageing_problems(economics.ageing, plants)
        if economics.carbon is not None:
            found += carbon_problems(economics.carbon, plants)
        return found

    def _problems_of_units(self) -> list[tuple[str, str]]:
        """Problems of ``method = "units"``: no units, or too many stations."""
        if len(self.stations) == 1 or (self.thermal_units and not self.stations):
            return []
        names = ", ".join(self.stations) or "none"
        return [
            (
                "dispatch.method",
                '"units" takes one pumped storage in its unit form, or thermal plants of units, '
                f"and there is {names}; give one pumped storage units, unit_mw, upper and lower "
                "and the others the simple form, or a thermal plant units, or say "
                'method = "optimal"',
            )
        ]

    def _tables(self, *kinds: str) -> dict[str, Any]:
        """Components of these kinds by table name."""
        return {f"{k}.{name}": part for k in kinds for name, part in getattr(self, k).items()}

    @property
    def renewables(self) -> dict[str, WindFarm | SolarPlant | HydroPlant]:
        """Wind, solar and hydro plants by table name: ``"wind.jeminay"``."""
        return self._tables(*SOURCES)

    def components(self) -> dict[str, Component]:
        """Every plant, storage, load and river by table name, and the grid connection."""
        found: dict[str, Component] = self._tables("river", *KINDS)
        return found if self.grid is None else {**found, "grid": self.grid}

    def largest_supply_mw(self) -> float:
        """Rated power of all plants and storages, and the largest import. [MW]"""
        rated = [plant.capacity_mw for plant in self.renewables.values()]
        rated += [plant.capacity_mw for plant in self.thermal.values()]
        rated += [storage.limits.discharge_mw for storage in self.storages.values()]
        if self.grid is not None:
            rated.append(float(self.grid.import_limit_mw.on(self.timeline).max()))
        return sum(rated)

    @property
    def _all_storages(self) -> dict[str, Storage]:
        return self._tables(*STORAGES)

    @property
    def storages(self) -> dict[str, Storage]:
        """Storages by table name, in the order in which rules use them."""
        everyone = self._all_storages
        first = {name: everyone[name] for name in self.dispatch.storage_order or ()}
        return {**first, **everyone}

    @property
    def stations(self) -> dict[str, PumpedStorage]:
        """Pumped storage in its unit form, by table name."""
        found = self._tables("pumped_storage")
        return {key: plant for key, plant in found.items() if plant.form == "units"}

    @property
    def thermal_units(self) -> dict[str, ThermalPlant]:
        """Thermal plants whose units may be committed, by table name."""
        plants: dict[str, ThermalPlant] = self._tables("thermal")
        return {key: plant for key, plant in plants.items() if plant.units is not None}

    @cached_property
    def south(self) -> bool:
        """Whether all sites lie south of the equator, and with them what has no site."""
        return bool(self.sites) and all(site.latitude < 0.0 for site in self.sites.values())

    def lies_south(self, *sites: str | None) -> bool:
        """Whether the first of these sites that is known lies south of the equator.

        Parameters
        ----------
        *sites : str or None
            Without any that is known the portfolio as a whole decides.
        """
        known = [self.sites[name] for name in sites if name is not None and name in self.sites]
        return known[0].latitude < 0.0 if known else self.south

    def used_sites(self) -> list[str]:
        """Sites that a component names, in the order of ``sites``."""
        used = {getattr(user, "site", None) for user in self.components().values()}
        return [name for name in self.sites if name in used]

    def _sites_in_use(self) -> dict[str, Site]:
        return {name: self.sites[name] for name in self.used_sites()}

    @property
    def sizes(self) -> Sizes:
        """Capacities that rules look at, summed up."""
        weathered = self._tables("wind", "solar").values()
        bands = [storage.limits for storage in self.storages.values()]
        return Sizes(
            np.array(sum(plant.capacity_mw for plant in weathered)),
            np.array(sum(band.discharge_mw for band in bands)),
            np.array(sum(band.usable_energy_mwh for band in bands)),
        )

    @cached_property
    def enforced(self) -> tuple[AskedLimit, ...]:
        """Limits of the rules that bind the dispatch: with ``enforce``, else none."""
        if self.policy is None or not self.policy.enforce:
            return ()
        return tuple(self.policy.asked(days_of(self.timeline)[0]))

    @cached_property
    def bound_dispatch(self) -> DispatchSettings:
        """``dispatch`` with the limits of rules that are enforced."""
        return binding(self.dispatch, self.enforced)

    @cached_property
    def weather_by_site(self) -> Mapping[str, Weather]:
        """Weather of every site in use.

        Raises
        ------
        ScenarioError
            If a site has none, or a wind farm cannot use its wind.
        """
        if isinstance(self.weather, Climate):
            source = self.weather
            found = {n: source.weather(n, self.sites[n], self.timeline) for n in self.used_sites()}
        else:
            missing = [name for name in self.used_sites() if name not in self.weather]
            if missing:
                raise ScenarioError(f"no weather is given for the sites {', '.join(missing)}")
            found = {name: self.weather[name] for name in self.used_sites()}
        problems = {
            name: hub_problem(farm, found[farm.site])
            for name, farm in self.wind.items()
            if farm.site is not None
        }
        if any(problems.values()):
            raise ScenarioError(f"wind.{name}.{text}" for name, text in problems.items() if text)
        return found

    @cached_property
    def river_flows(self) -> Mapping[str, RiverFlow]:
        """Flow of every river, shape (..., T).

        Raises
        ------
        WeatherError, ScenarioError
            If the weather of a catchment holds no precipitation, or less than a year.
        """
        found: dict[str, RiverFlow] = {}
        melting: dict[str, tuple[River, str, ClimateTables | None]] = {}
        for name, river in self.river.items():
            site = river.site
            if river.inflow_m3_s is not None:
                found[name] = series_flow(river, self.timeline)
            elif not isinstance(self.weather, Climate):
                assert site is not None
                found[name] = weather_flow(name, river, self.weather_by_site[site])
            elif site is None:
                melting[name] = river, river.climate, None
            else:
                tables = self.weather.tables
                melting[name] = river, climate_point(site, self.sites[site], tables), tables
        if isinstance(self.weather, Climate):
            climate = self.weather
            found |= climate_flows(melting, self.timeline, climate.seed, climate.warming)
        return {name: found[name] for name in self.river}

    @cached_property
    def water(self) -> Mapping[str, PlantWater]:
        """Water of every hydro plant on a river, by name."""
        south = {
            name
            for name, plant in self.hydro.items()
            if plant.river is not None and self.lies_south(plant.site, self.river[plant.river].site)
        }
        return run_cascade(self.hydro, self.river_flows, self.timeline, south)

    def available_power(self) -> dict[str, Array]:
        """Available power of each renewable plant, shape (..., T). [MW]"""
        return {key: self.available_power_of(key) for key in self.renewables}

    @cached_property
    def _known_power(self) -> Mapping[str, Array]:
        """Powers that were computed for another portfolio, by table name. [MW]"""
        return {}

    @cached_property
    def _power(self) -> Mapping[str, Array]:
        return self.available_power()

    def take_from(self, other: Portfolio, plants: Iterable[str], *, water: bool) -> None:
        """Use weather, rivers and powers that another portfolio has computed.

        Parameters
        ----------
        other : Portfolio
            With the same timeline, sites, rivers and source of weather, and the same sites in use.
        plants : iterable of str
            Table names of renewable plants that are the same in both.
        water : bool
            Whether all hydro plants are the same.
        """
        self.__dict__.update(
            weather_by_site=other.weather_by_site,
            river_flows=other.river_flows,
            _known_power={key: other._power[key] for key in plants},
        )
        if water:
            self.__dict__["water"] = other.water

    def _weather_of(self, site: str | None) -> Weather | None:
        return None if site is None else self.weather_by_site[site]

    def available_power_of(self, key: str) -> Array:
        """Available power of one renewable plant, shape (..., T). [MW]

        Parameters
        ----------
        key : str
            Its table name: ``"wind.jeminay"``.
        """
        if key in self._known_power:
            return self._known_power[key]
        plant = self.renewables[key]
        weather = self.weather_by_site.get(plant.site) if plant.site is not None else None
        if isinstance(plant, WindFarm) and plant.site is not None:
            elevation = self.sites[plant.site].elevation_m
            return plant.available_power(weather, self.timeline, elevation_m=elevation)
        if isinstance(plant, HydroPlant) and plant.river is not None:
            return self.water[key.removeprefix("hydro.")].power_mw
        if isinstance(plant, HydroPlant):
            south = self.lies_south(plant.site)
            return plant.available_power(weather, self.timeline, south=south)
        return plant.available_power(weather, self.timeline)

    def demand(self, available: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Demand of each load, and power that plants take from the bus. [MW]

        Parameters
        ----------
        available : mapping of str to ndarray, shape (..., T), optional
            From `available_power`, if already computed. [MW]

        Returns
        -------
        dict of str to ndarray, shape (..., T)
            Loads by table name; ``own_use.solar.burqin`` and the like where a plant takes any.
        """
        loads = {
            key: load.demand(
                self.timeline,
                self.weather_by_site.get(load.site) if load.site else None,
                south=self.lies_south(load.site),
            )
            for key, load in self._tables("load").items()
        }
        return loads | self._own_use(self.available_power() if available is None else available)

    def _own_use(self, available: Mapping[str, Array]) -> dict[str, Array]:
        found = {}
        for key, farm in self._tables("wind").items():
            if farm.site is not None and farm.icing == "heated":
                weather, site = self.weather_by_site[farm.site], self.sites[farm.site]
                found[key] = farm.own_use(weather, self.timeline, site.elevation_m)
        for key, plant in self._tables("solar").items():
            found[key] = plant.own_use(available[key])
        return {OWN_USE + key: power for key, power in found.items() if power.any()}

    def calendar_notices(self) -> list[str]:
        """Defaults that belong to another place, and loads that follow a calendar alone."""
        used = self.used_sites() or list(self.sites)
        warmed = self.weather.warming.name if isinstance(self.weather, Climate) else ""
        found = elsewhere_notices(
            {name: self.sites[name] for name in used},
            self.timeline,
            self.grid,
            self.components(),
            self.given,
            warmed if warmed.isdigit() else "",
        )
        for key, load in self._tables("load").items():
            found += [f"{key}: {text}" for text in load.notices(south=self.south)]
        return found

    def problem(self) -> Problem:
        """The problem that a dispatcher solves, as arrays."""
        available = self.available_power()
        return self.problem_of(available, self.demand(available))

    @cached_property
    def other_years(self) -> tuple[Problem, ...]:
        """Problems of the other weather years that rolling dispatch asks for, or none.

        Their seeds follow that of the climate.
        """
        asked, source = self.dispatch, self.weather
        if asked.method != "rolling" or asked.rolling.end_value != "other_years":
            return ()
        if not isinstance(source, Climate):
            return ()
        seeds = range(source.seed + 1, source.seed + 1 + asked.rolling.other_years)
        return tuple(self.with_(weather=replace(source, seed=seed)).problem() for seed in seeds)

    def problem_of(self, available: Mapping[str, Array], demand: Mapping[str, Array]) -> Problem:
        """`problem` from powers that are already computed, each of shape (..., T). [MW]"""
        timeline, grid = self.timeline, self.grid
        zero, closed = np.zeros(timeline.steps), closes_export(self.enforced)
        return Problem(
            step_hours=timeline.step_hours,
            load_mw=sum(demand.values(), start=zero),
            renewables=available,
            thermals=thermal_limits(self._tables("thermal"), timeline),
            storages=tuple(
                storage_limits(key, storage.limits)
                for key, storage in self.storages.items()
                if key not in self.stations
            ),
            stations=tuple(
                StationLimits.of(key, plant, self._weather_of(plant.site), timeline)
                for key, plant in self.stations.items()
            ),
            storage_order=tuple(self.storages),
            import_limit_mw=grid.import_limit_mw.on(timeline) if grid else zero,
            export_limit_mw=zero if closed or not grid else grid.export_limit_mw.on(timeline),
            import_price_cny_mwh=grid.import_price(timeline) if grid else zero,
            export_price_cny_mwh=grid.export_price(timeline) if grid else zero,
            unserved_cost_cny_mwh=self.dispatch.unserved_cost_cny_mwh,
            grid_emission_factor_t_mwh=(grid or Grid()).emission_factor_t_mwh,
            terminal=self.dispatch.terminal,
            storage_serves=self.dispatch.storage_serves,
            flexible_loads=flexible_loads(self._tables("load"), demand, timeline),
            terms=period_terms(grid, self.bound_dispatch, timeline),
            origin=origin_of(timeline, demand, self.storages),
            buses=tuple(self.buses),
        )

    def run(self, available: Mapping[str, Array] | None = None) -> Run:
        """Simulate: weather to power, dispatch, figures.

        Parameters
        ----------
        available : mapping of str to ndarray, shape (..., T), optional
            From `available_power`, if already computed. [MW]

        Raises
        ------
        ScenarioError
            If weather is missing.
        NoSolutionError
            If no dispatch satisfies the limits.
        """
        available = self.available_power() if available is None else available
        demand = self.demand(available)
        problem = self.problem_of(available, demand)
        dispatch = self.dispatch_of(problem)
        return Run(portfolio=self, problem=problem, dispatch=dispatch, demand=demand)

    def dispatch_of(self, problem: Problem) -> Dispatch:
        """Dispatch its problem by the method that it asks for, and check every law.

        Parameters
        ----------
        problem : Problem
            From `problem_of`.

        Raises
        ------
        NoSolutionError
            If no dispatch satisfies the limits.
        """
        try:
            dispatch = dispatched(problem, self.dispatch, self.other_years)
        except NoSolutionError as error:
            raise (unenforceable(error, self.enforced) if self.enforced else error) from None
        dispatch.check()
        return dispatch

    def with_(self, **changes: Any) -> Portfolio:
        """A new portfolio with some parts changed."""
        return replace(self, **changes)

    def with_same_weather(self, **changes: Any) -> Portfolio:
        """`with_` for changes of plants, loads and grid: weather and rivers are not computed anew.

        Parameters
        ----------
        **changes
            Not of ``timeline``, ``sites``, ``river`` or ``weather``, on which weather depends; the
            sites in use stay the same.
        """
        new = self.with_(**changes)
        new.__dict__.update(weather_by_site=self.weather_by_site, river_flows=self.river_flows)
        return new


@dataclass(frozen=True)
class Run(Value):
    """Result of a portfolio: its problem, its dispatch, and their figures."""

    portfolio: Portfolio
    problem: Problem
    dispatch: Dispatch
    demand: Mapping[str, Array]

    def __getstate__(self) -> dict[str, Any]:
        """The fields, with what figures and notices need of the weather: water and texts.

        Computing these again would take the weather of every site, half a second for a year.
        Notices on the method, for which a linear program may be solved, are kept where known.
        """
        portfolio, state = self.portfolio, super().__getstate__()
        if portfolio.river:
            state["_rivers"] = (dict(portfolio.river_flows), dict(portfolio.water))
        if "_method_notices" in self.__dict__:
            state["_method_notices"] = self._method_notices
        return state | {"_input_notices": self._input_notices}

    def __setstate__(self, state: dict[str, Any]) -> None:
        rivers = state.pop("_rivers", None)
        super().__setstate__(state)
        if rivers is not None:
            self.portfolio.__dict__.update(zip(("river_flows", "water"), rivers, strict=True))

    def __repr__(self) -> str:
        period = self.portfolio.timeline.describe()
        return f"<Run of {self.portfolio.name}, {period}, {len(self.kpis['plants'])} plants>"

    @property
    def capacities(self) -> dict[str, float]:
        """Rated power of every plant by table name. [MW]"""
        plants = {**self.portfolio.renewables, **self.portfolio._tables("thermal")}
        return {key: plant.capacity_mw for key, plant in plants.items()}

    @cached_property
    def _figures(self) -> dict[str, Amount]:
        return kpis(self.dispatch)

    @cached_property
    def kpis(self) -> Kpis:
        """The content of ``kpis.json``; figures are found by their bare names as well."""
        portfolio, plants = self.portfolio, plant_kpis(self.dispatch, self.capacities)
        own_use = {
            key.removeprefix(OWN_USE): power
            for key, power in self.demand.items()
            if key.startswith(OWN_USE)
        }
        for found in (
            own_use_kpis(self.problem, own_use),
            water_figures(self.dispatch, portfolio.water, portfolio.timeline),
        ):
            for key, figures in found.items():
                plants[key] |= figures
        for key, battery in self.ageing.items():
            plants[key] |= ageing_figures(battery)
        return Kpis(
            scenario=portfolio.name,
            kpis=self._figures,
            plants=plants,
            policy={verdict.name: verdict.document() for verdict in self.policy or ()},
            **bill_figures(self.bill),
            **solution_figures(self.dispatch),
            **rolling_figures(self.dispatch, portfolio.dispatch),
            **({} if self.earnings is None else {"earnings": earnings_figures(self.earnings)}),
            **({} if self.carbon is None else {"carbon": carbon_figures(self.carbon)}),
            **({} if self.project is None else {"economics": self.project.document()}),
        )

    @cached_property
    def earnings(self) -> Earnings | None:
        """What energy earns outside of dispatch; None without its tables in ``[economics]``."""
        portfolio = self.portfolio
        tables = EarningTables.of(portfolio.economics)
        if not tables.given:
            return None
        return earnings_of(self.dispatch, portfolio.timeline, portfolio.components(), tables)

    @cached_property
    def ageing(self) -> Mapping[str, BatteryAgeing]:
        """Ageing of each battery with a table ``[economics.ageing]``, by its name."""
        portfolio = self.portfolio
        if portfolio.economics is None:
            return {}
        tables = portfolio.economics.ageing
        return ageing_of(self.dispatch, portfolio.timeline, portfolio.components(), tables)

    @cached_property
    def carbon(self) -> Carbon | None:
        """Emission and its baseline; None without ``[economics.carbon]``."""
        economics = self.portfolio.economics
        if economics is None or economics.carbon is None:
            return None
        return carbon_of(self.dispatch, self.portfolio.components(), economics.carbon)

    def _earning_notices(self, economics: Economics) -> list[str]:
        """Notices on what earnings and ageing assume, and how their series were read."""
        portfolio, tables = self.portfolio, EarningTables.of(economics)
        found = [
            f"economics.mechanism.{quoted(name)}.{text}"
            for name, table in economics.mechanism.items()
            for text in series_notices(table)
        ]
        if economics.pumped_storage is not None:
            told = series_notices(economics.pumped_storage)
            found += [f"economics.pumped_storage.{text}" for text in told]
        if self.earnings is not None:
            here = any(lies_within(XINJIANG, site) for site in portfolio._sites_in_use().values())
            price = None if portfolio.grid is None else portfolio.grid.export_price_cny_mwh
            found += earnings_notices(self.earnings, tables, portfolio.timeline, here, price)
        return found + ageing_notices(self.ageing, economics.ageing, portfolio.timeline)

    @cached_property
    def project(self) -> ProjectReturns | None:
        """The run as a project with its returns; None without ``[economics.costs]``."""
        portfolio, table = self.portfolio, self.portfolio.economics
        if table is None or not table.costs:
            return None
        year, years = int(portfolio.timeline.year[0]), table.years
        replaced = {name: found.replacement_shares(years) for name, found in self.ageing.items()}
        more = (
            ()
            if self.earnings is None
            else self.earnings.yearly_income(
                years, table.first_operating(year), bool(table.prices_include_vat), table.vat_rate
            )
        )
        return ProjectReturns(
            table=table,
            year=year,
            dispatch=self.dispatch,
            equipment=equipment_of(table, portfolio.components(), replaced),
            avoided_bill_cny=self._avoided_bill_cny * self._vat_on_bill,
            bought_cny=bought_cny(self.dispatch) * self._vat_on_bill,
            more_income=more,
            **(
                {}
                if self.bill is None
                else {"outside_dispatch_cny": self.bill.outside_dispatch_cny}
            ),
        )

    @cached_property
    def _avoided_bill_cny(self) -> Array:
        """Bill of the load without any plant less the bill of the run, shape (...). [CNY]"""
        portfolio = self.portfolio
        loads = [power for key, power in self.demand.items() if not key.startswith(OWN_USE)]
        if self.bill is None or portfolio.grid is None:
            return avoided_bill_cny(self.dispatch, loads)
        alone = np.broadcast_to(sum(loads, start=np.zeros(1)), self.problem.shape)
        found = bill_of(portfolio.grid, portfolio.timeline, alone)
        assert found is not None
        return np.asarray(found.total_cny - self.bill.total_cny)

    @property
    def _vat_on_bill(self) -> float:
        """Factor from the bill to one with VAT; those of ``[grid.bill]`` have it. [-]"""
        table = self.portfolio.economics
        priced_without = table is not None and not table.prices_include_vat and self.bill is None
        return 1.0 + table.vat_rate if priced_without and table is not None else 1.0

    @property
    def cash_flow(self) -> CashFlow | None:
        """Every yearly row of the project; None without ``[economics.costs]``."""
        return None if self.project is None else self.project.flow

    @cached_property
    def policy(self) -> tuple[Verdict, ...] | None:
        """The verdict on every limit of ``[policy]``; None without that table."""
        portfolio = self.portfolio
        if portfolio.policy is None:
            return None
        figures = with_ratios(self._figures, portfolio.sizes)
        return judged(portfolio.policy, figures, portfolio.timeline)

    @cached_property
    def bill(self) -> Bill | None:
        """The bill of the connection by month and part; None without ``[grid.bill]``."""
        portfolio = self.portfolio
        return bill_of_run(portfolio.grid, portfolio.timeline, self.dispatch)

    @cached_property
    def hourly(self) -> xr.Dataset:
        """Every series of the run, as in ``hourly.nc``."""
        portfolio = self.portfolio
        dataset = hourly_dataset(portfolio.timeline, self.problem, self.dispatch, self.demand)
        names = {name: river.name_zh for name, river in portfolio.river.items()}
        dataset = with_water(dataset, portfolio.river_flows, portfolio.water, names)
        return dataset.assign_attrs(
            scenario=portfolio.name,
            title=portfolio.title,
            title_zh=portfolio.title_zh,
            **({"hemisphere": "south"} if portfolio.south else {}),
        )

    def _flat_wakes(self) -> list[str]:
        """Notice on constant wake losses where the export limit is near the peaks of wind."""
        limit = self.problem.export_limit_mw
        near = (self.dispatch.export_mw >= NEAR_LIMIT * limit) & (limit > 0.0)
        if not near.any():
            return []
        portfolio = self.portfolio
        taken = {
            key: farm.flat_wakes_mw(portfolio.weather_by_site[farm.site])
            for key, farm in portfolio._tables("wind").items()
            if farm.site is not None
        }
        flat = [key for key, power in taken.items() if power]
        if not flat:
            return []
        whose = ", ".join(flat) if len(flat) <= 3 else f"{len(flat)} wind farms"
        return [
            f"wake_loss of {whose} is taken in every hour, at rated power too, where real wakes "
            f"cause no loss ({sum(taken.values()):.3g} MW in all); because the export limit cuts "
            "the peaks here, curtailment comes out too low, and so does import in weak wind; give "
            "a layout, and wakes follow the wind"
        ]

    @cached_property
    def _method_notices(self) -> tuple[str, ...]:
        """Notices on what the method of dispatch leaves out."""
        method = self.portfolio.dispatch.method
        found = unit_notices(self.dispatch, method)
        if method == "rules":
            found += kept_from_export_notices(self.dispatch) + price_notices(self.dispatch)
        return found

    @cached_property
    def _input_notices(self) -> tuple[str, ...]:
        """Notices on weather, plants, rivers and loads."""
        portfolio = self.portfolio
        found = [
            text if text.startswith(f"{site}: ") else f"{site}: {text}"
            for site, weather in portfolio.weather_by_site.items()
            for text in weather.notices
        ]
        for key, component in portfolio.components().items():
            found += [f"{key}.{text}" for text in series_notices(component)]
            found += odd_series(key, component, portfolio.timeline)
        found += odd_demand(self.demand, portfolio.largest_supply_mw())
        for key, plant in portfolio._tables("wind", "solar").items():
            if plant.site is not None:
                weather = portfolio.weather_by_site[plant.site]
                found += [f"{key}: {text}" for text in plant.notices(weather)]
        if not isinstance(portfolio.weather, Climate):
            found += [
                f"river.{name}: the catchment was derived for the built-in climate; its mean flow "
                f"under this weather is {portfolio.river_flows[name].flow_m3_s.mean():.3g} m³/s"
                for name, river in portfolio.river.items()
                if river.catchment is not None
            ]
        found += self._flat_wakes()
        found += portfolio.calendar_notices()
        found += water_notices(portfolio.hydro, portfolio.water, portfolio.timeline)
        return tuple(found)

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices on the input and on the limits of the method."""
        portfolio, found = self.portfolio, list(self._input_notices)
        for key, station in portfolio.stations.items():
            found += [f"{key}: {text}" for text in station.station.notices()]
        found += [f"dispatch: {text}" for text in portfolio.bound_dispatch.notices()]
        found += [f"dispatch: {text}" for text in proof_notices(self.dispatch)]
        found += [f"dispatch: {text}" for text in unserved_notices(self.dispatch)]
        if any(self.problem.terms.limits()):
            broken = limit_notices(self.kpis["kpis"], self.problem.terms)
            found += [f"dispatch: {text}" for text in broken]
        found += [f"dispatch: {text}" for text in self._method_notices]
        if portfolio.policy is not None:
            said = policy_notices(
                portfolio.policy,
                self.policy or (),
                self.kpis["kpis"],
                portfolio.timeline,
                portfolio._sites_in_use(),
            )
            found += [f"policy: {text}" for text in said]
        if portfolio.economics is not None:
            found += self._earning_notices(portfolio.economics)
        if portfolio.grid is not None:
            found += [f"grid: {text}" for text in portfolio.grid.notices(portfolio.timeline)]
        if self.bill is not None:
            found += [f"grid: bill.{text}" for text in self.bill.notices()]
        if portfolio.economics is not None:
            year = int(portfolio.timeline.year[0])
            choices = economics_notices(portfolio.economics, year)
            found += [f"economics: {text}" for text in choices]
        return tuple(dict.fromkeys(found))
