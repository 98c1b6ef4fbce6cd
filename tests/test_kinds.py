"""Every kind of plant has all that its entry promises, and is in every result of a run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.base import MAIN_BUS, Component, OnBus
from altay_energy.components.kinds import KINDS, SOURCES, STORAGES, kind_of, stacked
from altay_energy.components.storage.storage import Storage
from altay_energy.components.supply.grid import Grid
from altay_energy.report import plots
from altay_energy.report.chart.flows import flows
from altay_energy.report.chart.palette import COLOURS, SUPPLY, USES
from altay_energy.report.files.pypsa import to_pypsa
from altay_energy.report.files.results import write_csv
from altay_energy.report.pages.figure_rows import PLANT_GROUPS, plant_tables
from altay_energy.report.text import LANGUAGES, words
from altay_energy.scenario.explain import explain
from altay_energy.scenario.model import NAMED_TABLES, ScenarioFile, json_schema

ROOT = Path(__file__).parents[1]

HEAD = """
schema_version = 1
name = "every-kind"

[time]
start = "2030-03-01T00:00"
hours = 240

[sites.here]
latitude = 47.43
longitude = 85.87
elevation_m = 984

[grid]
import_limit_mw = 12
export_limit_mw = 12

[dispatch]
terminal = "free"
method = "{method}"
"""


def scenario(folder, examples, method="rules"):
    tables = [f"[{kind}.one]\n{text}\n" for kind, text in examples.items()]
    path = folder / "every-kind.toml"
    path.write_text(HEAD.replace("{method}", method) + "\n".join(tables), encoding="utf-8")
    return ae.load(path)


@pytest.fixture(scope="module", params=["rules", "optimal", "rolling"])
def run(request, tmp_path_factory, plant_examples):
    return scenario(tmp_path_factory.mktemp("kinds"), plant_examples, request.param).run()


def test_every_kind_has_an_example(plant_examples):
    assert list(plant_examples) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_an_entry_is_complete(kind):
    assert kind.model.kind == kind.key
    assert getattr(ae, kind.model.__name__) is kind.model
    assert re.fullmatch(r"#[0-9a-f]{6}", kind.colour)
    assert COLOURS[kind.key] == kind.colour
    names = {language: words(language)("source", kind.key) for language in LANGUAGES}
    assert len(set(names.values())) == len(LANGUAGES)
    power = {"source": "available_power", "storage": "limits", "demand": "demand"}
    assert hasattr(kind.model, power.get(kind.role, "must_run_mw"))
    assert (kind.role == "storage") == issubclass(kind.model, Storage)


def test_colours_and_places_differ():
    every = [kind.colour for kind in KINDS.values()]
    assert len(set(every)) == len(every)
    places = [kind.place for kind in KINDS.values() if kind.role != "demand"]
    assert sorted(places) == list(range(1, len(places) + 1))
    assert {kind.place for kind in KINDS.values() if kind.role == "demand"} == {0}


def test_every_kind_but_a_load_is_in_a_stack_and_in_a_group_of_plants():
    grouped = [kind for kinds in PLANT_GROUPS.values() for kind in kinds]
    inside = {key for key, kind in KINDS.items() if kind.role != "demand"}
    assert set(grouped) == inside == set(SUPPLY) - {"import", "unserved"}
    assert len(grouped) == len(inside)
    assert set(STORAGES) == set(USES) - {"export"} == set(stacked("storage"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_docs_have_every_kind(kind):
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert f"## `[{kind}.NAME]`" in reference
    assert f"`{kind}`" in (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")


def test_the_scenario_and_the_portfolio_have_a_table_of_every_kind():
    assert [name for name in NAMED_TABLES if name in KINDS] == list(KINDS)
    schema = json_schema()["properties"]
    bare = {"schema_version": 1, "name": "bare", "time": {"year": 2030}}
    for empty in (
        ScenarioFile.model_validate(bare),
        ae.Portfolio(timeline=ae.Timeline.of_year(2030)),
    ):
        assert all(getattr(empty, key) == {} for key in KINDS)
    for key, kind in KINDS.items():
        assert schema[key]["description"] == kind.meaning


def test_every_plant_has_figures_and_series(run, tmp_path):
    names = {f"{kind}.one" for kind in KINDS}
    assert set(run.portfolio.components()) == {*names, "grid"}
    assert set(run.kpis["plants"]) == names - {"load.one"}
    dimensions = ("plant", "thermal", "storage", "load")
    assert {str(n) for dim in dimensions for n in run.hourly[dim].values} == names
    write_csv(run.hourly, tmp_path / "hourly.csv")
    header = (tmp_path / "hourly.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    for name in names:
        assert name in header


def test_the_stacks_lose_nothing(run):
    """In every step supply is all that the dispatch gives, and use all that it takes."""
    flow, done = flows(run.hourly), run.dispatch
    parts = [*done.generation_mw.values(), *done.thermal_mw.values(), *done.discharge_mw.values()]
    supply = sum(parts) + done.import_mw + done.unserved_mw
    assert_allclose(sum(flow.supply.values()), supply, atol=1e-9)
    use = sum(done.charge_mw.values()) + done.export_mw
    assert_allclose(sum(flow.uses.values()), use, atol=1e-9)
    assert_allclose(supply, use + done.load_mw, atol=1e-6)
    for kind in KINDS:
        if kind != "load":
            assert flow.supply[kind].any(), f"{kind} is not used: the test sees nothing of it"
    assert_allclose(flow.generation, sum(done.generation_mw.values()), atol=1e-9)
    moved = sum(done.charge_mw.values()) + sum(done.discharge_mw.values())
    assert_allclose(flow.stored, moved, atol=1e-9)


def test_the_bars_of_the_charts_are_the_energy_of_the_dispatch(run):
    done, hours = run.dispatch, run.problem.step_hours
    parts = [*done.generation_mw.values(), *done.thermal_mw.values(), *done.discharge_mw.values()]
    up = float((sum(parts) + done.import_mw + done.unserved_mw).sum() * hours)
    up += float(sum(done.curtailed_mw.values()).sum() * hours)
    down = float((sum(done.charge_mw.values()) + done.export_mw).sum() * hours)
    ax = plots.plot_energy(run.hourly)
    rows = plots.plot_energy_comparison([("a", run.kpis, run.hourly)])
    for drawn, size in ((ax, "get_height"), (rows, "get_width")):
        lengths = [getattr(bar, size)() for bars in drawn.containers for bar in bars]
        above = sum(x for x in lengths if x > 0)
        below = -sum(x for x in lengths if x < 0)
        assert_allclose(above / below, up / down, rtol=1e-9)


def test_the_chart_names_every_kind(run, drawn_language):
    ax = plots.plot_energy(run.hourly, language=drawn_language)
    named = {text.get_text() for text in ax.get_legend().get_texts()}
    assert {words(drawn_language)("source", kind) for kind in KINDS} <= named


def test_every_storage_has_a_chart_of_its_level(run):
    axes = plots.plot_storage_levels(run.hourly)
    assert len(axes) == len(STORAGES)
    for kind in STORAGES:
        own = words("en")("source", kind)
        assert any(own in ax.get_title(loc="left") for ax in axes), own


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tables_have_every_plant(run, language):
    tables = plant_tables(run.kpis, words(language))
    shown = Counter(row[0] for table in tables for row in table.rows)
    for kind in KINDS:
        if kind != "load":
            assert shown[f"{kind}.one"] >= 1, kind
    assert all(table.title for table in tables)


def test_explain_lists_every_key_of_every_plant(tmp_path, plant_examples):
    loaded = scenario(tmp_path, plant_examples)
    listed = {value.key for value in explain(loaded)}
    for kind, text in plant_examples.items():
        for line in text.splitlines():
            assert f"{kind}.one.{line.split(' =')[0]}" in listed


def test_a_comparison_sees_a_change_in_every_kind(tmp_path, plant_examples):
    base = scenario(tmp_path, plant_examples)
    for kind, text in plant_examples.items():
        key, value = re.search(r"(\w+) = (\d+)$", text, re.MULTILINE).groups()
        other = ae.load(base.source.path, {f"{kind}.one.{key}": 2 * int(value)})
        assert f"{kind}.one.{key}" in ae.compare([base, other]).inputs


@pytest.mark.filterwarnings("ignore::FutureWarning:pypsa", "ignore::DeprecationWarning")
def test_a_pypsa_network_has_every_plant(run):
    pytest.importorskip("pypsa", reason="the extra pypsa is not installed")
    network = to_pypsa(run.problem)
    here = {*network.generators.index, *network.storage_units.index}
    for kind in KINDS:
        if kind != "load":
            assert f"{kind}.one" in here


def test_a_name_without_a_kind_is_an_error_and_never_lost(run):
    odd = run.hourly.assign_coords(
        storage_kind=("storage", np.array(["tide"] * run.hourly.sizes["storage"]))
    )
    with pytest.raises(ValueError, match="no place in a stack for tide"):
        flows(odd)


def test_sources_are_those_whose_power_may_be_curtailed(run):
    assert {kind_of(name) for name in run.dispatch.available_mw} == set(SOURCES)
    assert all(issubclass(kind.model, Component) for kind in KINDS.values())


def on_bus(name, examples):
    """The scenario with every component on a bus."""
    head = HEAD.replace("{method}", "optimal").replace("[grid]\n", f'[grid]\nbus = "{name}"\n')
    tables = [f'[{kind}.one]\nbus = "{name}"\n{text}\n' for kind, text in examples.items()]
    return head + "\n".join(tables)


def test_every_component_says_which_bus_it_is_connected_to(tmp_path, plant_examples):
    assert all(issubclass(kind.model, OnBus) for kind in KINDS.values())
    assert issubclass(Grid, OnBus)
    path = tmp_path / "north.toml"
    path.write_text(on_bus("北站 220kV", plant_examples), encoding="utf-8")
    named, plain = ae.load(path), scenario(tmp_path, plant_examples, "optimal")
    assert named.portfolio.problem().buses == ("北站 220kV",)
    assert plain.portfolio.problem().buses == (MAIN_BUS,)
    for one, name in ((named, "北站 220kV"), (plain, MAIN_BUS)):
        found = {v.key: v.value for v in explain(one) if v.key.endswith(".bus")}
        assert found == dict.fromkeys([*(f"{kind}.one.bus" for kind in KINDS), "grid.bus"], name)
    assert named.run().kpis == plain.run().kpis | {"scenario": "every-kind"}


def test_a_second_bus_is_one_error_that_names_the_keys(tmp_path, plant_examples, command):
    path = tmp_path / "two.toml"
    text = on_bus("north", plant_examples)
    path.write_text(text.replace('bus = "north"', 'bus = "south"', 1), encoding="utf-8")
    answer = command("run", path, "-o", tmp_path / "out")
    assert answer.status == 2
    assert not (tmp_path / "out").exists()
    (line,) = answer.err.splitlines()
    rest = f"and {len(KINDS) - 3} more"
    assert line.endswith(
        "two.toml: grid.bus: of 2 buses only one can be computed: "
        f'"north" has wind.one, solar.one, hydro.one {rest}; "south" has grid; '
        'give all the same bus, or leave bus out, which is "main"'
    )


@pytest.mark.parametrize("bus", ['""', '"a.b"', '" a"', '"a "', "5", '"-a"', f'"{"a" * 101}"'])
def test_a_bus_has_a_name_that_can_be_written(tmp_path, plant_examples, command, bus):
    path = tmp_path / "odd.toml"
    text = on_bus("north", plant_examples)
    path.write_text(text.replace('bus = "north"', f"bus = {bus}", 1), encoding="utf-8")
    answer = command("validate", path)
    assert answer.status == 2
    assert "grid.bus" in answer.out


def test_both_forms_of_a_station_have_a_bus():
    basin = {"live_volume_m3": 5.9e6}
    units = ae.PumpedStorage(
        units=4,
        unit_mw=350.0,
        upper={"normal_level_m": 1470.0, "dead_level_m": 1437.0, **basin},
        lower={"normal_level_m": 878.0, "dead_level_m": 847.0, **basin},
        bus="north",
    )
    assert units.simple().bus == "north"
    for form in (units, units.simple()):
        assert type(form).model_validate(form.model_dump(exclude_none=True)).bus == "north"
