"""Of two answers the same one comes first again, in whatever order a file names three or more systems."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import ImportSource, create_from_files, import_file, order_of
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.formats.registry import export_format
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SYSTEMS = ("zero", "base", "tuned", "new")
COUPLES = [(a, b) for n, a in enumerate(SYSTEMS) for b in SYSTEMS[n + 1 :]]
FORMS = ["judgments", "alpaca-eval", "arena", "label-studio", "argilla"]

votes = st.lists(
    st.builds(
        lambda couple, prompt, rater, choice, left: voted(
            prompt, rater, choice, a=couple[0], b=couple[1], left=left
        ),
        st.sampled_from(COUPLES),
        st.sampled_from(["p", "q"]),
        st.sampled_from(["Ada", "Ben"]),
        st.sampled_from(["a", "b", "tie"]),
        st.sampled_from(["a", "b"]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda vote: (vote.messages, vote.rater, vote.system_a, vote.system_b),
)


def made(path: Path, records: list[JudgmentRecord]) -> StudyFile:
    """A study of four systems in their order, whatever couples are judged first."""
    every = [voted("all", "Zoe", "tie", a=a, b=b, at="2030-01-01T00:00:00+00:00") for a, b in COUPLES]
    order = [voted("first", "Zoe", "tie", a="zero", b=name) for name in SYSTEMS[1:]]
    return voted_study(path, [*order, *every, *records], Random(1), NOW)


def written(study: StudyFile, path: Path, form: str) -> Path:
    return export(study, path, ExportRequest(export_format(form)), now=NOW).path


def pairs_in(study: StudyFile) -> list[tuple[str, str, str]]:
    """Which system is a, which is b and which won, of each vote."""
    names = {system.id: system.name for system in study.systems.all()}
    return sorted(
        (names[row.comparison.a.system], names[row.comparison.b.system], row.choice)
        for row in study.judgments.standing()
    )


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=votes, seed=st.randoms(use_true_random=False))
def test_a_and_b_are_not_exchanged_there_and_back(
    tmp_path_factory: pytest.TempPathFactory, form: str, records: list[JudgmentRecord], seed: Random
) -> None:
    folder = tmp_path_factory.mktemp("order")
    with made(folder / "one.ftstudy", records) as study:
        file, before = written(study, folder / "one.json", form), pairs_in(study)
    lines = read_all(file)
    seed.shuffle(lines)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    again = folder / "two.ftstudy"
    counts = create_from_files(
        again, [ImportSource(file, form)], plan=StudyPlan(title="T"), rng=Random(2), now=NOW
    )[0]
    assert counts.systems == len(SYSTEMS)
    with StudyFile.open(again, now=NOW) as study:
        assert pairs_in(study) == before
        assert by_content(read_all(written(study, folder / "two.json", form))) == by_content(lines)
        assert all(finding.ok for finding in study.check())


def read_all(file: Path) -> list[dict[str, object]]:
    """The lines of an export, of which some formats write a file for each couple of systems."""
    return [line for part in sorted(file.parent.glob(f"{file.stem}*.json")) for line in read(part)]


def read(file: Path) -> list[dict[str, object]]:
    text = file.read_text(encoding="utf-8")
    if text.startswith("["):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines()]


def by_content(lines: list[dict[str, object]]) -> list[str]:
    """What the lines say, without what names the study and numbers its pairs."""
    return sorted(json.dumps(_kept(line), sort_keys=True) for line in lines)


def _kept(value: object) -> object:
    if isinstance(value, dict):
        return {name: _kept(part) for name, part in value.items() if name not in ("study", "id", "raters")}
    return sorted(map(_kept, value), key=str) if isinstance(value, list) else value


def test_the_order_follows_the_pairs_and_else_the_file() -> None:
    assert order_of(["a", "c", "b"], {("a", "c"), ("b", "c")}) == ["a", "b", "c"]
    assert order_of(["a", "c", "b"], {("a", "c"), ("c", "b"), ("b", "a")}) == ["a", "c", "b"]
    assert order_of(["c", "b", "a"], {("a", "b"), ("b", "a"), ("b", "c")}) == ["b", "c", "a"]
    assert order_of(["b", "a"], {("a", "b"), ("a", "x")}) == ["a", "b"]


def test_systems_that_the_study_has_stay_before_new_ones(tmp_path: Path, rng: Random, now: datetime) -> None:
    file = tmp_path / "more.jsonl"
    records = [{"system_a": "new", "system_b": "tuned"}, {"system_a": "old", "system_b": "new"}]
    shared = {"prompt": "p", "response_a": "x", "response_b": "y", "rater": "Eve", "choice": "a"}
    file.write_text("".join(json.dumps(record | shared) + "\n" for record in records), encoding="utf-8")
    with voted_study(tmp_path / "voted.ftstudy", [voted("p", "Ada", "a")], rng, now) as study:
        import_file(study, file, "judgments", now=now)
        assert [system.name for system in study.systems.all()] == ["base", "tuned", "old", "new"]
        assert {row.choice for row in study.judgments.standing() if row.rater.name == "Eve"} == {"a", "b"}


def test_a_wrong_line_behind_systems_out_of_order_imports_nothing(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    with made(tmp_path / "one.ftstudy", []) as study:
        lines = read(written(study, tmp_path / "one.jsonl", "judgments"))[::-1]
    text = "".join(json.dumps(line) + "\n" for line in lines) + '{"prompt": 1}\n'
    (tmp_path / "one.jsonl").write_text(text, encoding="utf-8")
    with (
        voted_study(tmp_path / "voted.ftstudy", [voted("p", "Ada", "a")], rng, now) as study,
        pytest.raises(UserError) as caught,
    ):
        import_file(study, tmp_path / "one.jsonl", "judgments", now=now)
    assert caught.value.where == f"one.jsonl, line {len(lines) + 1}"
