"""A study with something to show on every page: three systems, judged by four people by rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    GlossaryTerm,
    Guess,
    GuessChoice,
    GuessMoment,
    Message,
    PromptSpec,
    RaterId,
    ResponseDraft,
    SystemId,
    SystemKind,
    SystemSpec,
    TermStatus,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater
from tests.ui.conftest import NOTICE, SPLITS, START, TOPICS

PROMPTS = 24
RATERS = ("Ada", "Grace", "Rosalind", "Barbara with a rather long name, as people have them")
NAMES = ("llama-3.1-8b-instruct", "llama-3.1-8b-instruct-cardiology-lora-r16-epoch-3", "llama-merged")
ANSWERS = (
    "It means that {lay}. Your doctor can tell you more, and there is no need to worry about it today.",
    "**{clinical}** means that {lay}.\n\n- It is found by examination.\n- It is treated.\n\nAsk a doctor.",
    "{clinical}: {lay}. It is diagnosed on clinical grounds, confirmed by examination and followed up.",
)
TASTE = (0.35, 0.65, 0.5)
"""How much every rater likes the answers of each system, by place in `ANSWERS`; no unit."""
SCALE = Scale(
    strengths=2,
    criteria=("accuracy", "terminology", "completeness"),
    reasons=("wrong term", "too long", "not asked for"),
)
DESIGN = RatingDesign(
    raters=len(RATERS),
    repeats=0.1,
    controls=0.1,
    guess_share=0.1,
    end_guesses=2,
    instructions="Read both answers to the end.\n\nThen say which one a patient is better served by.",
)
TERMS = (
    GlossaryTerm("atrial fibrillation", TermStatus.PREFERRED, "af"),
    GlossaryTerm("quiver", TermStatus.DEPRECATED, "af"),
    GlossaryTerm("myocardial infarction", TermStatus.PREFERRED, "mi"),
)


def write_page_study(path: Path, *, unblinded: bool, systems: int = 3, last_judges: int = 10_000) -> Path:
    """Write it; the last rater judges at most so many pairs, all others everything."""
    rng = Random(11)
    title = "Cardiology adapter, third epoch"
    with StudyFile.create(path, title=title, scale=SCALE, notice=NOTICE, rng=rng, now=START) as study:
        with study.atomic():
            _write_answers(study, systems)
            study.glossary.replace(TERMS, now=START)
            study.settings.set_rating(SCALE, DESIGN, now=START)
        for name in RATERS:
            with study.atomic():
                _rate(study, name, last_judges if name == RATERS[-1] else 10_000)
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    return path


def _write_answers(study: StudyFile, systems: int) -> None:
    stored = [study.systems.add(spec) for spec in _systems()[:systems]]
    for prompt in study.prompts.add(_prompt(number) for number in range(PROMPTS)):
        number = int(prompt.spec.key[1:])
        drafts = [_draft(system.id, place, number) for place, system in enumerate(stored)]
        study.responses.store(prompt.id, drafts, run=None)


def _systems() -> Sequence[SystemSpec]:
    base, adapter, merged = NAMES
    return (
        SystemSpec(base, SystemKind.BASE, model="/models/llama"),
        SystemSpec(adapter, SystemKind.ADAPTER, model="/models/llama", adapter="/models/adapter"),
        SystemSpec(merged, SystemKind.IMPORTED),
    )


def _prompt(number: int) -> PromptSpec:
    lay, _, _, category = TOPICS[number % len(TOPICS)]
    asked = Message("user", f"What should I know about {lay}? ({number})")
    return PromptSpec(f"p{number}", (asked,), category, SPLITS[number % len(SPLITS)])


def _draft(system: SystemId, place: int, number: int) -> ResponseDraft:
    _, clinical, lay, _ = TOPICS[number % len(TOPICS)]
    text = ANSWERS[place].format(clinical=clinical, lay=lay) + f" ({number})"
    return ResponseDraft(system, text, FinishReason.END, len(text) // 4)


def _rate(study: StudyFile, name: str, at_most: int) -> None:
    rng = Random(name)
    rater = drawn_rater(study, name, rng=rng, now=START)
    for number in range(at_most):
        item = study.judgments.next_item(rater.id)
        if item is None:
            break
        now = START + timedelta(seconds=30 * number)
        study.judgments.judge(item.allocation, _verdict(item, number, rng), now=now)
        _guess(study, rater.id, GuessMoment.AT_ONCE, rng)
    if study.judgments.next_item(rater.id) is None:
        _guess(study, rater.id, GuessMoment.AT_END, rng)


def _verdict(item: BlindItem, number: int, rng: Random) -> Verdict:
    choice = _choice(item, rng)
    return Verdict(
        choice,
        strength=rng.randint(1, 2) if choice.decisive else None,
        comment="The dose is missing, and I would not say *quiver*." if number % 9 == 4 else "",
        flagged=number % 12 == 5,
        seconds=rng.uniform(10, 40),
        criteria=tuple((name, _choice(item, rng)) for name in SCALE.criteria),
        reasons=(SCALE.reasons[number % 3],) if number % 4 == 1 else (),
    )


def _choice(item: BlindItem, rng: Random) -> Choice:
    left, right = _liked(item.left), _liked(item.right)
    if rng.random() < 0.15:
        return Choice.TIE
    return Choice.LEFT if rng.random() < left / (left + right) else Choice.RIGHT


def _liked(text: str) -> float:
    return TASTE[0 if text.startswith("It means") else 1 if text.startswith("**") else 2]


def _guess(study: StudyFile, rater: RaterId, moment: GuessMoment, rng: Random) -> None:
    while (item := study.judgments.guess_item(rater, moment)) is not None:
        guess = Guess(rng.choice((GuessChoice.LEFT, GuessChoice.RIGHT)), 2)
        study.judgments.guess(item.allocation, guess, seconds=4.0, now=START)
