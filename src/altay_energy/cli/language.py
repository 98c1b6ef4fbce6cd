"""The language that a command speaks: that of ``--language``, else that of the locale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from itertools import pairwise

LANGUAGES = ("en", "zh")
LANGUAGE: ContextVar[str] = ContextVar("LANGUAGE", default="en")
"""Language of the command that runs."""


def asked_language(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language that is asked for, before the arguments are parsed.

    Parameters
    ----------
    words : sequence of str
        Arguments of the command line; the last ``--language`` counts, at any place.
    environment : mapping of str to str
        The first of ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` that is not empty counts otherwise.

    Returns
    -------
    str
        ``"en"`` or ``"zh"``.
    """
    asked = ""
    for word, after in pairwise((*words, "")):
        if word == "--":
            break
        if word.startswith("--language"):
            asked = after if word == "--language" else word.partition("=")[2]
    if asked in LANGUAGES:
        return asked
    locale = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, locale), "").lower().startswith("zh") else "en"


def in_language(text: str) -> str:
    """Return a message in the language of the command that runs.

    Parameters
    ----------
    text : str
        In English, of one or several lines.

    Returns
    -------
    str
    """
    if LANGUAGE.get() == "en":
        return text
    from altay_energy.report.text.messages import translated

    return translated(text, LANGUAGE.get())
