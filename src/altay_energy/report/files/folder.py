"""Writes folders of results atomically: complete or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from altay_energy.core.errors import OutputError

MANIFEST = "manifest.json"

STALE_SECONDS = 3600.0
"""Age after which a partial folder is a remnant of a killed run; writing takes seconds."""

_NAME_PART = 40
"""Most characters of the folder's name in the name of its partial folder."""

_OLD, _GONE = "-old", "-gone"
"""Suffixes of an older result until the new one is complete, and of one being deleted."""


def check_free(folder: Path, *, force: bool) -> None:
    """Raise early if a folder cannot be written later.

    Parameters
    ----------
    folder : Path
        Folder of the results.
    force : bool
        Whether older results may be replaced.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or its parent cannot hold it.
    """
    try:
        real = _real(folder)
        _bring_back(real)
        if Path.cwd().is_relative_to(real):
            raise OutputError(f"{folder}: is where you stand; name a new folder, as in -o results")
        if real.is_dir() and any(real.iterdir()):
            _check_replaceable(real, folder, force=force)
        elif real.exists() and not real.is_dir():
            raise OutputError(f"{folder}: is a file, not a folder; choose another name")
        above = next(parent for parent in real.parents if parent.exists())
    except OutputError:
        raise
    except OSError as error:
        raise refused(folder, error) from None
    if not above.is_dir():
        raise OutputError(f"{folder}: {above} is no folder; choose another place")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: {above} may not be written to; choose another place")


def check_name(path: Path, kind: str) -> None:
    """Refuse a name that no ``"file"`` or ``"folder"`` can have."""
    if "\0" in str(path):
        raise OutputError(f"{str(path)!r} is no name of a {kind}: it holds a NUL")


def _real(folder: Path) -> Path:
    """Return the path of a folder with all links resolved."""
    check_name(folder, "folder")
    return Path(os.path.realpath(folder))


def _check_replaceable(real: Path, folder: Path, *, force: bool) -> None:
    if not force:
        raise OutputError(
            f"{folder}: exists already; choose another folder, or replace it with --force"
        )
    ours = _files_of_ours(real)
    if ours is None:
        raise OutputError(
            f"{folder}: holds no results of altay-energy (no {MANIFEST} of ours), so --force "
            "leaves it alone; choose another folder"
        )
    files = [path for path in real.rglob("*") if path.is_symlink() or not path.is_dir()]
    strange = sorted({path.relative_to(real).as_posix() for path in files} - ours)
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise OutputError(
            f"{folder}: {strange[0]}{more} is not of these results, so --force leaves the folder "
            "alone; move it, or choose another folder"
        )


def _files_of_ours(folder: Path) -> set[str] | None:
    """Return the files listed in the manifest; None if there is no valid manifest."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict) or "altay_energy" not in document:
        return None
    files = document.get("files")
    return {MANIFEST, *files} if isinstance(files, dict) else None


@contextmanager
def whole_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``folder`` if the block ends without an error.

    Parameters
    ----------
    folder : Path
        Folder of the results.
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
    real = _real(folder)
    made = [parent for parent in real.parents if not parent.exists()]
    partial = None
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        clear_stale(_remnants(real))
        partial = Path(tempfile.mkdtemp(prefix=_prefix(real), dir=real.parent))
        partial.chmod(0o755)
        yield partial
        check_free(folder, force=force)  # another process may have written there meanwhile
        _replace(partial, real)
    except OutputError:
        raise
    except OSError as error:
        raise refused(folder, error) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
        for parent in made:  # parents that hold the results are not empty and remain
            with suppress(OSError):
                parent.rmdir()


def refused(path: Path, error: OSError) -> OutputError:
    """Return the error of a file or folder that cannot be written, with the system's reason."""
    return OutputError(f"{path}: cannot be written: {_reason(error)}; choose another place")


def _reason(error: OSError) -> str:
    """Return the reason in one line; HDF5 buries the system's reason in a long text."""
    said = re.search(r"errno = (\d+)", str(error))
    number = error.errno or (int(said[1]) if said else 0)
    return os.strerror(number) if number else str(error).partition("\n")[0]


def _replace(partial: Path, real: Path) -> None:
    if not real.exists():
        partial.rename(real)
        return
    old = partial.with_name(partial.name + _OLD)
    real.rename(old)
    try:
        partial.rename(real)
    except OSError:
        old.rename(real)
        raise
    gone = partial.with_name(partial.name + _GONE)
    old.rename(gone)  # the new name marks it as deleted, even if deletion stops half-way
    shutil.rmtree(gone, ignore_errors=True)


def _prefix(real: Path) -> str:
    name = real.name
    if len(name) > _NAME_PART:
        name = f"{name[:_NAME_PART]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"
    return f".{name}.partial-"


def _remnants(real: Path) -> list[Path]:
    """Return the partial folders that killed runs left beside a folder of results."""
    if not real.parent.is_dir():
        return []
    return [path for path in real.parent.iterdir() if path.name.startswith(_prefix(real))]


def _bring_back(real: Path) -> None:
    """Restore a complete result that a killed run had moved aside; never a partial one."""
    if real.exists():
        return
    for remnant in _remnants(real):
        if remnant.name.endswith(_OLD) and _is_whole(remnant):
            remnant.rename(real)
            return


def _is_whole(folder: Path) -> bool:
    """Return whether every file of the manifest exists with its hash."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files: Mapping[str, str] = document["files"]
        return all(
            hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
            for name, digest in files.items()
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def clear_stale(remnants: Iterable[Path]) -> None:
    """Delete unfinished files and folders of commands that were killed long ago."""
    for remnant in remnants:
        with suppress(OSError):
            if time.time() - remnant.stat().st_mtime > STALE_SECONDS:
                if remnant.is_dir():
                    shutil.rmtree(remnant, ignore_errors=True)
                else:
                    remnant.unlink()
