"""Judgments and outputs made elsewhere, brought into a study: all of a file or nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple, TypeVar

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest_spelled
from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.core.scale import MAX_STRENGTH
from ftcompare.core.study import (
    FinishReason,
    PromptId,
    PromptSpec,
    RaterId,
    RaterKind,
    ResponseDraft,
    ResponseId,
    System,
    SystemId,
    SystemKind,
    SystemSpec,
)
from ftcompare.store.judging.event_chain import ChainWriter, details_json
from ftcompare.store.records import ImportCounts, JudgmentEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.repository import Repository
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study import audit
from ftcompare.store.study.import_batch import JudgedPlace, JudgmentBatch, Opinion, optional
from ftcompare.store.study.judgment_queries import by_response
from ftcompare.store.study.neutral_names import keep_names, name_systems, names_kept
from ftcompare.store.study.prompts import insert_prompt, messages_digest, prompt_digest
from ftcompare.store.study.raters import genesis, get_rater
from ftcompare.store.study.responses import insert_response, response_digest, store_response
from ftcompare.store.study.settings import StudySettings
from ftcompare.store.study.systems import Systems

IMPORTED_ONLY = "imported judgments only"
_OTHER = {"a": "b", "b": "a"}
_CHOICES = ("a", "b", "tie", "both_bad")
_STRENGTHS = (None, *range(1, MAX_STRENGTH + 1))

_Record = TypeVar("_Record", JudgmentRecord, OutputRecord)
_Key = TypeVar("_Key")


class Imports(Repository):
    """Imports into a study."""

    def judgments(self, records: Iterable[JudgmentRecord], *, now: datetime) -> ImportCounts:
        """Adds judgments, with the systems, prompts, responses and raters they need: all or none.

        A judgment that an earlier import added, or that was made in this study, is not added again.
        A study that holds nothing but imported judgments is unblinded.

        Raises:
            UserError: ``judgment-invalid``, ``prompt-differs``, ``no-rater-name``, naming the record.
        """
        with self._db.atomic():
            first = self._db.first("SELECT 1 FROM events LIMIT 1") is None
            importer = _Importer(self._db)
            _each(records, importer.judgment)
            importer.finish()
            if first and not names_kept(self._db):
                name_systems(self._db)
            counts = self._logged("judgments-imported", importer.added, now)
            keep_names(self._db, now=now)
            if _only_imported(self._db):
                StudySettings(self._db).unblind(IMPORTED_ONLY, now=now)
            return counts

    def outputs(self, records: Iterable[OutputRecord], *, now: datetime) -> ImportCounts:
        """Adds responses made elsewhere and the comparisons they make possible: all or none.

        Raises:
            UserError: ``system-exists`` if a system of that name is one of the study's models;
                ``response-exists``, ``prompt-differs``, naming the record.
        """
        with self._db.atomic():
            importer = _Importer(self._db)
            _each(records, importer.output)
            return self._logged("outputs-imported", importer.added, now)

    def _logged(self, kind: str, added: Counter[str], now: datetime) -> ImportCounts:
        if added.total():
            audit.append(self._db, kind, dict(sorted(added.items())), now=now)
        return ImportCounts(**added)


def _each(records: Iterable[_Record], take: Callable[[_Record], None]) -> None:
    for number, record in enumerate(records, start=1):
        try:
            take(record)
        except UserError as error:
            error.where = f"record {number}"
            raise


def _only_imported(db: Connection) -> bool:
    """Whether nothing in the study was or is still to be judged blind here."""
    return (
        StudySettings(db).read().blinded
        and db.first("SELECT 1 FROM systems WHERE kind NOT IN ('imported', 'gold')") is None
        and db.first("SELECT 1 FROM draws") is None
        and db.first("SELECT 1 FROM allocations") is not None
        and db.value("SELECT COUNT(*) FROM comparisons")
        == db.value("SELECT COUNT(DISTINCT comparison) FROM allocations")
    )


class _Sample(NamedTuple):
    """A response of the study, new or old."""

    id: ResponseId
    digest: str


class _Importer:
    """One import within one transaction, remembering what it found or made."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._batch = JudgmentBatch(db, ChainWriter(db, genesis))
        self._systems = {system.name: system for system in Systems(db).all()}
        self._prompts = _Prompts(db)
        self._raters: dict[tuple[str, RaterKind], RaterId] = {}
        self._samples: dict[tuple[PromptId, SystemId], dict[bytes, _Sample]] = {}
        self._comparisons: dict[tuple[ResponseId, ResponseId], int] = {}
        self._last_response: int = db.value("SELECT COALESCE(MAX(id), 0) FROM responses")
        self._to_match = Counter(
            row["origin"] for row in db.rows("SELECT origin FROM allocations WHERE origin IS NOT NULL")
        )
        self._native = _native_votes(db)
        self.added: Counter[str] = Counter()

    def judgment(self, record: JudgmentRecord) -> None:
        """Adds one judgment unless an earlier import did."""
        _require_valid(record)
        prompt = self._prompt(record)
        system_a, system_b = self._system(record.system_a), self._system(record.system_b)
        a = self._sample(prompt, system_a, record.response_a)
        b = self._sample(prompt, system_b, record.response_b)
        same = system_a.id == system_b.id
        if (system_b.id, b.id) < (system_a.id, a.id):
            self._vote(b, a, "control" if same else "ordinary", _swapped(record))
        else:
            self._vote(a, b, "control" if same else "ordinary", record)

    def finish(self) -> None:
        """Writes what is still held back."""
        self._batch.finish()

    def output(self, record: OutputRecord) -> None:
        """Adds one response unless it is there."""
        system = self._system(record.system)
        if system.spec.kind is not SystemKind.IMPORTED:
            raise UserError(
                f"“{record.system}” is one of the study's own models.",
                how="Give the imported system another name.",
                code="system-exists",
            )
        draft = ResponseDraft(system.id, record.response, FinishReason.IMPORTED, sample=record.sample)
        compared = store_response(self._db, self._prompt(record), draft, None)
        if compared >= 0:
            self.added.update(responses=1, comparisons=compared)

    def _system(self, name: str) -> System:
        if name not in self._systems:
            self._systems[name] = Systems(self._db).add(SystemSpec(name, SystemKind.IMPORTED))
            self.added["systems"] += 1
        return self._systems[name]

    def _prompt(self, record: JudgmentRecord | OutputRecord) -> PromptId:
        prompt, new = self._prompts.get(record)
        self.added["prompts"] += new
        return prompt

    def _sample(self, prompt: PromptId, system: System, text: str) -> _Sample:
        samples = self._samples.get((prompt, system.id))
        if samples is None:
            samples = self._samples[prompt, system.id] = self._stored_samples(prompt, system.id)
        key = _text_key(text)
        sample = samples.get(key)
        if sample is None:
            sample = samples[key] = self._new_sample(prompt, system, text, len(samples))
        return sample

    def _stored_samples(self, prompt: PromptId, system: SystemId) -> dict[bytes, _Sample]:
        if self._prompts.is_new(prompt):
            return {}
        rows = self._db.rows(
            "SELECT id, digest, text FROM responses WHERE prompt = ? AND system = ?", (prompt, system)
        )
        return {_text_key(row["text"]): _Sample(ResponseId(row["id"]), row["digest"]) for row in rows}

    def _new_sample(self, prompt: PromptId, system: System, text: str, sample: int) -> _Sample:
        draft = ResponseDraft(system.id, text, FinishReason.IMPORTED, sample=sample)
        whole = response_digest(self._prompts.digest(prompt), system.spec, draft)
        response = insert_response(self._db, prompt, draft, whole, run=None)
        self.added["responses"] += 1
        return _Sample(response, whole)

    def _comparison(self, a: ResponseId, b: ResponseId, kind: str) -> int:
        if (a, b) not in self._comparisons:
            self._comparisons[a, b] = self._stored_comparison(a, b, kind) or self._new_comparison(a, b, kind)
        return self._comparisons[a, b]

    def _stored_comparison(self, a: ResponseId, b: ResponseId, kind: str) -> int | None:
        if max(a, b) > self._last_response:
            return None
        row = self._db.first("SELECT id FROM comparisons WHERE a = ? AND b = ? AND kind = ?", (a, b, kind))
        return row["id"] if row else None

    def _new_comparison(self, a: ResponseId, b: ResponseId, kind: str) -> int:
        self.added["comparisons"] += 1
        return self._db.insert("comparisons", a=a, b=b, kind=kind)

    def _rater(self, record: JudgmentRecord) -> RaterId:
        key = (record.rater, record.rater_kind)
        if key not in self._raters:
            rater, new = get_rater(self._db, *key)
            self._raters[key] = rater.id
            self.added["raters"] += new
        return self._raters[key]

    def _vote(self, a: _Sample, b: _Sample, kind: str, vote: JudgmentRecord) -> None:
        comparison, rater, at = self._comparison(a.id, b.id, kind), self._rater(vote), _utc(vote.at)
        origin = origin_digest(comparison, rater, vote, vote.left, at)
        if self._was_judged_here(comparison, rater, vote, at) or _taken(self._to_match, origin):
            return
        a_is_left = vote.left == "a" if vote.left else None
        self._batch.add(
            JudgedPlace(rater, comparison, kind, a_is_left, (a.digest, b.digest)),
            Opinion(
                vote.choice,
                vote.strength,
                # As SQLite gives it back, so that the digest can be verified: never an integer or -0.
                abs(float(vote.preference)),
                vote.comment,
                details_json(vote.criteria, vote.reasons) if vote.criteria or vote.reasons else "",
                at,
            ),
            origin,
        )
        self.added["judgments"] += 1

    def _was_judged_here(self, comparison: int, rater: RaterId, vote: JudgmentRecord, at: str) -> bool:
        """Whether the vote is a judgment made in this study that comes back in an export of it."""
        key = (comparison, rater, vote.choice, vote.strength, at)
        return bool(self._native) and _taken(self._native, key)


def _taken(left: Counter[_Key], key: _Key) -> bool:
    """Takes one of a key, if any is left. A key that never was is not kept."""
    found = left.get(key, 0) > 0
    if found:
        left[key] -= 1
    return found


def _native_votes(db: Connection) -> Counter[tuple[int, int, str, int | None, str]]:
    rows = db.rows(
        """SELECT al.comparison, al.rater, e.choice, al.a_is_left, e.strength, e.at
            FROM allocations al JOIN events e ON e.id = al.standing
            WHERE al.draw IS NOT NULL AND al.standing_kind = 'judgment'"""
    )
    return Counter(
        (
            *(row["comparison"], row["rater"], by_response(row["choice"], row["a_is_left"])),
            *(row["strength"], row["at"]),
        )
        for row in rows
    )


def origin_digest(
    comparison: int, rater: RaterId, vote: JudgmentRecord | JudgmentEvent, left: str, at: str
) -> str:
    """Equal for records of the same judgment, so that an import knows what an earlier one added.

    Criteria and reasons are no part of it: an export without them is of the same judgment, not of another.
    """
    spelled = (
        f'[{comparison},{rater},"{vote.choice}",{optional(vote.strength)},{vote.preference!r},'
        f'{quoted(vote.comment)},"{left}","{at}"]'
    )
    return digest_spelled("imported-judgment", spelled.encode("ascii"))


class _Prompts:
    """The prompts that records name by id or, without one, by their messages."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._by_key: dict[str, tuple[PromptId, str]] = {}
        self._by_messages: dict[str, PromptId] = {}
        self._digests: dict[PromptId, str] = {}
        for row in db.rows("SELECT id, key, kind, messages_digest, digest FROM prompts ORDER BY id"):
            if row["kind"]:  # not the study's own: its id is taken, and no record is about it
                self._by_key[row["key"]] = (PromptId(row["id"]), "")
            else:
                self._keep(PromptId(row["id"]), row["key"], row["messages_digest"], row["digest"])
        self._last: int = db.value("SELECT COALESCE(MAX(id), 0) FROM prompts")

    def _keep(self, prompt: PromptId, key: str, messages: str, whole: str) -> None:
        self._by_key[key] = (prompt, messages)
        self._by_messages.setdefault(messages, prompt)
        self._digests[prompt] = whole

    def is_new(self, prompt: PromptId) -> bool:
        """Whether this import made it."""
        return prompt > self._last

    def digest(self, prompt: PromptId) -> str:
        """The digest of all that the prompt is."""
        return self._digests[prompt]

    def get(self, record: JudgmentRecord | OutputRecord) -> tuple[PromptId, bool]:
        """A record's prompt, and whether it was added just now."""
        messages = messages_digest(record.messages)
        known = (
            self._named(record.prompt_id, messages) if record.prompt_id else self._by_messages.get(messages)
        )
        return (self._add(record, messages), True) if known is None else (known, False)

    def _named(self, key: str, messages: str) -> PromptId | None:
        prompt, expected = self._by_key.get(key, (None, messages))
        if messages != expected:
            raise UserError(
                f"The prompt with the id “{key}” reads differently in the study.",
                how="Give it an id of its own, or leave the id out.",
                code="prompt-differs",
            )
        return prompt

    def _add(self, record: JudgmentRecord | OutputRecord, messages: str) -> PromptId:
        reference = record.reference if isinstance(record, OutputRecord) else ""
        key = record.prompt_id or f"imported-{messages[:16]}"
        spec = PromptSpec(key, record.messages, record.category, record.split, reference, tags=record.tags)
        whole = prompt_digest(spec)
        prompt = insert_prompt(self._db, spec, messages, whole).id
        self._keep(prompt, key, messages, whole)
        return prompt


def _swapped(record: JudgmentRecord) -> JudgmentRecord:
    """The same vote with a and b the other way round."""
    return replace(
        record,
        choice=_OTHER.get(record.choice, record.choice),
        preference=1 - record.preference,
        left=_OTHER.get(record.left, ""),
        criteria=tuple((name, _OTHER.get(given, given)) for name, given in record.criteria),
    )


def _require_valid(record: JudgmentRecord) -> None:
    """Refuses what the file's rules would refuse, in words."""
    what = ""
    if record.choice not in _CHOICES:
        what = f"“{record.choice}” is not a choice."
    elif not (math.isfinite(record.preference) and 0 <= record.preference <= 1):
        what = "A preference is 0 to 1."
    elif record.left not in ("", "a", "b"):
        what = f"“{record.left}” is not a side."
    elif record.criteria and any(given not in _CHOICES for _, given in record.criteria):
        what = "A criterion's answer is not a choice."
    elif record.strength not in _STRENGTHS:
        what = f"A strength is 1 to {MAX_STRENGTH}."
    if what:
        raise UserError(what, code="judgment-invalid")


def _utc(at: str) -> str:
    """A record's time as the file holds it; without a zone it is taken as UTC."""
    if not at:
        return ""
    try:
        time = datetime.fromisoformat(at)
    except ValueError as error:
        raise UserError(f"“{at}” is not a time.", code="judgment-invalid") from error
    return stamp(time if time.tzinfo else time.replace(tzinfo=UTC))


def _text_key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
