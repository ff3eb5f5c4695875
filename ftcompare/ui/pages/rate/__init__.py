"""The rating page: one pair after another, blind. The window makes it itself: a rater pack has no other."""
