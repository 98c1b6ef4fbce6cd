"""Whatever a scenario says, it loads and runs, or an error of ours says what to change."""

from __future__ import annotations

import copy
import datetime
import math

import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from altay_energy.core.errors import AltayError
from altay_energy.scenario.check.problems import _fields
from altay_energy.scenario.load import load
from altay_energy.scenario.model import ScenarioFile

SOUND = {
    "schema_version": 1,
    "name": "sound",
    "title_zh": "布尔津",
    "allow_unusual": True,
    "time": {"start": "2030-01-01T00:00", "hours": 6},
    "sites": {"a": {"latitude": 47.43, "longitude": 85.87, "elevation_m": 984.0}},
    "weather": {"source": "climate", "seed": 1},
    "wind": {"a": {"site": "a", "capacity_mw": 100}},
    "solar": {"a": {"site": "a", "capacity_mw": 10}},
    "hydro": {"a": {"capacity_mw": 10, "annual_mwh": 30_000}},
    "thermal": {"a": {"capacity_mw": 5, "fuel_cost_cny_mwh": 250}},
    "pumped_storage": {"a": {"pump_mw": 10, "turbine_mw": 10, "energy_mwh": 60}},
    "battery": {"a": {"charge_mw": 10, "discharge_mw": 10, "energy_mwh": 20}},
    "load": {
        "a": {"sector": "households", "annual_mwh": 30_000, "site": "a"},
        "b": {"profile": {"file": "power.csv", "column": "power"}},
    },
    "grid": {"import_limit_mw": 50, "import_price_cny_mwh": "xinjiang_tou_2021_draft"},
    "dispatch": {"terminal": "cyclic", "storage_order": ["battery.a"]},
}
POWER_CSV = "time,power\n" + "".join(f"2030-01-01T{h:02d}:00+08:00,{h}\n" for h in range(24))

ODD = st.one_of(
    st.sampled_from(
        [math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-300, 0, -0.0, -1, 0.5, 1, 90, 1_400_000]
    ),
    st.sampled_from([2**62, -(2**62), 2**63, 10**400, True, False]),
    st.sampled_from(
        ["", " ", "a", "1400 MW", "1,4", "nan", "2030-02-30", "../x.csv", "http://x/y", "\u202e"]
    ),
    st.sampled_from([[], [1, 2], ["a"], [math.nan], [[1], [2]], [{}], [datetime.date(2030, 1, 1)]]),
    st.sampled_from(
        [
            {},
            {"a": {}},
            {"file": ""},
            {"file": "power.csv"},
            {"file": "power.csv", "column": "power"},
            {"file": "power.csv", "column": "pow"},
            {"file": "missing.csv", "column": "a", "x": 1},
            {"rated_mw": 5, "rotor_diameter_m": 150},
        ]
    ),
    st.sampled_from([datetime.date(2030, 1, 1), datetime.datetime(2030, 1, 1), datetime.time(1)]),
    st.text(max_size=5),
    st.floats(),
    st.integers(-10, 10),
)


def _keys(table, above=()):
    """Every key of a table and every key that the model knows beside it."""
    known = set(table) | (set(ScenarioFile.model_fields) if not above else set(_fields(above)))
    for name in sorted(known):
        yield (*above, name)
        if isinstance(table.get(name), dict):
            yield from _keys(table[name], (*above, name))


KEYS = list(_keys(SOUND))
CHANGE = st.tuples(
    st.sampled_from(KEYS),
    st.one_of(st.just("drop"), ODD.map(lambda value: ("put", value))),
    st.sampled_from(["", "", "", "x", "布", "A", "a\u200bb", "=1", "a.b", "a/b"]),
)


def _changed(changes):
    tables = copy.deepcopy(SOUND)
    for key, change, name in changes:
        table = tables
        for part in key[:-1]:
            table = table.get(part) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            continue
        if change == "drop":
            table.pop(key[-1], None)
        else:
            table[name or key[-1]] = copy.deepcopy(change[1])
    return tables


def _put(key, value):
    return [(tuple(key.split(".")), ("put", value), "")]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGE, min_size=1, max_size=4))
@example(_put("load.b.profile", [{"a": 1}]))
@example(_put("load.b.profile", 10**400))
@example(_put("grid.import_limit_mw", [[1, 2], [3, 4]]))
@example(_put("title", "a\0b"))
@example(_put("time.year", 2**62))
def test_a_changed_scenario_runs_or_says_what_to_change(tmp_path, changes):
    (tmp_path / "power.csv").write_text(POWER_CSV)
    path = tmp_path / "changed.toml"
    path.write_bytes(tomli_w.dumps(_changed(changes)).encode("utf-8", "surrogatepass"))
    run, problem = None, "what no error says"
    try:
        run = load(path).run()
    except AltayError as error:
        problem = str(error)
    assert problem.strip()
    assert "Value error" not in problem
    if run is not None:
        residual_mw = run.kpis["kpis"]["balance_residual_mw"]
        peak_mw = max(float(abs(series).max(initial=0.0)) for series in _powers(run.hourly))
        assert residual_mw <= 1e-6 * max(1.0, peak_mw)


def _powers(hourly):
    return [hourly[name].values for name in hourly.data_vars if name.endswith("_mw")]
