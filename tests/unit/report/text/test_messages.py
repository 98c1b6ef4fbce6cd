"""Every message of a complete room has its Chinese, and Chinese is in one place."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import altay_energy
from altay_energy.report.text.messages import PLACE, entries, sections, translated

SOURCE = Path(altay_energy.__file__).parent

COMPLETE = (
    "cli",
    "components",
    "core",
    "dispatch",
    "report",
    "resource",
    "run",
    "scenario",
    "study",
    "weather",
)
"""Rooms of which every message has Chinese; this may only grow."""

NOT_SHOWN = re.compile(
    "loading, weather included|any further load|back down|multiple times|Invalid value"
    "|(station|plant|thermal|storage|load|river|hydro)\\w*( unit| basin)? time(_edge)?"
    "|(outside )?(upper|lower) (left|right)|axes fraction|offset points|italic dim|bold red"
    r"|#.*|tuple\[.*|<Run of.*|.*\\[sd(].*|Illegal character.*|minutes since.*"
    "|kg .*|DNI .*|GHI .*|wind m/s|Lprecip.*|.*CITY.*|NASA POWER|NSRDB PSM|DATA PERIODS"
    r"|(Local )?Time Zone|Irradiance Time Offset|Pressure Units|Date .*|Time \(.*|Location ID"
    r"|\"?-(BEGIN|END) HEADER-|latitude \(decimal.*|altay_energy weather.*|irradiance time offset"
    r"|the last attempt .*| \{\}, as in \{\}"
    r"|\n?(CREATE|DELETE FROM|DROP|INSERT|PRAGMA|SELECT|BEGIN) .*",
    re.DOTALL,
)
"""Words of formats, names inside a program, and what is not reached."""

OF_LIBRARIES = {"argparse", "pydantic", "toml", "system", "stamps", "counts", "variants"}
"""Sections with words of argparse, pydantic, tomllib and the registry of formats, with plurals, and
with sentences for each of the words that the code chooses between."""

NO_MESSAGES = ("core/moved.py", "report/chart/fonts.py", "weather/formats/registry.py")
"""Modules with names, and words of a page of documentation."""

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def shape(template):
    """A template with every place as {}, neighbouring places as one."""
    return re.sub(r"(?:\{[^{}]*\})+", "{}", template)


def docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for inner in body if isinstance(body, list) else ():
            if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant):
                yield inner.value


def texts(path):
    """Shapes of all strings of a module but docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(node) for node in docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            skipped |= {
                id(below)
                for part in node.values
                if isinstance(part, ast.FormattedValue) and part.format_spec is not None
                for below in ast.walk(part.format_spec)
            }
            parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            if id(node) not in skipped:
                yield shape("".join(parts))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield shape(node.value)


def is_message(text):
    """Whether a text holds two neighbouring words that are not in places."""
    return bool(re.search(r"[A-Za-z]{2,},? [A-Za-z(]", text.replace("{}", " {} ")))


@cache
def of_room(room):
    return {
        text
        for path in (SOURCE / room).rglob("*.py")
        if path.relative_to(SOURCE).as_posix() not in NO_MESSAGES
        for text in texts(path)
    }


def without_ends(text):
    """A shape, and the same without a place at either end: what a message is joined with."""
    begin, end = text.removeprefix("{}"), text.removesuffix("{}")
    both = begin.removesuffix("{}")
    return {text, begin, end, both, begin.lstrip(), both.lstrip()}


@cache
def shapes():
    return {part for english in entries() for part in without_ends(shape(english))}


@pytest.mark.parametrize("room", COMPLETE)
def test_every_message_of_a_complete_room_has_chinese(room):
    messages = {text for text in of_room(room) if is_message(text)}
    assert {text for text in messages - shapes() if not NOT_SHOWN.fullmatch(text)} == set()


def test_every_entry_is_a_text_of_the_source():
    known = set().union(*map(of_room, COMPLETE))
    dated = re.compile(r"\{0:d\} [A-Z][a-z]+( \{1:d\})?|.*\{\d:t\}.*")
    ours = [part for name, part in sections().items() if name not in OF_LIBRARIES]
    stale = {
        english
        for part in ours
        for english in part
        if not (known & without_ends(shape(english)))
        and not (dated.fullmatch(english) or english in JOINED or english.isalpha())
    }
    assert stale == set()


JOINED = {
    '"{0}" or "{1}"',
    "{0} by up to {1:w} MW ({2:w} MWh), {3}",
    "in step {0:d} {1}",
    "in steps {0:d} to {1:d} {2}",
    "{0}: {1:d} problem",
    "{0}: {1:d} problems",
    "run {0}: {1}",
}


def test_chinese_fills_the_same_places():
    for english, chinese in entries().items():
        places = {number for number, kind in PLACE.findall(english) if kind != "o"}
        assert {number for number, _ in PLACE.findall(chinese)} == places, english
        assert CHINESE.search(chinese) or not is_message(english), english


def test_chinese_is_in_one_room():
    """But for units and signs that users write in their files."""
    elsewhere = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if path.parent != SOURCE / "report/text"
        and CHINESE.search(path.read_text(encoding="utf-8"))
    }
    assert elsewhere == {"core/files/quantities.py", "scenario/toml/text.py"}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("on 14 January 2030 18:00-22:00", "2030年1月14日 18:00-22:00"),
        ("from 3 May 23:00 to 4 May 01:00", "5月3日 23:00 至 5月4日 01:00"),
        ("in steps 3 to 5", "第 3 至 5 步"),
        (
            "any one of these is enough: a.b raised to 1,640; c.d raised by 3 in every step",
            "以下任一项即可：将 a.b 提高至 1,640；将 c.d 每一步提高 3",
        ),
        ("a name that nobody knows, and 12 MW", "a name that nobody knows, and 12 MW"),
        ("; did you mean capacity_mw?", "；是否应为 capacity_mw？"),
        (
            "note: a.b: the figures of the cells lfp are assumed",
            "提示：a.b：电芯 lfp 的参数为假定值",
        ),
    ],
)
def test_a_message_is_written_in_chinese(english, chinese):
    assert translated(english, "zh") == chinese
    assert translated(english, "en") == english


def test_a_long_text_of_a_user_takes_no_long_time():
    text = "by up to 3 MW (" * 3000
    assert translated(text, "zh") == text


@pytest.mark.parametrize(
    "english",
    [
        "a.toml: wind.b.capacity_mw is missing: rated power of all turbines [MW]",
        "a.toml: wind.b.capacity is no key here; did you mean capacity_mw?",
        "wind.b.wake_loss = 8: must be at most 1; did you mean 0.08 (a share, not percent)?",
        'wind.b.capacity_mw = "9 MW": must be a number [MW] without quotes or unit, as in 9',
        'a.toml: wind.b.site = "c": there is no such site; did you mean d? (sites: d, e)',
        "a.toml: solar.s: profile is -1; it must be from 0 to 1 of capacity",
        "a.csv: line 5, column 'x': '1,234.5' has a thousands separator or a decimal comma; "
        'write 1234.5, or declare decimal = ","',
        "a.csv: 1 interval missing in 1 gap: 2030-01-01 10:00 (1 × 60 min), first after line 11; "
        "add the rows, or declare max_gap_hours or same_hour_gap_hours, which fill them",
        "a.epw: sunlight runs 1.5 h later than the sun and fits best 1.5 h earlier (r 0.93; 0.83 "
        "as labelled). If its clock is another one, declare utc_offset_hours for the file; if only "
        "the sunlight is shifted, accept it with [weather.clock_shift_hours] s = 1.5",
        "Grid: export_price_cny_mwh = 1 CNY/MWh is unusual: is it in CNY/kWh? Then write 1000. "
        "If it is meant, say allow_unusual = true at the top of the scenario",
        "a: mine.toml: is no TOML: Invalid value (at line 44, column 15)",
    ],
)
def test_a_message_of_several_parts_is_chinese_in_all_of_them(english):
    chinese = translated(english, "zh")
    assert CHINESE.search(chinese)
    assert re.findall("[a-z]{2,},? [a-z]{2,}", chinese) == []
