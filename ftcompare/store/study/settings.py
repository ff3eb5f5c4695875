"""What a study is about: its settings, systems, prompts and glossary."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from random import Random

from ftcompare.core.blinding import neutral_names
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest, digest_spelled
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    GlossaryTerm,
    Message,
    Prompt,
    PromptId,
    PromptSpec,
    Split,
    Study,
    System,
    SystemId,
    SystemKind,
    SystemSpec,
    TermStatus,
)
from ftcompare.store.sqlite.connection import Connection, Part, read_list, read_object, seeded, stamp, to_json
from ftcompare.store.study import audit
from ftcompare.store.study.rating_json import read_design, read_scale, settings_json

NAMES_KEPT = "names-kept"
"""Kind of the audit entry that settles neutral names."""


class ContentPart(Part):
    """Settings, systems, prompts and glossary of a study."""

    def study(self) -> Study:
        """The study's own settings."""
        return read_study(self._db)

    def set_title(self, title: str, *, now: datetime) -> None:
        """Renames the study."""
        with self._db.atomic():
            if title != self.study().title:
                self._db.execute("UPDATE study SET title = ?", (title,))
                audit.append(self._db, "title-set", {"title": title}, now=now)

    def design(self) -> RatingDesign:
        """How the study is rated."""
        return read_rating_design(self._db)

    def set_rating(self, scale: Scale, design: RatingDesign, *, now: datetime) -> None:
        """Changes what raters are asked and how pairs are handed out from now on.

        Raises:
            UserError: ``rating-begun`` if something changes that judgments or draws made stand on.
        """
        with self._db.atomic():
            set_rating(self._db, scale, design, now=now)

    def unblind(self, reason: str, *, now: datetime) -> Study:
        """Lets the systems be called by their names, for good.

        Raises:
            UserError: ``no-reason``, ``already-unblinded``.
        """
        if not reason.strip():
            raise UserError(
                "Unblinding needs a reason.", how="Say why in a few words; it is kept.", code="no-reason"
            )
        with self._db.atomic():
            if not self.study().blinded:
                raise UserError("The study is already unblinded.", code="already-unblinded")
            unblind(self._db, reason, now=now)
            return self.study()

    def add_system(self, spec: SystemSpec) -> System:
        """Adds a system and gives it a neutral name that says nothing.

        Raises:
            UserError: ``system-exists`` if the study has one of that name.
        """
        with self._db.atomic():
            return add_system(self._db, spec)

    def remove_system(self, system: SystemId) -> None:
        """Removes a system that has written and scored nothing.

        Raises:
            UserError: ``system-has-responses``.
        """
        with self._db.atomic():
            if _has_worked(self._db, system):
                raise UserError(
                    "This system has responses or scores in the study and cannot be removed.",
                    code="system-has-responses",
                )
            self._db.execute("DELETE FROM systems WHERE id = ?", (system,))

    def set_options(self, changes: Mapping[SystemId, SystemSpec]) -> None:
        """Changes how systems that have written nothing are loaded and asked: all of them or none.

        Args:
            changes: the systems as they are to be; name, kind, model and adapter stay as they are.

        Raises:
            UserError: ``system-has-responses``, if one has responses, or responses were scored by it.
        """
        with self._db.atomic():
            for system, spec in changes.items():
                set_options(self._db, system, spec)

    def systems(self) -> tuple[System, ...]:
        """All systems in the order they were added; what stands behind gold items is none."""
        return read_systems(self._db)

    def add_prompts(self, specs: Iterable[PromptSpec]) -> tuple[Prompt, ...]:
        """Adds prompts: all of them or, if one is refused, none.

        Raises:
            UserError: ``prompt-exists`` if a key is there already or comes twice.
        """
        with self._db.atomic():
            return tuple(add_prompt(self._db, spec) for spec in specs)

    def remove_prompts(self, prompts: Iterable[PromptId]) -> None:
        """Removes prompts that nothing was written to: all of them or none.

        Raises:
            UserError: ``prompt-has-responses``.
        """
        with self._db.atomic():
            for prompt in prompts:
                self._remove_prompt(prompt)

    def _remove_prompt(self, prompt: PromptId) -> None:
        if self._db.first("SELECT 1 FROM responses WHERE prompt = ? LIMIT 1", (prompt,)):
            raise UserError(
                "A prompt has responses in the study and cannot be removed.", code="prompt-has-responses"
            )
        self._db.execute("DELETE FROM prompts WHERE id = ?", (prompt,))

    def prompts(self) -> tuple[Prompt, ...]:
        """All prompts of the study's own, in the order they were added."""
        return tuple(
            to_prompt(row) for row in self._db.rows("SELECT * FROM prompts WHERE kind = '' ORDER BY id")
        )

    def set_glossary(self, terms: Iterable[GlossaryTerm], *, now: datetime) -> None:
        """Replaces the glossary."""
        with self._db.atomic():
            before = glossary_digest(self._db)
            self._db.execute("DELETE FROM glossary")
            for term in terms:
                self._db.execute(
                    "INSERT INTO glossary (term, status, concept, language, note) VALUES (?, ?, ?, ?, ?)",
                    (term.term, term.status, term.concept, term.language, term.note),
                )
            if glossary_digest(self._db) != before:
                audit.append(self._db, "glossary-set", {"digest": glossary_digest(self._db)}, now=now)

    def glossary(self) -> tuple[GlossaryTerm, ...]:
        """All terms in the order given."""
        rows = self._db.rows("SELECT term, status, concept, language, note FROM glossary ORDER BY id")
        return tuple(
            GlossaryTerm(row["term"], TermStatus(row["status"]), row["concept"], row["language"], row["note"])
            for row in rows
        )


def read_study(db: Connection) -> Study:
    """The study's own settings."""
    row = db.rows("SELECT * FROM study")[0]
    return Study(
        row["title"],
        read_scale(row["question"], row["strengths"], row["rating"]),
        row["notice"],
        row["unblinded_at"],
        row["unblinding_reason"],
    )


def read_rating_design(db: Connection) -> RatingDesign:
    """How the study is rated."""
    return read_design(db.value("SELECT rating FROM study"))


def set_rating(db: Connection, scale: Scale, design: RatingDesign, *, now: datetime) -> None:
    """Changes scale and design within the caller's transaction."""
    before, kept = read_study(db).scale, read_rating_design(db)
    begun = _any_judgment(db) or db.first("SELECT 1 FROM packs")
    if begun and (before.strengths, before.criteria) != (scale.strengths, scale.criteria):
        raise UserError(
            "Judgments or packs were made on this scale: strengths and criteria stay as they are.",
            how="Make a new study for another scale.",
            code="rating-begun",
        )
    if db.first("SELECT 1 FROM plans") and (design.each != kept.each or design.raters < kept.raters):
        raise UserError(
            "The pairs are shared out already: judgments a pair stay as they are, raters can only be added.",
            how="Make a new study for another plan.",
            code="rating-begun",
        )
    known = rating_digest(db)
    db.execute(
        "UPDATE study SET question = ?, strengths = ?, rating = ?",
        (scale.question, scale.strengths, settings_json(scale, design)),
    )
    if rating_digest(db) != known:
        audit.append(db, "rating-set", {"digest": rating_digest(db)}, now=now)


def rating_digest(db: Connection) -> str:
    """What the audit log holds of scale and design."""
    row = db.rows("SELECT question, strengths, rating FROM study")[0]
    return digest("rating", [row["question"], row["strengths"], row["rating"]])


def founding_digest(db: Connection) -> str:
    """What the audit log holds of all about a study that never changes."""
    row = db.rows("SELECT id, notice, secret, created_at FROM study")[0]
    return digest("founding", [row["id"], row["notice"], row["secret"], row["created_at"]])


def glossary_digest(db: Connection) -> str:
    """What the audit log holds of the glossary."""
    rows = db.rows("SELECT term, status, concept, language, note FROM glossary ORDER BY id")
    return digest("glossary", [[*row] for row in rows])


def unblind(db: Connection, reason: str, *, now: datetime) -> None:
    """Unblinds within the caller's transaction; no chain can be cut after it."""
    db.execute("UPDATE study SET unblinded_at = ?, unblinding_reason = ?", (stamp(now), reason))
    keep_names(db, now=now)
    heads: dict[str, Json] = {
        str(row["rater"]): [row["seq"], row["digest"]]
        for row in db.rows("SELECT rater, MAX(seq) AS seq, digest FROM events GROUP BY rater ORDER BY rater")
    }
    audit.append(db, "unblinded", {"reason": reason, "heads": heads}, now=now)


def add_system(db: Connection, spec: SystemSpec) -> System:
    """Adds a system within the caller's transaction."""
    if db.first("SELECT 1 FROM systems WHERE name = ?", (spec.name,)):
        raise UserError(
            f"The study already has a system called “{spec.name}”.",
            how="Give it another name.",
            code="system-exists",
        )
    system = db.insert(
        "INSERT INTO systems (name, kind, model, adapter, options, neutral_name) VALUES (?, ?, ?, ?, ?, ?)",
        (spec.name, spec.kind, spec.model, spec.adapter, to_json(options_json(spec)), _unused_name(db)),
    )
    if not (_any_judgment(db) or names_kept(db)):
        name_systems(db)
    return to_system(db.rows("SELECT * FROM systems WHERE id = ?", (system,))[0])


def set_options(db: Connection, system: SystemId, spec: SystemSpec) -> None:
    """Writes a system anew in its own place, within the caller's transaction: its row is never updated."""
    if _has_worked(db, system):
        raise UserError(
            "This system has responses or scores in the study: how it is loaded and asked stays as it is.",
            how="Add it to another study, or here under another name.",
            code="system-has-responses",
        )
    row = db.rows("SELECT * FROM systems WHERE id = ?", (system,))[0]
    db.execute("DELETE FROM systems WHERE id = ?", (system,))
    db.insert(
        """INSERT INTO systems (id, name, kind, model, adapter, options, neutral_name)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            system,
            row["name"],
            row["kind"],
            row["model"],
            row["adapter"],
            to_json(options_json(spec)),
            row["neutral_name"],
        ),
    )


def _has_worked(db: Connection, system: SystemId) -> bool:
    """Whether responses or scores in the study are a system's."""
    found = "SELECT 1 FROM responses WHERE system = ? UNION SELECT 1 FROM scores WHERE system = ?"
    return db.first(found, (system, system)) is not None


def names_kept(db: Connection) -> bool:
    """Whether neutral names have been promised in the audit log, so that they stay."""
    return db.first("SELECT 1 FROM audit WHERE kind = ? LIMIT 1", (NAMES_KEPT,)) is not None


def name_systems(db: Connection) -> None:
    """Names all systems anew, so that no name tells when its system was added."""
    ids = [row["id"] for row in db.rows("SELECT id FROM systems WHERE kind <> 'gold' ORDER BY id")]
    names = neutral_names(len(ids), rng=_naming(db, len(ids)))
    for system, name in zip(ids, names, strict=True):
        db.execute("UPDATE systems SET neutral_name = ? WHERE id = ?", (name, system))


def keep_names(db: Connection, *, now: datetime) -> None:
    """Puts the neutral names of all that has written into the audit log, where they are not there yet.

    Done before anything is handed out, within the caller's transaction: from then on they stay.
    """
    rows = db.rows("SELECT id FROM systems WHERE id IN (SELECT system FROM responses) AND kind <> 'gold'")
    systems = sorted(row["id"] for row in rows)
    kept = [entry.detail["systems"] for entry in audit.entries(db, NAMES_KEPT)]
    if systems and systems not in kept[-1:]:
        detail: dict[str, Json] = {"systems": [*systems], "digest": names_digest(db, systems)}
        audit.append(db, NAMES_KEPT, detail, now=now)


def names_digest(db: Connection, systems: Iterable[int]) -> str:
    """What the audit log holds of neutral names; the study's secret keeps it unguessable."""
    names: dict[int, str] = {row["id"]: row["neutral_name"] for row in db.rows("SELECT * FROM systems")}
    secret: str = db.value("SELECT secret FROM study")
    return digest("neutral names", [secret, [[system, names.get(system)] for system in systems]])


def _unused_name(db: Connection) -> str:
    used = {row["neutral_name"] for row in db.rows("SELECT neutral_name FROM systems WHERE kind <> 'gold'")}
    count = len(used) + 1
    return next(name for name in neutral_names(count, rng=_naming(db, count)) if name not in used)


def _naming(db: Connection, count: int) -> Random:
    secret = db.value("SELECT secret FROM study")
    return seeded(f"{secret}/neutral names/{count}")


def _any_judgment(db: Connection) -> bool:
    return db.first("SELECT 1 FROM events LIMIT 1") is not None


def read_systems(db: Connection) -> tuple[System, ...]:
    """All systems in the order they were added."""
    return tuple(to_system(row) for row in db.rows("SELECT * FROM systems WHERE kind <> 'gold' ORDER BY id"))


def options_json(spec: SystemSpec) -> dict[str, Json]:
    """What not every system has, as far as this one has it."""
    options = {"url": spec.url, "quantisation": spec.quantisation, "template": spec.template}
    return {name: value for name, value in options.items() if value}


def to_system(row: sqlite3.Row) -> System:
    """A row of ``systems``."""
    options = read_object(row["options"])
    spec = SystemSpec(row["name"], SystemKind(row["kind"]), row["model"], row["adapter"], **options)
    return System(SystemId(row["id"]), spec, row["neutral_name"])


def add_prompt(db: Connection, spec: PromptSpec) -> Prompt:
    """Adds a prompt within the caller's transaction."""
    if db.first("SELECT 1 FROM prompts WHERE key = ?", (spec.key,)):
        raise UserError(
            f"The study already has a prompt with the id “{spec.key}”.",
            where=spec.key,
            how="Give each prompt an id of its own.",
            code="prompt-exists",
        )
    return insert_prompt(db, spec, messages_digest(spec.messages), prompt_digest(spec))


def add_hidden_prompt(db: Connection, kind: str, messages: tuple[Message, ...]) -> Prompt:
    """Adds a prompt that is not the study's own, of kind ``gold`` or ``live``."""
    number: int = db.value("SELECT COUNT(*) FROM prompts WHERE kind = ?", (kind,)) + 1
    while db.first("SELECT 1 FROM prompts WHERE key = ?", (f"{kind}-{number}",)):
        number += 1
    spec = PromptSpec(f"{kind}-{number}", messages)
    return insert_prompt(db, spec, messages_digest(messages), prompt_digest(spec), kind=kind)


def insert_prompt(db: Connection, spec: PromptSpec, messages: str, whole: str, *, kind: str = "") -> Prompt:
    """Adds a row to ``prompts``; takes the digests of its messages and of the whole."""
    prompt = db.insert(
        """INSERT INTO prompts
            (key, messages, category, split, reference, checks, messages_digest, digest, kind, tags)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            spec.key,
            to_json(_messages_json(spec.messages)),
            spec.category,
            spec.split,
            spec.reference,
            to_json(list(spec.checks)),
            messages,
            whole,
            kind,
            to_json(list(spec.tags)),
        ),
    )
    return Prompt(PromptId(prompt), spec)


def to_prompt(row: sqlite3.Row) -> Prompt:
    """A row of ``prompts``."""
    spec = PromptSpec(
        row["key"],
        to_messages(row["messages"]),
        row["category"],
        Split(row["split"]),
        row["reference"],
        tuple(read_list(row["checks"])),
        tuple(read_list(row["tags"])),
    )
    return Prompt(PromptId(row["id"]), spec)


def to_messages(text: str) -> tuple[Message, ...]:
    """Messages from their stored form."""
    return tuple(Message(role, content) for role, content in read_list(text))


def messages_digest(messages: Iterable[Message]) -> str:
    """Equal for equal messages. It covers the canonical JSON of their list, spelled at once.

    An import asks for it with every line: this takes a third of the time of building the value and
    encoding it.
    """
    spelled = ",".join([f"[{quoted(message.role)},{quoted(message.content)}]" for message in messages])
    return digest_spelled("messages", f"[{spelled}]".encode("ascii"))


def prompt_digest(spec: PromptSpec) -> str:
    """Covers all that a prompt is. Of a prompt without tags it is what it was before there were any."""
    value: list[Json] = [
        spec.key,
        _messages_json(spec.messages),
        spec.category,
        spec.split,
        spec.reference,
        list(spec.checks),
    ]
    return digest("prompt", [*value, list(spec.tags)] if spec.tags else value)


def _messages_json(messages: Iterable[Message]) -> list[Json]:
    return [[message.role, message.content] for message in messages]
