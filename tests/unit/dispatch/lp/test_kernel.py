"""The compiled kernel: NumPy's results as its reference, and NumPy where it cannot be used."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from altay_energy.core.errors import ScenarioError
from altay_energy.dispatch.lp import kernel
from altay_energy.dispatch.lp.certificate import PROVEN_GAP, certificate
from altay_energy.dispatch.lp.interior import by_tiles
from altay_energy.dispatch.lp.interior_point import Effort, solve_fast

sys.path.insert(0, str(Path(__file__).parent))

from test_interior_point import KINDS, program

SHARP = Effort(gap=1e-12, residual=1e-8)


@pytest.fixture
def fresh(monkeypatch):
    """As in a new process in which nothing has been compiled."""
    monkeypatch.setattr(kernel, "_FAILURES", [])
    kernel._why_not.cache_clear()
    yield monkeypatch
    kernel._why_not.cache_clear()


def both(lp, monkeypatch, effort=SHARP):
    found = []
    for name in ("numpy", "numba"):
        monkeypatch.setenv(kernel.VARIABLE, name)
        found.append(solve_fast(lp, effort))
    return found


def test_another_kernel_is_refused(monkeypatch):
    monkeypatch.setenv(kernel.VARIABLE, "fortran")
    with pytest.raises(ScenarioError, match="expected one of auto, numpy, numba"):
        solve_fast(program(0))


def test_without_numba_numpy_solves_and_says_so_only_if_numba_was_asked_for(fresh):
    fresh.setattr(kernel, "_installed", lambda: False)
    for asked, notices in (("auto", 0), ("numpy", 0), ("numba", 1)):
        fresh.setenv(kernel.VARIABLE, asked)
        assert not kernel.compiled_for(10**6)
        assert kernel.name() == "numpy"
        assert len(kernel.notices()) == notices


def test_a_kernel_that_does_not_compile_is_one_notice_and_the_same_result(fresh):
    def broken() -> None:
        raise RuntimeError("cannot cache function: no locator available")

    fresh.setattr(kernel, "_installed", lambda: True)
    fresh.setattr(by_tiles, "compile_passes", broken)
    lp = program(3)
    ours, other = both(lp, fresh)
    assert np.array_equal(ours.x, other.x)
    (notice,) = kernel.notices()
    assert "no locator available" in notice
    assert kernel.name() == "numpy"


def test_small_programs_do_not_load_numba(fresh):
    fresh.setenv(kernel.VARIABLE, "auto")
    fresh.setattr(by_tiles, "compile_passes", lambda: pytest.fail("nothing is compiled"))
    assert not kernel.compiled_for(168 * 13)
    assert not kernel.notices()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("curved", [False, True])
def test_both_kernels_find_the_same_optimum(kind, curved, monkeypatch):
    pytest.importorskip("numba")
    for seed in range(25):
        lp = program(seed, kind)
        if curved:
            lp = replace(lp, quadratic=np.full((lp.columns, lp.steps), 1e-2))
        reference, ours = both(lp, monkeypatch)
        assert ours.status == "optimal"
        if reference.status != "optimal":  # one program of 300, by NumPy, which HiGHS then solves
            continue
        cost, proof = certificate(lp, reference).objective, certificate(lp, ours)
        assert abs(proof.objective - cost) <= 1e-8 * max(1.0, abs(cost))
        assert proof.gap <= PROVEN_GAP
        if curved:
            assert ours.x == pytest.approx(reference.x, abs=1e-5 * max(1.0, reference.x.max()))


@pytest.mark.slow
def test_tiles_join_where_one_ends_and_the_next_begins(monkeypatch):
    pytest.importorskip("numba")
    for seed, kind in enumerate(KINDS):
        lp = program(seed, kind, steps=1100)
        reference, ours = both(lp, monkeypatch)
        cost = certificate(lp, reference).objective
        assert ours.status == "optimal"
        assert certificate(lp, ours).objective == pytest.approx(cost, rel=1e-8, abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2, 7, 8, 9, 15, 16, 17, 511, 512, 513])
def test_lanes_may_be_uneven_or_empty(steps, monkeypatch):
    pytest.importorskip("numba")
    for seed, kind in enumerate(KINDS):
        lp = program(100 * steps + seed, kind, steps=steps)
        reference, ours = both(lp, monkeypatch)
        cost = certificate(lp, reference).objective
        assert ours.status == "optimal"
        assert certificate(lp, ours).objective == pytest.approx(cost, rel=1e-8, abs=1e-8)


def test_series_in_lanes_are_found_again():
    for length in (1, 2, 9, 64, 8760, 8784):
        lanes, series = by_tiles.Lanes(length), np.arange(2.0 * length).reshape(2, length)
        assert np.array_equal(lanes.gather(lanes.spread(series)), series)
        before = lanes.before(cyclic=True)
        used = np.flatnonzero(before >= 0)
        assert sorted(before[used]) == list(used)  # one after the other, and the last to the first


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "limits", "peak"])
def test_no_digit_depends_on_the_batch_or_on_threads(kind, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setenv(kernel.VARIABLE, "numba")
    one = program(5, kind, steps=300)
    scale = np.linspace(0.8, 1.2, 7)[:, None, None]
    many = replace(one, cost=one.cost * scale)
    together = solve_fast(many, replace(SHARP, workers=3))
    for run in range(len(scale)):
        alone = solve_fast(many.one((run,)), SHARP)
        for name in ("x", "y", "row_dual", "dense_dual"):
            assert np.array_equal(getattr(alone, name), getattr(together, name)[run])


@pytest.mark.slow
def test_programs_without_solution_are_found_so(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setenv(kernel.VARIABLE, "numba")
    for seed in range(10):
        lp = program(seed)
        rhs = lp.rhs.copy()
        rhs[0] += 10.0 * np.abs(lp.upper).sum()
        assert solve_fast(replace(lp, rhs=rhs)).status == "infeasible"
