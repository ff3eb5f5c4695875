"""Labels of prompts are scored under every system, once, and a run that was stopped goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.scoring import NO_CHOICES, LabelScoringRun, answers_before, choices, right_label
from ftcompare.app.setup.new_study import fill_study
from ftcompare.app.setup.system_groups import text_to_score
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.errors import UserError
from ftcompare.core.recipe import Recipe
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    Prompt,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
)
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.engine_runs import LABELS_SCORED
from ftcompare.store.study.study_file import StudyFile

LABELS = ("atrium", "valve", "node of His")
RIGHT = "Valve"


def spec(number: int) -> PromptSpec:
    return PromptSpec(
        f"p{number}", (Message("user", f"Which is it, {number}?"),), reference=RIGHT, labels=LABELS
    )


def systems(model: str = "{}") -> tuple[SystemSpec, ...]:
    return (
        SystemSpec("base", SystemKind.BASE, model=model),
        SystemSpec("tuned", SystemKind.ADAPTER, model=model, adapter="tuned"),
    )


def made(path: Path, now: datetime, specs: tuple[SystemSpec, ...], prompts: int = 5) -> StudyFile:
    study = StudyFile.create(path, title="S", scale=Scale(), rng=Random(1), now=now)
    plain = PromptSpec("plain", (Message("user", "Why?"),), reference="yes")
    fill_study(study, specs, (*map(spec, range(prompts)), plain), (), now=now)
    return study


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with made(tmp_path / "s.ftstudy", now, systems()) as file:
        yield file


def score(study: StudyFile, now: datetime, *, stop_at: int = 0, served: bool = False) -> GenerationProgress:
    run = LabelScoringRun(study, clock=lambda: now, backend=FAKE, served=served)
    with EngineProcess() as engine:

        def look(progress: GenerationProgress) -> None:
            if stop_at and progress.done == stop_at:
                engine.cancel()

        return drive(run, engine, look)


def test_the_right_label_is_the_one_that_an_accepted_answer_names() -> None:
    assert right_label(spec(0)) == "valve"
    assert right_label(replace(spec(0), reference="", more_references=("node of his",))) == "node of His"
    assert right_label(replace(spec(0), more_references=("atrium",))) == ""
    assert right_label(replace(spec(0), reference="the valve")) == ""


def test_every_label_is_scored_under_every_system_without_any_answer(study: StudyFile, now: datetime) -> None:
    progress = score(study, now)
    assert (progress.done, progress.total, progress.failed, progress.finished) == (5, 5, 0, True)
    assert progress.stage == "The labels of every prompt are scored"
    assert not [*study.responses.all()]
    base, tuned = (system.id for system in study.systems.all())
    found = {(one.prompt, one.system): one.logprobs for one in study.label_scores.all()}
    first = study.prompts.all()[0].id
    assert len(found) == 10
    # To the fake base a letter costs a tenth of a nat, to its adapter half of that; a blank counts as one.
    assert found[first, base] == pytest.approx((-0.6, -0.5, -1.1))
    assert found[first, tuned] == pytest.approx((-0.3, -0.25, -0.55))
    assert len(study.scores.examinations(LABELS_SCORED)) == 1
    assert [finding for finding in study.check() if not finding.ok] == []
    again = score(study, now)
    assert (again.total, again.stage) == (0, "The labels of every prompt are scored")


def test_each_system_is_asked_by_its_recipe(study: StudyFile, now: datetime) -> None:
    study.systems.add(SystemSpec("asked", SystemKind.BASE, model="{}", recipe=Recipe("Name one.")))
    run = LabelScoringRun(study, clock=lambda: now, backend=FAKE)
    sent: list[protocol.Command] = []
    step = run.begin()
    with EngineProcess() as engine:
        commands = list(step.commands)
        while commands and not run.progress.finished:
            sent.append(commands[0])
            for event in engine.events(commands.pop(0)):
                commands += run.handle(event).commands
    (asked,) = (command for command in sent if isinstance(command, protocol.Score))
    assert [text.text for text in asked.texts[:3]] == [*LABELS]
    (own,) = asked.texts[0].own.values()
    assert own == (Message("system", "Name one."), Message("user", "Which is it, 0?"))


def talk(study: StudyFile, *answered: str) -> Prompt:
    """A conversation that is a choice, answered by some systems."""
    (prompt,) = study.prompts.add([replace(spec(9), key="talk", later_turns=("And now?", "And then?"))])
    answer(study, prompt, *answered)
    return prompt


def answer(study: StudyFile, prompt: Prompt, *systems: str) -> None:
    drafts = [
        ResponseDraft(one.id, "valve", FinishReason.END, 1, earlier=(f"{one.name} said", "No."))
        for one in study.systems.all()
        if one.name in systems
    ]
    study.responses.store(prompt.id, drafts, run=None)


def test_a_conversation_waits_until_every_system_has_answered_it(study: StudyFile, now: datetime) -> None:
    prompt = talk(study, "base")
    progress = score(study, now)
    assert (progress.done, progress.total) == (5, 5)
    waits = "The labels of every prompt are scored; 1 conversation waits for the answers of every system"
    assert progress.stage == waits
    assert prompt.id not in {one.prompt for one in study.label_scores.all()}
    answer(study, prompt, "tuned")
    progress = score(study, now)
    assert (progress.done, progress.stage) == (1, "The labels of every prompt are scored")
    assert sum(one.prompt == prompt.id for one in study.label_scores.all()) == 2


def test_each_system_s_labels_stand_after_its_own_answers(study: StudyFile, now: datetime) -> None:
    prompt = talk(study, "base", "tuned")
    base, tuned = study.systems.all()
    before = answers_before(study, prompt)
    asked = text_to_score(prompt.spec, (base, tuned), "k", "valve", before)
    assert [message.content for message in asked.messages] == [
        *("Which is it, 9?", "base said", "And now?", "No.", "And then?"),
    ]
    assert asked.own[str(tuned.id)][1] == Message("assistant", "tuned said")
    assert asked.messages[-1].role == "user"
    assert answers_before(study, study.prompts.all()[0]) == {}


def test_a_cut_answer_on_which_scores_of_labels_rest_is_not_replaced(study: StudyFile, now: datetime) -> None:
    prompt = talk(study)
    cut = [
        ResponseDraft(one.id, "val", FinishReason.LENGTH, 1, earlier=("So", "No."))
        for one in study.systems.all()
    ]
    study.responses.store(prompt.id, cut, run=None)
    assert [one.settled for one in study.responses.cut()] == [False, False]
    score(study, now)
    assert [one.settled for one in study.responses.cut()] == [True, True]


def test_stopping_keeps_whole_prompts_and_a_later_run_goes_on(tmp_path: Path, now: datetime) -> None:
    slow = systems(json.dumps({"seconds_per_pair": 0.02}))
    with made(tmp_path / "slow.ftstudy", now, slow, 40) as study:
        stopped = score(study, now, stop_at=34)
        assert stopped.cancelled
        kept = len(study.label_scores.scored()) // 2
        assert 34 <= kept < 40
        assert audit_view(study).lines[0].detail == f"{2 * kept} × label scores"
        assert score(study, now).done == 40 - kept
        assert len({prompt for prompt, _ in study.label_scores.scored()}) == 40


def test_labels_that_cannot_be_scored_are_told_once_a_prompt(tmp_path: Path, now: datetime) -> None:
    broken = systems(json.dumps({"failures": {"2:0": "too long", "2:2": "too long"}}))
    with made(tmp_path / "broken.ftstudy", now, broken) as study:
        progress = score(study, now)
        assert (progress.done, progress.failed) == (4, 1)
        assert progress.stage == "Done, but the labels of 1 of 5 prompts could not be scored"
        assert progress.notes == ("The labels of a prompt cannot be scored: too long",)
        assert score(study, now).total == 1


def test_groups_score_one_after_the_other(study: StudyFile, now: datetime) -> None:
    study.systems.add(SystemSpec("other", SystemKind.MODEL, model='{"failures": {"1:1": "too long"}}'))
    progress = score(study, now)
    assert (progress.total, progress.done, progress.failed) == (10, 9, 1)
    assert progress.stage == "Done, but 1 of 10 scores of a prompt's labels could not be made"


def test_served_systems_score_only_when_asked(study: StudyFile, now: datetime) -> None:
    study.systems.add(SystemSpec("served", SystemKind.SERVED, model="{}", url="http://localhost:1/v1"))
    local = LabelScoringRun(study, clock=lambda: now, backend=FAKE)
    assert (local.progress.total, local.nothing_left) == (
        5,
        "All labels are scored, except by systems on servers",
    )
    assert LabelScoringRun(study, clock=lambda: now, backend=FAKE, served=True).progress.total == 10


def test_a_server_that_gives_no_probabilities_is_passed_over(study: StudyFile, now: datetime) -> None:
    """Where others can score; alone it ends the run with what it says."""
    study.systems.add(SystemSpec("other", SystemKind.MODEL, model='{"seconds_to_load": 0.0}'))
    run = LabelScoringRun(study, clock=lambda: now, backend=FAKE)
    refused = protocol.Fault(
        "score-unsupported", "It returns none.", "http://x", "", fatal=False, kind="user"
    )
    run.begin()
    run.handle(protocol.Verified(()))
    step = run.handle(refused)
    assert step.progress.failed == 5
    assert step.progress.notes == ("It returns none. http://x",)
    assert isinstance(step.commands[0], protocol.Load)
    run.handle(protocol.Verified(()))
    assert run.handle(protocol.Note("a word")).progress.notes[-1] == "a word"
    assert run.handle(protocol.Hello(1, 1)).commands == ()
    alone = LabelScoringRun(study, clock=lambda: now, backend=FAKE)
    alone._several = False
    alone.begin()
    alone.handle(protocol.Verified(()))
    assert alone.handle(refused).progress.fault == refused


def test_without_choices_it_says_how_to_begin(tmp_path: Path, now: datetime) -> None:
    with made(tmp_path / "none.ftstudy", now, systems(), 0) as study:
        assert score(study, now).stage == NO_CHOICES
        assert choices(study) == ()
    talk = replace(spec(9), later_turns=("And now?",))
    with made(tmp_path / "imported.ftstudy", now, (SystemSpec("a", SystemKind.IMPORTED),)) as study:
        study.prompts.add([talk])
        assert len(choices(study)) == 6
        with pytest.raises(UserError, match="no model to generate with"):
            LabelScoringRun(study, clock=lambda: now)
