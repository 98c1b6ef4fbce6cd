"""The error tree. Every error that a user can cause is an ``AltayError`` and says how to mend it.

::

    AltayError                   exit status 2 unless said otherwise
    ├── ScenarioError            a scenario file, a key or a value
    ├── WeatherError             a weather file or series
    ├── SeriesError              a series of a load, a profile or a price
    ├── OutputError              the folder that was to be written
    └── NoSolutionError          exit status 3: the problem is well posed, but nothing satisfies it
"""

from __future__ import annotations

from collections.abc import Iterable


class AltayError(Exception):
    """Something the user can mend; the message says where, what, what is expected and how."""

    exit_status = 2


class ScenarioError(AltayError, ValueError):
    """A scenario says something the model cannot mean; holds every problem that was found.

    Parameters
    ----------
    problems : iterable of str
        One line a problem: file, key, value, what is expected.
    """

    def __init__(self, problems: Iterable[str] | str) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class WeatherError(AltayError, ValueError):
    """A weather file or series cannot be used as it stands."""


class SeriesError(AltayError, ValueError):
    """A series (load, profile, price) cannot be used as it stands."""


class OutputError(AltayError, OSError):
    """The results cannot be written where they were asked for."""


class NoSolutionError(AltayError, RuntimeError):
    """The problem is understood, but no dispatch satisfies all its limits."""

    exit_status = 3
