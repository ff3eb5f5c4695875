"""Experts' annotations on disk: marks, corrections, adjudications, reviewed answers."""
