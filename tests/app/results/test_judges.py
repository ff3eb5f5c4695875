"""Judges beside people: figures of real studies, what is told while blinded, and the lists behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.measures.judges.judge_figures import (
    IMPORTED,
    INTERVALS,
    LISTED,
    NOBODY,
    DifferingPair,
    JudgeFigures,
    agreement_by_prompt,
    judge_blocks,
    judged_prompts,
    judges_blocks,
    study_judges,
)
from ftcompare.app.measures.judges.kind import KIND, judges_json
from ftcompare.app.measures.kind import TOGETHER
from ftcompare.app.results.presentation.blocks import Block, Figures, Paragraph, Table, Tone
from ftcompare.app.review.result_slice import Dimension, Part, belongs, judged_for
from ftcompare.app.work_progress import ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.judge import (
    JudgeKind,
    JudgeMode,
    JudgeOutcome,
    JudgeReply,
    JudgeSpec,
    JudgeTry,
    JudgeVote,
)
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice
from ftcompare.core.study import RaterKind, Verdict, Vote
from ftcompare.stats.summary import compare
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile
from tests.app.judges.test_reward_run import rate, rated_study, reward_judge
from tests.app.voted_study import voted, voted_study
from tests.builders import drawn_rater, output_of, present

# By prompt, what Ann says, and what the program says where each answer stands left once.
SAID = {
    "p0": ("b", "bb"),
    "p1": ("b", "bb"),
    "p2": ("a", "bb"),
    "p3": ("a", "aa"),
    "p4": ("t", "ab"),
    "p5": ("b", "ab"),
}
WORDS = {"a": "a", "b": "b", "t": "tie"}


def votes() -> Iterator[JudgmentRecord]:
    for prompt, (people, program) in SAID.items():
        category = "ties" if people == "t" else "even" if prompt in ("p0", "p2") else "odd"
        yield voted(prompt, "Ann", WORDS[people], category=category, prompt_id=prompt)
        for choice, left in zip(program, "ab", strict=True):
            more: dict[str, Any] = {"rater_kind": RaterKind.AUTOMATIC, "left": left, "category": category}
            more["prompt_id"] = prompt
            yield voted(prompt, "judge", WORDS[choice], **more)


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with voted_study(tmp_path / "v.ftstudy", votes(), Random(1), now) as made:
        yield made


def only(study: StudyFile) -> JudgeFigures:
    (found,) = study_judges(study).judges
    return found


def test_an_imported_judge_beside_people(study: StudyFile) -> None:
    found = only(study)
    assert (found.name, found.kind, found.totals, found.warning) == ("judge", IMPORTED, None, "")
    assert found.rater is not None
    assert found.agreed is not None
    assert found.rater.agreement is not None
    assert (found.rater.agreement.value, found.rater.agreement.n) == (4 / 6, 6)
    assert found.rater.consistency is not None
    assert found.rater.consistency.value == 4 / 6
    # People b a t: 3, 2, 1; the judge 3, 1, 2: p_e = (9 + 2 + 2) / 36.
    assert found.agreed.kappa is not None
    assert found.agreed.kappa.value == pytest.approx((4 / 6 - 13 / 36) / (1 - 13 / 36))
    assert found.agreed.left is not None
    assert (found.agreed.left.value, found.agreed.left.n) == (8 / 12, 12)
    even, odd, ties = found.agreed.categories
    assert (even.category, odd.category, ties.category) == ("even", "odd", "ties")
    assert even.all_answers is not None
    assert even.all_answers.value == 1 / 2
    assert ties.decided is None
    (pairing,) = found.agreed.pairings
    assert pairing.win_rate.value == pytest.approx((2 + 2 + 2 + 0 + 1 + 1) / 12)
    assert found.differing == (DifferingPair(found.differing[0].prompt, "p2", "tuned", "base"),)


# --- a reward model, while blinded and after ----------------------------------------------------------

WORDS_OF = {  # the fake engine scores a tenth for every word: base, tuned
    **{f"p{n}": ("One.", "One two three.") for n in range(4)},
    "p4": ("One two three four.", "One."),
    "p5": ("One.", "Two."),
    "p6": ("One.", "Two three."),
}
PEOPLE = {"p0": "b", "p1": "b", "p2": "b", "p3": "a", "p4": "a", "p5": "b"}


def judge_as_people(study: StudyFile, now: datetime, name: str = "Ada") -> None:
    """One rater; on what `PEOPLE` does not name nothing is said."""
    rater = drawn_rater(study, name, rng=Random(name), now=now).id
    for _ in WORDS_OF:
        item = present(study.judgments.next_item(rater))
        key = item.messages[0].content[:-1]
        if key in PEOPLE:
            wanted = WORDS_OF[key]["ab".index(PEOPLE[key])]
            choice = Choice.LEFT if item.left == wanted else Choice.RIGHT
            study.judgments.judge(item.allocation, Verdict(choice), now=now)
        else:
            study.judgments.skip(item.allocation, "", seconds=1.0, now=now)


@pytest.fixture
def rewarded(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """A blinded study that Ada and a reward model judged."""
    with rated_study(tmp_path / "rated.ftstudy", now, WORDS_OF) as made:
        rate(made, now, reward_judge())
        judge_as_people(made, now)
        yield made


def unblind(study: StudyFile, now: datetime) -> StudyFile:
    study.settings.unblind(reason="done", now=now)
    return study


def test_while_blinded_only_figures_over_all_systems_are_told(rewarded: StudyFile, now: datetime) -> None:
    told = study_judges(rewarded)
    (found,) = told.judges
    assert told.withheld is not None
    assert found.kind == JudgeKind.REWARD
    assert found.agreed is not None
    assert found.agreed.kappa is not None
    assert (found.agreed.kappa.pairs, found.agreed.categories, found.agreed.pairings) == (6, (), ())
    assert (found.calibration, found.differing) == (None, ())
    document = judges_json(told)
    assert document["withheld"] == told.withheld.text
    [own] = figures(document)
    assert (own["categories"], own["pairs"], own["differing"]) == (None, None, None)
    assert any(told.withheld.explained in words(block) for block in list(judges_blocks(told)))
    with pytest.raises(UserError, match="unblinding"):
        judged_prompts(rewarded)
    (row,) = KIND.pooled(rewarded, ignore_progress) if KIND.pooled else ()
    assert (row.key, row.by_system[TOGETHER].value) == ("judge.reward.agreement", 4 / 6)
    assert row.answers == {}


def test_how_sure_a_reward_model_is_stands_beside_people(rewarded: StudyFile, now: datetime) -> None:
    found = only(unblind(rewarded, now))
    assert found.calibration is not None
    # Over p0 to p4 (p5 is a tie of scores, p6 nobody judged): σ(.2) four times, σ(.3) once; p3 is wrong.
    assert (found.calibration.answers, found.calibration.correct) == (5, 0.8)
    assert found.calibration.confidence == pytest.approx((4 * 0.549833997 + 0.574442517) / 5)
    assert found.calibration.error is None
    assert [(pair.key, pair.judge, pair.people) for pair in found.differing] == [("p3", "tuned", "plain")]
    assert found.rater is not None
    assert (found.rater.judgments, found.rater.consistency) == (7, None)


def test_rows_of_the_matrix_are_by_system_and_lead_to_prompts(rewarded: StudyFile, now: datetime) -> None:
    study = unblind(rewarded, now)
    rate_row, agreement = KIND.rows(study, ignore_progress)
    assert rate_row.key == "judge.reward.win_rate"
    assert rate_row.by_system["tuned"].value == pytest.approx((4 + 0 + 0.5 + 1) / 7)
    assert rate_row.by_system["plain"].value == pytest.approx(1 - (4 + 0 + 0.5 + 1) / 7)
    difference = present(rate_row.difference("plain", "tuned"))
    assert difference.difference == pytest.approx(2 * 5.5 / 7 - 1)
    assert (agreement.key, agreement.higher_is_better) == ("judge.reward.agreement", None)
    assert agreement.differences == {}
    assert agreement.by_system["tuned"].value == pytest.approx(4 / 6)
    keys = {prompt.id: prompt.spec.key for prompt in study.prompts.all()}
    wrong = [keys[prompt] for prompt, value in agreement.answers["tuned"].items() if value == 0]
    assert wrong == ["p3", "p5"]
    assert agreement_by_prompt(study)["reward"] == agreement.answers["plain"]


def test_people_who_are_divided_are_a_tie(rewarded: StudyFile, now: datetime) -> None:
    """A second rater says of p0 the opposite: then it is no pair of the calibration."""
    rater = drawn_rater(rewarded, "Ben", rng=Random("Ben"), now=now).id
    for _ in WORDS_OF:
        item = present(rewarded.judgments.next_item(rater))
        if item.messages[0].content == "p0?":
            choice = Choice.LEFT if item.left == "One." else Choice.RIGHT
            rewarded.judgments.judge(item.allocation, Verdict(choice), now=now)
            break
        rewarded.judgments.skip(item.allocation, "", seconds=1.0, now=now)
    found = only(unblind(rewarded, now))
    assert found.calibration is not None
    assert (found.calibration.answers, found.calibration.correct) == (4, 0.75)


def figures(document: dict[str, Any]) -> list[dict[str, Any]]:
    return list(document["figures"])


# --- in words ------------------------------------------------------------------------------------------


def words(block: Block) -> str:
    match block:
        case Paragraph():
            return block.text
        case Table():
            return "\n".join(" | ".join(row) for row in block.plain_rows)
        case Figures():
            return "\n".join(f"{one.label}: {one.value} {one.note}" for one in block.figures)
        case _:
            return str(block)


def test_a_judge_in_words(study: StudyFile) -> None:
    text = "\n".join(map(words, judges_blocks(study_judges(study))))
    assert "Its judgments were imported; 12 votes." in text
    assert "Agrees with people: 0.66" in text
    assert "Cohen's κ with people: 0.47" in text
    assert "too few different verdicts for an interval" in text
    assert "tuned against base | 67%" in text
    assert any(line.startswith("ties | 100%") and "no such pair" in line for line in text.splitlines())
    assert "On 1 pair it prefers the answer that most people do not." in text
    assert "p2 | tuned | base" in text


def test_the_pairs_that_differ_can_be_opened(study: StudyFile) -> None:
    found = only(study)
    (paragraph,) = [b for b in judge_blocks(found) if isinstance(b, Paragraph) and b.judged is not None]
    assert paragraph.judged == Part(
        Dimension.DIFFERING, "judge", pairs=frozenset({(found.differing[0].prompt, ("base", "tuned"))})
    )
    assert paragraph.link == "Show them"


def test_of_three_systems_only_the_pairs_of_the_two_in_question_are_opened(
    tmp_path: Path, now: datetime
) -> None:
    said = [voted("p", "Ann", "b"), voted("p", "judge", "a", rater_kind=RaterKind.AUTOMATIC)]
    said += [voted("p", "Ann", "b", b="other"), voted("p", "Ann", "b", a="other")]
    with voted_study(tmp_path / "three.ftstudy", said, Random(1), now) as made:
        (paragraph,) = [b for b in judge_blocks(only(made)) if isinstance(b, Paragraph) and b.judged]
        assert paragraph.judged is not None
        judged = judged_for(made, paragraph.judged)
        (pair,) = compare([Vote("1", "Ann", "tuned", "base", "b", 1.0, "a")])
        assert len(judged) == 4
        assert [one.systems for one in judged if belongs(one, pair, paragraph.judged)] == [("base", "tuned")]


def test_a_reward_model_in_words(rewarded: StudyFile, now: datetime) -> None:
    found = study_judges(unblind(rewarded, now))
    text = "\n".join(map(words, judges_blocks(found)))
    assert "A reward model; 7 votes, 14 questions asked." in text
    assert "Same with the order swapped: None not asked in both orders" in text
    assert "Went to the answer shown first: None no order known" in text
    assert "No verdict: 0 of 14 questions" in text
    assert "Answers without a score: 0 every answer has one" in text
    assert "People prefer that: 0.8" in text
    assert "too few pairs" in text
    sections = KIND.details(rewarded, ignore_progress) if KIND.details else ()
    assert [one.title for one in sections] == [
        "Judge: reward",
        "People's win rate with a program's further judgments",
    ]


def test_many_pairs_that_differ_are_not_all_listed(tmp_path: Path, now: datetime) -> None:
    made = [
        vote
        for n in range(LISTED + 2)
        for vote in (
            voted(f"p{n}", "Ann", "a"),
            voted(f"p{n}", "judge", "b", rater_kind=RaterKind.AUTOMATIC),
        )
    ]
    with voted_study(tmp_path / "v.ftstudy", made, Random(1), now) as study:
        text = "\n".join(map(words, judges_blocks(study_judges(study))))
    assert "2 more pairs are not listed here." in text
    assert "all verdicts are alike" not in text
    assert text.count("| tuned | base") == LISTED


def test_a_judge_that_nobody_stands_beside(tmp_path: Path, now: datetime) -> None:
    made = [voted("p0", "judge", "b", rater_kind=RaterKind.AUTOMATIC)]
    with voted_study(tmp_path / "v.ftstudy", made, Random(1), now) as study:
        text = "\n".join(map(words, judges_blocks(study_judges(study))))
    assert "Agrees with people: None no pair judged by both" in text
    assert "Cohen's κ with people: None no pair judged by both" in text
    assert "—" in text


def test_a_judge_alone_has_a_win_rate_and_no_agreement(tmp_path: Path, now: datetime) -> None:
    made = [voted("p0", "judge", "b", rater_kind=RaterKind.AUTOMATIC)]
    with voted_study(tmp_path / "v.ftstudy", made, Random(1), now) as study:
        [row] = KIND.rows(study, ignore_progress)
        [own] = figures(judges_json(study_judges(study)))
    assert row.key == "judge.judge.win_rate"
    assert (own["kappa"], own["agreement"]) == (None, None)
    assert own["pairs"][0]["length_worth"] is None


def always(longer: str, choice: str) -> Iterator[JudgmentRecord]:
    """Ann, and a program that was asked in both orders and gives one answer to all."""
    lengths = {longer: 60, "ba"["ab".index(longer)]: 20}
    for n in range(8):
        answers: dict[str, Any] = {f"response_{of}": of * length + f" {n}" for of, length in lengths.items()}
        yield replace(voted(f"p{n}", "Ann", "a"), **answers)
        for left in "ab":
            said = voted(f"p{n}", "judge", choice, rater_kind=RaterKind.AUTOMATIC, left=left)
            yield replace(said, **answers)


@pytest.mark.parametrize(("longer", "which"), [("b", "longer"), ("a", "shorter")])
def test_a_judge_whose_votes_length_tells_is_said_to_follow_it(
    tmp_path: Path, now: datetime, longer: str, which: str
) -> None:
    with voted_study(tmp_path / "v.ftstudy", always(longer, "b"), Random(1), now) as study:
        text = "\n".join(map(words, judges_blocks(study_judges(study))))
    assert f"no slope: each of 16 decided votes is for the {which} answer" in text


def test_a_judge_of_ties_alone_has_no_decided_vote(tmp_path: Path, now: datetime) -> None:
    with voted_study(tmp_path / "v.ftstudy", always("b", "tie"), Random(1), now) as study:
        text = "\n".join(map(words, judges_blocks(study_judges(study))))
    assert "Went to the answer shown first: None no vote is decided" in text
    assert "no order known" not in text
    assert "no slope" not in text
    assert INTERVALS in text


def test_a_taste_for_length_stands_beside_that_of_people(tmp_path: Path, now: datetime) -> None:
    """The program takes the longer answer, mostly; people answer in turn."""
    made = []
    rng = Random(5)
    for n in range(60):
        extra = rng.randint(-40, 40)
        longer = "b" if extra + rng.randint(-20, 20) > 0 else "a"
        texts: dict[str, Any] = {
            "response_a": "x" * 60 + f" {n:2}",
            "response_b": "y" * (60 + extra) + f" {n:2}",
        }
        for rater, choice, kind in (
            ("Ann", "ab"[n % 2], RaterKind.HUMAN),
            ("judge", longer, RaterKind.AUTOMATIC),
        ):
            made.append(replace(voted(f"p{n}", rater, choice, rater_kind=kind), **texts))
    with voted_study(tmp_path / "v.ftstudy", made, Random(1), now) as study:
        text = "\n".join(map(words, judges_blocks(study_judges(study))))
        [own] = figures(judges_json(study_judges(study)))
    assert own["pairs"][0]["length_worth"]["low"] > 0
    assert own["pairs"][0]["length_worth_to_people"]["low"] < 0
    (line,) = (line for line in text.splitlines() if line.startswith("tuned against base"))
    assert line.count("points") >= 2


def test_a_judge_asked_in_words_says_nothing_of_how_sure_it_is(study: StudyFile, now: datetime) -> None:
    judge = study.judges.add(JudgeSpec("asked", JudgeKind.MODEL, JudgeMode.PAIRWISE, model="m"), now=now)
    (pair, *_) = study.judges.pairs()
    study.judges.add_votes(
        judge, pair.comparison, [JudgeVote("b", 1.0, True), JudgeVote("b", 1.0, False)], now=now
    )
    asked, _ = study_judges(study).judges
    assert asked.calibration is None
    assert asked.rater is not None
    assert asked.rater.judgments == 2


def test_where_all_answers_are_alike_there_is_no_kappa(tmp_path: Path, now: datetime) -> None:
    made = [voted("p0", "Ann", "b"), voted("p0", "judge", "b", rater_kind=RaterKind.AUTOMATIC)]
    with voted_study(tmp_path / "v.ftstudy", made, Random(1), now) as study:
        text = "\n".join(map(words, judges_blocks(study_judges(study))))
    assert "Cohen's κ with people: None all verdicts are alike" in text


def test_a_judge_that_has_no_vote_yet_and_one_that_judges_itself(study: StudyFile, now: datetime) -> None:
    """Its replies could not be read; that one of the systems is the judge stands in its record."""
    judge = study.judges.add(JudgeSpec("mute", JudgeKind.MODEL, JudgeMode.PAIRWISE, model="m"), now=now)
    record: dict[str, Json] = {"judge": judge.id, "own_systems": [1]}
    examination = study.scores.add_examination(JUDGED, record, now=now)
    (pair, *_) = study.judges.pairs()
    reply = JudgeReply(judge.id, JudgeOutcome.NONE, (JudgeTry("?"),), pair.comparison, True)
    study.judges.add_reply(reply, examination=examination)
    mute, imported = study_judges(study).judges
    assert (mute.rater, mute.agreed, imported.name) == (None, None, "judge")
    first, second = judge_blocks(mute)
    assert words(first) == "A model on this machine that writes its verdict; no vote yet, 1 question asked."
    assert isinstance(second, Paragraph)
    assert second.tone is Tone.WARNING


def test_nobody_has_judged(tmp_path: Path, now: datetime) -> None:
    with voted_study(tmp_path / "v.ftstudy", [voted("p0", "Ann", "a")], Random(1), now) as study:
        assert [words(block) for block in judges_blocks(study_judges(study))] == [NOBODY]
        assert KIND.rows(study, ignore_progress) == ()
        assert KIND.details is not None
        assert KIND.details(study, ignore_progress) == ()


def test_the_command_shows_figures_and_its_document_lists_every_pair(
    study: StudyFile, capsys: pytest.CaptureFixture[str]
) -> None:
    study.close()
    assert "Agrees, ties left out" in output_of(capsys, ["judges", "list", str(study.path)])
    document = json.loads(output_of(capsys, ["judges", "list", str(study.path), "--json"]))
    [own] = document["figures"]
    assert document["judges"] == []
    assert own["differing"] == [{"prompt": "p2", "judge_prefers": "tuned", "people_prefer": "base"}]
    assert own["agreement"]["n"] == 6
    assert own["pairs"][0]["win_rate_b"]["value"] == pytest.approx(8 / 12)
    assert own["calibration"] is None


def test_the_document_of_a_reward_model(rewarded: StudyFile, now: datetime) -> None:
    [own] = figures(judges_json(study_judges(unblind(rewarded, now))))
    assert own["calibration"] == pytest.approx(
        {
            "pairs": 5,
            "prompts": 5,
            "confidence": own["calibration"]["confidence"],
            "agreeing": 0.8,
            "brier": own["calibration"]["brier"],
            "error": None,
            "error_by_chance": None,
        }
    )
    assert own["consistency"] is None
