"""Features of an answer that are counted in its text, such as list items, hedges, and questions.

They say nothing about quality. Phrases are known in English, German, French, and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ftcompare.checks.prompt_checks import detected_language
from ftcompare.checks.refusal_rule import RefusalClass, normal_form, phrases, phrases_text, refusal_class
from ftcompare.core.hashing import digest
from ftcompare.core.language import N_
from ftcompare.core.markdown_style import markdown_style

_PHRASES = "feature_phrases.toml"
_TABLE = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$", re.MULTILINE)
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*(?!\w)")
_CITATION = re.compile(
    r"https?://\S+|\bdoi:\s*\S+|\[\d+(?:\s*[,–-]\s*\d+)*\]|\([^()\n]*\b(?:19|20)\d\d[a-z]?\)"
)
_QUESTION = re.compile(r"[?？؟](?=\s|$)")
_SENTENCE_END = re.compile(r"[.!?:。！？]+(?=\s|$)|\n+")
_WORD = re.compile(r"[^\W\d_]+")
LONG_WORD = 7  # minimum number of letters of a long word
LEAST_WORDS = 20  # minimum number of words for a reading level
Value = Callable[[str, str], float | None]


@dataclass(frozen=True, slots=True)
class TextFeature:
    """A number that a text has."""

    id: str
    title: str
    more: str  # what answers have that have more of it, after "with"
    value: Value  # of an answer and its prompt; None where it is not defined
    count: bool = True  # whether it counts something; False for a level or a yes and no


def reading_level(text: str, _prompt: str = "") -> float | None:
    """Return LIX: words per sentence + per cent of words with 7 letters or more (Björnsson 1968)."""
    words = _WORD.findall(text)
    if len(words) < LEAST_WORDS:
        return None
    sentences = sum(1 for part in _SENTENCE_END.split(text) if _WORD.search(part))
    return len(words) / max(1, sentences) + 100 * sum(len(one) >= LONG_WORD for one in words) / len(words)


def _same_language(text: str, prompt: str) -> float | None:
    found, asked = detected_language(text), detected_language(prompt)
    return float(found.code == asked.code) if found.told and asked.told else None


def _phrases(name: str) -> Value:
    return lambda text, _: float(len(phrases(_PHRASES)["all"][name].findall(normal_form(text))))


def _matches(pattern: re.Pattern[str]) -> Value:
    return lambda text, _: float(len(pattern.findall(text)))


def _style(name: str) -> Value:
    return lambda text, _: float(getattr(markdown_style(text), name))


def _refuses(text: str, _: str) -> float:
    return float(refusal_class(text) is RefusalClass.REFUSAL)


LENGTH = "length"
TEXT_FEATURES = (
    TextFeature(LENGTH, N_("Length"), N_("more text"), lambda text, _: float(len(text))),
    TextFeature("headings", N_("Headings"), N_("more headings"), _style("headers")),
    TextFeature("list_items", N_("List items"), N_("more list items"), _style("list_items")),
    TextFeature("tables", N_("Tables"), N_("more tables"), _matches(_TABLE)),
    TextFeature("bold", N_("Bold text"), N_("more bold text"), _style("bold")),
    TextFeature("hedges", N_("Hedging"), N_("more hedging (may, perhaps)"), _phrases("hedges")),
    TextFeature("numbers", N_("Numbers"), N_("more numbers"), _matches(_NUMBER)),
    TextFeature("citations", N_("Links and citations"), N_("more links or citations"), _matches(_CITATION)),
    TextFeature("questions", N_("Questions"), N_("more questions"), _matches(_QUESTION)),
    TextFeature(
        "first_person", N_("First person"), N_("more first person (I, we)"), _phrases("first_person")
    ),
    TextFeature("refusal", N_("Refusal"), N_("a refusal"), _refuses, count=False),
    TextFeature(
        "reading_level", N_("Reading level"), N_("longer words and sentences"), reading_level, count=False
    ),
    TextFeature(
        *("language", N_("Language of the prompt"), N_("the language of the prompt"), _same_language),
        count=False,
    ),
)
"""Features of the text alone. `ftcompare.app.review.answer_features` has those that depend on a study."""


def phrases_digest() -> str:
    return digest("feature-phrases", phrases_text(_PHRASES))
