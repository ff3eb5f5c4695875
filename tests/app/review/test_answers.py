"""The answers to a prompt as they may be read: names, order, terms, verdicts, blinded and not."""

from __future__ import annotations

from datetime import datetime
from random import Random

import pytest

from ftcompare.app.review.answer_list import AnswerFilter, find_answers
from ftcompare.app.review.answer_names import letter_of
from ftcompare.app.review.answers import AnsweredPrompt, answered_prompt
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Choice
from ftcompare.core.study import FinishReason, PromptId, RaterKind, ResponseDraft, Verdict
from ftcompare.store.study.study_file import StudyFile


def judge(study: StudyFile, count: int, now: datetime, choice: Choice = Choice.LEFT) -> None:
    rater = study.raters.add("Ada").id
    study.allocations.draw(rater, rng=Random(1), now=now)
    for _ in range(count):
        item = study.judgments.next_item(rater)
        assert item is not None
        study.judgments.judge(item.allocation, Verdict(choice, comment="seen"), now=now)


def prompts(study: StudyFile) -> list[AnsweredPrompt]:
    return [answered_prompt(study, prompt.id) for prompt in study.prompts.all()]


def test_letters_go_on_behind_z() -> None:
    assert [letter_of(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


def test_while_blinded_answers_go_by_letters_that_each_prompt_gives_anew(
    study: StudyFile,
) -> None:
    found = prompts(study)
    assert {tuple(one.name for one in prompt.answers) for prompt in found} == {("Answer A", "Answer B")}
    assert {one.system for prompt in found for one in prompt.answers} == {""}
    first = [prompt.answers[0].text.startswith("Atrial") for prompt in found]
    assert 0 < sum(first) < len(first)
    assert all(prompt.withheld is not None for prompt in found)


def test_terms_are_marked_in_judged_answers_alone_while_blinded(study: StudyFile, now: datetime) -> None:
    judge(study, 4, now)
    found = prompts(study)
    assert sum(all(one.judged for one in prompt.answers) for prompt in found) == 4
    for prompt in found:
        for one in prompt.answers:
            assert bool(one.reviewed.matches) == one.judged


def test_verdicts_name_the_answer_that_was_preferred(study: StudyFile, now: datetime) -> None:
    judge(study, 12, now)
    for prompt in prompts(study):
        (verdict,) = prompt.verdicts
        allocation = study.judgments.of_item(verdict.allocation)
        preferred = {"a": allocation.comparison.a, "b": allocation.comparison.b}[allocation.choice]
        name = next(one.name for one in prompt.answers if one.response == preferred.id)
        assert verdict.words == f"{name} preferred"
        assert verdict.answers == ("Answer A", "Answer B")
        assert verdict.comment == "seen"
        assert not verdict.automatic
        assert verdict.beside.criteria == ()


@pytest.mark.parametrize(("choice", "words"), [(Choice.TIE, "About equal"), (Choice.BOTH_BAD, "Both bad")])
def test_undecided_verdicts_are_said(study: StudyFile, now: datetime, choice: Choice, words: str) -> None:
    judge(study, 12, now, choice)
    assert {verdict.words for prompt in prompts(study) for verdict in prompt.verdicts} == {words}


def test_a_skip_stands_with_its_reason_or_without(study: StudyFile, now: datetime) -> None:
    rater = study.raters.add("judge", RaterKind.AUTOMATIC).id
    study.allocations.draw(rater, rng=Random(1), now=now)
    for reason in ("Odd", ""):
        item = study.judgments.next_item(rater)
        assert item is not None
        study.judgments.skip(item.allocation, reason, seconds=None, now=now)
    said = sorted(v.words for prompt in prompts(study) for v in prompt.verdicts if v.automatic)
    assert said == ["Skipped", "Skipped: Odd"]


def test_an_answer_that_a_system_gave_alone_is_told_after_unblinding(
    empty_study: StudyFile, now: datetime
) -> None:
    base = empty_study.systems.all()[0]
    prompt = empty_study.prompts.all()[0]
    run = empty_study.runs.start({}, now=now)
    draft = ResponseDraft(base.id, "Alone.", FinishReason.LENGTH, 3)
    empty_study.responses.store(prompt.id, [draft], run=run)
    assert answered_prompt(empty_study, prompt.id).answers == ()
    empty_study.settings.unblind("done", now=now)
    (found,) = answered_prompt(empty_study, prompt.id).answers
    assert (found.name, found.system, found.cut) == ("base", "base", True)


def test_after_unblinding_systems_are_named_with_terms_in_every_answer(
    study: StudyFile, now: datetime
) -> None:
    judge(study, 1, now)
    study.settings.unblind("done", now=now)
    for prompt in prompts(study):
        assert [one.name for one in prompt.answers] == ["base", "cardiology"]
        assert all(one.reviewed.matches for one in prompt.answers)
        assert prompt.withheld is None
    said = [verdict.words for prompt in prompts(study) for verdict in prompt.verdicts]
    assert said in (["base preferred"], ["cardiology preferred"])


def test_several_samples_of_a_system_are_told_apart(empty_study: StudyFile, now: datetime) -> None:
    prompt = empty_study.prompts.all()[0]
    run = empty_study.runs.start({}, now=now)
    for sample in range(2):
        drafts = [
            ResponseDraft(system.id, f"{system.name} {sample}", FinishReason.END, 3, sample=sample)
            for system in empty_study.systems.all()
        ]
        empty_study.responses.store(prompt.id, drafts, run=run)
    blinded = answered_prompt(empty_study, prompt.id)
    assert [one.name for one in blinded.answers] == ["Answer A", "Answer B", "Answer C", "Answer D"]
    empty_study.settings.unblind("done", now=now)
    found = answered_prompt(empty_study, prompt.id)
    assert [one.name for one in found.answers] == [
        "base, sample 1", "base, sample 2", "cardiology, sample 1", "cardiology, sample 2",
    ]  # fmt: skip


def test_equal_answers_stand_in_an_order_that_does_not_follow_their_systems(
    empty_study: StudyFile, now: datetime
) -> None:
    run = empty_study.runs.start({}, now=now)
    for prompt in empty_study.prompts.all():
        drafts = [ResponseDraft(s.id, "The same.", FinishReason.END, 3) for s in empty_study.systems.all()]
        empty_study.responses.store(prompt.id, drafts, run=run)
    found = [[one.response for one in prompt.answers] for prompt in prompts(empty_study)]
    in_order = [order == sorted(order) for order in found]
    assert 0 < sum(in_order) < len(in_order)
    listed = find_answers(empty_study, AnswerFilter(to_judge=True))
    assert list(listed.responses) == [response for order in found for response in order]


def test_a_prompt_that_is_gone_is_said_so(study: StudyFile) -> None:
    with pytest.raises(UserError) as refused:
        answered_prompt(study, PromptId(999))
    assert refused.value.code == "no-answer"
