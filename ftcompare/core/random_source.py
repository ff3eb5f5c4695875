"""Generators of random draws: one that nobody may guess, and one whose draws can be repeated."""

from __future__ import annotations

import secrets
from random import Random


def fresh_rng() -> Random:
    """Seed a generator by the operating system: the draws of a study must not be guessable."""
    return seeded(secrets.randbits(128))


def seeded(seed: int | str) -> Random:
    """Return a generator that repeats its draws, so that a draw can be verified later."""
    return Random(seed)  # noqa: S311 - what must not be guessed has a secret seed of 128 bits
