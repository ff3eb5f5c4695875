"""Pairs on which raters disagree, decided by a senior rater one after another."""
