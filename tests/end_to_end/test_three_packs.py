"""Three raters with packs on machines of their own, one of whom is killed midway; then one study again.

Every figure of the merged study is held against a table worked out by hand.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.raters.packs import make_pack
from ftcompare.app.raters.quality import blindness, rater_quality
from ftcompare.app.results.json_document import results_json
from ftcompare.app.user_settings import UserSettings, save
from ftcompare.core.rating_design import RatingDesign
from ftcompare.store.study.study_file import StudyFile
from tests.end_to_end.conftest import drive

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb"),
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool"),
]

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


def demo_of_12(folder: Path) -> Path:
    """The demo study with twelve pairs written by the engine, and a design for three raters."""
    subprocess.run(
        [sys.executable, "-m", "ftcompare", "demo", "--dir", folder, "--prompts", "12", "--no-window"],
        check=True,
        timeout=200,
        capture_output=True,
    )
    return folder / "demo.ftstudy"


def pack_for(path: Path, rater: str, rng: Random, now: datetime) -> tuple[Path, Path]:
    """A rater's pack, and beside it the answers that this rater will give."""
    with StudyFile.open(path, now=now) as study:
        made = make_pack(study, path.parent / f"{rater}.ftpack", rater, rng=rng, now=now).made
        assert made.items == ITEMS
    plans = planned(rater, places_of(path, rater))
    if rater == "Cleo":
        wrong_once(plans, asked_of(path, rater))
    answers = path.parent / f"{rater}.json"
    answers.write_text(json.dumps(plans), encoding="utf-8")
    return made.path, answers


@pytest.mark.timeout(900)
def test_three_packs_merge_into_one_study_with_the_right_figures(
    tmp_path: Path, environment: dict[str, str], own_home: Path, now: datetime, rng: Random
) -> None:
    save(own_home / "settings.json", UserSettings(reading_moment=0.05))
    path = demo_of_12(tmp_path)
    with StudyFile.open(path, now=now) as study:
        study.settings.set_rating(study.settings.read().scale, DESIGN, now=now)
    packs = {rater: pack_for(path, rater, rng, now) for rater in RATERS}

    with drive(environment, tmp_path, "pack", *packs["Ben"], 9) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == "answered 9\n", child.stderr.read()
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=200)
    with StudyFile.open(path, now=now) as study:
        half = study.packs.merge(packs["Ben"][0], now=now)
        assert (half.judgments, half.judged, half.items) == (9, 9, ITEMS)
    for rater, expected in (("Ada", ITEMS), ("Ben", ITEMS - 9), ("Cleo", ITEMS)):
        with drive(environment, tmp_path, "pack", *packs[rater]) as child:
            printed, errors = child.communicate(timeout=200)
        assert f"answered {expected + GUESSES}\n" in printed, errors

    with StudyFile.open(path, now=now) as study:
        merged = [study.packs.merge(pack, now=now) for pack, _ in packs.values()]
        assert [m.judged for m in merged] == [ITEMS] * 3
        again = [study.packs.merge(pack, now=now) for pack, _ in packs.values()]
        assert [(m.judgments, m.guesses) for m in again] == [(0, 0)] * 3
        assert all(finding.ok for finding in study.check())
        study.settings.unblind("all packs are back", now=now)
        check_results(results_json(study))
        check_people(study)


def check_results(found: Any) -> None:
    """The hand-computed table: base is a, the tuned model is b."""
    (pair,) = found["comparisons"]
    assert (pair["a"], pair["b"], pair["prompts"], pair["judgments"]) == ("base", "cardiology", 12, 36)
    assert (pair["wins_b"], pair["wins_a"], pair["ties"], pair["both_bad"]) == (22, 8, 5, 1)
    # (22 + 6 / 2) / 36
    assert pair["win_rate_b"]["value"] == pytest.approx(25 / 36)
    # Prompt means 1 1 1 1 2/3 2/3 2/3 0 1/3 1/2 2/3 5/6: s² = 1.0462963 / 11, t(11) = 2.200985.
    assert pair["win_rate_b"]["low"] == pytest.approx(0.49849, abs=1e-4)
    assert pair["win_rate_b"]["high"] == pytest.approx(0.89040, abs=1e-4)
    # Answers are tuned, base or neither. All three agree on six prompts, two of three on the others.
    assert found["agreement"]["percent"] == pytest.approx((6 + 6 / 3) / 12)
    # Expected disagreement 1 - (22·21 + 8·7 + 6·5) / (36·35) = .565079; observed 1/3.
    assert found["agreement"]["krippendorff_alpha"]["nominal"] == pytest.approx(0.410112, abs=1e-5)
    # Chance (π (1 - π) summed over three answers) / 2 = .274691.
    assert found["agreement"]["gwet_ac1"] == pytest.approx(0.540426, abs=1e-5)
    assert found["position"]["left"] + found["position"]["right"] == 30


def check_people(study: StudyFile) -> None:
    """Repeats, controls, gold items and guesses, rater by rater."""
    people = {person.name: person for person in rater_quality(study).raters}
    assert {name: (p.figures.repeats.hits, p.figures.repeats.n) for name, p in people.items()} == {
        "Ada": (0, 3),
        "Ben": (3, 3),
        "Cleo": (3, 3),
    }
    assert {name: (p.figures.controls.hits, p.figures.controls.n) for name, p in people.items()} == {
        "Ada": (3, 3),
        "Ben": (0, 3),
        "Cleo": (1, 3),
    }
    assert {name: (p.figures.gold.hits, p.figures.gold.n) for name, p in people.items()} == {
        "Ada": (3, 3),
        "Ben": (0, 3),
        "Cleo": (3, 3),
    }
    found = blindness(study)
    # 4 right; 4 cannot tell; 3 right and 1 wrong. Over all (7 - 1) / 12.
    assert {name: index.value for name, index in found.by_rater.items()} == {
        "Ada": pytest.approx(1.0),
        "Ben": pytest.approx(0.0),
        "Cleo": pytest.approx(0.5),
    }
    assert found.overall is not None
    assert found.overall.value == pytest.approx(0.5)
