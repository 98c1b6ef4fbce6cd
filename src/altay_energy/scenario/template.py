"""The scenario that ``altay-energy new`` writes: complete, small, and ready to run."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from altay_energy.core.errors import OutputError
from altay_energy.scenario.toml.names import slug


def write_template(name: str, folder: Path, *, force: bool = False) -> Path:
    """Write ``NAME.toml`` into a folder.

    Parameters
    ----------
    name : str
        Name of the scenario, with or without ``.toml``.
    folder : Path
        Where to write it.
    force : bool
        Overwrite an older file.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If the name is no file name, or the file exists.
    """
    stem = name[: -len(".toml")] if name.lower().endswith(".toml") else name
    if not stem or slug(stem) != stem:
        raise OutputError(
            f'"{name}" is no plain file name; use letters, digits and "-", as in {slug(stem)}'
        )
    path = folder / f"{stem}.toml"
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already; choose another name, or use --force")
    template = resources.files("altay_energy") / "data" / "template.toml"
    text = template.read_text(encoding="utf-8").replace(
        '"NAME"', json.dumps(stem, ensure_ascii=False)
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    return path
