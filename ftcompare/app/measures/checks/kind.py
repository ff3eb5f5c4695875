"""Which answers pass the checks of their prompts, as blocks, cards, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ftcompare.app.measures import blocks, document
from ftcompare.app.measures.checks.checked_answers import (
    CHECK_MEASURES,
    KIND_MEASURES,
    KIND_RULES,
    MATRIX_MEASURES,
    OVERLAP_MEASURES,
    OVERLAP_RULE,
    OVERLAP_SOURCE,
    OVERLAP_TITLE,
    PASSED,
    RIGHT_MEASURES,
    RULE,
    SOURCE,
    TEXTS,
    TITLE,
    CheckedPrompt,
    CheckMeasure,
    CheckTotals,
    StudyChecks,
    asks_for_checks,
    check_totals,
    checked_study,
    study_checks,
    with_kinds,
)
from ftcompare.app.measures.kind import (
    KindResults,
    MeasureGroup,
    MeasureKind,
    PooledTotals,
    all_keys,
    measured_rows,
    pooled_rows,
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
    number_columns,
)
from ftcompare.app.results.presentation.number_format import name, percent
from ftcompare.app.results.presentation.paired_blocks import LONG, SHORT, first_prompts
from ftcompare.app.results.presentation.value_table import ListedPrompts, ValueColumn, ValueTable
from ftcompare.app.setup.asked_checks import KIND_WORDS
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.plurals import counted
from ftcompare.core.prompt_check import CheckKind
from ftcompare.stats.correctness import Classification

GROUP = MeasureGroup("checks", "Checks of answers", 1, "ftcompare prompts add STUDY --prompts FILE")
ONE_PASSES = "One passes, the other fails"
BEGIN = (
    'No prompt has a check or a reference answer. Give prompts “checks”, such as {"contains": '
    '"rhythm"}, or a “reference”, in a prompts file, and add the file in Setup. Prompts that are '
    "already in the study do not change."
)
WAITS = "Prompts have checks or reference answers. Results are shown as soon as these prompts have answers."
LABELS_TITLE = "Labels named"
LABELS_RULE = (
    "An answer names a label if it contains it as a whole word. Naming none or several counts as wrong. "
    "Precision: of the answers that name a label, the share that should. Recall: of the answers that "
    "should name it, the share that do. F1: their harmonic mean. A value that is not defined counts as "
    "0. Macro is the mean over the labels that are right or named at least once, with equal weights."
)
OF_ALL_TOGETHER = (
    "Still blinded: these figures combine all systems. Which system passes what is shown after unblinding."
)
NO_TOTALS = (
    "There are no totals yet. They need at least two systems, and prompts with checks or reference "
    "answers that all systems have answered."
)
PROMPT_TEXTS = (1, 3)
"""The columns of the table of prompts that contain texts of prompts and answers."""
BY_CONTEXT = "By kind of context"
CONTEXT_KINDS = (CheckKind.REFERENCE, CheckKind.ABSTAIN, CheckKind.NAME_CONFLICT)
"""The checks with a row of their own in the table by kind of context."""


def total_blocks(totals: CheckTotals) -> Iterator[Block]:
    yield Paragraph(OF_ALL_TOGETHER, Tone.NOTE)
    if not totals.by_kind and not totals.means:
        yield Paragraph(NO_TOTALS)
    if totals.answers:
        yield Paragraph(
            f"Of {counted(totals.answers, 'answer')} to {counted(totals.prompts, 'prompt')} with checks, "
            f"{totals.passed:,} pass all of them ({percent(totals.passed / totals.answers)})."
        )
    if totals.by_kind:
        rows = tuple((KIND_WORDS[kind], f"{ok:,}", f"{of:,}") for kind, (ok, of) in totals.by_kind.items())
        yield Table("", (Column("Check", 2), *number_columns("Passed", "Of")), rows)
    if totals.means:
        rows = tuple((m.label, blocks.value_text(m, mean), f"{n:,}") for m, (mean, n) in totals.means.items())
        yield Table(TITLE, (Column("Measure", 2), *number_columns("All systems", "Prompts")), rows)


def check_blocks(results: StudyChecks) -> Iterator[Block]:
    if not results.prompts:
        yield Paragraph(GROUP.with_command(BEGIN))
        return
    yield systems_table(results)
    yield Paragraph(RULE, Tone.NOTE)
    if results.defined(OVERLAP_MEASURES):
        yield overlap_table(results)
        yield Paragraph(OVERLAP_RULE, Tone.NOTE)
    for text in _not_told(results):
        yield Paragraph(text, Tone.NOTE)
    yield from (table for table in (context_table(results), _kinds_table(results)) if table.rows)
    for system in results.systems:
        yield from label_tables(results, system)


def systems_table(results: StudyChecks) -> Table:
    counts = (
        ("Prompts", lambda system: f"{len(results.evidence(system)):,}"),
        ("Answers", lambda system: f"{len(results.answers(system)):,}"),
    )
    how, measures = Explanation(TITLE, (RULE,), "", SOURCE), results.defined(RIGHT_MEASURES)
    return blocks.means_table(
        results, how, counts=counts, measures=measures, beside=blocks.MeanDetail.PROMPTS
    )


def overlap_table(results: StudyChecks) -> Table:
    how = Explanation(OVERLAP_TITLE, (OVERLAP_RULE,), "", OVERLAP_SOURCE)
    measures = results.defined(OVERLAP_MEASURES)
    return blocks.means_table(
        results, how, measures=measures, beside=blocks.MeanDetail.PROMPTS, caption=OVERLAP_TITLE
    )


def context_table(results: StudyChecks) -> Table:
    """The share of answers that pass, by kind of context; no rows where all prompts have the same kind."""
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (
            blocks.group_words(field, word),
            measure.label,
            *(
                blocks.mean_cell(own, measure, system, blocks.MeanDetail.PROMPTS)
                for system in results.systems
            ),
        )
        for field, word, own in results.groups("context_kind")
        for measure in _context_measures(own)
    )
    systems = number_columns(*((name(s, SHORT), 1.3) for s in results.systems))
    how = Explanation(BY_CONTEXT, (RULE, *KIND_RULES.values()))
    return Table(BY_CONTEXT, (Column("Kind of context", 2), Column("Measure", 2.5), *systems), rows, how)


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
        (KIND_WORDS[kind], *(_passed(counts[s].get(kind)) for s in results.systems)) for kind in used
    )
    columns = (Column("Check", 2), *number_columns(*((name(s, SHORT), 1.3) for s in results.systems)))
    return Table("Checks passed, by kind", columns, rows)


def _passed(counts: tuple[int, int] | None) -> str:
    return "–" if counts is None else f"{counts[0]:,} of {counts[1]:,}"


def label_tables(results: StudyChecks, system: str) -> Iterator[Table]:
    """A system's label scores and confusion matrix; none where no prompt has a right label."""
    labels = results.labels(system)
    if labels is not None:
        yield _scores_table(system, labels)
        caption = f"Labels that {name(system, LONG)} names, by the correct label"
        yield blocks.confusion_table(caption, labels, "none, several")


def _scores_table(system: str, found: Classification) -> Table:
    rows = tuple(
        (name(one.label), f"{one.right:,}", percent(one.precision), percent(one.recall), percent(one.f1))
        for one in found.scores
    )
    means = (percent(one) for one in (found.macro_precision, found.macro_recall, found.macro_f1))
    macro = ("All labels (macro)", f"{found.answers:,}", *means)
    caption = (
        f"Labels named by {name(system, LONG)}: accuracy {percent(found.accuracy)} of "
        f"{counted(found.answers, 'answer')}"
    )
    columns = (Column("Label", 2), *number_columns("Answers", "Precision", "Recall", "F1"))
    return Table(caption, columns, (*rows, macro), Explanation(LABELS_TITLE, (LABELS_RULE,)))


def _not_told(results: StudyChecks) -> Iterator[str]:
    for why, count in results.not_told.items():
        yield f"Not checked in {counted(count, 'answer')}: {why}."


def pair_check_blocks(results: StudyChecks, a: str, b: str, *, texts: bool = True) -> Iterator[Block]:
    if not results.both(a, b):
        return
    yield blocks.pair_figures(results, a, b)
    yield from blocks.group_tables(results, next(iter(results.used), PASSED), a, b)
    if results.difference(PASSED, a, b) is not None:
        yield Paragraph(one_passes_sentence(results, a, b))
    if results.one_passes(a, b):
        yield first_prompts(passes_table(results, a, b).written, () if texts else PROMPT_TEXTS)


def one_passes_sentence(results: StudyChecks, a: str, b: str) -> str:
    """On how many prompts one system passes and the other fails, for each direction."""
    listed = results.one_passes(a, b)
    if not listed:
        return "On no prompt does one of the two pass all checks and the other fail."
    of_b = sum(1 for prompt in listed if results.values(PASSED, b)[prompt.id])
    return blocks.other_way_sentence(of_b, len(listed), f"{name(b, LONG)} passes and {name(a, LONG)} fails")


def passes_table(results: StudyChecks, a: str, b: str) -> ValueTable:
    """The prompts that only one of the systems passes. Row keys are prompt ids."""
    columns = (
        ValueColumn("Passed by", share=1.4),
        ValueColumn("What the other fails", share=3.0, length=160),
    )

    def values(prompt: CheckedPrompt) -> tuple[str, str]:
        passing, failing = (b, a) if results.values(PASSED, b)[prompt.id] else (a, b)
        why = dict.fromkeys(one for answer in prompt.evidence[failing] for one in answer.why)
        return name(passing, SHORT), "; ".join(why)

    return blocks.prompt_table(ONE_PASSES, columns, results.one_passes(a, b), values, (RULE,))


def _cards(results: StudyChecks, a: str, b: str) -> tuple[Section, ...]:
    listed = ListedPrompts(
        passes_table(results, a, b),
        "Prompts that one system passes; Enter shows the answers",
        "Words of the prompt, its id, or a failed check",
    )
    passes = (Paragraph(one_passes_sentence(results, a, b)), listed) if PASSED in results.used else ()
    labels = tuple(table for system in (b, a) for table in label_tables(results, system))
    by_context, not_told = context_table(results), tuple(map(Paragraph, _not_told(results)))
    return (
        Section("passes", ONE_PASSES, passes),
        Section("labels", LABELS_TITLE, labels),
        Section("checks", TITLE, (*not_told, by_context) if by_context.rows else not_told),
    )


def totals_json(totals: CheckTotals) -> dict[str, Json]:
    return {
        "blinded": True,
        "prompts": totals.prompts,
        "answers": totals.answers,
        "passed": totals.passed,
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


def _labels_json(found: Classification) -> Json:
    return {
        **fields_json(found, "answers", "accuracy", "macro_precision", "macro_recall", "macro_f1"),
        "labels": [
            {"label": one.label, **fields_json(one, "precision", "recall", "f1")} for one in found.scores
        ],
        "confusion": [
            {"right": right, "named": named or None, "answers": count}
            for (right, named), count in sorted(found.counts.items())
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
    waits=lambda study: WAITS if asks_for_checks(study) else "",
    results=RESULTS,
)
