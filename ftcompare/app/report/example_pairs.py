"""Example pairs of a report: prompts with both answers, and raters' verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ftcompare.app.results.presentation.number_format import name, words
from ftcompare.app.results.presentation.pair_results import pair_title
from ftcompare.app.results.presentation.regressions import CLEAR, clearest_preferences, clearest_title
from ftcompare.app.review.terminology import given
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.context import context_text
from ftcompare.core.disclosure import Subject
from ftcompare.core.plurals import counted
from ftcompare.core.study import JudgedRow, SystemId
from ftcompare.formats.foreign_pairs import answer_text
from ftcompare.markup.blocks import Block
from ftcompare.markup.mapped_texts import mapped
from ftcompare.markup.parser import parse
from ftcompare.markup.visible_text import visible_text
from ftcompare.stats.summary import PairSummary
from ftcompare.store.study.study_file import StudyFile

EXAMPLES = "Example pairs"
"""Title of the appendix."""
OF_EACH = 2
"""Number of pairs of each kind: clear wins of each system, and divided opinions."""
LONGEST_ANSWER, LONGEST_PROMPT, LONGEST_CONTEXT = 3_000, 1_500, 3_000
"""Maximum number of characters shown."""
MOST_VERDICTS = 8
_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text of a model or prompt, parsed as Markdown."""

    speaker: str  # the writer's name, shortened to a line
    blocks: tuple[Block, ...]  # its content, without hidden characters
    cut: int = 0  # number of characters left out at its end

    @property
    def cut_words(self) -> str:
        """A note that it is cut; empty where it is complete."""
        return f"{counted(self.cut, 'more character')} not shown." if self.cut else ""


@dataclass(frozen=True, slots=True)
class ExamplePair:
    """One prompt with both answers."""

    title: str  # why it is shown, and its key
    turns: tuple[ShownText, ...]  # turns of the prompt, and its context
    answers: tuple[ShownText, ...]  # the answer of the system that was added first, then the other
    verdicts: tuple[str, ...]  # a sentence for each judgment


@dataclass(frozen=True, slots=True)
class ExamplePairs:
    """The example pairs of two systems, and the rule that selected them."""

    rule: str = ""
    pairs: tuple[ExamplePair, ...] = ()


@dataclass(frozen=True, slots=True)
class _JudgedPair:
    rows: tuple[JudgedRow, ...]
    preference: float = field(default=_EVEN)

    @property
    def first(self) -> JudgedRow:
        return self.rows[0]

    @property
    def key(self) -> str:
        """Sort key: the owner's id with the sample's number, since samples share that id."""
        return f"{self.first.prompt.spec.key}\0{int(self.first.prompt.id):020}"

    @property
    def judgments(self) -> int:
        return len(self.rows)

    @property
    def split(self) -> float:
        """How divided opinions are: the smaller of both systems' shares of wins, 0 to ½."""
        choices = [row.choice for row in self.rows]
        return min(choices.count("a"), choices.count("b")) / len(choices)


def chosen_examples(study: StudyFile, summary: PairSummary | None) -> ExamplePairs:
    """Two prompts of each kind for the main pair, always the same ones; none while writers are withheld."""
    disclosure = study.settings.read().disclosure
    if summary is None or not (
        disclosure.tells(Subject.WRITERS) and disclosure.tells(Subject.PROMPT_WINNERS)
    ):
        return ExamplePairs()
    names = system_names(study)
    judged = _judged(study, summary, names)
    for_b, for_a = (clearest_preferences(judged, gained=gained, most=OF_EACH) for gained in (True, False))
    taken = {id(pair) for pair in (*for_b, *for_a)}
    divided = sorted(
        (pair for pair in judged if pair.split > 0 and id(pair) not in taken),
        key=lambda pair: (-pair.split, -pair.judgments, pair.key),
    )[:OF_EACH]
    chosen = [
        _example(title, pair, names)
        for title, pairs in (
            (clearest_title(summary.b), for_b),
            (clearest_title(summary.a), for_a),
            ("Split opinions", divided),
        )
        for pair in pairs
    ]
    return ExamplePairs(_rule(summary) if chosen else "", tuple(chosen))


def _rule(pair: PairSummary) -> str:
    return (
        f"{pair_title(pair)}: at most {OF_EACH} prompts each on which raters preferred one or the other "
        "answer by the widest margin, and on which they disagreed most. A wide margin is at least "
        f"{CLEAR:.0%} of the judgments, a tie as half. Among equals, prompts with the most judgments come "
        "first, then the first by key. They are examples: the results over all prompts are above."
    )


def _judged(study: StudyFile, pair: PairSummary, names: dict[SystemId, str]) -> tuple[_JudgedPair, ...]:
    """The judged comparisons of two systems by raters of one kind, each with all its judgments."""
    found: defaultdict[int, list[JudgedRow]] = defaultdict(list)
    for row in study.judgments.standing():
        systems = {names[row.comparison.a.system], names[row.comparison.b.system]}
        if systems == {pair.a, pair.b} and row.rater.kind is pair.rater_kind:
            found[int(row.comparison.id)].append(row)
    return tuple(_JudgedPair(tuple(rows), _mean(rows, pair, names)) for rows in found.values())


def _mean(rows: Sequence[JudgedRow], pair: PairSummary, names: dict[SystemId, str]) -> float:
    swapped = names[rows[0].comparison.a.system] != pair.a
    mean = sum(row.preference for row in rows) / len(rows)
    return 1 - mean if swapped else mean


def _example(title: str, pair: _JudgedPair, names: dict[SystemId, str]) -> ExamplePair:
    row = pair.first
    asked = row.prompt.spec
    single = len(asked.messages) == 1
    turns = (
        _shown("Prompt" if single else _ROLES.get(m.role, name(m.role)), m.content, LONGEST_PROMPT)
        for m in asked.messages[-_MOST_TURNS:]
    )
    context = [_shown("Context", context_text(asked.context), LONGEST_CONTEXT)] if asked.context else []
    answers = (
        _shown(name(names[response.system]), answer_text(asked, response), LONGEST_ANSWER)
        for response in (row.comparison.a, row.comparison.b)
    )
    key = f": {name(asked.key)}" if asked.key else ""
    return ExamplePair(f"{title}{key}", (*turns, *context), tuple(answers), tuple(_verdicts(pair, names)))


_ROLES = {
    "system": "Instruction",
    "developer": "Instruction",
    "user": "Asked",
    "assistant": "Answered before",
    "thought": "Thought before",
    "function_call": "Called",
    "tool": "A tool gave",
    "function": "A function gave",
    "observation": "Observed",
}
_MOST_TURNS = 6


def _shown(speaker: str, text: str, longest: int) -> ShownText:
    """Spell out hidden characters after parsing, since Markdown entities can produce them."""
    blocks: tuple[Block, ...] = mapped(parse(text[:longest]), visible_text)
    return ShownText(speaker, blocks, max(0, len(text) - longest))


def _verdicts(pair: _JudgedPair, names: dict[SystemId, str]) -> Iterator[str]:
    for row in pair.rows[:MOST_VERDICTS]:
        answer = given(row, row.choice, names)
        words_of_it = f"{name(answer.system)} is better" if answer.system else answer.words
        comment = f" “{words(row.comment)}”" if row.comment.strip() else ""
        yield f"{name(row.rater.name)}: {words_of_it}{' (flagged)' if row.flagged else ''}.{comment}"
    if len(pair.rows) > MOST_VERDICTS:
        yield f"And {counted(len(pair.rows) - MOST_VERDICTS, 'more judgment')}."
