"""All kinds of measures. Add a new one here."""

from __future__ import annotations

from ftcompare.app.measures import checks as checks
from ftcompare.app.measures import (
    code_tests,
    confidence,
    consistency,
    fields,
    labels,
    own,
    speed,
    training_file,
)
from ftcompare.app.measures.judges import kind as judges
from ftcompare.app.measures.kind import MeasureKind
from ftcompare.app.measures.retention import kind as retention
from ftcompare.app.measures.safety import kind as safety

KINDS: tuple[MeasureKind, ...] = (
    consistency.KIND,
    confidence.KIND,
    checks.KIND,
    fields.KIND,
    labels.KIND,
    code_tests.KIND,
    safety.KIND,
    retention.KIND,
    judges.KIND,
    own.KIND,
    training_file.KIND,
    speed.KIND,
)
"""The kinds in the order of a report's sections and of cards; the matrix has that of their groups."""

RUNS = tuple(run for kind in sorted(KINDS, key=lambda kind: kind.group.place) for run in kind.runs)
"""The runs that compute measures, in the order of their buttons, which is that of the matrix."""
