"""How far systems repeat their answers: figures, the list of prompts, command, JSON, while blinded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from ftcompare.app.measures.blocks import pair_figures
from ftcompare.app.measures.consistency import (
    BEGIN,
    CONSISTENCY_MEASURES,
    GROUP,
    StudyConsistency,
    consistency,
    consistency_blocks,
    consistency_json,
    consistency_sentence,
    pair_consistency_blocks,
    systems_table,
    wavering_sentence,
    wavering_table,
)
from ftcompare.app.measures.matrix import sampled_answers
from ftcompare.app.results.chosen_pairs import measured_pairs
from ftcompare.app.results.presentation.blocks import Figure, Paragraph, Table
from ftcompare.app.results.presentation.number_format import detail_words, value_words
from ftcompare.checks.sample_consistency import sample_consistency
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.sampled_study import sampled_study
from tests.app.voted_study import voted, voted_study
from tests.builders import output_of, present


class Pair(NamedTuple):
    """A pair of systems of what was found."""

    found: StudyConsistency
    a: str
    b: str


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(sampled_study(tmp_path / "s.ftstudy", now), now=now) as file:
        yield file


BY_ID = {measure.id: measure for measure in CONSISTENCY_MEASURES}
EQUAL, MODAL, CHRF, DISTINCT = (BY_ID[key] for key in ("equal_pairs", "modal_share", "chrf", "distinct_1"))


def test_means_and_differences_by_hand(study: StudyFile) -> None:
    """Base: 12 of 24 prompts with 1 equal pair of 6; tuned: 4 with 3 of 6 (the lower case is equal)."""
    found = consistency(study)
    assert found.systems == ("base", "tuned")
    assert (len(found.evidence("base")), found.samples("base")) == (24, 96)
    assert found.mean(EQUAL, "base") == pytest.approx((12 + 12 / 6) / 24)
    assert found.mean(EQUAL, "tuned") == pytest.approx((20 + 4 * 3 / 6) / 24)
    assert found.mean(MODAL, "base") == pytest.approx((12 + 12 / 2) / 24)
    assert found.mean(EQUAL, "another") is None
    difference = present(found.difference(EQUAL, "base", "tuned"))
    assert difference.difference == pytest.approx(22 / 24 - 14 / 24)
    assert (difference.prompts, difference.differing) == (24, 16)
    assert difference.told_apart


def test_prompts_on_which_one_wavers_and_the_other_does_not(study: StudyFile) -> None:
    found = consistency(study)
    wavering = {prompt.key for prompt in found.wavering("base", "tuned")}
    assert wavering == {f"p{n}" for n in range(24) if n % 2 or n % 6 == 0}
    pair = Pair(found, "base", "tuned")
    assert wavering_sentence(*pair) == (
        "On 4 prompts tuned varies and base does not; on 12 it is the other way round."
    )
    table = wavering_table(*pair)
    row = next(row for row in table.rows if row.hidden == "p1")
    assert row.values[:5] == ("p1", "What does finding 1 mean?", "vessels", 1, 3)
    shares = [row.values[5:7] for row in table.rows]
    likeness = [abs(a - b) for a, b in shares if isinstance(a, float | int) and isinstance(b, float | int)]
    assert len(likeness) == len(shares)
    assert likeness == sorted(likeness, reverse=True)


def test_they_are_told_in_words(study: StudyFile) -> None:
    pair = Pair(consistency(study), "base", "tuned")
    said = consistency_sentence(*pair)
    assert said.text.startswith(
        "Asked the same again, tuned gave an equal answer in 92% of cases, base in 58%. On prompts like "
        "these, tuned varies less than base (+33.3 points, 95% interval "
    )
    assert said.explanation is not None
    figures = {figure.id: figure for figure in pair_figures(*pair).figures}
    assert [*figures] == [f"consistency:{measure.id}" for measure in CONSISTENCY_MEASURES]
    equal = figures["consistency:equal_pairs"]
    assert value_words(equal) == "+33.3 points"
    assert detail_words(equal).endswith("n = 24 prompts")
    assert "tuned 92% − base 58% = +33.3 points on 24 prompts, with a difference on 16" in str(
        equal.explanation
    )
    rows = systems_table(pair.found).plain_rows
    assert [row[:5] for row in rows] == [
        ("base", "24", "96", "58%", "75%"),
        ("tuned", "24", "96", "92%", "96%"),
    ]
    assert figures["consistency:chrf"].value == pytest.approx(100 * difference_of(pair))


def test_a_measure_that_is_not_defined_has_a_dash(tmp_path: Path, now: datetime) -> None:
    with voted_study(tmp_path / "v.ftstudy", [voted("p", "Ada", "a")], Random(1), now) as study:
        (prompt,) = study.prompts.all()
        further = [
            ResponseDraft(s.id, "", FinishReason.IMPORTED, sample=n)
            for s in study.systems.all()
            for n in (1, 2)
        ]
        study.responses.store(prompt.id, further, run=None)
        found = consistency(study)
        empty = sample_consistency(["", ""])
        bare = replace(found, prompts=(replace(found.prompts[0], evidence={"base": empty, "tuned": empty}),))
        table = systems_table(bare)
        titles = [column.title for column in table.columns]
        assert table.plain_rows[0][titles.index("distinct-2")] == "–"


def test_the_answers_behind_it_are_told_with_how_often_they_were_given(study: StudyFile) -> None:
    prompt = next(one for one in study.prompts.all() if one.spec.key == "p1")
    found = sampled_answers(study, prompt.id)
    assert (found.key, found.messages) == ("p1", prompt.spec.messages)
    assert [(one.times, one.text) for one in found.given["base"]] == [
        (2, "It is **condition 1**, as the findings show."),
        (1, "Condition 99 is likely."),
        (1, "Nobody can tell."),
    ]
    assert [one.times for one in found.given["tuned"]] == [4]


def difference_of(pair: Pair) -> float:
    found = present(pair.found.difference(CHRF, pair.a, pair.b))
    return found.difference


def test_a_report_without_texts_names_prompts_by_their_keys(study: StudyFile) -> None:
    pair = Pair(consistency(study), "base", "tuned")
    whole = [block for block in pair_consistency_blocks(*pair) if isinstance(block, Table)]
    tables = [table.without_texts for table in whole]
    assert {row[0] for row in tables[0].rows} <= {f"p{n}" for n in range(24)}
    assert "finding" not in str(tables[0])
    assert tables[0].caption.endswith("4 more are not listed here")
    assert str(whole[0].rows[0][1]).startswith("What does finding")


def few(study: StudyFile) -> Pair:
    """Two prompts alone."""
    found = consistency(study)
    return Pair(replace(found, prompts=found.prompts[:2]), "base", "tuned")


def test_few_prompts_are_told_without_an_interval(study: StudyFile) -> None:
    pair = few(study)
    assert consistency_sentence(*pair).text.endswith("An interval of the difference needs 10 prompts.")
    figure: Figure = pair_figures(*pair).figures[0]
    assert detail_words(figure) == "n = 2 prompts, an interval needs 10"


def test_equal_systems_are_not_told_apart(study: StudyFile) -> None:
    found = consistency(study)
    same = replace(
        found,
        prompts=tuple(
            replace(prompt, evidence=dict.fromkeys(found.systems, prompt.evidence["base"]))
            for prompt in found.prompts
        ),
    )
    pair = Pair(same, "base", "tuned")
    assert "That does not show a difference between the two (+0.0 points" in consistency_sentence(*pair).text
    assert wavering_sentence(*pair) == (
        "There is no prompt on which one of the two varies and the other does not."
    )
    assert [block for block in pair_consistency_blocks(*pair) if isinstance(block, Table)] == []
    assert detail_words(pair_figures(*pair).figures[0]).endswith("no clear difference")


def test_without_samples_it_is_said_how_to_begin(tmp_path: Path, now: datetime) -> None:
    votes = [voted(f"p{n}", "Ada", "a") for n in range(3)]
    with voted_study(tmp_path / "v.ftstudy", votes, Random(1), now) as study:
        found = consistency(study)
        assert found.prompts == ()
        assert [*consistency_blocks(found)] == [Paragraph(GROUP.with_command(BEGIN))]
        pair = Pair(found, "base", "tuned")
        assert consistency_sentence(*pair).text == BEGIN
        assert [*pair_consistency_blocks(*pair)] == []
        assert pair_figures(*pair).figures == ()


def test_samples_of_one_system_alone_are_told_of_it(tmp_path: Path, now: datetime) -> None:
    with voted_study(tmp_path / "v.ftstudy", [voted("p", "Ada", "a")], Random(1), now) as study:
        base, prompt = study.systems.all()[0].id, study.prompts.all()[0].id
        further = ResponseDraft(base, "base on p!", FinishReason.IMPORTED, sample=1)
        study.responses.store(prompt, [further], run=None)
        found = consistency(study)
        assert found.systems == ("base",)
        assert found.prompts[0].evidence["base"].steady
        said = consistency_sentence(*Pair(found, "base", "tuned")).text
        assert said == "No prompt was answered several times by both."


def test_a_text_without_words_has_no_distinct_words(tmp_path: Path, now: datetime) -> None:
    with voted_study(tmp_path / "v.ftstudy", [voted("p", "Ada", "a")], Random(1), now) as study:
        base, prompt = study.systems.all()[0].id, study.prompts.all()[0].id
        texts = [ResponseDraft(base, "", FinishReason.IMPORTED, sample=n) for n in (1, 2)]
        study.responses.store(prompt, texts, run=None)
        study.responses.store(prompt, [ResponseDraft(base, "…", FinishReason.IMPORTED, sample=3)], run=None)
        found = consistency(study)
        assert found.values(DISTINCT, "base") == {prompt: 1.0}


def test_it_can_be_given_up(study: StudyFile) -> None:
    def stop(words: str, share: float | None) -> None:
        assert (words, share) == ("Comparing samples: 0 of 24 prompts", 0.0)
        raise UserError("stopped", code="stopped")

    with pytest.raises(UserError, match="stopped"):
        consistency(study, stop)


def test_many_systems_are_told_against_the_base() -> None:
    systems = ["base", "one", "two", "three"]
    assert measured_pairs(systems, {"base"}) == (("base", "one"), ("base", "two"), ("base", "three"))
    assert measured_pairs(systems, None) == ()
    assert measured_pairs(systems[:2], None) == (("base", "one"),)
    assert measured_pairs(systems, {"base"}, [("three", "one")]) == (("one", "three"),)


def test_the_command_prints_and_writes_json(study: StudyFile, capsys: pytest.CaptureFixture[str]) -> None:
    study.close()
    printed = output_of(capsys, ["measures", "consistency", str(study.path), "--details"])
    assert "Asked the same again, tuned gave an equal answer in 92% of cases" in printed
    assert "Similarity of two samples (chrF)" in printed
    document = json.loads(output_of(capsys, ["measures", "consistency", str(study.path), "--json"]))
    assert document["systems"][0]["equal_pairs"] == pytest.approx(14 / 24)
    assert len(document["differences"]) == len(CONSISTENCY_MEASURES)
    assert document["differences"][0]["low"] > 0
    assert len(document["one_wavers"][0]["prompts"]) == 16
    assert document["prompts"][1]["systems"][0]["different"] == 3
    assert run(["measures", "consistency", str(study.path), "--pair", "base", "nobody"]) == 2
    assert "There is no system 'nobody'" in capsys.readouterr().err


def test_a_pair_without_prompts_in_common_is_null(study: StudyFile) -> None:
    found = consistency(study)
    apart = replace(
        found, prompts=tuple(replace(p, evidence={"base": p.evidence["base"]}) for p in found.prompts)
    )
    told = consistency_json(apart)["differences"]
    assert isinstance(told, list)
    assert isinstance(told[0], dict)
    assert (told[0]["prompts"], told[0]["difference"], told[0]["method"]) == (0, None, None)


def test_nothing_is_told_while_the_study_is_blinded(tmp_path: Path, now: datetime) -> None:
    path = sampled_study(tmp_path / "b.ftstudy", now, blinded=True)
    with (
        StudyFile.open(path, now=now) as study,
        pytest.raises(UserError, match="computed from each system's answers") as raised,
    ):
        consistency(study)
    assert raised.value.code == "still-blinded"


def test_samples_of_a_conversation_are_compared_with_all_their_answers(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "turns.ftstudy"
    with StudyFile.create(path, title="", scale=Scale(), rng=Random(1), now=now) as made:
        (prompt,) = made.prompts.add([PromptSpec("p", (Message("user", "Why?"),), later_turns=("Thanks.",))])
        system = made.systems.add(SystemSpec("a", SystemKind.IMPORTED)).id
        for sample, first in enumerate(("So.", "So", "Since.")):
            end = FinishReason.IMPORTED
            draft = ResponseDraft(system, "Welcome.", end, sample=sample, earlier=(first,))
            made.responses.store(prompt.id, [draft], run=None)
        made.settings.unblind("done", now=now)
        assert consistency(made).mean(EQUAL, "a") == pytest.approx(1 / 3)
        told = sampled_answers(made, prompt.id).given["a"]
        assert [(one.text, one.times) for one in told] == [("So.\n\nWelcome.", 2), ("Since.\n\nWelcome.", 1)]
