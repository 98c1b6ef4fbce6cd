"""The grid connection, its prices and emissions, and thermal plants."""
