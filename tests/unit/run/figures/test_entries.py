"""A figure has one entry; words, pages, documentation and kpis.json hold it as the entry says."""

from __future__ import annotations

import doctest
import importlib.util
import math
import re
from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest

import altay_energy as ae
from altay_energy import report
from altay_energy.components.money.earnings import Ageing, CarbonSettings, Mechanism
from altay_energy.components.money.economics import Economics
from altay_energy.components.supply.bill import GridBill
from altay_energy.components.supply.emission_factors import emission_factor
from altay_energy.components.supply.network_tariff import (
    NetworkTariff,
    NetworkVersion,
    VoltagePrices,
)
from altay_energy.components.supply.time_of_use import Hours, TimeOfUse, TimeOfUseVersion
from altay_energy.dispatch.problem.period import LIMITS
from altay_energy.dispatch.problem.station import StationOperation
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.problem.thermal_units import ThermalLimits, ThermalUnits
from altay_energy.dispatch.result.operation import Solution
from altay_energy.report.pages.figure_rows import GROUPS, STATION_ROWS
from altay_energy.report.pages.html import CARDS
from altay_energy.report.text import LANGUAGES, words
from altay_energy.run.figures import figure as module
from altay_energy.run.figures.document import COLUMNS, PLANT_SECTIONS, SECTIONS
from altay_energy.run.figures.figure import COUNT, Group, Over, ending_of, evaluated
from altay_energy.run.figures.kpis import FIGURES
from altay_energy.run.figures.plants import (
    CommittedUnits,
    OwnUse,
    Renewable,
    Station,
    Stored,
    Thermal,
)
from altay_energy.run.figures.water import RiverPlant
from altay_energy.run.money.ageing import BatteryAgeing
from altay_energy.run.money.bill import bill_of
from altay_energy.run.money.carbon import Carbon
from altay_energy.run.money.earnings import (
    CapacityPayment,
    CertificateCount,
    Earnings,
    PumpedEarnings,
    Settlement,
)
from altay_energy.study import ladder
from altay_energy.study.adequacy.elcc import Elcc

EVERY = [(section, figure) for section, (_, entries) in SECTIONS.items() for figure in entries]
OF_PLANTS = {figure.key for section in PLANT_SECTIONS for figure in SECTIONS[section][1]}
EVERY_COLUMN = [column for columns in COLUMNS.values() for column in columns]
COUNTS = {
    "equivalent_cycles",
    "unit_starts",
    "mode_changes",
    "windows",
    "look_ahead_steps",
    "step_steps",
    "solver",
    "forecasts",
    "status",
    "gap",
    "asked_gap",
    "stopped",
    "iterations",
    "exclusive_steps",
    "cheaper_charge",
    "high_use_months",
    "by_month",
    "certificates_issued",
    "certificates_tradable",
    "contracts",
    "factors",
    "irr_found",
    "least_debt_service_coverage",
    "before_tax_irr_found",
    "equity_irr_found",
}
"""Figures that are pure numbers, names or tables: their key ends in no unit."""


@pytest.mark.parametrize(("section", "figure"), EVERY, ids=lambda part: getattr(part, "key", part))
def test_an_entry_has_unit_definition_and_place(section, figure):
    assert (ending_of(figure.key) is COUNT) == (figure.key in COUNTS)
    assert len(figure.definition) >= 10
    assert "\n" not in figure.definition
    assert "|" not in figure.definition
    assert figure.over in get_args(Over)
    groups = {"whole": get_args(Group), "station": ("station",)}
    assert figure.group in groups.get(section, ("",))


def test_a_key_is_used_once_in_a_section():
    for _, entries in SECTIONS.values():
        assert len({figure.key for figure in entries}) == len(entries)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_its_words_and_every_word_its_figure(language):
    tables = words(language).tables
    assert set(tables["kpi"]) == set(FIGURES)
    assert set(tables["bill"]) == {figure.key for figure in SECTIONS["bill"][1]}
    assert set(tables["plant"]) == OF_PLANTS | {"name"}
    for section in ("earnings", "carbon", "economics"):
        assert set(tables[section]) == {figure.key for figure in SECTIONS[section][1]}
    assert set(tables["kpi_group"]) == {*get_args(Group), "other"}


def test_pages_show_every_figure_once():
    shown = [key for keys in GROUPS.values() for key in keys]
    assert sorted(shown) == sorted(FIGURES)
    assert sorted(STATION_ROWS) == sorted(figure.key for figure in SECTIONS["station"][1])


def test_lists_of_chosen_figures_name_figures():
    assert set(CARDS) <= set(FIGURES)
    assert set(ladder.FIGURES) <= set(FIGURES)
    assert {limit.figure for limit in LIMITS.values()} <= set(FIGURES)
    for language in LANGUAGES:
        assert set(words(language).tables["card"]) == set(CARDS)


def tool(repository, name):
    spec = importlib.util.spec_from_file_location(name, repository / "tools" / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize("name", ["figures.md", "library.md"])
def test_tables_of_a_page_are_what_the_tool_writes_now(repository, name):
    page = (repository / "docs" / name).read_text(encoding="utf-8")
    assert page == tool(repository, "write_tables").page(name), "run tools/write_tables.py"


def test_every_figure_and_column_has_its_row_in_the_documentation(repository):
    figures, library = (
        (repository / "docs" / name).read_text(encoding="utf-8")
        for name in ("figures.md", "library.md")
    )
    assert [f.key for _, f in EVERY if f"| `{f.key}` |" not in figures] == []
    assert [c.name for c in EVERY_COLUMN if f"| `{c.name}` |" not in library] == []


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


BILL = {
    "way": "grid_agent",
    "network": "xinjiang_network_2026",
    "time_of_use": "xinjiang_tou_2023",
    "voltage_kv": 220,
    "purchase_price_cny_mwh": 250,
    "prices_include_vat": True,
}


def of_bill():
    # Two hours at 15 MW with the factor 1.5 and two at 10 MW with 0.5, of a month of 31 days.
    first = datetime(2030, 1, 1, 2, tzinfo=timezone(timedelta(hours=8)))
    voltage = VoltagePrices(
        from_kv=1.0, two_part_cny_mwh=40.0, demand_cny_kw_month=30.0, capacity_cny_kva_month=20.0
    )
    network = NetworkVersion(
        source="assumed",
        valid_from=date(2030, 1, 1),
        line_loss_share=0.1,
        government_funds_cny_mwh=4.0,
        high_use_kwh_kva=500.0,
        high_use_demand_factor=0.9,
        voltages=(voltage,),
    )
    hours = TimeOfUseVersion(
        source="assumed",
        valid_from=date(2030, 1, 1),
        multipliers={"high": 1.5, "low": 0.5},
        periods=(Hours(level="high", hours=((0, 4),)), Hours(level="low", hours=((4, 24),))),
    )
    bill = GridBill(
        way="grid_agent",
        network=NetworkTariff(title="Mine", versions=(network,)),
        time_of_use=TimeOfUse(title="Mine", versions=(hours,)),
        voltage_kv=10.0,
        purchase_price_cny_mwh=200.0,
        prices_include_vat=True,
        system_operation_fee_cny_mwh=20.0,
        capacity_mva=10.0,
    )
    grid = ae.Grid(import_limit_mw=20.0, bill=bill)
    return bill_of(grid, ae.Timeline(first, 4), np.array([15.0, 15.0, 10.0, 10.0]))


HALF_HOUR = SimpleNamespace(step_hours=0.5, hours=1.5, on_all=lambda mw: np.full(3, mw))


def of_renewable():
    # Three half-hours of 8, 4 and 0 MW; 2 MW are curtailed in the first.
    dispatch = SimpleNamespace(
        problem=HALF_HOUR,
        available_mw={"wind.a": np.array([8.0, 4.0, 0.0])},
        generation_mw={"wind.a": np.array([6.0, 4.0, 0.0])},
        curtailed_mw={"wind.a": np.array([2.0, 0.0, 0.0])},
    )
    return Renewable(dispatch, "wind.a", 10.0)


def of_thermal():
    dispatch = SimpleNamespace(
        problem=HALF_HOUR,
        thermal_mw={"thermal.a": np.array([5.0, 3.0, 0.0])},
    )
    return Thermal(dispatch, ThermalLimits("thermal.a", 8.0, 0.0, 200.0, 0.9))


def of_units():
    units = ThermalUnits(
        "thermal.a", 2, 4.0, ((4.0, 200.0),), 0.0, no_load_cost_cny_h=30.0, start_cost_cny=500.0
    )
    return CommittedUnits(units, np.array([1.0, 0.0, 2.0]), 0.5)


def of_storage():
    dispatch = SimpleNamespace(
        problem=HALF_HOUR,
        charge_mw={"battery.a": np.array([4.0, 0.0, 0.0])},
        discharge_mw={"battery.a": np.array([0.0, 2.0, 1.0])},
        level_mwh={"battery.a": np.array([3.0, 4.6, 2.6, 1.6])},
    )
    storage = StorageLimits("battery.a", 4.0, 4.0, 6.0, 0.8, 0.5, 0.0, 3.0)
    return Stored.of(dispatch, storage)


def of_river():
    # Two hours; half of the energy of the second is curtailed.
    use = SimpleNamespace(
        inflow_m3_s=np.array([10.0, 4.0]),
        turbine_m3_s=np.array([5.0, 4.0]),
        ecological_m3_s=np.array([1.0, 1.0]),
        spill_m3_s=np.array([0.5, 0.0]),
        evaporation_m3_s=np.array([0.25, 0.25]),
        volume_m3=np.array([1000.0, 12_700.0, 8_200.0]),
    )
    water = SimpleNamespace(use=use)
    return RiverPlant(water, np.array([1.0, 0.5]), SimpleNamespace(step_hours=1.0))


def of_station():
    # Two units pump for half an hour, rest, then one and two generate.
    basins = {
        name: np.array([[first, 0.0, 0.0, 0.0], [second, 0.0, 0.0, 0.0]])
        for name, first, second in (
            ("rain_m3", 5.0, 7.0),
            ("evaporation_m3", 1.0, 2.0),
            ("seepage_m3", 3.0, 4.0),
            ("make_up_m3", 0.0, 6.0),
            ("spill_m3", 1.0, 3.0),
        )
    }
    limits = SimpleNamespace(
        live_m3=10_000.0,
        dead_m3=(1000.0, 1000.0),
        mwh_per_m3=0.001,
        units=2,
        ice_m3=np.array([[0.0, 700.0, 0.0, 0.0], [900.0, 0.0, 0.0, 0.0]]),
        in_service=np.ones((2, 4), dtype=bool),
        start_cost_cny=100.0,
        mode_change_cost_cny=30.0,
    )
    upper = np.array([1e3, 9e3, 9e3, 6e3, 1e3])
    moved = np.diff(upper)
    done = StationOperation(
        limits=limits,
        step_hours=0.5,
        volume_m3=np.stack([upper, 1e4 - upper]),
        head_m=np.array([200.0, 210.0, 230.0, 250.0]),
        running=np.array([-2, 0, 1, 2]),
        pump_mw=np.array([24.0, 0.0, 0.0, 0.0]),
        turbine_mw=np.array([0.0, 0.0, 6.0, 12.0]),
        pumped_m3=np.maximum(moved, 0.0),
        generated_m3=np.maximum(-moved, 0.0),
        **basins,
    )
    return Station(done, 0.5)


def of_ageing():
    # 1 % a year at rest and 1.5 % by cycles: 2.5 %, and 20 % after eight years.
    parts = map(np.array, (0.01, 0.015, 0.6))
    return BatteryAgeing("battery.a", Ageing().model, 0.8, *parts)


CONTRACT = {"price_cny_mwh": 250.0, "share": 0.5}


def of_earnings():
    # Two months: 10 of 20 MWh at 250 - 200, 5 of 10 MWh at 250 - 350; a battery of 10 MW for
    # 110 CNY/kW·a and half a year; a station that keeps a fifth of 1000 CNY.
    months = map(np.array, ([20.0, 10.0], [10.0, 5.0], [200.0, 350.0], [500.0, -500.0 + 100.0]))
    contract = Settlement(
        "wind", ("wind.a",), Mechanism(**CONTRACT, years=10), None, math.inf, *months
    )
    pumped = PumpedEarnings(20.0, 10e6, np.array(1000.0), np.array(800.0))
    counted = CertificateCount(np.array(40.0), np.array(15.0), 6.0)
    battery = CapacityPayment("battery.a", 10.0, 4.0, 2.0 / 3.0, 110.0)
    return Earnings(0.5, np.zeros(()), (contract,), (battery,), pumped, counted)


def of_carbon():
    return Carbon(CarbonSettings(), 0.8, *map(np.array, (100.0, 20.0, 9.0)))


def of_proof():
    return Solution("highs", "optimal", True, *map(np.array, (200.0, 150.0, 0.25, 0.0)), 7, 2, 1e-3)


IRR_OF_5_TIMES_0_4 = 0.28649290249767584
"""Of 1 paid and 0.4 earned five times: 2.5 r = 1 - (1 + r)^-5."""

NOT_CASH = "recovered VAT is not counted as cash (recovered_vat_is_cash)"


@cache
def of_money():
    """1 MW all year for 100 CNY/MWh from 2 MW that cost 2 million CNY, 38 CNY/kW a year, no tax."""
    return ae.Portfolio(
        timeline=ae.Timeline.of_year(2030),
        wind={"a": ae.WindFarm(profile=0.5, capacity_mw=2)},
        load={"b": ae.Load(profile=1.0)},
        economics=Economics(
            prices_include_vat=True,
            income="price",
            supply_price_cny_mwh=100.0,
            discount_rate=0.0,
            years=5,
            equity_share=1.0,
            vat_rate=0.0,
            income_tax=0.0,
            residual_share=0.0,
            target_equity_irr=0.06,
            costs={"wind": {"capital_cny_kw": 1000.0, "fixed_om_cny_kw_a": 38.0}},
        ),
    ).run()


BY_HAND = {
    "renewable": (
        of_renewable,
        {
            "available_mwh": 6.0,
            "generation_mwh": 5.0,
            "curtailed_mwh": 1.0,
            "curtailment_rate": 1.0 / 6.0,
            "full_load_hours": 0.5,
            "available_full_load_hours": 0.6,
            "capacity_factor": 1.0 / 3.0,
        },
    ),
    "own_use": (lambda: OwnUse(np.array([0.2, 0.0, 0.4]), 0.5), {"own_use_mwh": 0.3}),
    "river": (
        of_river,
        {
            "inflow_m3": 14.0 * 3600.0,
            "turbine_m3": 9.0 * 3600.0,
            "ecological_m3": 2.0 * 3600.0,
            "spill_m3": 1800.0,
            "evaporation_m3": 1800.0,
            "curtailed_water_m3": 2.0 * 3600.0,
            "volume_change_m3": 7200.0,
        },
    ),
    "thermal": (
        of_thermal,
        {
            "generation_mwh": 4.0,
            "capacity_factor": 4.0 / 12.0,
            "variable_cost_cny": 800.0,
            "emissions_t": 3.6,
        },
    ),
    "thermal_units": (
        of_units,
        {
            "running_hours": 1.0,
            "unit_hours": 1.5,
            "unit_starts": 2.0,
            "start_cost_cny": 1000.0,
            "no_load_cost_cny": 45.0,
        },
    ),
    "storage": (
        of_storage,
        {
            "charge_mwh": 2.0,
            "discharge_mwh": 1.5,
            "loss_mwh": 1.9,  # 0.4 going in, 1.5 coming out
            "equivalent_cycles": 0.5,
            "start_level_mwh": 3.0,
            "end_level_mwh": 1.6,
        },
    ),
    "station": (
        of_station,
        {
            "round_trip_efficiency": 0.75,
            "pumped_m3": 8000.0,
            "generated_m3": 8000.0,
            "rain_m3": 12.0,
            "evaporation_m3": 3.0,
            "seepage_m3": 7.0,
            "make_up_m3": 6.0,
            "spill_m3": 4.0,
            "largest_ice_m3": 700.0,
            "mean_head_m": (200.0 + 230.0 + 250.0) / 3.0,
            "unit_starts": 4.0,
            "mode_changes": 0.0,
            "start_cost_cny": 400.0,
            "pump_hours_1": 0.0,
            "pump_hours_2": 0.5,
            "turbine_hours_1": 0.5,
            "turbine_hours_2": 0.5,
            "water_residual_m3": 4.0,  # 12 + 6 - 3 - 7 - 4, which the volumes above do not show
        },
    ),
    "bill": (
        of_bill,
        {
            "purchase_cny": 30.0 * 1.5 * 200.0 + 20.0 * 0.5 * 200.0,
            "time_of_use_cny": 0.5 * 200.0 * (30.0 - 20.0),
            "line_loss_cny": 50.0 * 200.0 / 9.0,  # a tenth lost of what is fed in
            "network_energy_cny": 50.0 * 40.0,
            "system_operation_cny": 50.0 * 20.0,
            "government_funds_cny": 50.0 * 4.0,
            "energy_cny": 11_000.0 + 10_000.0 / 9.0 + 50.0 * 64.0,
            "charge_by_demand_cny": 15.0 * 30_000.0 * 0.9,  # 50 MWh are enough for 10 MVA
            "charge_by_capacity_cny": 10.0 * 20_000.0 / 31.0 / 6.0,
            "cheaper_charge": "capacity",
            "charge_cny": 405_000.0,
            "high_use_rebate_cny": 45_000.0,
            "high_use_months": 1.0,
            "fee_by_capacity_cny": None,
            "fee_by_consumption_cny": None,
            "nearby_fee_cny": 0.0,
            "total_cny": 14_200.0 + 10_000.0 / 9.0 + 405_000.0,
            "mean_price_cny_mwh": (14_200.0 + 10_000.0 / 9.0 + 405_000.0) / 50.0,
            "outside_dispatch_cny": -45_000.0,
            "ledger_residual_share": 0.0,
            "by_month": {
                "month": ["2030-01"],
                "import_mwh": [50.0],
                "peak_import_mw": [15.0],
                "purchase_cny": [11_000.0],
                "line_loss_cny": [10_000.0 / 9.0],
                "network_energy_cny": [2_000.0],
                "system_operation_cny": [1_000.0],
                "government_funds_cny": [200.0],
                "charge_cny": [405_000.0],
                "nearby_fee_cny": [0.0],
            },
        },
    ),
    "ageing": (
        of_ageing,
        {
            "life_years": 8.0,
            "capacity_after_1_share": 0.975,
            "capacity_after_10_share": 0.75,
            "cycle_damage_share": 0.6,
            "mean_cycle_depth_share": 0.6,
        },
    ),
    "earnings": (
        of_earnings,
        {
            "mechanism_on_grid_mwh": 30.0,
            "mechanism_settled_mwh": 15.0,
            "mechanism_settlement_cny": 100.0,
            "capacity_price_cny": 550_000.0,
            "pumped_capacity_price_cny": 5e6,
            "pumped_market_revenue_cny": 1000.0,
            "pumped_returned_cny": 800.0,
            "certificates_issued": 40.0,
            "certificates_tradable": 15.0,
            "certificate_revenue_cny": 90.0,
            "beyond_dispatch_cny": 100.0 + 550_000.0 + 5e6 + 90.0 - 800.0,
            "contracts": {
                "wind": {
                    "plants": ["wind.a"],
                    **CONTRACT,
                    "cap_mwh": None,
                    "on_grid_mwh": 30.0,
                    "settled_mwh": 15.0,
                    "settlement_cny": 100.0,
                    "monthly_market_price_cny_mwh": [200.0, 350.0],
                    "monthly_settled_mwh": [10.0, 5.0],
                    "monthly_settlement_cny": [500.0, -400.0],
                }
            },
        },
    ),
    "carbon": (
        of_carbon,
        {
            "factors": {
                "baseline": "grid_average",
                "region": "xinjiang",
                "convention": "all",
                "year": 2023,
                "source": emission_factor("xinjiang").source,
            },
            "grid_factor_t_mwh": 0.6021,
            "baseline_factor_t_mwh": 0.8,
            "delivered_mwh": 100.0,
            "baseline_emissions_t": 80.0,
            "import_emissions_t": 20.0 * 0.6021,
            "thermal_emissions_t": 9.0,
            "avoided_t": 80.0 - 20.0 * 0.6021 - 9.0,
            "delivered_factor_t_mwh": (20.0 * 0.6021 + 9.0) / 100.0,
        },
    ),
    "solution": (
        of_proof,
        {
            "solver": "highs",
            "status": "optimal",
            "gap": 0.25,
            "asked_gap": 1e-3,
            "stopped": "gap",
            "objective_cny": 200.0,
            "bound_cny": 150.0,
            "iterations": 7,
            "exclusive_steps": 2,
        },
    ),
    "economics": (
        lambda: of_money().project,
        {
            "capital_cny": 2e6,
            "annual_cost_cny": 2e6 / 5 + 76e3,
            "lcoe_cny_mwh": (2e6 / 5 + 76e3) / 8760.0,
            "own_energy_cost_cny_mwh": (2e6 + 5 * 76e3) / (5 * 8760.0),
            "storage_cost_cny_mwh": None,
            "npv_cny": 2e6,
            "irr": IRR_OF_5_TIMES_0_4,
            "irr_found": f"28.65 %; {NOT_CASH}",
            "before_tax_irr": IRR_OF_5_TIMES_0_4,
            "before_tax_irr_found": f"28.65 %; {NOT_CASH}",
            "equity_irr": IRR_OF_5_TIMES_0_4,
            "equity_irr_found": f"28.65 %; {NOT_CASH}",
            "payback_years": 2.5,
            "least_debt_service_coverage": None,
            # 1.06^5 / (1.06^5 - 1) × 0.06 of the investment a year, and operation
            "required_price_cny_mwh": (2e6 * 0.23739640043118926 + 76e3) / 8760.0,
            "affordable_capital_cny": 8e5 / 0.23739640043118926,
            "asked_irr": 0.06,
        },
    ),
}
"""Section → its subject and all its figures; `test_kpis` has those of a whole run, and
`test_figures_of_parts` those of rolling dispatch."""


@pytest.mark.parametrize("section", [s for s in SECTIONS if s not in ("whole", "rolling")])
def test_every_figure_of_a_section_is_what_was_worked_by_hand(section):
    subject, expected = BY_HAND[section]
    found = evaluated(SECTIONS[section][1], subject())
    assert {key: value for key, value in found.items() if key not in expected} == {}
    for key, value in expected.items():
        parts = value if isinstance(value, dict) else {"": value}
        there = found[key] if isinstance(value, dict) else {"": found[key]}
        assert there.keys() == parts.keys()
        for name, part in parts.items():
            text = part is None or isinstance(np.atleast_1d(part)[0], str | dict)
            same = part if text else pytest.approx(part, rel=1e-12, abs=1e-15)
            assert there[name] == same, f"{key} {name}"


@pytest.fixture(scope="module")
def runs(repository):
    """Short runs which have every figure and every hourly column between them."""

    def shipped(name, steps=48, **changes):
        portfolio = ae.load(repository / "scenarios" / f"{name}.toml").portfolio
        timeline = ae.Timeline(portfolio.timeline.start, steps)
        return portfolio.with_(timeline=timeline, **changes)

    mine = shipped("jeminay-2023", weather=ae.Climate(seed=1))
    earning = Economics(
        prices_include_vat=True,
        mechanism={"wind": Mechanism(**CONTRACT, years=10)},
        ageing={"battery.jeminay": Ageing()},
        carbon=CarbonSettings(),
    )
    roofs = ae.SolarPlant(site="jeminay", capacity_mw=5, night_consumption=0.0003)
    units = ae.ThermalPlant(capacity_mw=120, fuel_cost_cny_mwh=220, units=3)
    flexible = ae.Load(profile=8.0, flexible_share=0.2, shift_hours=4)
    rolling = mine.dispatch.with_(method="rolling")
    optimal = mine.dispatch.with_(method="optimal")
    committed = mine.dispatch.with_(method="units")
    bill = ae.Grid(import_limit_mw=150, export_limit_mw=400, bill=BILL)
    return [
        mine.with_(grid=bill).run(),
        shipped("burqin-2030").run(),
        shipped("altay-2024").run(),
        mine.with_(solar={"roofs": roofs}, dispatch=rolling).run(),
        mine.with_(load={**mine.load, "mill": flexible}, dispatch=optimal).run(),
        mine.with_(thermal={"town": units}, dispatch=committed).run(),
        mine.with_(economics=earning).run(),
        of_money(),
    ]


WHOLE = ("bill", "rolling", "solution", "earnings", "carbon", "economics")
"""Sections of whole runs beside ``kpis``."""


def test_kpis_json_holds_no_figure_without_an_entry(runs):
    keys = {section: {f.key for f in entries} for section, (_, entries) in SECTIONS.items()}
    seen = set()
    for document in (run.kpis for run in runs):
        assert set(document) <= {"scenario", "kpis", "plants", "policy", *WHOLE}
        assert list(document["kpis"]) == list(FIGURES)
        for section in WHOLE:
            if section in document:
                assert set(document[section]) == keys[section]
                seen.add(section)
        for name, figures in document["plants"].items():
            there = {re.sub(r"_\d+$", "", key) for key in figures}
            whole = [s for s in PLANT_SECTIONS if keys[s] <= there]
            assert there == set().union(*(keys[s] for s in whole)), name
            seen.update(whole)
    assert seen >= set(SECTIONS) - {"whole"}


def test_hourly_nc_holds_no_column_without_an_entry_and_the_words_of_each(runs):
    seen = set()
    for run in runs:
        order = [c.name for c in EVERY_COLUMN if c.name in run.hourly.data_vars]
        assert list(run.hourly.data_vars) == order
        for column in EVERY_COLUMN:
            if column.name in order:
                variable = run.hourly[column.name]
                assert variable.dims == tuple(column.dims.split())
                assert variable.attrs == {
                    "units": ending_of(column.name).unit,
                    "long_name": words("en")("hourly", column.name),
                    "long_name_zh": words("zh")("hourly", column.name),
                }
        seen.update(order)
    assert seen == {column.name for column in EVERY_COLUMN}
    for language in LANGUAGES:
        assert set(words(language).tables["hourly"]) == seen


@pytest.mark.parametrize("column", EVERY_COLUMN, ids=lambda column: column.name)
def test_a_column_ends_in_its_unit(column):
    counts = {"units_running", "unit_state"}
    assert (ending_of(column.name) is COUNT) == (column.name in counts)


def test_charts_ask_for_no_other_column():
    known = {column.name for column in EVERY_COLUMN} | {figure.key for _, figure in EVERY}
    known |= {field.name for field in fields(Elcc)}  # of adequacy.json
    asked = set()
    for room in ("chart", "plots"):
        for path in (Path(report.__file__).parent / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            asked |= set(re.findall(r'"(\w+_(?:mw|mwh|m|m3|m3_s))"', text))
    assert len(asked) > 15
    assert asked <= known
