"""Responses as JSON Lines: written here, and read as any file of `answer_files`.

One object a line: ``prompt`` (text or messages), ``system``, ``response``; optional ``prompt_id``,
``category``, ``split``, ``tags`` (a list of texts), ``reference``, ``sample`` (index of several responses of
a system to the prompt); for a conversation ``later_turns`` (the user's turns after the prompt) and
``earlier`` (the answers before the response); ``reasoning`` (before the response, written only if requested);
and the prompt's ``checks``, ``labels``, ``expects``, ``task``, ``context``, ``context_kind``,
``more_references``. Other fields are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.core.hashing import Json
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import Prompt, Response, SystemId
from ftcompare.formats.answer_files import SUFFIXES, read_answers
from ftcompare.formats.export_format import ExportContext, ExportFormat, ImportFormat, RowKind
from ftcompare.formats.prompt_checks import checks_json
from ftcompare.formats.prompts import passages_json
from ftcompare.formats.record_fields import prompt_json


def record_of(response: Response, prompt: Prompt, names: Mapping[SystemId, str]) -> OutputRecord:
    said = (response.text, response.sample, response.reasoning, response.earlier)
    return OutputRecord(prompt.spec, names[response.system], *said)


def to_object(record: OutputRecord, context: ExportContext) -> dict[str, Json]:
    """Convert a response to an object. Empty optional fields are left out."""
    spec = record.prompt
    optional: dict[str, Json] = {
        "prompt_id": spec.key,
        "category": spec.category,
        "split": spec.split,
        "tags": [*spec.tags],
        "reference": spec.reference,
        "sample": record.sample,
        "more_references": [*spec.more_references],
        "checks": checks_json(spec.checks),
        "labels": [*spec.labels],
        "expects": spec.expects.value,
        "task": spec.task,
        "context": passages_json(spec.context),
        "context_kind": spec.context_kind.value,
        "later_turns": [*spec.later_turns],
        "earlier": [*record.earlier],
        "reasoning": record.reasoning if context.reasoning else "",
    }
    return {
        "prompt": prompt_json(spec.messages, as_messages=context.as_messages),
        "system": record.system,
        "response": record.response,
        **{name: value for name, value in optional.items() if value},
    }


EXPORT = ExportFormat(
    id="outputs",
    title="All answers (JSON Lines)",
    description="Every answer of every system; can be imported into another study.",
    rows=RowKind.RESPONSE,
    stem="answers",
    takes_reasoning=True,
    to_object=to_object,
)
IMPORT = ImportFormat(
    id="outputs",
    title="Answers made elsewhere",
    description="Prompt, system and response a line, or a prompt with a column a system (JSON Lines, CSV, "
    "TSV, Excel); they are paired and can be rated.",
    told_by=(
        "prompt system response",
        "prompt answers",
    ),
    outputs=read_answers,
    suffixes=SUFFIXES,
)
