"""Weather files of every known format: one module each, and one table of what they mean."""
