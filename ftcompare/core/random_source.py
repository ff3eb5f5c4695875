"""The source of draws that nobody may guess."""

from __future__ import annotations

import secrets
from random import Random


def fresh_rng() -> Random:
    """Seed a generator by the operating system: the draws of a study must not be guessable."""
    return Random(secrets.randbits(128))  # noqa: S311 - seeded with 128 secret bits, and stored
