"""Everything public can be pickled, and gives the same figures in another process."""

from __future__ import annotations

import inspect
import multiprocessing
import pickle
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import MappingProxyType, ModuleType

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.kinds import KINDS
from altay_energy.weather.climate.model.tables import climate_tables
from altay_energy.weather.climate.model.warming import Warming

ISLAND = """
schema_version = 1
name = "units"

[time]
start = "2030-01-01T00:00"
hours = 48

[load.town]
profile = 30

[thermal.coal]
capacity_mw = 60
units = 3
fuel_cost_cny_mwh = 300
"""


def copied(value):
    return pickle.loads(pickle.dumps(value))


def parts(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Everything inside a value of the package, by its path: arrays, numbers, mappings."""
    yield path, value
    if isinstance(value, dict | MappingProxyType):
        for key, part in value.items():
            yield from parts(part, f"{path}[{key!r}]")
    elif isinstance(value, list | tuple):
        for k, part in enumerate(value):
            yield from parts(part, f"{path}[{k}]")
    elif type(value).__module__.startswith("altay_energy"):
        if is_dataclass(value):
            names = [field.name for field in fields(value)]
        else:
            names = list(getattr(type(value), "model_fields", getattr(value, "__slots__", ())))
        for name in names:
            yield from parts(getattr(value, name), f"{path}.{name}")


def assert_same(one: object, other: object) -> None:
    """Same structure, same bits, and read-only where it was."""
    first, second = dict(parts(one)), dict(parts(other))
    assert list(first) == list(second)
    for path, value in first.items():
        again = second[path]
        assert type(value) is type(again), path
        if isinstance(value, np.ndarray):
            assert (again.dtype, again.shape) == (value.dtype, value.shape), path
            assert np.array_equal(again, value, equal_nan=value.dtype.kind in "fc"), path
            assert value.flags.writeable or not again.flags.writeable, path
        elif isinstance(value, str | float | int | None):
            assert value == again or value != value, path
        assert not isinstance(value, ModuleType), path


def assert_same_run(one: ae.Run, other: ae.Run) -> None:
    assert_same(one.dispatch, other.dispatch)
    assert_same(one.kpis, other.kpis)
    assert one.hourly.identical(other.hourly)
    assert one.notices == other.notices


@pytest.fixture(scope="module")
def python_made() -> ae.Portfolio:
    """A week made in Python, with every kind of plant that a library user passes by name."""
    return ae.Portfolio(
        timeline=ae.Timeline(ae.Timeline.of_year(2030).start, 168),
        sites={"habahe": ae.Site(latitude=48.06, longitude=86.42, elevation_m=535)},
        weather=ae.Climate(seed=3),
        river={"creek": ae.River(inflow_m3_s=np.linspace(5.0, 9.0, 168))},
        wind={"ridge": ae.WindFarm(site="habahe", capacity_mw=13.4)},
        solar={"roofs": ae.SolarPlant(site="habahe", capacity_mw=8)},
        hydro={"weir": ae.HydroPlant(river="creek", capacity_mw=2, head_m=30, rated_flow_m3_s=8)},
        thermal={"boiler": ae.ThermalPlant(capacity_mw=3, fuel_cost_cny_mwh=400)},
        battery={"shed": ae.Battery(charge_mw=4, discharge_mw=4, energy_mwh=16)},
        load={"mill": ae.Load(sector="mining", annual_mwh=75_000)},
        grid=ae.Grid(import_limit_mw=10, export_limit_mw=4, import_price_cny_mwh=350),
    )


@pytest.fixture(scope="module")
def other_climate() -> ae.Climate:
    tables = climate_tables()
    return ae.Climate(seed=2, tables=tables, warming=Warming("2", (2.0,) * 12, "a test"))


def public_classes() -> dict[str, type]:
    found = {name: getattr(ae, name) for name in ae.__all__}
    return {name: value for name, value in found.items() if inspect.isclass(value)}


@pytest.fixture(scope="module")
def of_class(python_made, other_climate, repository, plant_examples):
    """A value of every public class; a class without one is a failure of its test."""
    scenario = ae.load(repository / "scenarios" / "ski-resort.toml")
    site = python_made.sites["habahe"]
    plants = {kind.model.__name__: kind.model for kind in KINDS.values()}
    return {
        **{
            name: model(**tomllib.loads(plant_examples[model.kind]))
            for name, model in plants.items()
        },
        "AltayError": ae.AltayError("a", 2),
        "Battery": python_made.battery["shed"],
        "Climate": other_climate,
        "DispatchSettings": ae.DispatchSettings(method="optimal"),
        "Grid": python_made.grid,
        "HydroPlant": python_made.hydro["weir"],
        "Load": python_made.load["mill"],
        "NoSolutionError": ae.NoSolutionError("nothing satisfies", 3.0),
        "OutputError": ae.OutputError(28, "No space left on device", "out"),
        "PolicySettings": ae.PolicySettings(rules=["storage_share"], limits={"lolh_h_max": 3}),
        "Portfolio": python_made,
        "River": python_made.river["creek"],
        "Run": python_made.run(),
        "Scenario": scenario,
        "ScenarioError": ae.ScenarioError(["wind.a: one", "wind.b: two"]),
        "SeriesError": ae.SeriesError("a series"),
        "Site": site,
        "SolarPlant": python_made.solar["roofs"],
        "ThermalPlant": python_made.thermal["boiler"],
        "Timeline": python_made.timeline,
        "Weather": ae.Climate().weather("habahe", site, python_made.timeline),
        "WeatherError": ae.WeatherError("a file\x07"),
        "WindFarm": python_made.wind["ridge"],
    }


@pytest.mark.parametrize("name", public_classes())
def test_a_value_of_every_public_class_is_the_same_after_pickling(name, of_class):
    value = of_class[name]
    again = copied(value)
    assert type(again) is type(value) is public_classes()[name]
    if isinstance(value, ae.AltayError):
        assert again.args == value.args
        assert vars(again) == vars(value)
        assert str(again) == str(value)
        return
    assert_same(value, again)


def test_an_error_of_a_file_keeps_its_number_and_its_file():
    error = copied(ae.OutputError(28, "No space left on device", "out"))
    assert (error.errno, error.filename, error.exit_status) == (28, "out", 2)


def test_a_portfolio_made_in_python_runs_the_same_after_pickling(python_made):
    assert_same_run(python_made.run(), copied(python_made).run())


def test_a_run_gives_the_same_figures_after_pickling(python_made):
    run = python_made.run()
    before = copied(run)
    assert_same_run(run, before)
    assert_same_run(run, copied(run))  # with its figures cached


@pytest.mark.parametrize("name", ["ski-resort.toml", "burqin-2030.toml"])
def test_a_scenario_gives_the_same_figures_after_pickling(name, repository):
    scenario = ae.load(repository / "scenarios" / name)
    again = copied(scenario)
    assert (again.name, again.files) == (scenario.name, scenario.files)
    assert_same(scenario.portfolio.problem(), again.portfolio.problem())
    assert_same_run(scenario.run(), again.run())


def test_thermal_units_give_the_same_dispatch_after_pickling(tmp_path):
    path = tmp_path / "units.toml"
    path.write_text(ISLAND + '\n[dispatch]\nmethod = "units"\n', encoding="utf-8")
    run = ae.load(path).run()
    assert_same_run(run, copied(run))


def test_a_rolling_run_gives_the_same_figures_after_pickling(python_made):
    settings = ae.DispatchSettings(method="rolling")
    run = python_made.with_(dispatch=settings, river={}, hydro={}).run()
    assert_same_run(run, copied(run))


def test_other_climates_make_the_same_weather_after_pickling(other_climate, python_made):
    site, timeline = python_made.sites["habahe"], python_made.timeline
    made = other_climate.weather("habahe", site, timeline)
    assert_same(made, copied(other_climate).weather("habahe", site, timeline))
    with pytest.raises(TypeError):
        copied(other_climate).tables.points["new"] = None


def test_a_comparison_is_the_same_after_pickling(repository):
    path = repository / "scenarios" / "ski-resort.toml"
    short = {"time.hours": 48}
    more = {**short, "wind.ridge.capacity_mw": 20}
    comparison = ae.compare([ae.load(path, short), ae.load(path, more)])
    assert copied(comparison).document() == comparison.document()


def test_a_portfolio_without_solution_is_refused_in_the_same_words_after_pickling(python_made):
    settings = ae.DispatchSettings(method="optimal", emissions_max_t=0, unserved_max_mwh=0)
    portfolio = python_made.with_(dispatch=settings)
    with pytest.raises(ae.NoSolutionError) as here:
        portfolio.run()
    with pytest.raises(ae.NoSolutionError) as there:
        copied(portfolio).run()
    assert there.value.args == here.value.args == copied(here.value).args


def test_a_pickle_holds_no_cached_value(python_made):
    timeline = python_made.timeline
    small = len(pickle.dumps(timeline))
    timeline.local, timeline.month, timeline.hour  # noqa: B018
    assert len(pickle.dumps(timeline)) == small < 500
    python_made.run()
    assert len(pickle.dumps(python_made)) < 10_000
    run = python_made.run()
    size = len(pickle.dumps(run))
    run.kpis, run.hourly  # noqa: B018
    assert len(pickle.dumps(run)) == size
    kept = sum(a.nbytes for p, a in parts(run) if isinstance(a, np.ndarray))
    assert size < 1.2 * kept + 20_000


def test_an_unpickled_run_computes_no_weather_again(python_made, other_climate, monkeypatch):
    portfolio = python_made.with_(weather=other_climate)
    run = portfolio.run()
    again = copied(run)

    def computed(*_):
        raise AssertionError("weather is computed again")

    monkeypatch.setattr(type(other_climate), "weather", computed)
    assert_same_run(run, again)
    assert_same_run(run, copied(again))
    assert "_method_notices" in vars(copied(run))  # it has been computed above
    with pytest.raises(AssertionError, match="computed again"):
        copied(portfolio).run()


def test_arrays_of_an_unpickled_run_cannot_be_written(python_made):
    run = copied(python_made.run())
    for values in (run.dispatch.import_mw, run.problem.load_mw, run.portfolio.timeline.local):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = values[1]


@pytest.fixture(scope="module")
def another_process():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        yield pool


def test_another_process_runs_a_portfolio_to_the_same_bit(python_made, another_process):
    assert_same_run(python_made.run(), another_process.apply(ae.Portfolio.run, (python_made,)))


def test_an_error_of_another_process_arrives_with_its_problems(another_process):
    with pytest.raises(ae.ScenarioError) as caught:
        another_process.apply(ae.load, ("missing.toml",))
    assert caught.value.problems == (str(caught.value),)
