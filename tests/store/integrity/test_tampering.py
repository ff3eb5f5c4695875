"""One byte altered in a judgment or a key is found every time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from ftcompare.store.study.study_file import StudyFile
from tests.store.integrity.tampering import JUDGMENTS_AND_KEYS, altered_and_checked, make_full_study

ROUNDS = 200


@pytest.fixture(scope="module")
def full_study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyFile]:
    """Never changed: what is altered in it is taken back."""
    path = tmp_path_factory.mktemp("full") / "full.ftstudy"
    with make_full_study(path, now=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)) as study:
        yield study


def test_a_study_in_which_everything_has_happened_is_in_order(full_study: StudyFile) -> None:
    assert [finding for finding in full_study.check() if not finding.ok] == []
    for table in JUDGMENTS_AND_KEYS:
        assert full_study._db.value(f"SELECT COUNT(*) FROM {table}") > 0, table
    kinds = {row["kind"] for row in full_study._db.rows("SELECT kind FROM events")}
    assert kinds == {"judgment", "skip", "retraction", "guess"}
    kinds = {row["kind"] for row in full_study._db.rows("SELECT kind FROM allocations")}
    assert kinds == {"ordinary", "control", "gold", "live"}


def test_one_altered_byte_in_a_judgment_or_key_is_found_every_time(full_study: StudyFile) -> None:
    rng = Random(20261120)
    missed = []
    for _ in range(ROUNDS):
        alteration, wrong = altered_and_checked(full_study, rng)
        if not wrong:
            missed.append(alteration)
    assert missed == []
    assert [finding for finding in full_study.check() if not finding.ok] == []
