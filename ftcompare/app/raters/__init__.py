"""The raters of a study: progress, packs, merging."""
