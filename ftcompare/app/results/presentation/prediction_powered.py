"""People's win rate, corrected with a program's judgments of further prompts (prediction-powered inference).

It is valid only if the prompts that people judged are a random sample of all that the program judged. The
conditions that can be checked are checked here; the others are stated with the figure. It is never pooled
with people's own win rate.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from ftcompare.app.generate.own_measure import own_values
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.study.description import unasked_pairs
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.language import N_, counted, tr, trn
from ftcompare.core.study import ComparisonId, PromptId, RaterKind, SystemId
from ftcompare.stats.prediction_powered import (
    ADDED,
    LEAST_POWERED,
    T_WITH_ADDED,
    PredictionPowered,
    prediction_powered,
)
from ftcompare.store.study.study_file import StudyFile


class NotPowered(StrEnum):
    NO_SHARED_PROMPT = "no-shared-prompt"  # people and the program have no prompt in common
    NO_FURTHER_PROMPT = "no-further-prompt"  # the program judged no prompts beyond those that people judged
    PROMPTS_CHOSEN = "prompts-chosen"  # prompts were selected and sent to raters
    CAME_LATER = "came-later"  # some pairs were added after people's order was drawn


@dataclass(frozen=True, slots=True)
class PoweredRate:
    """The win rate of b over a by people and one program."""

    a: str  # name of the system that was added first
    b: str
    program: str  # name of the automatic rater
    estimate: PredictionPowered | None  # the estimate; None where it is refused
    refused: NotPowered | None  # the reason for the refusal; None where there is an estimate
    # number of shared prompts whose human judgments were imported, so that their selection is not known
    imported: int
    # number of prompts that the program judged, that a person skipped, and that no person judged
    skipped: int
    people_only: int  # number of prompts that only people judged; they are not used


@dataclass(slots=True)
class _Sums:
    """Preferences for b by prompt, and the comparison of each prompt."""

    by_prompt: defaultdict[PromptId, list[float]] = field(default_factory=lambda: defaultdict(list))
    comparisons: dict[PromptId, ComparisonId] = field(default_factory=dict)

    def add(self, prompt: PromptId, comparison: ComparisonId, preference: float) -> None:
        self.by_prompt[prompt].append(preference)
        self.comparisons[prompt] = comparison

    def mean(self, prompt: PromptId) -> float:
        values = self.by_prompt[prompt]
        return sum(values) / len(values)


_Pair: TypeAlias = tuple[SystemId, SystemId]


@dataclass(frozen=True, slots=True)
class _Sample:
    """How people came to judge their prompts."""

    rounds: int
    orders: tuple[frozenset[ComparisonId], ...]
    imported: frozenset[ComparisonId]
    skipped: frozenset[ComparisonId]


def powered_rates(study: StudyFile, named: Sequence[tuple[str, str]] = ()) -> tuple[PoweredRate, ...]:
    """The corrected win rate of each pair of systems and each program, in the order in which they were added.

    Args:
        named: only these pairs of systems; empty for all.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    names, sample = system_names(study), _sample(study)
    people, programs = _votes(study)
    wanted = {frozenset(pair) for pair in named}
    return tuple(
        _powered(names[pair[0]], names[pair[1]], program, people[pair], own, sample)
        for (pair, program), own in sorted(programs.items(), key=lambda one: _place(one[0], [*names]))
        if not wanted or {names[pair[0]], names[pair[1]]} in wanted
    )


def _place(key: tuple[_Pair, str], order: list[SystemId]) -> tuple[int, int, str]:
    (a, b), program = key
    return order.index(a), order.index(b), program


def _sample(study: StudyFile) -> _Sample:
    known = study.judged_sample
    return _Sample(known.rounds_sent(), known.handed_together(), known.imported(), known.skipped())


def _votes(study: StudyFile) -> tuple[Mapping[_Pair, _Sums], dict[tuple[_Pair, str], _Sums]]:
    """The votes of people, programs, and the owner's measures; the system that was added first is first."""
    people: defaultdict[_Pair, _Sums] = defaultdict(_Sums)
    programs: defaultdict[tuple[_Pair, str], _Sums] = defaultdict(_Sums)
    identical = unasked_pairs(study)
    for row in study.judgments.votes():
        if row.pair.comparison in identical:  # by programs alone: people would be sure to answer with a tie
            continue
        pair, human = (row.pair.a, row.pair.b), row.rater.kind is RaterKind.HUMAN
        sums = people[pair] if human else programs[pair, row.rater.name]
        sums.add(row.pair.prompt, row.pair.comparison, row.preference)
    pairs = study.judges.pairs() if (measures := own_values(study)) else ()
    named = [(own, number, f"own.{own.key(number)}") for own in measures for number in own.numbers]
    for (own, number, program), one in itertools.product(named, pairs):
        preference = own.preference(number, one.a, one.b)
        if preference is not None and one.comparison not in identical:
            programs[(one.system_a, one.system_b), program].add(one.prompt, one.comparison, preference)
    return people, programs


def _powered(a: str, b: str, program: str, people: _Sums, own: _Sums, sample: _Sample) -> PoweredRate:
    both = sorted(people.by_prompt.keys() & own.by_prompt.keys())
    further = sorted(own.by_prompt.keys() - people.by_prompt.keys())
    refused = _refused(both, further, own.comparisons.values(), sample)
    found = None
    if refused is None:
        judged = [people.mean(prompt) for prompt in both], [own.mean(prompt) for prompt in both]
        found = prediction_powered(*judged, [own.mean(prompt) for prompt in further])
    return PoweredRate(
        a,
        b,
        program,
        found,
        refused,
        imported=sum(people.comparisons[prompt] in sample.imported for prompt in both),
        skipped=sum(own.comparisons[prompt] in sample.skipped for prompt in further),
        people_only=len(people.by_prompt) - len(both),
    )


def _refused(
    both: Collection[PromptId],
    further: Collection[PromptId],
    comparisons: Collection[ComparisonId],
    sample: _Sample,
) -> NotPowered | None:
    if not both:
        return NotPowered.NO_SHARED_PROMPT
    if not further:
        return NotPowered.NO_FURTHER_PROMPT
    if sample.rounds:
        return NotPowered.PROMPTS_CHOSEN
    if not all(order.issuperset(comparisons) for order in sample.orders):
        return NotPowered.CAME_LATER
    return None


def powered_json(rates: Sequence[PoweredRate]) -> dict[str, Json]:
    """One entry for each pair and program; ``refused`` says why there is no win rate."""
    return {"win_rates": list(map(_rate_json, rates))}


def _rate_json(rate: PoweredRate) -> Json:
    return {
        **fields_json(rate, "a", "b", "program", "refused", "imported", "skipped"),
        "judged_by_people_only": rate.people_only,
        **fields_json(rate.estimate, **_FIELDS),
    }


_FIELDS = {
    "prompts": "prompts",
    "further_prompts": "further",
    "win_rate_b": "rate",
    "low": "low",
    "high": "high",
    "level": "level",
    "people": "people",
    "people_low": "people_low",
    "people_high": "people_high",
    "program_same_prompts": "judge_same",
    "program_further_prompts": "judge_further",
    "power_tuning": "tuning",
    "weight": "used",
    "variance": "variance",
    "effective_prompts": "effective_prompts",
}
"""Keys in the document, and the attributes that hold their values."""


TITLE = N_("People's win rate with a program's further judgments")
NOBODY = N_(
    "No program has judged answers of this study. Import its judgments on Setup: judgments with "
    '"rater_kind": "automatic".'
)
RULE = N_(
    "The win rate that people would give if they judged all prompts that the program judged. Prompts with "
    "identical answers, about which nobody is asked, are left out. It starts from "
    "the program's win rate on its further prompts. It is corrected by its distance from people's where both "
    "judged, and weighted by how well the two agree. It is shown beside people's own results and not mixed "
    "into them. Its intervals, including that of people alone, add four prompts, two won and two lost. So "
    "people's rate can have ends here that are a few points away from those in Results."
)
HOLDS_ONLY = N_(
    "It is valid only if chance decided which prompts people judged. Checked: no prompts were sent to "
    "raters in a separate round, and every pair existed when people were given their order. Not known: "
    "whether a rater stopped because of the prompts that came up."
)
FEW = 50
"""With fewer prompts the published variance is clearly too small (docs/explanation/automatic-raters.md)."""
REFUSALS: Mapping[NotPowered, str] = {
    NotPowered.NO_SHARED_PROMPT: N_("No win rate: people and this program judged no prompt in common."),
    NotPowered.NO_FURTHER_PROMPT: N_(
        "No win rate: people judged every prompt that this program judged, so it adds nothing. See `results`."
    ),
    NotPowered.PROMPTS_CHOSEN: N_(
        "No win rate: prompts of this study were chosen and sent to raters, so those that people judged "
        "are not a random part of all. See `results`."
    ),
    NotPowered.CAME_LATER: N_(
        "No win rate: some pairs were added after people had started to judge, so those that people "
        "judged are not a random part of all. See `results`."
    ),
}


def powered_blocks(rates: Sequence[PoweredRate]) -> Iterator[blocks.Block]:
    """The explanation, then the figures of every pair and program."""
    if not rates:
        yield blocks.Paragraph(tr(NOBODY))
        return
    yield blocks.Paragraph(tr(RULE))
    if any(rate.estimate for rate in rates):
        yield blocks.Paragraph(tr(HOLDS_ONLY), blocks.Tone.NOTE)
    for rate in rates:
        yield blocks.Subheading(
            tr("{b} against {a}, with {program}", name(rate.b), name(rate.a), name(rate.program))
        )
        if rate.estimate is None:
            yield blocks.Paragraph(tr(REFUSALS[rate.refused or NotPowered.NO_SHARED_PROMPT]))
        else:
            yield powered_figures(rate, rate.estimate)
            yield from (blocks.Paragraph(words, blocks.Tone.NOTE) for words in _to_know(rate))


def powered_section(rates: Sequence[PoweredRate]) -> tuple[blocks.Section, ...]:
    return (blocks.Section("prediction_powered", tr(TITLE), tuple(powered_blocks(rates))),) if rates else ()


def powered_figures(rate: PoweredRate, powered: PredictionPowered) -> blocks.Figures:
    few = tr("no interval of fewer than {prompts} prompts", LEAST_POWERED)
    both, further = counted(powered.prompts, "prompt"), counted(powered.further, "prompt")
    figures = (
        blocks.Figure(
            "powered_win_rate",
            tr("Win rate of {system} with the program's judgments", name(rate.b)),
            powered.rate,
            low=powered.low,
            high=powered.high,
            n=tr("{both} of people and {further} more", both, further),
            note=few if powered.low is None else "",
            method=tr(T_WITH_ADDED, more=2 * ADDED, added=ADDED),
        ),
        blocks.Figure(
            "people_alone",
            tr("By people alone, on prompts of both"),
            powered.people,
            low=powered.people_low,
            high=powered.people_high,
            n=both,
            method=tr(T_WITH_ADDED, more=2 * ADDED, added=ADDED),
        ),
        blocks.Figure("program_same", tr("By the program, on the same prompts"), powered.judge_same, n=both),
        blocks.Figure(
            "program_further", tr("By the program, on its further prompts"), powered.judge_further, n=further
        ),
        blocks.Figure(
            "weight", tr("Weight of the program (0 to 1)"), powered.used, unit=blocks.Unit.COEFFICIENT
        ),
        blocks.Figure(
            "effective_prompts",
            tr("Equivalent number of people's prompts"),
            powered.effective_prompts,
            unit=blocks.Unit.COUNT,
            note=_of_effective_prompts(powered),
        ),
    )
    return blocks.Figures("prediction_powered", "", figures)


def _of_effective_prompts(powered: PredictionPowered) -> str:
    if powered.effective_prompts is None:
        return tr("all verdicts are alike")
    if not powered.used:
        return tr("as with people alone: the program is not used")
    more = round(powered.effective_prompts) - powered.prompts
    if more <= 0:
        return tr("as with people alone")
    return (
        tr("very large: based on few prompts")
        if powered.prompts < FEW
        else tr("{more} more than people judged", more)
    )


def _to_know(rate: PoweredRate) -> Iterator[str]:
    if rate.imported:
        yield tr(
            "People's judgments of {prompts} were imported. How these prompts were chosen is not known "
            "here. If it was not by chance, this win rate is wrong.",
            counted(rate.imported, "prompt"),
        )
    if rate.skipped:
        yield trn(
            "{number} (prompt|prompts) that the program judged (was|were) skipped by people and judged "
            "by none. If these differ from the others, this win rate is biased.",
            rate.skipped,
        )
    if rate.people_only:
        yield trn(
            "{number} (prompt|prompts) that people judged and the program did not (was|were) left out.",
            rate.people_only,
        )
