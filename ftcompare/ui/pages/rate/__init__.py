"""The rating page: one pair after another, blind."""
