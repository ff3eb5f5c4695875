"""Decides which information about a study may be shown, and to whom. No other module decides this.

While a study is blinded, information that identifies a system is withheld, directly (names, folders,
likelihoods) or in combination with what a rater sees (the win rate of a small subset with the verdicts on its
prompts). After unblinding the owner may see everything; a rater never sees any information about a system.

Operations return values that have passed through a `Disclosure`: what may not be shown is absent or a
`Withheld` with the reason. Code that displays or writes such values makes no check of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from ftcompare.core.errors import UserError
from ftcompare.core.language import ENGLISH, language, sentences, tr

_T = TypeVar("_T")
_K = TypeVar("_K")
_D = TypeVar("_D")

STILL_BLINDED = "still-blinded"  # error code of information withheld until the study is unblinded
NOT_FOR_RATERS = "not-for-raters"  # error code of information that raters never see


class Audience(StrEnum):
    """The person to whom information is shown."""

    OWNER = "owner"  # a person who has the study file
    RATER = "rater"  # a person who only judges, on the live page or in a rater pack


class Subject(StrEnum):
    """A kind of information about a study that identifies systems, or could do so."""

    # the owner's names instead of the neutral ones, and the order in which systems were added
    SYSTEM_NAMES = "system_names"
    # the parts of a system: kind, folders, digests, chat template; and which system is the base
    SYSTEM_DETAILS = "system_details"
    RECIPES = "recipes"  # how each system is asked: system prompt, examples, use of context
    # how many responses each system has written (see `Disclosure.counts`)
    RESPONSE_COUNTS = "response_counts"
    RESPONSE_ENDS = "response_ends"  # how each system's responses end
    WRITERS = "writers"  # who wrote a text, and which system a single judgment prefers
    # figures of a part of the judgments: by split, category, tag, rater, criterion, strength, reason
    SLICES = "slices"
    VARIANTS = "variants"  # the figures without some raters or prompts, beside the figures over all
    PROMPT_WINNERS = "prompt_winners"  # on which prompts a system was preferred
    RATER_QUALITY = "rater_quality"  # how well each rater judged
    RATER_AGREEMENT = "rater_agreement"  # how far each two raters agree
    CHECK_ITEMS = "check_items"  # which judgments are of controls, gold items and repeats
    GUESSES = "guesses"  # how well raters guessed the fine-tuned side; never their number
    TERMS_BY_SYSTEM = "terms_by_system"  # which system uses which term
    TERM_PREFERENCES = "term_preferences"  # how often answers that use a term are preferred
    REASONS = "reasons"  # which features of answers raters reward
    LIKELIHOOD = "likelihood"  # the likelihood of a text under a system
    # the system that an expert's mark, correction or adjudication is about, and figures of them by system
    ANNOTATIONS = "annotations"
    # what is computed of each system's answers: consistency, calibration
    AUTOMATIC_MEASURES = "automatic_measures"
    LIVE_RESULTS = "live_results"  # results of the votes of the live page; their number is never withheld
    CHECKPOINTS = "checkpoints"  # each checkpoint against its base
    RELEASE_FIGURES = "release_figures"  # figures that a release gate compares with bounds
    NAMED_EXPORT = "named_export"  # files with the names of systems
    EVIDENCE = "evidence"  # the rows behind the figures, in an evidence file
    # all figures, beyond those that are safe to look at while judgments are still collected
    ALL_FIGURES = "all_figures"
    UNKNOWN_EVENTS = "unknown_events"  # details of audit events of a kind that this version does not know


@dataclass(frozen=True, slots=True)
class Withheld:
    """The replacement for information that is withheld now, in texts for `tr`."""

    code: str  # `STILL_BLINDED` or `NOT_FOR_RATERS`
    text: str  # a sentence for people: that the information is withheld, and until when
    why: str = ""  # a sentence saying what the information would reveal; may be empty
    how: str = "Unblind the study first."  # a sentence saying what the owner can do

    @property
    def explained(self) -> str:
        return sentences(tr(self.text), tr(self.why))

    @property
    def clause(self) -> str:
        """``text`` in a form that can be part of another sentence."""
        text = tr(self.text).rstrip(".")
        return text[:1].lower() + text[1:] if language().code == ENGLISH else text


_TEXTS = tomllib.loads(Path(__file__).with_name("withheld.toml").read_text("utf-8"))
_WHILE_BLINDED: Mapping[Subject, Withheld] = {
    subject: Withheld(STILL_BLINDED, **_TEXTS[subject]) for subject in Subject
}
_CLOSED = "The study is unblinded, so no more pairs can be rated."
_BLIND_ENDS = "Knowing the systems would end the blinding."
_TO_A_RATER = Withheld(NOT_FOR_RATERS, "Raters learn nothing about the systems.", _BLIND_ENDS, how="")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Which information about one study may be shown to one audience at present."""

    named_since: str = ""  # ISO 8601 UTC time of the unblinding; empty while the study is blinded
    audience: Audience = Audience.OWNER  # the person to whom the information is shown

    def withheld(self, subject: Subject) -> Withheld | None:
        """Return the reason why a subject is withheld; None where it may be shown."""
        if self.audience is Audience.RATER:
            return _TO_A_RATER
        return None if self.named_since else _WHILE_BLINDED[subject]

    def tells(self, subject: Subject) -> bool:
        return self.withheld(subject) is None

    def told(self, subject: Subject, find: Callable[[], _T], otherwise: _D) -> _T | _D:
        """Return `find()` where the subject may be shown; else `otherwise`, without calling it."""
        return find() if self.tells(subject) else otherwise

    def require(self, subject: Subject, *, where: str = "") -> None:
        withheld = self.withheld(subject)
        if withheld is not None:
            raise UserError(withheld.text, where=where, how=withheld.how, code=withheld.code)

    def counts(self, counts: Mapping[_K, int]) -> dict[_K, int | None]:
        """Return each system's number if they may be shown or are all equal, else None for each."""
        if self.tells(Subject.RESPONSE_COUNTS) or len(set(counts.values())) <= 1:
            return dict(counts)
        return dict.fromkeys(counts)

    def left_out(self, to_judge: frozenset[_T], *, asked_for: bool) -> frozenset[_T]:
        """Return the prompts that lists of answers, judgments and disagreements leave out.

        These are the prompts ``to_judge`` of the person who reads: after reading their answers, or what
        others said of them, nobody can judge them blind. ``asked_for``: the reader wants them listed.
        """
        return frozenset() if asked_for or not self.rating_open else to_judge

    def name(self, *, own: str, neutral: str) -> str:
        return own if self.tells(Subject.SYSTEM_NAMES) else neutral

    def ordered(self, systems: Iterable[_T], name: Callable[[_T], str]) -> tuple[_T, ...]:
        """Return systems in the order of adding, or sorted by neutral name: a base is added first."""
        return tuple(systems) if self.order_told else tuple(sorted(systems, key=name))

    @property
    def order_told(self) -> bool:
        """Whether the order in which systems were added may be shown."""
        return self.tells(Subject.SYSTEM_NAMES)

    @property
    def rating_open(self) -> bool:
        """Whether judgments are still accepted: after unblinding they would not be blind."""
        return not self.named_since

    @property
    def rating_closed(self) -> str:
        """A sentence saying that no judgment is accepted any more, or empty."""
        return tr(_CLOSED) if self.named_since else ""
