"""The user's settings, as far as rating goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ftcompare.app.commands_and_keys import effective_keys
from ftcompare.app.user_settings import UserSettings
from ftcompare.core.errors import FTCompareError, UserError


@dataclass(frozen=True, slots=True)
class RatePreferences:
    """What the rating page and the live page go by.

    Args:
        rater: who rated last on this machine; empty the first time.
        reading_moment: seconds that two short texts must be on screen before an answer counts; 0 for none.
        break_after: minutes of work after which a break is offered; 0 for never.
        markdown: show texts as Markdown.
        keys: command id to key sequence.
        second_press: seconds within which a second press of the same key means "much better" where the
            scale has strengths; 0 for never.
    """

    rater: str = ""
    reading_moment: float = 0.7
    break_after: int = 45
    markdown: bool = True
    keys: dict[str, str] = field(default_factory=dict)
    second_press: float = 0.35


def rate_preferences(now: UserSettings, keys: dict[str, str] | None = None) -> RatePreferences:
    """The settings for rating, with the keys in force; None for those that the settings give."""
    return RatePreferences(
        rater=now.rater,
        reading_moment=now.reading_moment,
        break_after=now.break_after,
        markdown=now.markdown,
        keys=keys_in_force(now.shortcuts)[0] if keys is None else keys,
        second_press=now.second_press,
    )


def keys_in_force(changed: Mapping[str, str]) -> tuple[dict[str, str], FTCompareError | None]:
    """The keys with the user's changes; where two of these clash, the usual keys and the reason."""
    try:
        return effective_keys(changed), None
    except UserError as conflict:
        return effective_keys({}), conflict
