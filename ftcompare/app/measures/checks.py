"""Results of the prompts' checks, and how close answers are to the reference answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ftcompare.app.generate.scoring import right_label
from ftcompare.app.measures import blocks, document
from ftcompare.app.measures.kind import (
    KindResults,
    MeasureGroup,
    MeasureKind,
    PooledTotals,
    all_keys,
    measured_rows,
    pooled_rows,
    told_by_system,
)
from ftcompare.app.measures.measure import (
    Measure,
    MeasuredPrompt,
    MeasuredStudy,
    SharedTexts,
    by_prompt_and_system,
    read_answers,
)
from ftcompare.app.results.presentation.blocks import (
    Block,
    Cell,
    Column,
    Explanation,
    Paragraph,
    Section,
    Table,
    Tone,
    Unit,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import name, percent
from ftcompare.app.results.presentation.paired_blocks import LONG, SHORT, first_prompts
from ftcompare.app.results.presentation.value_table import ListedPrompts, ValueColumn, ValueTable
from ftcompare.app.setup.asked_checks import KIND_WORDS, AskedChecks, checks_of
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.prompt_checks import named_labels
from ftcompare.checks.text_overlap import ReferenceMatch, TextOverlap, reference_match, text_overlap
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.language import N_, counted, decimal, tr, trn
from ftcompare.core.prompt_check import CheckKind
from ftcompare.core.study import Prompt, PromptId, Response
from ftcompare.stats.correctness import NO_LABEL, Classification, classification
from ftcompare.store.study.study_file import StudyFile

TITLE = N_("Checks of answers")
RULE = N_(
    "An answer passes if it passes every check of its prompt. Not declining is not enough. A measure is "
    "the mean over the answers to a prompt, then over prompts. Equal and contained answers are compared "
    "in lower case, without punctuation and the words a, an, and the. This is SQuAD's normalization, "
    "except that signs within numbers and the # of C# count. F1 is over words. The best value over the "
    "accepted answers counts."
)
SOURCE = "Rajpurkar et al. 2016"
OVERLAP_TITLE = N_("Wording shared with the reference")
OVERLAP_RULE = N_(
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
    N_(
        "The difference is over prompts that both answered. Its interval is Student's t over prompts. For "
        "pass or fail, two prompts are added, one that differs completely each way. With fewer than {least} "
        "prompts, there is no interval. McNemar's exact test uses the prompts that one system passes in all "
        "of its answers and the other in none."
    ),
)
KIND_RULE = N_("The share of this kind of check that an answer passes, averaged over answers, then prompts.")
KIND_RULES = {
    CheckKind.REFERENCE: N_(
        "An answer agrees with the reference if it contains an accepted answer. For an "
        "accepted answer of more than 6 words, a share of its wording is enough "
        "(ROUGE-L). The share is 0.35, or the one that the check sets."
    ),
    CheckKind.ABSTAIN: N_(
        "An answer says that information is missing if it uses one of a list of phrases and does not guess. "
        "The phrases are in English, German, French, and Spanish."
    ),
    CheckKind.NAME_CONFLICT: N_(
        "An answer names the conflict if it uses one of a list of phrases, or contains both words in which "
        "two otherwise similar passages differ. The phrases are in English, German, French, and Spanish."
    ),
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
        values = [number for one in answers if (number := value(one)) is not None]
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


def _kind_measure(kind: CheckKind) -> CheckMeasure:
    def share(answer: CheckedAnswer) -> float | None:
        passed, failed = answer.by_kind[kind, True], answer.by_kind[kind, False]
        return passed / (passed + failed) if passed + failed else None

    rules = (KIND_RULE, *filter(None, [KIND_RULES.get(kind)]))
    label = N_("Passed: {about}")
    return Measure(f"kind.{kind.value}", label, mean_over_answers(share), rules=rules, about=KIND_WORDS[kind])


def _match_mean(value: Callable[[ReferenceMatch], float]) -> Callable[[CheckedAnswer], float | None]:
    return lambda answer: None if answer.match is None else float(value(answer.match))


def _label_right(answer: CheckedAnswer) -> float | None:
    return None if answer.labels is None else float(answer.labels[0] == answer.labels[1])


PASSED = _right(
    "passed", N_("All checks passed"), lambda answer: None if answer.passed is None else float(answer.passed)
)
EQUAL = _right("exact_match", N_("Exact match"), _match_mean(lambda match: match.equal))
HELD = _right("contains_reference", N_("Contains the reference"), _match_mean(lambda match: match.held))
RIGHT_MEASURES = (
    PASSED,
    EQUAL,
    HELD,
    replace(
        _right("token_f1", N_("Token F1"), _match_mean(lambda match: match.f1), whole=False),
        plain=N_("Reference words"),
    ),
    _right("label_accuracy", N_("Right label"), _label_right),
)
"""Measures of whether an answer is right."""
OVERLAP_MEASURES = (
    _overlap("rouge_1", "ROUGE-1", N_("Shared words, any ending")),
    _overlap("rouge_l", "ROUGE-L", N_("Shared words in the same order")),
    _overlap("chrf", "chrF", N_("Shared letter sequences"), of_100=True),
    _overlap("bleu", "BLEU", N_("Shared word sequences"), of_100=True),
)
"""How much wording an answer shares with an accepted answer. chrF and BLEU are shown from 0 to 100."""
CHECK_MEASURES = (*RIGHT_MEASURES, *OVERLAP_MEASURES)
KIND_MEASURES = {kind: _kind_measure(kind) for kind in CheckKind}
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
        passed_a, passed_b = self.values(PASSED, a), self.values(PASSED, b)
        return tuple(p for p in self.prompts if {passed_a.get(p.id), passed_b.get(p.id)} == {0.0, 1.0})


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


def checked_study(study: StudyFile, progress: ProgressCallback) -> StudyChecks:
    """Compare every answer with its prompt's checks, references and labels."""
    prompts = {prompt.id: prompt for prompt in study.prompts.all()}
    expected, not_told = _all_expected(study, prompts.values()), Counter[str]()
    answers = by_prompt_and_system(
        (response, _answer(response, expected[response.prompt], not_told))
        for response in read_answers(study, expected, tr("Checking answers"), progress)
    )
    return StudyChecks.of(study, answers, not_told=dict(not_told))


study_checks = told_by_system(checked_study)


def check_totals(study: StudyFile, progress: ProgressCallback = ignore_progress) -> CheckTotals:
    """The check results pooled over all systems; they reveal nothing about a single system."""
    checked = checked_study(study, progress)
    by_prompt = [[answer for own in prompt.evidence.values() for answer in own] for prompt in checked.prompts]
    with_result = [[answer for answer in answers if answer.passed is not None] for answers in by_prompt]
    every = [answer for answers in with_result for answer in answers]
    passed = sum(1 for answer in every if answer.passed)
    by_kind = passed_by_kind(answer for answers in by_prompt for answer in answers)
    values = {measure: checked.pooled(measure) for measure in CHECK_MEASURES[1:]}
    means = {m: (sum(own.values()) / len(own), len(own)) for m, own in values.items() if own}
    return CheckTotals(sum(map(bool, with_result)), len(every), passed, by_kind, means)


def with_kinds(results: StudyChecks) -> StudyChecks:
    """Return the results with a measure for each kind of check; what hardly any answer reaches comes last.

    Of free text, most answers that contain a reference say more, and none may repeat it word for word.
    """
    equal, inside = (sum(sum(results.values(m, s).values()) for s in results.systems) for m in (EQUAL, HELD))
    last = (*([HELD] if not inside else []), *([EQUAL] if 2 * equal <= inside else []))
    return replace(results, measures=(*(m for m in MATRIX_MEASURES if m not in last), *last))


def passed_by_kind(answers: Iterable[CheckedAnswer]) -> dict[CheckKind, tuple[int, int]]:
    """For each kind of check: the number that passed, and the total."""
    counts: Counter[tuple[CheckKind, bool]] = Counter()
    for answer in answers:
        counts.update(answer.by_kind)
    results = ((kind, counts[kind, True], counts[kind, False]) for kind in CheckKind)
    return {kind: (passed, passed + failed) for kind, passed, failed in results if passed + failed}


@dataclass(frozen=True, slots=True)
class _Expected:
    checks: AskedChecks
    right_label: str

    def __bool__(self) -> bool:
        return bool(self.checks.checks or self.checks.asked.references)


def _all_expected(study: StudyFile, prompts: Iterable[Prompt]) -> dict[PromptId, _Expected]:
    prompts = tuple(prompts)
    own = checks_of(study, prompts)
    expected = ((prompt.id, _Expected(own[prompt.id], right_label(prompt.spec))) for prompt in prompts)
    return {prompt: one for prompt, one in expected if one}


def _answer(response: Response, expected: _Expected, not_told: Counter[str]) -> CheckedAnswer:
    by_kind: Counter[tuple[CheckKind, bool]] = Counter()
    why, own = [], expected.checks
    text, references = response.text, own.asked.references
    outcomes = own.outcomes(text, response.earlier)
    for check, outcome in outcomes:
        if outcome.passed is None:
            not_told[outcome.why] += 1
            continue
        by_kind[check.kind, outcome.passed] += 1
        why += [] if outcome.passed else [outcome.why]
    match = reference_match(text, references) if references else None
    overlap = text_overlap(text, references) if references else None
    labels = _labels(text, expected)
    return CheckedAnswer(by_kind, tuple(why), match, overlap, labels, own.passes(outcomes))


def _labels(text: str, expected: _Expected) -> tuple[str, str] | None:
    if not expected.right_label:
        return None
    named = named_labels(text, expected.checks.asked.labels)
    return expected.right_label, named[0] if len(named) == 1 else NO_LABEL


GROUP = MeasureGroup("checks", TITLE, 1, "ftcompare prompts add STUDY --prompts FILE")
ONE_PASSES = N_("One passes, the other fails")
BEGIN = N_(
    "No prompt has a reference answer or a check, such as a word that the answer must contain. Add them in "
    "the fields “reference” and “checks” of a prompts file, then add the file in Setup. Prompts that are "
    "already in the study do not change."
)
WAITS = N_(
    "Prompts have checks or reference answers. Results are shown as soon as these prompts have answers."
)
LABELS_TITLE = N_("Labels named")
LABELS_RULE = N_(
    "An answer names a label if it contains it as a whole word. Naming none or several counts as wrong. "
    "Precision: of the answers that name a label, the share that should. Recall: of the answers that "
    "should name it, the share that do. F1: their harmonic mean. A value that is not defined counts as "
    "0. Macro is the mean over the labels that are right or named at least once, with equal weights."
)
OF_ALL_TOGETHER = N_(
    "Still blinded: these figures combine all systems. Which system passes what is shown after unblinding."
)
NO_TOTALS = N_(
    "There are no totals yet. They need at least two systems, and prompts with checks or reference "
    "answers that all systems have answered."
)
BY_CONTEXT = N_("By kind of context")
CONTEXT_KINDS = (CheckKind.REFERENCE, CheckKind.ABSTAIN, CheckKind.NAME_CONFLICT)
"""The checks with a row of their own in the table by kind of context."""


def total_blocks(totals: CheckTotals) -> Iterator[Block]:
    yield Paragraph(tr(OF_ALL_TOGETHER), Tone.NOTE)
    if not totals.by_kind and not totals.means:
        yield Paragraph(tr(NO_TOTALS))
    if totals.answers:
        yield Paragraph(
            tr(
                "{passed} of {answers} to {prompts} with checks pass all of them ({share}).",
                totals.passed,
                counted(totals.answers, "answer"),
                counted(totals.prompts, "prompt"),
                percent(totals.passed / totals.answers),
            )
        )
    if totals.by_kind:
        counts = totals.by_kind.items()
        rows = tuple((tr(KIND_WORDS[kind]), decimal(ok), decimal(of)) for kind, (ok, of) in counts)
        yield Table("", (Column(tr("Check"), 2), *number_columns(tr("Passed"), tr("Of"))), rows)
    if totals.means:
        means = totals.means.items()
        rows = tuple((m.name, blocks.value_text(m, mean), decimal(n)) for m, (mean, n) in means)
        columns = (Column(tr("Measure"), 2), *number_columns(tr("All systems"), tr("Prompts")))
        yield Table(tr(TITLE), columns, rows)


def check_blocks(results: StudyChecks) -> Iterator[Block]:
    if not results.prompts:
        yield Paragraph(GROUP.with_command(tr(BEGIN)))
        return
    yield systems_table(results)
    yield Paragraph(tr(RULE), Tone.NOTE)
    if results.defined(OVERLAP_MEASURES):
        yield overlap_table(results)
        yield Paragraph(tr(OVERLAP_RULE), Tone.NOTE)
    for text in _not_told(results):
        yield Paragraph(text, Tone.NOTE)
    yield from (table for table in (context_table(results), _kinds_table(results)) if table.rows)
    for system in results.systems:
        yield from label_tables(results, system)


def systems_table(results: StudyChecks) -> Table:
    counts = (
        (tr("Prompts"), lambda system: decimal(len(results.evidence(system)))),
        (tr("Answers"), lambda system: decimal(len(results.answers(system)))),
    )
    how, measures = Explanation(tr(TITLE), (tr(RULE),), "", SOURCE), results.defined(RIGHT_MEASURES)
    return blocks.means_table(
        results, how, counts=counts, measures=measures, beside=blocks.MeanDetail.PROMPTS
    )


def overlap_table(results: StudyChecks) -> Table:
    how = Explanation(tr(OVERLAP_TITLE), (tr(OVERLAP_RULE),), "", OVERLAP_SOURCE)
    measures = results.defined(OVERLAP_MEASURES)
    return blocks.means_table(
        results, how, measures=measures, beside=blocks.MeanDetail.PROMPTS, caption=how.title
    )


def context_table(results: StudyChecks) -> Table:
    """The share of answers that pass, by kind of context; no rows where all prompts have the same kind."""
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (
            blocks.group_words(field, word),
            measure.name,
            *(
                blocks.mean_cell(own, measure, system, blocks.MeanDetail.PROMPTS)
                for system in results.systems
            ),
        )
        for field, word, own in results.groups("context_kind")
        for measure in _context_measures(own)
    )
    systems = number_columns(*((name(s, SHORT), 1.3) for s in results.systems))
    how = Explanation(tr(BY_CONTEXT), blocks.rule_texts(RULE, *KIND_RULES.values()))
    columns = (Column(tr("Kind of context"), 2), Column(tr("Measure"), 2.5), *systems)
    return Table(how.title, columns, rows, how)


def _context_measures(results: StudyChecks) -> tuple[CheckMeasure, ...]:
    """The checks of `CONTEXT_KINDS`, and whether all checks pass where that is not the same."""
    own = results.defined(KIND_MEASURES[kind] for kind in CONTEXT_KINDS)
    passed = [results.values(PASSED, system) for system in results.systems]
    same = any([results.values(measure, system) for system in results.systems] == passed for measure in own)
    return own if same else (*results.defined((PASSED,)), *own)


def _kinds_table(results: StudyChecks) -> Table:
    counts = {system: results.by_kind(system) for system in results.systems}
    used = [kind for kind in CheckKind if any(kind in own for own in counts.values())]
    rows = tuple(
        (tr(KIND_WORDS[kind]), *(_passed(counts[s].get(kind)) for s in results.systems)) for kind in used
    )
    columns = (Column(tr("Check"), 2), *number_columns(*((name(s, SHORT), 1.3) for s in results.systems)))
    return Table(tr("Checks passed, by kind"), columns, rows)


def _passed(counts: tuple[int, int] | None) -> str:
    return "–" if counts is None else tr("{passed} of {all}", counts[0], counts[1])


def label_tables(results: StudyChecks, system: str) -> Iterator[Table]:
    """A system's label scores and confusion matrix; none where no prompt has a right label."""
    labels = results.labels(system)
    if labels is not None:
        yield _scores_table(system, labels)
        caption = tr("Labels that {system} names, by the correct label", name(system, LONG))
        yield blocks.confusion_table(caption, labels, tr("none, several"))


def _scores_table(system: str, labels: Classification) -> Table:
    rows = tuple(
        (name(one.label), decimal(one.right), percent(one.precision), percent(one.recall), percent(one.f1))
        for one in labels.scores
    )
    means = (percent(one) for one in (labels.macro_precision, labels.macro_recall, labels.macro_f1))
    macro = (tr("All labels (macro)"), decimal(labels.answers), *means)
    caption = tr(
        "Labels named by {system}: accuracy {accuracy} of {answers}",
        name(system, LONG),
        percent(labels.accuracy),
        counted(labels.answers, "answer"),
    )
    columns = (Column(tr("Label"), 2), *number_columns(tr("Answers"), tr("Precision"), tr("Recall"), "F1"))
    return Table(caption, columns, (*rows, macro), Explanation(tr(LABELS_TITLE), (tr(LABELS_RULE),)))


def _not_told(results: StudyChecks) -> Iterator[str]:
    for why, count in results.not_told.items():
        yield tr("Not checked in {answers}: {why}.", counted(count, "answer"), why)


def pair_check_blocks(results: StudyChecks, a: str, b: str) -> Iterator[Block]:
    if not results.both(a, b):
        return
    yield blocks.pair_figures(results, a, b)
    yield from blocks.group_tables(results, next(iter(results.used), PASSED), a, b)
    if results.difference(PASSED, a, b) is not None:
        yield Paragraph(one_passes_sentence(results, a, b))
    if results.one_passes(a, b):
        yield first_prompts(passes_table(results, a, b).written)


def one_passes_sentence(results: StudyChecks, a: str, b: str) -> str:
    """On how many prompts one system passes and the other fails, for each direction."""
    listed = results.one_passes(a, b)
    if not listed:
        return tr("There is no prompt on which one of the two passes all checks and the other fails.")
    b_only = sum(1 for prompt in listed if results.values(PASSED, b)[prompt.id])
    return trn(
        "On {number} (prompt|prompts) {b} passes and {a} fails; on {others} it is the other way round.",
        b_only,
        name(b, LONG),
        name(a, LONG),
        len(listed) - b_only,
    )


def passes_table(results: StudyChecks, a: str, b: str) -> ValueTable:
    """The prompts that only one of the systems passes. Row keys are prompt ids."""
    columns = (
        ValueColumn(tr("Passed by"), share=1.4),
        ValueColumn(tr("What the other fails"), share=3.0, length=160, texts=True),
    )

    def values(prompt: CheckedPrompt) -> tuple[str, str]:
        passing, failing = (b, a) if results.values(PASSED, b)[prompt.id] else (a, b)
        why = dict.fromkeys(one for answer in prompt.evidence[failing] for one in answer.why)
        return name(passing, SHORT), "; ".join(why)

    return blocks.prompt_table(ONE_PASSES, columns, results.one_passes(a, b), values, (RULE,))


def _cards(results: StudyChecks, a: str, b: str) -> tuple[Section, ...]:
    listed = ListedPrompts(
        passes_table(results, a, b),
        tr("Prompts that one system passes; Enter shows the answers"),
        tr("Words of the prompt, its id, or a failed check"),
    )
    passes = (Paragraph(one_passes_sentence(results, a, b)), listed) if PASSED in results.used else ()
    labels = tuple(table for system in (b, a) for table in label_tables(results, system))
    by_context, not_told = context_table(results), tuple(map(Paragraph, _not_told(results)))
    return (
        Section("passes", tr(ONE_PASSES), passes),
        Section("labels", tr(LABELS_TITLE), labels),
        Section("checks", tr(TITLE), (*not_told, by_context) if by_context.rows else not_told),
    )


def totals_json(totals: CheckTotals) -> dict[str, Json]:
    return {
        "blinded": True,
        **fields_json(totals, "prompts", "answers", "passed"),
        "by_check": _by_check(totals.by_kind),
        "measures": {one.id: {"mean": mean, "n": n} for one, (mean, n) in totals.means.items()},
    }


def checks_json(results: StudyChecks) -> dict[str, Json]:
    return {
        "blinded": False,
        "systems": [_system_json(results, system) for system in results.systems],
        "differences": document.differences_json(results),
        "groups": document.groups_json(
            results, lambda own: [{"system": system, **_means(own, system)} for system in own.systems]
        ),
        "one_passes": document.listed_json(results, results.one_passes),
        "not_told": dict(results.not_told),
        "prompts": document.prompts_json(
            results, lambda prompt, system: _prompt_json(results, prompt, system)
        ),
    }


def _by_check(counts: Mapping[CheckKind, tuple[int, int]]) -> dict[str, Json]:
    return {kind.value: {"passed": passed, "of": of} for kind, (passed, of) in counts.items()}


def _means(results: StudyChecks, system: str) -> dict[str, Json]:
    return {
        "prompts": len(results.evidence(system)),
        **document.means_json(results, system),
        "n": {measure.id: len(results.values(measure, system)) for measure in CHECK_MEASURES},
        "by_check": _by_check(results.by_kind(system)),
    }


def _system_json(results: StudyChecks, system: str) -> Json:
    labels = results.labels(system)
    return {
        "system": system,
        "answers": len(results.answers(system)),
        **_means(results, system),
        "labels": None if labels is None else _labels_json(labels),
    }


def _labels_json(labels: Classification) -> Json:
    return {
        **fields_json(labels, "answers", "accuracy", "macro_precision", "macro_recall", "macro_f1"),
        "labels": [
            {"label": one.label, **fields_json(one, "precision", "recall", "f1")} for one in labels.scores
        ],
        "confusion": [
            {"right": right, "named": named or None, "answers": count}
            for (right, named), count in sorted(labels.counts.items())
        ],
    }


def _prompt_json(results: StudyChecks, prompt: CheckedPrompt, system: str) -> dict[str, Json]:
    answers = prompt.evidence[system]
    return {
        "answers": len(answers),
        **document.values_json(results, prompt, system),
        "failed": [*dict.fromkeys(why for answer in answers for why in answer.why)],
    }


RESULTS = KindResults(
    "checks",
    TITLE,
    study_checks,
    check_blocks,
    pair_check_blocks,
    checks_json,
    PooledTotals(check_totals, total_blocks, totals_json),
    _cards,
)
KIND = MeasureKind(
    GROUP,
    BEGIN,
    lambda study, progress: measured_rows(GROUP, with_kinds(study_checks(study, progress))),
    lambda study, progress: pooled_rows(GROUP, with_kinds(checked_study(study, progress))),
    all_keys(TEXTS, MATRIX_MEASURES),
    waits=lambda study: tr(WAITS) if _all_expected(study, study.prompts.all()) else "",
    results=RESULTS,
)
