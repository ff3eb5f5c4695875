"""Unseen prompts that the rows of an export repeat: by question, context and later turns together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.export.prompt_overlap import UnseenPrompts
from ftcompare.app.setup.new_study import fill_study, repeated_words
from ftcompare.core.context import Passage
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.store.study.study_file import StudyFile

QUESTION = (Message("user", "When was the ward opened?"),)
HELD = PromptSpec(
    "h", QUESTION, split=Split.HELD_OUT, context=(Passage("a", "In 1988."), Passage("b", "30 beds."))
)
TRAINED = replace(HELD, key="t", split=Split.TRAINED)
OTHERS = (
    replace(TRAINED, key="o1", context=(Passage("a", "In 1990."), Passage("b", "30 beds."))),
    replace(TRAINED, key="o2", context=()),
    replace(TRAINED, key="o3", later_turns=("And why?",)),
)


@pytest.fixture
def study(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.create(tmp_path / "s.ftstudy", title="t", scale=Scale(), rng=rng, now=now) as file:
        fill_study(file, (), (HELD, TRAINED), (), now=now)
        yield file


def test_a_question_with_another_context_or_other_turns_is_another_prompt(study: StudyFile) -> None:
    assert UnseenPrompts(study).leak_words(OTHERS).startswith("None of the 1 unseen prompts")


@pytest.mark.parametrize("row", [HELD, TRAINED, replace(TRAINED, context=HELD.context[::-1])])
def test_the_same_question_and_context_are_in_the_rows(study: StudyFile, row: PromptSpec) -> None:
    assert UnseenPrompts(study).leak_words((row, *OTHERS)).startswith("1 of 1 unseen prompts has a copy")


def test_only_prompts_that_are_the_same_as_a_whole_are_told_as_repeated() -> None:
    assert repeated_words((TRAINED, *OTHERS)) == ()
    (told,) = repeated_words((TRAINED, *OTHERS, HELD))
    assert told.startswith("1 prompt is word for word the same")
