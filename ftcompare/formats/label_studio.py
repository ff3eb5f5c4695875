"""Label Studio: a task for each pair, with an annotation for each vote.

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
from ftcompare.formats.record_fields import Record, shown, whole_prompt

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
    for record in read_objects(path, max_bytes=MAX_BYTES, wanted="a task"):
        data = record.part("data") if record.has("data") else record
        prompt, (one, two) = first_of(data, *_PROMPTS), _couple(data, _ANSWERS)
        first, second = _couple(data, _SYSTEMS)
        asked = (prompt, one, two, first, second, *_OF_PAIR)
        if data is not record:
            notes.note_unread(data, asked, of="data")
        shared: dict[str, Json] = {name: data.fields[name] for name in _OF_PAIR if data.has(name)}
        shared |= {
            "prompt": data.fields.get(prompt),
            "system_a": data.label(first) or one,
            "system_b": data.label(second) or two,
            "response_a": data.present_text(one),
            "response_b": data.present_text(two),
        }
        yield ForeignPair(record, shared, tuple(_votes(record, notes)))


def _couple(data: Record, names: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """The first couple of field names of which the task has one; the default couple where it has none."""
    return next((couple for couple in names if any(name in data.fields for name in couple)), names[0])


def _votes(task: Record, notes: ImportNotes) -> Iterator[dict[str, Json]]:
    for record in _objects(task, "annotations"):
        if record.truth("was_cancelled"):
            notes.leave_out(CANCELLED)
            continue
        if said := _said(record, notes):
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
    word = chosen[0].strip().casefold().replace(" ", "_").replace("-", "_")
    return {**_VERDICTS, **_SIDES}.get(word, "")


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
    description="Tasks with a prompt and two answers, exported as JSON, with pairwise annotations or none.",
    told_by=("data annotations",),
    pairs=pairs,
)
