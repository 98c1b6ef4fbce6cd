"""Units on one waterway and their tables, and hills as data."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.core.errors import ScenarioError
from altay_energy.core.units import GRAVITY
from altay_energy.resource.pumped.hill import (
    FIRST_HILL,
    HILLS,
    Hill,
    bilinear,
)
from altay_energy.resource.pumped.operating_table import (
    heads_between,
    pump_table,
    station_tables,
    turbine_table,
)
from altay_energy.resource.pumped.pump_turbine import PumpTurbine, water_power

HEADS = np.array([559.0, 575.0, 592.0, 610.0, 623.0])


def machine(**changes) -> PumpTurbine:
    given = {
        "hill": HILLS.load(FIRST_HILL),
        "units": 4,
        "unit_mw": 350.0,
        "unit_pump_mw": 350.0,
        "rated_head_m": 580.0,
        "waterway_loss": 0.022,
        "electrical_efficiency": 0.97,
    }
    return PumpTurbine(**{**given, **changes})


def test_a_cubic_metre_a_second_from_a_hundred_metres_is_just_under_a_megawatt():
    assert_allclose(water_power(np.array(1.0), np.array(100.0)), 0.1 * GRAVITY)


def test_a_unit_gives_its_rated_power_with_its_rated_flow_at_its_rated_net_head():
    units = machine(waterway_loss=0.0)
    power = units.turbine_power(np.array(580.0), np.array(units.rated_flow_m3_s), 1)
    assert_allclose(power, 350.0, rtol=1e-12)


def test_the_waterway_takes_its_share_of_head_at_the_rated_flow_of_all_units():
    units = machine()
    lost = units.resistance * (4 * units.rated_flow_m3_s) ** 2
    assert_allclose(lost, 0.022 * 580.0)
    half = units.resistance * (2 * units.rated_flow_m3_s) ** 2
    assert_allclose(half, lost / 4)


def test_the_hill_is_read_between_its_points_and_held_at_its_ends():
    grid = np.array([0.0, 1.0]), np.array([0.0, 2.0])
    values = np.array([[1.0, 3.0], [5.0, 7.0]])
    assert_allclose(bilinear(np.array(0.5), np.array(1.0), *grid, values), 4.0)
    assert_allclose(bilinear(np.array([-9.0, 9.0]), np.array([-9.0, 9.0]), *grid, values), [1, 7])


def test_a_fixed_speed_pump_moves_less_water_against_more_head():
    power, flow = machine().pump_points(HEADS, 4)
    assert power.shape == flow.shape == (1, HEADS.size)
    assert np.all(np.diff(flow[0]) < 0.0)
    assert np.all(np.diff(power[0]) < 0.0)


def test_at_its_reference_head_a_pump_draws_its_stated_power():
    units = machine(waterway_loss=0.0)
    reference = np.array([units.hill.reference_head * 580.0])
    power, flow = units.pump_points(reference, 1)
    assert_allclose(power, 350.0, rtol=1e-4)
    best = float(np.max(units.hill.pump_efficiency)) * 0.97
    assert_allclose(water_power(flow[0], reference) / power[0], best, rtol=1e-3)


def test_pumps_follow_the_affinity_laws():
    units = machine(speed="variable", waterway_loss=0.0)
    dynamic, flow, power = units._pump_lines
    n = dynamic[-1] / dynamic[0]
    assert_allclose(flow[-1] / flow[0], np.sqrt(n))
    assert_allclose(power[-1] / power[0], n**1.5)


def test_more_units_in_one_waterway_see_less_head():
    units = machine()
    alone = units.turbine_power(np.array(592.0), np.array(60.0), 1)
    together = units.turbine_power(np.array(592.0), np.array(60.0), 4)
    assert together < 4 * alone
    one, four = (units.pump_points(np.array([592.0]), k)[1][0, 0] for k in (1, 4))
    assert four < 4 * one


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("load", [0.5, 0.7, 0.93, 1.0])
def test_the_table_gives_the_flow_of_the_unit_equations(count, load):
    units = machine()
    heads = heads_between(559.0, 623.0)
    table = turbine_table(units, heads, 0.5)
    row = np.array([table.row(np.array(592.03))])
    asked = np.array([load * count * 350.0])
    running, power = table.by_power(row, asked, np.array([4]))
    flow = table.flow(row, running, power)
    assert_allclose(power, np.minimum(asked, count * 350.0))
    found = units.turbine_power(heads[row], flow / running, running)
    assert_allclose(found, power, rtol=2e-4)


def test_the_fewest_units_that_can_give_a_power_run():
    table = turbine_table(machine(), heads_between(590.0, 594.0), 0.5)
    asked = np.array([100.0, 175.0, 350.0, 351.0, 700.0, 1000.0, 1400.0, 5000.0])
    row = np.full(asked.size, 20)
    running, power = table.by_power(row, asked, np.full(asked.size, 4))
    assert running.tolist() == [0, 1, 1, 2, 2, 3, 4, 4]
    assert_allclose(power, [0.0, 175.0, 350.0, 351.0, 700.0, 1000.0, 1400.0, 1400.0])


def test_between_the_bands_of_one_unit_and_two_one_unit_gives_what_it_can():
    table = turbine_table(machine(), heads_between(590.0, 594.0), 0.8)
    running, power = table.by_power(np.array([20]), np.array([400.0]), np.array([4]))
    assert (running.tolist(), power.tolist()) == ([1], [350.0])


def test_fixed_pumps_run_whole_or_not_at_all():
    table = pump_table(machine(), heads_between(590.0, 594.0))
    one = float(table.high_mw[20, 1])
    asked = np.array([0.99, 1.01, 2.5, 9.0]) * one
    running, power = table.by_power(np.full(4, 20), asked, np.full(4, 4))
    assert running.tolist() == [0, 1, 2, 4]
    assert np.all(power <= asked)
    assert np.all(power == table.high_mw[20, running])


def test_pumps_of_variable_speed_follow_what_is_asked_within_their_band():
    table = pump_table(machine(speed="variable", pump_band=(0.7, 1.0)), heads_between(590.0, 594.0))
    asked = np.array([200.0, 260.0, 345.0, 1000.0, 3000.0])
    running, power = table.by_power(np.full(5, 20), asked, np.full(5, 4))
    assert running.tolist() == [0, 1, 1, 3, 4]
    assert_allclose(power, [0.0, 260.0, 345.0, 1000.0, 1400.0], rtol=1e-9)
    flow = table.flow(np.full(5, 20), running, power)
    assert np.all(np.diff(flow) > 0.0)


@pytest.mark.parametrize("kind", ["turbine", "pump", "variable"])
def test_power_by_flow_is_the_inverse_of_flow_by_power(kind):
    heads = heads_between(559.0, 623.0)
    speed = "variable" if kind == "variable" else "fixed"
    units = machine(speed=speed)
    table = turbine_table(units, heads, 0.5) if kind == "turbine" else pump_table(units, heads)
    row, most = np.arange(0, 640, 40), np.full(16, 4)
    running, power = table.by_power(row, np.linspace(400.0, 1500.0, 16), most)
    flow = table.flow(row, running, power)
    again = table.by_flow(row, flow, most)
    assert_allclose(again[2], flow, rtol=1e-12)
    assert np.all(again[0] <= running)  # fewer units may move the same water
    same = again[0] == running
    assert same.sum() > 10
    assert_allclose(again[1][same], power[same], rtol=1e-9)


def test_without_water_no_unit_runs():
    for table in station_tables(machine(), 559.0, 623.0, 0.5):
        running, power, flow = table.by_flow(np.array([5]), np.array([0.0]), np.array([4]))
        assert (running[0], power[0], flow[0]) == (0, 0.0, 0.0)


def test_a_unit_out_of_service_does_not_run():
    table = turbine_table(machine(), heads_between(590.0, 594.0), 0.5)
    running, power = table.by_power(np.array([20]), np.array([1400.0]), np.array([3]))
    assert (running.tolist(), power.tolist()) == ([3], [1050.0])


def test_heads_beyond_the_units_are_refused_with_those_they_work_at():
    with pytest.raises(ScenarioError, match=r"heads from 559 to 900 m, but units .* work from 46"):
        machine().check_heads(559.0, 900.0)


def test_a_least_load_that_no_turbine_reaches_is_refused():
    with pytest.raises(ScenarioError, match=r"min_generation = 1 is 350 MW, but at a static head"):
        station_tables(machine(rated_head_m=640.0), 559.0, 623.0, 1.0)


def test_every_hill_of_the_catalogue_names_its_source():
    for name in HILLS.names:
        assert HILLS.load(name).source
        assert HILLS.load(name).title_zh


def test_an_unknown_hill_is_answered_with_the_likeliest():
    with pytest.raises(ScenarioError, match="did you mean generic-580m-fixed-speed"):
        HILLS.load("generic-580m-fixed-sped")


GOOD = """
[turbine]
head = [0.8, 1.2]
flow = [0.2, 1.2]
efficiency = [[0.6, 0.9], [0.6, 0.9]]
[pump]
reference_head = 1.03
head = [0.8, 1.2]
flow = [1.3, 0.5]
efficiency = [0.9, 0.9]
"""


def test_a_users_hill_is_read_from_toml(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(GOOD)
    hill = HILLS.load_own(path)
    assert isinstance(hill, Hill)
    assert_allclose(hill.turbine(np.array(1.0), np.array(0.7)), 0.75)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("flow = [0.2, 1.2]", "flow = [1.2, 0.2]", r"turbine\.flow must rise"),
        ("flow = [1.3, 0.5]", "flow = [0.5, 1.3]", r"pump\.flow must fall as the head rises"),
        ("[0.6, 0.9], [0.6, 0.9]", "[0.6, 0.9]", r"turbine\.efficiency needs 2 rows of 2 numbers"),
        ("[0.6, 0.9], [0.6, 0.9]", "[0.6, 0.9], [0.6]", "no table of numbers"),
        ("efficiency = [0.9, 0.9]", "efficiency = [90, 90]", "in percent\\? Then write 0.9"),
        ("efficiency = [0.9, 0.9]", "efficiency = [nan, 0.9]", "all finite and above 0"),
        ("reference_head = 1.03", "reference_head = 600", "reference.head = 600, expected 0.8"),
        ("reference_head = 1.03", "", r"\[pump\] reference_head is missing; a hill has"),
        ("[pump]", "[pumpe]", r"\[pump\] head is missing"),
        ("[turbine]", "[turbine", "is no TOML"),
    ],
)
def test_a_broken_hill_is_reported_with_its_place(tmp_path, old, new, message):
    path = tmp_path / "own.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ScenarioError, match=message):
        HILLS.load_own(path)
