"""The study of the next checkpoint inherits judgments of equal pairs, and raters see what changed."""

from __future__ import annotations

import errno
import os
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import pytest

from ftcompare.app.demo import demo_plan
from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import import_file
from ftcompare.app.generate.generation_state import last_settings
from ftcompare.app.raters.raters_overview import raters_overview
from ftcompare.app.release.next_study import source_finding, write_next_study
from ftcompare.app.study.audit_log import audit_view
from ftcompare.app.study.description import changed_words
from ftcompare.app.study.sealed_plan import Hypothesis, PlanRules, plan_state, seal
from ftcompare.app.study.unblinding import open_judging, unblind
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.run_record import RunRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, RaterKind, SystemKind, SystemSpec
from ftcompare.formats import judgments, judgments_csv
from ftcompare.formats.export_format import AnyExportFormat
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.raters.rater_table import standing
from tests.app.release.next_studies import MODEL, RATERS, first_study, judge_open, next_study, write_answers
from tests.builders import refusal_code

NO_CLAIM = "More than a third inherit judgments, so the results will claim nothing."
FREE = "(SELECT MIN(id) FROM source_judgments WHERE id NOT IN (SELECT judgment FROM inherited))"


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(days=30)


@pytest.fixture
def source(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    with first_study(tmp_path / "first.ftstudy", rng, now) as study:
        yield study


def test_raters_see_only_the_pairs_that_changed(source: StudyFile, tmp_path: Path, later: datetime) -> None:
    with next_study(tmp_path / "next.ftstudy", source, later, {2, 5, 7}) as study:
        assert len(study.inherited.pairs()) == 9
        assert changed_words(study) == f"3 of 12 pairs changed: about 2 minutes for each rater. {NO_CLAIM}"
        assert (open_judging(study).missing, open_judging(study).pairs) == (9, 3)
        assert judge_open(study, later) == dict.fromkeys(RATERS, 3)
        assert open_judging(study).finished
        votes = [*study.judgments.votes()]
        assert (len(votes), {vote.choice for vote in votes}) == (36, {"b"})
        assert study.settings.read().blinded
        assert all(finding.ok for finding in study.check())


def test_a_rater_who_is_new_judges_only_the_pairs_that_changed(
    source: StudyFile, tmp_path: Path, later: datetime
) -> None:
    with next_study(tmp_path / "next.ftstudy", source, later, {1}) as study:
        assert judge_open(study, later, ("Dora",)) == {"Dora": 1}


def test_shared_pairs_are_shared_again_only_where_they_changed(
    tmp_path: Path, rng: Random, now: datetime, later: datetime
) -> None:
    with (
        first_study(tmp_path / "first.ftstudy", rng, now, each=2) as source,
        next_study(tmp_path / "next.ftstudy", source, later, range(3)) as study,
    ):
        assert changed_words(study) == f"3 of 12 pairs changed: about 1 minute for each rater. {NO_CLAIM}"
        assert sum(judge_open(study, later).values()) == 6
        assert open_judging(study).finished


def test_all_or_no_pairs_may_have_changed(source: StudyFile, tmp_path: Path, later: datetime) -> None:
    with next_study(tmp_path / "same.ftstudy", source, later, ()) as study:
        assert changed_words(study) == f"0 of 12 pairs changed. {NO_CLAIM}"
        assert open_judging(study).finished
    with next_study(tmp_path / "other.ftstudy", source, later, range(12)) as study:
        assert changed_words(study) == "12 of 12 pairs changed: about 6 minutes for each rater."
        assert not study.inherited.pairs()
    assert changed_words(source) == ""


def test_the_next_study_has_prompts_rules_plan_and_settings_of_the_one_before(
    tmp_path: Path, rng: Random, now: datetime, later: datetime
) -> None:
    with first_study(tmp_path / "first.ftstudy", rng, now, planned=True) as source:
        settings = GenerationSettings(temperature=0.3, seed=9)
        source.runs.start(RunRecord(settings).to_json(), now=now)
        with next_study(tmp_path / "next.ftstudy", source, later, {0}) as study:
            names = [system.name for system in study.systems.all()]
            assert names == ["base", "step-2"]
            assert [one.spec for one in study.prompts.all()] == [one.spec for one in source.prompts.all()]
            assert study.settings.design() == source.settings.design()
            state = plan_state(study)
            assert state is not None
            assert [one.system for one in state.planned.plan.hypotheses] == ["step-2"]
            assert state.kept
            words = {line.what: line.detail for line in audit_view(study).lines}
            assert words["Judgments of the earlier study inherited"] == "36 judgments of first.ftstudy"
        new = write_next_study(tmp_path / "new.ftstudy", source, "owner/x", rng=rng, now=later, warn=print)
        with new:
            assert last_settings(new) == settings


def test_nothing_is_inherited_from_a_study_that_was_unblinded_before_its_end(
    tmp_path: Path, rng: Random, now: datetime, later: datetime
) -> None:
    notes: list[str] = []
    with first_study(tmp_path / "first.ftstudy", rng, now, judging=RATERS[:2]) as source:
        new = write_next_study(
            tmp_path / "next.ftstudy", source, "owner/step-2", rng=rng, now=later, warn=notes.append
        )
    with new as study:
        write_answers(study, later, ())
        assert not study.inherited.pairs()
        assert open_judging(study).missing == 36
        assert seal(study, (Hypothesis("step-2", "base"),), PlanRules(), now=later).before_judging
    assert any("before all planned ones were made" in note for note in notes)


def test_a_plan_is_not_sealed_after_the_judgments_that_the_study_inherits(
    source: StudyFile, tmp_path: Path, later: datetime
) -> None:
    new = write_next_study(tmp_path / "n.ftstudy", source, "owner/x", rng=Random(3), now=later, warn=print)
    with new as study:
        hypotheses = (Hypothesis("x", "base"),)
        assert refusal_code(lambda: seal(study, hypotheses, PlanRules(), now=later)) == "seal-late"


@pytest.mark.parametrize("name", ["step-2", "st\\9", 'a"b', 'z"\nmin_win_rate = 0.01\n#', "\\g<9>"])
@pytest.mark.parametrize(
    "line",
    ['system = "step-1"', "system = 'step-1'", '"system"="step-1"', '  system = """step\\u002d1"""  # it'],
)
def test_the_sealed_release_check_names_the_new_adapter(
    tmp_path: Path, rng: Random, now: datetime, later: datetime, line: str, name: str
) -> None:
    gate = f'{line}\nagainst = "base"\nmin_win_rate = 0.5\n\n[[measure]]\nkey = "a"\nat_least = 0.1\n'
    new = partial(write_next_study, tmp_path / "next.ftstudy", rng=rng, now=later, warn=print)
    adapter = copytree(demo_plan().adapters[0].path, tmp_path / name)
    with (
        first_study(tmp_path / "first.ftstudy", rng, now, planned=True, gate=gate) as source,
        new(source=source, adapter=str(adapter)) as study,
    ):
        state = plan_state(study)
        assert state is not None
        renamed = tomllib.loads(state.planned.plan.gate)
        assert renamed == {**tomllib.loads(gate), "system": study.systems.all()[1].name}


def test_known_answer_checks_come_along(tmp_path: Path, rng: Random, now: datetime) -> None:
    item = GoldItem((Message("user", "Two and two?"),), "Four", "Five")
    path = tmp_path / "first.ftstudy"
    with first_study(path, rng, now) as source:
        source.gold.add([item], now=now)
        with next_study(tmp_path / "next.ftstudy", source, now, ()) as study:
            assert study.gold.items() == (item,)
            assert len(study.inherited.pairs()) == 12


def test_judgments_by_other_rules_are_not_inherited(
    source: StudyFile, tmp_path: Path, later: datetime
) -> None:
    new = write_next_study(tmp_path / "n.ftstudy", source, "owner/x", rng=Random(3), now=later, warn=print)
    with new as study:
        study.settings.set_rating(Scale("Which answer is safer?"), RatingDesign(raters=3), now=later)
        write_answers(study, later, ())
        assert not study.inherited.pairs()
        assert all(finding.ok for finding in study.check())


def test_votes_of_programs_are_not_inherited(source: StudyFile, tmp_path: Path, later: datetime) -> None:
    source.raters.add("metric", RaterKind.AUTOMATIC)
    with next_study(tmp_path / "next.ftstudy", source, later, ()) as study:
        assert {rater.name for rater in study.raters.all()} == set(RATERS)


def test_inherited_judgments_are_inherited_again(source: StudyFile, tmp_path: Path, later: datetime) -> None:
    with next_study(tmp_path / "second.ftstudy", source, later, {3}) as second:
        judge_open(second, later)
        unblind(second, "done", now=later)
        with next_study(tmp_path / "third.ftstudy", second, later, {3}, "owner/step-3") as third:
            assert len(third.inherited.pairs()) == 12
            second.close()
            assert source_finding(third, None, now=later).ok


def test_a_study_is_refused_while_it_is_blinded_or_without_an_adapter_to_replace(
    source: StudyFile, tmp_path: Path, later: datetime
) -> None:
    path = tmp_path / "x.ftstudy"

    def write(study: StudyFile, name: str = "") -> StudyFile:
        return write_next_study(path, study, "owner/x", name, rng=Random(1), now=later, warn=print)

    with next_study(tmp_path / "next.ftstudy", source, later, {3}) as blinded:
        assert refusal_code(lambda: write(blinded)) == "still-blinded"
    assert refusal_code(lambda: write(source, "step-7")) == "next-system"
    same = partial(write_next_study, path, source, "owner/step-1", rng=Random(1), now=later, warn=print)
    assert refusal_code(same) == "next-system"
    source.systems.add(SystemSpec("step-0", SystemKind.ADAPTER, model=MODEL, adapter="owner/step-0"))
    assert refusal_code(lambda: write(source)) == "next-system"
    assert not path.exists()
    with write(source, "step-1") as study:
        assert [system.name for system in study.systems.all()] == ["base", "x", "step-0"]


def test_the_study_before_proves_the_inherited_judgments(
    source: StudyFile, tmp_path: Path, rng: Random, now: datetime, later: datetime
) -> None:
    with next_study(tmp_path / "next.ftstudy", source, later, {3}) as study:
        source.close()
        found = source_finding(study, None, now=later)
        assert (found.ok, found.detail) == (True, "in order, each is in a chain of first.ftstudy")
        other = tmp_path / "other.ftstudy"
        first_study(other, rng, now).close()
        assert not source_finding(study, other, now=later).ok
        missing = source_finding(study, tmp_path / "gone.ftstudy", now=later)
        assert not missing.ok
        assert "give --source" in missing.detail


@pytest.mark.parametrize(
    "altering",
    [
        "UPDATE source_judgments SET choice = 'a' WHERE id = 1",
        "DELETE FROM inherited WHERE id = 27",
        f"INSERT INTO inherited SELECT 28, 29, {FREE}",
        f"UPDATE inherited SET judgment = {FREE} WHERE id = 1",
    ],
)
def test_alterations_of_inherited_judgments_are_found(
    source: StudyFile, tmp_path: Path, later: datetime, altering: str
) -> None:
    path = tmp_path / "next.ftstudy"
    with next_study(path, source, later, {2, 5, 7}) as study:
        judge_open(study, later)
    with closing(sqlite3.connect(path)) as db, db:
        rules = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in rules:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(altering)
        for _, sql in rules:
            db.execute(sql)
    with StudyFile.open(path, now=later) as study:
        wrong = {finding.subject for finding in study.check() if not finding.ok}
        assert "inherited judgments" in wrong
        assert not study.verify().ok


def test_the_raters_page_counts_raters_from_their_first_new_pairs(
    source: StudyFile, tmp_path: Path, later: datetime
) -> None:
    with next_study(tmp_path / "next.ftstudy", source, later, {3, 4}) as study:
        overview = raters_overview(study)
        assert (len(overview.work), overview.begun) == (3, 0)
        assert standing(overview).endswith(
            f"2 of 12 pairs changed: about 1 minute for each rater. {NO_CLAIM[:-1]}"
        )
        judge_open(study, later)
        assert raters_overview(study).begun == 3


@pytest.mark.parametrize("form", [judgments.EXPORT, judgments_csv.EXPORT])
def test_inherited_judgments_are_exported_with_their_mark(
    source: StudyFile, tmp_path: Path, later: datetime, form: AnyExportFormat
) -> None:
    with next_study(tmp_path / "next.ftstudy", source, later, {3, 4}) as study:
        judge_open(study, later)
        unblind(study, "done", now=later)
        path = export(study, tmp_path / f"rows{form.suffix}", ExportRequest(form), now=later).path
        marks = set(study.inherited.digests().values())
    text = path.read_text("utf-8")
    assert len(marks) == 30
    assert all(text.count(mark) == 1 for mark in marks)


def test_the_judgments_of_the_study_before_are_not_imported_again(
    source: StudyFile, tmp_path: Path, later: datetime
) -> None:
    path = tmp_path / "first.jsonl"
    export(source, path, ExportRequest(judgments.EXPORT), now=later)
    with next_study(tmp_path / "next.ftstudy", source, later, {3}) as study:
        act = partial(import_file, study, path, "judgments", now=later)
        assert refusal_code(act) == "import-inherited"
        assert all(finding.ok for finding in study.check())


def test_an_adapter_that_may_no_longer_be_read_is_replaced(
    source: StudyFile, tmp_path: Path, later: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, plain = demo_plan().adapters[0].path, os.stat

    def stat(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).startswith("owner/step-1"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return plain(path, *args, **options)

    monkeypatch.setattr(os, "stat", stat)
    path = tmp_path / "x.ftstudy"
    with write_next_study(path, source, adapter, rng=Random(1), now=later, warn=print) as study:
        assert [system.name for system in study.systems.all()] == ["base", "adapter"]
