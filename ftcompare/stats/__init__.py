"""Judgments in, numbers out: pure functions on core, numpy, scipy and evalica."""
