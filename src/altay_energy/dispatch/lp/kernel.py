"""Choice of the kernel that solves programs: NumPy array operations, or passes compiled by numba.

numba is an optional extra (``pip install altay-energy[fast]``). If it is installed, programs of a
season or more use it; smaller ones are solved in less time than loading numba takes. The
environment variable ``ALTAY_ENERGY_KERNEL`` = ``numpy`` or ``numba`` overrides the choice. Results
of the two kernels differ by rounding.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata

from altay_energy.core.loops.compiled import VARIABLE, asked
from altay_energy.core.loops.compiled import installed as _installed

__all__ = ["VARIABLE", "asked", "compiled_for", "name", "notices"]

_FEWEST = 20_000
"""Number of variables from which compiled passes pay; loading them takes half a second."""


def compiled_for(variables: int) -> bool:
    """Return whether programs of this size are solved by compiled passes.

    Parameters
    ----------
    variables : int
        Number of variables of one program; the number of programs has no effect, so that results do
        not depend on it.
    """
    choice = asked()
    if choice == "numpy" or (choice == "auto" and variables < _FEWEST):
        return False
    return not _why_not()


def name() -> str:
    """Return the kernel of programs of a year: ``numpy``, or ``numba`` with its version."""
    if asked() == "numpy" or not _installed() or _failure():
        return "numpy"
    return f"numba {metadata.version('numba')}"


def notices() -> list[str]:
    """Return a notice if an installed or selected kernel cannot be used, else nothing."""
    if not _failure():
        return []
    return [
        f"the compiled solver cannot be used ({_failure()}); NumPy solves instead, which takes "
        "about three times as long for the same result"
    ]


_MISSING = "numba is not installed: pip install altay-energy[fast]"

_FAILURES: list[str] = []
"""Return why compiled passes cannot be used; known after the first attempt."""


def _failure() -> str:
    if not _installed() and asked() == "numba":
        return _MISSING
    return _FAILURES[0] if _FAILURES else ""


@cache
def _why_not() -> str:
    """Compile the passes; return the reason of a failure, else an empty text."""
    if not _installed():
        return _MISSING
    try:
        from altay_energy.dispatch.lp.interior.by_tiles import compile_passes

        compile_passes()
    except Exception as error:  # any failure of the compiler: NumPy gives the same result
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        _FAILURES.append(text)
        return text
    return ""
