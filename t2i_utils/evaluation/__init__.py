"""Measures of what a generator draws (notebook 05)."""
