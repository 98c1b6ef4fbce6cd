"""Turbines and their power curves: from the catalogue, from a user's CSV, or from rotor and rating.

A catalogue entry is one TOML file with its source; figures without a source are listed as assumed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from altay_energy.core.catalogue import Catalogue
from altay_energy.core.errors import ScenarioError
from altay_energy.core.files.csvfile import csv_rows
from altay_energy.core.files.textfile import read_text
from altay_energy.core.units import REFERENCE_AIR_DENSITY, Array
from altay_energy.core.wording import near
from altay_energy.resource.wind.power_curve import (
    AboveRated,
    BelowZero,
    EndsEarly,
    curve_problems,
    generic_curve,
    settled_curve,
)
from altay_energy.resource.wind.wakes import generic_thrust_coefficient

STORM_RESTART = 0.8
"""Restart speed after a storm over cut-out speed [-]; assumed: 20 m/s after a stop at 25 m/s. Of
Vestas machines the V100-2.0 restarts at 18 after 20 m/s."""

COLD_PACKAGES: Mapping[str, tuple[float, float]] = {
    "standard": (-20.0, -17.0),
    "cold_climate": (-30.0, -27.0),
    "none": (-math.inf, -math.inf),
}
"""Temperatures at which a turbine stops for cold and starts again [°C], by equipment. Cold-climate
machines work down to -30 °C (Siemens Gamesa 5.X, release of 2020; GB/T 29543-2013 is the Chinese
standard for them, whose temperatures were not at hand);
standard ones to -20 °C (assumed, usual). That they wait for 3 K of warming is assumed."""


@dataclass(frozen=True, eq=False)
class Turbine:
    """One type of turbine: its power curve and where that comes from.

    Parameters
    ----------
    name : str
        Name in the catalogue, or of the user's file.
    rated_mw : float
        [MW]
    curve_speed_m_s, curve_power_mw : array_like, shape (K,)
        Power curve, speeds increasing; the last one is the cut-out speed. [m s⁻¹], [MW]
    rotor_diameter_m : float, optional
        [m]
    air_density_kg_m3 : float
        Air density that the curve was drawn for. [kg m⁻³]
    hub_heights_m : tuple of float
        Hub heights that are sold, the usual one first. [m]
    title, title_zh, source, note : str
        What it is, where the figures come from, what to know about them.
    assumed : tuple of str
        Names of the figures without a source (assumed).
    storm_restart_m_s : float, optional
        After a stop above cut-out it starts again at this speed; left out, at four fifths of the
        cut-out speed. [m s⁻¹]
    package : str
        Equipment for cold, a name in ``COLD_PACKAGES``.
    low_temperature_stop_c, low_temperature_restart_c : float, optional
        It stops below the one and starts again at the other; left out, those of the package. [°C]
    thrust_speed_m_s, thrust_coefficient : array_like, shape (L,), optional
        Thrust curve; left out, the generic one. [m s⁻¹], [-]
    above_rated : str
        What to do with powers up to 3 % above the rating: ``"cut"`` them to it, or ``"refuse"``.
    below_zero : str
        What to do with standby power below 0, down to 5 % of the rating: it counts as ``"zero"``,
        or ``"refuse"``.
    ends_early : str
        What to do with a curve that ends on its rating below 20 m/s: ``"hold"`` its last power up
        to 25 m/s, or ``"refuse"``.

    Attributes
    ----------
    notices : tuple of str
        Changes by those policies, and other notes on the curve.

    Raises
    ------
    ScenarioError
        If the curve is invalid; the message names the point.
    """

    name: str
    rated_mw: float
    curve_speed_m_s: Array
    curve_power_mw: Array
    rotor_diameter_m: float | None = None
    air_density_kg_m3: float = REFERENCE_AIR_DENSITY
    hub_heights_m: tuple[float, ...] = ()
    title: str = ""
    title_zh: str = ""
    source: str = ""
    note: str = ""
    assumed: tuple[str, ...] = ()
    storm_restart_m_s: float | None = None
    package: str = "cold_climate"
    low_temperature_stop_c: float | None = None
    low_temperature_restart_c: float | None = None
    thrust_speed_m_s: Array | None = None
    thrust_coefficient: Array | None = None
    above_rated: AboveRated = "cut"
    below_zero: BelowZero = "zero"
    ends_early: EndsEarly = "hold"
    notices: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        speed = np.array(self.curve_speed_m_s, dtype=np.float64)
        power = np.array(self.curve_power_mw, dtype=np.float64)
        known = self.rotor_diameter_m, self.air_density_kg_m3
        problems = curve_problems(
            speed,
            power,
            self.rated_mw,
            *known,
            above_rated=self.above_rated,
            below_zero=self.below_zero,
            ends_early=self.ends_early,
        )
        if problems:
            raise ScenarioError(
                f"turbine {self.name}: point {index + 1} of the curve: {text}"
                for index, text in problems
            )
        speed, power, notices = settled_curve(speed, power, self.rated_mw, *known)
        object.__setattr__(self, "notices", notices)
        arrays = {"curve_speed_m_s": speed, "curve_power_mw": power}
        if self.thrust_coefficient is None or self.thrust_speed_m_s is None:
            arrays["thrust_speed_m_s"] = np.arange(2.0, self.curve_end_m_s + 1.0, 0.5)
            thrust = generic_thrust_coefficient(arrays["thrust_speed_m_s"])
            arrays["thrust_coefficient"] = thrust
        else:
            arrays["thrust_speed_m_s"] = np.array(self.thrust_speed_m_s, dtype=np.float64)
            arrays["thrust_coefficient"] = np.array(self.thrust_coefficient, dtype=np.float64)
        for name, values in arrays.items():
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        stop, restart = self.low_temperatures_c
        if restart < stop:
            raise ScenarioError(
                f"turbine {self.name}: low_temperature_restart_c = {restart:g} is below "
                f"low_temperature_stop_c = {stop:g}"
            )
        if self.restart_m_s > self.cut_out_m_s:
            raise ScenarioError(
                f"turbine {self.name}: storm_restart_m_s = {self.restart_m_s:g} is above the "
                f"cut-out speed of {self.cut_out_m_s:g} m/s"
            )

    @property
    def curve_end_m_s(self) -> float:
        """Last speed of the curve. [m s⁻¹]"""
        return float(np.max(self.curve_speed_m_s))

    @property
    def restart_m_s(self) -> float:
        """Speed at which it starts again after a storm. [m s⁻¹]"""
        if self.storm_restart_m_s is not None:
            return self.storm_restart_m_s
        return STORM_RESTART * self.cut_out_m_s

    @property
    def low_temperatures_c(self) -> tuple[float, float]:
        """Temperatures at which it stops for cold and starts again. [°C]"""
        stop, restart = COLD_PACKAGES[self.package]
        return (
            stop if self.low_temperature_stop_c is None else self.low_temperature_stop_c,
            restart if self.low_temperature_restart_c is None else self.low_temperature_restart_c,
        )

    @property
    def cut_in_m_s(self) -> float:
        """Speed above which the curve gives power. [m s⁻¹]"""
        first = int(np.argmax(self.curve_power_mw > 0.0))
        return float(self.curve_speed_m_s[max(first - 1, 0)] if first else self.curve_speed_m_s[0])

    @property
    def cut_out_m_s(self) -> float:
        """Last speed of the curve that gives power. [m s⁻¹]"""
        return float(self.curve_speed_m_s[np.flatnonzero(self.curve_power_mw)[-1]])

    def _key(self) -> tuple[Any, ...]:
        values = vars(self).values()
        return tuple(v.tobytes() if isinstance(v, np.ndarray) else v for v in values)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Turbine) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())


def _from_table(name: str, table: Mapping[str, Any]) -> Turbine:
    if "curve" in table:
        speed = np.array(table["curve"]["speed_m_s"], dtype=np.float64)
        power = np.array(table["curve"]["power_kw"], dtype=np.float64) / 1e3
    else:
        speed, power = generic_curve(
            table["rated_mw"], table["rotor_diameter_m"], **table["generic"]
        )
    return Turbine(
        name=name,
        rated_mw=table["rated_mw"],
        curve_speed_m_s=speed,
        curve_power_mw=power,
        rotor_diameter_m=table["rotor_diameter_m"],
        air_density_kg_m3=table["air_density_kg_m3"],
        hub_heights_m=tuple(float(height) for height in table["hub_heights_m"]),
        title=table["title"],
        title_zh=table["title_zh"],
        source=table["source"],
        note=table["note"],
        assumed=tuple(table["assumed"]),
        storm_restart_m_s=table["storm_restart_m_s"],
        package=table["package"],
        low_temperature_stop_c=table["low_temperature_stop_c"],
        low_temperature_restart_c=table["low_temperature_restart_c"],
        thrust_speed_m_s=table.get("thrust", {}).get("speed_m_s"),
        thrust_coefficient=table.get("thrust", {}).get("coefficient"),
    )


TURBINES = Catalogue("turbine", "data/turbines", _from_table)
"""Turbines of the package."""


class TurbineSpec(BaseModel):
    """A user's power curve: a CSV file and how to read it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    file: str = Field(min_length=1, description="CSV file, relative to the scenario file")
    speed_column: str = Field(description="column of wind speeds at hub height [m/s]")
    power_column: str = Field(description="column of electrical power, in power_unit")
    power_unit: Literal["W", "kW", "MW", "pu"] = Field(
        description="unit of the power column; pu is a share of rated_mw"
    )
    rated_mw: float = Field(gt=0, description="rated power of one turbine [MW]")
    rotor_diameter_m: float | None = Field(
        None, gt=0, description="rotor diameter, for a check against the Betz limit [m]"
    )
    air_density_kg_m3: float = Field(
        REFERENCE_AIR_DENSITY, gt=0.6, lt=1.6, description="air density of the curve [kg/m³]"
    )
    # Of the 67 public curves of windpowerlib 0.2.2, 19 end up to 3 % above the machine's name.
    above_rated: AboveRated = Field(
        "cut", description="powers up to 3 % above rated_mw: cut to it with a notice, or refuse [-]"
    )
    below_zero: BelowZero = Field(
        "zero",
        description="standby power below 0, down to 5 % of rated_mw: zero with a notice, or "
        "refuse [-]",
    )
    ends_early: EndsEarly = Field(
        "hold",
        description="a curve that ends on its rating below 20 m/s: hold its last power up to "
        "25 m/s with a notice (IEC 61400-12-1), or refuse [-]",
    )


class GenericTurbineSpec(BaseModel):
    """A turbine given by rating and rotor alone, with the generic curve."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    rated_mw: float = Field(gt=0, description="rated power of one turbine [MW]")
    rotor_diameter_m: float = Field(gt=0, description="rotor diameter [m]")
    cut_in_m_s: float = Field(3.0, description="cut-in wind speed [m/s]")
    cut_out_m_s: float = Field(25.0, description="cut-out wind speed [m/s]")
    turbulence_intensity: float = Field(
        0.1,
        description=(
            "standard deviation over mean of wind speed, which rounds the knee of the curve [-]"
        ),
    )


@cache
def generic_turbine(spec: GenericTurbineSpec) -> Turbine:
    """Turbine with a generic curve.

    Parameters
    ----------
    spec : GenericTurbineSpec

    Returns
    -------
    Turbine

    Raises
    ------
    ScenarioError
        If the machine is outside the range of the generic curve.
    """
    values = spec.model_dump()
    rated, rotor = values.pop("rated_mw"), values.pop("rotor_diameter_m")
    speed, power = generic_curve(rated, rotor, **values)
    return Turbine(
        name=f"generic {rated:g} MW, {rotor:g} m",
        rated_mw=rated,
        curve_speed_m_s=speed,
        curve_power_mw=power,
        rotor_diameter_m=rotor,
        source="generic curve of Saint-Drenan et al. (2020)",
    )


def read_turbine(spec: TurbineSpec, path: Path) -> Turbine:
    """Turbine of a user's CSV file.

    Parameters
    ----------
    spec : TurbineSpec
        Columns, unit and rating.
    path : Path
        The file.

    Returns
    -------
    Turbine
        Up to 0.1 % above rated power is taken as noise and cut to it; its ``notices`` say what else
        ``above_rated`` and ``below_zero`` changed.

    Raises
    ------
    ScenarioError
        If the file cannot be read or its table is no power curve; names every faulty row.
    """
    lines, speed, power = _read_columns(spec, path)
    to_mw = {"W": 1e-6, "kW": 1e-3, "MW": 1.0, "pu": spec.rated_mw}[spec.power_unit]
    problems = curve_problems(
        speed,
        to_mw * power,
        spec.rated_mw,
        spec.rotor_diameter_m,
        spec.air_density_kg_m3,
        above_rated=spec.above_rated,
        below_zero=spec.below_zero,
        ends_early=spec.ends_early,
    )
    if problems:
        raise ScenarioError(
            f"{path.name}, row {lines[k]}: {text}{_unit_hint(spec, power)}" for k, text in problems
        )
    return Turbine(
        name=path.stem,
        rated_mw=spec.rated_mw,
        curve_speed_m_s=speed,
        curve_power_mw=to_mw * power,
        rotor_diameter_m=spec.rotor_diameter_m,
        air_density_kg_m3=spec.air_density_kg_m3,
        source=path.name,
        above_rated=spec.above_rated,
        below_zero=spec.below_zero,
        ends_early=spec.ends_early,
    )


def _unit_hint(spec: TurbineSpec, power: Array) -> str:
    """The unit in which the largest power is the rating, if it is not the declared one."""
    rated_in = {"W": 1e6, "kW": 1e3, "MW": 1.0, "pu": 1.0 / spec.rated_mw}
    for unit, factor in rated_in.items():
        if unit != spec.power_unit and math.isclose(
            power.max(), factor * spec.rated_mw, rel_tol=0.02
        ):
            return f' (power_unit = "{unit}" would fit)'
    return ""


def _read_columns(spec: TurbineSpec, path: Path) -> tuple[list[int], Array, Array]:
    """Row numbers as an editor counts them, and the two columns."""
    text = read_text(path, error=ScenarioError).text
    try:
        rows = csv_rows(text)
    except ValueError as problem:
        raise ScenarioError(f"{path.name}: cannot be read as CSV: {problem}") from None
    header = [name.strip() for name in (rows[0] if rows else [])]
    places = [_place(path, header, name) for name in (spec.speed_column, spec.power_column)]
    lines: list[int] = []
    values: list[list[float]] = []
    problems: list[str] = []
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            numbers = [float(row[place]) for place in places]
        except (ValueError, IndexError):
            cells = ", ".join(repr(row[p]) if p < len(row) else "nothing" for p in places)
            problems.append(
                f"{path.name}, row {line}: {cells} where numbers of "
                f"{spec.speed_column} and {spec.power_column} belong"
            )
            continue
        lines.append(line)
        values.append(numbers)
    if problems:
        raise ScenarioError(problems)
    if not values:
        raise ScenarioError(f"{path.name}: there is a header, but no row of the curve")
    table = np.array(values, dtype=np.float64)
    return lines, table[:, 0], table[:, 1]


def _place(path: Path, header: list[str], name: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        _refuse(path, f"the column {name!r} is {header.count(name)} times in the header")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        _refuse(path, f"its columns are not divided by commas: {header[0]!r}; save it as CSV")
    alike = near(name, header)
    hint = f"; did you mean {alike!r}?" if alike else ""
    _refuse(path, f"there is no column {name!r}{hint} (columns: {', '.join(header)})")


def _refuse(path: Path, text: str) -> NoReturn:
    raise ScenarioError(f"{path.name}: {text}")
