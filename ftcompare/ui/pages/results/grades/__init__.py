"""The tab Agreement: who judged, and how far they agree."""
