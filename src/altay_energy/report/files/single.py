"""Writes one file atomically: complete or not at all."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from altay_energy.core.errors import OutputError
from altay_energy.report.files.folder import STALE_SECONDS

_PREFIX, _MARK = ".altay-", ".partial"


def clear_stale(folder: Path) -> None:
    """Delete old unfinished files of killed commands.

    Parameters
    ----------
    folder : Path
    """
    for remnant in folder.glob(f"{_PREFIX}*{_MARK}*"):
        with suppress(OSError):
            if time.time() - remnant.stat().st_mtime > STALE_SECONDS:
                remnant.unlink()


@contextmanager
def whole_file(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a temporary path that becomes ``path`` if the block ends without an error.

    Parameters
    ----------
    path : Path
        Path of the file; its folder must exist.
    force : bool
        Replace an older file there.

    Yields
    ------
    Path
        A temporary name beside it, with the same ending.

    Raises
    ------
    OutputError
        If the file exists and may not be replaced, or cannot be written.
    """
    if "\0" in str(path):
        raise OutputError(f"{str(path)!r} is no name of a file: it holds a NUL")
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file in it")
    if path.exists() and not force:
        raise OutputError(
            f"{path}: exists already; choose another name, or replace it with --force"
        )
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first")
    partial = None
    try:
        clear_stale(path.parent)
        handle, name = tempfile.mkstemp(
            prefix=_PREFIX, suffix=f"{_MARK}{path.suffix}", dir=path.parent
        )
        os.close(handle)
        partial = Path(name)
        partial.chmod(0o644)
        yield partial
        os.replace(partial, path)
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(f"{path}: cannot be written: {reason}; choose another place") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)
