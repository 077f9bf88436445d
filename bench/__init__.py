"""Measurements: each a ratio against a floor that runs in the same minutes on the same machine."""
