"""A small number of mutated inputs in each plain run; the tool makes as many as one likes."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(scope="module")
def tool(repository):
    """The module ``tools/mutate_inputs.py``."""
    sys.path.insert(0, str(repository / "tools"))
    try:
        import mutate_inputs
    finally:
        sys.path.pop(0)
    return mutate_inputs


@pytest.mark.parametrize("kind", ["scenario", "series", "weather"])
def test_mutated_inputs_end_in_a_result_that_closes_or_in_an_error_of_ours(tool, kind):
    tally = tool.hunt(40, seed=20, kind=kind, runs=0.3)
    assert not tally.findings, tool.report(tally)
    assert tally.refused > 0
    assert tally.loaded + tally.refused == 40


@pytest.mark.slow
def test_many_mutated_inputs(tool):
    tally = tool.hunt(3000, seed=21, runs=0.1)
    assert not tally.findings, tool.report(tally)


def test_every_sound_input_loads_and_closes(tool, tmp_path):
    with tool.remembered_climate():
        for name, files in tool.bases().items():
            whole = tool.Tally()
            found = tool.examine(tool.Mutant(files, (name,)), tmp_path, run=True, tally=whole)
            assert found is None, found
            assert whole.ran == 1, name


def test_a_fault_is_found_counted_and_made_small(tool, monkeypatch):
    real = tool.ae.load

    def broken(path, *rest):
        scenario = real(path, *rest)
        if scenario.portfolio.battery:
            raise TypeError("a fault")
        return scenario

    monkeypatch.setattr(tool.ae, "load", broken)
    tally = tool.hunt(30, seed=3, kind="series", runs=0.0)
    (found,) = tally.findings.values()
    assert found.count >= 1
    assert b"battery" in found.mutant.files["s.toml"]
    assert b"solar" not in found.mutant.files["s.toml"]


def test_a_balance_that_does_not_close_is_found(tool, tmp_path, monkeypatch):
    (tmp_path / "s.toml").write_bytes(tool.bases()["plants rules"]["s.toml"])
    (tmp_path / "power.csv").write_bytes(tool.bases()["plants rules"]["power.csv"])
    run = tool.ae.load(tmp_path / "s.toml").run()
    assert tool.ledger_faults(run) == []
    bent = run.dispatch.import_mw + 1e-3
    object.__setattr__(run.dispatch, "import_mw", bent)
    assert any(text.startswith("energy at the bus") for text in tool.ledger_faults(run))


def test_own_plants_that_give_next_to_nothing_have_a_rate_of_one_at_most(tool, tmp_path):
    # found by the tool: rain into the reservoir over the smallest double there is
    files = dict(tool.bases()["station optimal"])
    tables = tool.tomllib.loads(files["s.toml"].decode())
    tables["wind"]["farm"]["profile"] = 5e-324
    files["s.toml"] = tool._toml(tables)
    assert tool.examine(tool.Mutant(files, ()), tmp_path, run=True) is None


def test_the_same_seed_gives_the_same_mutants(tool):
    first = [mutant.changes for mutant in tool.mutants(20, 7)]
    assert first == [mutant.changes for mutant in tool.mutants(20, 7)]
    assert first != [mutant.changes for mutant in tool.mutants(20, 8)]
