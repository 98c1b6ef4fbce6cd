"""Why two scenarios differ: the contributions add up, whatever the two are."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import altay_energy as ae
from altay_energy.core.timeline import Timeline
from altay_energy.run.portfolio import Portfolio
from altay_energy.study.compare import compare
from altay_energy.study.contributions import (
    ALL_ORDERS,
    ORDER,
    _mixed,
    _part,
    _same,
    changed_groups,
    contributions,
    runs_needed,
)

DAYS = 4
LINE = Timeline(Timeline.of_year(2030).start, 24 * DAYS, 1.0)


def profile(rng):
    return np.round(rng.uniform(0.0, 1.0, 24 * DAYS), 3)


@st.composite
def portfolios(draw):
    """A small system without weather."""
    rng = np.random.default_rng(draw(st.integers(0, 5)))
    size = st.sampled_from([0.0, 5.0, 20.0, 60.0])
    plants = {"solar": {}, "battery": {}, "thermal": {}}
    if draw(st.booleans()):
        plants["solar"] = {"s": ae.SolarPlant(capacity_mw=draw(size), profile=profile(rng))}
    for name in draw(st.sets(st.sampled_from(["a", "b"]))):
        power = draw(size)
        plants["battery"][name] = ae.Battery(
            charge_mw=power, discharge_mw=power, energy_mwh=2.0 * power
        )
    if draw(st.booleans()):
        cost = draw(st.sampled_from([100.0, 500.0]))
        plants["thermal"] = {"t": ae.ThermalPlant(capacity_mw=draw(size), fuel_cost_cny_mwh=cost)}
    grid = ae.Grid(
        import_limit_mw=draw(size),
        export_limit_mw=draw(size),
        import_price_cny_mwh=draw(st.sampled_from([200.0, 400.0])),
    )
    return Portfolio(
        timeline=LINE,
        load={"l": ae.Load(profile=20.0 * profile(rng))},
        grid=grid if draw(st.booleans()) else None,
        **plants,
    )


def check(first, second):
    runs = first.run(), second.run()
    for part in contributions(*runs):
        values = [group.value for group in part.groups]
        scale = max(1.0, abs(part.first), abs(part.second), *map(abs, values))
        assert abs(part.residual) <= 1e-9 * scale
        means = math.fsum(group.mean for group in part.groups)
        assert abs(means - (part.second - part.first)) <= 1e-9 * scale
        for group in part.groups:
            assert group.low <= min(group.value, group.mean) + 1e-9 * scale
            assert group.high >= max(group.value, group.mean) - 1e-9 * scale
        assert part.first == float(runs[0].kpis["kpis"][part.figure])
        assert part.second == float(runs[1].kpis["kpis"][part.figure])


@given(portfolios(), portfolios())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_contributions_close(first, second):
    check(first, second)


@pytest.mark.slow
@given(portfolios(), portfolios())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_contributions_close_on_200_pairs(first, second):
    check(first, second)


@given(portfolios(), portfolios())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_all_groups_together_are_the_other_scenario(first, second):
    """The last step of the waterfall is run, not taken for granted."""
    names = frozenset(changed_groups(first, second))
    mixed = _mixed(first, second, names).run().kpis["kpis"]
    other = second.run().kpis["kpis"]
    for key in ("operating_cost_cny", "curtailed_mwh", "import_mwh", "unserved_mwh"):
        assert mixed[key] == pytest.approx(other[key], rel=1e-9, abs=1e-6)


def test_every_field_of_a_portfolio_is_in_a_group():
    """What is in no group is a name, or does not change the figures of a run."""
    apart = {"name", "title", "title_zh", "given", "adequacy"}
    of_weather = {"timeline", "sites", "weather", "river"}
    fields = set(Portfolio.__dataclass_fields__)
    assert fields - apart - of_weather == set(ORDER) - {"weather", "prices"} | {"grid"} - {"prices"}


def test_groups_of_the_grid_are_its_keys():
    one = Portfolio(timeline=LINE, load={"l": ae.Load(profile=5.0)}, grid=ae.Grid())
    parts = [set(_part(one, name)) for name in ("grid", "prices")]
    assert parts[0] | parts[1] == set(ae.Grid.model_fields)
    assert not parts[0] & parts[1]
    assert {"import_price_cny_mwh", "bill", "emission_factor_t_mwh"} <= parts[1]
    assert {"import_limit_mw", "export_limit_mw"} <= parts[0]
    assert _same(_part(one, "grid"), _part(one.with_(name="x"), "grid"))


def test_more_groups_than_orders_allow_are_sampled():
    first = ae.load("scenarios/jeminay-2023.toml")
    second = ae.load(
        "scenarios/jeminay-2023.toml",
        [
            "weather.seed=5",
            "wind.jeminay.capacity_mw=500",
            "solar.jeminay.capacity_mw=300",
            "battery.jeminay.energy_mwh=300",
            "grid.export_limit_mw=100",
            "grid.import_price_cny_mwh=500",
            "load.computing.annual_mwh=900000",
            'dispatch.terminal="free"',
        ],
    )
    assert len(changed_groups(first.portfolio, second.portfolio)) > ALL_ORDERS
    assert runs_needed(first.portfolio, second.portfolio) > 64
    found = contributions(first.run(), second.run())
    assert not found[0].every_order
    assert abs(found[0].residual) <= 1e-9 * abs(found[0].first)
    assert found == contributions(first.run(), second.run())
    assert compare([first, second]).contributions == {}  # not asked for: too many runs
    assert compare([first, second], why=True).document()["contributions"]


def test_the_same_scenario_twice_has_no_contributions():
    one = ae.load("scenarios/jeminay-2023.toml")
    assert contributions(one.run(), one.run()) == []
