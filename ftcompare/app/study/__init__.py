"""A study as its owner handles it: made, opened, planned, changed, exported, unblinded."""
