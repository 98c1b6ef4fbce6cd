"""What commands write: a console on stdout, JSON, and notices on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.text import Text

from altay_energy.core.errors import CONTROL, visible


class _Visible:
    """What another renderable draws, with control characters written out."""

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
        """Leave it to the entry point: whoever reads has seen enough, and that is no fault."""
        raise BrokenPipeError


def out() -> Console:
    """Console on stdout; into a pipe or file lines are not wrapped at a made-up width.

    Returns
    -------
    Console
    """
    console = _Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else _Console(highlight=False, width=120)


def say(text: str) -> None:
    """Lines on stdout; on a terminal they are broken between words, never within a figure.

    Parameters
    ----------
    text : str
        Names and headers of files may stand in it: control characters are written out, and square
        brackets are text.
    """
    console, shown = out(), visible(text)
    if console.is_terminal:
        console.print(Text(shown), overflow="fold")
    else:
        print(shown)


def width() -> int | None:
    """Letters in a line of the terminal; None where stdout is none."""
    console = out()
    return console.width if console.is_terminal else None


def aside(text: str) -> None:
    """A line on stderr, beside what a command prints as its result.

    Parameters
    ----------
    text : str
        As for `say`.
    """
    print(visible(text), file=sys.stderr)


def tell(notices: Iterable[str]) -> None:
    """Notices on stderr, one a line.

    Parameters
    ----------
    notices : iterable of str
    """
    for notice in notices:
        aside(f"note: {notice}")


def print_json(document: Any) -> None:
    """A document as JSON on stdout.

    Parameters
    ----------
    document : Any
        Plain values; NaN is refused.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=str)
    print(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
