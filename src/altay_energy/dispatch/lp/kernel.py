"""Which of two kernels solves programs: NumPy's array operations, or passes compiled by numba.

numba is an optional extra (``pip install altay-energy[fast]``). Programs of a season or more use it
where it is installed; what is smaller is solved before it has been loaded. The environment
variable ``ALTAY_ENERGY_KERNEL`` = ``numpy`` or ``numba`` decides otherwise; results of the two
differ by rounding.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import metadata, util

from altay_energy.core.errors import ScenarioError

VARIABLE = "ALTAY_ENERGY_KERNEL"
"""Environment variable that chooses a kernel."""

_CHOICES = ("auto", "numpy", "numba")

_FEWEST = 20_000
"""Variables of a program from which compiled passes pay: loading them takes half a second."""


def asked() -> str:
    """The kernel that the environment asks for: ``auto``, ``numpy`` or ``numba``.

    Raises
    ------
    ScenarioError
        If it asks for another one.
    """
    choice = os.environ.get(VARIABLE) or "auto"
    if choice not in _CHOICES:
        raise ScenarioError(f'{VARIABLE} = "{choice}", expected one of {", ".join(_CHOICES)}')
    return choice


def compiled_for(variables: int) -> bool:
    """Whether programs of so many variables are solved by compiled passes.

    Parameters
    ----------
    variables : int
        Of one program; the number of programs does not matter, so that no digit depends on it.
    """
    choice = asked()
    if choice == "numpy" or (choice == "auto" and variables < _FEWEST):
        return False
    return not _why_not()


def name() -> str:
    """The kernel that solves programs of a year: ``numpy``, or ``numba`` with its version."""
    if asked() == "numpy" or not _installed() or _failure():
        return "numpy"
    return f"numba {metadata.version('numba')}"


def notices() -> list[str]:
    """What users have to know about the kernel: that an installed or chosen one is not in use."""
    if not _failure():
        return []
    return [
        f"the compiled solver cannot be used ({_failure()}); NumPy solves instead, which takes "
        "about three times as long for the same result"
    ]


_MISSING = "numba is not installed: pip install altay-energy[fast]"

_FAILURES: list[str] = []
"""Why compiled passes cannot be used, once it has been tried."""


def _failure() -> str:
    if not _installed() and asked() == "numba":
        return _MISSING
    return _FAILURES[0] if _FAILURES else ""


@cache
def _installed() -> bool:
    return util.find_spec("numba") is not None


@cache
def _why_not() -> str:
    """Compile; why that cannot be done, else empty."""
    if not _installed():
        return _MISSING
    try:
        from altay_energy.dispatch.lp.interior.by_tiles import compile_passes

        compile_passes()
    except Exception as error:  # whatever a compiler says, NumPy gives the same result
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        _FAILURES.append(text)
        return text
    return ""
