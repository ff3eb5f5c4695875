"""The systems of a study: what is compared, and how each is loaded and asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import System, SystemId, SystemKind, SystemSpec
from ftcompare.store.sqlite.repository import Repository
from ftcompare.store.sqlite.values import read_object, to_json
from ftcompare.store.study.neutral_names import name_systems, names_kept, unused_name


class Systems(Repository):
    """Systems in the order they were added. What stands behind gold items is none of them."""

    def all(self) -> tuple[System, ...]:
        """All systems."""
        rows = self._db.rows("SELECT * FROM systems WHERE kind <> 'gold' ORDER BY id")
        return tuple(to_system(row) for row in rows)

    def add(self, spec: SystemSpec) -> System:
        """Adds a system and gives it a neutral name that says nothing.

        Raises:
            UserError: ``system-exists`` if the study has one of that name.
        """
        with self._db.atomic():
            if self._db.first("SELECT 1 FROM systems WHERE name = ?", (spec.name,)):
                raise UserError(
                    f"The study already has a system called “{spec.name}”.",
                    how="Give it another name.",
                    code="system-exists",
                )
            system = self._db.insert(
                "systems",
                name=spec.name,
                kind=spec.kind,
                model=spec.model,
                adapter=spec.adapter,
                options=to_json(options_json(spec)),
                neutral_name=unused_name(self._db),
            )
            if not (self._db.first("SELECT 1 FROM events LIMIT 1") or names_kept(self._db)):
                name_systems(self._db)
            return self.get(SystemId(system))

    def get(self, system: SystemId) -> System:
        """One system of the study, that behind gold items included."""
        return to_system(self._db.rows("SELECT * FROM systems WHERE id = ?", (system,))[0])

    def remove(self, system: SystemId) -> None:
        """Removes a system that has written and scored nothing.

        Raises:
            UserError: ``system-has-responses``.
        """
        with self._db.atomic():
            self._require_idle(
                system, "This system has responses or scores in the study and cannot be removed."
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
                self._require_idle(
                    system,
                    "This system has responses or scores in the study: how it is loaded and asked "
                    "stays as it is.",
                    "Add it to another study, or here under another name.",
                )
                row = dict(self._db.rows("SELECT * FROM systems WHERE id = ?", (system,))[0])
                # Written anew in its own place: a trigger refuses to update options.
                self._db.execute("DELETE FROM systems WHERE id = ?", (system,))
                self._db.insert("systems", **{**row, "options": to_json(options_json(spec))})

    def _require_idle(self, system: SystemId, refusal: str, how: str = "") -> None:
        found = "SELECT 1 FROM responses WHERE system = ? UNION SELECT 1 FROM scores WHERE system = ?"
        if self._db.first(found, (system, system)):
            raise UserError(refusal, how=how, code="system-has-responses")


def options_json(spec: SystemSpec) -> dict[str, Json]:
    """What not every system has, as far as this one has it."""
    options = {"url": spec.url, "quantisation": spec.quantisation, "template": spec.template}
    return {name: value for name, value in options.items() if value}


def to_system(row: sqlite3.Row) -> System:
    """A row of ``systems``."""
    options = read_object(row["options"])
    spec = SystemSpec(row["name"], SystemKind(row["kind"]), row["model"], row["adapter"], **options)
    return System(SystemId(row["id"]), spec, row["neutral_name"])
