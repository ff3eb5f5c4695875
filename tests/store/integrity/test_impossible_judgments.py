"""Judgments that cannot be: not recorded here, and found where they are in a file nevertheless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.judgment_limits import MAX_COMMENT
from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, EventKind, JudgmentEvent, Rater, Verdict
from ftcompare.store.judging.verdict_recorder import ChainWriter
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study.raters import genesis
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import StudyJudgments, to_target


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        act()
    return caught.value.code


def test_what_a_check_would_not_accept_is_not_recorded(study: StudyFile, ann: Rater, now: datetime) -> None:
    item, years = study.judgments.next_item(ann.id), timedelta(days=366 * 40)
    assert item is not None
    judged = Verdict(Choice.TIE, seconds=1.0)
    long = "x" * (MAX_COMMENT + 1)
    refused = {
        "judgment-impossible": (
            lambda: study.judgments.judge(item.allocation, replace(judged, comment=long), now=now),
            lambda: study.judgments.judge(item.allocation, replace(judged, seconds=1.7e308), now=now),
            lambda: study.judgments.skip(item.allocation, long, seconds=None, now=now),
            lambda: study.judgments.skip(
                item.allocation, "Other", draft=Draft(comment=long), seconds=None, now=now
            ),
        ),
        "clock-wrong": (
            lambda: study.judgments.judge(item.allocation, judged, now=now - years),
            lambda: study.judgments.skip(item.allocation, "Other", seconds=None, now=now + 2 * years),
        ),
    }
    for code, acts in refused.items():
        assert [code_of(act) for act in acts] == [code] * len(acts)
    study.judgments.judge(item.allocation, judged, now=now)
    assert code_of(lambda: study.judgments.undo(ann.id, now=now - years)) == "clock-wrong"
    assert len(list(study.judgments.events(ann.id))) == 1
    assert all(finding.ok for finding in study.check())


@pytest.mark.parametrize(
    ("event", "at", "told"),
    [
        (
            JudgmentEvent(EventKind.JUDGMENT, "tie", seconds=1.7e308),
            "",
            "judgment 1 has a time on the pair that",
        ),
        (
            JudgmentEvent(EventKind.JUDGMENT, "tie", comment="x" * 60_000_000),
            "",
            "judgment 1 has a text of more than",
        ),
        (
            JudgmentEvent(EventKind.SKIP),
            "0001-01-01T00:00:00.000Z",
            "judgment 1 is not of the years 2000 to 2099",
        ),
        (
            JudgmentEvent(EventKind.SKIP),
            "9999-12-31T00:00:00.000Z",
            "judgment 1 is not of the years 2000 to 2099",
        ),
    ],
)
def test_a_judgment_that_cannot_be_is_found_though_its_chain_holds(
    study: StudyFile, ann: Rater, now: datetime, event: JudgmentEvent, at: str, told: str
) -> None:
    row = study._db.rows(f"{StudyJudgments.TARGET} WHERE al.rater = ? LIMIT 1", (ann.id,))[0]
    with study.atomic():
        ChainWriter(study._db, genesis).append(to_target(row), event, at or stamp(now))
    found = [finding.detail for finding in study.check() if finding.subject == "judgments of Ann"]
    assert found[0].startswith(told)
