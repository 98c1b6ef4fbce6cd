"""Dispatch programs of all kinds, made from a seed, and HiGHS as the oracle for them."""

from __future__ import annotations

import highspy
import numpy as np
import scipy.sparse as sp

from altay_energy.dispatch.block_lp import BlockLP


def random_program(seed: int, *, steps: int | None = None, kind: str | None = None) -> BlockLP:
    """A bus with plants, a grid connection and one to four storages; always feasible.

    ``kind`` picks what is special about it: ``plain``, ``degenerate`` (equal or no prices),
    ``limits`` (dense rows), ``peak`` (shared variables), ``idle`` (plants of size zero), ``wide``
    (powers from 1e-3 to 1e5 MW, costs from 1e-3 to 1e4), or one of them by chance.
    """
    rng = np.random.default_rng(seed)
    kinds = ("plain", "degenerate", "limits", "peak", "idle", "wide")
    kind = kind or str(rng.choice(kinds))
    steps = steps or int(rng.integers(24, 200))
    storages = int(rng.integers(1, 5))
    cyclic = bool(rng.random() < 0.5)
    hour = np.arange(steps)
    size = 10.0 ** rng.uniform(-3, 5) if kind == "wide" else 10.0 ** rng.uniform(1, 3.5)

    rows = 1 + storages + (kind == "peak")
    table: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []

    def add(now, cost, upper, before=(), lower=0.0):
        columns = np.zeros((2, rows))
        for row, value in dict(now).items():
            columns[0, row] = value
        for row, value in dict(before).items():
            columns[1, row] = value
        series = (np.broadcast_to(v, (steps,)).astype(float) for v in (cost, lower, upper))
        table.append((*columns, *series))

    load = size * (1.0 + 0.3 * np.sin(2 * np.pi * (hour - 8) / 24) + 0.1 * rng.random(steps))
    wind = size * rng.uniform(0.3, 3.0) * np.clip(_slow(rng, steps), 0.0, 1.0)
    sun = size * rng.uniform(0.0, 2.0) * np.maximum(-np.cos(2 * np.pi * hour / 24), 0.0)
    price = _prices(rng, kind, hour)
    add({0: 1.0}, 0.0, wind)
    add({0: 1.0}, 0.0 if kind == "degenerate" else rng.choice([0.0, 1e-3, 5.0]), sun)
    peak_row = {rows - 1: 1.0} if kind == "peak" else {}
    add({0: 1.0} | peak_row, price, size * rng.uniform(0.1, 1.0))
    add({0: -1.0}, -0.9 * price, size * rng.uniform(0.0, 1.0) * (rng.random(steps) < 0.9))
    thermal = size * rng.uniform(0.0, 0.8)
    add({0: 1.0}, rng.uniform(100, 500), thermal, lower=thermal * rng.choice([0.0, 0.3]))
    add({0: 1.0}, 1e4, load)
    add({0: -1.0}, 0.0, wind.max() + sun.max() + thermal)  # what is not taken is spilt
    rhs = np.zeros((rows, steps))
    rhs[0] = load
    for s in range(storages):
        idle = kind == "idle" and rng.random() < 0.6
        scale = size * (10.0 ** rng.uniform(-4, 0) if kind == "wide" else rng.uniform(0.02, 0.6))
        power, energy = scale * rng.uniform(0.5, 1.0, 2), scale * 10.0 ** rng.uniform(-0.5, 2.5)
        if idle:
            power, energy = power * rng.choice([0.0, 1.0]), energy * rng.choice([0.0, 1.0])
        into, out = rng.uniform(0.7, 1.0, 2) if kind != "degenerate" else (1.0, 1.0)
        keep = 1.0 - rng.choice([0.0, 1e-5, 1e-3])
        add({0: -1.0, 1 + s: -into}, 0.0, power[0])
        add({0: 1.0, 1 + s: 1.0 / out}, rng.choice([0.0, 1.0]), power[1])
        add({1 + s: 1.0}, 0.0, energy, before={1 + s: keep})
        if not cyclic:
            rhs[1 + s, 0] = keep * energy * rng.uniform(0.0, 1.0)
            if rng.random() < 0.5:  # the last level is the first one at least, if it can be
                table[-1][3][-1] = rhs[1 + s, 0] * keep ** (steps - 1) * 0.9
    if kind == "peak":
        add({rows - 1: 1.0}, 0.0, size)
    now, before = np.array([t[0] for t in table]).T, np.array([t[1] for t in table]).T
    cost, lower, upper = (np.array([t[i] for t in table]) for i in (2, 3, 4))
    program = {
        "now": now,
        "before": before,
        "rhs": rhs,
        "cost": cost,
        "lower": lower,
        "upper": upper,
        "cyclic": cyclic,
        "quadratic": None,
    }
    limits = _limits(rng, kind, upper)
    peaks = _peaks(rng, kind, rhs, size, limits["dense_rhs"].size)
    return BlockLP(**program, **limits, **peaks)


def _slow(rng, steps):
    return np.repeat(rng.uniform(-0.2, 1.2, steps // 12 + 1), 12)[:steps] + rng.normal(
        0.0, 0.1, steps
    )


def _prices(rng, kind, hour):
    if kind == "degenerate":
        return np.full(hour.size, rng.choice([0.0, 300.0]))
    if kind == "wide":
        return 10.0 ** rng.uniform(-3, 3.5, hour.size)
    if rng.random() < 0.5:
        return np.choose(hour % 24 // 8, [150.0, 300.0, 450.0])  # a tariff of three periods
    return 300.0 + 100.0 * rng.normal(size=hour.size)  # a market, at times below zero


def _limits(rng, kind, upper):
    """Exports are a share of the year, emissions are capped, fuel is taken or paid."""
    columns, steps = upper.shape
    count = int(rng.integers(1, 4)) if kind == "limits" else 0
    dense = np.zeros((3, columns, steps))
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


def _peaks(rng, kind, rhs, size, dense):
    """The highest import of every month (of 72 steps) has its price."""
    rows, steps = rhs.shape
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


def by_highs(lp: BlockLP) -> tuple[float, str]:
    """Objective and status of one linear program from HiGHS."""
    rows, columns, steps = lp.rows, lp.columns, lp.steps
    one = sp.eye(steps, format="csr")
    earlier = sp.eye(steps, k=-1, format="lil")
    if lp.cyclic:
        earlier[0, steps - 1] += 1.0
    matrix = sp.kron(lp.now, one) - sp.kron(lp.before, earlier.tocsr())
    dense, shared = lp.dense_equal.size, lp.shared_cost.size
    low = high = lp.rhs.ravel()
    if shared:
        matrix = sp.hstack([matrix, lp.shared.transpose(0, 2, 1).reshape(rows * steps, shared)])
    if dense:
        limits = np.hstack([lp.dense.reshape(dense, columns * steps), lp.dense_shared])
        matrix = sp.vstack([matrix, limits])
        high = np.concatenate([high, lp.dense_rhs])
        low = np.concatenate([low, np.where(lp.dense_equal, lp.dense_rhs, -np.inf)])
    matrix = matrix.tocsc()
    matrix.eliminate_zeros()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = np.concatenate([lp.cost.ravel(), lp.shared_cost])
    model.col_lower_ = np.concatenate([lp.lower.ravel(), lp.shared_lower])
    model.col_upper_ = np.concatenate([lp.upper.ravel(), lp.shared_upper])
    model.row_lower_, model.row_upper_ = low, high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("primal_feasibility_tolerance", 1e-9)
    highs.setOptionValue("dual_feasibility_tolerance", 1e-9)
    highs.passModel(model)
    highs.run()
    return highs.getInfo().objective_function_value, highs.modelStatusToString(
        highs.getModelStatus()
    )
