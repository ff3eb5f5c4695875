"""Widgets shared by the rating page and the live page: a pair, its question, the answers, active time."""
