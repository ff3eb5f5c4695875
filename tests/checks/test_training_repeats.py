"""Passages of answers that a training file has, too: what counts, where it is, and in how many examples."""

from __future__ import annotations

import pytest

from ftcompare.checks.training_repeats import AnswerRepeats, RepeatFinder

FACT = "the valve opens when the pressure in the chamber rises above it"  # 12 words
OTHER = "nobody reads the small print on the back of a train ticket"  # 12 words


def repeats(answer: str, *examples: tuple[str, ...], prompt: tuple[str, ...] = ()) -> AnswerRepeats:
    finder = RepeatFinder([answer], [prompt])
    for line, texts in enumerate(examples, 1):
        finder.look(line, texts)
    return finder.found[0]


@pytest.mark.parametrize(
    ("answer", "examples", "share", "longest"),
    [
        pytest.param(FACT, [(FACT,)], 1, 12, id="whole"),
        pytest.param(FACT, [(f"Well, {FACT}, you know.",)], 1, 12, id="inside a longer text"),
        pytest.param("The VALVE opens, when the pressure in the chamber…", [(FACT,)], 1, 9, id="other case"),
        pytest.param(f"I think {FACT} and so on and so on, as ever.", [(FACT,)], 12 / 22, 12, id="a part"),
        pytest.param(" ".join(FACT.split()[:7]), [(FACT,)], 0, 0, id="7 words"),
        pytest.param(" ".join(FACT.split()[:8]), [(FACT,)], 1, 8, id="8 words"),
        pytest.param(FACT.replace("pressure", "force"), [(FACT,)], 0, 0, id="a word changed in the middle"),
        pytest.param(FACT, [(OTHER,)], 0, 0, id="nothing"),
        pytest.param(FACT, [(FACT[:30], FACT[30:])], 0, 0, id="words of two fields are not in a row"),
        pytest.param("", [(FACT,)], 0, 0, id="an empty answer"),
    ],
)
def test_how_much_of_an_answer_repeats_the_file(
    answer: str, examples: list[tuple[str, ...]], share: float, longest: int
) -> None:
    found = repeats(answer, *examples)
    assert found.share == pytest.approx(share)
    assert found.longest == longest


def test_passages_have_their_place_and_the_first_example_with_the_longest_run() -> None:
    answer = f"Say: {FACT}; {OTHER}. End"
    short = " ".join(OTHER.split()[:9])
    found = repeats(answer, ("nothing",), (short,), (FACT, "x"), (OTHER,), (FACT,))
    told = [(answer[one.start : one.end], one.line, one.words, one.examples) for one in found.passages]
    assert told == [(f"{FACT};", 3, 12, 2), (f"{OTHER}.", 4, 12, 1)]


def test_runs_that_only_touch_in_the_answer_are_not_one_run() -> None:
    """Two examples' texts one after another, and two texts of one example, are two runs of 12 words."""
    assert repeats(f"{FACT} {OTHER}", (FACT, OTHER)).longest == 12
    assert repeats(f"{FACT} {OTHER}", (f"{FACT} {OTHER}",)).longest == 24


def test_what_the_prompt_says_is_no_repeat() -> None:
    assert repeats(f"You ask whether {FACT}.", (FACT,), prompt=(f"Is it true that {FACT}?",)).share == 0
    assert repeats(f"You ask whether {FACT}.", (FACT,), prompt=("Is it true?",)).share > 0


def test_each_character_of_a_text_without_spaces_is_a_word() -> None:
    found = repeats("心房細動は不整脈です。", ("彼は言う。心房細動は不整脈です",))
    assert (found.words, found.share) == (10, 1)
