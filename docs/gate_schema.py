"""Write what the fields of the gate say into `docs/schemas/gate.schema.json`; the rest of the file is kept.

Run after a change of the gate's fields: ``python docs/gate_schema.py``.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ftcompare.app.release.gate import FIELDS
from ftcompare.app.release.gate_file import OF_THE_WHOLE
from ftcompare.app.release.gate_measures import MEASURE
from ftcompare.core.fields import Field, FieldKind

PATH = ROOT / "docs" / "schemas" / "gate.schema.json"


def written(kept: dict[str, Any]) -> dict[str, Any]:
    """The schema with the properties of the gate's fields, those of a tier, and what they need."""
    tables = {name: of for name, of in kept["properties"].items() if name not in FIELDS and "$ref" in str(of)}
    in_tier = (key for key in (*FIELDS, MEASURE) if key not in OF_THE_WHOLE)
    tier = kept["$defs"]["tier"] | {"properties": {key: {"$ref": f"#/properties/{key}"} for key in in_tier}}
    return kept | {
        "properties": {key: _property(field) for key, field in FIELDS.items()} | tables,
        "dependentSchemas": {
            key: {"anyOf": [{"required": [other]} for other in field.rule.needs]}
            for key, field in FIELDS.items()
            if field.rule.needs
        },
        "$defs": kept["$defs"] | {"tier": tier},
    }


def _property(field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.CHOICE and field.words:
        return {"description": field.help, "enum": [*field.words]}
    kinds = {FieldKind.TEXT: "string", FieldKind.WHOLE: "integer", FieldKind.CHOICE: "boolean"}
    limits = {
        "exclusiveMinimum" if field.above else "minimum": field.low,
        "exclusiveMaximum" if field.below else "maximum": field.high,
    }
    numbers = {name: end for name, end in limits.items() if field.is_number and math.isfinite(end)}
    return {"description": field.help, "type": kinds.get(field.kind, "number"), **numbers}


if __name__ == "__main__":
    schema = written(json.loads(PATH.read_text("utf-8")))
    PATH.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
