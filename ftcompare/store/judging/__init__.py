"""Verdicts on disk: what a rater does in a study or a pack, and the chain that each act is added to."""
