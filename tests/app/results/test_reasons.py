"""Reasons of a study in which raters reward list items: named, shown, fixed by a plan, and withheld."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from ftcompare.app.generate.comment_themes import find_themes
from ftcompare.app.report.content import reasons_section
from ftcompare.app.report.report_data import gather
from ftcompare.app.results import comments
from ftcompare.app.results.presentation.blocks import Paragraph
from ftcompare.app.results.presentation.pairs import pairs_of
from ftcompare.app.results.presentation.reasons import (
    INSEPARABLE,
    comment_blocks,
    reason_part,
    reason_sections,
    reason_sentence,
    reasons_lines,
)
from ftcompare.app.results.reasons import PairReasons, Reason, pair_reasons
from ftcompare.app.results.study_results import results
from ftcompare.app.review.result_slice import belongs
from ftcompare.app.review.terminology import judged_pairs
from ftcompare.app.study.answer_features import fixed_features
from ftcompare.app.study.sealed_plan import seals
from ftcompare.checks import prompt_checks
from ftcompare.core.language import in_language
from ftcompare.core.study import GlossaryTerm, RaterKind, TermStatus
from ftcompare.stats.reasons import FeatureStanding
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.planted_study import START, planted
from tests.builders import errors_of, of_kind, output_of, present, refuses


def reasons_of(path: Path) -> PairReasons:
    with StudyFile.open(path, now=START) as study:
        return pair_reasons(study, "base", "tuned", RaterKind.HUMAN)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return planted(tmp_path / "study.ftstudy")


def feature(found: PairReasons, key: str) -> Reason:
    return next(one for one in found.features if one.feature.id == key)


def test_the_planted_feature_is_the_reason(path: Path) -> None:
    found = reasons_of(path)
    assert [one.feature.id for one in found.of(FeatureStanding.REASON)] == ["list_items"]
    assert reasons_lines(found)[0] == "Raters preferred answers with more list items."
    reason = feature(found, "list_items")
    rate = present(reason.result.rate)
    assert rate.low < 15 / 16 < rate.high  # 7 of 8 for the list, and half of the others
    assert reason_sentence(reason).startswith("Answers with more list items won 9")
    assert f"of the {len(reason.keys)} pairs that differed in it" in reason_sentence(reason)
    assert "length alone does not explain it" in reason_sentence(reason)
    assert feature(found, "reading_level").goes_with == "List items"


def test_what_only_one_system_writes_cannot_be_separated_from_it(path: Path) -> None:
    headings = feature(reasons_of(path), "headings")
    assert headings.result.standing is FeatureStanding.ONE_SIDED
    assert (headings.result.more_a, headings.result.more_b) == (0, 60)


def test_the_first_sentence_names_what_cannot_be_separated_from_a_system(path: Path) -> None:
    found = reasons_of(path)
    assert INSEPARABLE in texts_of(found)[0], "a reason leads"
    alone = replace(found, features=found.of(FeatureStanding.ONE_SIDED))
    head, _ = reasons_lines(alone)
    assert head == f"tuned nearly always has more headings. {INSEPARABLE}"
    assert texts_of(alone) == [
        "tuned has more headings on 60 of the 60 prompts on which the answers differ in it."
    ]


def texts_of(found: PairReasons) -> list[str]:
    """The paragraphs on features of one system."""
    (section,) = (one for one in reason_sections(found) if one.key == "one_sided")
    return [of_kind(block, Paragraph).text for block in section.blocks]


def test_the_pairs_behind_a_reason_are_those_that_differ_in_it(path: Path) -> None:
    reason = feature(reasons_of(path), "list_items")
    with StudyFile.open(path, now=START) as study:
        (pair,) = results(study).summary.comparisons
        listed = [one for one in judged_pairs(study) if belongs(one, pair, reason_part(reason))]
    assert {one.prompt.spec.key for one in listed} == reason.keys
    assert len(listed) == 3 * reason.result.differing
    assert {prompt.key for prompt in reason.examples} <= reason.keys


def test_a_blinded_study_withholds_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = planted(tmp_path / "blind.ftstudy", unblinded=False)
    with refuses("still-blinded"):
        reasons_of(path)
    assert "after unblinding" in errors_of(capsys, ["reasons", str(path)], 2)
    with StudyFile.open(path, now=START) as study:
        assert gather(study, now=START).reasons == {}


def test_the_document_and_the_lines_of_the_command(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pair,) = json.loads(output_of(capsys, ["reasons", str(path), "--json"]))["pairs"]
    assert (pair["a"], pair["b"], pair["prompts"], pair["sealed"]) == ("base", "tuned", 60, False)
    first = pair["features"][0]
    assert (first["id"], first["standing"]) == ("list_items", "reason")
    assert first["p_adjusted"] < 0.05
    printed = output_of(capsys, ["reasons", str(path), "--pair", "base", "tuned"])
    assert printed.startswith("Raters preferred answers with more list items.")
    assert "So judgments cannot show whether raters liked this" in printed


def test_comments_are_counted_by_groups_of_phrases_and_words_of_one_side_are_named(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = json.loads(output_of(capsys, ["reasons", str(path), "--json"]))["pairs"][0]["comments"]
    assert (before["groups"], before["ungrouped"]) == ([], None)
    assert before["judgments"] == before["wins_a"] + before["wins_b"] > 90
    words = {one["word"]: (one["side"], one["judgments"]) for one in before["words"]}
    assert words == dict.fromkeys(("below", "its", "heading"), ("b", before["wins_b"]))
    assert before["words_tested"] == 3, "other words are in all comments"
    phrases = tmp_path / "themes.csv"
    phrases.write_text("name,phrase,pattern\nlayout,heading,\nlayout,,head(er|ing)s\ncontent,pump,\n")
    output_of(capsys, ["measures", "run", str(path), str(phrases)])
    after = json.loads(output_of(capsys, ["reasons", str(path), "--json"]))["pairs"][0]["comments"]
    groups = {one["name"]: (one["wins_a"], one["wins_b"]) for one in after["groups"]}
    assert groups == {"layout": (0, before["wins_b"]), "content": (0, 0)}
    assert (after["too_slow"], after["ungrouped"]["judgments"]) == ([], before["wins_a"])
    printed = output_of(capsys, ["reasons", str(path)])
    assert "of the comments are in no group." in printed
    assert f"“heading” ({before['wins_b']} of {before['wins_b']}, against 0 of {before['wins_a']})" in printed
    with StudyFile.open(path, now=START) as study:
        for texts in (True, False):
            data = gather(study, now=START, texts=texts)
            section = present(reasons_section(data, pairs_of(data.details, data.bases, data.checks)))
            assert ("“heading”" in str(section)) is texts


def test_themes_of_comments_are_groups_on_which_two_halves_agree(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def embed(texts: Sequence[str], *, apart: float) -> dict[str, list[float]]:
        return {text: [apart * ("heading" in text), 5.0] for text in texts}

    with StudyFile.open(path, now=START) as study:
        pair = "base", "tuned", RaterKind.HUMAN
        before = comments.pair_comments(study, *pair)
        assert find_themes(study, "damaged", lambda _: {}, now=START) == "", "it read no comment"
        told = find_themes(study, "first", partial(embed, apart=0), now=START)
        assert told.startswith(f"No themes were found in {before.counts.judgments} comments: ")
        assert comments.pair_comments(study, *pair).themes == ()
        told = find_themes(study, "second", partial(embed, apart=50), now=START)
        assert told == f"2 themes found in {before.counts.judgments} comments."
        assert find_themes(study, "second", partial(embed, apart=50), now=START) == "", "they were read"
        found = {name: (one.wins_a, one.wins_b) for name, one in comments.pair_comments(study, *pair).themes}
    wins = before.counts.wins_a, before.counts.wins_b
    assert found == {
        "The list is easy to read.": (wins[0], 0),
        "The list is easy to read below its heading.": (0, wins[1]),
    }
    shown = json.loads(output_of(capsys, ["reasons", str(path), "--json"]))["pairs"][0]["comments"]
    assert {one["name"] for one in shown["themes"]} == {*found}
    assert shown["themes_agreement"] > 0.9
    assert "like “The list is easy to read.”" in output_of(capsys, ["reasons", str(path)])


def test_a_theme_is_shown_whole(path: Path) -> None:
    theme = "It names the dose, " * 6
    with StudyFile.open(path, now=START) as study:
        found = pair_reasons(study, "base", "tuned", RaterKind.HUMAN)
    said = replace(found.comments, themes=((theme, found.comments.counts),))
    told = str([*comment_blocks(replace(found, comments=said))])
    assert f"like “{theme.strip()}" in told


def test_a_group_that_is_too_slow_is_not_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(text: str, pattern: str) -> bool:
        if pattern == "slow":
            raise TimeoutError
        return pattern in text

    with StudyFile.open(path, now=START) as study:
        monkeypatch.setattr(prompt_checks, "has_pattern", too_long)
        monkeypatch.setattr(comments, "phrase_lists", lambda _: {"a": "slow", "b": "list"})
        found = comments.pair_comments(study, "base", "tuned", RaterKind.HUMAN)
    assert (found.too_slow, found.groups) == (("a",), (("b", found.counts),))


def test_a_report_has_the_reasons_and_no_texts_without_texts(path: Path) -> None:
    with StudyFile.open(path, now=START) as study:
        for texts in (True, False):
            data = gather(study, now=START, texts=texts)
            section = present(reasons_section(data, pairs_of(data.details, data.bases, data.checks)))
            assert "Answers with more list items won" in str(section)
            assert ("What does heart" in str(section)) is texts


def test_a_sealed_plan_fixes_the_features(tmp_path: Path) -> None:
    """Terms that are added afterwards make a feature that the plan has not, and none is sought in it."""
    path = planted(tmp_path / "sealed.ftstudy", sealed=True)
    with StudyFile.open(path, now=START) as study:
        assert seals(study)[0].plan.features == fixed_features(study)
        study.glossary.replace([GlossaryTerm("rooms", TermStatus.DEPRECATED, "chambers")], now=START)
    found = reasons_of(path)
    assert found.sealed
    assert found.left_out == ("Preferred terms", "Deprecated terms")
    assert (
        "Not in the sealed plan, so not tested: Preferred terms and Deprecated terms."
        in reasons_lines(found)[1]
    )
    assert "deprecated_terms" not in [one.feature.id for one in found.features]


def test_the_rate_has_the_signs_of_the_language(path: Path) -> None:
    with in_language("de"):
        assert "gewannen 93\N{NO-BREAK SPACE}% (88–98\N{NO-BREAK SPACE}%) der 38 Paare" in reason_sentence(
            feature(reasons_of(path), "list_items")
        )
