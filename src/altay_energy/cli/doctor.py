"""Checks of the installation, each with its finding."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from altay_energy._version import __version__


@dataclass(frozen=True)
class Check:
    """One finding.

    Parameters
    ----------
    name : str
        Subject of the check.
    sound : bool
        Whether it works.
    finding : str
        Result, with a remedy if it does not work.
    """

    name: str
    sound: bool
    finding: str

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def examine() -> list[Check]:
    """Run every check, without network access."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", _python),
        ("libraries", _libraries),
        ("built-in data", _data),
        ("simulation", _simulation),
        ("netCDF", _netcdf),
        ("Chinese font", _font),
    ]
    return [_checked(name, look) for name, look in checks]


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except Exception as error:
        # whatever fails here, run the other checks as well
        return Check(name, False, f"{type(error).__name__}: {error}")


def _python() -> str:
    return f"{platform.python_version()} on {platform.platform()}, altay_energy {__version__}"


def _libraries() -> str:
    from packaging.requirements import Requirement

    found, wrong = [], []
    for text in metadata.requires("altay-energy") or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is not installed")
            continue
        found.append(f"{requirement.name} {version}")
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version} does not meet {requirement.specifier}")
    if wrong:
        raise RuntimeError("; ".join(wrong) + "; install altay-energy again")
    return ", ".join(found)


def _data() -> str:
    from altay_energy.components.supply.tariffs import TARIFFS
    from altay_energy.resource.wind.turbines import TURBINES
    from altay_energy.weather.climate.model.generate import climate_points

    return (
        f"{len(climate_points())} climate points, {len(TURBINES.names)} turbines, "
        f"{len(TARIFFS.names)} tariffs"
    )


def _simulation() -> str:
    from altay_energy.components.demand.load import Load
    from altay_energy.components.settings.site import Site
    from altay_energy.components.supply.grid import Grid
    from altay_energy.components.wind.wind_farm import WindFarm
    from altay_energy.core.timeline import Timeline
    from altay_energy.run.portfolio import Portfolio

    portfolio = Portfolio(
        timeline=Timeline.of_year(2030),
        sites={"jeminay": Site(latitude=47.43, longitude=85.87, elevation_m=984.0)},
        wind={"jeminay": WindFarm(site="jeminay", capacity_mw=100.0)},
        load={"mine": Load(sector="mining", annual_mwh=2e5)},
        grid=Grid.model_validate({"import_limit_mw": 50, "export_limit_mw": 100}),
    )
    residual = portfolio.run().kpis["kpis"]["balance_residual_mw"]
    if not residual < 1e-6:
        raise RuntimeError(f"energy does not balance: {residual} MW")
    return f"a year balances to {residual:.0e} MW"


def _netcdf() -> str:
    import numpy as np
    import xarray as xr

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.nc"
        xr.Dataset({"power_mw": ("time", np.arange(3.0))}).to_netcdf(path, engine="h5netcdf")
        with xr.open_dataset(path, engine="h5netcdf") as back:
            total = float(back["power_mw"].sum())
    if total != 3.0:
        raise RuntimeError(f"wrote 0, 1, 2 and read a sum of {total}")
    return "written and read back"


def _font() -> str:
    from altay_energy.report.chart.fonts import cjk_font

    font = cjk_font()
    if font is None:
        return (
            "none found: charts are drawn in English; for Chinese ones install a CJK font "
            "such as Noto Sans CJK"
        )
    return font
