"""Output of commands: tables and JSON on stdout, notices on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.text import Text

from altay_energy.cli.language import in_language
from altay_energy.core.errors import CONTROL, visible


class _Visible:
    """A renderable with control characters escaped."""

    def __init__(self, inner: ConsoleRenderable) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self.inner, options):
            yield Segment(text if control else visible(text), style, control)


class _WriteOut(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Visible(one) for one in renderables]


class _Console(Console):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.push_render_hook(_WriteOut())

    def on_broken_pipe(self) -> None:
        """Leave a broken pipe to the entry point; it is not an error."""
        raise BrokenPipeError


def out() -> Console:
    """Return the console on stdout; lines are wrapped on a terminal only.

    Returns
    -------
    Console
    """
    console = _Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else _Console(highlight=False, width=120)


def say(text: str) -> None:
    """Print lines on stdout; a terminal breaks them between words, never within a number.

    Parameters
    ----------
    text : str
        May hold names and headers of files: control characters are escaped, and square brackets
        are not markup.
    """
    console, shown = out(), visible(in_language(text))
    if console.is_terminal:
        console.print(Text(shown), overflow="fold")
    else:
        print(shown)


def width() -> int | None:
    """Return the width of the terminal in characters; None if stdout is not a terminal."""
    console = out()
    return console.width if console.is_terminal else None


def aside(text: str) -> None:
    """Print a line on stderr, apart from the result of a command.

    Parameters
    ----------
    text : str
        As for `say`.
    """
    print(visible(in_language(text)), file=sys.stderr)


def tell(notices: Iterable[str]) -> None:
    """Print notices on stderr, one a line.

    Parameters
    ----------
    notices : iterable of str
    """
    for notice in notices:
        aside(f"note: {notice}")


def print_json(document: Any) -> None:
    """Print a document as JSON on stdout.

    Parameters
    ----------
    document : Any
        Plain values; NaN is refused.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=str)
    print(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
