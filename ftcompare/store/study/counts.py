"""How far a study is."""

from __future__ import annotations

from ftcompare.core.study import FinishReason, SystemId
from ftcompare.store.records import StudyCounts
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study.settings import StudySettings

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
"""Pairs that will be once every model (not imported system) has answered every prompt so many times."""

_RATERS = """SELECT COUNT(*) FROM raters r
    WHERE NOT EXISTS (SELECT 1 FROM allocations WHERE rater = r.id AND kind = 'live')
    OR EXISTS (SELECT 1 FROM allocations WHERE rater = r.id AND kind <> 'live')
    OR EXISTS (SELECT 1 FROM slots WHERE rater = r.id)"""
"""Who asked on the live page alone rates nothing of the study's."""


def read_counts(db: Connection) -> StudyCounts:
    """How far the study is."""
    pairs = db.rows(_PAIRS, (StudySettings(db).samples(),))[0]
    written = db.value("SELECT COUNT(*) FROM comparisons WHERE kind = 'ordinary'")
    finish = _finish_counts(db)
    return StudyCounts(
        prompts=db.value("SELECT COUNT(*) FROM prompts WHERE kind = ''"),
        pairs_planned=written + pairs["open"],
        pairs_written=written,
        pairs_failed=pairs["failed"],
        raters=db.value(_RATERS),
        judgments=db.value(
            "SELECT COUNT(*) FROM allocations WHERE standing_kind = 'judgment' AND kind <> 'live'"
        ),
        responses={system: sum(reasons.values()) for system, reasons in finish.items()},
        finish=finish,
    )


def _finish_counts(db: Connection) -> dict[SystemId, dict[FinishReason, int]]:
    rows = db.rows("SELECT id FROM systems WHERE kind <> 'gold' ORDER BY id")
    finish: dict[SystemId, dict[FinishReason, int]] = {SystemId(row["id"]): {} for row in rows}
    for row in db.rows(
        """SELECT r.system, r.finish_reason, COUNT(*) AS n FROM responses r
            JOIN prompts p ON p.id = r.prompt AND p.kind = ''
            JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
            GROUP BY r.system, r.finish_reason"""
    ):
        finish[SystemId(row["system"])][FinishReason(row["finish_reason"])] = row["n"]
    return finish
