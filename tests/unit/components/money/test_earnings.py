"""Tables of what energy earns: dated terms, what is left out, and what is refused."""

import math
import re
from datetime import date

import numpy as np
import pytest

from altay_energy.components.base import Series
from altay_energy.components.money.dated_prices import CAPACITY_TERMS, MECHANISM_TERMS
from altay_energy.components.money.earnings import (
    Ageing,
    CapacityPrice,
    Certificates,
    Mechanism,
    PumpedStoragePrice,
    price_on,
)
from altay_energy.core.errors import ScenarioError
from altay_energy.core.timeline import Timeline
from altay_energy.report.text.messages import translated

NEW = {"price_cny_mwh": 250.0, "share": 0.5, "years": 10}


def test_named_terms_give_what_the_table_leaves_out():
    wind = Mechanism(terms="xinjiang_wind_2025")
    assert (wind.price, wind.settled_share, wind.contract_years) == (252.0, 0.5, 10)
    assert wind.cap(1000.0) == math.inf
    later = Mechanism(terms="xinjiang_wind_2026", price_cny_mwh=240)
    assert (later.price, later.settled_share, later.contract_years) == (240.0, 1.0, 10)
    assert later.cap(1000.0) == pytest.approx(0.8 * 1848.0 * 1000.0)  # 1.478 TWh of 1 GW
    sun = Mechanism(terms="xinjiang_solar_2026", price_cny_mwh=200, cap_mwh=5000.0, share=0.4)
    assert (sun.settled_share, sun.cap(100.0)) == (0.4, 5000.0)


def test_own_figures_need_no_terms():
    table = Mechanism(**NEW, cap_hours=1500.0)
    assert (table.price, table.settled_share, table.contract_years) == (250.0, 0.5, 10)
    assert table.cap(2.0) == 3000.0
    assert table.dated is None


def test_the_storage_price_of_xinjiang_is_paid_over_six_hours():
    storage = CapacityPrice(terms="xinjiang_storage_2026")
    assert (storage.full_cny_kw_a, storage.longest_peak_hours) == (165.0, 6.0)
    own = CapacityPrice(terms="xinjiang_storage_2026", cny_kw_a=200, peak_hours=5)
    assert (own.full_cny_kw_a, own.longest_peak_hours) == (200.0, 5.0)
    coal = CapacityPrice(terms="xinjiang_coal_2026")
    assert (coal.full_cny_kw_a, coal.longest_peak_hours) == (165.0, None)


@pytest.mark.parametrize("catalogue", [MECHANISM_TERMS, CAPACITY_TERMS])
def test_dated_terms_have_source_day_and_kinds(catalogue):
    for name in catalogue.names:
        terms = catalogue.load(name)
        assert terms.source
        assert terms.title_zh
        assert terms.kinds
        assert date(2024, 1, 1) < terms.valid_from < date(2026, 12, 1)
        early, late = (Timeline.of_year(year) for year in (2023, 2030))
        assert terms.begins_after(early)
        assert not terms.begins_after(late)


def test_a_price_is_a_number_twelve_months_or_a_series():
    year = Timeline.of_year(2030)
    number = Mechanism(**NEW, market_price_cny_mwh=200).market_price_cny_mwh
    assert set(price_on(number, year)) == {200.0}
    months = Mechanism(**NEW, market_price_cny_mwh=list(range(100, 220, 10)))
    hourly = price_on(months.market_price_cny_mwh, year)
    assert hourly[0] == 100.0
    assert hourly[-1] == 210.0
    assert np.count_nonzero(hourly == 110.0) == 28 * 24
    series = np.linspace(0.0, 500.0, 8760)
    table = Mechanism(**NEW, market_price_cny_mwh=series)
    assert np.array_equal(price_on(table.market_price_cny_mwh, year), series)
    assert isinstance(table.market_price_cny_mwh, Series)
    assert months.model_dump()["market_price_cny_mwh"] == list(range(100, 220, 10))


def test_ageing_takes_own_figures_down_to_its_own_end():
    model = Ageing(full_cycles=5000, end_of_life=0.7).model
    assert model.loss_per_cycle == pytest.approx(0.3 / 5000.0)
    assert model.loss_per_year == pytest.approx(0.2 / 20.0)  # of the cells, down to 0.8
    assert Ageing(depth_exponent=1.5, calendar_years=10).model.loss_per_year == pytest.approx(0.02)


WRONG = [
    (Mechanism, {"price_cny_mwh": 0.25, "share": 0.5, "years": 10}, "did you mean 250?"),
    (Mechanism, {**NEW, "market_price_cny_mwh": 0.2}, "did you mean 200?"),
    (Mechanism, {**NEW, "market_price_cny_mwh": [0.2] * 12}, "did you mean 200?"),
    (
        Mechanism,
        {**NEW, "market_price_cny_mwh": [200.0] * 11},
        "12 numbers from January to December",
    ),
    (
        Mechanism,
        {**NEW, "market_price_cny_mwh": [200.0] * 11 + ["a"]},
        "12 numbers from January to December",
    ),
    (Mechanism, {**NEW, "price_cny_mwh": -250.0}, "must be at least 0"),
    (Mechanism, {"price_cny_mwh": 250.0, "years": 10}, "share and cap are both missing"),
    (Mechanism, {"share": 0.5, "years": 10}, "price_cny_mwh is missing"),
    (Mechanism, {"terms": "xinjiang_wind_2026"}, "leave open"),
    (Mechanism, {"terms": "xinjiang_wind_2026", "price_cny_mwh": 300.0}, "from 150 to 262"),
    (Mechanism, {"terms": "xinjiang_existing_parity"}, "years is missing"),
    (Mechanism, {"price_cny_mwh": 250.0, "share": 0.5}, "years is missing"),
    (Mechanism, {"terms": "xinjiang_wind_2052"}, "did you mean xinjiang_wind_202"),
    (Mechanism, {**NEW, "cap_mwh": 1e6, "cap_hours": 1500.0}, "two ways to give one cap"),
    (Mechanism, {**NEW, "share": 50}, "did you mean 0.50 (a share, not percent)?"),
    (Mechanism, {**NEW, "years": 0}, "must be at least 1"),
    (Mechanism, {**NEW, "on_grid": "exports"}, "did you mean export?"),
    (Mechanism, {**NEW, "cap_mhw": 3}, "is no parameter; did you mean cap_mwh"),
    (CapacityPrice, {}, "cny_kw_a is missing"),
    (CapacityPrice, {"cny_kw_a": 165_000.0}, "did you mean 165?"),
    (CapacityPrice, {"terms": "xinjiang_storage"}, "did you mean xinjiang_storage_2026"),
    (CapacityPrice, {"cny_kw_a": 165.0, "peak_hours": 0.0}, "must be greater than 0"),
    (PumpedStoragePrice, {"market_share": 0.2}, "capacity_price_cny_kw_a is missing"),
    (PumpedStoragePrice, {"capacity_price_cny_kw_a": 500.0}, "market_share is missing"),
    (
        PumpedStoragePrice,
        {"capacity_price_cny_kw_a": 500.0, "market_share": 20},
        "did you mean 0.20 (a share, not percent)?",
    ),
    (Certificates, {"price_cny_each": 0.005}, "did you mean 5?"),
    (Ageing, {"cells": "lpf"}, "did you mean lfp"),
    (Ageing, {"temperature_c": 30.0}, "is no parameter of the cells"),
    (Ageing, {"cells": "lmo_xu_2018", "full_cycles": 5000.0}, "is no parameter of the cells"),
    (Ageing, {"end_of_life": 80.0}, "did you mean 0.80"),
]


@pytest.mark.parametrize(("table", "keys", "text"), WRONG)
def test_what_is_wrong_is_refused_in_words(table, keys, text):
    with pytest.raises(ScenarioError) as caught:
        table(**keys)
    assert text in str(caught.value)


OWN = [
    case
    for case in WRONG
    if case[0] is not PumpedStoragePrice and re.search("missing|two ways|leave open", case[2])
]


@pytest.mark.parametrize(("table", "keys", "text"), OWN)
def test_messages_of_these_tables_are_written_in_chinese(table, keys, text):
    with pytest.raises(ScenarioError) as caught:
        table(**keys)
    assert text not in translated(str(caught.value), "zh")
