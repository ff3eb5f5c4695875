"""Which labels systems find likeliest: figures by hand, groups, confusion, command, matrix, while blinded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.generate.scoring import NO_CHOICES
from ftcompare.app.measures import labels
from ftcompare.app.measures.blocks import pair_answer_blocks
from ftcompare.app.measures.labels import (
    ACCURACY,
    BEGIN,
    GROUP,
    PER_CHARACTER,
    label_blocks,
    labels_json,
    likeliest,
    scored_choices,
    study_labels,
)
from ftcompare.app.results.presentation.blocks import Figures, Paragraph, Table
from ftcompare.app.work_progress import ignore_progress
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.study import Message, PromptSpec
from ftcompare.stats.correctness import NO_LABEL
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.checked_study import checked_study
from tests.app.results.code_study import code_study
from tests.app.results.labelled_study import LABELS, PROMPTS, labelled_study
from tests.builders import errors_of, output_of, present


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(labelled_study(tmp_path / "s.ftstudy", now), now=now) as file:
        yield file


def test_the_likeliest_label_raw_and_per_character() -> None:
    assert likeliest(LABELS, (-1.0, -4.0, -3.0), per_character=False) == "no"
    assert likeliest(LABELS, (-1.0, -4.0, -3.0), per_character=True) == "certainly"
    assert likeliest(LABELS, (-1.0, -9.0, -1.0), per_character=False) == NO_LABEL
    assert likeliest(("a", "b"), (0.0, -0.1), per_character=True) == "a"


def test_accuracy_differences_and_mcnemar_by_hand(study: StudyFile) -> None:
    """Base says no on prompts 2 to 11: five of them are right, and prompt 1 with certainly."""
    found = study_labels(study)
    assert found.systems == ("base", "tuned")
    base, tuned = (found.estimate(ACCURACY, system) for system in found.systems)
    assert base is not None
    assert tuned is not None
    assert (base.value, base.prompts) == (6 / 12, PROMPTS)
    assert base.low is not None
    assert base.low < 0.5
    assert tuned.value == 11 / 12
    assert len(found.values(PER_CHARACTER, "base")) == PROMPTS
    by_character = present(found.estimate(PER_CHARACTER, "base"))
    assert by_character.value == 6 / 12
    difference = present(found.difference(ACCURACY, "base", "tuned"))
    assert difference.difference == pytest.approx(5 / 12)
    test = present(found.mcnemar(ACCURACY, "base", "tuned"))
    assert (test.only_a, test.only_b) == (0, 5)
    assert test.p == pytest.approx(2 / 32)
    assert [prompt.key for prompt in found.differing(ACCURACY, "base", "tuned")] == [
        "p3",
        "p5",
        "p7",
        "p9",
        "p11",
    ]
    assert found.mean(ACCURACY, "nobody") is None


def test_confusion_and_groups(study: StudyFile) -> None:
    found = study_labels(study)
    base, tuned = (found.classification(ACCURACY, system) for system in ("base", "tuned"))
    assert base is not None
    assert tuned is not None
    assert base.counts == {
        ("no", "no"): 5,
        ("no", "certainly"): 1,
        ("certainly", "certainly"): 1,
        ("certainly", "no"): 5,
    }
    assert tuned.counts[("no", NO_LABEL)] == 1
    groups = {word: own for _, word, own in found.groups()}
    assert [*groups] == ["early", "late"]
    late = present(groups["late"].mean(ACCURACY, "base"))
    assert late == 3 / 6
    assert found.classification(ACCURACY, "nobody") is None


def test_blocks_tell_figures_rules_and_limits(study: StudyFile) -> None:
    found = study_labels(study)
    blocks = [*label_blocks(found)]
    tables = [block for block in blocks if isinstance(block, Table)]
    assert tables[0].plain_rows[1][:3] == ("tuned", "12", "92% (65–100%)")
    assert tables[2].columns[-1].title == "several"
    said = " ".join(block.text for block in blocks if isinstance(block, Paragraph))
    assert "not what it writes" in said
    pair = [*pair_answer_blocks(found, "base", "tuned")]
    (figures,) = (block for block in pair if isinstance(block, Figures))
    assert [figure.id for figure in figures.figures][:2] == ["labels:accuracy", "labels:accuracy:mcnemar"]
    *_, differing = (block for block in pair if isinstance(block, Table))
    assert differing.plain_rows[0] == ("p3", "Is it so, 3?", "certainly", "no")
    assert [*pair_answer_blocks(found, "base", "nobody")] == []


def test_many_different_labels_have_no_confusion_matrix(
    study: StudyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.app.measures.labels.MOST_LABELS", 1)
    assert len([block for block in label_blocks(study_labels(study)) if isinstance(block, Table)]) == 1


def test_rows_of_the_matrix(study: StudyFile, tmp_path: Path, now: datetime) -> None:
    raw, _ = labels.KIND.rows(study, ignore_progress)
    assert raw.key == "labels.accuracy"
    assert raw.by_system["tuned"].value == 11 / 12
    assert raw.differences["base", "tuned"].difference == pytest.approx(5 / 12)
    assert labels.KIND.details is not None
    (section,) = labels.KIND.details(study, ignore_progress)
    assert len(section.blocks) == 2
    assert labels.SCORE_LABELS.left(study).text == "This study has no model to generate with."
    with StudyFile.open(labelled_study(tmp_path / "u.ftstudy", now, scored=False), now=now) as unscored:
        assert labels.KIND.rows(unscored, ignore_progress) == ()
        assert labels.KIND.details(unscored, ignore_progress) == ()


def test_conversations_that_wait_are_counted_beside_the_figures(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(labelled_study(tmp_path / "t.ftstudy", now), now=now) as study:
        talk = PromptSpec(
            "talk", (Message("user", "So?"),), reference="no", labels=LABELS, later_turns=("And now?",)
        )
        study.prompts.add([talk, replace(talk, key="other")])
        found = study_labels(study)
        said = "2 conversations have been left out: their labels are scored after each system's own answers"
        assert any(isinstance(b, Paragraph) and b.text.startswith(said) for b in label_blocks(found))
        assert labels_json(found)["conversations_waiting"] == 2
        (section,) = labels.KIND.details(study, ignore_progress) if labels.KIND.details else ()
        assert isinstance(section.blocks[0], Paragraph)
        assert section.blocks[0].text.startswith(said)
        for row in labels.KIND.rows(study, ignore_progress):
            assert row.explanation.rule[0].startswith(said)


def test_without_scores_it_says_how_to_begin(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(labelled_study(tmp_path / "u.ftstudy", now, scored=False), now=now) as unscored:
        (said,) = label_blocks(study_labels(unscored))
        assert isinstance(said, Paragraph)
        assert said.text.startswith("No labels are scored yet")
    with StudyFile.open(code_study(tmp_path / "c.ftstudy", now), now=now) as other:
        assert [*label_blocks(study_labels(other))] == [Paragraph(GROUP.with_command(BEGIN))]
    assert NO_CHOICES in BEGIN


def test_the_command_and_its_document(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = labelled_study(tmp_path / "s.ftstudy", now)
    printed = output_of(capsys, ["measures", "labels", str(path), "--last", "--details"])
    for words in (
        "Most probable label right",
        "5 against 0",
        "macro F1",
        "by category",
    ):
        assert words in printed
    told = json.loads(output_of(capsys, ["measures", "labels", str(path), "--last", "--json"]))
    assert told["choices"] == PROMPTS + 1
    assert told["differences"][0]["mcnemar"] == {"only_a": 0, "only_b": 5, "p": 0.0625}
    assert [group["group"] for group in told["groups"]] == ["early", "late"]
    assert told["prompts"][3]["systems"][0] == {
        "system": "base",
        "accuracy": 0.0,
        "accuracy_per_character": 1.0,
        "told": "no",
    }
    assert told["confusion"][0]["counts"][-1] == {"right": "no", "likeliest": "no", "prompts": 5}
    with StudyFile.open(path, now=now) as study:
        assert json.loads(json.dumps(labels_json(study_labels(study)))) == told
    assert "no model to generate with" in errors_of(capsys, ["measures", "labels", str(path)], 2)


def test_while_blinded_only_what_is_scored_is_told(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = labelled_study(tmp_path / "b.ftstudy", now, blinded=True)
    with StudyFile.open(path, now=now) as study:
        assert scored_choices(study) == PROMPTS
        with pytest.raises(UserError, match="They are shown after unblinding"):
            study_labels(study)
    assert output_of(capsys, ["measures", "labels", str(path), "--last"]).startswith(
        "The labels of 12 prompts are scored. The probabilities that a system"
    )
    assert run(["measures", "labels", str(path), "--last", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"blinded": True, "prompts_scored": 12}
    assert labels.KIND.pooled is None


def test_labels_beside_checks(tmp_path: Path, now: datetime) -> None:
    """A study with labels and answers, not scored, has its choices."""
    with StudyFile.open(checked_study(tmp_path / "c.ftstudy", now), now=now) as study:
        assert study_labels(study).choices == 10
