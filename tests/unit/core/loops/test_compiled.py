"""How a loop over time is run: the choice depends on its size and on numba, never its result."""

import pytest

from altay_energy.core.errors import ScenarioError
from altay_energy.core.loops import compiled as loops


def loop(values, total):
    for k in range(len(values)):
        total[k] = values[k] + (total[k - 1] if k > 0 else 0.0)


@pytest.fixture
def ways(monkeypatch):
    def of(asked, runs, steps):
        monkeypatch.setenv(loops.VARIABLE, asked)
        return loops.way_of(loop, runs, steps)

    return of


def test_few_runs_are_plain_and_many_are_arrays_without_numba(ways, monkeypatch):
    monkeypatch.setattr(loops, "compiled", lambda loop: None)
    for asked in ("auto", "numpy", "numba"):
        assert ways(asked, 1, 8760) == "plain"
        assert ways(asked, loops.FEW_RUNS + 1, 8760) == "arrays"


def test_numba_takes_loops_that_are_long_enough_to_pay_for_its_start(ways, monkeypatch):
    monkeypatch.setattr(loops, "compiled", lambda loop: loop)
    assert ways("auto", 1, 8760) == "plain"
    assert ways("auto", 64, 8760) == "compiled"
    assert ways("numba", 1, 24) == "compiled"
    assert ways("numpy", 64, 8760) == "arrays"


def test_a_loop_does_not_compile_where_numba_is_missing_or_fails(monkeypatch):
    loops.compiled.cache_clear()
    monkeypatch.setattr(loops, "installed", lambda: False)
    assert loops.compiled(loop) is None
    loops.compiled.cache_clear()
    monkeypatch.setattr(loops, "installed", lambda: True)
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    assert loops.compiled(loop) is None
    loops.compiled.cache_clear()


def test_another_kernel_is_refused(ways):
    with pytest.raises(ScenarioError, match="expected one of auto, numpy, numba"):
        ways("fortran", 1, 1)
