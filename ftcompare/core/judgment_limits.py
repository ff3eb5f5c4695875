"""Bounds beyond which a stored judgment is impossible; far outside of what people do.

They do not depend on the present time: a judgment accepted today is not refused tomorrow, and a clock that is
wrong by years does not cause the loss of a rater's work.
"""

from __future__ import annotations

MAX_COMMENT = 100_000  # maximum number of characters of each text of a judgment

MAX_LATER_TURNS = 100  # maximum number of user turns of a conversation after the first answered one

MAX_SECONDS = 30 * 24 * 3600.0  # maximum active time spent on one pair, in seconds

FIRST_YEAR = 2000
LAST_YEAR = 2099


def impossible_judgment(texts: tuple[str, ...], seconds: float | None, at: str) -> str:
    """Return what is impossible about a judgment, as words that follow its name; empty if nothing.

    `texts` are the comment and the other texts; `seconds` is active time, if known; `at` is ISO 8601 UTC,
    empty where unknown, as for imported judgments.
    """
    if any(len(text) > MAX_COMMENT for text in texts):
        return f"has a text of more than {MAX_COMMENT:,} characters"
    if seconds is not None and not 0 <= seconds <= MAX_SECONDS:
        return "has an impossible time on the pair"
    if at and not possible_time(at):
        return f"is not in the years {FIRST_YEAR} to {LAST_YEAR}"
    return ""


def possible_time(at: str) -> bool:
    """Return whether an ISO 8601 time lies within `FIRST_YEAR` to `LAST_YEAR`."""
    return str(FIRST_YEAR) <= at < str(LAST_YEAR + 1)
