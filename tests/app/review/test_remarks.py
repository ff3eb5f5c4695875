"""What raters flagged, commented on and skipped, as the owner is told it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.review.terminology import RemarkKind, kinds_of, remark_words, remarks, review_skipped
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    AllocationId,
    Draft,
    GlossaryTerm,
    Message,
    PromptSpec,
    TermStatus,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, drawn_rater, import_systems, output_of


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    """Five pairs of one rater: flagged, commented, both, skipped, and one without a remark."""
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="Remarks", scale=Scale(), rng=Random(3), now=now) as file:
        systems = import_systems(file, "plain", "tuned")
        for number in range(5):
            spec = PromptSpec(f"p{number}", (Message("user", f"Question {number}?"),))
            (prompt,) = file.prompts.add([spec])
            answer_elsewhere(
                file, prompt, (f"{number} by {place}: heart." for place, _ in enumerate(systems))
            )
        file.glossary.replace([GlossaryTerm("heart", TermStatus.PREFERRED, "h")], now=now)
        rater = drawn_rater(file, "Ada", rng=Random(1), now=now)
        said = (
            Verdict(Choice.LEFT, flagged=True),
            Verdict(Choice.TIE, comment="  a wrong\tdose "),
            Verdict(Choice.RIGHT, comment="odd", flagged=True),
            None,
            Verdict(Choice.LEFT, comment=" "),
        )
        for number, verdict in enumerate(said):
            item, at = file.judgments.next_item(rater.id), now + timedelta(seconds=number)
            assert item is not None
            if verdict is None:
                draft = Draft(comment="cut off?", flagged=True)
                file.judgments.skip(item.allocation, "Cannot judge", draft=draft, seconds=None, now=at)
            else:
                file.judgments.judge(item.allocation, verdict, now=at)
    return path


def test_remarks_are_counted_and_listed_with_what_was_written(study: Path, now: datetime) -> None:
    with StudyFile.open(study, now=now) as file:
        found = remarks(file)
        assert found.counts == {"flagged": 3, "commented": 3, "skipped": 1}
        told = [("+".join(kinds_of(pair)), remark_words(pair), pair.rater.name) for pair in found.pairs]
        assert told == [
            ("flagged", "", "Ada"),
            ("commented", "a wrong\tdose", "Ada"),
            ("flagged+commented", "odd", "Ada"),
            ("flagged+commented+skipped", "Cannot judge · cut off?", "Ada"),
        ]
        assert len(remarks(file, RemarkKind.SKIPPED).pairs) == 1
        assert remarks(file, RemarkKind.SKIPPED).counts == found.counts


def test_a_skip_that_was_taken_back_is_listed_no_more(study: Path, now: datetime) -> None:
    with StudyFile.open(study, now=now) as file:
        (skipped,) = remarks(file, RemarkKind.SKIPPED).pairs
        rater = file.raters.all()[0]
        file.judgments.return_to_skipped(rater.id, now=now + timedelta(minutes=1))
        assert remarks(file).counts[RemarkKind.SKIPPED] == 0
        with pytest.raises(UserError, match="no longer skipped"):
            review_skipped(file, skipped.allocation)


def test_while_blinded_a_skipped_pair_is_shown_without_names_and_marks(study: Path, now: datetime) -> None:
    with StudyFile.open(study, now=now) as file:
        (pair,) = remarks(file, RemarkKind.SKIPPED).pairs
        shown = review_skipped(file, AllocationId(pair.allocation))
        assert (shown.verdict.words, shown.comment) == ("Skipped: Cannot judge", "cut off?")
        assert (shown.left_system, shown.right_system, shown.left.matches) == ("", "", ())
        file.settings.unblind("done", now=now)
        shown = review_skipped(file, AllocationId(pair.allocation))
    assert {shown.left_system, shown.right_system} == {"plain", "tuned"}
    assert ("by 0" in shown.left.text) == (shown.left_system == "plain")
    assert len(shown.left.matches) == 1


def test_the_command_line_tells_the_same(
    study: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    told = output_of(capsys, ["answers", "remarks", str(study)])
    assert told.startswith("flagged 3, commented 3, skipped 1\n")
    assert "\tAda\tSkipped\tCannot judge · cut off?" in told
    assert "tuned" not in told
    found = json.loads(output_of(capsys, ["answers", "remarks", str(study), "--kind", "commented", "--json"]))
    assert found["counts"] == {"flagged": 3, "commented": 3, "skipped": 1}
    assert [one["comment"].strip() for one in found["remarks"]] == ["a wrong\tdose", "odd", "cut off?"]
    assert [one["preferred"] for one in found["remarks"]] == [None] * 3
    assert found["remarks"][-1]["skip_reason"] == "Cannot judge"
