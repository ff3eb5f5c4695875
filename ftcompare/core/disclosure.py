"""What may be told of a study, and to whom: the one place where that is decided.

While a study is blinded, nothing is told that says which system is which. Some of it says so at once (names,
folders, likelihoods), some only beside what a rater sees (the win rate of a small part beside the verdicts on
its prompts). After unblinding the owner is told everything. A rater is never told anything of a system.

Operations return values that have passed through a `Disclosure`: what may not be told is absent, or a
`Withheld` with its reason stands in its place. What shows or writes such values asks nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from ftcompare.core.errors import UserError

_T = TypeVar("_T")
_K = TypeVar("_K")
_D = TypeVar("_D")

STILL_BLINDED = "still-blinded"
"""Code of what is withheld until the study is unblinded."""
NOT_FOR_RATERS = "not-for-raters"
"""Code of what a rater is never told."""


class Audience(StrEnum):
    """Who asks."""

    OWNER = "owner"  # whoever has the study file
    RATER = "rater"  # whoever only judges, on the live page or in a pack


class Subject(StrEnum):
    """What somebody may ask to be told. Each of them tells systems apart, or could."""

    # the owner's names in place of the neutral ones, and the order in which systems were added
    SYSTEM_NAMES = "system_names"
    # what a system is made of: kind, folders, digests, chat template; which is the base
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
    GUESSES = "guesses"  # how well raters guessed which side was fine-tuned. How many guessed is always told
    TERMS_BY_SYSTEM = "terms_by_system"  # which system uses which term
    TERM_PREFERENCES = "term_preferences"  # how often answers that use a term are preferred
    LIKELIHOOD = "likelihood"  # how likely a system finds a text
    # which system an expert's mark, correction or adjudication is about, and figures of them by system
    ANNOTATIONS = "annotations"
    # what is computed of each system's answers: consistency, calibration
    AUTOMATIC_MEASURES = "automatic_measures"
    LIVE_RESULTS = "live_results"  # how the votes of the live page went. How many there are is always told
    CHECKPOINTS = "checkpoints"  # each checkpoint against its base
    RELEASE_FIGURES = "release_figures"  # figures of the released system, which a gate holds to bounds
    NAMED_EXPORT = "named_export"  # files with the names of systems
    # every figure, and not only those that are safe to look at while judgments come in
    ALL_FIGURES = "all_figures"
    UNKNOWN_EVENTS = "unknown_events"  # particulars of audit events of a kind that this version does not know


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that is not told now.

    Args:
        code: `STILL_BLINDED` or `NOT_FOR_RATERS`.
        text: a sentence for people: that it is withheld, and until when.
        why: a sentence: what it would give away; may be empty.
        how: what the owner can do.
    """

    code: str
    text: str
    why: str = ""
    how: str = "Unblind the study first."

    @property
    def explained(self) -> str:
        """That it is withheld, and why."""
        return " ".join(filter(None, (self.text, self.why)))

    @property
    def clause(self) -> str:
        """The first sentence as part of another."""
        return self.text[:1].lower() + self.text[1:].rstrip(".")


def _until_unblinding(text: str, why: str = "", how: str = "Unblind the study first.") -> Withheld:
    return Withheld(STILL_BLINDED, text, why, how)


_NOBODY_PICKED = "Nobody is to be picked, or dropped, for what they prefer."

_WHILE_BLINDED: Mapping[Subject, Withheld] = {
    Subject.SYSTEM_NAMES: _until_unblinding("Systems are named after unblinding."),
    Subject.SYSTEM_DETAILS: _until_unblinding("What each system is made of is told after unblinding."),
    Subject.RECIPES: _until_unblinding(
        "How each system is asked is told after unblinding.",
        "A long prompt on one side would tell which of them is the base.",
    ),
    Subject.RESPONSE_COUNTS: _until_unblinding(
        "How many responses each system has written is told after unblinding.",
        "Systems write group by group: who is ahead would tell what it is.",
    ),
    Subject.RESPONSE_ENDS: _until_unblinding("How each system's responses end is told after unblinding."),
    Subject.WRITERS: _until_unblinding("Who wrote a text is told after unblinding."),
    Subject.SLICES: _until_unblinding(
        "Rates by category, split, tag, rater and criterion are told after unblinding.",
        "Before it, the rate of a small part beside the verdicts on its prompts would tell who wrote what.",
    ),
    Subject.VARIANTS: _until_unblinding(
        "The results without some raters or prompts are told after unblinding.",
        "How they differ could tell which system names itself.",
    ),
    Subject.PROMPT_WINNERS: _until_unblinding(
        "Which prompts a system won is shown after unblinding.",
        "Single prompts with their winners could tell which system is which.",
    ),
    Subject.RATER_QUALITY: _until_unblinding(
        "How well each rater judged is shown after unblinding.", _NOBODY_PICKED
    ),
    Subject.RATER_AGREEMENT: _until_unblinding(
        "How far each two raters agree is shown after unblinding.", _NOBODY_PICKED
    ),
    Subject.CHECK_ITEMS: _until_unblinding(
        "Which judgments check a rater is shown after unblinding.",
        "That both texts of a pair are of one system is not to be known while judgments come in.",
    ),
    Subject.GUESSES: _until_unblinding(
        "How well raters guessed is told after unblinding.", "Before it, it would say which system is which."
    ),
    Subject.TERMS_BY_SYSTEM: _until_unblinding(
        "Still blinded: counts are of all systems together, for words can give a system away.",
        "Which system uses which term, and how they differ, is shown after unblinding.",
    ),
    Subject.TERM_PREFERENCES: _until_unblinding(
        "How often answers that use a term are preferred is told after unblinding.",
        "Words can give a system away, and which of them win would tell how it does.",
    ),
    Subject.LIKELIHOOD: _until_unblinding(
        "What a system finds likely tells which it is: scores are shown once the study is unblinded.",
        how="Unblind it when all judgments are in.",
    ),
    Subject.ANNOTATIONS: _until_unblinding(
        "Whose answers experts marked and corrected is told after unblinding.",
        "Before it, what an expert knows of a system would tell which it is.",
    ),
    Subject.AUTOMATIC_MEASURES: _until_unblinding(
        "What is computed of each system's answers is told after unblinding.",
        "How often a system gives the same answer, or how sure it is, would tell which it is.",
    ),
    Subject.LIVE_RESULTS: _until_unblinding("How the live votes went is told after unblinding."),
    Subject.CHECKPOINTS: _until_unblinding(
        "A ledger names systems, and the study is still blinded.", how="Unblind first."
    ),
    Subject.RELEASE_FIGURES: _until_unblinding(
        "The study is still blinded, and the figure would tell which system is which."
    ),
    Subject.NAMED_EXPORT: _until_unblinding(
        "This format names the systems, and this study is still blinded.", how="Unblind it first."
    ),
    Subject.ALL_FIGURES: _until_unblinding(
        "Still blinded. Only figures that do not say which system is preferred are shown, and “Is it "
        "enough?”, which may be watched all along.",
        "All others come after unblinding, for one look at the end.",
    ),
    Subject.UNKNOWN_EVENTS: _until_unblinding(
        "Until the study is unblinded, nothing stands here that tells the systems apart."
    ),
}

_BLIND_ENDS = "What they know of them would end the blind."
_TO_A_RATER = Withheld(NOT_FOR_RATERS, "Raters are told nothing of the systems.", _BLIND_ENDS, how="")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What may be told of one study in its present state to one audience.

    Args:
        named_since: ISO 8601 UTC time of the unblinding; empty while the study is blinded.
        audience: who asks.
    """

    named_since: str = ""
    audience: Audience = Audience.OWNER

    def withheld(self, subject: Subject) -> Withheld | None:
        """Why a subject is not told; None where it is."""
        if self.audience is Audience.RATER:
            return _TO_A_RATER
        return None if self.named_since else _WHILE_BLINDED[subject]

    def tells(self, subject: Subject) -> bool:
        """Whether a subject is told."""
        return self.withheld(subject) is None

    def told(self, subject: Subject, find: Callable[[], _T], otherwise: _D) -> _T | _D:
        """What ``find`` returns where the subject is told, else ``otherwise``; then nothing is computed."""
        return find() if self.tells(subject) else otherwise

    def require(self, subject: Subject, *, where: str = "") -> None:
        """Refuse to go on where a subject is not told.

        Raises:
            UserError: ``still-blinded`` or ``not-for-raters``.
        """
        withheld = self.withheld(subject)
        if withheld is not None:
            raise UserError(withheld.text, where=where, how=withheld.how, code=withheld.code)

    def counts(self, counts: Mapping[_K, int]) -> dict[_K, int | None]:
        """A number for each system: all of them where they are told or are alike, else None for each."""
        if self.tells(Subject.RESPONSE_COUNTS) or len(set(counts.values())) <= 1:
            return dict(counts)
        return dict.fromkeys(counts)

    def name(self, *, own: str, neutral: str) -> str:
        """What a system is called: by its owner's name where names are told, else by its neutral one."""
        return own if self.tells(Subject.SYSTEM_NAMES) else neutral

    def ordered(self, systems: Iterable[_T], name: Callable[[_T], str]) -> tuple[_T, ...]:
        """Systems as they were added where names are told, else by neutral name: a base is added first."""
        return tuple(systems) if self.order_told else tuple(sorted(systems, key=name))

    @property
    def order_told(self) -> bool:
        """Whether the order in which systems were added may be seen; else neutral names give the order."""
        return self.tells(Subject.SYSTEM_NAMES)

    @property
    def rating_open(self) -> bool:
        """Whether judgments may still be given: those given after unblinding would not be blind."""
        return not self.named_since

    @property
    def rating_closed(self) -> str:
        """A sentence where no judgment may be given any more; empty where one may."""
        return "The study is unblinded: nothing more is rated." if self.named_since else ""
