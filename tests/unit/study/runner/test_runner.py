"""The runner of studies: results do not depend on how it is run, stopped or gone on with."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altay_energy.core.errors import NoSolutionError, OutputError, ScenarioError
from altay_energy.report.text.messages import translated
from altay_energy.study.runner.estimate import BYTES_IN_FILES, check, estimate
from altay_energy.study.runner.jobs import Failure, Job, Study
from altay_energy.study.runner.run import Way, run_study
from altay_energy.study.runner.store import Store, unfinished


class Jobs:
    """Jobs that exist when they are asked for."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        if not 0 <= number < self.count:
            raise IndexError(number)
        return Job(number, f"x = {number}", {"x": float(number)})


def squares(shared, jobs):
    """Square of each number; some raise, some end their process."""
    for job in jobs:
        if job.number in shared.get("bad", ()):
            raise ValueError(f"{job.name} is bad")
        if job.number in shared.get("deadly", ()):
            os._exit(9)
        if job.number in shared.get("slow", ()):
            time.sleep(60.0)
    return [{"square": job.values["x"] ** 2, f"of_{job.number % 2}": 1.0} for job in jobs]


def wide(shared, jobs):
    """The same figures for every job."""
    return [shared for _ in jobs]


def study(count=10, batch=3, **shared):
    return Study("sweep", squares, shared, Jobs(count), batch, {"version": "1", "table": {"a": 1}})


def kept(outcomes):
    return outcomes.append


def test_every_job_has_its_row_and_the_store_goes(tmp_path):
    seen = []
    outcome = run_study(study(), tmp_path / "out", kept(seen))
    assert seen == [outcome]
    assert outcome.columns["square"].tolist() == [n**2 for n in range(10)]
    assert np.isnan(outcome.columns["of_0"]).tolist() == [n % 2 == 1 for n in range(10)]
    assert list(tmp_path.iterdir()) == []


@given(st.sets(st.integers(0, 9), max_size=9), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_a_job_that_fails_takes_no_other_with_it(tmp_path_factory, bad, batch):
    folder = tmp_path_factory.mktemp("study") / "out"
    outcome = run_study(study(batch=batch, bad=bad), folder, kept([]))
    assert outcome.failures == {n: f"x = {n} is bad" for n in sorted(bad)}
    good = [n for n in range(10) if n not in bad]
    assert outcome.columns["square"][good].tolist() == [n**2 for n in good]
    assert np.isnan(outcome.columns["square"][sorted(bad)]).all()


def test_no_job_with_figures_is_no_solution(tmp_path):
    with pytest.raises(NoSolutionError, match=r"all 2 jobs failed, the first of them x = 0"):
        run_study(study(2, bad={0, 1}), tmp_path / "out", kept([]))


def test_a_stopped_study_goes_on_where_it_was(tmp_path):
    def stopped(done, total, seconds):
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(study(), tmp_path / "out", kept([]), progress=stopped)
    with pytest.raises(OutputError, match=r"go on with --resume, or begin anew with --force"):
        run_study(study(), tmp_path / "out", kept([]))
    done = []
    outcome = run_study(
        study(), tmp_path / "out", kept([]), Way(resume=True), lambda *seen: done.append(seen[0])
    )
    assert done == [9, 10]  # two batches were left
    again = run_study(study(), tmp_path / "new", kept([]))
    assert {k: v.tobytes() for k, v in outcome.columns.items()} == {
        k: v.tobytes() for k, v in again.columns.items()
    }


def test_failed_jobs_are_tried_again(tmp_path):
    def broken(outcome):
        raise OutputError("disk full")

    with pytest.raises(OutputError, match="disk full"):
        run_study(study(bad={4}), tmp_path / "out", broken)
    outcome = run_study(study(), tmp_path / "out", kept([]), Way(resume=True))
    assert not outcome.failures


def test_another_study_there_is_not_gone_on_with(tmp_path):
    def broken(outcome):
        raise OutputError("disk full")

    with pytest.raises(OutputError, match="disk full"):
        run_study(study(), tmp_path / "out", broken)
    other = replace(study(), identity={"version": "1", "table": {"a": 2}})
    whole = r"^\S+out: the unfinished study there is another one .*1 there, 2 here\); .*--force$"
    with pytest.raises(OutputError, match=whole):
        run_study(other, tmp_path / "out", kept([]), Way(resume=True))
    outcome = run_study(other, tmp_path / "out", kept([]), Way(force=True))
    assert not outcome.failures


def test_two_studies_at_once_in_one_folder_are_refused(tmp_path):
    with Store(study(), tmp_path / "out", resume=False, force=False):
        for way in (Way(), Way(resume=True), Way(force=True)):
            with pytest.raises(OutputError, match="another study is writing there"):
                run_study(study(), tmp_path / "out", kept([]), way)


def test_a_study_beyond_its_budget_is_refused_and_can_go_on(tmp_path):
    with pytest.raises(OutputError, match=r"budget of 1e-09 s; go on with --resume --yes"):
        run_study(study(), tmp_path / "out", kept([]), Way(budget_s=1e-9))
    outcome = run_study(
        study(), tmp_path / "out", kept([]), Way(budget_s=1e-9, resume=True, yes=True)
    )
    assert len(outcome.columns["square"]) == 10


def test_memory_and_disk_space_have_budgets_too(tmp_path, monkeypatch):
    from altay_energy.study.runner import estimate

    out = tmp_path / "out"
    with pytest.raises(OutputError, match=r"of memory, more than the budget of 1 kB; go on with"):
        run_study(study(), out, kept([]), Way(budget_bytes=1e3))
    monkeypatch.setattr(estimate.shutil, "disk_usage", lambda _: SimpleNamespace(free=5))
    with pytest.raises(OutputError, match=r"would write about .* kB, but 0.005 kB are free in"):
        run_study(study(), out, kept([]), Way(force=True))
    monkeypatch.undo()
    said = []
    run_study(study(), out, kept([]), Way(resume=True), announce=said.append)
    (expected,) = said
    assert expected.memory_bytes > 1e7  # an interpreter with NumPy
    assert re.fullmatch(r"\S+ \S+, \S+ [MG]B of memory, \S+ kB on disk", expected.words)


def test_memory_that_the_system_does_not_give_is_not_judged(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    expected = estimate(60.0, 4, 100, 10, 1, 0.0)
    assert expected.words == "4 min, memory not known, 36 kB on disk"
    assert translated(f"expected: {expected.words}", "zh") == "预计：4 min，内存未知，磁盘 36 kB"
    known = f"expected: {replace(expected, memory_bytes=3e9).words}"
    assert translated(known, "zh") == "预计：4 min，内存 3 GB，磁盘 36 kB"
    check(expected, tmp_path / "out", 3600.0, 1.0)


def test_a_worker_counts_its_memory(tmp_path):
    said = []
    run_study(study(20), tmp_path / "two", kept([]), Way(workers=2), announce=said.append)
    alone = []
    run_study(study(20), tmp_path / "one", kept([]), announce=alone.append)
    assert said[0].memory_bytes > alone[0].memory_bytes + 1e7


def test_disk_space_is_estimated_to_a_factor_of_two(tmp_path):
    """A study of 2,000 jobs, its store measured just before the results are written."""
    sizes = []
    figures = {f"figure_{k}": float(k) for k in range(60)}
    many = replace(study(2000, 100), work=wide, shared=figures)
    run_study(many, tmp_path / "out", lambda _: sizes.append(unfinished(tmp_path / "out").stat()))
    expected = 2000 * 60 * BYTES_IN_FILES * 8 / 36
    assert 0.5 < sizes[0].st_size / expected < 2.0


def test_a_full_disk_leaves_what_is_done(tmp_path, monkeypatch):
    with Store(study(), tmp_path / "out", resume=False, force=False) as store:
        jobs = study().of(range(3))
        store.add(jobs, squares({}, jobs))
        pages = store._base.execute("PRAGMA page_count").fetchone()[0]
        store._base.execute(f"PRAGMA max_page_count = {pages}")
        more = study(3000, 3000).of(range(3, 3000))
        with pytest.raises(OutputError, match=r"full; what is done stays, go on with --resume"):
            store.add(more, squares({}, more))
        assert store.done() == {0, 1, 2}


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"workers": -1}, {"budget_s": 0.0}, {"budget_bytes": 0.0}]
)
def test_a_way_that_cannot_be_is_refused(wrong):
    with pytest.raises(ScenarioError):
        Way(**wrong)


def test_processes_give_the_same_bytes(tmp_path):
    alone = run_study(study(20), tmp_path / "one", kept([]))
    both = run_study(study(20), tmp_path / "two", kept([]), Way(workers=2))
    assert list(alone.columns) == list(both.columns)
    assert all(alone.columns[k].tobytes() == both.columns[k].tobytes() for k in alone.columns)


@pytest.mark.slow
def test_a_process_that_dies_costs_its_job_only(tmp_path):
    outcome = run_study(study(20, deadly={7}), tmp_path / "out", kept([]), Way(workers=2))
    assert list(outcome.failures) == [7]
    assert "died" in outcome.failures[7]
    assert np.isnan(outcome.columns["square"]).sum() == 1


SCRIPT = """
import sys, time
sys.path.insert(0, {here!r})
from pathlib import Path
from altay_energy.study.runner.run import Way, run_study
import test_runner
def slowly(shared, jobs):
    time.sleep(0.02)
    return test_runner.squares(shared, jobs)
def save(outcome):
    Path({out!r}).write_bytes(b"".join(v.tobytes() for v in outcome.columns.values()))
if __name__ == "__main__":
    study = test_runner.Study("sweep", slowly, {{}}, test_runner.Jobs(200), 4, {{}})
    run_study(study, {folder!r}, save, Way(resume=True))
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_with_the_same_bytes(tmp_path):
    wait = np.random.default_rng(5).uniform(0.0, 0.6, 5)
    results = []
    for name in ("killed", "whole"):
        out = tmp_path / f"{name}.bin"
        script = tmp_path / f"{name}.py"
        script.write_text(
            SCRIPT.format(here=os.path.dirname(__file__), out=str(out), folder=str(tmp_path / name))
        )
        for pause in wait if name == "killed" else ():
            process = subprocess.Popen([sys.executable, str(script)])
            begin = time.monotonic()
            while not unfinished(tmp_path / name).exists() and time.monotonic() - begin < 60.0:
                time.sleep(0.01)
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert not out.exists()
        subprocess.run([sys.executable, str(script)], check=True)
        results.append(out.read_bytes())
        assert not unfinished(tmp_path / name).exists()
    assert results[0] == results[1]
    assert len(results[0]) == 3 * 200 * 8


def naps(shared, jobs):
    """`squares`, long enough for a worker to be killed on the way."""
    time.sleep(0.05)
    return squares(shared, jobs)


@pytest.mark.slow
def test_two_workers_of_a_cluster_one_killed_half_way_give_the_same_bytes(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs dask.distributed")
    jobs = replace(study(200, 5), work=naps)
    alone = run_study(jobs, tmp_path / "one", kept([]))
    with distributed.LocalCluster(
        2, processes=True, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        killed = []

        def kill_one(done, total, seconds):
            if done >= 100 and not killed:
                with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
                    pids = client.run(os.getpid)
                killed.append(min(pids.values()))
                os.kill(killed[0], signal.SIGKILL)

        way = Way(cluster=cluster.scheduler_address)
        both = run_study(jobs, tmp_path / "two", kept([]), way, kill_one)
    assert killed
    assert not both.failures
    assert {k: v.tobytes() for k, v in alone.columns.items()} == {
        k: v.tobytes() for k, v in both.columns.items()
    }


def run_with_later(folder, way):
    """Two rounds of later jobs, of which one is known from the first; and their rows."""
    found = []

    def finish(outcome):
        first = float(np.nansum(outcome.columns["square"]))
        for more in (0.0, 0.5):
            xs = [first + more, first, first + 1.0, first + 2.0, first + 3.0]
            jobs = [Job(k, f"later {k}", {"x": x}) for k, x in enumerate(xs)]
            found.append(outcome.later(jobs, 2))

    run_study(study(4, 2), folder, finish, way)
    return found


def test_later_jobs_depend_on_the_results_and_are_stored(tmp_path, monkeypatch):
    first, second = run_with_later(tmp_path / "out", Way())
    assert [row["square"] for row in first] == [14.0**2, 14.0**2, 15.0**2, 16.0**2, 17.0**2]
    assert second[0]["square"] == 14.5**2
    assert second[1:] == first[1:]

    def none(work, shared, jobs):
        raise AssertionError("is stored already")

    def twice(outcome):
        jobs = [Job(0, "later", {"x": 3.5})]
        before = outcome.later(jobs, 1)
        monkeypatch.setattr("altay_energy.study.runner.run.attempt", none)
        assert outcome.later(jobs, 1) == before

    run_study(study(4, 2), tmp_path / "out", twice)


def test_a_later_job_that_fails_has_its_reason(tmp_path):
    found = []

    def finish(outcome):
        found.extend(outcome.later([Job(k, f"x = {k}", {"x": float(k)}) for k in range(3)], 3))

    run_study(study(1, 1, bad={1}), tmp_path / "out", finish)
    assert found[1] == Failure("x = 1 is bad")
    assert (found[0]["square"], found[2]["square"]) == (0.0, 4.0)


@pytest.mark.slow
def test_later_jobs_are_the_same_by_workers_and_on_a_cluster(tmp_path):
    alone = run_with_later(tmp_path / "one", Way())
    assert run_with_later(tmp_path / "two", Way(workers=2)) == alone
    distributed = pytest.importorskip("distributed", reason="needs dask.distributed")
    with distributed.LocalCluster(
        2, processes=True, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        way = Way(cluster=cluster.scheduler_address)
        assert run_with_later(tmp_path / "many", way) == alone


@pytest.mark.slow
def test_a_job_that_ends_every_worker_of_a_cluster_fails_alone(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs dask.distributed")
    with distributed.LocalCluster(
        1, processes=True, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        way = Way(cluster=cluster.scheduler_address)
        outcome = run_study(study(6, 3, deadly={4}), tmp_path / "out", kept([]), way)
    assert list(outcome.failures) == [4]


def test_a_cluster_that_does_not_answer_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="needs dask.distributed")
    monkeypatch.setattr("altay_energy.study.runner.cluster.WAIT_S", 0.2)
    with pytest.raises(ScenarioError, match="no scheduler answered"):
        run_study(study(), tmp_path / "out", kept([]), Way(cluster="tcp://127.0.0.1:9"))


def test_failures_and_jobs_are_values():
    assert Failure("a") == Failure("a")
    assert Jobs(3)[2] == Job(2, "x = 2", {"x": 2.0})
