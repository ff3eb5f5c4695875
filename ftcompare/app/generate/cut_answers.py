"""Answers that were cut at the length limit: their number, their prompts, and which can be replaced."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ftcompare.core.generation_settings import MOST_TOKENS, GenerationSettings
from ftcompare.core.plurals import counted
from ftcompare.store.study.study_file import StudyFile

LONGER = 4  # factor by which the limit is raised for the next attempt
SHOWN_PROMPTS = 20


@dataclass(frozen=True, slots=True)
class CutAnswers:
    """Answers of all systems that were cut at the length limit."""

    count: int = 0  # number of cut answers
    kept: int = 0  # number of these that stay because they are judged, in a pack, or scored
    prompts: tuple[str, ...] = ()  # the first prompts with cut answers, in the study's order
    more: int = 0  # number of further prompts

    @property
    def replaceable(self) -> int:
        return self.count - self.kept


def cut_answers(study: StudyFile) -> CutAnswers:
    """Find the cut answers, and which of them can be replaced."""
    found = study.responses.cut()
    if not found:
        return CutAnswers()
    where = {one.response.prompt for one in found}
    texts = [prompt.spec.text for prompt in study.prompts.all() if prompt.id in where]
    return CutAnswers(
        count=len(found),
        kept=sum(one.settled for one in found),
        prompts=tuple(texts[:SHOWN_PROMPTS]),
        more=max(len(texts) - SHOWN_PROMPTS, 0),
    )


def longer_settings(last: GenerationSettings) -> GenerationSettings:
    """The settings of the last run with `LONGER` times its limits, as far as allowed."""
    answer, reasoning = (
        min(LONGER * tokens, MOST_TOKENS) for tokens in (last.max_new_tokens, last.max_reasoning_tokens)
    )
    return replace(last, max_new_tokens=answer, max_reasoning_tokens=reasoning)


def cut_words(cut: CutAnswers) -> str:
    """How many answers were cut, and how many of them stay; empty for none."""
    if not cut.count:
        return ""
    words = f"{counted(cut.count, 'answer was', 'answers were')} cut at the length limit."
    if not cut.kept:
        return words
    stay = "All of them stay" if not cut.replaceable else f"{counted(cut.kept, 'stays', 'stay')}"
    return f"{words} {stay} as written: judged, sent out in a pack or scored already."
