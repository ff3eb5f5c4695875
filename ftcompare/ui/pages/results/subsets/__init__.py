"""The tab Where: results by split, category, tag and rater, and contamination."""
