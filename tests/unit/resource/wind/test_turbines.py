"""The catalogue and users' power curves."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError
from altay_energy.resource.wind.power import full_load_hours, weibull_mean_power
from altay_energy.resource.wind.turbines import (
    COLD_PACKAGES,
    TURBINES,
    GenericTurbineSpec,
    Turbine,
    TurbineSpec,
    generic_turbine,
    read_turbine,
)

ROWS = [(3, 0), (5, 400), (8, 2000), (11, 4000), (25, 4000)]


def spec(**changes):
    given = {
        "file": "curve.csv",
        "speed_column": "wind",
        "power_column": "power",
        "power_unit": "kW",
        "rated_mw": 4.0,
    }
    return TurbineSpec.model_validate({**given, **changes})


def curve_file(folder, rows=ROWS, header="wind,power", name="curve.csv"):
    path = folder / name
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("name", TURBINES.names)
def test_every_turbine_of_the_catalogue_is_sound_and_says_where_it_comes_from(name):
    turbine = TURBINES.load(name)
    assert turbine.source
    assert turbine.title
    assert turbine.title_zh
    assert turbine.hub_heights_m[0] > 0.5 * turbine.rotor_diameter_m
    assert turbine.curve_power_mw.max() == turbine.rated_mw
    assert 3.0 <= turbine.cut_in_m_s < 4.0
    assert 20.0 < turbine.cut_out_m_s <= 25.0
    assert not turbine.curve_power_mw.flags.writeable


def test_the_catalogue_holds_the_fleet_of_altay_and_public_references():
    assert {
        "generic-6.7MW-182m",
        "goldwind-gw82-1500",
        "goldwind-gw115-2000",
        "nrel-5MW-126m",
        "iea-3.4MW-130m",
        "atb-4MW-150m",
        "atb-5.5MW-175m",
        "bespoke-6MW-170m",
    } == set(TURBINES.names)


def test_what_is_assumed_about_the_jeminay_turbine_is_marked():
    assumed = TURBINES.load("generic-6.7MW-182m").assumed
    assert assumed == (
        "rotor_diameter_m",
        "cut_in_m_s",
        "cut_out_m_s",
        "storm_restart_m_s",
        "package",
        "low_temperature_stop_c",
        "low_temperature_restart_c",
    )


@pytest.mark.parametrize("name", TURBINES.names)
def test_every_machine_knows_when_it_starts_again(name):
    machine = TURBINES.load(name)
    assert 15.0 < machine.restart_m_s < machine.cut_out_m_s
    stop, restart = machine.low_temperatures_c
    assert (stop, restart) == COLD_PACKAGES[machine.package]
    assert restart > stop


@pytest.mark.parametrize("name", TURBINES.names)
def test_every_machine_has_a_thrust_curve_that_falls_beyond_rated_power(name):
    machine = TURBINES.load(name)
    at = np.interp([7.0, 20.0], machine.thrust_speed_m_s, machine.thrust_coefficient)
    assert 0.7 < at[0] < 0.9
    assert at[1] < 0.5 * at[0]


def test_a_restart_on_the_wrong_side_of_the_stop_is_refused():
    atb = TURBINES.load("atb-4MW-150m")
    with pytest.raises(ScenarioError, match="low_temperature_restart_c = -35 is below"):
        replace(atb, low_temperature_restart_c=-35.0)
    with pytest.raises(ScenarioError, match="storm_restart_m_s = 26 is above the cut-out speed"):
        replace(atb, storm_restart_m_s=26.0)


def test_a_typing_error_in_a_name_lists_what_is_alike():
    with pytest.raises(ScenarioError, match=r"'iea-3.4mw'; did you mean iea-3.4MW-130m.*nrel-5"):
        TURBINES.load("iea-3.4mw")
    with pytest.raises(ScenarioError, match="turbines: atb"):
        TURBINES.load("../secrets")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("nrel-5MW-126m", "NREL_Reference_5MW_126.csv"),
        ("iea-3.4MW-130m", "IEA_Reference_3.4MW_130.csv"),
        ("atb-4MW-150m", "2020ATB_NREL_Reference_4MW_150.csv"),
        ("atb-5.5MW-175m", "2020ATB_NREL_Reference_5.5MW_175.csv"),
        ("bespoke-6MW-170m", "2023NREL_Bespoke_6MW_170.csv"),
    ],
)
def test_reference_turbines_agree_with_the_published_tables(shared_data, name, file):
    with (shared_data / "wind" / "turbines" / file).open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    speed = np.array([float(row["Wind Speed [m/s]"]) for row in rows])
    power = np.array([float(row["Power [kW]"]) for row in rows]) / 1e3
    turbine = TURBINES.load(name)
    running = speed <= turbine.cut_out_m_s
    ours = np.interp(speed[running], turbine.curve_speed_m_s, turbine.curve_power_mw, left=0.0)
    assert np.abs(ours - power[running]).max() < 0.015 * turbine.rated_mw
    mean = weibull_mean_power(turbine.curve_speed_m_s, turbine.curve_power_mw, 7.5)
    assert_allclose(mean, weibull_mean_power(speed, power, 7.5), rtol=5e-3)


def test_a_users_curve_is_read_in_its_unit(tmp_path):
    expected = np.array([0.0, 0.4, 2.0, 4.0, 4.0])
    for unit, factor in {"W": 1e3, "kW": 1.0, "MW": 1e-3, "pu": 1 / 4000}.items():
        path = curve_file(tmp_path, [(v, p * factor) for v, p in ROWS])
        turbine = read_turbine(spec(power_unit=unit), path)
        assert_allclose(turbine.curve_power_mw, expected)
    assert turbine.name == "curve"
    assert (turbine.cut_in_m_s, turbine.cut_out_m_s, turbine.rated_mw) == (3.0, 25.0, 4.0)


def test_a_byte_order_mark_blank_lines_and_further_columns_do_no_harm(tmp_path):
    path = tmp_path / "curve.csv"
    rows = "\r\n".join(f"{p},x,{v}" for v, p in ROWS)
    path.write_bytes(f"\ufeffpower, note,wind\r\n\r\n{rows}\r\n".encode())
    assert read_turbine(spec(), path).cut_out_m_s == 25.0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS[:3], (7, 3000), *ROWS[3:]], r"row 5: speed 7 m/s follows 8 m/s; sort"),
        ([*ROWS[:3], (8, 2000), *ROWS[3:]], r"row 5: speed 8 m/s is given twice"),
        (ROWS[:4], r"row 5: the curve ends at 11 m/s with 4 MW; go on to the cut-out"),
        (
            [*ROWS[:4], (25, 4130)],
            r"row 6: power 4.13 MW is above rated_mw = 4.*say rated_mw = 4.13",
        ),
        ([*ROWS[:2], (8, 2), *ROWS[3:]], r"row 4: power falls from 0.4 to 0.002 MW .* mixed"),
        ([*ROWS[:2], (8, "2,000"), *ROWS[3:]], r"row 4: power falls"),
        ([*ROWS[:2], (8, "nan"), *ROWS[3:]], r"row 4: .* expected finite numbers"),
        ([*ROWS[:2], (8, ""), *ROWS[3:]], r"row 4: '8', '' where numbers of wind and power"),
        ([*ROWS[:2], (8,), *ROWS[3:]], r"row 4: '8', nothing where numbers"),
        ([(v, p / 1000) for v, p in ROWS], r"far below.*power_unit = \"MW\" would fit"),
        ([(v, p * 1000) for v, p in ROWS], r"above.*power_unit = \"W\" would fit"),
        ([], r"there is a header, but no row"),
    ],
)
def test_a_table_that_is_no_power_curve_is_refused_with_its_row(tmp_path, rows, message):
    with pytest.raises(ScenarioError, match=message):
        read_turbine(spec(), curve_file(tmp_path, rows))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Wind,power", r"no column 'wind'; did you mean 'Wind'\? \(columns: Wind, power\)"),
        ("wind;power", "not divided by commas"),
        ("wind,power,power", "'power' is 2 times"),
    ],
)
def test_a_header_without_the_columns_is_refused(tmp_path, header, message):
    with pytest.raises(ScenarioError, match=message):
        read_turbine(spec(), curve_file(tmp_path, header=header))


def test_power_that_no_rotor_can_take_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match=r"row 3: 0.4 MW at 5 m/s is beyond the Betz limit"):
        read_turbine(spec(rotor_diameter_m=60.0), curve_file(tmp_path))


def test_noise_above_the_rating_counts_as_the_rating(tmp_path):
    turbine = read_turbine(spec(), curve_file(tmp_path, [*ROWS[:4], (25, 4003.9)]))
    assert turbine.curve_power_mw.max() == 4.0


def public_curves():
    """Speeds [m/s], powers [MW], rating [MW], rotor [m] of the open energy database's turbines."""
    folder = Path(pytest.importorskip("windpowerlib").__file__).parent / "oedb"
    with open(folder / "turbine_data.csv", encoding="utf-8") as file:
        known = {row["turbine_type"]: row for row in csv.DictReader(file)}
    with open(folder / "power_curves.csv", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    for name, *cells in rows:
        curve = [(float(v), 1e-6 * float(p)) for v, p in zip(header[1:], cells, strict=True) if p]
        rotor = known[name]["rotor_diameter"]
        rated = 1e-6 * float(known[name]["nominal_power"])
        yield name, np.array(curve).T, rated, float(rotor) if rotor else None


@pytest.mark.parametrize("with_rotor", [False, True])
def test_every_public_makers_curve_is_read_and_says_what_was_done_to_it(tmp_path, with_rotor):
    changed = {}
    for name, (speed, power), rated, rotor in public_curves():
        rows = [f"{v},{p}" for v, p in zip(speed, power, strict=True)]
        path = curve_file(tmp_path, [(row,) for row in rows])
        given = spec(power_unit="MW", rated_mw=rated)
        if with_rotor and rotor is not None:
            given = given.model_copy(update={"rotor_diameter_m": rotor})
        turbine = read_turbine(given, path)
        assert turbine.curve_power_mw.min() >= 0.0
        assert turbine.curve_power_mw.max() <= rated
        inside = np.interp(speed, turbine.curve_speed_m_s, turbine.curve_power_mw)
        assert_allclose(inside, np.clip(power, 0.0, rated), atol=1e-12)
        changed[name] = turbine.notices
    assert len(changed) == 67
    assert sum(any("above rated_mw" in text for text in n) for n in changed.values()) == 19
    assert sum(any("Betz" in text for text in n) for n in changed.values()) == 3 * with_rotor


BERGEY = [(1, -0.029), (2, -0.02), (3, 0.1), (6, 2.0), (12, 15.7), (14, 15.6), (18, 15.5)]


def test_standby_power_counts_as_zero_and_is_reported(tmp_path):
    rows = [*BERGEY, (20, 15.5), (21, -0.05)]
    turbine = read_turbine(spec(rated_mw=0.0157), curve_file(tmp_path, rows))
    assert_allclose(turbine.curve_power_mw[[0, 1, -1]], 0.0, atol=0.0)
    assert turbine.cut_in_m_s == 2.0
    assert (
        "standby power, down to -5e-05 MW (-0.3 % of the rating), counts as 0"
        in (turbine.notices[0])
    )


def test_a_curve_that_ends_on_its_rating_is_held_up_to_cut_out(tmp_path):
    turbine = read_turbine(spec(rated_mw=0.0157), curve_file(tmp_path, BERGEY))
    assert turbine.cut_out_m_s == 25.0
    assert turbine.curve_power_mw[-1] == pytest.approx(0.0155)
    assert "ends at 18 m/s on its rating; its last power is held up to 25 m/s" in turbine.notices[1]


@pytest.mark.parametrize(
    ("policy", "rows", "message"),
    [
        ("above_rated", [*ROWS[:4], (25, 4100)], "row 6: power 4.1 MW is above rated_mw = 4"),
        ("below_zero", [(3, -10), *ROWS[1:]], "row 2: power -0.01 MW is negative"),
        ("ends_early", [*ROWS[:4], (14, 4000)], "row 6: the curve ends at 14 m/s with 4 MW"),
    ],
)
def test_each_policy_may_be_to_refuse(tmp_path, policy, rows, message):
    path = curve_file(tmp_path, rows)
    assert read_turbine(spec(), path).notices[0]
    with pytest.raises(ScenarioError, match=message):
        read_turbine(spec(**{policy: "refuse"}), path)


def test_negative_power_while_it_runs_is_no_standby_power(tmp_path):
    rows = [*ROWS[:2], (6, -10), *ROWS[2:]]
    with pytest.raises(ScenarioError, match=r"row 4: power -0.01 MW is negative"):
        read_turbine(spec(), curve_file(tmp_path, rows))


def test_standby_power_beyond_a_twentieth_of_the_rating_is_a_fault(tmp_path):
    with pytest.raises(ScenarioError, match=r"row 2: power -0.21 MW is negative"):
        read_turbine(spec(), curve_file(tmp_path, [(3, -210), *ROWS[1:]]))


def test_a_turbine_built_in_python_has_the_same_policies():
    turbine = Turbine("mine", 2.0, [3, 12, 25], [-0.01, 2.05, 2.05])
    assert turbine.curve_power_mw.tolist() == [0.0, 2.0, 2.0]
    assert len(turbine.notices) == 2
    with pytest.raises(ScenarioError, match=r"power 2.05 MW is above rated_mw = 2"):
        Turbine("mine", 2.0, [3, 12, 25], [0.0, 2.05, 2.05], above_rated="refuse")


def test_no_turbine_of_the_catalogue_needs_a_policy():
    assert not any(TURBINES.load(name).notices for name in TURBINES.names)


def test_a_turbine_built_in_python_is_checked_alike():
    with pytest.raises(ScenarioError, match="turbine mine: point 3 of the curve: speed 4 m/s"):
        Turbine("mine", 1.0, [3, 5, 4, 25], [0, 0.5, 1, 1])


def test_turbines_are_equal_when_all_they_hold_is_equal():
    speed, power = np.array(ROWS, dtype=float).T
    first, again = (Turbine("a", 4.0, speed, power / 1e3) for _ in range(2))
    assert first == again
    assert hash(first) == hash(again)
    assert first != TURBINES.load("atb-4MW-150m")
    assert first != "a"


def test_rating_and_rotor_make_a_turbine():
    turbine = generic_turbine(GenericTurbineSpec(rated_mw=6.7, rotor_diameter_m=182.0))
    named = TURBINES.load("generic-6.7MW-182m")
    assert_allclose(turbine.curve_power_mw, named.curve_power_mw)
    mean = weibull_mean_power(turbine.curve_speed_m_s, turbine.curve_power_mw, 7.0)
    assert 3300.0 < full_load_hours(np.full(10, mean), 6.7) < 3700.0


def test_a_cell_beyond_what_csv_may_hold_is_refused(tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text(f"speed,power\n3,{'9' * 200_000}\n", encoding="utf-8")
    spec = TurbineSpec(
        file="curve.csv", speed_column="speed", power_column="power", power_unit="kW", rated_mw=2.0
    )
    with pytest.raises(ScenarioError, match="cannot be read as CSV"):
        read_turbine(spec, path)
