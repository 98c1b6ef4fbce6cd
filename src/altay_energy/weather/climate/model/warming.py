"""A warmer climate: warming of each month against the records."""

from __future__ import annotations

from dataclasses import dataclass

from altay_energy.core.catalogue import package_toml

MONTHS = 12


@dataclass(frozen=True)
class Warming:
    """Months warmer than those of the climate tables.

    Parameters
    ----------
    name : str
        Its name in notices; empty for none.
    monthly_k : tuple of 12 float
        January first. [K]
    source : str
        Where the figures come from.
    """

    name: str
    monthly_k: tuple[float, ...]
    source: str

    def notices(self) -> tuple[str, ...]:
        """Notices for readers of the results; none without warming."""
        if not any(self.monthly_k):
            return ()
        low, high = min(self.monthly_k), max(self.monthly_k)
        return (
            f"warming {self.name}: months {low:+.2g} to {high:+.2g} K against the records, "
            f"relative humidity kept, snow follows ({self.source})",
        )


NO_WARMING = Warming("", (0.0,) * MONTHS, "")


def documented_warming(horizon: int) -> Warming:
    """Warming of northern Xinjiang by the time of a year.

    Parameters
    ----------
    horizon : int
        2030 or 2050: what the table holds.

    Returns
    -------
    Warming

    Raises
    ------
    KeyError
        If the table holds no such year.
    """
    given = package_toml("data/climate/warming.toml")["horizons"][str(horizon)]
    return Warming(str(horizon), tuple(float(k) for k in given["monthly_k"]), given["source"])
