"""The pages say what is: their examples run, their output is real, their links lead somewhere."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shlex
import shutil
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

import altay_energy as ae
from altay_energy.cli import parser as cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]

PARSED_ONLY = {"docs/weather.md": "its weather files are not part of the project"}
"""Pages whose commands are parsed but not run, and why."""

RUN_ELSEWHERE = (
    "python examples/",
    "python3 -m venv",
    ".venv/bin/python -m pip install",
    ".venv/bin/python -m pytest",
)
"""Beginnings of commands that other tests run, or the project's own check does."""

FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: ``toml bad.toml wrong`` is the file bad.toml, and shall be refused."""

    language: str
    file: str
    wrong: bool
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        language, file, wrong = (*match[2].split(), "", "", "")[:3]
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(language, file, wrong == "wrong", textwrap.dedent(match[3]), line))
    return found


def plain(text: str) -> str:
    """Words of a text: tables are padded, and pages wrap long lines."""
    return " ".join(re.sub(r"[─\s]+", " ", text).split())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what a reader has in the project's folder, where nothing can be spoiled."""
    for name in ("scenarios", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


LONG = {"docs/commands.md", "docs/studies.md"}
"""Pages that run every command once: left to the slow tests."""


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in NAMES]
)
def test_every_example_of_a_page_runs_in_the_order_of_the_page(name, folder):
    page = blocks(ROOT / name)
    for block in page:
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "page"}
    for block in page:
        where = f"{name}:{block.line}"
        match block.language:
            case "python":
                code = "\n" * block.line + block.text  # so that a traceback names the line
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(code, str(ROOT / name), "exec"), namespace)
            case "toml" if "schema_version" in block.text:
                check_scenario(block, where)
            case "toml":
                tomllib.loads(block.text)
            case "console" if name in PARSED_ONLY:
                for words, _, _ in commands(block, where):
                    cli.parser().parse_args(words)
            case "console":
                for words, expected, status in commands(block, where):
                    check_command(words, expected, status, where)


def check_scenario(block: Block, where: str) -> None:
    """Load a whole scenario as the page says: it is sound unless it is called wrong."""
    path = Path(block.file or "block.toml")
    path.write_text(block.text, encoding="utf-8")
    if block.wrong:
        with pytest.raises(ae.ScenarioError):
            ae.load(path)
    else:
        assert ae.load(path).name, where


def commands(block: Block, where: str) -> list[tuple[list[str], str, int]]:
    """Words, expected output and exit status of every altay-energy command of a block.

    A block with prompts holds commands and what they print, one without holds commands only.
    """
    found: list[tuple[list[str], str, int]] = []
    prompts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    for part in prompts or [f"{line}\n" for line in block.text.splitlines()]:
        line, _, output = part.partition("\n")
        if line == "echo $?":
            assert found, f"{where}: the exit status of which command?"
            found[-1] = (*found[-1][:2], int(output))
            continue
        for piece in line.split("&&"):
            words = shlex.split(piece, comments=True)
            if Path(words[0]).name == "altay-energy":
                found.append((unglobbed(words[1:]), output, 0))
            else:
                assert piece.strip().startswith(RUN_ELSEWHERE), f"{where}: nobody runs {piece}"
    return found


def unglobbed(words: list[str]) -> list[str]:
    """What a shell makes of ``*``."""
    lists = [sorted(map(str, Path().glob(word))) if "*" in word else [word] for word in words]
    return [word for found in lists for word in found]


def check_command(words: list[str], expected: str, status: int, where: str) -> None:
    if any(word.startswith("FILE") for word in words):  # stands for a file of the reader
        cli.parser().parse_args(words)
        return
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            got = cli.main(words)
        except SystemExit as stop:  # --help, --version and misspelt options
            got = stop.code
    printed = out.getvalue() + "\n" + err.getvalue()
    assert got == status, f"{where}: {' '.join(words)}\n{printed}"
    rest = plain(printed)
    for part in re.split(r"^\s*…\s*$", expected, flags=re.MULTILINE):
        wanted = plain(part)
        place = rest.find(wanted)
        assert place >= 0, f"{where}: {' '.join(words)} does not print {wanted!r} but {rest!r}"
        rest = rest[place + len(wanted) :]


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(name):
    page = ROOT / name
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{name}: {target} leads nowhere"
        assert path.is_relative_to(ROOT), f"{name}: {target} leads out of the project"
        if anchor:
            assert anchor in anchors(path), f"{name}: {target}: no such heading"


def anchors(page: Path) -> set[str]:
    """Names under which headings can be linked to, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_can_be_found_from_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    targets = set(LINK.findall(index))
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in PAGES[1:]} - {"index.md"}
    assert pages <= targets, f"docs/index.md does not name {pages - targets}"


def test_the_dispatch_page_shows_what_its_example_of_the_impossible_prints(folder):
    text = (ROOT / "docs" / "dispatch.md").read_text(encoding="utf-8")
    page = [b for b in blocks(ROOT / "docs" / "dispatch.md") if b.language == "python"]
    last = next(k for k, b in enumerate(page) if "NoSolutionError" in b.text)
    namespace: dict[str, object] = {"__name__": "page"}
    printed = io.StringIO()
    for block in page[: last + 1]:
        with contextlib.redirect_stdout(printed if block is page[last] else io.StringIO()):
            exec(compile(block.text, "docs/dispatch.md", "exec"), namespace)
    lines = printed.getvalue().splitlines()
    assert len(lines) == 4
    for line in lines:
        assert f"    {line}\n" in text


def test_the_reference_is_what_the_tool_writes_now():
    spec = importlib.util.spec_from_file_location(
        "write_reference", ROOT / "tools" / "write_reference.py"
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == tool.reference(), "run: python tools/write_reference.py"


def test_the_reference_names_every_key_of_the_schema():
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    from altay_energy.scenario.model import json_schema

    schema = json_schema()
    for name, table in {**schema["$defs"], "top": schema}.items():
        for key in table["properties"]:
            assert f"| `{key}` |" in page or f"`[{key}" in page, f"{name}.{key} is not there"


def test_the_scenario_page_names_every_shipped_scenario():
    page = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
    missing = [
        p.name for p in (ROOT / "scenarios").glob("*.toml") if f"`scenarios/{p.name}`" not in page
    ]
    assert not missing
