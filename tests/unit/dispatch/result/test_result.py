"""A dispatch that breaks a law is found out, whoever made it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.result.result import InvariantError
from altay_energy.dispatch.rolling.rolling import dispatch_rolling
from altay_energy.dispatch.rules.rules import dispatch_by_rules


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


@pytest.mark.parametrize("step_hours", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("energy_mwh", [100.0, 9_000.0, 3e6])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_storage_that_nothing_moves_passes_whatever_it_holds(step_hours, energy_mwh, share):
    still = Problem(
        step_hours=step_hours,
        load_mw=np.zeros(168),
        renewables={},
        thermals=(),
        storages=(
            StorageLimits(
                "pumped_storage.hill",
                1400.0,
                1400.0,
                energy_mwh,
                0.87,
                0.87,
                0.0,
                share * energy_mwh,
            ),
        ),
        import_limit_mw=50.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=300.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.6,
        terminal="equal_initial",
    )
    for d in (dispatch_by_rules(still), dispatch_optimal(still), dispatch_rolling(still)):
        d.check()
        assert d.charge_mw["pumped_storage.hill"].max() == 0.0
        assert d.discharge_mw["pumped_storage.hill"].max() == 0.0
        assert d.import_mw.max() == 0.0


def test_a_content_that_appears_is_found_however_much_is_held():
    still = StorageLimits("battery.a", 1.0, 1.0, 9_000.0, 1.0, 1.0, 0.0, 4_500.0)
    p = replace(small_system(), storages=(still,), load_mw=np.full(4, 3e-4), terminal="free")
    d = dispatch_by_rules(p)
    assert d.level_mwh["battery.a"].max() > 4_000.0
    wrong = changed(d.level_mwh["battery.a"], 1e-8, (2,))
    with pytest.raises(InvariantError, match=r"balance is off by 9\.99.*e-09 MW"):
        replace(d, level_mwh={"battery.a": wrong}).check()


def small_system():
    """0.3 kW beside a thermal plant and a connection of 99,999 MW that nobody needs."""
    return Problem(
        step_hours=1.0,
        load_mw=np.full(4, 3e-4),
        renewables={},
        thermals=(ThermalLimits("thermal.a", 99_999.0, 0.0, 900.0, 0.9),),
        storages=(),
        import_limit_mw=99_999.0,
        export_limit_mw=99_999.0,
        import_price_cny_mwh=300.0,
        export_price_cny_mwh=250.0,
        unserved_cost_cny_mwh=1e4,
        grid_emission_factor_t_mwh=0.6,
    )


def test_limits_far_beyond_the_flows_do_not_hide_an_imbalance_of_a_third_of_the_load():
    d = dispatch_by_rules(small_system())
    d.check()
    wrong = replace(d, import_mw=changed(d.import_mw, -1e-4, (1,)))
    with pytest.raises(InvariantError, match=r"balance is off by 0\.0001 MW"):
        wrong.check()


def test_a_content_below_nothing_is_found_in_a_storage_far_larger_than_what_it_holds():
    large = StorageLimits("battery.a", 1.0, 1.0, 1e9, 1.0, 1.0)
    d = dispatch_by_rules(replace(small_system(), storages=(large,)))
    wrong = replace(d, level_mwh={"battery.a": d.level_mwh["battery.a"] - 1e-3})
    with pytest.raises(InvariantError, match=r"level runs from -0\.001 to"):
        wrong.check()


def test_a_residual_is_never_minus_zero():
    nothing = replace(small_system(), load_mw=np.zeros(4))
    assert str(float(dispatch_by_rules(nothing).balance_residual_mw())) == "0.0"
