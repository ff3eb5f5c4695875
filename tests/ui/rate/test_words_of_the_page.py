"""The page of a pack says the same as the window, and has the same keys."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from ftcompare.app.commands_and_keys import COMMANDS, When
from ftcompare.formats.browser_pack.page import SCRIPTS
from ftcompare.ui.pages.rate import guess
from ftcompare.ui.rating import answers, criteria_and_reasons, pair
from ftcompare.ui.shell.shortcut_editor import SETTINGS
from ftcompare.ui.text.response_view import EMPTY

OTHER_NAMES = {"rate.scroll_together": "together", "rate.answers": "own_answers"}
"""What the page calls a command otherwise."""


def script() -> str:
    folder = resources.files("ftcompare.formats.browser_pack") / "script"
    return "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)


def joined(source: str) -> str:
    """The script with texts of several lines put together."""
    return re.sub(r'"\s*\+\s*"', "", source)


@pytest.mark.parametrize(
    "words",
    [
        *(guess.QUESTION, guess.WHY, *guess.DEGREES, *guess.TITLES.values()),
        *(answers.ALIKE, pair.IDENTICAL, EMPTY, criteria_and_reasons.TURNS, *SETTINGS, *SETTINGS.values()),
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
    assert words in joined(script())


def test_the_commands_of_the_page_are_those_of_the_window_for_rating() -> None:
    listed = re.findall(r'\{ id: "(\w+)", title: "([^"]+)", keys: "([^"]*)" \}', script())
    wanted = {
        OTHER_NAMES.get(one.id, one.id.removeprefix("rate.")): (one.title, one.keys)
        for one in COMMANDS
        if one.when is When.RATING and "criterion_" not in one.id
    }
    assert {name: (title, keys) for name, title, keys in listed} == wanted
    assert "title: `Criterion or reason ${at + 1}`" in script()
