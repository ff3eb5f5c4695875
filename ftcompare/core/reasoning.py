"""Separates the reasoning that a model writes before its answer, found by its markers, from the answer.

A chat template may open the reasoning itself; the model then writes only the closing marker. If reasoning
is never closed, there is no answer.

Markers: ``<think>`` of DeepSeek-R1, Qwen3 and others; ``[THINK]`` of Mistral's Magistral; ``<seed:think>`` of
ByteDance's Seed-OSS; the channels of OpenAI's gpt-oss ("harmony" format); the others from chat templates
that imitate them. Markers are matched without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Markers: TypeAlias = tuple[str, str]  # the opening and the closing marker of reasoning

KNOWN_MARKERS: tuple[Markers, ...] = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
)


class SplitAnswer(NamedTuple):
    """A text split into reasoning and answer, without markers and the white space around them."""

    reasoning: str  # empty where there is none
    answer: str  # the whole text where there is no reasoning; empty where the reasoning is never closed
    closed: bool  # whether an answer may follow: there is no reasoning, or it was closed
    marked: bool  # whether the text contains markers of reasoning


def split_reasoning(text: str, own: Sequence[Markers] = (), *, opened: bool = False) -> SplitAnswer:
    """Split a text into reasoning and answer.

    Reasoning begins at the start of the text, after optional white space; several parts in a row are joined.
    If the text begins with no opening marker but contains a closing marker without an opening one before
    it, the text before it is reasoning that the prompt had opened. A closing marker directly after the
    backtick that begins inline code is ignored then: the text mentions the marker and does not use it.
    `opened` is whether the prompt ends inside reasoning, so that the text begins inside it.
    """
    markers = (*own, *KNOWN_MARKERS)
    parts: list[str] = []
    rest, closed, found = text, True, False
    while opened or (marker := _opening(rest, markers)) or (not found and closed_only(rest, markers)):
        within = rest if opened or not marker else rest.lstrip()[len(marker[0]) :]
        ends = (marker[1],) if not opened and marker else tuple(closing for _, closing in markers)
        part, ending, rest = _until(within, ends, code=not opened and not marker)
        found, closed, opened = True, bool(ending), False
        parts.append(part.strip())
        if not closed:
            break
    if not found:
        return SplitAnswer("", text, closed=True, marked=False)
    reasoning = "\n\n".join(part for part in parts if part)
    return SplitAnswer(reasoning, rest.strip() if closed else "", closed=closed, marked=True)


def may_hold_reasoning(text: str, own: Sequence[Markers] = ()) -> bool:
    """Return whether `split_reasoning` might find reasoning; a fast test for many texts."""
    folded = text.lower()
    return any(marker.lower() in folded for pair in (*own, *KNOWN_MARKERS) for marker in pair)


def _opening(text: str, markers: Sequence[Markers]) -> Markers | None:
    start = text.lstrip()
    return next((marker for marker in markers if start[: len(marker[0])].lower() == marker[0].lower()), None)


def closed_only(text: str, markers: Sequence[Markers] = KNOWN_MARKERS) -> bool:
    """Return whether the text has a closing marker without its opening marker before it."""
    found = ((opening, _until(text, (closing,), code=True)) for opening, closing in markers)
    return any(ending and opening.lower() not in part.lower() for opening, (part, ending, _) in found)


def _until(text: str, ends: Sequence[str], *, code: bool) -> tuple[str, str, str]:
    """Split at the first of `ends`, if any; with `code`, not after a backtick that begins code."""
    found = (match for end in ends for match in re.finditer(re.escape(end), text, re.IGNORECASE | re.ASCII))
    spans = (match.span() for match in found if not (code and _begins_code(text[: match.start()])))
    at, to = min(spans, default=(len(text), len(text)))
    return text[:at], text[at:to], text[to:]


def _begins_code(before: str) -> bool:
    """Return whether a text ends with the backticks that begin inline code in its last line."""
    line = before.rpartition("\n")[2]
    return line.endswith("`") and len(re.findall("`+", line)) % 2 == 1
