"""Units of powers, prices and flows, and the unit in the name of a column."""

from __future__ import annotations

import re
from collections.abc import Mapping

PER_UNIT: Mapping[str, Mapping[str, float]] = {
    "MW": {
        "MW": 1.0,
        "W": 1e-6,
        "kW": 1e-3,
        "GW": 1e3,
        "千瓦": 1e-3,
        "兆瓦": 1.0,
        "万千瓦": 10.0,
        "亿千瓦": 1e5,
    },
    "MWh": {
        "MWh": 1.0,
        "kWh": 1e-3,
        "GWh": 1e3,
        "TWh": 1e6,
        "千瓦时": 1e-3,
        "度": 1e-3,
        "兆瓦时": 1.0,
        "万千瓦时": 10.0,
        "万度": 10.0,
        "亿千瓦时": 1e5,
        "亿度": 1e5,
    },
    "CNY/MWh": {
        "CNY/MWh": 1.0,
        "CNY/kWh": 1e3,
        "元/兆瓦时": 1.0,
        "元/千瓦时": 1e3,
        "元/MWh": 1.0,
        "元/kWh": 1e3,
        "元/度": 1e3,
    },
    "m³/s": {"m3/s": 1.0, "m3/h": 1.0 / 3600.0, "L/s": 1e-3},
    "-": {"1": 1.0, "%": 0.01},
    "m": {"m": 1.0, "km": 1e3, "米": 1.0},
    "h": {"h": 1.0, "小时": 1.0, "d": 24.0, "天": 24.0},
}
"""Unit of a key → declared unit → factor; the first is that of the package."""

# Energy of an interval divided by its length is the mean power.
_MEAN_OF = {"MW": "MWh"}

_CURRENCY = {"cny": "CNY", "rmb": "CNY", "yuan": "CNY", "¥": "CNY", "元": "CNY"}
_ENERGY = {
    **{unit.lower(): unit for unit in ("kWh", "MWh", "GWh", "TWh")},
    **{unit: unit for unit in ("千瓦时", "兆瓦时", "万千瓦时", "亿千瓦时", "度", "万度", "亿度")},
}
_POWER = {
    **{unit.lower(): unit for unit in ("kW", "MW", "GW")},
    **{unit: unit for unit in ("千瓦", "兆瓦", "万千瓦", "亿千瓦")},
}
_CHINESE = re.compile("(?:万|亿)?千瓦时|兆瓦时|(?:万|亿)?千瓦|兆瓦")
_BRACKETS = re.compile(r"[(\[（【]\s*([^()\[\]（）【】]+?)\s*[)\]）】]")
_RATIO = re.compile(r"([a-z]+|元|[$€£¥])\s*/\s*([^\W\d_]+)")
_WORDS = re.compile(r"[a-z]+|[^\W\d_a-z]+|[$€£¥%]")
_CAMEL = re.compile(r"(?<=[a-z\d])([MG]Wh?|kWh?)(?![A-Za-z])")
_FOREIGN = {
    "$": "$",
    "€": "€",
    "£": "£",
    **{c: c.upper() for c in ("usd", "eur", "gbp", "jpy", "kzt", "rub", "inr", "cad", "aud")},
}
_FLOW = {
    "m3/s": "m3/s",
    "m^3/s": "m3/s",
    "cms": "m3/s",
    "m3/h": "m3/h",
    "m^3/h": "m3/h",
    "l/s": "L/s",
}


def known_units(unit: str) -> tuple[str, ...]:
    """Units that a series may be declared in.

    Parameters
    ----------
    unit : str
        Unit of the key: ``MW``, ``CNY/MWh``, ``m³/s`` or ``-``.

    Returns
    -------
    tuple of str
        Ours first; for a power also the units of the energy of an interval.
    """
    return (*PER_UNIT[unit], *PER_UNIT.get(_MEAN_OF.get(unit, ""), ()))


def factor_of(unit: str, written: str, step_hours: float) -> float | None:
    """Factor from a declared unit to that of the key.

    Parameters
    ----------
    unit : str
        Unit of the key.
    written : str
        Unit of the values.
    step_hours : float
        Length of their interval, by which energies become mean powers. [h]

    Returns
    -------
    float or None
        None where it is no unit of this quantity.

    Examples
    --------
    >>> factor_of("MW", "kW", 1.0), factor_of("MW", "kWh", 0.25), factor_of("CNY/MWh", "kW", 1.0)
    (0.001, 0.004, None)
    """
    if written in PER_UNIT[unit]:
        return PER_UNIT[unit][written]
    energy = PER_UNIT.get(_MEAN_OF.get(unit, ""), {}).get(written)
    return None if energy is None else energy / step_hours


def unit_in_name(name: str) -> str | None:
    """Unit in the name of a column, None if there is none.

    Parameters
    ----------
    name : str
        ``负荷(kW)``, ``load_kw``, ``price_cny_kwh``, ``电价（元/千瓦时）``, ``inflow_m3_s``.

    Returns
    -------
    str or None
        As ``PER_UNIT`` writes it where that knows it; a unit of another kind, such as
        ``EUR/MWh`` or ``kW/kW``, as it is read.

    Examples
    --------
    >>> unit_in_name("负荷(kW)"), unit_in_name("load_kw"), unit_in_name("price_cny_kwh")
    ('kW', 'kW', 'CNY/kWh')
    >>> unit_in_name("Demand_MW_z1"), unit_in_name("electricity price"), unit_in_name("wind")
    ('MW', None, None)
    """
    for part in [*_BRACKETS.findall(name), name]:
        found = _unit_of(part.strip(), whole=part is not name)
        if found is not None:
            return found
    return None


def _unit_of(text: str, *, whole: bool) -> str | None:
    """Unit in a bracket, which may hold nothing else, or among the words of a name."""
    lower = text.lower().replace("³", "3").replace(" per ", "/").replace("_per_", "/")
    if whole:
        if lower in _FLOW:
            return _FLOW[lower]
        if lower in ("w", "%", "1", "p.u.", "pu"):
            return {"w": "W", "%": "%"}.get(lower, "1")
    ratio = _RATIO.search(lower)
    if ratio is not None:
        above, below = ratio.groups()
        if below in _ENERGY and (above in _CURRENCY or above in _FOREIGN or above == "currency"):
            return _price(above, below)
        if above == below:
            return "1"
    words = _WORDS.findall(lower)
    for flow, unit in (("m3_s", "m3/s"), ("m3_h", "m3/h"), ("l_s", "L/s")):
        if not whole and re.search(rf"(?:^|_){flow}(?:_|$)", lower):
            return unit
    money = next((word for word in words if word in _CURRENCY or word in _FOREIGN), None)
    energy = next((word for word in words if word in _ENERGY and word != "度"), None)
    if energy is None and (chinese := _CHINESE.search(lower)):
        energy = chinese[0] if chinese[0] in _ENERGY else None
    if money is not None and energy is not None:
        return _price(money, energy)
    if energy is not None:
        return _ENERGY[energy]
    power = next((word for word in words if word in _POWER), None)
    if power is None and (chinese := _CHINESE.search(lower)):
        power = chinese[0]
    if power is None and (camel := _CAMEL.search(text)):
        return camel[1]
    if power is not None:
        return _POWER[power]
    return "%" if not whole and words and words[-1] in ("percent", "pct", "%") else None


def _price(money: str, energy: str) -> str:
    currency = _CURRENCY.get(money) or _FOREIGN.get(money) or money
    plain = {"千瓦时": "kWh", "度": "kWh", "兆瓦时": "MWh"}.get(energy, _ENERGY[energy])
    return f"{currency}/{plain}"
