"""Words and phrases that one system uses more, in a study on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.review.concordance import uses_of
from ftcompare.app.review.result_slice import ALL_PROMPTS, PromptPart, TermList, prompt_parts
from ftcompare.app.review.study_terms import WordTable, study_terms, study_words, terms_json, words_json
from ftcompare.app.setup.new_study import fill_study
from ftcompare.app.work_progress import stopped
from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    GlossaryTerm,
    Message,
    PromptSpec,
    RaterKind,
    Split,
    SystemKind,
    SystemSpec,
    TermStatus,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, present, refuses

GLOSSARY = (
    GlossaryTerm("atrial fibrillation", TermStatus.PREFERRED, "AF"),
    GlossaryTerm("irregular heartbeat", TermStatus.DEPRECATED, "AF"),
    GlossaryTerm("dropsy", TermStatus.SUPERSEDED, "oedema"),
)
LAY, CLINICAL = "It is an irregular heartbeat. See a doctor.", "It is atrial fibrillation. Seek advice."
BASE = SystemSpec("base", SystemKind.BASE, model="{}")
TUNED = SystemSpec("cardiology", SystemKind.ADAPTER, model="{}", adapter="tuned")


def made(path: Path, now: datetime, answers: Sequence[Sequence[str]], *specs: SystemSpec) -> StudyFile:
    """Unblinded, with an answer of each system to each prompt; prompts alternate in split and category."""
    study = StudyFile.create(path, title="Words", scale=Scale(), rng=Random(1), now=now)
    prompts = [
        PromptSpec(
            f"p{n}",
            (Message("user", f"Question {n}?"),),
            "rhythm" if n % 2 else "vessels",
            Split.HELD_OUT if n % 2 else Split.TRAINED,
        )
        for n in range(len(answers))
    ]
    fill_study(study, specs or (BASE, TUNED), tuple(prompts), GLOSSARY, now=now)
    run = study.runs.start({}, now=now)
    for prompt, texts in zip(study.prompts.all(), answers, strict=True):
        answer(study, prompt, texts, run=run)
    study.settings.unblind("done", now=now)
    return study


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """The second system has learnt a clinical term on twelve prompts; half of the words of both are alike."""
    with made(tmp_path / "s.ftstudy", now, [(LAY, CLINICAL)] * 12 + [("It is so.", "It is so.")] * 8) as file:
        yield file


def judged(study: StudyFile, now: datetime, choices: str, kind: RaterKind = RaterKind.HUMAN) -> None:
    """Imported judgments of the first prompts, one a character: ``a``, ``b``, ``t``."""
    prompts = study.prompts.all()
    study.imports.judgments(
        [
            JudgmentRecord(
                prompts[n].spec.messages,
                "base",
                "cardiology",
                LAY,
                CLINICAL,
                f"rater {kind}",
                choice={"t": "tie"}.get(choice, choice),
                preference={"a": 0.0, "b": 1.0, "t": 0.5}[choice],
                rater_kind=kind,
                prompt_id=prompts[n].spec.key,
            )
            for n, choice in enumerate(choices)
        ],
        now=now,
    )


def told(table: WordTable, which: TermList) -> set[str]:
    return {row.phrase.text for row in table.listed(which)}


def test_what_was_learnt_and_what_was_lost(study: StudyFile) -> None:
    table = study_words(study)
    assert (table.first, table.second, table.prompts, table.tuned) == ("base", "cardiology", 20, True)
    assert told(table, TermList.LEARNT) == {"is atrial fibrillation", "It is atrial", "Seek advice"}
    assert told(table, TermList.LOST) == {
        "It is an",
        "an irregular heartbeat",
        "is an irregular",
        "See a doctor",
    }
    assert (table.learnt, table.lost, table.tested) == (3, 4, 7)
    learnt = next(row for row in table.rows if row.phrase.text == "Seek advice")
    assert learnt.uses == learnt.in_prompts == (0, 12)
    assert (learnt.p, learnt.p_of_counts) == pytest.approx((2 / 2**12,) * 2)
    assert learnt.q == pytest.approx(2 / 2**12)
    assert learnt.low is not None
    assert 0 < learnt.log_ratio_at_least < learnt.log_ratio
    assert (learnt.high, learnt.log_odds_z > 0, learnt.log_likelihood > 0) == (None, True, True)


def test_a_phrase_that_is_a_glossary_term_says_so(tmp_path: Path, now: datetime) -> None:
    with made(tmp_path / "s.ftstudy", now, [("Rest.", "Dropsy.")] * 9) as study:
        rows = {row.phrase.text: row.term for row in study_words(study).rows}
    assert rows == {"Rest": None, "Dropsy": GLOSSARY[2]}


def test_the_concordance_of_a_row_has_as_many_uses_as_the_row(study: StudyFile) -> None:
    for row in study_words(study).rows:
        assert uses_of(study, row.phrase).count == sum(row.uses)
    found = uses_of(study, study_words(study).rows[0].phrase)
    assert found.term is None
    assert {use.hit for use in found.uses} == {found.sought}


def test_only_some_prompts_count_where_a_part_is_chosen(study: StudyFile) -> None:
    parts = prompt_parts(study)
    assert parts == (
        ALL_PROMPTS,
        PromptPart(Split.TRAINED),
        PromptPart(Split.HELD_OUT),
        PromptPart(category="rhythm"),
        PromptPart(category="vessels"),
    )
    table = study_words(study, part=parts[2])
    assert (table.prompts, table.learnt, table.part) == (10, 3, parts[2])
    assert {row.in_prompts for row in table.listed(TermList.LEARNT)} == {(0, 6)}
    terms = study_terms(study, parts[4])
    assert (terms.prompts, terms.rows[0].prompts) == (10, {"base": 0, "cardiology": 6})
    assert terms_json(terms)["part"] == {"split": None, "category": "vessels"}
    with pytest.raises(UserError) as caught:
        study_words(study, part=PromptPart(Split.PARAPHRASE))
    assert caught.value.code == "no-such-part"
    assert "trained" in caught.value.how


def test_answers_that_use_a_word_have_a_win_rate(study: StudyFile, now: datetime) -> None:
    judged(study, now, "bbbbbbbbat")
    table = study_words(study)
    learnt, lost = (table.listed(which)[0].preference for which in (TermList.LEARNT, TermList.LOST))
    assert learnt is not None
    assert lost is not None
    assert (learnt.judgments, learnt.prompts) == (10, 10)
    assert learnt.rate is not None
    assert lost.rate is not None
    assert learnt.rate.value == pytest.approx(0.85)
    assert lost.rate.value == pytest.approx(0.15)
    assert learnt.rate.low is not None
    assert 0.5 < learnt.rate.low < 0.85
    assert table.overall == learnt
    assert study_terms(study).preferences[GLOSSARY[0]] == learnt
    assert not table.automatic


def test_of_few_prompts_no_rate_is_told_but_how_many_there_are(study: StudyFile, now: datetime) -> None:
    judged(study, now, "bbbbb")
    found = present(study_words(study).rows[0].preference)
    assert (found.judgments, found.prompts, found.rate) == (5, 5, None)


def test_where_nobody_judged_programs_speak_and_that_is_said(study: StudyFile, now: datetime) -> None:
    judged(study, now, "bbbbbb", RaterKind.AUTOMATIC)
    assert (study_words(study).automatic, study_terms(study).automatic) == (True, True)
    assert terms_json(study_terms(study))["judged_by"] == "programs"
    judged(study, now, "aaaaaaa")
    table = study_words(study)
    rate = present(table.listed(TermList.LEARNT)[0].preference)
    assert (table.automatic, rate.judgments, rate.rate and rate.rate.value) == (False, 7, 0.0)


def test_of_more_systems_each_can_be_held_against_the_first(tmp_path: Path, now: datetime) -> None:
    other = replace(TUNED, name="neurology")
    answers = [("Rest.", "Rest.", "Sleep.")] * 8
    with made(tmp_path / "s.ftstudy", now, answers, BASE, TUNED, other) as study:
        assert study_words(study).rows == ()
        table = study_words(study, "neurology")
        assert (told(table, TermList.LEARNT), table.systems) == (
            {"Sleep"},
            ("base", "cardiology", "neurology"),
        )
        with pytest.raises(UserError) as caught:
            study_words(study, "oncology")
    assert caught.value.code == "no-such-system"


def test_of_a_single_system_nothing_is_compared(tmp_path: Path, now: datetime) -> None:
    with made(tmp_path / "s.ftstudy", now, [("Rest.",)] * 3, BASE) as study:
        table = study_words(study)
    assert (table.second, table.rows, table.withheld) == ("", (), None)
    assert words_json(table) is None


def test_the_lists_of_glossary_terms(tmp_path: Path, now: datetime) -> None:
    both = "Atrial fibrillation, an irregular heartbeat."
    with made(tmp_path / "s.ftstudy", now, [(LAY, both)] * 7) as study:
        table = study_terms(study)
    listed = {which: [row.term.term for row in table.listed(which)] for which in TermList}
    assert listed == {
        TermList.ALL: ["irregular heartbeat", "atrial fibrillation"],
        TermList.LEARNT: ["atrial fibrillation"],
        TermList.LOST: [],
        TermList.OUTDATED: ["irregular heartbeat"],
        TermList.MIXED: ["irregular heartbeat", "atrial fibrillation"],
    }
    document = json.loads(json.dumps(terms_json(table)))
    assert document["lists"]["learnt"] == ["atrial fibrillation"]
    assert document["mixed_concepts"] == [
        {
            "concept": "AF",
            "terms": [
                {"term": "atrial fibrillation", "status": "preferred"},
                {"term": "irregular heartbeat", "status": "deprecated"},
            ],
            "answers": {"base": 0, "cardiology": 7},
        }
    ]


def test_the_document_has_all_figures(study: StudyFile, now: datetime) -> None:
    judged(study, now, "bbbbbbbb")
    document = json.loads(json.dumps(words_json(study_words(study))))
    assert (document["tested"], document["learnt"], document["lost"], document["listed"]) == (7, 3, 4, 7)
    assert document["lists"]["learnt"] == [row["word"] for row in document["words"] if row["told"] == "more"]
    row = next(row for row in document["words"] if row["word"] == "Seek advice")
    assert row["counts"] == [0, 12]
    assert (row["first_only"], row["second_only"], row["both"]) == (0, 12, 0)
    assert row["win_rate"]["value"] == 1.0
    assert row["high"] is None
    assert set(row) >= {"p", "q", "p_of_counts", "log_ratio", "low", "log_odds_z", "log_likelihood", "keys"}


def test_those_with_the_least_p_are_listed_and_all_are_tested(
    study: StudyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.app.review.study_terms.MOST_LISTED", 3)
    table = study_words(study)
    assert (len(table.rows), table.tested, table.learnt) == (3, 7, 3)


def test_it_can_be_given_up(study: StudyFile) -> None:
    told: list[float | None] = []
    study_words(study, progress=lambda _, share: told.append(share))
    shares = [share for share in told if share is not None]
    assert len(shares) == len(told)
    assert shares == sorted(shares)
    assert shares[-1] < 1

    def stop(_name: str, _share: float | None) -> None:
        raise stopped()

    for operation in (study_terms, study_words):
        with refuses("stopped"):
            operation(study, progress=stop)


def test_while_blinded_no_word_is_told(tmp_path: Path, now: datetime) -> None:
    with StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(1), now=now) as study:
        table = study_words(study)
        assert (table.rows, table.systems, table.second) == ((), (), "")
        assert table.withheld is not None
        assert words_json(table) is None
        assert study_terms(study).preferences == {}
