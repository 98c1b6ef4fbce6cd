"""How a loop over time runs: compiled by numba, as plain Python, or with all runs side by side.

A recurrence whose step depends on the result of the last one has two forms here: a function of
numbers for one run, which numba compiles and Python runs as it is, and array operations that take
one step of all runs at once. Both do the same operations in the same order, so that results have
the same bits. Array operations on a few numbers take longer than the numbers themselves: plain
Python is faster up to some thirty runs. numba is an optional extra (``pip install
altay-energy[fast]``); the environment variable ``ALTAY_ENERGY_KERNEL`` = ``numpy`` or ``numba``
overrides its choice.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import util
from typing import Any, Literal

from altay_energy.core.errors import ScenarioError

VARIABLE = "ALTAY_ENERGY_KERNEL"
"""Environment variable that chooses a kernel."""

CHOICES = ("auto", "numpy", "numba")

FEWEST_STEPS = 100_000
"""Steps of all runs from which a compiled loop pays; loading numba takes half a second."""

FEW_RUNS = 32
"""Most runs that plain Python takes one after another."""

Way = Literal["compiled", "plain", "arrays"]


def asked() -> str:
    """Return the kernel that the environment selects: ``auto``, ``numpy`` or ``numba``.

    Raises
    ------
    ScenarioError
        If it selects another one.
    """
    choice = os.environ.get(VARIABLE) or "auto"
    if choice not in CHOICES:
        raise ScenarioError(f'{VARIABLE} = "{choice}", expected one of {", ".join(CHOICES)}')
    return choice


@cache
def installed() -> bool:
    """Return whether numba is installed."""
    return util.find_spec("numba") is not None


def way_of(loop: Callable[..., Any], runs: int, steps: int) -> Way:
    """Return how a loop runs; results have the same bits in every way.

    Parameters
    ----------
    loop : function
        The loop of one run, on numbers and sequences of them.
    runs, steps : int
        Number of runs, and of steps of each.
    """
    choice = asked()
    pays = choice == "numba" or (choice == "auto" and runs * steps >= FEWEST_STEPS)
    if pays and compiled(loop) is not None:
        return "compiled"
    return "plain" if runs <= FEW_RUNS else "arrays"


@cache
def compiled(loop: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return the loop compiled when it is first called and kept on disk; None if numba cannot.

    Parameters
    ----------
    loop : function
        As in `way_of`.
    """
    if not installed():
        return None
    try:
        from numba import njit

        # Without "fastmath": the compiler keeps the order of operations, and so the bits.
        found: Callable[..., Any] = njit(cache=True, nogil=True, error_model="numpy")(loop)
    except Exception:  # any failure to load numba: plain Python or arrays give the same result
        return None
    return found
