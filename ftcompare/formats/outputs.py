"""``outputs``: responses as JSON Lines, out; in, any file of `answer_files`, which takes these lines too.

One object a line: ``prompt`` (text or messages), ``system``, ``response``; optional ``prompt_id``,
``category``, ``split``, ``tags`` (a list of texts), ``reference``, ``sample`` (which of several responses
of a system to the prompt, from 0); of a conversation ``later_turns`` (the user's turns after the prompt) and
``earlier`` (the answers before the response); ``reasoning`` (written before the response, out only where it
is asked for); and what the prompt brings: ``checks``, ``labels``, ``expects``, ``task``, ``context``,
``context_kind``, ``more_references``. Fields that are not ours are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.core.hashing import Json
from ftcompare.core.records import ABOUT_PROMPT, OutputRecord
from ftcompare.core.study import Prompt, Response, SystemId
from ftcompare.formats.answer_files import SUFFIXES, read_answers
from ftcompare.formats.export_format import ExportContext, ExportFormat, ImportFormat, RowKind
from ftcompare.formats.prompt_checks import checks_json
from ftcompare.formats.prompt_context import passages_json
from ftcompare.formats.record_fields import prompt_json


def record_of(response: Response, prompt: Prompt, names: Mapping[SystemId, str]) -> OutputRecord:
    """Convert a stored response to a neutral record."""
    spec = prompt.spec
    return OutputRecord(
        messages=spec.messages,
        system=names[response.system],
        response=response.text,
        prompt_id=spec.key,
        category=spec.category,
        split=spec.split,
        reference=spec.reference,
        tags=spec.tags,
        sample=response.sample,
        reasoning=response.reasoning,
        later_turns=spec.later_turns,
        earlier=response.earlier,
        **{name: getattr(spec, name) for name in ABOUT_PROMPT},
    )


def to_object(record: OutputRecord, context: ExportContext) -> dict[str, Json]:
    """Convert a response to an object. Empty optional fields are left out."""
    optional = {name: getattr(record, name) for name in ("prompt_id", "category", "split", "tags")}
    optional |= {"tags": [*record.tags], "reference": record.reference, "sample": record.sample}
    optional |= {
        "more_references": [*record.more_references],
        "checks": checks_json(record.checks),
        "labels": [*record.labels],
        "expects": record.expects.value,
        "task": record.task,
        "context": passages_json(record.context),
        "context_kind": record.context_kind.value,
    }
    optional |= {"later_turns": [*record.later_turns], "earlier": [*record.earlier]}
    optional["reasoning"] = record.reasoning if context.reasoning else ""
    said = {name: value for name, value in optional.items() if value}
    return {
        "prompt": prompt_json(record.messages, as_messages=context.as_messages),
        "system": record.system,
        "response": record.response,
        **said,
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
