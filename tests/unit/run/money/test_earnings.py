"""What energy earns: by hand, and laws of the difference settlement."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.money.earning_plants import EarningTables, earnings_problems
from altay_energy.components.money.earnings import (
    CapacityPrice,
    Certificates,
    Mechanism,
    PumpedStoragePrice,
)
from altay_energy.core.timeline import Timeline
from altay_energy.report.text.messages import translated
from altay_energy.run.money.earnings import (
    Months,
    earnings_figures,
    earnings_notices,
    earnings_of,
    on_grid_mw,
    paid_for,
    peak_share,
    settled_energy,
    settlement_cny,
)

YEAR = Timeline.of_year(2026)
energies = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=30)


# --- the settlement ---------------------------------------------------------------------------


def test_the_month_that_reaches_the_cap_is_cut():
    settled = settled_energy(np.array([40.0, 40.0, 40.0, 40.0]), 0.5, 50.0)
    assert settled.tolist() == [20.0, 20.0, 10.0, 0.0]
    paid = settlement_cny(250.0, np.array([200.0, 300.0, 150.0, 0.0]), settled)
    assert paid.tolist() == [1000.0, -1000.0, 1000.0, 0.0]


def test_the_cap_begins_anew_with_each_calendar_year():
    settled = settled_energy(np.full(4, 40.0), 1.0, 50.0, year=[2025, 2025, 2026, 2026])
    assert settled.tolist() == [40.0, 10.0, 40.0, 10.0]


@given(energies, st.floats(0.0, 1.0), st.floats(0.0, 5e6))
@settings(max_examples=50)
def test_settled_energy_is_never_above_share_and_cap(energy, share, cap):
    energy = np.array(energy)
    settled = settled_energy(energy, share, cap)
    assert np.all(settled >= 0.0)
    assert np.all(settled <= share * energy)
    assert settled.sum() <= cap * (1.0 + 1e-12)
    full = min(cap, (share * energy).sum())
    assert settled.sum() == pytest.approx(full, rel=1e-9, abs=1e-6)


@given(energies, st.floats(0.0, 500.0), st.floats(0.0, 1.0))
@settings(max_examples=30)
def test_a_market_at_the_mechanism_price_settles_nothing(energy, price, share):
    settled = settled_energy(np.array(energy), share)
    assert not settlement_cny(price, np.full(len(energy), price), settled).any()


@given(energies, st.floats(0.0, 500.0), st.floats(0.0, 500.0))
@settings(max_examples=30)
def test_settlement_and_market_income_add_up_to_the_mechanism_price(energy, price, market):
    energy = np.array(energy)
    total = energy * market + settlement_cny(price, np.full(energy.size, market), energy)
    assert_allclose(total, energy * price, atol=1e-6)


def test_scenarios_and_years_are_leading_axes():
    rng = np.random.default_rng(1)
    energy = rng.uniform(0.0, 100.0, (5, 3, 12))
    share, cap = rng.uniform(0.0, 1.0, (5, 1)), rng.uniform(0.0, 600.0, (5, 3))
    market, price = rng.uniform(100.0, 300.0, (5, 3, 12)), rng.uniform(150.0, 260.0, (5, 1))
    settled = settled_energy(energy, share, cap)
    paid = settlement_cny(price, market, settled)
    for s in range(5):
        for y in range(3):
            left = cap[s, y]
            for month in range(12):
                one = min(share[s, 0] * energy[s, y, month], left)
                left -= one
                assert settled[s, y, month] == pytest.approx(one, abs=1e-9)
                money = (price[s, 0] - market[s, y, month]) * one
                assert paid[s, y, month] == pytest.approx(money, abs=1e-6)


def test_the_contract_ends_after_its_years():
    assert paid_for(12, 10).tolist() == [1.0] * 10 + [0.0, 0.0]


# --- months and market prices -----------------------------------------------------------------


def test_months_of_a_year_and_of_a_winter():
    year = Months.of(YEAR)
    assert year.share_of_year.sum() == pytest.approx(1.0)
    assert year.total(np.ones(8760)).tolist()[:2] == [744.0, 672.0]
    winter = Months.of(ae.Timeline(Timeline.of_year(2026).start.replace(month=12), 62 * 24))
    assert winter.month.tolist() == [11, 0]
    assert winter.year.tolist() == [2026, 2027]


def test_the_market_price_of_a_kind_is_the_mean_by_its_generation():
    price, power = np.full(8760, 100.0), np.zeros(8760)
    price[:2], power[:2] = (50.0, 200.0), (3.0, 1.0)
    price[744] = 844.0
    mean = Months.of(YEAR).weighted(price, power)
    assert mean[0] == pytest.approx((3.0 * 50.0 + 200.0) / 4.0)
    assert mean[1] == pytest.approx(100.0 + 744.0 / 672.0)  # no generation: the plain mean
    assert mean[2] == 100.0


@given(st.floats(-500.0, 500.0), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_mean_of_one_price_is_that_price(price, seed):
    weight = np.random.default_rng(seed).uniform(0.0, 1.0, 8760)
    assert set(Months.of(YEAR).weighted(np.full(8760, price), weight)) == {price}


# --- on-grid energy ---------------------------------------------------------------------------


def bus(**changes):
    parts = {
        "generation_mw": {"wind.a": np.array([60.0, 0.0]), "solar.b": np.array([20.0, 0.0])},
        "thermal_mw": {"thermal.c": np.array([0.0, 50.0])},
        "discharge_mw": {"battery.d": np.array([20.0, 50.0])},
        "import_mw": np.array([0.0, 0.0]),
        "export_mw": np.array([50.0, 80.0]),
    }
    return SimpleNamespace(**{**parts, **changes})


def test_export_is_shared_by_what_feeds_the_bus():
    assert on_grid_mw(bus(), ["wind.a"], "export").tolist() == [30.0, 0.0]
    assert on_grid_mw(bus(), ["wind.a", "solar.b"], "export").tolist() == [40.0, 0.0]
    assert on_grid_mw(bus(), ["wind.a"], "generation").tolist() == [60.0, 0.0]


# --- capacity prices --------------------------------------------------------------------------


def test_storage_is_paid_by_its_hours_over_those_of_the_peak():
    assert peak_share(4.0, 6.0) == pytest.approx(4.0 / 6.0)
    assert peak_share(8.0, 6.0) == 1.0
    assert peak_share(4.0, None) == 1.0


# --- a whole run ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run():
    """Two months of wind, sun, a battery of four hours and a pumped storage at a mine."""
    timeline = ae.Timeline(Timeline.of_year(2026).start, 59 * 24)
    hours = np.arange(timeline.steps)
    return ae.Portfolio(
        timeline=timeline,
        wind={"a": ae.WindFarm(capacity_mw=100, profile=0.5 + 0.5 * np.sin(hours / 17.0))},
        solar={"b": ae.SolarPlant(capacity_mw=50, profile=np.maximum(np.sin(hours / 3.82), 0.0))},
        battery={"x": ae.Battery(charge_mw=10, discharge_mw=10, energy_mwh=40)},
        pumped_storage={"p": ae.PumpedStorage(pump_mw=20, turbine_mw=20, energy_mwh=100)},
        thermal={"t": ae.ThermalPlant(capacity_mw=30, fuel_cost_cny_mwh=200)},
        load={"mine": ae.Load(profile=40.0)},
        grid=ae.Grid(import_limit_mw=100, export_limit_mw=100, export_price_cny_mwh=200.0),
    ).run()


def earned(run, **tables):
    return earnings_of(
        run.dispatch, run.portfolio.timeline, run.portfolio.components(), EarningTables(**tables)
    )


NEW = {"price_cny_mwh": 250.0, "share": 0.5, "years": 10}


def test_the_settlement_of_a_run_is_half_its_export_at_the_difference(run):
    got = earned(run, mechanism={"wind": Mechanism(**NEW), "solar": Mechanism(**NEW)})
    dispatch = run.dispatch
    own = sum(dispatch.generation_mw.values())
    whole = own + sum(dispatch.discharge_mw.values()) + sum(dispatch.thermal_mw.values())
    on_grid = (dispatch.export_mw * own / whole).sum()
    figures = earnings_figures(got)
    assert figures["mechanism_on_grid_mwh"] == pytest.approx(on_grid)
    assert figures["mechanism_settled_mwh"] == pytest.approx(0.5 * on_grid)
    assert figures["mechanism_settlement_cny"] == pytest.approx(25.0 * on_grid)
    assert figures["beyond_dispatch_cny"] == figures["mechanism_settlement_cny"]
    assert list(figures["contracts"]) == ["wind", "solar"]
    months = figures["contracts"]["wind"]["monthly_settled_mwh"]
    assert sum(months) == pytest.approx(figures["contracts"]["wind"]["settled_mwh"])


def test_a_plant_with_a_table_of_its_own_leaves_that_of_its_kind(run):
    tables = EarningTables(mechanism={"wind": Mechanism(**NEW), "wind.a": Mechanism(**NEW)})
    assert tables.plants_of("wind", run.dispatch.generation_mw) == ()
    assert tables.plants_of("wind.a", run.dispatch.generation_mw) == ("wind.a",)


def test_the_cap_by_hours_is_that_of_the_rated_power(run):
    table = Mechanism(price_cny_mwh=250.0, years=10, cap_hours=10.0, on_grid="generation")
    got = earned(run, mechanism={"wind": table})
    assert got.mechanism_settled_mwh == pytest.approx(10.0 * 100.0)
    assert got.contracts["wind"]["cap_mwh"] == 1000.0


def test_a_battery_of_four_hours_has_two_thirds_of_the_capacity_price(run):
    storage = CapacityPrice(terms="xinjiang_storage_2026")
    got = earned(
        run, capacity_price={"battery.x": storage, "thermal.t": CapacityPrice(cny_kw_a=165)}
    )
    battery, coal = got.capacity
    assert (battery.full_power_hours, battery.cny_kw_a) == (4.0, pytest.approx(110.0))
    assert battery.cny_a == pytest.approx(110.0 * 10_000)
    assert coal.cny_a == pytest.approx(165.0 * 30_000)
    part = (31 + 28) / 365
    assert got.capacity_price_cny == pytest.approx(part * (battery.cny_a + coal.cny_a))
    own = storage.with_(full_power_hours=3.0)
    assert earned(run, capacity_price={"battery.x": own}).capacity[0].cny_kw_a == 82.5


def test_pumped_storage_returns_what_it_does_not_keep(run):
    price = np.where(np.arange(59 * 24) % 24 < 12, 100.0, 400.0)
    table = PumpedStoragePrice(
        capacity_price_cny_kw_a=500.0, market_share=0.2, market_price_cny_mwh=price
    )
    got = earned(run, pumped_storage=table)
    flow = (
        run.dispatch.discharge_mw["pumped_storage.p"] - run.dispatch.charge_mw["pumped_storage.p"]
    )
    revenue = (flow * price).sum()
    assert got.pumped_market_revenue_cny == pytest.approx(revenue)
    assert got.pumped_returned_cny == pytest.approx(0.8 * max(revenue, 0.0))
    assert got.pumped_capacity_price_cny == pytest.approx(500.0 * 20_000 * 59 / 365)
    lost = earned(run, pumped_storage=table.with_(market_price_cny_mwh=-price))
    assert lost.pumped_market_revenue_cny == pytest.approx(-revenue)
    assert lost.pumped_returned_cny == pytest.approx(0.8 * max(-revenue, 0.0))


def test_burqin_by_hand_as_on_the_page():
    """1,400 MW: 2.8 TWh bought at 150, 2.1 TWh sold at 350; 500 CNY/kW·a and a fifth, assumed."""
    burqin = ae.PumpedStorage(pump_mw=1400, turbine_mw=1400, energy_mwh=9800)
    year = Timeline.of_year(2030)
    day = np.arange(8760) < 4380
    dispatch = bus(
        generation_mw={},
        discharge_mw={"pumped_storage.burqin": np.where(day, 0.0, 2.1e6 / 4380)},
        charge_mw={"pumped_storage.burqin": np.where(day, 2.8e6 / 4380, 0.0)},
        problem=SimpleNamespace(step_hours=1.0, shape=(8760,)),
    )
    table = PumpedStoragePrice(
        capacity_price_cny_kw_a=500.0,
        market_share=0.2,
        market_price_cny_mwh=np.where(day, 150.0, 350.0),
    )
    tables = EarningTables(pumped_storage=table)
    got = earnings_of(dispatch, year, {"pumped_storage.burqin": burqin}, tables)
    assert got.pumped_capacity_price_cny == pytest.approx(700e6)
    assert got.pumped_market_revenue_cny == pytest.approx(735e6 - 420e6)
    assert got.pumped_returned_cny == pytest.approx(252e6)
    assert got.beyond_dispatch_cny == pytest.approx(448e6)
    (notice,) = earnings_notices(got, tables, year, True)
    assert "no capacity price of Xinjiang is published" in notice


def test_certificates_are_whole_and_none_is_sold_twice(run):
    mechanism = {"wind": Mechanism(**NEW), "solar": Mechanism(**NEW)}
    alone = earned(run, certificates=Certificates())
    both = earned(run, certificates=Certificates(price_cny_each=5.0), mechanism=mechanism)
    generation = [run.dispatch.generation_mw[name].sum() for name in ("wind.a", "solar.b")]
    assert alone.certificates_issued == sum(np.floor(generation))
    assert alone.certificate_revenue_cny == 0.0
    on_grid = both.mechanism_on_grid_mwh
    assert alone.certificates_tradable == np.floor(on_grid)
    assert both.certificates_tradable == np.floor(on_grid - both.mechanism_settled_mwh)
    assert both.certificate_revenue_cny == 5.0 * both.certificates_tradable


def test_years_of_operation_repeat_the_period_and_end_with_the_contract(run):
    got = earned(
        run,
        mechanism={"wind": Mechanism(**NEW)},
        capacity_price={"battery.x": CapacityPrice(terms="xinjiang_storage_2026")},
    )
    years = got.yearly_cny(12)
    assert set(years) == {"mechanism_settlement_cny", "capacity_price_cny"}
    settled = got.mechanism_settlement_cny * 365 / 59
    assert_allclose(years["mechanism_settlement_cny"], [settled] * 10 + [0.0] * 2)
    assert_allclose(years["capacity_price_cny"], [110.0 * 10_000] * 12)


def test_a_cash_flow_takes_the_years_with_vat(run):
    got = earned(run, mechanism={"wind": Mechanism(**NEW)})
    (income,) = got.yearly_income(12, 2027)
    assert (income.name, income.with_vat) == ("mechanism_settlement_cny", True)
    assert_allclose(income.cny, got.yearly_cny(12)["mechanism_settlement_cny"])
    (grossed,) = got.yearly_income(12, 2027, prices_include_vat=False)
    assert_allclose(grossed.cny, 1.13 * income.cny)


def test_without_tables_nothing_is_earned(run):
    tables = EarningTables()
    assert not tables.given
    assert earned(run).beyond_dispatch_cny == 0.0
    assert earned(run).yearly_cny(3) == {}


SUN = Mechanism(terms="xinjiang_solar_2025")
STORAGE = CapacityPrice(terms="xinjiang_storage_2026")
PUMPED = PumpedStoragePrice(capacity_price_cny_kw_a=500.0, market_share=0.2)

WRONG = [
    ({"mechanism": {"hydro": Mechanism(**NEW)}}, "must name wind, solar or one such plant"),
    ({"mechanism": {"wnd": Mechanism(**NEW)}}, "did you mean wind?"),
    (
        {"mechanism": {"wind.b": Mechanism(**NEW)}},
        "no plant is called wind.b (plants: wind.a, solar.b, ",
    ),
    ({"mechanism": {"wind": Mechanism(**NEW), "wind.a": Mechanism(**NEW)}}, "of its own"),
    ({"mechanism": {"wind": SUN}}, "the terms xinjiang_solar_2025 are for solar, not for wind"),
    ({"capacity_price": {"battery.y": STORAGE}}, "did you mean battery.x?"),
    ({"capacity_price": {"wind.a": STORAGE}}, "for storages and thermal plants"),
    ({"capacity_price": {"thermal.t": STORAGE}}, "not for thermal"),
    (
        {
            "capacity_price": {"pumped_storage.p": CapacityPrice(cny_kw_a=600)},
            "pumped_storage": PUMPED,
        },
        "already; leave one out",
    ),
]


@pytest.mark.parametrize(("tables", "text"), WRONG)
def test_tables_without_their_plants_are_refused(run, tables, text):
    found = earnings_problems(EarningTables(**tables), run.portfolio.components())
    assert [text in message for _, message in found] == [True]
    assert all(key.startswith("economics.") for key, _ in found)


def test_a_message_on_a_plant_is_written_in_chinese(run):
    tables = EarningTables(mechanism={"wind.b": Mechanism(**NEW)})
    ((_, text),) = earnings_problems(tables, run.portfolio.components())
    chinese = translated(text, "zh")
    assert chinese.startswith("没有电站 wind.b（现有：wind.a")
    assert chinese.endswith("；是否应为 wind.a？")


def test_without_a_connection_the_market_price_must_be_given(run):
    plants = {k: v for k, v in run.portfolio.components().items() if k != "grid"}
    tables = EarningTables(mechanism={"wind": Mechanism(**NEW)}, pumped_storage=PUMPED)
    found = earnings_problems(tables, plants)
    assert [key for key, _ in found] == ["economics.mechanism.wind", "economics.pumped_storage"]
    assert all("market_price_cny_mwh is missing" in text for _, text in found)
    assert "is missing" not in translated(found[0][1], "zh")
    priced = {"wind": Mechanism(**NEW, market_price_cny_mwh=200.0)}
    assert earnings_problems(EarningTables(mechanism=priced), plants) == []


def test_a_portfolio_without_pumped_storage_has_no_price_for_it(run):
    plants = {k: v for k, v in run.portfolio.components().items() if "pumped" not in k}
    assert earnings_problems(EarningTables(pumped_storage=PUMPED), plants) == [
        ("economics.pumped_storage", "there is no pumped storage")
    ]


def test_what_is_assumed_is_a_notice(run):
    tables = EarningTables(
        mechanism={"wind.a": Mechanism(terms="xinjiang_wind_2026", price_cny_mwh=240)},
        capacity_price={"battery.x": STORAGE},
        pumped_storage=PUMPED,
    )
    early = Timeline(Timeline.of_year(2023).start, 59 * 24)
    got = earnings_of(run.dispatch, early, run.portfolio.components(), tables)
    found = earnings_notices(got, tables, early, False, "xinjiang_wind_2025_auction")
    for text in (
        'economics.mechanism."wind.a": the terms xinjiang_wind_2026 hold from 2025-12-12',
        'economics.mechanism."wind.a": the terms xinjiang_wind_2026 are those of Xinjiang',
        'economics.mechanism."wind.a": the cap is that of a whole calendar year',
        'grid.export_price_cny_mwh = "xinjiang_wind_2025_auction", a contract price',
        'economics.capacity_price."battery.x": the terms xinjiang_storage_2026 hold from',
        "economics.capacity_price: battery.x is paid as a listed independent station",
        "500 CNY/kW·a is assumed",
    ):
        assert [text in notice for notice in found].count(True) == 1, text
    year = Timeline.of_year(2027)
    here = EarningTables(mechanism={"wind": Mechanism(**NEW)})
    assert earnings_notices(earned(run, mechanism=here.mechanism), here, year, True) == []


def test_without_export_nothing_is_settled_and_a_notice_says_so(run):
    grid = run.portfolio.grid.with_(export_limit_mw=0.0)
    island = run.portfolio.with_(grid=grid).run()
    tables = EarningTables(mechanism={"wind": Mechanism(**NEW)})
    got = earned(island, mechanism=tables.mechanism)
    assert got.mechanism_settlement_cny == 0.0
    found = earnings_notices(got, tables, island.portfolio.timeline, True)
    assert found == ["economics.mechanism.wind: nothing goes onto the grid, so nothing is settled"]
