"""Choice of fonts; Chinese is drawn only where a font with its glyphs is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from altay_energy.report.text import LANGUAGES, Words, words

LATIN = "DejaVu Sans"
"""Ships with Matplotlib, so it is always installed."""

CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Source Han Sans",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "DengXian",
    "STHeiti",
    "Heiti SC",
    "Sarasa Gothic SC",
    "LXGW WenKai",
    "Arial Unicode MS",
    "Droid Sans Fallback",
    # Matplotlib before 3.11 reads only the first face of a collection: the Japanese one, which
    # has the same simplified characters.
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
    "AR PL UMing CN",
    "SimSun",
    "FangSong",
    "KaiTi",
)
"""Font families with simplified Chinese, in order of preference."""

FILE_PARTS = ("cjk", "hansans", "notosanssc", "wqy", "simhei", "msyh", "pingfang", "heiti", "uming")


@dataclass(frozen=True)
class Lettering:
    """The language that charts are drawn in, and its fonts.

    Parameters
    ----------
    language : str
        Language of the labels; English if the requested one cannot be drawn.
    families : tuple of str
        Font families; the first that has a glyph draws it.
    notice : str or None
        Notice for the user, in the requested language.
    """

    language: str
    families: tuple[str, ...]
    notice: str | None = None

    @property
    def words(self) -> Words:
        """Words of the language that is drawn."""
        return words(self.language)

    def can_draw(self, text: str) -> bool:
        """Return whether every character has a glyph in one of the families."""
        return all(any(has_glyphs(family, char) for family in self.families) for char in text)


@lru_cache(maxsize=len(LANGUAGES))
def lettering(language: str) -> Lettering:
    """Choose fonts for a language; English with a notice if Chinese cannot be drawn.

    Parameters
    ----------
    language : str
        ``"en"`` or ``"zh"``.

    Raises
    ------
    ValueError
        If the language is unknown.
    """
    asked = words(language)
    chinese = cjk_font()
    if language == "en":
        # titles may be Chinese on charts in English
        return Lettering("en", (LATIN,) if chinese is None else (LATIN, chinese))
    if chinese is None:
        return Lettering("en", (LATIN,), asked("font", "no_cjk"))
    return Lettering(language, (chinese, LATIN))


@lru_cache(maxsize=1)
def cjk_font() -> str | None:
    """Return the preferred installed family with all characters of the Chinese words, or None."""
    needed = "".join(sorted({c for c in _all_text(words("zh").tables) if ord(c) > 0x2E7F}))
    for family in _candidates():
        if has_glyphs(family, needed):
            return family
    return None


@lru_cache(maxsize=4096)
def has_glyphs(family: str, text: str) -> bool:
    """Return whether an installed family has a glyph for every character of a text."""
    face = _face(family)
    return face is not None and all(face.get_char_index(ord(char)) != 0 for char in text)


@lru_cache(maxsize=64)
def _face(family: str) -> FT2Font | None:
    """Return the regular face that Matplotlib uses for this family; None if it is missing."""
    properties = font_manager.FontProperties(family=[family])
    try:
        path = font_manager.fontManager.findfont(
            properties, fallback_to_default=False, rebuild_if_missing=False
        )
        index = getattr(path, "face_index", 0)
        return FT2Font(str(path), face_index=index) if index else FT2Font(str(path))
    except (ValueError, OSError, RuntimeError):  # no such family; file missing; not a font
        return None


def _candidates() -> Iterator[str]:
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    yield from (family for family in CHINESE if family in known)
    # Matplotlib caches its list of fonts, so fonts that were installed later are missing in it.
    listed = {Path(entry.fname).name for entry in font_manager.fontManager.ttflist}
    for file in sorted(font_manager.findSystemFonts()):
        name = Path(file).name.lower()
        if Path(file).name not in listed and any(part in name for part in FILE_PARTS):
            try:
                font_manager.fontManager.addfont(file)
            except (OSError, RuntimeError):  # damaged, or a format that FreeType cannot read
                continue
    found = {entry.name for entry in font_manager.fontManager.ttflist} - known
    yield from (family for family in CHINESE if family in found)
    yield from sorted(found - set(CHINESE))


def _all_text(value: object) -> str:
    if isinstance(value, dict):
        return "".join(_all_text(part) for part in value.values())
    if isinstance(value, list):
        return "".join(_all_text(part) for part in value)
    return value if isinstance(value, str) else ""
