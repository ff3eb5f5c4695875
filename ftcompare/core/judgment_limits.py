"""Bounds beyond which a stored judgment is impossible; far outside of what people do.

They do not depend on the time now: what is recorded today is not refused tomorrow, and a clock that is
wrong by months or years is no reason to lose a rater's work.
"""

from __future__ import annotations

MAX_COMMENT = 100_000
"""Characters of a comment, of the reason of a skip, and of what else is said beside a judgment."""

MAX_SECONDS = 30 * 24 * 3600.0
"""Active time spent on one pair."""

FIRST_YEAR = 2000
LAST_YEAR = 2099


def impossible_judgment(said: tuple[str, ...], seconds: float | None, at: str) -> str:
    """What of a judgment cannot be, as words that follow its name; empty for nothing.

    Args:
        said: its comment and its other texts.
        seconds: active time, if it is known.
        at: ISO 8601 in UTC; empty where it is not known, as of imported ones.
    """
    if any(len(text) > MAX_COMMENT for text in said):
        return f"has a text of more than {MAX_COMMENT:,} characters"
    if seconds is not None and not 0 <= seconds <= MAX_SECONDS:
        return "has a time on the pair that cannot be"
    if at and not possible_time(at):
        return f"is not of the years {FIRST_YEAR} to {LAST_YEAR}"
    return ""


def possible_time(at: str) -> bool:
    """Whether an ISO 8601 time can be one at which something was judged."""
    return str(FIRST_YEAR) <= at < str(LAST_YEAR + 1)
