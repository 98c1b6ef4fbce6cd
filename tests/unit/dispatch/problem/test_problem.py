"""What a problem refuses, and how it says so."""

from __future__ import annotations

import pickle
from typing import get_args, get_type_hints

import numpy as np
import pytest

from altay_energy.core.errors import AltayError, ScenarioError, SeriesError
from altay_energy.core.units import Array
from altay_energy.dispatch.problem.checks import Limits
from altay_energy.dispatch.problem.problem import _PARTS, Problem, StorageLimits, ThermalLimits

STORAGE = {
    "name": "battery.a",
    "charge_mw": 10.0,
    "discharge_mw": 12.0,
    "energy_mwh": 40.0,
    "charge_efficiency": 0.9,
    "discharge_efficiency": 0.9,
}
PLANT = {
    "name": "thermal.a",
    "capacity_mw": 50.0,
    "must_run_mw": 10.0,
    "marginal_cost_cny_mwh": 260.0,
    "emission_factor_t_mwh": 0.8,
}
PROBLEM = {
    "step_hours": 1.0,
    "load_mw": [10.0, 20.0, 30.0],
    "renewables": {"wind.a": [0.0, 50.0, 5.0]},
    "thermals": (ThermalLimits(**PLANT),),
    "storages": (StorageLimits(**STORAGE),),
    "import_limit_mw": 5.0,
    "export_limit_mw": [5.0, 0.0, 5.0],
    "import_price_cny_mwh": 300.0,
    "export_price_cny_mwh": -20.0,
    "unserved_cost_cny_mwh": 1e4,
    "grid_emission_factor_t_mwh": 0.6,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"charge_mw": -1.0}, r"battery\.a: charge_mw = -1, expected .* at least 0"),
        ({"discharge_mw": np.nan}, r"battery\.a: discharge_mw = nan, expected a finite number"),
        ({"energy_mwh": np.inf}, r"battery\.a: energy_mwh = inf, expected a finite number"),
        ({"charge_efficiency": 0.0}, r"charge_efficiency = 0, expected .* above 0, at most 1"),
        ({"discharge_efficiency": 90.0}, r"discharge_efficiency = 90, expected .* at most 1"),
        ({"standing_loss_per_hour": -0.1}, r"standing_loss_per_hour = -0\.1, expected"),
        ({"standing_loss_per_hour": 1.0}, r"standing_loss_per_hour = 1, expected less than 1"),
        ({"initial_level_mwh": 41.0}, r"initial_level_mwh = 41 is above energy_mwh = 40"),
    ],
)
def test_storage_limits_out_of_range_are_refused_by_name(change, message):
    with pytest.raises(ScenarioError, match=message):
        StorageLimits(**{**STORAGE, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"capacity_mw": -1.0}, r"thermal\.a: capacity_mw = -1 .*expected .* at least 0"),
        ({"must_run_mw": [0.0, 51.0]}, r"thermal\.a: must_run_mw is above capacity_mw"),
        ({"marginal_cost_cny_mwh": np.inf}, r"thermal\.a: marginal_cost_cny_mwh = inf"),
        ({"emission_factor_t_mwh": -0.1}, r"thermal\.a: emission_factor_t_mwh = -0\.1"),
    ],
)
def test_thermal_limits_out_of_range_are_refused_by_name(change, message):
    with pytest.raises(AltayError, match=message):
        ThermalLimits(**{**PLANT, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step_hours": 0.0}, r"step_hours = 0, expected a finite number, above 0"),
        ({"load_mw": []}, r"load_mw holds no steps"),
        ({"load_mw": 10.0}, r"load_mw holds no steps"),
        ({"load_mw": [1.0, np.nan, 2.0]}, r"load_mw = nan at step 1 \(first of 1\), expected"),
        ({"load_mw": [1.0, "x", 2.0]}, r"load_mw is not numeric"),
        ({"load_mw": [[1.0, 2.0, 3.0], [1.0, 2.0, -3.0]]}, r"-3 at step 2 of run \(1,\)"),
        ({"renewables": {"wind.a": [1.0, 2.0]}}, r"wind\.a has 2 steps, but load_mw has 3"),
        ({"renewables": {"wind.a": [1.0, -2.0, 0.0]}}, r"wind\.a = -2 at step 1 .* at least 0"),
        ({"import_limit_mw": -5.0}, r"import_limit_mw = -5 \(first of 1\), expected"),
        ({"export_limit_mw": np.inf}, r"export_limit_mw = inf \(first of 1\), expected"),
        ({"import_price_cny_mwh": [1.0, np.inf, 1.0]}, r"import_price_cny_mwh = inf at step 1"),
        ({"export_price_cny_mwh": [1.0]}, r"export_price_cny_mwh has 1 steps"),
        ({"unserved_cost_cny_mwh": -1.0}, r"unserved_cost_cny_mwh = -1"),
        ({"grid_emission_factor_t_mwh": np.nan}, r"grid_emission_factor_t_mwh = nan"),
        ({"terminal": "cycle"}, r"terminal = 'cycle', expected one of cyclic, free"),
        ({"storage_serves": "all"}, r"storage_serves = 'all', expected one of load, "),
        ({"renewables": {"battery.a": [1.0, 2.0, 3.0]}}, r"battery\.a is given twice"),
        ({"variable_om_cny_mwh": {"thermal.a": 5.0}}, r"variable_om_cny_mwh of thermal\.a"),
        ({"variable_om_cny_mwh": {"wind.x": 5.0}}, r"variable_om_cny_mwh of wind\.x"),
        (
            {"load_mw": np.ones((2, 3)), "import_limit_mw": np.ones((4, 3))},
            r"import_limit_mw has shape \(4, 3\), which does not go with \(2, 3\)",
        ),
    ],
)
def test_problems_that_cannot_be_dispatched_are_refused_by_name(change, message):
    with pytest.raises(AltayError, match=message):
        Problem(**{**PROBLEM, **change})


def test_series_errors_and_scenario_errors_are_distinguished():
    with pytest.raises(SeriesError):
        Problem(**{**PROBLEM, "load_mw": [np.nan] * 3})
    with pytest.raises(ScenarioError):
        Problem(**{**PROBLEM, "terminal": "cycle"})


def test_a_problem_cannot_be_changed_through_its_arrays_nor_change_the_caller_s():
    load = np.array([10.0, 20.0, 30.0])
    problem = Problem(**{**PROBLEM, "load_mw": load})
    with pytest.raises(ValueError, match="read-only"):
        problem.load_mw[0] = 1.0
    load[0] = 11.0  # still the caller's own


def test_leading_axes_broadcast():
    problem = Problem(
        **{
            **PROBLEM,
            "load_mw": np.ones((2, 1, 3)),
            "renewables": {"wind.a": np.ones((5, 3))},
        }
    )
    assert problem.shape == (2, 5, 3)
    assert problem.hours == 3.0
    assert problem.on_all(problem.import_limit_mw).shape == (2, 5, 3)


def test_parts_together_are_the_whole():
    rng = np.random.default_rng(0)
    wind, load = rng.uniform(0, 9, (5, 3)), rng.uniform(0, 9, 3)
    capacity = rng.uniform(20, 30, (5, 3))
    problem = Problem(
        **{
            **PROBLEM,
            "load_mw": load,
            "renewables": {"wind.a": wind},
            "thermals": (ThermalLimits(**{**PLANT, "capacity_mw": capacity}),),
        }
    )
    parts = list(problem.parts(2))
    assert [part.shape for part in parts] == [(2, 3), (2, 3), (1, 3)]
    np.testing.assert_array_equal(np.concatenate([p.renewables["wind.a"] for p in parts]), wind)
    np.testing.assert_array_equal(
        np.concatenate([p.thermals[0].capacity_mw for p in parts]), capacity
    )
    np.testing.assert_array_equal(parts[1].load_mw, load)


def test_a_single_run_is_its_own_only_part():
    problem = Problem(**PROBLEM)
    assert list(problem.parts(4)) == [problem]


def test_a_problem_travels_to_another_process():
    problem = pickle.loads(pickle.dumps(Problem(**PROBLEM)))
    assert problem.shape == (3,)
    assert [vars(s) for s in problem.storages] == [vars(s) for s in PROBLEM["storages"]]


def test_no_series_of_an_element_is_forgotten():
    """`SERIES` names every field that is an array, `_PARTS` all elements with limits."""
    limits = {}
    for name, hint in get_type_hints(Problem).items():
        kind = next(iter(get_args(hint)), None)
        if isinstance(kind, type) and issubclass(kind, Limits):
            limits[name] = kind
    assert set(limits) == set(_PARTS)
    for kind in limits.values():
        arrays = [name for name, hint in get_type_hints(kind).items() if hint == Array]
        assert sorted(arrays) == sorted(kind.SERIES), kind
