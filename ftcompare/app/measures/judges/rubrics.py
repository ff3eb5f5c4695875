"""Versions of a judge's rubric compared with people's votes, on two halves of the prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ftcompare.app.judges.judging_plan import prompt_halves
from ftcompare.app.measures.judges.judge_figures import DifferingPair, StudyJudges, differing_pairs, rate_cell
from ftcompare.app.measures.judges.judge_json import DIFFERING, rate_json
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.results.study_results import votes
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.hashing import Json
from ftcompare.core.judge import JudgeKind, JudgeSpec, RubricHalf
from ftcompare.core.language import N_, tr, trn
from ftcompare.core.study import PromptId
from ftcompare.stats.judge_agreement import AutomaticRater, automatic_raters
from ftcompare.stats.vote_table import tabulate
from ftcompare.store.study.study_file import StudyFile

TITLE = N_("Rubrics compared with people's votes")
RULE = N_(
    "Versions of a rubric are judges that differ in nothing but their name and rubric. The digest of a "
    "prompt decides which half it is in, before anything is judged. Improve the rubric on one half, and "
    "judge the held-out half once, with the final rubric. Agreement is the share of pairs on which a judge "
    "gives the verdict of the human majority, with ties counted as verdicts."
)
NOT_HELD_OUT = N_(
    "{number} versions judged pairs of the held-out half. If you chose a version by these figures, they are "
    "too high."
)
SHOWN = 12  # characters of a digest


@dataclass(frozen=True, slots=True)
class RubricVersion:
    judge: str  # name of the judge
    rubric: str  # digest of its rubric
    by_half: Mapping[RubricHalf, AutomaticRater | None]  # None without votes
    differing: tuple[DifferingPair, ...]  # of the half for improving; empty while withheld


@dataclass(frozen=True, slots=True)
class RubricTrial:
    """The versions of one rubric, in the order in which they were added."""

    versions: tuple[RubricVersion, ...]

    @property
    def held_out(self) -> int:
        """Number of versions that judged pairs of the held-out half."""
        return sum(one.by_half[RubricHalf.HELD_OUT] is not None for one in self.versions)

    def to_json(self) -> dict[str, Json]:
        return {"held_out_versions": self.held_out, "versions": [_version_json(one) for one in self.versions]}


def _version_json(version: RubricVersion) -> dict[str, Json]:
    halves = {half.value: rate_json(one.agreement if one else None) for half, one in version.by_half.items()}
    rows = [{key: getattr(one, field) for key, field in DIFFERING.items()} for one in version.differing]
    return {"judge": version.judge, "rubric": version.rubric, "agreement": halves, "differing": [*rows]}


def rubric_trials(study: StudyFile, judges: StudyJudges) -> tuple[RubricTrial, ...]:
    """Return the rubrics with several versions, and those that judged one half alone."""
    table, halves = tabulate(votes(study, juries=True)), prompt_halves(study)
    raters: dict[RubricHalf, dict[str, AutomaticRater]] = {}
    for half in RubricHalf:
        own = np.array([halves[PromptId(int(one))] is half for one in table.prompts], dtype=np.bool_)
        found = automatic_raters(table.at(own[table.prompt])) if own.any() else ()
        raters[half] = {one.name: one for one in found}
    families: dict[JudgeSpec, list[RubricVersion]] = {}
    for figures in judges.judges:
        spec = figures.totals.judge.spec if figures.totals else None
        if spec is None or spec.kind not in (JudgeKind.MODEL, JudgeKind.SERVED):
            continue
        by_half = {half: raters[half].get(spec.name) for half in RubricHalf}
        known = (one for one in figures.differing if halves[one.prompt] is RubricHalf.IMPROVING)
        version = RubricVersion(spec.name, spec.rubric_digest, by_half, tuple(known))
        families.setdefault(replace(spec, name="", rubric=""), []).append(version)
    return tuple(RubricTrial(tuple(own)) for own in families.values() if _tried(own))


def _tried(versions: Sequence[RubricVersion]) -> bool:
    judged = [{half for half, one in version.by_half.items() if one} for version in versions]
    return any(judged) and (len(versions) > 1 or len(judged[0]) == 1)


def rubric_section(trials: Sequence[RubricTrial]) -> tuple[blocks.Section, ...]:
    return (blocks.Section("rubrics", tr(TITLE), tuple(rubric_blocks(trials))),) if trials else ()


def rubric_blocks(trials: Sequence[RubricTrial], *, listed: bool = False) -> Iterator[blocks.Block]:
    """The blocks of all rubrics; ``listed`` lists the pairs that differ, for output without links."""
    if not trials:
        yield blocks.Paragraph(
            tr("No rubric has several versions, or was judged on one half of the prompts.")
        )
    for trial in trials:
        yield _table(trial)
        if trial.held_out > 1:
            yield blocks.Paragraph(tr(NOT_HELD_OUT, number=trial.held_out), blocks.Tone.WARNING)
        for version in trial.versions:
            yield from _differing(version, listed=listed)
    if trials:
        yield blocks.Paragraph(tr(RULE), blocks.Tone.NOTE)


def _table(trial: RubricTrial) -> blocks.Table:
    rows: tuple[tuple[str | blocks.Cell, ...], ...] = tuple(
        (name(one.judge), one.rubric[:SHOWN], *(_cell(found) for found in one.by_half.values()))
        for one in trial.versions
    )
    heads = blocks.number_columns(
        (tr("Agreement, half for improving"), 1.6), (tr("Agreement, held-out half"), 1.6)
    )
    columns = (blocks.Column(tr("Judge"), 1.6), blocks.Column(tr("Rubric"), 1.2), *heads)
    return blocks.Table("", columns, rows, blocks.Explanation(tr(TITLE), (tr(RULE),)))


def _cell(rater: AutomaticRater | None) -> blocks.Cell:
    return rate_cell(rater.agreement if rater else None)


def _differing(version: RubricVersion, *, listed: bool) -> Iterator[blocks.Block]:
    if not version.differing:
        return
    pairs = frozenset((pair.prompt, tuple(sorted((pair.judge, pair.people)))) for pair in version.differing)
    text = trn(
        "{judge}: on {number} (pair|pairs) of the half for improving, it prefers the answer that most people "
        "do not.",
        len(version.differing),
        judge=name(version.judge),
    )
    part = Part(Dimension.DIFFERING, version.judge, pairs=pairs)
    yield blocks.Paragraph(text, judged=part, link=tr("Show them"))
    if listed:
        yield from differing_pairs(version.differing)
