"""A study on disk: create, open, verify, copy and close its file; count its progress."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Self

from ftcompare.core.errors import BugError, FTCompareError, UserError
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import OF_STUDY, FinishReason, Integrity, IntegrityFinding, SystemId
from ftcompare.store.integrity.backup import backup, before_migration, newest_backup, rota
from ftcompare.store.integrity.evidence_rows import EvidenceRows
from ftcompare.store.integrity.file_validation import examine, refuse_changed_rules
from ftcompare.store.integrity.verification import IncrementalVerification, check
from ftcompare.store.pack.repository import Packs
from ftcompare.store.records import StudyCounts
from ftcompare.store.review.annotations import (
    AnnotatedAnswers,
    Annotations,
    DecliningAnswers,
    ErrorSchemes,
    scheme_digest,
)
from ftcompare.store.review.contested_pairs import ContestedPairs
from ftcompare.store.sqlite.connection import Connection, OpenFile, closed_on_failure, existing
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study import audit, settings
from ftcompare.store.study.allocation import Allocations
from ftcompare.store.study.answer_index import AnswerIndex, AnswerRanks
from ftcompare.store.study.atomic_create import built_beside
from ftcompare.store.study.audit import Audit
from ftcompare.store.study.engine_runs import Runs, Scores
from ftcompare.store.study.gold_and_live import Gold, Live
from ftcompare.store.study.imports import Imports
from ftcompare.store.study.inherited import Inherited
from ftcompare.store.study.judges import Judges
from ftcompare.store.study.judging_rounds import JudgedSample, JudgingRounds
from ftcompare.store.study.measured_results import BenchmarkResults, StudyCodeResults, StudyLabelScores
from ftcompare.store.study.migrations import migrate, newest_version, version
from ftcompare.store.study.prompts import Prompts
from ftcompare.store.study.raters import Raters
from ftcompare.store.study.responses import IS_SECOND, Responses, SecondAnswers
from ftcompare.store.study.study_grades import StudyGrades
from ftcompare.store.study.study_judgments import StudyAnswers, StudyJudgments
from ftcompare.store.study.survey_answers import SurveyAnswers
from ftcompare.store.study.systems import Systems
from ftcompare.store.study.table_rows import StudyTables

_log = logging.getLogger(__name__)


class StudyFile(OpenFile):
    """An open study.

    The contents are read and written through repositories, one for each family of tables: systems, prompts,
    judgments and so on. Every method is one transaction: when it returns, its changes are on the disk; when
    it raises, nothing was written. Failures are `UserError` (``study-locked``, ``study-read-only``, …) or
    `EnvironmentFault` (``disk-full``, …).

    Do not open the file by other means in the same process while it is open: on POSIX, closing any descriptor
    of a file releases the process's locks on it (https://sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._verification = IncrementalVerification(connection)
        self.settings = settings.StudySettings(connection)
        self.systems = Systems(connection)
        self.prompts = Prompts(connection)
        self.glossary = settings.Glossary(connection)
        self.runs = Runs(connection)
        self.responses = Responses(connection)
        self.answers = StudyAnswers(connection)
        self.answer_index = AnswerIndex(connection)
        self.answer_ranks = AnswerRanks(connection)
        self.second_answers = SecondAnswers(connection)
        self.scores = Scores(connection)
        self.label_scores = StudyLabelScores(connection)
        self.code_results = StudyCodeResults(connection)
        self.benchmarks = BenchmarkResults(connection)
        self.gold = Gold(connection)
        self.raters = Raters(connection)
        self.allocations = Allocations(connection)
        self.rounds = JudgingRounds(connection)
        self.judgments = StudyJudgments(connection)
        self.survey = SurveyAnswers(connection)
        self.grades = StudyGrades(connection)
        self.judged_sample = JudgedSample(connection)
        self.judges = Judges(connection)
        self.live = Live(connection)
        self.packs = Packs(connection)
        self.imports = Imports(connection)
        self.inherited = Inherited(connection)
        self.annotations = Annotations(connection)
        self.annotated = AnnotatedAnswers(connection)
        self.contested = ContestedPairs(connection)
        self.declining = DecliningAnswers(connection)
        self.error_schemes = ErrorSchemes(connection)
        self.audit = Audit(connection)
        self.tables = StudyTables(connection)
        self.evidence = EvidenceRows(connection)

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
        """Create a new study and open it. The file gets its name when it is complete.

        Args:
            notice: text shown to raters; may be empty.
            rng: source of the study's secret.
            fill: called with the study to write further contents before the file gets its name.
        """
        with built_beside(path) as part, cls(Connection(part)) as made:
            _begin(made._db, title, scale, notice, rng, now)
            fill(made)
        connection = Connection(path)
        with closed_on_failure(connection):
            connection.guard()
        return cls(connection)

    @classmethod
    def open(cls, path: Path, *, now: datetime, backups: Path | None = None) -> Self:
        """Open a study; a file of an older version is migrated.

        `backups` is the folder for backups (see `rota`) and for the copy made before a migration. None makes
        no backups and puts that copy beside the study.
        """
        refuse_changed_rules(existing(path))
        connection = Connection(path)
        with closed_on_failure(connection):
            examine(connection)
            found = version(connection.database)
            if found < newest_version():
                before_migration(connection, connection.path, backups, found)
                with connection.atomic():
                    migrate(connection.database)
            if backups is not None:
                # Back up the study on opening; a full disk does not prevent opening an undamaged study.
                try:
                    rota(connection, connection.path, backups, now)
                except (FTCompareError, OSError) as error:
                    _log.warning("No backup was made: %s", error)
                connection.newest_backup = newest_backup(path, backups)
            connection.guard()
        return cls(connection)

    def atomic(self) -> AbstractContextManager[None]:
        return self._db.atomic()

    def lend(self) -> None:
        """Let other processes read the file between transactions, as `opened_for_reading` does."""
        self._db.lend()

    def reclaim(self) -> None:
        self._db.reclaim()

    @property
    def format_version(self) -> int:
        return version(self._db.database)

    @property
    def changes(self) -> int:
        """Number of rows changed since opening; if it stays, the study has not changed."""
        return self._db.changes

    def counts(self) -> StudyCounts:
        planned = _ALONE if self.settings.read().scale.graded else _PAIRS
        pairs = self._db.rows(planned, (self.settings.samples(),))[0]
        written = self._db.value(f"SELECT COUNT(*) FROM comparisons WHERE kind {OF_STUDY}")
        rows = self._db.rows("SELECT id FROM systems WHERE kind <> 'gold' ORDER BY id")
        finish: dict[SystemId, dict[FinishReason, int]] = {SystemId(row["id"]): {} for row in rows}
        for row in self._db.rows(_FINISHED + IS_SECOND + " GROUP BY r.system, r.finish_reason"):
            finish[SystemId(row["system"])][FinishReason(row["finish_reason"])] = row["n"]
        judged = "SELECT COUNT(*) FROM allocations WHERE standing_kind = 'judgment' AND kind <> 'live'"
        by_programs = "rater IN (SELECT id FROM raters WHERE kind = 'automatic')"
        return StudyCounts(
            prompts=self._db.value("SELECT COUNT(*) FROM prompts WHERE kind = ''"),
            pairs_planned=written + pairs["open"],
            pairs_written=written,
            pairs_failed=pairs["failed"],
            raters=self._db.value(_RATERS),
            programs=self._db.value("SELECT COUNT(*) FROM raters WHERE kind = 'automatic'"),
            judgments=self._db.value(judged),
            votes=self._db.value(f"{judged} AND {by_programs}"),
            responses={system: sum(reasons.values()) for system, reasons in finish.items()},
            finish=finish,
        )

    def check(self) -> tuple[IntegrityFinding, ...]:
        """Verify the file, chains, commitments and derived state; each check gives a finding."""
        return check(self._db)

    def verify(self) -> Integrity:
        """Verify the data that figures and exports use; data verified before are not verified again."""
        return self._verification.verify()

    def save_copy(self, path: Path) -> None:
        """Write a verified copy to ``path``, replacing any file there."""
        if self._db.in_transaction:
            raise BugError("A copy cannot be made within a transaction.", code="copy-in-transaction")
        if os.path.realpath(path) == os.path.realpath(self.path):
            what = "A study cannot be copied onto itself."
            raise UserError(what, where=str(path), how="Choose another name.", code="same-file")
        backup(self._db, path)


def _begin(connection: Connection, title: str, scale: Scale, notice: str, rng: Random, now: datetime) -> None:
    with connection.atomic():
        migrate(connection.database)
        columns = {"title": title, "notice": notice, "question": scale.question, "created_at": stamp(now)}
        columns |= {
            "rating": settings.settings_json(scale, RatingDesign()),
            "secret": f"{rng.getrandbits(128):032x}",
        }
        connection.insert("study", id=1, strengths=scale.strengths, **columns)
        settled: dict[str, Json] = {
            "version": newest_version(),
            "title": title,
            "rating": settings.rating_digest(connection),
            "glossary": settings.glossary_digest(connection),
            "error-scheme": scheme_digest(connection),
            "founding": settings.StudySettings(connection).founding_digest(),
        }
        audit.append(connection, "created", settled, now=now)


_PAIRS = """
    WITH RECURSIVE wanted (sample) AS (
        SELECT 0 UNION ALL SELECT sample + 1 FROM wanted WHERE sample + 1 < ?),
    engine AS (SELECT id FROM systems WHERE kind NOT IN ('imported', 'gold')),
    held AS (
        SELECT p.id AS prompt,
            (SELECT COUNT(*) FROM responses r WHERE r.prompt = p.id AND r.sample = w.sample) AS present,
            (SELECT COUNT(*) FROM engine) - (
                SELECT COUNT(*) FROM responses r
                WHERE r.prompt = p.id AND r.sample = w.sample AND r.system IN (SELECT id FROM engine)
            ) AS missing
        FROM prompts p JOIN wanted w WHERE p.kind = ''
    )
    SELECT COALESCE(SUM(missing * (missing - 1) / 2 + missing * present), 0) AS open,
        COALESCE(SUM((missing * (missing - 1) / 2 + missing * present) * (f.prompt IS NOT NULL)), 0) AS failed
    FROM held LEFT JOIN failures f ON f.prompt = held.prompt
"""
"""SQL of the pairs when every model (not imported system) has answered every prompt ``samples`` times."""

_ALONE = _PAIRS.replace("missing * (missing - 1) / 2 + missing * present", "missing")
"""SQL of the answers, likewise, where each is graded alone."""

_RATERS = """SELECT COUNT(*) FROM raters r
    WHERE NOT EXISTS (SELECT 1 FROM allocations WHERE rater = r.id AND kind = 'live')
    OR EXISTS (SELECT 1 FROM allocations WHERE rater = r.id AND kind <> 'live')
    OR EXISTS (SELECT 1 FROM slots WHERE rater = r.id)"""
"""SQL of the number of raters, without those who only asked on the live page."""


_FINISHED = """SELECT r.system, r.finish_reason, COUNT(*) AS n FROM responses r
    JOIN prompts p ON p.id = r.prompt AND p.kind = ''
    JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
    WHERE NOT """
