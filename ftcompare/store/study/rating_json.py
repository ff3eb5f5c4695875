"""Scale and rating design as JSON, as studies and packs store them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import (
    ContextShown,
    ConversationJudged,
    LiveHistory,
    PracticeItem,
    RatingDesign,
    ReferenceShown,
)
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message
from ftcompare.store.sqlite.values import read_object, to_json

_NUMBERS = ("raters", "each", "repeats", "controls", "gold", "guess_share", "end_guesses")


def settings_json(scale: Scale, design: RatingDesign) -> str:
    """Scale and design as JSON, without the question and the strengths, which have their own columns."""
    numbers: dict[str, Json] = {name: getattr(design, name) for name in _NUMBERS}
    if design.live_history is not LiveHistory.OWN:
        numbers["live_history"] = design.live_history.value
    return to_json({**numbers, **shown_settings(scale, design)})


def shown_settings(scale: Scale, design: RatingDesign) -> dict[str, Json]:
    """The part of the settings that raters see; a pack holds only this part."""
    shown: dict[str, Json] = {
        "criteria": list(scale.criteria),
        "reasons": list(scale.reasons),
        "instructions": design.instructions,
        "practice": [_practice_json(item) for item in design.practice],
    }
    # A setting with the default of earlier versions is left out, so that the JSON stays the same as in
    # studies and packs made by these versions.
    if design.reference is not ReferenceShown.NEVER:
        shown["reference"] = design.reference.value
    if design.context is not ContextShown.FOLDED:
        shown["context"] = design.context.value
    if not design.expectation:
        shown["expectation"] = False
    if design.conversations is not ConversationJudged.WHOLE:
        shown["conversations"] = design.conversations.value
    return shown


def read_scale(question: str, strengths: int, text: str) -> Scale:
    """The scale of a study or a pack."""
    stored = read_object(text)
    return Scale(question, strengths, tuple(stored.get("criteria", ())), tuple(stored.get("reasons", ())))


def read_design(text: str) -> RatingDesign:
    """The rating design of a study, or the part of it that a pack holds."""
    stored = read_object(text)
    return RatingDesign(
        **{name: stored[name] for name in _NUMBERS if name in stored},
        instructions=stored.get("instructions", ""),
        practice=tuple(_practice(item) for item in stored.get("practice", ())),
        reference=ReferenceShown(stored.get("reference", ReferenceShown.NEVER)),
        context=ContextShown(stored.get("context", ContextShown.FOLDED)),
        expectation=stored.get("expectation", True) is not False,
        live_history=LiveHistory(stored.get("live_history", LiveHistory.OWN)),
        conversations=ConversationJudged(stored.get("conversations", ConversationJudged.WHOLE)),
    )


def _practice_json(item: PracticeItem) -> Json:
    texts: dict[str, Json] = {"left": item.left, "right": item.right, "because": item.because}
    messages: Json = [[message.role, message.content] for message in item.messages]
    return {**texts, "messages": messages, "expected": item.expected.value if item.expected else ""}


def _practice(stored: Mapping[str, Any]) -> PracticeItem:
    messages = tuple(Message(role, content) for role, content in stored["messages"])
    expected = Choice(stored["expected"]) if stored["expected"] else None
    return PracticeItem(messages, stored["left"], stored["right"], expected, stored["because"])
