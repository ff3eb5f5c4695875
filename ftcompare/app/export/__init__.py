"""Export preference data, judgments and outputs from a study, and import judgments and outputs into it."""
