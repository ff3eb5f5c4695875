"""Every kind of audit entry in words, as a study that does everything writes them.

What would be lost to the blind is counted before a study is unblinded.

The newest backup of a study, beside it, and nothing replaced.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import BinaryIO

import pytest

from ftcompare.app import application_paths
from ftcompare.app.raters.packs import make_pack
from ftcompare.app.study.audit_log import audit_view
from ftcompare.app.study.backup_restore import restore_backup, restore_unaltered_backup, restored_time
from ftcompare.app.study.opening import open_study
from ftcompare.app.study.unblinding import before_unblinding
from ftcompare.core.annotations import Mark
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message, RaterId, Verdict
from ftcompare.store.integrity.backup import all_backups
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.sqlite.errors import time_of
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import judged_study
from tests.app.study.test_altered_study import ALTERATIONS, alter


def words(study: StudyFile) -> dict[str, str]:
    return {line.what: line.detail for line in audit_view(study).lines}


def test_all_that_is_done_to_a_study_is_told_in_words(
    study: StudyFile, tmp_path: Path, rng: Random, now: datetime
) -> None:
    design = RatingDesign(raters=2, each=1, controls=0.2, gold=0.2)
    study.settings.set_rating(study.settings.read().scale, design, now=now)
    study.gold.add([GoldItem((Message("user", "Why?"),), "Because of this.", "No idea.")], now=now)
    ada = study.raters.add("Ada")
    study.allocations.draw(ada.id, rng=rng, now=now)
    item = study.judgments.next_item(ada.id)
    assert item is not None
    study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    pack = tmp_path / "ben.ftpack"
    make_pack(study, pack, "Ben", rng=rng, now=now)
    with PackFile.open(pack) as opened:
        first = opened.judgments.next_item(PACK_RATER)
        assert first is not None
        opened.judgments.judge(first.allocation, Verdict(Choice.LEFT), now=now)
        mark = Mark(answer_number(first.allocation, left=True), 0, 1, first.left[:1], "style", "minor")
        number = opened.annotations.add(PACK_EXPERT, mark, now=now)
    study.packs.merge(pack, now=now)
    with PackFile.open(pack) as opened:
        opened.annotations.retract(PACK_EXPERT, number, now=now)
    study.packs.merge(pack, now=now)
    study.audit.append("exported", {"format": "csv", "rows": 1}, now=now)
    study.settings.unblind("all are in", now=now)
    study.raters.exclude(ada.id, "in a hurry", now=now)
    study.raters.include(ada.id, "was ill, not hurried", now=now)
    told = words(study)
    for what, detail in {
        "Study made": f"format version {study.format_version}",
        "Writing of pairs begun": "run 1; its record",
        "Share of the pairs taken": "share 1 by Ada",
        "Pairs shared out": "for 2 raters; commitment",
        "Order and sides drawn": "pair",
        "Rater pack made": "for Ben; pack ",
        "Marks of a rater pack merged": "from Ben: 1 mark; pack ",
        "Exported": "1 row as csv",
        "Unblinded": "reason: all are in",
        "Rater left out of the results": "Ada; reason: in a hurry",
        "Rater taken back into the results": "Ada; reason: was ill, not hurried",
        "Known-answer checks added": "1 pair; digest",
    }.items():
        assert detail in told[what], what
    assert "Scale and design of the rating set" in told
    kinds = {entry.kind for entry in study.audit.entries()}
    spelled = {kind.replace("-", " ").capitalize() for kind in kinds - {"exported", "unblinded"}}
    assert not spelled & set(told)


def test_a_run_of_the_live_page_has_words_of_its_own(study: StudyFile, now: datetime) -> None:
    study.runs.start({"live": True, "proof": []}, now=now)
    assert "run 2; its record" in words(study)["Models made ready for the live page"]
    assert "run 1; its record" in words(study)["Writing of pairs begun"]


def test_an_entry_without_words_of_ours_tells_nothing_while_blinded(study: StudyFile, now: datetime) -> None:
    study.audit.append("new-kind", {"seed": "0123456789abcdef", "system": "cardiology"}, now=now)
    assert words(study)["New kind"] == ""
    study.settings.unblind("done", now=now)
    assert words(study)["New kind"] == "seed 0123456789ab…; system cardiology"


def test_while_blinded_the_log_names_no_system_and_no_seed(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    study.allocations.draw(study.raters.add("Ada").id, rng=rng, now=now)
    view = audit_view(study)
    assert view.withheld is not None
    said = " ".join(f"{line.what} {line.detail}" for line in view.lines)
    for system in study.systems.all():
        assert system.name not in said
        assert system.neutral_name not in said
    assert "seed" not in said


PAIRS = 12


def judge(study: StudyFile, rater: RaterId, count: int, now: datetime) -> None:
    for _ in range(count):
        item = study.judgments.next_item(rater)
        assert item is not None
        study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)


def test_where_nobody_has_begun_every_pair_is_open(study: StudyFile) -> None:
    before = before_unblinding(study)
    assert (before.judgments, before.open_pairs, before.missing) == (0, PAIRS, PAIRS)


def test_without_a_plan_every_rater_who_has_begun_is_waited_for(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    for name, count in (("Ada", PAIRS), ("Ben", 5)):
        rater = study.raters.add(name).id
        study.allocations.draw(rater, rng=rng, now=now)
        judge(study, rater, count, now)
    before = before_unblinding(study)
    assert (before.judgments, before.open_pairs, before.missing) == (17, 7, 7)


def test_raters_who_are_planned_for_and_have_not_come_are_waited_for(study: StudyFile, now: datetime) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=3), now=now)
    assert before_unblinding(study).missing == 3 * PAIRS


def test_with_a_plan_its_judgments_a_pair_count_and_hidden_repeats_do_not(
    study: StudyFile, rng: Random, now: datetime
) -> None:
    study.settings.set_rating(
        study.settings.read().scale, RatingDesign(raters=2, each=2, repeats=0.5), now=now
    )
    rater = study.raters.add("Ada").id
    study.allocations.draw(rater, rng=rng, now=now)
    judge(study, rater, PAIRS + PAIRS // 2, now)
    before = before_unblinding(study)
    assert (before.open_pairs, before.missing) == (PAIRS, PAIRS)
    assert (before.judgments, before.checks) == (PAIRS + PAIRS // 2, PAIRS // 2)


def test_a_pack_that_is_not_back_is_named(
    study: StudyFile, tmp_path: Path, rng: Random, now: datetime
) -> None:
    made = make_pack(study, tmp_path / "ada.ftpack", "Ada", rng=rng, now=now).made
    (out,) = before_unblinding(study).packs
    assert (out.rater.name, out.name, out.items, out.judged) == ("Ada", made.name, PAIRS, 0)


@pytest.fixture
def spoilt(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of which there is a backup, and which another program emptied."""
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))
    path = tmp_path / "hearts.ftstudy"
    StudyFile.create(path, title="Hearts", scale=Scale(), rng=Random(1), now=now).close()
    path.chmod(0o600)
    open_study(path, now=now).close()
    os.truncate(path, 0)
    return path


def test_each_copy_is_a_study_of_its_own(spoilt: Path, now: datetime) -> None:
    first, second = restore_backup(spoilt), restore_backup(spoilt)
    assert [path.name for path in (first, second)] == [
        f"hearts (backup of {now:%Y-%m-%d}).ftstudy",
        f"hearts (backup of {now:%Y-%m-%d}) 2.ftstudy",
    ]
    for path in (first, second):
        assert path.parent == spoilt.parent
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with open_study(path, now=now) as study:
            assert study.settings.read().title == "Hearts"
    assert spoilt.stat().st_size == 0


def test_a_copy_keeps_the_time_of_its_backup(spoilt: Path) -> None:
    (backup,) = application_paths.backups().iterdir()
    os.utime(backup, (1_700_000_000, 1_700_000_000))
    copy = restore_backup(spoilt)
    assert copy.stat().st_mtime == backup.stat().st_mtime
    made = datetime.fromtimestamp(1_700_000_000, UTC).astimezone()
    assert restored_time(copy) == f"14 November, {made:%H:%M}" == time_of(backup)
    assert time_of(backup.with_name("gone")) == "an unknown time"


def test_the_newest_unaltered_backup_is_older_than_the_alteration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))
    path = judged_study(tmp_path / "hearts.ftstudy", prompts=6)
    open_study(path, now=now).close()
    alter(path, ALTERATIONS["choice"])
    open_study(path, now=now + timedelta(days=1)).close()
    copy = restore_unaltered_backup(path, now=now)
    assert copy.name == f"hearts (backup of {now:%Y-%m-%d}).ftstudy"
    with open_study(copy, now=now) as study:
        assert study.verify().ok
    assert sorted(tmp_path.glob("*.ftstudy")) == sorted((path, copy))
    newest = all_backups(path, application_paths.backups())[0]
    newest.write_bytes(b"")
    with pytest.raises(UserError) as caught:
        restore_unaltered_backup(path, now=now)
    assert caught.value.code == "backup-missing"
    assert sorted(tmp_path.glob("*.ftstudy")) == sorted((path, copy))


def test_without_a_backup_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))
    with pytest.raises(UserError) as caught:
        restore_backup(tmp_path / "hearts.ftstudy")
    assert caught.value.code == "backup-missing"


def test_a_copy_that_fails_half_way_leaves_nothing(spoilt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(spoilt.parent.iterdir())
    seen: list[list[str]] = []

    def half(source: BinaryIO, target: BinaryIO) -> None:
        target.write(source.read(5_000))
        seen.append([path.name for path in spoilt.parent.glob("*backup of*")])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", half)
    with pytest.raises(OSError, match="No space"):
        restore_backup(spoilt)
    assert seen == [[]]
    assert sorted(spoilt.parent.iterdir()) == before
