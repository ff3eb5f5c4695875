"""Judged rows to export, made in one line each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ftcompare.core.study import (
    AllocationId,
    Comparison,
    ComparisonId,
    ComparisonKind,
    FinishReason,
    JudgedRow,
    Message,
    Prompt,
    PromptId,
    PromptSpec,
    Rater,
    RaterId,
    RaterKind,
    Response,
    ResponseId,
    Split,
    SystemId,
)

PREFERENCE = {"a": 0.0, "b": 1.0, "tie": 0.5, "both_bad": 0.5}


def row_of(
    choice: str = "b",
    *,
    comparison: int = 1,
    rater: str = "Ann",
    messages: tuple[Message, ...] | None = None,
    texts: tuple[str, str] = ("A tube.", "A small mesh tube."),
    rater_kind: RaterKind = RaterKind.HUMAN,
    preference: float | None = None,
    category: str = "cardiology",
    split: Split = Split.NONE,
    kind: ComparisonKind = ComparisonKind.ORDINARY,
    strength: int | None = None,
    comment: str = "",
    left: str = "a",
    flagged: bool = False,
    seconds: float | None = 4.2,
    at: str = "2026-05-31T14:05:00+00:00",
    criteria: tuple[tuple[str, str], ...] = (),
    reasons: tuple[str, ...] = (),
    reason_sides: tuple[tuple[str, str], ...] = (),
    tags: tuple[str, ...] = (),
    ends: tuple[FinishReason, FinishReason] = (FinishReason.END, FinishReason.END),
    systems: tuple[int, int] = (1, 2),
) -> JudgedRow:
    """A standing judgment of system 1 (a) against system 2 (b); each comparison has a prompt of its own."""
    asked = messages or _asked(comparison)
    prompt = Prompt(PromptId(comparison), PromptSpec(f"q{comparison}", asked, category, split, tags=tags))
    a, b = _responses(prompt, texts, ends, systems)
    return JudgedRow(
        allocation=AllocationId(1),
        comparison=Comparison(ComparisonId(comparison), prompt.id, a, b, kind),
        prompt=prompt,
        rater=Rater(RaterId(sum(map(ord, rater))), rater, rater_kind),
        choice=choice,
        preference=PREFERENCE[choice] if preference is None else preference,
        left=left,
        strength=strength,
        comment=comment,
        flagged=flagged,
        seconds=seconds,
        at=at,
        criteria=criteria,
        reasons=reasons,
        reason_sides=reason_sides,
    )


def _asked(comparison: int) -> tuple[Message, ...]:
    return (Message("user", "What is a stent?" if comparison == 1 else f"What is stent {comparison}?"),)


def _responses(
    prompt: Prompt, texts: tuple[str, str], ends: tuple[FinishReason, FinishReason], systems: tuple[int, int]
) -> tuple[Response, Response]:
    a, b = (
        Response(SystemId(system), text, end, 7, id=ResponseId(10 * prompt.id + system), prompt=prompt.id)
        for system, text, end in zip(systems, texts, ends, strict=True)
    )
    return a, b


@pytest.fixture(scope="session")
def make_row() -> Callable[..., JudgedRow]:
    return row_of
