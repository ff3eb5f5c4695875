"""Several answers that are ranked at once: who ranks what, and what a file then says."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.blinding import ComparedAnswers, answer_sets
from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.scale import Choice, Scale, ScaleKind
from ftcompare.core.study import ComparisonId, Draft, Message, ResponseId, Verdict, places_of, ranked_pairs
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, present, refuses
from tests.ranked_studies import NOW, RANKED, ranked_study, ranking

FIVE = ("base", "tuned", "third", "fourth", "fifth")


def rows(study: StudyFile) -> list[tuple[int, ...]]:
    """Rater, position, series, comparison, and prompt of each allocation."""
    found = study._db.rows(
        """SELECT al.rater, al.position, al.series, al.comparison, r.prompt FROM allocations al
            JOIN comparisons c ON c.id = al.comparison JOIN responses r ON r.id = c.a
            ORDER BY al.rater, al.position"""
    )
    return [tuple(row) for row in found]


@pytest.mark.parametrize(
    ("systems", "several"), [(3, 3), (4, 4), (5, 5), (4, 3), (5, 3), (5, 4), (7, 3), (2, 3)]
)
def test_every_pair_is_in_one_set_of_answers(systems: int, several: int) -> None:
    pairs = [*combinations(range(systems), 2)]
    compared = [
        ComparedAnswers(
            ComparisonId(n), pair, prompt="p", a=ResponseId(9 - pair[0]), b=ResponseId(9 - pair[1])
        )
        for n, pair in enumerate(pairs)
    ]
    for seed in range(20):
        sets = answer_sets(compared, several, rng=Random(seed))
        assert Counter(one for each in sets for one in each.pairs.values()) == Counter(range(len(pairs)))
        assert all(len(each.pairs) * 2 == len(each.answers) * (len(each.answers) - 1) for each in sets)
        assert max(len(each.answers) for each in sets) == min(systems, several)
        if systems <= several:
            assert len(sets) == 1


def test_a_rater_gets_all_answers_to_a_prompt_at_once(tmp_path: Path) -> None:
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy"), now=NOW) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        found = rows(study)
        assert [position for _, position, *_ in found] == [*range(24)]
        sets: defaultdict[int, set[int]] = defaultdict(set)
        for _, _, series, _, prompt in found:
            sets[series].add(prompt)
        assert sorted(sets) == [*range(0, 24, 3)]
        assert sorted(prompt for prompts in sets.values() for prompt in prompts) == [*range(1, 9)]
        item = present(study.judgments.next_item(rater))
        assert sorted(one.text[-1] for one in item.ranked) == ["0", "1", "2"]
        assert (item.left, item.right) == (item.ranked[0].text, item.ranked[1].text)
        progress = study.judgments.progress(rater)
        assert (progress.total, progress.judged) == (8, 0)


def test_places_do_not_tell_the_system(tmp_path: Path) -> None:
    shown: Counter[tuple[int, str]] = Counter()
    before: Counter[str] = Counter()
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy", prompts=12), now=NOW) as study:
        for number in range(20):
            rater = drawn_rater(study, f"Rater {number}", rng=Random(number), now=NOW).id
            for after in range(12):
                item = present(study.judgments.next_item(rater, after=after))
                letters = [one.text[-1] for one in item.ranked]
                shown.update(enumerate(letters))
                before.update("".join(pair) for pair in combinations(letters, 2))
    assert all(count == 80 for count in shown.values())  # blocks of six orders: every place equally often
    assert all(count == 120 for count in before.values())


@pytest.mark.parametrize("given", [(1, 2, 3), (2, 1, 1), (1, 1, 1), (3, 1, 3)])
def test_a_ranking_is_a_judgment_of_every_pair(tmp_path: Path, given: tuple[int, ...]) -> None:
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy"), now=NOW) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        item = present(study.judgments.next_item(rater))
        study.judgments.judge(item.allocation, ranking(given), now=NOW)
        place = {one.text: at for one, at in zip(item.ranked, given, strict=True)}
        votes = [*study.judgments.standing()]
        assert len(votes) == 3
        for vote in votes:
            a, b = place[vote.comparison.a.text], place[vote.comparison.b.text]
            assert vote.choice == ("tie" if a == b else "a" if a < b else "b")
            assert vote.series == 0
        assert sorted(filter(None, (vote.seconds for vote in votes))) == [9.0]
        (answer,) = study.judgments.given(rater)
        assert answer.item.ranked == item.ranked
        assert answer.verdict.places == places_of(ranked_pairs(given))
        assert study.judgments.progress(rater).judged == 1
        assert not [finding for finding in study.check() if not finding.ok]


def test_a_ranking_is_taken_back_changed_and_skipped_as_a_whole(tmp_path: Path) -> None:
    path = ranked_study(tmp_path / "s.ftstudy")
    with StudyFile.open(path, now=NOW) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        item = present(study.judgments.next_item(rater))
        first = Verdict(Choice.LEFT, seconds=5.0, comment="clear", flagged=True, places=(1, 2, 3))
        study.judgments.judge(item.allocation, first, now=NOW)
        undone = present(study.judgments.undo(rater, now=NOW))
        assert present(undone.verdict).places == (1, 2, 3)
        again = present(study.judgments.next_item(rater))
        assert again.allocation == item.allocation
        assert (again.draft.comment, again.draft.flagged) == ("clear", True)
        study.judgments.judge(item.allocation, ranking((3, 2, 1)), now=NOW)
        study.judgments.change(item.allocation, ranking((1, 1, 2)), now=NOW)
        other = present(study.judgments.next_item(rater))
        study.judgments.skip(other.allocation, "Other", draft=Draft(comment="why"), seconds=3.0, now=NOW)
    with StudyFile.open(path, now=NOW) as study:  # after a restart
        assert [answer.verdict.places for answer in study.judgments.given(rater)] == [(1, 1, 3)]
        progress = study.judgments.progress(rater)
        assert (progress.total, progress.judged, progress.skipped) == (8, 1, 1)
        assert len([*study.judgments.skipped()]) == 3
        assert study.judgments.return_to_skipped(rater, now=NOW) == 1
        assert study.judgments.progress(rater).skipped == 0
        assert present(study.judgments.last_event(rater)).verdict is not None
        assert not [finding for finding in study.check() if not finding.ok]


@pytest.mark.parametrize("verdict", [Verdict(Choice.LEFT), ranking((1, 2)), ranking((1, 2, 3, 4))])
def test_every_answer_needs_a_place(tmp_path: Path, verdict: Verdict) -> None:
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy"), now=NOW) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        item = present(study.judgments.next_item(rater))
        with refuses("scale-refuses"):
            study.judgments.judge(item.allocation, verdict, now=NOW)
        assert not study.judgments.progress(rater).judged


def test_a_repeat_has_the_reverse_order_and_hides_the_first_answer(tmp_path: Path) -> None:
    path = ranked_study(tmp_path / "s.ftstudy", ("Ann",), prompts=20, design=RatingDesign(repeats=0.1))
    with StudyFile.open(path, now=NOW) as study:
        rater = study.raters.all()[0].id
        assert study.judgments.progress(rater).judged == 22
        assert len(study.judgments.given(rater)) == 20
        pairs = [*study.judgments.repeat_pairs()]
        assert len(pairs) == 6
        assert all(first.choice == second.choice and first.left != second.left for first, second in pairs)
        assert not [finding for finding in study.check() if not finding.ok]


@pytest.mark.parametrize(("raters", "each"), [(3, 2), (4, 1)])
def test_raters_who_share_get_whole_prompts(tmp_path: Path, raters: int, each: int) -> None:
    path = ranked_study(tmp_path / "s.ftstudy", design=RatingDesign(raters=raters, each=each))
    with StudyFile.open(path, now=NOW) as study:
        for number in range(raters):
            drawn_rater(study, f"Rater {number}", rng=Random(number), now=NOW)
        found = rows(study)
    by_rater = Counter((rater, prompt) for rater, *_, prompt in found)
    assert set(by_rater.values()) == {3}
    assert set(Counter(prompt for _, prompt in by_rater).values()) == {each}


@pytest.mark.parametrize("column", ["series", "position", "a_is_left"])
def test_an_altered_draw_is_found(tmp_path: Path, column: str) -> None:
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy", ("Ann",)), now=NOW) as study:
        for trigger in ("allocations_no_update", "allocations_series_no_update"):
            study._db.execute(f"DROP TRIGGER {trigger}")
        changed = {"series": "series - 1", "position": "position + 100", "a_is_left": "1 - a_is_left"}[column]
        study._db.execute(f"UPDATE allocations SET {column} = {changed} WHERE id = 5")
        assert [finding for finding in study.check() if "seal" in finding.detail]


def test_five_answers_and_a_system_that_comes_later(tmp_path: Path) -> None:
    scale = Scale(kind=ScaleKind.RANK, several=5)
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy", scale=scale, systems=FIVE), now=NOW) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        item = present(study.judgments.next_item(rater))
        assert len(item.ranked) == 5
        study.judgments.judge(item.allocation, ranking((2, 1, 2, 4, 5)), now=NOW)
        assert [answer.verdict.places for answer in study.judgments.given(rater)] == [(2, 1, 2, 4, 5)]
        assert len([*study.judgments.standing()]) == 10


@pytest.mark.parametrize(
    "design",
    [
        RatingDesign(controls=0.1),
        RatingDesign(gold=0.1),
        RatingDesign(guess_share=0.1),
        RatingDesign(end_guesses=2),
        RatingDesign(practice=(PracticeItem((Message("user", "Q"),), "a", "b"),)),
    ],
)
def test_checks_of_pairs_are_refused(tmp_path: Path, design: RatingDesign) -> None:
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy"), now=NOW) as study, refuses("ranked-study"):
        study.settings.set_rating(RANKED, design, now=NOW)


def test_pairs_become_rankings_until_a_rater_has_some(tmp_path: Path) -> None:
    with StudyFile.open(ranked_study(tmp_path / "s.ftstudy", scale=Scale()), now=NOW) as study:
        study.settings.set_rating(RANKED, RatingDesign(), now=NOW)
        study.settings.set_rating(Scale(), RatingDesign(), now=NOW)
        drawn_rater(study, "Ann", rng=Random(1), now=NOW)
        with refuses("rating-begun"):
            study.settings.set_rating(RANKED, RatingDesign(), now=NOW)


def test_places_of_answers() -> None:
    for given in ((1,), (2, 1), (1, 1, 3), (4, 1, 2, 2), (5, 4, 3, 2, 1)):
        assert places_of(ranked_pairs(given)) == given
    assert all(x < y for x, y in pairwise(places_of(ranked_pairs((10, 20, 30)))))
