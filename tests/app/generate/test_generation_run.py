"""Writing pairs: what is missing, once, under names that stand for one system; failures are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.generate.generation_state import sample_pairs
from ftcompare.app.generate.scoring import ScoringRun
from ftcompare.app.setup.capabilities import capability_table, last_verifications
from ftcompare.app.setup.new_study import fill_study
from ftcompare.app.setup.system_groups import generated_groups, single_group, text_to_score
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.errors import UserError
from ftcompare.core.language import in_language
from ftcompare.core.run_record import SystemReport
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.app.fake_systems import script

SETTINGS = GenerationSettings()
NOTED = {
    "The seal of the weights is that of an earlier start: size, time, and samples of the files are "
    "unchanged.": "Das Siegel der Gewichte stammt von einem früheren Start: Größe, Zeit und Stichproben der "
    "Dateien sind unverändert.",
    "The adapter is a DoRA, which generates more slowly.": "Der Adapter ist ein DoRA und generiert daher "
    "langsamer.",
    "An adapter uses its own chat template (a.jinja or b.json), as chosen. From character 7 on, the base's "
    "has “a b”, its own nothing.": "Ein Adapter verwendet wie gewählt seine eigene Chat-Vorlage (a.jinja "
    "oder b.json). Ab Zeichen 7 steht in der Vorlage der Basis “a b”, in der eigenen nothing.",
}
"""Notes of the engine, in English and German."""
Show = Callable[[GenerationProgress], None]


def ignore(_: GenerationProgress) -> None:
    """Nobody looks."""


def write(
    study: StudyFile,
    now: datetime,
    limit: int | None = None,
    show: Show = ignore,
    settings: GenerationSettings = SETTINGS,
) -> GenerationProgress:
    run = GenerationRun(study, settings=settings, clock=lambda: now, limit=limit, backend=FAKE)
    with EngineProcess() as engine:
        return drive(run, engine, show)


def test_every_prompt_gets_one_pair_and_the_run_is_on_record(empty_study: StudyFile, now: datetime) -> None:
    seen: list[GenerationProgress] = []
    progress = write(empty_study, now, show=seen.append)
    assert (progress.done, progress.failed, progress.finished, progress.fault) == (PROMPTS, 0, True, None)
    assert empty_study.counts().pairs_written == PROMPTS
    assert [line.ok for line in progress.proofs] == [True, True]
    assert [p.done for p in seen if p.stage == "Writing pairs"][-1] == PROMPTS
    (record,) = empty_study.runs.all()
    assert {"settings", "proof", "engine"} <= record.keys()


def test_a_second_run_writes_only_what_is_missing(empty_study: StudyFile, now: datetime) -> None:
    assert write(empty_study, now, limit=5).done == 5
    before = {r.id: r.text for r in empty_study.responses.all()}
    assert write(empty_study, now).done == PROMPTS - 5
    after = {r.id: r.text for r in empty_study.responses.all()}
    assert {key: after[key] for key in before} == before
    assert len(after) == 2 * PROMPTS
    assert write(empty_study, now).stage == "Every pair is written"


def test_a_proof_never_ties_a_neutral_name_to_base_or_adapter(empty_study: StudyFile, now: datetime) -> None:
    assert [line.name for line in write(empty_study, now).proofs] == ["base", "cardiology"]


def test_a_prompt_that_cannot_be_answered_is_named_and_the_others_go_on(
    empty_study: StudyFile, now: datetime
) -> None:
    key = str(empty_study.prompts.all()[3].id)
    script(empty_study, failures={key: "too long for this model"})
    progress = write(empty_study, now)
    assert (progress.done, progress.failed) == (PROMPTS - 1, 1)
    assert list(empty_study.responses.failures().values()) == ["too long for this model"]


def test_nothing_is_written_if_the_proof_fails(empty_study: StudyFile, now: datetime) -> None:
    script(empty_study, verification_holds=False)
    progress = write(empty_study, now)
    assert progress.fault is not None
    assert progress.fault.code == "proof-failed"
    assert not empty_study.counts().pairs_written
    assert not empty_study.runs.all()
    failed = last_verifications(empty_study)
    base, tuned = capability_table(empty_study.systems.all(), None, failed).systems
    for shown in (one for one in (*base.capabilities, *tuned.capabilities) if one.aspect == "verified"):
        assert shown.told.startswith(f"no: on {now:%Y-%m-%d}. It failed. ")
    assert "cardiology" not in str(audit_view(empty_study).lines[0])
    script(empty_study)
    write(empty_study, now + timedelta(hours=1))
    assert {str(one.answer) for one in last_verifications(empty_study).values()} == {"yes"}


def test_what_was_written_before_a_crash_is_kept_and_the_rest_follows(
    empty_study: StudyFile, now: datetime
) -> None:
    keys = [str(p.id) for p in empty_study.prompts.all()]
    script(empty_study, exit_at=keys[7])
    crashed = write(empty_study, now)
    assert crashed.fault is not None
    assert crashed.fault.code == "worker-crashed"
    assert empty_study.counts().pairs_written == 7


def test_a_stopped_run_keeps_its_pairs(empty_study: StudyFile, now: datetime) -> None:
    script(empty_study, seconds_per_pair=0.05)
    run = GenerationRun(empty_study, settings=SETTINGS, clock=lambda: now, backend=FAKE)
    with EngineProcess() as engine:

        def stop_at_three(progress: GenerationProgress) -> None:
            if progress.done == 3:
                engine.cancel()

        progress = drive(run, engine, stop_at_three)
    assert progress.cancelled
    assert 3 <= empty_study.counts().pairs_written < PROMPTS


def test_a_load_that_is_cancelled_writes_nothing(empty_study: StudyFile, now: datetime) -> None:
    script(empty_study, seconds_to_load=5)
    run = GenerationRun(empty_study, settings=SETTINGS, clock=lambda: now, backend=FAKE)
    with EngineProcess() as engine:

        def stop_while_loading(progress: GenerationProgress) -> None:
            if progress.stage == "Loading the fake model":
                engine.cancel()

        progress = drive(run, engine, stop_while_loading)
    assert progress.cancelled
    assert not empty_study.runs.all()


def test_a_system_added_later_leaves_earlier_responses_as_they_are(
    empty_study: StudyFile, now: datetime
) -> None:
    write(empty_study, now)
    before = {r.id: r.text for r in empty_study.responses.all()}
    empty_study.systems.add(SystemSpec("second", SystemKind.ADAPTER, model="{}", adapter="other"))
    assert write(empty_study, now).done == PROMPTS
    after = {r.id: r.text for r in empty_study.responses.all()}
    assert {key: after[key] for key in before} == before
    assert empty_study.counts().pairs_written == 3 * PROMPTS


def test_a_study_of_imports_has_no_model_to_write_with(empty_study: StudyFile) -> None:
    for system in empty_study.systems.all():
        empty_study.systems.remove(system.id)
    with pytest.raises(UserError, match="no model"):
        generated_groups(empty_study)


def test_systems_on_different_bases_cannot_answer_at_the_same_time(empty_study: StudyFile) -> None:
    assert len(single_group(empty_study).systems) == 2
    empty_study.systems.add(SystemSpec("other", SystemKind.MODEL, model="elsewhere"))
    with pytest.raises(UserError, match="at the same time"):
        single_group(empty_study)


def test_a_second_model_writes_after_the_first_and_all_are_paired(
    empty_study: StudyFile, now: datetime
) -> None:
    empty_study.systems.add(SystemSpec("other", SystemKind.MODEL, model='{"notes": []}'))
    progress = write(empty_study, now)
    assert (progress.done, progress.total, progress.fault) == (2 * PROMPTS, 2 * PROMPTS, None)
    assert not progress.counted, "what one group has written is no pair"
    assert len(progress.proofs) == 3
    assert empty_study.counts().pairs_written == 3 * PROMPTS
    assert len(empty_study.runs.all()) == 2


def test_what_one_group_has_written_stays_when_the_next_one_fails(
    empty_study: StudyFile, now: datetime
) -> None:
    other = empty_study.systems.add(
        SystemSpec("other", SystemKind.MODEL, model='{"load_fault": "model-missing"}')
    )
    assert write(empty_study, now).fault is not None
    assert empty_study.counts().pairs_written == PROMPTS
    empty_study.systems.remove(other.id)
    assert write(empty_study, now).total == 0


def test_a_missing_folder_is_reported_before_the_engine_starts(empty_study: StudyFile, now: datetime) -> None:
    step = GenerationRun(empty_study, settings=SETTINGS, clock=lambda: now).begin()
    assert (step.commands, step.progress.finished) == ((), True)
    assert step.progress.fault is not None
    assert (step.progress.fault.code, step.progress.fault.kind) == ("model-missing", "user")


def test_several_samples_are_compared_sample_by_sample(empty_study: StudyFile, now: datetime) -> None:
    assert write(empty_study, now, settings=replace(SETTINGS, samples=3)).done == 3 * PROMPTS
    counts = empty_study.counts()
    assert (counts.pairs_planned, counts.pairs_written) == (3 * PROMPTS, 3 * PROMPTS)
    for prompt in empty_study.prompts.all():
        responses = empty_study.responses.of_prompt(prompt.id)
        assert sorted((r.system, r.sample) for r in responses) == sorted(
            (system.id, sample) for system in empty_study.systems.all() for sample in range(3)
        )
    assert write(empty_study, now, settings=replace(SETTINGS, samples=4)).done == PROMPTS


def test_a_look_at_pairs_never_shows_two_samples_of_one_system(empty_study: StudyFile, now: datetime) -> None:
    write(empty_study, now, settings=replace(SETTINGS, samples=4))
    written = {
        (p.spec.text, r.sample, r.text): r.system
        for p in empty_study.prompts.all()
        for r in empty_study.responses.of_prompt(p.id)
    }
    for seed in range(20):
        for pair in sample_pairs(empty_study, rng=Random(seed)):
            found = [
                {written.get((pair.prompt, n, text)) for text in (pair.first, pair.second)} for n in range(4)
            ]
            assert any(len(systems) == 2 and None not in systems for systems in found)


def test_a_system_whose_files_changed_is_not_written_on(empty_study: StudyFile, now: datetime) -> None:
    write(empty_study, now, limit=2)
    (record,) = empty_study.runs.all()
    other = json.loads(json.dumps(record))
    for system in other["engine"]["systems"]:
        system["digest"] = "another"
    empty_study.runs.start(other, now=now)
    progress = write(empty_study, now)
    assert progress.fault is not None
    assert progress.fault.code == "system-changed"
    assert progress.done == 0
    assert empty_study.counts().pairs_written == 2


@pytest.mark.parametrize(("ends", "done"), [("another", 0), ("", PROMPTS - 2), (None, PROMPTS - 2)])
def test_other_end_tokens_are_another_system_and_a_record_without_them_is_none(
    empty_study: StudyFile, now: datetime, ends: str | None, done: int
) -> None:
    write(empty_study, now, limit=2)
    (record,) = empty_study.runs.all()
    other = json.loads(json.dumps(record))
    for system in other["engine"]["systems"]:
        system["end_tokens_digest"] = ends
        if ends is None:
            del system["end_tokens_digest"]
    empty_study.runs.start(other, now=now)
    progress = write(empty_study, now)
    assert progress.done == done
    assert (progress.fault.code if progress.fault else "") == ("" if done else "system-changed")


def test_systems_behind_one_server_are_one_group(empty_study: StudyFile) -> None:
    url = "http://localhost:8000/v1"
    for name, adapter in (("served base", ""), ("served tuned", "tuned")):
        empty_study.systems.add(
            SystemSpec(name, SystemKind.SERVED, model="org/base", adapter=adapter, url=url)
        )
    _, served = generated_groups(empty_study)
    load = served.load()
    assert (load.backend, load.allow_network) == ("served", False)
    assert [(r.model, r.adapter, r.url) for r in load.systems] == [
        ("org/base", "", url),
        ("org/base", "tuned", url),
    ]


@pytest.mark.parametrize(
    ("addresses", "servers", "also", "fault"),
    [
        (("http://a/v1", "http://a/v1"), (), (), ""),
        (("http://a/v1", "http://a/v1"), ("http://b/v1",), ("http://b/v1",), ""),
        (("http://a/v1", "http://a/v1"), ("http://a/v1/", "http://b/v1"), ("http://b/v1",), ""),
        (("http://a/v1", "http://b/v1"), (), (), ""),
        (("http://a/v1", "http://b/v1"), ("http://c/v1",), None, "several-addresses"),
        (("", ""), ("http://a/v1", "http://b/v1"), ("http://b/v1",), ""),
    ],
)
def test_further_servers_share_the_prompts_of_one_address(
    tmp_path: Path,
    now: datetime,
    addresses: tuple[str, str],
    servers: tuple[str, ...],
    also: tuple[str, ...] | None,
    fault: str,
) -> None:
    kinds = (SystemKind.SERVED,) * 2 if addresses[0] else (SystemKind.BASE, SystemKind.ADAPTER)
    specs = tuple(
        SystemSpec(name, kind, model="org/base", adapter=adapter, url=url)
        for name, kind, adapter, url in zip(("base", "tuned"), kinds, ("", "tuned"), addresses, strict=True)
    )
    path = tmp_path / "served.ftstudy"
    with StudyFile.create(path, title="Served", scale=Scale(), rng=Random(1), now=now) as study:
        fill_study(study, specs, (PromptSpec("p", (Message("user", "How?"),)),), (), now=now)
        first, *more = servers or ("",)
        run = GenerationRun(study, settings=SETTINGS, clock=lambda: now, server=first, also=tuple(more))
        step = run.begin()
    assert (step.progress.fault.code if step.progress.fault else "") == fault
    assert [command.also for command in step.commands if isinstance(command, protocol.Load)] == (
        [] if also is None else [also]
    )


def test_the_estimate_goes_by_work_and_not_by_the_wall_clock(empty_study: StudyFile, now: datetime) -> None:
    """The wall clock jumps: the machine slept for a night, or its time was corrected."""
    seconds = iter(range(1000))
    days = iter(range(1000, 0, -1))
    run = GenerationRun(
        empty_study,
        settings=SETTINGS,
        clock=lambda: now + timedelta(days=next(days)),
        backend=FAKE,
        ticks=lambda: float(next(seconds)),
    )
    left: list[float | None] = []
    with EngineProcess() as engine:
        drive(run, engine, lambda progress: left.append(progress.seconds_left))
    told = [one for one in left if one is not None]
    assert told == sorted(told, reverse=True)
    assert told[0] == PROMPTS - 1


def test_systems_that_take_none_of_some_prompts_are_proved_on_others(
    empty_study: StudyFile, now: datetime
) -> None:
    run = GenerationRun(empty_study, settings=SETTINGS, clock=lambda: now, backend=FAKE)
    run.begin()
    loaded = protocol.Loaded("cpu", "CPU", "float32", "", (), {})
    refused = protocol.Fault("no-prompts", "The model takes none.", "", "", fatal=False, kind="user")
    step, tried = run.handle(loaded), []
    while not step.progress.finished:
        (command,) = step.commands
        assert isinstance(command, protocol.Verify)
        tried += [one.key for one in command.items]
        step = run.handle(refused)
    assert tried == [str(prompt.id) for prompt in empty_study.prompts.all()]
    assert step.progress.fault == refused


def test_reasoning_and_counts_are_kept_beside_the_answer(empty_study: StudyFile, now: datetime) -> None:
    first, second, third, *_ = (str(prompt.id) for prompt in empty_study.prompts.all())
    keys = [str(system.id) for system in empty_study.systems.all()]
    texts = {first: "<think>one two</think>The answer is.", second: "<think>one two three", third: "Plain."}
    script(empty_study, answers=dict.fromkeys(keys, texts))
    assert [str(system.id) for system in empty_study.systems.all()] == keys
    limited = replace(SETTINGS, max_new_tokens=2, max_reasoning_tokens=5)
    assert write(empty_study, now, settings=limited).fault is None
    by_prompt = {str(r.prompt): r for r in empty_study.responses.all()}
    found = [
        (r.reasoning, r.text, str(r.finish_reason), r.tokens, r.counts.reasoning)
        for r in (by_prompt[key] for key in (first, second, third))
    ]
    assert found == [
        ("one two", "The answer", "length", 2, 2),
        ("one two three", "", "no_answer", 0, 3),
        ("", "Plain.", "end", 1, 0),
    ]
    assert all(r.counts.prompt for r in by_prompt.values())


def test_prompts_of_several_turns_are_kept_with_all_answers(empty_study: StudyFile, now: datetime) -> None:
    asked = (Message("user", "What is it?"),)
    empty_study.prompts.add([PromptSpec("talk", asked, later_turns=("And then?", "Why?"))])
    assert write(empty_study, now, limit=2).done == 2
    assert write(empty_study, now).done == PROMPTS - 1
    talk = empty_study.prompts.all()[-1].id
    base, tuned = (response.answers for response in empty_study.responses.of_prompt(talk))
    assert base == tuple(f"The base answer to: {turn}" for turn in ("What is it?", "And then?", "Why?"))
    assert tuned[0] == "The adapted answer to: What is it?"
    assert empty_study.verify().ok
    with EngineProcess() as engine:
        scored = drive(ScoringRun(empty_study, clock=lambda: now, backend=FAKE), engine, ignore)
    assert (scored.fault, scored.failed) == (None, 0)


def test_a_text_is_scored_after_the_answers_before_it(empty_study: StudyFile) -> None:
    spec = PromptSpec("talk", (Message("user", "A?"),), later_turns=("B?", "C?"))
    text = text_to_score(spec, empty_study.systems.all(), "k", "c", ("a", "b"))
    assert [message.content for message in text.messages] == ["A?", "a", "B?", "b", "C?"]
    assert text.own == {}


TWINS = "Two of the systems have the same files"


@pytest.mark.parametrize("part", ["digest", "tokenizer_digest", "template_digest"])
def test_other_weights_tokenizer_or_template_end_the_run(
    empty_study: StudyFile, now: datetime, part: str
) -> None:
    write(empty_study, now, limit=2)
    (record,) = empty_study.runs.all()
    other = json.loads(json.dumps(record))
    other["engine"]["systems"][0][part] = "another"
    empty_study.runs.start(other, now=now)
    progress = write(empty_study, now)
    assert progress.fault is not None
    assert progress.fault.code == "system-changed"
    assert empty_study.counts().pairs_written == 2


def test_a_system_that_stands_in_the_study_twice_is_told(empty_study: StudyFile, now: datetime) -> None:
    first = empty_study.systems.all()[1].spec
    empty_study.systems.add(SystemSpec("again", SystemKind.ADAPTER, model=first.model, adapter=first.adapter))
    notes = write(empty_study, now).notes
    assert [note for note in notes if note.startswith(TWINS)]
    assert not any("again" in note or first.name in note for note in notes)


def test_what_the_engine_notes_on_systems_is_in_the_language_of_the_window(
    empty_study: StudyFile, now: datetime
) -> None:
    """With the name of the system where it applies to one of several adapters."""
    first = empty_study.systems.all()[1].spec
    empty_study.systems.add(SystemSpec("again", SystemKind.ADAPTER, model=first.model, adapter="other"))
    run = GenerationRun(empty_study, settings=SETTINGS, clock=lambda: now, backend=FAKE)
    (load,) = run.begin().commands
    assert isinstance(load, protocol.Load)
    reports = [
        SystemReport(one.key, "Fake", 1, None, (), one.key, "", "", (note,))
        for one, note in zip(load.systems, NOTED, strict=True)
    ]
    with in_language("de"):
        notes = run.handle(protocol.Loaded("cpu", "", "float32", "", tuple(reports), {})).progress.notes
    expected = zip(("", f"{first.name}: ", "again: "), NOTED.values(), strict=True)
    assert notes[:3] == tuple(f"{name}{note}" for name, note in expected)


def test_a_full_model_that_is_the_base_is_told(empty_study: StudyFile, now: datetime) -> None:
    """Though the one wrote before the other was loaded."""
    base = empty_study.systems.all()[0].spec
    empty_study.systems.add(SystemSpec("copy", SystemKind.MODEL, model=base.model, quantisation=""))
    assert any(note.startswith(TWINS) for note in write(empty_study, now).notes)


def test_different_systems_are_not_called_the_same(empty_study: StudyFile, now: datetime) -> None:
    assert not any(note.startswith(TWINS) for note in write(empty_study, now).notes)
