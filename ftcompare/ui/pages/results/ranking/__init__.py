"""The tab Ranking: all systems side by side, and the automatic raters."""
