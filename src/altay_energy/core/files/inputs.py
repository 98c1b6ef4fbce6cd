"""Bytes of input files: read once, within bounds, and kept while a scenario is loaded.

Each file is read once, so that the bytes that are computed with, hashed and copied beside the
results are the same even if the file is saved again meanwhile.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from altay_energy.core.errors import AltayError, WeatherError

MAX_BYTES = 256 * 1024 * 1024
"""Largest file that is read [bytes]: a century of hours in twenty columns."""


@dataclass
class Kept:
    """Bytes of every input file that was read, by its resolved path.

    Parameters
    ----------
    content : dict of Path to bytes
    """

    content: dict[Path, bytes] = field(default_factory=dict)

    def of(self, path: Path) -> bytes:
        """The bytes read of a file; of a file not read yet, its content now.

        Parameters
        ----------
        path : Path

        Returns
        -------
        bytes
        """
        real = path.resolve()
        if real not in self.content:
            self.content[real] = read_bytes(path)
        return self.content[real]

    def sha256(self, path: Path) -> str:
        """SHA-256 of the bytes read of a file, as hexadecimal digits.

        Parameters
        ----------
        path : Path

        Returns
        -------
        str
        """
        return hashlib.sha256(self.of(path)).hexdigest()


_KEPT: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextmanager
def keeping(before: Kept | None = None) -> Iterator[Kept]:
    """Keep what is read within the block, and read no file twice; within another block, as there.

    Parameters
    ----------
    before : Kept, optional
        Files that were read before; their bytes of then are taken.

    Yields
    ------
    Kept
    """
    outer = _KEPT.get()
    if outer is not None and before is None:
        yield outer
        return
    kept = Kept() if before is None else before
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


def read_bytes(
    path: Path,
    *,
    error: type[AltayError] = WeatherError,
    most: int | None = None,
    advice: str = "keep the columns and the period that the run needs",
) -> bytes:
    """Content of an input file.

    Parameters
    ----------
    path : Path
    error : type of AltayError
        Class of the error.
    most : int, optional
        Largest size that is read, `MAX_BYTES` by default. [bytes]
    advice : str
        Advice for a file that is larger.

    Returns
    -------
    bytes

    Raises
    ------
    AltayError
        If it is absent, no plain file, too large, or cannot be read.
    """
    name = path.name or str(path)
    most = MAX_BYTES if most is None else most
    try:
        about = path.stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise error(f"{name}: is a pipe or a device; save the data in a plain file")
        if about.st_size > most:
            raise _too_large(error, name, f"{about.st_size / 1e6:.0f} MB is", most, advice)
        raw = kept_or(path, most)
    except AltayError:
        raise
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise error(f"{name}: cannot be read: {reason}; check the name and the folder") from None
    except (ValueError, RuntimeError) as problem:  # a NUL in the name; links without end
        raise error(f"{name!r}: is no file name: {problem}") from None
    if len(raw) > most:
        raise _too_large(error, name, "there is", most, advice)
    return raw


def kept_or(path: Path, most: int) -> bytes:
    """Return the bytes read of a file before, or read and keep them now.

    Parameters
    ----------
    path : Path
        A pipe or a device is read too, within the same bounds.
    most : int
        Bytes that are read, and one more that shows whether there are any.

    Returns
    -------
    bytes

    Raises
    ------
    OSError, ValueError, RuntimeError
        From the operating system.
    """
    kept, real = _KEPT.get(), path.resolve()
    if kept is not None and real in kept.content:
        return kept.content[real]
    with path.open("rb") as file:
        raw = file.read(most + 1)
    if kept is not None and len(raw) <= most:
        kept.content[real] = raw
    return raw


def _too_large(error: type[AltayError], name: str, size: str, most: int, advice: str) -> AltayError:
    return error(
        f"{name}: {size} more than the {most / 1e6:.0f} MB that are read at once; {advice}"
    )
