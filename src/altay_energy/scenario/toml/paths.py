"""Which files a scenario may read: those in its own folder, and those the user names."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from altay_energy.core.errors import ScenarioError

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")


def inside(base: Path, text: str, where: str, folders: Sequence[Path]) -> Path:
    """Path of a file that a scenario names, if it may read it; nothing is opened.

    Parameters
    ----------
    base : Path
        Folder of the file that names it.
    text : str
        The value.
    where : str
        File and key for the message.
    folders : sequence of Path
        Folders that may be read; the first is the scenario's own.

    Returns
    -------
    Path

    Raises
    ------
    ScenarioError
        For an address, an absolute path, or a path that leads (by ``..`` or by a link) outside.
    """
    if not text.strip():
        raise ScenarioError(f'{where} = "{text}" names no file')
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ScenarioError(f"{where} = {text!r} holds a control character; name a plain file")
    if text.startswith(("\\\\", "//")) or (_SCHEME.match(text) and not _drive(text)):
        raise ScenarioError(
            f"{where} = {text!r} is an address; a run never opens a connection: "
            "save the file in the scenario's folder and name it"
        )
    allowed = [folder.resolve() for folder in folders]
    found = Path(os.path.realpath(base / text))
    if not any(found.is_relative_to(folder) for folder in allowed):
        raise ScenarioError(
            f"{where} = {text!r} is outside the project folder {allowed[0]}; copy the file "
            "there, or allow its folder with --allow-folder DIR"
        )
    return base / text


def is_file(path: Path) -> bool:
    """Whether there is a file, for any name: names that are too long or hold NUL are no files."""
    return os.path.isfile(path)


def _drive(text: str) -> bool:
    return bool(re.match(r"^[A-Za-z]:[\\/]", text))
