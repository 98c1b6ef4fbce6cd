r"""Reversible units between two reservoirs: power and flow at a static head.

The units of a station share one waterway, so the head of each depends on the flow of all:

.. math:: H_{net} = H - r Q^2, \quad H_{dyn} = H + r Q^2

with the static head :math:`H`, the flow of the station :math:`Q` and one resistance :math:`r`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import GRAVITY, WATER_DENSITY, Array
from altay_energy.core.value import Value
from altay_energy.resource.pumped.hill import Hill

Speed: TypeAlias = Literal["fixed", "variable"]

WATTS = 1e6
"""Watts in a megawatt."""

SPEED_RANGE = (0.90, 1.08)
"""Speeds of a variable-speed set over its synchronous speed [-]; assumed: a doubly fed machine."""

_LINE_POINTS = 201  # between the points of a pump's line the waterway's loss is no straight line
_SPEEDS = 37


def water_power(flow_m3_s: Array, head_m: Array) -> Array:
    """Power of falling water, ρ g Q H, shape of both. [MW]

    Parameters
    ----------
    flow_m3_s, head_m : ndarray, shape (...)
        [m³ s⁻¹], [m]
    """
    return np.asarray(WATER_DENSITY * GRAVITY / WATTS * flow_m3_s * head_m)


@dataclass(frozen=True)
class PumpTurbine(Value):
    """Equal reversible units on one waterway.

    Parameters
    ----------
    hill : Hill
        Efficiencies and the pump's line.
    units : int
        Number of units.
    unit_mw, unit_pump_mw : float
        Rated generation of a unit, and what its pump draws at the pump's reference head; at the
        bus. [MW]
    rated_head_m : float
        Net head at which a unit gives its rated power with its rated flow. [m]
    waterway_loss : float
        Head that the rated flow of all units loses in the waterway, over the rated head. [-]
    electrical_efficiency : float
        Generator or motor, transformer and own use together, each way. [-]
    speed : {"fixed", "variable"}
        Fixed-speed pumps draw the one power that the head leaves them.
    pump_band : tuple of float
        Least and largest power of a variable-speed pump over ``unit_pump_mw``. [-]

    Notes
    -----
    A pump of variable speed follows the affinity laws from the line at its synchronous speed:
    flow grows with the speed, head with its square. A turbine keeps its hill.
    """

    hill: Hill
    units: int
    unit_mw: float
    unit_pump_mw: float
    rated_head_m: float
    waterway_loss: float
    electrical_efficiency: float
    speed: Speed = "fixed"
    pump_band: tuple[float, float] = (0.7, 1.0)

    @cached_property
    def rated_flow_m3_s(self) -> float:
        """Flow of one unit at rated power and rated net head. [m³ s⁻¹]"""
        rated = self.hill.turbine(np.ones(()), np.ones(())) * self.electrical_efficiency
        per_flow = water_power(np.ones(()), np.array(self.rated_head_m)) * rated
        return float(self.unit_mw / per_flow)

    @cached_property
    def resistance(self) -> float:
        """Head lost over the square of the station's flow. [m / (m³ s⁻¹)²]"""
        return self.waterway_loss * self.rated_head_m / (self.units * self.rated_flow_m3_s) ** 2

    @property
    def largest_flow_m3_s(self) -> float:
        """Flow of one turbine with its guide vanes open. [m³ s⁻¹]"""
        return self.rated_flow_m3_s * float(self.hill.turbine_flow[-1])

    def turbine_power(self, head_m: Array, flow_m3_s: Array, running: Array | int) -> Array:
        """Power at the bus of several equally loaded turbines.

        Parameters
        ----------
        head_m : ndarray, shape (...)
            Static head. [m]
        flow_m3_s : ndarray, shape (...)
            Flow of each of them. [m³ s⁻¹]
        running : ndarray of int, shape (...)
            How many run. [-]

        Returns
        -------
        ndarray, shape (...)
            Of all of them together. [MW]
        """
        total = running * flow_m3_s
        net = head_m - self.resistance * total**2
        # An opening passes more water under more head: flow over the root of head is the opening.
        efficiency = self.hill.turbine(net / self.rated_head_m, flow_m3_s / self.rated_flow_m3_s)
        return water_power(total, net) * efficiency * self.electrical_efficiency

    @cached_property
    def _pump_lines(self) -> tuple[Array, Array, Array]:
        """Dynamic head, flow and power at the bus of one pump, shape (speeds, points)."""
        hill = self.hill
        share = np.linspace(hill.pump_head[0], hill.pump_head[-1], _LINE_POINTS)
        flow = np.interp(share, hill.pump_head, hill.pump_flow)
        efficiency = np.interp(share, hill.pump_head, hill.pump_efficiency)
        reference_m = hill.reference_head * self.rated_head_m
        best = float(np.interp(1.0, share, efficiency)) * self.electrical_efficiency
        unit_flow = self.unit_pump_mw * best / water_power(np.ones(()), np.array(reference_m))
        speeds = np.ones(1) if self.speed == "fixed" else np.linspace(*SPEED_RANGE, _SPEEDS)
        n = speeds[:, np.newaxis]
        head, flow = n**2 * share * reference_m, n * flow * unit_flow
        return head, flow, water_power(flow, head) / (efficiency * self.electrical_efficiency)

    def pump_points(self, head_m: Array, running: int) -> tuple[Array, Array]:
        """Power and flow of several pumps at each of their speeds.

        Parameters
        ----------
        head_m : ndarray, shape (M,)
            Static head. [m]
        running : int
            How many run. [-]

        Returns
        -------
        power, flow : ndarray, shape (S, M)
            Of all of them together, by speed, slowest first; one speed where it is fixed.
            [MW], [m³ s⁻¹]; NaN where a speed does not lift the water that high.
        """
        dynamic, flow, power = self._pump_lines
        static = dynamic - self.resistance * (running * flow) ** 2
        rows = [
            [np.interp(head_m, h, values, left=np.nan, right=np.nan) for values in (p, q)]
            for h, p, q in zip(static, power, flow, strict=True)
        ]
        both = running * np.array(rows)
        return both[:, 0], both[:, 1]

    def check_heads(self, low_m: float, high_m: float) -> None:
        """Raise for static heads outside the range of hill or pump.

        Parameters
        ----------
        low_m, high_m : float
            Least and largest static head. [m]

        Raises
        ------
        ScenarioError
            With the range of heads of the units.
        """
        dynamic, flow, _ = self._pump_lines
        lost = self.resistance * (self.units * flow) ** 2
        pumps = float(np.min((dynamic - lost)[0])), float(np.max((dynamic - lost)[-1]))
        grid = self.hill.turbine_head
        turbines = float(grid[0]) * self.rated_head_m, float(grid[-1]) * self.rated_head_m
        least, most = max(pumps[0], turbines[0]), min(pumps[1], turbines[1])
        if low_m < least or high_m > most:
            raise ScenarioError(
                f"the levels give static heads from {low_m:.5g} to {high_m:.5g} m, but units of "
                f"rated_head_m = {self.rated_head_m:.5g} work from {least:.5g} to {most:.5g} m; "
                "check the levels, or rated_head_m"
            )
