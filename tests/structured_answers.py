"""Answers of extraction tasks: JSON objects with a text, a number, a list of labels, a table, and a span."""

from __future__ import annotations

import json

from ftcompare.core.hashing import Json

REFERENCE: dict[str, Json] = {
    "patient": {"name": "Ada Byron", "age": 71},
    "diagnosis": "atrial fibrillation",
    "drugs": ["apixaban", "bisoprolol", "ramipril"],
    "findings": [{"start": 4, "end": 16, "label": "sign"}, {"start": 30, "end": 38, "label": "drug"}],
    "visits": [{"day": "2026-03-01", "bpm": 118}, {"day": "2026-03-08", "bpm": 84}],
    "allergies": [],
}
"""What the letter says."""

CLOSE: dict[str, Json] = {
    **REFERENCE,
    "drugs": ["apixaban", "bisoprolol", "aspirin"],
    "findings": [{"start": 4, "end": 14, "label": "sign"}, {"start": 30, "end": 38, "label": "drug"}],
    "diagnosis": "Atrial  fibrillation",
}
"""One drug, one end of a span, and the spelling of the diagnosis differ."""

FAR: dict[str, Json] = {
    "patient": {"name": "Ada", "age": "71"},
    "diagnosis": "heart failure",
    "drugs": ["ramipril"],
    "visits": [{"day": "2026-03-01", "bpm": 118}],
    "allergies": ["penicillin"],
    "note": "Asked to come back.",
}
"""A field is missing, another is new."""


def spelled(answer: Json, *, fenced: bool = False) -> str:
    text = json.dumps(answer, indent=2)
    return f"```json\n{text}\n```" if fenced else text
