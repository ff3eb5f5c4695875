"""Fields of structured answers compared with references: items, spans, and scikit-learn's figures."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import numpy as np
import pytest

from ftcompare.checks.field_items import f1, scored
from ftcompare.core.hashing import Json
from ftcompare.stats.correctness import field_differences, field_score, macro_score
from tests.structured_answers import CLOSE, FAR, REFERENCE, spelled

metrics, preprocessing = (pytest.importorskip(f"sklearn.{name}") for name in ("metrics", "preprocessing"))
VALUES = {"drugs": "abcdef", "signs": "uvwx", "ward": "12"}


def random_answer(rng: Random) -> dict[str, Any]:
    lists: dict[str, Any] = {name: rng.sample(VALUES[name], rng.randint(0, 3)) for name in ("drugs", "signs")}
    return {**lists, "ward": rng.choice("12"), "extra": rng.random()}


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        (CLOSE, {"drugs": (2, 3, 3), "findings": (1, 2, 2), "diagnosis": (1, 1, 1), "allergies": (0, 0, 0)}),
        (FAR, {"patient.name": (0, 1, 1), "patient.age": (0, 1, 1), "visits": (1, 1, 2)}),
        (FAR, {"allergies": (0, 1, 0)}),
        ({"drugs": None, "patient": {"age": 71.0}}, {"drugs": (0, 0, 3), "patient.age": (1, 1, 1)}),
        ({"drugs": "Apixaban ", "patient": "?"}, {"drugs": (1, 1, 3), "patient.name": (0, 0, 1)}),
        ({"drugs": ["ramipril", "RAMIPRIL"]}, {"drugs": (1, 1, 3)}),
    ],
)  # fmt: skip
def test_items_of_a_field_are_a_set(answer: Json, items: dict[str, tuple[int, int, int]]) -> None:
    found = scored(spelled(answer), [spelled(REFERENCE)])
    assert found is not None
    counts = {name: (one.right, len(one.given), len(one.expected)) for name, one in found.items.items()}
    assert {name: counts[name] for name in items} == items
    assert "note" not in counts


def test_invalid_json_gives_no_items_and_the_best_reference_counts() -> None:
    broken = scored('{"drugs": [', [spelled(REFERENCE)])
    assert broken is not None
    assert not broken.valid
    assert broken.counts() == (0, 0, 10)
    best = scored(spelled(CLOSE), [spelled(FAR), spelled(CLOSE), "In prose."])
    assert best is not None
    assert f1(*best.counts()) == 1
    assert scored(spelled(CLOSE), ["In prose.", "42"]) is None


def test_named_fields_count_also_if_the_reference_lacks_them() -> None:
    found = scored(spelled(FAR), [spelled(REFERENCE)], ("patient", "note"))
    assert found is not None
    assert [*found.items] == ["patient.name", "patient.age", "note"]
    assert found.counts() == (0, 3, 2)


@pytest.mark.parametrize(
    ("given", "exact", "overlapping"),
    [
        ([(4, 16, "sign"), (30, 38, "drug")], 2, 2),
        ([(5, 16, "SIGN"), (30, 39, "drug")], 0, 2),
        ([(16, 20, "sign"), (30, 38, "sign")], 0, 0),
        ([(4, 8, "sign"), (8, 16, "sign")], 0, 1),
        ([], 0, 0),
    ],
)
def test_spans_are_equal_or_overlap(given: list[tuple[int, int, str]], exact: int, overlapping: int) -> None:
    spans: list[Json] = [{"start": start, "end": end, "type": label} for start, end, label in given]
    wanted: Json = {
        "findings": [{"start": 4, "end": 16, "type": "sign"}, {"start": 30, "end": 38, "type": "drug"}]
    }
    found = scored(spelled({"findings": spans}), [spelled(wanted)])
    assert found is not None
    one = found.items["findings"]
    assert (one.right, one.overlapping) == (exact, overlapping)


def test_a_span_that_overlaps_two_leaves_the_other_for_another() -> None:
    spans = [[(0, 10), (12, 20)], [(5, 15), (0, 3)]]
    given, wanted = ([*({"start": a, "end": b} for a, b in side)] for side in spans)
    found = scored(json.dumps({"x": given}), [json.dumps({"x": wanted})])
    assert found is not None
    assert found.items["x"].overlapping == 2


def test_figures_are_those_of_scikit_learn() -> None:
    rng = Random(5)
    pairs = [(random_answer(rng), random_answer(rng)) for _ in range(80)]
    every = [scored(json.dumps(given), [json.dumps(wanted)], tuple(VALUES)) for given, wanted in pairs]
    answers = [one for one in every if one is not None]
    names = [*VALUES]
    labels: dict[str, list[list[set[str]]]] = {
        name: [[{f"{name}={v}" for v in side[name]} for side in pair] for pair in pairs] for name in names
    }
    binarizer = preprocessing.MultiLabelBinarizer().fit(
        [one for rows in labels.values() for pair in rows for one in pair]
    )
    scores = []
    for name in names:
        given, wanted = (binarizer.transform([pair[side] for pair in labels[name]]) for side in (0, 1))
        expected = metrics.precision_recall_fscore_support(wanted, given, average="micro", zero_division=0)[
            :3
        ]
        items = [one.items[name] for one in answers]
        sums = (
            sum(i.right for i in items),
            sum(len(i.given) for i in items),
            sum(len(i.expected) for i in items),
        )
        scores.append(field_score(*sums))
        assert (scores[-1].precision, scores[-1].recall, scores[-1].f1) == pytest.approx(expected)
    whole = [
        binarizer.transform([set().union(*(labels[name][row][side] for name in names)) for row in range(80)])
        for side in (0, 1)
    ]
    assert np.mean([f1(*one.counts()) for one in answers]) == pytest.approx(
        metrics.f1_score(whole[1], whole[0], average="samples", zero_division=1)
    )
    totals = np.sum([one.counts() for one in answers], axis=0)
    micro = metrics.precision_recall_fscore_support(whole[1], whole[0], average="micro", zero_division=0)
    assert field_score(*map(float, totals)).f1 == pytest.approx(micro[2])
    assert macro_score(scores).f1 == pytest.approx(np.mean([one.f1 for one in scores]))


def test_differences_are_paired_by_prompt() -> None:
    rng = np.random.default_rng(3)
    expected = np.full((60, 2), 3.0)
    right = rng.integers(0, 3, (60, 2)).astype(float)
    a = np.stack([right, expected, expected], axis=2)
    b = np.stack([right + 1, expected, expected], axis=2)
    for one in field_differences(a, b):
        assert one.difference == pytest.approx(1 / 3)
    *fields, micro, macro = field_differences(a, a[:, ::-1])
    assert fields[0].difference == pytest.approx(-fields[1].difference)
    assert micro.difference == macro.difference == pytest.approx(0)
    low, high = fields[0].interval.low, fields[0].interval.high
    assert low is not None
    assert high is not None
    assert low < fields[0].difference < high
