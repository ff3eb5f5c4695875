"""How long a test waits for something: only so that a test that hangs ends at all."""

HANG = 1500.0
"""Seconds. A busy machine may need minutes; pytest ends a test after 1,800 s (pyproject.toml)."""
