"""Exports with what experts left: corrected answers, and pairs that were adjudicated."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.export_request import ExportRequest, require_known
from ftcompare.app.export.exporting import export, left_out_words, preview
from ftcompare.app.rate.rating_session import study_session
from ftcompare.core.annotations import Adjudicated, Adjudication, Correction
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Choice
from ftcompare.core.study import Response, Verdict
from ftcompare.formats.training import dataset_folder, openai, trl
from ftcompare.formats.training.filters import Corrections, Decision, PairFilters
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS

BETTER = "Atrial fibrillation is an irregular rhythm of the atria."
ALL = PairFilters(include_held_out=True)


@pytest.fixture
def judged(study: StudyFile, now: datetime, rng: Random) -> StudyFile:
    """Everything judged for the clinical side by Ada."""
    session = study_session(study, "Ada", clock=lambda: now, rng=rng)
    while item := session.view().item:
        clinical = Choice.LEFT if item.left.startswith("Atrial") else Choice.RIGHT
        session.judge(item.allocation, Verdict(clinical))
    return study


@pytest.fixture
def corrected(judged: StudyFile, now: datetime) -> Response:
    """An answer that won, corrected by Eve."""
    won = next(one for one in judged.responses.all() if one.text.startswith("Atrial"))
    expert = judged.annotations.expert("Eve")
    judged.annotations.add(expert.id, Correction(won.id, BETTER), now=now)
    return won


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def request(form: Any, **filters: Any) -> ExportRequest:
    return ExportRequest(form, replace(ALL, **filters))


def test_preference_rows_hold_the_correction_against_the_answer(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    done = export(judged, tmp_path / "rows.jsonl", request(trl.PREFERENCE), now=now)
    *before, last = rows(done.path)
    assert [row["source"] for row in before] == ["judged"] * PROMPTS
    assert last["chosen"] == [{"role": "assistant", "content": BETTER}]
    assert last["rejected"] == [{"role": "assistant", "content": corrected.text}]
    assert (last["source"], last["n_raters"], last["agreement"]) == ("corrected", 0, 1.0)
    card = done.card.read_text(encoding="utf-8")
    assert "experts' corrections of answers included" in card
    assert "over the rows, 100% of the judgments" in card


def test_rows_for_fine_tuning_hold_the_correction_in_the_place_of_the_answer(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    done = export(judged, tmp_path / "rows.jsonl", request(trl.SUPERVISED), now=now)
    texts = [row["messages"][-1]["content"] for row in rows(done.path)]
    assert len(texts) == PROMPTS
    assert texts[-1] == BETTER
    assert corrected.text not in texts
    told = [left_out_words(reason, count) for reason, count in done.dropped.items()]
    assert told == ["1 answer: in whose place a correction stands"]


def test_a_correction_that_is_the_answer_beside_it_gives_no_second_row(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    """The raters prefer what one expert corrects into the other answer, and another expert the other way."""
    pair = next(iter(judged.judgments.standing())).comparison
    for name, of, into in (("Eve", pair.a, pair.b), ("Max", pair.b, pair.a)):
        judged.annotations.add(judged.annotations.expert(name).id, Correction(of.id, into.text), now=now)
    done = export(judged, tmp_path / "rows.jsonl", request(trl.PREFERENCE), now=now)
    assert [row["source"] for row in rows(done.path)] == ["judged"] * PROMPTS
    assert "corrections into the answer beside it" in done.card.read_text(encoding="utf-8")
    alone = request(trl.PREFERENCE, corrections=Corrections.ONLY)
    assert export(judged, tmp_path / "alone.jsonl", alone, now=now).kept == 1
    texts = export(judged, tmp_path / "texts.jsonl", request(trl.SUPERVISED), now=now)
    found = [row["messages"][-1]["content"] for row in rows(texts.path)]
    assert len(set(found)) == len(found)


def test_a_winner_that_another_answer_is_corrected_into_is_learnt_once(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    pair = next(iter(judged.judgments.standing())).comparison
    won, lost = sorted((pair.a, pair.b), key=lambda one: not one.text.startswith("Atrial"))
    judged.annotations.add(judged.annotations.expert("Eve").id, Correction(lost.id, won.text), now=now)
    done = export(judged, tmp_path / "rows.jsonl", request(trl.SUPERVISED), now=now)
    found = [row["messages"][-1]["content"] for row in rows(done.path)]
    assert found.count(won.text) == 1
    assert done.dropped["corrections that stand in another row already"] == 1


def test_the_newest_of_several_experts_counts_whatever_the_order_of_the_rows(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    pair = next(iter(judged.judgments.standing())).comparison
    for name, choice, at in (
        ("Eve", Adjudicated.TIE, now + timedelta(hours=1)),
        ("Max", Adjudicated.A, now),
    ):
        expert = judged.annotations.expert(name).id
        judged.annotations.add(expert, Adjudication(pair.id, choice), now=at)
        judged.annotations.add(expert, Correction(pair.a.id, f"{BETTER} {name}."), now=at)
    asked = request(trl.PREFERENCE, decided_by=Decision.ADJUDICATED)
    done = export(judged, tmp_path / "rows.jsonl", asked, now=now)
    assert done.dropped["about equal"] == 1
    assert rows(done.path)[-1]["chosen"][0]["content"] == f"{BETTER} Eve."


def test_corrections_alone_or_not_at_all(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    only = export(
        judged, tmp_path / "only.jsonl", request(openai.EXPORT, corrections=Corrections.ONLY), now=now
    )
    assert only.kept == 1
    assert "and no judged pair" in only.card.read_text(encoding="utf-8")
    none = export(
        judged, tmp_path / "none.jsonl", request(trl.SUPERVISED, corrections=Corrections.LEAVE_OUT), now=now
    )
    assert corrected.text in none.path.read_text(encoding="utf-8")
    assert BETTER not in none.path.read_text(encoding="utf-8")


def test_without_any_judgment_corrections_are_enough(study: StudyFile, tmp_path: Path, now: datetime) -> None:
    first = next(iter(study.responses.all()))
    study.annotations.add(study.annotations.expert("Eve").id, Correction(first.id, BETTER), now=now)
    done = export(study, tmp_path / "rows.jsonl", request(trl.SUPERVISED), now=now)
    assert [row["messages"][-1]["content"] for row in rows(done.path)] == [BETTER]
    assert preview(study, request(trl.PREFERENCE)).kept == 1


def test_a_dataset_folder_has_the_corrections_in_its_tables(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    done = export(judged, tmp_path / "heart", request(dataset_folder.EXPORT), now=now)
    held = {path.parent.name: path.read_text(encoding="utf-8") for path in done.path.rglob("*.jsonl")}
    assert {name for name, text in held.items() if BETTER in text} == {"preference", "sft"}
    assert corrected.text not in held["sft"]


def test_a_format_without_place_for_corrections_refuses_to_hold_them_alone() -> None:
    with pytest.raises(UserError) as caught:
        require_known(request(trl.UNPAIRED, corrections=Corrections.ONLY))
    assert caught.value.code == "filter-not-known"
    require_known(request(trl.UNPAIRED, corrections=Corrections.LEAVE_OUT))


def test_adjudicated_rows_go_by_the_senior_verdict_and_the_card_says_so(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    pair = next(iter(judged.judgments.standing())).comparison
    lost = next(answer for answer in (pair.a, pair.b) if not answer.text.startswith("Atrial"))
    for name, choice in (
        ("Eve", Adjudicated.TIE),
        ("Max", Adjudicated.A if lost is pair.a else Adjudicated.B),
    ):
        expert = judged.annotations.expert(name)
        judged.annotations.add(expert.id, Adjudication(pair.id, choice), now=now)
    plain = export(judged, tmp_path / "majority.jsonl", request(trl.PREFERENCE), now=now)
    assert {row["source"] for row in rows(plain.path)} == {"judged"}
    assert "adjudications do not count" in plain.card.read_text(encoding="utf-8")
    done = export(
        judged, tmp_path / "senior.jsonl", request(trl.PREFERENCE, decided_by=Decision.ADJUDICATED), now=now
    )
    (changed,) = [row for row in rows(done.path) if row["source"] == "adjudicated"]
    assert changed["chosen"][0]["content"] == lost.text
    assert changed["agreement"] == 0.0
    told = done.card.read_text(encoding="utf-8")
    assert "pairs that were adjudicated go by that verdict" in told
    assert "adjudicated pairs need no agreement, and flags do not leave them out" in told
