"""The most likely label of a prompt under a system: multiple choice by log-likelihood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ftcompare.app.generate.scoring import LabelScoringRun, choices, right_label
from ftcompare.app.measures import kind
from ftcompare.app.measures.blocks import (
    DIFFERENCE_RULE,
    MCNEMAR_RULE,
    confusion_table,
    pair_answer_blocks,
    systems_table,
)
from ftcompare.app.measures.document import measured_document
from ftcompare.app.measures.measure import Measure, MeasuredStudy, SharedTexts
from ftcompare.app.measures.runs import MeasureRun, RunLeft, utc_now
from ftcompare.app.results.presentation.blocks import Block, Paragraph, Section, Table, Tone
from ftcompare.app.results.presentation.number_format import name, percent
from ftcompare.app.results.presentation.paired_blocks import LONG
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, counted, sentences, tr, trn
from ftcompare.core.study import PromptId, SystemId
from ftcompare.stats.correctness import NO_LABEL, Classification, classification
from ftcompare.store.study.study_file import StudyFile

TITLE = N_("Multiple choice")
GROUP = kind.MeasureGroup("labels", TITLE, 2, "ftcompare measures labels STUDY")
RULE = N_(
    "The engine scores the text of every label of a prompt as if it were the answer. The score is the "
    "sum of its tokens' log-probabilities, or that sum divided by the label's characters. A prompt is "
    "right if its correct label has the highest score; a tie is wrong. In a conversation, the labels "
    "are scored in the last turn, after each system's own answers to the earlier turns."
)
SOURCE = "Gao et al. 2024, lm-evaluation-harness (acc, acc_norm)"
LIMITS = N_(
    "This shows which label a system considers most probable, not what it writes. A system that would "
    "never answer with only a label is measured anyway. The end of a label is not scored, which favors "
    "a label that begins another. “Right label” of the checks measures what systems wrote."
)
TEXTS = SharedTexts("labels", TITLE, DIFFERENCE_RULE, (LIMITS,), MCNEMAR_RULE)
BEGIN = N_(
    "No prompt has answers to choose from. In the prompts file, list them in the field “labels”, and give "
    "the correct one in “reference”. Then click “Score the labels” on Results → Automatic."
)
NOT_SCORED = N_("No labels are scored yet. Click “Score the labels” on Results → Automatic.")
MOST_LABELS = 12
"""Maximum number of labels in a confusion matrix; with more, such as one per prompt, it is not useful."""


@dataclass(frozen=True, slots=True)
class LikeliestLabel:
    right: str  # the right label
    likeliest: str  # the most likely label, `NO_LABEL` where two are equally likely
    per_character: str  # the same by log-probability per character

    def __str__(self) -> str:
        return self.likeliest or tr("several")


def likeliest(labels: Sequence[str], logprobs: Sequence[float], *, per_character: bool) -> str:
    """The label with the highest log-probability, per character if asked; empty where two are equal."""
    lengths = [len(label) if per_character else 1 for label in labels]
    scores = [one / length for one, length in zip(logprobs, lengths, strict=True)]
    best = [label for label, score in zip(labels, scores, strict=True) if score == max(scores)]
    return best[0] if len(best) == 1 else NO_LABEL


def _right(key: str, label: str, named: Callable[[LikeliestLabel], str]) -> Measure[LikeliestLabel]:
    return Measure[LikeliestLabel](
        key, label, lambda one: float(named(one) == one.right), rules=(RULE,), source=SOURCE, whole=True
    )


ACCURACY = _right("accuracy", N_("Most probable label right"), lambda choice: choice.likeliest)
PER_CHARACTER = _right(
    "accuracy_per_character",
    N_("Most probable label right, per character"),
    lambda choice: choice.per_character,
)
LABEL_MEASURES = (ACCURACY, PER_CHARACTER)


@dataclass(frozen=True, slots=True)
class StudyLabels(MeasuredStudy[LikeliestLabel]):
    texts: SharedTexts = TEXTS
    measures: tuple[Measure[LikeliestLabel], ...] = LABEL_MEASURES
    choices: int = 0  # number of prompts that are multiple choice
    # number of these that are conversations without scores under any system: an answer to their earlier turns
    # is missing, or the run has not been made
    waiting: int = 0

    def classification(self, measure: Measure[LikeliestLabel], system: str) -> Classification | None:
        """The right labels compared with the most likely ones; None without any."""
        per_character = measure is PER_CHARACTER
        return classification(
            (one.right, one.per_character if per_character else one.likeliest)
            for one in self.evidence(system)
        )


@kept_until_changed
def study_labels(study: StudyFile, _progress: ProgressCallback = ignore_progress) -> StudyLabels:
    """The most likely labels of the prompts that `LabelScoringRun` scored. Raises ``still-blinded``."""
    study.settings.read().disclosure.require(Subject.LIKELIHOOD, where=study.path.name)
    kind.require_measures_told(study)
    scores: defaultdict[PromptId, dict[SystemId, tuple[float, ...]]] = defaultdict(dict)
    for one in study.label_scores.all():
        scores[one.prompt][one.system] = one.logprobs
    every = choices(study)
    evidence = {
        prompt.id: {
            system: LikeliestLabel(
                right_label(prompt.spec),
                likeliest(prompt.spec.labels, logprobs, per_character=False),
                likeliest(prompt.spec.labels, logprobs, per_character=True),
            )
            for system, logprobs in scores.get(prompt.id, {}).items()
        }
        for prompt in every
    }
    return StudyLabels.of(
        study,
        evidence,
        choices=len(every),
        waiting=sum(1 for prompt in every if prompt.spec.later_turns and prompt.id not in scores),
    ).measured


def scored_choices(study: StudyFile) -> int:
    """Number of prompts with scored labels under some system; it reveals nothing about a single system."""
    return len({prompt for prompt, _ in study.label_scores.scored()})


def labels_json(results: StudyLabels) -> dict[str, Json]:
    """The JSON form after unblinding: the measures, and each system's confusion counts."""
    return {
        "blinded": False,
        "choices": results.choices,
        "conversations_waiting": results.waiting,
        **measured_document(results),
        "confusion": [
            {
                "system": system,
                "measure": measure.id,
                "macro_f1": one.macro_f1,
                "counts": [
                    {"right": right, "likeliest": label or None, "prompts": count}
                    for (right, label), count in sorted(one.counts.items())
                ],
            }
            for system in results.systems
            for measure in LABEL_MEASURES
            if (one := results.classification(measure, system)) is not None
        ],
    }


def label_blocks(results: StudyLabels) -> Iterator[Block]:
    if not results.prompts:
        yield Paragraph(GROUP.with_command(tr(NOT_SCORED if results.choices else BEGIN)))
        return
    yield systems_table(results, RULE)
    if results.waiting:
        yield Paragraph(waiting_words(results.waiting))
    yield Paragraph(tr(RULE), Tone.NOTE)
    yield Paragraph(tr(LIMITS), Tone.NOTE)
    yield from confusion_tables(results)


def waiting_words(waiting: int) -> str:
    return trn(
        "{number} (conversation has|conversations have) been left out: (its|their) labels are scored after "
        "each system's own answers to the earlier turns. Generate these with every system, then score the "
        "labels again.",
        waiting,
    )


def confusion_tables(results: StudyLabels) -> Iterator[Table]:
    """A confusion matrix of each system (rows: right labels, columns: most likely); only with few labels."""
    for system in results.systems:
        one = results.classification(ACCURACY, system)
        if one is not None and len(one.scores) <= MOST_LABELS:
            caption = tr(
                "Most probable labels of {system}, by the correct label: macro F1 {f1} of {prompts}",
                name(system, LONG),
                percent(one.macro_f1),
                counted(one.answers, "prompt"),
            )
            yield confusion_table(caption, one, tr("several"), always=False)


def _details(study: StudyFile, progress: ProgressCallback) -> tuple[Section, ...]:
    found = study_labels(study, progress)
    left_out = (Paragraph(waiting_words(found.waiting)),) if found.waiting and found.prompts else ()
    blocks = (*left_out, *confusion_tables(found))
    return (Section("labels", tr(TITLE), blocks),) if blocks else ()


def label_totals(study: StudyFile, _progress: ProgressCallback = ignore_progress) -> tuple[int, str]:
    """`scored_choices`, and why there is nothing else while the study is blinded."""
    withheld = study.settings.read().disclosure.withheld(Subject.LIKELIHOOD)
    return scored_choices(study), tr(withheld.text) if withheld else ""


def total_blocks(totals: tuple[int, str]) -> Iterator[Block]:
    scored, why = totals
    text = trn("The labels of {number} (prompt|prompts) are scored.", scored)
    yield Paragraph(sentences(text, why))


def totals_json(totals: tuple[int, str]) -> Mapping[str, Json]:
    return {"blinded": True, "prompts_scored": totals[0]}


def _rows(study: StudyFile, progress: ProgressCallback) -> tuple[kind.MeasureRow, ...]:
    """The rows; their explanations begin with what is left out."""
    found = study_labels(study, progress)
    rules = (*([waiting_words(found.waiting)] if found.waiting else []), RULE)
    measures = tuple(replace(measure, rules=rules) for measure in found.measures)
    return kind.measured_rows(GROUP, replace(found, measures=measures))


def _left(study: StudyFile) -> RunLeft:
    try:
        run = LabelScoringRun(study, clock=utc_now)
    except UserError as error:
        return RunLeft(0, error.what)
    total = run.progress.total
    if not total:
        return RunLeft(0, f"{tr(run.nothing_left)}.")
    return RunLeft(total, trn("{number} (prompt|prompts) to score", total))


SCORE_LABELS = MeasureRun(
    key="score-labels",
    title=N_("Score the labels"),
    does=N_("Each model computes the probability of every label of a prompt."),
    left=_left,
    engine=lambda study, _answers, backend: LabelScoringRun(study, clock=utc_now, backend=backend),
)

RESULTS = kind.KindResults[StudyLabels](
    "labels",
    TITLE,
    study_labels,
    label_blocks,
    pair_answer_blocks,
    labels_json,
    kind.PooledTotals(label_totals, total_blocks, totals_json),
)
KIND = kind.MeasureKind(
    GROUP,
    BEGIN,
    _rows,
    keys=kind.all_keys(TEXTS, LABEL_MEASURES),
    details=_details,
    waits=lambda study: tr(NOT_SCORED) if choices(study) else "",
    done=lambda study: scored_choices(study) > 0,
    runs=(SCORE_LABELS,),
    results=RESULTS,
)
"""While a study is blinded nothing is shown, not even pooled over systems: the figures are likelihoods."""
