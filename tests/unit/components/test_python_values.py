"""Whatever Python gives a component, a timeline or the loader: a value, or an error in words."""

from __future__ import annotations

import datetime
import decimal
import fractions
import tomllib

import numpy as np
import pandas as pd
import pytest

import altay_energy as ae
from altay_energy.components.kinds import KINDS
from altay_energy.core.errors import AltayError


class Odd:
    """Somebody's own type, which does not even like to be printed."""

    def __repr__(self):
        raise RuntimeError("no")


VALUES = [
    None,
    True,
    "",
    "x",
    "1 MW",
    b"x",
    -1,
    0,
    3,
    10**400,
    float("nan"),
    float("inf"),
    1e300,
    -5e-324,
    3j,
    np.float64(2.0),
    np.int64(2),
    np.float32("nan"),
    np.bool_(True),
    np.str_("x"),
    np.datetime64("2030-01-01"),
    decimal.Decimal("1.5"),
    fractions.Fraction(1, 3),
    datetime.datetime(2030, 1, 1),
    datetime.timedelta(1),
    [],
    [1, 2],
    [[1], [2, 3]],
    ["a"],
    [None],
    (1, 2),
    {},
    {"a": 1},
    {1: 2},
    {"file": 3, "column": []},
    {1, 2},
    range(3),
    np.array([]),
    np.array(3.0),
    np.array([1.0, np.nan]),
    np.array([[1.0, 2.0]]),
    np.array(["a"]),
    np.array([None], dtype=object),
    np.array([True]),
    np.array([1j]),
    np.array([2**70], dtype=object),
    np.zeros(3, dtype=[("a", float)]),
    pd.Series([1.0, 2.0]),
    pd.DataFrame({"a": [1.0]}),
    pd.NaT,
    object(),
    Odd(),
    Odd,
    len,
    (x for x in (1, 2)),
]

SOUND = {
    ae.WindFarm: {"site": "a", "capacity_mw": 10.0},
    ae.SolarPlant: {"site": "a", "capacity_mw": 10.0},
    ae.HydroPlant: {"profile": 0.5, "capacity_mw": 10.0},
    ae.ThermalPlant: {"capacity_mw": 10.0, "fuel_cost_cny_mwh": 300.0},
    ae.Battery: {"charge_mw": 1.0, "discharge_mw": 1.0, "energy_mwh": 2.0},
    ae.PumpedStorage: {"pump_mw": 1.0, "turbine_mw": 1.0, "energy_mwh": 2.0},
    ae.Load: {"profile": 3.0},
    ae.Grid: {"import_limit_mw": 3.0},
    ae.River: {"inflow_m3_s": 3.0},
    ae.Site: {"latitude": 47.0, "longitude": 86.0, "elevation_m": 700.0},
    ae.DispatchSettings: {},
}

COMPONENTS = [*SOUND, *(k.model for k in KINDS.values() if k.model not in SOUND)]


@pytest.fixture
def sound(component, plant_examples):
    """Values with which a component can be made."""
    return SOUND.get(component) or tomllib.loads(plant_examples.get(component.kind, ""))


INWARD = ("pydantic", "Input should", "NoneType", "Value error", "object has no", "unhashable")


def judged(call):
    """A value, or an error of ours in plain words."""
    try:
        call()
    except AltayError as error:
        message = str(error)
        assert message
        assert not any(word in message for word in INWARD), message
        assert len(message) < 2000


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: c.__name__)
def test_every_parameter_of_a_component(component, sound):
    for name in component.model_fields:
        for value in VALUES:
            judged(lambda n=name, v=value: component(**{**sound, n: v}))


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: c.__name__)
def test_every_parameter_of_a_changed_component(component, sound):
    plant = component(**sound)
    for name in list(component.model_fields)[:4]:
        for value in VALUES:
            judged(lambda n=name, v=value: plant.with_(**{n: v}))
    judged(lambda: plant.with_(no_such_key=1))


def test_words_of_python_are_those_of_a_file():
    with pytest.raises(AltayError, match=r"^Battery\.energy_mwh = -2: must be at least 0 \[MWh\]$"):
        ae.Battery(charge_mw=1, discharge_mw=1, energy_mwh=-2)
    with pytest.raises(AltayError, match=r"^Battery\.energy_mwh is missing$"):
        ae.Battery(charge_mw=1, discharge_mw=1)
    with pytest.raises(AltayError, match=r"^Load\.profil is no parameter; did you mean profile\?"):
        ae.Load(profil=1)
    with pytest.raises(AltayError, match=r"^Load\.profile = .x.: must be a number"):
        ae.Load(profile="x")


@pytest.mark.parametrize(
    "call",
    [
        lambda v: ae.Timeline(v, 24),
        lambda v: ae.Timeline(datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), v),
        lambda v: ae.Timeline(datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), 24, v),
        lambda v: ae.Timeline(datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), 24, 1.0, v),
        lambda v: ae.Timeline.of_year(v),
        lambda v: ae.load(v),
    ],
    ids=["start", "steps", "step_hours", "offset", "year", "load"],
)
def test_every_value_of_a_timeline_and_of_the_loader(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in VALUES:
        judged(lambda v=value: call(v))


def test_every_override_of_a_scenario(scenario_file):
    path = scenario_file()
    for key in (
        "battery.shed.energy_mwh",
        "load.mine",
        "name",
        "time.hours",
        "grid.import_limit_mw",
    ):
        for value in VALUES:
            judged(lambda k=key, v=value: ae.load(path, {k: v}))
    for overrides in (3, object(), [3], {3: 4}, "x", b"x", [None]):
        judged(lambda o=overrides: ae.load(path, o))
    for folders in (3, [3], "x", [None]):
        judged(lambda f=folders: ae.load(path, (), f))
