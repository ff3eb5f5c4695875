"""Sections on automatic measures: a table for all systems, then the pairs."""

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
    """All automatic measures of all systems; None where nothing was measured."""
    return matrix_section(data.measures)


def consistency_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Consistency of repeated answers; None where no prompt has several answers."""
    found = data.consistency
    if not found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return consistency.pair_consistency_blocks(PairConsistency(found, a, b), texts=data.texts)

    blocks = _with_pairs(consistency.consistency_blocks(found), pairs, of_pair)
    return Section("consistency", consistency.TITLE, blocks)


def calibration_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Calibration; None without scores and without references or checks."""
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
    """Results of the prompts' checks; None where no prompt has checks or reference answers."""
    found = data.prompt_checks
    if not found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return checks.pair_check_blocks(PairChecks(found, a, b), texts=data.texts)

    return Section("checks", checks.TITLE, _with_pairs(checks.check_blocks(found), pairs, of_pair))


def labels_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Most likely labels; None where none were scored."""
    found = data.labels
    if not found.found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return label_likelihood.pair_label_blocks(found, a, b, texts=data.texts)

    blocks = _with_pairs(label_likelihood.label_blocks(found), pairs, of_pair)
    return Section("labels", label_likelihood.WORDS.title, blocks)


def code_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Results of code tests; None where no code was run."""
    found = data.code
    if not found.found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return code_tests.pair_code_blocks(found, a, b, texts=data.texts)

    return Section("code", code_tests.WORDS.title, _with_pairs(code_tests.code_blocks(found), pairs, of_pair))


def safety_section(data: ReportData, pairs: Pairs) -> Section | None:
    """Refusals of unsafe and harmless requests; None where no prompt expects either."""
    found = data.safety
    if not found.prompts:
        return None

    def of_pair(a: str, b: str) -> Iterator[Block]:
        return safety.pair_safety_blocks(PairSafety(found, a, b), texts=data.texts)

    return Section("safety", safety.TITLE, _with_pairs(safety.safety_blocks(found), pairs, of_pair))


def retention_section(data: ReportData) -> Section | None:
    """Cost of fine-tuning in benchmark tasks; None where no system did any."""
    found = data.retention
    if not found.measures:
        return None
    blocks = list(retention.retention_blocks(found))
    for before, after in found.pairs():
        own = tuple(retention.pair_retention_blocks(found, before, after, texts=data.texts))
        blocks += [Subheading(retention.pair_title(before, after)), *own] if own else []
    return Section("retention", retention.TITLE, tuple(blocks))


def judges_section(data: ReportData) -> Section | None:
    """Program judges compared with people; None where none has judged."""
    found = data.judges
    return Section("judges", judges.TITLE, tuple(judges.judges_blocks(found))) if found.judges else None


def powered_rate_section(data: ReportData) -> Section | None:
    """People's win rate corrected with a program's judgments; None where none has judged."""
    return next(iter(prediction_powered.powered_section(data.powered)), None)


def _with_pairs(
    of_all: Iterable[Block], pairs: Pairs, of_pair: Callable[[str, str], Iterable[Block]]
) -> tuple[Block, ...]:
    """The blocks for all systems, then those that ``of_pair`` makes for each pair a, b."""
    of_pairs = by_pair(pairs.answers, lambda told: of_pair(told.stored.a, told.stored.b))
    return (*of_all, *pairs.note, *of_pairs)
