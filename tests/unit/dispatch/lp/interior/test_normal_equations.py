"""Products and factors of block programs against plain dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.dispatch.lp.interior.normal_equations import Elimination, NormalMatrix
from altay_energy.dispatch.lp.matrix import BlockMatrix
from altay_energy.dispatch.lp.program import BlockLP


def program(seed, *, rows=(2, 2), steps=7, cyclic=True, dense=0, shared=0, runs=2) -> BlockLP:
    """Any matrices of the shape: ``rows`` = (of one step, that couple two)."""
    rng = np.random.default_rng(seed)
    local, coupled = rows
    m, n = local + coupled, 3 * (local + coupled)
    now = rng.normal(size=(m, n)) * (rng.random((m, n)) < 0.7)
    before = np.zeros((m, n))
    for row in range(local, m):  # one level for every coupled row
        now[:, -row] = 0.0
        now[row, -row] = 1.0
        before[row, -row] = rng.uniform(0.5, 1.0)
    return BlockLP(
        now=now,
        before=before,
        rhs=np.zeros((runs, m, steps)),
        cost=np.zeros((n, steps)),
        lower=np.zeros((n, steps)),
        upper=np.ones((n, steps)),
        cyclic=cyclic,
        quadratic=None,
        dense=rng.normal(size=(dense, n, steps)) * (rng.random((dense, n, 1)) < 0.5),
        dense_rhs=np.zeros(dense),
        dense_equal=np.arange(dense) % 2 == 0,
        shared_cost=np.zeros(shared),
        shared_lower=np.zeros(shared),
        shared_upper=np.ones(shared),
        shared=rng.normal(size=(runs, m, shared, steps)),
        dense_shared=rng.normal(size=(dense, shared)),
    )


def as_dense(lp: BlockLP, run: int) -> np.ndarray:
    """All rows as one matrix, written down entry by entry."""
    m, n, steps = lp.rows, lp.columns, lp.steps
    dense, shared = lp.dense_equal.size, lp.shared_cost.size
    slacks = np.flatnonzero(~lp.dense_equal)
    full = np.zeros((m * steps + dense, n * steps + shared + slacks.size))
    for t in range(steps):
        for row in range(m):
            at = row * steps + t
            for column in range(n):
                full[at, column * steps + t] += lp.now[row, column]
                if t > 0 or lp.cyclic:
                    full[at, column * steps + (t - 1) % steps] -= lp.before[row, column]
            full[at, n * steps : n * steps + shared] = lp.shared[run, row, :, t]
    full[m * steps :, : n * steps] = lp.dense.reshape(dense, n * steps)
    full[m * steps :, n * steps : n * steps + shared] = lp.dense_shared
    full[m * steps + slacks, n * steps + shared + np.arange(slacks.size)] = 1.0
    return full


SHAPES = [
    {"cyclic": False},
    {"cyclic": True},
    {"rows": (1, 1), "steps": 30},
    {"rows": (3, 0)},
    {"rows": (0, 2), "cyclic": False},
    {"rows": (1, 4), "steps": 5},
    {"dense": 3},
    {"shared": 2, "cyclic": False},
    {"dense": 2, "shared": 3, "rows": (2, 3)},
    {"steps": 1},
    {"steps": 2, "dense": 1, "shared": 1},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products_are_those_of_the_written_out_matrix(shape):
    lp = program(1, **shape)
    matrix, rng = BlockMatrix(lp), np.random.default_rng(2)
    x, y = rng.normal(size=(2, matrix.variables)), rng.normal(size=(2, matrix.all_rows))
    rows, columns = np.empty_like(y), np.empty_like(x)
    matrix.times(x, rows)
    matrix.transposed_times(y, columns)
    for run in range(2):
        full = as_dense(lp, run)
        np.testing.assert_allclose(rows[run], full @ x[run], atol=1e-12)
        np.testing.assert_allclose(columns[run], full.T @ y[run], atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("fixed", [0.0, 0.2])
def test_the_solution_is_that_of_the_written_out_normal_equations(shape, fixed):
    lp = program(3, **shape)
    matrix, rng = BlockMatrix(lp), np.random.default_rng(4)
    theta = 10.0 ** rng.uniform(-3, 3, (2, matrix.variables))
    theta *= rng.random(theta.shape) >= fixed
    rows = rng.normal(size=(2, matrix.all_rows))
    normal = NormalMatrix(Elimination(matrix))
    given = theta.copy()
    assert normal.factor(theta).all()
    np.testing.assert_array_equal(theta, given)
    found, _ = normal.solve(rows, np.zeros((2, normal.outside)))
    for run in range(2):
        full = as_dense(lp, run)
        whole = (full * theta[run]) @ full.T
        some = whole.any(axis=1)  # a row whose variables are all fixed has nothing to satisfy it
        np.testing.assert_allclose((whole @ found[run])[some], rows[run, some], atol=1e-6)


def test_variables_in_the_border_take_their_own_right_hand_side():
    lp = program(5, dense=1, shared=2)
    matrix, rng = BlockMatrix(lp), np.random.default_rng(6)
    normal = NormalMatrix(Elimination(matrix))
    theta = 10.0 ** rng.uniform(-1, 1, (2, matrix.variables))
    h, rows = rng.normal(size=theta.shape), rng.normal(size=(2, matrix.all_rows))
    normal.factor(theta)
    weighted = theta * h
    normal.put_border(weighted, 0.0)
    right = rows + matrix.times(weighted, np.empty_like(rows))
    dual, border = normal.solve(right, normal.at_border(h))
    for run in range(2):
        full = as_dense(lp, run)
        step = theta[run] * (full.T @ dual[run] - h[run])
        np.testing.assert_allclose(full @ step, rows[run], atol=1e-9)
        np.testing.assert_allclose(
            normal.at_border(step[np.newaxis])[0], border[run], rtol=1e-9, atol=1e-12
        )


def test_a_step_in_which_all_is_fixed_leaves_the_others_alone():
    lp = program(7, cyclic=False, rows=(1, 1), steps=4)
    matrix = BlockMatrix(lp)
    normal = NormalMatrix(Elimination(matrix))
    theta = np.ones((2, matrix.variables))
    matrix.by_step(theta)[:, :, 2] = 0.0
    rows = np.random.default_rng(8).normal(size=(2, matrix.all_rows))
    assert normal.factor(theta).all()
    dual, _ = normal.solve(rows, np.zeros((2, 0)))
    full = as_dense(lp, 0)
    kept = (np.abs(full) * theta[0]).sum(axis=1) > 0.0
    missing = (full * theta[0]) @ (full.T @ dual[0]) - rows[0]
    np.testing.assert_allclose(missing[kept], 0.0, atol=1e-9)


def test_weights_that_are_not_numbers_are_said_to_fail():
    lp = program(9)
    matrix = BlockMatrix(lp)
    theta = np.ones((2, matrix.variables))
    theta[1, 0] = np.nan
    assert NormalMatrix(Elimination(matrix)).factor(theta).tolist() == [True, False]


def test_the_band_is_as_wide_as_there_are_storages():
    matrix = BlockMatrix(program(10, rows=(1, 3)))
    normal = NormalMatrix(Elimination(matrix))
    normal.factor(np.ones((2, matrix.variables)))
    assert normal.coupled is not None
    assert normal.coupled.band.shape[-1] == 1 + 3
