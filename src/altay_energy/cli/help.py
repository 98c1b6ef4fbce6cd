"""Chinese ``--help``: translated texts, wrapped by the cells they take on a terminal."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any

from altay_energy.core.wording import cells
from altay_energy.report.text.messages import translated

_PARTS = re.compile(r"[^\W\x00-\x7f][\W]*|\s+|[\x21-\x7e]+[^\w\x00-\x7f]*|.", re.DOTALL)
"""A Chinese character and the punctuation behind it, spaces, or a Latin word with its own."""


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines.

    Parameters
    ----------
    text : str
        Chinese, with words of other letters between.
    width : int
        Width of a line. [cells]

    Returns
    -------
    list of str
    """
    lines = [""]
    for part in _PARTS.findall(" ".join(text.split())):
        if lines[-1] and cells(lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part if lines[-1] else part.lstrip()
    return [line.rstrip() for line in lines]


class ChineseHelp(argparse.HelpFormatter):
    """Help with a Chinese heading and lines broken by cells."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage line, headed in Chinese."""
        heading = translated("usage: ", "zh") if prefix is None else prefix
        super().add_usage(usage, actions, groups, heading)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


def translate_help(parser: argparse.ArgumentParser) -> None:
    """Translate the help of a parser and of all its commands.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Built in English.
    """
    parser.formatter_class = ChineseHelp
    parser.description = translated(parser.description or "", "zh") or None
    parser.epilog = translated(parser.epilog or "", "zh") or None
    for group in parser._action_groups:
        group.title = translated(group.title or "", "zh")
    for action in parser._actions:
        action.help = action.help and translated(action.help, "zh")
        if isinstance(action, argparse._SubParsersAction):
            for listed in action._choices_actions:
                listed.help = listed.help and translated(listed.help, "zh")
            for command in action.choices.values():
                translate_help(command)
