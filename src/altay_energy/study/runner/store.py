"""Store of the finished jobs of an unfinished study: an SQLite file beside its folder of results.

The main process holds an exclusive lock on the file while it runs; the system releases the lock
when the process ends for any reason. Each batch is one transaction, so after a crash the file holds
whole batches.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from altay_energy.core.errors import OutputError
from altay_energy.core.units import Array
from altay_energy.study.runner.jobs import Failure, Job, Result, Study

ENDING = ".unfinished"
"""Suffix of the store, after the name of the folder of results."""

_TABLES = """
CREATE TABLE study (document TEXT NOT NULL);
CREATE TABLE layout (number INTEGER PRIMARY KEY, figures TEXT NOT NULL UNIQUE);
CREATE TABLE job (
    number INTEGER PRIMARY KEY, address TEXT NOT NULL, layout INTEGER, row BLOB, reason TEXT
);
CREATE TABLE later (address TEXT PRIMARY KEY, layout INTEGER, row BLOB, reason TEXT);
"""
_NUMBERS = np.dtype("<f8")


def unfinished(folder: Path) -> Path:
    """Return the file that holds the finished jobs of a study until all are done.

    Parameters
    ----------
    folder : Path
        Folder of the results.
    """
    real = Path(os.path.realpath(folder))
    return real.with_name(real.name + ENDING)


class Store:
    """Open and locked store of the finished jobs of a study.

    Parameters
    ----------
    study : Study
    folder : Path
        Folder of the results.
    resume : bool
        Continue an unfinished study; otherwise there must be none.
    force : bool
        Discard an unfinished study.

    Raises
    ------
    OutputError
        If another process uses it, the study is unfinished or another one, or the file cannot be
        written.
    """

    def __init__(self, study: Study, folder: Path, *, resume: bool, force: bool) -> None:
        self.study, self.folder, self.path = study, folder, unfinished(folder)
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(self.path, timeout=0.0, isolation_level=None)
        try:
            with self._explained():
                self._lock()
                self._begin(resume=resume, force=force)
                self._layouts = self._read_layouts()
        except BaseException:
            self._base.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise errors of the database and the system as errors of the output."""
        try:
            yield
        except OutputError:  # a subclass of OSError
            raise
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise OutputError(
                    f"{self.folder}: another study is writing there; wait until it is done, or "
                    "choose another folder"
                ) from None
            raise OutputError(
                f"{self.path}: cannot be written: {error}; what is done stays, go on with --resume "
                "when that is mended"
            ) from None
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written: {error.strerror or error}; choose another place"
            ) from None

    def _lock(self) -> None:
        """Acquire the exclusive lock, which is held until the file is closed."""
        self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._base.execute("BEGIN EXCLUSIVE")
        self._base.execute("COMMIT")

    def _begin(self, *, resume: bool, force: bool) -> None:
        """Continue the unfinished study, or begin a new one."""
        there = self._base.execute("SELECT name FROM sqlite_master").fetchall()
        if there and resume:
            self._check_same()
            return
        if there and not force:
            raise OutputError(
                f"{self.folder}: a study there is unfinished; go on with --resume, or begin anew "
                "with --force"
            )
        document = json.dumps(self.study.document, sort_keys=True)
        self._base.execute("BEGIN")
        for (name,) in self._base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            self._base.execute(f'DROP TABLE "{name}"')
        for statement in filter(str.strip, _TABLES.split(";")):
            self._base.execute(statement)
        self._base.execute("INSERT INTO study VALUES (?)", (document,))
        self._base.execute("COMMIT")

    def _check_same(self) -> None:
        """Raise if the stored study has other inputs, another version or other jobs."""
        (said,) = self._base.execute("SELECT document FROM study").fetchone()
        before, now = json.loads(said), self.study.document
        other = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        if other:
            was = "; ".join(f"{key}: {_short(before.get(key), now.get(key))}" for key in other)
            raise OutputError(
                f"{self.folder}: the unfinished study there is another one ({was}); repeat its "
                "command to go on with it, or begin anew with --force"
            )

    def _read_layouts(self) -> dict[str, int]:
        return {text: n for n, text in self._base.execute("SELECT number, figures FROM layout")}

    def add(self, jobs: Sequence[Job], results: Sequence[Result]) -> None:
        """Store the results of a batch in one transaction.

        Parameters
        ----------
        jobs : sequence of Job
        results : sequence of Row or Failure

        Raises
        ------
        OutputError
            If the file cannot be written; earlier batches stay.
        """
        with self._explained():
            self._base.execute("BEGIN")
            try:
                self._base.executemany(
                    "INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?)",
                    [
                        (job.number, *self._record(job, result))
                        for job, result in zip(jobs, results, strict=True)
                    ],
                )
                self._base.execute("COMMIT")
            except BaseException:
                self._undo()
                raise

    def add_later(self, jobs: Sequence[Job], results: Sequence[Result]) -> None:
        """Store the results of a batch of later jobs, which have no number in the study.

        Parameters
        ----------
        jobs : sequence of Job
        results : sequence of Row or Failure

        Raises
        ------
        OutputError
            If the file cannot be written; earlier batches stay.
        """
        with self._explained():
            self._base.execute("BEGIN")
            try:
                self._base.executemany(
                    "INSERT OR REPLACE INTO later VALUES (?, ?, ?, ?)",
                    [self._record(job, result) for job, result in zip(jobs, results, strict=True)],
                )
                self._base.execute("COMMIT")
            except BaseException:
                self._undo()
                raise

    def later(self, addresses: Iterable[str]) -> dict[str, Result]:
        """Return the results of later jobs that are stored, by address.

        Parameters
        ----------
        addresses : iterable of str
        """
        found: dict[str, Result] = {}
        names = {number: json.loads(text) for text, number in self._layouts.items()}
        with self._explained():
            for address in addresses:
                one = self._base.execute(
                    "SELECT layout, row, reason FROM later WHERE address = ?", (address,)
                ).fetchone()
                if one is not None and one[2] is not None:
                    found[address] = Failure(one[2])
                elif one is not None:
                    values = np.frombuffer(one[1], dtype=_NUMBERS).tolist()
                    found[address] = dict(zip(names[one[0]], values, strict=True))
        return found

    def _undo(self) -> None:
        """Undo an unfinished transaction."""
        with suppress(sqlite3.Error):
            self._base.execute("ROLLBACK")
        self._layouts = self._read_layouts()

    def _record(self, job: Job, result: Result) -> tuple[object, ...]:
        address = self.study.address(job)
        if isinstance(result, Failure):
            return address, None, None, result.reason
        numbers = np.array(list(result.values()), dtype=_NUMBERS)
        return address, self._layout(list(result)), numbers.tobytes(), None

    def _layout(self, figures: list[str]) -> int:
        text = json.dumps(figures)
        if text not in self._layouts:
            number = len(self._layouts)
            self._base.execute("INSERT INTO layout VALUES (?, ?)", (number, text))
            self._layouts[text] = number
        return self._layouts[text]

    def done(self) -> set[int]:
        """Return the numbers of the jobs that have a result and are still the same."""
        with self._explained():
            found = self._base.execute("SELECT number, address FROM job").fetchall()
        jobs = self.study.jobs
        return {
            number
            for number, address in found
            if number < len(jobs) and self.study.address(jobs[number]) == address
        }

    def forget_failures(self) -> None:
        """Remove failed jobs, so that they are tried again."""
        with self._explained():
            for table in ("job", "later"):
                self._base.execute(f"DELETE FROM {table} WHERE reason IS NOT NULL")

    def columns(self) -> dict[str, Array]:
        """Return every figure of all jobs, shape (n,) each; NaN if a job has none."""
        total, found = len(self.study.jobs), dict[str, Array]()
        names = {number: json.loads(text) for text, number in self._layouts.items()}
        with self._explained():
            rows = self._base.execute(
                "SELECT number, layout, row FROM job WHERE row IS NOT NULL ORDER BY number"
            )
            for number, layout, blob in rows:
                values = np.frombuffer(blob, dtype=_NUMBERS)
                for name, value in zip(names[layout], values, strict=True):
                    if name not in found:
                        found[name] = np.full(total, np.nan)
                    found[name][number] = value
        return found

    def failures(self) -> dict[int, str]:
        """Return the reason of each failed job by its number."""
        with self._explained():
            rows = self._base.execute(
                "SELECT number, reason FROM job WHERE reason IS NOT NULL ORDER BY number"
            ).fetchall()
        return dict(rows)

    def delete(self) -> None:
        """Delete the file; its content is in the folder of results."""
        self._base.close()
        for path in (self.path, self.path.with_name(self.path.name + "-journal")):
            with suppress(OSError):
                path.unlink()


def _short(before: object, now: object) -> str:
    """Return two values in a few words; for two tables, the first key that differs."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys: Iterable[Any] = {**before, **now}
        key = next(k for k in keys if before.get(k) != now.get(k))
        return f"{key}, {_short(before.get(key), now.get(key))}"
    return f"{_cut(before)} there, {_cut(now)} here"


def _cut(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
