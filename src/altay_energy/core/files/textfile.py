"""Bytes of a file to text: size, type and encoding are checked before parsing."""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from altay_energy.core.errors import AltayError, WeatherError
from altay_energy.core.files.inputs import read_bytes

MAX_KEY_PARTS = 64
"""Parts of a dotted key; those of our files have five at most."""

_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it as CSV (UTF-8)"),
    (b"\x89HDF", "netCDF-4/HDF5; convert it to CSV"),
    (b"CDF", "netCDF; convert it to CSV"),
    (b"GRIB", "GRIB; ask the provider for netCDF"),
    (b"PAR1", "Parquet; convert it to CSV"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"%PDF", "a PDF document; find the data as CSV or EPW"),
)

_CHINESE_PAIR = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")
"""A common Chinese character in GB 2312, and thus in GBK and GB 18030."""


@dataclass(frozen=True)
class Text:
    """Text of a file.

    Parameters
    ----------
    name : str
        File name, as messages give it.
    text : str
        Decoded, without byte-order mark; line ends as they were.
    sha256 : str
        Of the bytes.
    notices : tuple of str
        The encoding, where it is not UTF-8.
    """

    name: str
    text: str
    sha256: str
    notices: tuple[str, ...] = ()


def read_text(
    path: Path, *, encoding: str | None = None, error: type[AltayError] = WeatherError
) -> Text:
    """Read a text file whole and say how it was encoded.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str, optional
        Used instead of detection.
    error : type of AltayError
        Class of the error.

    Returns
    -------
    Text

    Raises
    ------
    AltayError
        If it is absent, too large, empty, no text, or in an unknown encoding.
    """
    name = path.name
    raw = read_bytes(path, error=error)
    if not raw.strip():
        raise error(f"{name}: the file is empty")
    what = no_text(raw)
    if what is not None:
        raise error(f"{name}: this is not text but {what}")
    text, notice = _decode(raw, encoding, name, error)
    return Text(name, text, hashlib.sha256(raw).hexdigest(), (notice,) if notice else ())


def no_text(raw: bytes) -> str | None:
    """Type of a file that is not text, and how to convert it; None if it may be text.

    Parameters
    ----------
    raw : bytes
        Its content, or the beginning of it.

    Returns
    -------
    str or None
    """
    if raw.startswith(b"PK\x03\x04"):
        head = raw[:4096]
        if b"xl/" in raw or b"[Content_Types].xml" in head:
            return "an Excel workbook; save it as CSV (UTF-8)"
        if b"opendocument" in head:
            return "a spreadsheet of OpenDocument; save it as CSV (UTF-8)"
        return "a zip archive; unpack it, or save a spreadsheet as CSV (UTF-8)"
    return next((what for signature, what in _SIGNATURES if raw.startswith(signature)), None)


def _decode(
    raw: bytes, encoding: str | None, name: str, error: type[AltayError]
) -> tuple[str, str | None]:
    if encoding is not None:
        try:
            return raw.decode(encoding).removeprefix("\ufeff"), f"read as {encoding}, as declared"
        except Exception as problem:  # some of Python's codecs raise other errors
            raise error(
                f"{name}: encoding = {encoding!r} does not fit: {problem}; name that of the text, "
                'as in encoding = "latin-1"'
            ) from None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(raw, "utf-16", name, error), "text is UTF-16"
    if b"\x00" in raw[:4096]:
        for candidate, zero in (("utf-16-le", raw[1:200:2]), ("utf-16-be", raw[0:200:2])):
            if zero.count(0) > len(zero) // 2:
                return _strictly(raw, candidate, name, error), "text is UTF-16 without a mark"
        raise error(
            f"{name}: this is not text; expected CSV or a weather file that docs/weather.md lists"
        )
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        pass
    # Latin-1 decodes as GBK by accident; but Chinese has pairs of high bytes, accents stand alone.
    if _CHINESE_PAIR.search(raw):
        return _strictly(raw, "gb18030", name, error), "text is GBK, not UTF-8"
    # EPW and TMY3: only the name of the place and a legal line can hold accents and signs.
    if raw.startswith(b"LOCATION,") or b"\nDate (MM/DD/YYYY)," in raw[:2000]:
        return raw.decode("latin-1"), "text is Latin-1, not UTF-8"
    raise error(
        f"{name}: the text is neither UTF-8, UTF-16 nor GBK; save it as UTF-8 or declare "
        'encoding, as in encoding = "latin-1"'
    )


def _strictly(raw: bytes, encoding: str, name: str, error: type[AltayError]) -> str:
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise error(f"{name}: the text is neither UTF-8 nor {encoding}; save it as UTF-8") from None


def parse_toml(text: str, what: str, error: type[AltayError] = WeatherError) -> dict[str, Any]:
    """Tables of a TOML text that came with somebody's data.

    Parameters
    ----------
    text : str
    what : str
        Its name in messages.
    error : type of AltayError
        Class of the error.

    Returns
    -------
    dict

    Raises
    ------
    AltayError
        If it is no TOML, or nested too deeply.
    """
    try:
        refuse_long_keys(text)
        return tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        raise error(f"{what}: is no TOML: {toml_problem(problem)}") from None


def refuse_long_keys(text: str) -> None:
    """Refuse a dotted key of many parts: the parser's time grows with their square.

    Parameters
    ----------
    text : str
        TOML.

    Raises
    ------
    RecursionError
        As the parser itself does for brackets.
    """
    for line in text.split("\n"):
        if line.count(".") <= MAX_KEY_PARTS:
            continue
        for piece in re.split("[=,]", line):
            parts = piece.split(".")
            if len(parts) > MAX_KEY_PARTS and all(part.strip() for part in parts):
                raise RecursionError


def toml_problem(problem: Exception) -> str:
    """Message of an error of the TOML parser.

    Parameters
    ----------
    problem : Exception
        A `tomllib.TOMLDecodeError`, or what the parser lets through: a RecursionError, or a
        ValueError for a number of thousands of digits.

    Returns
    -------
    str
    """
    if isinstance(problem, tomllib.TOMLDecodeError):
        return str(problem)
    if isinstance(problem, RecursionError):
        return "tables or lists are nested too deeply"
    return "a number has thousands of digits; is a separator missing?"


def library_said(problem: BaseException) -> str:
    """Message of a library on a file that it could not read, made readable.

    Parameters
    ----------
    problem : BaseException

    Returns
    -------
    str
        One line of at most 200 characters.
    """
    if isinstance(problem, TypeError | AttributeError | RecursionError | AssertionError):
        return "its parts do not fit together"  # such messages are about the library, not the file
    if isinstance(problem, IndexError):
        return "it ends too early"
    said = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
    said = re.sub(r"\bnp\.\w+\(([^()]*)\)", r"\1", said)  # a number as NumPy prints it
    return f"it lacks {said}" if isinstance(problem, KeyError) else said
