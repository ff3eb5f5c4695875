"""Checkpoints of one base over time, and the gate that holds a release to its conditions."""
