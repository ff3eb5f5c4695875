"""Where the rating page can stand."""

from __future__ import annotations

from enum import Enum, auto


class State(Enum):
    """Where the rating page stands. Only READY takes an answer.

    AWAY: another page is in front. LOADING: the study is asked for the pair. BRIEFING: the rater reads
    the instructions before the first pair, or has just practised. READING: both texts are on the
    screen, not yet long enough. CHOSEN: an answer is given and waits a moment for a second press.
    SUBMITTING: an act is on its way to the study. TOLD: a practice pair is answered, and what was
    expected is said. PAUSED: the rater rests. SKIPPED: the rater says whether to return to skipped pairs.
    DONE: nothing is left.
    """

    AWAY = auto()
    LOADING = auto()
    BRIEFING = auto()
    READING = auto()
    READY = auto()
    CHOSEN = auto()
    SUBMITTING = auto()
    TOLD = auto()
    PAUSED = auto()
    SKIPPED = auto()
    DONE = auto()


ON_PAIR = (State.READING, State.READY)
"""The pair is in front and may be worked on."""

NO_PAIR = (State.SKIPPED, State.DONE)
"""No pair is left to judge; an answer can be taken back."""
