"""A study on disk: creating, opening, checking, copying and closing its file."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from ftcompare.core.errors import BugError, FTCompareError, UserError
from ftcompare.core.hashing import Json
from ftcompare.core.integrity import Integrity, IntegrityFinding
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.store.integrity.backup import backup, before_migration, newest_backup, rota
from ftcompare.store.integrity.file_validation import examine, refuse_changed_rules
from ftcompare.store.integrity.full_verification import check
from ftcompare.store.integrity.incremental_verification import IncrementalVerification
from ftcompare.store.pack.repository import Packs
from ftcompare.store.records import StudyCounts
from ftcompare.store.sqlite.connection import Connection, existing
from ftcompare.store.sqlite.repository import KeyValueStore
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study import audit
from ftcompare.store.study.allocation import Allocations
from ftcompare.store.study.atomic_create import built_beside
from ftcompare.store.study.audit import Audit
from ftcompare.store.study.counts import read_counts
from ftcompare.store.study.glossary import Glossary, glossary_digest
from ftcompare.store.study.gold import Gold
from ftcompare.store.study.imports import Imports
from ftcompare.store.study.live import Live
from ftcompare.store.study.migrations import migrate, newest_version, version
from ftcompare.store.study.prompts import Prompts
from ftcompare.store.study.raters import Raters
from ftcompare.store.study.rating_json import settings_json
from ftcompare.store.study.responses import Responses
from ftcompare.store.study.runs import Runs
from ftcompare.store.study.scores import Scores
from ftcompare.store.study.settings import StudySettings, rating_digest
from ftcompare.store.study.study_judgments import StudyJudgments
from ftcompare.store.study.systems import Systems

_log = logging.getLogger(__name__)


class StudyFile:
    """An open study: one connection, held exclusively, used from one thread.

    What the study holds is reached through its repositories, one for each family of tables: systems,
    prompts, judgments and so on. Every method is one transaction: when it returns, what it wrote is on the
    disk; when it raises, nothing was written. Failures are `UserError` (``study-locked``,
    ``study-read-only``, …) or `EnvironmentFault` (``disk-full``, …).

    Do not open the file by other means in the same process while it is open: on POSIX, closing any
    descriptor of a file drops the process's locks on it (https://sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._verification = IncrementalVerification(connection)
        self.settings = StudySettings(connection)
        self.systems = Systems(connection)
        self.prompts = Prompts(connection)
        self.glossary = Glossary(connection)
        self.runs = Runs(connection)
        self.responses = Responses(connection)
        self.scores = Scores(connection)
        self.gold = Gold(connection)
        self.raters = Raters(connection)
        self.allocations = Allocations(connection)
        self.judgments = StudyJudgments(connection)
        self.live = Live(connection)
        self.packs = Packs(connection)
        self.imports = Imports(connection)
        self.audit = Audit(connection)
        self.state = KeyValueStore(connection)

    @property
    def path(self) -> Path:
        """Where the study is."""
        return self._db.path

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        title: str,
        scale: Scale,
        notice: str = "",
        rng: Random,
        now: datetime,
        fill: Callable[[Self], object] = lambda _: None,
    ) -> Self:
        """Makes a new study and opens it. It has its name once it is whole: a failure leaves no file.

        Args:
            path: the study's file.
            title: of the study.
            scale: how it is rated.
            notice: what raters are told.
            rng: source of the study's secret.
            now: dates the study.
            fill: writes what else the study is to hold before it gets its name.

        Raises:
            UserError: ``study-exists`` if anything is at ``path``; ``study-read-only``; ``folder-missing``.
            EnvironmentFault: ``disk-full``.
        """
        with built_beside(path) as part, cls(Connection(part)) as made:
            _begin(made._db, title, scale, notice, rng, now)
            fill(made)
        connection = Connection(path)
        try:
            connection.guard()
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    @classmethod
    def open(cls, path: Path, *, now: datetime, backups: Path | None = None) -> Self:
        """Opens a study.

        Args:
            path: the study's file.
            now: dates the backup.
            backups: folder for backups (see `rota`) and for the copy made before an older file is updated;
                None makes no backups and puts that copy beside the study.

        Raises:
            UserError: ``study-missing``, ``study-foreign``, ``study-newer``, ``study-damaged``,
                ``study-locked``, ``study-read-only``.
        """
        refuse_changed_rules(existing(path))
        connection = Connection(path)
        try:
            examine(connection)
            _update(connection, backups)
            if backups is not None:
                _back_up(connection, backups, now)
                connection.newest_backup = newest_backup(path, backups)
            connection.guard()
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Gives the file back; harmless when done twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def atomic(self) -> AbstractContextManager[None]:
        """Makes the operations within it one transaction; may be nested."""
        return self._db.atomic()

    @property
    def format_version(self) -> int:
        """The version of the file's format."""
        return version(self._db.database)

    def counts(self) -> StudyCounts:
        """How far the study is."""
        return read_counts(self._db)

    def check(self) -> tuple[IntegrityFinding, ...]:
        """Verifies file, chains, commitments and derived state; one finding each."""
        return check(self._db)

    def verify(self) -> Integrity:
        """Verifies what figures and rows are made of; of what was verified before, only what came since."""
        return self._verification.verify()

    def save_copy(self, path: Path) -> None:
        """Writes a verified copy to ``path``, replacing what is there.

        Raises:
            UserError: ``same-file`` if that is the study itself; ``study-read-only``.
            EnvironmentFault: ``disk-full``.
        """
        if self._db.in_transaction:
            raise BugError("A copy cannot be made within a transaction.", code="copy-in-transaction")
        if os.path.realpath(path) == os.path.realpath(self.path):
            raise UserError(
                "A study cannot be copied onto itself.",
                where=str(path),
                how="Choose another name.",
                code="same-file",
            )
        backup(self._db, path)


def _begin(connection: Connection, title: str, scale: Scale, notice: str, rng: Random, now: datetime) -> None:
    with connection.atomic():
        migrate(connection.database)
        connection.insert(
            "study",
            id=1,
            title=title,
            question=scale.question,
            strengths=scale.strengths,
            rating=settings_json(scale, RatingDesign()),
            notice=notice,
            secret=f"{rng.getrandbits(128):032x}",
            created_at=stamp(now),
        )
        settled: dict[str, Json] = {
            "version": newest_version(),
            "title": title,
            "rating": rating_digest(connection),
            "glossary": glossary_digest(connection),
            "founding": StudySettings(connection).founding_digest(),
        }
        audit.append(connection, "created", settled, now=now)


def _update(connection: Connection, backups: Path | None) -> None:
    found = version(connection.database)
    if found < newest_version():
        before_migration(connection, connection.path, backups, found)
        with connection.atomic():
            migrate(connection.database)


def _back_up(connection: Connection, backups: Path, now: datetime) -> None:
    """The backup of this opening. A full backup disk must not keep anyone from a study that is whole."""
    try:
        rota(connection, connection.path, backups, now)
    except (FTCompareError, OSError) as error:
        _log.warning("No backup was made: %s", error)
