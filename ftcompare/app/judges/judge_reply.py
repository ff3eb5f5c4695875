"""Parse a judge's reply: a verdict on two answers, or a score of one. Unclear replies give no verdict."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from typing import Any

from ftcompare.core.judge import JudgeMode, JudgeSpec

MOST_OBJECTS = 100
"""Maximum number of positions at which an object may begin; replies with more are not read."""

MOST_CHARACTERS = 200_000
"""Maximum number of characters of a reply; each position may be parsed to the end."""

VERDICTS = ("A", "B", "tie")

_NO_OBJECT = "There is no JSON object in it."


@dataclass(frozen=True, slots=True)
class ReadReply:
    """The parsed reply."""

    # ``A`` or ``B`` in the order in which the answers were shown, or ``tie``; empty without a verdict
    verdict: str = ""
    score: float | None = None  # score in direct mode; None without one
    reason: str = ""  # the judge's reason; may be empty
    problem: str = ""  # why neither verdict nor score can be read, as a sentence; empty where one can


def read_reply(spec: JudgeSpec, text: str) -> ReadReply:
    """Read the verdict or score from a reply without its reasoning.

    It is a JSON object with the required key, also in a fenced block or between sentences. If a reply
    contains several, all must agree, and none may be cut or invalid, since it could contradict the others.
    """
    key = "verdict" if spec.mode is JudgeMode.PAIRWISE else "score"
    if len(text) > MOST_CHARACTERS:
        return ReadReply(problem=f"It is longer than {MOST_CHARACTERS:,} characters.")
    places = _places(text)
    objects = [one for one in places if one is not None]
    found = [one for one in objects if key in one]
    if not found:
        return ReadReply(problem=f'The JSON object has no "{key}".' if objects else _NO_OBJECT)
    if len(objects) < len(places):
        return ReadReply(problem=f"Beside the {key} stands a JSON object that cannot be read.")
    if any(one[key] != found[0][key] or type(one[key]) is not type(found[0][key]) for one in found[1:]):
        return ReadReply(problem=f"It holds several objects that say a different {key}.")
    last = found[-1]
    read = _verdict(last[key]) if key == "verdict" else _score(spec, last[key])
    reason = last.get("reason")
    return replace(read, reason=storable(reason).strip() if isinstance(reason, str) else "")


def _verdict(value: object) -> ReadReply:
    given = value.strip().casefold() if isinstance(value, str) else ""
    word = next((one for one in VERDICTS if one.casefold() == given), "")
    return ReadReply(word) if word else ReadReply(problem='The "verdict" must be "A", "B" or "tie".')


def _score(spec: JudgeSpec, value: object) -> ReadReply:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) < 2**53 else math.inf
        if spec.lowest <= number <= spec.highest:
            return ReadReply(score=number)
    return ReadReply(problem=f'The "score" must be a number from {spec.lowest} to {spec.highest}.')


def storable(text: str) -> str:
    """Replace unpaired surrogates, which JSON escapes can contain but a study file cannot store."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _TwiceError(ValueError):
    """A key occurs twice in an object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


_BEGINNING = re.compile(r"""\{\s*+(?:["']|\w*+\s*+(?::|\Z))""")
"""The beginning of an object: a quoted key, an unquoted key with its colon, or the end of the reply."""

_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, strict=False)


def _places(text: str) -> list[dict[str, Any] | None]:
    """The top-level objects of a text; nested objects belong to their parents.

    None stands for an object that cannot be parsed, and for all objects after `MOST_OBJECTS`. Other braces,
    as in formulas, are ignored.
    """
    found: list[dict[str, Any] | None] = []
    start = text.find("{")
    for _ in range(MOST_OBJECTS):
        if start < 0:
            return found
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            found += [None] if _BEGINNING.match(text, start) else []
            end = start + 1
        else:
            found.append(value)
        start = text.find("{", end)
    return found if start < 0 else [*found, None]
