"""The page of the raters: how far, how well, packs, exclusions."""
