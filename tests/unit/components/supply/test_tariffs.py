"""Dated prices by name."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from numpy.testing import assert_allclose

from altay_energy.components.settings.settings import TimeSettings
from altay_energy.components.supply.tariffs import TARIFFS, read_tariff, tariff_price
from altay_energy.core.errors import SeriesError
from altay_energy.core.timeline import Timeline

TIME_OF_USE = "xinjiang_tou_2021_draft"


def day_of(text):
    return TimeSettings(start=text, hours=24).timeline()


def test_every_tariff_names_its_source_and_dates():
    assert TIME_OF_USE in TARIFFS.names
    for name in TARIFFS.names:
        known = TARIFFS.load(name)
        assert known.source.startswith("http")
        assert known.title
        assert known.title_zh
        assert isinstance(known.valid_from, date)
        assert known.price_cny_mwh.shape == (12, 96)
        assert known.price_cny_mwh.min() > 0.0


def test_time_of_use_periods_are_those_of_the_draft(shared_data):
    import json

    periods = json.loads((shared_data / "price" / "xinjiang_tou_periods_2021.json").read_text())
    multiplier = {"peak": 1.75, "flat": 1.0, "valley": 0.25}
    for month in range(1, 13):
        expected = np.zeros(24)
        for level, factor in multiplier.items():
            for begin, end in periods[level]:
                expected[begin:end] = factor
        for begin, end in periods["sharp_peak"].get(str(month), []):
            expected[begin:end] = 1.75 * periods["sharp_peak_multiplier_on_peak"]
        price = tariff_price(TIME_OF_USE, day_of(f"2022-{month:02d}-15"))
        assert_allclose(price, 350.0 * expected)


def test_without_sharp_hours_the_mean_of_a_day_is_the_base_price():
    assert_allclose(tariff_price(TIME_OF_USE, day_of("2022-05-15")).mean(), 350.0)


def test_tariff_hours_are_beijing_time_whatever_the_clock_of_the_run():
    start = datetime(2022, 5, 14, 16, tzinfo=UTC)
    beijing = tariff_price(TIME_OF_USE, Timeline(start, 24, utc_offset_hours=8.0))
    xinjiang_time = tariff_price(TIME_OF_USE, Timeline(start, 24, utc_offset_hours=6.0))
    assert_allclose(beijing, xinjiang_time)
    assert_allclose(beijing[7:9], [87.5, 612.5])  # valley ends at 08:00


def test_an_interval_that_straddles_two_prices_pays_their_mean():
    start = datetime(2022, 5, 15, 0, 30, tzinfo=UTC)  # 08:30 in Beijing; peak ends at 11
    price = tariff_price(TIME_OF_USE, Timeline(start, 4))
    assert_allclose(price, [612.5, 612.5, (612.5 + 350.0) / 2, 350.0])


def test_quarter_hours_average_to_hours():
    fine = tariff_price(TIME_OF_USE, Timeline.of_year(2022, 0.25)).reshape(-1, 4).mean(axis=1)
    assert_allclose(fine, tariff_price(TIME_OF_USE, Timeline.of_year(2022)))


@pytest.mark.parametrize(
    ("name", "price"),
    [
        ("xinjiang_wind_2025_auction", 252.0),
        ("xinjiang_pv_2025_auction", 235.0),
        ("xinjiang_coal_benchmark", 250.0),
    ],
)
def test_contract_prices_are_one_price_all_year(name, price):
    assert_allclose(tariff_price(name, Timeline.of_year(2026)), price)


def test_a_tariff_knows_whether_it_covers_a_period():
    draft = TARIFFS.load(TIME_OF_USE)
    assert draft.covers(Timeline.of_year(2022))
    assert not draft.covers(Timeline.of_year(2021))
    assert not draft.covers(Timeline.of_year(2030))
    assert TARIFFS.load("xinjiang_coal_benchmark").covers(Timeline.of_year(2030))
    assert draft.validity() == "2021-10-22 to 2022-12-31"
    assert TARIFFS.load("xinjiang_coal_benchmark").validity() == "2020-01-01 to further notice"


def test_an_unknown_tariff_is_answered_with_the_nearest_name_and_all_names():
    with pytest.raises(
        ValueError, match=r"did you mean xinjiang_tou_2021_draft\? \(tariffs: xinjiang"
    ):
        TARIFFS.load("xinjiang_tou_2021")
    with pytest.raises(ValueError, match=r"there is no tariff 'x' \(tariffs: "):
        TARIFFS.load("x")


@pytest.mark.parametrize(
    ("periods", "message"),
    [
        ([[0, 10], [11, 24]], "10:00 is covered 0 times"),
        ([[0, 10], [9.5, 24]], "09:30 is covered 2 times"),
    ],
)
def test_periods_with_gaps_or_overlaps_are_refused(periods, message):
    table = {
        "title": "t",
        "source": "s",
        "valid_from": date(2022, 1, 1),
        "base_price_cny_mwh": 100.0,
        "multipliers": {"flat": 1.0},
        "periods": [{"level": "flat", "hours": periods}],
    }
    with pytest.raises(ValueError, match=f"tariff t: .*exactly once; {message}"):
        read_tariff("t", table)


def test_a_period_off_the_quarters_of_the_hour_is_refused():
    odd = Timeline(datetime(2022, 5, 15, 0, 10, tzinfo=UTC), 4)
    with pytest.raises(SeriesError, match="not on a quarter of an hour"):
        tariff_price(TIME_OF_USE, odd)
