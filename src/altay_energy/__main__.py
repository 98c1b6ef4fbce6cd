"""``python -m altay_energy`` is the command ``altay-energy``."""

from altay_energy.cli.parser import entry

entry()
