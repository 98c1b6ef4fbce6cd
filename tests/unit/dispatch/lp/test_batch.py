"""Programs shared out to worker processes."""

from __future__ import annotations

import multiprocessing
import operator
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from altay_energy.dispatch.lp import batch
from altay_energy.dispatch.lp.batch import in_workers, tasks_of
from altay_energy.dispatch.lp.program import BlockLP, no_dense


def program(*lead: int, steps: int = 8760) -> BlockLP:
    upper = np.ones((*lead, 2, steps)) * np.arange(1.0, 1.0 + np.prod(lead)).reshape(*lead, 1, 1)
    return BlockLP(
        now=np.array([[1.0, 0.0], [0.0, 1.0]]),
        before=np.zeros((2, 2)),
        rhs=np.zeros((2, steps)),
        cost=np.zeros((2, steps)),
        lower=np.zeros((2, steps)),
        upper=upper,
        cyclic=False,
        quadratic=None,
        shared=np.zeros((2, 0, steps)),
        **no_dense(2, steps),
    )


def test_tasks_hold_every_program_once_in_order(monkeypatch):
    monkeypatch.setattr(batch, "_VARIABLES_OF_A_TASK", 100)
    monkeypatch.setattr(batch, "_FEWEST_VARIABLES", 0)
    tasks = tasks_of(program(5, 2, steps=20), 3)
    assert [task.lead for task in tasks] == [(2,)] * 5
    held = np.concatenate([task.upper[:, 0, 0] for task in tasks])
    assert held.tolist() == list(np.arange(1.0, 11.0))
    assert all(task.cost.ndim == 2 for task in tasks)


@pytest.mark.parametrize(
    ("lead", "workers"), [((100,), 1), ((), 2), ((50,), 2)], ids=["one worker", "one", "few"]
)
def test_small_batches_are_not_shared_out(lead, workers):
    lp = program(*lead)
    assert tasks_of(lp, workers) == [lp]


def test_a_large_batch_is_shared_out():
    assert len(tasks_of(program(100), 2)) > 2


def test_every_worker_gets_as_many_programs():
    # Three tasks would do for sixty programs of this size, but leave one of two workers with two.
    assert [task.lead for task in tasks_of(program(60), 2)] == [(15,)] * 4


def test_results_come_in_the_order_of_the_tasks():
    assert list(in_workers(operator.neg, range(20), 2)) == [-k for k in range(20)]


def test_an_error_of_a_worker_is_reported_and_no_process_is_left():
    with pytest.raises(ZeroDivisionError):
        list(in_workers(partial(operator.truediv, 1.0), [1.0, 0.0, 2.0], 2))
    assert not multiprocessing.active_children()


def test_who_stops_asking_leaves_no_process_behind():
    results = in_workers(operator.neg, range(50), 2)
    next(results)
    results.close()  # as an interrupt does
    assert not multiprocessing.active_children()


def _leave_a_trace(path: Path) -> None:
    path.touch()
    time.sleep(0.02)


def test_a_task_without_a_waiting_caller_is_not_begun(tmp_path):
    results = in_workers(_leave_a_trace, [tmp_path / str(k) for k in range(60)], 2)
    next(results)
    results.close()
    assert 1 <= len(list(tmp_path.iterdir())) < 30
