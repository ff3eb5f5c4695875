"""Which prompts terms are counted on, all or a part of them, and which lists of terms are offered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import PromptId, PromptSpec, Split
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class PromptPart:
    """A subset of a study's prompts."""

    split: Split | None = None  # only prompts of this split; None for any
    # only prompts of this category as stored; None for any, empty for prompts without one
    category: str | None = None

    def has(self, prompt: PromptSpec) -> bool:
        of_split = self.split is None or prompt.split is self.split
        return of_split and (self.category is None or prompt.category == self.category)

    def as_json(self) -> dict[str, Json]:
        """The subset in ``terms --json``; None stands for any."""
        return {"split": None if self.split is None else self.split.value, "category": self.category}


ALL_PROMPTS = PromptPart()


def prompt_parts(study: StudyFile) -> tuple[PromptPart, ...]:
    """All prompts, then each split and each category that holds some but not all of the prompts."""
    specs = [prompt.spec for prompt in study.prompts.all()]
    splits = [split for split in Split if any(spec.split is split for spec in specs)]
    categories = sorted({spec.category for spec in specs})
    parts = [PromptPart(split=split) for split in splits if len(splits) > 1]
    parts += [PromptPart(category=category) for category in categories if len(categories) > 1]
    return (ALL_PROMPTS, *parts)


def prompts_of(study: StudyFile, part: PromptPart) -> frozenset[PromptId]:
    """The prompts of a subset.

    Raises:
        UserError: ``no-such-part`` when the subset is empty although the study has prompts.
    """
    prompts = study.prompts.all()
    found = frozenset(prompt.id for prompt in prompts if part.has(prompt.spec))
    if prompts and not found:
        categories = sorted({prompt.spec.category for prompt in prompts} - {""})
        splits = sorted({prompt.spec.split.value for prompt in prompts} - {""})
        known = f"Splits: {', '.join(splits) or 'none'}. Categories: {', '.join(categories) or 'none'}."
        raise UserError("No prompt is of this split and category.", how=known, code="no-such-part")
    return found


class TermList(StrEnum):
    """Which terms, words or phrases are listed.

    ALL: every one. LEARNT: those that another system uses on more prompts than the first, decided by q. LOST:
    on fewer prompts. OUTDATED: deprecated and superseded terms that another system uses. MIXED: two terms of
    one concept in one answer.
    """

    ALL = "all"
    LEARNT = "learnt"
    LOST = "lost"
    OUTDATED = "deprecated"
    MIXED = "mixed"


OF_WORDS = (TermList.ALL, TermList.LEARNT, TermList.LOST)
"""The lists of words and phrases, which have no status and no concept."""


def list_title(which: TermList, *, tuned: bool) -> str:
    """The title of a list; ``tuned`` when the first system is a base and the others are fine-tuned."""
    return {
        TermList.ALL: "All",
        TermList.LEARNT: "Terms learnt" if tuned else "Used more",
        TermList.LOST: "Terms lost" if tuned else "Used less",
        TermList.OUTDATED: "Deprecated terms still used" if tuned else "Deprecated terms used",
        TermList.MIXED: "Two terms of one concept in one answer",
    }[which]
