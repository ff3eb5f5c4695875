"""Decides which information about a study may be shown, and to whom. No other module decides this.

While a study is blinded, information that identifies a system is withheld, directly (names, folders,
likelihoods) or in combination with what a rater sees (the win rate of a small subset with the verdicts on its
prompts). After unblinding the owner may see everything; a rater never sees any information about a system.

Operations return values that have passed through a `Disclosure`: what may not be shown is absent or a
`Withheld` with the reason. Code that displays or writes such values makes no check of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
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


def _until_unblinding(text: str, why: str = "", how: str = "Unblind the study first.") -> Withheld:
    return Withheld(STILL_BLINDED, text, why, how)


_NOBODY_PICKED = "Otherwise, raters could be selected by what they prefer."

_WHILE_BLINDED: Mapping[Subject, Withheld] = {
    Subject.SYSTEM_NAMES: _until_unblinding("Systems are named after unblinding."),
    Subject.SYSTEM_DETAILS: _until_unblinding("The parts of each system are shown after unblinding."),
    Subject.RECIPES: _until_unblinding(
        "The instructions of each system are shown after unblinding.",
        "A long prompt on one side would reveal which system is the base.",
    ),
    Subject.RESPONSE_COUNTS: _until_unblinding(
        "The number of responses of each system is shown after unblinding.",
        "Systems write group by group, so whichever is ahead could be identified.",
    ),
    Subject.RESPONSE_ENDS: _until_unblinding(
        "How the responses of each system end is shown after unblinding."
    ),
    Subject.WRITERS: _until_unblinding("The author of a text is shown after unblinding."),
    Subject.SLICES: _until_unblinding(
        "Rates by category, split, tag, rater, and criterion are shown after unblinding.",
        "Before that, the rate of a small part, beside the verdicts on its prompts, would reveal who "
        "wrote what.",
    ),
    Subject.VARIANTS: _until_unblinding(
        "The results without some raters or prompts are shown after unblinding.",
        "Their differences could reveal which system names itself.",
    ),
    Subject.PROMPT_WINNERS: _until_unblinding(
        "The prompts that each system won are shown after unblinding.",
        "Single prompts with their winners could reveal which system is which.",
    ),
    Subject.RATER_QUALITY: _until_unblinding(
        "The quality of each rater is shown after unblinding.", _NOBODY_PICKED
    ),
    Subject.RATER_AGREEMENT: _until_unblinding(
        "The agreement of each pair of raters is shown after unblinding.", _NOBODY_PICKED
    ),
    Subject.CHECK_ITEMS: _until_unblinding(
        "The judgments that check a rater are shown after unblinding.",
        "While judgments come in, nobody should know that both texts of a pair are from one system.",
    ),
    Subject.GUESSES: _until_unblinding(
        "The accuracy of raters' guesses is shown after unblinding.",
        "Before that, it would reveal which system is which.",
    ),
    Subject.TERMS_BY_SYSTEM: _until_unblinding(
        "Still blinded: the counts combine all systems, because words can identify a system.",
        "The terms of each system, and the differences between systems, are shown after unblinding.",
    ),
    Subject.TERM_PREFERENCES: _until_unblinding(
        "The share of answers with a term that are preferred is shown after unblinding.",
        "Words can identify a system, and the words that win would then show how well it does.",
    ),
    Subject.REASONS: _until_unblinding(
        "Why raters prefer answers is shown after unblinding.",
        "Features can identify a system, and those that win would then show how well it does.",
    ),
    Subject.LIKELIHOOD: _until_unblinding(
        "The probabilities that a system assigns to words could identify it. They are shown after "
        "unblinding.",
        how="Unblind it when all judgments are in.",
    ),
    Subject.ANNOTATIONS: _until_unblinding(
        "Marks and corrections are shown with the names of the systems after unblinding.",
        "Before that, they could show which system is which.",
    ),
    Subject.AUTOMATIC_MEASURES: _until_unblinding(
        "Figures that are computed from each system's answers are shown after unblinding.",
        "The consistency or confidence of a system's answers would identify it.",
    ),
    Subject.LIVE_RESULTS: _until_unblinding("The results of the live votes are shown after unblinding."),
    Subject.CHECKPOINTS: _until_unblinding(
        "A comparison of checkpoints names systems, and the study is still blinded.", how="Unblind first."
    ),
    Subject.RELEASE_FIGURES: _until_unblinding(
        "The study is still blinded, and the figure would reveal which system is which."
    ),
    Subject.NAMED_EXPORT: _until_unblinding(
        "This format names the systems, and this study is still blinded.", how="Unblind it first."
    ),
    Subject.EVIDENCE: _until_unblinding(
        "Evidence is saved after unblinding.", "Before that, its rows would reveal who wrote what."
    ),
    Subject.ALL_FIGURES: _until_unblinding(
        "Still blinded. Only figures that do not reveal which system is preferred are shown.",
        "You may look at “Enough judgments to stop?” at any time.",
    ),
    Subject.UNKNOWN_EVENTS: _until_unblinding(
        "Until the study is unblinded, nothing here distinguishes the systems."
    ),
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
