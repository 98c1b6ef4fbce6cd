"""The interior-point method: HiGHS as its peer, and what must hold whatever the figures are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from altay_energy.core.errors import SeriesError
from altay_energy.dispatch.lp.certificate import certificate
from altay_energy.dispatch.lp.highs import solve_by_highs
from altay_energy.dispatch.lp.interior.predictor_corrector import Iteration
from altay_energy.dispatch.lp.interior_point import Effort, InteriorPoint, solve_fast
from altay_energy.dispatch.lp.program import BlockLP, steps_after, steps_before

KINDS = ("plain", "degenerate", "limits", "peak", "idle", "wide")
SPILL, UNSERVED = 6, 5
"""Columns of `program`."""


def program(seed: int, kind: str = "plain", steps: int | None = None) -> BlockLP:
    """A bus with plants, a grid connection and one to four storages; always feasible.

    ``plain``; ``degenerate``: equal or no prices, no losses; ``limits``: one to three dense rows;
    ``peak``: the highest import of every 72 steps has a price; ``idle``: plants of size zero;
    ``wide``: powers from 1e-3 to 1e5 MW, storages to a ten-thousandth of that, costs 1e-3 to 1e4.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    steps = steps or int(rng.integers(24, 200))
    storages, cyclic = int(rng.integers(1, 5)), bool(rng.random() < 0.5)
    hour = np.arange(steps)
    size = 10.0 ** (rng.uniform(-3, 5) if kind == "wide" else rng.uniform(1, 3.5))
    load = size * (1.0 + 0.3 * np.sin(2 * np.pi * (hour - 8) / 24) + 0.1 * rng.random(steps))
    calm = np.repeat(rng.uniform(-0.2, 1.2, steps // 12 + 1), 12)[:steps]
    wind = size * rng.uniform(0.3, 3.0) * np.clip(calm + 0.1 * rng.normal(size=steps), 0.0, 1.0)
    sun = size * rng.uniform(0.0, 2.0) * np.maximum(-np.cos(2 * np.pi * hour / 24), 0.0)
    price = prices(rng, kind, hour)
    thermal = size * rng.uniform(0.0, 0.8)

    rows = 1 + storages + (kind == "peak")
    table = Table(rows, steps)
    table.add({0: 1.0}, 0.0, wind)
    table.add({0: 1.0}, 0.0 if kind == "degenerate" else rng.choice([0.0, 1e-3, 5.0]), sun)
    peak_row = {rows - 1: 1.0} if kind == "peak" else {}
    table.add({0: 1.0} | peak_row, price, size * rng.uniform(0.1, 1.0))
    exports = size * rng.uniform(0.0, 1.0) * (rng.random(steps) < 0.9)
    table.add({0: -1.0}, -0.9 * price, exports)
    must_run = thermal * rng.choice([0.0, 0.3])
    table.add({0: 1.0}, rng.uniform(100.0, 500.0), thermal, lower=must_run)
    table.add({0: 1.0}, 1e4, load)
    table.add({0: -1.0}, 0.0, wind.max() + sun.max() + thermal)
    rhs = np.zeros((rows, steps))
    rhs[0] = load
    for row in range(1, 1 + storages):
        rhs[row, 0] = add_storage(table, rng, row, kind, size, cyclic)
    if kind == "peak":
        table.add({rows - 1: 1.0}, 0.0, size)
    limits = period_limits(rng, kind, table.series("upper"))
    return BlockLP(
        now=np.array(table.now).T,
        before=np.array(table.before).T,
        rhs=rhs,
        cost=table.series("cost"),
        lower=table.series("lower"),
        upper=table.series("upper"),
        cyclic=cyclic,
        quadratic=None,
        **limits,
        **monthly_peaks(rng, kind, rows, steps, size, limits["dense_rhs"].size),
    )


class Table:
    """Columns of a program, added one by one."""

    def __init__(self, rows: int, steps: int) -> None:
        self.rows, self.steps = rows, steps
        self.now, self.before = [], []
        self.columns = {"cost": [], "lower": [], "upper": []}

    def add(self, now, cost, upper, before=None, lower=0.0) -> None:
        for entries, into in ((now, self.now), (before or {}, self.before)):
            column = np.zeros(self.rows)
            column[list(entries)] = list(entries.values())
            into.append(column)
        for name, values in (("cost", cost), ("lower", lower), ("upper", upper)):
            self.columns[name].append(np.array(np.broadcast_to(values, self.steps), dtype=float))

    def series(self, name: str) -> np.ndarray:
        return np.array(self.columns[name])


def prices(rng, kind, hour):
    if kind == "degenerate":
        return np.full(hour.size, rng.choice([0.0, 300.0]))
    if kind == "wide":
        return 10.0 ** rng.uniform(-3.0, 3.5, hour.size)
    if rng.random() < 0.5:
        return np.choose(hour % 24 // 8, [150.0, 300.0, 450.0])  # a tariff of three periods
    return 300.0 + 100.0 * rng.normal(size=hour.size)  # a market, at times below zero


def add_storage(table, rng, row, kind, size, cyclic) -> float:
    """Charge, discharge and level; what row ``row`` has on its right-hand side at first."""
    scale = size * (10.0 ** rng.uniform(-4, 0) if kind == "wide" else rng.uniform(0.02, 0.6))
    power, energy = scale * rng.uniform(0.5, 1.0, 2), scale * 10.0 ** rng.uniform(-0.5, 2.5)
    if kind == "idle" and rng.random() < 0.6:
        power, energy = power * rng.choice([0.0, 1.0]), energy * rng.choice([0.0, 1.0])
    into, out = (1.0, 1.0) if kind == "degenerate" else rng.uniform(0.7, 1.0, 2)
    keep = 1.0 - rng.choice([0.0, 1e-5, 1e-3])
    table.add({0: -1.0, row: -into}, 0.0, power[0])
    table.add({0: 1.0, row: 1.0 / out}, rng.choice([0.0, 1.0]), power[1])
    table.add({row: 1.0}, 0.0, energy, before={row: keep})
    if cyclic:
        return 0.0
    start = keep * energy * rng.uniform(0.0, 1.0)
    if rng.random() < 0.5:  # the last level is at least what is left of the first
        table.columns["lower"][-1][-1] = 0.9 * start * keep**table.steps
    return start


def period_limits(rng, kind, upper):
    """Exports are a share of the year, emissions are capped, fuel is taken or paid."""
    count = int(rng.integers(1, 4)) if kind == "limits" else 0
    dense = np.zeros((3, *upper.shape))
    dense[0, 3] = 1.0
    dense[1, 2], dense[1, 4] = 0.6, 0.8
    dense[2, 4] = 1.0
    fuel = rng.uniform(0.4, 0.9) * upper[4].sum()
    exports = rng.uniform(0.0, 0.5) * upper[3].sum()
    emissions = 0.8 * fuel + rng.uniform(0.05, 0.5) * 0.6 * upper[2].sum()
    return {
        "dense": dense[:count],
        "dense_rhs": np.array([exports, emissions, fuel])[:count],
        "dense_equal": np.array([False, False, True])[:count],
    }


def monthly_peaks(rng, kind, rows, steps, size, dense):
    """The highest import of every month (of 72 steps) has its price."""
    months = 1 + steps // 72 if kind == "peak" else 0
    shared = np.zeros((rows, months, steps))
    for month in range(months):
        shared[-1, month, month * 72 : (month + 1) * 72] = -1.0
    return {
        "shared_cost": rng.uniform(100.0, 40_000.0, months),
        "shared_lower": np.zeros(months),
        "shared_upper": np.full(months, size),
        "shared": shared,
        "dense_shared": np.zeros((dense, months)),
    }


def objective(lp: BlockLP, solution) -> np.ndarray:
    total = (lp.cost * solution.x).sum(axis=(-2, -1)) + solution.y @ lp.shared_cost
    if lp.quadratic is not None:
        total = total + 0.5 * (lp.quadratic * solution.x**2).sum(axis=(-2, -1))
    return total


def alike(runs: list[BlockLP]) -> BlockLP:
    """Programs of the same matrices as one batch."""
    names = ("rhs", "cost", "lower", "upper")
    return replace(runs[0], **{n: np.stack([getattr(run, n) for run in runs]) for n in names})


def weather_years(seed: int, count: int, kind: str = "plain", steps: int = 96) -> list[BlockLP]:
    """The same system in other weather."""
    lp, rng = program(seed, kind, steps), np.random.default_rng(seed)
    runs = []
    for _ in range(count):
        upper = lp.upper.copy()
        upper[[0, 1]] *= rng.uniform(0.3, 1.0, (2, steps))
        runs.append(replace(lp, upper=upper))
    return runs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [range(0, 12), range(12, 24), range(24, 36)])
def test_costs_agree_with_highs(kind, seeds):
    for seed in seeds:
        lp = program(seed, kind)
        ours, theirs = solve_fast(lp), solve_by_highs(lp, method="simplex")
        assert (ours.status, theirs.status) == ("optimal", "optimal"), seed
        assert objective(lp, ours) == pytest.approx(objective(lp, theirs), rel=1e-7, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_costs_of_a_year_agree_with_highs(kind):
    lp = program(1, kind, steps=8760)
    ours, theirs = solve_fast(lp), solve_by_highs(lp, method="simplex")
    assert (ours.status, theirs.status) == ("optimal", "optimal")
    assert objective(lp, ours) == pytest.approx(objective(lp, theirs), rel=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_hold_and_prices_fit_what_runs(kind):
    lp = program(101, kind)
    found = solve_fast(lp, Effort(gap=1e-12, residual=1e-9))
    x, dual = found.x, found.row_dual
    rows = lp.now @ x - lp.before @ steps_before(x, cyclic=lp.cyclic) - lp.rhs
    rows += np.einsum("mpt,p->mt", lp.shared, found.y)
    assert np.abs(rows).max() <= 1e-6
    total = np.einsum("knt,nt->k", lp.dense, x) - lp.dense_rhs
    assert np.all(np.where(lp.dense_equal, np.abs(total), total) <= 1e-6 * lp.steps)
    assert np.all((x >= lp.lower) & (x <= lp.upper))
    z = lp.cost - lp.now.T @ dual + lp.before.T @ steps_after(dual, cyclic=lp.cyclic)
    z -= np.einsum("knt,k->nt", lp.dense, found.dense_dual)
    earned = np.where(z > 0.0, z * (x - lp.lower), z * (x - lp.upper))
    assert earned.sum() <= 1e-8 * max(1.0, abs(objective(lp, found)))
    assert np.all(found.dense_dual[~lp.dense_equal] <= 1e-9)


def test_the_balance_dual_is_what_another_megawatt_costs():
    lp = program(3, steps=48)
    found = solve_fast(lp, Effort(gap=1e-12))
    before = objective(lp, solve_by_highs(lp, method="simplex"))
    for step in (0, 17, 47):
        ends = []
        for extra in (-1e-3, 1e-3):
            rhs = lp.rhs.copy()
            rhs[0, step] += extra
            more = objective(lp, solve_by_highs(replace(lp, rhs=rhs), method="simplex"))
            ends.append((more - before) / extra)
        assert ends[0] - 1e-2 <= found.row_dual[0, step] <= ends[1] + 1e-2


@pytest.mark.parametrize("kind", ["plain", "limits", "peak", "wide"])
def test_megawatts_of_another_size_take_the_same_iterations(kind):
    lp, k = program(7, kind), 2.0**11
    large = replace(
        lp,
        rhs=lp.rhs * k,
        lower=lp.lower * k,
        upper=lp.upper * k,
        dense_rhs=lp.dense_rhs * k,
        shared_upper=lp.shared_upper * k,
    )
    exact = Effort(gap=1e-9, residual=np.inf)
    one, other = solve_fast(lp, exact), solve_fast(large, replace(exact, residual=np.inf))
    assert one.iterations == other.iterations
    np.testing.assert_allclose(other.x, k * one.x, rtol=1e-5, atol=1e-6 * k * lp.upper.max())
    assert objective(large, other) == pytest.approx(k * objective(lp, one), rel=1e-8)


def test_costs_in_another_currency_give_the_same_dispatch():
    lp = program(8)
    cheap = replace(lp, cost=lp.cost * 2.0**-7, shared_cost=lp.shared_cost * 2.0**-7)
    one, other = solve_fast(lp), solve_fast(cheap)
    assert one.iterations == other.iterations
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.row_dual * 2.0**-7, other.row_dual)


def test_the_order_of_plants_changes_nothing_but_rounding():
    lp = program(9)
    order = np.random.default_rng(0).permutation(lp.columns)
    mixed = replace(
        lp,
        now=lp.now[:, order],
        before=lp.before[:, order],
        cost=lp.cost[order],
        lower=lp.lower[order],
        upper=lp.upper[order],
        dense=lp.dense[:, order],
    )
    assert objective(mixed, solve_fast(mixed)) == pytest.approx(
        objective(lp, solve_fast(lp)), rel=2e-9
    )


@pytest.mark.parametrize("kind", ["plain", "limits", "peak", "idle"])
def test_a_batch_equals_its_programs_one_by_one(kind):
    runs = weather_years(11, 7, kind)
    batch = solve_fast(alike(runs))
    singles = [solve_fast(run) for run in runs]
    assert len(set(batch.iterations)) > 1  # some end before others
    np.testing.assert_array_equal(batch.iterations, [one.iterations for one in singles])
    np.testing.assert_array_equal(batch.x, [one.x for one in singles])
    np.testing.assert_array_equal(batch.y, [one.y for one in singles])
    np.testing.assert_array_equal(batch.row_dual, [one.row_dual for one in singles])


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_has_the_same_digits_alone_and_beside_others(kind):
    for seed in range(6):
        many = alike(weather_years(seed, 3, kind))
        together = solve_fast(many)
        for run in range(3):
            alone = solve_fast(many.one((run,)))
            for name in ("x", "y", "row_dual", "dense_dual"):
                np.testing.assert_array_equal(getattr(alone, name), getattr(together, name)[run])


@pytest.mark.parametrize("kind", ["plain", "limits", "peak"])
def test_workers_change_nothing(monkeypatch, kind):
    monkeypatch.setattr("altay_energy.dispatch.lp.batch._FEWEST_VARIABLES", 0)
    lp = alike(weather_years(12, 5, kind))
    one, two = solve_fast(lp), solve_fast(lp, Effort(workers=2))
    for name in ("status", "x", "y", "row_dual", "dense_dual", "iterations"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_parts_that_fit_the_cache_change_nothing(monkeypatch):
    lp = alike(weather_years(12, 6))
    whole = solve_fast(lp)
    monkeypatch.setattr("altay_energy.dispatch.lp.interior_point._ELEMENTS_AT_ONCE", 3000)
    np.testing.assert_array_equal(solve_fast(lp).x, whole.x)


def test_a_gap_that_stays_at_zero_ends_the_iteration():
    iteration = object.__new__(Iteration)
    iteration.last_gap, iteration.stalls = np.full(1, np.inf), np.zeros(1, dtype=np.int64)
    assert [bool(iteration._stalled(np.zeros(1))[0]) for _ in range(3)] == [False, False, True]


def test_a_solver_is_used_again_for_other_figures():
    first, second = weather_years(13, 2)
    solver = InteriorPoint(first)
    solver.solve(first)
    np.testing.assert_array_equal(solver.solve(second).x, solve_fast(second).x)


def test_a_solver_refuses_a_program_of_other_rows():
    with pytest.raises(SeriesError, match="other rows or steps"):
        InteriorPoint(program(1, steps=48)).solve(program(1, steps=72))


@pytest.mark.parametrize("seed", range(8))
def test_load_without_any_source_is_infeasible(seed):
    lp = program(seed, KINDS[seed % len(KINDS)])
    upper = lp.upper.copy()
    upper[UNSERVED] = 0.0
    upper[[0, 1, 2, 4]] *= 0.1  # hardly any supply, and the load to be served in full
    lp = replace(lp, upper=upper, lower=np.minimum(lp.lower, upper))
    assert solve_by_highs(lp, method="simplex").status == "infeasible"
    assert solve_fast(lp).status == "infeasible"


def test_one_infeasible_year_leaves_the_others_solved():
    runs = weather_years(14, 3)
    dark = runs[1].upper.copy()
    dark[[0, 1, 2, UNSERVED]] = 0.0
    runs[1] = replace(runs[1], upper=dark)
    found = solve_fast(alike(runs))
    assert found.status.tolist() == ["optimal", "infeasible", "optimal"]


@pytest.mark.parametrize("seed", range(6))
def test_bounds_may_be_absent(seed):
    lp = program(seed, KINDS[seed])
    upper = lp.upper.copy()
    upper[[SPILL, UNSERVED]] = np.inf
    upper[9] = np.where(np.arange(lp.steps) % 2, np.inf, upper[9])
    lp = replace(lp, upper=upper)
    found = solve_fast(lp)
    assert found.status == "optimal"
    assert objective(lp, found) == pytest.approx(
        objective(lp, solve_by_highs(lp, method="simplex")), rel=1e-7, abs=1e-6
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_ray_of_endless_earnings_is_unbounded(seed):
    lp = program(seed, KINDS[seed])
    upper, cost = lp.upper.copy(), lp.cost.copy()
    upper[[SPILL, UNSERVED]] = np.inf
    cost[SPILL] = -11_000.0  # more than unserved load costs
    assert solve_fast(replace(lp, upper=upper, cost=cost)).status == "unbounded"


@pytest.mark.parametrize("kind", KINDS)
def test_a_strictly_convex_cost_has_one_solution_from_any_start(kind):
    lp = program(21, kind)
    # Two descriptions of one program: costs that differ by what the balance fixes anyway.
    lp = replace(lp, quadratic=np.full((lp.columns, lp.steps), 0.3), cost=np.sign(lp.cost))
    shifted = replace(lp, cost=lp.cost + 5.0 * lp.now[0][:, np.newaxis])
    sharp = Effort(gap=1e-13, residual=1e-9)
    one, other = solve_fast(lp, sharp), solve_fast(shifted, sharp)
    assert one.status == other.status == "optimal"
    scale = max(1.0, float(np.abs(one.x).max()))
    np.testing.assert_allclose(one.x, other.x, atol=1e-4 * scale)


def test_a_convex_program_of_one_step_has_its_solution_on_paper():
    # min 10 a + a²/2 + 12 b, a + b = 5: a runs until its marginal cost 10 + a is 12.
    lp = replace(
        small(now=[[1.0, 1.0]], rhs=[[5.0]], cost=[[10.0], [12.0]], upper=[[9.0], [9.0]]),
        quadratic=np.array([[1.0], [0.0]]),
    )
    found = solve_fast(lp)
    np.testing.assert_allclose(found.x[:, 0], [2.0, 3.0], atol=1e-6)
    np.testing.assert_allclose(found.row_dual, 12.0, atol=1e-6)


def small(now, rhs, cost, upper, before=None, cyclic=False) -> BlockLP:
    now = np.array(now)
    rows, columns, steps = *now.shape, len(rhs[0])
    return BlockLP(
        now=now,
        before=np.zeros_like(now) if before is None else np.array(before),
        rhs=np.array(rhs),
        cost=np.array(cost),
        lower=np.zeros((columns, steps)),
        upper=np.array(upper),
        cyclic=cyclic,
        quadratic=None,
        dense=np.zeros((0, columns, steps)),
        dense_rhs=np.zeros(0),
        dense_equal=np.zeros(0, dtype=bool),
        shared_cost=np.zeros(0),
        shared_lower=np.zeros(0),
        shared_upper=np.zeros(0),
        shared=np.zeros((rows, 0, steps)),
        dense_shared=np.zeros((0, 0)),
    )


def test_a_storage_moves_cheap_energy_to_the_expensive_hour():
    # Buy at 10 or 50, load 4 in both hours, storage of 3 MWh that gives back 80 %.
    lp = small(
        now=[[1.0, -1.0, 1.0, 0.0], [0.0, -0.8, 1.0, 1.0]],
        before=[[0.0] * 4, [0.0, 0.0, 0.0, 1.0]],
        rhs=[[4.0, 4.0], [0.0, 0.0]],
        cost=[[10.0, 50.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]],
        upper=[[99.0, 99.0], [9.0, 9.0], [9.0, 9.0], [3.0, 3.0]],
    )
    found = solve_fast(lp)
    assert objective(lp, found) == pytest.approx(10.0 * (4.0 + 3.0 / 0.8) + 50.0 * 1.0)
    np.testing.assert_allclose(found.row_dual[0], [10.0, 50.0], atol=1e-6)
    assert found.row_dual[1, 0] == pytest.approx(-12.5)  # a MWh given saves 10 / 0.8


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_periods_are_solved_too(steps):
    lp = program(5, steps=steps)
    for cyclic in (False, True):
        one = replace(
            lp, cyclic=cyclic, rhs=np.where(cyclic, lp.rhs * [[1], *[[0]] * (lp.rows - 1)], lp.rhs)
        )
        found, theirs = solve_fast(one), solve_by_highs(one, method="simplex")
        assert found.status == theirs.status == "optimal"
        assert objective(one, found) == pytest.approx(objective(one, theirs), rel=1e-7)


def test_a_limit_on_what_cannot_move_changes_nothing():
    lp = program(4, steps=48)
    upper = lp.upper.copy()
    upper[3] = 0.0  # no exports at all
    dense = np.zeros((2, lp.columns, lp.steps))
    dense[:, 3] = 1.0
    none = {"dense_rhs": np.zeros(2), "dense_equal": np.array([True, False])}
    closed = replace(lp, upper=upper)
    limited = replace(closed, dense=dense, dense_shared=np.zeros((2, 0)), **none)
    found = solve_fast(limited)
    assert found.status == "optimal"
    assert objective(limited, found) == pytest.approx(objective(closed, solve_fast(closed)))


def test_the_same_limit_twice_is_solved_or_handed_over():
    lp = program(2, "limits")
    twice = replace(
        lp,
        dense=np.concatenate([lp.dense, lp.dense]),
        dense_rhs=np.tile(lp.dense_rhs, 2),
        dense_equal=np.tile(lp.dense_equal, 2),
        dense_shared=np.zeros((2 * lp.dense_rhs.size, 0)),
    )
    found = solve_fast(twice)
    assert found.status in ("optimal", "failed", "limit")
    if found.status == "optimal":
        assert objective(twice, found) == pytest.approx(objective(lp, solve_fast(lp)))


@pytest.mark.parametrize("keep", [1.0, 0.999])
def test_a_level_that_nothing_can_move_stays_where_it_may(keep):
    steps = 30
    lp = program(6, steps=steps)
    storage = replace(
        lp,
        now=np.block(
            [[lp.now, np.zeros((lp.rows, 3))], [np.zeros((1, lp.columns)), -0.9, 1.1, 1.0]]
        ),
        before=np.pad(lp.before, ((0, 1), (0, 3))),
        rhs=np.pad(lp.rhs, ((0, 1), (0, 0))),
        cost=np.pad(lp.cost, ((0, 3), (0, 0))),
        lower=np.pad(lp.lower, ((0, 3), (0, 0))),
        upper=np.pad(lp.upper, ((0, 3), (0, 0))),
        cyclic=True,
        dense=np.zeros((0, lp.columns + 3, steps)),
        shared=np.zeros((lp.rows + 1, 0, steps)),
    )
    storage.before[-1, -1] = keep
    storage.upper[-1] = 500.0  # room, but neither pumps nor turbines
    storage.now[0, -3:-1] = -1.0, 1.0
    found = solve_fast(storage)
    assert found.status == "optimal"
    assert np.all(found.x[-3:-1] == 0.0)
    np.testing.assert_allclose(found.x[-1], found.x[-1, 0] if keep == 1.0 else 0.0, atol=1e-6)


def test_what_is_not_proven_is_not_called_optimal():
    assert solve_fast(program(2), Effort(gap=1e-3)).status == "failed"


def test_too_few_iterations_are_not_called_optimal():
    found = solve_fast(program(2), Effort(iterations=3))
    assert found.status == "limit"
    assert found.iterations == 3


def test_what_is_called_optimal_is_proven():
    for seed in range(12):
        lp = program(seed, KINDS[seed % len(KINDS)])
        found = solve_fast(lp)
        proof = certificate(lp, found)
        assert found.status == "optimal"
        assert proof.gap <= 1e-8
        assert proof.primal_residual <= 1e-6
