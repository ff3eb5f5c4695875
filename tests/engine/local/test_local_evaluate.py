"""Tasks of lm-evaluation-harness are done by the systems themselves, with the values that each gives."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import scoring, typed_harness
from ftcompare.engine.protocol import Evaluate, Progress, TaskToEvaluate
from tests.builders import refusal_code, refuses
from tests.engine.local.harness_tasks import (
    CHOICES,
    CHOOSING,
    QUESTIONS,
    READING,
    WRITING,
    evaluate,
    notes,
    write_task,
)
from tests.engine.local.local_driver import Driver, ready
from tests.engine.tiny_models import CONTEXT


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """As a worker has it."""
    for name in ("lm_eval", "datasets"):
        caplog.set_level(logging.CRITICAL, logger=name)


def loaded(base: Path, adapter: Path | None) -> tuple[Any, Any]:
    """A model of its own, without any of ours, and its tokenizer."""
    load: Any = AutoModelForCausalLM.from_pretrained
    model: Any = load(str(base)).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    return model, tokenizer


def likelihood(model: Any, before: list[int], after: list[int]) -> float:
    """Of ids after others, by one pass without padding."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([before + after])).logits[0]
    rows = logits[len(before) - 1 : -1].log_softmax(1)
    return sum(float(row[token]) for row, token in zip(rows, after, strict=True))


@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_likelihoods_of_choices_are_those_of_each_model_by_itself(
    tiny: Path, tmp_path: Path, shape: str
) -> None:
    base, adapter = tiny / shape / "base", tiny / shape / "adapter"
    found = evaluate(ready(base, adapter), write_task(tmp_path / "task", CHOOSING))
    for system, folder in (("base", None), ("a0", adapter)):
        model, tokenizer = loaded(base, folder)
        for number, item in enumerate(found[system].values()):
            before = tokenizer.encode(f"{QUESTIONS[number]}\nAnswer:")
            whole = [tokenizer.encode(f"{QUESTIONS[number]}\nAnswer: {choice}") for choice in CHOICES]
            expected = [likelihood(model, before, ids[len(before) :]) for ids in whole]
            replied = json.loads(item.record)["replied"]
            assert [one["text"] for one in replied] == [f" {choice}" for choice in CHOICES]
            assert [one["found"] for one in replied] == pytest.approx(expected, abs=1e-3)
            best = expected.index(max(expected))
            assert item.metrics["acc"] == float(best == number % 3)
    assert found["base"] != found["a0"]


def test_the_harness_itself_finds_the_same_in_the_base(driver: Driver, tiny: Path, tmp_path: Path) -> None:
    task = write_task(tmp_path / "task", CHOOSING)
    mine = evaluate(driver, task, ["base"])["base"]
    text = task.read_text("utf-8").replace("items.jsonl", str(task.parent / "items.jsonl"))
    settings = importlib.import_module("yaml").safe_load(text)
    settings["dataset_kwargs"]["cache_dir"] = str(tmp_path / "cache")
    manager = importlib.import_module("lm_eval.tasks").TaskManager(include_defaults=False)
    model, tokenizer = loaded(tiny / "llama" / "base", None)
    theirs = importlib.import_module("lm_eval.models.huggingface").HFLM(
        pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=1
    )
    tasks = manager.load([settings])
    for one in tasks["tasks"].values():
        one.set_config("num_fewshot", 0)
        one.set_fewshot_seed(0)
    whole = importlib.import_module("lm_eval.evaluator").evaluate(theirs, tasks, bootstrap_iters=0)
    for sample, item in zip(whole["samples"]["small"], mine.values(), strict=True):
        assert item.metrics == {name: sample[name] for name in sample["metrics"]}
        found = [one["found"] for one in json.loads(item.record)["replied"]]
        assert found == pytest.approx([one[0] for one in sample["filtered_resps"]], abs=1e-3)
        assert item.item == f"{sample['doc_id']}-{sample['doc_hash'][:12]}"


def test_answers_are_those_that_each_model_writes_by_itself(
    driver: Driver, tiny: Path, tmp_path: Path
) -> None:
    found = evaluate(driver, write_task(tmp_path / "task", WRITING))
    for system, folder in (("base", None), ("a0", tiny / "llama" / "adapter")):
        model, tokenizer = loaded(tiny / "llama" / "base", folder)
        for number, item in enumerate(found[system].values()):
            ids = tokenizer.encode(f"{QUESTIONS[number]}\nAnswer:")
            new: list[int] = []
            with torch.no_grad():
                while len(new) < 6 and 0 not in new:
                    new.append(int(model(input_ids=torch.tensor([ids + new])).logits[0, -1].argmax()))
            text = tokenizer.decode([one for one in new if one], skip_special_tokens=True)
            assert json.loads(item.record)["replied"] == [text.partition("\n")[0].rstrip()]
            assert item.metrics == {"exact_match": 0.0}


def test_long_texts_are_read_in_parts_each_token_once(driver: Driver, tiny: Path, tmp_path: Path) -> None:
    long = [{"question": "The heart pumps blood. " * 40, "choices": ["High"], "answer": 0}]
    assert len(loaded(tiny / "llama" / "base", None)[1].encode(long[0]["question"])) > CONTEXT
    task = write_task(tmp_path / "task", READING, rows=long)
    (item,) = evaluate(driver, task, ["base"])["base"].values()
    model, tokenizer = loaded(tiny / "llama" / "base", None)
    text = f"{long[0]['question']} High"
    ids = tokenizer.encode(text)
    assert len(ids) > CONTEXT
    expected = likelihood(model, [0], ids[:CONTEXT])
    rest = ids[CONTEXT:]
    while rest:
        part, rest = rest[:CONTEXT], rest[CONTEXT:]
        done = len(ids) - len(rest)
        start = done - CONTEXT - 1
        expected += likelihood(model, ids[start : done - len(part)], part)
    bits = -expected / 0.6931471805599453 / len(text.encode())
    assert item.metrics["bits_per_byte"] == pytest.approx(bits, rel=1e-3)
    assert set(item.metrics) == {"bits_per_byte", "byte_perplexity", "word_perplexity"}


def test_by_the_chat_template_and_with_examples_each_system_is_asked_alike(
    driver: Driver, tmp_path: Path
) -> None:
    task = write_task(tmp_path / "task", WRITING + "num_fewshot: 1\n")
    asked = [json.loads(one.record)["asked"] for one in evaluate(driver, task, chat=True)["base"].values()]
    assert all(text.count("<|user|>") == 2 for text in asked)
    assert all(text.endswith("<|assistant|>") for text in asked)
    again = evaluate(driver, task, ["a0"], chat=True, limit=2)["a0"]
    assert [json.loads(one.record)["asked"] for one in again.values()] == asked[:2]
    plain = evaluate(driver, task, ["base"], fewshot=0, limit=1)["base"]
    assert [json.loads(one.record)["asked"] for one in plain.values()] == [f"{QUESTIONS[0]}\nAnswer:"]


def test_draws_are_the_same_for_the_same_seed(driver: Driver, tmp_path: Path) -> None:
    drawing = WRITING.replace("max_gen_toks: 6", "max_gen_toks: 6, do_sample: true, temperature: 2.0")
    task = write_task(tmp_path / "task", drawing)
    said = [
        [
            json.loads(one.record)["replied"]
            for one in evaluate(driver, task, ["base"], seed=seed)["base"].values()
        ]
        for seed in (1, 1, 2)
    ]
    assert said[0] == said[1] != said[2]


def test_what_was_longer_than_the_context_is_told(driver: Driver, tmp_path: Path) -> None:
    long = [{"question": "heart " * 200, "choices": CHOICES, "answer": 0}]
    evaluate(driver, write_task(tmp_path / "task", CHOOSING, rows=long), ["base"])
    assert notes(driver) == [
        "3 texts of the task small were longer than the model's context, and lost their beginning."
    ]
    evaluate(driver, write_task(tmp_path / "task", WRITING, rows=long), ["base"])
    assert notes(driver) == [
        "1 text of the task small was longer than the model's context, and lost its beginning."
    ]


def test_metrics_without_a_value_of_each_item_are_left_out_and_named(driver: Driver, tmp_path: Path) -> None:
    more = f"{WRITING}  - {{metric: bleu, aggregation: bleu, higher_is_better: true}}\n"
    found = evaluate(driver, write_task(tmp_path / "task", more), ["base"])
    assert all(set(item.metrics) == {"exact_match"} for item in found["base"].values())
    assert notes(driver) == ["bleu of small: left out, because it has no value for each item."]


def test_progress_counts_the_requests_of_all_systems(driver: Driver, tmp_path: Path) -> None:
    evaluate(driver, write_task(tmp_path / "task", CHOOSING))
    told = [(one.done, one.total) for one in driver.events if isinstance(one, Progress)]
    assert told[-1] == (24, 24)
    assert told == sorted(told)


def test_it_can_be_given_up_within_a_pass(driver: Driver, tmp_path: Path) -> None:
    task = write_task(tmp_path / "task", CHOOSING)
    seen = 0

    def cancelled() -> bool:
        nonlocal seen
        seen += 1
        return seen > 5

    driver.is_cancelled = cancelled
    with pytest.raises(Cancelled):
        evaluate(driver, task)
    driver.is_cancelled = lambda: False
    assert len(evaluate(driver, task)["a0"]) == len(QUESTIONS)


def test_when_memory_runs_out_the_batch_is_halved(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = write_task(tmp_path / "task", CHOOSING)
    expected = evaluate(driver, task)
    module: Any = scoring
    run: Callable[..., torch.Tensor] = module.last_logits
    sizes: list[int] = []

    def narrow(model: Any, ids: torch.Tensor, *rest: Any) -> torch.Tensor:
        sizes.append(len(ids))
        if len(ids) > 2:
            raise torch.OutOfMemoryError("no room")
        return run(model, ids, *rest)

    monkeypatch.setattr(scoring, "last_logits", narrow)
    found = evaluate(driver, task)
    assert {s: [one.metrics for one in own.values()] for s, own in found.items()} == {
        s: [one.metrics for one in own.values()] for s, own in expected.items()
    }
    assert max(sizes) > 2 >= sizes[-1]

    def none(*_: Any) -> torch.Tensor:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(scoring, "last_logits", none)
    with pytest.raises(EnvironmentFault) as caught:
        evaluate(driver, task)
    assert caught.value.code == "out-of-memory"


# --- what is refused -------------------------------------------------------------------------------


def test_a_template_of_a_task_reaches_nothing_of_python(driver: Driver, tmp_path: Path) -> None:
    evil = CHOOSING.replace("{{question}}", "{{ ''.__class__.__mro__[1].__subclasses__() }}")
    with pytest.raises(UserError, match="unsafe") as caught:
        evaluate(driver, write_task(tmp_path / "task", evil))
    assert caught.value.code == "task-broken"


def test_a_template_that_does_not_end_is_given_up(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed_harness, "TEXT_SECONDS", 0.02)
    loops = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    endless = CHOOSING.replace("{{question}}", loops)
    with pytest.raises(UserError, match="A template of the task takes longer") as caught:
        evaluate(driver, write_task(tmp_path / "task", endless))
    assert caught.value.code == "task-broken"


def test_a_function_beside_a_task_runs_only_where_that_is_allowed(driver: Driver, tmp_path: Path) -> None:
    text = CHOOSING.replace('"{{question}}\\nAnswer:"', "!function mine.ask")
    task = write_task(tmp_path / "task", text)
    (task.parent / "mine.py").write_text("def ask(doc):\n    return 'Say: ' + doc['question']\n", "utf-8")
    assert refusal_code(lambda: evaluate(driver, task)) == "task-code"
    found = evaluate(driver, task, ["base"], allow_code=True)["base"]
    assert json.loads(next(iter(found.values())).record)["asked"] == f"Say: {QUESTIONS[0]}"
    settings = json.dumps({"task": "t", "dataset_path": "x/y", "doc_to_text": {"!function": "/x:os.getcwd"}})
    command = Evaluate(TaskToEvaluate("t", settings, str(tmp_path)), ("base",))
    with pytest.raises(UserError, match="function of Python"):
        driver.backend.evaluate(command)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (CHOOSING + "metric_list: [{metric: exec_it}]\n", "task-broken", "no metric of this name: exec_it"),
        (CHOOSING.replace("doc_to_choice: choices", "doc_to_choice: nothing"), "task-broken", "ValueError"),
        (CHOOSING.replace("doc_to_target: answer", "doc_to_target: '{{absent}}'"), "task-broken", "absent"),
        (WRITING.replace("max_gen_toks: 6", "num_beams: 4"), "task-unfit", "num_beams"),
        (WRITING.replace("max_gen_toks: 6", "max_gen_toks: 0"), "task-unfit", "max_new_tokens"),
        (CHOOSING + "gen_prefix: So\n", "task-unfit", "gen_prefix"),
        (CHOOSING.replace("doc_to_choice: choices", "doc_to_choice: ['', x]"), "task-broken", "IndexError"),
    ],
)
def test_what_cannot_be_done_is_said(
    driver: Driver, tmp_path: Path, text: str, code: str, words: str
) -> None:
    with pytest.raises(FTCompareError, match=words) as caught:
        evaluate(driver, write_task(tmp_path / "task", text), chat="gen_prefix" in text)
    assert caught.value.code == code


def test_data_of_the_hub_are_not_fetched_unasked(driver: Driver, tmp_path: Path) -> None:
    head = "dataset_path: nobody/nothing-of-this-name\ntest_split: test\n"
    with pytest.raises(UserError, match="downloading them is not allowed") as caught:
        evaluate(driver, write_task(tmp_path / "task", CHOOSING, head=head))
    assert caught.value.code == "hub-off"


def test_tasks_that_the_harness_brings_are_found_by_name(driver: Driver) -> None:
    for name, code in (("arc_easy", "hub-off"), ("no_task_of_this_name", "task-unknown")):
        with refuses(code):
            driver.backend.evaluate(Evaluate(TaskToEvaluate(name), ("base",)))


def test_nothing_is_done_before_the_proof(tiny: Path, tmp_path: Path) -> None:
    driver = Driver()
    driver.load(tiny / "llama" / "base")
    with refuses("proof-failed"):
        evaluate(driver, write_task(tmp_path / "task", CHOOSING), ["base"])
