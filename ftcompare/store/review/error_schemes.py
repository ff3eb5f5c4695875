"""The error scheme of a study's marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.error_scheme import MQM_CORE, ErrorScheme, ErrorType, Severity
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_object, to_json
from ftcompare.store.study import audit

SCHEME_SET = "error-scheme-set"  # kind of the audit entry

_USED = """SELECT DISTINCT json_extract(record, '$.error_type') AS error_type,
    json_extract(record, '$.severity') AS severity FROM standing_annotations WHERE kind = ?"""


class ErrorSchemes(Repository):
    """The error scheme of a study; the core of MQM until another is set."""

    def read(self) -> ErrorScheme:
        stored = self._db.value("SELECT error_scheme FROM study")
        return read_scheme(read_object(stored)) if stored else MQM_CORE

    def set(self, scheme: ErrorScheme, *, now: datetime) -> None:
        with self._db.atomic():
            for row in self._db.rows(_USED, (AnnotationKind.MARK,)):
                if scheme.error_type(row["error_type"]) is None or scheme.severity(row["severity"]) is None:
                    what = (
                        f"Marks stand as “{row['error_type']}”, “{row['severity']}”, which it does not have."
                    )
                    how = "Keep these in the scheme, or take the marks back first."
                    raise UserError(what, how=how, code="scheme-in-use")
            if scheme != self.read():
                stored = "" if scheme == MQM_CORE else to_json(scheme_json(scheme))
                self._db.execute("UPDATE study SET error_scheme = ?", (stored,))
                audit.append(self._db, SCHEME_SET, {"digest": scheme_digest(self._db)}, now=now)


def scheme_digest(db: Connection) -> str:
    return ErrorSchemes(db).read().digest()


def scheme_json(scheme: ErrorScheme) -> dict[str, Json]:
    types: list[Json] = [[kind.key, kind.label, kind.note, kind.spanless] for kind in scheme.types]
    severities: list[Json] = [[level.key, level.label, level.weight] for level in scheme.severities]
    return {"name": scheme.name, "types": types, "severities": severities}


def read_scheme(stored: Mapping[str, object]) -> ErrorScheme:
    """Read the JSON of `scheme_json`; TypeError, ValueError or LookupError if it is not valid."""
    types, severities = stored["types"], stored["severities"]
    if not isinstance(types, list) or not isinstance(severities, list):
        raise TypeError("not an error scheme")
    kinds = tuple(ErrorType(*kind) for kind in types)
    return ErrorScheme(str(stored["name"]), kinds, tuple(Severity(*level) for level in severities))
