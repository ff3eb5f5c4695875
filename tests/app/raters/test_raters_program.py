"""The self-test of the raters' program: its pack, and what it finds in the file afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.raters.raters_program import PAIRS, made_pack, require_judged
from ftcompare.core.errors import BugError
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    made = made_pack(tmp_path, rng=Random(1), clock=lambda: START)
    with PackFile.open(made) as file:
        for number in range(PAIRS):
            item = file.judgments.next_item(PACK_RATER)
            assert item is not None
            verdict = Verdict((Choice.RIGHT, Choice.LEFT)[number])
            file.judgments.judge(item.allocation, verdict, now=START + timedelta(minutes=number))
    return made


def test_what_was_judged_is_found_in_its_order(pack: Path) -> None:
    require_judged(pack, (Choice.RIGHT, Choice.LEFT))


def test_other_answers_than_were_given_are_told(pack: Path) -> None:
    with pytest.raises(BugError, match="right, left is stored, not left, left"):
        require_judged(pack, (Choice.LEFT, Choice.LEFT))
    with pytest.raises(BugError, match="right, left is stored, not right"):
        require_judged(pack, (Choice.RIGHT,))
