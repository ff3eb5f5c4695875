"""Few texts looked for among many: the same, inside longer ones, nearly the same."""

from __future__ import annotations

from itertools import pairwise
from math import log1p
from random import Random

import pytest
from rapidfuzz import fuzz

from ftcompare.checks.contamination import (
    KEPT_CHARACTERS,
    NEAR,
    SHARED,
    Duplicate,
    DuplicateFinder,
    DuplicateKind,
    normalised,
)

AF = "What does an irregular heartbeat mean for a patient of eighty years?"


def find(wanted: str, *texts: str, beside: tuple[str, ...] = ()) -> Duplicate | None:
    """What is most like a text, among texts that are a record each."""
    finder = DuplicateFinder((wanted, *beside))
    for line, text in enumerate(texts, start=1):
        finder.look(line, [text])
    return finder.found[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is AF?", "what is af"),
        ("  What\tis\n AF ", "What is AF"),
        ("What’s an “ECG”?", "what's an ECG"),
        ("beta-blocker", "Beta blocker"),
        ("ﬁrst ＡＦ", "first AF"),
        ("Straße", "STRASSE"),
        ("co\u00adoperate\u200b", "cooperate"),
        ("e\u0301tude", "étude"),
        ("**What** is `AF`?", "What is AF"),
        ("心房细动", "心 房 细 动"),
    ],
)
def test_case_width_punctuation_and_space_do_not_matter(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)
    found = find(one, other)
    assert found
    assert (found.kind, found.similarity) == (DuplicateKind.EXACT, 1.0)


@pytest.mark.parametrize(("one", "other"), [("BP > 140", "BP < 140"), ("कि", "का"), ("C++", "C")])
def test_symbols_marks_and_digits_do(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_punctuation_alone_is_never_found_and_a_short_prompt_only_as_a_whole() -> None:
    assert normalised("?! …") == ""
    assert find("?!", "?!", "") is None
    assert find("What is AF?", "Tell me: what is AF in adults, and how is it treated?") is None
    assert find("What is AF?", "What is AF") is not None


def test_the_prompt_inside_a_longer_text_is_contained_as_words() -> None:
    found = find(AF, "Nothing.", f"### Instruction: {AF.upper()} ### Response: It depends.")
    assert found
    assert (found.kind, found.similarity, found.line) == (DuplicateKind.CONTAINED, 1.0, 2)
    found = find("is an art of healing", "this an art of healings")
    assert found
    assert found.kind is DuplicateKind.NEAR


def test_a_slip_or_two_is_a_near_duplicate_with_its_similarity() -> None:
    other = "What does an iregular heart beat mean for a patient of eighty years"
    found = find(AF, other)
    assert found
    assert found.kind is DuplicateKind.NEAR
    # One letter less and one space more: as long as the wanted text, with one deletion and one insertion.
    assert found.similarity == pytest.approx(1 - 2 / (2 * len(normalised(AF))))


def test_a_near_duplicate_is_found_inside_a_longer_text_too() -> None:
    found = find(AF, f"Question: {AF.replace('irregular', 'iregular')} Answer: {'It depends. ' * 30}")
    assert found
    assert found.kind is DuplicateKind.NEAR
    assert NEAR <= found.similarity < 1


def test_the_same_question_about_something_else_is_no_duplicate() -> None:
    questions = tuple(f"What is {word}?" for word in ("a stent", "a clot", "an infarct", "a murmur"))
    assert find("What is MI?", "What is MS?", beside=questions) is None
    assert find(AF, "How is an irregular heartbeat treated?", "What does a patient of eighty need?") is None


def test_a_text_is_not_cut_until_it_is_alike() -> None:
    """The part "which disease comes with an an" is 90% like the wanted text."""
    signs = ("fever", "a cough", "chest pain", "dizziness", "a murmur", "dyspnoea", "a rash")
    asked = [f"Which disease comes with {sign}?" for sign in ("fainting", *signs)]
    assert find(asked[0], "Which disease comes with an ankle oedema?", beside=tuple(asked[1:])) is None


def test_the_best_of_several_is_told_the_first_of_equals_and_how_many_there_are() -> None:
    finder = DuplicateFinder([AF])
    finder.look(3, [AF.replace("eighty", "eigthy"), f"{AF} Please answer."])
    finder.look(5, [AF, AF.lower()])
    finder.look(9, [AF])
    (found,) = finder.found
    assert found == Duplicate(DuplicateKind.EXACT, 1.0, 5, AF, 3)


def test_only_the_beginning_of_a_long_text_is_kept() -> None:
    found = find(AF, f"{AF} {'x' * 10_000}")
    assert found
    assert len(found.text) == KEPT_CHARACTERS


def test_equal_prompts_are_both_found() -> None:
    finder = DuplicateFinder(["What is AF?", "what is af"])
    finder.look(1, ["What is AF"])
    assert [found.kind for found in finder.found if found] == [DuplicateKind.EXACT] * 2


def test_looking_up_rare_pairs_alone_misses_nothing(rng: Random) -> None:
    """Every pair that shares enough and is alike enough is found, as by comparing all with all."""
    vocabulary = [f"word{n:03}" for n in range(60)]
    wanted = [" ".join(rng.choices(vocabulary, k=rng.randint(3, 12))) for _ in range(60)]
    texts = [_spoilt(rng.choice(wanted), vocabulary, rng) for _ in range(200)]
    finder = DuplicateFinder(wanted)
    for line, text in enumerate(texts):
        finder.look(line, [text])
    alike = {
        place
        for place, one in enumerate(wanted)
        for other in texts
        if one == other or (fuzz.ratio(one, other) >= 100 * NEAR and _shared(place, other, wanted) >= SHARED)
    }
    found = {place for place, duplicate in enumerate(finder.found) if duplicate}
    assert alike
    assert alike <= found


def _spoilt(text: str, vocabulary: list[str], rng: Random) -> str:
    words = text.split()
    for _ in range(rng.randint(0, 2)):
        words[rng.randrange(len(words))] = rng.choice(vocabulary)
    return " ".join(words)


def _shared(place: int, other: str, wanted: list[str]) -> float:
    """The share of a text's pairs of words in another, by weight, written again."""
    weight = {
        pair: log1p(len(wanted) / sum(f" {pair} " in f" {t} " for t in wanted))
        for pair in _pairs(wanted[place])
    }
    return sum(value for pair, value in weight.items() if f" {pair} " in f" {other} ") / sum(weight.values())


def _pairs(text: str) -> set[str]:
    return {" ".join(pair) for pair in pairwise(text.split())}
