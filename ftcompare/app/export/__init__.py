"""Files out of a study and into it: preference data, judgments, outputs."""
