"""Answers of evaluation runs: lm-evaluation-harness, Inspect and promptfoo."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats import inspect_log, lm_eval, promptfoo
from ftcompare.formats.harness_task import read_task, read_tasks
from ftcompare.formats.lm_eval import read_log
from ftcompare.formats.record_fields import ImportNotes
from tests.builders import refuses, text_file
from tests.core.test_generation_settings import sample
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


CHATML = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
CHATML += (
    "<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>user\n  Why?\n<|im_end|>\n<|im_start|>assistant\n"
)
HEADER = "<|start_header_id|>{}<|end_header_id|>\n\n{}<|eot_id|>"
LLAMA = f"<|begin_of_text|>{HEADER.format('system', 'Be brief.')}{HEADER.format('user', 'Why?')}"
LLAMA += "<|start_header_id|>assistant<|end_header_id|>\n\n"
GEMMA = "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nYes?<end_of_turn>\n"
GEMMA += "<start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n"
BRIEF, TALK = Message("system", "Be brief."), (Message("user", "Hi"), Message("assistant", "Yes?"))


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (CHATML, (BRIEF, *TALK, *WHY)),
        (LLAMA, (BRIEF, *WHY)),
        (GEMMA, (*TALK, *WHY)),
        ("<|user|>\nWhy?<|end|>\n<|assistant|>\n", WHY),
        *(
            (text, (Message("user", text),))
            for text in (
                f"{CHATML}The answer is",  # the beginning of an answer is given
                CHATML.removesuffix("<|im_start|>assistant\n"),
                "What does <|im_start|>user mean?",
                "<|im_start|>user\n" * 5_000,
            )
        ),
    ],
)
def test_the_turns_of_a_chat_template_come_back(
    tmp_path: Path, text: str, messages: tuple[Message, ...]
) -> None:
    logged = SAMPLE | {"arguments": [[text, {"until": []}]]}
    (found,) = answers(lm_eval.IMPORT, samples(tmp_path, logged))
    assert found.prompt.messages == messages


@pytest.mark.parametrize(
    "changes", [{"arguments": None}, {"arguments": {"g": 5}}, {"resps": []}, {"resps": [5]}]
)
def test_records_without_answers_are_counted(tmp_path: Path, changes: dict[str, object]) -> None:
    notes = ImportNotes()
    assert answers(lm_eval.IMPORT, samples(tmp_path, SAMPLE | changes), notes) == []
    assert notes.left_out == {lm_eval.LIKELIHOODS: 1}


@pytest.mark.parametrize("asked", ["Which?", [{"role": "user", "content": "Which?"}]])
def test_choices_of_inspect_are_part_of_the_prompt(tmp_path: Path, asked: object) -> None:
    logged = RUN | {"samples": [LOGGED | {"input": asked, "choices": ["Rome", "Paris"], "target": "B"}]}
    (found,) = answers(inspect_log.IMPORT, document(tmp_path / "log.json", logged))
    assert found.prompt.messages == (Message("user", "Which?\n\nA) Rome\nB) Paris"),)


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
        ([LOGGED], "This is not a log of Inspect"),
        (RUN | {"samples": None}, "This is not a log of Inspect"),
        (RUN, "The file has no records"),
        ({"samples": [LOGGED]}, "is missing or follows the samples"),
        (RUN | {"eval": 5}, "eval is not an object"),
        (RUN | {"eval": {"task": "x"}, "samples": [LOGGED]}, "model is missing"),
        (RUN | {"samples": [LOGGED | {"epoch": 0}]}, "epoch is 0"),
        (
            RUN | {"samples": [LOGGED | {"input": [{"role": "user", "content": 5}]}]},
            "the content is not text",
        ),
        (RUN | {"samples": [LOGGED | {"input": [5]}]}, "the content is not text"),
        (RUN | {"samples": [LOGGED, LOGGED | {"output": {"completion": "y"}}]}, "has another response"),
        (RUN | {"samples": [LOGGED | {"id": None}]}, "id is missing"),
    ],
)
def test_what_is_no_log_of_inspect(tmp_path: Path, value: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        answers(inspect_log.IMPORT, document(tmp_path / "log.json", value))


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
        ({"results": 5}, "This is not a result of promptfoo"),
        (5, "This is not a result of promptfoo"),
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


# Results in the harness's logs: each item's metrics, and clear words where a file is none of its logs.


NAME = "samples_arc_easy_2026-11-21T20-00-00.123.jsonl"


def log(folder: Path, *samples: dict[str, Any], name: str = NAME) -> Path:
    return text_file(folder / name, "".join(json.dumps(one) + "\n" for one in samples))


def test_every_item_is_read_with_the_task_that_the_name_tells(tmp_path: Path) -> None:
    found = read_log(log(tmp_path, sample(0), sample(1, acc=0)))
    assert (found.task, len(found.digest)) == ("arc_easy", 64)
    assert [item.metrics["acc"] for item in found.items] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([{"doc_id": 0}], r"line 1: A sample lacks doc_hash\."),
        ([sample(), sample()], "appears twice"),
        ([sample(doc_id="x")], "does not have the format of the harness"),
        ([sample(metrics=["absent"])], "absent"),
        ([sample(arguments=[])], "does not have the format of the harness"),
        ([sample(acc=[1, 2])], "no metric with a number"),
        ([sample(), sample(1, acc=10**400)], r"line 2: The number acc is too large\."),
        ([sample(doc_id=10**400)], "The number doc_id is too large"),
        ([sample(doc_id=[1])], "does not have the format of the harness"),
        ([], "empty"),
    ],
)
def test_what_is_no_log_is_refused_in_words(
    tmp_path: Path, samples: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        read_log(log(tmp_path, *samples))


def test_a_line_without_a_finite_number_is_left_out_and_counted(tmp_path: Path) -> None:
    path = log(tmp_path, sample(0), sample(1, acc=float("nan")), sample(2, acc=float("-inf")), sample(3))
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(sample(4, acc=1.5)).replace("1.5", "1e999") + "\n")
    found = read_log(path)
    assert (len(found.items), found.left_out) == (2, 3)
    with pytest.raises(UserError, match=r"Skipped: 1 line with NaN or an infinity\."):
        read_log(log(tmp_path, sample(0, acc=float("nan"))))


def test_the_name_must_tell_the_task(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not show the task"):
        read_log(log(tmp_path, sample(), name="arc.jsonl"))


# Task files are read as data: nothing in them runs, and nothing outside of their folder is read.


DATA = "dataset_path: json\ndataset_kwargs: {data_files: {test: items.jsonl}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "items.jsonl").write_text("{}\n", "utf-8")
    return tmp_path / "tasks"


def written(folder: Path, text: str, name: str = "small.yaml") -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def test_a_file_with_what_it_includes_is_one_task(folder: Path) -> None:
    written(folder, f"{DATA}doc_to_text: theirs\nnum_fewshot: 2\n", "shared.yaml")
    task = read_task(written(folder, "include: shared.yaml\ntask: small\ndoc_to_text: mine\n"))
    assert (task.name, task.folder) == ("small", folder.resolve())
    assert (task.settings["doc_to_text"], task.settings["num_fewshot"]) == ("mine", 2)
    assert not task.functions
    assert not task.needs_hub


def test_its_digest_is_that_of_settings_and_data_wherever_they_lie(folder: Path, tmp_path: Path) -> None:
    text = f"task: small\n{DATA}"
    first = read_task(written(folder, text)).digest
    folder.rename(tmp_path / "moved")
    assert read_task(str(tmp_path / "moved" / "small.yaml")).digest == first
    (tmp_path / "moved" / "items.jsonl").write_text("{}\n{}\n", "utf-8")
    assert read_task(str(tmp_path / "moved" / "small.yaml")).digest != first


def test_functions_are_refused_unless_they_are_allowed(folder: Path) -> None:
    path = written(folder, f"task: small\n{DATA}doc_to_text: !function mine.ask\nmetadata: [1]\n")
    with pytest.raises(UserError, match=r"would run Python code on this machine: mine\.ask") as caught:
        read_task(path)
    assert caught.value.code == "task-code"
    (folder / "mine.py").write_text("ask = str\n", "utf-8")
    task = read_task(path, allow_code=True)
    assert task.functions
    assert task.settings["doc_to_text"] == {"!function": f"{folder.resolve()}:mine.ask"}
    (folder / "mine.py").write_text("ask = repr\n", "utf-8")
    assert read_task(path, allow_code=True).digest != task.digest


def test_data_of_the_hub_and_of_functions_have_no_files(folder: Path) -> None:
    assert read_task(written(folder, "task: small\ndataset_path: owner/name\n")).needs_hub
    made = "task: small\ncustom_dataset: !function mine.make\n"
    assert read_task(written(folder, made), allow_code=True).functions


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("task: small\n", "dataset_path is neither one of json"),
        ("task: small\ndataset_path: ../data\n", "dataset_path is neither one of"),
        ("task: small\ndataset_path: json\n", "must contain data_files"),
        (
            "task: small\ndataset_path: json\ndataset_kwargs: {data_files: a, token: x}\n",
            "must contain data_files",
        ),
        ("task: small\ndataset_path: json\ndataset_kwargs: {data_files: []}\n", "names no data_files"),
        (
            "task: small\ndataset_path: json\ndataset_kwargs: {data_files: [gone.jsonl]}\n",
            r"missing: gone\.jsonl",
        ),
        (
            "task: small\ndataset_path: json\ndataset_kwargs: {data_files: ../items.jsonl}\n",
            "not in its folder",
        ),
        ("task: small\ndataset_path: json\ndataset_kwargs: {data_files: 'https://x/y'}\n", "missing"),
        ("task: small\ndataset_path: a/b\ndataset_kwargs: {data_files: /etc/passwd}\n", "only revision"),
        (DATA, "does not name its task"),
        (f"task: a b\n{DATA}", "does not name its task"),
        (f"task: small\n{DATA}class: os.system\n", "names a Python class"),
        (f"task: small\n{DATA}use_prompt: x\n", "another library"),
        (f"task: small\n{DATA}unsafe_code: true\n", "code that models write"),
        (f"task: small\n{DATA}process_docs: mine.f\n", "process_docs is not a function"),
        (f"task: small\n{DATA}surprise: 1\n", "surprise is not a field of a task"),
        (f"task: small\n{DATA}metric_list: [{{metric: x, hf_evaluate: true}}]\n", "hf_evaluate"),
        (f"task: small\n{DATA}doc_to_text: {{'!function': a.b}}\n", "not a value of a task"),
        (f"task: small\n{DATA}description: 2026-11-21\n", "date is not a value of a task"),
        ("task: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
        ("task: [\n", "not a valid task file"),
        ("- task\n", "not a valid task file"),
        ("include: small.yaml\n", "include each other"),
        ("a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
         "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n", "more than 20,000 values"),
        ("a0: &a0 {k: v}\n" + "".join(
            f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
        ), "more than 20,000 values are merged"),
        ("a: &a {b: 1, <<: *a}\n", "not a valid task file"),
        ("a: {<<: b}\n", "expected a mapping or list of mappings"),
        (f"task: small\n{DATA}metadata: {{d: .nan}}\n", "not a finite number.*line 4, column 15"),
        (f"task: small\n{DATA}metadata: [-.inf]\n", "not a finite number"),
        (f"task: small\n{DATA}metadata: [0x{'f' * 5000}]\n", "too many digits.*line 4"),
        (f"task: small\n{DATA}metadata: [1{':1' * 5000}]\n", "too many digits"),
        (f"task: small\n{DATA}metadata: [!!bool x]\n", "not a valid task file"),
        (f"task: small\n{DATA}metadata: [!!timestamp x]\n", "not a valid task file"),
        (f"task: small\n{DATA}repeats: 100000000\n", "repeats is not a number from 1 to 1,000"),
        (f"task: small\n{DATA}repeats: 0\n", "repeats is not a number"),
        (f"task: small\n{DATA}repeats: two\n", "repeats is not a number"),
    ],
)  # fmt: skip
def test_what_is_no_task_that_can_be_done_is_refused(folder: Path, text: str, words: str) -> None:
    with pytest.raises(FTCompareError, match=words):
        read_task(written(folder, text))


def test_mappings_are_merged_and_numbers_kept(folder: Path) -> None:
    text = f"task: small\n{DATA}metadata: {{a: &a {{b: 1.5, c: -2}}, d: {{<<: *a, c: 0x10}}}}\nrepeats: 3\n"
    settings = read_task(written(folder, text)).settings
    assert settings["metadata"] == {"a": {"b": 1.5, "c": -2}, "d": {"b": 1.5, "c": 16}}
    assert settings["repeats"] == 3


def test_a_task_of_the_harness_is_known_by_name(tmp_path: Path) -> None:
    task = read_task("arc_easy")
    assert (task.name, task.folder, task.needs_hub) == ("arc_easy", None, True)
    for text in ("arc easy", "../arc", "", "x" * 200):
        with refuses("task-unknown"):
            read_task(text)


def test_of_two_tasks_with_one_name_neither_is_taken(folder: Path) -> None:
    one, two = (written(folder, f"task: small\n{DATA}", name) for name in ("one.yaml", "two.yml"))
    assert len(read_tasks([one, one, "arc_easy"])) == 2
    with pytest.raises(UserError, match="same name"):
        read_tasks([one, two])


def test_where_nothing_reads_yaml_it_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(EnvironmentFault, match="extra “retention”"):
        read_task(written(folder, f"task: small\n{DATA}"))
