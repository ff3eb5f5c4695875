"""Where: by split, category, tag and rater, and what was learnt."""
