"""Results of the prompts' checks, and how close answers are to the reference answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ftcompare.app.generate.scoring import right_label
from ftcompare.app.measures.kind import require_measures_told
from ftcompare.app.measures.measure import (
    Measure,
    MeasuredPrompt,
    MeasuredStudy,
    SharedTexts,
    by_prompt_and_system,
    measured_prompts,
    read_answers,
)
from ftcompare.app.results.presentation.blocks import Unit
from ftcompare.app.setup.asked_checks import KIND_WORDS, AskedChecks, checks_of
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.prompt_checks import named_labels
from ftcompare.checks.text_overlap import ReferenceMatch, TextOverlap, reference_match, text_overlap
from ftcompare.core.prompt_check import CheckKind
from ftcompare.core.study import Prompt, PromptId
from ftcompare.stats.correctness import NO_LABEL, Classification, classification
from ftcompare.stats.paired_difference import LEAST_COMPARED
from ftcompare.store.study.study_file import StudyFile

TITLE = "Checks of answers"
RULE = (
    "An answer passes if it passes every check of its prompt. Not declining is not enough. A measure is "
    "the mean over the answers to a prompt, then over prompts. Equal and contained answers are compared "
    "in lower case, without punctuation and the words a, an, and the. This is SQuAD's normalization, "
    "except that signs within numbers and the # of C# count. F1 is over words. The best value over the "
    "accepted answers counts."
)
SOURCE = "Rajpurkar et al. 2016"
OVERLAP_TITLE = "Wording shared with the reference"
OVERLAP_RULE = (
    "ROUGE-1 is F1 of the stemmed words, and ROUGE-L is F1 of their longest common subsequence. chrF "
    "uses n-grams of one to six characters, BLEU n-grams of one to four words. Each compares an answer "
    "with the accepted answer that it shares most with. chrF and BLEU range from 0 to 100. ROUGE counts "
    "only the letters a to z and digits. These measures see wording, not meaning. A correct answer in "
    "other words scores low, and one wrong word may cost little."
)
OVERLAP_SOURCE = "Lin 2004; Popović 2015; Papineni et al. 2002; rouge-score, sacrebleu"
TEXTS = SharedTexts(
    "checks",
    TITLE,
    "The difference is over prompts that both answered. Its interval is Student's t over prompts. For "
    "pass or fail, two prompts are added, one that differs completely each way. With fewer than "
    f"{LEAST_COMPARED} prompts, there is no interval. McNemar's exact test uses the prompts that one "
    "system passes in all of its answers and the other in none.",
)
KIND_RULE = "The share of this kind of check that an answer passes, averaged over answers, then prompts."
_PHRASES = "with one of a list of phrases in English, German, French, and Spanish"
KIND_RULES = {
    CheckKind.REFERENCE: "An answer agrees with the reference if it contains an accepted answer. For an "
    "accepted answer of more than 6 words, a share of its wording is enough "
    "(ROUGE-L). The share is 0.35, or the one that the check sets.",
    CheckKind.ABSTAIN: f"An answer says that information is missing if it says so {_PHRASES} and does "
    "not guess.",
    CheckKind.NAME_CONFLICT: f"An answer names the conflict if it says so {_PHRASES}, or contains both "
    "words in which two otherwise similar passages differ.",
}


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    # number of checks that passed and failed, by kind; checks without a result do not count
    by_kind: Counter[tuple[CheckKind, bool]] = field(default_factory=Counter)
    why: tuple[str, ...] = ()  # a sentence for each failed check
    # exact match with the accepted answers; None where the prompt has none
    match: ReferenceMatch | None = None
    # overlap of its wording with the accepted answers; None where the prompt has none or they are very long
    overlap: TextOverlap | None = None
    # the right label and the label that the answer names, maybe `NO_LABEL`; None where the prompt has no
    # right label
    labels: tuple[str, str] | None = None
    passed: bool | None = None  # whether it passes, as in `AskedChecks.passes`


CheckedAnswers: TypeAlias = tuple[CheckedAnswer, ...]
"""A system's answers to one prompt."""
CheckMeasure = Measure[CheckedAnswers]
CheckedPrompt = MeasuredPrompt[CheckedAnswers]


def mean_over_answers(
    value: Callable[[CheckedAnswer], float | None],
) -> Callable[[CheckedAnswers], float | None]:
    """The mean of a value over a system's answers; None where no answer has one."""

    def mean(answers: CheckedAnswers) -> float | None:
        values = [found for one in answers if (found := value(one)) is not None]
        return sum(values) / len(values) if values else None

    return mean


def _right(
    key: str, label: str, value: Callable[[CheckedAnswer], float | None], *, whole: bool = True
) -> CheckMeasure:
    """A measure of whether an answer is right; ``whole`` if each answer has 0 or 1."""
    return Measure(
        key,
        label,
        mean_over_answers(value),
        rules=(RULE,),
        source=SOURCE,
        coarse=whole,
        jumps=not whole,
        whole=whole,
    )


def _overlap(key: str, label: str, plain: str, *, of_100: bool = False) -> CheckMeasure:
    """A measure of shared wording; the key is an attribute of `TextOverlap`."""
    return Measure(
        key,
        label,
        mean_over_answers(lambda answer: None if answer.overlap is None else getattr(answer.overlap, key)),
        rules=(OVERLAP_RULE,),
        source=OVERLAP_SOURCE,
        title=OVERLAP_TITLE,
        unit=Unit.SCORE if of_100 else Unit.SHARE,
        scale=100.0 if of_100 else 1.0,
        coarse=False,
        jumps=True,
        plain=plain,
    )


def _of_kind(kind: CheckKind) -> CheckMeasure:
    def share(answer: CheckedAnswer) -> float | None:
        passed, failed = answer.by_kind[kind, True], answer.by_kind[kind, False]
        return passed / (passed + failed) if passed + failed else None

    rules = (KIND_RULE, *filter(None, [KIND_RULES.get(kind)]))
    return Measure(f"kind.{kind.value}", f"Passed: {KIND_WORDS[kind]}", mean_over_answers(share), rules=rules)


def _of_match(value: Callable[[ReferenceMatch], float]) -> Callable[[CheckedAnswer], float | None]:
    return lambda answer: None if answer.match is None else float(value(answer.match))


def _label_right(answer: CheckedAnswer) -> float | None:
    return None if answer.labels is None else float(answer.labels[0] == answer.labels[1])


PASSED = _right(
    "passed", "All checks passed", lambda answer: None if answer.passed is None else float(answer.passed)
)
EQUAL = _right("exact_match", "Exact match", _of_match(lambda match: match.equal))
HELD = _right("contains_reference", "Contains the reference", _of_match(lambda match: match.held))
RIGHT_MEASURES = (
    PASSED,
    EQUAL,
    HELD,
    replace(
        _right("token_f1", "Token F1", _of_match(lambda match: match.f1), whole=False), plain="Shared words"
    ),
    _right("label_accuracy", "Right label", _label_right),
)
"""Measures of whether an answer is right."""
OVERLAP_MEASURES = (
    _overlap("rouge_1", "ROUGE-1", "Shared words, any ending"),
    _overlap("rouge_l", "ROUGE-L", "Shared words in the same order"),
    _overlap("chrf", "chrF", "Shared letter sequences", of_100=True),
    _overlap("bleu", "BLEU", "Shared word sequences", of_100=True),
)
"""How much wording an answer shares with an accepted answer. chrF and BLEU are shown from 0 to 100."""
CHECK_MEASURES = (*RIGHT_MEASURES, *OVERLAP_MEASURES)
KIND_MEASURES = {kind: _of_kind(kind) for kind in CheckKind}
"""For each kind of check, the share of an answer's checks of that kind that pass."""
MATRIX_MEASURES = (PASSED, *KIND_MEASURES.values(), *CHECK_MEASURES[1:])


@dataclass(frozen=True, slots=True)
class StudyChecks(MeasuredStudy[CheckedAnswers]):
    """The check results of all systems on prompts with checks, accepted answers, or a right label."""

    texts: SharedTexts = TEXTS
    measures: tuple[CheckMeasure, ...] = CHECK_MEASURES
    # reasons why checks had no result, each with its number of answers
    not_told: Mapping[str, int] = field(default_factory=dict)

    def answers(self, system: str) -> CheckedAnswers:
        return tuple(answer for own in self.evidence(system) for answer in own)

    def by_kind(self, system: str) -> dict[CheckKind, tuple[int, int]]:
        return passed_by_kind(self.answers(system))

    def labels(self, system: str) -> Classification | None:
        """A system's labels compared with the right ones; None where no prompt has a right label."""
        return classification(one.labels for one in self.answers(system) if one.labels is not None)

    def one_passes(self, a: str, b: str) -> tuple[CheckedPrompt, ...]:
        """The prompts on which all answers of one system pass and no answer of the other does."""
        of_a, of_b = self.values(PASSED, a), self.values(PASSED, b)
        return tuple(p for p in self.prompts if {of_a.get(p.id), of_b.get(p.id)} == {0.0, 1.0})


@dataclass(frozen=True, slots=True)
class CheckTotals:
    """Check results pooled over all systems, which may be shown while a study is blinded."""

    prompts: int  # number of prompts with a check that has a result
    answers: int  # number of answers to them
    passed: int  # number of these answers that pass all checks of their prompt
    by_kind: Mapping[CheckKind, tuple[int, int]]  # for each kind of check: the number passed, and the total
    # for each measure other than `PASSED`: its mean, 0 to 1, over the prompts that all systems answered, and
    # their number
    means: Mapping[CheckMeasure, tuple[float, int]] = field(default_factory=dict)


@kept_until_changed
def study_checks(study: StudyFile, progress: ProgressCallback = ignore_progress) -> StudyChecks:
    """Compare every answer with its prompt's checks, references and labels. Raises ``still-blinded``."""
    require_measures_told(study)
    return checked_study(study, progress).measured


def checked_study(study: StudyFile, progress: ProgressCallback) -> StudyChecks:
    prompts = {prompt.id: prompt for prompt in study.prompts.all()}
    wanted, not_told = _all_wanted(study, prompts.values()), Counter[str]()
    answers = by_prompt_and_system(
        (response, _answer(response.text, wanted[response.prompt], not_told))
        for response in read_answers(study, wanted, "Checking answers", progress)
    )
    return StudyChecks(
        systems=tuple(system_names(study).values()),
        prompts=measured_prompts(study, answers) if answers else (),
        not_told=dict(not_told),
    )


def asks_for_checks(study: StudyFile) -> bool:
    return bool(_all_wanted(study, study.prompts.all()))


def check_totals(study: StudyFile, progress: ProgressCallback = ignore_progress) -> CheckTotals:
    """The check results pooled over all systems; they reveal nothing about a single system."""
    checked = checked_study(study, progress)
    found = [[answer for own in prompt.evidence.values() for answer in own] for prompt in checked.prompts]
    with_result = [[answer for answer in answers if answer.passed is not None] for answers in found]
    every = [answer for answers in with_result for answer in answers]
    passed = sum(1 for answer in every if answer.passed)
    by_kind = passed_by_kind(answer for answers in found for answer in answers)
    values = {measure: checked.pooled(measure) for measure in CHECK_MEASURES[1:]}
    means = {m: (sum(own.values()) / len(own), len(own)) for m, own in values.items() if own}
    return CheckTotals(sum(map(bool, with_result)), len(every), passed, by_kind, means)


def with_kinds(results: StudyChecks) -> StudyChecks:
    """Return the results with a measure for each kind of check; what hardly any answer reaches comes last.

    Of free text, most answers that contain a reference say more, and none may repeat it word for word.
    """
    equal, held = (sum(sum(results.values(m, s).values()) for s in results.systems) for m in (EQUAL, HELD))
    last = (*([HELD] if not held else []), *([EQUAL] if 2 * equal <= held else []))
    return replace(results, measures=(*(m for m in MATRIX_MEASURES if m not in last), *last))


def passed_by_kind(answers: Iterable[CheckedAnswer]) -> dict[CheckKind, tuple[int, int]]:
    """For each kind of check: the number that passed, and the total."""
    counts: Counter[tuple[CheckKind, bool]] = Counter()
    for answer in answers:
        counts.update(answer.by_kind)
    results = ((kind, counts[kind, True], counts[kind, False]) for kind in CheckKind)
    return {kind: (passed, passed + failed) for kind, passed, failed in results if passed + failed}


@dataclass(frozen=True, slots=True)
class _Wanted:
    of_prompt: AskedChecks
    right_label: str

    def __bool__(self) -> bool:
        return bool(self.of_prompt.checks or self.of_prompt.asked.references)


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
