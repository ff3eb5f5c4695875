"""Raters at work: in the study, in packs, live."""
