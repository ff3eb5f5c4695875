"""Reasoning is told from the answer in every form in which models write it."""

from __future__ import annotations

import pytest

from ftcompare.core.reasoning import SplitAnswer, may_hold_reasoning, split_reasoning

HARMONY = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes."


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<think>\nHm.\n</think>\n\nYes.", "Hm.", "Yes."),
        ("\n <think>Hm.</think>Yes.", "Hm.", "Yes."),
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),
        ("<think>Hm.</think>\n<think>Still.</think> Yes.", "Hm.\n\nStill.", "Yes."),
        ("Hm.\n</think>\n\nYes.", "Hm.", "Yes."),  # the prompt had opened it
        ("[THINK]Hm.[/THINK]Yes.", "Hm.", "Yes."),
        ("<thinking>Hm, <think>.</thinking>Yes.", "Hm, <think>.", "Yes."),
        (HARMONY, "Hm.", "Yes."),
        ("<THINK>Hm İ.</Think>Yes İ.", "Hm İ.", "Yes İ."),
        ("<think>Hm.</think>The tag is </think>, so: <think>a</think>.", "Hm.", None),
        ("<think>Hm.</think>", "Hm.", ""),
        ("It asks of `</think>`.</think>Yes.", "It asks of `</think>`.", "Yes."),
        ("I would say `x`</think>`y`", "I would say `x`", "`y`"),
    ],
)
def test_reasoning_is_split_off(text: str, reasoning: str, answer: str | None) -> None:
    split = split_reasoning(text)
    expected = "The tag is </think>, so: <think>a</think>." if answer is None else answer
    assert split == SplitAnswer(reasoning, expected, closed=True, marked=True)
    assert may_hold_reasoning(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Yes.",
            "",
            " Yes.\n",
            "I think. <b>Yes</b>",
            "Write <think> at the start.",
            "Use <think>x</think> so.",
        ),
        "The reasoning ends with `</think>`, and the answer follows.",  # told of as code
        "`</think>` closes it; ``</reasoning>`` as well.",
    ],
)
def test_a_text_without_reasoning_stays_to_the_letter(text: str) -> None:
    assert split_reasoning(text) == SplitAnswer("", text, closed=True, marked=False)


@pytest.mark.parametrize("text", ["<think>Hm, so", "<think>", "[THINK] Hm </think>", " <reasoning>\nHm\n"])
def test_reasoning_that_is_never_closed_is_no_answer(text: str) -> None:
    split = split_reasoning(text)
    assert (split.answer, split.closed, split.marked) == ("", False, True)


def test_a_text_that_begins_within_reasoning() -> None:
    assert split_reasoning("Hm.</think>Yes.", opened=True) == ("Hm.", "Yes.", True, True)
    assert split_reasoning("Hm. <think>", opened=True) == ("Hm. <think>", "", False, True)
    assert split_reasoning("Hm", opened=True) == ("Hm", "", False, True)


def test_markers_of_ones_own_come_first() -> None:
    own = (("<<", ">>"),)
    assert split_reasoning("<<Hm>> Yes", own) == ("Hm", "Yes", True, True)
    assert split_reasoning("Hm>> Yes", own) == ("Hm", "Yes", True, True)
    assert split_reasoning("<<Hm>> Yes") == ("", "<<Hm>> Yes", True, False)
    assert may_hold_reasoning("<<Hm>> Yes", own)
    assert not may_hold_reasoning("<<Hm>> Yes")
