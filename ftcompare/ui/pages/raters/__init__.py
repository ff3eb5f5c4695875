"""Raters: how far, how well, packs, exclusions."""
