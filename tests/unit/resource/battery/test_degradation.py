"""Capacity of cells: by hand, against the published formulas written out, and laws of ageing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.components.money.earnings import Ageing
from altay_energy.resource.battery.cells import CELLS
from altay_energy.resource.battery.degradation import life_years
from altay_energy.resource.battery.rainflow import Cycles, rainflow

EVERY = [Ageing(cells=name).model for name in CELLS.names]
LFP, LMO = Ageing(cells="lfp").model, Ageing(cells="lmo_xu_2018").model

levels = st.lists(st.integers(0, 20), min_size=2, max_size=40).map(
    lambda values: np.array(values) / 20.0
)


def cycles(depth, mean=0.5, count=1.0):
    return Cycles(*(np.atleast_1d(np.asarray(v, dtype=float)) for v in (depth, mean, count)))


def test_a_full_cycle_a_day_of_lfp_is_what_was_worked_by_hand():
    # 0.2 / 20 a year at rest and 0.2 / 6000 × 365 by cycles: 0.01 + 0.0121667 a year.
    damage = LFP.calendar(1.0, 0.5) + LFP.cycling(cycles(1.0, count=365.0))
    assert damage == pytest.approx(0.2 / 20.0 + 0.2 * 365.0 / 6000.0)
    assert LFP.capacity(np.array(damage)) == pytest.approx(1.0 - damage)
    assert life_years(LFP, damage, 0.8, 40.0) == pytest.approx(0.2 / damage)
    # Half the depth does 0.5^1.2 = 0.43528 of the damage.
    assert LFP.cycling(cycles(0.5)) / LFP.cycling(cycles(1.0)) == pytest.approx(0.435275, abs=1e-6)


def test_the_model_of_xu_is_its_published_formulas():
    f_year = 4.14e-10 * 3600.0 * 8760.0 * math.exp(1.04 * (0.6 - 0.5))
    assert LMO.calendar(1.0, 0.6) == pytest.approx(f_year, rel=1e-12)
    f_cycle = math.exp(1.04 * (0.4 - 0.5)) / (1.40e5 * 0.8**-0.501 - 1.23e5)
    assert LMO.cycling(cycles(0.8, 0.4, 100.0)) == pytest.approx(100.0 * f_cycle, rel=1e-12)
    f = 0.05
    capacity = 0.0575 * math.exp(-121.0 * f) + (1.0 - 0.0575) * math.exp(-f)
    assert LMO.capacity(np.array(f)) == pytest.approx(capacity, rel=1e-12)


def test_warm_cells_of_xu_age_faster():
    warm, cool = (Ageing(cells="lmo_xu_2018", temperature_c=t).model for t in (35.0, 25.0))
    factor = math.exp(0.0693 * 10.0 * 298.15 / 308.15)
    assert warm.calendar(1.0, 0.5) / cool.calendar(1.0, 0.5) == pytest.approx(factor)
    assert cool.cycling(cycles(0.5)) == LMO.cycling(cycles(0.5))


@pytest.mark.parametrize("cells", EVERY)
@settings(max_examples=25)
@given(low=st.floats(0.01, 0.9), more=st.floats(0.01, 0.1))
def test_a_deeper_cycle_ages_more(cells, low, more):
    assert cells.cycling(cycles(low + more)) > cells.cycling(cycles(low))


@pytest.mark.parametrize("cells", EVERY)
def test_a_battery_at_rest_ages_by_time_alone(cells):
    assert cells.cycling(rainflow(np.full(100, 0.5), repeats=True)) == 0.0
    assert cells.calendar(1.0, 0.5) > 0.0
    assert cells.calendar(2.0, 0.5) == pytest.approx(2.0 * cells.calendar(1.0, 0.5))


@pytest.mark.parametrize("cells", EVERY)
@settings(max_examples=25)
@given(levels)
def test_doubling_the_history_doubles_the_damage_of_its_cycles(cells, level):
    once = cells.cycling(rainflow(level, repeats=True))
    twice = cells.cycling(rainflow(np.concatenate([level, level]), repeats=True))
    assert twice == pytest.approx(2.0 * once)


@pytest.mark.parametrize("cells", EVERY)
@settings(max_examples=25)
@given(levels, st.randoms(use_true_random=False))
def test_the_order_of_cycles_does_not_matter(cells, depths, random):
    """Cycles that all begin at full charge, in any order."""
    shuffled = list(depths)
    random.shuffle(shuffled)
    day = [np.array([[1.0, 1.0 - d] for d in order]).ravel() for order in (depths, shuffled)]
    first, second = (cells.cycling(rainflow(one, repeats=True)) for one in day)
    assert second == pytest.approx(first)


@pytest.mark.parametrize("cells", EVERY)
@settings(max_examples=25)
@given(damage=st.floats(0.0, 2.0), more=st.floats(1e-6, 1.0))
def test_capacity_falls_from_one_and_never_below_nothing(cells, damage, more):
    assert cells.capacity(np.array(0.0)) == 1.0
    less, least = cells.capacity(np.array([damage, damage + more]))
    assert 0.0 <= least <= less <= 1.0


@pytest.mark.parametrize("cells", EVERY)
@settings(max_examples=25)
@given(yearly=st.floats(1e-3, 1.0), end=st.floats(0.5, 0.95))
def test_at_the_end_of_its_life_a_battery_has_the_capacity_of_that_end(cells, yearly, end):
    years = life_years(cells, yearly, end, 1000.0)
    assert cells.capacity(np.array(yearly * years)) == pytest.approx(end, abs=1e-9)
    assert life_years(cells, yearly, end, 0.5 * years) == 0.5 * years


@pytest.mark.parametrize("name", CELLS.names)
def test_cells_say_where_their_figures_come_from(name):
    data = CELLS.load(name)
    assert data.source
    assert data.covers
    assert data.title_zh
    assert data.assumed == (name == "lfp")
