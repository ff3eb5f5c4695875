"""Checkpoints: one base over time, and the release gate."""
