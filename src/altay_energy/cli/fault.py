"""Files that are saved when an internal invariant fails, to find out why."""

from __future__ import annotations

import dataclasses
import json
import platform
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from altay_energy._version import __version__
from altay_energy.core.errors import visible
from altay_energy.dispatch.result.operation import InvariantError
from altay_energy.report.files.results import write_scenario
from altay_energy.scenario.load import Scenario

PREFIX = "altay-energy-fault-"


def keep_fault(error: InvariantError, command: Sequence[str]) -> str:
    """Save the circumstances of a failed invariant.

    Parameters
    ----------
    error : InvariantError
    command : sequence of str
        Command line.

    Returns
    -------
    str
        One sentence for the user.

    Notes
    -----
    The folder holds ``fault.json`` (message, traceback, versions, the dispatch problem's names
    and numbers), ``problem.npz`` (its series and those of the dispatch), and ``scenario.toml`` with
    ``inputs/`` where a scenario was run. It is in the current folder, or, if that is not
    writable, in the folder for temporary files.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S-")
    for place in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{stamp}", dir=place))
            _write(error, command, folder)
        except OSError:
            continue
        kept = f"what led to it is kept in {folder}"
        break
    else:
        kept = "what led to it could not be kept, for no folder may be written to"
    return visible(
        f"a law of physics was broken inside ({error}), which is a fault of altay_energy and not "
        f"of the input, so there is no result; {kept}: please report it with that folder"
    )


def _write(error: InvariantError, command: Sequence[str], folder: Path) -> None:
    series: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for key, value in _parts("dispatch", error.dispatch, frozenset()):
        if isinstance(value, np.ndarray) and value.dtype != object:
            series[key] = value
        else:
            values[key] = value
    document = {
        "fault": str(error),
        "altay_energy": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "command": list(command),
        "traceback": traceback.format_exception(error),
        "values": values,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    (folder / "fault.json").write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))
    np.savez_compressed(folder / "problem.npz", **series)
    if isinstance(error.scenario, Scenario):
        write_scenario(error.scenario, folder)


def _parts(key: str, value: Any, above: frozenset[int]) -> Iterator[tuple[str, Any]]:
    """Yield every array, number and text in nested dataclasses, mappings and sequences."""
    if id(value) in above or callable(value):
        return
    inner: Mapping[str, Any]
    if dataclasses.is_dataclass(value):
        inner = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    elif isinstance(value, Mapping):
        inner = {str(name): part for name, part in value.items()}
    elif isinstance(value, tuple | list):
        inner = {str(number): part for number, part in enumerate(value)}
    else:
        yield key, value
        return
    for name, part in inner.items():
        yield from _parts(f"{key}.{name}", part, above | {id(value)})
