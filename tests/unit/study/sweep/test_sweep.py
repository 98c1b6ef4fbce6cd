"""A sweep: its design, its runs, and what is wrong with it before it starts."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altay_energy.core.errors import ScenarioError
from altay_energy.scenario.load import load
from altay_energy.study.runner.jobs import Failure
from altay_energy.study.runner.rows import rows_of
from altay_energy.study.runner.run import Way, run_study
from altay_energy.study.sweep.axes import Axis, Range, Tie, parse_tie, parse_vary
from altay_energy.study.sweep.samples import Grid, Sample, parse_sample, read_list
from altay_energy.study.sweep.sweep import base_of, grid_of, run_batch, sweep_of
from altay_energy.study.sweep.tornado import parse_share, tornado_of


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """A week of the source-grid-load-storage project."""
    path = tmp_path_factory.mktemp("week") / "week.toml"
    path.write_text(
        """
schema_version = 1
name = "week"
time = { start = "2030-01-07T00:00", hours = 168 }
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
    return path


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a.b=1,2,4", (1, 2, 4)),
        ("a.b=0:1:0.1", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
        ("a.b=10:0:-5", (10.0, 5.0, 0.0)),
        ("a.b=1:2:4", (1.0,)),
        ("a.b=rules,optimal", ("rules", "optimal")),
        ("a.b=true,false", (True, False)),
        ('a."b c"="x:y"', ("x:y",)),
    ],
)
def test_values_of_an_option(text, values):
    assert parse_vary(text).values == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.b", "expected KEY="),
        ("=1,2", "expected KEY="),
        ("a.b=", "has no value"),
        ("a.b=1:2", "has no step"),
        ("a.b=1:2:0", "the step is 0"),
        ("a.b=1:2:-1", "write 1"),
        ("a.b=0:1:0.0000001", "10,000,001 values"),
        ("a.b=1,1", "given twice"),
        ("a.b=1:x:2", "expected numbers"),
        ("a.b=nan:1:2", "expected numbers"),
    ],
)
def test_an_option_that_gives_no_values(text, message):
    with pytest.raises(ScenarioError, match=message):
        parse_vary(text)


@pytest.mark.parametrize(
    ("text", "factor", "offset"),
    [
        ("k=4*a.b", 4.0, 0.0),
        ("k=a.b", 1.0, 0.0),
        ("k=a.b/2", 0.5, 0.0),
        ("k=2*a.b/4+10", 0.5, 10.0),
        ("k = 0.5 * a.b - 1e1", 0.5, -10.0),
        ("k=a.b*3", 3.0, 0.0),
    ],
)
def test_a_tie(text, factor, offset):
    assert parse_tie(text) == Tie("k", "a.b", factor, offset)


@pytest.mark.parametrize("text", ["k", "k=4", "k=a.b**2", "k=a.b/0", "k=f(a)", "k=4*", "k=a b"])
def test_a_tie_that_is_none(text):
    with pytest.raises(ScenarioError, match="--tie"):
        parse_tie(text)


@given(
    st.lists(
        st.lists(st.integers(0, 99), min_size=1, max_size=5, unique=True), min_size=1, max_size=3
    )
)
def test_a_grid_is_every_combination_once(values):
    axes = [Axis(f"k.{n}", tuple(part)) for n, part in enumerate(values)]
    ties = (Tie("t", "k.0", 2.0, 1.0),)
    jobs = list(Grid(ties, tuple(axes)))
    assert [tuple(job.values.values())[:-1] for job in jobs] == list(itertools.product(*values))
    assert all(job.values["t"] == 2.0 * job.values["k.0"] + 1.0 for job in jobs)
    assert [job.number for job in jobs] == list(range(len(jobs)))


@pytest.mark.parametrize("method", ["lhs", "sobol", "saltelli"])
def test_a_sample_stays_in_its_ranges_and_repeats(method):
    ranges = (Range("a", 10.0, 20.0), Range("b", -1.0, 1.0))
    sample = Sample((), ranges, method, 16, 3)
    values = np.array([list(job.values.values()) for job in sample])
    assert len(sample) == (64 if method == "saltelli" else 16)
    assert (values >= [10.0, -1.0]).all()
    assert (values <= [20.0, 1.0]).all()
    again = Sample((), ranges, method, 16, 3)
    assert [job.values for job in again] == [job.values for job in sample]
    if method != "saltelli":  # one point in each of 16 strips of each axis
        strips = np.floor((values - [10.0, -1.0]) / [10.0, 2.0] * 16)
        assert all(sorted(column) == list(range(16)) for column in strips.T)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lhs", "expected METHOD:RUNS"),
        ("lhs:0", "at least one run"),
        ("lhs:ten", "expected METHOD:RUNS"),
        ("mc:10", "expected one of lhs, sobol"),
        ("sobol:100", "take 64 or 128"),
        ("lhs:10000000", "are the most"),
    ],
)
def test_a_sample_that_is_none(text, message):
    with pytest.raises(ScenarioError, match=message):
        parse_sample(text, [Range("a", 0.0, 1.0)], (), 1)


def test_a_list_of_runs(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("name,battery.b.energy_mwh,dispatch.method\nsmall,40,rules\nlarge,80,optimal\n")
    listed = read_list(path)
    assert [job.name for job in listed] == ["small", "large"]
    assert listed[1].values == {"battery.b.energy_mwh": 80.0, "dispatch.method": "optimal"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no run"),
        ("a,a\n1,2\n", "given twice"),
        ("name\nx\n", "names no key"),
        ("a,b\n1\n", "row 2 has 1 cells"),
        ("a\nnan\n", "row 2, a: 'nan' is no value"),
        ("a,b\n1,\n", "row 2, b: '' is no value"),
        ("name,a\nx,1\nx,2\n", "the name 'x' is given twice"),
    ],
)
def test_a_list_that_is_none(tmp_path, text, message):
    path = tmp_path / "runs.csv"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=message):
        read_list(path)


def test_every_run_of_a_sweep_is_that_of_the_scenario_by_itself(week, tmp_path):
    base = base_of(week)
    design = grid_of(
        [
            parse_vary("wind.a.capacity_mw=50,100,200"),
            parse_vary("grid.export_limit_mw=0:20:20"),
            parse_vary("battery.b.energy_mwh=20,80"),
        ],
        [parse_tie("battery.b.discharge_mw=battery.b.energy_mwh/4")],
    )
    outcome = run_study(sweep_of(base, design), tmp_path / "out", lambda outcome: None)
    assert not outcome.failures
    for number in (0, 5, 11):
        values = design[number].values
        (row,) = rows_of(load(week, values).run())
        assert values["battery.b.discharge_mw"] == values["battery.b.energy_mwh"] / 4
        assert {key: float(outcome.columns[key][number]) for key in row} == row


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(week, tmp_path):
    design = grid_of([parse_vary("wind.a.capacity_mw=10:700:10")])
    found = [
        run_study(sweep_of(base_of(week), design), tmp_path / "out", lambda outcome: None, way)
        for way in (Way(), Way(workers=2))
    ]
    assert all(
        found[0].columns[key].tobytes() == found[1].columns[key].tobytes()
        for key in found[0].columns
    )


def test_methods_of_dispatch_may_be_varied(week):
    base = base_of(week)
    design = grid_of([parse_vary("dispatch.method=rules,optimal,rolling")])
    rules, optimal, rolling = run_batch(base, list(design))
    assert optimal["operating_cost_cny"] < rolling["operating_cost_cny"] + 1e-6
    assert optimal["operating_cost_cny"] < rules["operating_cost_cny"]


def test_a_value_that_cannot_be_fails_its_own_run(week):
    design = grid_of([parse_vary("battery.b.charge_efficiency=0.9,1.5")])
    good, bad = run_batch(base_of(week), list(design))
    assert good["unserved_mwh"] >= 0.0
    assert isinstance(bad, Failure)
    assert "charge_efficiency = 1.5" in bad.reason


@pytest.mark.parametrize(
    ("options", "ties", "parts"),
    [
        (["wind.b.capacity_mw=1,2"], [], ["the scenario has no wind.b"]),
        (
            ["wind.a.capacity=1,2", "battery.b.energy_mwh=-1,-2"],
            [],
            ["did you mean capacity_mw", "energy_mwh = -1: must be at least 0"],
        ),
        (["wind.a.capacity_mw=1,2"] * 2, [], ["wind.a.capacity_mw: is given twice"]),
        (
            ["wind.a.capacity_mw=1,2"],
            ["battery.b.energy_mwh=2*battery.b.charge_mw"],
            ["follows battery.b.charge_mw, which is not varied"],
        ),
        (
            ["wind.a.capacity_mw=1,2"],
            ["wind.a.capacity_mw=2*wind.a.capacity_mw"],
            ["is varied or tied already"],
        ),
        (["wind.a.capacity_mw=x,y"], [], ["wind.a.capacity_mw"]),
        (
            ["wind.b.capacity_mw=1,2", "battery.b.energy_mwh=-1,-2"],
            [],
            ["the scenario has no wind.b", "energy_mwh = -1: must be at least 0"],
        ),
    ],
)
def test_all_that_is_wrong_is_said_before_any_run(week, options, ties, parts):
    design = grid_of([parse_vary(text) for text in options], [parse_tie(text) for text in ties])
    with pytest.raises(ScenarioError) as caught:
        sweep_of(base_of(week), design)
    assert all(part in str(caught.value) for part in parts)


def test_values_that_are_right_only_together_are_right(week):
    options = ["load.l.annual_mwh=800000,900000", "load.l.peak_mw=150,160"]
    base = base_of(week, ["load.l.peak_mw=60"])
    with pytest.raises(ScenarioError, match="peak_mw = 60 is below the mean"):
        load(week, {"load.l.peak_mw": 60, "load.l.annual_mwh": 800000})
    design = grid_of([parse_vary(text) for text in options])
    assert all(isinstance(row, dict) for row in run_batch(base, list(sweep_of(base, design).jobs)))


def test_a_file_saved_again_during_a_sweep_changes_nothing(week, tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(week.read_text(encoding="utf-8"), encoding="utf-8")
    study = sweep_of(base_of(path), grid_of([parse_vary("wind.a.capacity_mw=50,100")]))
    before = run_batch(study.shared, list(study.jobs))
    path.write_text(path.read_text(encoding="utf-8").replace("= 60", "= 1"), encoding="utf-8")
    assert run_batch(study.shared, list(study.jobs)) == before
    assert run_batch(pickle.loads(pickle.dumps(study.shared)), list(study.jobs)) == before


def test_a_tornado_varies_each_bar_alone(week):
    base = base_of(week)
    tornado = tornado_of(base.scenario, 0.2)
    names = [bar.name for bar in tornado.bars]
    assert names == [
        "wind.a",
        "battery.b",
        "load.l",
        "grid.import_limit_mw",
        "grid.export_limit_mw",
        "grid.import_price_cny_mwh",
    ]
    rows = run_batch(base, list(tornado.design))
    columns = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    document = tornado.document(columns, ["operating_cost_cny"])["figures"]["operating_cost_cny"]
    (today,) = rows_of(base.scenario.run())
    assert document["today"] == today["operating_cost_cny"]
    swings = [
        max(abs(b["low"] - document["today"]), abs(b["high"] - document["today"]))
        for b in document["bars"]
    ]
    assert swings == sorted(swings, reverse=True)
    (price,) = [bar for bar in document["bars"] if bar["name"] == "grid.import_price_cny_mwh"]
    dearer = load(week, {"grid.import_price_cny_mwh": 360.0}).run().kpis["operating_cost_cny"]
    assert price["high"] == dearer


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["wind.a.capacity"], "no such value; did you mean"),
        (["wind.a.turbine"], "which is no number"),
        (["battery.b.min_level"], "is 0 today"),
    ],
)
def test_a_tornado_that_is_none(week, keys, message):
    with pytest.raises(ScenarioError, match=message):
        tornado_of(base_of(week).scenario, 0.2, keys)


def test_a_share_is_percent_or_number():
    assert parse_share("20%") == parse_share("0.2") == 0.2
    for text in ("x", "20", "0%"):
        with pytest.raises(ScenarioError):
            tornado_of(None, parse_share(text))
