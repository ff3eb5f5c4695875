"""The screen for safety: rates by the rule and by people, groups, new failures, command, while blinded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from ftcompare.app.measures.kind import TOGETHER
from ftcompare.app.measures.measure import MeasuredPrompt
from ftcompare.app.measures.safety.kind import (
    BEGIN,
    GROUP,
    KIND,
    OF_ALL_TOGETHER,
    failures_sentence,
    failures_table,
    over_refusals_table,
    pair_safety_blocks,
    safety_blocks,
    safety_json,
    safety_total_blocks,
)
from ftcompare.app.measures.safety.screened_answers import (
    OVER_PEOPLE,
    OVER_REFUSAL,
    REFUSAL_PEOPLE,
    REFUSAL_RATE,
    RULE,
    SAFETY_MEASURES,
    SCREEN,
    SafetyTotals,
    ScreenedAnswer,
    ScreenedAnswers,
    StudySafety,
    safety_totals,
    study_safety,
)
from ftcompare.app.rate.refusal_labels import label_refusal, refusals_view
from ftcompare.app.results.presentation.blocks import Figures, Paragraph, Table
from ftcompare.app.work_progress import ignore_progress
from ftcompare.checks.refusal_rule import READ_CHARACTERS, RefusalClass
from ftcompare.cli.main import run
from ftcompare.core.annotations import RefusalSaid
from ftcompare.core.context import Expectation
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.safety_study import DECLINED, PROMPTS, safety_study
from tests.builders import of_kind, output_of, present, refusal_code

PARTIAL = SAFETY_MEASURES[1]


class Pair(NamedTuple):
    """A pair of systems of what was found."""

    found: StudySafety
    a: str
    b: str


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(safety_study(tmp_path / "s.ftstudy", now, blinded=False), now=now) as file:
        yield file


@pytest.fixture
def blinded(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(safety_study(tmp_path / "b.ftstudy", now), now=now) as file:
        yield file


def confirm(study: StudyFile, now: datetime, *, wrong: int = 0, rater: str = "Ada") -> None:
    """People say of all answers what they do, but for the first few that decline by the rule."""
    while (question := refusals_view(study, rater).question) is not None:
        declines = question.text == DECLINED and wrong <= 0
        wrong -= question.text == DECLINED
        said = RefusalSaid.YES if declines else RefusalSaid.NO
        label_refusal(study, rater, question.response, said, now=now)


def shown(found: StudySafety) -> str:
    return "\n".join(_text(block) for block in safety_blocks(found))


def _text(block: object) -> str:
    if isinstance(block, Paragraph):
        return block.text
    if isinstance(block, Table):
        return "\n".join([block.caption, *(" | ".join(map(str, row)) for row in block.rows)])
    return ""


def test_the_rule_says_how_much_it_reads() -> None:
    assert f"the first {READ_CHARACTERS} characters" in RULE


def test_rates_and_differences_by_hand(study: StudyFile) -> None:
    found = study_safety(study)
    assert found.systems == ("base", "tuned")
    rates = {s: [found.estimate(m, s) for m in (REFUSAL_RATE, PARTIAL, OVER_REFUSAL)] for s in found.systems}
    shares = {s: [rate.value if rate else None for rate in own] for s, own in rates.items()}
    assert shares == {"base": [11 / 12, 0, 2 / 12], "tuned": [8 / 12, 1 / 12, 0]}
    over = present(rates["tuned"][2])
    assert over.prompts == PROMPTS - 1  # one answer is empty
    assert over.low == 0
    assert over.high is not None
    assert over.high > 0.1
    difference = present(found.difference(REFUSAL_RATE, "base", "tuned"))
    assert difference.difference == pytest.approx(-3 / 12)
    assert difference.prompts == PROMPTS
    assert found.difference(REFUSAL_PEOPLE, "base", "tuned") is None
    assert found.estimate(REFUSAL_PEOPLE, "base") is None


def test_what_was_declined_and_is_answered_now_is_listed(study: StudyFile) -> None:
    pair = Pair(study_safety(study), "base", "tuned")
    assert [row.values[0] for row in failures_table(*pair).rows] == ["harm0", "harm1", "harm2"]
    assert not over_refusals_table(*pair).rows
    assert failures_sentence(*pair) == (
        "tuned answers 3 of 11 prompts that base declined. tuned declines 0 of 10 harmless prompts that base "
        "answered."
    )
    back = Pair(pair.found, "tuned", "base")
    assert [row.values[0] for row in failures_table(*back).rows] == ["harm11"]
    assert [row.values[0] for row in over_refusals_table(*back).rows] == ["like0", "like1"]
    same = Pair(pair.found, "base", "base")
    assert failures_sentence(*same).startswith("base answers 0 of 11 prompts that base declined")


def test_people_take_the_place_of_the_rule_in_the_list_and_stand_apart_in_the_rates(
    study: StudyFile, now: datetime
) -> None:
    confirm(study, now, wrong=2)
    found = study_safety(study)
    by_rule, by_people = (found.estimate(m, "base") for m in (REFUSAL_RATE, REFUSAL_PEOPLE))
    assert by_rule is not None
    assert by_people is not None
    assert by_rule.value == 11 / 12
    agreement = found.agreement()
    assert (agreement.hits(), agreement.by_rule(), agreement.by_people) == (19, 21, 19)
    assert agreement.by_rule(partial=True) == 22
    assert found.agreement("base").answers == 24
    assert "Precision of the rule: 90% (19 of 21). Recall: 100% (19 of 19)" in shown(found)
    pair = Pair(found, "base", "tuned")
    assert {row.values[4] for row in failures_table(*pair).rows} == {"people"}


def test_one_who_disagrees_leaves_an_answer_undecided(study: StudyFile, now: datetime) -> None:
    confirm(study, now)
    confirm(study, now, wrong=1, rater="Eve")
    found = study_safety(study)
    assert found.people == 2
    assert found.agreement().answers == 4 * PROMPTS - 2
    values = [found.estimate(measure, "base") for measure in (REFUSAL_PEOPLE, OVER_PEOPLE)]
    assert all(values)


def test_an_answer_that_declines_in_part_neither_declines_nor_answers() -> None:
    assert ScreenedAnswer(RefusalClass.PARTIAL).declined is None
    assert ScreenedAnswer(RefusalClass.PARTIAL, declines=True).declined is True
    assert ScreenedAnswer(None).declined is None
    assert ScreenedAnswer(RefusalClass.REFUSAL, declines=False).declined is False


def test_framings_of_one_request_count_once(study: StudyFile) -> None:
    found = study_safety(study)
    prompts = tuple(
        replace(p, sampled="one") if p.key in ("harm0", "harm1", "harm3") else p for p in found.prompts
    )
    merged = replace(found, prompts=prompts)
    assert merged.sampled(REFUSAL_RATE, "tuned")["one"] == pytest.approx(1 / 3 * 0)
    rate = present(merged.estimate(REFUSAL_RATE, "tuned"))
    assert rate.prompts == 10
    assert rate.value == pytest.approx(0.8)


def test_categories_and_framings_are_told_apart(study: StudyFile) -> None:
    found = study_safety(study)
    assert [word for _, word, _ in found.groups("category")] == ["violence", "fraud"]
    assert [word for _, word, _ in found.groups("framing")] == ["role-play", "plain"]
    text = shown(found)
    assert SCREEN in text
    assert "By framing, by the rule" in text
    assert "Nobody has confirmed yet" in text
    blocks = [*pair_safety_blocks(*Pair(found, "base", "tuned"))]
    assert isinstance(blocks[0], Figures)
    assert blocks[0].figures[0].id == "safety:refusal_rate"
    assert not [*pair_safety_blocks(*Pair(found, "base", "nobody"))]


def test_while_blinded_only_totals_are_told(blinded: StudyFile, now: datetime) -> None:
    assert refusal_code(lambda: study_safety(blinded)) == "still-blinded"
    confirm(blinded, now)
    found = of_kind(safety_totals(blinded), SafetyTotals)
    assert found.by_rule[Expectation.REFUSAL, RefusalClass.REFUSAL] == 19
    assert found.by_people[Expectation.ANSWER, True] == 2
    blocks = [*safety_total_blocks(found)]
    assert _text(blocks[0]) == OF_ALL_TOGETHER
    assert "Expect a refusal | 12 | 19 | 1 | 4 | 19 of 24" in _text(blocks[1])
    (row, *_) = KIND.pooled(blinded, ignore_progress) if KIND.pooled else ()
    assert set(row.by_system) == {TOGETHER}
    assert not row.answers


def test_the_matrix_has_the_rates_and_leads_to_their_prompts(study: StudyFile, now: datetime) -> None:
    confirm(study, now)
    rows = {row.key: row for row in KIND.rows(study, ignore_progress)}
    assert list(rows) == [f"safety.{measure.id}" for measure in SAFETY_MEASURES]
    row = rows["safety.refusal_rate"]
    assert row.by_system["base"].value == 11 / 12
    assert (row.higher_is_better, rows["safety.over_refusal_rate"].higher_is_better) == (True, False)
    assert rows["safety.refusal_partial_rate"].higher_is_better is None
    assert len(row.answers["tuned"]) == PROMPTS
    (section,) = KIND.details(study, ignore_progress) if KIND.details else ()
    assert section.title == "Safety screen"


def test_a_study_without_such_prompts_says_how_to_begin(tmp_path: Path, now: datetime) -> None:
    assert shown(StudySafety()) == GROUP.with_command(BEGIN)
    (_, told) = safety_total_blocks(SafetyTotals())
    assert _text(told).startswith("No prompt that expects")


def test_the_command_prints_and_writes_json(
    study: StudyFile, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    confirm(study, now)
    path, told = study.path, safety_json(study_safety(study))
    study.close()
    out = output_of(capsys, ["measures", "safety", str(path), "--details"])
    assert "This is a screen, not a certificate" in out
    assert "No longer declined" in out
    assert run(["measures", "safety", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(told))


def test_the_command_tells_totals_while_blinded(
    blinded: StudyFile, capsys: pytest.CaptureFixture[str]
) -> None:
    path = blinded.path
    assert safety_totals(blinded).prompts[Expectation.ANSWER] == PROMPTS
    blinded.close()
    assert "Still blinded" in output_of(capsys, ["measures", "safety", str(path)])
    document = json.loads(output_of(capsys, ["measures", "safety", str(path), "--json"]))
    assert document["blinded"] is True
    assert "tuned" not in json.dumps(document)


def _screen_of(*answers: tuple[Expectation, bool]) -> Pair:
    """A system that declines or not, beside one that does the same."""
    prompts = tuple(
        MeasuredPrompt(
            PromptId(n),
            f"p{n}",
            "?",
            {"category": "", "framing": "plain"},
            dict.fromkeys(("a", "b"), ScreenedAnswers(expects, (answer,))),
            f"p{n}",
        )
        for n, (expects, declines) in enumerate(answers)
        for answer in (ScreenedAnswer(RefusalClass.REFUSAL if declines else RefusalClass.ANSWER),)
    )
    return Pair(StudySafety(systems=("a", "b"), prompts=prompts), "a", "b")


def test_where_nothing_was_declined_no_refusal_could_be_lost() -> None:
    harmful, harmless = Expectation.REFUSAL, Expectation.ANSWER
    assert failures_sentence(*_screen_of((harmful, False), (harmful, False))) == (
        "a declined none of 2 prompts that expect a refusal, so there is no refusal that b could have lost."
    )
    assert failures_sentence(*_screen_of((harmful, False), (harmless, True))) == (
        "a declined none of 1 prompt that expects a refusal, so there is no refusal that b could have lost. "
        "a answered none of 1 harmless prompt, so there is no answer that b could have lost."
    )
    assert failures_sentence(*_screen_of((harmless, False))) == (
        "b declines 0 of 1 harmless prompt that a answered."
    )
