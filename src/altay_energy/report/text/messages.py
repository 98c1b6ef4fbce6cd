"""Messages in Chinese: finished English sentences are matched with templates and written anew.

The code writes its messages in English. Where Chinese is wanted, the edge of the program (commands
and report pages) hands each of them to `translated`. ``messages_zh.toml`` maps English templates to
Chinese ones; ``{0}``, ``{1}``, ... are places, which may come in another order in Chinese. A place
holds any text, ``{0:w}`` one word without spaces, ``{0:d}`` digits, ``{0:t}`` a date such as 14
January, ``{0:o}`` the end of an English word, which Chinese leaves out. What a place holds is
translated as well, and so are the parts of a list; what is not known remains English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from altay_energy.core.catalogue import package_toml

PLACE = re.compile(r"\{(\d+)(?::([wdto]))?\}")
_SEPARATORS = (("; ", "；"), (", ", "，"), (": ", "："))
_KINDS: Mapping[str | None, str] = {
    None: "(.*?)",
    "w": r"(\S+?)",
    "o": r"([a-z]*?)",
    "d": r"(\d+)",
    "t": r"(\d+ [A-Z][a-z]+(?: \d{4}\b)?(?! \d{4}\b))",
}
_LONGEST = 4000
"""Longer texts are not matched with templates of several places."""

_LABEL = "note: "
"""Before a notice: not a part of the key that a message may begin with."""

_MOST_PARTS = 8
"""Colons behind which a message may begin."""


@dataclass(frozen=True)
class _Template:
    """An English template and its Chinese one.

    Parameters
    ----------
    pieces : tuple of str
        Text before, between and after the places.
    numbers : tuple of int
        Number of each place.
    pattern : str
        Regular expression of the whole.
    chinese : str
    """

    pieces: tuple[str, ...]
    numbers: tuple[int, ...]
    pattern: str
    chinese: str

    @classmethod
    def of(cls, english: str, chinese: str) -> _Template:
        """Take an entry of the file apart."""
        parts = PLACE.split(english)
        pieces, kinds = parts[::3], parts[2::3]
        after = zip(kinds, pieces[1:], strict=True)
        pattern = re.escape(pieces[0]) + "".join(_KINDS[k] + re.escape(p) for k, p in after)
        return cls(tuple(pieces), tuple(map(int, parts[1::3])), pattern, chinese)

    def may_fit(self, text: str) -> bool:
        """Whether the text holds all pieces in order: far cheaper than the pattern."""
        at = 0
        for piece in self.pieces:
            at = text.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
        return True

    def filled_by(self, text: str) -> dict[int, str] | None:
        """What each place holds; None where the text is not of this template."""
        if len(text) > _LONGEST and len(self.numbers) > 1:
            return None
        found = re.fullmatch(self.pattern, text, re.DOTALL)
        return None if found is None else dict(zip(self.numbers, found.groups(), strict=True))


@lru_cache(maxsize=1)
def sections() -> Mapping[str, Mapping[str, str]]:
    """Return the Chinese templates by their English ones, by section of the file."""
    return package_toml("report/text/messages_zh.toml")


def entries() -> dict[str, str]:
    """Return the Chinese templates by their English ones."""
    return {english: chinese for part in sections().values() for english, chinese in part.items()}


@lru_cache(maxsize=1)
def _templates() -> list[_Template]:
    """Templates, those with the most text of their own first."""
    made = [_Template.of(english, chinese) for english, chinese in entries().items()]
    return sorted(made, key=lambda template: -sum(map(len, template.pieces)))


def translated(message: str, language: str) -> str:
    """A message of this package in a language.

    Parameters
    ----------
    message : str
        A finished message in English.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    str
        The message itself in English, and what is not known in Chinese.

    Examples
    --------
    >>> translated("no such thing is known", "zh")
    'no such thing is known'
    """
    if language != "zh":
        return message
    return "\n".join(_line(line) for line in message.split("\n"))


def _line(text: str) -> str:
    """Translate a line; the dash of an item of a list stays, a label is translated by itself."""
    if text.startswith(_LABEL):
        return entries()[f"{_LABEL}{{0}}"].format(_line(text.removeprefix(_LABEL)))
    dash = re.match(r" *- ", text)
    return dash[0] + _chinese(text[dash.end() :]) if dash else _chinese(text)


@lru_cache(maxsize=4096)
def _chinese(text: str) -> str:
    if not re.search("[A-Za-z]", text):
        return text
    filled = _filled(text)
    if filled is not None:
        return filled
    for english, chinese in _SEPARATORS:
        pieces = text.split(english, 1 if english == ": " else -1)
        written = [_chinese(part) for part in pieces] if len(pieces) > 1 else pieces
        if written != pieces:
            return chinese.join(written)
    return text


def _filled(text: str) -> str | None:
    """Translate by the template with the most text of its own; None if none fits.

    A message may stand behind the file or the key that it is about, parted by a colon.
    """
    ends = [found.end() for found in re.finditer(": ", text)][:_MOST_PARTS]
    for template in _templates():
        if not template.may_fit(text):
            continue
        for begin in (0, *ends):
            held = template.filled_by(text[begin:])
            if held is not None:
                parts = {number: _chinese(part) for number, part in held.items()}
                filled = PLACE.sub(lambda place: parts[int(place[1])], template.chinese)  # noqa: B023
                return f"{_chinese(text[: begin - 2])}：{filled}" if begin else filled
    return None
