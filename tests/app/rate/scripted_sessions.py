"""Scripted raters in real rating sessions: pairs, repeats, checks and guesses, stored as a person's are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from ftcompare.app.rate.rating_session import RatingPhase, RatingSession, RatingView, study_session
from ftcompare.core.blinding import BlindItem
from ftcompare.core.study import Guess, GuessChoice, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.scripted_raters import Asked, Panel, ScriptedReader

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MEDIAN_SECONDS, SPREAD = 24.0, 0.4
TOLD, UNSURE = 0.55, 0.2
"""Shares of the guesses that are right by knowledge, and of the others that say "unsure"."""


class Clock:
    """Goes on by a second at each look."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


def judge_all(
    study: StudyFile, panel: Panel, rng: Random, *, names: Sequence[str] = ()
) -> list[ScriptedReader]:
    """Every rater of a panel judges all that the study hands them; what they said is kept.

    Args:
        study: with every pair written, in the order of the panel's prompts.
        panel: who judges.
        rng: source of order and sides, of the time that is taken, and of guesses.
        names: of the raters; by default the panel's.
    """
    answers, clock = known_answers(study), Clock()
    readers = [ScriptedReader(panel, number, answers) for number in range(len(panel.raters))]
    for reader in readers:
        name = names[reader.rater] if names else panel.raters[reader.rater].name
        sit(study_session(study, name, clock=clock, rng=rng), reader, rng)
    return readers


def known_answers(study: StudyFile) -> dict[Asked, tuple[int, str, str]]:
    """The number and both answers of each prompt of a study of two systems."""
    found = {}
    for number, prompt in enumerate(study.prompts.all()):
        texts = {response.system: response.text for response in study.responses.of_prompt(prompt.id)}
        a, b = (texts[system.id] for system in study.systems.all())
        found[tuple(message.content for message in prompt.spec.messages)] = number, a, b
    return found


def sit(session: RatingSession, reader: ScriptedReader, rng: Random) -> RatingView:
    """One rater from the first pair to the last question."""
    view = session.practised()
    acts: dict[RatingPhase, Callable[[BlindItem], RatingView]] = {
        RatingPhase.JUDGE: lambda item: session.judge(
            item.allocation, Verdict(reader.judge(item), seconds=_seconds(rng))
        ),
        RatingPhase.GUESS: lambda item: session.guess(
            item.allocation, _guess(reader, item, rng), seconds=4.0
        ),
    }
    while view.item is not None:
        view = acts[view.phase](view.item)
    return view


def _seconds(rng: Random) -> float:
    return round(MEDIAN_SECONDS * rng.lognormvariate(0, SPREAD), 1)


def _guess(reader: ScriptedReader, item: BlindItem, rng: Random) -> Guess:
    asked = tuple(message.content for message in item.messages)
    right = GuessChoice.LEFT if item.left == reader.answers[asked][2] else GuessChoice.RIGHT
    if rng.random() < TOLD:
        return Guess(right, rng.randint(1, 3))
    if rng.random() < UNSURE:
        return Guess(GuessChoice.UNSURE)
    return Guess(rng.choice((GuessChoice.LEFT, GuessChoice.RIGHT)), 1)
