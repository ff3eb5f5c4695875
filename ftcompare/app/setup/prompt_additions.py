"""Add prompts to an existing study."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import count

from ftcompare.app.setup.study_content import StudyContent, content
from ftcompare.core.study import PromptSpec
from ftcompare.store.study.study_file import StudyFile

_MADE = re.compile(r"p([0-9]{4,9})")


def add_prompt_rows(
    study: StudyFile, prompts: Sequence[PromptSpec], made: Collection[str] = ()
) -> StudyContent:
    """Add prompts, all or none. The note reports those that are equal to a prompt of the study.

    Args:
        study: the study to add to.
        prompts: the prompts, each with an id.
        made: generated ids. If the study has one of them, all of them get higher numbers.

    Raises:
        UserError: ``prompt-exists`` when the study has an id that was not generated.
    """
    present = [prompt.spec for prompt in study.prompts.all()]
    note = _repeated_words(present, prompts)
    study.prompts.add(_numbered_on(prompts, made, {spec.key for spec in present}))
    found = content(study)
    return replace(found, note=" ".join(filter(None, (note, found.prompts.note))))


def _numbered_on(
    prompts: Sequence[PromptSpec], made: Collection[str], present: set[str]
) -> tuple[PromptSpec, ...]:
    """The prompts with new ids after the study's highest such number, if their generated ids are taken."""
    if present.isdisjoint(made):
        return tuple(prompts)
    taken = present | {spec.key for spec in prompts if spec.key not in made}
    numbers = [int(found[1]) for key in present if (found := _MADE.fullmatch(key))]
    free = (key for n in count(max(numbers, default=0) + 1) if (key := f"p{n:04d}") not in taken)
    return tuple(replace(spec, key=next(free)) if spec.key in made else spec for spec in prompts)


def _repeated_words(present: Sequence[PromptSpec], added: Sequence[PromptSpec]) -> str:
    """A sentence on added prompts that are equal to existing ones; empty without any."""
    asked = {(spec.messages, spec.context, spec.later_turns) for spec in present}
    repeated = sum((spec.messages, spec.context, spec.later_turns) in asked for spec in added)
    if not repeated:
        return ""
    which, each = ("1 prompt is", "it") if repeated == 1 else (f"{repeated:,} prompts are", "each")
    there = f"{which} word for word the same as one that was in the study"
    return f"{there}: {each} is written and judged by itself."
