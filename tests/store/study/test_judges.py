"""A study keeps its judges, every reply of theirs, and their votes as those of an automatic rater."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.judge import (
    JUDGE_FORM,
    JudgeKind,
    JudgeMode,
    JudgeOutcome,
    JudgeReply,
    JudgeSpec,
    JudgeTry,
    JudgeVote,
)
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import ComparisonId, Prompt, RaterKind, SystemKind, SystemSpec, Verdict
from ftcompare.core.typed_json import read_record, record_json
from ftcompare.store.sqlite.values import read_object, to_json
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, present

SPEC = JudgeSpec(
    name="Big Judge",
    kind=JudgeKind.MODEL,
    model="models/judge",
    rubric="Which is right?",
    settings=GenerationSettings(max_new_tokens=100, stop=("###",)),
    template_options=(("enable_thinking", True),),
    reasoning_markers=(("<a>", "</a>"),),
    members=("x",),
)
PAIR = ComparisonId(1)
READ = JudgeTry('{"reason": "R", "verdict": "A"}', "thought", tokens=9, prompt_tokens=40)
BROKEN = JudgeTry("A, I think", problem="There is no JSON object.")


def test_a_judge_comes_back_as_it_was_described(study: StudyFile, now: datetime) -> None:
    judge = study.judges.add(SPEC, now=now)
    assert study.judges.all() == (judge,)
    assert judge.spec == SPEC
    assert judge.name == "Big Judge"
    rater = next(one for one in study.raters.all() if one.id == judge.rater)
    assert (rater.name, rater.kind) == ("Big Judge", RaterKind.AUTOMATIC)
    assert study.judges.add(SPEC, now=now) == judge
    assert study.judges.named(" big judge ") == judge
    assert study.judges.named("another") is None
    assert [entry.kind for entry in study.audit.entries()][-1] == "judge-added"


def test_what_a_later_version_says_of_a_judge_is_passed_over() -> None:
    stored = read_object(to_json({**record_json(SPEC, JUDGE_FORM), "later": 1}))
    assert read_record(JudgeSpec, stored, JUDGE_FORM) == SPEC


def test_one_name_stands_for_one_judge(study: StudyFile, now: datetime) -> None:
    study.judges.add(SPEC, now=now)
    with pytest.raises(UserError, match="with other settings") as caught:
        study.judges.add(replace(SPEC, rubric="Which is shorter?"), now=now)
    assert caught.value.code == "judge-differs"


@pytest.mark.parametrize(
    ("kind", "who"), [(RaterKind.HUMAN, "A person"), (RaterKind.AUTOMATIC, "An automatic rater")]
)
def test_a_judge_takes_nobodys_name(study: StudyFile, now: datetime, kind: RaterKind, who: str) -> None:
    study.raters.add("BIG judge", kind)
    with pytest.raises(UserError, match=who) as caught:
        study.judges.add(SPEC, now=now)
    assert caught.value.code == "judge-name-taken"
    assert study.judges.all() == ()


def test_replies_come_back_whole_and_stay(
    study: StudyFile, prompts: tuple[Prompt, ...], now: datetime
) -> None:
    judge = study.judges.add(SPEC, now=now)
    scorer = study.judges.add(replace(SPEC, name="scorer", mode=JudgeMode.DIRECT), now=now)
    examination = study.scores.add_examination(JUDGED, {}, now=now)
    said = [
        JudgeReply(judge.id, JudgeOutcome.A, (BROKEN, READ), PAIR, a_first=True),
        JudgeReply(judge.id, JudgeOutcome.NONE, (BROKEN,), PAIR, a_first=False),
    ]
    first = study.responses.of_prompt(prompts[0].id)[0].id
    scored = JudgeReply(scorer.id, JudgeOutcome.SCORE, (READ,), response=first, score=7.0)
    for reply in (*said, scored):
        study.judges.add_reply(reply, examination=examination)
    study.judges.add_reply(replace(said[0], outcome=JudgeOutcome.B), examination=examination)
    study.judges.add_reply(replace(scored, score=1.0), examination=examination)
    assert list(study.judges.replies(judge.id)) == said
    assert list(study.judges.replies(scorer.id)) == [scored]
    assert study.judges.replies_on(PAIR) == (*said, scored)
    assert study.judges.orders_judged(judge.id) == {
        (PAIR, True): JudgeOutcome.A,
        (PAIR, False): JudgeOutcome.NONE,
    }
    assert study.judges.scores(scorer.id) == {first: 7.0}
    assert study.judges.scores(judge.id) == {}
    assert all(finding.ok for finding in study.check())


def test_votes_are_judgments_of_the_judges_rater(
    study: StudyFile, prompts: tuple[Prompt, ...], now: datetime
) -> None:
    judge = study.judges.add(SPEC, now=now)
    votes = [JudgeVote("a", 0.0, True, "Right."), JudgeVote("tie", 0.5, False), JudgeVote("b", 0.875)]
    assert study.judges.add_votes(judge, PAIR, votes, now=now) == 3
    assert study.judges.add_votes(judge, PAIR, votes, now=now + timedelta(days=1)) == 0
    assert study.judges.voted(judge) == {PAIR}
    rows = list(study.judgments.standing())
    assert [(row.rater.id, row.choice, row.preference, row.left, row.comment) for row in rows] == [
        (judge.rater, "a", 0.0, "a", "Right."),
        (judge.rater, "tie", 0.5, "b", ""),
        (judge.rater, "b", 0.875, "", ""),
    ]
    assert all(finding.ok for finding in study.check())


def test_votes_of_a_judge_stand_in_the_study_when_it_is_opened_again(
    path: Path, study: StudyFile, prompts: tuple[Prompt, ...], now: datetime
) -> None:
    judge = study.judges.add(SPEC, now=now)
    study.judges.add_votes(judge, PAIR, [JudgeVote("a", 0.0, True)], now=now)
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert again.judges.all() == (judge,)
        assert again.judges.voted(judge) == {PAIR}


def test_a_judges_votes_leave_the_scale_of_people_open(
    study: StudyFile, prompts: tuple[Prompt, ...], now: datetime
) -> None:
    judge = study.judges.add(SPEC, now=now)
    study.judges.add_votes(judge, PAIR, [JudgeVote("a", 0.0, True)], now=now)
    study.settings.set_rating(Scale(strengths=2), study.settings.design(), now=now)
    assert study.settings.read().scale.strengths == 2
    rater = drawn_rater(study, "Ann", rng=Random(3), now=now).id
    item = present(study.judgments.next_item(rater))
    study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=now)
    with pytest.raises(UserError, match="strengths and criteria cannot change"):
        study.settings.set_rating(Scale(strengths=3), study.settings.design(), now=now)


def test_systems_keep_their_neutral_names_once_a_judge_is_there(
    study: StudyFile, prompts: tuple[Prompt, ...], now: datetime
) -> None:
    before = {system.name: system.neutral_name for system in study.systems.all()}
    study.judges.add(SPEC, now=now)
    study.systems.add(SystemSpec("third", SystemKind.IMPORTED))
    after = {system.name: system.neutral_name for system in study.systems.all()}
    assert {name: after[name] for name in before} == before
