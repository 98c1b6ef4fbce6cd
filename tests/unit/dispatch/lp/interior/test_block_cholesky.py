"""Block Cholesky against plain dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from altay_energy.core.units import Array
from altay_energy.dispatch.lp.interior.block_cholesky import BlockCholesky


def blocks(seed: int, rows: int, steps: int, runs: int = 2) -> tuple[Array, Array]:
    """Diagonal and links of positive definite matrices."""
    rng = np.random.default_rng(seed)
    diagonal = rng.normal(size=(runs, rows, rows, steps))
    diagonal += diagonal.swapaxes(1, 2)
    for row in range(rows):
        diagonal[:, row, row] += 8.0 * rows
    return diagonal, rng.normal(size=(runs, rows, rows, steps - 1))


def as_dense(diagonal: Array, link: Array) -> Array:
    """One matrix, written down step by step."""
    rows, steps = diagonal.shape[0], diagonal.shape[-1]
    full = np.zeros((steps, rows, steps, rows))
    for t in range(steps):
        full[t, :, t] = diagonal[..., t]
    for t in range(steps - 1):
        full[t + 1, :, t], full[t, :, t + 1] = link[..., t], link[..., t].T
    return full.reshape(steps * rows, steps * rows)


def factor(diagonal: Array, link: Array) -> BlockCholesky:
    runs, rows, _, steps = diagonal.shape
    made = BlockCholesky(runs, rows, steps, [(i, j) for i in range(rows) for j in range(rows)])
    made.factor(diagonal, link)
    return made


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 7, 8, 9, 22, 31])
def test_solutions_are_those_of_the_written_out_matrix(rows, steps):
    diagonal, link = blocks(0, rows, steps)
    found = factor(diagonal, link)
    right = np.random.default_rng(1).normal(size=(2, rows, steps))
    solved = found.backward(found.forward(right))
    for run in range(2):
        product = as_dense(diagonal[run], link[run]) @ solved[run].T.ravel()
        np.testing.assert_allclose(product, right[run].T.ravel(), atol=1e-10)


def test_a_matrix_has_the_same_digits_whatever_is_solved_beside_it():
    diagonal, link = blocks(4, 2, 31, runs=3)
    diagonal[1, 0, 0, 9] = -1.0
    right = np.random.default_rng(5).normal(size=(3, 2, 31))
    together = factor(diagonal, link)
    assert together.good.tolist() == [True, False, True]
    solved = together.backward(together.forward(right))
    for run in (0, 2):
        one = slice(run, run + 1)
        alone = factor(diagonal[one], link[one])
        assert np.array_equal(alone.backward(alone.forward(right[one])), solved[one])


def test_a_pivot_lost_to_rounding_is_corrected():
    diagonal, link = np.zeros((1, 1, 1, 8)), np.zeros((1, 1, 1, 7))
    diagonal[...] = 1.0
    diagonal[..., 0], link[..., 0] = 1.0 - 1e-13, 1.0  # a pivot of -1e-13
    assert factor(diagonal, link).good.all()
    assert not factor(diagonal - 1e-6, link).good.any()
