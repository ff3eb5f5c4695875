"""Studies of three systems whose strengths are known, judged by people and by a program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import RaterKind
from tests.app.voted_study import voted, voted_study
from tests.ui.conftest import START

STRENGTH = {"plain": 1.0, "small": 2.0, "large": 4.0}


def drawn(prompts: int = 20, raters: str = "AB", *, skip: tuple[str, ...] = ()) -> Iterator[JudgmentRecord]:
    """Votes drawn from known strengths, one in ten a tie.

    Args:
        skip: a pair of systems that nobody judges.
    """
    rng, names = Random(3), [*STRENGTH]
    for number in range(prompts):
        for place, a in enumerate(names):
            for b in names[place + 1 :]:
                for rater in raters if (a, b) != skip else "":
                    wins = rng.random() < STRENGTH[a] / (STRENGTH[a] + STRENGTH[b])
                    choice = "tie" if rng.random() < 0.1 else "a" if wins else "b"
                    yield voted(f"p{number}", rater, choice, a=a, b=b)


def judge(prompts: int = 10) -> Iterator[JudgmentRecord]:
    """A program that always prefers the later system, but for two prompts on which it takes the left."""
    for number in range(prompts):
        for side in "ab":
            yield voted(
                f"p{number}",
                "judge",
                side if number < 2 else "b",
                a="plain",
                b="large",
                left=side,
                rater_kind=RaterKind.AUTOMATIC,
            )


def stored(path: Path, records: Iterator[JudgmentRecord] | list[JudgmentRecord]) -> Path:
    voted_study(path, records, Random(1), START).close()
    return path
