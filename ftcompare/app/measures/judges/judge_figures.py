"""Results on judges that are programs: scores, agreement with people and with themselves.

Judges are those of the study and automatic raters with imported judgments. Their votes are never pooled with
people's. While a study is blinded, only figures pooled over all systems are shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from ftcompare.app.judges.judge_overview import JudgeTotals, judge_totals, own_system_warning
from ftcompare.app.judges.judging_run import preference_of
from ftcompare.app.results.study_results import votes
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.judge import Judge, JudgeKind, JudgeMode
from ftcompare.core.study import ComparisonId, PromptId, RaterKind, ResponseId, SystemId
from ftcompare.stats.correctness import Calibration, ConfidentAnswer, calibration
from ftcompare.stats.judge_agreement import (
    AutomaticRater,
    CategoryAgreement,
    JudgeAgreement,
    JudgedAnswer,
    JudgedPairing,
    PromptKappa,
    automatic_raters,
    judge_agreement,
    judged_answers,
)
from ftcompare.stats.position_and_length_bias import FeatureEffect
from ftcompare.stats.vote_table import VoteTable, tabulate
from ftcompare.stats.win_rate import Rate
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class DirectScores:
    judge: str  # name of the judge
    lowest: int  # lower end of its scale; ``highest`` is the upper end
    highest: int
    # by system name as it may be shown now, then by prompt: mean over the answers, from 0 (lowest score) to 1
    # (highest score)
    values: Mapping[str, Mapping[PromptId, float]]
    warning: str  # warning to show with the figures; may be empty


def direct_scores(study: StudyFile) -> tuple[DirectScores, ...]:
    """The scores of judges and juries on a scale; before unblinding, pooled over all systems."""
    judges = [one for one in study.judges.all() if scores_on_a_scale(one)]
    written = _written(study) if judges else {}
    return tuple(_of_judge(study, judge, written) for judge in judges)


def scores_on_a_scale(judge: Judge) -> bool:
    """Whether a judge scores single answers, on the scale of its file."""
    return judge.spec.mode is JudgeMode.DIRECT and judge.spec.kind is not JudgeKind.REWARD


def _written(study: StudyFile) -> dict[ResponseId, tuple[SystemId, PromptId]]:
    """The writer and prompt of each response of an ordinary pair."""
    found = {}
    for pair in study.judges.pairs():
        found[pair.a] = pair.system_a, pair.prompt
        found[pair.b] = pair.system_b, pair.prompt
    return found


def _of_judge(
    study: StudyFile, judge: Judge, written: Mapping[ResponseId, tuple[SystemId, PromptId]]
) -> DirectScores:
    spec = judge.spec
    found: dict[SystemId, defaultdict[PromptId, list[float]]] = {
        system: defaultdict(list) for system in system_names(study)
    }
    for response, score in study.judges.scores(judge.id).items():
        if score is not None and response in written:  # a score file may include other responses
            system, prompt = written[response]
            found[system][prompt].append((score - spec.lowest) / (spec.highest - spec.lowest))
    values = {
        name: {prompt: fmean(shares) for prompt, shares in found[system].items()}
        for system, name in system_names(study).items()
    }
    return DirectScores(judge.name, spec.lowest, spec.highest, values, own_system_warning(study, judge))


IMPORTED = "imported"
"""Kind of an automatic rater whose judgments were imported."""


@dataclass(frozen=True, slots=True)
class DifferingPair:
    """A pair on which a judge prefers one answer and most people the other."""

    prompt: PromptId
    key: str  # the owner's id for the prompt
    judge: str  # name of the system that the judge prefers
    people: str  # name of the system that most people prefer


@dataclass(frozen=True, slots=True)
class JudgeFigures:
    name: str
    totals: JudgeTotals | None  # the number of its questions and replies; None for imported judgments
    rater: AutomaticRater | None  # its votes, as those of an automatic rater; None without votes
    # its agreement with people in detail; None without votes. While blinded without parts and single pairs.
    agreed: JudgeAgreement | None
    # for a reward model: its σ against people's preferences, over pairs where neither is a tie; None without
    # such pairs, and while withheld
    calibration: Calibration | None = None
    # pairs on which it and most people prefer opposite answers; empty while withheld
    differing: tuple[DifferingPair, ...] = ()
    # for a judge that scores answers on a scale; None for others, and while withheld
    scores: DirectScores | None = None

    @property
    def scores_alone(self) -> bool:
        """Whether it gives scores on a scale and no votes."""
        return self.rater is None and self.totals is not None and scores_on_a_scale(self.totals.judge)

    @property
    def kind(self) -> str:
        """A `JudgeKind`, or `IMPORTED`."""
        return self.totals.judge.spec.kind.value if self.totals else IMPORTED

    @property
    def warning(self) -> str:
        """A sentence where it judges answers of its own model; else empty."""
        return self.totals.warning if self.totals else ""


@dataclass(frozen=True, slots=True)
class StudyJudges:
    """All judges of a study: its own in the order in which they were added, then imported ones."""

    judges: tuple[JudgeFigures, ...] = ()
    # why figures by system, category and pair are not shown; None where they are
    withheld: Withheld | None = None


def study_judges(study: StudyFile) -> StudyJudges:
    told = study.settings.read().disclosure
    withheld = told.withheld(Subject.AUTOMATIC_MEASURES)
    table = tabulate(votes(study, juries=True))
    raters = {rater.name: rater for rater in automatic_raters(table)}
    own = {totals.judge.name: totals for totals in judge_totals(study)}
    parts = _Parts(study) if withheld is None else None
    found = (_figures(table, name, raters.get(name), own.get(name), parts) for name in {**own, **raters})
    scores = {one.judge: one for one in direct_scores(study)} if withheld is None else {}
    return StudyJudges(tuple(replace(one, scores=scores.get(one.name)) for one in found), withheld)


def _figures(
    table: VoteTable,
    name: str,
    rater: AutomaticRater | None,
    totals: JudgeTotals | None,
    parts: _Parts | None,
) -> JudgeFigures:
    if rater is None:
        return JudgeFigures(name, totals, None, None)
    agreed = judge_agreement(table, name)
    if parts is None:
        return JudgeFigures(name, totals, rater, replace(agreed, categories=(), pairings=()))
    sure = parts.calibration(totals.judge) if totals else None
    differing = parts.differing(judged_answers(table, name))
    return JudgeFigures(name, totals, rater, agreed, sure, tuple(differing))


class _Parts:
    def __init__(self, study: StudyFile) -> None:
        self._study = study
        self._keys = {str(prompt.id): prompt.spec.key for prompt in study.prompts.all()}
        self._people = _majorities(study)

    def calibration(self, judge: Judge) -> Calibration | None:
        """For a reward model: its certainty about the answer it prefers, and whether people prefer it."""
        if judge.spec.kind is not JudgeKind.REWARD:
            return None
        scores = self._study.judges.scores(judge.id)
        answers = []
        for pair in self._study.judges.pairs():
            a, b, people = scores.get(pair.a), scores.get(pair.b), self._people.get(pair.comparison, "tie")
            if a is not None and b is not None and a != b and people != "tie":
                sure = preference_of(min(a, b), max(a, b))
                answers.append(ConfidentAnswer(str(pair.prompt), sure, ("b" if b > a else "a") == people))
        return calibration(answers)

    def differing(self, found: Iterable[JudgedAnswer]) -> Iterator[DifferingPair]:
        for one in (each for each in found if each.opposite):
            judge, people = (one.b, one.a) if one.judge == 1 else (one.a, one.b)
            yield DifferingPair(PromptId(int(one.prompt)), self._keys[one.prompt], judge, people)


def _majorities(study: StudyFile) -> Mapping[ComparisonId, str]:
    """The majority answer of people for each pair: ``a``, ``b`` or ``tie``."""
    counts: defaultdict[ComparisonId, Counter[str]] = defaultdict(Counter)
    for row in study.judgments.votes():
        if row.rater.kind is RaterKind.HUMAN:
            counts[row.pair.comparison]["tie" if row.choice == "both_bad" else row.choice] += 1
    return {pair: _most(found) for pair, found in counts.items()}


def _most(counts: Counter[str]) -> str:
    first, *others = counts.most_common(2)
    return "tie" if others and others[0][1] == first[1] else first[0]


@dataclass(frozen=True, slots=True)
class JudgedPrompts:
    """One judge's results for each system, by prompt."""

    name: str
    # by system and prompt: the system's share of the judge's votes on its pairs, 0 to 1
    won: Mapping[str, Mapping[PromptId, float]]
    # by system and prompt: the share of its pairs on which the judge agrees with most people, 0 to 1
    agreed: Mapping[str, Mapping[PromptId, float]]


def judged_prompts(study: StudyFile) -> tuple[JudgedPrompts, ...]:
    """The results of every judge with votes, in order of name. Raises ``still-blinded``."""
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    table, names = tabulate(votes(study, juries=True)), [*system_names(study).values()]
    return tuple(_by_prompt(table, name, names) for name in _programs(table))


def _by_prompt(table: VoteTable, name: str, systems: Iterable[str]) -> JudgedPrompts:
    answers = judged_answers(table, name)
    shared = [one for one in answers if one.people is not None]
    return JudgedPrompts(
        name,
        {
            system: _means(
                (one.prompt, (0.5 + 0.5 * (one.judge if system == one.b else -one.judge)))
                for one in _of(answers, system)
            )
            for system in systems
        },
        {system: _means((one.prompt, _same(one)) for one in _of(shared, system)) for system in systems},
    )


def agreement_by_prompt(study: StudyFile) -> Mapping[str, Mapping[PromptId, float]]:
    """For each judge: its agreement with people on the pairs of each prompt, pooled over systems."""
    table = tabulate(votes(study, juries=True))
    return {
        name: _means((a.prompt, _same(a)) for a in judged_answers(table, name) if a.people is not None)
        for name in _programs(table)
    }


def own_system_warnings(study: StudyFile) -> dict[str, str]:
    return {judge.name: own_system_warning(study, judge) for judge in study.judges.all()}


def _programs(table: VoteTable) -> list[str]:
    return sorted(name for name, kind in table.raters if kind is RaterKind.AUTOMATIC)


def _of(answers: Iterable[JudgedAnswer], system: str) -> Iterator[JudgedAnswer]:
    return (one for one in answers if system in (one.a, one.b))


def _same(one: JudgedAnswer) -> float:
    return float(one.judge == one.people)


def _means(values: Iterable[tuple[str, float]]) -> dict[PromptId, float]:
    found: defaultdict[PromptId, list[float]] = defaultdict(list)
    for prompt, value in values:
        found[PromptId(int(prompt))].append(value)
    return {prompt: sum(own) / len(own) for prompt, own in found.items()}


def judges_json(results: StudyJudges) -> dict[str, Json]:
    """The ``judges list --json`` document: every judge; unknown and withheld values are null."""
    return {
        "withheld": results.withheld.text if results.withheld else None,
        "figures": [_judge_json(one, told=results.withheld is None) for one in results.judges],
    }


DIFFERING = {"prompt": "key", "judge_prefers": "judge", "people_prefer": "people"}


def _judge_json(one: JudgeFigures, *, told: bool) -> Json:
    rater, agreed = one.rater, one.agreed
    return {
        "name": one.name,
        "kind": one.kind,
        "judgments": rater.judgments if rater else 0,
        "questions": one.totals.replies if one.totals else None,
        "without_verdict": one.totals.without_verdict if one.totals else None,
        "without_score": one.totals.without_score if one.totals else None,
        "judges_itself": bool(one.warning),
        "agreement": _rate_json(rater.agreement if rater else None),
        "agreement_decided": _rate_json(rater.agreement_decided if rater else None),
        "kappa": _kappa_json(agreed.kappa if agreed else None),
        "consistency": _rate_json(rater.consistency if rater else None),
        "left_share": _rate_json(agreed.left if agreed else None),
        "categories": [_category_json(part) for part in agreed.categories] if agreed and told else None,
        "pairs": [_pairing_json(pair) for pair in agreed.pairings] if agreed and told else None,
        "calibration": _calibration_json(one.calibration),
        "differing": [fields_json(pair, **DIFFERING) for pair in one.differing] if told else None,
    }


def _rate_json(rate: Rate | None) -> Json:
    return fields_json(rate, "value", "low", "high", "n") if rate else None


def _kappa_json(kappa: PromptKappa | None) -> Json:
    names = ("value", "low", "high", "observed", "by_chance", "pairs", "prompts")
    return fields_json(kappa, *names) if kappa else None


def _category_json(part: CategoryAgreement) -> Json:
    return {
        "category": part.category,
        "agreement": _rate_json(part.all_answers),
        "agreement_decided": _rate_json(part.decided),
    }


def _pairing_json(pair: JudgedPairing) -> Json:
    return {
        "a": pair.a,
        "b": pair.b,
        "win_rate_b": _rate_json(pair.win_rate),
        "length_worth": _worth_json(pair.length),
        "length_worth_to_people": _worth_json(pair.people_length),
    }


def _worth_json(effect: FeatureEffect | None) -> Json:
    """Change of the log-odds (logits) of winning for a typical lead in length."""
    return fields_json(effect, value="coefficient", low="low", high="high") if effect else None


def _calibration_json(calibration: Calibration | None) -> Json:
    if calibration is None:
        return None
    errors = fields_json(calibration, "brier", "error", "error_by_chance")
    own = fields_json(
        calibration, pairs="answers", prompts="prompts", confidence="confidence", agreeing="correct"
    )
    return own | errors
