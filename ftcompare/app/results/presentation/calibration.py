"""Calibration of systems' confidence, as blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftcompare.app.results.answer_confidence import CorrectBy, StudyCalibration
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.chart_data import (
    ReliabilityDiagram,
    ReliabilityPanel,
    ReliabilityPoint,
)
from ftcompare.app.results.presentation.number_format import (
    UNDEFINED,
    decimals,
    interval_words,
    name,
    percent,
    range_words,
)
from ftcompare.app.results.presentation.paired_blocks import difference_figure
from ftcompare.core.minus_sign import true_minus
from ftcompare.core.plurals import counted
from ftcompare.stats.calibration import BINS, LEAST_BINNED, Calibration, CalibrationBin
from ftcompare.stats.paired_difference import LEAST_COMPARED
from ftcompare.stats.win_rate import wilson

TITLE = "Confidence and correctness"
BEGIN_SCORES = (
    "Whether a system's confidence says how often it is correct is found where its answers are scored: run "
    "“ftcompare score STUDY”."
)
BEGIN_REFERENCES = (
    "Whether a system's confidence says how often it is correct takes reference answers: give prompts a "
    "“reference”, the answer that is accepted, in the file they are read from; and scores of the answers, by "
    "“ftcompare score STUDY”."
)
BEGIN_CHECKS = (
    "Whether a system's confidence says how often its answers pass takes checks: give prompts “checks” in "
    "the file they are read from; and scores of the answers, by “ftcompare score STUDY”."
)
CORRECT = {
    CorrectBy.HOLDS: "the words of a reference answer of the prompt stand in it, one after the other",
    CorrectBy.EQUALS: "it is a reference answer of the prompt",
}
_CONFIDENCE = (
    "Confidence is the mean probability of the answer's tokens under the system that wrote it, at "
    "temperature 1."
)
RULES = {
    **{
        by: (
            f"{_CONFIDENCE} An answer counts as correct where {words}, both in lower case, without "
            "punctuation and the words a, an and the. That is a check of words: an answer that says the same "
            "otherwise counts as wrong."
        )
        for by, words in CORRECT.items()
    },
    CorrectBy.CHECKS: (
        f"{_CONFIDENCE} An answer counts as correct where it passes every check of its prompt that can be "
        "told. Checks see letters, not meaning."
    ),
}
ERROR_RULE = (
    f"Calibration error (ECE): answers sorted by confidence into {BINS} bins of as many answers each; "
    "Σ bins answers / all answers · |share correct − mean confidence|. Beside it stands about what chance "
    f"alone gives with so many answers to a system whose confidence is right. Of fewer than {LEAST_BINNED} "
    "answers none is given."
)
BRIER_RULE = (
    "Brier score: the mean of (confidence − correct)², correct 1 or 0; lower is better, .25 is that of "
    f"always saying 50%. The difference is over prompts that both answered, {LEAST_COMPARED} or more "
    "for an interval: Student's t over prompts and two more, one that differs by 1 each way."
)
LONG, SHORT = 40, 17
"""Number of characters of a name in a sentence, and in a row title."""
SOURCE = "Naeini et al. 2015; Nguyen & O'Connor 2015; Brier 1950"


def calibration_explanation(found: StudyCalibration, *numbers: str, method: str = "") -> blocks.Explanation:
    """How all calibration figures are computed."""
    return blocks.Explanation(TITLE, (RULES[found.by], ERROR_RULE, BRIER_RULE), method, SOURCE, numbers)


def lacking_words(found: StudyCalibration) -> str:
    """How to compute the figures; empty where there are some."""
    if found.systems:
        return ""
    by_checks = found.by is CorrectBy.CHECKS
    if not (found.checked if by_checks else found.references):
        return BEGIN_CHECKS if by_checks else BEGIN_REFERENCES
    if not found.scored:
        return BEGIN_SCORES
    what = "whose checks can be told" if by_checks else "with a reference answer"
    return f"No answer that is scored by its own system is to a prompt {what}."


def calibration_table(found: StudyCalibration) -> blocks.Table:
    """A table with a row for each system."""
    columns = (
        blocks.Column("System", 2),
        *blocks.number_columns(
            "Answers", "Confidence", "Correct", ("ECE", 0.8), ("by chance", 0.9), ("Brier", 0.8)
        ),
    )
    rows = tuple(
        (
            name(system),
            f"{one.answers:,}",
            percent(one.confidence),
            percent(one.correct),
            decimals(one.error),
            decimals(one.error_by_chance),
            brier_words(one.brier),
        )
        for system, one in found.systems.items()
    )
    return blocks.Table("", columns, rows, calibration_explanation(found))


def pair_calibration_table(found: StudyCalibration, a: str, b: str) -> blocks.Table:
    """The same table, with the difference of the pair's Brier scores as last row where it is defined."""
    table, figures = calibration_table(found), brier_figures(found, a, b).figures
    if not figures:
        return table
    (figure,) = figures
    title, answers = f"{name(b, SHORT)} less {name(a, SHORT)}", blocks.Cell(figure.n, figure.note)
    row = (title, answers, "", "", "", "", blocks.Cell(brier_words(figure.value), interval_words(figure)))
    return replace(table, rows=(*table.rows, row), explanation=figure.explanation)


def brier_words(value: float | None) -> str:
    """A Brier score, or a difference of two, with three decimals."""
    return UNDEFINED if value is None else true_minus(f"{value:.3f}")


def calibration_sentence(found: StudyCalibration, system: str) -> str:
    """Whether a system is more confident than correct; empty where it has no figures."""
    one = found.systems.get(system)
    if one is None:
        return ""
    told = f"{name(system, LONG)}: confidence {percent(one.confidence)}, correct {percent(one.correct)}"
    if one.error is None or one.error_by_chance is None:
        return f"{told}; a calibration error takes {LEAST_BINNED} answers, here are {one.answers:,}."
    chance = f"calibration error {decimals(one.error)}, about {decimals(one.error_by_chance)} by chance alone"
    return f"{told}; {chance}."


def brier_figures(found: StudyCalibration, a: str, b: str) -> blocks.Figures:
    """Brier score of b minus that of a on the same prompts; empty where they share none."""
    one = found.brier_difference(a, b)
    if one is None:
        return blocks.Figures("calibration", "", ())
    numbers = (
        f"{name(b)} {one.mean_b:.3f} − {name(a)} {one.mean_a:.3f} on {counted(one.prompts, 'prompt')}; of "
        "several answers to a prompt the mean counts."
    )
    label = f"Brier score, {name(b)} less {name(a)}"
    how = calibration_explanation(found, numbers, method=one.method)
    figure = difference_figure("brier_difference", label, one, how, blocks.Unit.SCORE_DIFFERENCE)
    return blocks.Figures("calibration", "", (figure,))


def reliability_picture(found: StudyCalibration, a: str, b: str) -> blocks.Picture | None:
    """The reliability diagrams of two systems; None where neither has enough answers."""
    both = ((system, found.systems.get(system)) for system in (b, a))
    panels = tuple(_panel(system, one) for system, one in both if one is not None and one.bins)
    caption = (
        "Each point is a tenth of the answers, by confidence, with the 95% interval of its share correct "
        "(Wilson). On the dashed line a system is right as often as it is sure."
    )
    if not panels:
        return None
    return blocks.Picture(ReliabilityDiagram(panels), caption, "Reliability", calibration_explanation(found))


def _panel(system: str, found: Calibration) -> ReliabilityPanel:
    sizes = sorted({one.answers for one in found.bins})
    each = "–".join(f"{size:,}" for size in sizes)
    points = tuple(
        ReliabilityPoint(
            one.confidence, one.correct, *wilson(one.correct * one.answers, one.answers), one.answers
        )
        for one in found.bins
    )
    return ReliabilityPanel(name(system), points, f"n = {found.answers:,}, {each} in each point")


def bins_table(found: StudyCalibration, system: str) -> blocks.Table:
    """A table with a row for each bin of a system; no rows where it has too few answers."""
    one = found.systems.get(system)
    columns = blocks.number_columns(
        ("Confidence from–to", 1.4), "Mean", "Correct", ("95% interval", 1.2), "Answers"
    )
    rows = tuple(_bin_row(part) for part in (one.bins if one else ()))
    return blocks.Table(f"{name(system)}: answers by confidence", columns, rows)


def _bin_row(found: CalibrationBin) -> tuple[str, ...]:
    low, high = wilson(found.correct * found.answers, found.answers)
    return (
        range_words(found.low, found.high),
        percent(found.confidence),
        percent(found.correct),
        range_words(low, high),
        f"{found.answers:,}",
    )


# --- as report and command line tell it ------------------------------------------------------------


def calibration_blocks(found: StudyCalibration) -> Iterator[blocks.Block]:
    """The blocks for all systems, or how to compute the figures."""
    lacking = lacking_words(found)
    if lacking:
        yield blocks.Paragraph(lacking)
        return
    yield calibration_table(found)
    yield blocks.Paragraph(f"{RULES[found.by]} {ERROR_RULE} {BRIER_RULE}", blocks.Tone.NOTE)


def pair_calibration_blocks(found: StudyCalibration, a: str, b: str) -> Iterator[blocks.Block]:
    """The blocks for a pair: sentences, the diagram with its counts, the difference of Brier scores."""
    for system in (b, a):
        if sentence := calibration_sentence(found, system):
            yield blocks.Paragraph(sentence)
    if (picture := reliability_picture(found, a, b)) is not None:
        yield picture
    figures = brier_figures(found, a, b)
    if figures.figures:
        yield figures
    for system in (b, a):
        table = bins_table(found, system)
        if table.rows:
            yield table
