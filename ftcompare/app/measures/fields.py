"""Structured answers compared by field with a structured reference: precision, recall, and F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ftcompare.app.measures import blocks, document, kind, measure
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Explanation,
    Paragraph,
    Section,
    Table,
    Tone,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import name, percent, point_span, points
from ftcompare.app.results.presentation.paired_blocks import LONG, SHORT
from ftcompare.app.setup.asked_checks import asked_checks
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.checks.field_items import ScoredAnswer, f1, scored
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.language import N_, counted, decimal, tr
from ftcompare.core.prompt_check import FieldsCheck
from ftcompare.core.structured_answer import structured
from ftcompare.core.study import Prompt, PromptId, PromptSpec
from ftcompare.stats.correctness import (
    FieldDifference,
    FieldScore,
    field_differences,
    field_score,
    macro_score,
)
from ftcompare.stats.vote_table import FloatArray
from ftcompare.store.study.study_file import StudyFile

TITLE = N_("Fields of structured answers")
GROUP = kind.MeasureGroup("fields", TITLE, 3, "ftcompare prompts add STUDY --prompts FILE")
RULE = N_(
    "The fields are those of the reference, or those that the check “fields” names. A list is a set of "
    "items; any other value is one item, and null is none. Items are compared in lower case, without extra "
    "spaces. Precision is the share of given items that are in the reference. Recall is the share of the "
    "reference's items that are given, and F1 is their harmonic mean. An answer that is not valid JSON gives "
    "no items."
)
PROMPT_RULE = N_(
    "The figure of a prompt is over all of its fields, and 1 if neither side has an item. The mean is over "
    "answers, then over prompts."
)
TABLE_RULE = N_(
    "Items are counted over all prompts; several answers to a prompt count as one, with their mean. Micro: "
    "all fields together. Macro: the mean over the fields of which a reference has an item, with equal "
    "weights. A value that is not defined counts as 0."
)
SPAN_RULE = N_(
    "An object with a start and an end is a span. Overlapping: a span counts as right if it shares a "
    "character with a span of the same label in the reference. Each span counts once."
)
SOURCE = "scikit-learn, precision_recall_fscore_support; Segura-Bedmar et al. 2013"
DIFFERENCE_RULE = N_(
    "F1 of both systems on the prompts that both have. The interval is an expanded percentile interval of "
    "20,000 draws of prompts."
)
TEXTS = measure.SharedTexts("fields", TITLE, blocks.DIFFERENCE_RULE, (), blocks.MCNEMAR_RULE)
BEGIN = N_(
    "No prompt has a reference that is a JSON object or list. Give one in the field “reference” of a prompts "
    "file, then add the file in Setup."
)
WAITS = N_("Prompts have structured references. Results are shown as soon as these prompts have answers.")
MICRO, MACRO = N_("All fields (micro)"), N_("All fields (macro)")
OVERLAPPING = N_("{field} (overlapping)")
MOST_FIELDS = 100  # maximum number of fields in a table, those with the most items


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    answers: tuple[ScoredAnswer, ...]

    def mean(self, value: Callable[[ScoredAnswer], float]) -> float:
        return sum(map(value, self.answers)) / len(self.answers)

    def counts(self, field: str, *, overlapping: bool = False) -> tuple[float, float, float]:
        """Return the mean numbers of items of a field that are right, given, and expected."""
        own = [one.items[field] for one in self.answers if field in one.items]
        right = (one.overlapping or 0 if overlapping else one.right for one in own)
        sums = sum(right), sum(len(one.given) for one in own), sum(len(one.expected) for one in own)
        return sums[0] / len(self.answers), sums[1] / len(self.answers), sums[2] / len(self.answers)

    def __str__(self) -> str:
        if not all(one.valid for one in self.answers):
            return tr("not valid JSON")
        items = (pair for one in self.answers for pair in one.items.items())
        wrong = dict.fromkeys(field for field, one in items if one.given != one.expected)
        return tr("wrong: {fields}", fields=", ".join(wrong)) if wrong else tr("all right")


def _share(right: float, of: float, other: float) -> float:
    return right / of if of else float(not other)


def _precision(answer: ScoredAnswer) -> float:
    right, given, expected = answer.counts()
    return _share(right, given, expected)


def _recall(answer: ScoredAnswer) -> float:
    right, given, expected = answer.counts()
    return _share(right, expected, given)


def _exact(answer: ScoredAnswer) -> float:
    return float(answer.valid and all(one.given == one.expected for one in answer.items.values()))


def _overlapping(evidence: FieldEvidence) -> float | None:
    spans = any(one.overlapping is not None for each in evidence.answers for one in each.items.values())
    return evidence.mean(lambda answer: f1(*answer.counts(overlapping=True))) if spans else None


def _measure(
    key: str, label: str, value: Callable[[ScoredAnswer], float], whole: bool
) -> measure.Measure[FieldEvidence]:
    """A measure of answers; ``whole`` if each has 0 or 1."""
    return measure.Measure(
        key, label, lambda evidence: evidence.mean(value), rules=(RULE, PROMPT_RULE), source=SOURCE,
        coarse=whole, jumps=not whole, whole=whole,
    )  # fmt: skip


F1 = _measure("f1", N_("F1 of fields"), lambda answer: f1(*answer.counts()), whole=False)
VALID = _measure("valid", N_("Valid JSON"), lambda answer: float(answer.valid), whole=True)
FIELD_MEASURES = (
    F1,
    _measure("precision", N_("Precision of fields"), _precision, whole=False),
    _measure("recall", N_("Recall of fields"), _recall, whole=False),
    _measure("exact", N_("All fields right"), _exact, whole=True),
    VALID,
    replace(
        F1, id="f1_overlapping", label=N_("F1 with overlapping spans"), value=_overlapping,
        rules=(RULE, SPAN_RULE, PROMPT_RULE),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StudyFields(measure.MeasuredStudy[FieldEvidence]):
    texts: measure.SharedTexts = TEXTS
    measures: tuple[measure.Measure[FieldEvidence], ...] = FIELD_MEASURES

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields, those with the most expected and given items first."""
        items: Counter[str] = Counter()
        for each in (one for system in self.systems for own in self.evidence(system) for one in own.answers):
            items.update({field: len(one.expected) + len(one.given) for field, one in each.items.items()})
        return tuple(field for field, _ in items.most_common(MOST_FIELDS))

    def spans(self, field: str) -> bool:
        every = (own for system in self.systems for own in self.evidence(system))
        answers = (one for own in every for one in own.answers if field in one.items)
        return any(one.items[field].overlapping is not None for one in answers)

    def invalid(self, system: str) -> tuple[int, int]:
        """Return the number of a system's answers that are not valid JSON, and of all of its answers."""
        answers = [one for own in self.evidence(system) for one in own.answers]
        return sum(not one.valid for one in answers), len(answers)

    def scores(self, system: str) -> dict[str, FieldScore]:
        """Return the scores of each field, of spans that overlap, and of all fields, by their name."""
        fields, evidence = self.fields, self.evidence(system)
        by_field = {field: _total(evidence, field) for field in fields}
        own = list(by_field.values())
        every = np.sum([(one.right, one.given, one.expected) for one in own], axis=0)
        spans = {
            tr(OVERLAPPING, field=f): _total(evidence, f, overlapping=True) for f in fields if self.spans(f)
        }
        return by_field | spans | {tr(MICRO): field_score(*map(float, every)), tr(MACRO): macro_score(own)}

    def field_differences(self, a: str, b: str) -> dict[str, FieldDifference]:
        """Return the difference of b from a in F1 of each field and of all fields; empty without prompts."""
        shared = [p for p in self.prompts if a in p.evidence and b in p.evidence]
        fields = self.fields
        if not shared or not fields:
            return {}
        counts = (_table([p.evidence[system] for p in shared], fields) for system in (a, b))
        return dict(zip((*fields, tr(MICRO), tr(MACRO)), field_differences(*counts), strict=True))


def _total(evidence: Iterable[FieldEvidence], field: str, *, overlapping: bool = False) -> FieldScore:
    rows = [own.counts(field, overlapping=overlapping) for own in evidence]
    return field_score(*(float(sum(column)) for column in zip(*rows, strict=True)))


def _table(evidence: Sequence[FieldEvidence], fields: Sequence[str]) -> FloatArray:
    return np.array([[own.counts(field) for field in fields] for own in evidence], dtype=float)


def structured_references(spec: PromptSpec) -> tuple[str, ...]:
    return tuple(one for one in (spec.reference, *spec.more_references) if structured(one) is not None)


def _named(spec: PromptSpec) -> tuple[str, ...]:
    return tuple(one for check in asked_checks(spec) if isinstance(check, FieldsCheck) for one in check.names)


def _compared(study: StudyFile, progress: ProgressCallback) -> StudyFields:
    """Compare every structured answer with its prompt's reference."""
    wanted = _wanted(study.prompts.all())
    answers = measure.by_prompt_and_system(
        (response, score)
        for response in measure.read_answers(study, wanted, tr("Comparing fields"), progress)
        if (score := wanted[response.prompt](response.text)) is not None
    )
    evidence = {prompt: {s: FieldEvidence(own) for s, own in by.items()} for prompt, by in answers.items()}
    return StudyFields.of(study, evidence)


study_fields = kind.told_by_system(_compared)


def _wanted(prompts: Iterable[Prompt]) -> dict[PromptId, Callable[[str], ScoredAnswer | None]]:
    """Return a function that compares answers, by prompt with a structured reference."""
    references = ((prompt, structured_references(prompt.spec)) for prompt in prompts)
    return {p.id: partial(scored, references=own, named=_named(p.spec)) for p, own in references if own}


def field_blocks(results: StudyFields) -> Iterator[Block]:
    if not results.prompts:
        yield Paragraph(GROUP.with_command(tr(BEGIN)))
        return
    yield blocks.systems_table(replace(results, measures=results.used), RULE)
    yield from (Paragraph(tr(rule), Tone.NOTE) for rule in (RULE, PROMPT_RULE))
    yield from (scores_table(results, system) for system in results.systems)


def scores_table(results: StudyFields, system: str) -> Table:
    invalid, answers = results.invalid(system)
    rows = tuple(
        (name(field), _items(one.expected), *_percents(one)) for field, one in results.scores(system).items()
    )
    caption = tr(
        "Fields of {system}: {invalid} of {answers} are not valid JSON",
        name(system, LONG), invalid, counted(answers, "answer"),
    )  # fmt: skip
    heads = number_columns(tr("Items"), tr("Precision"), tr("Recall"), "F1")
    rules = (RULE, TABLE_RULE, *([SPAN_RULE] if any(map(results.spans, results.fields)) else []))
    how = Explanation(tr(TITLE), blocks.rule_texts(*rules), "", SOURCE)
    return Table(caption, (Column(tr("Field"), 2), *heads), rows, how)


def _percents(score: FieldScore) -> tuple[str, str, str]:
    undefined = not score.given and not score.expected
    values = (None if undefined else one for one in (score.precision, score.recall, score.f1))
    precision, recall, f1_score = map(percent, values)
    return precision, recall, f1_score


def _items(count: float) -> str:
    return decimal(int(count)) if count.is_integer() else f"{count:.1f}"


def differences_table(results: StudyFields, a: str, b: str) -> Table:
    rows = tuple(
        (
            name(field), percent(one.f1_b), percent(one.f1_a), points(one.difference),
            point_span(one.interval.low, one.interval.high),
        )
        for field, one in results.field_differences(a, b).items()
    )  # fmt: skip
    both = (name(system, SHORT) for system in (b, a))
    heads = number_columns(*both, tr("Difference"), (tr("95% interval"), 1.6))
    how = Explanation(tr("F1 by field"), blocks.rule_texts(RULE, TABLE_RULE, DIFFERENCE_RULE), "", SOURCE)
    return Table(how.title, (Column(tr("Field"), 2), *heads), rows, how)


def pair_field_blocks(results: StudyFields, a: str, b: str) -> Iterator[Block]:
    if not results.both(a, b):
        return
    yield from blocks.pair_answer_blocks(replace(results, measures=results.used), a, b)
    yield differences_table(results, a, b)


def _document(results: StudyFields) -> dict[str, Json]:
    return {
        **document.measured_document(results),
        "fields": [_system_json(results, system) for system in results.systems],
        "field_differences": [
            {"a": a, "b": b, "field": field, **_difference_json(one)}
            for a, b in results.pairs
            for field, one in results.field_differences(a, b).items()
        ],
    }


def _system_json(results: StudyFields, system: str) -> Json:
    invalid, answers = results.invalid(system)
    scores = [{"field": field, **_score_json(one)} for field, one in results.scores(system).items()]
    return {"system": system, "answers": answers, "invalid": invalid, "scores": [*scores]}


def _score_json(score: FieldScore) -> dict[str, Json]:
    return fields_json(score, "right", "given", "expected", "precision", "recall", "f1")


def _difference_json(difference: FieldDifference) -> dict[str, Json]:
    return {
        **fields_json(difference, "f1_a", "f1_b", "difference"),
        **fields_json(difference.interval, "low", "high", "level"),
    }


def _cards(results: StudyFields, a: str, b: str) -> tuple[Section, ...]:
    if not results.both(a, b):
        return ()
    tables = (differences_table(results, a, b), *(scores_table(results, system) for system in (b, a)))
    return (Section("fields", tr(TITLE), tables),)


RESULTS = kind.KindResults[StudyFields](
    "fields",
    TITLE,
    study_fields,
    field_blocks,
    pair_field_blocks,
    _document,
    cards=_cards,
)
KIND = kind.MeasureKind(
    GROUP,
    BEGIN,
    lambda study, progress: kind.measured_rows(GROUP, study_fields(study, progress)),
    lambda study, progress: kind.pooled_rows(GROUP, _compared(study, progress)),
    kind.all_keys(TEXTS, FIELD_MEASURES),
    waits=lambda study: tr(WAITS) if _wanted(study.prompts.all()) else "",
    results=RESULTS,
)
