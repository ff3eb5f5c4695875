"""Blocks of results as widgets: charts, rows of figures, grids, cards, the panel that explains a figure."""
