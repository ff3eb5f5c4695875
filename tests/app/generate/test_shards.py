"""Shards: each a share of a study's prompts, generated in a file of its own, and put together again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.generate.shard_collection import CollectedShards, collect_shards
from ftcompare.app.generate.shards import Shard, dealt, opened_shard, read_shard
from ftcompare.app.setup.new_study import fill_study
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import NO_TASKS
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.run_record import EngineReport, RunRecord, SystemReport, SystemVerification
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    Prompt,
    PromptId,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
)
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.builders import drawn_rater

OF = 3
SETTINGS = GenerationSettings(max_new_tokens=24)
ENGINE = EngineReport("cpu", "CPU", "float32", "", (), {"torch": "2.11"})
RECORD = RunRecord(
    SETTINGS,
    (SystemVerification("1", ok=True, largest_difference=0, statement="Equal."),),
    ENGINE,
)


def ignore(_: GenerationProgress) -> None:
    """Nobody looks."""


@pytest.fixture
def path(empty_study: StudyFile) -> Path:
    """A closed study of two systems and twelve prompts without answers."""
    empty_study.close()
    return empty_study.path


def write(
    file: StudyFile, now: datetime, record: RunRecord = RECORD, most: int = PROMPTS, text: str = ""
) -> None:
    """Answer up to ``most`` prompts of a shard as a run does; the texts do not depend on the shard."""
    made = file.audit.entries("shard-made")
    share = read_shard(str(made[-1].detail["shard"])).share(file.prompts.all()) if made else None
    run = file.runs.start(record.to_json(), now=now)
    prompts = [one for one in file.prompts.all() if share is None or one.id in share]
    for prompt in prompts[:most]:
        drafts = [
            ResponseDraft(system.id, f"{text}{system.name} {prompt.spec.key}", FinishReason.END, 5)
            for system in file.systems.all()
        ]
        file.responses.store(prompt.id, drafts, run=run)


def generate(
    file: StudyFile,
    now: datetime,
    settings: GenerationSettings = SETTINGS,
    limit: int | None = None,
) -> None:
    """Let the fake engine answer what is missing."""
    run = GenerationRun(
        file, settings=settings, by_task=NO_TASKS, limit=limit, clock=lambda: now, backend=FAKE
    )
    with EngineProcess() as engine:
        drive(run, engine, ignore)


def shards(path: Path, now: datetime, count: int = OF) -> list[Path]:
    """The files of all shards, written."""
    for number in range(1, count + 1):
        with opened_shard(path, Shard(number, count), None, now=now) as file:
            write(file, now)
    return [Shard(number, count).file_of(path) for number in range(1, count + 1)]


def collect(path: Path, files: list[Path], now: datetime) -> CollectedShards:
    with StudyFile.open(path, now=now) as study:
        return collect_shards(study, files, now=now, show=ignore)


def answers(path: Path, now: datetime) -> set[tuple[object, ...]]:
    with StudyFile.open(path, now=now) as study:
        digests = {place: digest for place, _, digest in study.responses.of_runs()}
        return {
            (one.prompt, one.system, one.sample, one.text, digests[one.prompt, one.system, one.sample])
            for prompt in study.prompts.all()
            for one in study.responses.of_prompt(prompt.id)
        }


@pytest.mark.parametrize("count", [1, 2, 5, 12, 16])
def test_shares_are_disjoint_complete_and_of_equal_size(count: int) -> None:
    lengths = Random(count).sample(range(1, 500), PROMPTS)
    prompts = [
        Prompt(PromptId(n), PromptSpec(f"p{n}", (Message("user", "x" * length),)))
        for n, length in enumerate(lengths, start=1)
    ]
    shares = [Shard(number, count).share(prompts) for number in range(1, count + 1)]
    assert sorted(prompt for share in shares for prompt in share) == [prompt.id for prompt in prompts]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    characters = [sum(lengths[prompt - 1] for prompt in share) for share in shares if share]
    assert max(characters) - min(characters) <= max(lengths)
    assert dealt(prompts, count) == dealt(prompts[::-1], count)


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "a/b", "1/4/2", "-1/4", "1/99999"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UserError) as raised:
        read_shard(text)
    assert raised.value.code == "shard-form"


@pytest.mark.parametrize("each_second", [False, True])
def test_shards_put_together_are_what_one_machine_stores(
    tmp_path: Path, rng: Random, now: datetime, *, each_second: bool
) -> None:
    """Responses, second answers, runs' settings, and what is then drawn for a rater, with the fake engine."""
    settings = GenerationSettings(temperature=0.7, samples=1 + each_second)
    systems = (
        SystemSpec("base", SystemKind.BASE, model="{}"),
        SystemSpec("cardiology", SystemKind.ADAPTER, model="{}", adapter="tuned"),
    )
    prompts = [
        PromptSpec(f"p{n}", (Message("user", f"Case {n}{' again' * (n % 4)}?"),)) for n in range(PROMPTS)
    ]
    whole, divided = tmp_path / "whole.ftstudy", tmp_path / "divided.ftstudy"
    for path in (whole, divided):
        with StudyFile.create(path, title="Review", scale=Scale(), rng=Random(1), now=now) as study:
            fill_study(study, systems, prompts, (), now=now)
            study.settings.set_rating(Scale(), RatingDesign(raters=2, each=1, controls=0.25), now=now)

    with StudyFile.open(whole, now=now) as study:
        generate(study, now, settings)
    with opened_shard(divided, Shard(2, OF), None, now=now) as file:
        generate(file, now, settings, limit=1)  # and then it is interrupted
    for number in range(1, OF + 1):
        with opened_shard(divided, Shard(number, OF), None, now=now) as file:
            generate(file, now, settings)
    collected = collect(divided, [Shard(number, OF).file_of(divided) for number in (3, 1, 2)], now)
    assert not collected.missing
    assert answers(divided, now) == answers(whole, now)
    drawn = []
    for path in (whole, divided):
        with StudyFile.open(path, now=now) as study:
            assert study.settings.samples() == settings.samples
            draws = Random(7)
            for name in ("Ada", "Ben"):
                drawn_rater(study, name, rng=draws, now=now)
            drawn.append(handed_out(study))
            assert all(finding.ok for finding in study.check())
    assert drawn[0] == drawn[1]
    assert {kind for _, kind, *_ in drawn[0]} == {"ordinary", "control"}


def handed_out(study: StudyFile) -> list[tuple[object, ...]]:
    """Each item by rater and position: its kind, the two texts, and which of them is left."""
    rows = {table.name: [*study.tables.rows(table)] for table in study.tables.all()}
    texts = {row["id"]: (row["prompt"], row["sample"], row["text"]) for row in rows["responses"]}
    pairs = {row["id"]: (texts[row["a"]], texts[row["b"]]) for row in rows["comparisons"]}
    return [
        ((row["rater"], row["position"]), row["kind"], pairs[row["comparison"]], row["a_is_left"])
        for row in rows["allocations"]
    ]


def test_missing_and_incomplete_shards_are_listed_and_can_be_collected_later(
    path: Path, now: datetime
) -> None:
    for number, most in ((1, PROMPTS), (2, 1)):
        with opened_shard(path, Shard(number, OF), None, now=now) as file:
            write(file, now, most=most)
    first, second, third = (Shard(number, OF).file_of(path) for number in range(1, OF + 1))
    part = collect(path, [first, second], now)
    assert part.answers == 2 * (4 + 1)
    assert part.missing == ("Shard 2 of 3 is incomplete: 3 prompts.", "Shard 3 of 3 is missing: 4 prompts.")
    for number in (2, 3):  # the second was interrupted; the third is made from the study as it is now
        with opened_shard(path, Shard(number, OF), None, now=now) as file:
            generate(file, now)
    rest = collect(path, [first, second, third], now)
    assert (rest.answers, rest.missing) == (2 * (3 + 4), ())
    again = collect(path, [third, second, first], now)
    assert (again.answers, again.missing) == (0, ())
    with StudyFile.open(path, now=now) as study:
        assert study.counts().pairs_written == PROMPTS
        lines = [line for line in audit_view(study).lines if line.what == "Answers of a shard collected"]
        assert [line.detail for line in lines][-1] == "shard 1/3; 8 responses"
        assert len(lines) == 4


def again(record: RunRecord) -> Callable[[list[Path], datetime], None]:
    """The last shard is written by another run."""

    def change(files: list[Path], now: datetime) -> None:
        study = files[0].with_name("study.ftstudy")
        files[-1].unlink()
        with opened_shard(study, Shard(OF, OF), None, now=now) as file:
            write(file, now, record)

    return change


def moved(files: list[Path], now: datetime) -> None:
    """A file of another study has the name of a shard."""
    with StudyFile.create(files[-1].with_name("x.ftstudy"), title="", scale=Scale(), rng=Random(5), now=now):
        pass
    files[-1].with_name("x.ftstudy").replace(files[-1])


def recounted(files: list[Path], now: datetime) -> None:
    files[-1] = files[-1].with_name("recounted.ftstudy")
    with opened_shard(files[0].with_name("study.ftstudy"), Shard(3, 4), files[-1], now=now) as file:
        write(file, now)


def twice(files: list[Path], _: datetime) -> None:
    files.append(files[0].with_name("copy.ftstudy"))
    files[-1].write_bytes(files[0].read_bytes())


def edited(files: list[Path], now: datetime) -> None:
    with StudyFile.open(files[0].with_name("study.ftstudy"), now=now) as study:
        study.prompts.add([PromptSpec("new", (Message("user", "More?"),))])


def renamed(files: list[Path], now: datetime) -> None:
    with StudyFile.open(files[0].with_name("study.ftstudy"), now=now) as study:
        study.systems.add(SystemSpec("other", SystemKind.ADAPTER, model="{}", adapter="third"))


def beyond(files: list[Path], now: datetime) -> None:
    with StudyFile.open(files[-1], now=now) as file:
        prompts = [one.id for one in file.prompts.all() if not file.responses.of_prompt(one.id)]
        draft = ResponseDraft(file.systems.all()[0].id, "Mine.", FinishReason.END, 5)
        file.responses.store(prompts[0], [draft], run=1)


SYSTEM = SystemReport("2", "Llama", 1, 8, (), "a" * 64, "b" * 64, "c" * 64, ())
OTHER = "d" * 64


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (moved, "shard-foreign", "not a shard of the study"),
        (recounted, "shard-count", "This is shard 3/4, but study.shard-1-of-3.ftstudy is shard 1/3."),
        (twice, "shard-twice", "and so is study.shard-1-of-3.ftstudy"),
        (edited, "shard-prompts", "The prompt “new” is not the same"),
        (renamed, "shard-systems", "The system “other” is not the same"),
        (beyond, "shard-beyond", "which is of another shard"),
        (
            again(replace(RECORD, engine=replace(ENGINE, device="cuda"))),
            "shard-differs",
            "kinds of device of the shards differ: cuda here, cpu in",
        ),
        (
            again(replace(RECORD, engine=replace(ENGINE, dtype="bfloat16"))),
            "shard-differs",
            "number formats of the shards differ: bfloat16 here",
        ),
        (
            again(replace(RECORD, engine=replace(ENGINE, versions={"torch": "2.12"}))),
            "shard-differs",
            "versions of torch of the shards differ",
        ),
        (
            again(replace(RECORD, settings=GenerationSettings(max_new_tokens=25))),
            "shard-differs",
            "25 here, 24",
        ),
        (again(replace(RECORD, verifications=())), "shard-unverified", "were not verified"),
    ],
)
def test_a_shard_that_does_not_fit_is_refused_with_its_name_and_nothing_is_stored(
    path: Path,
    now: datetime,
    change: Callable[[list[Path], datetime], None],
    code: str,
    words: str,
) -> None:
    files = shards(path, now)
    change(files, now)
    with pytest.raises(UserError) as raised:
        collect(path, files, now)
    assert (raised.value.code, words in raised.value.what) == (code, True), raised.value
    assert raised.value.where in (files[-1].name, files[0].name)
    with StudyFile.open(path, now=now) as study:
        assert not study.counts().pairs_written
        assert not study.runs.all()


@pytest.mark.parametrize(
    ("report", "aspect"),
    [
        (replace(SYSTEM, digest=OTHER), "files"),
        (replace(SYSTEM, tokenizer_digest=OTHER), "tokenizers"),
        (replace(SYSTEM, template_digest=OTHER), "chat templates"),
        (replace(SYSTEM, end_tokens_digest=OTHER), "end tokens"),
        (replace(SYSTEM, recipe_digest=OTHER), "instructions"),
    ],
)
def test_shards_of_other_models_are_refused_also_when_the_first_is_collected_already(
    path: Path, now: datetime, report: SystemReport, aspect: str
) -> None:
    for number, loaded in ((1, SYSTEM), (2, report)):
        with opened_shard(path, Shard(number, OF), None, now=now) as file:
            write(file, now, replace(RECORD, engine=replace(ENGINE, systems=(loaded,))))
    first, second = (Shard(number, OF).file_of(path) for number in (1, 2))
    collect(path, [first], now)
    with pytest.raises(UserError, match=f"The {aspect} of cardiology of the shards differ"):
        collect(path, [second], now)


def test_two_answers_to_one_prompt_are_refused(path: Path, now: datetime) -> None:
    first, *rest = shards(path, now)
    with opened_shard(path, Shard(1, OF), first.with_name("other.ftstudy"), now=now) as file:
        write(file, now, text="Another ")
    collect(path, [first], now)
    with pytest.raises(UserError, match="in this shard and in the study contradict") as raised:
        collect(path, [*rest, first.with_name("other.ftstudy")], now)
    assert raised.value.where == "other.ftstudy"


def test_an_altered_shard_is_refused(path: Path, now: datetime) -> None:
    files = shards(path, now)
    with closing(sqlite3.connect(files[1])) as file:
        (rule,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'runs_no_update'").fetchone()
        file.execute("DROP TRIGGER runs_no_update")
        file.execute("UPDATE runs SET at = '2020-01-01T00:00:00+00:00'")
        file.execute(rule)
        file.commit()
    with pytest.raises(UserError) as raised:
        collect(path, files, now)
    assert (raised.value.code, raised.value.where) == ("shard-altered", files[1].name)


def test_a_shard_is_continued_only_as_itself(path: Path, now: datetime) -> None:
    first = shards(path, now)[0]
    for study, shard, out, code in (
        (path, Shard(2, OF), first, "shard-other"),
        (first, Shard(1, 2), None, "shard-of-shard"),
        (path, Shard(1, OF), path, "shard-foreign"),
    ):
        with pytest.raises(UserError) as raised, opened_shard(study, shard, out, now=now):
            pass
        assert raised.value.code == code
