"""Experts' annotations on disk: marks, corrections, adjudications, answers that are reviewed."""
