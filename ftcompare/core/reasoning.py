"""Reasoning that a model writes before its answer: found by its markers and stored apart from the answer.

A template may open the reasoning itself, so that only the closing marker is written. Reasoning that is never
closed is no answer.

Markers: ``<think>`` of DeepSeek-R1, Qwen3 and others; ``[THINK]`` of Mistral's Magistral; ``<seed:think>`` of
ByteDance's Seed-OSS; the channels of OpenAI's gpt-oss ("harmony" format); the others from chat templates
that imitate them. A marker counts in any case of its letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Markers: TypeAlias = tuple[str, str]
"""What opens reasoning, and what closes it."""

KNOWN_MARKERS: tuple[Markers, ...] = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    (
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
)


class SplitAnswer(NamedTuple):
    """A text in its two parts, without markers and the blank space around them.

    Args:
        reasoning: empty where there is none.
        answer: the whole text where there is no reasoning; empty where it is never closed.
        closed: whether an answer may follow: there is no reasoning, or it ends.
        found: whether there are markers of reasoning.
    """

    reasoning: str
    answer: str
    closed: bool
    found: bool


def split_reasoning(text: str, own: Sequence[Markers] = (), *, opened: bool = False) -> SplitAnswer:
    """Reasoning and answer.

    Reasoning stands at the start, after nothing but blank space; several parts in a row are one. Where a text
    begins with none, but a closing marker of `KNOWN_MARKERS` or ``own`` follows with none that opens before
    it, what stands before that is reasoning: the prompt had opened it. A marker that is told of as code, just
    after the backtick that begins it, closes nothing there.

    Args:
        text: as the model wrote it.
        own: further markers.
        opened: whether the prompt ends within reasoning, so that the text begins there.
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
        return SplitAnswer("", text, closed=True, found=False)
    reasoning = "\n\n".join(part for part in parts if part)
    return SplitAnswer(reasoning, rest.strip() if closed else "", closed=closed, found=True)


def may_hold_reasoning(text: str, own: Sequence[Markers] = ()) -> bool:
    """Whether `split_reasoning` might find any; quick, for many texts."""
    folded = text.lower()
    return any(marker.lower() in folded for pair in (*own, *KNOWN_MARKERS) for marker in pair)


def _opening(text: str, markers: Sequence[Markers]) -> Markers | None:
    start = text.lstrip()
    return next((marker for marker in markers if _same(start[: len(marker[0])], marker[0])), None)


def _same(text: str, marker: str) -> bool:
    return text.lower() == marker.lower()


def closed_only(text: str, markers: Sequence[Markers] = KNOWN_MARKERS) -> bool:
    """Whether a marker closes what none before it opened."""
    found = ((opening, _until(text, (closing,), code=True)) for opening, closing in markers)
    return any(ending and opening.lower() not in part.lower() for opening, (part, ending, _) in found)


def _until(text: str, ends: Sequence[str], *, code: bool) -> tuple[str, str, str]:
    """What stands before the first of ``ends``, that end, and what follows; all of the text without one.

    ``code``: those told of as code are none.
    """
    found = (match for end in ends for match in re.finditer(re.escape(end), text, re.IGNORECASE | re.ASCII))
    told = (match.span() for match in found if not (code and _begins_code(text[: match.start()])))
    at, to = min(told, default=(len(text), len(text)))
    return text[:at], text[at:to], text[to:]


def _begins_code(before: str) -> bool:
    """Whether a line ends with the backticks that begin code within it."""
    line = before.rpartition("\n")[2]
    return line.endswith("`") and len(re.findall("`+", line)) % 2 == 1
