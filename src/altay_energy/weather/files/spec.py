"""Declaration of a weather file: its format, clock, columns and units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator

from altay_energy.core.files.table_spec import TableSpec
from altay_energy.weather.files.file import ODD_VALUE_SHARE, RAW_UNITS, REQUIRED, WIND
from altay_energy.weather.formats.registry import FORMATS

if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal["auto", *FORMATS]

_IRRADIANCE = {
    "W/m2": (1.0, False),
    "kW/m2": (1e3, False),
    # Sums over the interval; the reader divides by its length in hours.
    "Wh/m2": (1.0, True),
    "kWh/m2": (1e3, True),
    "J/m2": (1.0 / 3600.0, True),
    "kJ/m2": (1e3 / 3600.0, True),
    "MJ/m2": (1e6 / 3600.0, True),
}
_TEMPERATURE = {"C": (1.0, 0.0), "K": (1.0, -273.15), "F": (5.0 / 9.0, -160.0 / 9.0)}

UNITS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("ghi_w_m2", "dni_w_m2", "dhi_w_m2"), tuple(_IRRADIANCE)),
    **dict.fromkeys(("temperature_c", "dew_point_c"), tuple(_TEMPERATURE)),
    **dict.fromkeys(("wind_speed_m_s", "wind_speed_second_m_s"), ("m/s", "km/h", "knot")),
    "pressure_pa": ("Pa", "hPa", "mbar", "kPa"),
    "relative_humidity_percent": ("%", "1"),
    "snow_depth_m": ("m", "cm", "mm"),
    "precipitation_mm": ("mm", "m"),
    "wind_direction_deg": ("degree",),
}
"""Units that a CSV column may be declared in; the first is ours."""

_FACTORS = {
    "km/h": 1.0 / 3.6,
    "knot": 1852.0 / 3600.0,
    "hPa": 100.0,
    "mbar": 100.0,
    "kPa": 1000.0,
    "cm": 0.01,
}


def conversion(series: str, unit: str, step_hours: float) -> tuple[float, float]:
    """Factor and offset from a declared unit to ours: ``ours = factor × x + offset``.

    Parameters
    ----------
    series : str
        A name of ``RAW_UNITS``.
    unit : str
        One of ``UNITS[series]``.
    step_hours : float
        Interval of the file, by which sums become means. [h]

    Returns
    -------
    factor, offset : float
    """
    if series in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2"):
        factor, is_sum = _IRRADIANCE[unit]
        return (factor / step_hours if is_sum else factor), 0.0
    if series in ("temperature_c", "dew_point_c"):
        return _TEMPERATURE[unit]
    special = {
        ("relative_humidity_percent", "1"): 100.0,
        ("snow_depth_m", "mm"): 1e-3,
        ("precipitation_mm", "m"): 1e3,
    }
    return special.get((series, unit), _FACTORS.get(unit, 1.0)), 0.0


class WeatherFileSpec(TableSpec):
    """A weather file and properties that it does not give; most are for CSV or overrides.

    Strict and frozen; unknown keys are refused.
    """

    file: str = Field(min_length=1, description="weather file, relative to the scenario file")
    more_files: list[str] = Field(
        default_factory=list,
        max_length=200,
        description=(
            "further files of the same place, read with it as one: parts of one download, or "
            "consecutive years"
        ),
    )
    format: FormatName = Field(
        "auto",
        description="name of the format, see docs/weather.md; default: detected from the content",
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description="CSV: our name = name in the header"
    )
    units: dict[str, str] = Field(default_factory=dict, description="CSV: our name = its unit")
    wind_height_m: float | None = Field(
        None, gt=0, le=300, description="height of the wind above ground [m]"
    )
    wind_second_height_m: float | None = Field(
        None, gt=0, le=300, description="height of the second wind, if there is one [m]"
    )
    latitude: float | None = Field(None, ge=-90, le=90, description="where measured [°]")
    longitude: float | None = Field(None, ge=-180, le=180, description="where measured [°]")
    elevation_m: float | None = Field(None, ge=-430, le=6000, description="where measured [m]")
    wind_only: bool = Field(
        False, description="CSV: the file has wind only, for weather.wind_files"
    )
    assumed_humidity_percent: float | None = Field(
        None,
        ge=0,
        le=100,
        description="humidity where the file has neither humidity nor dew point [%]",
    )
    odd_value_share: float = Field(
        ODD_VALUE_SHARE,
        ge=0,
        le=0.05,
        description=(
            "share of the values of a series (one value at least) that may be slightly "
            "outside its range and are then set to its bound; 0 allows none [-]"
        ),
    )

    @property
    def required(self) -> tuple[str, ...]:
        """Series that the file must hold."""
        return WIND[:1] if self.wind_only else REQUIRED

    @field_validator("columns", "units")
    @classmethod
    def _known(cls, given: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(given) - set(RAW_UNITS))
        if unknown:
            raise ValueError(
                f"no series is called {', '.join(unknown)}; expected some of {', '.join(RAW_UNITS)}"
            )
        return given

    @field_validator("units")
    @classmethod
    def _convertible(cls, given: dict[str, str]) -> dict[str, str]:
        for name, unit in given.items():
            if unit not in UNITS[name]:
                known = ", ".join(UNITS[name])
                raise ValueError(f"unit {unit!r} of {name} is not known; expected one of {known}")
        return given

    @model_validator(mode="before")
    @classmethod
    def _file_name_alone(cls, given: Any) -> Any:
        """A name alone, or names alone, in place of a table."""
        if isinstance(given, str):
            return {"file": given}
        if isinstance(given, list) and given:
            return {"file": given[0], "more_files": given[1:]}
        return given

    @property
    def all_files(self) -> tuple[str, ...]:
        """Names of all files that are read as one."""
        return self.file, *self.more_files

    @model_validator(mode="after")
    def _csv_says_enough(self) -> WeatherFileSpec:
        if self.format == "csv" and self.stamp is None:
            raise ValueError(
                'stamp is missing: say whether a stamp is the "begin", "middle" or "end" of its '
                "interval"
            )
        if self.columns and not set(self.required) <= set(self.columns):
            missing = sorted(set(self.required) - set(self.columns))
            raise ValueError(f"columns lacks {', '.join(missing)}, which every weather file needs")
        return self


CSV_KEYS = {
    *("stamp", "columns", "units", "time", "time_format", "decimal", "sort", "wind_only"),
    *("header_line", "separator"),
}
"""Keys for CSV only: every other format gives these itself."""
