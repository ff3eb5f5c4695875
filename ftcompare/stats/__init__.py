"""Judgments in, numbers out: pure functions on core, numpy and scipy."""
