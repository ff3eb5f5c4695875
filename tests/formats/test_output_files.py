"""Responses made elsewhere, in and out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.errors import UserError
from ftcompare.core.prompt_check import ContainsCheck
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import (
    FinishReason,
    Message,
    Prompt,
    PromptId,
    PromptSpec,
    Response,
    ResponseId,
    Split,
    SystemId,
)
from ftcompare.formats.answer_files import read_answers
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.outputs import EXPORT, record_of
from ftcompare.formats.prompt_checks import check_text

LEAST = {"prompt": "What is a stent?", "system": "base", "response": "A tube."}
QUESTION = (Message("user", "What is a stent?"),)


def write(folder: Path, *lines: dict[str, object]) -> Path:
    path = folder / "o.jsonl"
    path.write_text("".join(json.dumps({**LEAST, **line}) + "\n" for line in lines))
    return path


def test_least_and_most_of_a_line(tmp_path: Path) -> None:
    full = {
        "prompt_id": "q1",
        "category": "c",
        "split": "paraphrase",
        "reference": "R",
        "tags": ["t", "u"],
        "system": "two",
        "x": 1,
    }
    assert list(read_answers(write(tmp_path, {}, full))) == [
        OutputRecord(QUESTION, "base", "A tube."),
        OutputRecord(QUESTION, "two", "A tube.", "q1", "c", Split.PARAPHRASE, "R", ("t", "u")),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"prompt": ""}, "prompt is empty"),
        ({"system": None}, "system is missing or empty"),
        ({"response": None}, "response is missing"),
        ({"response": 4}, "response must be text, not 4"),
        ({"split": "x"}, "split is 'x'; it must be trained, paraphrase or held_out"),
        ({"response": "A pipe."}, "'base' gave another response to this prompt at line 1"),
        ({"prompt_id": [], "response": "A tube."}, "prompt_id must be text, not a list"),
    ],
)
def test_a_bad_line_is_named_with_its_reason(tmp_path: Path, line: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as caught:
        list(read_answers(write(tmp_path, {}, line)))
    assert caught.value.where == "o.jsonl, line 2"
    assert said in caught.value.what
    assert caught.value.how


def test_a_prompt_id_that_stands_for_two_prompts_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"prompt_id": "p"}, {"prompt_id": "p", "prompt": "Why?", "system": "two"})
    with pytest.raises(UserError, match="line 2: prompt_id 'p' stood with another prompt at line 1"):
        list(read_answers(path))


def test_the_same_response_twice_is_no_error(tmp_path: Path) -> None:
    assert len(list(read_answers(write(tmp_path, {}, {})))) == 2


def test_several_samples_of_a_system_are_told_apart(tmp_path: Path) -> None:
    prompts = {PromptId(1): Prompt(PromptId(1), PromptSpec("q", (Message("user", "Why?"),)))}
    names = {SystemId(1): "base"}
    responses = [
        Response(ResponseId(n), PromptId(1), SystemId(1), f"Answer {n}", FinishReason.END, 3, sample=n)
        for n in range(3)
    ]
    path = tmp_path / "o.jsonl"
    records = [record_of(r, prompts[r.prompt], names) for r in responses]
    EXPORT.write(path, records, ExportContext(names))
    assert [(r.sample, r.response) for r in read_answers(path)] == [(n, f"Answer {n}") for n in range(3)]


@pytest.mark.parametrize("sample", [-1, 0.5, 10**9, float("inf")])
def test_a_sample_that_cannot_be_is_refused(tmp_path: Path, sample: float) -> None:
    with pytest.raises(UserError):
        list(read_answers(write(tmp_path, {"sample": sample})))


def test_without_responses_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no responses to write"):
        EXPORT.write(tmp_path / "o.jsonl", [], ExportContext({}))
    assert list(tmp_path.iterdir()) == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LABEL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
@given(
    drawn=st.lists(
        st.tuples(TEXT.filter(str.strip), LABEL, st.sampled_from(Split), TEXT, TEXT, TEXT),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str, Split, str, str, str]]
) -> None:
    names = {SystemId(1): "base", SystemId(2): "cardiology"}
    prompts, responses = {}, []
    for n, (question, category, split, reference, *texts) in enumerate(drawn):
        tags = (category,) if category else ()
        spec = PromptSpec(f"q{n}", (Message("user", question),), category, split, reference, tags=tags)
        prompts[PromptId(n)] = Prompt(PromptId(n), spec)
        responses += [
            Response(ResponseId(2 * n + k), PromptId(n), system, text, FinishReason.END, 3)
            for k, (system, text) in enumerate(zip(names, texts, strict=True))
        ]
    path = tmp_path_factory.mktemp("trip") / "o.jsonl"
    records = [record_of(r, prompts[r.prompt], names) for r in responses]
    assert EXPORT.write(path, records, ExportContext(names)) == len(records)
    assert list(read_answers(path)) == records


def test_what_the_prompt_brings_is_written_and_read_back(tmp_path: Path) -> None:
    spec = PromptSpec(
        "q1",
        QUESTION,
        reference="severe",
        more_references=("very severe",),
        checks=(check_text(ContainsCheck(("tube",))), "a note"),
        labels=("mild", "severe"),
        expects=Expectation.ANSWER,
        task="choice",
        context=(Passage("a", "It is severe."), Passage("", "It is not.")),
        context_kind=ContextKind.CONFLICTING,
    )
    response = Response(ResponseId(1), PromptId(1), SystemId(1), "severe", FinishReason.END, 3)
    record = record_of(response, Prompt(PromptId(1), spec), {SystemId(1): "base"})
    assert record.prompt("q1") == spec
    EXPORT.write(tmp_path / "o.jsonl", [record], ExportContext({}))
    assert list(read_answers(tmp_path / "o.jsonl")) == [record]
