"""Exports from a study and imports into it: preference data, judgments, outputs."""
