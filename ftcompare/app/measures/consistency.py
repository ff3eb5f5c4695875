"""How consistently systems answer prompts that were sampled several times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftcompare.app.measures import document, kind
from ftcompare.app.measures.blocks import (
    means_table,
    pair_explanation,
    pair_figures,
    prompt_table,
    rule_texts,
)
from ftcompare.app.measures.measure import Measure, MeasuredPrompt, MeasuredStudy, SharedTexts
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import name, percent, point_span, points
from ftcompare.app.results.presentation.paired_blocks import LONG, SHORT, first_prompts
from ftcompare.app.results.presentation.value_table import ListedPrompts, Value, ValueColumn, ValueTable
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.checks.sample_consistency import SampleConsistency, sample_consistency
from ftcompare.core.grouping import grouped
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, decimal, sentences, tr, trn
from ftcompare.core.study import PromptId, SystemId
from ftcompare.core.trace import plain_answers
from ftcompare.stats.paired_difference import LEAST_COMPARED, PairedDifference
from ftcompare.store.study.study_file import StudyFile

GROUP = kind.MeasureGroup(
    "consistency",
    N_("Same answer each time"),
    8,
    "ftcompare generate STUDY --samples 5 --temperature 0.8",
)
TITLE = N_("Same answer each time")
WAVERING = N_("One varies, the other does not")
BEGIN = N_(
    "This compares several answers of a system to each prompt. Set “Samples” to 2 or more and a temperature "
    "above 0 on the Generate page."
)
RULE = N_(
    "Each system answered a prompt several times. A measure is computed from the samples of one prompt, "
    "then averaged over prompts. Two samples are equal if they are identical in lower case, without "
    "punctuation and the words a, an, and the (SQuAD's normalization). Signs of numbers, the # of C#, "
    "and signs such as < and % count. Compare systems that wrote at the same temperature: a higher "
    "temperature makes any system vary."
)
TEXTS = SharedTexts(
    "consistency",
    TITLE,
    N_(
        "The difference is over prompts that both answered several times. Its interval is Student's t over "
        "prompts. Rare differences may be unseen, so two prompts are added, one that differs completely "
        "each way. They are added for shares of equal samples, and if most prompts have no difference. With "
        "fewer than {least} prompts, there is no interval."
    ),
)
WAVERING_RULE = N_("One gives the same answer each time, and the other does not.")


EQUAL_PAIRS = Measure[SampleConsistency](
    "equal_pairs",
    N_("Pairs of samples that are equal"),
    lambda samples: samples.equal_pairs,
    N_("Equal pairs"),
    (RULE, N_("Equal pairs: The share of pairs of samples to the prompt that are equal.")),
)
CONSISTENCY_MEASURES = (
    EQUAL_PAIRS,
    Measure[SampleConsistency](
        "modal_share",
        N_("Samples with the most frequent answer"),
        lambda samples: samples.modal_share,
        N_("Most frequent"),
        (
            RULE,
            N_(
                "Most frequent: The share of samples with the most frequent answer. With two samples, it is "
                "at least one half."
            ),
        ),
    ),
    Measure[SampleConsistency](
        "chrf",
        N_("Similarity of two samples (chrF)"),
        lambda samples: samples.chrf,
        "chrF",
        (
            RULE,
            N_(
                "chrF: chrF of one sample against another, 0 to 100, averaged over all ordered pairs. It is "
                "an F-score of n-grams of one to six characters, with recall counted twice (sacrebleu). "
                "Equal texts have 100."
            ),
        ),
        source="Popović 2015; Post 2018",
        unit=blocks.Unit.SCORE,
        scale=100.0,
        coarse=False,
    ),
    Measure[SampleConsistency](
        "distinct_1",
        N_("Different words (distinct-1)"),
        lambda samples: samples.distinct_1,
        "distinct-1",
        (
            RULE,
            N_(
                "distinct-1: Different words / all words of the samples to the prompt. More samples, and "
                "longer ones, lower it."
            ),
        ),
        source="Li et al. 2016",
        unit=blocks.Unit.COEFFICIENT,
        coarse=False,
        higher_is_better=None,
    ),
    Measure[SampleConsistency](
        "distinct_2",
        N_("Different pairs of words (distinct-2)"),
        lambda samples: samples.distinct_2,
        "distinct-2",
        (
            RULE,
            N_(
                "distinct-2: Different pairs of neighboring words / all such pairs of the samples to the "
                "prompt."
            ),
        ),
        source="Li et al. 2016",
        unit=blocks.Unit.COEFFICIENT,
        coarse=False,
        higher_is_better=None,
    ),
)
SampledPrompt = MeasuredPrompt[SampleConsistency]


@dataclass(frozen=True, slots=True)
class StudyConsistency(MeasuredStudy[SampleConsistency]):
    texts: SharedTexts = TEXTS

    def samples(self, system: str) -> int:
        return sum(one.samples for one in self.evidence(system))

    def wavering(self, a: str, b: str) -> tuple[SampledPrompt, ...]:
        """The prompts on which only one system always gives the same answer, clearest first."""
        both = [p for p in self.prompts if a in p.evidence and b in p.evidence]
        samples = [(p, p.evidence[a], p.evidence[b]) for p in both]
        unlike = [(abs(x.chrf - y.chrf), p) for p, x, y in samples if x.steady != y.steady]
        return tuple(p for _, p in sorted(unlike, key=lambda one: (-one[0], one[1].id)))


def _compared(study: StudyFile, progress: ProgressCallback) -> StudyConsistency:
    """Compare the samples of every system to every prompt."""
    sampled = study.responses.sampled_prompts()
    evidence: dict[PromptId, dict[SystemId, SampleConsistency]] = {}
    for number, prompt in enumerate(sampled):
        done = tr("Comparing samples: {done} of {all} prompts", number, len(sampled))
        progress(done, number / len(sampled))
        responses = study.responses.samples(prompt)
        texts = grouped((one.system, "\n\n".join(plain_answers(one.answers))) for one in responses)
        evidence[prompt] = {s: sample_consistency(own) for s, own in texts.items() if len(own) > 1}
    return StudyConsistency.of(study, evidence, measures=CONSISTENCY_MEASURES)


consistency = kind.told_by_system(_compared)


def consistency_json(results: StudyConsistency) -> dict[str, Json]:
    """The ``measures consistency --json`` document: by system, pair, and prompt."""
    return {
        "systems": [
            {
                "system": system,
                "prompts": len(results.evidence(system)),
                "samples": results.samples(system),
                **document.means_json(results, system),
            }
            for system in results.systems
        ],
        "differences": document.differences_json(results, tested=False, every=True),
        "one_wavers": document.listed_json(results, results.wavering),
        "prompts": document.prompts_json(
            results, lambda prompt, system: _prompt_json(results, prompt, system), "category"
        ),
    }


def _prompt_json(results: StudyConsistency, prompt: SampledPrompt, system: str) -> dict[str, Json]:
    own = prompt.evidence[system]
    return {
        "samples": own.samples,
        "different": own.different,
        **document.values_json(results, prompt, system),
    }


def consistency_blocks(results: StudyConsistency) -> Iterator[blocks.Block]:
    if not results.prompts:
        yield blocks.Paragraph(GROUP.with_command(tr(BEGIN)))
        return
    yield systems_table(results)
    yield blocks.Paragraph(tr(RULE), blocks.Tone.NOTE)


def systems_table(results: StudyConsistency) -> blocks.Table:
    rules = (RULE, *(rule for measure in CONSISTENCY_MEASURES for rule in measure.rules[1:]))
    sources = dict.fromkeys(filter(None, (measure.source for measure in CONSISTENCY_MEASURES)))
    counts = (
        (tr("Prompts"), lambda system: decimal(len(results.evidence(system)))),
        (tr("Samples"), lambda system: decimal(results.samples(system))),
    )
    how = blocks.Explanation(tr(TITLE), rule_texts(*rules), "", "; ".join(sources))
    return means_table(results, how, counts=counts, width=1.2)


def pair_consistency_blocks(results: StudyConsistency, a: str, b: str) -> Iterator[blocks.Block]:
    if not results.both(a, b):
        return
    yield blocks.Paragraph(consistency_sentence(results, a, b).text)
    yield pair_figures(results, a, b)
    yield blocks.Paragraph(wavering_sentence(results, a, b))
    table = wavering_table(results, a, b).written
    if table.rows:
        yield first_prompts(table)


def consistency_sentence(results: StudyConsistency, a: str, b: str) -> blocks.Paragraph:
    """Which of the two repeats its answer more often, and whether the difference exceeds chance."""
    difference = results.difference(EQUAL_PAIRS, a, b)
    if difference is None:
        return blocks.Paragraph(
            tr(N_("No prompt was answered several times by both.") if results.prompts else BEGIN)
        )
    text = tr(
        "Asked the same again, {b} gave an equal answer in {share_b} of cases, {a} in {share_a}.",
        name(b, LONG),
        percent(difference.mean_b),
        name(a, LONG),
        percent(difference.mean_a),
    )
    text = sentences(text, _verdict(difference, a, b))
    return blocks.Paragraph(text, explanation=pair_explanation(results, EQUAL_PAIRS, a, b, difference))


def _verdict(difference: PairedDifference, a: str, b: str) -> str:
    if difference.low is None or difference.high is None:
        return tr("An interval of the difference needs {least} prompts.", LEAST_COMPARED)
    span = point_span(difference.low, difference.high)
    ends = tr("{figure}, 95% interval {interval}", points(difference.difference), span)
    if not difference.told_apart:
        return tr("That does not show a difference between the two ({ends}).", ends)
    steadier, other = (b, a) if difference.difference > 0 else (a, b)
    return tr(
        "On prompts like these, {steadier} varies less than {other} ({ends}).",
        name(steadier, LONG),
        name(other, LONG),
        ends,
    )


def wavering_sentence(results: StudyConsistency, a: str, b: str) -> str:
    """On how many prompts only one of the systems is consistent, for each direction."""
    listed = results.wavering(a, b)
    if not listed:
        return tr("There is no prompt on which one of the two varies and the other does not.")
    of_b = sum(not prompt.evidence[b].steady for prompt in listed)
    return trn(
        "On {number} (prompt|prompts) {b} varies and {a} does not; on {others} it is the other way round.",
        of_b,
        name(b, LONG),
        name(a, LONG),
        len(listed) - of_b,
    )


def wavering_table(results: StudyConsistency, a: str, b: str) -> ValueTable:
    """The prompts on which only one system is consistent, clearest first. Row keys are prompt ids."""
    columns = (
        ValueColumn(tr("Category"), share=1.5),
        *(
            ValueColumn(tr(title, system=name(system, SHORT)), unit, 1.4, tip)
            for title, unit, tip in (
                (N_("Answers of\n{system}"), blocks.Unit.COUNT, tr("Different answers among its samples")),
                (N_("chrF of\n{system}"), blocks.Unit.SCORE, tr("Similarity of its samples, 0 to 100")),
            )
            for system in (b, a)
        ),
    )

    def values(prompt: SampledPrompt) -> tuple[Value, ...]:
        both = [prompt.evidence[system] for system in (b, a)]
        likeness = (round(100 * one.chrf, 2) for one in both)
        return (prompt.groups["category"], *(one.different for one in both), *likeness)

    return prompt_table(WAVERING, columns, results.wavering(a, b), values, (WAVERING_RULE, RULE), share=4.2)


def _cards(results: StudyConsistency, a: str, b: str) -> tuple[blocks.Section, ...]:
    if not results.both(a, b):
        return ()
    listed = ListedPrompts(
        wavering_table(results, a, b),
        tr("Prompts on which one system varies; Enter shows the answers"),
        tr("Words of the prompt, its id, or its category"),
    )
    return (
        blocks.Section(
            "wavering", tr(WAVERING), (blocks.Paragraph(wavering_sentence(results, a, b)), listed)
        ),
    )


RESULTS = kind.KindResults(
    "consistency",
    TITLE,
    consistency,
    consistency_blocks,
    pair_consistency_blocks,
    consistency_json,
    cards=_cards,
)
KIND = kind.MeasureKind(
    GROUP,
    BEGIN,
    lambda study, progress: kind.measured_rows(GROUP, consistency(study, progress)),
    lambda study, progress: kind.pooled_rows(GROUP, _compared(study, progress)),
    kind.all_keys(TEXTS, CONSISTENCY_MEASURES),
    results=RESULTS,
)
