"""Where the rating page can stand."""

from __future__ import annotations

from enum import Enum, auto


class State(Enum):
    """Where the rating page stands. Only READY takes an answer.

    AWAY: another page is in front. LOADING: the study is asked for the pair. READING: both texts
    are on the screen, not yet long enough. SUBMITTING: an act is on its way to the study. PAUSED:
    the rater rests. DONE: nothing is left.
    """

    AWAY = auto()
    LOADING = auto()
    READING = auto()
    READY = auto()
    SUBMITTING = auto()
    PAUSED = auto()
    DONE = auto()
