"""Rater packs: files with what one rater needs, made from a study and merged back into it."""
