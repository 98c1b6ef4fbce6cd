"""Synthetic years compared with the record that they were fitted to."""
