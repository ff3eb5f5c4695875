"""Pairs on which raters disagree; a senior rater decides them one after another."""
