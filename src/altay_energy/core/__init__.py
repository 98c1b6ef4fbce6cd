"""Shared parts: constants, errors, time axis, wording of messages, recurrences over time."""
