"""Hours and amounts are written as people say them, in two languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from altay_energy.dispatch.infeasible.outages import (
    Outage,
    at_least,
    figure,
    outage_words,
    outages_of,
    raised,
    when,
)
from altay_energy.dispatch.problem.labels import Origin
from altay_energy.dispatch.problem.problem import Problem

WORDS = "load exceeds all sources"


def problem(steps=72, start=datetime(2030, 1, 13), step_hours=1.0):
    return Problem(
        step_hours=step_hours,
        load_mw=np.full(steps, 1000.0),
        renewables={},
        thermals=(),
        storages=(),
        import_limit_mw=0.0,
        export_limit_mw=0.0,
        import_price_cny_mwh=0.0,
        export_price_cny_mwh=0.0,
        unserved_cost_cny_mwh=0.0,
        grid_emission_factor_t_mwh=0.0,
        origin=Origin(start=start),
    )


def test_neighbouring_steps_make_a_period_with_its_peak_and_its_energy():
    missing = np.array([5.0, 0.0, 1e-9, 2.0, 4.0, 0.0, 3.0])
    found = outages_of(missing, 0.5, 1e-6)
    assert found == [Outage(0, 1, 5.0, 2.5), Outage(3, 5, 4.0, 3.0), Outage(6, 7, 3.0, 1.5)]
    assert outages_of(np.zeros(4), 1.0, 1e-6) == []


def test_one_period_is_reported_with_day_hours_power_and_energy():
    missing = np.zeros(72)
    missing[42:46] = [100.0, 212.0, 212.0, 116.0]
    english = outage_words(problem(), missing, WORDS)
    assert english == (
        "on 14 January 18:00-22:00 load exceeds all sources by up to 212 MW (640 MWh)"
    )


def test_of_many_periods_the_worst_five_are_named_in_their_order_and_the_rest_counted():
    missing = np.zeros(72)
    missing[2:72:8] = [1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 6.0, 5.0, 4.0]
    english = outage_words(problem(), missing, WORDS)
    named = [float(part.split(" MW")[0]) for part in english.split("by up to ")[1:]]
    assert named == [9.0, 8.0, 7.0, 6.0, 5.0]
    assert english.endswith("and in 4 more periods (10 MWh)")
    missing[[2, 18, 34]] = 0.0
    assert outage_words(problem(), missing, WORDS).endswith("and in 1 more period (4 MWh)")


def test_there_are_no_words_where_nothing_is_missing():
    assert outage_words(problem(), np.full(72, 1e-5), WORDS) == ""


@pytest.mark.parametrize(
    ("start", "steps", "hours", "expected"),
    [
        (datetime(2030, 1, 1), (23, 24), 1.0, "on 1 January 23:00-24:00"),
        (
            datetime(2030, 1, 1),
            (23, 25),
            1.0,
            "from 1 January 23:00 to 2 January 01:00",
        ),
        (datetime(2030, 6, 1), (1, 3), 0.25, "on 1 June 00:15-00:45"),
        (
            datetime(2029, 12, 31),
            (25, 26),
            1.0,
            "on 1 January 2030 01:00-02:00",
        ),
        (None, (3, 4), 1.0, "in step 3"),
        (None, (3, 6), 1.0, "in steps 3 to 5"),
    ],
)
def test_hours_are_those_of_the_local_clock_and_years_only_where_there_are_two(
    start, steps, hours, expected
):
    assert when(problem(start=start, step_hours=hours), *steps) == expected


@pytest.mark.parametrize(
    ("value", "nearest", "above"),
    [
        (0.0, "0", "0"),
        (212.0, "212", "212.1"),
        (1211.96, "1,212", "1,212"),
        (0.03331, "0.03331", "0.03332"),
        (1234567.2, "1,234,567", "1,234,569"),
        (99.996, "100", "100"),
    ],
)
def test_figures_have_four_digits_and_limits_are_rounded_up(value, nearest, above):
    assert (figure(value), at_least(value)) == (nearest, above)


def test_a_series_is_raised_by_as_much_in_every_step_and_a_number_to_another():
    limit = np.array([10.0, 20.0])
    assert raised(problem(), "a.b", limit, 5.0) == "a.b raised by 5.001 in every step"
    assert raised(problem(), "a.b", np.full(2, 10.0), 5.0) == "a.b raised to 15.01"


def test_a_clock_is_optional():
    assert replace(problem(), origin=Origin()).origin.start is None
