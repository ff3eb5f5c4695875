"""Features of answers: what each counts in a text."""

from __future__ import annotations

import pytest

from ftcompare.checks.answer_features import TEXT_FEATURES, reading_level

FEATURES = {feature.id: feature for feature in TEXT_FEATURES}
ASKED = "What does the heart do, and how often does it beat in a minute?"
LONG = "The heart pumps blood through the body, and it beats about seventy times in every minute of the day."


@pytest.mark.parametrize(
    ("feature", "text", "value"),
    [
        ("length", "heart", 5),
        ("headings", "# One\n\ntext\n\n## Two", 2),
        ("list_items", "- a\n- b\n1. c", 3),
        ("tables", "| a | b |\n|---|---|\n| 1 | 2 |", 1),
        ("tables", "a\n---\nb", 0),
        ("bold", "**a** and **b**", 2),
        ("hedges", "It may rain. Perhaps it will.", 2),
        ("hedges", "Es könnte vielleicht regnen.", 2),
        ("hedges", "The dismay was mighty.", 0),
        ("numbers", "70 beats, 1,200 ml, and A4", 2),
        ("citations", "See https://a.org/b and [1, 2] (Smith 2019).", 3),
        ("questions", "Do you smoke? Since when?", 2),
        ("questions", "https://a.org/?q=1", 0),
        ("first_person", "I think we should.", 2),
        ("refusal", "I cannot help with that.", 1),
        ("refusal", LONG, 0),
        ("language", LONG, 1),
        ("language", "Das Herz pumpt das Blut durch den ganzen Körper und schlägt siebzigmal.", 0),
        ("language", "70", None),
        ("reading_level", "Too short.", None),
    ],
)
def test_what_a_feature_counts(feature: str, text: str, value: float | None) -> None:
    assert FEATURES[feature].value(text, ASKED) == value


def test_longer_words_and_sentences_are_harder_to_read() -> None:
    easy = "The heart is a pump. It moves the blood. It has four rooms. It beats all day and all night long."
    hard = "Myocardial contraction continuously generates hemodynamic pressure " * 4
    assert (reading_level(hard) or 0) > 3 * (reading_level(easy) or 0)


def test_every_feature_has_an_id_of_its_own() -> None:
    assert len(FEATURES) == len(TEXT_FEATURES)
