"""Who rates: progress, rater packs, merging."""
