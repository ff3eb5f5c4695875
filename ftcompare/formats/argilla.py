"""Argilla 2 records: one record for each pair, with a response for each vote.

Source: ``Record.to_dict`` of the argilla SDK, which ``dataset.records.to_json`` writes and ``from_json``
reads. An annotator is a UUID there, so one is derived from each rater's name; the names are in the metadata.
A program's vote is a suggestion; a question has at most one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.study import JudgedRow, RaterKind
from ftcompare.formats import foreign_pairs
from ftcompare.formats.export_format import STUDY, ExportContext, RowKind, evaluation_format
from ftcompare.formats.json_files import read_objects
from ftcompare.formats.record_fields import ImportNotes, Record, prompt_json, shown

PREFERENCE, STRENGTH, COMMENT = QUESTIONS = ("preference", "strength", "comment")

_PROMPTS = ("prompt", "instruction", "question", "input")
_A = ("response_a", "response-1", "response_1", "response1", "generation-1", "answer_a", "answer_1")
_B = ("response_b", "response-2", "response_2", "response2", "generation-2", "answer_b", "answer_2")
_CHOICES = {
    **dict.fromkeys((*_A, "a", "1"), "a"),
    **dict.fromkeys((*_B, "b", "2"), "b"),
    **dict.fromkeys(("tie", "same", "equal", "draw"), "tie"),
    **dict.fromkeys(("both_bad", "neither"), "both_bad"),
}
_SYSTEMS = ("system_a", "system_b")
_OF_PAIR = ("prompt_id", "category", "split", "tags")


def user_id(rater: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"ftcompare:rater:{rater}"))


def to_object(pair: foreign_pairs.PairWithVotes, context: ExportContext) -> dict[str, Json]:
    spec, a, b = pair.prompt.spec, pair.comparison.a, pair.comparison.b
    people = pair.of(RaterKind.HUMAN)
    metadata: dict[str, Json] = {
        "system_a": context.names[a.system],
        "system_b": context.names[b.system],
        "prompt_id": spec.key,
        **fields_json(spec, "category", "split", "tags"),
        "raters": [vote.rater.name for vote in people],
        **context.origin,
    }
    return {
        "id": f"pair-{pair.comparison.id}",
        "fields": {
            "prompt": prompt_json(spec.messages, as_messages=context.as_messages),
            "response_a": foreign_pairs.answer_text(spec, a),
            "response_b": foreign_pairs.answer_text(spec, b),
        },
        "metadata": {name: value for name, value in metadata.items() if value},
        "suggestions": _suggestions(pair.of(RaterKind.AUTOMATIC)),
        "responses": _responses(people),
        "vectors": {},
    }


def _responses(votes: tuple[JudgedRow, ...]) -> dict[str, Json]:
    found: dict[str, list[Json]] = {}
    for vote in votes:
        answers = (vote.choice, vote.strength, vote.comment)
        for question, value in zip(QUESTIONS, answers, strict=True):
            if value:
                found.setdefault(question, []).append({"value": value, "user_id": user_id(vote.rater.name)})
    return {question: [*answers] for question, answers in found.items()}


def _suggestions(votes: tuple[JudgedRow, ...]) -> dict[str, Json]:
    if not votes:
        return {}
    first, agent = votes[0], votes[0].rater.name
    sure = max(first.preference, 1 - first.preference)
    found: dict[str, Json] = {PREFERENCE: {"value": first.choice, "score": sure, "agent": agent}}
    for question, value in ((STRENGTH, first.strength), (COMMENT, first.comment)):
        if value:
            found[question] = {"value": value, "score": None, "agent": agent}
    return found


def pairs(path: Path, notes: ImportNotes) -> Iterator[foreign_pairs.ForeignPair]:
    records = read_objects(path, max_bytes=foreign_pairs.MAX_BYTES, expected="a record of Argilla")
    for record in notes.reading(records):
        fields, metadata = record.part("fields"), record.part("metadata")
        prompt, a, b = (foreign_pairs.first_of(fields, *names) for names in (_PROMPTS, _A, _B))
        notes.note_unread(fields, (prompt, a, b), of="fields")
        notes.note_unread(metadata, (*_SYSTEMS, *_OF_PAIR, "raters", STUDY), of="metadata")
        systems = (metadata.label("system_a") or a, metadata.label("system_b") or b)
        responses = map(fields.present_text, (a, b))
        shared = foreign_pairs.pair_fields(
            fields.fields.get(prompt), systems, responses, **metadata.given(_OF_PAIR)
        )
        names = {user_id(name): name for name in metadata.labels("raters")}
        votes = (_marked(vote, names.values(), metadata) for vote in _of_people(record, names, notes))
        yield foreign_pairs.ForeignPair(record, shared, (*votes, *_of_program(record)))


def _marked(vote: dict[str, Json], raters: Collection[str], metadata: Record) -> dict[str, Json]:
    """Mark a vote with its study, if the record lists its rater as a rater of that study."""
    return vote | {STUDY: metadata.fields.get(STUDY)} if vote["rater"] in raters else vote


def _of_people(record: Record, names: Mapping[str, str], notes: ImportNotes) -> Iterator[dict[str, Json]]:
    answers = {question: _answers(record, question, given) for question, given in _part(record, "responses")}
    question = _preference(answers)
    for other in answers:
        if other not in (question, STRENGTH, COMMENT):
            notes.unread[f"responses.{other}"] += 1
    for user, value in answers.get(question, {}).items():
        said: dict[str, Json] = {"rater": names.get(user, user), "choice": _choice(value)}
        strength, comment = (answers.get(name, {}).get(user) for name in (STRENGTH, COMMENT))
        yield _with_more(said, strength, comment)


def _of_program(record: Record) -> Iterator[dict[str, Json]]:
    given = {name: replace(record, fields=part) for name, part in _suggested(record)}
    question = _preference({name: {"": part.fields.get("value")} for name, part in given.items()})
    if question not in given:
        return
    vote = given[question]
    strength, comment = (given[n].fields.get("value") if n in given else None for n in (STRENGTH, COMMENT))
    choice, sure = _choice(vote.fields.get("value")), vote.number("score")
    said: dict[str, Json] = {
        "rater": vote.label("agent") or "suggestion",
        "rater_kind": RaterKind.AUTOMATIC.value,
        "choice": choice,
    }
    if sure is not None and sure >= 0.5 and choice in ("a", "b"):
        said["preference"] = sure if choice == "b" else 1 - sure
    yield _with_more(said, strength, comment)


def _with_more(response: dict[str, Json], strength: Json, comment: Json) -> dict[str, Json]:
    more: dict[str, Json] = {"strength": strength, "comment": comment}
    if response["choice"] not in ("a", "b"):
        more["strength"] = None
    return response | more


def _preference(answers: Mapping[str, Mapping[str, Json]]) -> str:
    """Return the preference question: FTCompare's, or the first one with such an answer."""
    asked = sorted(answers, key=lambda name: name != PREFERENCE)
    fits = (name for name in asked if answers[name] and all(map(_choice, answers[name].values())))
    return next((name for name in fits if name not in (STRENGTH, COMMENT)), "")


def _choice(value: Json) -> str:
    """Return the choice in an answer; empty for an answer that is no choice between two."""
    if isinstance(value, str):
        return _CHOICES.get(value.strip().casefold().replace(" ", "_"), "")
    if not isinstance(value, list) or len(value) != 2:  # a ranking of the two answers
        return ""
    ranks = {part.get("value"): part.get("rank") for part in value if isinstance(part, dict)}
    sides = {_choice(name): rank for name, rank in ranks.items() if isinstance(rank, int)}
    if set(sides) != {"a", "b"}:
        return ""
    return "tie" if sides["a"] == sides["b"] else min(sides, key=lambda side: sides[side])


def _answers(record: Record, question: str, value: Json) -> dict[str, Json]:
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise record.error(f"responses.{question} must be a list of objects, not {shown(value)}.")
    parts = [replace(record, fields=part) for part in value if isinstance(part, dict)]
    return {part.label("user_id") or "user": part.fields.get("value") for part in parts}


def _suggested(record: Record) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for question, given in _part(record, "suggestions"):
        if not isinstance(given, dict):
            raise record.error(f"suggestions.{question} must be an object, not {shown(given)}.")
        yield question, given


def _part(record: Record, name: str) -> Iterable[tuple[str, Json]]:
    return record.part(name).fields.items()


EXPORT = evaluation_format(
    id="argilla",
    title="Argilla records",
    description="Every judged pair as a record of Argilla 2 with a response for each judgment; a program's "
    "vote is a suggestion. Without sides and times.",
    rows=RowKind.PAIR_WITH_VOTES,
    stem="records",
    to_object=to_object,
)
IMPORT = foreign_pairs.pair_import(
    id="argilla",
    title="Argilla records",
    description="Records of Argilla 2 with a prompt, two answers, and a question about which is better.",
    told_by=("fields responses", "fields suggestions"),
    pairs=pairs,
)
