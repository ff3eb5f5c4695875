"""Answers of evaluation runs: lm-evaluation-harness, Inspect and promptfoo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats import inspect_log, lm_eval, promptfoo
from ftcompare.formats.import_notes import ImportNotes
from tests.formats.judged_rows import answers

WHY = (Message("user", "Why?"),)
SAMPLE = {
    "doc_id": 0,
    "doc": {"question": "Why?"},
    "target": "42",
    "arguments": {"gen_args_0": {"arg_0": "Why?", "arg_1": {"until": ["\n"], "do_sample": False}}},
    "resps": [["So."]],
    "filtered_resps": ["So"],
    "filter": "strict-match",
    "metrics": ["exact_match"],
    "doc_hash": "d",
    "prompt_hash": "p",
    "target_hash": "t",
    "exact_match": 1.0,
}
LIKELY = SAMPLE | {
    "arguments": {
        "gen_args_0": {"arg_0": "Why?", "arg_1": " So"},
        "gen_args_1": {"arg_0": "Why?", "arg_1": " No"},
    },
    "resps": [[["-1.5", "False"]], [["-2.5", "True"]]],
}
RUN = {"version": 2, "status": "success", "eval": {"model": "openai/new", "task": "care", "dataset": {}}}
LOGGED = {
    "id": 1,
    "epoch": 1,
    "input": "Why?",
    "target": ["x", "y"],
    "output": {"model": "new", "choices": [{"message": {"role": "assistant", "content": "So."}}]},
}
RESULT = {
    "promptIdx": 0,
    "testIdx": 0,
    "provider": {"id": "openai:gpt", "label": "new"},
    "prompt": {"raw": "Why?", "label": "{{q}}"},
    "vars": {"q": "Why?"},
    "response": {"output": "So."},
    "success": True,
}


def lines(path: Path, *records: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def document(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")
    return path


def samples(folder: Path, *records: object) -> Path:
    return lines(folder / "org__model" / "samples_gsm8k_cot_2026-05-01T10-00-00.123.jsonl", *records)


def test_samples_of_the_harness(tmp_path: Path) -> None:
    notes = ImportNotes()
    path = samples(
        tmp_path, SAMPLE, SAMPLE | {"filter": "flexible"}, SAMPLE | {"resps": [["A", "B"]]}, LIKELY
    )
    found = answers(lm_eval.IMPORT, path, notes)
    assert found == [
        OutputRecord(
            PromptSpec("", WHY, category="gsm8k_cot", reference="42"), "org__model", text, sample=number
        )
        for number, text in enumerate(["So.", "A", "B"])
    ]
    assert notes.left_out == {lm_eval.LIKELIHOODS: 1}
    assert notes.unread == {"exact_match": 4}


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([["Why?", {"until": []}]], WHY),
        ({"g": {"a": ['[{"role": "user", "content": "Why?"}]'], "b": {}}}, WHY),
        ({"g": {"a": ["Why?"], "b": {}}}, WHY),
    ],
)
def test_other_layouts_of_the_harness(tmp_path: Path, arguments: object, asked: object) -> None:
    path = lines(tmp_path / "folder" / "mine.jsonl", SAMPLE | {"arguments": arguments, "resps": ["So."]})
    (found,) = answers(lm_eval.IMPORT, path)
    assert (found.prompt.messages, found.system, found.prompt.category) == (asked, "folder", "")


@pytest.mark.parametrize(
    "changes", [{"arguments": None}, {"arguments": {"g": 5}}, {"resps": []}, {"resps": [5]}]
)
def test_records_without_answers_are_counted(tmp_path: Path, changes: dict[str, object]) -> None:
    notes = ImportNotes()
    assert answers(lm_eval.IMPORT, samples(tmp_path, SAMPLE | changes), notes) == []
    assert notes.left_out == {lm_eval.LIKELIHOODS: 1}


def test_a_log_of_inspect(tmp_path: Path) -> None:
    chat = [
        {"role": "system", "content": "Brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    ]
    thought = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "Thus."}]
    second = {"output": {"choices": [{"message": {"content": thought}}]}, "input": chat, "id": "b"}
    logged = [
        LOGGED | {"scores": {"match": 1}},
        LOGGED | {"epoch": 2, "output": {"completion": "attachment://a1"}, "attachments": {"a1": "Long."}},
        LOGGED | second | {"target": "z"},
        LOGGED | {"id": 3, "error": {"message": "x"}},
        LOGGED | {"id": 4, "output": {}},
    ]
    notes = ImportNotes()
    found = answers(
        inspect_log.IMPORT, document(tmp_path / "log.json", RUN | {"samples": logged, "own": 1}), notes
    )
    assert found == [
        OutputRecord(PromptSpec("care/1", WHY, category="care", reference="x\ny"), "openai/new", "So."),
        OutputRecord(
            PromptSpec("care/1", WHY, category="care", reference="x\ny"), "openai/new", "Long.", sample=1
        ),
        OutputRecord(
            PromptSpec(
                "care/b", (Message("system", "Brief."), Message("user", "Hi")), category="care", reference="z"
            ),
            "openai/new",
            "Thus.",
        ),
    ]
    assert notes.left_out == {inspect_log.FAILED: 1, inspect_log.UNANSWERED: 1}
    assert notes.unread == {"scores": 1, "own": 1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([LOGGED], "This is no log of Inspect"),
        (RUN | {"samples": None}, "This is no log of Inspect"),
        (RUN, "The file has no records"),
        ({"samples": [LOGGED]}, "is missing or follows the samples"),
        (RUN | {"eval": 5}, "eval is not an object"),
        (RUN | {"eval": {"task": "x"}, "samples": [LOGGED]}, "model is missing"),
        (RUN | {"samples": [LOGGED | {"epoch": 0}]}, "epoch is 0"),
        (RUN | {"samples": [LOGGED | {"input": [{"role": "user", "content": 5}]}]}, "the content is no text"),
        (RUN | {"samples": [LOGGED | {"input": [5]}]}, "the content is no text"),
        (RUN | {"samples": [LOGGED, LOGGED | {"output": {"completion": "y"}}]}, "gave another response"),
        (RUN | {"samples": [LOGGED | {"id": None}]}, "id is missing"),
    ],
)
def test_what_is_no_log_of_inspect(tmp_path: Path, value: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        answers(inspect_log.IMPORT, document(tmp_path / "log.json", value))


def test_an_archive_of_inspect_says_how_to_convert_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="inspect log convert"):
        answers(inspect_log.IMPORT, tmp_path / "log.eval")


RESULTS = [
    RESULT | {"score": 1},
    RESULT | {"provider": "echo", "response": {"output": "Thus."}},
    RESULT | {"response": {"output": "Again."}},
    RESULT | {"prompt": {"raw": '[{"role": "user", "content": "Why?"}]'}, "response": {"output": "Chat."}},
    RESULT | {"prompt": "[1, 2]", "response": {"output": "List."}},
    RESULT | {"prompt": {"raw": "[x"}, "response": {"output": "Bracket."}},
    RESULT | {"response": {"error": "x"}},
    RESULT | {"response": {"output": {"a": 1}}},
]


@pytest.mark.parametrize(
    ("name", "wrapped"),
    [
        (
            "results.json",
            {"evalId": "e", "results": {"version": 3, "results": RESULTS, "stats": {}}, "own": 1},
        ),
        ("results.json", {"version": 3, "results": RESULTS, "own": 1}),
        ("results.jsonl", None),
    ],
)
def test_results_of_promptfoo(tmp_path: Path, name: str, wrapped: Any) -> None:
    path = document(tmp_path / name, wrapped) if wrapped else lines(tmp_path / name, *RESULTS)
    notes = ImportNotes()
    found = answers(promptfoo.IMPORT, path, notes)
    assert [
        (answer.system, answer.prompt.messages[0].content, answer.response, answer.sample) for answer in found
    ] == [
        ("new", "Why?", "So.", 0),
        ("echo", "Why?", "Thus.", 0),
        ("new", "Why?", "Again.", 1),
        ("new", "Why?", "Chat.", 2),
        ("new", "[1, 2]", "List.", 0),
        ("new", "[x", "Bracket.", 0),
    ]
    assert notes.left_out == {promptfoo.UNANSWERED: 1, promptfoo.NO_TEXT: 1}
    assert notes.unread == {"score": 1} | ({"own": 1} if wrapped else {})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"results": 5}, "This is no result of promptfoo"),
        (5, "This is no result of promptfoo"),
        ({}, "The file has no records"),
        ({"results": [5]}, "Record 1 of results is not an object but 5"),
        ({"results": [RESULT | {"provider": None}]}, "provider is missing"),
        ({"results": [RESULT | {"provider": {}}]}, "id is missing"),
        ({"results": [RESULT | {"prompt": None}]}, "prompt is missing"),
        ({"results": [RESULT | {"response": 5}]}, "response must be an object"),
    ],
)
def test_what_is_no_result_of_promptfoo(tmp_path: Path, value: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        answers(promptfoo.IMPORT, document(tmp_path / "results.json", value))
