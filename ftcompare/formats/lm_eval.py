"""lm-evaluation-harness: the answers in ``samples_<task>_<time>.jsonl``, written with ``--log_samples``.

Source: ``lm_eval/evaluator.py`` and ``lm_eval/loggers/evaluation_tracker.py`` of
github.com/EleutherAI/lm-evaluation-harness. A line does not name its model: the harness puts the files of a
model into a folder of its name. Only generation tasks have answers; others have likelihoods.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.core.records import OutputRecord
from ftcompare.formats.chat_records import chat
from ftcompare.formats.export_format import ImportFormat
from ftcompare.formats.foreign_pairs import MAX_BYTES, SampleNumbers, numbered
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.json_elements import read_objects
from ftcompare.formats.jsonl import parse
from ftcompare.formats.record_fields import PromptIds, Record, field_names

LIKELIHOODS = "records of likelihoods, which hold no answer"

_TASK = re.compile(r"samples_(?P<task>.+?)_\d{4}-\d{2}-\d{2}T")
_FIELDS = field_names(
    "doc_id doc target arguments resps filtered_resps filter metrics doc_hash prompt_hash target_hash"
)


def read(path: Path, notes: ImportNotes) -> Iterator[OutputRecord]:
    """Read the answers of a file; several filters of one answer count once.

    Raises:
        UserError: with the line and what is wrong with it.
    """
    ids, samples = PromptIds(), SampleNumbers()
    about: dict[str, Json] = {"system": path.absolute().parent.name or "model"}
    about["category"] = task_named(path)
    records = read_objects(path, max_bytes=MAX_BYTES, wanted="a sample of lm-evaluation-harness")
    for record in notes.reading(records):
        notes.note_unread(record, _FIELDS)
        prompt, answers = _asked(record), _answers(record)
        if prompt is None or not answers:
            notes.leave_out(LIKELIHOODS)
            continue
        for answer in answers:
            fields = {**about, "prompt": prompt, "reference": record.text("target"), "response": answer}
            yield from numbered(replace(record, fields=fields), ids, samples)


def task_named(path: Path) -> str:
    """The task in a file's name; empty for none."""
    named = _TASK.match(path.name)
    return named["task"] if named else ""


def _asked(record: Record) -> Json:
    """The model's input; None where it was not asked to generate.

    In a generation task, the only request contains the text and the generation settings.
    """
    given = record.fields.get("arguments")
    requests = [*given.values()] if isinstance(given, dict) else given if isinstance(given, list) else []
    if len(requests) != 1:
        return None
    parts = requests[0]
    text, settings = _two([*parts.values()] if isinstance(parts, dict) else parts)
    return _prompt(record, text) if isinstance(settings, dict) else None


def _two(parts: Json) -> tuple[Json, Json]:
    return (parts[0], parts[1]) if isinstance(parts, list) and len(parts) >= 2 else (None, None)


def _prompt(record: Record, text: Json) -> Json:
    """The prompt as text, or as the messages of a chat, which are stored as JSON in a list."""
    if not isinstance(text, list) or len(text) != 1 or not isinstance(text[0], str):
        return text
    try:
        turns = parse(text[0])
    except ValueError:
        return text[0]
    return [*chat(replace(record, fields={"prompt": turns}), "prompt")]


def _answers(record: Record) -> list[str]:
    """The texts generated for the only request; empty for other contents."""
    responses = record.fields.get("resps")
    if not isinstance(responses, list) or len(responses) != 1:
        return []
    texts = responses[0] if isinstance(responses[0], list) else responses
    return [text for text in texts if isinstance(text, str)]


IMPORT = ImportFormat(
    id="lm-eval",
    title="lm-evaluation-harness samples",
    description="Answers of --log_samples, of tasks that generate; the file's folder names the model.",
    told_by=("arguments resps",),
    outputs=read,
)
