"""Raters: who judged, and how far they agree."""
