"""The error tree. Every error caused by input is an ``AltayError`` and says how to correct it.

::

    AltayError                   exit status 2 unless said otherwise
    ├── ScenarioError            a scenario file, a key or a value
    ├── WeatherError             a weather file or series
    ├── SeriesError              a series of a load, a profile or a price
    ├── OutputError              the folder that was to be written
    └── NoSolutionError          exit status 3: the problem is valid, but no dispatch satisfies it
"""

from __future__ import annotations

import re
from collections.abc import Iterable

CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that act on a terminal or turn the order of a line; not tab and line feed."""


def visible(text: str) -> str:
    r"""Text in which every control character is written out, as in ``\x1b``.

    Names and headers of files come from anywhere; none of them may act on the terminal that
    shows a message.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The same text where it holds no such character; tab and line feed stay.
    """
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def kind_of(value: object) -> str:
    """Name of the type of a value, for a message on a value of a wrong type.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
        ``None``, or the name of its type.
    """
    return "None" if value is None else type(value).__name__


class AltayError(Exception):
    """An error in the input; the message says where, what is expected and how to correct it."""

    exit_status = 2

    def __init__(self, *args: object) -> None:
        super().__init__(*(visible(part) if isinstance(part, str) else part for part in args))


class ScenarioError(AltayError, ValueError):
    """A scenario says something the model cannot mean; holds every problem that was found.

    Parameters
    ----------
    problems : iterable of str
        One line a problem: file, key, value, what is expected.
    """

    def __init__(self, problems: Iterable[str] | str) -> None:
        found = (problems,) if isinstance(problems, str) else tuple(problems)
        self.problems = tuple(visible(problem) for problem in found)
        super().__init__("\n".join(self.problems))


class WeatherError(AltayError, ValueError):
    """A weather file or series cannot be used as given."""


class SeriesError(AltayError, ValueError):
    """A series (load, profile, price) cannot be used as given."""


class OutputError(AltayError, OSError):
    """The results cannot be written to the given place."""


class NoSolutionError(AltayError, RuntimeError):
    """The problem is valid, but no dispatch satisfies all its limits."""

    exit_status = 3
