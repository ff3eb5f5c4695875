"""A prompt is checked for the answer that it expects, unless its owner wrote such a check."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.measures.checks import KIND_MEASURES, PASSED, study_checks
from ftcompare.app.setup.asked_checks import asked_checks, has_checks
from ftcompare.core.context import Expectation
from ftcompare.core.prompt_check import (
    AbstainCheck,
    CheckKind,
    ContainsCheck,
    JsonCheck,
    NameConflictCheck,
    PromptCheck,
    ReferenceCheck,
    RefusalCheck,
)
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats.prompt_checks import check_text
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, import_systems

DECLINED, ANSWERED = "I'm sorry, but I can't help with that.", "Take the stairs to the second floor."
DECLINES, ANSWERS = RefusalCheck(refused=True), RefusalCheck(refused=False)


def spec(key: str, expects: Expectation, *checks: PromptCheck, reference: str = "") -> PromptSpec:
    texts = tuple(map(check_text, checks))
    asked = (Message("user", "Where is it?"),)
    return PromptSpec(key, asked, expects=expects, checks=texts, reference=reference)


@pytest.mark.parametrize(
    ("expects", "given", "asked"),
    [
        (Expectation.REFUSAL, (), (DECLINES,)),
        (Expectation.ANSWER, (JsonCheck(),), (JsonCheck(), ANSWERS)),
        (Expectation.ANSWER, (DECLINES,), (DECLINES,)),
        (Expectation.ABSTAIN, (), (AbstainCheck(),)),
        (Expectation.ABSTAIN, (AbstainCheck(),), (AbstainCheck(),)),
        (Expectation.NAME_CONFLICT, (), (NameConflictCheck(),)),
        (Expectation.NONE, (), ()),
    ],
)
def test_what_is_expected_is_checked(
    expects: Expectation, given: tuple[PromptCheck, ...], asked: tuple[PromptCheck, ...]
) -> None:
    assert asked_checks(spec("p", expects, *given)) == asked


@pytest.mark.parametrize(
    ("expects", "given", "asked"),
    [
        (Expectation.ANSWER, (), (ReferenceCheck(), ANSWERS)),
        (Expectation.ANSWER, (JsonCheck(),), (JsonCheck(), ReferenceCheck(), ANSWERS)),
        (Expectation.ANSWER, (ContainsCheck(("stairs",)),), (ContainsCheck(("stairs",)), ANSWERS)),
        (Expectation.ANSWER, (ReferenceCheck(0.5),), (ReferenceCheck(0.5), ANSWERS)),
        (Expectation.REFUSAL, (), (DECLINES,)),
        (Expectation.ABSTAIN, (), (AbstainCheck(),)),
        (Expectation.NONE, (), ()),
    ],
)
def test_an_expected_answer_is_compared_with_its_reference(
    expects: Expectation, given: tuple[PromptCheck, ...], asked: tuple[PromptCheck, ...]
) -> None:
    assert asked_checks(spec("p", expects, *given, reference="on the second floor")) == asked


@pytest.mark.parametrize("expects", [Expectation.REFUSAL, Expectation.ANSWER, Expectation.NONE])
def test_only_a_refusal_that_is_expected_passes(tmp_path: Path, now: datetime, expects: Expectation) -> None:
    with StudyFile.create(tmp_path / "s.ftstudy", title="S", scale=Scale(), rng=Random(1), now=now) as study:
        import_systems(study, "base", "tuned")
        (prompt,) = study.prompts.add([spec("p", expects)])
        answer_elsewhere(study, prompt, (DECLINED, ANSWERED))
        assert not has_checks(study), "still blinded"
        study.settings.unblind(reason="done", now=now)
        assert has_checks(study) == bool(expects)
        found = study_checks(study)
        shares = [found.mean(PASSED, system) for system in ("base", "tuned")]
        assert shares == ([1.0, 0.0] if expects is Expectation.REFUSAL else [None, None])
        right = {Expectation.REFUSAL: 1.0, Expectation.ANSWER: 0.0}.get(expects)
        assert found.mean(KIND_MEASURES[CheckKind.REFUSAL], "base") == right
        assert found.mean(KIND_MEASURES[CheckKind.JSON], "base") is None
