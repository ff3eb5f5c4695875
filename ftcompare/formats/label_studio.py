"""Label Studio: a task for each pair, with an annotation for each vote.

JSON-MIN (``convert_to_json_min`` of label-studio-sdk 2.1.2) has a record for each annotation: the data of its
task, the task's ``id``, the results by the name of their control, and the annotation's own fields from
``annotator`` on. It has no predictions and no ``meta``.

Source: the tags Pairwise, Choices, Rating and TextArea and "Export annotations", JSON, of labelstud.io. The
tag Pairwise has no tie, so tie and both bad are a separate choice. Votes of programs are predictions. Fields
of FTCompare are in the ``meta`` of an annotation's first result, which the tool keeps unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.core.study import JudgedRow, RaterKind
from ftcompare.formats.answer_text import answer_text
from ftcompare.formats.export_format import STUDY, ExportContext, ExportFormat, FormatGroup, RowKind
from ftcompare.formats.foreign_pairs import MAX_BYTES, ForeignPair, first_of, pair_import
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.json_document import write_array
from ftcompare.formats.json_elements import read_objects
from ftcompare.formats.pairs_with_votes import PairWithVotes
from ftcompare.formats.record_fields import Record, field_names, shown, whole_prompt

CONFIG = """<View>
  <Text name="prompt" value="$prompt"/>
  <Pairwise name="preference" toName="answer1,answer2"/>
  <Text name="answer1" value="$answer1"/>
  <Text name="answer2" value="$answer2"/>
  <Choices name="verdict" toName="prompt">
    <Choice value="tie"/>
    <Choice value="both_bad"/>
  </Choices>
  <Rating name="strength" toName="prompt" maxRating="3"/>
  <TextArea name="comment" toName="prompt"/>
</View>
"""
"""The labelling interface that shows the tasks with their annotations."""

CANCELLED = "cancelled annotations"
UNCHOSEN = "annotations that choose none of the two"

_SELECTED = {"a": "left", "b": "right"}
_SIDES = {"left": "a", "right": "b"}
_VERDICTS = {"tie": "tie", "same": "tie", "equal": "tie", "both_bad": "both_bad", "bothbad": "both_bad"}
_PROMPTS = ("prompt", "question", "instruction", "input")
_ANSWERS = (
    ("answer1", "answer2"),
    ("response1", "response2"),
    ("answer_1", "answer_2"),
    ("response_1", "response_2"),
    ("answer_a", "answer_b"),
    ("response_a", "response_b"),
    ("text1", "text2"),
)
_SYSTEMS = (("system1", "system2"), ("model1", "model2"), ("model_a", "model_b"))
_OF_PAIR = ("prompt_id", "category", "split", "tags")
_OF_TASK = field_names("id annotations predictions")
_OF_ANNOTATION = field_names("annotator annotation_id created_at updated_at lead_time agreement")
"""Fields of the annotation in a record of JSON-MIN."""
_TYPES = {"selected": "pairwise", "choices": "choices", "rating": "rating", "text": "textarea"}
"""The type of a result, by the field of its value."""
_COMMENT = "comment"
"""Control whose only text is a comment in JSON-MIN, where the text could also be a choice."""


def to_object(pair: PairWithVotes, context: ExportContext) -> dict[str, Json]:
    """Convert a pair to a task."""
    spec, a, b = pair.prompt.spec, pair.comparison.a, pair.comparison.b
    data: dict[str, Json] = {
        "prompt": whole_prompt(spec.messages),
        "answer1": answer_text(spec, a),
        "answer2": answer_text(spec, b),
        "system1": context.names[a.system],
        "system2": context.names[b.system],
        "prompt_id": spec.key,
        "category": spec.category,
        "split": spec.split.value,
        "tags": [*spec.tags],
    }
    return {
        "data": data,
        "annotations": [_annotation(vote, context.origin) for vote in pair.of(RaterKind.HUMAN)],
        "predictions": [_prediction(vote, context.origin) for vote in pair.of(RaterKind.AUTOMATIC)],
    }


def _annotation(vote: JudgedRow, origin: dict[str, Json]) -> Json:
    told: dict[str, Json] = {"result": _results(vote, origin), "lead_time": vote.seconds}
    return told | ({"created_at": vote.at} if vote.at else {})


def _prediction(vote: JudgedRow, origin: dict[str, Json]) -> Json:
    said: dict[str, Json] = {**origin, "preference": vote.preference, "at": vote.at, "seconds": vote.seconds}
    sure = max(vote.preference, 1 - vote.preference)
    return {"model_version": vote.rater.name, "score": sure, "result": _results(vote, said)}


def _results(vote: JudgedRow, more: dict[str, Json]) -> list[Json]:
    if vote.choice in _SELECTED:
        found = [_result("pairwise", "preference", {"selected": _SELECTED[vote.choice]})]
    else:
        found = [_result("choices", "verdict", {"choices": [vote.choice]})]
    found[0]["meta"] = {"rater": vote.rater.name, "left": vote.left, **more}
    if vote.strength is not None:
        found.append(_result("rating", "strength", {"rating": vote.strength}))
    if vote.comment:
        found.append(_result("textarea", "comment", {"text": [vote.comment]}))
    return [*found]


def _result(kind: str, name: str, value: dict[str, Json]) -> dict[str, Json]:
    to = "answer1,answer2" if kind == "pairwise" else "prompt"
    return {"id": name, "type": kind, "from_name": name, "to_name": to, "value": value}


def pairs(path: Path, notes: ImportNotes) -> Iterator[ForeignPair]:
    """Read the tasks of a file.

    Raises:
        UserError: with the record and what is wrong with it.
    """
    for read in notes.reading(read_objects(path, max_bytes=MAX_BYTES, wanted="a task")):
        record = _task_of(read) if "annotation_id" in read.fields and not read.has("data") else read
        data = record.part("data") if record.has("data") else record
        prompt, (one, two) = first_of(data, *_PROMPTS), _couple(data, _ANSWERS)
        first, second = _couple(data, _SYSTEMS)
        asked = (prompt, one, two, first, second, *_OF_PAIR)
        own, named = (_OF_TASK, "") if data is record else ((), "data")
        notes.note_unread(data, {*asked, *own}, of=named)
        shared: dict[str, Json] = {name: data.fields[name] for name in _OF_PAIR if data.has(name)}
        shared |= {
            "prompt": data.fields.get(prompt),
            "system_a": data.label(first) or one,
            "system_b": data.label(second) or two,
            "response_a": data.present_text(one),
            "response_b": data.present_text(two),
        }
        yield ForeignPair(record, shared, tuple(_votes(record, notes)))


def _task_of(record: Record) -> Record:
    """A record of JSON-MIN as a task with its annotation."""
    names = [*record.fields]
    data_ends = names.index("id") if "id" in names else -1
    data: dict[str, Json] = {}
    results: list[Json] = []
    for place, name in enumerate(names):
        value = record.fields[name]
        found = _results_in(name, value) if place > data_ends else []
        results += found
        if not found and name not in _OF_TASK | _OF_ANNOTATION:
            data[name] = value
    who = record.fields.get("annotator")
    annotation: dict[str, Json] = {
        "completed_by": {"email": who} if isinstance(who, str) else who,
        "created_at": record.fields.get("created_at"),
        "lead_time": record.fields.get("lead_time"),
        "result": results,
    }
    return replace(record, fields={"data": data, "annotations": [annotation] if results else []})


def _results_in(name: str, value: Json) -> list[Json]:
    """The results of one control in JSON-MIN; empty for a field of the task's data."""
    if isinstance(value, str) and name == _COMMENT:
        return [_result("textarea", name, {"text": value})]
    if isinstance(value, str) and _word(value) in _VERDICTS | _SIDES:
        return [_result("choices", name, {"choices": [value]})]
    parts = [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    types = [(next((_TYPES[field] for field in part if field in _TYPES), ""), part) for part in parts]
    return [_result(kind, name, part) for kind, part in types if kind]


def _couple(data: Record, names: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """The first couple of field names of which the task has one; the default couple where it has none."""
    return next((couple for couple in names if any(name in data.fields for name in couple)), names[0])


def _votes(task: Record, notes: ImportNotes) -> Iterator[dict[str, Json]]:
    for record in _objects(task, "annotations"):
        if record.truth("was_cancelled"):
            notes.leave_out(CANCELLED)
            continue
        said = _said(record, notes)
        if not said:
            notes.leave_out(UNCHOSEN)
        else:
            who = said.pop("rater", None) or _annotator(record)
            when = record.label("created_at")
            yield {"rater": who, "at": when, "seconds": record.number("lead_time"), **said}
    for record in _objects(task, "predictions"):
        if said := _said(record, notes):
            who = said.pop("rater", None) or record.label("model_version") or "prediction"
            yield {"rater": who, "rater_kind": RaterKind.AUTOMATIC.value, **said}


def _said(vote: Record, notes: ImportNotes) -> dict[str, Json]:
    """The results of an annotation as standard fields; empty where nothing was chosen."""
    said: dict[str, Json] = {}
    meta: dict[str, Json] = {"left": "a"}
    for result in _objects(vote, "result"):
        name, value = _field(result)
        if not name or name in said:
            notes.unread[f"annotations.{result.label('from_name') or result.label('type')}"] += 1
            continue
        said[name] = value
        if isinstance(given := result.fields.get("meta"), dict):
            known = ("rater", "left", "preference", "at", "seconds", STUDY)
            meta |= {part: given[part] for part in known if part in given}
    return said | meta if "choice" in said else {}


def _field(result: Record) -> tuple[str, Json]:
    """The standard field of a result, and its value; an empty name for none."""
    value = result.part("value")
    match result.label("type"):
        case "pairwise":
            return "choice", value.word("selected", _SIDES, "") or None
        case "choices":
            return ("choice", _verdict(value)) if _verdict(value) else ("", None)
        case "rating":
            return "strength", value.number("rating")
        case "textarea":
            return "comment", _joined(value)
    return "", None


def _verdict(value: Record) -> str:
    """Tie or both bad, where these are chosen; some projects have left and right as choices."""
    chosen = value.fields.get("choices")
    if not isinstance(chosen, list) or len(chosen) != 1 or not isinstance(chosen[0], str):
        return ""
    return {**_VERDICTS, **_SIDES}.get(_word(chosen[0]), "")


def _word(text: str) -> str:
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def _joined(value: Record) -> str:
    text = value.fields.get("text")
    parts = text if isinstance(text, list) else [text]
    return "\n".join(part for part in parts if isinstance(part, str))


def _annotator(annotation: Record) -> str:
    who = annotation.fields.get("completed_by")
    if isinstance(who, dict):
        person = replace(annotation, fields=who)
        return person.label("email") or person.label("id") or "annotator"
    number = annotation.label("completed_by")
    return f"annotator {number}" if number else "annotator"


def _objects(record: Record, name: str) -> Iterator[Record]:
    """The objects of an optional list, as records."""
    found = record.fields.get(name)
    if found is not None and not isinstance(found, list):
        raise record.error(f"{name} must be a list, not {shown(found)}.")
    for part in found or []:
        if not isinstance(part, dict):
            raise record.error(f"{name} holds {shown(part)} where an object must stand.")
        yield replace(record, fields=part)


def _write(path: Path, rows: Iterable[PairWithVotes], context: ExportContext) -> int:
    return write_array(path, (to_object(row, context) for row in rows), what="judged pairs")


EXPORT = ExportFormat(
    id="label-studio",
    title="Label Studio tasks",
    group=FormatGroup.EVALUATION,
    description="Every judged pair as a task with an annotation a vote; programs' votes are predictions. "
    "Several turns stand as one text.",
    rows=RowKind.PAIR_WITH_VOTES,
    stem="tasks",
    to_object=to_object,
    writer=_write,
    suffix=".json",
    file_type="JSON",
)
IMPORT = pair_import(
    id="label-studio",
    title="Label Studio tasks",
    description="Tasks with a prompt and two answers, with pairwise annotations or none. JSON or JSON-MIN.",
    told_by=("data annotations", "annotation_id annotator", "prompt answer1 answer2"),
    pairs=pairs,
)
