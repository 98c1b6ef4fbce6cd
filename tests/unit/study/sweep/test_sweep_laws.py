"""Laws of a sweep: what a run gives depends on its values alone."""

import csv
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.core.errors import ScenarioError
from altay_energy.scenario.load import load
from altay_energy.study.runner.results import as_grid, dataset_of
from altay_energy.study.runner.rows import rows_of
from altay_energy.study.runner.run import run_study
from altay_energy.study.sweep.axes import Axis, Range, Step, Tie, parse_options
from altay_energy.study.sweep.samples import Grid, Listed, Sample, read_list
from altay_energy.study.sweep.sweep import base_of, run_batch, sweep_of

KEYS = ("wind.a.capacity_mw", "battery.b.energy_mwh", "grid.import_price_cny_mwh")

runs = st.lists(
    st.tuples(*(st.floats(10.0, 300.0).map(lambda x: float(f"{x:.6g}")) for _ in KEYS)),
    min_size=2,
    max_size=5,
)


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Three days of a mine with wind and a battery."""
    path = tmp_path_factory.mktemp("days") / "days.toml"
    path.write_text(
        """
schema_version = 1
name = "days"
time = { start = "2030-01-07T00:00", hours = 72 }
dispatch = { method = "rules" }
[sites.jeminay]
latitude = 47.43
longitude = 85.87
elevation_m = 984
[wind.a]
site = "jeminay"
capacity_mw = 100
[battery.b]
charge_mw = 20
discharge_mw = 20
energy_mwh = 40
[load.l]
sector = "mining"
annual_mwh = 400000
[grid]
import_limit_mw = 60
export_limit_mw = 10
import_price_cny_mwh = 300
""",
        encoding="utf-8",
    )
    return base_of(path)


def listed(rows):
    return Listed((), KEYS, tuple(rows))


def same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return list(one) == list(other) and all(
        np.float64(one[key]).tobytes() == np.float64(other[key]).tobytes() for key in one
    )


@settings(max_examples=10, deadline=None)
@given(runs)
def test_runs_together_are_those_one_by_one_to_the_last_bit(days, rows):
    design = listed(rows)
    together = run_batch(days, list(design))
    for job, row in zip(design, together, strict=True):
        (alone,) = rows_of(load(days.path, job.values).run())
        assert same(row, alone)


@settings(max_examples=10, deadline=None)
@given(runs.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(range(len(rows))))))
def test_the_order_of_the_runs_does_not_matter(days, both):
    rows, order = both
    before = run_batch(days, list(listed(rows)))
    after = run_batch(days, list(listed([rows[number] for number in order])))
    assert all(same(before[n], row) for n, row in zip(order, after, strict=True))


@given(runs, st.lists(st.text("风a ,\"'x", min_size=1), min_size=5, max_size=5, unique=True))
def test_a_list_comes_back_from_its_file(tmp_path_factory, rows, names):
    names = [f"n{name.strip()}-{number}" for number, name in enumerate(names)][: len(rows)]
    path = tmp_path_factory.mktemp("list") / "runs.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(["name", *KEYS])
        table.writerows([name, *row] for name, row in zip(names, rows, strict=True))
    found = read_list(path)
    assert found.rows == tuple(rows)
    assert found.names == tuple(names)


factors = st.floats(-100.0, 100.0).map(lambda x: round(x, 3))


@given(factors, factors, st.sampled_from(["lhs", "sobol", "saltelli"]), st.integers(0, 99))
def test_a_tie_holds_in_every_run(factor, offset, method, seed):
    tie = Tie("t", "a", factor, offset)
    for job in Sample((tie,), (Range("a", 1.0, 9.0), Range("b", 0.0, 1.0)), method, 8, seed):
        assert job.values["t"] == pytest.approx(factor * job.values["a"] + offset, rel=1e-13)


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=6).filter(
        lambda pairs: all(len(set(part)) == len(pairs) for part in zip(*pairs, strict=True))
    ),
    st.integers(1, 4),
)
def test_keys_in_step_are_one_axis(pairs, others):
    first, second = (",".join(map(str, part)) for part in zip(*pairs, strict=True))
    axes, ties = parse_options([f"a.x={first}", f"a.y={second}", f"a.z=1:{others}:1"], ["a.x,a.y"])
    jobs = list(Grid(tuple(ties), tuple(axes)))
    assert len(jobs) == len(pairs) * others
    assert {(job.values["a.x"], job.values["a.y"]) for job in jobs} == set(pairs)


@pytest.mark.parametrize(
    ("tie", "message"),
    [
        ("a.x,a.y", "a.x has 2 values and a.y has 3"),
        ("a.x,a.q", "a.q is not varied by a list"),
        ("a.x,a.x", "names a key twice"),
    ],
)
def test_keys_that_cannot_go_in_step(tie, message):
    with pytest.raises(ScenarioError, match=message):
        parse_options(["a.x=1,2", "a.y=1,2,3"], [tie])


def test_every_problem_of_the_options_comes_at_once():
    with pytest.raises(ScenarioError) as caught:
        parse_options(["a.x=1:2:0", "a.y=", "a.z=1,2"], ["k=a.z**2"])
    assert len(caught.value.problems) == 3


def test_whole_numbers_stay_whole():
    (axis,), _ = parse_options(["thermal.a.units=1:3:1"], [])
    assert [type(value) for value in axis.values] == [int, int, int]


def test_a_grid_opens_as_one_dimension_for_each_key(days, tmp_path):
    axes = (Axis(KEYS[0], (50.0, 100.0, 150.0)), Axis(KEYS[2], (300.0, 200.0)))
    steps = (Step(KEYS[1], KEYS[0], (10.0, 40.0, 20.0), (50.0, 100.0, 150.0)),)
    outcome = run_study(sweep_of(days, Grid(steps, axes)), tmp_path / "out", lambda outcome: None)
    dataset = dataset_of(outcome)
    grid = as_grid(dataset, (KEYS[0], KEYS[2]))
    for number, job in enumerate(outcome.study.jobs):
        cell = grid.sel({KEYS[0]: job.values[KEYS[0]], KEYS[2]: job.values[KEYS[2]]})
        assert float(cell["operating_cost_cny"]) == outcome.columns["operating_cost_cny"][number]
        assert float(cell[KEYS[1]]) == job.values[KEYS[1]]
