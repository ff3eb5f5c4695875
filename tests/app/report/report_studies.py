"""Studies to report on: judged by rule, with checks, guesses, exclusions, answers that name themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from ftcompare.core.blinding import BlindItem
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Guess,
    GuessChoice,
    GuessMoment,
    Message,
    PromptSpec,
    RaterId,
    ResponseDraft,
    Split,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once

NOTICE = "Demonstration model: not medical advice"
START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CATEGORIES = ("Diagnosis", "Treatment", "General topics")
SPLITS = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)
CHECKS = RatingDesign(repeats=0.5, controls=0.2, gold=0.2, guess_share=0.3, end_guesses=2)
GOLD = tuple(GoldItem((Message("user", f"Gold {n}?"),), f"GOOD {n}", f"POOR {n}") for n in range(6))

Judge = Callable[[BlindItem, Random], Choice]


@dataclass(frozen=True)
class Names:
    """What a study is called, and all in it."""

    title: str = "Cardiology review"
    systems: Sequence[str] = ("base", "cardiology")
    raters: Sequence[str] = ("Ada", "Ben", "Cleo")
    categories: Sequence[str] = CATEGORIES
    notice: str = NOTICE


def mostly_tuned(item: BlindItem, rng: Random) -> Choice:
    """The last added wins for most prompts, the base for general topics; one in five is a tie."""
    if item.left.startswith(("GOOD", "POOR")):
        return Choice.LEFT if item.left.startswith("GOOD") else Choice.RIGHT
    (left, number), (right, _) = (text.split("|")[:2] for text in (item.left, item.right))
    if left == right or rng.random() < 0.2:
        return Choice.TIE if rng.random() < 0.8 else Choice.BOTH_BAD
    later = Choice.LEFT if left > right else Choice.RIGHT
    earlier = Choice.RIGHT if left > right else Choice.LEFT
    general = int(number) % len(CATEGORIES) == 2
    return earlier if general or rng.random() < 0.1 else later


def always_even(item: BlindItem, rng: Random) -> Choice:
    """Nothing but ties."""
    return Choice.TIE


@built_once
def judged_study(
    path: Path,
    *,
    prompts: int = 24,
    names: Names | None = None,
    judge: Judge = mostly_tuned,
    design: RatingDesign | None = None,
    at_most: int = 10_000,
    unblinded: bool = True,
    excluded: str = "",
    telling: int = 0,
    live: int = 0,
) -> Path:
    """Write such a study.

    Args:
        at_most: judgments of each rater.
        excluded: rater left out after unblinding; empty for none.
        telling: answers of the last system that say what they are.
        live: votes on the Live page, all for the system added last.
    """
    names = names or Names()
    with StudyFile.create(
        path, title=names.title, scale=Scale(), notice=names.notice, rng=Random(4), now=START
    ) as study:
        _write(study, names, prompts, telling)
        study.settings.set_rating(Scale(), design or RatingDesign(), now=START)
        study.gold.add(GOLD, now=START)
        for name in names.raters:
            _rate(study, name, judge, at_most)
        for number in range(live):
            _vote_live(study, number)
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
        for rater in study.raters.all():
            if rater.name == excluded:
                study.raters.exclude(rater.id, "in a hurry", now=START + timedelta(days=1))
    return path


def _write(study: StudyFile, names: Names, prompts: int, telling: int) -> None:
    with study.atomic():
        systems = [study.systems.add(_system(name, number)) for number, name in enumerate(names.systems)]
        run = study.runs.start(_record(len(systems)), now=START)
        for number, prompt in enumerate(study.prompts.add(_prompts(names, prompts))):
            told = " As an AI language model, I cannot say." if number < telling else ""
            drafts = [
                ResponseDraft(
                    system.id,
                    f"S{place}|{number}| answer{' word' * (number * (place + 1) % 7)}{told if place else ''}",
                    FinishReason.END,
                    9,
                )
                for place, system in enumerate(systems)
            ]
            study.responses.store(prompt.id, drafts, run=run)


def _system(name: str, number: int) -> SystemSpec:
    if not number:
        return SystemSpec(name, SystemKind.BASE, model="/models/demo-base")
    return SystemSpec(
        name, SystemKind.ADAPTER, model="/models/demo-base", adapter=f"/models/adapter-{number}"
    )


def _prompts(names: Names, prompts: int) -> list[PromptSpec]:
    return [
        PromptSpec(
            f"p{n}",
            (Message("user", f"Question {n}"),),
            names.categories[n % len(names.categories)],
            SPLITS[n // 2 % 3],
        )
        for n in range(prompts)
    ]


def _record(systems: int) -> dict[str, Json]:
    keys = [str(n + 1) for n in range(systems)]
    reports: list[Json] = [
        {
            "key": key,
            "architecture": "LlamaForCausalLM",
            "parameters": 1234,
            "rank": 8,
            "digest": f"d{key}" * 8,
        }
        for key in keys
    ]
    return {
        "settings": {"max_new_tokens": 192, "temperature": 0.0, "seed": 7},
        "proof": [{"key": key, "statement": f"statement {key}"} for key in keys],
        "engine": {
            "device_name": "CPU",
            "dtype": "float32",
            "systems": reports,
            "versions": {"torch": "2.13"},
        },
    }


def _rate(study: StudyFile, name: str, judge: Judge, at_most: int) -> RaterId:
    rater, rng = study.raters.add(name), Random(name)
    study.allocations.draw(rater.id, rng=rng, now=START)
    for number in range(at_most):
        item = study.judgments.next_item(rater.id)
        if item is None:
            break
        now = START + timedelta(seconds=30 * number)
        study.judgments.judge(item.allocation, Verdict(judge(item, rng), seconds=4.0 + number), now=now)
        _guess(study, rater.id, GuessMoment.AT_ONCE, rng)
    _guess(study, rater.id, GuessMoment.AT_END, rng)
    return rater.id


def _vote_live(study: StudyFile, number: int) -> None:
    rater = study.raters.all()[0].id
    first, second = study.systems.all()[:2]
    drafts = [ResponseDraft(first.id, "EARLY", FinishReason.END, 1)]
    drafts.append(ResponseDraft(second.id, "LATE", FinishReason.END, 1))
    asked = (Message("user", f"Live question {number}?"),)
    allocation = study.live.add(rater, asked, drafts, rng=Random(number), now=START)
    choice = Choice.LEFT if study.judgments.item(allocation).left == "LATE" else Choice.RIGHT
    study.judgments.judge(allocation, Verdict(choice, seconds=5.0), now=START)


def _guess(study: StudyFile, rater: RaterId, moment: GuessMoment, rng: Random) -> None:
    choices = (GuessChoice.LEFT, GuessChoice.RIGHT)
    while (item := study.judgments.guess_item(rater, moment)) is not None:
        study.judgments.guess(item.allocation, Guess(rng.choice(choices), 2), seconds=4.0, now=START)
