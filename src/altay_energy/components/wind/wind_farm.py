"""A wind farm: turbines of one type at one site, or a series of its power per unit."""

from __future__ import annotations

from collections import deque

import numpy as np

from altay_energy.components.wind.keys import DEFAULT_TURBINE, WindFarmKeys
from altay_energy.components.wind.output import (
    LOSS_STAGES,
    heating_from_bus,
    hub_notices,
    hub_wind,
    icing_notices,
    icing_on,
    stages,
    turbine_in_free_wind,
)
from altay_energy.components.wind.parts import layout_notices
from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.resource.wind.icing import Icing
from altay_energy.weather.series import Weather

__all__ = ["DEFAULT_TURBINE", "LOSS_STAGES", "WindFarm"]


class WindFarm(WindFarmKeys):
    """Wind farm at a site with weather, or with a profile of its available power."""

    def derived(self, latitude: float | None) -> dict[str, tuple[object, str]]:
        """The hub height, where it is that of the turbine."""
        if self.site is None or self.hub_height_m is not None:
            return {}
        return {"hub_height_m": (self.hub_m, "usual hub height of the turbine [m]")}

    def hub_wind(self, weather: Weather) -> Array:
        """Wind speed at the hub, shape (..., T). [m s⁻¹]

        Parameters
        ----------
        weather : Weather
            Of the farm's site. Where it knows wind at two heights and ``shear_law`` is not given,
            both count; otherwise that law carries the wind of ``wind_height_m``.
        """
        return hub_wind(self, weather)

    def available_power(
        self, weather: Weather | None, timeline: Timeline, elevation_m: float | None = None
    ) -> Array:
        """Power that the wind offers at the bus, before curtailment.

        Parameters
        ----------
        weather : Weather, optional
            Of the farm's site; None for a farm with a profile.
        timeline : Timeline
            The T intervals.
        elevation_m : float, optional
            Ground of the farm above sea level, where that differs from the weather's. [m]

        Returns
        -------
        ndarray, shape (..., T)
            [MW]

        Raises
        ------
        WeatherError
            If a farm at a site gets no weather, or weather of another period.
        SeriesError
            If the profile is of another length.
        """
        if self.profile is not None:
            return self.capacity_mw * self.profile.on(timeline)
        weather = self._own(weather, timeline)
        power = np.empty(weather.wind_speed_m_s.shape)
        for rows, part in weather.parts():
            power[rows] = deque(stages(self, part, elevation_m), maxlen=1)[0][1]
        return power

    def own_use(
        self, weather: Weather | None, timeline: Timeline, elevation_m: float | None = None
    ) -> Array:
        """Power that the farm takes from the bus: what of blade heating it does not give itself.

        Parameters
        ----------
        weather, timeline, elevation_m
            As in ``available_power``.

        Returns
        -------
        ndarray, shape (..., T)
            Zero unless ``icing = "heated"``, and for a profile. [MW]

        Raises
        ------
        WeatherError
            As in ``available_power``.
        """
        if self.profile is not None:
            return np.zeros(timeline.steps)
        return heating_from_bus(self, self._own(weather, timeline), elevation_m)

    def losses(
        self, weather: Weather | None, timeline: Timeline, elevation_m: float | None = None
    ) -> dict[str, Array]:
        """Energy lost at each step between the power curve and the bus.

        Parameters
        ----------
        weather : Weather
            Of the farm's site.
        timeline : Timeline
            The T intervals.
        elevation_m : float, optional
            As in ``available_power``. [m]

        Returns
        -------
        dict of str to ndarray, shape (...)
            ``gross``, the curve at its own air density; what each of ``LOSS_STAGES`` takes in turn
            (below zero where dense air gives; heating counts as ice); and ``net``, the energy of
            ``available_power``: gross less all losses. [MWh]

        Raises
        ------
        WeatherError
            If there is no weather, or weather of another period.
        ValueError
            If the farm has a profile, which says nothing of its losses.
        """
        if self.profile is not None:
            raise ValueError(
                "a farm with a profile has no losses to show: its power is net of them"
            )
        weather = self._own(weather, timeline)
        standard = np.array(self.machine.air_density_kg_m3)
        free = turbine_in_free_wind(self, self.hub_wind(weather), standard)
        energy = self.turbines * free.sum(axis=-1) * timeline.step_hours
        result = {"gross": energy}
        for stage, power in stages(self, weather, elevation_m):
            left = power.sum(axis=-1) * timeline.step_hours
            result[stage] = energy - left
            energy = left
        return {**result, "net": energy}

    def icing_on(self, weather: Weather, elevation_m: float | None = None) -> Icing:
        """Ice on the farm's blades through time, series of shape (..., T); also where icing is off.

        Parameters
        ----------
        weather : Weather
            Of the farm's site.
        elevation_m : float, optional
            As in ``available_power``. [m]
        """
        return icing_on(self, weather, elevation_m)

    def _own(self, weather: Weather | None, timeline: Timeline) -> Weather:
        """The weather, if it is there and of the period."""
        if weather is None:
            raise WeatherError(f"the wind farm at site {self.site!r} needs weather")
        if weather.timeline != timeline:
            raise WeatherError(
                f"{weather.place}: weather of {weather.timeline.describe()} was given for a run of "
                f"{timeline.describe()}"
            )
        return weather

    def flat_wakes_mw(self, weather: Weather) -> float:
        """Power that ``wake_loss`` takes at rated power, where real wakes take nothing.

        Parameters
        ----------
        weather : Weather
            Of the farm's site.

        Returns
        -------
        float
            0 where a layout makes wakes follow the wind. [MW]
        """
        follows = self.layout is not None and weather.wind_direction_deg is not None
        return 0.0 if self.site is None or follows else self.wake_loss * self.capacity_mw

    def notices(self, weather: Weather) -> tuple[str, ...]:
        """Notices on the wind of the farm.

        Parameters
        ----------
        weather : Weather
            Of the farm's site.
        """
        if self.site is None:
            return ()
        machine = self.machine
        return (
            *(f"turbine {machine.name}: {text}" for text in machine.notices),
            *layout_notices(self.layout, self.turbines, weather, self.wake_loss),
            *hub_notices(self, weather),
            *icing_notices(self, weather),
        )
