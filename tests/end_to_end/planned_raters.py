"""Three raters whose every answer is planned: each figure of their study can be worked out by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftcompare.core.rating_design import RatingDesign

RATERS = ("Ada", "Ben", "Cleo")

# t: the tuned model is better, b: the base is, =: about equal, x: both bad. A row a prompt, a column a rater.
TABLE = ("ttt", "ttt", "ttt", "ttt", "ttb", "tbt", "btt", "bbb", "bbt", "===", "t=x", "=tt")
# 22 t, 8 b, 5 =, 1 x.

DESIGN = RatingDesign(raters=3, each=3, repeats=0.25, controls=0.25, gold=0.25, end_guesses=4)
ITEMS = 12 + 3 + 3 + 3
"""A rater's pairs, repeats, controls and gold items."""
GUESSES = 4

# Ada: says the opposite on every repeat, prefers the left of every control, is right on gold, and always
# knows the tuned one. Ben: repeats himself, ties on controls, is wrong on gold, cannot tell.
# Cleo: repeats herself, prefers the right of one control, is right on gold, guesses wrong once.

KEYS = {"left": ["Left"], "right": ["Right"], "=": ["Down"], "x": ["Up"]}
UNSURE, CERTAIN = ["Down"], "3"


@dataclass(frozen=True)
class Place:
    """One item of a rater's as the study knows it."""

    number: int
    left: str
    right: str
    kind: str
    repeat: bool
    a_is_left: bool
    prompt: int


def places_of(path: Path, rater: str) -> list[Place]:
    """A rater's items in their order, read from the study's file. Response a is the base's."""
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute(
            """SELECT al.position, a.text, b.text, al.kind, al.repeat_of, al.a_is_left, a.prompt
                FROM allocations al JOIN raters r ON r.id = al.rater
                JOIN comparisons c ON c.id = al.comparison
                JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
                WHERE r.name = ? ORDER BY al.position""",
            (rater,),
        ).fetchall()
    return [
        Place(n, *((a, b) if a_left else (b, a)), kind, repeat_of is not None, bool(a_left), prompt)
        for n, a, b, kind, repeat_of, a_left, prompt in rows
    ]


def side_of(answer: str, place: Place) -> list[str]:
    """The keys for an answer by system."""
    if answer in "=x":
        return KEYS[answer]
    return KEYS["left" if (answer == "b") == place.a_is_left else "right"]


def planned(rater: str, places: list[Place]) -> list[dict[str, Any]]:
    """What a rater presses on each pair of texts, and later when asked which was fine-tuned."""
    column = RATERS.index(rater)
    prompts = sorted({p.prompt for p in places if p.kind == "ordinary"})
    answers = {prompt: TABLE[n][column] for n, prompt in enumerate(prompts)}
    plans = []
    controls = 0
    for place in places:
        if place.kind == "ordinary":
            answer = answers[place.prompt]
            if rater == "Ada" and place.repeat:
                answer = {"t": "b", "b": "t"}.get(answer, "t")
            keys = side_of(answer, place)
        elif place.kind == "control":
            controls += 1
            wrong = {"Ada": "left", "Cleo": "right" if controls == 1 else "="}.get(rater, "=")
            keys = KEYS[wrong]
        else:
            keys = KEYS["left" if place.a_is_left == (rater != "Ben") else "right"]
        plans.append({"left": place.left, "right": place.right, "judge": keys, "guess": UNSURE})
    for plan, place in zip(plans, places, strict=True):
        if place.kind == "ordinary" and not place.repeat and rater != "Ben":
            plan["guess"] = [*side_of("t", place), CERTAIN]
    return plans


def wrong_once(plans: list[dict[str, Any]], asked: set[tuple[str, str]]) -> None:
    """Turns the first guess that is asked for to the other side."""
    other = {"Left": "Right", "Right": "Left"}
    plan = next(p for p in plans if (p["left"], p["right"]) in asked)
    plan["guess"] = [other[plan["guess"][0]], CERTAIN]


def asked_of(path: Path, rater: str) -> set[tuple[str, str]]:
    """The pairs that a rater is asked about at the end."""
    with closing(sqlite3.connect(path)) as raw:
        due = {
            number
            for (number,) in raw.execute(
                """SELECT position FROM allocations al JOIN raters r ON r.id = al.rater
                    WHERE r.name = ? AND guess_due = 'at_end'""",
                (rater,),
            )
        }
    return {(p.left, p.right) for p in places_of(path, rater) if p.number in due}
