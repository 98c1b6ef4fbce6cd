"""Writes one file atomically: complete or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from altay_energy.core.errors import OutputError
from altay_energy.report.files.folder import check_name, clear_stale, refused

_PREFIX, _MARK = ".altay-", ".partial"


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
    check_name(path, "file")
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
        clear_stale(path.parent.glob(f"{_PREFIX}*{_MARK}*"))
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
        raise refused(path, error) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)
