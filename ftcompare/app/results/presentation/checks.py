"""Blocks on which answers pass the checks of their prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ftcompare.app.results.checks import (
    KIND_MEASURES,
    OF_100_MEASURES,
    OVERLAP_MEASURES,
    PASSED,
    RIGHT_MEASURES,
    CheckedPrompt,
    CheckMeasure,
    CheckTotals,
    StudyChecks,
)
from ftcompare.app.results.presentation.blocks import (
    Block,
    Cell,
    Column,
    Explanation,
    Figure,
    Figures,
    Paragraph,
    Table,
    Tone,
    Unit,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import (
    UNDEFINED,
    decimals,
    name,
    percent,
    points,
)
from ftcompare.app.results.presentation.paired_blocks import (
    LONG,
    SHORT,
    difference_figure,
    difference_numbers,
    first_prompts,
    mcnemar_figure,
    with_difference,
)
from ftcompare.app.results.presentation.prompt_measures import group_tables, group_words
from ftcompare.app.results.presentation.value_table import ValueColumn, ValueRow, ValueTable
from ftcompare.app.setup.asked_checks import KIND_WORDS
from ftcompare.core.minus_sign import true_minus
from ftcompare.core.plurals import counted
from ftcompare.core.prompt_check import CheckKind
from ftcompare.stats.classification import NO_LABEL, Classification
from ftcompare.stats.paired_difference import LEAST_COMPARED, PairedDifference

TITLE = "Checks of answers"
ONE_PASSES = "One passes, the other fails"
BEGIN = (
    "No prompt has a check, and none a reference answer. Give prompts “checks”, such as "
    '{"contains": "rhythm"}, or a “reference” in the prompts file.'
)
RULE = (
    "An answer passes if it passes every check of its prompt; that it does not decline is not enough. A "
    "measure is the mean over the answers to a prompt, then over prompts. Equal and contained answers are "
    "compared in lower case, without punctuation and the words a, an, and the (SQuAD's normalisation; signs "
    "within numbers and the # of C# count). F1 is of words, the best over the accepted answers."
)
OVERLAP_TITLE = "Wording shared with the reference"
OVERLAP_RULE = (
    "ROUGE-1 is F1 of the stemmed words, ROUGE-L that of their longest common subsequence; chrF is of "
    "n-grams of one to six characters, BLEU of one to four words. Each is of an answer with the accepted one "
    "that it shares most with. chrF and BLEU go from 0 to 100. ROUGE knows the letters a to z and digits "
    "alone. They see wording, not meaning: what is right in other words scores low, and one wrong word may "
    "cost little."
)
OVERLAP_SOURCE = "Lin 2004; Popović 2015; Papineni et al. 2002; rouge-score, sacrebleu"
LABELS_TITLE = "Labels named"
LABELS_RULE = (
    "An answer names a label where it stands in it as a whole word; naming none or several counts as wrong. "
    "Precision: of the answers that name a label, those that should; recall: of those that should, those "
    "that do; F1: their harmonic mean. What is not defined counts as 0. Macro is the mean over the labels "
    "that are right or named at least once, each counting the same."
)
DIFFERENCE_RULE = (
    "The difference is over prompts that both answered; its interval is Student's t over prompts. For what "
    "is passed or failed two prompts are added for it, one that differs wholly each way. Of fewer than "
    f"{LEAST_COMPARED} prompts none is given. McNemar's exact test is of the prompts that one system passes "
    "in all of its answers and the other in none."
)
OF_ALL_TOGETHER = (
    "Still blinded: these are of all systems together. Which system passes what is told after unblinding."
)
NO_TOTALS = (
    "There are no totals yet: they need at least two systems, and prompts with checks or reference "
    "answers that all systems have answered."
)
TEXTS = (1, 3)
"""The columns of the table of prompts that contain texts of prompts and answers."""
OF_100 = 100.0
"""The factor that converts chrF and BLEU to their usual scale of 0 to 100."""

LABELS: Mapping[str, str] = {
    "passed": "All checks passed",
    "exact_match": "Exact match",
    "contains_reference": "Contains the reference",
    "token_f1": "Token F1",
    "label_accuracy": "Right label",
    "rouge_1": "ROUGE-1",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF",
    "bleu": "BLEU",
    **{KIND_MEASURES[kind].id: f"Passed: {words}" for kind, words in KIND_WORDS.items()},
}
_PHRASES = "with one of a list of phrases in English, German, French, and Spanish"
KIND_RULES = {
    CheckKind.REFERENCE: "An answer agrees with the reference if it contains an accepted answer or, for one "
    "of more than 6 words, shares at least 0.35 of its wording (ROUGE-L) or what the check sets instead.",
    CheckKind.ABSTAIN: f"An answer says that it cannot be told if it says so {_PHRASES} and does not guess.",
    CheckKind.NAME_CONFLICT: f"An answer names the conflict if it says so {_PHRASES}, or contains both words "
    "in which two otherwise similar passages differ.",
}
BY_CONTEXT = "By kind of context"
CONTEXT_KINDS = (CheckKind.REFERENCE, CheckKind.ABSTAIN, CheckKind.NAME_CONFLICT)
"""The checks with a row of their own in the table by kind of context."""


@dataclass(frozen=True, slots=True)
class PairChecks:
    """The check results of a pair of systems, b compared with a, by their stored names."""

    found: StudyChecks
    a: str
    b: str

    @property
    def both(self) -> bool:
        """Whether there are prompts that both answered."""
        return any(self.a in prompt.found and self.b in prompt.found for prompt in self.found.prompts)


# --- all systems -----------------------------------------------------------------------------------


def total_blocks(found: CheckTotals) -> Iterator[Block]:
    """The blocks that may be shown while the study is blinded."""
    yield Paragraph(OF_ALL_TOGETHER, Tone.NOTE)
    if not found.by_kind and not found.means:
        yield Paragraph(NO_TOTALS)
    if found.answers:
        yield Paragraph(
            f"Of {counted(found.answers, 'answer')} to {counted(found.prompts, 'prompt')} with checks, "
            f"{found.passed:,} pass all of them ({percent(found.passed / found.answers)})."
        )
    if found.by_kind:
        rows = tuple((KIND_WORDS[kind], f"{ok:,}", f"{of:,}") for kind, (ok, of) in found.by_kind.items())
        yield Table("", (Column("Check", 2), *number_columns("Passed", "Of")), rows)
    if found.means:
        rows = tuple((LABELS[m.id], _value(m, mean), f"{n:,}") for m, (mean, n) in found.means.items())
        yield Table(TITLE, (Column("Measure", 2), *number_columns("All systems", "Prompts")), rows)


def check_blocks(found: StudyChecks) -> Iterator[Block]:
    """The blocks for all systems."""
    if not found.prompts:
        yield Paragraph(BEGIN)
        return
    yield systems_table(found)
    yield Paragraph(RULE, Tone.NOTE)
    if found.defined(OVERLAP_MEASURES):
        yield overlap_table(found)
        yield Paragraph(OVERLAP_RULE, Tone.NOTE)
    for said in _not_told(found):
        yield Paragraph(said, Tone.NOTE)
    yield from (table for table in (context_table(found), _kinds_table(found)) if table.rows)
    for system in found.systems:
        yield from label_tables(found, system)


def label_tables(found: StudyChecks, system: str) -> Iterator[Table]:
    """A system's label scores and confusion matrix; none where no prompt has a right label."""
    labels = found.labels(system)
    if labels is not None:
        yield _scores_table(system, labels)
        yield _confusion_table(system, labels)


def pair_label_tables(pair: PairChecks) -> tuple[Table, ...]:
    """The label tables of both systems of a pair, the second first."""
    return tuple(table for system in (pair.b, pair.a) for table in label_tables(pair.found, system))


def systems_table(found: StudyChecks) -> Table:
    """A table with a row for each system: how often its answers are right."""
    counts = {
        system: (
            f"{sum(1 for prompt in found.prompts if system in prompt.found):,}",
            f"{len(found.answers(system)):,}",
        )
        for system in found.systems
    }
    explanation = Explanation(TITLE, (RULE,), "", "Rajpurkar et al. 2016")
    heads = ("Prompts", "Answers")
    return _means_table("", found, found.defined(RIGHT_MEASURES), heads, counts, explanation)


def overlap_table(found: StudyChecks) -> Table:
    """A table with a row for each system: how much wording its answers share with accepted answers."""
    measures = found.defined(OVERLAP_MEASURES)
    explanation = Explanation(OVERLAP_TITLE, (OVERLAP_RULE,), "", OVERLAP_SOURCE)
    return _means_table(OVERLAP_TITLE, found, measures, (), {}, explanation)


def context_table(found: StudyChecks) -> Table:
    """The share of answers that pass, by kind of context; no rows where all prompts have the same kind."""
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (group_words(field, word), LABELS[measure.id], *(_mean_cell(own, measure, s) for s in found.systems))
        for field, word, own in found.groups()
        if field == "context_kind"
        for measure in _context_measures(own)
    )
    systems = number_columns(*((name(s, SHORT), 1.3) for s in found.systems))
    explanation = Explanation(BY_CONTEXT, (RULE, *KIND_RULES.values()))
    return Table(
        BY_CONTEXT, (Column("Kind of context", 2), Column("Measure", 2.5), *systems), rows, explanation
    )


def _context_measures(found: StudyChecks) -> tuple[CheckMeasure, ...]:
    """The checks of `CONTEXT_KINDS`, and whether all checks pass where that is not the same."""
    own = found.defined(KIND_MEASURES[kind] for kind in CONTEXT_KINDS)
    passed = [found.values(PASSED, system) for system in found.systems]
    same = any([found.values(measure, system) for system in found.systems] == passed for measure in own)
    return own if same else (*found.defined((PASSED,)), *own)


def _means_table(
    caption: str,
    found: StudyChecks,
    measures: tuple[CheckMeasure, ...],
    heads: tuple[str, ...],
    counts: Mapping[str, tuple[str, ...]],
    explanation: Explanation,
) -> Table:
    """The means of some measures by system, with the columns of ``counts`` (titles ``heads``) before them."""
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (name(s), *counts.get(s, ()), *(_mean_cell(found, measure, s) for measure in measures))
        for s in found.systems
    )
    titles = [(LABELS[measure.id], 1.3) for measure in measures]
    return Table(caption, (Column("System", 2), *number_columns(*heads, *titles)), rows, explanation)


def pair_table(pair: PairChecks) -> Table:
    """The table of systems; its last row is the pair's difference on the same prompts, where defined."""
    return _with_difference(pair, systems_table(pair.found), RIGHT_MEASURES, ("", ""))


def pair_overlap_table(pair: PairChecks) -> Table:
    """The table of shared wording with the pair's difference; measures without references have no column."""
    return _with_difference(pair, overlap_table(pair.found), OVERLAP_MEASURES, ())


def _with_difference(
    pair: PairChecks, table: Table, measures: tuple[CheckMeasure, ...], counts: tuple[str, ...]
) -> Table:
    shown = pair.found.defined(measures)
    figures = [figure for measure in shown for figure in _figures(pair, measure)]
    if not figures:
        return table
    ids = [f"checks:{measure.id}" for measure in shown]
    return with_difference(table, pair.a, pair.b, counts, ids, figures)


def _mean_cell(found: StudyChecks, measure: CheckMeasure, system: str) -> Cell:
    """The mean, with its number of prompts, since measures are defined for different prompts."""
    mean, prompts = found.mean(measure, system), len(found.values(measure, system))
    return Cell(UNDEFINED) if mean is None else Cell(_value(measure, mean), f"n = {prompts:,}")


def _value(measure: CheckMeasure, value: float) -> str:
    return decimals(OF_100 * value) if measure in OF_100_MEASURES else percent(value)


def _kinds_table(found: StudyChecks) -> Table:
    """Passed checks by kind and system."""
    counts = {system: found.by_kind(system) for system in found.systems}
    used = [kind for kind in CheckKind if any(kind in own for own in counts.values())]
    rows = tuple((KIND_WORDS[kind], *(_passed(counts[s].get(kind)) for s in found.systems)) for kind in used)
    columns = (Column("Check", 2), *number_columns(*((name(s, SHORT), 1.3) for s in found.systems)))
    return Table("Checks passed, by kind", columns, rows)


def _passed(counts: tuple[int, int] | None) -> str:
    return "–" if counts is None else f"{counts[0]:,} of {counts[1]:,}"


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


def _confusion_table(system: str, found: Classification) -> Table:
    """Right labels as rows, named labels as columns."""
    labels = [one.label for one in found.scores]
    named = [*labels, NO_LABEL]
    columns = (
        Column("Right label", 2),
        *number_columns(*(name(n, SHORT) if n else "none, several" for n in named)),
    )
    rows = tuple(
        (name(right), *(f"{found.counts.get((right, one), 0):,}" for one in named)) for right in labels
    )
    return Table(f"Labels that {name(system, LONG)} names, by the right one", columns, rows)


# --- a pair of systems -----------------------------------------------------------------------------


def pair_check_blocks(pair: PairChecks, *, texts: bool = True) -> Iterator[Block]:
    """The blocks for a pair; empty where it shares no prompts.

    Without ``texts``, only prompt ids are shown.
    """
    if not pair.both:
        return
    yield check_differences(pair)
    measure = next(iter(pair.found.measures), PASSED)
    groups = (
        (field, word, own.difference(measure, pair.a, pair.b)) for field, word, own in pair.found.groups()
    )
    yield from group_tables(LABELS[measure.id], groups, pair.a, pair.b)
    if pair.found.difference(PASSED, pair.a, pair.b) is not None:
        yield Paragraph(one_passes_sentence(pair))
    if pair.found.one_passes(pair.a, pair.b):
        yield first_prompts(passes_table(pair).written, () if texts else TEXTS)


def check_differences(pair: PairChecks) -> Figures:
    """Values of b minus values of a on the same prompts, each measure with its McNemar test."""
    title = f"{name(pair.b)} less {name(pair.a)}, same prompts"
    figures = (figure for measure in pair.found.measures for figure in _figures(pair, measure))
    return Figures("checks", title, tuple(figures))


def _figures(pair: PairChecks, measure: CheckMeasure) -> Iterator[Figure]:
    found, test = pair.found.difference(measure, pair.a, pair.b), pair.found.mcnemar(measure, pair.a, pair.b)
    if found is None:
        return
    over_100 = measure in OF_100_MEASURES
    key, label, how = f"checks:{measure.id}", LABELS[measure.id], _explanation(pair, measure, found)
    unit, scale = (Unit.SCORE_DIFFERENCE, OF_100) if over_100 else (Unit.POINTS, 1.0)
    yield difference_figure(key, label, found, how, unit, scale=scale)
    yield from mcnemar_figure(key, label, test, pair.a, pair.b, TITLE, DIFFERENCE_RULE)


def _explanation(pair: PairChecks, measure: CheckMeasure, found: PairedDifference) -> Explanation:
    b, a = (_value(measure, mean) for mean in (found.mean_b, found.mean_a))
    values = (b, a, _difference(measure, found.difference))
    numbers = difference_numbers(LABELS[measure.id], pair.a, pair.b, values, found)
    if measure in OVERLAP_MEASURES:
        return Explanation(
            OVERLAP_TITLE, (OVERLAP_RULE, DIFFERENCE_RULE), found.method, OVERLAP_SOURCE, numbers
        )
    return Explanation(TITLE, (RULE, DIFFERENCE_RULE), found.method, "Rajpurkar et al. 2016", numbers)


def _difference(measure: CheckMeasure, value: float) -> str:
    return true_minus(f"{OF_100 * value:+.2f}") if measure in OF_100_MEASURES else points(value)


def checks_sentence(pair: PairChecks) -> str:
    """How to begin; or on how many prompts only one system passes, and what was not checked."""
    if not pair.found.prompts:
        return BEGIN
    said = [one_passes_sentence(pair)] if PASSED in pair.found.measures else []
    return "\n".join((*said, *_not_told(pair.found)))


def _not_told(found: StudyChecks) -> Iterator[str]:
    """What could not be checked, and why."""
    for why, count in found.not_told.items():
        yield f"Not checked in {counted(count, 'answer')}: {why}."


def one_passes_sentence(pair: PairChecks) -> str:
    """On how many prompts one system passes and the other fails, for each direction."""
    listed = pair.found.one_passes(pair.a, pair.b)
    if not listed:
        return "On no prompt does one of the two pass all checks and the other not."
    of_b = sum(1 for prompt in listed if prompt.value(PASSED, pair.b))
    return (
        f"On {counted(of_b, 'prompt')} {name(pair.b, LONG)} passes and {name(pair.a, LONG)} fails; on "
        f"{len(listed) - of_b:,} it is the other way round."
    )


def passes_table(pair: PairChecks) -> ValueTable:
    """The prompts that one system passes and the other fails. Row keys are prompt ids."""
    columns = (
        ValueColumn("Id", share=1.2, shown=False),
        ValueColumn("Prompt", share=3.0, length=160),
        ValueColumn("Passed by", share=1.4),
        ValueColumn("What the other fails", share=3.0, length=160),
    )
    rows = tuple(_passes_row(pair, prompt) for prompt in pair.found.one_passes(pair.a, pair.b))
    return ValueTable(ONE_PASSES, columns, rows, Explanation(ONE_PASSES, (RULE,)))


def _passes_row(pair: PairChecks, prompt: CheckedPrompt) -> ValueRow:
    passing, failing = (pair.b, pair.a) if prompt.value(PASSED, pair.b) else (pair.a, pair.b)
    why = "; ".join(dict.fromkeys(one for answer in prompt.found[failing] for one in answer.why))
    values = (prompt.key, " ".join(prompt.text.split()) or prompt.key, name(passing, SHORT), why)
    return ValueRow(prompt.id, values, prompt.text, prompt.key)
