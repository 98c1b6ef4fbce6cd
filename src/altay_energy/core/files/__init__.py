"""Input files as bytes, text and cells; nothing here knows what they mean."""
