"""Every message of a complete room has its Chinese, and Chinese is in one place."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import altay_energy
from altay_energy.report.text.messages import PLACE, entries, translated

SOURCE = Path(altay_energy.__file__).parent

COMPLETE = (
    "cli/parser.py",
    "cli/commands.py",
    "cli/fault.py",
    "dispatch/infeasible",
    "dispatch/problem/period.py",
)
"""Rooms of which every message has Chinese; this may only grow."""

# Words of argparse, and links and dates that a message is put together with.
OTHERS = re.compile(
    r"usage: |options|positional arguments|show .* and exit|the following arguments .*"
    r"|unrecognized arguments.*|argument .*|expected .* argument|invalid .*|ignored explicit .*"
)
NOT_SHOWN = {"loading, weather included", "any further load"}
"""Keys of a document, and names inside a program."""

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
    where = SOURCE / room
    return {
        text
        for path in ([where] if where.is_file() else where.rglob("*.py"))
        for text in texts(path)
    }


@pytest.mark.parametrize("room", COMPLETE)
def test_every_message_of_a_complete_room_has_chinese(room):
    known = {shape(english) for english in entries()}
    missing = [text for text in of_room(room) if is_message(text) and text not in known]
    assert [text for text in missing if text not in NOT_SHOWN] == []


def test_every_entry_is_a_text_of_the_source():
    known = of_room(".")
    stale = [e for e in entries() if shape(e) not in known and not OTHERS.fullmatch(e)]
    dated = re.compile(r"\{0:d\} [A-Z][a-z]+( \{1:d\})?|.*\{\d:t\}.*")
    assert [e for e in stale if not dated.fullmatch(e) and e not in JOINED] == []


JOINED = {
    "{0} by up to {1:w} MW ({2:w} MWh), {3}",
    "in step {0:d} {1}",
    "in steps {0:d} to {1:d} {2}",
    "{0}: {1:d} problem",
    "{0}: {1:d} problems",
    "run {0}: {1}",
}


def test_chinese_fills_the_same_places():
    for english, chinese in entries().items():
        places = {number for number, _ in PLACE.findall(english)}
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
            "以下任一项即可：将 a.b 提高至 1,640；将 c.d 各时段提高 3",
        ),
        ("a name that nobody knows, and 12 MW", "a name that nobody knows, and 12 MW"),
        ("; did you mean capacity_mw?", "；是否应为 capacity_mw？"),
    ],
)
def test_a_message_is_written_in_chinese(english, chinese):
    assert translated(english, "zh") == chinese
    assert translated(english, "en") == english


def test_a_long_text_of_a_user_takes_no_long_time():
    text = "by up to 3 MW (" * 3000
    assert translated(text, "zh") == text
