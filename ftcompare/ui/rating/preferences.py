"""The user's settings for rating."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ftcompare.app.commands_and_keys import effective_keys
from ftcompare.app.user_settings import UserSettings
from ftcompare.core.errors import FTCompareError, UserError


@dataclass(frozen=True, slots=True)
class RatePreferences:
    """Settings of the rating page and the live page."""

    rater: str = ""  # name of the rater who rated last on this machine; empty the first time
    # seconds that two short texts must be on screen before an answer is accepted; 0 for none
    reading_moment: float = 0.7
    break_after: int = 45  # minutes of work after which a break is offered; 0 for never
    markdown: bool = True  # whether texts are shown as Markdown
    keys: dict[str, str] = field(default_factory=dict)  # key sequence of each command id
    # seconds within which a second press of the same key means "much better" if the scale has strengths; 0
    # for never
    second_press: float = 0.35


def rate_preferences(now: UserSettings, keys: dict[str, str] | None = None) -> RatePreferences:
    """Return the settings for rating with these keys; None for the keys of the settings."""
    return RatePreferences(
        rater=now.rater,
        reading_moment=now.reading_moment,
        break_after=now.break_after,
        markdown=now.markdown,
        keys=keys_in_force(now.shortcuts)[0] if keys is None else keys,
        second_press=now.second_press,
    )


def keys_in_force(changed: Mapping[str, str]) -> tuple[dict[str, str], FTCompareError | None]:
    """The keys with the user's changes; if two of these clash, the default keys and the error."""
    try:
        return effective_keys(changed), None
    except UserError as conflict:
        return effective_keys({}), conflict
