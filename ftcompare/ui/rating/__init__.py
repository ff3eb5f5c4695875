"""Widgets that the rating page and the live page share: a pair, its question, the answers, active time."""
