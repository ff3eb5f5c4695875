"""The page of a pack says the same as the window, and has the same keys."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import pytest

from ftcompare.app.commands_and_keys import COMMANDS, When
from ftcompare.app.raters.page_texts import page_rules
from ftcompare.core.rating_rules import (
    ALIKE,
    DEGREES,
    EMPTY_ANSWER,
    GUESS_QUESTION,
    GUESS_WHY,
    GUESSES,
    IDENTICAL,
    TURNS,
    answers,
)
from ftcompare.core.scale import Scale
from ftcompare.formats.browser_pack.page import SCRIPTS
from ftcompare.ui.shell.shortcut_editor import SETTINGS

OTHER_NAMES = {"rate.scroll_together": "together", "rate.answers": "own_answers"}
"""What the page calls a command otherwise."""


def script() -> str:
    folder = resources.files("ftcompare.formats.browser_pack") / "script"
    return "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)


def rules() -> dict[str, Any]:
    return page_rules()


def joined(source: str) -> str:
    """The script with texts of several lines put together."""
    return re.sub(r'"\s*\+\s*"', "", source)


@pytest.mark.parametrize(
    "words",
    [
        *(GUESS_QUESTION, GUESS_WHY, *DEGREES, *GUESSES.values()),
        *(
            ALIKE,
            IDENTICAL,
            EMPTY_ANSWER,
            TURNS,
            *(words for described in SETTINGS.values() for words in described),
        ),
        *("Why skip this pair?", "You can return to it at the end.", "Do not skip", "Back to the pair"),
        *("What tipped the scales? The owner of the study reads this.", "Draft saved", "✓ Saved"),
        *("A short rest keeps judgments fresh.", "Answer anew to change it.", "Take marks away"),
        *("That was the practice.", "From now on your answers count.", "Any answer will do here."),
        *(
            "Before you begin",
            "Practise again",
            "Skip practice",
            "Search my answers",
            "To the last questions",
        ),
        *("Go on to the last questions", "That was the last pair.", "Last questions: ", "An earlier answer"),
    ],
)
def test_the_page_says_what_the_window_says(words: str) -> None:
    assert words in joined(script()) + json.dumps(rules(), ensure_ascii=False)


def test_the_commands_of_the_page_are_those_of_the_window_for_rating() -> None:
    listed = {one["id"]: (one["title"], one["keys"]) for one in rules()["commands"]}
    wanted = {
        OTHER_NAMES.get(one.id, one.id.removeprefix("rate.").replace("criterion_", "number_")): (
            one.title,
            one.keys,
        )
        for one in COMMANDS
        if one.when is When.RATING
    }
    assert listed == wanted


@pytest.mark.parametrize("strengths", [1, 2, 3])
def test_the_page_offers_the_answers_of_the_window(strengths: int) -> None:
    offered = [(one["choice"], one["strength"], one["title"]) for one in rules()["answers"][strengths - 1]]
    assert offered == [(one.choice, one.strength, one.title) for one in answers(Scale(strengths=strengths))]


def test_the_script_has_no_rules_of_its_own() -> None:
    """Numbers and words that the window has, too, are written into the page by `page_rules`."""
    named = set(re.findall(r"RULES\.(\w+)", script()))
    assert named == rules().keys()
