"""Fixtures that many tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real weather, plants and reference results; tests skip where it is absent."""
    folder = Path(os.environ.get("ALTAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of real data for calibration is not here")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the project."""
    return ROOT
