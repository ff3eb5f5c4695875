"""A study with something of everything, its packs, and a rater who works in them: for the tests of packs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Guess,
    GuessChoice,
    GuessMoment,
    Message,
    PromptSpec,
    ResponseDraft,
    Split,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.pack.merge import PackMerged
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.pack.repository import PackMade
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once, present

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GENERATED = datetime(2019, 3, 14, 15, 9, 26, 535000, tzinfo=UTC)
PROMPTS = 12

SCALE = Scale("Which would you sign?", 3, ("accuracy", "tone"), ("too long", "wrong term"))
DESIGN = RatingDesign(
    repeats=0.25,
    controls=0.25,
    gold=0.25,
    guess_share=0.25,
    end_guesses=3,
    instructions="Read both to the end.",
    practice=(PracticeItem((Message("user", "Try me"),), "one", "two", Choice.LEFT, "It is shorter."),),
)
SYSTEMS = (
    SystemSpec("Plainsong", SystemKind.BASE, "/models/quartz-base"),
    SystemSpec("Tunesmith", SystemKind.ADAPTER, "/models/quartz-base", "/adapters/obsidian"),
)
TEXTS = ("The heart beats too fast in {}.", "Tachycardia is seen in {}.")


def new_study(
    path: Path,
    design: RatingDesign = DESIGN,
    scale: Scale = SCALE,
    texts: tuple[str, ...] = TEXTS,
) -> StudyFile:
    return StudyFile.open(_written(path, design, scale, texts), now=GENERATED)


@built_once
def _written(path: Path, design: RatingDesign, scale: Scale, texts: tuple[str, ...]) -> Path:
    study = StudyFile.create(
        path, title="Hearts", scale=scale, notice="Not advice", rng=Random(7), now=GENERATED
    )
    study.settings.set_rating(scale, design, now=GENERATED)
    systems = [study.systems.add(spec) for spec in SYSTEMS]
    prompts = study.prompts.add(prompt(number) for number in range(PROMPTS))
    run = study.runs.start({"seed": 31415926, "device": "abacus-9"}, now=GENERATED)
    with study, study.atomic():
        for number, entry in enumerate(prompts):
            drafts = [
                ResponseDraft(s.id, text.format(f"case {number}"), FinishReason.END, 271828 + s.id)
                for s, text in zip(systems, texts, strict=True)
            ]
            study.responses.store(entry.id, drafts, run=run)
    return path


def prompt(number: int) -> PromptSpec:
    return PromptSpec(
        f"key-of-{number}-prompt",
        (Message("user", f"What is case {number}?"),),
        "electrophysiology",
        Split.HELD_OUT,
        f"reference answer to {number}",
        tags=(f"tag-of-case-{number}",),
    )


def make(
    study: StudyFile, name: str = "Ann", file: str = "", *, replace: bool = False, marks: bool = False
) -> PackMade:
    path = study.path.parent / (file or f"{name}.ftpack")
    return study.packs.hand_out(name, path, rng=Random(3), now=NOW, replace=replace, marks=marks)


def code_of(error: pytest.ExceptionInfo[UserError]) -> str:
    return error.value.code


def merge(study: StudyFile, path: Path) -> PackMerged:
    return study.packs.merge(path, now=NOW + timedelta(days=9))


class Worker:
    """A rater with a pack, whose clock goes on by a second with every act."""

    def __init__(self, path: Path, *, begin: datetime = NOW + timedelta(days=1)) -> None:
        self._path = path
        self._now = begin

    def _tick(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def judge(self, count: int = 1, choice: Choice = Choice.LEFT, comment: str = "") -> None:
        """Judges the next pairs, answering at once where a guess is asked for."""
        with PackFile.open(self._path) as pack:
            for _ in range(count):
                item = present(pack.judgments.next_item(PACK_RATER))
                pack.judgments.judge(item.allocation, verdict(pack, choice, comment), now=self._tick())
                self._guess(pack, GuessMoment.AT_ONCE)

    def finish(self) -> None:
        """Judges all that is left, and answers every question."""
        with PackFile.open(self._path) as pack:
            while item := pack.judgments.next_item(PACK_RATER):
                pack.judgments.judge(item.allocation, verdict(pack, Choice.RIGHT, ""), now=self._tick())
            for moment in (GuessMoment.AT_ONCE, GuessMoment.AT_END):
                while self._guess(pack, moment):
                    pass

    def _guess(self, pack: PackFile, moment: GuessMoment) -> bool:
        asked = pack.judgments.guess_item(PACK_RATER, moment)
        if asked is not None:
            pack.judgments.guess(asked.allocation, Guess(GuessChoice.LEFT, 2), seconds=1.5, now=self._tick())
        return asked is not None

    def skip(self, reason: str = "Other") -> None:
        with PackFile.open(self._path) as pack:
            item = present(pack.judgments.next_item(PACK_RATER))
            pack.judgments.skip(item.allocation, reason, seconds=3.0, now=self._tick())

    def undo(self, count: int = 1) -> None:
        with PackFile.open(self._path) as pack:
            for _ in range(count):
                assert pack.judgments.undo(PACK_RATER, now=self._tick())

    def return_to_skipped(self) -> int:
        with PackFile.open(self._path) as pack:
            return pack.judgments.return_to_skipped(PACK_RATER, now=self._tick())


def verdict(pack: PackFile, choice: Choice, comment: str) -> Verdict:
    """A verdict that the pack's scale takes."""
    scale = pack.judgments.settings().scale
    criteria = tuple((name, Choice.TIE) for name in scale.criteria)
    return Verdict(
        choice,
        2 if choice.decisive else None,
        comment=comment,
        seconds=4.5,
        criteria=criteria,
        reasons=scale.reasons[:1],
    )


def tamper(path: Path, *statements: str) -> None:
    """Changes a pack as one who knows SQLite would: rules off, change, rules on again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute("BEGIN")
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert raw.execute(statement).rowcount != 0, statement
        for _, sql in triggers:
            raw.execute(sql)
        raw.execute("COMMIT")


def wrong(study: StudyFile) -> list[str]:
    """What a check of the study finds."""
    return [f"{finding.subject}: {finding.detail}" for finding in study.check() if not finding.ok]
