"""Who is handed what: shared pairs, hidden repeats, controls, gold items, moments of guessing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path
from random import Random
from sqlite3 import Row
from typing import Any

import pytest

from ftcompare.app.review.judging_round import preview_round, send_to_judging, sent_words
from ftcompare.app.study.unblinding import open_judging
from ftcompare.core.blinding import repeat_gap
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptId,
    PromptSpec,
    RaterId,
    ResponseDraft,
    System,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.judging_rounds import SENT, SentPairs
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, answer_elsewhere, drawn_rater, refusal_code, refuses
from tests.store.conftest import add_answered_prompts, add_systems

PAIRS = 12


@pytest.fixture
def answered(study: StudyFile, now: datetime) -> StudyFile:
    """A study of 12 pairs that nobody has begun."""
    study._db.execute("PRAGMA synchronous = OFF")
    add_answered_prompts(study, add_systems(study), now)
    return study


def plan(study: StudyFile, design: RatingDesign, now: datetime) -> None:
    study.settings.set_rating(study.settings.read().scale, design, now=now)


def join(study: StudyFile, name: str, now: datetime, seed: int = 1) -> RaterId:
    return drawn_rater(study, name, rng=Random(f"{name}/{seed}"), now=now).id


def handed(study: StudyFile, rater: RaterId, kind: str = "ordinary", *, repeats: bool = False) -> list[int]:
    """The comparisons of one kind that a rater has, in order."""
    rows = study._db.rows(
        """SELECT comparison FROM allocations WHERE rater = ? AND kind = ? AND (repeat_of IS NULL OR ?)
            ORDER BY position""",
        (rater, kind, repeats),
    )
    return [row["comparison"] for row in rows]


def add_prompts(study: StudyFile, count: int, now: datetime, name: str = "more") -> None:
    specs = [PromptSpec(f"{name}{n}", (Message("user", f"{name} {n}?"),)) for n in range(count)]
    for prompt in study.prompts.add(specs):
        answer(
            study,
            prompt,
            (f"{system.name} on {prompt.spec.key}" for system in study.systems.all()),
            tokens=None,
        )


def in_order(study: StudyFile) -> bool:
    return [finding for finding in study.check() if not finding.ok] == []


def shown(study: StudyFile, comparison: int) -> Row:
    """What is compared."""
    return study._db.rows(
        """SELECT a.prompt AS prompt_a, b.prompt AS prompt_b, a.system AS system_a, b.system AS system_b,
                a.text AS text_a, b.text AS text_b FROM comparisons c
            JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b WHERE c.id = ?""",
        (comparison,),
    )[0]


@pytest.mark.parametrize(("raters", "each"), [(3, 2), (4, 1), (4, 3), (2, 2)])
def test_every_pair_goes_to_as_many_raters_as_planned(
    answered: StudyFile, raters: int, each: int, now: datetime
) -> None:
    plan(answered, RatingDesign(raters=raters, each=each), now)
    shares = [handed(answered, join(answered, f"r{n}", now)) for n in range(raters)]
    assert set(Counter(c for share in shares for c in share).values()) == {each}
    assert sum(map(len, shares)) == PAIRS * each
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert in_order(answered)


def test_who_comes_first_does_not_change_who_judges_what(answered: StudyFile, now: datetime) -> None:
    plan(answered, RatingDesign(raters=3, each=2), now)
    shares = [set(handed(answered, join(answered, name, now))) for name in ("Ann", "Bob", "Cid")]
    assert [len(one & other) for one, other in combinations(shares, 2)] == [4, 4, 4]


def holders(study: StudyFile, raters: Iterable[RaterId]) -> Counter[int]:
    """How many raters have each number of pairs in common: the number of raters of each pair, counted."""
    of_pair = Counter(pair for rater in raters for pair in handed(study, rater))
    return Counter(of_pair.values())


def test_every_rater_has_the_shared_prompts_and_the_rest_is_divided(
    answered: StudyFile, now: datetime
) -> None:
    add_prompts(answered, 30, now)
    pairs = answered.counts().pairs_written
    plan(answered, RatingDesign(raters=3, each=1, shared=5), now)
    raters = [join(answered, name, now) for name in "ABC"]
    assert holders(answered, raters) == {3: 5, 1: pairs - 5}
    loads = [len(handed(answered, rater)) for rater in raters]
    assert max(loads) - min(loads) <= 1
    planned = open_judging(answered)
    assert planned.planned == planned.missing == pairs + 10
    assert isinstance(planned.each, Mapping)
    assert Counter(planned.each.values()) == {1: pairs - 5, 3: 5}


def test_prompts_added_later_are_divided_and_a_late_rater_gets_the_shared_ones(
    answered: StudyFile, now: datetime
) -> None:
    add_prompts(answered, 20, now)
    plan(answered, RatingDesign(raters=2, each=1, shared=4), now)
    raters = [join(answered, name, now) for name in "AB"]
    add_prompts(answered, 6, now, "later")
    for rater in raters:
        answered.allocations.draw(rater, rng=Random(4), now=now)
    assert holders(answered, raters)[2] == 4
    usual = max(len(handed(answered, rater)) for rater in raters)
    shared = set(handed(answered, raters[0])) & set(handed(answered, raters[1]))
    plan(answered, RatingDesign(raters=3, each=1, shared=4), now)
    late = handed(answered, join(answered, "C", now))
    assert shared < set(late)
    assert len(late) == usual


def test_a_late_rater_makes_up_for_one_who_stopped(answered: StudyFile, now: datetime) -> None:
    add_prompts(answered, 20, now)
    plan(answered, RatingDesign(raters=2, each=1, shared=4), now)
    stays, stops = (join(answered, name, now) for name in "AB")
    while item := answered.judgments.next_item(stays):
        answered.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    plan(answered, RatingDesign(raters=3, each=1, shared=4), now)
    late = join(answered, "C", now)
    assert set(handed(answered, late)) == set(handed(answered, stops))


def test_a_rater_too_many_is_refused(answered: StudyFile, now: datetime) -> None:
    plan(answered, RatingDesign(raters=2, each=1), now)
    join(answered, "Ann", now)
    join(answered, "Bob", now)
    late = answered.raters.add("Cid").id
    assert refusal_code(lambda: answered.allocations.draw(late, rng=Random(1), now=now)) == "raters-complete"
    assert answered.judgments.progress(late).total == 0
    assert answered.allocations.draw(answered.raters.add("ANN").id, rng=Random(1), now=now) == 0
    assert in_order(answered)


def test_pairs_written_later_are_shared_out_among_the_same(answered: StudyFile, now: datetime) -> None:
    plan(answered, RatingDesign(raters=3, each=2), now)
    raters = [join(answered, name, now) for name in ("Ann", "Bob", "Cid")]
    before = [handed(answered, rater) for rater in raters]
    add_prompts(answered, 7, now)
    for rater in raters:
        answered.allocations.draw(rater, rng=Random(rater), now=now)
    after = [handed(answered, rater) for rater in raters]
    assert [new[: len(old)] for old, new in zip(before, after, strict=True)] == before
    counts = Counter(c for share in after for c in share)
    assert (len(counts), set(counts.values())) == (PAIRS + 7, {2})
    assert max(map(len, after)) - min(map(len, after)) <= 1
    assert in_order(answered)


def test_an_added_rater_gets_as_much_as_the_others_what_lacks_judgments_first(
    answered: StudyFile, now: datetime
) -> None:
    plan(answered, RatingDesign(raters=2, each=1), now)
    ann, bob = join(answered, "Ann", now), join(answered, "Bob", now)
    while item := answered.judgments.next_item(ann):
        answered.judgments.judge(item.allocation, Verdict(Choice.TIE), now=now)
    plan(answered, RatingDesign(raters=3, each=1), now)
    cid = join(answered, "Cid", now)
    assert sorted(handed(answered, cid)) == sorted(handed(answered, bob))
    assert in_order(answered)


def test_pairs_and_raters_added_together_are_shared_out_as_planned(
    answered: StudyFile, now: datetime
) -> None:
    plan(answered, RatingDesign(raters=3, each=2), now)
    raters = [join(answered, name, now) for name in ("Ann", "Bob")]
    add_prompts(answered, 8, now)
    plan(answered, RatingDesign(raters=4, each=2), now)
    raters += [join(answered, name, now) for name in ("Cid", "Dan")]
    for rater in raters:
        answered.allocations.draw(rater, rng=Random(1), now=now)
    shares = [handed(answered, rater) for rater in raters]
    new = [c for share in shares for c in share if c > PAIRS]
    assert set(Counter(new).values()) == {2}, "a new pair is judged by as many as planned"
    old = Counter(c for share in shares for c in share if c <= PAIRS)
    assert (min(old.values()), max(old.values())) == (2, 3), (
        "the added rater makes some pairs judged once more"
    )
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert in_order(answered)


def test_a_plan_stays_once_pairs_are_shared_out(answered: StudyFile, now: datetime) -> None:
    plan(answered, RatingDesign(raters=3, each=2), now)
    join(answered, "Ann", now)
    for changed in (RatingDesign(raters=3, each=1), RatingDesign(raters=2, each=2), RatingDesign()):
        with refuses("rating-begun"):
            plan(answered, changed, now)
    plan(answered, RatingDesign(raters=5, each=2, repeats=0.1), now)
    assert answered.settings.design().raters == 5


def test_a_study_that_is_shared_out_opens_again(answered: StudyFile, path: Path, now: datetime) -> None:
    plan(answered, RatingDesign(raters=3, each=2, repeats=0.25, controls=0.25), now)
    ann = join(answered, "Ann", now)
    before = handed(answered, ann, repeats=True)
    answered.close()
    with StudyFile.open(path, now=now) as again:
        assert handed(again, ann, repeats=True) == before
        assert in_order(again)


def test_hidden_repeats_come_turned_round_and_far_behind(answered: StudyFile, now: datetime) -> None:
    plan(answered, RatingDesign(repeats=0.25), now)
    ann = join(answered, "Ann", now)
    rows = answered._db.rows(
        """SELECT again.position - first.position AS distance, again.a_is_left + first.a_is_left AS sides,
                again.comparison = first.comparison AS same
            FROM allocations again JOIN allocations first ON first.id = again.repeat_of"""
    )
    assert [(row["sides"], row["same"]) for row in rows] == [(1, 1)] * 3
    assert min(row["distance"] for row in rows) > repeat_gap(PAIRS)
    assert answered.judgments.progress(ann).total == PAIRS + 3
    while item := answered.judgments.next_item(ann):
        answered.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    pairs = list(answered.judgments.repeat_pairs())
    assert len(pairs) == 3
    for first, again in pairs:
        assert (again.repeat_of, again.comparison) == (first.allocation, first.comparison)
        assert first.repeat_of is None
        assert {first.choice, again.choice} == {"a", "b"}, "left twice is a once and b once"
    assert len(list(answered.judgments.standing())) == PAIRS, "a repeat is no vote of its own"
    assert len(list(answered.judgments.standing(repeats=True))) == PAIRS + 3


def test_a_repeat_whose_first_judgment_was_taken_back_makes_no_pair(
    answered: StudyFile, now: datetime
) -> None:
    plan(answered, RatingDesign(repeats=0.1), now)
    ann = join(answered, "Ann", now)
    (again,) = answered._db.rows("SELECT id, repeat_of FROM allocations WHERE repeat_of IS NOT NULL")
    answered.judgments.judge(again["id"], Verdict(Choice.TIE), now=now)
    assert list(answered.judgments.repeat_pairs()) == []
    answered.judgments.judge(again["repeat_of"], Verdict(Choice.TIE), now=now)
    assert len(list(answered.judgments.repeat_pairs())) == 1
    answered.judgments.undo(ann, now=now)
    assert list(answered.judgments.repeat_pairs()) == []


def test_controls_show_one_system_twice(answered: StudyFile, now: datetime) -> None:
    plan(answered, RatingDesign(controls=0.25), now)
    raters = [join(answered, name, now) for name in ("Ann", "Bob")]
    for rater in raters:
        controls = handed(answered, rater, "control")
        assert len(set(controls)) == len(controls) == 3
        for row in (shown(answered, comparison) for comparison in controls):
            assert (row["system_a"], row["prompt_a"]) == (row["system_b"], row["prompt_b"])
    assert len(list(answered.judgments.standing())) == 0
    assert in_order(answered)


def again(number: int, system: str, other: str) -> JudgmentRecord:
    """A judgment made elsewhere in which a system answered a prompt in other words."""
    asked = (Message("user", f"Question {number}?"),)
    ours, theirs = f"{system} again on p{number}", f"{other} on p{number}"
    return JudgmentRecord(asked, system, other, ours, theirs, "Zoe", choice="tie", preference=0.5)


def test_controls_take_another_response_of_the_system_where_there_is_one(
    answered: StudyFile, now: datetime
) -> None:
    votes = [again(n, *pair) for n in range(PAIRS) for pair in (("plain", "tuned"), ("tuned", "plain"))]
    answered.imports.judgments(votes, now=now)
    plan(answered, RatingDesign(controls=0.5), now)
    controls = [shown(answered, c) for c in handed(answered, join(answered, "Ann", now), "control")]
    assert len(controls) == round(0.5 * PAIRS * 3), "the imported pairs are to be judged, too"
    assert all(row["text_b"] == row["text_a"].replace(" on", " again on") for row in controls)


def test_controls_take_the_prompts_with_second_answers_first_one_of_each(
    answered: StudyFile, now: datetime
) -> None:
    run = answered.runs.start({}, now=now)
    twice = [prompt.id for prompt in answered.prompts.all()[:4]]
    for prompt in twice:
        drafts = [
            ResponseDraft(system.id, f"{system.name} once more on {prompt}", FinishReason.END, sample=1)
            for system in answered.systems.all()
        ]
        answered.second_answers.store(prompt, drafts, run=run)
    assert answered.second_answers.having([s.id for s in answered.systems.all()]) == set(twice)
    assert set(answered.second_answers.order()[:4]) == set(twice)
    assert answered.counts().pairs_written == answered.counts().pairs_planned == PAIRS
    plan(answered, RatingDesign(controls=0.25), now)
    first = [shown(answered, c) for c in handed(answered, join(answered, "Ann", now), "control")]
    assert len({row["prompt_a"] for row in first}) == 3
    assert all("once more" in row["text_b"] for row in first)
    plan(answered, RatingDesign(controls=0.5), now)
    more = [shown(answered, c) for c in handed(answered, join(answered, "Bob", now), "control")]
    assert len(more) == 6
    assert {row["prompt_a"] for row in more} == set(twice)
    plan(answered, RatingDesign(controls=0.5), now)
    assert in_order(answered)


def test_where_second_answers_do_not_suffice_other_controls_show_one_text_twice(
    answered: StudyFile, now: datetime
) -> None:
    run, (first, *_) = answered.runs.start({}, now=now), answered.prompts.all()
    drafts = [
        ResponseDraft(system.id, f"{system.name} once more", FinishReason.END, sample=1)
        for system in answered.systems.all()
    ]
    answered.second_answers.store(first.id, drafts, run=run)
    plan(answered, RatingDesign(controls=0.5), now)
    controls = [shown(answered, c) for c in handed(answered, join(answered, "Ann", now), "control")]
    assert len(controls) == 6
    assert sum(row["text_a"] != row["text_b"] for row in controls) == 2


def test_imported_controls_are_never_handed_out(answered: StudyFile, now: datetime) -> None:
    imported = [
        replace(again(n, "plain", "plain"), response_b=f"plain on p{n}", response_a=f"also {n}")
        for n in range(5)
    ]
    answered.imports.judgments(imported, now=now)
    theirs = {row["id"] for row in answered._db.rows("SELECT id FROM comparisons WHERE kind = 'control'")}
    plan(answered, RatingDesign(controls=0.5), now)
    for seed in range(4):
        controls = handed(answered, join(answered, f"r{seed}", now), "control")
        assert len(controls) == 6
        assert not theirs & set(controls)


def test_gold_items_are_the_owners_own_as_far_as_they_go(answered: StudyFile, now: datetime) -> None:
    items = [GoldItem((Message("user", f"{n} + 2?"),), f"{n + 2}", f"{n + 3}") for n in range(2)]
    assert answered.gold.add(items, now=now) == 2
    plan(answered, RatingDesign(gold=0.25), now)
    gold = [shown(answered, c) for c in handed(answered, join(answered, "Ann", now), "gold")]
    assert len(gold) == 3
    assert {(row["text_a"], row["text_b"]) for row in gold} >= {("2", "3"), ("3", "4")}
    (made,) = [row for row in gold if row["prompt_a"] != row["prompt_b"]]
    assert made["system_a"] == made["system_b"]
    assert in_order(answered)


def test_without_gold_items_a_systems_answer_stands_against_its_answer_to_another_prompt(
    answered: StudyFile, now: datetime
) -> None:
    plan(answered, RatingDesign(gold=0.5), now)
    seen = set[int]()
    for seed in range(3):
        gold = handed(answered, join(answered, f"r{seed}", now), "gold")
        assert len(set(gold)) == len(gold) == 6
        seen |= set(gold)
        for row in (shown(answered, comparison) for comparison in gold):
            assert row["system_a"] == row["system_b"]
            assert row["prompt_a"] != row["prompt_b"]
            assert row["text_a"] != row["text_b"]
    assert len(seen) == 6, "what one rater was given serves the next"
    assert in_order(answered)


def test_a_text_is_never_the_worse_one_beside_itself(
    study: StudyFile, systems: tuple[System, System], now: datetime
) -> None:
    for prompt in study.prompts.add(PromptSpec(f"{n}", (Message("user", f"{n}?"),)) for n in range(8)):
        text = "I do not know." if int(prompt.spec.key) < 7 else "Yes."
        answer(study, prompt, (text for _ in systems), tokens=None)
    plan(study, RatingDesign(gold=0.5), now)
    for seed in range(5):
        for comparison in handed(study, join(study, f"r{seed}", now), "gold"):
            row = shown(study, comparison)
            assert {row["text_a"], row["text_b"]} == {"I do not know.", "Yes."}


def test_nothing_is_handed_to_a_rater_twice_over_many_rounds(answered: StudyFile, now: datetime) -> None:
    plan(answered, RatingDesign(repeats=0.25, controls=0.5, gold=0.5), now)
    ann = answered.raters.add("Ann").id
    for number in range(5):
        answered.allocations.draw(ann, rng=Random(number), now=now)
        add_prompts(answered, 4, now, f"round{number}-")
    rows = answered._db.rows("SELECT comparison FROM allocations WHERE repeat_of IS NULL")
    assert len({row["comparison"] for row in rows}) == len(rows)
    assert in_order(answered)


def test_pairs_asked_about_at_the_end_are_as_many_as_planned_over_all_rounds(
    answered: StudyFile, now: datetime
) -> None:
    plan(answered, RatingDesign(end_guesses=5), now)
    ann = join(answered, "Ann", now)
    add_prompts(answered, 6, now)
    answered.allocations.draw(ann, rng=Random(2), now=now)
    assert answered.judgments.progress(ann).guesses == 5


def test_pairs_that_come_one_by_one_bring_their_share_of_checks_and_guesses(
    answered: StudyFile, now: datetime
) -> None:
    plan(answered, RatingDesign(controls=0.1, gold=0.1, guess_share=0.1), now)
    ann = join(answered, "Ann", now)
    for number in range(28):
        add_prompts(answered, 1, now, f"late-{number}")
        join(answered, "Ann", now, number)
    asked = answered._db.value("SELECT COUNT(*) FROM allocations WHERE guess_due = 'at_once'")
    assert (len(handed(answered, ann, "control")), len(handed(answered, ann, "gold")), asked) == (4, 4, 4)
    assert in_order(answered)


def test_a_share_that_was_raised_is_not_made_up_for_at_once(answered: StudyFile, now: datetime) -> None:
    ann = join(answered, "Ann", now)
    plan(answered, RatingDesign(controls=0.5), now)
    add_prompts(answered, 4, now)
    join(answered, "Ann", now)
    assert len(handed(answered, ann, "control")) == 2


def test_the_same_seed_hands_out_the_same(tmp_path: Path, now: datetime) -> None:
    def drawn(name: str, seed: int) -> list[tuple[int, int, int | None, str]]:
        design = RatingDesign(3, 2, 0, 0.25, 0.25, 0.25, 0.25, 2)
        with StudyFile.create(tmp_path / name, title="T", scale=Scale(), rng=Random(1), now=now) as study:
            study._db.execute("PRAGMA synchronous = OFF")
            add_answered_prompts(study, add_systems(study), now)
            plan(study, design, now)
            study.allocations.draw(study.raters.add("Ann").id, rng=Random(seed), now=now)
            rows = study._db.rows("SELECT comparison, a_is_left, repeat_of, guess_due FROM allocations")
            return [tuple(row) for row in rows]

    assert drawn("a", 1) == drawn("b", 1) != drawn("c", 2)


def test_nothing_is_handed_out_where_nothing_is_written(study: StudyFile, now: datetime) -> None:
    plan(study, RatingDesign(raters=2, each=1, controls=0.5), now)
    ann = join(study, "Ann", now)
    assert study.judgments.progress(ann).total == 0
    assert study.judgments.next_item(ann) is None
    assert in_order(study)


# A further round of judging: who gets which pairs, what is noted, and what is refused.


PROMPTS = 8


@pytest.fixture
def round_study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    round_study = StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(3), now=now)
    systems = [round_study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("one", "two")]
    for number in range(PROMPTS):
        (prompt,) = round_study.prompts.add([PromptSpec(f"p{number}", (Message("user", f"{number}?"),))])
        if number < PROMPTS - 1:
            answer_elsewhere(round_study, prompt, (f"{s} {number}" for s in systems))
    with round_study:
        yield round_study


def prompts(round_study: StudyFile, count: int) -> list[PromptId]:
    return [prompt.id for prompt in round_study.prompts.all()][:count]


def judge_all(round_study: StudyFile, name: str, now: datetime) -> int:
    rater = drawn_rater(round_study, name, rng=Random(name), now=now).id
    count = 0
    while (item := round_study.judgments.next_item(rater)) is not None:
        round_study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
        count += 1
    return count


def design(round_study: StudyFile, now: datetime, **fields: Any) -> None:
    round_study.settings.set_rating(Scale(), RatingDesign(**fields), now=now)


def sound(round_study: StudyFile) -> bool:
    return all(finding.ok for finding in round_study.check())


def test_a_named_rater_gets_the_chosen_pairs_first_and_the_rest_later(
    round_study: StudyFile, now: datetime
) -> None:
    judge_all(round_study, "Ada", now)
    sent = send_to_judging(round_study, prompts(round_study, 3), ["Cleo"], rng=Random(1), now=now)
    assert sent == SentPairs(pairs=3, judgments=3)
    cleo = round_study.raters.add("Cleo").id
    texts = []
    while (item := round_study.judgments.next_item(cleo)) is not None:
        texts.append(item.messages[0].content)
        round_study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    assert sorted(texts) == ["0?", "1?", "2?"]
    assert judge_all(round_study, "Cleo", now) == 4
    assert round_study.audit.entries()[-1].kind != SENT
    [entry] = [one for one in round_study.audit.entries() if one.kind == SENT]
    assert (entry.detail["pairs"], entry.detail["judgments"]) == (3, 3)
    assert sound(round_study)


def test_names_that_are_one_are_one_rater(round_study: StudyFile, now: datetime) -> None:
    sent = send_to_judging(
        round_study, prompts(round_study, 2), ["Cleo", "cleo ", "Dan"], rng=Random(1), now=now
    )
    assert sent.judgments == 4
    assert len(round_study.raters.all()) == 2


def test_checks_and_repeats_come_with_a_round_and_are_not_counted(
    round_study: StudyFile, now: datetime
) -> None:
    design(round_study, now, repeats=0.5, controls=0.5)
    sent = send_to_judging(round_study, prompts(round_study, 6), ["Cleo"], rng=Random(1), now=now)
    assert sent.judgments == 6
    assert round_study.judgments.progress(round_study.raters.add("Cleo").id).total > 6
    assert sound(round_study)


def test_who_has_all_of_them_is_refused(round_study: StudyFile, now: datetime) -> None:
    judge_all(round_study, "Ada", now)
    with refuses("nothing-to-send"):
        send_to_judging(round_study, prompts(round_study, 3), ["Ada"], rng=Random(1), now=now)
    assert not [one for one in round_study.audit.entries() if one.kind == SENT]


def test_where_each_rater_judges_all_somebody_is_to_be_named(round_study: StudyFile, now: datetime) -> None:
    with refuses("name-raters"):
        send_to_judging(round_study, prompts(round_study, 3), rng=Random(1), now=now)
    preview = preview_round(round_study, prompts(round_study, 3))
    assert (preview.prompts, preview.pairs, preview.shared_out) == (3, 3, 0)
    assert "named here" in preview.told


def test_shared_pairs_go_to_raters_who_do_not_have_them(round_study: StudyFile, now: datetime) -> None:
    design(round_study, now, raters=3, each=1)
    first = {name: judge_all(round_study, name, now) for name in ("Ada", "Ben", "Cleo")}
    assert sum(first.values()) == 7
    sent = send_to_judging(round_study, prompts(round_study, 4), further=1, rng=Random(1), now=now)
    assert sent == SentPairs(pairs=4, judgments=4)
    again = {name: judge_all(round_study, name, now) for name in ("Ada", "Ben", "Cleo")}
    assert sum(again.values()) == 4
    judged = Counter((row.prompt.spec.key, row.rater.name) for row in round_study.judgments.standing())
    assert max(judged.values()) == 1
    per_prompt = Counter(key for key, _ in judged)
    assert [per_prompt[f"p{n}"] for n in range(7)] == [2, 2, 2, 2, 1, 1, 1]
    assert sound(round_study)


def test_further_judgments_go_as_far_as_there_are_raters(round_study: StudyFile, now: datetime) -> None:
    design(round_study, now, raters=3, each=1)
    sent = send_to_judging(round_study, prompts(round_study, 2), further=5, rng=Random(1), now=now)
    assert sent == SentPairs(pairs=2, judgments=4)
    both = send_to_judging(round_study, prompts(round_study, 3), rng=Random(1), now=now)
    assert both == SentPairs(pairs=3, judgments=1, complete=2)
    assert (
        sent_words(both) == "Requested 1 further judgment of 3 pairs. 2 pairs are already with every rater."
    )
    rest = send_to_judging(round_study, prompts(round_study, 3)[2:], rng=Random(1), now=now)
    assert sent_words(rest) == "Requested 1 further judgment of 1 pair."
    with refuses("no-rater-left"):
        send_to_judging(round_study, prompts(round_study, 3), rng=Random(1), now=now)
    preview = preview_round(round_study, prompts(round_study, 8))
    assert (preview.shared_out, preview.each, preview.pairs) == (3, 1, 7)
    assert "first to those with the fewest pairs" in preview.told
    assert sound(round_study)


def test_of_shared_pairs_a_named_rater_gets_those_beyond_their_share(
    round_study: StudyFile, now: datetime
) -> None:
    design(round_study, now, raters=2, each=1)
    had = judge_all(round_study, "Ada", now)
    sent = send_to_judging(round_study, prompts(round_study, 8), ["Ada"], rng=Random(1), now=now)
    assert sent == SentPairs(pairs=7, judgments=7 - had)
    assert judge_all(round_study, "Ada", now) == 7 - had
    assert judge_all(round_study, "Ben", now) == 7 - had
    with refuses("raters-complete"):
        send_to_judging(round_study, prompts(round_study, 2), ["Cleo"], rng=Random(1), now=now)
    assert {rater.name for rater in round_study.raters.all()} == {"Ada", "Ben"}
    assert sound(round_study)


def test_prompts_without_a_pair_are_refused(round_study: StudyFile, now: datetime) -> None:
    with refuses("no-pairs"):
        send_to_judging(round_study, prompts(round_study, 8)[7:], ["Ada"], rng=Random(1), now=now)


def test_after_unblinding_the_way_is_named(round_study: StudyFile, now: datetime) -> None:
    judge_all(round_study, "Ada", now)
    round_study.settings.unblind("done", now=now)
    assert preview_round(round_study, prompts(round_study, 1)).closed is not None
    with pytest.raises(UserError) as refused:
        send_to_judging(round_study, prompts(round_study, 1), ["Ben"], rng=Random(1), now=now)
    assert refused.value.code == "rating-closed"
    assert "Make a new study" in refused.value.how
    assert [rater.name for rater in round_study.raters.all()] == ["Ada"]
