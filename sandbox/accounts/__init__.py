"""Synthetic client accounts: seeded, reproducible, with the expected outcome of every note."""
