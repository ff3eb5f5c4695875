"""Small tasks of lm-evaluation-harness as files, and what systems make of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ftcompare.engine.protocol import Evaluate, EvaluatedItem, EvaluatedTask, Note, TaskToEvaluate
from ftcompare.formats.harness_task import read_task
from tests.builders import text_file
from tests.engine.local.local_driver import Driver

QUESTIONS = ("What is the heart?", "Hypertension?", "Stroke: signs", "The vessels of the body are what?")
CHOICES = ("blood ", "a heart attack happens", "the pressure")
ROWS = [{"question": one, "choices": CHOICES, "answer": n % 3} for n, one in enumerate(QUESTIONS)]

CHOOSING = """
output_type: multiple_choice
doc_to_text: "{{question}}\\nAnswer:"
doc_to_choice: choices
doc_to_target: answer
"""
WRITING = """
output_type: generate_until
doc_to_text: "{{question}}\\nAnswer:"
doc_to_target: "{{choices[answer]}}"
generation_kwargs: {until: ["\\n"], max_gen_toks: 6}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
"""
READING = """
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{question}} {{choices[answer]}}"
"""


def write_task(
    folder: Path, text: str, name: str = "small", rows: Iterable[object] = ROWS, head: str | None = None
) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    data = "dataset_path: json\ndataset_kwargs: {data_files: {test: items.jsonl}}\ntest_split: test\n"
    return text_file(folder / f"{name}.yaml", f"task: {name}\n{data if head is None else head}{text}")


def evaluate(
    driver: Driver, path: Path, systems: Sequence[str] = ("base", "a0"), **options: Any
) -> dict[str, dict[str, EvaluatedItem]]:
    """By system and item, what was made of a task."""
    task = read_task(str(path), allow_code=bool(options.get("allow_code")))
    given = TaskToEvaluate(task.name, json.dumps(dict(task.settings)), str(task.folder))
    driver.events.clear()
    driver.backend.evaluate(Evaluate(given, tuple(systems), **options))
    ends = [event.system for event in driver.events if isinstance(event, EvaluatedTask)]
    assert ends == list(systems)
    found: dict[str, dict[str, EvaluatedItem]] = {system: {} for system in systems}
    for event in driver.events:
        if isinstance(event, EvaluatedItem):
            found[event.system][event.item] = event
    return found


def notes(driver: Driver) -> list[str]:
    return [event.text for event in driver.events if isinstance(event, Note)]
