"""Folders of results that appear whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from altay_energy.errors import OutputError

MANIFEST = "manifest.json"
STALE_SECONDS = 3600.0  # results are gathered in seconds; an hour-old remnant is nobody's


def check_free(folder: Path, *, force: bool) -> None:
    """Refuse early what could not be written later.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or its place cannot hold it.
    """
    if folder.is_dir() and any(folder.iterdir()):
        if not force:
            raise OutputError(
                f"{folder}: exists already; choose another folder, or replace it with --force"
            )
        if not (folder / MANIFEST).is_file():
            raise OutputError(
                f"{folder}: holds no results of altay-energy (no {MANIFEST}), so --force leaves "
                "it alone; choose another folder"
            )
    elif folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, not a folder; choose another name")
    above = next((p for p in folder.absolute().parents if p.exists()), None)
    if above is None or not above.is_dir():
        raise OutputError(f"{folder}: {above} is no folder; choose another place")


@contextmanager
def whole_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """Folder to write into that becomes ``folder`` when the block ends without an error.

    Parameters
    ----------
    folder : Path
        Where the results shall stand.
    force : bool
        Replace older results there.

    Yields
    ------
    Path
        A temporary folder beside it.

    Raises
    ------
    OutputError
        If the folder may not be replaced, or the place cannot be written to.
    """
    check_free(folder, force=force)
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(folder)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
        partial.chmod(0o755)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    try:
        yield partial
        _replace(partial, folder)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(partial: Path, folder: Path) -> None:
    if not folder.exists():
        partial.rename(folder)
        return
    old = partial.with_name(partial.name + "-old")
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove_stale(folder: Path) -> None:
    for remnant in folder.parent.glob(f".{_literal(folder.name)}.partial-*"):
        if time.time() - remnant.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(remnant, ignore_errors=True)


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
