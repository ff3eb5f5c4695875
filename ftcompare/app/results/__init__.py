"""Results of a study: from stored judgments and answers to figures that may be shown now."""
