"""Public functions say what they return, in which unit and of which shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import altay_energy

PACKAGE = Path(altay_energy.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
Definition = ast.ClassDef | ast.FunctionDef

UNIT_OR_SHAPE = re.compile(r"\bshape\b|\bndarray\b|\([^()]*\bT\b[^()]*\)|\[[^\]]+\]")


def public(node: ast.Module | ast.ClassDef, above: str = "") -> Iterator[tuple[str, Definition]]:
    """Public classes and functions of a module, and the public members of these classes."""
    for part in node.body:
        if isinstance(part, Definition) and not part.name.startswith("_"):
            yield above + part.name, part
            if isinstance(part, ast.ClassDef):
                yield from public(part, f"{above}{part.name}.")


def documented(module: Path) -> list[tuple[str, Definition, str]]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return [(name, part, ast.get_docstring(part) or "") for name, part in public(tree)]


def name_of(module: Path) -> str:
    return str(module.relative_to(PACKAGE))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_public_name_has_a_docstring_that_begins_with_a_sentence(module):
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    for name, _, text in documented(module):
        summary = text.partition("\n\n")[0].strip()
        assert summary, name
        formula = re.match(r"\w+\(", summary)
        assert formula or summary[0].isupper() or not summary[0].isalpha(), (name, summary)
        assert re.search(r"[.?:\]]$", summary), (name, summary)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_what_returns_an_array_names_its_unit_or_shape(module):
    for name, part, text in documented(module):
        if isinstance(part, ast.FunctionDef) and part.returns is not None:
            returned = ast.unparse(part.returns)
            entry = any("figure(" in ast.unparse(d) for d in part.decorator_list)  # has a unit
            if "Array" in returned and not entry:
                assert UNIT_OR_SHAPE.search(text), (name, text)


def test_parameters_that_a_docstring_names_exist():
    """Sections `Parameters` of functions name arguments, in their order."""
    seen = 0
    for module in MODULES:
        for name, part, text in documented(module):
            if not isinstance(part, ast.FunctionDef) or "Parameters\n---" not in text:
                continue
            section = re.split(r"\n\n(?=\w+\n-{3,})", text.split("Parameters\n")[1])[0]
            heads = [line for line in section.splitlines()[1:] if line and line[0] != " "]
            named = [n.strip("* ") for head in heads for n in head.split(" : ")[0].split(",")]
            given = [*part.args.posonlyargs, *part.args.args, *part.args.kwonlyargs]
            known = {argument.arg for argument in given}
            known |= {a.arg for a in (part.args.vararg, part.args.kwarg) if a is not None}
            assert set(named) <= known, (module, name, named)
            seen += 1
    assert seen > 100
