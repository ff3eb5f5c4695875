"""A file of judgments holds all that raters answered, and gives the same votes back when it is imported."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import ExportDone, export
from ftcompare.app.export.importing import create_from_import, describe_import
from ftcompare.app.results.json_document import results_json
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.cli.main import run
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import JudgedRow, Message
from ftcompare.formats import judgments, judgments_csv, outputs
from ftcompare.store.records import ImportCounts
from ftcompare.store.study.study_file import StudyFile
from tests.app.scripted_study import scripted_study
from tests.app.voted_study import PREFERENCE, voted, voted_study

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pairs, two raters, hidden repeats, controls and guesses."""
    return scripted_study(tmp_path_factory.mktemp("scripted"), prompts=12, raters=2, seed=3)


@pytest.fixture
def sampled(tmp_path: Path, rng: Random, now: datetime) -> StudyFile:
    """Several samples, two of them of the same words, a prompt of two turns, flags and times."""
    turns = (Message("system", "Be brief."), Message("user", "Hi"))
    chat = JudgmentRecord(
        turns, "base", "tuned", "Hello.", "Hi.", "Ada", choice="b", preference=1.0, flagged=True
    )
    records = [
        voted("p", "Ada", "a", sample_a=0, sample_b=0, seconds=2.125, at="2026-05-01T10:00:00+00:00"),
        voted("p", "Ada", "tie", sample_a=1, sample_b=1, seconds=0.1, flagged=True, left="b"),
        voted("p", "Ben", "b", sample_a=0, sample_b=0, strength=2),
        voted("p", "Ben", "both_bad", sample_a=1, sample_b=1, criteria=(("safety", "a"),)),
        chat,
    ]
    return voted_study(tmp_path / "sampled.ftstudy", records, rng, now)


def exported(study: StudyFile, path: Path, now: datetime, form: Any = judgments.EXPORT) -> ExportDone:
    return export(study, path, ExportRequest(form), now=now)


def imported(file: Path, path: Path, now: datetime) -> ImportCounts:
    return create_from_import(path, StudyPlan(title="Again"), file, "judgments", rng=Random(5), now=now)


def rows_of(file: Path) -> Rows:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def votes(study: StudyFile) -> list[tuple[Any, ...]]:
    """The ordinary judgments, in order of time, with the systems by name. A vote has no reference answer."""
    names = {system.id: system.name for system in study.systems.all()}
    return [_vote(row, names) for row in study.judgments.standing()]


def _vote(row: JudgedRow, names: dict[Any, str]) -> tuple[Any, ...]:
    a, b = row.comparison.a, row.comparison.b
    sides = tuple((names[part.system], part.sample, part.text) for part in (a, b))
    said = (row.choice, row.preference, row.left, row.strength, row.comment, row.flagged, row.seconds)
    return (
        replace(row.prompt.spec, reference=""),
        sides,
        row.rater.name,
        *said,
        row.at,
        row.criteria,
        row.reasons,
        row.reason_sides,
    )


def test_all_that_raters_answered_is_in_the_file_by_kind(
    scripted: Path, tmp_path: Path, now: datetime
) -> None:
    with StudyFile.open(scripted, now=now) as study:
        done = exported(study, tmp_path / "j.jsonl", now)
        ordinary = len(votes(study))
        repeats = sum(1 for _ in study.judgments.repeat_pairs())
        guesses = sum(1 for _ in study.judgments.guesses())
    kinds = Counter(row["kind"] for row in rows_of(done.path))
    assert kinds == {"ordinary": ordinary, **done.checks}
    assert kinds.total() == done.kept
    assert (kinds["repeat"], kinds["guess"]) == (repeats, guesses)
    assert min(kinds[kind] for kind in ("repeat", "control", "guess")) > 0
    assert "rows that are no votes, marked by their kind" in done.card.read_text(encoding="utf-8")


def test_the_same_votes_come_back_and_nothing_else(scripted: Path, tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(scripted, now=now) as study:
        done = exported(study, tmp_path / "j.jsonl", now)
        before, told = votes(study), results_json(study)
    counts = imported(done.path, tmp_path / "again.ftstudy", now)
    assert counts.passed == done.checks
    words = describe_import(counts)
    assert "\n" not in words
    assert f"Passed over {done.checks['repeat']} pairs asked again, " in words
    with StudyFile.open(tmp_path / "again.ftstudy", now=now) as again:
        assert votes(again) == before
        assert results_json(again)["comparisons"] == told["comparisons"]
        assert all(finding.ok for finding in again.check())
        assert again.imports.judgments(judgments.read_judgments(done.path), now=now).judgments == 0


def test_samples_flags_and_times_come_back(sampled: StudyFile, tmp_path: Path, now: datetime) -> None:
    with sampled as study:
        done, before = exported(study, tmp_path / "j.jsonl", now), votes(study)
    assert [row["sample_a"] for row in rows_of(done.path)].count(1) == 2
    imported(done.path, tmp_path / "again.ftstudy", now)
    with StudyFile.open(tmp_path / "again.ftstudy", now=now) as again:
        assert sorted(votes(again), key=str) == sorted(before, key=str)
        assert all(finding.ok for finding in again.check())


def test_a_vote_of_an_earlier_file_without_times_is_no_second_vote(
    sampled: StudyFile, tmp_path: Path, now: datetime
) -> None:
    with sampled as study:
        done = exported(study, tmp_path / "j.jsonl", now)
    new = ("kind", "sample_a", "sample_b", "flagged", "seconds")
    old = [{k: v for k, v in row.items() if k not in new} for row in rows_of(done.path)[:1]]
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(row) + "\n" for row in old))
    assert imported(tmp_path / "old.jsonl", tmp_path / "again.ftstudy", now).judgments == 1
    with StudyFile.open(tmp_path / "again.ftstudy", now=now) as again:
        assert again.imports.judgments(judgments.read_judgments(done.path), now=now).judgments == 4


@pytest.mark.parametrize("form", [judgments.EXPORT, outputs.EXPORT], ids=lambda form: form.id)
def test_every_column_has_one_type(sampled: StudyFile, tmp_path: Path, now: datetime, form: Any) -> None:
    with sampled as study:
        rows = rows_of(exported(study, tmp_path / "rows.jsonl", now, form).path)
    types: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            types.setdefault(name, set()).add(type(value))
    assert types["prompt"] == {list}
    assert all(len(found) == 1 for found in types.values()), types


def test_the_table_has_the_same_rows(scripted: Path, tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(scripted, now=now) as study:
        lines = rows_of(exported(study, tmp_path / "j.jsonl", now).path)
        table = exported(study, tmp_path / "t.csv", now, judgments_csv.EXPORT)
    assert table.kept == len(lines)
    header, *_ = table.path.read_text(encoding="utf-8-sig").splitlines()
    assert {"kind", "sample_a", "sample_b", "flagged", "seconds", "guess", "sure"} <= {*header.split(",")}


def test_the_command_line_says_what_is_no_vote(
    scripted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, again = str(tmp_path / "j.jsonl"), str(tmp_path / "again.ftstudy")
    assert run(["export", str(scripted), file, "--format", "judgments"]) == 0
    assert "pairs asked again, " in (said := capsys.readouterr().out)
    assert "marked by kind, no votes" in said
    assert run(["import", again, file, "--format", "judgments"]) == 0
    assert "they tell of raters and are no votes" in capsys.readouterr().out


def test_cells_are_left_as_they_are_only_where_there_are_cells(
    scripted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marked, raw = tmp_path / "marked.csv", tmp_path / "raw.csv"
    assert run(["export", str(scripted), str(marked), "--format", "csv"]) == 0
    assert run(["export", str(scripted), str(raw), "--format", "csv", "--raw-cells"]) == 0
    assert len(marked.read_text("utf-8-sig").splitlines()) == len(raw.read_text("utf-8-sig").splitlines())
    capsys.readouterr()
    assert (
        run(["export", str(scripted), str(tmp_path / "j.jsonl"), "--format", "judgments", "--raw-cells"]) != 0
    )
    assert "judgments marks no cells" in capsys.readouterr().err
    assert not (tmp_path / "j.jsonl").exists()


TEXTS = st.sampled_from(["", "Yes.", "No.", "=1+1"])
SYSTEMS = st.lists(st.sampled_from(["base", "tuned", "third"]), min_size=2, max_size=2, unique=True)


REASONS: list[dict[str, Any]] = [
    {},
    {"reasons": ("long", "wrong term")},
    {"reasons": ("long", "wrong term"), "reason_sides": (("wrong term", "b"),)},
]


@st.composite
def any_vote(draw: st.DrawFn) -> JudgmentRecord:
    """Votes that meet: prompts of equal words, answers of equal words, samples with and without numbers."""
    key, (a, b) = draw(st.sampled_from(["", "q1", "q2"])), draw(SYSTEMS)
    choice = draw(st.sampled_from([*PREFERENCE]))
    samples = st.none() | st.integers(0, 2)
    return JudgmentRecord(
        (Message("user", "Why?" if key else draw(st.sampled_from(["Why?", "How?"]))),),
        *(a, b, draw(TEXTS), draw(TEXTS), draw(st.sampled_from(["Ada", "Ben"]))),
        choice=choice,
        preference=PREFERENCE[choice],
        prompt_id=key,
        strength=draw(st.sampled_from([None, 1, 3])) if choice in ("a", "b") else None,
        left=draw(st.sampled_from(["", "a", "b"])),
        comment=draw(TEXTS),
        at=draw(st.sampled_from(["", "2026-05-01T10:00:00+00:00"])),
        criteria=draw(st.sampled_from([(), (("safety", "a"), ("tone", "tie"))])),
        **draw(st.sampled_from(REASONS)),
        sample_a=draw(samples),
        sample_b=draw(samples),
        flagged=draw(st.booleans()),
        seconds=draw(st.none() | st.floats(0, 100)),
    )


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(records=st.lists(any_vote(), min_size=1, max_size=6))
def test_whatever_was_judged_comes_back(
    tmp_path_factory: pytest.TempPathFactory, records: list[JudgmentRecord]
) -> None:
    folder = tmp_path_factory.mktemp("votes")
    with voted_study(folder / "votes.ftstudy", records, Random(1), NOW) as study:
        done, before = exported(study, folder / "j.jsonl", NOW), by_name(study)
    imported(done.path, folder / "again.ftstudy", NOW)
    with StudyFile.open(folder / "again.ftstudy", now=NOW) as again:
        assert by_name(again) == before
        assert all(finding.ok for finding in again.check())


def by_name(study: StudyFile) -> list[str]:
    """The votes with the systems of each by name: which is ``a`` goes by which the file names first."""
    return sorted(str(vote if vote[1][0][0] < vote[1][1][0] else _turned(vote)) for vote in votes(study))


def _turned(vote: tuple[Any, ...]) -> tuple[Any, ...]:
    prompt, (a, b), rater, choice, preference, left, *said, criteria, reasons, about = vote
    other = {"a": "b", "b": "a"}
    turned = tuple((name, other.get(given, given)) for name, given in criteria)
    sides = (other.get(choice, choice), 1 - preference, other.get(left, left))
    about = tuple((name, other[side]) for name, side in about)
    return (prompt, (b, a), rater, *sides, *said, turned, reasons, about)
