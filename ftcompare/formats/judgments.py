"""``judgments``: pairwise votes as neutral JSON Lines, in and out.

A person's vote has one weight whatever its strength: ``preference``, the share that b gets, is 0 for
``a``, 1 for ``b`` and .5 for ``tie`` and ``both_bad``. An automatic rater may give it as a number
instead; without a choice it is ``b`` above .5, ``a`` below, else ``tie``. Fields that are not ours
are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.core.judgment_limits import FIRST_YEAR, LAST_YEAR, MAX_COMMENT, possible_time
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import MAX_STRENGTH
from ftcompare.core.study import ComparisonKind, JudgedRow, RaterKind, SystemId
from ftcompare.formats.consistency import PromptIds
from ftcompare.formats.export_format import ExportContext, ExportFormat, ImportFormat, RowKind
from ftcompare.formats.jsonl import read_records, write_objects
from ftcompare.formats.record_fields import Record, prompt_json, shown
from ftcompare.formats.text_files import MIB

MAX_BYTES = 2048 * MIB

PREFERENCE = {"a": 0.0, "b": 1.0, "tie": 0.5, "both_bad": 0.5}
"""What a plain choice gives to b."""

_CHOICES = {choice: choice for choice in PREFERENCE}
_SIDES = {"a": "a", "b": "b"}
_KINDS = {kind.value: kind for kind in RaterKind}


def read_judgments(path: Path) -> Iterator[JudgmentRecord]:
    """The votes of a file, one at a time, so that a file of any length fits in memory.

    An error comes when its line is reached: take the records inside one transaction.

    Raises:
        UserError: with the line and what is wrong with it.
    """
    ids = PromptIds()
    for fields in read_records(path, max_bytes=MAX_BYTES, wanted="a judgment"):
        record = _judgment(fields)
        ids.check(fields, record.prompt_id, record.messages)
        yield record


def _write(path: Path, rows: Iterable[JudgedRow], context: ExportContext) -> int:
    """Controls and gold stay out: in a study that imports the file they would be judgments as all others."""
    ordinary = (row for row in rows if row.comparison.kind is ComparisonKind.ORDINARY)
    return write_objects(path, (to_object(row, context) for row in ordinary), what="judgments")


def record_of(row: JudgedRow, names: Mapping[SystemId, str]) -> JudgmentRecord:
    """A standing judgment as a neutral vote. ``names`` are those to be shown: neutral while blinded."""
    a, b, prompt = row.comparison.a, row.comparison.b, row.prompt.spec
    return JudgmentRecord(
        messages=prompt.messages,
        system_a=names[a.system],
        system_b=names[b.system],
        response_a=a.text,
        response_b=b.text,
        rater=row.rater.name,
        choice=row.choice,
        preference=row.preference,
        prompt_id=prompt.key,
        category=prompt.category,
        split=prompt.split,
        strength=row.strength,
        left=row.left,
        comment=row.comment,
        at=_utc(row.at) if row.at else "",
        rater_kind=row.rater.kind,
        criteria=row.criteria,
        reasons=row.reasons,
        tags=prompt.tags,
    )


def to_object(row: JudgedRow, context: ExportContext) -> dict[str, Json]:
    """A standing judgment as one line's object. Optional fields that say nothing are left out."""
    record = record_of(row, context.names)
    automatic = record.rater_kind is RaterKind.AUTOMATIC
    optional: dict[str, Json] = {
        "prompt_id": record.prompt_id,
        "category": record.category,
        "split": record.split.value,
        "tags": [*record.tags] or None,
        "strength": record.strength,
        "left": record.left,
        "comment": record.comment,
        "at": record.at,
        "rater_kind": record.rater_kind.value if automatic else "",
        "preference": record.preference if automatic else None,
        "criteria": dict(record.criteria) or None,
        "reasons": [*record.reasons] or None,
    }
    return {
        "prompt": prompt_json(record.messages),
        "system_a": record.system_a,
        "system_b": record.system_b,
        "response_a": record.response_a,
        "response_b": record.response_b,
        "rater": record.rater,
        "choice": record.choice,
        **{name: value for name, value in optional.items() if value not in ("", None)},
    }


def _judgment(fields: Record) -> JudgmentRecord:
    kind = fields.word("rater_kind", _KINDS, RaterKind.HUMAN)
    choice, preference = _vote(fields, kind)
    system_a, system_b = _systems(fields)
    return JudgmentRecord(
        messages=fields.messages("prompt"),
        system_a=system_a,
        system_b=system_b,
        response_a=fields.present_text("response_a"),
        response_b=fields.present_text("response_b"),
        rater=fields.required_label("rater"),
        choice=choice,
        preference=preference,
        prompt_id=fields.label("prompt_id"),
        category=fields.label("category"),
        split=fields.split(),
        strength=_strength(fields, choice),
        left=fields.word("left", _SIDES, ""),
        comment=_comment(fields),
        at=_at(fields),
        rater_kind=kind,
        criteria=_criteria(fields),
        reasons=tuple(dict.fromkeys(fields.labels("reasons"))) if fields.has("reasons") else (),
        tags=fields.tags(),
    )


def _systems(fields: Record) -> tuple[str, str]:
    a, b = fields.required_label("system_a"), fields.required_label("system_b")
    if a == b:
        raise fields.error(f"system_a and system_b are both {shown(a)}.", "Name the two systems apart.")
    return a, b


def _vote(fields: Record, kind: RaterKind) -> tuple[str, float]:
    """The choice and the share of b, each from the other where one is left out."""
    share = _share(fields)
    choice = fields.word("choice", _CHOICES, "")
    if not choice and (share is None or kind is RaterKind.HUMAN):
        fields.required_label("choice")
    if share is None:
        return choice, PREFERENCE[choice]
    derived = _nearest(share)
    if kind is RaterKind.HUMAN and share != PREFERENCE[choice]:
        how = f"Leave it out, or name the rater_kind {RaterKind.AUTOMATIC.value}."
        raise fields.error(f"preference is {shown(share)} beside the choice {choice!r} of a person.", how)
    if {choice, derived} == {"a", "b"}:
        what = f"choice is {choice!r} but preference, the share of b, is {shown(share)}."
        raise fields.error(what, "Leave one of them out.")
    return choice or derived, share


def _share(fields: Record) -> float | None:
    share = fields.number("preference")
    if share is not None and not 0 <= share <= 1:
        raise fields.error(f"preference is {shown(share)}; it must be from 0 to 1.")
    return None if share is None else float(share)


def _nearest(share: float) -> str:
    if share == PREFERENCE["tie"]:
        return "tie"
    return "b" if share > PREFERENCE["tie"] else "a"


def _strength(fields: Record, choice: str) -> int | None:
    strength = fields.number("strength")
    if strength is None:
        return None
    if strength not in range(1, MAX_STRENGTH + 1):
        raise fields.error(
            f"strength is {shown(strength)}; it must be a whole number from 1 to {MAX_STRENGTH}."
        )
    if choice not in _SIDES:
        raise fields.error(
            f"strength is given beside the choice {choice!r}.", "Only a and b have a strength."
        )
    return int(strength)


def _criteria(fields: Record) -> tuple[tuple[str, str], ...]:
    if not fields.has("criteria"):
        return ()
    given = fields.part("criteria")
    return tuple((name, given.word(name, _CHOICES, "")) for name in given.fields if given.has(name))


def _comment(fields: Record) -> str:
    comment = fields.text("comment")
    if len(comment) > MAX_COMMENT:
        raise fields.error(f"comment has {len(comment):,} characters; at most {MAX_COMMENT:,} are taken.")
    return comment


def _at(fields: Record) -> str:
    value = fields.label("at")
    how = "Write the time as 2026-05-31T14:05:00Z."
    try:
        at = _utc(value) if value else ""
    except (ValueError, OverflowError):
        raise fields.error(f"at is {shown(value)}, which is not an ISO 8601 time.", how) from None
    if at and not possible_time(at):
        raise fields.error(
            f"at is {shown(value)}; only the years {FIRST_YEAR} to {LAST_YEAR} are taken.", how
        )
    return at


def _utc(text: str) -> str:
    """ISO 8601 in UTC; a time that names no zone is taken to be UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


EXPORT = ExportFormat(
    id="judgments",
    title="Judgments (JSON Lines)",
    description="Every vote with both answers; can be imported again.",
    rows=RowKind.JUDGMENT,
    stem="judgments",
    to_object=to_object,
    writer=_write,
)
IMPORT = ImportFormat(
    id="judgments",
    title="Judgments made elsewhere",
    description="JSON Lines with two systems, their answers, the rater and the choice.",
    judgments=read_judgments,
)
