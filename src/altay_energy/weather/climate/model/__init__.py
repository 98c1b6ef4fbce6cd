"""The climate generator: tables, noise, and one or many synthetic years."""
