"""The systems of a study: how each is loaded and prompted, and their neutral names.

A neutral name ("System X") is shown in place of a system's name until the study is unblinded. The names are
drawn from the study's secret, and all again whenever a system is added, so that no name reveals when its
system was added. Once the first pair is allocated the names stay, and the audit log holds a digest of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random

from ftcompare.core.blinding import neutral_names
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest
from ftcompare.core.random_source import seeded
from ftcompare.core.recipe import RECIPE_FORM, Recipe
from ftcompare.core.study import System, SystemId, SystemSpec, fine_tuning_known
from ftcompare.core.typed_json import JsonForm, read_record, record_json
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_object, to_json
from ftcompare.store.study import audit


class Systems(Repository):
    """Systems in the order they were added, without the hidden system that has the texts of gold items."""

    def all(self) -> tuple[System, ...]:
        rows = self._db.rows("SELECT * FROM systems WHERE kind <> 'gold' ORDER BY id")
        return tuple(to_system(row) for row in rows)

    def fine_tuning_known(self) -> bool:
        """Return whether one system is known as a base and another as fine-tuned."""
        return fine_tuning_known(system.spec for system in self.all())

    def add(self, spec: SystemSpec) -> System:
        with self._db.atomic():
            if self._db.first("SELECT 1 FROM systems WHERE name = ?", (spec.name,)):
                what = f"The study already has a system called “{spec.name}”."
                raise UserError(what, how="Give it another name.", code="system-exists")
            fields = {name: getattr(spec, name) for name in ("name", "kind", "model", "adapter")}
            options, neutral = to_json(options_json(spec)), unused_name(self._db)
            system = self._db.insert("systems", **fields, options=options, neutral_name=neutral)
            if not (self._db.first("SELECT 1 FROM events LIMIT 1") or names_kept(self._db)):
                name_systems(self._db)
            return self.get(SystemId(system))

    def get(self, system: SystemId) -> System:
        """Return one system of the study; also the hidden system of gold items."""
        return to_system(self._db.rows("SELECT * FROM systems WHERE id = ?", (system,))[0])

    def remove(self, system: SystemId) -> None:
        """Remove a system that has no responses and no scores."""
        with self._db.atomic():
            self._require_idle(system, " and cannot be removed")
            self._db.execute("DELETE FROM systems WHERE id = ?", (system,))

    def set_options(self, changes: Mapping[SystemId, SystemSpec]) -> None:
        """Change only the options of systems without responses: all or, on failure, none."""
        how = "Add it to another study, or here under another name."
        with self._db.atomic():
            for system, spec in changes.items():
                self._require_idle(system, ", so its loading and instructions cannot change", how)
                row = dict(self._db.rows("SELECT * FROM systems WHERE id = ?", (system,))[0])
                # Deleted and inserted again with the same id: a trigger refuses to update options.
                self._db.execute("DELETE FROM systems WHERE id = ?", (system,))
                self._db.insert("systems", **{**row, "options": to_json(options_json(spec))})

    def _require_idle(self, system: SystemId, so: str, how: str = "") -> None:
        tables = ("responses", "scores", "label_scores", "benchmark_results")
        found = " UNION ".join(f"SELECT 1 FROM {table} WHERE system = ?" for table in tables)
        if self._db.first(found, (system,) * len(tables)):
            what = f"This system has responses or scores in the study{so}."
            raise UserError(what, how=how, code="system-has-responses")


_STORED = JsonForm(defaults=True, parts=((Recipe, RECIPE_FORM),))
_OPTIONS = replace(_STORED, sparse=True, only=("url", "quantisation", "template", "recipe"))


def options_json(spec: SystemSpec) -> dict[str, Json]:
    return record_json(spec, _OPTIONS)


def to_system(row: sqlite3.Row) -> System:
    columns = {name: row[name] for name in ("name", "kind", "model", "adapter")}
    spec = read_record(SystemSpec, columns | read_object(row["options"]), _STORED)
    return System(SystemId(row["id"]), spec, row["neutral_name"])


NAMES_KEPT = "names-kept"  # kind of the audit entry that fixes neutral names


def names_kept(db: Connection) -> bool:
    """Return whether the audit log fixes neutral names, so that they can no longer change."""
    return db.first("SELECT 1 FROM audit WHERE kind = ? LIMIT 1", (NAMES_KEPT,)) is not None


def name_systems(db: Connection) -> None:
    """Draw the names of all systems again, so that no name reveals when its system was added."""
    ids = [row["id"] for row in db.rows("SELECT id FROM systems WHERE kind <> 'gold' ORDER BY id")]
    names = neutral_names(len(ids), rng=_naming(db, len(ids)))
    for system, name in zip(ids, names, strict=True):
        db.execute("UPDATE systems SET neutral_name = ? WHERE id = ?", (name, system))


def keep_names(db: Connection, *, now: datetime) -> None:
    """Log a digest of the names of systems with responses, once, before allocating: they stay."""
    rows = db.rows("SELECT id FROM systems WHERE id IN (SELECT system FROM responses) AND kind <> 'gold'")
    systems = sorted(row["id"] for row in rows)
    kept = [entry.detail["systems"] for entry in audit.entries(db, NAMES_KEPT)]
    if systems and systems not in kept[-1:]:
        detail: dict[str, Json] = {"systems": [*systems], "digest": names_digest(db, systems)}
        audit.append(db, NAMES_KEPT, detail, now=now)


def names_digest(db: Connection, systems: Iterable[int]) -> str:
    """Digest neutral names for the audit log, with the study's secret so that it cannot be guessed."""
    names: dict[int, str] = {row["id"]: row["neutral_name"] for row in db.rows("SELECT * FROM systems")}
    secret: str = db.value("SELECT secret FROM study")
    return digest("neutral names", [secret, [[system, names.get(system)] for system in systems]])


def unused_name(db: Connection) -> str:
    """Return a neutral name for one more system that no other system has."""
    used = {row["neutral_name"] for row in db.rows("SELECT neutral_name FROM systems WHERE kind <> 'gold'")}
    count = len(used) + 1
    return next(name for name in neutral_names(count, rng=_naming(db, count)) if name not in used)


def _naming(db: Connection, count: int) -> Random:
    secret = db.value("SELECT secret FROM study")
    return seeded(f"{secret}/neutral names/{count}")
