"""The rating scale: choices, strengths, criteria and reasons that a rater may give."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.errors import UserError
from ftcompare.core.fields import setting
from ftcompare.core.language import ENGLISH, N_, language, tr

DEFAULT_QUESTION = N_("Which answer is better?")
MAX_STRENGTH = 3
MAX_CRITERIA = 9
MAX_REASONS = 9  # the limit is the number of keys from 1 to 9
STRENGTH_NAMES = {2: ("better", "much better"), 3: ("slightly better", "better", "much better")}
"""Names of the strengths, by the number of strengths of a scale; a scale with one strength does not ask."""


class Choice(StrEnum):
    """A verdict by side (left or right), as the rater gives it; not by system."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"

    @property
    def decisive(self) -> bool:
        return self in (Choice.LEFT, Choice.RIGHT)


@dataclass(frozen=True, slots=True)
class Translation:
    """A text of the owner in another language."""

    language: str  # a code such as ``de``
    text: str  # the question, a criterion, a reason, or the instructions
    translation: str


_NO_SIDES: Mapping[str, Choice] = {}


@dataclass(frozen=True, slots=True)
class Scale:
    """The question for raters and the answers that they may give."""

    question: str = setting(DEFAULT_QUESTION, "Question for raters", "One sentence shown above the answers.")
    strengths: int = setting(
        1,
        "Answers on offer",
        "Number of strengths of a preference. 1: better. 3: slightly better, better, or much better.",
        low=1,
        high=MAX_STRENGTH,
    )
    # names of aspects ("accuracy"); each gets a `Choice`
    criteria: tuple[str, ...] = setting(
        (), "Criteria (optional), one per line", "Each criterion is judged before the overall verdict."
    )
    reasons: tuple[str, ...] = setting(
        (),
        "Reasons to tick (optional), one per line",
        "Reasons that raters can tick for a judgment, such as “wrong fact” or “too long”.",
    )
    language: str = setting(
        ENGLISH,
        "Language of the texts",
        "Language of the question, criteria, reasons, and instructions, as a code such as `de`.",
    )
    translations: tuple[Translation, ...] = ()  # also of the instructions

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.language for one in self.translations))

    def shown(self, text: str) -> str:
        """Return a text of the owner in the present language, or as written if it has no translation."""
        return self._in(language().code).get(text) or (tr(text) if text == DEFAULT_QUESTION else text)

    def untranslated(self, code: str, instructions: str) -> tuple[str, ...]:
        """Return the texts that are neither written in a language nor translated into it."""
        if code == self.language:
            return ()
        question = () if self.question == DEFAULT_QUESTION else (self.question,)
        texts = (*question, *self.criteria, *self.reasons, instructions)
        return tuple(text for text in texts if text.strip() and text not in self._in(code))

    def _in(self, code: str) -> dict[str, str]:
        return {one.text: one.translation for one in self.translations if one.language == code}

    def __post_init__(self) -> None:
        if not 1 <= self.strengths <= MAX_STRENGTH:
            what = f"A scale has 1 to {MAX_STRENGTH} strengths, not {self.strengths}."
            raise UserError(what, code="scale-strengths")
        _require_distinct(self.criteria, MAX_CRITERIA, "criteria", "scale-criteria")
        _require_distinct(self.reasons, MAX_REASONS, "reasons", "scale-reasons")

    def accepts(self, choice: Choice, strength: int | None) -> bool:
        """Return whether the scale offers this choice with this strength, which needs a side."""
        if strength is None:
            return True
        return choice.decisive and 1 <= strength <= self.strengths

    def accepts_details(
        self,
        criteria: Mapping[str, Choice],
        reasons: Collection[str],
        sides: Mapping[str, Choice] = _NO_SIDES,
    ) -> bool:
        """Return whether exactly the scale's criteria are answered, with reasons that it accepts."""
        return set(criteria) == set(self.criteria) and self.accepts_reasons(reasons, sides)

    def accepts_reasons(self, reasons: Collection[str], sides: Mapping[str, Choice] = _NO_SIDES) -> bool:
        """Return whether only reasons of the scale are ticked, and only ticked ones have a side."""
        offered = set(reasons) <= set(self.reasons)
        return offered and set(sides) <= set(reasons) and all(side.decisive for side in sides.values())


def _require_distinct(names: tuple[str, ...], most: int, noun: str, code: str) -> None:
    if len(names) > most:
        raise UserError(f"A scale has at most {most} {noun}, not {len(names)}.", code=code)
    if len({name.strip().casefold() for name in names} - {""}) < len(names):
        raise UserError(f"Each of the {noun} needs a different text.", code=code)
