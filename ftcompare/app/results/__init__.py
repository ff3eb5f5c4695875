"""Results of a study: compute the figures that may be shown now from stored judgments and answers."""
