"""Colours stay apart for all readers, also those who see two kinds of cones."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from altay_energy.report.chart.palette import COLOURS, HEAT, SUPPLY

TOGETHER = (*SUPPLY, "export", "curtailed")

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def linear_rgb(colour: str) -> np.ndarray:
    code = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_sources_in_one_stack_can_be_distinguished(vision):
    seen = {kind: lab(VISION[vision] @ linear_rgb(COLOURS[kind])) for kind in TOGETHER}
    for one, other in combinations(TOGETHER, 2):
        apart = np.linalg.norm(seen[one] - seen[other])
        assert apart > 15, f"{one} and {other} look alike: {apart:.1f}"


@pytest.mark.parametrize("what", HEAT)
def test_a_heat_map_grows_darker_from_little_to_most(what):
    lightness = [lab(linear_rgb(colour))[0] for colour in HEAT[what]]
    assert all(np.diff(lightness) < -5)
