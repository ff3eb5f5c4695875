"""A summary of a rating design for raters: the questions, the checks, and the number of pairs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ftcompare.core.language import N_, counted, language_name, tr, trn
from ftcompare.core.rating_design import ContextShown, ConversationJudged, RatingDesign, ReferenceShown
from ftcompare.core.scale import Scale

NOT_GUESSED = N_("none counts, since no base and fine-tuned system are known")
"""The note on guesses in a study without a base and a system that is known to be fine-tuned."""


@dataclass(frozen=True, slots=True)
class RaterLoad:
    ordinary: int  # number of pairs that count
    repeats: int = 0  # number of these that are shown twice
    controls: int = 0  # number of pairs with two answers of the same system
    gold: int = 0  # number of pairs with a known better answer
    guesses: int = 0  # number of questions about which side was fine-tuned
    practice: int = 0  # number of practice pairs

    @property
    def checks(self) -> int:
        return self.controls + self.gold

    @property
    def total(self) -> int:
        return self.ordinary + self.repeats + self.checks

    def summary(self, least: RaterLoad) -> str:
        """The pairs of one rater in a few words, as a range down to the load ``least``."""
        pairs = _span(least.total, self.total, counted(self.total, "pair"), N_("{least} to {most} pairs"))
        repeats = _span(
            *(least.repeats, self.repeats, counted(self.repeats, "repeat"), N_("{least} to {most} repeats"))
        )
        checks = _span(
            least.checks, self.checks, counted(self.checks, "check"), N_("{least} to {most} checks")
        )
        included = repeats if self.repeats else checks
        if self.repeats and self.checks:
            included = tr("{repeats} and {checks}", repeats, checks)
        if not self.repeats and not self.checks:
            return tr("{pairs} per rater", pairs)
        return tr("{pairs} per rater with {included} among them", pairs, included)


def load_of(pairs: int, design: RatingDesign, *, least: bool = False, of_prompt: int = 1) -> RaterLoad:
    """The work of a rater with this number of pairs, counted as in `core.blinding.draw`.

    A prompt has ``of_prompt`` pairs. If pairs cannot be divided evenly, ``least`` counts for a rater with one
    pair fewer.
    """
    ordinary = pairs
    if design.shares_out:
        spare = 0 if least else design.raters - 1
        shared = min(design.shared * of_prompt, pairs)
        ordinary = shared + ((pairs - shared) * design.each + spare) // design.raters
    at_once = round(design.guess_share * ordinary)
    return RaterLoad(
        ordinary=ordinary,
        repeats=round(design.repeats * ordinary),
        controls=round(design.controls * ordinary),
        gold=round(design.gold * ordinary),
        guesses=min(at_once + design.end_guesses, ordinary),
        practice=len(design.practice),
    )


def _practice_words(scale: Scale, design: RatingDesign) -> str:
    return counted(len(design.practice), "answer" if scale.graded else "pair") if design.practice else ""


def rating_lines(scale: Scale, design: RatingDesign, *, guessable: bool = True) -> list[tuple[str, str]]:
    """Scale and design for reading, as names with their words; what is not used is left out.

    ``guessable``: whether a base and a fine-tuned system are known, so that guesses can count.
    """
    last = design.conversations is ConversationJudged.LAST
    lines = [
        (tr("Question"), scale.question),
        (tr("Raters see"), grade_words(scale)),
        (tr("Strengths"), str(scale.strengths) if scale.strengths > 1 else ""),
        (tr("Criteria"), ", ".join(scale.criteria)),
        (tr("Reasons"), ", ".join(scale.reasons)),
        (
            tr("Instructions"),
            counted(len(design.instructions.split()), "word") if design.instructions else "",
        ),
        (tr("Consent"), counted(len(design.consent.split()), "word") if design.consent else ""),
        (tr("Questions around the pairs"), "; ".join((*design.ask_before, *design.ask_after))),
        (tr("Translations"), translation_words(scale, design.instructions)),
        (tr("Practice"), _practice_words(scale, design)),
        (tr("Reference answer"), tr(_REFERENCE.get(design.reference, ""))),
        (tr("Context"), tr(_CONTEXT.get(design.context, ""))),
        (tr("What is expected"), "" if design.expectation else tr("not shown")),
        (tr("Conversations"), tr("judged by the last answer") if last else ""),
        (tr("Planned for"), _planned_words(design)),
        (tr("Checks"), _check_words(design)),
        (tr("Guesses"), _guess_words(design, guessable=guessable)),
    ]
    return [(name, words) for name, words in lines if words]


def grade_words(scale: Scale) -> str:
    """Return what raters see at a time, with the grades of a scale; empty for pairs."""
    if scale.ranked:
        return tr("up to {number} answers at a time, to rank", scale.several)
    if not scale.graded:
        return ""
    low, high = map(scale.shown, scale.end_labels)
    if scale.low == 0:
        return tr("one answer at a time: {low} or {high}", low, high)
    return tr("one answer at a time: {first} ({low}) to {last} ({high})", scale.low, low, scale.high, high)


def language_counts(scale: Scale) -> str:
    numbers = Counter(one.language for one in scale.translations)
    return ", ".join(f"{language_name(code)} ({counted(n, 'text')})" for code, n in numbers.items())


def translation_words(scale: Scale, instructions: str) -> str:
    """Return the languages of the owner's texts, with the number of texts that one lacks."""
    lacking = {code: len(scale.untranslated(code, instructions)) for code in scale.languages}
    return ", ".join(
        trn("{language} ({number} (text|texts) missing)", missing, language_name(code))
        if missing
        else language_name(code)
        for code, missing in lacking.items()
    )


_CONTEXT = {ContextShown.NEVER: N_("never shown"), ContextShown.OPEN: N_("shown open")}
_REFERENCE = {ReferenceShown.ON_KEY: N_("on a key"), ReferenceShown.ALWAYS: N_("always shown")}


def _planned_words(design: RatingDesign) -> str:
    if not design.raters:
        return ""
    raters, judgments = counted(design.raters, "rater"), counted(design.each, "judgment")
    if design.each and design.shared:
        shared = counted(design.shared, "shared prompt")
        return tr("{raters}, {judgments} per pair, {shared}", raters, judgments, shared)
    if design.each:
        return tr("{raters}, {judgments} per pair", raters, judgments)
    return tr("{raters}, each judges every pair", raters)


def _check_words(design: RatingDesign) -> str:
    parts = (
        (N_("{share:.0%} hidden repeats"), design.repeats),
        (N_("{share:.0%} pairs with the same model on both sides"), design.controls),
        (N_("{share:.0%} known-answer checks"), design.gold),
    )
    return ", ".join(tr(text, share=share) for text, share in parts if share)


def _guess_words(design: RatingDesign, *, guessable: bool) -> str:
    parts = [
        tr("after {share:.0%} of the pairs", design.guess_share) if design.guess_share else "",
        tr("{guesses} at the end", design.end_guesses) if design.end_guesses else "",
    ]
    told = ", ".join(filter(None, parts))
    return told if guessable or not told else f"{told}; {tr(NOT_GUESSED)}"


def _span(least: int, most: int, one: str, several: str) -> str:
    """A number or a range: ``8 pairs``, ``8 to 10 pairs``."""
    return one if least == most else tr(several, least=least, most=most)
