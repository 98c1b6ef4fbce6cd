"""What commands write: a console on stdout, JSON, and notices on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console


class _Console(Console):
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


def tell(notices: Sequence[str]) -> None:
    """Notices on stderr, one a line.

    Parameters
    ----------
    notices : sequence of str
    """
    for notice in notices:
        print(f"note: {notice}", file=sys.stderr)


def print_json(document: Any) -> None:
    """A document as JSON on stdout.

    Parameters
    ----------
    document : Any
        Plain values; NaN is refused.
    """
    print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=str))
