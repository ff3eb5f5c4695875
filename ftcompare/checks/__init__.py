"""Automatic checks of answers and prompts: prompt checks, contamination, self-identification, refusals."""
