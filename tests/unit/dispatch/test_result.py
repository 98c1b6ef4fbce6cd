"""A dispatch that breaks a law is found out, whoever made it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.dispatch.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.result import InvariantError
from altay_energy.dispatch.rules import dispatch_by_rules


@pytest.fixture
def dispatch():
    """Surplus, deficit, surplus: 5 MW charged, drawn, and so on; nothing at its limit."""
    return dispatch_by_rules(
        Problem(
            step_hours=0.5,
            load_mw=np.array([[10.0, 30.0, 10.0], [12.0, 40.0, 1.0]]),
            renewables={"wind.a": np.array([22.0, 8.0, 40.0])},
            thermals=(ThermalLimits("thermal.a", 10.0, 2.0, 200.0, 0.9),),
            storages=(StorageLimits("battery.a", 9.0, 9.0, 6.0, 0.9, 0.8, 0.02, 1.0),),
            import_limit_mw=3.0,
            export_limit_mw=2.0,
            import_price_cny_mwh=300.0,
            export_price_cny_mwh=250.0,
            unserved_cost_cny_mwh=1e4,
            grid_emission_factor_t_mwh=0.6,
        )
    )


def changed(series, add, where=(1, 1)):
    series = series.copy()
    series[where] += add
    return series


def test_a_right_dispatch_passes_and_leaves_no_residual(dispatch):
    dispatch.check()
    assert dispatch.balance_residual_mw().shape == (2,)
    assert dispatch.balance_residual_mw().max() < 1e-12


@pytest.mark.parametrize("field", ["import_mw", "export_mw", "unserved_mw", "served_mw"])
def test_an_hour_that_does_not_close_shows_in_the_residual_of_its_run(dispatch, field):
    wrong = replace(dispatch, **{field: changed(getattr(dispatch, field), 0.25)})
    np.testing.assert_allclose(wrong.balance_residual_mw(), [0.0, 0.25], atol=1e-12)
    with pytest.raises(InvariantError, match=r"balance is off by 0\.25 MW"):
        wrong.check()


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("generation_mw", "wind.a"),
        ("curtailed_mw", "wind.a"),
        ("thermal_mw", "thermal.a"),
        ("charge_mw", "battery.a"),
        ("discharge_mw", "battery.a"),
    ],
)
def test_a_plant_that_does_not_close_shows_in_the_residual(dispatch, field, name):
    wrong = replace(dispatch, **{field: {name: changed(getattr(dispatch, field)[name], -0.5)}})
    assert wrong.balance_residual_mw()[1] >= 0.4
    assert wrong.balance_residual_mw()[0] < 1e-12
    with pytest.raises(InvariantError, match="balance is off"):
        wrong.check()


def test_content_that_appears_from_nowhere_shows_in_the_residual(dispatch):
    level = changed(dispatch.level_mwh["battery.a"], 0.1, (0, 3))
    wrong = replace(dispatch, level_mwh={"battery.a": level})
    assert wrong.balance_residual_mw()[0] == pytest.approx(0.1 / 0.5)


@pytest.mark.parametrize(
    ("field", "limit", "message"),
    [
        ("import_mw", {"import_limit_mw": 2.5}, "import_mw is 0.5 MW above its limit"),
        ("export_mw", {"export_limit_mw": 1.5}, "export_mw is 0.5 MW above its limit"),
        ("generation_mw", {"renewables": {"wind.a": np.zeros(3)}}, "balance is off"),
    ],
)
def test_power_above_a_limit_is_found(dispatch, field, limit, message):
    wrong = replace(dispatch, problem=replace(dispatch.problem, **limit))
    with pytest.raises(InvariantError, match=message):
        wrong.check()


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"charge_mw": 8.5}, "charge_mw of battery.a is 0.5 MW above its limit"),
        ({"discharge_mw": 3.0}, "discharge_mw of battery.a is .* above its limit"),
        ({"energy_mwh": 3.0}, "battery.a: level runs from .* outside 0 to 3"),
    ],
)
def test_a_storage_beyond_its_limits_is_found(dispatch, limit, message):
    storage = replace(dispatch.problem.storages[0], **limit)
    wrong = replace(dispatch, problem=replace(dispatch.problem, storages=(storage,)))
    with pytest.raises(InvariantError, match=message):
        wrong.check()


def test_thermal_power_above_its_capacity_is_found(dispatch):
    plant = replace(dispatch.problem.thermals[0], capacity_mw=9.0)
    wrong = replace(dispatch, problem=replace(dispatch.problem, thermals=(plant,)))
    with pytest.raises(InvariantError, match=r"thermal_mw of thermal\.a is 1 MW above its limit"):
        wrong.check()


def test_negative_power_is_found(dispatch):
    wrong = replace(
        dispatch,
        import_mw=changed(dispatch.import_mw, -4.0),
        unserved_mw=changed(dispatch.unserved_mw, 4.0),
        served_mw=changed(dispatch.served_mw, -4.0),
    )
    with pytest.raises(InvariantError, match="import_mw is negative: -1 MW"):
        wrong.check()


def test_charging_and_discharging_at_once_is_found(dispatch):
    storage = replace(dispatch.problem.storages[0], charge_efficiency=1.0, discharge_efficiency=1.0)
    lossless = dispatch_by_rules(replace(dispatch.problem, storages=(storage,)))
    stronger = replace(storage, charge_mw=20.0, discharge_mw=20.0)
    wrong = replace(
        lossless,
        problem=replace(lossless.problem, storages=(stronger,)),
        charge_mw={"battery.a": changed(lossless.charge_mw["battery.a"], 1.0)},
        discharge_mw={"battery.a": changed(lossless.discharge_mw["battery.a"], 1.0)},
    )
    with pytest.raises(InvariantError, match=r"battery\.a: charges and discharges in the same"):
        wrong.check()


def test_importing_and_exporting_at_once_is_found(dispatch):
    wrong = replace(
        dispatch,
        import_mw=changed(dispatch.import_mw, 1.0, (0, 0)),
        export_mw=changed(dispatch.export_mw, 1.0, (0, 0)),
        problem=replace(dispatch.problem, export_limit_mw=9.0),
    )
    with pytest.raises(InvariantError, match="imported and exported in the same step"):
        wrong.check()


def test_an_array_of_another_shape_is_refused(dispatch):
    with pytest.raises(InvariantError, match=r"import_mw has shape \(3,\), expected \(2, 3\)"):
        replace(dispatch, import_mw=np.zeros(3))
    with pytest.raises(InvariantError, match=r"level_mwh of battery\.a has shape \(2, 3\)"):
        replace(dispatch, level_mwh={"battery.a": np.zeros((2, 3))})


def test_results_cannot_be_overwritten(dispatch):
    for series in (dispatch.import_mw, dispatch.level_mwh["battery.a"], dispatch.load_mw):
        with pytest.raises(ValueError, match="read-only"):
            series[0, 0] = 1.0
