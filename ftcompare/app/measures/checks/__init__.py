"""Checks of answers, and the wording that they share with reference answers."""
