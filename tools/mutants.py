"""Mutation tests: whether tests detect a wrong sign, a wrong constant, a limit off by one.

    python tools/mutants.py map                       # once: which test runs which function
    python tools/mutants.py run --count 300 --seed 1 --workers 2
    python tools/mutants.py run --only 'resource/wind/shear.py' --count 40
    python tools/mutants.py run --survivors           # only those that no test noticed so far

A mutant is the package with one comparison, operator, sign, constant, boundary or return value
changed; words of messages, docstrings, annotations, decorators and what stands in ``raise`` are
left alone. Each is written into a temporary copy of the project, where the tests run that reach
the changed function, quickest first, then those that mirror its module, until one fails or the
budget is spent. Results go to ``.mutants/results.jsonl`` line by line, so that an interrupted run
goes on where it was; a result counts for as long as the changed module and its tests stay the same
(tests that are new or changed are only asked again with ``--survivors``).

The libraries are imported once and every mutant is a fork of that process, so this needs Linux or
macOS. Exit status: 0 when the share of killed mutants reaches ``--at-least``, else 1.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import hashlib
import importlib
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = Path("src") / "altay_energy"
ROOMS = ("dispatch", "components", "run", "resource", "weather")
STATE = ROOT / ".mutants"
COPIED = ("src", "tests", "scenarios", "examples", "docs", "tools", "benchmarks")
LIBRARIES = (
    "numpy", "scipy.optimize", "scipy.sparse.linalg", "scipy.ndimage", "scipy.special", "pandas",
    "pvlib", "xarray", "h5netcdf", "highspy", "pydantic", "matplotlib.pyplot", "hypothesis",
    "hypothesis.extra.numpy", "pytest", "rich", "jinja2",
)  # fmt: skip

COMPARISONS = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
TWINS = {
    "minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min", "floor": "ceil",
    "ceil": "floor", "all": "any", "any": "all", "argmin": "argmax", "argmax": "argmin",
}  # fmt: skip
# The libraries are imported before pytest could rewrite the asserts in them; that is no fault.
PYTEST = ("-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
PASSED, FAILED, BROKEN_COLLECTION = 0, 1, 2  # exit statuses of pytest


@dataclass(frozen=True)
class Mutant:
    """One change of one place.

    Parameters
    ----------
    path : str
        Module, from the root of the project.
    start, end : int
        Bytes that are replaced.
    new : str
        What is put there.
    kind : str
        comparison, operator, sign, constant, boundary, return, logic.
    line : int
        Counted from 1.
    function : str
        Qualified name of the innermost function around it, "" at the top of a module or class.
    """

    path: str
    start: int
    end: int
    new: str
    kind: str
    line: int
    function: str

    def apply(self, source: bytes) -> bytes:
        """The module with the change."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def key(self, source: bytes) -> str:
        """Name of the change that holds while the module stays the same."""
        state = hashlib.sha256(source).hexdigest()[:12]
        return f"{self.path}:{state}:{self.start}:{self.end}:{self.new}"

    def diff(self, source: bytes) -> str:
        """Old and new line."""
        first = source.rfind(b"\n", 0, self.start) + 1
        after = source.find(b"\n", self.end)
        old = source[first:after].decode()
        new = (source[first : self.start] + self.new.encode() + source[self.end : after]).decode()
        return f"- {' '.join(old.split())}\n    + {' '.join(new.split())}"


class _Places(ast.NodeVisitor):
    """Every change that a module allows."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path, self.source = path, source
        self.line_starts = [0]
        for line in source.splitlines(keepends=True):
            self.line_starts.append(self.line_starts[-1] + len(line))
        self.found: list[Mutant] = []
        self.names: list[str] = []
        self.returns: list[str] = []
        self.in_index = False
        self.visit(ast.parse(source))

    def at(self, line: int, column: int) -> int:
        return self.line_starts[line - 1] + column

    def span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def add(self, start: int, end: int, new: str, kind: str) -> None:
        line = self.source.count(b"\n", 0, start) + 1
        function = ".".join(self.names) if self.returns else ""
        self.found.append(Mutant(self.path, start, end, new, kind, line, function))

    def between(self, left: ast.expr, right: ast.expr, symbol: str) -> tuple[int, int] | None:
        """Where an operator stands between its two sides; None where a comment is in the way."""
        first, last = self.span(left)[1], self.span(right)[0]
        gap = self.source[first:last].decode()
        if "#" in gap:
            return None
        pattern = r"\b" + symbol.replace(" ", r"\s+") + r"\b" if symbol[0].isalpha() else None
        match = re.search(pattern or re.escape(symbol), gap)
        if match is None:
            return None
        return first + len(gap[: match.start()].encode()), first + len(gap[: match.end()].encode())

    # What is left alone.

    def visit_Raise(self, node: ast.Raise) -> None:
        pass

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.append(node.name)
        kept, self.returns = self.returns, []
        for statement in node.body:
            self.visit(statement)
        self.returns = kept
        self.names.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for value in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self.visit(value)
        before = list(self.names)
        if self.returns:
            self.names.append("<locals>")
        self.names.append(node.name)
        self.returns.append(ast.unparse(node.returns) if node.returns else "")
        for statement in node.body:
            self.visit(statement)
        self.returns.pop()
        self.names = before

    # What is changed.

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            symbol, others = COMPARISONS[type(op)]
            place = self.between(left, right, symbol)
            for other in others if place else ():
                self.add(*place, other, "comparison")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        words = isinstance(node.left, ast.JoinedStr | ast.Constant) and not isinstance(
            getattr(node.left, "value", ""), int | float
        )
        words = words or (isinstance(node.op, ast.BitOr) and not self.returns)  # a type
        if type(node.op) in OPERATORS and not words:
            symbol, other = OPERATORS[type(node.op)]
            place = self.between(node.left, node.right, symbol)
            if place:
                self.add(*place, other, "operator")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) in OPERATORS:
            symbol, other = OPERATORS[type(node.op)]
            place = self.between(node.target, node.value, symbol + "=")
            if place:
                self.add(*place, other + "=", "operator")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        symbol, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            place = self.between(left, right, symbol)
            if place:
                self.add(*place, other, "logic")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        start, operand = self.span(node)[0], self.span(node.operand)[0]
        gap = self.source[start:operand].decode()
        if isinstance(node.op, ast.USub) and gap.startswith("-"):
            self.add(start, start + 1, " ", "sign")
        elif isinstance(node.op, ast.Not):
            self.add(start, start + len("not "), "", "logic")
        elif isinstance(node.op, ast.Invert):
            self.add(start, start + 1, " ", "logic")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        kept, self.in_index = self.in_index, True
        self.visit(node.slice)
        self.in_index = kept

    def visit_Constant(self, node: ast.Constant) -> None:
        start, end = self.span(node)
        value = node.value
        if isinstance(value, bool):
            self.add(start, end, str(not value), "constant")
        elif isinstance(value, int):
            self.add(start, end, str(value + 1), "boundary" if self.in_index else "constant")
            if value > 0:
                self.add(start, end, str(value - 1), "boundary" if self.in_index else "constant")
        elif isinstance(value, float):
            if value == 0.0:
                self.add(start, end, "1.0", "constant")
            elif abs(value) <= 1e-6:  # a tolerance: a fourth more of it is the same
                self.add(start, end, repr(value * 1e4), "constant")
            else:
                self.add(start, end, repr(value * 1.25), "constant")

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func
        word = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", None)
        if word in TWINS:
            end = self.span(name)[1]
            self.add(end - len(word), end, TWINS[word], "operator")
        if word == "zip":  # strict=True is a guard against ourselves
            node.keywords = [k for k in node.keywords if k.arg != "strict"]
        if word == "Field":  # what describes a value is words
            node.keywords = [k for k in node.keywords if k.arg not in ("description", "examples")]
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            return
        start, end = self.span(node.value)
        old = self.source[start:end].decode()
        kind = self.returns[-1] if self.returns else ""
        if "#" not in old and not (
            isinstance(node.value, ast.Constant) and node.value.value is None
        ):
            if kind == "bool":
                self.add(start, end, f"not ({old})", "return")
            elif kind in ("float", "int", "Array"):
                self.add(start, end, f"-({old})", "return")
            elif kind not in ("", "None"):
                self.add(start, end, "None", "return")
        self.generic_visit(node)


def modules(only: str) -> list[str]:
    """Modules of the rooms, from the root, that fit a pattern such as ``resource/s*.py``."""
    found = (p for room in ROOMS for p in sorted((ROOT / PACKAGE / room).rglob("*.py")))
    paths = [str(p.relative_to(ROOT)) for p in found]
    chosen = [p.strip() for p in only.split(",")]
    return [p for p in paths if any(fnmatch.fnmatch(p, f"*/{one}") for one in chosen)]


def mutants(only: str, count: int, seed: int) -> list[Mutant]:
    """A seeded sample over all places of the modules, one change for a place.

    Places are drawn by a hash of seed, module, function and line, so that a change of the code
    elsewhere leaves the rest of the sample as it was.
    """
    by_place: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    lot: dict[tuple[str, int], str] = {}
    alike: dict[bytes, int] = defaultdict(int)
    for path in modules(only):
        source = (ROOT / path).read_bytes()
        for mutant in _Places(path, source).found:
            place = path, mutant.start
            by_place[place].append(mutant)
            first = source.rfind(b"\n", 0, mutant.start) + 1
            line = source[first : source.find(b"\n", mutant.end)].strip()
            known = f"{seed} {path} {mutant.function} {mutant.start - first} ".encode() + line
            if place not in lot:  # lines that are alike are told apart by their order
                drawn = known + b" again" * alike[known]
                lot[place] = hashlib.sha256(drawn).hexdigest()
                alike[known] += 1
    chosen = sorted(by_place, key=lambda place: lot[place])[:count]
    return [random.Random(lot[place]).choice(by_place[place]) for place in chosen]


# Which test runs which function.


class _Recorder:
    """A plugin of pytest: the functions of the package that each test runs, and its seconds."""

    def __init__(self, package: Path) -> None:
        self.package = f"{package}{os.sep}"
        self.reached: dict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()
        self.seen: dict[CodeType, str] = {}
        self.now: set[str] = set()
        self.prepared: set[str] = set()
        self.preparing = 0.0

    def trace(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        name = self.seen.get(code)
        if name is None:
            name = ""
            if code.co_filename.startswith(self.package):
                path = code.co_filename.removeprefix(self.package)
                name = f"{path}:{code.co_qualname.split('.<locals>.<')[0]}"
            self.seen[code] = name
        if name:
            self.now.add(name)

    def pytest_runtest_logreport(self, report: Any) -> None:
        test = report.nodeid.split("[")[0]
        self.seconds[test] += report.duration
        self.reached[test] |= self.now
        if report.when == "setup":  # a fixture of the file: the first test has it, all rest on it
            self.prepared |= self.now
            self.preparing = max(self.preparing, report.duration)
        if report.outcome == "failed":
            self.failed.add(test)
        self.now.clear()

    def pytest_runtest_setup(self) -> None:
        sys.settrace(self.trace)

    def pytest_runtest_teardown(self) -> None:
        sys.settrace(None)


def write_map(workers: int, only: str) -> None:
    """Run every test file once, each in a process of its own, and note what each test reaches."""
    copy = Copy()
    target = STATE / "map"
    target.mkdir(parents=True, exist_ok=True)
    nearest = ("unit", "properties")  # first, so that a map cut short is of most use
    files = sorted(
        (ROOT / "tests").rglob("test_*.py"),
        key=lambda f: ([part not in f.parts for part in nearest], f),
    )
    files = [
        f for f in files if any(fnmatch.fnmatch(str(f), f"*{one}*") for one in only.split(","))
    ]
    running: dict[int, Path] = {}
    while files or running:
        while files and len(running) < workers:
            file = files.pop(0)
            running[
                fork(lambda file=file: record(copy, file, target), copy, str(target / "log.txt"))
            ] = file
        child, _ = os.wait()
        print("mapped", running.pop(child).relative_to(ROOT), flush=True)
    copy.remove()


def record(copy: Copy, file: Path, target: Path) -> int:
    """Run one test file under the recorder, and write what it saw."""
    import pytest

    recorder = _Recorder(copy.root / PACKAGE)
    relative = str(file.relative_to(ROOT))
    status = pytest.main([*PYTEST, relative], plugins=[recorder])
    tests = {
        test: {
            "seconds": round(max(recorder.seconds[test], recorder.preparing), 3),
            "reaches": sorted(reached | recorder.prepared),
        }
        for test, reached in recorder.reached.items()
        if test not in recorder.failed
    }
    name = relative.replace(os.sep, "+") + ".json"
    (target / name).write_text(json.dumps(tests), encoding="utf-8")
    return int(status)


def read_map() -> tuple[dict[str, float], dict[str, set[str]]]:
    """Seconds of every test, and the tests that reach each ``module:function``."""
    seconds: dict[str, float] = {}
    texts: dict[str, str] = {}
    reaching: dict[str, set[str]] = defaultdict(set)
    files = sorted((STATE / "map").glob("*.json"))
    if not files:
        sys.exit("no map of the tests; run first: python tools/mutants.py map")
    for file in files:
        for test, row in json.loads(file.read_text(encoding="utf-8")).items():
            path, _, name = test.partition("::")
            if path not in texts:
                there = (ROOT / path).is_file()
                texts[path] = (ROOT / path).read_text(encoding="utf-8") if there else ""
            if f"def {name.rpartition('::')[2]}(" not in texts[path]:
                continue  # renamed since
            seconds[test] = row["seconds"]
            for function in row["reaches"]:
                reaching[function].add(test)
                reaching[function.split(":")[0]].add(test)
            for module in re.findall(r"^from altay_energy\.([\w.]+) import", texts[path], re.M):
                reaching[f"{module.replace('.', os.sep)}.py:"].add(test)  # it may read a table
    return seconds, reaching


def tests_for(
    mutant: Mutant,
    seconds: dict[str, float],
    reaching: dict[str, set[str]],
    budget_s: float,
) -> list[str]:
    """Tests in the order in which they are asked, until their seconds pass the budget."""
    module = mutant.path.removeprefix(f"{PACKAGE}{os.sep}")
    stem = Path(module).stem

    def mirrors(test: str) -> bool:
        return stem in Path(test.split("::")[0]).stem

    mirrored = {test for test in seconds if mirrors(test)}
    # A table or a default of the module has no function: first whoever imports the module.
    near = reaching[f"{module}:{mutant.function}"]
    rest = reaching[module] | mirrored
    order = sorted(near, key=lambda t: (seconds[t] * (0.3 if mirrors(t) else 1.0), t))
    order += sorted(rest - near, key=lambda t: (not mirrors(t), seconds[t], t))
    chosen, spent = [], 0.0
    for test in order:
        spent += seconds[test] + 0.02
        if spent > budget_s and chosen:
            break
        chosen.append(test)
    return chosen


# One mutant, one process.


class Copy:
    """A copy of the project in a temporary folder, in which one module at a time is changed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.root = self.folder / "project"
        self.root.mkdir()
        for name in COPIED:
            skip = shutil.ignore_patterns("__pycache__")
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.root / name, ignore=skip)
        for file in ROOT.glob("*.*"):
            if file.is_file():
                shutil.copy(file, self.root)
        shared = ROOT.parent / "shared"
        if shared.is_dir():
            (self.folder / "shared").symlink_to(shared)

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def fork(work: Any, copy: Copy, log: str) -> int:
    """Start a process that works inside the copy and ends with the status of its work."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    os.chdir(copy.root)
    source = str(copy.root / "src")
    sys.path.insert(0, source)
    os.environ["PYTHONPATH"] = source
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    status = BROKEN_COLLECTION
    try:
        status = work()
    except BaseException as error:  # what a mutant raises on import ends here
        print(f"{type(error).__name__}: {error}")
    finally:
        sys.stdout.flush()
        os._exit(int(status))


def wait(child: int, limit_s: float) -> int | None:
    """Exit status of a process; None where it was ended after the limit."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def ask(module: str, tests: list[str]) -> int:
    """Import the changed module, then run the tests until one fails."""
    import pytest

    importlib.import_module(module)
    return int(pytest.main([*PYTEST, "-x", *tests]))


def judge(mutant: Mutant, copy: Copy, tests: list[str], limit_s: float) -> dict[str, Any]:
    """Whether the tests notice a mutant, and which of them."""
    if not tests:
        return {"verdict": "survived", "by": "no test reaches it"}
    place, source = copy.root / mutant.path, (ROOT / mutant.path).read_bytes()
    module = mutant.path.removeprefix("src" + os.sep).removesuffix(".py").replace(os.sep, ".")
    log = copy.folder / "log.txt"
    try:
        changed = mutant.apply(source)
        compile(changed, mutant.path, "exec")
        place.write_bytes(changed)
        status = wait(fork(lambda: ask(module, tests), copy, str(log)), limit_s)
    except SyntaxError:
        return {"verdict": "no program", "by": ""}
    finally:
        place.write_bytes(source)
    if status is None:
        return {"verdict": "killed", "by": f"no end within {limit_s:.0f} s"}
    text = log.read_text(encoding="utf-8", errors="replace")
    if status == PASSED:
        return {"verdict": "survived", "by": f"{len(tests)} tests"}
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
    broken = re.search(r"^\d+ errors? in ", text, re.MULTILINE)  # a test file cannot be imported
    if status in (FAILED, BROKEN_COLLECTION) or status < 0 or broken:
        last = text.strip().splitlines()[-1:] or [""]
        return {"verdict": "killed", "by": failed[0] if failed else last[0]}
    return {"verdict": "unclear", "by": f"pytest ended with {status}: {text[-300:]}"}


def work_through(
    todo: Iterable[tuple[Mutant, list[str]]], limit_s: float, results: Path, lock: Any
) -> None:
    """Judge some mutants one after the other, and note each at once."""
    copy = Copy()
    try:
        for mutant, tests in todo:
            begun = time.monotonic()
            source = (ROOT / mutant.path).read_bytes()
            row = {"key": mutant.key(source), **asdict(mutant), "diff": mutant.diff(source)}
            row |= judge(mutant, copy, tests, limit_s)
            row["seconds"] = round(time.monotonic() - begun, 1)
            with lock, results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            with lock:
                print(told(row), flush=True)
    finally:
        copy.remove()


def told(row: dict[str, Any]) -> str:
    """A result on one line, with the change below it where no test noticed it."""
    head = f"{row['verdict']} {row['path']}:{row['line']} {row['kind']} ({row['seconds']} s)"
    return f"{head} {row['by']}\n    {row['diff']}"


def read_results(results: Path) -> dict[str, dict[str, Any]]:
    """The last result of every mutant, by its key."""
    if not results.is_file():
        return {}
    rows = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    return {row["key"]: row for row in rows}


def shared_out(todo: list[Any], workers: int) -> Iterator[list[Any]]:
    """Equal parts of a list."""
    return (todo[first::workers] for first in range(workers))


def run(args: argparse.Namespace) -> int:
    """Judge the mutants that have no result yet, then say what share was killed."""
    results = STATE / "results.jsonl"
    chosen = mutants(args.only, args.count, args.seed)
    known = read_results(results)
    seconds, reaching = read_map()
    keys = {m: m.key((ROOT / m.path).read_bytes()) for m in chosen}
    todo = [m for m in chosen if keys[m] not in known]
    if args.survivors:
        todo = [m for m in chosen if known.get(keys[m], {}).get("verdict") == "survived"]
    jobs = [(m, tests_for(m, seconds, reaching, args.budget)) for m in todo[: args.at_most]]
    context = multiprocessing.get_context("fork")
    lock = context.Lock()
    parts = [part for part in shared_out(jobs, args.workers) if part]
    workers = [
        context.Process(target=work_through, args=(part, args.limit, results, lock))
        for part in parts
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    known = read_results(results)
    done = [known[keys[m]] for m in chosen if keys[m] in known]
    count = {v: sum(row["verdict"] == v for row in done) for v in ("killed", "survived", "unclear")}
    judged = count["killed"] + count["survived"]
    share = count["killed"] / judged if judged else 0.0
    print(f"\n{len(chosen)} mutants, {judged} judged: {count['killed']} killed ({share:.1%})")
    for row in sorted(done, key=lambda r: (r["path"], r["line"])):
        if row["verdict"] != "killed" and row["verdict"] != "no program":
            print(told(row))
    return 0 if share >= args.at_least else 1


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = made.add_subparsers(dest="command", required=True)
    mapping = commands.add_parser("map", help="note which test runs which function")
    mapping.add_argument("--only", default="", help="part of a test file's path; commas between")
    running = commands.add_parser("run", help="make mutants and run the tests on each")
    running.add_argument("--only", default="*.py", help="modules, e.g. resource/wind/shear.py")
    running.add_argument("--count", type=int, default=300, help="how many")
    running.add_argument("--seed", type=int, default=1, help="which")
    running.add_argument("--at-most", type=int, default=None, help="judge no more than this now")
    running.add_argument("--survivors", action="store_true", help="ask the survivors again")
    running.add_argument("--budget", type=float, default=60.0, help="seconds of tests for each")
    running.add_argument("--limit", type=float, default=240.0, help="seconds until one is ended")
    running.add_argument("--at-least", type=float, default=0.85, help="share to be killed")
    for command in (mapping, running):
        command.add_argument("--workers", type=int, default=1)
    return made


def main() -> int:
    """Import the libraries once, then map or run."""
    args = parser().parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in LIBRARIES:
        importlib.import_module(name)
    STATE.mkdir(exist_ok=True)
    if args.command == "map":
        write_map(args.workers, args.only)
        return 0
    return run(args)


if __name__ == "__main__":
    sys.exit(main())
