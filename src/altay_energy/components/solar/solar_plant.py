"""Photovoltaic plant."""

from __future__ import annotations

import numpy as np

from altay_energy.components.solar.keys import SolarPlantKeys
from altay_energy.core.errors import WeatherError
from altay_energy.core.timeline import Timeline
from altay_energy.core.units import Array
from altay_energy.weather.series import Weather

NO_SNOW_ABOVE_C = 2.0
"""Air temperature above which no notice on snow is given. [°C]"""


class SolarPlant(SolarPlantKeys):
    """Modules on open racks or trackers behind inverters, or a profile of their power."""

    def derived(self, latitude: float | None) -> dict[str, tuple[object, str]]:
        """Tilt of fixed modules and direction, where they follow from the latitude."""
        from altay_energy.resource.solar.irradiance import annual_tilt  # brings pvlib with it

        found: dict[str, tuple[object, str]] = {}
        if self.site is None or latitude is None:
            return found
        if self.tilt_deg is None and self.mounting == "fixed":
            tilt = round(annual_tilt(latitude), 2)
            found["tilt_deg"] = (tilt, "best tilt of the year at this latitude [°]")
        key = "axis_azimuth_deg" if self.mounting == "tracking" else "azimuth_deg"
        if getattr(self, key) is None:
            facing = "towards the equator, clockwise from north [°]"
            found[key] = (self.facing_deg(latitude), facing)
        return found

    def available_power(self, weather: Weather | None, timeline: Timeline) -> Array:
        """Available power, before curtailment.

        Parameters
        ----------
        weather : Weather, optional
            At the plant's site, on the same timeline; a plant with a profile needs none.
        timeline : Timeline
            The T intervals.

        Returns
        -------
        ndarray, shape (..., T)
            From 0 to ``capacity_mw``, exactly 0 without sun. [MW]

        Raises
        ------
        WeatherError
            If the weather is missing or on another timeline.
        """
        if self.profile is not None:
            return self.capacity_mw * self.profile.on(timeline)
        from altay_energy.components.solar.output import convert

        checked = self._checked(weather, timeline)
        power = np.zeros(checked.ghi_w_m2.shape)
        for rows, part in checked.parts():
            out = convert(self, part)
            power[rows][..., out.day.intervals] = self.capacity_mw * out.ac
            del out  # free it before the next part is computed
        return power

    def own_use(self, available_mw: Array) -> Array:
        """Power that the plant takes from the bus while it gives none.

        Parameters
        ----------
        available_mw : ndarray, shape (..., T)
            From `available_power`. [MW]

        Returns
        -------
        ndarray, shape (..., T)
            ``night_consumption`` of the capacity where nothing is available, else zero: by day the
            inverters' own use is within their efficiency. Zero for a profile. [MW]
        """
        share = self.night_consumption if self.profile is None else 0.0
        return np.where(available_mw > 0.0, 0.0, share * self.capacity_mw)

    def loss_waterfall(self, weather: Weather | None, timeline: Timeline) -> dict[str, Array]:
        """Energy at each step from the irradiance on level ground to the bus.

        Parameters
        ----------
        weather : Weather
            At the plant's site, on the same timeline.
        timeline : Timeline
            The T intervals.

        Returns
        -------
        dict of str to ndarray, shape (...)
            ``horizontal``: energy of horizontal modules without shading, glass and inverters at
            25 °C; then the loss of each step (negative for a gain):
            ``transposition``, ``row_shading``, ``incidence``, ``snow``, ``soiling``,
            ``rear_side``, ``temperature``, ``ageing``, ``system``, ``inverter``, ``clipping``;
            and ``net``, the energy of `available_power`: horizontal less all of these. [MWh]

        Raises
        ------
        WeatherError
            If the weather is missing or on another timeline.
        ValueError
            If the plant has a profile, which says nothing of its losses.
        """
        if self.profile is not None:
            raise ValueError(
                "a plant with a profile has no losses to show: its power is net of them"
            )
        from altay_energy.components.solar.output import convert, waterfall

        out = convert(self, self._checked(weather, timeline))
        scale = self.capacity_mw * timeline.step_hours
        return {name: scale * energy for name, energy in waterfall(self, out).items()}

    def notices(self, weather: Weather) -> tuple[str, ...]:
        """Notices on the snow of the plant.

        Parameters
        ----------
        weather : Weather
            Of the plant's site.
        """
        cold = float(weather.temperature_c.min()) < NO_SNOW_ABOVE_C
        if self.site is None or self.snow == "off" or not cold:
            return ()
        if weather.precipitation_mm is None and weather.snow_depth_m is None:
            return (
                "the weather has neither precipitation nor snow depth, so snow on modules and "
                "ground is not computed; in a snowy winter the power is too high",
            )
        if weather.snow_depth_m is None:
            return (
                "the weather has precipitation but no snow depth: snow covers the modules but "
                "does not raise the albedo of the ground",
            )
        return ()

    def _checked(self, weather: Weather | None, timeline: Timeline) -> Weather:
        if weather is None:
            raise WeatherError(f"site {self.site}: a solar plant needs the weather of its site")
        if weather.timeline != timeline:
            raise WeatherError(
                f"{weather.place}: the weather covers {weather.timeline.describe()}, "
                f"but the plant is asked for {timeline.describe()}"
            )
        return weather
