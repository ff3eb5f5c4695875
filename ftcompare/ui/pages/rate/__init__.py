"""Rate: one pair after another, blind. The window makes this page itself: a rater pack has no other."""

from __future__ import annotations

from ftcompare.ui.shell.page import PageSpec

PAGE = PageSpec("rate", "Rate", None)
