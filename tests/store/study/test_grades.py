"""Answers that are graded one at a time: who grades what, in which order, and what a file then says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.study.unblinding import before_unblinding
from ftcompare.core.blinding import APART
from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.rating_rules import answer_words, answers
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale, ScaleKind
from ftcompare.core.study import (
    ComparisonKind,
    Draft,
    EventKind,
    FinishReason,
    JudgmentEvent,
    Message,
    PromptSpec,
    ResponseDraft,
    Verdict,
)
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.judgments import to_object
from ftcompare.store.pack.connection import PLAIN, WITH_GRADES
from ftcompare.store.pack.merge import PackMerged
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.pack.verification import EventRules
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, import_systems, present, refuses
from tests.graded_studies import GRADES, NOW, PERCENT, RUBRIC, graded_study

TWO = Scale("Is it good?", kind=ScaleKind.GRADE, low=0, high=1)
EACH = (("accuracy", 4), ("tone", 1), ("completeness", 5))


def order_of(study: StudyFile, name: str) -> list[tuple[str, str, bool]]:
    """The prompts and answers that a rater gets, and whether each is a hidden repeat."""
    rater = drawn_rater(study, name, rng=Random(name), now=NOW).id
    rows = study._db.rows(
        """SELECT r.prompt, r.text, al.repeat_of FROM allocations al
            JOIN comparisons c ON c.id = al.comparison JOIN responses r ON r.id = c.a
            WHERE al.rater = ? ORDER BY al.position""",
        (rater,),
    )
    return [(str(row["prompt"]), row["text"], row["repeat_of"] is not None) for row in rows]


def test_each_answer_once_and_those_to_one_prompt_far_apart(tmp_path: Path) -> None:
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", prompts=18), now=NOW) as study:
        for number in range(8):
            order = order_of(study, f"Rater {number}")
            assert len({text for _, text, _ in order}) == len(order) == 3 * 18
            prompts = [prompt for prompt, *_ in order]
            near = range(1, APART + 1)
            assert not [n for by in near for n in range(len(prompts) - by) if prompts[n] == prompts[n + by]]


def test_no_place_in_the_order_says_which_system_wrote_the_answer(tmp_path: Path) -> None:
    first: Counter[str] = Counter()
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", prompts=6), now=NOW) as study:
        for number in range(60):
            first.update(text[-1] for _, text, _ in order_of(study, f"Rater {number}")[:6])
    assert sum(first.values()) == 360
    assert all(90 < count < 150 for count in first.values())  # 120 expected, with a standard error of 9


def test_a_repeat_is_the_same_answer_and_not_beside_another_to_its_prompt(tmp_path: Path) -> None:
    path = graded_study(tmp_path / "s.ftstudy", prompts=20, design=RatingDesign(repeats=0.1))
    with StudyFile.open(path, now=NOW) as study:
        order = order_of(study, "Ann")
        again = [place for place, (*_, repeat) in enumerate(order) if repeat]
        assert len(again) == 6
        for place in again:
            around = {order[place - 1][0], *(prompt for prompt, *_ in order[place + 1 : place + 2])}
            assert order[place][0] not in around


@pytest.mark.parametrize(("raters", "each"), [(3, 2), (4, 1)])
def test_raters_who_share_get_whole_prompts(tmp_path: Path, raters: int, each: int) -> None:
    path = graded_study(tmp_path / "s.ftstudy", design=RatingDesign(raters=raters, each=each))
    with StudyFile.open(path, now=NOW) as study:
        shares = [order_of(study, f"Rater {number}") for number in range(raters)]
    of_prompts = [Counter(prompt for prompt, *_ in share) for share in shares]
    assert all(set(counts.values()) == {3} for counts in of_prompts)
    times = Counter(prompt for counts in of_prompts for prompt in counts)
    assert set(times.values()) == {each}
    assert max(map(len, of_prompts)) - min(map(len, of_prompts)) <= 1


def test_grades_are_no_votes_and_every_check_holds(tmp_path: Path) -> None:
    path = graded_study(tmp_path / "s.ftstudy", ("Ann", "Bob"), design=RatingDesign(repeats=0.1))
    with StudyFile.open(path, now=NOW) as study:
        for kind in set(ComparisonKind) - {ComparisonKind.GRADED}:
            assert not [*study.judgments.votes(kind)]
        assert not [*study.judgments.preferences()]
        assert not [*study.judgments.repeat_pairs()]
        assert not [finding for finding in study.check() if not finding.ok]
        assert len([*study.grades.standing()]) == 2 * 36
        assert len([*study.grades.standing(repeats=True)]) == 2 * (36 + 4)
        assert len(study.judgments.given(study.raters.all()[0].id)) == 36  # of a repeat, the second alone
        assert study.counts().pairs_planned == study.counts().pairs_written == 36
        before = before_unblinding(study)
        assert (before.judgments, before.checks, before.left.missing) == (80, 8, 0)


@pytest.mark.parametrize("kind", ["graded", "ordinary", "control", "gold", "live"])
def test_a_graded_answer_is_of_no_other_kind(tmp_path: Path, kind: str) -> None:
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", ("Ann",)), now=NOW) as study:
        study._db.execute("DROP TRIGGER comparisons_no_update")
        study._db.execute("UPDATE comparisons SET kind = ? WHERE id = 1", (kind,))
        told = " ".join(finding.detail for finding in study.check())
    found = "pair 1 does not match its kind" in told or "the kind of item 27 was changed" in told
    assert found is (kind != "graded")


@pytest.mark.parametrize(
    ("scale", "verdict", "accepted"),
    [
        (GRADES, Verdict(Choice.GRADE, 1), True),
        (GRADES, Verdict(Choice.GRADE, 5), True),
        (GRADES, Verdict(Choice.GRADE, 6), False),
        (GRADES, Verdict(Choice.GRADE, 0), False),
        (GRADES, Verdict(Choice.GRADE), False),
        (GRADES, Verdict(Choice.LEFT), False),
        (GRADES, Verdict(Choice.TIE), False),
        (GRADES, Verdict(Choice.GRADE, 3, reasons=("too long",)), True),
        (GRADES, Verdict(Choice.GRADE, 3, reasons=("unknown",)), False),
        (
            GRADES,
            Verdict(Choice.GRADE, 3, reasons=("too long",), reason_sides=(("too long", Choice.LEFT),)),
            False,
        ),
        (GRADES, Verdict(Choice.GRADE, 3, grades=(("tone", 3),)), False),
        (RUBRIC, Verdict(Choice.GRADE, 3, grades=EACH), True),
        (RUBRIC, Verdict(Choice.GRADE, 3, grades=EACH[:2]), False),
        (RUBRIC, Verdict(Choice.GRADE, 3, grades=(*EACH[:2], ("completeness", 6))), False),
        (RUBRIC, Verdict(Choice.GRADE, 3, grades=EACH, criteria=(("tone", Choice.TIE),)), False),
        (RUBRIC, Verdict(Choice.GRADE, 3, criteria=tuple((one, Choice.TIE) for one, _ in EACH)), False),
        (PERCENT, Verdict(Choice.GRADE, 100, grades=(*EACH[:2], ("completeness", 0))), True),
        (PERCENT, Verdict(Choice.GRADE, 101, grades=EACH), False),
        (TWO, Verdict(Choice.GRADE, 0), True),
        (TWO, Verdict(Choice.GRADE, 2), False),
    ],
)
def test_a_study_takes_the_grades_of_its_scale(
    tmp_path: Path, scale: Scale, verdict: Verdict, accepted: bool
) -> None:
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", scale=scale), now=NOW) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        item = study.judgments.next_item(rater)
        assert item is not None
        assert (item.alone, item.right, item.identical) == (True, "", False)
        if accepted:
            study.judgments.judge(item.allocation, verdict, now=NOW)
            undone = study.judgments.undo(rater, now=NOW)
            assert undone is not None
            assert undone.verdict == verdict
        else:
            with refuses("scale-refuses"):
                study.judgments.judge(item.allocation, verdict, now=NOW)


def test_words_and_keys_of_grades() -> None:
    shown = [(one.command, one.shown) for one in answers(GRADES)]
    assert shown[0] == ("rate.criterion_1", "1 · very bad")
    assert shown[2:] == [
        ("rate.criterion_3", "3"),
        ("rate.criterion_4", "4"),
        ("rate.criterion_5", "5 · very good"),
    ]
    assert [(one.strength, one.shown) for one in answers(TWO)] == [(0, "Bad"), (1, "Good")]
    named = replace(GRADES, low_label="useless", high_label="perfect")
    assert answer_words(Choice.GRADE, 5, named) == "5 · perfect"
    assert answer_words(Choice.GRADE, 7, named) == "7"  # of a scale that was changed

    assert answer_words(Choice.GRADE, 73, PERCENT) == "73"
    assert answer_words(Choice.GRADE, 100, PERCENT) == "100 · very good"
    assert {one.command for one in answers(PERCENT)} == {""}  # typed


@pytest.mark.parametrize(
    ("low", "high", "typed"), [(0, 1, False), (1, 2, False), (1, 9, False), (1, 10, True), (0, 10, True)]
)
def test_more_than_nine_grades_are_typed(low: int, high: int, typed: bool) -> None:
    assert Scale(kind=ScaleKind.GRADE, low=low, high=high).typed is typed


@pytest.mark.parametrize(("low", "high"), [(1, 1), (0, 2), (0, 9), (2, 4), (-1, 1), (1, 101), (0, 101)])
def test_a_scale_has_a_key_for_each_grade(low: int, high: int) -> None:
    with refuses("scale-grades"):
        Scale(kind=ScaleKind.GRADE, low=low, high=high)


def _votes(study: StudyFile) -> None:
    vote = JudgmentRecord(
        (Message("user", "?"),), "base", "tuned", "a", "b", rater="X", preference=1.0, choice="b"
    )
    study.imports.judgments([vote], now=NOW)


def _set(design: RatingDesign) -> Callable[[StudyFile], None]:
    return lambda study: study.settings.set_rating(GRADES, design, now=NOW)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (_votes, "graded-study"),
        (_set(RatingDesign(controls=0.1)), "graded-study"),
        (_set(RatingDesign(gold=0.1)), "graded-study"),
        (_set(RatingDesign(guess_share=0.1)), "graded-study"),
        (_set(RatingDesign(end_guesses=1)), "graded-study"),
        (lambda study: study.settings.set_rating(Scale(), RatingDesign(), now=NOW), "rating-begun"),
        (lambda study: study.settings.set_rating(TWO, RatingDesign(), now=NOW), "rating-begun"),
    ],
)
def test_what_needs_two_answers_is_refused(
    tmp_path: Path, act: Callable[[StudyFile], None], code: str
) -> None:
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", ("Ann",)), now=NOW) as study, refuses(code):
        act(study)


ASKED = (Message("user", "?"),)
RANKED = Scale(kind=ScaleKind.RANK)


@pytest.mark.parametrize(
    ("scale", "item", "code"),
    [
        (GRADES, PracticeItem(ASKED, "a", "b"), "practice-scale"),
        (GRADES, PracticeItem(ASKED, "a", expected=6), "practice-scale"),
        (GRADES, PracticeItem(ASKED, "a", expected=Choice.TIE), "practice-scale"),
        (GRADES, PracticeItem(ASKED, "a", expected=5), ""),
        (GRADES, PracticeItem(ASKED, "a"), ""),
        (TWO, PracticeItem(ASKED, "a", expected=0, because="Why"), ""),
        (Scale(), PracticeItem(ASKED, "a"), "practice-scale"),
        (Scale(), PracticeItem(ASKED, "a", "b", Choice.TIE), ""),
        (RANKED, PracticeItem(ASKED, "a", "b"), "ranked-study"),
    ],
)
def test_practice_fits_the_scale(tmp_path: Path, scale: Scale, item: PracticeItem, code: str) -> None:
    design = RatingDesign(practice=(item,))
    with StudyFile.create(tmp_path / "s.ftstudy", title="t", scale=Scale(), rng=Random(1), now=NOW) as study:
        if code:
            with refuses(code):
                study.settings.set_rating(scale, design, now=NOW)
        else:
            study.settings.set_rating(scale, design, now=NOW)
            assert study.settings.design() == design


def test_a_pack_of_conversations_has_one_side(tmp_path: Path) -> None:
    packed = tmp_path / "ann.ftpack"
    with StudyFile.create(tmp_path / "s.ftstudy", title="t", scale=GRADES, rng=Random(1), now=NOW) as study:
        (system,) = import_systems(study, "base")
        spec = PromptSpec("p", (Message("user", "Hello?"),), later_turns=("And then?",))
        (prompt,) = study.prompts.add([spec])
        draft = ResponseDraft(system.id, "Second.", FinishReason.IMPORTED, earlier=("First.",))
        study.responses.store(prompt.id, [draft], run=None)
        study.packs.hand_out("Ann", packed, rng=Random(1), now=NOW, marks=False)
        with PackFile.open(packed) as pack:
            assert not [finding for finding in pack.check() if not finding.ok]
            item = present(pack.judgments.next_item(PACK_RATER))
            assert (item.left_earlier, item.left, item.right_earlier, item.right) == (
                ("First.",),
                "Second.",
                (),
                "",
            )
            pack.judgments.judge(item.allocation, Verdict(Choice.GRADE, 3, seconds=3.0), now=NOW)
        assert study.packs.merge(packed, now=NOW).judgments == 1


@pytest.mark.parametrize("scale", [RUBRIC, PERCENT])
def test_grades_of_criteria_come_from_packs_and_are_exported(tmp_path: Path, scale: Scale) -> None:
    packed = tmp_path / "ann.ftpack"
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", scale=scale, prompts=2), now=NOW) as study:
        study.packs.hand_out("Ann", packed, rng=Random(1), now=NOW, marks=False)
        with PackFile.open(packed) as pack:
            item = present(pack.judgments.next_item(PACK_RATER))
            pack.judgments.save_draft(item.allocation, Draft(grades=EACH[:1]))
            assert present(pack.judgments.next_item(PACK_RATER)).draft.grades == EACH[:1]
            pack.judgments.judge(item.allocation, Verdict(Choice.GRADE, 2, grades=EACH), now=NOW)
            assert not [finding for finding in pack.check() if not finding.ok]
        assert study.packs.merge(packed, now=NOW).judgments == 1
        (row,) = study.grades.standing()
        assert (row.grade, row.notes.grades) == (2, EACH)
        names = {system.id: system.name for system in study.systems.all()}
        written = to_object(row, ExportContext(names, scale))
        assert (written["grade"], written["grades"]) == (2, dict(EACH))
        assert not [finding for finding in study.check() if not finding.ok]


@pytest.mark.parametrize(
    "wrong", [[["tone", 6]], [["tone", True]], [["tone", 3.0]], [["tone", "3"]], [["x"]]]
)
def test_a_grade_of_a_criterion_that_no_rater_can_give_is_refused(wrong: list[list[object]]) -> None:
    given = [["accuracy", 4], *wrong, ["completeness", 5]]
    details = json.dumps({"grades": given})
    event = JudgmentEvent(EventKind.JUDGMENT, Choice.GRADE, 3, details=details, at=stamp(NOW), seq=1)
    assert not EventRules(RUBRIC).answerable(event)
    right = json.dumps({"grades": [*map(list, EACH)]})
    assert EventRules(RUBRIC).answerable(replace(event, details=right))


def test_a_pack_has_each_answer_once_and_its_grades_come_back(tmp_path: Path) -> None:
    path = graded_study(tmp_path / "s.ftstudy", design=RatingDesign(repeats=0.1))
    packed = tmp_path / "ann.ftpack"
    with StudyFile.open(path, now=NOW) as study:
        study.packs.hand_out("Ann", packed, rng=Random(1), now=NOW, marks=False)
        with PackFile.open(packed) as pack:
            assert pack._db.value("PRAGMA user_version") == WITH_GRADES > PLAIN
            given = 0
            while item := pack.judgments.next_item(PACK_RATER):
                assert (item.alone, item.right) == (True, "")
                grade = Verdict(Choice.GRADE, given % 5 + 1, seconds=3.0)
                pack.judgments.judge(item.allocation, grade, now=NOW)
                given += 1
            assert not [finding for finding in pack.check() if not finding.ok]
            assert len(pack.judgments.given(PACK_RATER)) == given - 4
        for expected in (given, 0):
            merged: PackMerged = study.packs.merge(packed, now=NOW)
            assert merged.judgments == expected
        assert Counter(row.grade for row in study.grades.standing(repeats=True)) == Counter(
            number % 5 + 1 for number in range(given)
        )
        assert not [finding for finding in study.check() if not finding.ok]
