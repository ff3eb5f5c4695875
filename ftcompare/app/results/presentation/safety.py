"""Blocks on safety screening: rates by rule and by people, and prompts on which systems differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Explanation,
    Figure,
    Figures,
    Paragraph,
    Table,
    Tone,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import name, percent, point_span, points, span
from ftcompare.app.results.presentation.paired_blocks import (
    LONG,
    difference_figure,
    difference_numbers,
    first_prompts,
)
from ftcompare.app.results.presentation.prompt_measures import GROUPS_RULE
from ftcompare.app.results.presentation.value_table import ValueColumn, ValueRow, ValueTable
from ftcompare.app.results.safety import (
    OVER_REFUSAL,
    REFUSAL_RATE,
    SAFETY_MEASURES,
    SCREENED,
    RuleAgreement,
    SafetyMeasure,
    SafetyTotals,
    ScreenedPrompt,
    StudySafety,
)
from ftcompare.checks.refusal_rule import READ_CHARACTERS, RefusalClass
from ftcompare.core.context import Expectation
from ftcompare.core.plurals import counted
from ftcompare.stats.paired_difference import LEAST_COMPARED, PairedDifference

TITLE = "Safety screen"
NEW_FAILURES = "Declined before, answers now"
NEW_OVER_REFUSALS = "Answered before, declines now"
BEGIN = (
    "No prompt says whether it expects a refusal or an answer. “Add safety probes…” on Setup adds such "
    "prompts, and “ftcompare safety-probes --out probes.jsonl” writes them. Or give prompts “expects” in "
    "their file."
)
SCREEN = (
    "This is a screen, not a certificate: it finds answers that no longer decline on the prompts at hand. "
    "It does not show that a system is safe, and reads no answer for what it gives away."
)
RULE = (
    f"The rule reads the first {READ_CHARACTERS} characters of an answer for openings that decline. "
    "An answer that declines and goes on to the matter, or gives a part with reservations, is partial and "
    "stands apart. An empty answer counts to no rate."
)
RATES = (
    "The refusal rate is over prompts that expect a refusal, the over-refusal rate over harmless ones, which "
    "expect an answer. The framings of one request count once, with their mean."
)
PEOPLE = (
    "Confirmed: as most people say who were asked on Rate whether the answer declines, without knowing who "
    "wrote it. It is of the answers that people looked at alone, and is not mixed with the rule."
)
DIFFERENCE_RULE = (
    "The difference is over requests that both answered; its interval is Student's t over requests, with two "
    f"added for it that differ wholly, one each way. Of fewer than {LEAST_COMPARED} none is given."
)
OF_ALL_TOGETHER = (
    "Still blinded: these are of all systems together, on the prompts that all answered. Which system "
    "declines is told after unblinding."
)
TEXTS = (1,)
"""The column of the table of prompts that contains their texts."""

LABELS: Mapping[str, str] = {
    "refusal_rate": "Refusal rate",
    "refusal_partial_rate": "Declined in part",
    "refusal_rate_people": "Refusal rate, confirmed",
    "over_refusal_rate": "Over-refusal rate",
    "over_refusal_partial_rate": "Harmless declined in part",
    "over_refusal_rate_people": "Over-refusal rate, confirmed",
}
EXPECTED: Mapping[Expectation, str] = {
    Expectation.REFUSAL: "Expect a refusal",
    Expectation.ANSWER: "Expect an answer",
}
KINDS: Mapping[RefusalClass, str] = {
    RefusalClass.REFUSAL: "declines",
    RefusalClass.PARTIAL: "in part",
    RefusalClass.ANSWER: "answers",
}
SOURCE = "three classes as in Röttger et al. 2024 (XSTest)"


@dataclass(frozen=True, slots=True)
class PairSafety:
    """The screening of a pair of systems, b compared with a, by their stored names."""

    found: StudySafety
    a: str
    b: str

    @property
    def both(self) -> bool:
        """Whether there are prompts that both answered."""
        return any(self.a in prompt.found and self.b in prompt.found for prompt in self.found.prompts)


# --- all systems -----------------------------------------------------------------------------------


def safety_total_blocks(found: SafetyTotals) -> Iterator[Block]:
    """The blocks that may be shown while the study is blinded."""
    yield Paragraph(OF_ALL_TOGETHER, Tone.NOTE)
    if not found.prompts:
        yield Paragraph("No prompt that expects a refusal or an answer has answers of all systems.")
        return
    rows = tuple(
        (
            EXPECTED[expects],
            f"{found.prompts[expects]:,}",
            *(f"{found.by_rule[expects, kind]:,}" for kind in RefusalClass),
            _of(found.by_people[expects, True], found.by_people[expects, False]),
        )
        for expects in SCREENED
        if found.prompts[expects]
    )
    kinds = (f"Answers: {KINDS[kind]}" for kind in RefusalClass)
    heads = number_columns("Prompts", *kinds, ("Confirmed as declining", 1.6))
    yield Table("", (Column("Prompts that", 2), *heads), rows)
    yield from agreement_blocks(found.agreement)
    yield Paragraph(SCREEN, Tone.NOTE)


def safety_blocks(found: StudySafety) -> Iterator[Block]:
    """The blocks for all systems."""
    if not found.prompts:
        yield Paragraph(BEGIN)
        return
    yield Paragraph(SCREEN, Tone.NOTE)
    yield rates_table(found, by_people=False)
    if found.people:
        yield rates_table(found, by_people=True)
    yield Paragraph(f"{RULE} {RATES}", Tone.NOTE)
    yield from agreement_blocks(found.agreement())
    for field, words in (("category", "category"), ("framing", "framing")):
        table = groups_table(found, field, words)
        if table.rows:
            yield table


def rates_table(found: StudySafety, *, by_people: bool) -> Table:
    """A row for each system and measure, by the rule or by people's labels."""
    rows = tuple(
        (
            name(system),
            LABELS[measure.id],
            f"{rate.prompts:,}",
            percent(rate.value),
            span(rate.low, rate.high),
        )
        for system in found.systems
        for measure in SAFETY_MEASURES
        if measure.by_people is by_people and (rate := found.mean(measure, system)) is not None
    )
    heads = number_columns("Requests", "Share", ("95% interval", 1.6))
    told = counted(found.people, "person", "people")
    caption = f"Confirmed by {told}" if by_people else "By the rule"
    rules = (PEOPLE, RATES) if by_people else (RULE, RATES)
    return Table(
        caption,
        (Column("System", 2), Column("Measure", 2), *heads),
        rows,
        Explanation(TITLE, rules, "", SOURCE),
    )


def groups_table(found: StudySafety, field: str, words: str) -> Table:
    """Refusal and over-refusal rate by the rule, by group and system."""
    rows = []
    for word, own in found.groups(field):
        for system in own.systems:
            cells = [_share(own, measure, system) for measure in (REFUSAL_RATE, OVER_REFUSAL)]
            rows.append((name(word) if word else f"No {words}", name(system), *cells))
    heads = number_columns(*((LABELS[one.id], 1.4) for one in (REFUSAL_RATE, OVER_REFUSAL)))
    columns = (Column(words.capitalize(), 2), Column("System", 2), *heads)
    return Table(f"By {words}, by the rule", columns, tuple(rows))


def _share(found: StudySafety, measure: SafetyMeasure, system: str) -> str:
    rate = found.mean(measure, system)
    return "–" if rate is None else f"{percent(rate.value)} of {rate.prompts:,}"


def agreement_blocks(found: RuleAgreement) -> Iterator[Block]:
    """The reliability of the rule: precision and recall against people's labels, with counts."""
    if not found.answers:
        yield Paragraph(
            "Nobody has said yet whether these answers decline. On Rate, “Confirm refusals” asks people, and "
            "the rule is then shown beside what they say.",
            Tone.NOTE,
        )
        return
    rows = tuple(
        (KINDS[kind], f"{found.counts[kind, True]:,}", f"{found.counts[kind, False]:,}")
        for kind in RefusalClass
    )
    caption = f"The rule beside people, {counted(found.answers, 'answer')}"
    columns = (Column("By the rule", 2), *number_columns("People: declines", "People: does not"))
    yield Table(caption, columns, rows)
    hits, ruled, said = found.hits(), found.by_rule(), found.by_people
    both = found.hits(partial=True)
    yield Paragraph(
        f"Precision of the rule: {_ratio(hits, ruled)}. Recall: {_ratio(hits, said)}. With partial ones "
        f"counted as declining: precision {_ratio(both, found.by_rule(partial=True))}, recall "
        f"{_ratio(both, said)}."
    )


def _ratio(part: int, whole: int) -> str:
    return f"{percent(part / whole)} ({part:,} of {whole:,})" if whole else "none to count"


def _of(yes: int, no: int) -> str:
    return f"{yes:,} of {yes + no:,}" if yes + no else "–"


# --- a pair of systems -----------------------------------------------------------------------------


def pair_safety_blocks(pair: PairSafety, *, texts: bool = True) -> Iterator[Block]:
    """The blocks for a pair; empty where it shares no prompts.

    Without ``texts``, only prompt ids are shown.
    """
    if not pair.both:
        return
    yield safety_differences(pair)
    yield from pair_groups(pair)
    yield Paragraph(failures_sentence(pair))
    for table in (failures_table(pair), over_refusals_table(pair)):
        if table.rows:
            yield first_prompts(table.written, () if texts else TEXTS)


def safety_differences(pair: PairSafety) -> Figures:
    """Rates of b minus rates of a on the same requests."""
    title = f"{name(pair.b)} less {name(pair.a)}, same requests"
    found = ((one, pair.found.difference(one, pair.a, pair.b)) for one in SAFETY_MEASURES)
    return Figures(
        "safety", title, tuple(_figure(pair, one, value) for one, value in found if value is not None)
    )


def _figure(pair: PairSafety, measure: SafetyMeasure, found: PairedDifference) -> Figure:
    how = _explanation(pair, measure, found)
    return difference_figure(f"safety:{measure.id}", LABELS[measure.id], found, how, sampled="request")


def _explanation(pair: PairSafety, measure: SafetyMeasure, found: PairedDifference) -> Explanation:
    values = (percent(found.mean_b), percent(found.mean_a), points(found.difference))
    numbers = difference_numbers(LABELS[measure.id], pair.a, pair.b, values, found, "request")
    how = PEOPLE if measure.by_people else RULE
    return Explanation(TITLE, (how, RATES, DIFFERENCE_RULE, SCREEN), found.method, SOURCE, numbers)


def pair_groups(pair: PairSafety) -> Iterator[Block]:
    """Differences by category and by framing, by the rule."""
    any_rows = False
    for field in ("category", "framing"):
        rows = tuple(_group_rows(pair, field))
        heads = number_columns("Requests", "Difference", ("95% interval", 1.6))
        if rows:
            any_rows = True
            yield Table(
                f"Differences by {field}", (Column(field.capitalize(), 2), Column("Rate", 2), *heads), rows
            )
    if any_rows:
        yield Paragraph(GROUPS_RULE, Tone.NOTE)


def _group_rows(pair: PairSafety, field: str) -> Iterator[tuple[str, ...]]:
    for word, own in pair.found.groups(field):
        for measure in (REFUSAL_RATE, OVER_REFUSAL):
            found = own.difference(measure, pair.a, pair.b)
            if found is not None:
                interval = "–" if found.low is None else point_span(found.low, found.high)
                shown = (f"{found.prompts:,}", points(found.difference), interval)
                yield (name(word) if word else f"No {field}", LABELS[measure.id], *shown)


def failures_sentence(pair: PairSafety) -> str:
    """How many unsafe prompts a refused and b answers, and how many harmless ones b refuses instead.

    Where a refused none, or answered none, the sentence says that no change was possible.
    """
    return " ".join(filter(None, (_failures_words(pair), _over_refusals_words(pair))))


def _failures_words(pair: PairSafety) -> str:
    a, b = name(pair.a, LONG), name(pair.b, LONG)
    before, both = pair.found.always_did(pair.a, pair.b, Expectation.REFUSAL, declined=True)
    if before:
        return f"{b} answers {len(_failures(pair)):,} of {counted(before, 'prompt')} that {a} declined."
    if not both:
        return ""
    expecting = f"{counted(both, 'prompt')} that {'expects' if both == 1 else 'expect'} a refusal"
    return f"{a} declined none of {expecting}, so there is no refusal that {b} could have lost."


def _over_refusals_words(pair: PairSafety) -> str:
    a, b = name(pair.a, LONG), name(pair.b, LONG)
    before, both = pair.found.always_did(pair.a, pair.b, Expectation.ANSWER, declined=False)
    if before:
        harmless = counted(before, "harmless prompt")
        return f"{b} declines {len(_over_refusals(pair)):,} of {harmless} that {a} answered."
    if not both:
        return ""
    return (
        f"{a} answered none of {counted(both, 'harmless prompt')}, so there is no answer that {b} could have "
        "lost."
    )


def _failures(pair: PairSafety) -> tuple[ScreenedPrompt, ...]:
    return pair.found.changed(pair.a, pair.b, Expectation.REFUSAL, declined=True)


def _over_refusals(pair: PairSafety) -> tuple[ScreenedPrompt, ...]:
    return pair.found.changed(pair.a, pair.b, Expectation.ANSWER, declined=False)


def failures_table(pair: PairSafety) -> ValueTable:
    """The prompts that a refused and b answers. Row keys are prompt ids."""
    return _changed_table(pair, NEW_FAILURES, _failures(pair))


def over_refusals_table(pair: PairSafety) -> ValueTable:
    """The harmless prompts that a answered and b refuses. Row keys are prompt ids."""
    return _changed_table(pair, NEW_OVER_REFUSALS, _over_refusals(pair))


def _changed_table(pair: PairSafety, title: str, prompts: tuple[ScreenedPrompt, ...]) -> ValueTable:
    columns = (
        ValueColumn("Id", share=1.2, shown=False),
        ValueColumn("Prompt", share=3.0, length=160),
        ValueColumn("Category", share=1.4),
        ValueColumn("Framing", share=1.2),
        ValueColumn("Told by", share=1.2),
    )
    rows = tuple(_changed_row(pair, prompt) for prompt in prompts)
    return ValueTable(title, columns, rows, Explanation(title, (TOLD_BY, RULE, SCREEN)))


TOLD_BY = (
    "A prompt is listed where the first system declines in each of its answers and the second answers at "
    "least once, or for harmless ones the other way round: as people say, and by the rule where nobody was "
    "asked."
)


def _changed_row(pair: PairSafety, prompt: ScreenedPrompt) -> ValueRow:
    people = all(prompt.said_by_people(system) for system in (pair.a, pair.b))
    told = "people" if people else "the rule"
    values = (prompt.key, " ".join(prompt.text.split()) or prompt.key, prompt.category, prompt.framing, told)
    return ValueRow(prompt.id, values, prompt.text, prompt.key)
