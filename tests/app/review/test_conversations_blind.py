"""Of conversations all answers are read: in the order of a pair to decide, and in the search for names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.rate.rating_session import study_session
from ftcompare.app.raters.quality import self_naming
from ftcompare.app.review.adjudication import contested_pairs, pair_to_decide
from ftcompare.core.context import Passage
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile

SYSTEMS = ("gemma-9", "llama-8")
PASSAGES = (Passage("", "A rival of llama-8 is gemma-9."),)


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """Conversations whose last answers are the same, and whose first ones are not; each pair is flagged."""
    with StudyFile.create(tmp_path / "c.ftstudy", title="", scale=Scale(), rng=Random(1), now=now) as made:
        specs = [
            PromptSpec(f"p{n}", (Message("user", f"Why {n}?"),), later_turns=("Thanks.",)) for n in range(12)
        ]
        prompts = made.prompts.add(specs)
        for name in SYSTEMS:
            system = made.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id
            for prompt in prompts:
                said = f"From {name}: so it is."
                draft = ResponseDraft(system, "You are welcome.", FinishReason.IMPORTED, earlier=(said,))
                made.responses.store(prompt.id, [draft], run=None)
        session = study_session(made, "Ada", clock=lambda: now, rng=Random(2))
        while item := session.view().item:
            session.judge(item.allocation, Verdict(Choice.LEFT, None, comment="", flagged=True))
        yield made


def test_the_side_of_an_answer_in_a_pair_to_decide_does_not_follow_its_system(study: StudyFile) -> None:
    pairs = [pair_to_decide(study, "Eve", one).item for one in contested_pairs(study, "Eve")]
    assert len(pairs) == 12
    assert {pair.left_earlier[0].split()[1] for pair in pairs} == {f"{name}:" for name in SYSTEMS}


def test_an_earlier_answer_that_names_its_model_is_found(study: StudyFile) -> None:
    found = self_naming(study)
    assert len(found.prompts) == 12
    assert {one.giveaways[0].text for one in found.responses} == set(SYSTEMS)


def test_a_name_that_the_context_holds_gives_nothing_away(study: StudyFile, now: datetime) -> None:
    (prompt,) = study.prompts.add([PromptSpec("q", (Message("user", "Who?"),), context=PASSAGES)])
    for system in study.systems.all():
        draft = ResponseDraft(system.id, f"It is {system.name}.", FinishReason.IMPORTED)
        study.responses.store(prompt.id, [draft], run=None)
    assert prompt.id not in self_naming(study).prompts
