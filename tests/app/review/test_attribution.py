"""What a passage rests on: the change of its log p when a part of the prompt is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.review.attribution import (
    Attribution,
    AttributionQuestion,
    AttributionRun,
    PartKind,
    attribution_json,
    attribution_question,
    question_in_words,
)
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    ResponseId,
    SystemKind,
    SystemSpec,
)
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, present

BASE = SystemSpec("base", SystemKind.BASE, model="{}")
TUNED = SystemSpec("cardiology", SystemKind.ADAPTER, model="{}", adapter="tuned")
OTHER = SystemSpec("other", SystemKind.MODEL, model='{"seconds_to_load": 0.0}')
IMPORTED = SystemSpec("elsewhere", SystemKind.IMPORTED)
SERVED = SystemSpec("served", SystemKind.SERVED, model="NAME", url="http://localhost:1/v1")
ASKED = (Message("system", "Be brief."), Message("user", "What is it?"))
ANSWER = "It is the heart of the body."


class Studies:
    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder, self._now = folder, now
        self.made: list[StudyFile] = []

    def __call__(
        self,
        *specs: SystemSpec,
        asked: tuple[Message, ...] = ASKED,
        text: str = ANSWER,
        unblinded: bool = True,
    ) -> StudyFile:
        path = self._folder / f"{len(self.made)}.ftstudy"
        study = StudyFile.create(path, title="Small", scale=Scale(), rng=Random(3), now=self._now)
        self.made.append(study)
        systems = [study.systems.add(spec) for spec in specs]
        (prompt,) = study.prompts.add([PromptSpec("p", asked)])
        answer(study, prompt, (text for _ in systems))
        if unblinded:
            study.settings.unblind("all is judged", now=self._now)
        return study


@pytest.fixture
def studies(tmp_path: Path, now: datetime) -> Iterator[Studies]:
    made = Studies(tmp_path, now)
    yield made
    for study in made.made:
        study.close()


def question(study: StudyFile, words: str = "heart", kind: PartKind | None = None) -> AttributionQuestion:
    return question_in_words(study, "p", study.systems.all()[-1].name, words, kind=kind)


def refusal(study: StudyFile, name: str, words: str = "heart", **asked: Any) -> UserError:
    with pytest.raises(UserError) as refused:
        question_in_words(study, "p", name, words, **asked)
    return refused.value


# --- what may be asked ---------------------------------------------------------------------------


def test_nothing_is_asked_while_the_study_is_blinded(studies: Studies) -> None:
    study = studies(BASE, TUNED, unblinded=False)
    assert refusal(study, "cardiology").code == "still-blinded"
    response = next(study.responses.all())
    with pytest.raises(UserError, match="They are shown after unblinding"):
        attribution_question(study, response.id, 0, 4)


def test_an_answer_without_a_model_on_this_machine_cannot_be_asked_about(studies: Studies) -> None:
    study = studies(BASE, IMPORTED, SERVED)
    assert refusal(study, "elsewhere").code == "attribution-imported"
    told = refusal(study, "served")
    assert (told.code, told.where) == ("attribution-served", SERVED.url)
    found = question_in_words(study, "p", "base", "heart")
    assert [system.name for system in found.systems] == ["base"]
    assert found.left_out == ("elsewhere", "served")


def test_words_are_found_as_they_are_written(studies: Studies) -> None:
    study = studies(BASE, TUNED)
    assert question(study, "heart of").words == "heart of"
    for words in ("Heart", " ", "lungs"):
        assert refusal(study, "base", words).code == "words-unknown"
    several = refusal(study, "base", "the")
    assert (several.code, "2 times" in several.what) == ("words-several", True)
    second = question_in_words(study, "p", "base", "the", occurrence=2)
    assert (second.start, second.end) == (ANSWER.rindex("the"), 22)
    assert "3 times" in refusal(study, "base", "the", occurrence=3).what
    assert refusal(study, "nobody").code == "answer-unknown"


def test_blanks_at_the_ends_of_a_passage_are_no_part_of_it(studies: Studies) -> None:
    study = studies(BASE, TUNED)
    response = next(study.responses.all()).id
    found = attribution_question(study, response, 9, 16)
    assert (found.words, found.start, found.end) == ("heart", 10, 15)
    assert attribution_question(study, response, 22, 99).words == "body."
    for start, end in ((9, 10), (5, 5), (90, 99)):
        with pytest.raises(UserError, match="No words are chosen"):
            attribution_question(study, response, start, end)
    with pytest.raises(UserError, match="no longer in the study"):
        attribution_question(study, ResponseId(10**6), 0, 1)


def test_a_prompt_too_long_is_refused_with_what_to_do(studies: Studies) -> None:
    words = studies(BASE, asked=(Message("user", "word " * 401),))
    told = refusal(words, "base", kind="word")
    assert (told.code, told.how) == ("attribution-too-long", "Leave out sentences and not words.")
    assert len(question_in_words(words, "p", "base", "heart").parts) == 1
    lines = studies(BASE, asked=(Message("user", "line\n" * 401),))
    assert refusal(lines, "base", kind="sentence").how == "Choose a shorter prompt."
    much = studies(BASE, text="heart " + "x" * 2_000_000)
    assert "The maximum is 4,000,000" in refusal(much, "base").what
    nothing = studies(BASE, asked=(Message("user", "?!"),))
    assert refusal(nothing, "base", kind="word").code == "attribution-prompt"


# --- what comes of it ----------------------------------------------------------------------------


class Told:
    """A run to which the test says what the worker would."""

    def __init__(self, study: StudyFile, now: datetime, asked: AttributionQuestion) -> None:
        self.run = AttributionRun(study, asked, clock=lambda: now)
        self.run.begin()

    def prove(self) -> list[str]:
        """The keys of the texts that are to be scored then."""
        self.run.handle(protocol.Loaded("cpu", "x", "float32", "", (), {}))
        step = self.run.handle(protocol.Verified(()))
        (command,) = step.commands
        assert isinstance(command, protocol.Score)
        return [text.key for text in command.texts]

    def score(self, key: str, *logprobs: tuple[float, ...], starts: tuple[int, ...] = (0, 9, 15, 18)) -> None:
        systems = [str(system.id) for group in self.run.question.groups for system in group.systems]
        scores = (protocol.TextScore(s, starts, own) for s, own in zip(systems, logprobs, strict=True))
        self.run.handle(protocol.Scored(key, tuple(scores)))

    def end(self) -> GenerationProgress:
        return self.run.handle(protocol.Finished(cancelled=False)).progress


def test_a_contribution_is_what_log_p_falls_by(studies: Studies, now: datetime) -> None:
    study = studies(TUNED, BASE)
    told = Told(study, now, question_in_words(study, "p", "cardiology", "heart of"))
    assert told.prove() == ["whole", "0", "1", "2", "3", "4"]
    told.score("whole", (-9.0, -1.0, -0.5, -9.0), (-9.0, -4.0, -0.25, -9.0))
    told.score("0", (-1.0, -1.5, -0.5, -1.0), (-1.0, -3.0, -0.25, -1.0))
    told.score("1", (-1.0, -7.0, -4.0, -1.0), (-1.0, -4.0, -0.25, -1.0))
    told.run.handle(protocol.ItemFailed("2", "The template refuses it."))
    told.score("3", (-1.0, -1.0, -1.0), (-1.0, -1.0, -1.0), starts=(0, 12, 18))
    told.score(
        "4", (-9.0, -1.0, -0.5, -0.5, -9.0), (-9.0, -4.0, -0.25, -0.0, -9.0), starts=(0, 9, 12, 15, 18)
    )
    assert told.run.handle(protocol.Progress(5, 6, 80.0)).progress.tokens_per_second == 80.0
    assert told.run.handle(protocol.Hello(1, 1)).commands == ()
    end = told.end()
    assert (end.finished, end.done, end.failed, end.total) == (True, 5, 1, 6)
    found = present(told.run.result)
    assert [(s.system, s.wrote, s.scored, s.tokens, s.logprob) for s in found.systems] == [
        ("base", False, " heart of", 2, -4.25),
        ("cardiology", True, " heart of", 2, -1.5),
    ]
    assert {one.part.text: one.changes for one in found.parts} == {
        "Be": (-1.0, 0.5),
        "brief": (0.0, 9.5),
        "What": (None, None),
        "is": (None, None),
        "it": (0.0, 0.5),
    }
    assert [one.note for one in found.parts] == [
        "", "", "The template refuses it.", "Without it, the answer is split into other tokens.", "",
    ]  # fmt: skip
    assert [one.part.text for one in found.strongest] == ["brief", "Be", "it", "What", "is"]
    assert found.largest == (0, 1)
    document: Any = json.loads(json.dumps(attribution_json(found)))
    assert document["arithmetic"] == ["float32"]
    assert document["parts"][1] == {
        "message": 0, "role": "system", "start": 3, "end": 8, "text": "brief",
        "contributions": {"base": 0.0, "cardiology": 9.5}, "note": "",
    }  # fmt: skip


def test_an_answer_that_cannot_be_read_at_all_ends_with_the_reason(studies: Studies, now: datetime) -> None:
    study = studies(BASE, TUNED)
    told = Told(study, now, question(study))
    told.prove()
    told.run.handle(protocol.ItemFailed("whole", "It has 900 tokens."))
    end = told.end()
    assert told.run.result is None
    with pytest.raises(UserError, match="It has 900 tokens"):
        end.raise_fault()


def test_systems_of_several_models_are_asked_in_turn_and_nothing_is_kept(
    studies: Studies, now: datetime
) -> None:
    study = studies(BASE, TUNED, OTHER)
    before = study.path.read_bytes()
    found, progress = driven(study, now, question(study), backend=FAKE)
    assert (progress.done, progress.total) == (12, 12)
    assert [one.system for one in found.systems] == ["base", "cardiology", "other"]
    assert {one.changes for one in found.parts} == {(0.0, 0.0, 0.0)}
    assert found.largest == (None, None, None)
    assert study.path.read_bytes() == before


def driven(
    study: StudyFile, now: datetime, asked: AttributionQuestion, backend: str
) -> tuple[Attribution, GenerationProgress]:
    run = AttributionRun(study, asked, clock=lambda: now, backend=backend)
    with EngineProcess() as engine:
        progress = drive(run, engine, lambda _: None)
    progress.raise_fault()
    assert run.result is not None
    return run.result, progress
