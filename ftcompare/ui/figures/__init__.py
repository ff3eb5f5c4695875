"""Blocks of results as widgets: rows of figures, grids, cards, and the panel that explains a figure."""
