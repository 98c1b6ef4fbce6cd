"""Weather files of one place that follow each other in time, joined to one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from altay_energy.core.errors import WeatherError
from altay_energy.core.wording import stamp
from altay_energy.weather.files.file import WeatherFile

SAME_DEG, SAME_M = 1e-3, 1.0
"""Largest difference of the places of files that are read as one. [°], [m]"""

_SAME = ("utc_offset_hours", "step_hours", "wind_height_m", "wind_second_height_m")
_PLACE = (("latitude", SAME_DEG), ("longitude", SAME_DEG), ("elevation_m", SAME_M))


def joined(files: Sequence[WeatherFile]) -> WeatherFile:
    """Files that follow each other without a gap, as one.

    Parameters
    ----------
    files : sequence of WeatherFile
        Of one place, in any order: one for each year or month.

    Returns
    -------
    WeatherFile
        The file itself where there is one. Series that one of the files lacks are left out, with
        a notice.

    Raises
    ------
    WeatherError
        If their places, clocks, steps or heights differ, or their times overlap or leave a gap.
    """
    if len(files) == 1:
        return files[0]
    names = ", ".join(file.name for file in files)
    files = sorted(files, key=lambda file: file.times[0])
    first = files[0]
    for file in files[1:]:
        _check_alike(first, file)
    typical = next((file for file in files if file.typical), None)
    if typical is not None:
        raise WeatherError(
            f"{typical.name}: is a typical year, which no other file can follow; name it alone"
        )
    for before, after in pairwise(files):
        ends = before.times[-1] + np.timedelta64(before.step_seconds, "s")
        if ends != after.times[0]:
            what = "overlap" if after.times[0] < ends else "leave a gap"
            raise WeatherError(
                f"{names}: {before.name} ends at {stamp(ends)} UTC and {after.name} begins at "
                f"{stamp(after.times[0])}: they {what}; name files that follow each other"
            )
    kept = [key for key in first.series if all(key in file.series for file in files)]
    lost = sorted({key for file in files for key in file.series} - set(kept))
    notices = list(dict.fromkeys(text for file in files for text in file.notices))
    if lost:
        notices.append(f"left out, as not every file holds it: {', '.join(lost)}")
    hashes = "".join(file.sha256 for file in files)
    return replace(
        first,
        name=names,
        times=np.concatenate([file.times for file in files]),
        series={key: np.concatenate([file.series[key] for file in files]) for key in kept},
        sha256=hashlib.sha256(hashes.encode()).hexdigest(),
        notices=tuple(notices),
        wants=tuple(dict.fromkeys(text for file in files for text in file.wants)),
    )


def _check_alike(first: WeatherFile, file: WeatherFile) -> None:
    for key in _SAME:
        here, there = getattr(first, key), getattr(file, key)
        if here != there:
            raise WeatherError(
                f"{file.name}: {key} is {there}, but {first.name} has {here}; only files that are "
                "alike can be read as one"
            )
    for key, most in _PLACE:
        here, there = getattr(first, key), getattr(file, key)
        if (here is None) != (there is None) or (here is not None and abs(here - there) > most):
            raise WeatherError(
                f"{file.name}: {key} is {there}, but {first.name} has {here}; only files of one "
                "place can be read as one"
            )
