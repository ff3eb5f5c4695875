"""A report of many systems: all pairs in one table, few in full, nothing left out without a word."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pypdf
import pytest

from ftcompare.app.report import ReportForm, report_bytes
from ftcompare.app.report.blocks_on_paper import Document
from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.app.results.chosen_pairs import MOST_IN_FULL, clear_preferences, seen_from, told_in_full
from ftcompare.app.results.claim_sentences import headline
from ftcompare.app.results.presentation.blocks import Paragraph, Picture, Section, Subheading, Table
from ftcompare.app.results.presentation.number_format import number, share
from ftcompare.app.results.study_results import main_pair, results
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import RaterKind, Vote
from ftcompare.stats.summary import PairSummary, compare
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import WRITTEN, Names, judged_study
from tests.app.voted_study import voted, voted_study

EIGHT = ("base", "early", "late", "small", "large", "merged", "distilled", "whole")
MOST_PAGES = 23
"""Up to the appendix of example pairs, the page on which it begins included."""
MOST_OF_APPENDIX = 3


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("eight") / "s.ftstudy"
    return judged_study(path, prompts=12, names=Names(systems=EIGHT, raters=("Ada", "Ben")), telling=1)


@pytest.fixture(scope="module")
def report(eight: Path) -> Document:
    with StudyFile.open(eight, now=WRITTEN) as study:
        return document(gather(study, now=WRITTEN))


def section(report: Document, key: str) -> Section:
    return next(s for s in report.sections if s.key == key)


def tables(found: Section) -> list[Table]:
    return [block for block in found.blocks if isinstance(block, Table)]


def told(found: Section) -> str:
    return "\n".join(block.text for block in found.blocks if isinstance(block, Paragraph))


def test_all_pairs_stand_in_one_table_behind_the_sentence_for_the_main_one(
    report: Document, eight: Path
) -> None:
    with StudyFile.open(eight, now=WRITTEN) as study:
        found = results(study)
    main = main_pair(found.summary)
    assert main is not None
    assert (main.a, main.b) == ("base", "early")
    assert report.summary[0] == headline(main)
    first = report.sections[0]
    (table,) = tables(first)
    assert first.key == "pairs"
    assert len(table.rows) == len(found.summary.comparisons) == 28
    assert [row[0] for row in table.rows[:7]] == [f"{name} against base" for name in EIGHT[1:]]
    favours = clear_preferences(found.summary.comparisons)
    words = {"a": "{0.a} preferred", "b": "{0.b} preferred", None: "no clear preference"}
    for row in table.rows:
        after, before = str(row[0]).split(" against ")
        pair = next(p for p in found.summary.comparisons if (p.a, p.b) == (before, after))
        rate = pair.main_rate
        assert rate.low is not None
        assert rate.high is not None
        assert row[2:] == (
            f"{pair.judgments}",
            f"{rate.value:.1%}",
            f"{rate.low * 100:.1f} to {rate.high:.1%}",
            share(pair.pooled),
            number(pair.e_value),
            words[favours.get((pair.a, pair.b, pair.rater_kind))].format(pair),
        )


def test_only_the_pairs_with_the_base_are_told_in_full_and_that_is_said(report: Document) -> None:
    heads = [block.text for block in section(report, "win-rate").blocks if isinstance(block, Subheading)]
    assert heads == [f"{name} against base" for name in EIGHT[1:]]
    words = told(section(report, "pairs"))
    assert "Told in full below: the 7 pairs with base." in words
    assert "The other 21 are told in the tables of all pairs alone" in words
    assert "ftcompare results STUDY --json" in words
    for key in ("win-rate", "cost", "variants"):
        assert "Told of the 7 pairs with base." in told(section(report, key))
    assert "With the numbers of early against base put in." in told(section(report, "methods"))


def test_counts_and_evidence_of_all_pairs_are_tables(report: Document) -> None:
    for key in ("counts", "evidence", "length"):
        assert [len(table.rows) for table in tables(section(report, key))] == [28]


def test_the_systems_are_ranked_right_behind_the_pairs(report: Document) -> None:
    assert [s.key for s in report.sections[:2]] == ["pairs", "ranking"]
    ranking = section(report, "ranking")
    (chart,) = [block for block in ranking.blocks if isinstance(block, Picture)]
    scores, matrix = tables(ranking)
    order = [row[0] for row in scores.rows]
    assert [line.partition(":")[0] for line in chart.chart.description.splitlines()] == order
    assert [row[0] for row in matrix.rows] == [f"{n}  {name}" for n, name in enumerate(order, 1)]
    for n, row in enumerate(matrix.rows):
        assert str(row[1 + n]) == ""
        assert all(str(cell).rstrip("*").endswith("%") for cell in (*row[1 : 1 + n], *row[2 + n :]))


@pytest.mark.parametrize("form", list(ReportForm))
def test_it_is_short_and_whole(report: Document, form: ReportForm, tmp_path: Path) -> None:
    data = report_bytes(report, form, now=WRITTEN, fonts=tuple)
    if form is ReportForm.HTML:
        assert data.decode().count(" against base</td>") >= 7
        return
    (tmp_path / "r.pdf").write_bytes(data)
    reader = pypdf.PdfReader(tmp_path / "r.pdf")
    pages, last = reader.pages, [entry for entry in reader.outline if not isinstance(entry, list)][-1]
    appendix = reader.get_destination_page_number(last)
    assert last.title == "Example pairs"
    assert appendix is not None
    assert appendix + 1 <= MOST_PAGES
    assert len(pages) - appendix <= MOST_OF_APPENDIX
    first = " ".join(pages[0].extract_text().split())
    assert "All pairs of systems" in first
    assert "distilled against small" in first


def test_while_blinded_no_pair_is_picked_out(tmp_path: Path) -> None:
    names = Names(systems=EIGHT[:5], raters=("Ada",))
    path = judged_study(tmp_path / "s.ftstudy", prompts=6, names=names, unblinded=False)
    with StudyFile.open(path, now=WRITTEN) as study:
        report = document(gather(study, now=WRITTEN))
    for key in ("counts", "evidence"):
        assert [len(table.rows) for table in tables(section(report, key))] == [10]
        assert not [block for block in section(report, key).blocks if isinstance(block, Picture | Subheading)]
    assert not [s for s in report.sections if s.key in ("pairs", "ranking", "win-rate")]
    assert "None of the 10 pairs has enough evidence yet" in report.summary[0]


def imported(folder: Path, systems: str, votes: Iterable[JudgmentRecord]) -> Document:
    """Answers of systems of which none is known to be a base."""
    path = folder / f"{len(systems)}.ftstudy"
    voted_study(path, votes, Random(1), WRITTEN).close()
    with StudyFile.open(path, now=WRITTEN) as study:
        return document(gather(study, now=WRITTEN))


def test_without_a_base_the_main_pair_is_told_in_full(tmp_path: Path) -> None:
    judged = [
        voted(f"p{n}", rater, "b", a=a, b=b)
        for a, b in every_two("abcd")
        for n in range(12)
        for rater in ("Ada", "Ben", "Cleo")[: 1 if (a, b) == ("c", "d") else 3]
    ]
    report = imported(tmp_path, "abcd", judged)
    words = told(section(report, "pairs"))
    assert "Told in full below: b against a. The other 5 are told in the tables of all pairs alone." in words
    assert "(for these raters, where a pair has fewer than three raters with five judgments)" in words
    assert "Told of b against a." in told(section(report, "win-rate"))
    assert report.summary[-1] == (
        "In 6 of the 6 pairs of systems (table below) these raters clearly prefer one."
    )
    assert "6 of the 6 pairs have enough evidence for these raters" in told(section(report, "evidence"))


def test_a_matrix_that_has_no_room_is_left_out_with_a_word(tmp_path: Path) -> None:
    systems = "abcdefghijklmnop"
    judged = [voted("p", "Ada", "b", a=a, b=b) for a, b in every_two(systems)]
    report = imported(tmp_path, systems, judged)
    assert len(tables(section(report, "ranking"))) == 1
    assert "Each system against each other is in the table of all pairs." in told(section(report, "ranking"))
    assert len(tables(section(report, "pairs"))[0].rows) == 120


# --- which ones -----------------------------------------------------------------------------------


def vote(number: int, choice: str, systems: tuple[str, str] = ("a", "b"), **more: Any) -> Vote:
    """Of Ada, on one prompt."""
    fields = {"rater": "Ada", "rater_kind": RaterKind.HUMAN, **more}
    preference = {"a": 0.0, "b": 1.0}[choice]
    return Vote(f"p{number}", a=systems[0], b=systems[1], choice=choice, preference=preference, **fields)


def pairs_of(*systems: tuple[str, str], kind: RaterKind = RaterKind.HUMAN) -> list[PairSummary]:
    """All won by the second."""
    return list(compare(vote(n, "b", pair, rater_kind=kind) for pair in systems for n in range(9)))


def every_two(names: str) -> list[tuple[str, str]]:
    return [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]


def test_of_three_systems_all_pairs_are_told_in_full() -> None:
    three = pairs_of(*every_two("abc"))
    assert told_in_full(three, {"a"}) == tuple(three)
    assert told_in_full(three, None) == tuple(three)


def test_of_many_the_main_pair_and_those_with_the_base() -> None:
    many = pairs_of(*every_two("abcd"))
    assert [(p.a, p.b) for p in told_in_full(many, {"a"})] == [("a", "b"), ("a", "c"), ("a", "d")]
    assert [(p.a, p.b) for p in told_in_full(many, ())] == [("a", "b")]
    assert [(p.a, p.b) for p in told_in_full(many, {"d"})] == [("a", "b"), ("a", "d"), ("b", "d"), ("c", "d")]
    assert told_in_full(many, None) == ()
    crowd = pairs_of(*[("a", name) for name in "bcdefghijklmn"])
    assert len(told_in_full(crowd, {"a"})) == MOST_IN_FULL


def test_automatic_raters_are_told_in_full_where_nobody_else_judged() -> None:
    automatic = pairs_of(*every_two("abcd"), kind=RaterKind.AUTOMATIC)
    people = pairs_of(*every_two("abcd"))
    assert all(p.rater_kind is RaterKind.HUMAN for p in told_in_full([*people, *automatic], {"a"}))
    assert len(told_in_full(automatic, {"a"})) == 3


def test_a_preference_goes_no_further_than_the_claim() -> None:
    key = ("a", "b", RaterKind.HUMAN)
    assert clear_preferences(pairs_of(("a", "b"))) == {key: "b"}
    assert clear_preferences(compare(vote(n, "a") for n in range(9))) == {key: "a"}
    assert clear_preferences(compare(vote(n, "ab"[n % 2]) for n in range(8))) == {}
    (one,) = compare(vote(0, "b", rater=rater) for rater in ("Ada", "Ben"))
    assert clear_preferences([one]) == {}
    assert seen_from(one, "a") == (0, None, None)


def test_a_preference_that_one_look_would_find_is_not_found_among_many() -> None:
    """7 of 7 has p = .016: beyond doubt alone, and not beside nine other pairs."""
    weak = compare(vote(n, "b", ("a", "b")) for n in range(7))
    others = [
        pair for n in range(9) for pair in compare(vote(k, "ab"[k % 2], ("a", f"c{n}")) for k in range(8))
    ]
    assert len(clear_preferences(weak)) == 1
    assert clear_preferences([*weak, *others]) == {}


def test_a_rate_can_be_seen_from_either_side() -> None:
    (pair,) = pairs_of(("a", "b"))
    value, low, high = seen_from(pair, "b")
    assert low is not None
    assert high is not None
    assert seen_from(pair, "a") == (1 - value, 1 - high, 1 - low)
