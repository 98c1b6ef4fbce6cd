"""TOML files, ``extends`` and ``--set``."""
