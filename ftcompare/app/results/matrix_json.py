"""The document of ``measures --json``: the matrix of systems and measures."""

from __future__ import annotations

from ftcompare.app.results.consistency import difference_json, finite
from ftcompare.app.results.measure_matrix import MeasureRow
from ftcompare.app.results.presentation.matrix import GROUP_TITLES, beginning
from ftcompare.app.results.study_matrix import MeasureMatrix
from ftcompare.core.hashing import Json


def matrix_json(matrix: MeasureMatrix) -> dict[str, Json]:
    """The systems, the groups (with instructions for those without measures), and each measure."""
    return {
        "all_systems_together": matrix.withheld is not None,
        "systems": [{"system": one, "base": one in matrix.bases} for one in matrix.systems],
        "groups": [
            {
                "group": group.value,
                "title": GROUP_TITLES[group],
                "begin": None if matrix.of_group(group) else beginning(matrix, group),
            }
            for group in matrix.groups
        ],
        "measures": [_row_json(row) for row in matrix.rows],
    }


def _row_json(row: MeasureRow) -> Json:
    return {
        "key": row.key,
        "group": row.group.value,
        "name": row.name,
        "unit": row.unit.value,
        "told_times": row.scale,
        "higher_is_better": row.higher_is_better,
        "values": [
            {
                "system": system,
                "value": finite(one.value),
                "low": one.low,
                "high": one.high,
                "n": one.count,
                **({} if one.slow is None else {"slow": one.slow}),
            }
            for system, one in row.by_system.items()
        ],
        "differences": [{"a": a, "b": b, **difference_json(one)} for (a, b), one in row.differences.items()],
    }
