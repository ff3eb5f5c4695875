"""Results of the prompts' checks, and how close answers are to the reference answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TypeAlias

from ftcompare.app.generate.label_scoring import right_label
from ftcompare.app.results.answer_confidence import REPORT_EVERY
from ftcompare.app.results.over_all_systems import over_all_systems
from ftcompare.app.review.prompt_checks import AskedChecks, checks_of
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.prompt_checks import named_labels
from ftcompare.checks.reference_match import ReferenceMatch, reference_match
from ftcompare.checks.text_overlap import TextOverlap, text_overlap
from ftcompare.core.disclosure import Subject
from ftcompare.core.prompt_check import CheckKind
from ftcompare.core.study import Prompt, PromptId, SystemId
from ftcompare.stats.classification import NO_LABEL, Classification, classification
from ftcompare.stats.mcnemar import McNemar, mcnemar
from ftcompare.stats.paired_difference import PairedDifference, paired_difference
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """The check results of one answer.

    Args:
        by_kind: number of checks that passed and failed, by kind; checks without a result do not count.
        passed: whether it passes, as in `AskedChecks.passes`.
        why: a sentence for each failed check.
        match: exact match with the accepted answers; None where the prompt has none.
        overlap: overlap of its wording with the accepted answers; None where the prompt has none or they are
            very long.
        labels: the right label and the label that the answer names, maybe `NO_LABEL`; None where the prompt
            has no right label.
    """

    by_kind: Counter[tuple[CheckKind, bool]] = field(default_factory=Counter)
    why: tuple[str, ...] = ()
    match: ReferenceMatch | None = None
    overlap: TextOverlap | None = None
    labels: tuple[str, str] | None = None
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class CheckMeasure:
    """A measure computed for each answer.

    Args:
        id: id of its figures.
        value: function that gives an answer's value, 0 to 1; None where the measure is not defined.
        coarse: whether the value of an answer is either 0 or 1.
    """

    id: str
    value: Callable[[CheckedAnswer], float | None]
    coarse: bool = True


def _of_match(value: Callable[[ReferenceMatch], float]) -> Callable[[CheckedAnswer], float | None]:
    return lambda answer: None if answer.match is None else float(value(answer.match))


def _of_overlap(value: Callable[[TextOverlap], float | None]) -> Callable[[CheckedAnswer], float | None]:
    return lambda answer: None if answer.overlap is None else value(answer.overlap)


def _label_right(answer: CheckedAnswer) -> float | None:
    return None if answer.labels is None else float(answer.labels[0] == answer.labels[1])


PASSED = CheckMeasure("passed", lambda answer: None if answer.passed is None else float(answer.passed))
RIGHT_MEASURES = (
    PASSED,
    CheckMeasure("exact_match", _of_match(lambda match: match.equal)),
    CheckMeasure("contains_reference", _of_match(lambda match: match.held)),
    CheckMeasure("token_f1", _of_match(lambda match: match.f1), coarse=False),
    CheckMeasure("label_accuracy", _label_right),
)
"""Measures of whether an answer is right."""
OVERLAP_MEASURES = (
    CheckMeasure("rouge_1", _of_overlap(lambda overlap: overlap.rouge_1), coarse=False),
    CheckMeasure("rouge_l", _of_overlap(lambda overlap: overlap.rouge_l), coarse=False),
    CheckMeasure("chrf", _of_overlap(lambda overlap: overlap.chrf), coarse=False),
    CheckMeasure("bleu", _of_overlap(lambda overlap: overlap.bleu), coarse=False),
)
"""Measures of how much wording an answer shares with an accepted answer."""
OF_100_MEASURES = OVERLAP_MEASURES[2:]
"""chrF and BLEU, which are shown from 0 to 100 as in papers; the values here are 0 to 1."""
CHECK_MEASURES = (*RIGHT_MEASURES, *OVERLAP_MEASURES)


def _of_kind(kind: CheckKind) -> Callable[[CheckedAnswer], float | None]:
    def passed(answer: CheckedAnswer) -> float | None:
        told = answer.by_kind[kind, True] + answer.by_kind[kind, False]
        return answer.by_kind[kind, True] / told if told else None

    return passed


KIND_MEASURES = {kind: CheckMeasure(f"kind.{kind.value}", _of_kind(kind)) for kind in CheckKind}
"""For each kind of check, the share of an answer's checks of that kind that pass."""


_CheckedAnswers: TypeAlias = tuple[Prompt, dict[SystemId, tuple[CheckedAnswer, ...]]]


@dataclass(frozen=True, slots=True)
class CheckedPrompt:
    """A prompt with checks, accepted answers or a right label.

    Args:
        key: the owner's id for it.
        text: the last question before the first answer.
        groups: the groups of the prompt by field (category, split, kind of context); empty values are left
            out.
        found: the answers, by system name.
    """

    id: PromptId
    key: str
    text: str
    groups: Mapping[str, str]
    found: Mapping[str, tuple[CheckedAnswer, ...]]

    def value(self, measure: CheckMeasure, system: str) -> float | None:
        """Mean over a system's answers; None where no answer has a value."""
        return _mean(measure, self.found.get(system, ()))


@dataclass(frozen=True, slots=True)
class StudyChecks:
    """The check results of all systems of a study.

    Args:
        systems: names of the systems with answers to these prompts, in the order in which they were added.
        prompts: the prompts in the study's order.
        not_told: reasons why checks had no result, each with its number of answers.
    """

    systems: tuple[str, ...] = ()
    prompts: tuple[CheckedPrompt, ...] = ()
    not_told: Mapping[str, int] = field(default_factory=dict)
    _values: dict[tuple[str, str], dict[str, float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def measures(self) -> tuple[CheckMeasure, ...]:
        """The measures that are defined for at least one system."""
        return self.defined(CHECK_MEASURES)

    def defined(self, measures: Iterable[CheckMeasure]) -> tuple[CheckMeasure, ...]:
        """The given measures that are defined for at least one system."""
        return tuple(m for m in measures if any(self.values(m, system) for system in self.systems))

    def values(self, measure: CheckMeasure, system: str) -> Mapping[str, float]:
        """A measure's values by prompt key, where it is defined. Cached, because every table needs them."""
        key = measure.id, system
        if key not in self._values:
            values = ((str(prompt.id), prompt.value(measure, system)) for prompt in self.prompts)
            self._values[key] = {prompt: value for prompt, value in values if value is not None}
        return self._values[key]

    def mean(self, measure: CheckMeasure, system: str) -> float | None:
        """Mean over prompts; None without values."""
        values = self.values(measure, system).values()
        return sum(values) / len(values) if values else None

    def answers(self, system: str) -> tuple[CheckedAnswer, ...]:
        """A system's answers, in the order of prompts."""
        return tuple(answer for prompt in self.prompts for answer in prompt.found.get(system, ()))

    def by_kind(self, system: str) -> dict[CheckKind, tuple[int, int]]:
        """For each kind of check: the number that a system's answers passed, and the total."""
        return _by_kind(self.answers(system))

    def labels(self, system: str) -> Classification | None:
        """A system's labels compared with the right ones; None where no prompt has a right label."""
        return classification(one.labels for one in self.answers(system) if one.labels is not None)

    def difference(self, measure: CheckMeasure, a: str, b: str) -> PairedDifference | None:
        """Mean of b minus mean of a on the same prompts; None where they share none."""
        values = (self.values(measure, system) for system in (a, b))
        return paired_difference(*values, coarse=measure.coarse, jumps=not measure.coarse)

    def mcnemar(self, measure: CheckMeasure, a: str, b: str) -> McNemar | None:
        """McNemar's exact test for a measure with values 0 and 1; None for other measures."""
        return mcnemar(self.values(measure, a), self.values(measure, b)) if measure.coarse else None

    def one_passes(self, a: str, b: str) -> tuple[CheckedPrompt, ...]:
        """The prompts on which all answers of one system pass and no answer of the other does."""
        return tuple(p for p in self.prompts if {p.value(PASSED, a), p.value(PASSED, b)} == {0.0, 1.0})

    def groups(self) -> Iterator[tuple[str, str, StudyChecks]]:
        """Field, value and prompts of each group, for fields that divide the prompts into several groups."""
        for name in ("category", "split", "context_kind"):
            words = dict.fromkeys(prompt.groups[name] for prompt in self.prompts)
            for word in words if len(words) > 1 else ():
                own = tuple(prompt for prompt in self.prompts if prompt.groups[name] == word)
                yield name, word, replace(self, prompts=own, not_told={})


@dataclass(frozen=True, slots=True)
class CheckTotals:
    """Check results pooled over all systems, which may be shown while a study is blinded.

    Args:
        prompts: number of prompts with a check that has a result.
        answers: number of answers to them.
        passed: number of these answers that pass all checks of their prompt.
        by_kind: for each kind of check: the number passed, and the total.
        means: for each measure other than `PASSED`: its mean, 0 to 1, over the prompts that all systems
            answered, and their number.
    """

    prompts: int
    answers: int
    passed: int
    by_kind: Mapping[CheckKind, tuple[int, int]]
    means: Mapping[CheckMeasure, tuple[float, int]] = field(default_factory=dict)


@kept_until_changed
def study_checks(study: StudyFile, told: ProgressCallback = ignore_progress) -> StudyChecks:
    """Compare every answer with its prompt's checks, accepted answers and labels; ``told`` may cancel.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    names, not_told = system_names(study), Counter[str]()
    prompts = tuple(
        _named(prompt, {names[system]: own for system, own in found.items()})
        for prompt, found in _checked(study, told, not_told)
    )
    having = {system for prompt in prompts for system in prompt.found}
    return StudyChecks(tuple(name for name in names.values() if name in having), prompts, dict(not_told))


def asks_for_checks(study: StudyFile) -> bool:
    """Whether any prompt has a check, an accepted answer or an expectation for its answers."""
    return bool(_all_wanted(study, study.prompts.all()))


def checks_told(study: StudyFile, told: ProgressCallback = ignore_progress) -> StudyChecks | CheckTotals:
    """The check results by system, or pooled over all systems while the study is blinded."""
    tells = study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES)
    return study_checks(study, told) if tells else check_totals(study, told)


def check_totals(study: StudyFile, told: ProgressCallback = ignore_progress) -> CheckTotals:
    """The check results pooled over all systems; they reveal nothing about a single system."""
    checked = tuple(_checked(study, told, Counter()))
    found = [[a for own in by.values() for a in own] for _, by in checked]
    of_checks = [[answer for answer in answers if answer.passed is not None] for answers in found]
    every = [answer for answers in of_checks for answer in answers]
    passed = sum(1 for answer in every if answer.passed)
    by_kind = _by_kind(answer for answers in found for answer in answers)
    values = _over_all(study, CHECK_MEASURES[1:], checked)
    means = {m: (sum(own.values()) / len(own), len(own)) for m, own in values.items() if own}
    return CheckTotals(sum(map(bool, of_checks)), len(every), passed, by_kind, means)


def checks_over_all(
    study: StudyFile, told: ProgressCallback = ignore_progress
) -> dict[CheckMeasure, dict[PromptId, float]]:
    """For each measure and prompt: the mean over all systems, for prompts that all systems answered."""
    measures = (*CHECK_MEASURES, *KIND_MEASURES.values())
    return _over_all(study, measures, _checked(study, told, Counter()))


def _over_all(
    study: StudyFile, measures: Iterable[CheckMeasure], checked: Iterable[_CheckedAnswers]
) -> dict[CheckMeasure, dict[PromptId, float]]:
    by_system: dict[CheckMeasure, dict[SystemId, dict[PromptId, float]]] = {
        measure: {system.id: {} for system in study.systems.all()} for measure in measures
    }
    for prompt, found in checked:
        for (measure, values), (system, answers) in product(by_system.items(), found.items()):
            value = _mean(measure, answers)
            if value is not None:
                values[system][prompt.id] = value
    return {measure: over_all_systems(values.values()) for measure, values in by_system.items()}


def _mean(measure: CheckMeasure, answers: Iterable[CheckedAnswer]) -> float | None:
    """Mean over a system's answers to a prompt; None where no answer has a value."""
    values = [value for one in answers if (value := measure.value(one)) is not None]
    return sum(values) / len(values) if values else None


def _named(prompt: Prompt, found: Mapping[str, tuple[CheckedAnswer, ...]]) -> CheckedPrompt:
    spec = prompt.spec
    groups = {"category": spec.category, "split": spec.split.value, "context_kind": spec.context_kind.value}
    return CheckedPrompt(prompt.id, spec.key, spec.text, groups, found)


def _by_kind(answers: Iterable[CheckedAnswer]) -> dict[CheckKind, tuple[int, int]]:
    counts: Counter[tuple[CheckKind, bool]] = Counter()
    for answer in answers:
        counts.update(answer.by_kind)
    told = ((kind, counts[kind, True], counts[kind, False]) for kind in CheckKind)
    return {kind: (passed, passed + failed) for kind, passed, failed in told if passed + failed}


# --- holding answers against what was asked --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the answers to a prompt are compared with."""

    of_prompt: AskedChecks
    right_label: str

    def __bool__(self) -> bool:
        return bool(self.of_prompt.checks or self.of_prompt.asked.references)


def _checked(study: StudyFile, told: ProgressCallback, not_told: Counter[str]) -> Iterator[_CheckedAnswers]:
    """The prompts with anything to compare with, and their answers by system."""
    prompts = {prompt.id: prompt for prompt in study.prompts.all()}
    wanted = _all_wanted(study, prompts.values())
    found: defaultdict[PromptId, defaultdict[SystemId, list[CheckedAnswer]]]
    found = defaultdict(lambda: defaultdict(list))
    for number, response in enumerate(study.responses.all() if wanted else ()):
        if number % REPORT_EVERY == 0:
            told(f"Checking answers: {number:,} read", None)
        if response.prompt in wanted:
            answer = _answer(response.text, wanted[response.prompt], not_told)
            found[response.prompt][response.system].append(answer)
    for key, prompt in prompts.items():
        if key in found:
            yield prompt, {system: tuple(own) for system, own in found[key].items()}


def _all_wanted(study: StudyFile, prompts: Iterable[Prompt]) -> dict[PromptId, _Wanted]:
    prompts = tuple(prompts)
    own = checks_of(study, prompts)
    wanted = ((prompt.id, _Wanted(own[prompt.id], right_label(prompt.spec))) for prompt in prompts)
    return {prompt: one for prompt, one in wanted if one}


def _answer(text: str, wanted: _Wanted, not_told: Counter[str]) -> CheckedAnswer:
    by_kind: Counter[tuple[CheckKind, bool]] = Counter()
    why, own = [], wanted.of_prompt
    outcomes, references = own.outcomes(text), own.asked.references
    for check, found in outcomes:
        if found.passed is None:
            not_told[found.why] += 1
            continue
        by_kind[check.kind, found.passed] += 1
        why += [] if found.passed else [found.why]
    match = reference_match(text, references) if references else None
    overlap = text_overlap(text, references) if references else None
    labels = _labels(text, wanted)
    return CheckedAnswer(by_kind, tuple(why), match, overlap, labels, own.passes(outcomes))


def _labels(text: str, wanted: _Wanted) -> tuple[str, str] | None:
    if not wanted.right_label:
        return None
    named = named_labels(text, wanted.of_prompt.asked.labels)
    return wanted.right_label, named[0] if len(named) == 1 else NO_LABEL
