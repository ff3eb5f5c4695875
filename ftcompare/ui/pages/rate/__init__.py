"""The rating page: one pair after another, blind.

The window creates it directly; a rater pack has no other page.
"""
