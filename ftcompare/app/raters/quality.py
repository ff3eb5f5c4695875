"""The quality of raters' judgments, the success of blinding, and answers that reveal their model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from ftcompare.app.study.shown_names import system_names
from ftcompare.checks.self_identification import Giveaway, GiveawayFinder
from ftcompare.core.context import context_text
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.core.study import (
    ComparisonKind,
    GuessRow,
    Prompt,
    PromptId,
    PromptSpec,
    Rater,
    RaterId,
    RaterKind,
    Response,
    System,
    SystemId,
)
from ftcompare.stats.rater_quality import FAST_SECONDS as FAST_SECONDS
from ftcompare.stats.rater_quality import (
    Answered,
    BlindGuess,
    Checked,
    QualityFigures,
    QualityRecords,
    Repeated,
    blinding_index,
    blindness_of,
    proportion,
    quality_figures,
)
from ftcompare.stats.rater_quality import BlindingIndex as BlindingIndex
from ftcompare.stats.rater_quality import Blindness as Blindness
from ftcompare.stats.rater_quality import Proportion as Proportion
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import VoteRow

_OUTCOMES = {"a": -1, "b": 1}  # tie and both bad are 0, as in the statistics

_PAIR = frozenset({True, False})  # whether each system is fine-tuned: an index needs one that is and its base


@dataclass(frozen=True, slots=True)
class RaterQuality:
    rater: Rater
    excluded: str  # why this rater is left out of the results; empty where not
    figures: QualityFigures
    blinding: BlindingIndex  # Bang's index of this rater's guesses

    @property
    def name(self) -> str:
        return self.rater.name


@dataclass(frozen=True, slots=True)
class KnownAnswerCheck:
    rater: str  # name of the rater
    prompt: str  # text of the prompt
    missed: bool  # whether the rater did not prefer the better answer


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The quality of every rater's judgments, in the order they were added, and of all people together."""

    raters: tuple[RaterQuality, ...]
    together: QualityFigures


@dataclass(frozen=True, slots=True)
class FlaggedResponse:
    prompt: Prompt
    response: Response
    system: str  # the name of its system; empty while that is withheld
    giveaways: tuple[Giveaway, ...]  # where and what


@dataclass(frozen=True, slots=True)
class SelfNaming:
    responses: tuple[FlaggedResponse, ...]

    @property
    def prompts(self) -> frozenset[PromptId]:
        return frozenset(flagged.prompt.id for flagged in self.responses)


def rater_quality(study: StudyFile) -> QualityReport:
    """The figures of every rater; withheld until unblinding, so that nobody selects raters by them."""
    study.settings.read().disclosure.require(Subject.RATER_QUALITY, where=study.path.name)
    rows = [*study.grades.standing(repeats=True)]
    grade_of = {row.allocation: row.grade for row in rows}
    once = (row for row in rows if row.repeat_of is None)
    grades = (Answered(_key(row.rater), row.seconds, grade=row.grade) for row in once)
    graded_again = (
        Repeated(_key(row.rater), grade_of[row.repeat_of], row.grade)
        for row in rows
        if row.repeat_of in grade_of
    )
    records = QualityRecords(
        answers=(*map(_answered, study.judgments.votes()), *grades),
        repeats=(
            *(
                Repeated(_key(again.rater), _OUTCOMES.get(first.choice, 0), _OUTCOMES.get(again.choice, 0))
                for first, again in study.judgments.repeat_pairs()
            ),
            *graded_again,
        ),
        # Of a gold item, a is the better one (core.study.ComparisonKind).
        gold=tuple(
            Checked(_key(row.rater), row.choice == "a")
            for row in study.judgments.standing(ComparisonKind.GOLD)
        ),
        controls=tuple(
            Checked(_key(row.rater), row.choice in _OUTCOMES)
            for row in study.judgments.standing(ComparisonKind.CONTROL)
        ),
    )
    guesses, _ = _guesses(study)
    excluded = study.raters.excluded()
    raters = study.raters.all()
    by_rater = records.by_rater()
    found = tuple(
        RaterQuality(
            rater=rater,
            excluded=excluded[rater.id].reason if rater.id in excluded else "",
            figures=quality_figures(by_rater.get(_key(rater), QualityRecords())),
            blinding=blinding_index([g for g in guesses if g.rater == _key(rater)]),
        )
        for rater in raters
    )
    people = {_key(rater) for rater in raters if rater.kind is RaterKind.HUMAN}
    return QualityReport(found, quality_figures(records.of(people)))


def blindness(study: StudyFile) -> Blindness:
    """Bang's index of people's guesses; pairs of two adapters or with imported answers are left out."""
    if not study.settings.read().disclosure.tells(Subject.GUESSES):
        return Blindness(guesses=sum(1 for _ in study.judgments.guesses()))
    given, left_out = _guesses(study)
    names = {_key(rater): rater.name for rater in study.raters.all()}
    report = blindness_of(given)
    by_rater = {names[key]: index for key, index in report.by_rater.items()}
    return replace(report, by_rater=by_rater, guesses=len(given) + left_out, left_out=left_out)


def controls(study: StudyFile) -> Proportion:
    rows = study.judgments.standing(ComparisonKind.CONTROL)
    people = (row for row in rows if row.rater.kind is RaterKind.HUMAN)
    return proportion([(_key(row.rater), row.choice in _OUTCOMES) for row in people])


def self_naming(study: StudyFile) -> SelfNaming:
    writers = study.settings.read().disclosure.told(Subject.WRITERS, lambda: system_names(study), {})
    prompts = {prompt.id: prompt for prompt in study.prompts.all()}
    questions = {key: _read_before(prompt.spec) for key, prompt in prompts.items()}
    finder = GiveawayFinder(_tell_tale_names(study.systems.all()), ordinary=questions.values())
    return SelfNaming(
        tuple(
            FlaggedResponse(prompts[response.prompt], response, writers.get(response.system, ""), giveaways)
            for response in study.responses.all()
            if (giveaways := tuple(_giveaways(finder, response, questions[response.prompt])))
        )
    )


def _read_before(prompt: PromptSpec) -> str:
    said = (turn.content for turn in prompt.messages)
    return " ".join((*said, *prompt.later_turns, context_text(prompt.context)))


def _giveaways(finder: GiveawayFinder, response: Response, question: str) -> Iterator[Giveaway]:
    for answer in response.answers:
        yield from finder.find(answer, prompt=question)


def _tell_tale_names(systems: tuple[System, ...]) -> Iterator[str]:
    """The owner's names of the systems, and the names of their folders."""
    for system in systems:
        yield system.name
        yield from (Path(place).name for place in (system.spec.model, system.spec.adapter) if place)


def known_answer_checks(study: StudyFile) -> tuple[KnownAnswerCheck, ...]:
    """The judgments of known-answer checks; the better answer is a."""
    return tuple(
        KnownAnswerCheck(row.rater.name, row.prompt.spec.text, row.choice != "a")
        for row in study.judgments.standing(ComparisonKind.GOLD)
    )


def _key(rater: Rater) -> str:
    return str(rater.id)


def _answered(row: VoteRow) -> Answered:
    side = ""
    if row.left and row.choice in _OUTCOMES:
        side = "left" if row.choice == row.left else "right"
    return _same_answer(row.rater.id, row.seconds, side)


@lru_cache(4096)
def _same_answer(rater: RaterId, seconds: float | None, side: str) -> Answered:
    """Share equal answers: a million imported judgments have no times, and only few distinct answers."""
    return Answered(str(rater), seconds, side)


def _guesses(study: StudyFile) -> tuple[list[BlindGuess], int]:
    """People's guesses on pairs with a fine-tuned side, and the number of others."""
    tuned = {s.id: s.spec.fine_tuned for s in study.systems.all() if s.spec.fine_tuned or s.spec.is_base}
    rows = [row for row in study.judgments.guesses() if row.rater.kind is RaterKind.HUMAN]
    given = [_blind_guess(row, tuned) for row in rows if {tuned.get(s) for s in row.pair} == _PAIR]
    return given, len(rows) - len(given)


def _blind_guess(row: GuessRow, tuned: Mapping[SystemId, bool]) -> BlindGuess:
    left = row.pair[0]
    return BlindGuess(
        rater=_key(row.rater),
        tuned_left=tuned[left],
        guessed_left=None if row.guessed is None else row.guessed == left,
        sure=row.sure,
    )


def quality_json(figures: QualityFigures) -> dict[str, Json]:
    return {name: value for name, value in asdict(figures).items() if name != "judgments"}


def controls_json(proportion: Proportion) -> dict[str, Json]:
    return {
        "judgments": proportion.n,
        "preferences": proportion.hits,
        "false_preference_rate": asdict(proportion),
    }


def blinding_json(report: Blindness) -> dict[str, Json]:
    shown = report.overall is not None
    raters: list[Json] = [
        {"name": name, "bang_index": index_json(index)} for name, index in report.by_rater.items()
    ]
    sureness: list[Json] = [
        {"sure": sure, "correct": right, "wrong": wrong}
        for sure, (right, wrong) in report.by_sureness.items()
    ]
    return {
        "guesses": report.guesses,
        "left_out": report.left_out if shown else None,
        "bang_index": index_json(report.overall),
        "tuned_left": index_json(report.tuned_left),
        "tuned_right": index_json(report.tuned_right),
        "raters": raters if shown else None,
        "sureness": sureness if shown else None,
    }


def index_json(index: BlindingIndex | None) -> Json:
    names = ("value", "low", "high", "level", "method", "correct", "wrong", "unsure")
    return {name: getattr(index, name) for name in names} if index else None
