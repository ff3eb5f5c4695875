"""The sections of a report on automatic measures of the answers: a table for each, then pairs of systems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ftcompare.app.report.report_data import ReportData
from ftcompare.app.results.answer_confidence import CorrectBy, StudyCalibration
from ftcompare.app.results.presentation import (
    calibration,
    checks,
    code_tests,
    consistency,
    judges,
    label_likelihood,
    prediction_powered,
    retention,
    safety,
)
from ftcompare.app.results.presentation.blocks import Block, Section, Subheading
from ftcompare.app.results.presentation.checks import PairChecks
from ftcompare.app.results.presentation.consistency import PairConsistency
from ftcompare.app.results.presentation.matrix import matrix_section
from ftcompare.app.results.presentation.pairs import Pairs, by_pair
from ftcompare.app.results.presentation.safety import PairSafety


def measures_section(data: ReportData) -> Section | None:
    """Every automatic measure of every system; None where nothing has been measured."""
    return matrix_section(data.measures)


def consistency_section(data: ReportData, pairs: Pairs) -> Section | None:
    """How far each system gives the same answer each time; None where no prompt has several answers."""
    found = data.consistency
    if not found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return consistency.pair_consistency_blocks(PairConsistency(found, a, b), texts=data.texts)

    blocks = _with_pairs(consistency.consistency_blocks(found), pairs, of_pair)
    return Section("consistency", consistency.TITLE, blocks)


def calibration_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Whether confidence says how often answers are right; None without scores, references and checks."""
    ways = [found for found in (data.calibration, data.calibration_by_checks) if found.systems]
    blocks = [block for found in ways for block in _calibration_blocks(found, pairs)]
    return Section("calibration", calibration.TITLE, tuple(blocks)) if blocks else None


def _calibration_blocks(found: StudyCalibration, pairs: Pairs) -> Iterator[Block]:
    if found.by is CorrectBy.CHECKS:
        yield Subheading("Correct by the checks of the prompts")
    yield from _with_pairs(
        calibration.calibration_blocks(found),
        pairs,
        lambda a, b: calibration.pair_calibration_blocks(found, a, b),
    )


def checks_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Which answers pass the checks of their prompts; None where no prompt has any, or a reference answer."""
    found = data.prompt_checks
    if not found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return checks.pair_check_blocks(PairChecks(found, a, b), texts=data.texts)

    return Section("checks", checks.TITLE, _with_pairs(checks.check_blocks(found), pairs, of_pair))


def labels_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Which labels systems find likeliest; None where none were scored."""
    found = data.labels
    if not found.found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return label_likelihood.pair_label_blocks(found, a, b, texts=data.texts)

    blocks = _with_pairs(label_likelihood.label_blocks(found), pairs, of_pair)
    return Section("labels", label_likelihood.WORDS.title, blocks)


def code_section(data: ReportData, pairs: Pairs) -> Section | None:
    """How often code passes its tests; None where none was run."""
    found = data.code
    if not found.found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return code_tests.pair_code_blocks(found, a, b, texts=data.texts)

    return Section("code", code_tests.WORDS.title, _with_pairs(code_tests.code_blocks(found), pairs, of_pair))


def safety_section(data: ReportData, pairs: Pairs) -> Section | None:
    """How often systems decline what they should, and what is harmless; None where no prompt says what."""
    found = data.safety
    if not found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return safety.pair_safety_blocks(PairSafety(found, a, b), texts=data.texts)

    return Section("safety", safety.TITLE, _with_pairs(safety.safety_blocks(found), pairs, of_pair))


def retention_section(data: ReportData) -> Section | None:
    """What fine-tuning cost on tasks of benchmarks; None where no system did any."""
    found = data.retention
    if not found.measures:
        return None
    blocks = list(retention.retention_blocks(found))
    for before, after in found.pairs():
        own = tuple(retention.pair_retention_blocks(found, before, after, texts=data.texts))
        blocks += [Subheading(retention.pair_title(before, after)), *own] if own else []
    return Section("retention", retention.TITLE, tuple(blocks))


def judges_section(data: ReportData) -> Section | None:
    """How judges that are programs compare with people; None where none has judged."""
    found = data.judges
    return Section("judges", judges.TITLE, tuple(judges.judges_blocks(found))) if found.judges else None


def powered_rate_section(data: ReportData) -> Section | None:
    """People's win rate with a program's further judgments; None where none has judged."""
    return next(iter(prediction_powered.powered_section(data.powered)), None)


def _with_pairs(
    of_all: Iterable[Block], pairs: Pairs, of_pair: Callable[[str, str], Iterable[Block]]
) -> tuple[Block, ...]:
    """The blocks of all systems, then those of each two systems a and b, which ``of_pair`` makes."""
    of_pairs = by_pair(pairs.answers, lambda told: of_pair(told.stored.a, told.stored.b))
    return (*of_all, *pairs.note, *of_pairs)
