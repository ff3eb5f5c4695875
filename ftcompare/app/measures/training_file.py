"""How much of the answers repeats a training file that was searched for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ftcompare.app.generate.training_repeats import TrainingRepeats, kept_repeats
from ftcompare.app.measures import kind
from ftcompare.app.measures import measure as measuring
from ftcompare.app.measures.blocks import DIFFERENCE_RULE, MCNEMAR_RULE, pair_answer_blocks, systems_table
from ftcompare.app.measures.document import measured_document
from ftcompare.app.measures.measure import Measure, MeasuredStudy, SharedTexts
from ftcompare.app.results.presentation import blocks
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.language import N_, tr
from ftcompare.store.study.study_file import StudyFile

TITLE = N_("Repeated training data")
GROUP = kind.MeasureGroup("training", TITLE, 12, "ftcompare prompts leakage STUDY TRAINING_FILE --keep")
RULE = N_(
    "A passage repeats the training file if one example has the same words in the same order, without a gap. "
    "It has 8 or more words. Words are compared in lower case, without "
    "punctuation. Words of the answer's own prompt do not count. Answers with fewer words have no value. A "
    "value is the mean over the answers to a prompt, and the figure is the mean over prompts."
)
COPIED_RULE = N_("An answer is copied if a text of an example equals it, contains it, or is 90% alike.")
LIMITS = N_(
    "A repeated passage may be memorized, or it may be how anybody would write it. Compare unseen prompts "
    "with trained ones, and the fine-tune with its base, which was not trained on the file. A fact that was "
    "learned and is written in other words is not found."
)
TEXTS = SharedTexts("training", TITLE, DIFFERENCE_RULE, (LIMITS,), MCNEMAR_RULE)
BEGIN = N_(
    "This shows how much of the answers repeats the training data. Click “Check a training file…” on "
    "Results → By topic."
)


@dataclass(frozen=True, slots=True)
class RepeatedAnswers:
    answers: tuple[TrainingRepeats, ...]

    def mean(self, value: Callable[[TrainingRepeats], float]) -> float:
        return sum(map(value, self.answers)) / len(self.answers)

    def __str__(self) -> str:
        return "; ".join(map(str, self.answers))


MEASURES = (
    Measure[RepeatedAnswers](
        "repeated",
        N_("Words that repeat the training file"),
        lambda own: own.mean(lambda one: one.share),
        N_("Words repeated"),
        (RULE,),
        coarse=False,
        jumps=True,
        higher_is_better=False,
    ),
    Measure[RepeatedAnswers](
        "copied",
        N_("Answers copied from the training file"),
        lambda own: own.mean(lambda one: one.copy is not None),
        N_("Copied"),
        (COPIED_RULE,),
        higher_is_better=False,
    ),
    Measure[RepeatedAnswers](
        "longest",
        N_("Longest repeated passage, words"),
        lambda own: own.mean(lambda one: one.longest),
        N_("Longest passage"),
        (RULE,),
        unit=blocks.Unit.SCORE,
        bounded=False,
        coarse=False,
        higher_is_better=False,
    ),
)


@dataclass(frozen=True, slots=True)
class StudyRepeats(MeasuredStudy[RepeatedAnswers]):
    texts: SharedTexts = TEXTS
    measures: tuple[Measure[RepeatedAnswers], ...] = MEASURES


def _measured(study: StudyFile, _progress: ProgressCallback) -> StudyRepeats:
    """Return how much the answers of each system repeat."""
    kept = kept_repeats(study)
    responses = study.responses.all() if kept else ()
    found = measuring.by_prompt_and_system((one, kept[one.id]) for one in responses if one.id in kept)
    evidence = {prompt: {s: RepeatedAnswers(own) for s, own in by.items()} for prompt, by in found.items()}
    return StudyRepeats.of(study, evidence)


study_repeats = kind.told_by_system(_measured)


def repeat_blocks(results: StudyRepeats) -> Iterator[blocks.Block]:
    if not results.prompts:
        yield blocks.Paragraph(GROUP.with_command(tr(BEGIN)))
        return
    yield systems_table(results, RULE)
    for text in (RULE, LIMITS):
        yield blocks.Paragraph(tr(text), blocks.Tone.NOTE)


RESULTS = kind.KindResults[StudyRepeats](
    "training",
    TITLE,
    study_repeats,
    repeat_blocks,
    pair_answer_blocks,
    measured_document,
)
KIND = kind.MeasureKind(
    GROUP,
    BEGIN,
    lambda study, progress: kind.measured_rows(GROUP, study_repeats(study, progress)),
    lambda study, progress: kind.pooled_rows(GROUP, _measured(study, progress)),
    kind.all_keys(TEXTS, MEASURES),
    results=RESULTS,
)
