"""Readers of text formats of providers."""
