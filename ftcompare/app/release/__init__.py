"""Checkpoints of one base over time, and the gate with its release conditions."""
