"""Checkpoints of one base over time, and the release gate with its conditions."""
